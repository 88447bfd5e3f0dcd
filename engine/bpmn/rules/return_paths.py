"""Returns that leave something behind: what waits beside the task that returns has to be what may wait beside the target.

Each scope with parallel branches is played with the task held back, and with the target held back; tokens that come to an end
stay there, so that a branch which is over is seen, too. A return that comes straight back leaves other branches alone, and is
safe by itself; what it is returned to may be returned further, or left by an event on its border: then that is judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from engine.bpmn.model import Finding, Flow
from engine.bpmn.returns import MOST_COPIES, Return, by_source, returns_of
from engine.bpmn.rules.net import Marking, Net, explore, net_of
from engine.bpmn.rules.returns import before
from engine.bpmn.rules.rule import ERROR, Rule
from engine.bpmn.rules.soundness import MOST_WORK, shown
from engine.bpmn.rules.subject import Scope, Subject

CROSSES = Rule(
    "return-crosses-branches",
    ERROR,
    "从环节{what}退回到“{target}”会越过并行的分支：经过 {path} 之后，并行的其他分支会被重复办理或永远等不齐",
    "Returning from {what} to “{target}” passes what runs in parallel: after {path}, other branches are done twice, or"
    " are waited for without end",
    "请把退回放在汇合之后的环节；或改为退回后直送（then=“back”），这样其他分支不受影响",
    "Let a task behind the join return it; or let it come straight back (then=“back”), which leaves other branches alone",
)
TOO_MANY = Rule(
    "return-too-many",
    ERROR,
    "图中的退回超过 {most} 条，或退回后再退回的走法超过 {copies} 种",
    "There are more than {most} returns, or more than {copies} ways to return what was returned",
    "请只保留确有需要的退回，或让退回后逐环节再走一遍",
    "Keep those that are needed, or let them go through all that lies between again",
)
RULES = (CROSSES, TOO_MANY)
MOST_RETURNS = 300


def check(subject: Subject) -> Iterator[Finding]:
    """Judge every return of each scope by what it leads to."""
    if not subject.bearable:
        return
    left = MOST_WORK
    for scope in subject.scopes:
        ways = list(islice(returns_of(scope.nodes), MOST_RETURNS + 1))
        jumps = list(islice(_jumps(scope, by_source(ways)), MOST_RETURNS + MOST_COPIES + 1))
        if len(ways) > MOST_RETURNS or sum(jump.copied for jump in jumps) > MOST_COPIES:
            yield TOO_MANY.at(scope.by_id[ways[0].source], most=MOST_RETURNS, copies=MOST_COPIES)
            continue
        playing = _Playing(scope, left)
        told: set[Return] = set()
        for jump in jumps:
            way = jump.way
            path = playing.left_behind(jump) if way not in told and not jump.copied else None
            if path is not None and before(scope, way.target, scope.by_id[way.source]):
                told.add(way)
                target = scope.by_id[way.target]
                yield CROSSES.at(
                    scope.by_id[way.source], target=target.name or way.target, path=shown(scope, [*path, way.source])
                )
        left = playing.left


@dataclass(frozen=True, slots=True)
class _Jump:
    """Where a return leads in the end: to a task, or along a flow out of an event; or to a copy that leads home."""

    way: Return
    target: str | None = None
    flow: Flow | None = None
    copied: bool = False


def _jumps(
    scope: Scope,
    ways: dict[str, list[Return]],
    source: str = "",
    homes: tuple[str, ...] = (),
    first: Return | None = None,
) -> Iterator[_Jump]:
    """All that the returns of a task lead to, and the returns of what was returned; `returns.draw_out` draws the same."""
    for way in ways.get(source, ()) if source else (way for some in ways.values() for way in some):
        root = first or way
        if not way.back:
            yield _Jump(root, way.target)
        elif way.target not in homes:
            yield _Jump(root, copied=True)
            for event in scope.boundary.get(way.target, ()):
                yield from (_Jump(root, flow=flow) for flow in scope.out_of(event.id) if event.interrupting)
            yield from _jumps(scope, ways, way.target, (*homes, way.source), root)


@dataclass
class _Playing:
    """A scope being played: what may wait beside each node that is held back."""

    scope: Scope
    left: int
    nets: dict[bool, Net | None] = field(default_factory=dict)
    beside: dict[tuple[str, bool], dict[tuple[int, Marking], list[str]] | None] = field(default_factory=dict)

    def left_behind(self, jump: _Jump) -> list[str] | None:
        """The way to a state in which a return leaves something behind that no way as drawn has; None where there is none."""
        if (net := self.net(True)) is None or not net.multiplies:
            return None
        target = jump.target or str(jump.flow and jump.flow.target)
        for guards in (False, True):  # what only an event that does not interrupt leads to is played with it
            here, there = self.waiting(jump.way.source, guards), self.waiting(target, guards)
            if here is None or there is None:
                return None
            if here and there:
                return self._differs(net, jump, here, there)
        return None

    def _differs(
        self,
        net: Net,
        jump: _Jump,
        here: dict[tuple[int, Marking], list[str]],
        there: dict[tuple[int, Marking], list[str]],
    ) -> list[str] | None:
        along = None if jump.flow is None else next(n for n, flow in enumerate(net.flows) if flow is jump.flow)
        fine = {others for flow, others in there if along in (None, flow)}
        return next((path for (_, others), path in here.items() if others not in fine), None)

    def net(self, guards: bool) -> Net | None:
        if guards not in self.nets:
            self.nets[guards] = net_of(self.scope, guards=guards, lonely=True)
        return self.nets[guards]

    def waiting(self, node: str, guards: bool) -> dict[tuple[int, Marking], list[str]] | None:
        """What the others come to while a token waits at a node: by its flow, with a way there; None where it is too much."""
        if (node, guards) not in self.beside:
            self.beside[node, guards] = self._play(node, guards)
        return self.beside[node, guards]

    def _play(self, node: str, guards: bool) -> dict[tuple[int, Marking], list[str]] | None:
        net = self.net(guards)
        if net is None or self.left <= 0:
            return None
        ends = [name for name in net.into if not self.scope.out_of(name)]
        done = explore(net, (node, *ends), self.left, saturated=True)
        self.left -= len(done.markings)
        if not done.whole:
            return None
        found: dict[tuple[int, Marking], list[str]] = {}
        for state in done.quiet:
            marking = done.markings[state]
            for flow in (flow for flow in dict.fromkeys(marking) if net.target[flow] == node):
                others = list(marking)
                others.remove(flow)
                found.setdefault((flow, tuple(others)), done.path(state))
        return found
