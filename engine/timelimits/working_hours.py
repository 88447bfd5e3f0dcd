"""When a department is at its desks on a working day, and where a limit in working hours ends.

A limit in hours runs from its instant, not from the next day (民法典 201 second sentence); one in working hours runs
only while the department is open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from engine.clock import CST, day_of
from engine.timelimits.calendar import WorkingCalendar
from engine.timelimits.errors import WorkingHoursInvalid

MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """The opening hours of a working day, in order, as local times in China.

    Raises:
        WorkingHoursInvalid: no span, a span that ends before it begins, or two that overlap.
    """

    spans: tuple[tuple[time, time], ...]

    def __post_init__(self) -> None:
        edges = [edge for span in self.spans for edge in span]
        if not edges or any(earlier >= later for earlier, later in pairwise(edges)):
            raise WorkingHoursInvalid(spans=", ".join(f"{first:%H:%M}–{last:%H:%M}" for first, last in self.spans))

    @property
    def day_length(self) -> timedelta:
        """How long the department is open on a working day."""
        return sum((_since_midnight(last) - _since_midnight(first) for first, last in self.spans), timedelta())

    @property
    def opening(self) -> time:
        """When a working day begins."""
        return self.spans[0][0]

    def used(self, at: time) -> timedelta:
        """How much of a working day is over at `at`."""
        now = _since_midnight(at)
        parts = (min(now, _since_midnight(last)) - _since_midnight(first) for first, last in self.spans)
        return sum((max(part, timedelta()) for part in parts), timedelta())

    def add(self, calendar: WorkingCalendar, start: datetime, hours: float) -> datetime:
        """The instant at which `hours` (> 0) working hours are over.

        Raises:
            CalendarRangeExceeded: the limit reaches further than any notice ever could.
        """
        local = start.astimezone(CST)
        used = self.used(local.time()) if calendar.counts(local.date()) else self.day_length
        needed = used + timedelta(hours=hours)
        # The last whole day counts as a day that is used up, not as a day of nothing: hence the step back by one.
        days, rest = divmod(needed - timedelta.resolution, self.day_length)
        day = calendar.add(local.date(), days).day if days else local.date()
        return self._instant(day, rest + timedelta.resolution)

    def between(self, calendar: WorkingCalendar, start: datetime, end: datetime) -> timedelta:
        """The working time in (start, end]; nothing when `end` is not after `start`."""
        if end <= start:
            return timedelta()
        return self._total(calendar, day_of(start), end) - self._total(calendar, day_of(start), start)

    def _total(self, calendar: WorkingCalendar, first: date, at: datetime) -> timedelta:
        """The working time from the beginning of the day `first` to `at`."""
        local = at.astimezone(CST)
        before = calendar.between(first - timedelta(days=1), local.date() - timedelta(days=1))
        today = self.used(local.time()) if calendar.counts(local.date()) else timedelta()
        return before * self.day_length + today

    def _instant(self, day: date, used: timedelta) -> datetime:
        for first, last in self.spans:
            length = _since_midnight(last) - _since_midnight(first)
            if used <= length:
                return datetime.combine(day, first, CST) + used
            used -= length
        raise AssertionError("more working time than a day has")


def _since_midnight(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second, microseconds=at.microsecond)


#: Where neither the region nor the department says otherwise.
STANDARD_HOURS = WorkingHours(((time(9), time(12)), (time(13), time(17))))
