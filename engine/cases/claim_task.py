"""领办 and 退领: an officer takes a task of the department, or gives it back. Neither touches the process or a limit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from engine.cases.access import check_task, task_id
from engine.cases.apply_step import via
from engine.cases.countersign import check_signer
from engine.cases.house import House
from engine.cases.record import Entry, chain
from engine.cases.states import TaskStateConflict, move_task
from engine.cases.step_store import CaseRow, TaskRow, lock_case
from engine.cases.votes import check_voter
from engine.errors import NotFound
from engine.organization.permissions import UseCase
from engine.unit_of_work import UnitOfWork

_SET_CLAIM = "UPDATE tasks SET state = %s, claimed_by = %s WHERE case_id = %s AND number = %s"
_SET_HEAD = "UPDATE cases SET seq = %s, head = %s, last_instant = %s WHERE id = %s"


def claim_task(house: House, uow: UnitOfWork, case_id: UUID, number: int) -> dict[str, Any]:
    """Take a task; taking one's own again changes nothing.

    Raises NotFound, Forbidden, TaskStateConflict, SignedForAnother, VotedAlready.
    """
    case, task = _locked(uow, case_id, number)
    if task.state == "claimed" and task.claimed_by == uow.actor.id:
        return _view(case, task, "claimed", uow.actor.id)
    state = move_task(task.state, "claim", name=task.name, task=task_id(case_id, number), by=task.handler)
    live = house.definition(uow, case.definition_id, case.offer_id, case.process)
    check_signer(uow, live, case.id, task)
    check_voter(uow, live, case.id, task)
    return _set(uow, case, task, state, uow.actor.id, "task.claimed")


def release_task(uow: UnitOfWork, case_id: UUID, number: int) -> dict[str, Any]:
    """Give a claimed task back to its department. Raises NotFound, Forbidden, TaskStateConflict."""
    case, task = _locked(uow, case_id, number)
    shown = task_id(case_id, number)
    state = move_task(task.state, "release", name=task.name, task=shown, by=task.handler)
    if task.claimed_by != uow.actor.id and uow.actor.kind == "officer":
        raise TaskStateConflict(name=task.name, task=shown, state="claimed", state_zh="他人在办", by="")
    return _set(uow, case, task, state, None, "task.released")


def _locked(uow: UnitOfWork, case_id: UUID, number: int) -> tuple[CaseRow, TaskRow]:
    case = lock_case(uow, case_id, number)
    task = case.task(number) if case else None
    if case is None or task is None:
        raise NotFound(what="task", id=task_id(case_id, number))
    check_task(uow.actor, task, case.region_code, task_id(case_id, number), UseCase.TASK_CLAIM)
    return case, task


def _set(uow: UnitOfWork, case: CaseRow, task: TaskRow, state: str, by: str | None, kind: str) -> dict[str, Any]:
    facts = {"task": task.number, "node": task.node, "actor": uow.actor.id, "state": [task.state, state]}
    entry = Entry(kind, facts | via(uow.actor))
    events, seq, head = chain(case.id, case.seq, case.head, case.now, [entry])
    uow.write(_SET_CLAIM, (state, by, case.id, task.number))
    uow.write(_SET_HEAD, (seq, head, case.now, case.id))
    uow.insert("events", events)
    uow.job("announce", {"case_id": str(case.id), "after": case.seq, "until": seq})
    return _view(case, task, state, by)


def _view(case: CaseRow, task: TaskRow, state: str, by: str | None) -> dict[str, Any]:
    return {
        "id": task_id(case.id, task.number),
        "state": str(state),
        "node": task.node,
        "claimed_by": by,
        "case": {"number": case.number, "state": case.state, "result": case.result},
    }
