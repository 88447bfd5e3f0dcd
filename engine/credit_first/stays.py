"""异议与停止执行: a pending review or lawsuit suspends nothing (行政复议法 42, 行政诉讼法 56): the permit is marked disputed.

Only a recorded stay, by the competent body or a court, lifts what a revocation did, until it ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.cases.access import need
from engine.cases.apply_step import StepDraft
from engine.cases.house import House
from engine.cases.record import spell
from engine.cases.submit import find_case
from engine.credit_first.consequences_of import end_lift, lift
from engine.credit_first.course import lock_approval
from engine.credit_first.errors import NoPermit, required
from engine.credit_first.permits import change_permit, ensure_row, load_permit, seq_here
from engine.credit_first.revocation import concerns
from engine.credit_first.states import PERMIT_NAMES, Permit
from engine.errors import Conflict, not_one_of
from engine.organization.permissions import UseCase
from engine.unit_of_work import UnitOfWork

DISPUTE, STAY, END_DISPUTE, END_STAY = "dispute", "stay", "end-dispute", "end-stay"
KINDS = (DISPUTE, STAY, END_DISPUTE, END_STAY)
_OPEN = "SELECT * FROM permit_stays WHERE case_id = %s AND kind = %s AND ended_at IS NULL ORDER BY seq"
_END = "UPDATE permit_stays SET ended_at = %s WHERE case_id = %s AND kind = %s AND ended_at IS NULL"
_MARK = "UPDATE permits SET disputed = %s WHERE case_id = %s"


class NothingToStay(Conflict):
    """There is no revocation to stay, or nothing of the kind is open. Params: number, status_zh, status_en."""

    code = "nothing-to-stay"
    zh = "办件 {number} 的许可当前为“{status_zh}”，不能执行此操作。请核对该许可的状态。"
    en = "The permit of case {number} is: {status_en}. So this can't be done. Look at its status."


@dataclass(frozen=True, slots=True)
class Objection:
    """A dispute or a stay: by which body or court, by which paper; or the end of one."""

    number: str
    kind: str
    body: str
    reference: str


def record_objection(house: House, uow: UnitOfWork, asked: Objection) -> dict[str, Any]:
    """Record a dispute, a stay, or the end of one.

    Raises:
        NotFound, Forbidden: no such case, or not one of the actor's department.
        NoPermit, NothingToStay: there is nothing that it could be about.
        Invalid: an unknown kind, or nobody is named.
    """
    need(uow.actor, UseCase.STAY_RECORD)
    if asked.kind not in KINDS:
        raise not_one_of("kind", KINDS)
    if missing := [name for name in ("body", "reference") if not getattr(asked, name).strip()]:
        raise required(*missing)
    case_id = find_case(uow, asked.number)
    concerns(uow, case_id, asked.number, UseCase.STAY_RECORD)
    draft = lock_approval(house, uow, case_id)
    permit = load_permit(uow, draft.case)
    if permit is None:
        raise NoPermit(number=asked.number)
    ensure_row(draft, permit)
    status = _apply(draft, permit, asked)
    draft.store(None)
    return {"case": asked.number, "permit": status, "disputed": _disputed(permit, asked)}


def _apply(draft: StepDraft, permit: Mapping[str, Any], asked: Objection) -> str:
    uow, case, status = draft.uow, draft.case, Permit(permit["status"])
    ends = asked.kind in (END_DISPUTE, END_STAY)
    kind = asked.kind.removeprefix("end-")
    (open_rows,) = uow.read((_OPEN, (case.id, kind)))
    fits = bool(open_rows) if ends else not (kind == STAY and status is not Permit.REVOKED)
    if not fits:
        zh, en = PERMIT_NAMES[status]
        raise NothingToStay(number=asked.number, status_zh=zh, status_en=en)
    facts = {"kind": asked.kind, "body": asked.body, "reference": asked.reference}
    draft.entries.append(draft.entry("permit.objection", facts))
    if ends:
        uow.write(_END, (case.now, case.id, kind))
    else:
        row = {"case_id": str(case.id), "seq": seq_here(draft), "kind": kind, "body": asked.body}
        uow.insert("permit_stays", [row | {"reference": asked.reference, "since": spell(case.now), "ended_at": None}])
    if kind == DISPUTE:
        uow.write(_MARK, (not ends, case.id))
        return str(status)
    after = Permit.REVOKED if ends else Permit.STAYED
    change_permit(draft, permit, after, reference=asked.reference)
    (end_lift if ends else lift)(draft, f"{asked.body} {asked.reference}")
    return str(after)


def _disputed(permit: Mapping[str, Any], asked: Objection) -> bool:
    return asked.kind == DISPUTE or (bool(permit["disputed"]) and asked.kind != END_DISPUTE)
