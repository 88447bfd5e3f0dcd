"""Timer texts: what instant they mean."""

from datetime import datetime, timedelta, timezone

import pytest

from engine.bpmn.timers import parse_timer
from engine.clock import CST

START = datetime(2027, 3, 1, 1, tzinfo=CST)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("PT1H", START + timedelta(hours=1)),
        ("P3D", START + timedelta(days=3)),
        ("P2W", START + timedelta(days=14)),
        ("PT0.5S", START + timedelta(seconds=0.5)),
        ("'P1D'", START + timedelta(days=1)),
        ("P1M", datetime(2027, 4, 1, 1, tzinfo=CST)),
        ("P1Y", datetime(2028, 3, 1, 1, tzinfo=CST)),
        ("2027-05-01", datetime(2027, 5, 1, tzinfo=CST)),
        ("2027-05-01T08:00:00Z", datetime(2027, 5, 1, 16, tzinfo=CST)),
    ],
)
def test_a_text_means_an_instant(text, due):
    assert parse_timer(text, START) == due


def test_months_are_counted_on_the_calendar_of_china():
    """01:00 on 1 March there is still 28 February in UTC."""
    assert parse_timer("P1M", START.astimezone(timezone.utc)) == datetime(2027, 4, 1, 1, tzinfo=CST)


def test_the_last_day_of_a_month_stays_one():
    assert parse_timer("P1M", datetime(2027, 1, 31, 9, tzinfo=CST)) == datetime(2027, 2, 28, 9, tzinfo=CST)


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "soon", "P1H", "0001-01-01", "9999-12-31", "9999-12-31T23:59-12:00", "P9999Y", "P99999D" * 2],
)
def test_what_is_no_time_that_a_case_can_wait_for_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - datetime's own words, ours are said at the node
        parse_timer(text, START)
