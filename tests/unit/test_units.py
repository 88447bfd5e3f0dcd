"""Units of limits other than working days: months by day number, hours from the instant, working hours at the desks."""

from datetime import date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import CST
from engine.timelimits.errors import CalendarRangeExceeded, WorkingHoursInvalid
from engine.timelimits.limits import Limit, due, months_after, passes_at
from engine.timelimits.national import national_calendar
from engine.timelimits.working_hours import STANDARD_HOURS, WorkingHours

NATIONAL = national_calendar()
INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2026, 6, 1), timezones=st.just(CST))


def d(text):
    return date.fromisoformat(text)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=CST)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-01-15", 1, "2026-02-24"),  # 15 February lies in the Spring Festival: the next working day
        ("2026-01-31", 1, "2026-02-28"),  # no 31 February: its last day, a Saturday moved into work
        ("2024-01-31", 1, "2024-02-29"),
        ("2025-11-30", 3, "2026-02-28"),
        ("2026-03-09", 2, "2026-05-09"),  # a Saturday moved into work counts as the last day
        ("2026-04-10", 12, "2027-04-12"),  # a Saturday
    ],
)
def test_a_limit_in_months_ends_on_the_same_day_number_or_the_months_last_day(start, months, end):
    assert due(NATIONAL, d(start), Limit(months, "month")).day == d(end)


def test_a_limit_in_months_that_nobody_could_mean_is_refused():
    for months in (600, 3650):
        with pytest.raises(CalendarRangeExceeded):
            due(NATIONAL, d("2026-01-15"), Limit(months, "month"))
    with pytest.raises(CalendarRangeExceeded):
        due(NATIONAL, d("9999-12-15"), Limit(1, "month"))
    with pytest.raises(CalendarRangeExceeded):
        due(NATIONAL, d("9999-12-15"), Limit(30, "calendar-day"))


@given(day=st.dates(date(2001, 1, 1), date(2060, 12, 31)), months=st.integers(1, 360))
def test_months_keep_the_day_number_where_the_month_has_it(day, months):
    later = months_after(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-09-21T10:00", 1, "2026-09-21T11:00"),
        ("2026-09-21T11:30", 1, "2026-09-21T13:30"),  # over lunch
        ("2026-09-21T09:00", 3, "2026-09-21T12:00"),  # ends when the morning does, not when the afternoon begins
        ("2026-09-21T16:00", 1, "2026-09-21T17:00"),
        ("2026-09-21T16:30", 1, "2026-09-22T09:30"),
        ("2026-09-21T20:00", 7, "2026-09-22T17:00"),
        ("2026-09-30T16:00", 2, "2026-10-08T10:00"),  # over the National Day
        ("2026-10-03T10:00", 7, "2026-10-08T17:00"),  # filed on a holiday
        ("2026-10-09T16:00", 2, "2026-10-10T10:00"),  # a Saturday moved into work
    ],
)
def test_working_hours_run_while_the_department_is_open(start, hours, end):
    found = due(NATIONAL, at(start), Limit(hours, "working-hour"))
    assert (found.at, found.day) == (at(end), at(end).date())


def test_hours_run_through_nights_and_holidays_from_the_instant():
    found = due(NATIONAL, at("2026-09-30T16:00"), Limit(48, "hour"))
    assert (found.at, found.day, found.provisional) == (at("2026-10-02T16:00"), d("2026-10-02"), False)


def test_a_department_has_hours_of_its_own():
    afternoons = WorkingHours(((time(14), time(18)),))
    assert due(NATIONAL, at("2026-09-21T09:00"), Limit(5, "working-hour"), afternoons).at == at("2026-09-22T15:00")


def test_the_day_of_an_instant_is_its_day_in_china():
    late = datetime(2026, 9, 21, 17, 0, tzinfo=timezone.utc)  # 01:00 on the 22nd in China
    assert due(NATIONAL, late, Limit(1, "working-day")).day == d("2026-09-23")
    assert due(NATIONAL, late, Limit(1, "working-hour")).at == at("2026-09-22T10:00")


def test_a_limit_passes_when_its_last_day_is_over_in_china():
    assert passes_at(due(NATIONAL, d("2026-09-21"), Limit(1, "working-day"))) == at("2026-09-23T00:00")
    assert passes_at(due(NATIONAL, at("2026-09-21T10:00"), Limit(1, "hour"))) == at("2026-09-21T11:00")


@pytest.mark.parametrize(
    "spans",
    [
        (),
        ((time(9), time(9)),),
        ((time(12), time(9)),),
        ((time(9), time(12)), (time(11), time(17))),
        ((time(13), time(17)), (time(9), time(12))),
    ],
)
def test_hours_that_are_no_hours_of_a_day_are_refused(spans):
    with pytest.raises(WorkingHoursInvalid):
        WorkingHours(spans)


@given(start=INSTANTS, hours=st.integers(1, 500))
def test_working_time_between_undoes_the_addition(start, hours):
    end = STANDARD_HOURS.add(NATIONAL, start, hours)
    assert STANDARD_HOURS.between(NATIONAL, start, end) == timedelta(hours=hours)
    assert STANDARD_HOURS.between(NATIONAL, start, end - timedelta(microseconds=1)) < timedelta(hours=hours)


@given(start=INSTANTS, first=st.integers(1, 200), second=st.integers(1, 200))
def test_working_hours_add_up(start, first, second):
    halfway = STANDARD_HOURS.add(NATIONAL, start, first)
    assert STANDARD_HOURS.add(NATIONAL, halfway, second) == STANDARD_HOURS.add(NATIONAL, start, first + second)
