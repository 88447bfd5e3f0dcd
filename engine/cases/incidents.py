"""Incidents: what can't go on, why, and when it is tried again. Written in a second transaction, after the step's rollback.

An incident keeps the command that failed, with the officer's outcome and opinion: nothing that a person said is lost, and a
retry does what was meant, as the one who meant it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import case as when
from sqlalchemy import select, text, true, update
from sqlalchemy.dialects.postgresql import insert

from engine.cases import go_on
from engine.cases.access import is_platform, need
from engine.cases.complete_task import Completion, complete_task
from engine.cases.held import Command, StepHeld, Unexpected, in_short
from engine.cases.house import House
from engine.cases.models import Case, Incident
from engine.cases.recompute_limits import recompute_limits
from engine.cases.return_task import Returning, return_task
from engine.cases.step_store import lock_case
from engine.clock import wall_now
from engine.errors import ApprovalError, Conflict, NotFound
from engine.organization.actor import Actor
from engine.organization.load import load_actor
from engine.organization.permissions import UseCase
from engine.plugins.handlers import ServiceAnswer
from engine.unit_of_work import Transactions, UnitOfWork

#: Minutes until an incident is tried again by itself; then it waits for a person.
BACK_OFF = (1, 5, 30, 120, 720)


#: What of a case the sweep looks at by itself, by the verb of the command that does it again.
SWEPT = {"advance": "timer", "recompute": "calendar", "judge": "limits", "look": "verification"}


class StepHeldUp(Conflict):
    """What a person sees when a step can't be made: nothing was changed, what was said is kept, somebody was told."""

    code = "step-held"
    zh = "办件 {number} 暂时无法继续：{reason_zh} 您填写的内容已保存（事件 {incident}），处理后系统会自动继续，无需重复提交。"
    en = "Case {number} can't go on for now: {reason} What you entered is kept (incident {incident}) and will be carried out."


class ServiceCallFailed(ApprovalError):
    """An outside handler failed at every try. Params: token, reason."""

    code = "service-call-failed"
    status = 500
    zh = "外部服务调用多次失败（{reason}）。请检查对方系统，恢复后重试该事件。"
    en = "The call to an outside service failed at every try ({reason}). Look at that system, then retry the incident."


class AskerGone(Conflict):
    """Whoever asked for the step that failed can't act any more: somebody else has to decide what becomes of it."""

    code = "asker-gone"
    zh = "提出该操作的人员（{asker}）已停用或不存在，系统不会代其办理。请由有权人员在该环节重新办理。"
    en = "Who asked for this ({asker}) is not active any more, and nobody acts in their name. Let another officer do it anew."


@dataclass(frozen=True, slots=True)
class IncidentView:
    """An incident as people see it."""

    id: int
    case: str
    node: str | None
    cause: str
    detail: str
    detail_en: str
    state: str
    tries: int
    created_at: datetime
    next_try_at: datetime | None


def record_incident(transactions: Transactions, failure: StepHeld) -> StepHeldUp:
    """Write the incident of a failed step in a transaction of its own; answers the error for the person."""
    return transactions.perform(Actor.system("incident"), lambda uow: write_incident(uow, failure))


def write_incident(uow: UnitOfWork, failure: StepHeld) -> StepHeldUp:
    """Write an incident, or count one more try of an open one of the same subject and asker."""
    command, fault, now = failure.command, failure.fault, wall_now()
    row = {
        "case_id": command.case_id,
        "number": command.number,
        "subject": command.subject,
        "asked_by": command.actor_id,
        "cause": fault.code,
        "node": fault.params.get("node") or command.node,
        "detail": fault.sentence("zh"),
        "detail_en": fault.sentence("en"),
        "command": command.as_data(),
        "state": "open",
        "tries": 1,
        "created_at": now,
        "next_try_at": now + timedelta(minutes=BACK_OFF[0]),
    }
    again = insert(Incident).values(row)
    again = again.on_conflict_do_update(
        index_elements=["case_id", "subject", "asked_by"],
        index_where=Incident.state == "open",
        set_={
            "tries": Incident.tries + 1,
            "next_try_at": _next_try(now),
            **{name: again.excluded[name] for name in ("cause", "node", "detail", "detail_en", "command")},
        },
    )
    return StepHeldUp(
        number=command.number,
        incident=int(uow.connection.scalar(again.returning(Incident.id)) or 0),
        reason=fault.sentence("en"),
        reason_zh=fault.sentence("zh"),
        cause=fault.code,
    )


def record_failure_of(
    transactions: Transactions, verb: str, case_id: UUID, token: int | None, error: Exception
) -> StepHeldUp:
    """The incident of what failed outside a step: `call` of an outside handler, the sweep's look at timers or limits."""
    number = text("SELECT number FROM cases WHERE id = :id")
    with transactions.begin(Actor.system("incident")) as uow:
        found = uow.connection.scalar(number, {"id": case_id})
    if found is None:
        raise NotFound(what="case", id=case_id)
    subject, arguments = (SWEPT[verb], None) if token is None else (f"call:{token}", {"token": token})
    fault = (Unexpected if token is None else ServiceCallFailed)(reason=in_short(error), token=token)
    command = Command(verb, case_id, str(found), subject, f"job:{verb}", "job", None, arguments)
    return record_incident(transactions, StepHeld(command, fault))


def _next_try(now: datetime) -> Any:
    """The next try after the present one, by the back-off; NULL when it is a person's turn."""
    steps = {n: now + timedelta(minutes=minutes) for n, minutes in enumerate(BACK_OFF)}
    return when(steps, value=Incident.tries, else_=None)


def list_incidents(
    uow: UnitOfWork, actor: Actor, *, number: str | None = None, all_states: bool = False
) -> list[IncidentView]:
    """Open incidents, oldest first (with `all_states`, resolved ones too)."""
    need(actor, UseCase.INCIDENT_READ)
    query = select(Incident).where(_in_reach(uow, actor)).order_by(Incident.id)
    if not all_states:
        query = query.where(Incident.state == "open")
    if number is not None:
        query = query.where(Incident.number == number)
    return [_view(row) for row in uow.session.scalars(query)]


def _view(row: Incident) -> IncidentView:
    return IncidentView(
        row.id,
        row.number,
        row.node,
        row.cause,
        row.detail,
        row.detail_en,
        row.state,
        row.tries,
        row.created_at,
        row.next_try_at,
    )


def retry_incident(house: House, transactions: Transactions, incident_id: int, actor: Actor) -> bool:
    """Do again what failed, as the one who asked for it. True when it is resolved; False when a job now tries it.

    Raises:
        NotFound: no open incident of that number.
        StepHeldUp: it fails again; the try is counted.
    """
    need(actor, UseCase.INCIDENT_RETRY)

    command, asker = transactions.perform(actor, lambda uow: _asked(uow, incident_id, actor))

    def again(uow: UnitOfWork) -> bool:
        # The case first (lock order); behind its lock, whether somebody else has settled the incident meanwhile.
        case_id = UUID(command["case_id"])
        lock_case(uow, case_id)
        if not _still_open(uow, incident_id):
            return True
        done = _VERBS[command["verb"]](house, uow, case_id, command["arguments"] or {})
        if done is CALLED_AGAIN:
            uow.connection.execute(update(Incident).where(Incident.id == incident_id).values(next_try_at=None))
            return False
        _close(uow, Incident.id == incident_id)
        return True

    try:
        return transactions.perform(asker, again)
    except StepHeld as failure:
        raise record_incident(transactions, failure)
    except ApprovalError as refused:
        if transactions.perform(actor, lambda uow: _settle(uow, incident_id, command)):
            return True
        raise refused


def _in_reach(uow: UnitOfWork, actor: Actor) -> Any:
    """The incidents of the actor's region and those below."""
    if is_platform(actor):
        return true()
    below = uow.connection.scalars(_BELOW, {"code": actor.region_code}).all()
    return Incident.case_id.in_(select(Case.id).where(Case.region_code.in_(below)))


_BELOW = text(
    "WITH RECURSIVE below AS (SELECT code FROM regions WHERE code = :code UNION "
    "SELECT r.code FROM regions r JOIN below b ON r.parent_code = b.code) SELECT code FROM below"
)


def _asked(uow: UnitOfWork, incident_id: int, actor: Actor) -> tuple[Mapping[str, Any], Actor]:
    """The command of an open incident and who asked for it."""
    row = uow.session.scalar(select(Incident).where(Incident.id == incident_id, _in_reach(uow, actor)))
    if row is None or row.state != "open":
        raise NotFound(what="incident", id=incident_id)
    command = row.command
    if command["actor_kind"] != "officer":
        return command, replace(Actor.system("incident"), kind=command["actor_kind"], id=command["actor_id"])
    asker = load_actor(uow.connection, command["actor_id"])
    if asker is None:
        put_off(uow, incident_id)
        raise AskerGone(asker=command["actor_id"])
    return command, asker


def _still_open(uow: UnitOfWork, incident_id: int) -> bool:
    (rows,) = uow.read(("SELECT 1 FROM incidents WHERE id = %s AND state = 'open' FOR UPDATE", (incident_id,)))
    return bool(rows)


def _settle(uow: UnitOfWork, incident_id: int, command: Mapping[str, Any]) -> bool:
    """After a retry that was refused: resolved if its task is over, else it stays open and is tried later."""
    if command["verb"] in OF_A_TASK:
        task = (command["case_id"], command["arguments"]["task"])
        (rows,) = uow.read(("SELECT state FROM tasks WHERE case_id = %s AND number = %s", task))
        if rows and rows[0]["state"] in ("completed", "returned", "called-off", "cancelled"):
            _close(uow, Incident.id == incident_id)
            return True
    put_off(uow, incident_id)
    return False


def _close(uow: UnitOfWork, which: Any) -> None:
    closed = {"state": "resolved", "resolved_at": wall_now(), "next_try_at": None}
    uow.connection.execute(update(Incident).where(which, Incident.state == "open").values(closed))


def put_off(uow: UnitOfWork, incident_id: int) -> None:
    """Count a try that failed in a way that no incident tells of, so that it isn't tried again at once."""
    later = {"tries": Incident.tries + 1, "next_try_at": _next_try(wall_now())}
    uow.connection.execute(update(Incident).where(Incident.id == incident_id, Incident.state == "open").values(later))


def due_incidents(uow: UnitOfWork, limit: int = 50) -> list[int]:
    """The incidents whose next try is due (wall time)."""
    query = select(Incident.id).where(Incident.state == "open", Incident.next_try_at <= wall_now())
    return list(uow.connection.scalars(query.order_by(Incident.next_try_at).limit(limit)))


def _complete(house: House, uow: UnitOfWork, case_id: UUID, arguments: Mapping[str, Any]) -> object:
    late = arguments.get("late_reason") or LATE_BY_INCIDENT
    asked = (arguments["task"], arguments["outcome"], arguments["opinion"], arguments["form"], late)
    return complete_task(house, uow, Completion(case_id, *asked))


def _return(house: House, uow: UnitOfWork, case_id: UUID, arguments: Mapping[str, Any]) -> object:
    asked = Returning(case_id, **{"late_reason": LATE_BY_INCIDENT, **arguments})
    return return_task(house, uow, asked)


def _call_again(house: House, uow: UnitOfWork, case_id: UUID, arguments: Mapping[str, Any]) -> object:
    if go_on.outside_call(house, uow, case_id, arguments["token"]) is None:
        return None
    uow.job("call_outside", {"case_id": str(case_id), "token": arguments["token"]})
    return CALLED_AGAIN


def _result(house: House, uow: UnitOfWork, case_id: UUID, arguments: Mapping[str, Any]) -> object:
    answer = ServiceAnswer(arguments["outcome"], arguments["form"])
    return go_on.take_answer(house, uow, case_id, arguments["token"], answer)


def _check(house: House, uow: UnitOfWork, _: UUID, arguments: Mapping[str, Any]) -> object:
    return house.after_decision.again(uow, "check", _late(arguments))


def _rectify(house: House, uow: UnitOfWork, _: UUID, arguments: Mapping[str, Any]) -> object:
    return house.after_decision.again(uow, "rectify", _late(arguments))


def _late(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {**arguments, "late_reason": arguments.get("late_reason") or LATE_BY_INCIDENT}


#: The verbs whose command is about a task: when it is over, there is nothing left to do again.
OF_A_TASK = ("complete", "return", "check", "rectify")

#: What became late while it was held is late for this reason.
LATE_BY_INCIDENT = "原办理因系统故障未能生效，故障排除后按原内容执行"

#: The incident stays open until the job that was deferred has had its answer taken.
CALLED_AGAIN = object()

_VERBS: dict[str, Callable[[House, UnitOfWork, UUID, Mapping[str, Any]], object]] = {
    "complete": _complete,
    "return": _return,
    "check": _check,
    "rectify": _rectify,
    "start": lambda house, uow, case_id, _: go_on.start_late(house, uow, case_id),
    "advance": lambda house, uow, case_id, a: go_on.fire_timer(house, uow, case_id, a["token"]) if a else None,
    # The sweep comes to it again once it is not held any more.
    "judge": lambda *_: None,
    "look": lambda *_: None,
    "recompute": lambda house, uow, case_id, _: recompute_limits(house, uow, case_id),
    "result": _result,
    "call": _call_again,
    "deliver": lambda house, uow, case_id, a: go_on.deliver_message(house, uow, case_id, a["message"], a["payload"]),
}
