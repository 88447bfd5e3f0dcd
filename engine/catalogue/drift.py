"""Drift (名称不一致、颗粒度和要素不一致): where what regions have differs from the standard, joined by the base code.

Joined are the regions' implementations of an item, published or still drafts, and other items with the same base code, which
is how a region's own list comes in. What a region is free to do (shorter, less) is told too, as lawful.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.catalogue.catalogue import Catalogue, Implementation, Version
from engine.catalogue.implementation import Overrides, read_overrides
from engine.catalogue.items import ServiceItem
from engine.catalogue.search import normalised
from engine.organization.directory import Directory
from engine.organization.regions import Level, path_up


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: what kind, of which element, the standard's value and the region's, and whether a region may do so."""

    kind: str  #: name | granularity | element
    element: str
    standard: Any
    regional: Any
    lawful: bool

    def as_data(self) -> dict[str, Any]:
        """The difference as JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


def drift_report(
    catalogue: Catalogue, directory: Directory, day: date, base_code: str | None = None, region: str | None = None
) -> dict[str, Any]:
    """Of each base code with a difference: the standard, the regions that differ, and in what."""
    groups: dict[str, list[Version]] = defaultdict(list)
    for version in catalogue.holding(day):
        groups[version.content.listing.base_code or version.item].append(version)
    found = []
    for code, versions in sorted(groups.items()):
        if base_code is not None and base_code not in (code, *(one.item for one in versions)):
            continue
        standard, others = _standard(directory, versions)
        rows = [*_of_items(directory, standard, others), *_of_regions(catalogue, directory, standard)]
        if region is not None:
            rows = [row for row in rows if row["region"] == region]
        if rows:
            item = standard.content
            found.append(
                {"base_code": code, "item": item.code, "name": item.name, "name_en": item.name_en, "regions": rows}
            )
    return {"day": day.isoformat(), "items": found, "count": sum(len(one["regions"]) for one in found)}


def _standard(directory: Directory, versions: list[Version]) -> tuple[Version, list[Version]]:
    """The version that is the standard: owned highest, the oldest of those; and the others."""
    order = {str(level): n for n, level in enumerate(Level, 1)}

    def height(version: Version) -> tuple[int, Any, str]:
        owner = directory.regions.get(version.content.listing.owner or "")
        return (order.get(owner.level, 9) if owner else 0, version.published_at, version.item)

    standard = min(versions, key=height)
    return standard, [one for one in versions if one is not standard]


def _of_items(directory: Directory, standard: Version, others: list[Version]) -> Iterator[dict[str, Any]]:
    """What a region keeps as an item of its own under the same base code."""
    by_region: dict[str, list[Version]] = defaultdict(list)
    for one in others:
        by_region[one.content.listing.owner or ""].append(one)
    for region, versions in sorted(by_region.items()):
        differences = []
        if len(versions) > 1:
            differences.append(Difference("granularity", "items", 1, [one.item for one in versions], False))
        for one in versions:
            differences += _between(standard.content, one.content)
        yield _told(directory, region, versions[0].item, "item", differences)


def _of_regions(catalogue: Catalogue, directory: Directory, standard: Version) -> Iterator[dict[str, Any]]:
    for (item, region), versions in sorted(catalogue.implementations.items()):
        if item == standard.item:
            newest = versions[-1]
            longer = {one["path"].removeprefix("nodes.") for one in newest.findings if one["path"].startswith("nodes.")}
            differences = _of_overrides(standard.content, read_overrides(newest.data), longer)
            owner = standard.content.listing.owner
            if owner and owner not in {one.code for one in path_up(directory.regions, region)}:
                differences.append(Difference("element", "owner", owner, region, False))
            if differences:
                yield _told(directory, region, item, newest.state, differences, newest)


def _told(
    directory: Directory,
    region: str,
    item: str,
    source: str,
    differences: list[Difference],
    implementation: Implementation | None = None,
) -> dict[str, Any]:
    found = directory.regions.get(region)
    return {
        "region": region,
        "region_name": found.name if found else region,
        "region_name_en": found.name_en if found else region,
        "item": item,
        "source": source,
        "version": implementation.version if implementation else None,
        "lawful": all(one.lawful for one in differences),
        "kinds": sorted({one.kind for one in differences}),
        "differences": [one.as_data() for one in differences],
    }


def _of_overrides(item: ServiceItem, given: Overrides, longer: Set[str]) -> list[Difference]:
    found = []
    if given.name is not None and normalised(given.name) != normalised(item.name):
        known = normalised(given.name) in {normalised(one) for one in item.aliases}
        found.append(Difference("name", "alias" if known else "name", item.name, given.name, False))
    for name in ("promised", "legal"):
        mine, standard = getattr(given.case_limits, name), getattr(item.case_limits, name).days
        if mine is not None and mine != standard:
            found.append(Difference("element", f"limits.{name}", standard, mine, mine < standard))
    for node, days in sorted(given.nodes.items()):
        found.append(Difference("element", f"limits.{node}", None, days, node not in longer))
    codes = {one.code for one in item.materials}
    found += [Difference("element", "materials", one, None, True) for one in given.drop_materials if one in codes]
    found += [
        Difference("element", "materials", None, one.code, False) for one in given.materials if one.code not in codes
    ]
    known_conditions = item.listing.conditions
    found += [
        Difference("element", "conditions", None, one.zh, False)
        for one in given.conditions
        if one not in known_conditions
    ]
    if given.units is not None:
        found += _units([one.code for one in item.listing.units], [one.code for one in given.units])
    missing = [one for one in item.listing.required_elements if one not in given.local]
    return found + [Difference("element", one, "required", None, False) for one in missing]


def _between(standard: ServiceItem, other: ServiceItem) -> list[Difference]:
    found = []
    if normalised(other.name) != normalised(standard.name):
        known = normalised(other.name) in {normalised(one) for one in standard.aliases}
        found.append(Difference("name", "alias" if known else "name", standard.name, other.name, False))
    found += _units([one.code for one in standard.listing.units], [one.code for one in other.listing.units])
    for name in ("promised", "legal"):
        mine, theirs = getattr(other.case_limits, name), getattr(standard.case_limits, name)
        if mine != theirs:
            shorter = mine.unit == theirs.unit and mine.days < theirs.days
            found.append(
                Difference("element", f"limits.{name}", [theirs.days, theirs.unit], [mine.days, mine.unit], shorter)
            )
    have, want = {one.code for one in other.materials}, {one.code for one in standard.materials}
    found += [Difference("element", "materials", one, None, True) for one in sorted(want - have)]
    found += [Difference("element", "materials", None, one, False) for one in sorted(have - want)]
    for element in ("type_code", "level", "handling"):
        if getattr(standard, element) != getattr(other, element):
            found.append(Difference("element", element, getattr(standard, element), getattr(other, element), False))
    basis = [[f"{one.act}{one.article}" for one in item.legal_basis] for item in (standard, other)]
    if basis[0] != basis[1]:
        found.append(Difference("element", "legal_basis", basis[0], basis[1], False))
    return found


def _units(standard: list[str], regional: list[str]) -> list[Difference]:
    more, fewer = sorted(set(regional) - set(standard)), sorted(set(standard) - set(regional))
    found = [Difference("granularity", "units", None, one, False) for one in more]
    return found + [Difference("granularity", "units", one, None, True) for one in fewer]
