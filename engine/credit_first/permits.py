"""许可状态: the row that says what everybody may rely on. One a case; it is moved in the steps of its case and nowhere else.

A case of an earlier release that was granted has no row: it is valid, and gets its row when something happens to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from engine.cases.apply_step import StepDraft
from engine.cases.record import spell
from engine.cases.states import CaseState
from engine.cases.step_store import CaseRow
from engine.credit_first.states import IN_FORCE, Permit
from engine.unit_of_work import UnitOfWork

GRANTED = "granted"
#: What the case came to, by what its permit is.
RESULTS = {
    Permit.PENDING: "granted-pending",
    Permit.VALID: GRANTED,
    Permit.CONFIRMED: GRANTED,
    Permit.LAPSED: "lapsed",
    Permit.REVOKED: "revoked",
    Permit.STAYED: "revoked",
}
_LOAD = "SELECT * FROM permits WHERE case_id = %s FOR UPDATE"
_MOVE = "UPDATE permits SET status = %s, effective_at = %s, ended_at = %s WHERE case_id = %s"


def seq_here(draft: StepDraft) -> int:
    """The number in the record of the entry that was added last."""
    return draft.case.seq + len(draft.entries)


def issue_permit(draft: StepDraft, regime: str, status: Permit, since: datetime | None = None) -> None:
    """The permit exists from this step on: an entry of the record, and its row."""
    case, at = draft.case, since or draft.case.now
    effective = None if status is Permit.PENDING else at
    facts: dict[str, Any] = {"regime": regime, "status": status, "issued_at": spell(at)}
    facts["effective_at"] = spell(effective) if effective else None
    draft.entries.append(draft.entry("permit.issued", facts))
    row = {"case_id": str(case.id), "seq": seq_here(draft), "number": case.number, "item": case.item}
    row |= {"region_code": case.region_code, **facts, "disputed": False, "ended_at": None}
    draft.uow.insert("permits", [row])


def load_permit(uow: UnitOfWork, case: CaseRow) -> dict[str, Any] | None:
    """The permit of a locked case, locked; None when it was never granted anything."""
    (rows,) = uow.read((_LOAD, (case.id,)))
    if rows:
        return rows[0]
    if case.state == CaseState.CONCLUDED and case.result == GRANTED:
        return {"case_id": case.id, "seq": None, "status": Permit.VALID, "regime": "ordinary", "disputed": False} | {
            "effective_at": case.concluded_at,
            "ended_at": None,
        }
    return None


def ensure_row(draft: StepDraft, permit: Mapping[str, Any]) -> None:
    """The row of a permit of an earlier release, now that something happens to it."""
    if permit["seq"] is None:
        issue_permit(draft, "ordinary", Permit.VALID, draft.case.concluded_at)


def change_permit(draft: StepDraft, permit: Mapping[str, Any], status: Permit, **why: Any) -> None:
    """The permit is something else from now on, and with it what the case came to."""
    if permit["status"] == status:
        return
    case = draft.case
    effective = permit["effective_at"] or (case.now if status in IN_FORCE else None)
    ended = None if status in IN_FORCE or status is Permit.PENDING else case.now
    draft.result = RESULTS[status] if draft.state == CaseState.CONCLUDED else draft.result
    if draft.progress["issued"]:
        draft.progress["issued"]["status"] = status
    facts = {"from": permit["status"], "status": status, "result": draft.result, **why}
    facts |= {
        "effective_at": spell(effective) if effective else None,
        "ended_at": spell(ended) if ended else None,
    }
    draft.entries.append(draft.entry("permit.changed", facts))
    draft.uow.write(_MOVE, (status, effective, ended, case.id))


def status_of(uow: UnitOfWork, case_id: UUID) -> str | None:
    """What a permit is, unlocked; None where nothing was granted."""
    (rows,) = uow.read((_STATUS, (case_id,)))
    return str(rows[0]["status"]) if rows else None


#: By the case, or by the case that it follows.
_STATUS = (
    "SELECT coalesce(p.status, 'valid') AS status FROM cases c LEFT JOIN permits p ON p.case_id = c.id "
    "WHERE c.id = %s AND (p.case_id IS NOT NULL OR (c.state = 'concluded' AND c.result = 'granted' AND c.process IS NULL))"
)
