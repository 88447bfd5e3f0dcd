"""Which days count.

A limit in working days (行政许可法 art. 82) leaves out statutory holidays and counts the weekend days that a holiday
notice moves into work (调休). The platform's rule, stated once: the start day does not count, and a limit of n days
ends at the end of the n-th counted day.

Everything here is pure: a calendar is a frozen value, and nothing asks for today. The counted days of a year are worked
out once per calendar, so that `add` and `between` are a bisection a year and not a walk over days.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import MAXYEAR, date, timedelta
from functools import cache
from importlib import resources
from typing import Any

from engine.timelimits.errors import CalendarDataInvalid, CalendarRangeExceeded

ONE_DAY = timedelta(days=1)
SATURDAY = 5
FARTHEST_YEARS = 30


@dataclass(frozen=True, slots=True)
class DueDate:
    """A date, and whether a holiday notice that is not out yet may still move it."""

    day: date
    provisional: bool


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """The working days of one region under one version of the holiday notices."""

    version: int
    holidays: frozenset[date] = frozenset()  #: days that do not count (a weekend day among them changes nothing)
    moved_workdays: frozenset[date] = frozenset()  #: weekend days that do
    published_years: frozenset[int] = frozenset()  #: years whose notice is out
    _counted: dict[int, tuple[date, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def counts(self, day: date) -> bool:
        """Whether `day` is a working day."""
        if day in self.moved_workdays:
            return True
        return day.weekday() < SATURDAY and day not in self.holidays

    def working_days(self, year: int) -> tuple[date, ...]:
        """The working days of `year`, in order."""
        known = self._counted.get(year)
        if known is None:
            first = date(year, 1, 1).toordinal()
            last = date(year, 12, 31).toordinal()
            known = tuple(day for day in map(date.fromordinal, range(first, last + 1)) if self.counts(day))
            self._counted[year] = known
        return known

    def add(self, start: date, days: int) -> DueDate:
        """The last day of a limit of `days` (>= 0) working days that starts on `start`.

        Raises:
            CalendarRangeExceeded: the limit reaches further than any notice ever could.
        """
        last = start if days == 0 else self._nth_after(start, days)
        return DueDate(last, provisional=not self.published(start, last))

    def between(self, start: date, end: date) -> int:
        """How many working days lie in (start, end]: the inverse of `add`; 0 when `end` is not after `start`."""
        if end <= start:
            return 0
        whole_years = sum(len(self.working_days(year)) for year in range(start.year, end.year))
        return whole_years + self._up_to(end) - self._up_to(start)

    def on_or_after(self, day: date) -> date:
        """`day` itself when it counts, else the next working day."""
        return day if self.counts(day) else self._nth_after(day, 1)

    def published(self, first: date, last: date) -> bool:
        """Whether the notices of all the years from `first` to `last` are out."""
        return all(year in self.published_years for year in range(first.year, last.year + 1))

    def _up_to(self, day: date) -> int:
        return bisect_right(self.working_days(day.year), day)

    def _nth_after(self, start: date, n: int) -> date:
        wanted = self._up_to(start) + n - 1
        for year in range(start.year, min(start.year + FARTHEST_YEARS, MAXYEAR) + 1):
            counted = self.working_days(year)
            if wanted < len(counted):
                return counted[wanted]
            wanted -= len(counted)
        raise CalendarRangeExceeded(start=start, years=FARTHEST_YEARS)


@cache
def national_calendar() -> WorkingCalendar:
    """The mainland's calendar, from the State Council's notices as kept in `national_days.json`."""
    text = resources.files("engine.timelimits").joinpath("national_days.json").read_text(encoding="utf-8")
    return calendar_from_data(json.loads(text))


def calendar_from_data(data: Mapping[str, Any]) -> WorkingCalendar:
    """A calendar from `{"version": 1, "years": {"2026": {"holidays": [{"first", "last"}, …], "working_days": […]}}}`.

    Raises:
        CalendarDataInvalid: a day twice, a day outside its year, or a day that is both a rest day and a working day.
    """
    years = {int(year): _year_from_data(int(year), entry) for year, entry in data["years"].items()}
    return WorkingCalendar(
        version=int(data["version"]),
        holidays=frozenset().union(*(rest for rest, _ in years.values())),
        moved_workdays=frozenset().union(*(moved for _, moved in years.values())),
        published_years=frozenset(years),
    )


def _year_from_data(year: int, entry: Mapping[str, Any]) -> tuple[frozenset[date], frozenset[date]]:
    rest = [day for holiday in entry["holidays"] for day in _days_of(holiday)]
    moved = [date.fromisoformat(text) for text in entry["working_days"]]
    every = rest + moved
    if len(set(every)) != len(every):
        twice = min(day for day in every if every.count(day) > 1)
        raise CalendarDataInvalid(year=year, detail_zh=f"{twice}重复出现", detail_en=f"{twice} is named twice")
    stray = [day for day in every if day.year != year]
    if stray:
        raise CalendarDataInvalid(
            year=year, detail_zh=f"{stray[0]}不在该年", detail_en=f"{stray[0]} is not in that year"
        )
    weekday = [day for day in moved if day.weekday() < SATURDAY]
    if weekday:
        raise CalendarDataInvalid(
            year=year,
            detail_zh=f"调休上班日{weekday[0]}不是周末",
            detail_en=f"{weekday[0]} is moved into work but is no weekend day",
        )
    return frozenset(rest), frozenset(moved)


def _days_of(holiday: Mapping[str, str]) -> list[date]:
    first, last = date.fromisoformat(holiday["first"]), date.fromisoformat(holiday["last"])
    return [first + n * ONE_DAY for n in range((last - first).days + 1)]
