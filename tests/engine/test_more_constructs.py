"""Constructs beyond tasks and gateways, each run to its end on the engine, saved and read anew before every step."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from engine.bpmn.compile import compile_diagram
from engine.bpmn.judge import judge
from engine.bpmn.read import read
from engine.bpmn.run import Facts, ProcessRun
from engine.bpmn.step import Step
from tests.unit.diagrams import (
    boundary,
    catch,
    diagram,
    element,
    end,
    extended,
    flows,
    gateway,
    loop,
    many,
    message,
    scope,
    start,
    timer,
    user,
)

NOW = datetime(2026, 3, 2, 1, tzinfo=timezone.utc)
BEFORE = (
    '<message id="m" name="reply"/><signal id="sig" name="alarm"/><error id="err1" errorCode="E1"/>'
    '<error id="err2" errorCode="E2"/><escalation id="esc" escalationCode="X"/>'
)
ERROR, SIGNAL = '<errorEventDefinition errorRef="err1"/>', '<signalEventDefinition signalRef="sig"/>'
OTHER_ERROR = '<errorEventDefinition errorRef="err2"/>'
ESCALATION = '<escalationEventDefinition escalationRef="esc"/>'
SERVICE = extended('<ow:service handler="credit-check"/>')


class Playing:
    """A run that is restored from its saved state, on a diagram read anew, before each verb."""

    def __init__(self, *elements: str, before: str = "") -> None:
        self.source = diagram(*elements, before=BEFORE + before)
        judgement = judge(self.source)
        assert judgement.deployable, [finding.message_en for finding in judgement.findings]
        self.now = NOW
        self.facts = Facts(case={"outcomes": {}}, form={"again": False}, applicant={})
        self._keep(ProcessRun.start(compile_diagram(read(self.source), "t"), self.facts, self.now))

    def _keep(self, run: ProcessRun) -> Step:
        self.state, self.step, self.tasks = run.state, run.step, run.open_tasks()
        return self.step

    def _run(self) -> ProcessRun:
        return ProcessRun.resume(compile_diagram(read(self.source), "t"), self.state, self.facts, self.now)

    @property
    def open(self) -> list[str]:
        return sorted(self.tasks.values())

    def do(self, node: str, outcome: str | None = None) -> list[str]:
        run = self._run()
        run.complete(min(token for token, name in self.tasks.items() if name == node), outcome)
        self._keep(run)
        return self.open

    def call(self) -> list[str]:
        run = self._run()
        run.result(run.pending_calls()[0].token, "done")
        self._keep(run)
        return self.open

    def tell(self, name: str) -> list[str]:
        run = self._run()
        run.deliver(name)
        self._keep(run)
        return self.open

    def wait(self, **time: int) -> list[str]:
        self.now += timedelta(**time)
        run = self._run()
        run.advance(self.now)
        self._keep(run)
        return self.open

    def ended_at(self, *ends: str) -> bool:
        return self.step.ended and self.step.ends == ends


def test_an_error_ends_its_sub_process_and_goes_on_at_the_border_that_takes_it() -> None:
    inner = (
        *(start("s1"), gateway("parallel", "f"), user("a"), user("b"), end("s2"), end("bad", ERROR)),
        flows("s1 > f > a > bad; f > b > s2"),
    )
    play = Playing(
        *(start(), scope("s", *inner), user("mend"), end(), end("e2")),
        *(boundary("other", "s", OTHER_ERROR), boundary("b1", "s", ERROR)),
        flows("start > s > end; b1 > mend > e2; other > end"),
    )
    assert play.open == ["a", "b"]
    assert play.do("a") == ["mend"]
    play.do("mend")
    assert play.ended_at("e2")


def test_an_error_goes_outwards_and_the_outer_activity_is_over() -> None:
    inner = scope("i", start("i1"), user("a"), end("i2", ERROR), flows("i1 > a > i2"))
    play = Playing(
        *(start(), scope("s", start("s1"), inner, user("after"), end("s2"), flows("s1 > i > after > s2"))),
        *(boundary("any", "s", "<errorEventDefinition/>"), user("mend"), end(), end("e2")),
        flows("start > s > end; any > mend > e2"),
    )
    assert play.do("a") == ["mend"]


def test_an_error_that_nobody_takes_ends_the_process() -> None:
    play = Playing(
        *(start(), gateway("parallel", "f"), user("a"), user("b"), end("bad", ERROR), end()),
        flows("start > f > a > bad; f > b > end"),
    )
    assert play.do("a") == []
    assert play.step.ended


def test_an_error_of_one_of_many_ends_them_all() -> None:
    inner = (many("3"), start("s1"), user("a"), end("s2", ERROR), flows("s1 > a > s2"))
    play = Playing(
        *(start(), scope("s", *inner), boundary("b", "s", ERROR), end(), end("e2")), flows("start > s > end; b > e2")
    )
    assert play.open == ["a"] * 3
    assert play.do("a") == []
    assert play.ended_at("s2", "e2")


def test_an_escalation_is_told_and_the_work_goes_on() -> None:
    throw = element("intermediateThrowEvent", "t", ESCALATION)
    play = Playing(
        *(start(), scope("s", start("s1"), user("a"), throw, user("b"), end("s2"), flows("s1 > a > t > b > s2"))),
        *(boundary("e", "s", ESCALATION, cancelActivity="false"), user("boss"), end(), end("e2")),
        flows("start > s > end; e > boss > e2"),
    )
    assert play.do("a") == ["b", "boss"]
    assert play.do("b") == ["boss"]
    play.do("boss")
    assert play.ended_at("e2")


def test_a_transaction_that_is_cancelled_goes_on_at_its_border() -> None:
    inner = (start("s1"), user("a"), end("s2", "<cancelEventDefinition/>"), flows("s1 > a > s2"))
    play = Playing(
        *(start(), element("transaction", "s", *inner), boundary("b", "s", "<cancelEventDefinition/>"), user("c")),
        *(end(), end("e2"), flows("start > s > end; b > c > e2")),
    )
    assert play.do("a") == ["c"]


def test_a_signal_reaches_all_that_wait_for_it_and_none_that_comes_later() -> None:
    throw = element("intermediateThrowEvent", "t", SIGNAL)
    play = Playing(
        *(start(), gateway("parallel", "f"), user("a"), throw, catch("late", SIGNAL), catch("c1", SIGNAL), user("x")),
        *(user("y"), boundary("b", "y", SIGNAL), user("z"), user("w"), end(), gateway("parallel", "j")),
        gateway("exclusive", "mm"),
        flows("start > f > a > t > late > w > j > end; f > c1 > x > j; f > y > mm > j; b > z > mm"),
    )
    assert play.open == ["a", "y"]
    assert play.do("a") == ["x", "z"]
    assert [awaited.message for awaited in play.step.awaited] == ["alarm"]
    assert play.tell("alarm") == ["w", "x", "z"]


def test_a_signal_may_end_the_sub_process_that_throws_it() -> None:
    inner = (start("s1"), user("a"), element("intermediateThrowEvent", "t", SIGNAL), user("b"), end("s2"))
    play = Playing(
        *(start(), scope("s", *inner, flows("s1 > a > t > b > s2")), boundary("x", "s", SIGNAL), user("c"), end()),
        *(end("e2"), flows("start > s > end; x > c > e2")),
    )
    assert play.do("a") == ["c"]


def test_a_link_goes_on_where_it_is_caught() -> None:
    link = '<linkEventDefinition name="on"/>'
    play = Playing(
        *(start(), user("a"), element("intermediateThrowEvent", "to", link), catch("from", link), user("b"), end()),
        flows("start > a > to; from > b > end"),
    )
    assert play.do("a") == ["b"]
    play.do("b")
    assert play.ended_at("end")


def test_a_process_is_called_from_two_places() -> None:
    called = f'<process id="q">{start("q1")}{user("check")}{end("q2")}{flows("q1 > check > q2")}</process>'
    calls = (element("callActivity", name, calledElement="q") for name in ("one", "two"))
    play = Playing(
        *(start(), gateway("parallel", "f"), *calls, gateway("parallel", "j"), user("last"), end()),
        flows("start > f > one > j > last > end; f > two > j"),
        before=called,
    )
    assert play.open == ["check", "check"]
    assert play.do("check") == ["check"]
    assert play.do("check") == ["last"]


def test_a_repeating_timer_reminds_as_long_as_the_task_is_open() -> None:
    play = Playing(
        *(start(), user("a"), boundary("r", "a", timer("R2/P1D", "timeCycle"), cancelActivity="false"), user("remind")),
        *(end(), end("e2"), flows("start > a > end; r > remind > e2")),
    )
    assert play.wait(hours=23) == ["a"]
    assert play.wait(hours=2) == ["a", "remind"]
    assert play.step.waiting_until == NOW + timedelta(days=2)
    assert play.wait(days=1) == ["a", "remind", "remind"]
    assert play.step.waiting_until is None
    assert play.wait(days=9) == ["a", "remind", "remind"]


def test_a_repeating_timer_without_end_stops_with_its_task() -> None:
    play = Playing(
        *(start(), user("a"), boundary("r", "a", timer("R/PT1H", "timeCycle"), cancelActivity="false"), user("remind")),
        *(end(), end("e2"), flows("start > a > end; r > remind > e2")),
    )
    assert play.wait(days=10) == ["a", "remind"]  # what was missed is not made up for
    assert play.do("a") == ["remind"]
    assert play.step.waiting_until is None


def test_what_a_repeating_timer_set_going_survives_its_task_and_ends_the_case_with_it() -> None:
    """Stock SpiffWorkflow deletes the follow-up of a non-interrupting cycle together with the task that it hung on."""
    play = Playing(
        *(start(), user("a"), boundary("r", "a", timer("R2/P1D", "timeCycle"), cancelActivity="false"), user("remind")),
        *(user("told"), end(), end("e2"), flows("start > a > end; r > remind > told > e2")),
    )
    play.wait(days=1)
    assert play.wait(days=1) == ["a", "remind", "remind"]
    assert play.do("a") == ["remind", "remind"]
    assert not play.step.ended
    assert play.do("remind") == ["remind", "told"]
    assert play.do("told") == ["remind"]
    assert play.do("remind") == ["told"]
    assert play.do("told") == []
    assert play.step.ended


def test_several_flows_out_of_a_task_are_all_taken_and_a_task_without_any_ends() -> None:
    play = Playing(start(), user("a"), user("b"), user("c"), flows("start > a > b; a > c"))
    assert play.do("a") == ["b", "c"]
    play.do("b")
    play.do("c")
    assert play.step.ended


@pytest.mark.parametrize("tag", ["serviceTask", "sendTask", "businessRuleTask"])
def test_tasks_of_a_handler_run_it_as_often_as_they_loop(tag) -> None:
    play = Playing(
        start(),
        element(tag, "t", SERVICE, many("2", isSequential="true")),
        user("a"),
        end(),
        flows("start > t > a > end"),
    )
    assert play.call() == []
    assert play.call() == ["a"]


def test_what_sends_a_message_goes_on() -> None:
    throw = element("intermediateThrowEvent", "t", message("m"))
    play = Playing(
        start(), element("sendTask", "s"), throw, user("a"), end("end", message("m")), flows("start > s > t > a > end")
    )
    assert play.open == ["a"]
    play.do("a")
    assert play.ended_at("end")


def test_a_received_message_may_be_awaited_several_times() -> None:
    play = Playing(
        start(), element("receiveTask", "r", loop("2"), messageRef="m"), user("a"), end(), flows("start > r > a > end")
    )
    assert play.tell("reply") == []
    assert play.tell("reply") == ["a"]


def test_a_flow_into_a_start_event_comes_round() -> None:
    play = Playing(
        *(start(), user("a"), gateway("exclusive", "x", default="x_end"), end()),
        flows("start > a > x > end; x > start [outcome == 'again']"),
    )
    assert play.do("a", "again") == ["a"]
    play.do("a", "done")
    assert play.ended_at("end")
