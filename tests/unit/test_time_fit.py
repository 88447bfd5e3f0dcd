"""Whether the limits of nodes fit into the limit of the whole: branches, loops, sub-processes, units; and defaults."""

from __future__ import annotations

import json
from pathlib import Path

from engine.bpmn.lint import lint
from engine.bpmn.read import read
from engine.bpmn.rules.time_fit import unfit_for_item
from tests.unit.diagrams import diagram, end, flows, gateway, scope, start, user


def limited(id: str, days: int, unit: str = "working-day", *more: str, **attributes: str) -> str:
    said = " ".join(f'{name}="{value}"' for name, value in {"promised": days, "unit": unit, **attributes}.items())
    return user(id, f"<extensionElements><ow:timeLimit {said}/>{''.join(more)}</extensionElements>", name=id)


def whole(days: int, unit: str = "working-day") -> str:
    return f'<extensionElements><ow:timeLimit promised="{days}" unit="{unit}"/></extensionElements>'


def paths(bpmn: bytes) -> list[str]:
    found = [one for one in lint(read(bpmn), "approval") if one.rule == "time-limits-exceed-case"]
    return [one.message for one in found]


PARALLEL = (
    start(), limited("a", 2), gateway("parallel", "p"), limited("b", 5), limited("c", 3), gateway("parallel", "j"),
    limited("d", 1), end(), flows("start > a > p > b > j > d > end"), flows("p > c > j"),
)  # fmt: skip


def test_branches_side_by_side_count_as_their_longest() -> None:
    assert paths(diagram(whole(8), *PARALLEL)) == []
    (told,) = paths(diagram(whole(7), *PARALLEL))
    assert "最长路径需要 8 working-day" in told
    assert "a → b → d" in told


def test_a_loop_is_gone_through_once() -> None:
    loop = (
        start(), gateway("exclusive", "again"), limited("a", 3), gateway("exclusive", "x", default="on"), limited("b", 2),
        end(), flows("start > again > a > x"), flows("x > again"), '<sequenceFlow id="on" sourceRef="x" targetRef="b"/>',
        flows("b > end"),
    )  # fmt: skip
    assert paths(diagram(whole(5), *loop)) == []
    assert len(paths(diagram(whole(4), *loop))) == 1


def test_a_sub_process_counts_as_its_own_limit_or_as_what_is_in_it() -> None:
    inner = (start("s2"), limited("a", 4), end("e2"), flows("s2 > a > e2"))
    plain = (start(), scope("part", *inner), limited("b", 2), end(), flows("start > part > b > end"))
    assert paths(diagram(whole(6), *plain)) == []
    assert len(paths(diagram(whole(5), *plain))) == 1
    bounded = (start(), scope("part", whole(3), *inner), end(), flows("start > part > end"))
    assert len(paths(diagram(whole(9), *bounded))) == 1, "what is in it does not fit into its own limit"


def test_working_hours_are_told_in_days_and_what_can_not_be_told_counts_nothing() -> None:
    ways = (
        start(),
        limited("a", 12, "working-hour"),
        limited("b", 1),
        limited("c", 9, "month"),
        end(),
        flows("start > a > b > c > end"),
    )
    assert paths(diagram(whole(3), *ways)) == []
    (told,) = paths(diagram(whole(2), *ways))
    assert "2.5 working-day" in told


def test_what_the_window_does_before_acceptance_does_not_count() -> None:
    window = '<ow:outcomes values="accepted=受理"/>'
    ways = (
        start(),
        limited("accept", 5, "working-day", window),
        limited("a", 3),
        end(),
        flows("start > accept > a > end"),
    )
    assert paths(diagram(whole(3), *ways)) == []


def test_the_shipped_process_fits_into_its_item_and_not_into_less() -> None:
    folder = Path("processes/joint-final-inspection")
    process, limits = (
        read((folder / "process.bpmn").read_bytes()),
        json.loads((folder / "item.json").read_text())["case_limits"],
    )
    assert list(unfit_for_item(process, limits)) == []
    (told,) = unfit_for_item(process, limits | {"promised": 13})
    assert (told.rule, told.severity) == ("time-limit-exceeds-item", "error")


def test_a_process_may_promise_less_than_its_item_and_not_more() -> None:
    ways = (start(), limited("a", 3), end(), flows("start > a > end"))
    item = {"promised": 10, "legal": 20, "unit": "working-day"}
    assert list(unfit_for_item(read(diagram(whole(5), *ways)), item)) == []
    (told,) = unfit_for_item(read(diagram(whole(11), *ways)), item)
    assert told.rule == "time-limit-exceeds-item"


def test_a_default_needs_its_outcome_and_its_law() -> None:
    outcomes = '<ow:outcomes values="passed=通过,failed=不通过"/>'

    def rules(**said: str) -> set[str]:
        task = limited("a", 3, "working-day", outcomes, whenPassed="default", **said)
        found = lint(read(diagram(start(), task, end(), flows("start > a > end"))))
        return {one.rule for one in found} & {"time-limit-default-incomplete"}

    assert rules() == {"time-limit-default-incomplete"}
    assert rules(defaultOutcome="passed") == {"time-limit-default-incomplete"}
    assert rules(defaultOutcome="other", basis="某法第一条") == {"time-limit-default-incomplete"}
    assert rules(defaultOutcome="passed", basis="某法第一条") == set()
