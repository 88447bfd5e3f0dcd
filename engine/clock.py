"""The only place that asks for the time.

Two clocks. **Domain time** is what limits, events and timers live in: the database's `clock_timestamp()` plus the
platform's offset, or a fixed instant while a scenario is played (`platform.clock_fixed_at`). It is read inside the
statement that takes the lock, by `DOMAIN_NOW_SQL`, so that every process of a platform agrees. **Wall time** is for
tokens, retries, leases and logs; the demonstration clock never moves it.

Days are counted in China Standard Time (+08:00, no daylight saving), wherever the server stands.
"""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta, timezone

#: The zone in which a day begins and ends for a time limit.
CST = timezone(timedelta(hours=8), "CST")

#: Domain time, to be embedded in a statement whose FROM holds the one row of `platform` as `p`.
DOMAIN_NOW_SQL = "coalesce(p.clock_fixed_at, clock_timestamp() + p.clock_offset)"

#: The day in China of domain time, to be embedded in the same way.
DOMAIN_TODAY_SQL = f"(({DOMAIN_NOW_SQL}) AT TIME ZONE INTERVAL '+08:00')::date"

#: Puts domain time at an instant (the one parameter), never back; it runs on from there.
PUT_DOMAIN_NOW_SQL = (
    f"UPDATE platform p SET clock_offset = greatest(%s::timestamptz, {DOMAIN_NOW_SQL}) - clock_timestamp(), "
    "clock_fixed_at = NULL"
)


def wall_now() -> datetime:
    """The wall clock, in UTC: for tokens, retries and logs, never for the domain."""
    return datetime.now(timezone.utc)


def monotonic() -> float:
    """Seconds on a clock that never goes back: for waiting and measuring, never for storing."""
    return time.monotonic()


def day_of(instant: datetime) -> date:
    """The calendar day in China on which an instant (with an offset) falls."""
    return instant.astimezone(CST).date()
