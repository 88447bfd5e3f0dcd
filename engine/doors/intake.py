"""The door of the ways in: supplements and withdrawals (submitting and accepting stand in `assemble.py`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.cases.supplement import Supplement, supply
from engine.cases.withdraw import withdraw
from engine.catalogue.forms import APPLICATION, Form
from engine.catalogue.items import item_from_data
from engine.catalogue.models import ItemRow
from engine.doors.calls import Calls
from engine.organization.actor import Actor
from engine.unit_of_work import Once, UnitOfWork


@dataclass(frozen=True)
class IntakeDoor:
    """Supplements and withdrawals."""

    calls: Calls

    def application_form(self, actor: Actor, item: str) -> Form | None:
        """The form by which an item is applied for now; None for an item without one, or none at all."""

        def read(uow: UnitOfWork) -> Form | None:
            row = uow.session.get(ItemRow, item)
            return item_from_data(row.data).forms.get(APPLICATION) if row is not None else None

        return self.calls.perform(actor, read)

    def supply(self, actor: Actor, asked: Supplement, once: Once | None = None) -> dict[str, Any]:
        """补正."""
        return self.calls.perform(actor, lambda uow: supply(self.calls.house, uow, asked), once)

    def withdraw(self, actor: Actor, number: str, reason: str, once: Once | None = None) -> dict[str, Any]:
        """撤回."""
        return self.calls.perform(actor, lambda uow: withdraw(self.calls.house, uow, number, reason), once)
