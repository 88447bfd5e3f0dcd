"""When a limit ends, what is left of it, and the entries of its ledger. Pure: days and calendars are handed in.

Rule of the platform (domain ruling 5): a limit in calendar days or months whose last day is a rest day ends on the next
working day (民法典 203). What is left is counted in working days whatever the limit's own unit, because that is when somebody
is at a desk.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, timedelta
from enum import StrEnum

from engine.clock import CST, day_of
from engine.timelimits.calendar import FARTHEST_YEARS, ONE_DAY, DueDate, WorkingCalendar
from engine.timelimits.errors import CalendarRangeExceeded, LimitInvalid
from engine.timelimits.working_hours import MIDNIGHT, STANDARD_HOURS, WorkingHours

MOST_DAYS = 3650


class Unit(StrEnum):
    """What a limit is counted in."""

    WORKING_DAY = "working-day"
    CALENDAR_DAY = "calendar-day"
    MONTH = "month"
    WORKING_HOUR = "working-hour"
    HOUR = "hour"


#: Units whose limits end at an instant; all others end with a day.
HOURLY = frozenset({Unit.WORKING_HOUR, Unit.HOUR})


class LimitKind(StrEnum):
    """Whose word a limit is: the authority's promise (承诺) or the law's (法定)."""

    PROMISED = "promised"
    LEGAL = "legal"


class Entry(StrEnum):
    """What a ledger entry does to its limit."""

    START = "start"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Limit:
    """A number and its unit (`days` also where the unit is another: the name is older than the units).

    Raises:
        LimitInvalid: the number is no whole number from 1 to 3650, or the unit is unknown.
    """

    days: int
    unit: str

    def __post_init__(self) -> None:
        whole = isinstance(self.days, int) and not isinstance(self.days, bool)
        if not whole or not 1 <= self.days <= MOST_DAYS or self.unit not in list(Unit):
            raise LimitInvalid(amount=self.days, unit=self.unit)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One line of a limit's append-only ledger; `due` is the due date that this entry leaves behind (a stop: None)."""

    kind: LimitKind
    entry: Entry
    at: datetime
    due: DueDate | None
    limit: Limit
    calendar_version: int


def due(
    calendar: WorkingCalendar, start: date | datetime, limit: Limit, hours: WorkingHours = STANDARD_HOURS
) -> DueDate:
    """When `limit` ends that starts at `start`: a day in China, or an instant, whose day in China is meant.

    The start day does not count. A limit in hours runs from the instant itself (民法典 201); from the opening of the
    department where only a day is known.

    Raises:
        CalendarRangeExceeded: the limit reaches further than any notice ever could.
    """
    start_day = day_of(start) if isinstance(start, datetime) else start
    if limit.unit in HOURLY:
        from_instant = start if isinstance(start, datetime) else datetime.combine(start, hours.opening, CST)
        return _due_at(calendar, from_instant, limit, hours)
    if limit.unit == Unit.WORKING_DAY:
        return calendar.add(start_day, limit.days)
    try:
        last = months_after(start_day, limit.days) if limit.unit == Unit.MONTH else start_day + limit.days * ONE_DAY
    except OverflowError:
        raise CalendarRangeExceeded(start=start_day, years=FARTHEST_YEARS) from None
    if last.year > start_day.year + FARTHEST_YEARS:
        raise CalendarRangeExceeded(start=start_day, years=FARTHEST_YEARS)
    # Rest days on the way do not matter here: only the notice of the last day's year can move it.
    rolled = calendar.on_or_after(last)
    return DueDate(rolled, provisional=not calendar.published(last, rolled))


def _due_at(calendar: WorkingCalendar, start: datetime, limit: Limit, hours: WorkingHours) -> DueDate:
    """Where a limit in hours ends. 民法典 203 speaks of last *days*: an hour is not moved to the next working day."""
    if limit.unit == Unit.HOUR:
        end = start.astimezone(CST) + timedelta(hours=limit.days)
        return DueDate(day_of(end), provisional=False, at=end)
    end = hours.add(calendar, start, limit.days)
    return DueDate(day_of(end), provisional=not calendar.published(day_of(start), day_of(end)), at=end)


def months_after(day: date, months: int) -> date:
    """The same day number `months` later, or that month's last day (民法典 202). Raises OverflowError beyond year 9999."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > MAXYEAR:
        raise OverflowError(year)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def passes_at(end: DueDate) -> datetime:
    """The first instant at which the limit has passed: the end of its last day in China, or of its last hour."""
    return end.at or datetime.combine(end.day + ONE_DAY, MIDNIGHT, CST)


def remaining(calendar: WorkingCalendar, today: date, due_day: date) -> int:
    """Working days in (today, due_day]; when late, minus the working days in (due_day, today]."""
    if today <= due_day:
        return calendar.between(today, due_day)
    return -calendar.between(due_day, today)


def elapsed(calendar: WorkingCalendar, start: date, end: date) -> int:
    """Working days used: those in (start, end]."""
    return calendar.between(start, end)


def light(today: date, due_day: date | None) -> str | None:
    """The light of a time limit: green until its last day is over, red afterwards; None where there is no limit."""
    if due_day is None:
        return None
    return "red" if today > due_day else "green"


def started(calendar: WorkingCalendar, at: datetime, kind: LimitKind, limit: Limit) -> LedgerEntry:
    """The entry that starts a limit at `at` (an instant with its offset; its day in China is the start day)."""
    return LedgerEntry(kind, Entry.START, at, due(calendar, at, limit), limit, calendar.version)


def stopped(entry: LedgerEntry, at: datetime) -> LedgerEntry:
    """The entry that stops, at `at`, the limit which `entry` started."""
    return LedgerEntry(entry.kind, Entry.STOP, at, None, entry.limit, entry.calendar_version)
