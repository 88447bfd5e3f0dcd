"""The limits of real cases: what starts and stops them, what is shown of them, and what was shown then."""

from __future__ import annotations

from datetime import datetime

import pytest

from engine.clock import CST
from engine.errors import NotFound
from tests.engine.stories import SYSTEM, accepted, complete


def put(engine, instant: str) -> None:
    """Fix the clock of the domain."""
    at = datetime.fromisoformat(instant).replace(tzinfo=CST)
    engine.perform(SYSTEM, lambda uow: uow.write("UPDATE platform SET clock_fixed_at = %s", (at,)))


def clocks(engine, number, at=None):
    return {one["node"] or one["clock"]: one for one in engine.limits.of_case(SYSTEM, number, at)["limits"]}


def test_a_case_that_is_accepted_has_its_own_limits_and_those_of_its_tasks(engine, actor):
    put(engine, "2025-09-22T10:00")
    number = accepted(engine, actor)
    found = clocks(engine, number)
    assert (found["decision"]["promised"]["due_date"], found["decision"]["legal"]["due_date"]) == (
        "2025-10-17",
        "2025-11-28",
    )
    assert found["decision"]["remaining_working_days"] == 15
    assert found["accept"]["state"] == "stopped"
    assert {node for node, one in found.items() if one["state"] == "running"} == {
        "decision", "planning", "fire", "civil_air_defence", "archives", "municipal_works", "drainage",
    }  # fmt: skip


def test_what_was_shown_then_is_shown_again_when_it_is_asked_for_later(engine, actor):
    put(engine, "2025-09-22T10:00")
    number = accepted(engine, actor)
    shown = {}
    for day in ("2025-09-23", "2025-09-28", "2025-10-09", "2025-10-17"):
        put(engine, f"{day}T15:00")
        if day == "2025-09-28":
            complete(engine, actor("planning.zhao"), number, "planning", "passed")
        at = datetime.fromisoformat(f"{day}T15:00").replace(tzinfo=CST)
        shown[at] = engine.limits.of_case(SYSTEM, number)
    put(engine, "2026-01-05T09:00")
    for at, then in shown.items():
        assert engine.limits.of_case(SYSTEM, number, at) == then
    assert engine.limits.of_case(SYSTEM, number, datetime(2025, 9, 1, tzinfo=CST))["limits"] == []


def test_the_derivation_says_it_line_by_line(engine, actor):
    put(engine, "2025-09-22T10:00")
    number = accepted(engine, actor)
    lines = clocks(engine, number)["decision"]["derivation"]
    assert (
        lines[0]
        == "法定时限 45 个工作日，自 2025-09-22 起算（当日不计），2025-11-28 届满；依据：行政许可法第四十二条第二款。"
    )
    assert lines[-1] == "截至 2025-09-22 10:00：计时中，已用 0 个工作日，剩余 15 个工作日，绿灯。"


def test_whose_case_it_is_not_does_not_see_its_limits(engine, actor):
    number = accepted(engine, actor)
    assert engine.limits.of_case(actor("fire.liu"), number)["case"] == number
    with pytest.raises(NotFound):
        engine.limits.of_case(actor("tianhe.xie"), number)
    assert engine.verify_record(number).whole
