"""Which days count.

A limit in working days (行政许可法 art. 82) leaves out statutory holidays and counts the weekend days that a holiday
notice moves into work (调休). The platform's rule, stated once: the start day does not count, and a limit of n days
ends at the end of the n-th counted day.

Everything here is pure: a calendar is a frozen value, and nothing asks for today. The counted days of a year are worked
out once per calendar, so that `add` and `between` are a bisection a year and not a walk over days.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import MAXYEAR, date, datetime, timedelta

from engine.timelimits.errors import CalendarRangeExceeded

ONE_DAY = timedelta(days=1)
SATURDAY = 5
FARTHEST_YEARS = 30


@dataclass(frozen=True, slots=True)
class DueDate:
    """A date, and whether a holiday notice that is not out yet may still move it."""

    day: date
    provisional: bool
    at: datetime | None = None  #: the very instant, for limits in hours; otherwise the limit ends with the day


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """The working days of one region or department under one version of the holiday notices."""

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
        if days == 0:
            return DueDate(start, provisional=not self.published(start, start))
        last = self._nth_after(start, days)
        return DueDate(last, provisional=not self.published_within(start, last))

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

    def published_within(self, start: date, end: date) -> bool:
        """Whether the notices of the years of the days in (start, end] are out: the start day decides nothing."""
        return end <= start or self.published(start + ONE_DAY, end)

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
