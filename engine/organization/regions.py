"""The tree of regions: five levels of government, codes of GB/T 2260 and of its extensions below the county."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """The levels of government, from the top."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"


@dataclass(frozen=True, slots=True)
class Region:
    """A region. `code` has 6 digits down to the county, 9 for a township, 12 for a village."""

    code: str
    name: str
    name_en: str
    level: str
    parent_code: str | None


def path_up(regions: Mapping[str, Region], code: str | None) -> Iterator[Region]:
    """The region of `code`, its parent, and so on to the top; stops quietly at an unknown parent or a circle."""
    seen: set[str] = set()
    while code is not None and code in regions and code not in seen:
        seen.add(code)
        yield regions[code]
        code = regions[code].parent_code
