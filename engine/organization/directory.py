"""The whole organisation as one frozen value, so that routing needs no database and a test needs no fixture.

The rows may contradict each other (a fallback that is gone, a circle of deputies): a directory holds what it is given,
and routing copes. It is loaded once per version of the organisation and shared between threads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from engine.organization.regions import Region

Row = TypeVar("Row")

#: The function that looks after whatever no other body of a region does (政务服务管理).
GOVERNMENT = "government"
GOVERNMENT_NAME = "人民政府"


@dataclass(frozen=True, slots=True)
class Department:
    """A department of a region's government; `fallback_id` names who takes over when nobody is there."""

    id: str
    region_code: str
    name: str
    name_en: str
    fallback_id: str | None
    review_body: str | None = None  #: where its decisions are reviewed; None: the government of its region
    review_channel: str | None = None  #: where an application for review is handed in online


@dataclass(frozen=True, slots=True)
class FunctionBody:
    """Which department of a region decides for a function, and which supervises it (they may differ)."""

    region_code: str
    function_code: str
    deciding_id: str
    supervising_id: str | None


@dataclass(frozen=True, slots=True)
class Officer:
    """A person who works in the government of a region."""

    id: str
    name: str
    work_number: str
    active: bool


@dataclass(frozen=True, slots=True)
class Post:
    """A post (职务) that an officer holds in a department."""

    officer_id: str
    department_id: str
    title: str
    is_head: bool


@dataclass(frozen=True, slots=True)
class Absence:
    """An officer's leave, both days included, and who stands in for him."""

    officer_id: str
    first_day: date
    last_day: date
    deputy_id: str | None


@dataclass(frozen=True, slots=True)
class Directory:
    """Everything routing asks: by code, by id, by (region, function), by department, by officer."""

    regions: Mapping[str, Region]
    departments: Mapping[str, Department]
    bodies: Mapping[tuple[str, str], FunctionBody]
    officers: Mapping[str, Officer]
    posts: Mapping[str, tuple[Post, ...]]
    absences: Mapping[str, tuple[Absence, ...]]

    def absence(self, officer_id: str, day: date) -> Absence | None:
        """The leave that covers `day`, one with a deputy first."""
        covering = [leave for leave in self.absences.get(officer_id, ()) if leave.first_day <= day <= leave.last_day]
        return min(covering, key=lambda leave: leave.deputy_id is None, default=None)

    def is_present(self, officer_id: str, day: date) -> bool:
        """Whether the officer is in service and not on leave on `day`."""
        officer = self.officers.get(officer_id)
        return officer is not None and officer.active and self.absence(officer_id, day) is None

    def staff(self, department_id: str, title: str | None = None) -> tuple[str, ...]:
        """The officers in service in a department (or those of them who hold the post `title`), each id once."""
        posts = self.posts.get(department_id, ())
        ids = (post.officer_id for post in posts if title is None or post.title == title)
        in_service = (one for one in ids if one in self.officers and self.officers[one].active)
        return tuple(dict.fromkeys(in_service))

    def present(self, department_id: str, day: date, title: str | None = None) -> tuple[str, ...]:
        """Those of `staff` who are there on `day`."""
        return tuple(one for one in self.staff(department_id, title) if self.is_present(one, day))

    def review_body(self, department_id: str) -> str:
        """复议机关 of a department: what is set, or the government of its region (of a government: the one above)."""
        department = self.departments[department_id]
        region = self.regions.get(department.region_code)
        if department.review_body or region is None:
            return department.review_body or ""
        above = self.regions.get(region.parent_code or "") or region
        return f"{(above if department.name.endswith(GOVERNMENT_NAME) else region).name}{GOVERNMENT_NAME}"

    def deciding(self, region_code: str, function: str) -> Department | None:
        """The department that decides for `function` in a region, if the region has one."""
        body = self.bodies.get((region_code, function))
        return self.departments.get(body.deciding_id) if body else None

    def supervising(self, region_code: str, function: str) -> Department | None:
        """The department that supervises what is decided for `function` in a region, where that is another one."""
        body = self.bodies.get((region_code, function))
        return self.departments.get(body.supervising_id or "") if body else None


def build_directory(
    *,
    regions: Iterable[Region] = (),
    departments: Iterable[Department] = (),
    bodies: Iterable[FunctionBody] = (),
    officers: Iterable[Officer] = (),
    posts: Iterable[Post] = (),
    absences: Iterable[Absence] = (),
) -> Directory:
    """A directory from plain rows, in any order; of two rows with one key the later wins."""
    return Directory(
        regions={region.code: region for region in regions},
        departments={department.id: department for department in departments},
        bodies={(body.region_code, body.function_code): body for body in bodies},
        officers={officer.id: officer for officer in officers},
        posts=_grouped((post.department_id, post) for post in posts),
        absences=_grouped((leave.officer_id, leave) for leave in absences),
    )


def _grouped(pairs: Iterable[tuple[str, Row]]) -> dict[str, tuple[Row, ...]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for key, row in pairs:
        groups[key].append(row)
    return {key: tuple(rows) for key, rows in groups.items()}
