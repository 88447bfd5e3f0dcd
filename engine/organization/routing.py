"""From what a diagram asks for (function, level, post) to a desk: the department, perhaps the person, and the reasons.

The rule, in order:

1. The region: of the wanted level among the case's region and its ancestors; of a level below, the region on the way down
   to the case's locality, or the only one there is; without a level, the nearest one, going up, that has a body for the
   function.
2. The department: the region's deciding body for the function, or the one that supervises it where the diagram asks for
   that one (相对集中许可权: they may be two). Without one, the department for government services of that region or of its
   nearest ancestor that has one.
3. The person: when the diagram names a post that one officer holds, that officer; on leave, the deputy.
4. Nobody there: the department's fallback, and so on along the chain.

Whatever happens, a department comes out and the reasons say why: an approval that finds no desk would be a silent
refusal. Everything is pure; the day is handed in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.organization.directory import GOVERNMENT, Department, Directory
from engine.organization.regions import Region, path_up

MOST_DEPUTIES = 3
DECIDING, SUPERVISING = "deciding", "supervising"
LEAD = "{lead}"  #: of a diagram that serves many items: whoever leads in the case's one
#: Where a task waits when the organisation has no department at all.
UNASSIGNED = "unassigned"


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a node of a diagram asks for. An unknown function, level or post gets a fallback, no refusal.

    `body` is which of the function's two bodies is wanted: the one that decides, or the one that supervises.
    """

    function: str
    level: str | None = None
    post: str | None = None
    body: str = DECIDING


@dataclass(frozen=True, slots=True)
class Route:
    """Where a task goes. `officer_id` is None when anybody of the department may take it.

    `deputy_for` is the post's holder for whom `officer_id` stands in. `fallback` says that the task does not lie where
    the diagram wanted it; `reasons` (English, one clause each) are for the record.
    """

    department_id: str
    region_code: str
    officer_id: str | None = None
    deputy_for: str | None = None
    fallback: bool = False
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Desk:
    """A department, whether it is a fallback, and what led to it."""

    department: Department
    fallback: bool = False
    reasons: tuple[str, ...] = ()


def wanted_of(
    assignment: Mapping[str, Any] | None, lead_function: str, level: str | None = None, item: Any = None
) -> Assignment:
    """What an `ow:assignment` asks for: without a function, or by `{lead}`, the item's leading one (at `level`, where it says
    none itself); `{item}` is the multi-instance's item."""
    said = assignment or {}
    function = str(said.get("function") or LEAD)
    level = said.get("level") or (level if said.get("function") == LEAD else None)
    if function == LEAD:
        function = lead_function or GOVERNMENT
    if function == "{item}":
        function = str(item)
    return Assignment(function, level, said.get("post"), said.get("body") or DECIDING)


def route(
    directory: Directory, assignment: Assignment, case_region: str, day: date, locality: str | None = None
) -> Route:
    """The desk for a task of a case in `case_region` that opens on `day`. Never raises; always names a department.

    `locality` is the region that the matter lies in, at or below the case's: it leads down to a township or a village.
    """
    if not directory.departments:
        return Route(UNASSIGNED, case_region, fallback=True, reasons=("the organisation has no department",))
    desk = _wanted_desk(directory, assignment, case_region, locality)
    if desk.fallback:
        return _first_staffed(directory, desk, day)
    return _post_holder(directory, desk, assignment.post, day) or _first_staffed(directory, desk, day, assignment.post)


def department_for(
    directory: Directory, assignment: Assignment, case_region: str, locality: str | None = None
) -> Department | None:
    """The department that has the function there, whoever is at work today; None where no body has it."""
    if not directory.departments:
        return None
    desk = _wanted_desk(directory, assignment, case_region, locality)
    return None if desk.fallback else desk.department


def default_department(directory: Directory, region_code: str) -> Department:
    """The government-service department of a region or its nearest ancestor; failing all, the first one by id.

    The directory must have at least one department.
    """
    path = list(path_up(directory.regions, region_code))
    for region in path:
        department = directory.deciding(region.code, GOVERNMENT)
        if department:
            return department
    codes = {region.code for region in path}
    near = [department for department in directory.departments.values() if department.region_code in codes]
    return min(near or directory.departments.values(), key=lambda department: department.id)


def _wanted_desk(directory: Directory, assignment: Assignment, case_region: str, locality: str | None) -> _Desk:
    function = assignment.function
    region = _region_of_level(directory, assignment, case_region, locality)
    if region is None:
        reason = f"no region of level {assignment.level or 'any'} at or above {case_region} has a body for {function}"
        return _Desk(default_department(directory, case_region), True, (reason,))
    department = directory.deciding(region.code, function)
    does = "decides"
    if department is not None and assignment.body == SUPERVISING:
        department, does = directory.supervising(region.code, function) or department, "supervises"
    if department is None:
        reason = f"region {region.code} has no body for {function}"
        return _Desk(default_department(directory, region.code), True, (reason,))
    return _Desk(department, reasons=(f"{department.id} {does} on {function} in {region.code}",))


def _region_of_level(
    directory: Directory, assignment: Assignment, case_region: str, locality: str | None
) -> Region | None:
    path = list(path_up(directory.regions, case_region))
    if assignment.level is None:
        return next((region for region in path if directory.deciding(region.code, assignment.function)), None)
    at_or_above = next((region for region in path if region.level == assignment.level), None)
    return at_or_above or _region_below(directory, assignment, case_region, locality)


def _region_below(
    directory: Directory, assignment: Assignment, case_region: str, locality: str | None
) -> Region | None:
    """The region of the wanted level that lies below the case's: towards its locality, else the only one with a body."""
    down = list(path_up(directory.regions, locality))
    if case_region in {region.code for region in down}:
        return next((region for region in down if region.level == assignment.level), None)
    fitting = (code for code, function in directory.bodies if function == assignment.function)
    regions = [directory.regions[code] for code in fitting if code in directory.regions]
    found = [
        region
        for region in regions
        if region.level == assignment.level
        and case_region in {above.code for above in path_up(directory.regions, region.code)}
    ]
    return found[0] if len(found) == 1 else None


def _post_holder(directory: Directory, desk: _Desk, post: str | None, day: date) -> Route | None:
    """The route to the one holder of `post` or to his deputy; None when no single person is meant or to be found."""
    holders = directory.staff(desk.department.id, post) if post else ()
    if len(holders) != 1:
        return None
    holder = holders[0]
    if directory.is_present(holder, day):
        return _routed(desk, f"{holder} holds the post {post}", officer_id=holder)
    deputy = next((one for one in _deputies(directory, holder, day) if directory.is_present(one, day)), None)
    if deputy is None:
        return None
    return _routed(desk, f"{holder} is on leave, {deputy} is the deputy", officer_id=deputy, deputy_for=holder)


def _deputies(directory: Directory, officer_id: str, day: date) -> Iterator[str]:
    """The deputy, the deputy's deputy and so on: at most three, no one twice."""
    seen = {officer_id}
    for _ in range(MOST_DEPUTIES):
        leave = directory.absence(officer_id, day)
        if leave is None or leave.deputy_id is None or leave.deputy_id in seen:
            return
        officer_id = leave.deputy_id
        seen.add(officer_id)
        yield officer_id


def _first_staffed(directory: Directory, desk: _Desk, day: date, post: str | None = None) -> Route:
    """The desk if somebody (of the post) is there, else the first department with somebody along its fallbacks."""
    tried: tuple[str, ...] = ()
    for department in _fallbacks(directory, desk.department):
        # A post is asked for in the wanted department only: another house has other titles.
        wanted = post if department is desk.department else None
        if directory.present(department.id, day, wanted):
            found = _Desk(department, desk.fallback or bool(tried), desk.reasons + tried)
            return _routed(found, f"{department.id} has somebody there")
        tried += (f"nobody{f' with the post {wanted}' if wanted else ''} is there in {department.id} on {day}",)
    waiting = _Desk(desk.department, True, desk.reasons + tried)
    return _routed(waiting, f"no fallback has anybody either: the task waits at {desk.department.id}")


def _fallbacks(directory: Directory, department: Department) -> Iterator[Department]:
    """The department, its fallback and so on without a circle; at last its region's government-service department."""
    seen: set[str] = set()
    last_resort = default_department(directory, department.region_code)
    following: Department | None = department
    while following and following.id not in seen:
        seen.add(following.id)
        yield following
        following = directory.departments.get(following.fallback_id or "")
    if last_resort.id not in seen:
        yield last_resort


def _routed(desk: _Desk, reason: str, officer_id: str | None = None, deputy_for: str | None = None) -> Route:
    return Route(
        department_id=desk.department.id,
        region_code=desk.department.region_code,
        officer_id=officer_id,
        deputy_for=deputy_for,
        fallback=desk.fallback,
        reasons=(*desk.reasons, reason),
    )
