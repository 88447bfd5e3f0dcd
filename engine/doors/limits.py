"""The limits of cases, as the outer rooms ask for them and move them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.cases.house import House
from engine.cases.limits_view import case_limits
from engine.organization.actor import Actor
from engine.unit_of_work import Transactions


class LimitsDoor:
    """Every method is one use case in one unit of work."""

    def __init__(self, transactions: Transactions, house: House) -> None:
        self._transactions = transactions
        self._house = house

    def of_case(self, actor: Actor, number: str, at: datetime | None = None) -> dict[str, Any]:
        """The limits of a case as of an instant. Raises NotFound, Forbidden."""
        return self._transactions.perform(actor, lambda uow: case_limits(self._house, uow, number, at))
