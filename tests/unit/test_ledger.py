"""The ledger of a limit: the vectors of the law, and the properties that must hold for every ledger."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clock import CST
from engine.timelimits.ledger import Almanac, Entry, LedgerEntry, known_at, next_look, pauses_of, standing, start_of
from engine.timelimits.limits import Limit, Unit
from engine.timelimits.national import national_calendar

ALMANAC = Almanac(national_calendar())
DAY = timedelta(days=1)


def at(day: str, hour: int = 10) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), CST) + timedelta(hours=hour)


def entry(kind: Entry, when: datetime, limit: Limit | None = None, ref: int = 0, **more) -> LedgerEntry:
    return LedgerEntry(kind, when, more.pop("recorded_at", when), more.pop("version", 1), limit, ref=ref, **more)


def start(day: str, days: int, unit: str = "working-day", **more) -> LedgerEntry:
    return entry(Entry.START, at(day), Limit(days, unit), **more)


def pause(ref: int, since: str, until: str | None = None) -> list[LedgerEntry]:
    begins = entry(Entry.PAUSE, at(since), Limit(10, "working-day"), ref)
    return [begins] if until is None else [begins, entry(Entry.RESUME, at(until), None, ref)]


def stands(entries, when: datetime):
    found = standing(sorted(entries, key=lambda one: one.recorded_at), lambda version: ALMANAC, when)
    assert found is not None
    return found


def due(*entries: LedgerEntry) -> str:
    return stands(entries, at("2026-06-01")).due_date.isoformat()


# -- vectors


def test_an_expert_review_leaves_out_its_ten_working_days() -> None:
    assert due(start("2025-09-22", 20)) == "2025-10-24"
    assert due(start("2025-09-22", 20), *pause(1, "2025-09-25", "2025-10-15")) == "2025-11-07"


def test_overlapping_pauses_are_a_union() -> None:
    both = [*pause(1, "2025-09-25", "2025-10-15"), *pause(2, "2025-10-10", "2025-10-17")]
    assert due(start("2025-09-22", 20), *both) == "2025-11-11"


def test_a_case_deemed_accepted_runs_from_its_receipt() -> None:
    completeness = start("2025-09-29", 5)
    assert stands([completeness], at("2025-10-13", 23)).passed is False
    assert stands([completeness], start_of(date(2025, 10, 14))).passed is True
    deemed = entry(Entry.START, at("2025-09-29"), Limit(20, "working-day"), recorded_at=at("2025-10-14", 0))
    assert due(deemed) == "2025-11-03"
    assert standing([deemed], lambda version: ALMANAC, at("2025-10-13")) is None


@pytest.mark.parametrize(
    ("begins", "n", "ends"),
    [
        ("2024-02-08", 1, "2024-02-09"), ("2024-02-08", 60, "2024-05-11"), ("2024-04-26", 1, "2024-04-28"),
        ("2025-01-24", 1, "2025-01-26"), ("2025-01-24", 20, "2025-02-27"), ("2025-09-29", 20, "2025-11-03"),
        ("2025-09-30", 5, "2025-10-14"), ("2025-10-04", 1, "2025-10-09"), ("2025-10-04", 5, "2025-10-14"),
        ("2025-12-31", 45, "2026-03-11"), ("2026-02-13", 1, "2026-02-14"), ("2026-02-13", 60, "2026-05-19"),
    ],
)  # fmt: skip
def test_limits_end_where_the_law_says(begins: str, n: int, ends: str) -> None:
    found = stands([start(begins, n)], at(begins))
    assert (found.due_date.isoformat(), found.remaining_working_days, found.used) == (ends, n, 0)


def test_an_extension_adds_to_what_was_granted() -> None:
    assert (
        due(start("2025-09-22", 20), entry(Entry.EXTEND, at("2025-10-20"), Limit(10, "working-day"), 1)) == "2025-11-07"
    )


def test_a_correction_replaces_the_start() -> None:
    moved = entry(Entry.CORRECT, at("2025-09-22"), Limit(20, "working-day"), recorded_at=at("2025-09-25"))
    assert due(start("2025-09-24", 20), moved) == "2025-10-24"
    assert stands([start("2025-09-24", 20), moved], at("2025-09-24")).due_date == date(2025, 10, 28)


def test_a_limit_in_calendar_days_that_ends_on_a_holiday_ends_on_the_next_working_day() -> None:
    assert due(start("2025-09-21", 10, "calendar-day")) == "2025-10-09"


def test_a_pause_while_a_holiday_is_waited_over_stops_that_wait() -> None:
    waiting = start("2025-09-21", 10, "calendar-day")  # ends 2025-10-01, a holiday: 2025-10-09 is its last day
    assert due(waiting, *pause(1, "2025-10-03", "2025-10-13")) == "2025-10-20"


def test_a_limit_in_months_ends_on_the_same_day_number() -> None:
    assert due(start("2026-01-30", 1, "month")) == "2026-02-28"
    assert due(start("2025-10-16", 1, "month"), *pause(1, "2025-10-20", "2025-10-22")) == "2025-11-18"


def test_hours_run_on_and_working_hours_do_not() -> None:
    friday = entry(Entry.START, at("2025-11-14", 16), Limit(4, "working-hour"))
    assert stands([friday], at("2025-11-14", 16)).due_at == at("2025-11-17", 12)
    assert stands([entry(Entry.START, at("2025-11-14", 16), Limit(4, "hour"))], at("2025-11-14", 16)).due_at == at(
        "2025-11-14", 20
    )
    held = [
        friday,
        entry(Entry.PAUSE, at("2025-11-14", 16), Limit(2, "working-hour"), 1),
        entry(Entry.RESUME, at("2025-11-17", 10), None, 1),
    ]
    assert stands(held, at("2025-11-17", 10)).due_at == at("2025-11-17", 15)


def test_while_it_is_paused_what_remains_stands_still() -> None:
    entries = [start("2025-09-22", 20), *pause(1, "2025-09-25")]
    found = [stands(entries, at(day)) for day in ("2025-09-25", "2025-10-09", "2025-11-28")]
    assert {(one.state, one.remaining, one.remaining_working_days, one.light) for one in found} == {
        ("paused", 17, 17, "green")
    }
    assert found[0].due_date == date(2025, 11, 7), "as if it ended when it was said to"


def test_the_light_warns_from_its_day_on_and_is_red_after_the_last() -> None:
    entries = [start("2025-10-09", 5, warn=2)]
    lights = {day: stands(entries, at(day)).light for day in ("2025-10-11", "2025-10-13", "2025-10-15", "2025-10-16")}
    assert lights == {"2025-10-11": "green", "2025-10-13": "yellow", "2025-10-15": "yellow", "2025-10-16": "red"}


def test_a_stopped_limit_keeps_what_it_was_when_it_stopped() -> None:
    entries = [start("2025-10-09", 5), entry(Entry.STOP, at("2025-10-13"))]
    late = stands(entries, at("2026-01-05"))
    assert (late.state, late.remaining, late.light) == ("stopped", 2, "green")
    assert stands(entries, at("2025-10-10")).state == "running"


def test_it_is_looked_at_when_it_warns_and_when_it_passes() -> None:
    entries = [start("2025-10-09", 5, warn=2)]
    first = stands(entries, at("2025-10-09"))
    assert next_look(first, [], at("2025-10-09")) == start_of(date(2025, 10, 13))
    assert next_look(first, [], at("2025-10-14")) == start_of(date(2025, 10, 16))
    paused = [start("2025-10-09", 5), *pause(1, "2025-10-10")]
    assert next_look(stands(paused, at("2025-10-11")), pauses_of(paused, ALMANAC), at("2025-10-11")) == at("2025-10-23")


def test_provisional_until_the_notice_is_out() -> None:
    assert stands([start("2026-12-20", 20)], at("2026-12-20")).provisional is True
    assert stands([start("2026-11-02", 20)], at("2026-11-02")).provisional is False


# -- properties


EPOCH = date(2025, 1, 2)
days_of_the_story = st.integers(0, 120)


@st.composite
def ledgers(draw: st.DrawFn) -> list[LedgerEntry]:
    unit = draw(st.sampled_from(["working-day", "calendar-day"]))
    entries = [entry(Entry.START, start_of(EPOCH), Limit(draw(st.integers(1, 60)), unit))]
    for ref in range(1, draw(st.integers(0, 4)) + 1):
        since = draw(days_of_the_story)
        until = draw(st.one_of(st.none(), st.integers(since, 130)))
        entries.append(entry(Entry.PAUSE, start_of(EPOCH + since * DAY), Limit(5, "working-day"), ref))
        if until is not None:
            entries.append(entry(Entry.RESUME, start_of(EPOCH + until * DAY), None, ref))
    if draw(st.booleans()):
        entries.append(entry(Entry.EXTEND, start_of(EPOCH + draw(days_of_the_story) * DAY), Limit(10, unit), 1))
    if draw(st.booleans()):
        entries.append(entry(Entry.STOP, start_of(EPOCH + 125 * DAY)))
    return sorted(entries, key=lambda one: one.recorded_at)


def counted(entries: list[LedgerEntry], until: date, unit: str) -> int:
    """Day by day, without any arithmetic: the days after the start that count and lie in no pause."""
    open_at: dict[int, date] = {}
    spans: list[tuple[date, date]] = []
    for one in entries:
        day = one.effective_at.date()
        if one.entry == Entry.PAUSE:
            open_at[one.ref] = day
        elif one.entry == Entry.RESUME:
            spans.append((open_at.pop(one.ref), day))
    spans += [(day, until) for day in open_at.values()]
    total, day = 0, EPOCH
    while day < until:
        day += DAY
        counts = unit == "calendar-day" or ALMANAC.calendar.counts(day)
        total += counts and not any(since < day <= end for since, end in spans)
    return total


@given(ledgers(), st.integers(0, 120))
@settings(max_examples=150, deadline=None)
def test_remaining_and_used_are_what_was_granted(entries: list[LedgerEntry], after: int) -> None:
    when = start_of(EPOCH + after * DAY)
    found = stands(entries, when)
    known = known_at(entries, when)
    granted = sum(one.limit.days for one in known if one.entry in (Entry.START, Entry.EXTEND))
    assert found.granted == granted == found.remaining + found.used
    assert found.used == counted(known, when.date(), found.unit)
    if found.unit == Unit.WORKING_DAY and found.state == "running" and not found.passed:
        assert found.remaining == found.remaining_working_days == ALMANAC.calendar.between(when.date(), found.due_date)


@given(ledgers(), days_of_the_story, st.integers(0, 140))
@settings(max_examples=100, deadline=None)
def test_pausing_and_resuming_at_once_changes_nothing(entries: list[LedgerEntry], day: int, after: int) -> None:
    moment = start_of(EPOCH + day * DAY)
    both = [entry(Entry.PAUSE, moment, Limit(1, "working-day"), 99), entry(Entry.RESUME, moment, None, 99)]
    more = sorted([*entries, *both], key=lambda one: one.recorded_at)
    when = start_of(EPOCH + after * DAY)
    assert stands(more, when) == stands(entries, when)


@given(ledgers(), st.data(), st.integers(0, 140))
@settings(max_examples=100, deadline=None)
def test_a_pause_inside_a_pause_changes_nothing(entries: list[LedgerEntry], data: st.DataObject, after: int) -> None:
    outer = (data.draw(days_of_the_story), data.draw(st.integers(0, 20)))
    inner = sorted(data.draw(st.tuples(st.integers(0, outer[1]), st.integers(0, outer[1]))))

    def paused(ref: int, since: int, until: int) -> list[LedgerEntry]:
        begin, end = (start_of(EPOCH + n * DAY) for n in (since, until))
        return [entry(Entry.PAUSE, begin, Limit(1, "working-day"), ref), entry(Entry.RESUME, end, None, ref)]

    once = sorted([*entries, *paused(98, outer[0], sum(outer))], key=lambda one: one.recorded_at)
    twice = sorted([*once, *paused(99, outer[0] + inner[0], outer[0] + inner[1])], key=lambda one: one.recorded_at)
    when = start_of(EPOCH + max(after, sum(outer)) * DAY)
    assert stands(twice, when) == stands(once, when)


@given(ledgers(), st.integers(0, 140), st.integers(0, 140))
@settings(max_examples=100, deadline=None)
def test_computing_it_again_with_the_same_calendar_changes_nothing(entries, day: int, after: int) -> None:
    again = entry(Entry.RECOMPUTE, start_of(EPOCH + day * DAY))
    when = start_of(EPOCH + after * DAY)
    assert stands([*entries, again], when) == stands(entries, when)


@given(ledgers(), st.integers(1, 140), st.integers(0, 140))
@settings(max_examples=100, deadline=None)
def test_a_later_calendar_rewrites_no_date_that_was_told(entries: list[LedgerEntry], day: int, asked: int) -> None:
    closed = frozenset(EPOCH + n * DAY for n in range(40, 60))
    later = Almanac(type(ALMANAC.calendar)(2, ALMANAC.calendar.holidays | closed, frozenset(), frozenset({2025})))
    changed = start_of(EPOCH + day * DAY)
    again = entry(Entry.RECOMPUTE, changed, version=2)
    versions = {1: ALMANAC, 2: later}
    when = start_of(EPOCH + asked * DAY)
    told = standing(entries, versions.__getitem__, when)
    ordered = sorted([*entries, again], key=lambda one: one.recorded_at)
    if when < changed:
        assert standing(ordered, versions.__getitem__, when) == told
