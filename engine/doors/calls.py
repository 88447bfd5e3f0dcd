"""What a door needs of the engine when a use case may leave an incident: the caches, and the way work is performed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from engine.cases.house import House
from engine.settings import Settings
from engine.unit_of_work import Once, UnitOfWork

Answer = TypeVar("Answer")


class Calls(Protocol):
    """The part of `Engine` that a door works with."""

    settings: Settings
    house: House

    def perform(self, actor: Any, work: Callable[[UnitOfWork], Answer], once: Once | None = None) -> Answer:
        """Run `work` in one unit of work; a held step becomes an incident and StepHeldUp."""
