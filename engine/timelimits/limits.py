"""When a limit ends, what is left of it, and the entries of its ledger. Pure: days and calendars are handed in.

Rule of the platform (domain ruling 5): a limit in calendar days whose last day is a rest day ends on the next working
day (民法典 203). What is left is counted in working days whatever the limit's own unit, because that is when somebody
is at a desk.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from engine.clock import day_of
from engine.timelimits.calendar import DueDate, WorkingCalendar
from engine.timelimits.errors import LimitInvalid

MOST_DAYS = 3650


class Unit(StrEnum):
    """What a limit is counted in."""

    WORKING_DAY = "working-day"
    CALENDAR_DAY = "calendar-day"


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
    """A number of days and their unit.

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


def due(calendar: WorkingCalendar, start_day: date, limit: Limit) -> DueDate:
    """The last day of `limit` when it starts on `start_day` (which does not count).

    Raises:
        CalendarRangeExceeded: the limit reaches further than any notice ever could.
    """
    if limit.unit == Unit.WORKING_DAY:
        return calendar.add(start_day, limit.days)
    last = start_day + timedelta(days=limit.days)
    # Rest days on the way do not matter here: only the notice of the last day's year can move it.
    rolled = calendar.on_or_after(last)
    return DueDate(rolled, provisional=not calendar.published(last, rolled))


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
    return LedgerEntry(kind, Entry.START, at, due(calendar, day_of(at), limit), limit, calendar.version)


def stopped(entry: LedgerEntry, at: datetime) -> LedgerEntry:
    """The entry that stops, at `at`, the limit which `entry` started."""
    return LedgerEntry(entry.kind, Entry.STOP, at, None, entry.limit, entry.calendar_version)
