"""The catalogue as one frozen value: what is published of items, of regions' implementations and of power lists.

Loaded once per version of the catalogue (`platform.catalogue_version`) and shared between threads. What holds on a day is
asked of it with that day: a version that takes effect later is there already, and waits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy import Connection, text

from engine.catalogue.items import ServiceItem, item_from_data
from engine.store.base import Json

#: What can be done with an item (国办函〔2016〕108号), and what holds afterwards.
OPEN, SUSPENDED, ENDED = "open", "suspended", "ended"
OPERATIONS = {
    "added": OPEN,
    "changed": OPEN,
    "resumed": OPEN,
    "suspended": SUSPENDED,
    "split": ENDED,
    "merged": ENDED,
    "cancelled": ENDED,
}


Dated = TypeVar("Dated", "Version", "Implementation", "PowerList")


@dataclass(frozen=True)
class Version:
    """A published version of an item."""

    item: str
    version: int
    operation: str
    effective_on: date
    data: Json = field(hash=False)
    files: Mapping[str, str] = field(hash=False)
    hash: str
    statement: Mapping[str, str] = field(hash=False)
    open_cases: int
    related: tuple[str, ...]
    published_by: str
    published_at: datetime
    effect: str = "continue"
    conclude_by: date | None = None

    @cached_property
    def content(self) -> ServiceItem:
        """The item that was published."""
        return item_from_data(self.data)

    @property
    def state(self) -> str:
        """open | suspended | ended."""
        return OPERATIONS[self.operation]


@dataclass(frozen=True, slots=True)
class Implementation:
    """A version of a region's implementation, published or a draft."""

    item: str
    region_code: str
    version: int
    state: str
    data: Json = field(hash=False)
    findings: tuple[Json, ...] = field(hash=False)
    effective_on: date | None
    hash: str
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class PowerList:
    """A version of a department's power list."""

    department_id: str
    version: int
    effective_on: date
    items: frozenset[str]
    hash: str
    published_by: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything by its key, each version in its order."""

    versions: Mapping[str, tuple[Version, ...]]
    implementations: Mapping[tuple[str, str], tuple[Implementation, ...]]
    powers: Mapping[str, tuple[PowerList, ...]]

    def current(self, item: str, day: date) -> Version | None:
        """The version of an item that holds on `day`."""
        return _holding(self.versions.get(item, ()), day)

    def coming(self, item: str, day: date) -> tuple[Version, ...]:
        """What is published of an item and takes effect after `day`."""
        return tuple(one for one in self.versions.get(item, ()) if one.effective_on > day)

    def implementation(self, item: str, path: Iterable[str], day: date) -> Implementation | None:
        """The implementation that holds in a region on `day`: its own, or that of the nearest region above (`path` goes up)."""
        for region in path:
            known = self.implementations.get((item, region), ())
            found = _holding([one for one in known if one.state == "published"], day)
            if found is not None:
                return found
        return None

    def power_list(self, department_id: str, day: date) -> PowerList | None:
        """The power list of a department that holds on `day`."""
        return _holding(self.powers.get(department_id, ()), day)

    def holding(self, day: date) -> list[Version]:
        """Every item's version that holds on `day`, by code."""
        found = (self.current(code, day) for code in sorted(self.versions))
        return [one for one in found if one is not None]


def load_catalogue(connection: Connection) -> Catalogue:
    """The whole catalogue, in three statements."""
    versions, implementations, powers = defaultdict(list), defaultdict(list), defaultdict(list)
    for row in connection.execute(_VERSIONS):
        versions[row.item].append(version_of(row))
    for row in connection.execute(_IMPLEMENTATIONS):
        values = dict(row._mapping) | {"findings": tuple(row.findings.get("findings", ()))}
        implementations[row.item, row.region_code].append(Implementation(**values))
    for row in connection.execute(_POWERS):
        one = PowerList(
            row.department_id,
            row.version,
            row.effective_on,
            frozenset(row.entries["items"]),
            row.hash,
            row.published_by,
            row.published_at,
        )
        powers[row.department_id].append(one)
    return Catalogue(_frozen(versions), _frozen(implementations), _frozen(powers))


def version_of(row: Any) -> Version:
    """A row of `item_versions` as a value."""
    return Version(
        item=row.item,
        version=row.version,
        operation=row.operation,
        effective_on=row.effective_on,
        data=row.data,
        files=row.files,
        hash=row.hash,
        statement=row.statement,
        open_cases=row.open_cases,
        related=tuple(row.related.get("items", ())),
        published_by=row.published_by,
        published_at=row.published_at,
        effect=row.effect,
        conclude_by=row.conclude_by,
    )


_VERSIONS = text(
    "SELECT item, version, operation, effective_on, data, files, hash, statement, open_cases, related, published_by, "
    "published_at, effect, conclude_by FROM item_versions ORDER BY item, version"
)
_IMPLEMENTATIONS = text(
    "SELECT item, region_code, version, state, data, findings, effective_on, hash, published_at "
    "FROM item_implementations ORDER BY item, region_code, version"
)
_POWERS = text("SELECT * FROM power_lists ORDER BY department_id, version")


def _holding(versions: Iterable[Dated], day: date) -> Dated | None:
    """The last of the versions that has taken effect by `day`."""
    found = [one for one in versions if one.effective_on is not None and one.effective_on <= day]
    return found[-1] if found else None


def _frozen(groups: Mapping[Any, list[Any]]) -> dict[Any, tuple[Any, ...]]:
    return {key: tuple(rows) for key, rows in groups.items()}
