"""Every diagram that the lint passes runs: linted, started, and played to its end by random walks, with no stall and no error.

What is refused is refused in truth: a join that is said to wait for ever is seen to.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.bpmn.compile import compile_diagram
from engine.bpmn.judge import judge
from engine.bpmn.lint import deployable, lint
from engine.bpmn.read import read
from engine.bpmn.run import Facts, ProcessRun, Stalled
from engine.clock import CST
from tests.engine.made_diagrams import bends, draw, plan
from tests.engine.random_diagrams import FORM_FIELDS, random_net, xml

LONG = os.environ.get("ONEWINDOW_LONG") == "1"
WILD = (
    60  #: steps in which anything may happen; then people stop sending things back, and events come when nobody works
)
CROWD = 24  #: open tasks at which nothing is sent back any more: whoever sends back without end opens tasks without end
MOST = 1500


class Walk:
    """Somebody who does whatever can be done, at random, with facts that change at will."""

    def __init__(self, data: bytes, seed: int) -> None:
        self.compiled, self.rng = compile_diagram(read(data), "w"), Random(seed)
        self.now = datetime(2026, 3, 2, 9, tzinfo=CST)
        self.outcomes: dict[str, str | None] = {}
        self.been: set[str] = set()  #: a task is returned only to one that was open, as the use case sees to
        self.steps = 0
        self.run = ProcessRun.start(self.compiled, self.facts(), self.now)

    def facts(self) -> Facts:
        form = {name: self.rng.random() < 0.5 for name in FORM_FIELDS}
        return Facts(case={"outcomes": dict(self.outcomes), "round": 1}, form=form, applicant={})

    def to_the_end(self) -> None:
        while not self.run.step.ended:
            self.steps += 1
            assert self.steps < MOST, "still going"
            self.step()

    def step(self) -> None:
        awaited, timers = self.run.step.awaited, self.run.timers()
        calls, tasks = self.run.pending_calls(), self.run.open_tasks()
        self.been |= set(tasks.values())
        self.run = ProcessRun.resume(self.compiled, self.run.state, self.facts(), self.now)
        moves: list[tuple[str, Any]] = [("complete", task) for task in tasks.items()]
        moves += [("result", call) for call in calls]
        if not (self.home() and moves):  # an event that does not interrupt, sent without end, opens tasks without end
            moves += [("deliver", each) for each in awaited] + [("advance", due) for due in timers.values()]
        if not self.home():
            ways = ((token, to) for token, node in tasks.items() for to in self.compiled.returns.get(node, ()))
            moves += [("return", (token, to)) for token, to in ways if to in self.been]
        kind, what = self.rng.choice(moves)
        if kind == "return":
            self.run.send_back(*what)
        elif kind == "complete":
            outcome = self.outcome(what[1])
            self.outcomes[what[1]] = outcome
            self.run.complete(what[0], outcome)
        elif kind == "result":
            self.run.result(what.token)
        elif kind == "deliver":
            self.run.deliver(what.message, what.token)
        else:
            self.now = max(self.now, what) + timedelta(seconds=1)
            self.run.advance(self.now)

    def outcome(self, node: str) -> str | None:
        declared = self.compiled.nodes[node].extension("outcomes")
        if declared:
            return self.rng.choice(["passed", "passed", "passed" if self.home() else "faults"])
        return self.rng.choice([None, "ok", "ok" if self.home() else "back"])

    def home(self) -> bool:
        """Whether what is begun is to be brought to its end."""
        return self.steps > WILD or len(self.run.open_tasks()) > CROWD


@settings(
    max_examples=3000 if LONG else 40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=not LONG
)
@given(plan, bends, st.integers(0, 9))
@example(("both", [("user", None), ("failing", ("user", None))]), [], 1)
@example(("some", [("link", None), ("rework", ("each", ("reminded", None)))]), [], 2)
@example(("fork", [("race", [("user", None), ("signal", None)]), ("covered", [("send", None), ("rule", None)])]), [], 3)
@example(("decided", [("transaction", ("guarded", None)), ("expiring", None)]), [], 4)
def test_what_is_passed_plays_to_its_end(plan, bends, seed) -> None:
    data = draw(plan, bends)
    judgement = judge(data)
    errors = {finding.rule for finding in judgement.findings if finding.severity == "error"}
    if (bends and errors) or errors == {"vote-side-by-side"}:  # a vote drawn into a multi-instance is refused by name
        return
    assert judgement.deployable, [finding.message_en for finding in judgement.findings if finding.severity == "error"]
    Walk(data, seed).to_the_end()


@pytest.mark.parametrize("seeds", [range(0, 15)] + [range(n, n + 100) for n in range(100, 1500, 100) if LONG], ids=str)
def test_random_nets_that_are_passed_play_to_their_end(seeds) -> None:
    passed = 0
    for seed in seeds:
        data = xml(random_net(seed))
        if deployable(lint(read(data))):
            passed += 1
            Walk(data, seed).to_the_end()
    assert passed > len(seeds) // 3


@pytest.mark.parametrize("seeds", [range(0, 25)] + [range(n, n + 100) for n in range(100, 800, 100) if LONG], ids=str)
def test_a_join_that_is_said_to_wait_for_ever_is_seen_to(seeds) -> None:
    """Of the nets in which a deadlock is the only error, random walks stall in nearly all, given some tries."""
    told = stalled = 0
    for seed in seeds:
        data = xml(random_net(seed))
        errors = {finding.rule for finding in lint(read(data)) if finding.severity == "error"}
        if errors == {"join-deadlock"}:
            told += 1
            stalled += any(_stalls(data, attempt) for attempt in range(40))
    assert told == 0 or stalled >= 0.8 * told, f"{stalled} of {told}"


def _stalls(data: bytes, seed: int) -> bool:
    try:
        Walk(data, seed).to_the_end()
    except Stalled:
        return True
    except AssertionError:
        return False
    return False


def test_a_net_too_large_to_be_played_whole_is_walked_through_at_random() -> None:
    """A reminder leads back to before the split: what it multiplies has too many states, and one in five walks stalls."""
    data = xml(random_net(700024))
    assert _stalls(data, 7)
    assert [finding.rule for finding in lint(read(data)) if finding.severity == "error"] == ["join-deadlock"]
