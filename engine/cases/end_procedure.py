"""特别程序结束: what a special procedure had stopped runs again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from engine.cases.limit_moves import add_entries, is_paused_by
from engine.cases.record import spell
from engine.cases.step_limits import Ledger, LimitKey, load_ledgers
from engine.timelimits.ledger import Entry

if TYPE_CHECKING:
    from engine.cases.apply_step import StepDraft

LOAD_PROCEDURE = "SELECT * FROM special_procedures WHERE case_id = %s AND number = %s"
_END = (
    "UPDATE special_procedures SET ended_at = %s, ended_by = %s, end_recorded_at = %s, report = %s "
    "WHERE case_id = %s AND number = %s"
)
CANCELLED_WITH_NODE = "所属环节已由流程取消，程序随之终止"


@dataclass(frozen=True, slots=True)
class ProcedureEnd:
    """What is asked: which procedure of which case has ended, since when (now where it is None), and with what result."""

    case: str
    procedure: int
    report: str
    effective_at: datetime | None = None


def end_in_draft(
    draft: StepDraft, row: Mapping[str, Any], report: str, since: datetime, ledgers: Mapping[LimitKey, Ledger]
) -> None:
    """End an open procedure within a step."""
    case, number = draft.case, int(row["number"])
    held = [ledger for ledger in ledgers.values() if is_paused_by(ledger, number)]
    told = add_entries(draft, held, Entry.RESUME, since, ref=number, ground=row["ground"], document=row["notice"])
    facts = {
        "procedure": number,
        "kind": row["kind"],
        "task": row["task"],
        "effective_at": spell(since),
        "ledger": told,
    }
    draft.entries.append(draft.entry("procedure.ended", facts, None, {"report": report}))
    draft.progress["procedures"].pop(str(number), None)
    draft.uow.write(_END, (since, draft.uow.actor.id, case.now, report, case.id, number))


def end_with_node(draft: StepDraft, task: int) -> None:
    """A node that the process takes away ends the procedures that are under way at it."""
    _end_all(draft, [int(number) for number, owner in draft.progress["procedures"].items() if owner == task])


def end_with_case(draft: StepDraft) -> None:
    """A case that ends by itself, or is withdrawn, ends the procedures that are under way."""
    _end_all(draft, [int(number) for number in draft.progress["procedures"]])


def _end_all(draft: StepDraft, numbers: list[int]) -> None:
    if not numbers:
        return
    ledgers = {**load_ledgers(draft.house, draft.uow, draft.case.id), **draft.moved}
    for number in numbers:
        end_in_draft(draft, load_procedure(draft, draft.case.id, number), CANCELLED_WITH_NODE, draft.case.now, ledgers)


def load_procedure(draft: StepDraft, case_id: UUID, number: int) -> dict[str, Any]:
    """A procedure that is there."""
    ((row,),) = draft.uow.read((LOAD_PROCEDURE, (case_id, number)))
    return row
