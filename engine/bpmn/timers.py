"""Timer texts: ISO 8601 dates and durations, bare or quoted, and limits such as `5 working-day`. Pure; the start is handed in.

A limit is counted as those of tasks are: the first day does not count, its last one counts to its end, and rest days are those
of the case's calendar, which whoever moves the run hands in (`counting_by`). ISO 8601 has no word for a working day.

A date without a zone is China time. Months and years are calendar months from the start (31 January + P1M is the last
day of February), as ISO 8601 leaves open and people expect.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime, timedelta, timezone

from engine.clock import CST

#: What a database and a calendar can surely hold, with every zone; nobody's approval waits longer.
FIRST_YEAR, LAST_YEAR = 1970, 9000

_DURATION = re.compile(
    r"P(?=.)(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?"
    r"(?:T(?=.)(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,8}(?:[.,]\d{1,6})?)S)?)?"
)


#: Such as `5 working-day`: the units are those of `ow:timeLimit`.
_LIMIT = re.compile(r"([1-9]\d{0,3}) (working-day|calendar-day|month|working-hour|hour)")
Count = Callable[[datetime, int, str], datetime]


def _plainly(start: datetime, amount: int, unit: str) -> datetime:
    """A limit without a calendar, for judging a diagram and for its trial: every day counts."""
    return start + (
        timedelta(hours=amount) if unit.endswith("hour") else timedelta(days=amount * (31 if unit == "month" else 1))
    )


_COUNT: ContextVar[Count] = ContextVar("count", default=_plainly)


def counting_by(count: Count) -> None:
    """Count the limits of timers that are armed from now on, in this thread, by a calendar."""
    _COUNT.set(count)


def is_limit(text: str) -> bool:
    """Whether a timer text is a limit such as `5 working-day`."""
    return _LIMIT.fullmatch(text.strip()) is not None


_CYCLE = re.compile(r"R(\d{0,4})/(P[^/]+)")


def cycle(text: str) -> tuple[int | None, str]:
    """How often a repeating timer fires (None: for ever) and its period: `R3/PT10H`, `R/P1D`.

    Raises:
        ValueError: it is no ISO 8601 repetition of a duration, or of none at all.
    """
    found = _CYCLE.fullmatch(text.strip().strip("'\"").strip().upper())
    if found is None or found[1].strip("0") == "" != found[1]:
        raise ValueError(f"{text} is no repetition")
    return (int(found[1]) if found[1] else None), found[2]


def parse_timer(text: str, start: datetime) -> datetime:
    """The instant that a timer text means, counted from `start`.

    Raises:
        ValueError: the text is neither an ISO 8601 date(-time) nor a duration nor a limit, or reaches beyond the calendar.
    """
    text = text.strip().strip("'\"").strip()
    if limit := _LIMIT.fullmatch(text):
        return _COUNT.get()(start, int(limit[1]), limit[2])
    duration = _DURATION.fullmatch(text.upper())
    try:
        moment = _moment(text) if duration is None else _later(start, duration)
    except OverflowError:
        raise ValueError(f"{text} reaches beyond the calendar")
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"{text} reaches beyond the years {FIRST_YEAR} to {LAST_YEAR}")
    return moment


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=CST)).astimezone(timezone.utc)


def _later(start: datetime, duration: re.Match[str]) -> datetime:
    """Months are China's: a step made in the first hours of a day there lies on the day before in UTC."""
    years, months, weeks, days, hours, minutes = (int(part or 0) for part in duration.groups()[:6])
    seconds = float((duration[7] or "0").replace(",", "."))
    moved = _add_months(start.astimezone(CST), years * 12 + months)
    later = moved + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return later.astimezone(timezone.utc)


def _add_months(start: datetime, months: int) -> datetime:
    month = start.month - 1 + months
    year, month = start.year + month // 12, month % 12 + 1
    if year > 9999:
        raise OverflowError
    return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))
