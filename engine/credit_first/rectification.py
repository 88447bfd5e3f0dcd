"""整改: the applicant puts right what the check found, once, online or by post: a second visit is not asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from engine.cases.access import need
from engine.cases.apply_step import StepDraft
from engine.cases.complete_task import Completion, complete_draft
from engine.cases.house import House
from engine.cases.intake import check_applicant
from engine.cases.record import canonical, spell
from engine.cases.step_store import lock_case
from engine.credit_first.course import apply, lock_verification
from engine.credit_first.errors import MaterialNotPresumed, RectificationClosed, VerificationNotOpen, required
from engine.credit_first.states import Event, State
from engine.errors import NotFound, not_one_of
from engine.organization.permissions import UseCase
from engine.unit_of_work import UnitOfWork

WAYS = ("online", "post")
SUPPLIED = "supplied"
_FIND = (
    "SELECT r.*, a.number FROM rectifications r JOIN verifications v ON v.id = r.verification_id "
    "JOIN cases a ON a.id = v.case_id WHERE r.id = %(id)s OR r.verification_id = %(id)s"
)
_SUPPLY = "UPDATE rectifications SET supplied = %s, way = %s, supplied_at = %s WHERE case_id = %s AND id = %s"


@dataclass(frozen=True, slots=True)
class Rectified:
    """What the applicant supplies: of each thing that was asked for, with a note; form fields that were corrected."""

    rectification: UUID
    materials: tuple[Mapping[str, str], ...] = ()
    note: str = ""
    way: str = "online"
    form: Mapping[str, Any] = field(default_factory=dict)


def rectified_of(arguments: Mapping[str, Any]) -> Rectified:
    """What was asked, from what an incident has kept."""
    said = {name: arguments[name] for name in ("note", "way", "form")}
    return Rectified(UUID(arguments["rectification"]), tuple(arguments["materials"]), **said)


def supply_rectification(house: House, uow: UnitOfWork, asked: Rectified) -> dict[str, Any]:
    """Take in what was put right; the check is made anew.

    Raises:
        NotFound, Forbidden: no such rectification, or not the actor's.
        RectificationClosed: it was supplied before, or its limit has passed.
        Invalid, MaterialNotPresumed: nothing is supplied, or something that was not asked for.
    """
    need(uow.actor, UseCase.RECTIFICATION_SUPPLY)
    if asked.way not in WAYS:
        raise not_one_of("way", WAYS)
    (rows,) = uow.read((_FIND, {"id": asked.rectification}))
    case = lock_case(uow, rows[0]["case_id"]) if rows else None
    if case is None:
        raise NotFound(what="rectification", id=asked.rectification)
    draft, now = StepDraft.of(house, uow, case), case.now
    verification = lock_verification(uow, rows[0]["verification_id"])
    _of_applicant(uow, verification["case_id"])
    row = uow.read((_FIND, {"id": rows[0]["id"]}))[0][0]
    if row["supplied_at"] is not None or verification["state"] != State.RECTIFYING:
        raise RectificationClosed(number=row["number"])
    supplied = _supplied(asked, row["listed"])
    task = next((one for one in case.tasks if one.kind == "applicant" and one.state in ("open", "claimed")), None)
    if task is None:
        raise VerificationNotOpen(number=row["number"])
    moved = apply(house, uow, verification, Event.SUPPLY)
    moved.draft.store(None)
    uow.now, draft.settled = now, True
    facts = {"rectification": str(row["id"]), "way": asked.way, "supplied_at": spell(now)}
    draft.entries.append(draft.entry("rectification.supplied", facts, None, {"supplied": canonical(supplied)}))
    uow.write(_SUPPLY, (Jsonb(supplied), asked.way, now, case.id, row["id"]))
    done = Completion(case.id, task.number, SUPPLIED, asked.note or _NOTE, asked.form)
    complete_draft(draft, task, done, ("rectify", {**asdict(asked), "rectification": str(asked.rectification)}))
    return {"id": str(row["id"]), "verification": str(verification["id"]), "case": row["number"]} | {
        "state": moved.verification["state"],
        "way": asked.way,
    }


_NOTE = "已按要求整改。"


def _of_applicant(uow: UnitOfWork, approval: UUID) -> None:
    """The window of the region, or the applicant of the approval. Raises Forbidden, NotFound."""
    case = lock_case(uow, approval)
    if case is None:
        raise NotFound(what="case", id=approval)
    check_applicant(uow, case, UseCase.RECTIFICATION_SUPPLY)


def _supplied(asked: Rectified, listed: list[dict[str, Any]]) -> list[dict[str, str]]:
    if not asked.materials and not asked.note.strip():
        raise required("materials")
    known = {one["code"] for one in listed}
    for n, one in enumerate(asked.materials):
        if one["code"] not in known:
            raise MaterialNotPresumed(material=one["code"][:80], fields={f"materials.{n}.code": [one["code"][:80]]})
    return [{"code": one["code"], "note": one.get("note", "")} for one in asked.materials] or [
        {"code": "", "note": asked.note}
    ]
