"""The national days against a second library, day by day, and what is said of years without a notice."""

from datetime import date, timedelta

import chinese_calendar
import pytest

from engine.timelimits.national import FIRST_YEAR, LAST_YEAR, PUBLISHED_YEARS, national_calendar

NATIONAL = national_calendar()
#: Saturday 31 December 2005 was moved into work by the notice of 2006 (国办发明电〔2005〕56号); the second library lacks it.
KNOWN_DIFFERENCES = {date(2005, 12, 31)}
BOTH_KNOW = sorted({day.year for day in chinese_calendar.constants.holidays} & set(range(FIRST_YEAR, LAST_YEAR + 1)))


@pytest.mark.parametrize("year", BOTH_KNOW)
def test_every_day_counts_as_the_second_library_says(year):
    days = [date(year, 1, 1) + timedelta(days=n) for n in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)]
    assert {day for day in days if NATIONAL.counts(day) != chinese_calendar.is_workday(day)} <= KNOWN_DIFFERENCES


def test_the_years_called_published_are_those_that_two_libraries_know():
    assert sorted(PUBLISHED_YEARS) == BOTH_KNOW


def test_a_year_whose_notice_nobody_has_seen_is_provisional_though_the_library_answers_for_it():
    assert not NATIONAL.counts(date(2027, 10, 1))
    assert NATIONAL.add(date(2027, 9, 30), 1).provisional
    assert NATIONAL.add(date(2003, 6, 2), 1).provisional


def test_only_the_days_that_were_counted_make_a_date_provisional():
    assert not NATIONAL.add(date(2003, 12, 31), 5).provisional
    assert NATIONAL.published_within(date(2003, 12, 31), date(2004, 1, 5))
    assert not NATIONAL.published_within(date(2003, 12, 30), date(2004, 1, 5))
