"""放假通知: an administrator imports a holiday notice, after having seen which open cases it moves.

The preview is a reading; applying it works it out again behind a lock and goes ahead only when it is the same. What it moves
is moved afterwards, a case at a time (`recompute_limits.py`), since a date is moved by an entry in its ledger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg.types.json import Jsonb

from engine.cases.access import need, permit, place_of
from engine.cases.calendar_moves import Move, Moves, hash_of, moves_of
from engine.cases.house import House
from engine.cases.inbox import regions_below
from engine.cases.progress import instant
from engine.clock import DOMAIN_NOW_SQL
from engine.errors import Conflict, Forbidden, NotFound
from engine.organization.permissions import Permission, UseCase
from engine.organization.regions import Level
from engine.timelimits.calendar import WorkingCalendar
from engine.timelimits.load import calendar_of, load_notices
from engine.timelimits.national import national_days
from engine.timelimits.notices import HolidayNotice, changed_days, check_against, forgotten, read_notice
from engine.unit_of_work import UnitOfWork

#: Earlier than any limit ends.
FOR_EVER = date(1, 1, 1)
#: Moves that a preview tells one by one; the rest are counted.
MOST_TOLD = 500
NATIONAL_LEVELS = (Level.PROVINCE, Level.CITY)

_PLATFORM = f"SELECT {DOMAIN_NOW_SQL} AS now, p.calendar_version AS version FROM platform p"
_LATEST = (
    "SELECT version, preview_hash, data FROM calendar_notices WHERE year = %s AND region_code = %s AND department_id = %s "
    "ORDER BY version DESC LIMIT 1"
)
_NOTICES = (
    "SELECT n.version, n.data, n.recorded_at, n.recorded_by, n.recorded_by_name, n.moved_cases FROM calendar_notices n "
    "WHERE n.year = %s AND (n.region_code IN ('', %s)) ORDER BY n.version"
)
_NAMED = (
    "SELECT c.id, c.number, c.external_number, t.number AS task, t.name, t.name_en FROM cases c "
    "LEFT JOIN tasks t ON t.case_id = c.id AND t.number = ANY(%s) WHERE c.id = ANY(%s)"
)


class CalendarChangedSince(Conflict):
    """The preview that was looked at is not what would happen now."""

    code = "calendar-changed-since"
    zh = "预览之后日历或在办件已有变化。请重新预览，核对后再导入。"
    en = "The calendar or the open cases have changed since the preview. Look at a new preview, then apply that."


@dataclass(frozen=True, slots=True)
class Preview:
    """What a notice would do, as it was worked out at one instant."""

    notice: HolidayNotice
    version: int  #: the one that it would be added to
    before: WorkingCalendar
    after: WorkingCalendar
    days: list[tuple[date, bool]]
    first: date | None  #: limits that end before this day are not touched; None: none is
    moves: Moves

    @property
    def hash(self) -> str:
        """Stands for all of it."""
        return hash_of(self.version, self.notice, self.moves)


def show_calendar(uow: UnitOfWork, year: int, region: str | None, department: str | None) -> dict[str, Any]:
    """The days of a year as they count for a place, and the notices that made them so. Raises NotFound."""
    version = uow.read((_PLATFORM, None))[0][0]["version"]
    _known_place(uow, region, department)
    calendar = calendar_of(load_notices(uow.connection, region or "", department, version), version)
    (notices,) = uow.read((_NOTICES, (year, region or "")))
    names = national_days(year)
    rest = sorted(day for day in calendar.holidays if day.year == year)
    moved = sorted(day for day in calendar.moved_workdays if day.year == year)
    return {
        "year": year,
        "region": region,
        "department": department,
        "version": version,
        "published": year in calendar.published_years,
        "working_days": len(calendar.working_days(year)),
        "rest_days": [{"date": day.isoformat(), "name": names.get(day, "")} for day in rest],
        "moved_working_days": [day.isoformat() for day in moved],
        "notices": [_told_notice(row) for row in notices],
    }


def preview_notice(house: House, uow: UnitOfWork, year: int, data: Mapping[str, Any]) -> dict[str, Any]:
    """What a notice would change.

    Raises:
        Forbidden, NotFound: not an administrator, or not of that region.
        CalendarDataInvalid: the notice contradicts itself.
    """
    return _view(uow, _prepare(house, uow, year, data))


def apply_notice(house: House, uow: UnitOfWork, year: int, data: Mapping[str, Any], seen: str) -> dict[str, Any]:
    """Make a notice the calendar's next version; `seen` is the hash of the preview that was looked at.

    Raises:
        CalendarChangedSince: the preview would be another one by now.
        Forbidden, NotFound, CalendarDataInvalid: as for the preview.
    """
    notice = _permitted(house, uow, year, data)
    # One import at a time; steps of cases read the version without a lock and are not held up.
    uow.read(("SELECT 1 FROM platform FOR UPDATE", None))
    done = _done_already(uow, notice, seen)
    if done is not None:
        return done
    preview = _worked_out(house, uow, notice)
    if preview.hash != seen:
        raise CalendarChangedSince()
    version = preview.version + 1
    moved = preview.moves.cases
    place, who = (notice.region or "", notice.department or ""), (uow.actor.id, uow.actor.name)
    uow.write(
        "INSERT INTO calendar_notices (version, year, region_code, department_id, data, preview_hash, recorded_at, "
        "recorded_by, recorded_by_name, moved_cases, first_change) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (version, year, *place, Jsonb(notice.as_data()), seen, uow.now, *who, moved, preview.first),
    )
    uow.write("UPDATE platform SET calendar_version = %s", (version,))
    return {"year": year, "version": version, "moved_cases": moved, "hash": seen}


def _prepare(house: House, uow: UnitOfWork, year: int, data: Mapping[str, Any]) -> Preview:
    return _worked_out(house, uow, _permitted(house, uow, year, data))


def _permitted(house: House, uow: UnitOfWork, year: int, data: Mapping[str, Any]) -> HolidayNotice:
    """The notice, when it may be imported by who asks."""
    need(uow.actor, UseCase.CALENDAR_IMPORT)
    notice = read_notice(data, year)
    if notice.national:
        _check_level(house, uow)
        return notice
    region = notice.region or ""
    mine = region in regions_below(house, uow, uow.actor.region_code)
    permit(uow.actor, UseCase.CALENDAR_IMPORT, place_of(uow.actor, region, mine), "region", region)
    _known_place(uow, region, notice.department)
    return notice


def _check_level(house: House, uow: UnitOfWork) -> None:
    """The nation's notice moves everybody's dates: an administrator of a county does not import it."""
    if uow.actor.region_code is None:
        return
    version = uow.read((_PLATFORM.replace("calendar_version", "organization_version"), None))[0][0]["version"]
    region = house.directory(uow, version).regions.get(uow.actor.region_code)
    if region is None or region.level not in NATIONAL_LEVELS:
        raise Forbidden(permission=Permission.CALENDAR_IMPORT)


def _known_place(uow: UnitOfWork, region: str | None, department: str | None) -> None:
    if region is not None and not uow.read(("SELECT 1 FROM regions WHERE code = %s", (region,)))[0]:
        raise NotFound(what="region", id=region[:80])
    known = "SELECT 1 FROM departments WHERE id = %s AND region_code = %s"
    if department is not None and not uow.read((known, (department, region)))[0]:
        raise NotFound(what="department", id=department[:80])


def _worked_out(house: House, uow: UnitOfWork, notice: HolidayNotice) -> Preview:
    (platform,) = uow.read((_PLATFORM, None))[0]
    uow.now, version = platform["now"], platform["version"]
    place = (uow.connection, notice.region or "", notice.department, version)
    notices = load_notices(*place)
    before, after = calendar_of(notices, version), calendar_of(load_notices(*place, notice), version + 1)
    check_against(_wider(notices, notice, version), notice)
    days = changed_days(before, after, notice.year)
    first = _first_change(notice, before, days)
    moves = moves_of(house, uow, notice, version + 1, first, uow.now, MOST_TOLD)
    return Preview(notice, version, before, after, days, first, moves)


def _wider(notices: Sequence[HolidayNotice], notice: HolidayNotice, version: int) -> WorkingCalendar:
    """The calendar without what the same place said of the year before: what the notice differs from."""
    same = (notice.region, notice.department, notice.year)
    return calendar_of([one for one in notices if (one.region, one.department, one.year) != same], version)


def _first_change(notice: HolidayNotice, before: WorkingCalendar, days: list[tuple[date, bool]]) -> date | None:
    """The first day from which on dates may move, or stop being provisional; opening hours count at once."""
    newly_published = notice.national and notice.year not in before.published_years
    if notice.hours is not None:
        return FOR_EVER
    if newly_published:
        return date(notice.year, 1, 1)
    return days[0][0] if days else None


def _done_already(uow: UnitOfWork, notice: HolidayNotice, seen: str) -> dict[str, Any] | None:
    """The answer of an import that is repeated because its answer was lost."""
    place = (notice.year, notice.region or "", notice.department or "")
    (rows,) = uow.read((_LATEST.replace("data", "data, moved_cases"), place))
    if not rows or rows[0]["preview_hash"] != seen or rows[0]["data"] != notice.as_data():
        return None
    return {"year": notice.year, "version": rows[0]["version"], "moved_cases": rows[0]["moved_cases"], "hash": seen}


def _view(uow: UnitOfWork, preview: Preview) -> dict[str, Any]:
    moves = preview.moves
    left_out = forgotten(preview.before, preview.notice, national_days(preview.notice.year))
    names = national_days(preview.notice.year) | {one.day: one.name for one in preview.notice.days if one.name}
    return {
        "year": preview.notice.year,
        "version": preview.version,
        "notice": preview.notice.as_data(),
        "days": [{"date": day.isoformat(), "works": works, "name": names.get(day, "")} for day, works in preview.days],
        "newly_published": preview.after.published_years != preview.before.published_years,
        "warnings": [
            {
                "zh": f"通知未提及{day}（{name}），导入后该日按工作日计算",
                "en": f"The notice says nothing of {day} ({name}): it will count as a working day",
            }
            for day, name in left_out
        ],
        "moved_limits": moves.limits,
        "moved_cases": moves.cases,
        "told_to_applicants": moves.told_to_applicants,
        "settled_limits": moves.settled,
        "moves": _named(uow, moves.first),
        "hash": preview.hash,
    }


def _named(uow: UnitOfWork, moves: Sequence[Move]) -> list[dict[str, Any]]:
    tasks = sorted({one.key.owner for one in moves if one.key.owner})
    (rows,) = uow.read((_NAMED, (tasks, list({one.case_id for one in moves}))))
    by_task = {(row["id"], row["task"]): row for row in rows}
    numbers = {row["id"]: row["number"] for row in rows}
    return [
        {
            "case": numbers.get(one.case_id, ""),
            "clock": one.key.clock,
            "kind": one.key.kind,
            "task": f"{one.case_id}.{one.key.owner}" if one.key.owner else None,
            "name": _name(by_task, one, "name"),
            "name_en": _name(by_task, one, "name_en"),
            "from": one.before.isoformat(),
            "to": one.after.isoformat(),
            "provisional": one.provisional,
            "told_to_applicant": one.told_to_applicant,
        }
        for one in moves
    ]


def _name(tasks: Mapping[tuple[Any, Any], Mapping[str, Any]], one: Move, column: str) -> str | None:
    row = tasks.get((one.case_id, one.key.owner))
    return str(row[column]) if row and one.key.owner else None


def _told_notice(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "version": row["version"],
        **{
            name: row["data"][name]
            for name in ("notice", "document_number", "region", "department", "days", "working_hours")
        },
        "imported_at": instant(row["recorded_at"]),
        "imported_by": row["recorded_by"],
        "imported_by_name": row["recorded_by_name"],
        "moved_cases": row["moved_cases"],
    }
