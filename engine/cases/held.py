"""When a step can't be made: what was asked is kept as a command, so that an incident can be tried again as it was meant."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from engine.bpmn.expressions import ExpressionError, ExpressionFailed
from engine.bpmn.faults import RunFault
from engine.errors import ApprovalError
from engine.plugins.handlers import UnknownHandler
from engine.timelimits.errors import CalendarRangeExceeded, LimitInvalid

#: What a person can't mend by asking differently: the diagram, the calendar or a registration must change.
HELD = (RunFault, ExpressionFailed, ExpressionError, UnknownHandler, LimitInvalid, CalendarRangeExceeded)


@dataclass(frozen=True, slots=True)
class Command:
    """What was asked of a case: `verb` start | complete | accept | advance | result; `subject` is what it holds up."""

    verb: str
    case_id: UUID
    number: str
    subject: str
    actor_id: str
    actor_kind: str
    node: str | None = None
    arguments: Mapping[str, Any] | None = None

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
def held(command: Command) -> Iterator[None]:
    """Whatever inside can't go on becomes StepHeld with the command that asked for it."""
    try:
        yield
    except HELD as fault:
        raise StepHeld(command, fault) from fault
