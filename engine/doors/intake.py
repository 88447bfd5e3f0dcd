"""The door of the ways in: what a window offers, supplements and withdrawals (submitting and accepting: `assemble.py`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.cases.counter_view import counter_view
from engine.cases.supplement import Supplement, supply
from engine.cases.withdraw import withdraw
from engine.catalogue.catalogue import OPEN, Version
from engine.catalogue.forms import APPLICATION, Form
from engine.catalogue.offer import is_offered
from engine.doors.calls import Calls
from engine.doors.catalogue import Sight
from engine.organization.actor import Actor
from engine.organization.routing import Assignment, department_for
from engine.unit_of_work import Once, UnitOfWork

#: What came in at a window of late: so many cases say what is usual there.
_LATELY = (
    "SELECT item, count(*) AS n FROM (SELECT item FROM cases WHERE region_code = %s ORDER BY submitted_at DESC LIMIT 200) c "
    "GROUP BY item"
)


@dataclass(frozen=True)
class IntakeDoor:
    """What a window offers, supplements and withdrawals."""

    calls: Calls

    def window_items(self, actor: Actor) -> list[dict[str, Any]]:
        """The items that can be applied for now, the window's usual one first.

        Usual is what came in most of late in the actor's region; then what can be applied for there at all, and of that what
        the actor's own department accepts.
        """

        def read(uow: UnitOfWork) -> list[dict[str, Any]]:
            sight = Sight.of(self.calls.house, uow)
            runnable = sight.runnable()
            lately = {row["item"]: int(row["n"]) for row in uow.read((_LATELY, (actor.region_code,)))[0]}
            found = [one for one in sight.catalogue.holding(sight.today) if one.state == OPEN and one.item in runnable]
            found.sort(key=lambda one: (-lately.get(one.item, 0), *_foreign(sight, actor, one), one.item))
            return [{"code": one.item, "name": one.content.name, "name_en": one.content.name_en} for one in found]

        return self.calls.perform(actor, read)

    def application_form(self, actor: Actor, item: str) -> Form | None:
        """The form by which an item is applied for now; None for an item without one, or none at all."""

        def read(uow: UnitOfWork) -> Form | None:
            sight = Sight.of(self.calls.house, uow)
            version = sight.catalogue.current(item, sight.today)
            return version.content.forms.get(APPLICATION) if version is not None else None

        return self.calls.perform(actor, read)

    def unsigned_ways(self, actor: Actor, item: str) -> list[str]:
        """The ways of trust first that an application for an item may choose by itself: those that sign nothing."""

        def read(uow: UnitOfWork) -> list[str]:
            sight = Sight.of(self.calls.house, uow)
            version = sight.catalogue.current(item, sight.today)
            rules = version.content.regimes if version is not None else ()
            return [str(one.regime) for one in rules if not one.terms.promise]

        return self.calls.perform(actor, read)

    def papers(self, actor: Actor, item: str) -> list[dict[str, str]]:
        """The papers that may be handed over for an item, by code and name."""

        def read(uow: UnitOfWork) -> list[dict[str, str]]:
            sight = Sight.of(self.calls.house, uow)
            version = sight.catalogue.current(item, sight.today)
            wanted = version.content.materials if version is not None else ()
            return [{"code": one.code, "name": one.name, "name_en": one.name_en} for one in wanted]

        return self.calls.perform(actor, read)

    def counter(self, actor: Actor, number: str) -> dict[str, Any]:
        """What of an application can still be put right, and what its values are called. Raises NotFound."""
        return self.calls.perform(actor, lambda uow: counter_view(self.calls.house, uow, number))

    def supply(self, actor: Actor, asked: Supplement, once: Once | None = None) -> dict[str, Any]:
        """补正."""
        return self.calls.perform(actor, lambda uow: supply(self.calls.house, uow, asked), once)

    def withdraw(self, actor: Actor, number: str, reason: str, once: Once | None = None) -> dict[str, Any]:
        """撤回."""
        return self.calls.perform(actor, lambda uow: withdraw(self.calls.house, uow, number, reason), once)


def _foreign(sight: Sight, actor: Actor, version: Version) -> tuple[bool, bool]:
    """Whether an item is not offered in the actor's region, and whether another department accepts it."""
    item, region = version.content, actor.region_code or ""
    if region not in sight.directory.regions or not is_offered(sight.directory, item, region):
        return True, True
    department = department_for(sight.directory, Assignment(item.accept_function), region)
    return False, department is None or not actor.works_in(department.id)
