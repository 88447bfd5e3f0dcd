"""The working calendar, as the outer rooms ask for it, and the holiday notices that administrators import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from engine.cases.house import House
from engine.cases.import_notice import apply_notice, preview_notice, show_calendar
from engine.cases.recompute_limits import raise_untouched, recompute_limits
from engine.organization.actor import Actor
from engine.unit_of_work import Transactions


class CalendarsDoor:
    """Every method is one use case in one unit of work."""

    def __init__(self, transactions: Transactions, house: House) -> None:
        self._transactions = transactions
        self._house = house

    def show(self, actor: Actor, year: int, region: str | None = None, department: str | None = None) -> dict[str, Any]:
        """The days of a year as they count for a place, and the notices behind them. Raises NotFound."""
        return self._transactions.perform(actor, lambda uow: show_calendar(uow, year, region, department))

    def preview(self, actor: Actor, year: int, notice: Mapping[str, Any]) -> dict[str, Any]:
        """What a notice would change. Raises Forbidden, NotFound, CalendarDataInvalid, WorkingHoursInvalid."""
        return self._transactions.perform(actor, lambda uow: preview_notice(self._house, uow, year, notice))

    def apply(self, actor: Actor, year: int, notice: Mapping[str, Any], seen: str) -> dict[str, Any]:
        """Apply a notice whose preview was looked at. Raises CalendarChangedSince, and what the preview raises."""
        return self._transactions.perform(actor, lambda uow: apply_notice(self._house, uow, year, notice, seen))

    def recompute(self, case_id: UUID) -> int | None:
        """The limits of a case by the newest calendar; how many moved, None when somebody else holds the case."""
        return self._transactions.perform(
            Actor.system("calendar"), lambda uow: recompute_limits(self._house, uow, case_id)
        )

    def raise_untouched(self, version: int) -> int:
        """Raise limits that the next notice can't touch; how many, some thousands at most."""
        return self._transactions.perform(Actor.system("calendar"), lambda uow: raise_untouched(uow, version))
