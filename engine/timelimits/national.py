"""The mainland's calendar: statutory days and moved working days, from the `holidays` library.

The library answers for every year, also for those whose notice nobody has seen: it knows which days the law names
(全国年节及纪念日放假办法) and guesses the rest. So it is said here, by hand, of which years the State Council's notice is
in it (`PUBLISHED_YEARS`, checked day by day against a second library by `tests/unit/test_national_days.py`); every
other year is provisional until an administrator imports its notice.
"""

from __future__ import annotations

from datetime import date
from functools import cache

import holidays

from engine.timelimits.calendar import WorkingCalendar

#: The years whose notice is in the library, of 国务院办公厅关于某年部分节假日安排的通知. A new year is added here with a
#: release, or imported where it is needed sooner.
PUBLISHED_YEARS = frozenset(range(2004, 2027))
#: What the library speaks of with some sense. Outside of it, no question about working days is answered at the edge.
FIRST_YEAR, LAST_YEAR = 2001, 2060
#: The version of the calendar before anything was imported.
FIRST_VERSION = 1


@cache
def _days() -> holidays.HolidayBase:
    return holidays.country_holidays("CN", years=range(FIRST_YEAR, LAST_YEAR + 1), language="zh_CN")


def national_days(year: int) -> dict[date, str]:
    """The days of a year on which the library has people rest, with their names."""
    return {day: name for day, name in _days().items() if day.year == year}


@cache
def national_calendar() -> WorkingCalendar:
    """The mainland's calendar as the release knows it, before any imported notice."""
    days = _days()
    return WorkingCalendar(
        version=FIRST_VERSION,
        holidays=frozenset(days),
        moved_workdays=frozenset(days.weekend_workdays),
        published_years=PUBLISHED_YEARS,
    )
