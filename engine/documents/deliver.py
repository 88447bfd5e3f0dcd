"""送达: a document is collected, posted or downloaded; the clock of delivery (行政许可法 44) stops when the decisions are.

A delivery at the window or by post has its proof (送达回证), a numbered document of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.cases.access import need
from engine.cases.apply_step import StepDraft
from engine.cases.house import House
from engine.cases.progress import instant
from engine.cases.record import spell
from engine.cases.step_documents import DECISIONS, chinese_day, plan_document
from engine.cases.step_limits import CASE_OWNER
from engine.cases.step_store import lock_case
from engine.clock import day_of
from engine.documents.papers import BY_CASE, DELIVERIES, WAYS, Paper, paper_in_case
from engine.errors import Conflict, Invalid, NotFound, not_one_of
from engine.organization.permissions import UseCase
from engine.timelimits.ledger import Clock
from engine.unit_of_work import UnitOfWork

DOWNLOADED, POSTED, SIGNED = "downloaded", "posted", "signed"
#: What the applicant does online leaves its entry in the record, and no paper to be signed.
ONLINE = (DOWNLOADED, SIGNED)
PROOF = "delivery-receipt"
MOST_NAME = 200


class DocumentNotSealed(Conflict):
    """It does not count before it is sealed. Params: number."""

    code = "document-not-sealed"
    zh = "文书“{number}”尚未盖章，不能送达或下载。盖章后再办理。"
    en = "“{number}” has no seal yet: it can be delivered and downloaded once it has."


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is recorded of a delivery."""

    case: str
    code: str
    way: str
    recipient: str = ""
    tracking_number: str | None = None


def deliver(house: House, uow: UnitOfWork, asked: Delivery) -> dict[str, Any]:
    """Record a delivery at the window or by post, with its proof.

    Raises:
        NotFound, Forbidden: not there, or not the actor's to deliver.
        Invalid: an unknown way, no recipient, or post without its number.
        DocumentNotSealed: it does not count yet.
    """
    need(uow.actor, UseCase.DOCUMENT_DELIVER)
    if asked.way not in WAYS or asked.way in ONLINE:
        raise not_one_of("way", [way for way in WAYS if way not in ONLINE])
    if not asked.recipient.strip():
        raise Invalid(detail="recipient", fields={"recipient": ["required"]})
    if asked.way == POSTED and not (asked.tracking_number or "").strip():
        raise Invalid(detail="tracking_number", fields={"tracking_number": ["required"]})
    return record_delivery(house, uow, paper_in_case(house, uow, asked.case, asked.code), asked)


def note_download(house: House, uow: UnitOfWork, paper: Paper) -> None:
    """The applicant has fetched a sealed document: delivered, at the first time."""
    (deliveries,) = uow.read((DELIVERIES, (paper.case_id,)))
    if any(one["number"] == paper.number and one["way"] == DOWNLOADED for one in deliveries):
        return
    asked = Delivery(paper.case, paper.code or "", DOWNLOADED, str(paper.data.get("applicant") or uow.actor.name))
    record_delivery(house, uow, paper, asked)


def sign_for(house: House, uow: UnitOfWork, case: str, code: str, name: str = "") -> dict[str, Any]:
    """签收: the applicant says, online, to have received a sealed document; a second time is the first one's.

    Raises:
        NotFound, Forbidden: not there, or not one's own.
        DocumentNotSealed: it does not count yet.
        Invalid: a name that is too long.
    """
    need(uow.actor, UseCase.DOCUMENT_RECEIVE)
    paper = paper_in_case(house, uow, case, code)
    if len(name) > MOST_NAME:
        raise Invalid(detail="name", fields={"name": [f"≤ {MOST_NAME}"]})
    (deliveries,) = uow.read((DELIVERIES, (paper.case_id,)))
    for one in deliveries:
        if one["number"] == paper.number and one["way"] == SIGNED:
            kept = {"number": paper.number, "way": SIGNED, "receipt": None}
            return kept | {"delivered_at": instant(one["delivered_at"])}
    signed_by = name.strip() or str(paper.data.get("applicant") or uow.actor.name)
    return record_delivery(house, uow, paper, Delivery(paper.case, paper.code or "", SIGNED, signed_by))


def record_delivery(house: House, uow: UnitOfWork, paper: Paper, asked: Delivery) -> dict[str, Any]:
    """Write a delivery of a sealed document into the record, and stop the clock when it was the last decision.

    Raises:
        DocumentNotSealed: it does not count yet.
    """
    case = lock_case(uow, paper.case_id)
    if case is None:
        raise NotFound(what="document", id=paper.number)
    if paper.sealed_at is None:
        raise DocumentNotSealed(number=paper.number)
    draft = StepDraft.of(house, uow, case)
    facts: dict[str, Any] = {"number": paper.number, "way": asked.way}
    if _was_last(uow, paper):
        facts |= {"stops": draft.stop(CASE_OWNER, Clock.DELIVERY)}
    personal = {"recipient": asked.recipient, "tracking_number": asked.tracking_number or ""}
    draft.entries.append(draft.entry("document.delivered", facts, None, personal))
    if asked.way not in ONLINE:
        plan_document(draft, PROOF, paper.body, _proof(draft, paper, asked))
    issued = draft.store(None)
    row = {"case_id": str(case.id), "seq": case.seq + 1, "number": paper.number, "way": asked.way}
    row |= {"delivered_at": spell(case.now), "recipient": asked.recipient, "tracking_number": asked.tracking_number}
    proof = issued[0]["number"] if issued else None
    uow.insert("document_deliveries", [row | {"receipt": proof, "recorded_by": uow.actor.id}])
    return {"number": paper.number, "way": asked.way, "delivered_at": instant(case.now), "receipt": proof}


def _was_last(uow: UnitOfWork, paper: Paper) -> bool:
    """Whether with this one every decision of the case is delivered."""
    papers, deliveries = uow.read((BY_CASE, (paper.case_id,)), (DELIVERIES, (paper.case_id,)))
    delivered = {one["number"] for one in deliveries} | {paper.number}
    decisions = {row["number"] for row in papers if row["kind"] in DECISIONS}
    return bool(decisions) and decisions <= delivered and paper.number in decisions


def _proof(draft: StepDraft, paper: Paper, asked: Delivery) -> dict[str, str]:
    tracking = f"邮寄单号：{asked.tracking_number}" if asked.tracking_number else ""
    return {
        "delivered": paper.number,
        "recipient": asked.recipient,
        "way": WAYS[asked.way][0],
        "delivered_on": chinese_day(day_of(draft.case.now)),
        "note": tracking,
    }
