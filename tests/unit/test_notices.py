"""Holiday notices: what contradicts itself is refused by line, and the narrower and the later one win."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.timelimits.errors import CalendarDataInvalid, WorkingHoursInvalid
from engine.timelimits.load import calendar_of, hours_of
from engine.timelimits.national import national_calendar, national_days
from engine.timelimits.notices import changed_days, check_against, forgotten, read_notice
from engine.timelimits.working_hours import STANDARD_HOURS

NATIONAL = national_calendar()
NEW_YEAR = {"date": "2027-01-01", "to": "2027-01-03", "kind": "rest", "name": "元旦"}
MOVED = {"date": "2027-02-14", "kind": "work"}


def notice(*days, year=2027, **more):
    return read_notice({"notice": "放假通知", "days": list(days)} | more, year)


def d(text):
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("days", "what"),
    [
        ([{"date": "2027-02-30", "kind": "rest"}], "line 1: there is no day “2027-02-30”"),
        ([NEW_YEAR, {"date": "tomorrow", "kind": "rest"}], "line 2: there is no day"),
        ([{"date": "2027-01-01", "kind": "holiday"}], "kind “holiday” must be rest or work"),
        ([NEW_YEAR, {"date": "2027-01-02", "kind": "rest"}], "2027-01-02 is named twice"),
        ([NEW_YEAR, {"date": "2027-01-02", "kind": "work"}], "both a rest day and a working day"),
        ([{"date": "2026-12-31", "kind": "rest"}], "belongs into the notice of 2026"),
        ([{"date": "2027-12-31", "to": "2028-01-02", "kind": "rest"}], "not in that year"),
        ([{"date": "2027-01-03", "to": "2027-01-01", "kind": "rest"}], "no span of days"),
        ([{"date": "2027-01-04", "kind": "work"}], "no weekend day"),
        ([], "names no day at all"),
    ],
)
def test_a_notice_that_contradicts_itself_is_refused_by_what_is_wrong(days, what):
    with pytest.raises(CalendarDataInvalid, match=what):
        notice(*days)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ({"notice": "放假通知", "year": 2026}, "the file speaks of 2026"),
        ({"notice": " "}, "name of the notice is missing"),
        ({"days": "2027-01-01"}, "a line a day"),
        ({"days": ["2027-01-01"]}, "a line a day"),
        ({"days": [NEW_YEAR] * 400}, "no more than 366"),
        ({"department": "gz-fire-acceptance"}, "must name its region"),
    ],
)
def test_a_notice_of_another_shape_is_refused(data, what):
    with pytest.raises(CalendarDataInvalid, match=what):
        read_notice({"notice": "放假通知", "days": [NEW_YEAR]} | data, 2027)


def test_a_year_nobody_could_mean_is_refused():
    with pytest.raises(CalendarDataInvalid, match="from 2001 to 2060"):
        notice(NEW_YEAR, year=1027)


def test_a_national_notice_replaces_its_year_and_makes_it_certain():
    after = calendar_of([notice(NEW_YEAR, MOVED)], 2)
    assert (after.version, after.counts(d("2027-01-01")), after.counts(d("2027-02-14"))) == (2, False, True)
    assert after.counts(d("2027-10-01"))  # it says nothing of the National Day, and what the library guessed is gone
    assert not after.add(d("2027-03-01"), 5).provisional
    assert after.counts(d("2026-10-01")) == NATIONAL.counts(d("2026-10-01"))


def test_what_a_national_notice_leaves_out_is_pointed_at():
    left_out = forgotten(NATIONAL, notice(NEW_YEAR, MOVED), national_days(2027))
    assert d("2027-10-01") in [day for day, _ in left_out]
    assert d("2027-01-01") not in [day for day, _ in left_out]


def test_the_later_notice_of_a_place_replaces_the_earlier_one():
    storm = notice({"date": "2026-06-10", "kind": "rest"}, year=2026, region="440100")
    over = notice({"date": "2026-06-11", "kind": "rest"}, year=2026, region="440100")
    after = calendar_of([storm, over], 3)
    assert changed_days(NATIONAL, after, 2026) == [(d("2026-06-11"), False)]


def test_a_region_may_close_on_a_moved_working_day_and_work_on_a_rest_day():
    storm = notice(
        {"date": "2026-10-10", "kind": "rest"}, {"date": "2026-10-11", "kind": "work"}, year=2026, region="440100"
    )
    assert changed_days(NATIONAL, calendar_of([storm], 2), 2026) == [(d("2026-10-10"), False), (d("2026-10-11"), True)]


def test_a_region_cannot_move_a_working_day_into_work():
    with pytest.raises(CalendarDataInvalid, match="working day anyway"):
        check_against(NATIONAL, notice({"date": "2026-06-10", "kind": "work"}, year=2026, region="440100"))


def test_opening_hours_stay_until_another_notice_of_the_place_names_some():
    short = notice(year=2026, region="440100", working_hours=[["10:00", "12:00"]])
    assert hours_of([short, notice(year=2026, region="440100")]) == short.hours
    assert hours_of([]) == STANDARD_HOURS
    with pytest.raises(WorkingHoursInvalid):
        notice(year=2026, region="440100", working_hours=[["noon", "12:00"]])
    with pytest.raises(WorkingHoursInvalid):
        notice(year=2026, region="440100", working_hours=[["12:00"]])


@given(
    st.dictionaries(st.dates(date(2027, 1, 1), date(2027, 12, 31)), st.booleans(), min_size=1, max_size=30),
    st.dates(date(2026, 11, 1), date(2027, 12, 1)),
    st.integers(1, 60),
)
def test_a_calendar_with_any_notice_of_a_region_adds_and_counts_alike(days, start, number):
    lines = [{"date": day.isoformat(), "kind": "work" if works else "rest"} for day, works in days.items()]
    said = notice(*lines, region="440100")
    after = calendar_of([said], 2)
    assert all(after.counts(one.day) == one.works for one in said.days)
    assert after.between(start, after.add(start, number).day) == number
    assert read_notice(said.as_data(), 2027) == said
