"""The demonstration clock: moves domain time forward, stopping at each thing that comes due, so that days pass in a second.

Only `platform.clock_offset` moves: jobs, tokens and retries keep wall time (`engine/clock.py`). Time runs on from where the
clock was put. A demonstration only: on any other database there is no such clock.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy import text

from engine.assemble import Engine
from engine.background.sweep import look_at_case
from engine.background.worker import run_dry
from engine.clock import CST, DOMAIN_NOW_SQL, PUT_DOMAIN_NOW_SQL, day_of
from engine.errors import Conflict, Invalid, Refused
from engine.organization.actor import Actor
from engine.timelimits.national import national_calendar

Unit = Literal["working-day", "calendar-day", "hour"]
UNITS: tuple[str, ...] = get_args(Unit)
#: Beyond a few years no holiday notice says anything, and no demonstration is about it.
FURTHEST = timedelta(days=3 * 366)
MOST_UNITS = 1000
#: A diagram whose timers go round would stop the clock for ever: after so many stops, the worker's sweep does the rest.
MOST_STOPS = 2000
_LOCK = 0x6F6E6577  # "onew": one mover at a time on a database

_STATE = text(
    f"SELECT p.demonstration, {DOMAIN_NOW_SQL} AS now, least((SELECT min(look_at) FROM cases), "
    "(SELECT min(look_at) FROM limits), (SELECT min(look_at) FROM verifications)) AS next_due, p.clock_offset FROM platform p"
)
#: A case whose timer or limit an incident holds does not stop the clock.
_NEXT_DUE = text(
    "SELECT d.id, d.look_at FROM (SELECT id, look_at, 'timer' AS subject FROM cases WHERE look_at <= :until "
    "UNION ALL SELECT case_id, look_at, 'limits' FROM limits WHERE look_at <= :until "
    "UNION ALL SELECT case_id, look_at, 'verification' FROM verifications WHERE look_at <= :until "
    "AND linked_case_id IS NOT NULL) d "
    "WHERE NOT (d.id = ANY(:passed)) AND NOT EXISTS (SELECT 1 FROM incidents i WHERE i.case_id = d.id "
    "AND i.subject = d.subject AND i.state = 'open') ORDER BY d.look_at, d.id LIMIT 1"
)


class ClockMissing(Refused):
    """There is a clock to move in a demonstration only."""

    code = "clock-demonstration-only"
    status = 404
    zh = "只有演示数据库才能调整时钟。请用 onewindow run --demo 启动演示后再试。"
    en = "Only a demonstration's clock can be moved: start one with 'onewindow run --demo'."


class ClockForwardOnly(Conflict):
    """An instant before the present one. Params: now."""

    code = "clock-forward-only"
    zh = "演示时钟只能向前调整（现在是 {now}）。请给出更晚的时间。"
    en = "The demonstration's clock goes forward only (it is {now}). Name a later instant."


class ClockTooFar(Invalid):
    """An instant too far ahead. Params: until."""

    code = "clock-too-far"
    zh = "演示时钟一次最多调到 {until}。请给出更近的时间。"
    en = "The demonstration's clock goes to {until} at most at once. Name a nearer instant."


class ClockBusy(Conflict):
    """Somebody else moves the clock just now."""

    code = "clock-busy"
    zh = "演示时钟正在调整中，请稍后再试。"
    en = "The demonstration's clock is being moved just now. Try again in a moment."


class InstantInvalid(Invalid):
    """A text that names no instant. Params: said."""

    code = "instant-invalid"
    zh = "“{said}”不是时间。请写成 2026-09-21 或 2026-09-21T09:00（北京时间），或带时区的 2026-09-21T09:00:00+08:00。"
    en = "“{said}” is no instant: write 2026-09-21 or 2026-09-21T09:00 (China time), or 2026-09-21T09:00:00+08:00."


@dataclass(frozen=True, slots=True)
class ClockState:
    """Where the clock stands; after a move, from where it came and how many due things it met on the way."""

    now: datetime
    offset: timedelta
    next_due: datetime | None
    moved_from: datetime | None = None
    stops: int = 0

    def as_data(self) -> dict[str, Any]:
        """The state as JSON: instants with China's offset."""
        return {
            "now": _spelled(self.now),
            "offset_seconds": round(self.offset.total_seconds()),
            "working_day": national_calendar().counts(day_of(self.now)),
            "next_due": _spelled(self.next_due),
            "moved_from": _spelled(self.moved_from),
            "stops": self.stops,
        }


def show_clock(engine: Engine) -> ClockState:
    """Where the clock stands. Raises ClockMissing outside a demonstration."""
    with engine.database.connect() as connection:
        row = connection.execute(_STATE).one()
    if not row.demonstration:
        raise ClockMissing()
    return ClockState(row.now, row.clock_offset, row.next_due)


def set_clock(engine: Engine, until: datetime) -> ClockState:
    """Move the clock to an instant.

    Raises:
        ClockMissing, ClockForwardOnly, ClockTooFar, ClockBusy
    """
    return _move(engine, lambda _now: until)


def advance_clock(engine: Engine, amount: int, unit: str = "working-day") -> ClockState:
    """Move the clock by working days (of the national calendar, at the same hour), calendar days or hours.

    Raises:
        Invalid: no such unit, or an amount that is not from 1 to 1000; and what `set_clock` raises.
    """
    if unit not in UNITS:
        raise Invalid(detail=f"unit ∉ {{{', '.join(UNITS)}}}", fields={"unit": [", ".join(UNITS)]})
    if not 1 <= amount <= MOST_UNITS:
        raise Invalid(detail=f"1 ≤ amount ≤ {MOST_UNITS}", fields={"amount": [f"1–{MOST_UNITS}"]})
    return _move(engine, lambda now: _later(now, amount, unit))


def read_instant(said: str) -> datetime:
    """An instant from a text: a day or a local time in China, or with an offset. Raises InstantInvalid."""
    try:
        if len(said) == 10:
            return datetime.combine(date.fromisoformat(said), time(9), CST)
        instant = datetime.fromisoformat(said)
        instant = instant if instant.tzinfo else instant.replace(tzinfo=CST)
        return instant.astimezone(CST)
    except (ValueError, OverflowError):
        raise InstantInvalid(said=said[:40], fields={"set": [said[:40]]}) from None


def step_through(engine: Engine, until: datetime, put: Callable[[datetime], None]) -> int:
    """Let time pass to `until`: `put` the clock at each instant at which something is due, fire it, run the jobs dry.

    Answers how many stops there were. What can't fire has an incident, and does not hold up the clock.
    """
    run_dry(engine)
    stops, passed = 0, set[UUID]()
    last: tuple[UUID, datetime] | None = None
    while stops < MOST_STOPS:
        with engine.database.connect() as connection:
            due = connection.execute(_NEXT_DUE, {"until": until, "passed": list(passed)}).one_or_none()
        if due is None:
            break
        if last == (due.id, due.look_at):  # it was fired and is due as before: its incident has it
            passed.add(due.id)
            continue
        put(due.look_at)
        look_at_case(engine, due.id)
        run_dry(engine)
        last, stops = (due.id, due.look_at), stops + 1
    put(until)
    run_dry(engine)
    return stops


def _move(engine: Engine, target: Callable[[datetime], datetime]) -> ClockState:
    with _alone(engine):
        before = show_clock(engine)
        until = target(before.now)
        if until <= before.now:
            raise ClockForwardOnly(now=_spelled(before.now))
        if until > before.now + FURTHEST:
            raise ClockTooFar(until=_spelled(before.now + FURTHEST), fields={})
        stops = step_through(engine, until, lambda at: _put(engine, at))
        after = show_clock(engine)
    return ClockState(after.now, after.offset, after.next_due, before.now, stops)


def _put(engine: Engine, at: datetime) -> None:
    """Never back: a thing that was due before now is met now."""
    engine.perform(Actor.system("clock"), lambda uow: uow.write(PUT_DOMAIN_NOW_SQL, (at,)))


@contextlib.contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    with engine.database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK}):
            raise ClockBusy()
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})


def _later(now: datetime, amount: int, unit: str) -> datetime:
    if unit == "working-day":
        local = now.astimezone(CST)
        return datetime.combine(national_calendar().add(local.date(), amount).day, local.time(), CST)
    return now + (timedelta(days=amount) if unit == "calendar-day" else timedelta(hours=amount))


def _spelled(instant: datetime | None) -> str | None:
    return instant.astimezone(CST).isoformat(timespec="seconds") if instant else None
