"""The ledger of a limit, and how the limit stands at an instant: a pure function of (entries, calendar, instant).

A limit is never a mutable date. Its entries are only ever added; each has two instants: `effective_at`, from when it holds,
and `recorded_at`, since when anybody could know. Who asks how a limit stood *as of* an instant gets what the entries recorded
by then say, by the calendar that the last of them was computed with: exactly what was shown at that time.

Pauses are a union, not a sum: a day that lies in two of them is left out once. A pause from day a to day b leaves out (a, b],
as a limit that starts on day a does not count it. What lies behind the end of a limit moves it no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from engine.clock import CST, day_of
from engine.timelimits.calendar import ONE_DAY, WorkingCalendar
from engine.timelimits.limits import HOURLY, Limit, Unit, months_after, remaining
from engine.timelimits.working_hours import STANDARD_HOURS, WorkingHours

Point = TypeVar("Point", date, datetime)

HOUR = timedelta(hours=1)


class Clock(StrEnum):
    """What a limit is for. Those of a case have owner 0; `NODE` is that of a task or a part of the diagram."""

    COMPLETENESS = "completeness"  #: 收件核对: is the application complete (行政许可法 32)
    CORRECTION = "correction"  #: 补正: the applicant's, before acceptance
    DECISION = "decision"  #: 办理: from acceptance to the decision (42)
    FIRST_EXAMINATION = "first-examination"  #: 初审: by the lower level (43)
    DELIVERY = "delivery"  #: 送达: from the decision (44)
    VERIFICATION = "verification"  #: 核验: of what was presumed or promised, after a decision that came first
    RECTIFICATION = "rectification"  #: 整改: the applicant's, after a check that found something to put right
    TOLERANCE = "tolerance"  #: 容缺补交: the applicant's, from acceptance, for what was promised
    NODE = "node"  #: 环节


class Entry(StrEnum):
    """What an entry does to its limit."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    EXTEND = "extend"
    CORRECT = "correct"
    RECOMPUTE = "recompute"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Almanac:
    """Which days count, by one version of the notices, and when the department is open."""

    calendar: WorkingCalendar
    hours: WorkingHours = STANDARD_HOURS


#: The almanac of a version of the calendar.
Almanacs = Callable[[int], Almanac]


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One line of a limit's ledger.

    `limit` is what a start or a correction grants, an extension adds, or a pause is said to need. A correction replaces the
    start, its instant too. `ref` is the special procedure or extension that a pause, resume or extend belongs to.
    """

    entry: Entry
    effective_at: datetime
    recorded_at: datetime
    calendar_version: int
    limit: Limit | None = None
    warn: int | None = None  #: of a start: how many units before the end the light turns yellow
    ref: int = 0
    actor: str = ""
    ground: str = ""
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """A time that does not count: `until` is its end, None while it lasts; `planned` is when it should end."""

    since: datetime
    until: datetime | None
    planned: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a limit stands at an instant. `due_at` is the first instant after its end; `used` and `remaining` are in its own
    unit; remaining working days are those in (today, due], less than 0 when late."""

    state: str  #: running | paused | stopped
    granted: int
    unit: str
    used: int
    remaining: int
    started_at: datetime
    stopped_at: datetime | None
    due_date: date
    due_at: datetime
    warn_at: datetime | None
    provisional: bool
    remaining_working_days: int
    passed: bool
    light: str
    calendar_version: int

    @property
    def paused(self) -> bool:
        """Whether it stands still."""
        return self.state == "paused"


def known_at(entries: Iterable[LedgerEntry], at: datetime) -> list[LedgerEntry]:
    """The entries that anybody could know of at an instant."""
    return [entry for entry in entries if entry.recorded_at <= at]


def current(entries: Sequence[LedgerEntry]) -> Sequence[LedgerEntry]:
    """The entries since the last start: a clock that was stopped may be started anew."""
    starts = [nth for nth, entry in enumerate(entries) if entry.entry == Entry.START]
    return entries[starts[-1] :] if len(starts) > 1 else entries


def standing(entries: Sequence[LedgerEntry], almanacs: Almanacs, at: datetime) -> Standing | None:
    """How the limit stands at `at` by what was recorded until then; None when nothing was.

    Raises:
        CalendarRangeExceeded: it reaches further than any notice ever could.
    """
    known = known_at(entries, at)
    if not known:
        return None
    return _Sum.of(current(known), almanacs(known[-1].calendar_version)).standing(at)


def next_look(stands: Standing, pauses: Sequence[Pause], after: datetime) -> datetime | None:
    """When the limit must be looked at again: when it warns, when it passes, or when a pause should be over."""
    if stands.state == "stopped":
        return None
    if stands.state == "paused":
        planned = [pause.planned for pause in pauses if pause.until is None and pause.planned is not None]
        return max((end for end in planned if end > after), default=None)
    return min((at for at in (stands.warn_at, stands.due_at) if at is not None and at > after), default=stands.due_at)


def pauses_of(entries: Iterable[LedgerEntry], almanac: Almanac) -> list[Pause]:
    """The pauses in the order of their beginnings, each as its procedure began and ended it; not united."""
    found: dict[int, Pause] = {}
    for one in entries:
        if one.entry == Entry.PAUSE:
            planned = planned_end(almanac, one.effective_at, one.limit) if one.limit else None
            found[one.ref] = Pause(one.effective_at, None, planned)
        elif one.entry == Entry.RESUME and one.ref in found:
            found[one.ref] = Pause(found[one.ref].since, one.effective_at, found[one.ref].planned)
    return sorted(found.values(), key=lambda pause: pause.since)


def planned_end(almanac: Almanac, since: datetime, needed: Limit) -> datetime:
    """The instant at which a procedure that needs `needed` should be over: on the last day of it, at the hour it began."""
    whole = _Sum(since, needed.days, needed.unit, None, None, (), almanac)
    if needed.unit in HOURLY:
        return whole.end_at(needed.days, ())
    last, _ = whole.last_day(needed.days, ())
    return datetime.combine(last, since.astimezone(CST).timetz())


@dataclass(frozen=True, slots=True)
class _Sum:
    """The ledger added up."""

    started_at: datetime
    granted: int
    unit: str
    warn: int | None
    stopped_at: datetime | None
    pauses: tuple[Pause, ...]
    almanac: Almanac

    @property
    def calendar(self) -> WorkingCalendar:
        return self.almanac.calendar

    @classmethod
    def of(cls, entries: Sequence[LedgerEntry], almanac: Almanac) -> _Sum:
        base = [one for one in entries if one.entry in (Entry.START, Entry.CORRECT)][-1]
        first = entries[0]
        assert base.limit is not None
        added = sum(one.limit.days for one in entries if one.entry == Entry.EXTEND and one.limit)
        stopped = next((one.effective_at for one in entries if one.entry == Entry.STOP), None)
        pauses = tuple(pauses_of(entries, almanac))
        granted = base.limit.days + added
        return cls(base.effective_at, granted, base.limit.unit, first.warn, stopped, pauses, almanac)

    def standing(self, at: datetime) -> Standing:
        until = at if self.stopped_at is None else min(at, self.stopped_at)
        until = max(until, self.started_at)
        lasting = self.stopped_at is None and any(pause.until is None for pause in self.pauses)
        expected = [(pause.since, pause.until or max(until, pause.planned or until)) for pause in self.pauses]
        so_far = [(pause.since, min(pause.until or until, until)) for pause in self.pauses if pause.since <= until]
        shown = so_far if self.stopped_at is not None else expected
        due_date, provisional = self._due_date(shown)
        due_at = self.end_at(self.granted, shown)
        used = self._used(until, so_far)
        as_if_resumed, _ = self._due_date(so_far)
        passed = until >= self.end_at(self.granted, so_far)
        stands = "stopped" if self.stopped_at is not None else "paused" if lasting else "running"
        warn_at = self._warn_at(shown)
        return Standing(
            state=stands,
            granted=self.granted,
            unit=self.unit,
            used=used,
            remaining=self.granted - used,
            started_at=self.started_at,
            stopped_at=self.stopped_at,
            due_date=due_date,
            due_at=due_at,
            warn_at=warn_at,
            provisional=provisional,
            remaining_working_days=remaining(self.calendar, day_of(until), as_if_resumed),
            passed=passed,
            light=_light(stands, passed, warn_at, until),
            calendar_version=self.calendar.version,
        )

    # -- ends

    def _due_date(self, pauses: Sequence[tuple[datetime, datetime]]) -> tuple[date, bool]:
        if self.unit not in HOURLY:
            return self.last_day(self.granted, pauses)
        last = day_of(self.end_at(self.granted, pauses) - timedelta(microseconds=1))
        return last, self.unit == Unit.WORKING_HOUR and not self.calendar.published_within(
            day_of(self.started_at), last
        )

    def end_at(self, amount: int, pauses: Sequence[tuple[datetime, datetime]]) -> datetime:
        """The first instant after the limit, were `amount` granted."""
        if self.unit not in HOURLY:
            last, _ = self.last_day(amount, pauses)
            return start_of(last + ONE_DAY)
        return self._hours_end(amount, pauses)

    def last_day(self, amount: int, pauses: Sequence[tuple[datetime, datetime]]) -> tuple[date, bool]:
        """The last day of the limit, were `amount` granted, and whether a notice that is not out may move it."""
        start = day_of(self.started_at)
        raw, excluded = self._raw_end(start, amount), 0
        last = self._rolled(raw)
        for since, until in union((max(day_of(a), start), day_of(b)) for a, b in pauses):
            if since >= last:
                break
            if self.unit == Unit.WORKING_DAY:
                excluded += self.calendar.between(since, until)
                raw = self.calendar.add(start, amount + excluded).day
            else:
                # A pause that begins while a rest day is waited over stops what that wait was for.
                raw = (raw if since < raw else last) + (until - since)
            last = self._rolled(raw)
        if self.unit == Unit.WORKING_DAY:
            return last, not self.calendar.published_within(start, last)
        # Rest days on the way do not matter here: only the notice of the last day's year can move it.
        return last, not self.calendar.published(raw, last)

    def _raw_end(self, start: date, amount: int) -> date:
        if self.unit == Unit.WORKING_DAY:
            return self.calendar.add(start, amount).day
        if self.unit == Unit.MONTH:
            return months_after(start, amount)
        return start + amount * ONE_DAY

    def _rolled(self, raw: date) -> date:
        return raw if self.unit == Unit.WORKING_DAY else self.calendar.on_or_after(raw)

    def _hours_end(self, amount: int, pauses: Sequence[tuple[datetime, datetime]]) -> datetime:
        hours = amount * HOUR
        end = _add_hours(self.almanac, self.unit, self.started_at, hours)
        for since, until in union((max(a, self.started_at), b) for a, b in pauses):
            if since >= end:
                break
            hours += _hours_between(self.almanac, self.unit, since, until)
            end = _add_hours(self.almanac, self.unit, self.started_at, hours)
        return end

    def _warn_at(self, pauses: Sequence[tuple[datetime, datetime]]) -> datetime | None:
        if self.warn is None:
            return None
        before = max(self.granted - self.warn, 0)
        if before == 0:
            return self.started_at
        if self.unit in HOURLY:
            return self._hours_end(before, pauses)
        if self.unit == Unit.MONTH:  # a month has no whole days of its own: the days before the end are counted back
            last, _ = self.last_day(self.granted, pauses)
            return max(start_of(months_after(last, -self.warn)), self.started_at)
        if self.unit == Unit.CALENDAR_DAY:
            last, _ = self.last_day(self.granted, pauses)
            return max(start_of(last - self.warn * ONE_DAY), self.started_at)
        last, _ = self.last_day(before, pauses)
        return max(start_of(last), self.started_at)

    # -- what was used

    def _used(self, until: datetime, pauses: Sequence[tuple[datetime, datetime]]) -> int:
        """Units used until an instant. A month counts as used when it is over."""
        start, today = day_of(self.started_at), day_of(until)
        if self.unit in HOURLY:
            out = sum(
                (
                    _hours_between(self.almanac, self.unit, max(a, self.started_at), min(b, until))
                    for a, b in union(pauses)
                    if b > self.started_at
                ),
                timedelta(),
            )
            return int((_hours_between(self.almanac, self.unit, self.started_at, until) - out) / HOUR)
        days = union((max(day_of(a), start), min(day_of(b), today)) for a, b in pauses)
        if self.unit == Unit.WORKING_DAY:
            return self.calendar.between(start, today) - sum(self.calendar.between(a, b) for a, b in days)
        counted = (today - start) - sum((b - a for a, b in days), timedelta())
        if self.unit == Unit.CALENDAR_DAY:
            return counted.days
        reached = start + counted
        months = (reached.year - start.year) * 12 + reached.month - start.month
        return months if months_after(start, months) <= reached else months - 1


def light_by_index(row: Mapping[str, Any], now: datetime, ended: datetime | None) -> str | None:
    """The light of a row that carries the index of its limit (`due_at`, `warn_at`, `paused`); None where there is no limit.

    What has ended is green or red: nobody needs a warning any more.
    """
    if row["due_at"] is None:
        return None
    if (ended or now) >= row["due_at"] and not row["paused"]:
        return "red"
    warned = ended is None and row["warn_at"] is not None and now >= row["warn_at"] and not row["paused"]
    return "yellow" if warned else "green"


def union(spans: Iterable[tuple[Point, Point]]) -> list[tuple[Point, Point]]:
    """Spans as a union: in order, none touching another, none empty."""
    merged: list[tuple[Point, Point]] = []
    for since, until in sorted(span for span in spans if span[0] < span[1]):
        if merged and since <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], until))
        else:
            merged.append((since, until))
    return merged


def start_of(day: date) -> datetime:
    """The first instant of a day in China."""
    return datetime.combine(day, time(), CST)


def _add_hours(almanac: Almanac, unit: str, start: datetime, amount: timedelta) -> datetime:
    """The end of so many hours, or working hours, from an instant on."""
    return start + amount if unit == Unit.HOUR else almanac.hours.add(almanac.calendar, start, amount / HOUR)


def _hours_between(almanac: Almanac, unit: str, start: datetime, end: datetime) -> timedelta:
    """The hours, or working hours, between two instants; none when the second is not the later."""
    if end <= start:
        return timedelta()
    return end - start if unit == Unit.HOUR else almanac.hours.between(almanac.calendar, start, end)


def _light(state: str, passed: bool, warn_at: datetime | None, at: datetime) -> str:
    """Red past the end, yellow from the warning on while it runs, else green."""
    if passed:
        return "red"
    return "yellow" if state == "running" and warn_at is not None and at >= warn_at else "green"
