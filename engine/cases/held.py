"""When a step can't be made: what was asked is kept as a command, so that an incident can be tried again as it was meant."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy.exc import DBAPIError

from engine.bpmn.expressions import ExpressionError, ExpressionFailed
from engine.bpmn.faults import RunFault
from engine.errors import ApprovalError
from engine.plugins.handlers import UnknownHandler
from engine.timelimits.errors import CalendarRangeExceeded, LimitInvalid
from engine.unit_of_work import UnitOfWork

#: What a person can't mend by asking differently: the diagram, the calendar or a registration must change.
HELD = (RunFault, ExpressionFailed, ExpressionError, UnknownHandler, LimitInvalid, CalendarRangeExceeded)


class Unexpected(ApprovalError):
    """A fault of the program itself at work on a case. Params: reason."""

    code = "unexpected-failure"
    status = 500
    zh = "处理时发生程序错误（{reason}）。请将日志交给技术支持；问题排除后重试该事件。"
    en = "The program failed here ({reason}). Hand the log to support, and retry the incident once it is mended."


@dataclass(frozen=True, slots=True)
class Command:
    """What was asked of a case: `verb` start | complete | return | advance | result | call | deliver; `subject` is what
    it holds up."""

    verb: str
    case_id: UUID
    number: str
    subject: str
    actor_id: str
    actor_kind: str
    node: str | None = None
    arguments: Mapping[str, Any] | None = None

    def saying(self, arguments: Mapping[str, Any]) -> Command:
        """The same command with these arguments."""
        return replace(self, arguments=arguments)

    def as_data(self) -> dict[str, Any]:
        """The command as JSON, for the incident's row."""
        return asdict(self) | {"case_id": str(self.case_id)}


class StepHeld(Exception):
    """A step failed for a reason that becomes an incident. Never leaves the engine: see `incidents.py`."""

    def __init__(self, command: Command, fault: ApprovalError) -> None:
        super().__init__(str(fault))
        self.command = command
        self.fault = fault


@contextlib.contextmanager
def held(uow: UnitOfWork, command: Command) -> Iterator[None]:
    """Whatever inside can't go on becomes StepHeld with the command that asked for it; so does what fails at its commit."""

    def told(error: Exception) -> Exception:
        if isinstance(error, HELD):
            return StepHeld(command, error)
        if isinstance(error, (ApprovalError, StepHeld)) or _database_away(error):
            return error
        return StepHeld(command, Unexpected(reason=in_short(error)))

    uow.tell_failure = told
    yield


def _database_away(error: Exception) -> bool:
    """A conflict to try again, or a server that does not answer: no fault of the step."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, psycopg.OperationalError)


def in_short(error: Exception) -> str:
    """The kind of an error and its first line."""
    words = str(error).strip().splitlines()
    return f"{type(error).__name__}: {words[0]}"[:300] if words else type(error).__name__
