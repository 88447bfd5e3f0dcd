"""超期: what must hold when a task or a case is finished late, or with a special procedure under way.

The reason of the item's limit is owed to the public (优化营商环境条例 36); that of a task is internal unless the diagram says
otherwise (`ow:timeLimit lateReason="public"`).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from engine.bpmn.model import Node
from engine.cases.limit_errors import LateReasonRequired, SpecialProcedureOpen
from engine.cases.record import spell
from engine.cases.step_limits import CASE_OWNER
from engine.timelimits.ledger import Clock
from engine.timelimits.rules import rules_of

if TYPE_CHECKING:
    from engine.cases.apply_step import Closing, StepDraft
    from engine.cases.step_store import TaskRow

#: The promise of the case; where it is paused it is not late.
_CASE = (
    "SELECT due_date, due_at, paused FROM limits WHERE case_id = %s AND owner = 0 AND clock = 'decision' "
    "AND stopped_at IS NULL ORDER BY kind DESC LIMIT 1"
)
#: The card of what is finished past the law's limit without a word; its limit is stopped by the statement that stores the step.
_CARD = (
    "INSERT INTO cards (case_id, owner, clock, rule, number, kind, colour, state, region_code, department_id, officer_id, "
    "node, name, name_en, due_at, opened_at, counted) SELECT l.case_id, l.owner, l.clock, %(rule)s, %(number)s, l.kind, "
    "%(colour)s, 'open', l.region_code, %(department)s, t.claimed_by, t.node, coalesce(t.name, ''), coalesce(t.name_en, ''), "
    "l.due_at, %(now)s, true FROM limits l LEFT JOIN tasks t ON t.case_id = l.case_id AND t.number = l.owner "
    "WHERE l.case_id = %(case)s AND l.owner = %(owner)s AND l.clock = %(clock)s AND l.kind = 'legal' "
    "AND l.stopped_at IS NULL AND NOT l.paused AND l.due_at <= %(now)s ON CONFLICT DO NOTHING"
)
WITHOUT_REASON = "closed-without-reason"
PUBLIC = ("该理由将向社会公开。", "The reason will be public.")
INTERNAL = ("", "")


def is_late(due_at: datetime | None, paused: bool, now: datetime) -> bool:
    """Whether a limit has passed that runs."""
    return due_at is not None and not paused and now >= due_at


def check_task_end(draft: StepDraft, task: TaskRow, late_reason: str) -> None:
    """A task may be finished: no special procedure is under way at it, and when it is late, a reason is given.

    Raises:
        SpecialProcedureOpen, LateReasonRequired.
    """
    for number, owner in draft.progress["procedures"].items():
        if owner == task.number:
            raise SpecialProcedureOpen(number=number, kind=task.name)
    if _by_a_person(draft) and is_late(task.due_at, task.paused, draft.case.now) and not late_reason.strip():
        public = _is_public(draft.live.compiled.nodes[task.node])
        raise _required(task.due_date, PUBLIC if public else INTERNAL)


def check_conclusion(draft: StepDraft) -> None:
    """A case may be concluded: no special procedure is under way, and when its promise is broken, a reason is given.

    What no person does (a timer, the end of a last call) can give no reason and is not held up; nor is who withdraws.
    """
    if not _by_a_person(draft) or draft.closing is None:
        return
    for number in draft.progress["procedures"]:
        raise SpecialProcedureOpen(number=number, kind="")
    if not draft.closing.late_reason:
        due = case_late(draft)
        if due is not None:
            raise _required(due, PUBLIC)


def note_late_reason(draft: StepDraft, closing: Closing, node: Node) -> dict[str, Any]:
    """Plan the row of a reason that was owed and given; answers what the record says of it."""
    if not closing.late_reason:
        return {}
    case_is_late = case_late(draft) is not None
    if not case_is_late and not is_late(closing.task.due_at, closing.task.paused, draft.case.now):
        return {}  # nothing is owed
    public = _is_public(node) or case_is_late
    draft.late_reasons.append(
        {
            "case_id": str(draft.case.id),
            "task": closing.task.number,
            "officer_id": draft.uow.actor.id,
            "department_id": closing.task.department_id,
            "text": closing.late_reason,
            "public": public,
            "at": spell(draft.case.now),
        }
    )
    return {"late_reason_public": public}


def card_task_without_reason(draft: StepDraft, closing: Closing) -> None:
    """A task that the system finishes (a person is refused) past the law's limit costs a card, since nobody says why."""
    if not closing.late_reason:
        _card(draft, closing.task.number, Clock.NODE, closing.task.department_id)


def card_case_without_reason(draft: StepDraft) -> None:
    """So does a case that ends by itself: a timer, the answer of a call, a retry."""
    if draft.closing is None or not draft.closing.late_reason:
        task = draft.closing.task if draft.closing is not None else next(iter(draft.case.tasks), None)
        _card(draft, CASE_OWNER, Clock.DECISION, task.department_id if task else None)


def _card(draft: StepDraft, owner: int, clock: Clock, department: str | None) -> None:
    case = draft.case
    rule = rules_of(case.region_code).card(WITHOUT_REASON, clock, "legal")
    if draft.owes_no_reason or rule is None:
        return
    facts = {"case": case.id, "owner": owner, "clock": clock, "number": case.number, "now": case.now}
    draft.uow.write(_CARD, facts | {"rule": rule.rule, "colour": rule.colour, "department": department})


def case_late(draft: StepDraft) -> date | None:
    """The promised day of the case when it is over; None when it is not."""
    (rows,) = draft.uow.read((_CASE, (draft.case.id,)))
    late = rows and is_late(rows[0]["due_at"], rows[0]["paused"], draft.case.now)
    found: date | None = rows[0]["due_date"] if late else None
    return found


def _required(due: date | None, shown: tuple[str, str]) -> LateReasonRequired:
    said = {"late_reason": ["必填\tis required"]}
    return LateReasonRequired(due=due, shown_zh=shown[0], shown_en=shown[1], fields=said)


def _by_a_person(draft: StepDraft) -> bool:
    return draft.uow.actor.kind in ("officer", "applicant")


def _is_public(node: Node) -> bool:
    return (node.extension("timeLimit") or {}).get("lateReason") == "public"
