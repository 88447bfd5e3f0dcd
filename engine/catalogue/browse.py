"""Browsing the catalogue: items that can be applied for, narrowed down by facets, with how many each further step leaves.

Pure: the catalogue, the organisation and the day are handed in; which items a search finds is asked of the database before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.catalogue.catalogue import ENDED, Catalogue, Version
from engine.catalogue.facets import AUDIENCES, LIFE_EVENTS, THEMES, Names
from engine.catalogue.items import ServiceItem
from engine.catalogue.offer import deciding_department, is_offered
from engine.organization.directory import Directory

#: The facets, in the order in which they are shown.
FACETS = ("audience", "theme", "department", "life_event", "region")
_WORDS: Mapping[str, Mapping[str, Names]] = {"audience": AUDIENCES, "theme": THEMES, "life_event": LIFE_EVENTS}
MOST_VALUES = 200


@dataclass(frozen=True, slots=True)
class Shelf:
    """What there is to browse: on a day, in a region (None: anywhere); `runnable` are the items with a published process."""

    catalogue: Catalogue
    directory: Directory
    day: date
    region: str | None
    runnable: frozenset[str]

    def versions(self) -> list[Version]:
        """The items on the shelf: published, not ended, with a process, offered there, and on a power list."""
        holding = (one for one in self.catalogue.holding(self.day) if one.state != ENDED and one.item in self.runnable)
        return [one for one in holding if self.departments(one.content)]

    def departments(self, item: ServiceItem) -> list[str]:
        """The departments that have the item on their list: the region's, or any."""
        if self.region is not None:
            if not is_offered(self.directory, item, self.region):
                return []
            found = deciding_department(self.directory, item, self.region)
            return [found.id] if found and self._has(found.id, item.code) else []
        return sorted(one for one in self.catalogue.powers if self._has(one, item.code))

    def _has(self, department: str, item: str) -> bool:
        powers = self.catalogue.power_list(department, self.day)
        return powers is not None and item in powers.items

    def values(self, facet: str, item: ServiceItem) -> list[str]:
        """The values that an item has of a facet."""
        if facet == "audience":
            return list(item.listing.audience)
        if facet == "theme":
            return list(item.listing.themes)
        if facet == "life_event":
            return list(item.listing.life_events)
        if facet == "department":
            return self.departments(item)
        return [code for code in self.near() if is_offered(self.directory, item, code)]

    def near(self) -> list[str]:
        """The regions to go on to: those right below, and the one that one is in; from nowhere, those at the top."""
        regions = self.directory.regions
        here = [self.region] if self.region is not None and self.region in regions else []
        return [*here, *sorted(code for code, one in regions.items() if one.parent_code == self.region)]

    def named(self, facet: str, value: str) -> Names:
        """What a value of a facet is called."""
        if facet in _WORDS:
            return _WORDS[facet].get(value, (value, value))
        things: Mapping[str, Any] = self.directory.departments if facet == "department" else self.directory.regions
        thing = things.get(value)
        return (thing.name, thing.name_en) if thing else (value, value)


def fits(shelf: Shelf, item: ServiceItem, chosen: Mapping[str, frozenset[str]], but: str = "") -> bool:
    """Whether an item has, of each facet that something is chosen of (but one), one of the values chosen."""
    return all(facet == but or not wanted.isdisjoint(shelf.values(facet, item)) for facet, wanted in chosen.items())


def facet_counts(
    shelf: Shelf, versions: Iterable[Version], chosen: Mapping[str, frozenset[str]], facets: Iterable[str] = FACETS
) -> dict[str, list[dict[str, Any]]]:
    """Of each facet its values, and how many items each would leave beside what is chosen of the others; the most first."""
    items = [one.content for one in versions]
    found = {}
    for facet in facets:
        left = [item for item in items if fits(shelf, item, chosen, but=facet)]
        counts = Counter(value for item in left for value in shelf.values(facet, item))
        rows = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_VALUES]
        found[facet] = [_value(shelf, facet, value, count, chosen) for value, count in rows]
    return found


def _value(shelf: Shelf, facet: str, value: str, count: int, chosen: Mapping[str, frozenset[str]]) -> dict[str, Any]:
    name, name_en = shelf.named(facet, value)
    picked = value in chosen.get(facet, frozenset())
    return {"code": value, "name": name, "name_en": name_en, "count": count, "chosen": picked}


def short(shelf: Shelf, version: Version) -> dict[str, Any]:
    """An item as lists show it."""
    item = version.content
    departments = [shelf.directory.departments[one] for one in shelf.departments(item)[:1]]
    return {
        "code": item.code,
        "base_code": item.listing.base_code,
        "name": item.name,
        "name_en": item.name_en,
        "aliases": list(item.aliases),
        "type_code": item.type_code,
        "level": item.level,
        "state": version.state,
        "audience": list(item.listing.audience),
        "themes": list(item.listing.themes),
        "life_events": list(item.listing.life_events),
        "department": departments[0].name if shelf.region and departments else None,
        "department_en": departments[0].name_en if shelf.region and departments else None,
        "promised": item.case_limits.promised.days,
        "legal": item.case_limits.legal.days,
        "unit": item.case_limits.promised.unit,
        "demonstration": item.listing.demonstration,
        "version": version.version,
        "hash": version.hash,
    }
