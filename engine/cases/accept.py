"""受理: the window's answer to an application. This release knows one of the five lawful answers, `accepted`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.cases.access import check_task, is_platform, need, task_id
from engine.cases.apply_step import StepDraft
from engine.cases.complete_task import Completion, complete_locked
from engine.cases.house import House
from engine.cases.states import CASE_NAMES, CaseState, CaseStateConflict
from engine.cases.step_store import CaseRow, lock_case
from engine.cases.submit import find_case, start_run
from engine.errors import NotFound, not_one_of
from engine.organization.permissions import UseCase
from engine.unit_of_work import UnitOfWork

ANSWERS = ("accepted",)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The window's answer, with a remark that the record keeps."""

    number: str
    answer: str
    opinion: str = ""


def accept(house: House, uow: UnitOfWork, asked: Acceptance) -> dict[str, Any]:
    """Accept an application.

    Raises:
        NotFound, Forbidden: no such case, or not the actor's window.
        Invalid: an answer that this release does not know.
        CaseStateConflict: it was accepted already, or is over.
        StepHeld: the step can't be made.
    """
    if asked.answer not in ANSWERS:
        raise not_one_of("answer", ANSWERS)
    case = lock_case(uow, find_case(uow, asked.number))
    if case is None or not _at_my_window(uow, case):
        raise NotFound(what="case", id=asked.number)
    need(uow.actor, UseCase.CASE_ACCEPT)
    if case.state != CaseState.SUBMITTED:
        raise CaseStateConflict(number=case.number, state=case.state, state_zh=CASE_NAMES[case.state][0])
    draft = StepDraft.of(house, uow, case)
    waiting = [task for task in case.tasks if task.node == draft.live.acceptance_node]
    if waiting:
        shown = task_id(case.id, waiting[0].number)
        check_task(uow.actor, waiting[0], case.region_code, shown, UseCase.CASE_ACCEPT)
        asked_of_task = Completion(case.id, waiting[0].number, "accepted", asked.opinion)
        done = complete_locked(house, uow, case, waiting[0], asked_of_task)
        return {**done["case"], "number": case.number}
    if case.run is not None or draft.live.acceptance_node is not None:
        # The process runs, and its window task is not open: it waits for something else first.
        raise CaseStateConflict(number=case.number, state=case.state, state_zh=CASE_NAMES[case.state][0])
    return _start_now(uow, draft)


def _start_now(uow: UnitOfWork, draft: StepDraft) -> dict[str, Any]:
    """A diagram without a window task starts when the case is accepted."""
    draft.accept()
    draft.store(start_run(uow, draft))
    return {"number": draft.case.number, "state": str(draft.state), "result": draft.result}


def _at_my_window(uow: UnitOfWork, case: CaseRow) -> bool:
    return is_platform(uow.actor) or uow.actor.region_code == case.region_code
