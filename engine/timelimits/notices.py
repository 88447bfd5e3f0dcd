"""Holiday notices: what an administrator imports, and the calendar that comes of them.

A notice of the State Council says everything about its year and replaces what was known of it; one of a region or a
department (an ice-storm closure, a special zone's day) says only where its days differ. The narrower one wins: nation,
province, …, department. Of one place and year the latest notice counts, whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from engine.timelimits.calendar import ONE_DAY, SATURDAY, WorkingCalendar
from engine.timelimits.errors import CalendarDataInvalid, WorkingHoursInvalid
from engine.timelimits.national import FIRST_YEAR, LAST_YEAR
from engine.timelimits.working_hours import WorkingHours

#: A year has 366 days; nobody says more about it.
MOST_LINES = 366
KINDS = ("rest", "work")


@dataclass(frozen=True, slots=True)
class NoticeDay:
    """One day of a notice: whether it is worked, and why."""

    day: date
    works: bool
    name: str = ""


@dataclass(frozen=True, slots=True)
class HolidayNotice:
    """A notice on one year. Without a region it is the nation's; with a department it is that department's alone."""

    year: int
    title: str
    document_number: str
    days: tuple[NoticeDay, ...]
    region: str | None = None
    department: str | None = None
    hours: WorkingHours | None = None  #: the opening hours from now on, where the notice says something of them

    @property
    def national(self) -> bool:
        """Whether it is the State Council's."""
        return self.region is None

    def as_data(self) -> dict[str, Any]:
        """The notice as JSON, the same for the same notice: it is stored, and what is applied is compared by it."""
        days = sorted(self.days, key=lambda one: one.day)
        spans = [[f"{first:%H:%M}", f"{last:%H:%M}"] for first, last in self.hours.spans] if self.hours else None
        return {
            "year": self.year,
            "notice": self.title,
            "document_number": self.document_number,
            "region": self.region,
            "department": self.department,
            "days": [{"date": one.day.isoformat(), "kind": KINDS[one.works], "name": one.name} for one in days],
            "working_hours": spans,
        }


def read_notice(data: Mapping[str, Any], year: int) -> HolidayNotice:
    """A notice on `year` from `{"notice", "document_number", "region", "department", "days": [{"date", "to", "kind", "name"}],
    "working_hours": [["09:00", "12:00"], …]}`; `to` makes a line speak of several days.

    Raises:
        CalendarDataInvalid: an unknown day or kind, a day twice (also once as rest and once as work), a day of another
            year, a weekday moved into work, or a national notice without a day.
        WorkingHoursInvalid: opening hours that are no hours of a day.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise _wrong(
            year, f"年份须在{FIRST_YEAR}至{LAST_YEAR}之间", f"the year must be from {FIRST_YEAR} to {LAST_YEAR}"
        )
    said = data.get("year", year)
    if said != year:
        raise _wrong(year, f"文件写的是{said}年", f"the file speaks of {said}")
    title = str(data.get("notice") or "").strip()
    if not title:
        raise _wrong(year, "缺少通知名称（notice）", "the name of the notice is missing (notice)")
    days = [day for number, line in enumerate(_lines(year, data), start=1) for day in _days_of(year, number, line)]
    _check_days(year, days)
    region, department = (data.get(name) or None for name in ("region", "department"))
    notice = HolidayNotice(
        year=year,
        title=title,
        document_number=str(data.get("document_number") or "").strip(),
        days=tuple(sorted(days, key=lambda one: one.day)),
        region=region,
        department=department,
        hours=_hours(data.get("working_hours")),
    )
    if notice.national:
        _check_national(notice)
    return notice


def apply_notices(base: WorkingCalendar, notices: Iterable[HolidayNotice], version: int) -> WorkingCalendar:
    """The calendar that comes of `base` and of notices, the wider and older ones first."""
    rest, moved, published = set(base.holidays), set(base.moved_workdays), set(base.published_years)
    for notice in notices:
        if notice.national:
            rest = {day for day in rest if day.year != notice.year}
            moved = {day for day in moved if day.year != notice.year}
            published.add(notice.year)
        for one in notice.days:
            (moved if one.works else rest).add(one.day)
            (rest if one.works else moved).discard(one.day)
    return replace(
        base,
        version=version,
        holidays=frozenset(rest),
        moved_workdays=frozenset(moved),
        published_years=frozenset(published),
    )


def check_against(wider: WorkingCalendar, notice: HolidayNotice) -> None:
    """A region's or a department's notice may move a day into work only where the wider calendar rests.

    Raises:
        CalendarDataInvalid: a day that is a working day anyway.
    """
    for one in notice.days:
        if not notice.national and one.works and wider.counts(one.day):
            raise _wrong(notice.year, f"{one.day}本来就是工作日", f"{one.day} is a working day anyway")


def changed_days(before: WorkingCalendar, after: WorkingCalendar, year: int) -> list[tuple[date, bool]]:
    """The days of `year` that count otherwise, each with whether it counts afterwards."""
    days = (date.fromordinal(n) for n in range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1))
    return [(day, after.counts(day)) for day in days if before.counts(day) != after.counts(day)]


def forgotten(base: WorkingCalendar, notice: HolidayNotice, names: Mapping[date, str]) -> list[tuple[date, str]]:
    """Statutory weekdays that the library knows and a national notice says nothing of: mostly a line that was left out."""
    said = {one.day for one in notice.days}
    return [
        (day, name)
        for day, name in sorted(names.items())
        if notice.national and day.year == notice.year and day not in said and day in base.holidays
    ]


def _lines(year: int, data: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    lines = data.get("days")
    if not isinstance(lines, Sequence) or isinstance(lines, str) or not all(isinstance(x, Mapping) for x in lines):
        raise _wrong(year, "days须为列表，每行一天", "days must be a list with a line a day")
    if len(lines) > MOST_LINES:
        raise _wrong(year, f"不能超过{MOST_LINES}行", f"there may be no more than {MOST_LINES} lines")
    return lines


def _days_of(year: int, number: int, line: Mapping[str, Any]) -> list[NoticeDay]:
    first, last = (_day(year, number, line.get(name)) for name in ("date", "to" if line.get("to") else "date"))
    kind = line.get("kind")
    if kind not in KINDS:
        raise _wrong(
            year, f"第{number}行的类型“{kind}”须为rest或work", f"line {number}: the kind “{kind}” must be rest or work"
        )
    if last < first or (last - first).days > MOST_LINES:
        raise _wrong(year, f"第{number}行的日期先后颠倒", f"line {number}: {first} to {last} is no span of days")
    name = str(line.get("name") or "").strip()[:80]
    return [NoticeDay(first + n * ONE_DAY, kind == "work", name) for n in range((last - first).days + 1)]


def _day(year: int, number: int, said: Any) -> date:
    try:
        if not isinstance(said, str) or len(said) != 10:
            raise ValueError
        return date.fromisoformat(said)
    except ValueError:
        shown = str(said)[:40]
        raise _wrong(
            year,
            f"第{number}行没有“{shown}”这一天，请写成{year}-01-31",
            f"line {number}: there is no day “{shown}”, write {year}-01-31",
        ) from None


def _check_days(year: int, days: Sequence[NoticeDay]) -> None:
    seen: dict[date, NoticeDay] = {}
    for one in days:
        if one.day.year != year:
            raise _wrong(
                year,
                f"{one.day}不在该年，请写入{one.day.year}年的通知",
                f"{one.day} is not in that year: it belongs into the notice of {one.day.year}",
            )
        earlier = seen.setdefault(one.day, one)
        if earlier is not one:
            both = earlier.works != one.works
            raise _wrong(
                year,
                f"{one.day}{'既写为休息日又写为上班日' if both else '重复出现'}",
                f"{one.day} is {'both a rest day and a working day' if both else 'named twice'}",
            )


def _check_national(notice: HolidayNotice) -> None:
    if not notice.days:
        raise _wrong(notice.year, "全国通知没有任何日期", "a national notice names no day at all")
    for one in notice.days:
        if one.works and one.day.weekday() < SATURDAY:
            raise _wrong(
                notice.year,
                f"调休上班日{one.day}不是周末",
                f"{one.day} is moved into work but is no weekend day",
            )
    if notice.department is not None:
        raise _wrong(
            notice.year, "部门的通知须写明区划（region）", "a department's notice must name its region (region)"
        )


def _hours(spans: Any) -> WorkingHours | None:
    if spans is None:
        return None
    try:
        return WorkingHours(tuple((_time(first), _time(last)) for first, last in spans))
    except (TypeError, ValueError):
        raise WorkingHoursInvalid(spans=str(spans)[:80]) from None


def _time(said: str) -> time:
    return datetime.strptime(said, "%H:%M").time()


def _wrong(year: int, zh: str, en: str) -> CalendarDataInvalid:
    return CalendarDataInvalid(year=year, detail_zh=zh, detail_en=en)
