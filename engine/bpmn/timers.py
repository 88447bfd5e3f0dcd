"""Timer texts: ISO 8601 dates and durations, bare or quoted. Pure; the start is handed in.

A date without a zone is China time. Months and years are calendar months from the start (31 January + P1M is the last
day of February), as ISO 8601 leaves open and people expect.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import datetime, timedelta

from engine.clock import CST

_DURATION = re.compile(
    r"P(?=.)(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?"
    r"(?:T(?=.)(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,8})(?:[.,]\d+)?S)?)?"
)


def parse_timer(text: str, start: datetime) -> datetime:
    """The instant that a timer text means, counted from `start`.

    Raises:
        ValueError: the text is neither an ISO 8601 date(-time) nor a duration, or reaches beyond the calendar.
    """
    text = text.strip().strip("'\"").strip()
    duration = _DURATION.fullmatch(text.upper())
    if duration is None:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=CST)
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in duration.groups())
    try:
        moved = _add_months(start, years * 12 + months)
        return moved + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        raise ValueError(f"{text} reaches beyond the calendar")


def _add_months(start: datetime, months: int) -> datetime:
    month = start.month - 1 + months
    year, month = start.year + month // 12, month % 12 + 1
    if year > 9999:
        raise OverflowError
    return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))
