"""Returns that leave something behind: each is drawn out by itself and the scope is played with it, as `soundness` plays it.

A return is at fault where a join waits, a branch doubles, or a task is open twice with it and not without it. A return that
comes straight back leaves other branches alone, and so passes where one that goes forward does not.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.expressions import Names
from engine.bpmn.model import Finding
from engine.bpmn.returns import Return, draw_out, drawn_id, returns_of
from engine.bpmn.rules.net import Exploration, Net, explore, net_of
from engine.bpmn.rules.returns import before
from engine.bpmn.rules.rule import ERROR, Rule
from engine.bpmn.rules.soundness import MOST_SHOWN, MOST_WORK, WORK, deadlocks, doubled
from engine.bpmn.rules.subject import Scope, Subject, redrawn

CROSSES = Rule(
    "return-crosses-branches",
    ERROR,
    "从环节{what}退回到“{target}”会越过并行的分支：经过 {path} 之后，并行的其他分支会被重复办理或永远等不齐",
    "Returning from {what} to “{target}” passes what runs in parallel: after {path}, other branches are done twice, or"
    " are waited for without end",
    "请把退回放在汇合之后的环节；或改为退回后直送（then=“back”），这样其他分支不受影响",
    "Let a task behind the join return it; or let it come straight back (then=“back”), which leaves other branches alone",
)
RULES = (CROSSES,)


def check(subject: Subject) -> Iterator[Finding]:
    """Play each scope that has returns once for each of them."""
    if not subject.bearable:
        return
    left = MOST_WORK
    for scope in subject.scopes:
        ways = [way for way in returns_of(scope.nodes) if before(scope, way.target, scope.by_id[way.source])]
        names = subject.names.get(scope.id, Names())
        if not ways or net_of(scope) is None:
            continue
        told = set(_faults(scope, names, left))
        for way in ways:
            if left <= 0:
                return
            path, cost = _at_fault(scope, way, names, told, left)
            left -= cost
            if path is not None:
                target = scope.by_id[way.target]
                yield CROSSES.at(scope.by_id[way.source], target=target.name or way.target, path=_shown(scope, path))


def _faults(scope: Scope, names: Names, most: int) -> Iterator[tuple[str, str | None]]:
    for playing in (deadlocks, doubled):
        yield from ((found.rule, found.element) for found in playing(scope, names, most)[0])


def _at_fault(
    scope: Scope, way: Return, names: Names, told: set[tuple[str, str | None]], most: int
) -> tuple[list[str] | None, int]:
    """The way that shows what a return does wrong, or None; and how many states were looked at."""
    drawn = redrawn(scope, *draw_out(scope.nodes, scope.flows, (way,)))
    found, cost = _twice(scope, drawn, way, most)
    if found is not None:
        return found, cost
    for playing in (deadlocks, doubled):
        faults, more = playing(drawn, names, most - cost)
        cost += more
        for fault in faults:
            if fault.severity == ERROR and (fault.rule, drawn_id(str(fault.element or ""))) not in told:
                return [way.source, way.target, drawn_id(str(fault.element or ""))], cost
    return None, cost


def _twice(scope: Scope, drawn: Scope, way: Return, most: int) -> tuple[list[str] | None, int]:
    """A task beside the one that returns, that may then be open twice."""
    net = net_of(scope, guards=False)
    if net is None or not net.multiplies:
        return None, 0
    done = explore(net, frozen=way.source, most=most)
    cost = len(done.markings)
    beside = {node for marking in done.markings if _waits(net, marking, way.source) for node in _others(net, marking)}
    with_it = net_of(drawn, guards=False)
    assert with_it is not None
    for node in sorted(beside - {way.source}):
        if cost < most and (scope.by_id[node].tag in WORK or len(net.into[node]) > 1):
            plain, again = explore(net, frozen=node, most=most - cost), explore(with_it, frozen=node, most=most - cost)
            cost += len(plain.markings) + len(again.markings)
            state = _doubled_at(with_it, again, node)
            if state is not None and _doubled_at(net, plain, node) is None:
                return [*again.path(state), node], cost
    return None, cost


def _waits(net: Net, marking: tuple[int, ...], node: str) -> bool:
    return any(net.target[flow] == node for flow in marking)


def _others(net: Net, marking: tuple[int, ...]) -> Iterator[str]:
    return (net.target[flow] for flow in marking)


def _doubled_at(net: Net, done: Exploration, node: str) -> int | None:
    """The first state in which one flow into a node holds two tokens, or a task has two to wait for it."""
    join = node in net.joins or node in net.inclusive
    for state, marking in enumerate(done.markings):
        waiting = [flow for flow in marking if net.target[flow] == node]
        if len(waiting) > (len(set(waiting)) if join else 1):
            return state
    return None


def _shown(scope: Scope, path: list[str]) -> str:
    """The drawn nodes of a path, in words; the choice of a return is no node that anybody drew."""
    drawn = [drawn_id(node) for node in path if not node.endswith(("[return]", "[on]"))]
    names = [str(scope.by_id[node].name or node).strip() or node for node in drawn if node in scope.by_id]
    if len(names) > MOST_SHOWN:
        names = [*names[: MOST_SHOWN // 2], "…", *names[-MOST_SHOWN // 2 :]]
    return " → ".join(names)
