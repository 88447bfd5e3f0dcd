"""Returns (退回), as the outer rooms ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.cases.return_task import Returning, return_task
from engine.doors.calls import Calls
from engine.organization.actor import Actor
from engine.unit_of_work import Once


@dataclass(frozen=True)
class ReturnsDoor:
    """Every method is one use case in one unit of work."""

    calls: Calls

    def send_back(self, actor: Actor, asked: Returning, once: Once | None = None) -> dict[str, Any]:
        """退回. Raises what `return_task` does."""
        return self.calls.perform(actor, lambda uow: return_task(self.calls.house, uow, asked), once)
