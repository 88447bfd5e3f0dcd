"""The token game of one scope, abstract: conditions and events may go any way; what waits for nothing goes on.

`explore` visits the ways a scope may go, shortest first. Of several tokens it moves one, in all ways open to it, and the others
later: a flow has one consumer, so that no order of moves makes possible or impossible what another does not (the tokens
commute). So blocks in parallel add up and don't multiply, and a quiet state that any order can reach is reached.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from random import Random

from engine.bpmn.model import Flow, Node
from engine.bpmn.rules.races import overtaken
from engine.bpmn.rules.subject import INSIDE, Scope, spread

Marking = tuple[int, ...]  #: the flows that hold a token, sorted, one entry a token
MOST_STATES = 20_000
MOST_MOVES = 10  #: a state, on average: more is a mesh, of which what was found by then is said
MOST_TOKENS = 64  #: in one state: more is a process that multiplies, which is found otherwise
MOST_SUBSETS = 4  #: branches of an inclusive split that are taken in every combination
_CHOOSING = frozenset({"exclusiveGateway", "eventBasedGateway"})
_ENDING = frozenset({"terminate", "error", "cancel"})
_THROWN = frozenset({"error", "escalation", "cancel"})


@dataclass(frozen=True, slots=True)
class Net:
    """A scope's flows by number, and what each node makes of a token. `ways` are the flows that get one, by alternative."""

    flows: tuple[Flow, ...]  #: those nearest to an end first, so that what can leave leaves before it is overtaken
    target: tuple[str, ...]  #: the consumer of each flow
    into: Mapping[str, tuple[int, ...]]
    ways: Mapping[str, tuple[Marking, ...]]
    initial: Marking
    joins: tuple[str, ...]  #: parallel gateways with several ways in
    inclusive: tuple[str, ...]  #: inclusive ones, by id as the engine fires them
    clearing: frozenset[str]  #: end events that take the scope's other tokens with them
    hold: Mapping[str, Mapping[int, frozenset[int]]] = field(default_factory=dict)
    rank: Mapping[str, int] = field(
        default_factory=dict
    )  #: what does not move by itself, in the order in which it is looked at

    @property
    def multiplies(self) -> bool:
        """Whether a token may become several."""
        return any(len(way) > 1 for ways in self.ways.values() for way in ways)


def net_of(
    scope: Scope, *, guards: bool = True, subsets: bool = True, lonely: bool = False, never: Collection[str] = ()
) -> Net | None:
    """The net of a scope with one start; None for another. `guards`: with events that do not interrupt; `subsets`: several
    branches of an inclusive split at once; `lonely`: its default never beside another; `never`: events that do not happen."""
    starts = scope.starts()
    if len(starts) != 1 or starts[0].id is None:
        return None
    flows = _by_distance(scope)
    index: dict[int, int] = {id(flow): number for number, flow in enumerate(flows)}
    outs = {node: tuple(index[id(flow)] for flow in scope.out_of(node)) for node in scope.by_id}
    into = {node: tuple(index[id(flow)] for flow in scope.into(node)) for node in scope.by_id}
    late = {*overtaken(scope), *never}
    ways = {id: tuple(_ways(scope, node, outs, guards, subsets, late)) for id, node in scope.by_id.items()}
    if lonely:
        ways |= {id: _lonely(ways[id], outs[id], scope, node) for id, node in scope.by_id.items() if node.default}
    joining = [id for id in scope.by_id if len(into[id]) > 1]
    target = tuple(str(flow.target) for flow in flows)
    inclusive = tuple(sorted(id for id in joining if scope.by_id[id].tag == "inclusiveGateway"))
    joins = tuple(id for id in joining if scope.by_id[id].tag == "parallelGateway")
    clearing = frozenset(id for id, node in scope.by_id.items() if node.tag == "endEvent" and _clears(node))
    backward = _backward(target, ways)
    return Net(
        flows=tuple(flows),
        target=target,
        into=into,
        ways=ways,
        initial=tuple(sorted(outs[str(starts[0].id)])),
        joins=joins,
        inclusive=inclusive,
        clearing=clearing,
        hold={id: _holding(id, into[id], target, backward) for id in inclusive},
        rank={id: place for place, id in enumerate((*joins, *inclusive, *clearing))},
    )


def _by_distance(scope: Scope) -> list[Flow]:
    distance = {id: 0 for id in scope.by_id if not scope.out_of(id)}
    todo = deque(distance)
    while todo:
        node = todo.popleft()
        for before in scope.before(node):
            if before not in distance:
                distance[before] = distance[node] + 1
                todo.append(before)
    return sorted(scope.flows, key=lambda flow: distance.get(flow.target or "", len(scope.nodes)))


def _clears(node: Node) -> bool:
    return any(event.kind in _ENDING for event in node.events)


def _ways(
    scope: Scope, node: Node, outs: Mapping[str, tuple[int, ...]], guards: bool, subsets: bool, late: Collection[str]
) -> Iterator[Marking]:
    own = outs[str(node.id)]
    if node.tag in _CHOOSING:
        race = node.tag == "eventBasedGateway"
        out = zip(own, scope.out_of(node.id), strict=True)
        yield from ((number,) for number, flow in out if not (race and flow.target in late))
    elif node.tag == "inclusiveGateway":
        yield from _subsets(own) if subsets else ((flow,) for flow in own)
    else:
        yield own
        events = [
            event for event in scope.boundary.get(str(node.id), ()) if happens(node, event) and event.id not in late
        ]
        yield from (outs[str(event.id)] for event in events if event.interrupting)
        if guards:
            for event in events:
                if not event.interrupting:
                    yield (*own, *outs[str(event.id)])
    if node.tag in (*_CHOOSING, "inclusiveGateway") and not own:
        yield ()


def happens(host: Node, event: Node) -> bool:
    """Whether an event on a border may take a token away: one of compensation never does, it only says who undoes."""
    if any(each.kind == "compensate" for each in event.events):
        return False
    return bool(event.id) and (host.tag in INSIDE or not any(each.kind in _THROWN for each in event.events))


def _lonely(ways: tuple[Marking, ...], own: Marking, scope: Scope, node: Node) -> tuple[Marking, ...]:
    """The ways without those in which a default is taken beside another flow: it is taken where no other is."""
    default = next((n for n, flow in zip(own, scope.out_of(node.id), strict=True) if flow.id == node.default), None)
    return tuple(way for way in ways if default not in way or len(way) == 1)


def _subsets(flows: tuple[int, ...]) -> Iterator[Marking]:
    sizes = range(1, len(flows) + 1) if len(flows) <= MOST_SUBSETS else (1, 2, len(flows))
    for size in sizes:
        yield from combinations(flows, size)


def _backward(target: tuple[str, ...], ways: Mapping[str, tuple[Marking, ...]]) -> Mapping[int, set[int]]:
    """For each flow those of which the token may become one on it."""
    backward: dict[int, set[int]] = {flow: set() for flow in range(len(target))}
    for flow, node in enumerate(target):
        for way in ways[node]:
            for each in way:
                backward[each].add(flow)
    return backward


def _holding(
    join: str, into: tuple[int, ...], target: tuple[str, ...], backward: Mapping[int, set[int]]
) -> Mapping[int, frozenset[int]]:
    """For each flow the flows into the join that a token on it may still come by, without passing the join."""

    def before(flow: int) -> Iterator[int]:
        return (each for each in backward[flow] if target[each] != join)

    found: dict[int, set[int]] = {}
    for flow in into:
        for each in spread([flow], before):
            found.setdefault(each, set()).add(flow)
    return {flow: frozenset(reached) for flow, reached in found.items()}


@dataclass(slots=True)
class Exploration:
    """The states that were visited: each with the one before and the node that moved."""

    markings: list[Marking]
    before: list[int]
    moved: list[str]
    quiet: list[int]
    edges: list[tuple[int, int]] = field(default_factory=list)
    whole: bool = True

    def path(self, state: int) -> list[str]:
        """The nodes that moved on the way to a state."""
        found = []
        while state:
            found.append(self.moved[state])
            state = self.before[state]
        return found[::-1]


def explore(net: Net, frozen: Collection[str] = (), most: int = MOST_STATES, *, saturated: bool = False) -> Exploration:
    """Visit what can be reached, `frozen` never moving. `saturated`: two tokens on a flow stand for any more, so that what
    multiplies comes to an end as well."""
    seen = {net.initial: 0}
    done = Exploration([net.initial], [0], [""], [])
    todo = deque([0])
    moved_on = 0
    while todo and moved_on < MOST_MOVES * most:
        state = todo.popleft()
        moves = list(_moves(net, done.markings[state], frozen))
        moved_on += len(moves)
        if not moves:
            done.quiet.append(state)
        for node, moved in moves:
            marking = _at_most_two(moved) if saturated else moved
            if marking in seen:
                done.edges.append((state, seen[marking]))
                continue
            if len(seen) >= most or len(marking) > MOST_TOKENS:
                done.whole = False
                continue
            seen[marking] = len(done.markings)
            done.edges.append((state, seen[marking]))
            todo.append(len(done.markings))
            done.markings.append(marking)
            done.before.append(state)
            done.moved.append(node)
    done.whole = done.whole and not todo
    return done


def wander(net: Net, resting: frozenset[str], seed: int, most: int) -> Exploration:
    """One way at random, as the engine goes it: what does not rest goes first, then joins, parallel ones before inclusive ones."""
    rng = Random(seed)  # noqa: S311 (no secret)
    done = Exploration([net.initial], [0], [""], [], whole=False)
    while len(done.markings) < most and len(done.markings[-1]) <= MOST_TOKENS:
        moves = _next_moves(net, resting, done.markings[-1], rng)
        if not moves:
            done.quiet.append(len(done.markings) - 1)
            break
        node, following = rng.choice(moves)
        done.before.append(len(done.markings) - 1)
        done.markings.append(following)
        done.moved.append(node)
    return done


def _next_moves(net: Net, resting: frozenset[str], marking: Marking, rng: Random) -> list[tuple[str, Marking]]:
    for flow in marking:
        node = net.target[flow]
        if node in net.clearing:
            return [(node, ())]
        if node not in resting and node not in net.rank:
            return list(_moved(net, node, marking, (flow,)))
    waiting = [flow for flow in marking if net.target[flow] in resting]
    chosen = rng.choice(waiting) if waiting else None
    return _joined(net, marking) or (
        [] if chosen is None else list(_moved(net, net.target[chosen], marking, (chosen,)))
    )


def _joined(net: Net, marking: Marking) -> list[tuple[str, Marking]]:
    for node in sorted({net.target[flow] for flow in marking} & net.rank.keys(), key=net.rank.__getitem__):
        full = tuple(flow for flow in net.into[node] if flow in marking)
        if len(full) == len(net.into[node]) or (node in net.hold and not _held_up(net, node, marking, set(full))):
            return list(_moved(net, node, marking, full))
    return []


def _moves(net: Net, marking: Marking, frozen: Collection[str]) -> Iterator[tuple[str, Marking]]:
    """One token in all its ways; else a parallel join; else an inclusive one; else an end that clears the scope."""
    for flow in marking:
        node = net.target[flow]
        if node not in net.rank and node not in frozen:
            yield from _moved(net, node, marking, (flow,))
            return
    waiting = {net.target[flow] for flow in marking}.difference(frozen)
    for node in sorted(waiting & net.rank.keys(), key=net.rank.__getitem__):
        if node in net.clearing:
            yield node, ()
            return
        full = tuple(flow for flow in net.into[node] if flow in marking)
        if len(full) == len(net.into[node]) or (node in net.hold and not _held_up(net, node, marking, set(full))):
            yield from _moved(net, node, marking, full)
            return


def _moved(net: Net, node: str, marking: Marking, taken: Marking) -> Iterator[tuple[str, Marking]]:
    left = _without(marking, taken)
    return ((node, tuple(sorted(left + way))) for way in net.ways[node])


def _held_up(net: Net, join: str, marking: Marking, full: set[int]) -> bool:
    """BPMN 2.0 §13.4.3: a token elsewhere can still come by an empty flow, and by none that holds one."""
    reach = net.hold[join]
    for flow in marking:
        if net.target[flow] != join:
            reached = reach.get(flow, frozenset())
            if reached - full and not reached & full:
                return True
    return False


def _at_most_two(marking: Marking) -> Marking:
    return tuple(flow for place, flow in enumerate(marking) if place < 2 or marking[place - 2] != flow)


def _without(marking: Marking, flows: tuple[int, ...]) -> Marking:
    left = list(marking)
    for flow in flows:
        left.remove(flow)
    return tuple(left)
