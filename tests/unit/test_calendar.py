"""The calendar against the table of the domain's test vectors (holiday notices of 2024 to 2026), and limits upon it."""

from datetime import date, datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.timelimits.calendar import WorkingCalendar
from engine.timelimits.errors import CalendarRangeExceeded, LimitInvalid
from engine.timelimits.limits import Entry, Limit, LimitKind, due, elapsed, remaining, started, stopped
from engine.timelimits.national import national_calendar

NATIONAL = national_calendar()
STEPS = (1, 5, 10, 20, 30, 45, 60)
VECTORS = {
    "2024-02-08": "2024-02-09 2024-02-21 2024-02-28 2024-03-13 2024-03-27 2024-04-18 2024-05-11",
    "2024-04-26": "2024-04-28 2024-05-07 2024-05-13 2024-05-27 2024-06-11 2024-07-02 2024-07-23",
    "2025-01-24": "2025-01-26 2025-02-07 2025-02-13 2025-02-27 2025-03-13 2025-04-03 2025-04-25",
    "2025-09-29": "2025-09-30 2025-10-13 2025-10-20 2025-11-03 2025-11-17 2025-12-08 2025-12-29",
    "2025-09-30": "2025-10-09 2025-10-14 2025-10-21 2025-11-04 2025-11-18 2025-12-09 2025-12-30",
    "2025-10-04": "2025-10-09 2025-10-14",
    "2025-12-31": "2026-01-04 2026-01-08 2026-01-15 2026-01-29 2026-02-12 2026-03-11 2026-04-01",
    "2026-02-13": "2026-02-14 2026-02-27 2026-03-05 2026-03-19 2026-04-02 2026-04-24 2026-05-19",
}
CASES = [(start, n, end) for start, ends in VECTORS.items() for n, end in zip(STEPS, ends.split(), strict=False)]
MOVED_BY_YEAR = {
    2024: "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    2025: "01-26 02-08 04-27 09-28 10-11",
    2026: "01-04 02-14 02-28 05-09 09-20 10-10",
}
MOVED = [f"{year}-{day}" for year, days in MOVED_BY_YEAR.items() for day in days.split()]


def d(text):
    return date.fromisoformat(text)


@pytest.mark.parametrize(("start", "days", "end"), CASES)
def test_a_limit_steps_over_the_holidays_and_counts_the_moved_days(start, days, end):
    found = NATIONAL.add(d(start), days)
    assert (found.day, found.provisional) == (d(end), False)
    assert NATIONAL.between(d(start), d(end)) == days


@pytest.mark.parametrize("day", MOVED)
def test_a_weekend_day_moved_into_work_counts(day):
    assert d(day).weekday() >= 5
    assert NATIONAL.counts(d(day))


@pytest.mark.parametrize(("year", "days"), [(2024, 251), (2025, 248), (2026, 248)])
def test_a_year_has_the_published_number_of_working_days(year, days):
    assert len(NATIONAL.working_days(year)) == days


def test_no_other_weekend_day_is_moved():
    assert {day for day in NATIONAL.moved_workdays if day.year >= 2024} == {d(day) for day in MOVED}


def test_a_date_in_a_year_without_a_notice_is_provisional():
    assert NATIONAL.add(d("2026-12-30"), 5).provisional
    assert not NATIONAL.add(d("2026-12-30"), 1).provisional


def test_a_limit_nobody_could_mean_is_refused_with_advice():
    with pytest.raises(CalendarRangeExceeded, match="Check its number and its unit"):
        NATIONAL.add(d("2025-09-29"), 1_000_000)
    with pytest.raises(CalendarRangeExceeded):
        NATIONAL.add(date(9999, 12, 30), 300)


@given(start=st.dates(date(2020, 1, 1), date(2030, 1, 1)), days=st.integers(0, 900))
def test_between_undoes_add(start, days):
    assert NATIONAL.between(start, NATIONAL.add(start, days).day) == days


@given(first=st.dates(date(2023, 6, 1), date(2027, 6, 1)), length=st.integers(-40, 500))
def test_between_is_a_count_of_days_one_by_one(first, length):
    last = date.fromordinal(first.toordinal() + length)
    days = (date.fromordinal(first.toordinal() + n) for n in range(1, length + 1))
    assert NATIONAL.between(first, last) == sum(NATIONAL.counts(day) for day in days)


def test_calendars_are_values():
    used, fresh = WorkingCalendar(version=3), WorkingCalendar(version=3)
    used.add(d("2026-01-01"), 5)
    assert used == fresh
    assert hash(used) == hash(fresh)


def test_a_limit_in_calendar_days_that_ends_on_a_rest_day_ends_on_the_next_working_day():
    assert due(NATIONAL, d("2026-09-21"), Limit(10, "calendar-day")).day == d("2026-10-08")
    assert due(NATIONAL, d("2026-09-21"), Limit(2, "calendar-day")).day == d("2026-09-23")
    assert due(NATIONAL, d("2026-09-21"), Limit(10, "working-day")).day == d("2026-10-12")


def test_a_calendar_day_limit_is_provisional_only_by_the_year_it_ends_in():
    assert due(NATIONAL, d("2026-12-30"), Limit(5, "calendar-day")).provisional
    assert not due(NATIONAL, d("2023-12-01"), Limit(60, "calendar-day")).provisional


@pytest.mark.parametrize(
    ("today", "left"), [("2026-09-30", 4), ("2026-10-12", 0), ("2026-10-11", 1), ("2026-10-14", -2)]
)
def test_what_is_left_goes_below_nothing_when_the_day_has_passed(today, left):
    assert remaining(NATIONAL, d(today), d("2026-10-12")) == left


def test_elapsed_leaves_out_the_start_day_and_the_holidays():
    assert elapsed(NATIONAL, d("2026-09-21"), d("2026-09-21")) == 0
    assert elapsed(NATIONAL, d("2026-09-24"), d("2026-10-08")) == 4


@pytest.mark.parametrize(("days", "unit"), [(0, "working-day"), (-1, "working-day"), (10**9, "working-day")])
def test_a_limit_without_a_sensible_number_is_refused(days, unit):
    with pytest.raises(LimitInvalid):
        Limit(days, unit)


@pytest.mark.parametrize(
    ("days", "unit"), [(5, "day"), (5, ""), ("五", "working-day"), (True, "working-day"), (None, None)]
)
def test_a_limit_has_no_default_number_or_unit(days, unit):
    with pytest.raises(LimitInvalid):
        Limit(days, unit)


def test_the_ledger_starts_on_the_day_in_china_and_keeps_the_calendars_version():
    late_in_utc = datetime(2026, 9, 21, 17, 0, tzinfo=timezone.utc)  # 01:00 on the 22nd in China
    entry = started(NATIONAL, late_in_utc, LimitKind.PROMISED, Limit(1, "working-day"))
    assert (entry.entry, entry.due.day, entry.calendar_version) == (Entry.START, d("2026-09-23"), NATIONAL.version)
    assert stopped(entry, late_in_utc).entry == Entry.STOP
    assert stopped(entry, late_in_utc).due is None
