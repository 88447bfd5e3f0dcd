"""The steps that nobody asks for by hand: a timer that is due, the answer of an outside call, a message, a late start."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from engine.bpmn.faults import TokenNotOpen
from engine.bpmn.run import ProcessRun
from engine.bpmn.step import Step
from engine.cases.apply_step import StepDraft
from engine.cases.held import Command, held
from engine.cases.house import House
from engine.cases.record import Entry
from engine.cases.states import CaseState
from engine.cases.step_store import CaseRow, lock_case
from engine.cases.submit import start_run
from engine.errors import NotFound
from engine.plugins.handlers import ServiceAnswer, ServiceCall
from engine.unit_of_work import UnitOfWork

_HELD_TIMERS = "SELECT subject FROM incidents WHERE case_id = %s AND state = 'open' AND subject LIKE 'timer:%%'"
_LOOK_AGAIN = "UPDATE cases SET look_at = %s WHERE id = %s"


def fire_timers(house: House, uow: UnitOfWork, case_id: UUID) -> bool:
    """Fire the first timer that is due in one case, in a step of its own, so that one that fails holds no other up.

    False when there is nothing to do: the case is gone or held by another transaction, or nothing is due but what an
    incident holds; the case is then looked at again when the next other timer is due.
    """
    case = lock_case(uow, case_id, skip_locked=True)
    if case is None or case.run is None or case.look_at is None or case.look_at > case.now:
        return False
    draft = StepDraft.of(house, uow, case)
    (rows,) = uow.read((_HELD_TIMERS, (case_id,)))
    waiting = {row["subject"] for row in rows}
    free = {token: due for token, due in draft.resume().timers().items() if f"timer:{token}" not in waiting}
    token = next((token for token, due in free.items() if due <= case.now), None)
    if token is None:
        uow.write(_LOOK_AGAIN, (min(free.values(), default=None), case_id))
        return False
    _fire(uow, draft, token)
    return True


def fire_timer(house: House, uow: UnitOfWork, case_id: UUID, token: int) -> bool:
    """Fire one timer that an incident held. False when it is not armed any more, or not due."""
    case = _locked(uow, case_id)
    if case.run is None:
        return False
    draft = StepDraft.of(house, uow, case)
    due = draft.resume().timers().get(token)
    if due is None or due > case.now:
        return False
    _fire(uow, draft, token)
    return True


def _fire(uow: UnitOfWork, draft: StepDraft, token: int) -> None:
    case = draft.case
    with held(uow, _command(uow, case, "advance", f"timer:{token}", {"token": token})):
        draft.note_firing(token)
        draft.entries.append(Entry("timer.fired", {"token": token}))
        run = draft.resume()
        _apply(draft, run, run.advance(case.now, token))


def outside_call(house: House, uow: UnitOfWork, case_id: UUID, token: int) -> tuple[str, ServiceCall] | None:
    """What an outside handler is to be told, read without a step; None when the call is not pending any more (fence)."""
    case = _locked(uow, case_id)
    if case.run is None:
        return None
    draft = StepDraft.of(house, uow, case)
    pending = {call.token: call for call in draft.resume().pending_calls()}
    if token not in pending:
        return None
    call = pending[token]
    return call.handler, draft.service_call(token, draft.live.compiled.nodes[call.node])


def take_answer(house: House, uow: UnitOfWork, case_id: UUID, token: int, answer: ServiceAnswer) -> bool:
    """Go on with the answer of an outside call. False when the token is not waiting any more: the job ran twice."""
    case = _locked(uow, case_id)
    draft = StepDraft.of(house, uow, case)
    arguments = {"token": token, "outcome": answer.outcome, "form": dict(answer.form)}
    with held(uow, _command(uow, case, "result", f"call:{token}", arguments)):
        run = draft.resume()
        call = next((call for call in run.pending_calls() if call.token == token), None)
        if call is None:
            return False
        draft.plan_service_document(draft.live.compiled.nodes[call.node])
        draft.take_answer(call, answer)
        run = draft.resume()
        _apply(draft, run, run.result(token, answer.outcome))
    return True


def deliver_message(
    house: House, uow: UnitOfWork, case_id: UUID, message: str, payload: dict[str, Any]
) -> dict[str, Any]:
    """Give a message to the case. The payload is kept in the record, its values in the form; the run gets the name only."""
    case = _locked(uow, case_id)
    draft = StepDraft.of(house, uow, case)
    if case.run is None:
        raise TokenNotOpen(token=message)
    with held(uow, _command(uow, case, "deliver", f"message:{message}", {"message": message, "payload": payload})):
        draft.take_message(message, payload)
        run = draft.resume()
        _apply(draft, run, run.deliver(message))
    return {"number": case.number, "state": str(draft.state)}


def start_late(house: House, uow: UnitOfWork, case_id: UUID) -> bool:
    """Start the process of a case whose start had failed. False when it runs already."""
    case = _locked(uow, case_id)
    if case.run is not None:
        return False
    draft = StepDraft.of(house, uow, case)
    if case.state == CaseState.SUBMITTED and draft.live.acceptance_node is None:
        draft.accept()
    draft.store(start_run(uow, draft))
    return True


def _apply(draft: StepDraft, run: ProcessRun, step: Step) -> None:
    draft.follow(run, step)
    draft.store(run)


def _locked(uow: UnitOfWork, case_id: UUID) -> CaseRow:
    case = lock_case(uow, case_id)
    if case is None:
        raise NotFound(what="case", id=case_id)
    return case


def _command(
    uow: UnitOfWork, case: CaseRow, verb: str, subject: str, arguments: dict[str, Any] | None = None
) -> Command:
    return Command(verb, case.id, case.number, subject, uow.actor.id, uow.actor.kind, None, arguments)
