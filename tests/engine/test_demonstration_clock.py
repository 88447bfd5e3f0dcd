"""The demonstration clock: days pass, what is due happens at its own instant, and nothing else moves."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from engine.background.demonstration_clock import (
    ClockBusy,
    ClockForwardOnly,
    ClockMissing,
    ClockTooFar,
    InstantInvalid,
    advance_clock,
    read_instant,
    set_clock,
    show_clock,
)
from engine.cases.accept import Acceptance
from engine.cases.submit import Application
from engine.clock import CST
from engine.errors import Invalid

MONDAY = datetime(2026, 9, 21, 9, tzinfo=CST)


@pytest.fixture
def marked(engine):
    """A demonstration whose clock stands on a Monday."""
    with engine.database.begin() as connection:
        connection.execute(text("UPDATE platform SET clock_offset = :at - clock_timestamp()"), {"at": MONDAY})
    return engine


def test_ten_working_days_skip_the_weekends_and_the_holidays(marked):
    moved = advance_clock(marked, 10)
    # Friday 25 September is the Mid-Autumn holiday, 1 to 7 October the national one.
    assert moved.moved_from is not None
    assert (moved.moved_from - MONDAY) < timedelta(minutes=1)
    assert moved.as_data()["working_day"]
    assert moved.now.astimezone(CST).date() > MONDAY.date() + timedelta(days=14)
    assert moved.now.astimezone(CST).hour == 9


def test_a_case_is_late_after_its_days_have_passed(marked, actor):
    clerk = actor("clerk.chen")
    case = marked.submit(
        clerk, Application("joint-final-inspection", "440100", {"name": "甲公司"}, {"project_name": "楼"})
    )
    marked.accept(clerk, Acceptance(case["number"], "accepted"))
    advance_clock(marked, 30)
    file = marked.case_file(case["number"])
    assert file["remaining_working_days"] < 0
    assert marked.verify_record(case["number"]).whole


def test_time_runs_on_from_where_it_was_put(marked):
    first = set_clock(marked, MONDAY + timedelta(days=1)).now
    second = show_clock(marked).now
    assert first <= second < first + timedelta(minutes=1)


def test_it_goes_forward_only_and_not_too_far(marked):
    with pytest.raises(ClockForwardOnly):
        set_clock(marked, MONDAY - timedelta(days=1))
    with pytest.raises(ClockTooFar):
        set_clock(marked, MONDAY + timedelta(days=4000))
    for amount, unit in ((0, "hour"), (1001, "hour"), (1, "week")):
        with pytest.raises(Invalid):
            advance_clock(marked, amount, unit)
    assert show_clock(marked).now < MONDAY + timedelta(minutes=5)


def test_there_is_no_such_clock_outside_a_demonstration(marked):
    with marked.database.begin() as connection:
        connection.execute(text("UPDATE platform SET demonstration = false"))
    with pytest.raises(ClockMissing):
        advance_clock(marked, 1)
    with pytest.raises(ClockMissing):
        show_clock(marked)


def test_one_moves_it_at_a_time(marked):
    with marked.database.connect() as other:
        other.execute(text("SELECT pg_advisory_lock(:key)"), {"key": 0x6F6E6577})
        with pytest.raises(ClockBusy):
            advance_clock(marked, 1)
        other.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": 0x6F6E6577})
    advance_clock(marked, 1)


def test_two_movers_leave_the_clock_where_one_of_them_put_it(marked):
    ended: list[str] = []

    def move() -> None:
        try:
            advance_clock(marked, 24, "hour")
            ended.append("moved")
        except ClockBusy:
            ended.append("busy")

    threads = [threading.Thread(target=move) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    moved = show_clock(marked).now - MONDAY
    assert ended.count("moved") >= 1
    assert abs(moved - timedelta(days=ended.count("moved"))) < timedelta(minutes=5)


@pytest.mark.parametrize(
    "said", ["", "yesterday", "2026-13-01", "2026-02-30", "2026-09-21T25:00", "\0", "9999-12-31T23:59-14:00"]
)
def test_what_names_no_instant_is_told(said):
    with pytest.raises(InstantInvalid):
        read_instant(said)


def test_a_day_means_its_morning_and_no_offset_means_china():
    assert read_instant("2026-09-21") == MONDAY
    assert read_instant("2026-09-21T09:00") == MONDAY
    assert read_instant("2026-09-21T01:00:00+00:00") == MONDAY
