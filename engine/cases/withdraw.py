"""撤回: an applicant takes an application back, as long as it is not decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.cases.access import need
from engine.cases.apply_step import StepDraft
from engine.cases.house import House
from engine.cases.intake import check_applicant, conflict, end_application
from engine.cases.states import CaseState, CaseStateConflict
from engine.cases.step_store import lock_case
from engine.cases.submit import find_case
from engine.errors import NotFound
from engine.organization.permissions import UseCase
from engine.unit_of_work import UnitOfWork


class DecidedAlready(CaseStateConflict):
    """The decision was made: there is nothing to withdraw any more."""

    code = "decided-already"
    zh = "办件 {number} 已作出决定，不能再撤回申请。如需处理，请咨询办理部门。"
    en = "Case {number} is decided, so the application can't be withdrawn any more. Ask the department that handled it."


def withdraw(house: House, uow: UnitOfWork, number: str, reason: str) -> dict[str, Any]:
    """撤回: take an application back, until the decision. What is open is cancelled; the case is over as withdrawn.

    Raises:
        NotFound, Forbidden: no such case, or not the actor's.
        DecidedAlready, CaseStateConflict: it is decided or over.
    """
    need(uow.actor, UseCase.CASE_WITHDRAW)
    case = lock_case(uow, find_case(uow, number))
    if case is None:
        raise NotFound(what="case", id=number)
    check_applicant(uow, case, UseCase.CASE_WITHDRAW)
    if case.state == CaseState.CONCLUDED:
        raise conflict(case)
    draft = StepDraft.of(house, uow, case)
    if is_decided(draft):
        raise DecidedAlready(number=case.number, state=case.state)
    draft.entries.append(draft.entry("case.withdrawn", {}, None, {"reason": reason}))
    return end_application(draft, "withdrawn", _WITHDRAWAL, f"理由：{reason}" if reason else "")


_WITHDRAWAL = {"kind": "withdrawal-notice", "title": "撤回申请确认书", "titleEn": "Confirmation of withdrawal"}
_DECISIONS = ("granted", "denied")


def is_decided(draft: StepDraft) -> bool:
    """Whether the decision was made."""
    return decided(draft.progress["outcomes"], draft.live.item.intake.decided_at)


def decided(outcomes: Mapping[str, Any], named: str | None) -> bool:
    """Whether the decision was made: by the task that the item names, else by any with the outcome granted or denied."""
    return named in outcomes if named else any(outcome in _DECISIONS for outcome in outcomes.values())
