"""The door of mandates: who acts for whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.cases import mandates
from engine.doors.calls import Calls
from engine.organization.actor import Actor
from engine.unit_of_work import Once


@dataclass(frozen=True)
class MandatesDoor:
    """Recording, listing and ending mandates."""

    calls: Calls

    def record(self, actor: Actor, asked: mandates.NewMandate, once: Once | None = None) -> dict[str, Any]:
        """登记委托."""
        return self.calls.perform(actor, lambda uow: mandates.record_mandate(uow, asked), once)

    def agents(self, actor: Actor) -> list[dict[str, Any]]:
        """Who a mandate can be recorded for, each with a station."""
        return self.calls.perform(actor, mandates.list_agents)

    def list(self, actor: Actor, number: str | None, after: str | None, limit: int) -> dict[str, Any]:
        """The mandates that the actor may see."""
        return self.calls.perform(actor, lambda uow: mandates.list_mandates(uow, number, after, limit))

    def principal(self, actor: Actor, mandate: str) -> dict[str, Any]:
        """Who gave a mandate, for its agent."""
        return self.calls.perform(actor, lambda uow: mandates.principal_of(uow, mandate))

    def revoke(self, actor: Actor, mandate: str, reason: str, once: Once | None = None) -> dict[str, Any]:
        """撤销委托."""
        return self.calls.perform(actor, lambda uow: mandates.revoke_mandate(uow, mandate, reason), once)
