"""Joins, loops, sub-processes and boundary events, held against the token game of `token_model.py` step by step.

Before every step the run is saved and restored on a diagram that was read and compiled anew, as a second worker would.
A diagram that goes wrong names its seed: `python -m tests.engine.test_joins_and_loops SEED` plays it with a protocol.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from itertools import permutations, product
from random import Random

import pytest

from engine.bpmn.compile import Compiled, compile_diagram
from engine.bpmn.read import read
from engine.bpmn.run import Facts, ProcessRun, Stalled
from engine.bpmn.step import Step
from tests.engine.random_diagrams import FORM_FIELDS, Drawing, random_net, xml
from tests.engine.token_model import TASKS, Game, Net, Wait, Work

BEGIN = datetime(2025, 9, 1, 1, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)
NO_FORM = dict.fromkeys(FORM_FIELDS, False)
LONG = os.environ.get("ONEWINDOW_LONG") == "1"
MOST_OPEN = 24  #: a random run is left when more than this is open: nothing new is learnt by sheer number
MOST_GUESSES = 48
Things = Callable[[Game], Sequence[tuple[str, Work | Wait]]]  #: what in a game has a token's number


class Disagreement(AssertionError):
    """The engine and the token game do not have the same nodes open."""


@dataclass(frozen=True)
class Move:
    """One thing done to a run: complete | advance | deliver, at an instant, with the facts of the moment."""

    kind: str
    token: int
    now: datetime
    outcome: str | None
    form: dict[str, bool]
    outcomes: dict[str, str]

    @property
    def facts(self) -> Facts:
        return Facts(case={"outcomes": self.outcomes}, form=self.form, applicant={})


@dataclass(frozen=True)
class Match:
    """A run of the engine, saved, next to every game of tokens it may be.

    There is more than one while two open instances of one task cannot be told apart from outside; see `_named`.
    """

    net: Net
    source: bytes
    state: bytes
    open: dict[int, str]
    step: Step
    size: int
    games: tuple[Game, ...]
    now: datetime

    @property
    def awaited(self) -> dict[int, str]:
        return {a.token: a.node for a in self.step.awaited}

    def tokens(self, node: str) -> list[int]:
        return sorted(token for token, name in self.open.items() if name == node)

    def do(self, node: str, outcome: str | None = None, **form: bool) -> Match:
        """Complete the oldest open instance of `node`."""
        move = Move("complete", self.tokens(node)[0], self.now, outcome, NO_FORM | form, {})
        following = follow(self, move)
        assert following is not None, "stalled"
        return following


def fresh(source: bytes) -> Compiled:
    return compile_diagram(read(source), "test")


def begin(net: Net, form: dict[str, bool] | None = None, outcomes: dict[str, str] | None = None) -> Match | None:
    """Start both sides; None when both say that the process stalls at once."""
    source, form, outcomes = xml(net), form or NO_FORM, outcomes or {}
    games = (Game(net, form, outcomes, BEGIN),)
    try:
        run = ProcessRun.start(fresh(source), Facts(case={"outcomes": outcomes}, form=form, applicant={}), BEGIN)
    except Stalled:
        _check_stalled(games)
        return None
    return _judged(Match(net, source, run.state, run.open_tasks(), run.step, run.size(), games, BEGIN), {}, {})


def follow(match: Match, move: Move) -> Match | None:
    """One step on both sides, the engine's from its saved state; None when both say that it stalls."""
    games = tuple(game.copy() for game in match.games)
    for game in games:
        _play(game, move)
    run = ProcessRun.resume(fresh(match.source), match.state, move.facts, move.now)
    _require(run.open_tasks() == match.open, f"restored {run.open_tasks()}, saved {match.open}")
    try:
        step = _act(run, match, move)
    except Stalled:
        _check_stalled(games)
        return None
    after = replace(
        match, state=run.state, open=run.open_tasks(), step=step, size=run.size(), games=games, now=move.now
    )
    _require(run.step == step, "run.step is not the step")
    return _judged(after, match.open, match.awaited)


def _play(game: Game, move: Move) -> None:
    game.know(move.form, move.outcomes, move.now)
    if move.kind == "complete":
        game.complete(move.token, move.outcome)
    elif move.kind == "advance":
        game.advance(move.now)
    else:
        game.deliver(move.token)


def _act(run: ProcessRun, match: Match, move: Move) -> Step:
    if move.kind == "complete":
        return run.complete(move.token, move.outcome)
    if move.kind == "advance":
        return run.advance(move.now)
    message = next(a.message for a in match.step.awaited if a.token == move.token)
    alone = sum(a.message == message for a in match.step.awaited) == 1
    return run.deliver(message) if alone else run.deliver(message, move.token)


def _require(true: bool, otherwise: str) -> None:
    if not true:
        raise Disagreement(otherwise)


def _check_stalled(games: tuple[Game, ...]) -> None:
    _require(any(g.stalled for g in games), f"the engine stalls, the game has {_seen(games)}")


def _judged(match: Match, open_before: dict[int, str], awaited_before: dict[int, str]) -> Match:
    """The match with the games that agree with the engine, every token called by the engine's number."""
    step = match.step
    _require(not all(g.stalled for g in match.games), f"the game stalls, the engine has {match.open}")
    agreeing = [g for g in match.games if _agrees(g, match)]
    _require(bool(agreeing), f"the engine has {_of_engine(match)}, the game {_seen(match.games)}")
    _check_report(step, open_before, match.open)
    games = _named(agreeing, match.open, open_before, Game.works)
    games = _named(games, match.awaited, awaited_before, Game.messages)
    _require(bool(games), "a token that was open before is another node's, or is gone, in every reading")
    limit = 1536 + 819 * max(g.weight for g in games)
    _require(len(match.state) <= limit, f"{len(match.state)} bytes of state, {limit} allowed")
    return replace(match, games=tuple(games[:MOST_GUESSES]))


def _agrees(game: Game, match: Match) -> bool:
    earliest = min((due for _, due in game.timers), default=None)
    return (
        game.open_tasks == Counter(match.open.values())
        and game.awaited == Counter(match.awaited.values())
        and (earliest, game.ended) == (match.step.waiting_until, match.step.ended)
    )


def _of_engine(match: Match) -> str:
    step = match.step
    return f"{sorted(match.open.values())} {sorted(match.awaited.values())} {step.waiting_until} ended={step.ended}"


def _seen(games: tuple[Game, ...]) -> str:
    return " or ".join(
        f"{sorted(g.open_tasks.elements())} {sorted(g.awaited.elements())} {sorted(g.timers)} ended={g.ended} "
        f"stalled={g.stalled} parked={[dict(s.parked) for s in g.scopes()]}"
        for g in games
    )


def _check_report(step: Step, before: dict[int, str], after: dict[int, str]) -> None:
    """What a step says it opened and closed is the difference of what was and is open."""
    opened, closed = {o.token: o.node for o in step.opened}, {c.token: c.node for c in step.closed}
    _require(before.keys().isdisjoint(opened), f"a token opened twice: {opened}")
    expected = {token: node for token, node in (before | opened).items() if token not in closed}
    _require(expected == after, f"opened {opened}, closed {closed}, before {before}, after {after}")


def _named(games: list[Game], now: dict[int, str], before: dict[int, str], things: Things) -> list[Game]:
    """Call what is new in the games by the engine's tokens, in every way that a later step might tell apart."""
    for token in sorted(now.keys() - before.keys()):
        found: dict[str, Game] = {}
        for game in games:
            for place, (node, thing) in enumerate(things(game)):
                if node == now[token] and thing.label is None:
                    guess = game.copy()
                    things(guess)[place][1].label = token
                    found.setdefault(guess.key(), guess)
        games = list(found.values())[:MOST_GUESSES]
    return [g for g in games if {x.label for _, x in things(g)} == set(now)]


# Departments in parallel, a decision that may send the case back


def departments(kind: str, count: int, shape: str) -> Net:
    """accept, `count` departments between gateways, decide, back to accept: plain, nested or inside a sub-process."""
    d = Drawing()
    scope = "sub" if shape == "inside" else "p"
    if shape == "inside":
        d.node("before", "startEvent"), d.node("sub", "subProcess"), d.node("after", "endEvent")
        d.path("before", "sub", "after")
    for node, tag in {
        "s": "startEvent",
        "accept": "userTask",
        "fork": kind,
        "join": kind,
        "decide": "userTask",
    }.items():
        d.node(node, tag, scope)
    d.node("g", "exclusiveGateway", scope), d.node("e", "endEvent", scope)
    d.path("s", "accept", "fork")
    _branches(d, scope, kind, "fork", "join", [f"d{n}" for n in range(count)], nested=shape == "nested")
    d.path("join", "decide", "g")
    d.flow("g", "accept", "outcome == 'back'")
    d.default("g", "e")
    return d.net()


def _branches(d: Drawing, scope: str, kind: str, fork: str, join: str, names: list[str], *, nested: bool) -> None:
    every = "form.c0 == true" if kind == "inclusiveGateway" else None
    if nested:
        ends = [d.node(name, kind, scope) for name in ("inner_fork", "inner_join")]
        _branches(d, scope, kind, ends[0], ends[1], names[1:], nested=False)
        d.flow(fork, ends[0], every)
        d.flow(ends[1], join)
    for name in names[:1] if nested else names:
        d.flow(fork, d.node(name, "userTask", scope), every)
        d.flow(name, join)
    if every:
        d.default(fork, join)


def started(net: Net) -> Match:
    match = begin(net)
    assert match is not None
    return match


def rounds(match: Match, left: int) -> Iterator[int]:
    """Every order of completion in every one of `left` rounds, sharing the steps that they have in common."""
    if not left:
        assert match.step.ended
        yield 1
        return
    match = match if "accept" not in match.open.values() else match.do("accept", c0=True)
    if list(match.open.values()) == ["decide"]:
        yield from rounds(match.do("decide", "back" if left > 1 else "approve"), left - 1)
        return
    assert "decide" not in match.open.values()
    for name in sorted(match.open.values()):
        yield from rounds(match.do(name), left)


KINDS, SHAPES = ("parallelGateway", "inclusiveGateway"), ("plain", "inside", "nested")


@pytest.mark.parametrize(("kind", "shape", "count"), [*product(KINDS, SHAPES, (2, 3))])
def test_a_join_waits_for_every_department_in_each_of_three_rounds_in_every_order(
    kind: str, shape: str, count: int
) -> None:
    orders = sum(rounds(started(departments(kind, count, shape)), 3))
    assert orders == len(list(permutations(range(count)))) ** 3


@pytest.mark.parametrize(
    ("kind", "shape", "samples"), [(k, s, 150 if s == "plain" else 10) for k, s in product(KINDS, SHAPES)]
)
def test_a_join_of_four_departments_waits_in_three_rounds_of_any_order(kind: str, shape: str, samples: int) -> None:
    rng, first = Random(4), started(departments(kind, 4, shape)).do("accept", c0=True)
    for _ in range(samples):
        match = first
        for left in (2, 1, 0):
            for name in rng.sample([f"d{n}" for n in range(4)], 4):
                assert "decide" not in match.open.values()
                match = match.do(name)
            match = match.do("decide", "back" if left else "approve")
            match = match.do("accept", c0=True) if left else match
        assert match.step.ended


# Random diagrams


def play(seed: int, most: int, protocol: bool = False) -> int:
    """Play the diagram of a seed with moves of that seed; the number of steps done. The same every time."""
    rng, net = Random(seed * 7919 + 1), random_net(seed)
    match, steps = begin(net, *_luck(rng, net)), 0
    while match is not None and match.step.ended is False and steps < most:
        if len(match.open) > MOST_OPEN or len(match.games) >= MOST_GUESSES:
            break
        move = _any_move(rng, match)
        if protocol:
            print(f"{sorted(match.open.items())} {sorted(match.awaited.items())} {match.step.waiting_until}\n  {move}")
        match, steps = follow(match, move), steps + 1
    if protocol:
        print("stalled" if match is None else match.step)
    return steps + 1


def _luck(rng: Random, net: Net) -> tuple[dict[str, bool], dict[str, str]]:
    form = {name: rng.random() < 0.5 for name in FORM_FIELDS}
    return form, {n.id: rng.choice(("back", "approve", "approve")) for n in net.nodes if n.kind in TASKS}


def _any_move(rng: Random, match: Match) -> Move:
    kinds = ["complete"] * 5 * bool(match.open) + ["deliver"] * bool(match.awaited)
    kind = rng.choice(kinds + ["advance"] * (1 if match.step.waiting_until or not kinds else 0))
    tokens = sorted({"complete": match.open, "deliver": match.awaited}.get(kind, {0: ""}))
    return Move(
        kind, rng.choice(tokens), _later(rng, match, kind), rng.choice(("back", "ok", None)), *_luck(rng, match.net)
    )


def _later(rng: Random, match: Match, kind: str) -> datetime:
    """Mostly an instant at which some timers are due, when the move is to look at the clock."""
    if kind != "advance":
        return match.now + rng.choice((0, 0, 1)) * MINUTE
    dues = sorted({due for _, due in match.games[0].timers})
    return max(rng.choice((*dues, match.now + MINUTE)), match.now)


def play_many(first: int, steps: int) -> None:
    """Play seed after seed until so many steps are done. What goes wrong is told with its seed."""
    done, seed = 0, first
    while done < steps:
        try:
            done += play(seed, most=40)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {type(error).__name__}: {error}") from error
        seed += 1


@pytest.mark.parametrize("first", range(0, 10_000, 1_000))
def test_random_diagrams_keep_the_same_nodes_open_as_the_token_game(first: int) -> None:
    play_many(first, 500)


@pytest.mark.long
@pytest.mark.skipif(not LONG, reason="ONEWINDOW_LONG=1 plays 100,000 steps")
@pytest.mark.parametrize("first", range(1_000_000, 1_500_000, 25_000))
def test_very_many_random_diagrams_keep_the_same_nodes_open_as_the_token_game(first: int) -> None:
    play_many(first, 5_000)


# Small diagrams, said by hand: what the random ones found once


def advanced(match: Match, minute: int) -> Match:
    following = follow(match, Move("advance", 0, BEGIN + minute * MINUTE, None, NO_FORM, {}))
    assert following is not None
    return following


@pytest.mark.parametrize("loop", [("parallel", 2, None), ("sequential", 2, None), ("standard", 3, "form.c0 == true")])
def test_a_finished_loop_is_never_looked_at_again(loop: tuple[str, int, str | None]) -> None:
    d = Drawing()
    d.path(d.node("s", "startEvent"), d.node("t", "userTask", loop=loop), d.node("a", "userTask"))
    d.path("a", d.node("b", "userTask"), d.node("e", "endEvent"))
    match = started(d.net()).do("t", c0=True).do("t")
    assert list(match.open.values()) == ["a"]
    assert list(match.do("a", c0=True).open.values()) == ["b"]


def test_a_boundary_event_that_has_fired_is_no_way_to_a_join_any_more() -> None:
    d = Drawing()
    d.path(d.node("s", "startEvent"), d.node("f", "parallelGateway"), d.node("a", "userTask"))
    d.path("a", d.node("j", "inclusiveGateway"), d.node("z", "userTask"), d.node("e", "endEvent"))
    d.path("f", d.node("b", "userTask"), "j")
    d.path(d.node("late", "boundaryEvent", attached="a", interrupting=False, event=("timer", "1")), "j")
    match = advanced(started(d.net()), 1).do("b")
    assert list(match.open.values()) == ["a"]
    assert list(match.do("a").open.values()) == ["z"]


def test_of_two_timers_due_together_the_one_drawn_first_fires_first_though_it_lies_deeper() -> None:
    d = Drawing()
    d.path(d.node("s", "startEvent"), d.node("sub", "subProcess"), d.node("z", "userTask"), d.node("e", "endEvent"))
    d.path(d.node("s2", "startEvent", "sub"), d.node("t", "intermediateCatchEvent", "sub", event=("timer", "2")))
    d.path("t", d.node("e2", "endEvent", "sub"))
    d.node("late", "boundaryEvent", attached="sub", interrupting=False, event=("timer", "2"))
    d.path("late", d.node("n", "userTask"), "e")
    assert list(advanced(started(d.net()), 2).open.values()) == ["z"]


# What a run may cost


def test_a_loop_costs_in_its_500th_round_what_it_cost_in_its_second() -> None:
    match = started(departments("parallelGateway", 3, "inside"))
    cost = {}
    for number in range(1, 501):
        for name in ("accept", "d1", "d0"):
            match = match.do(name)
        cost[number] = match.size, len(match.state)
        match = match.do("d2").do("decide", "back")
    assert all(late <= 1.5 * early for late, early in zip(cost[500], cost[2], strict=True)), (cost[2], cost[500])


def test_eight_parallel_blocks_of_four_in_a_row_start_with_few_tasks() -> None:
    d = Drawing()
    last = d.node("s", "startEvent")
    for block in range(8):
        fork, join = (d.node(f"{end}{block}", "parallelGateway") for end in ("fork", "join"))
        d.path(last, fork)
        for branch in range(4):
            d.path(fork, d.node(f"t{block}{branch}", "userTask"), join)
        last = join
    d.path(last, d.node("e", "endEvent"))
    match = started(d.net())
    assert (len(match.open), match.size < 60) == (4, True)


if __name__ == "__main__":
    number = int(sys.argv[1])
    print(xml(random_net(number)).decode())
    play(number, most=40, protocol=True)
