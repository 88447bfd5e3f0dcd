"""Branches that meet unjoined, again and again: two become four, and soon more than one step runs or one case holds.

What is done twice is found elsewhere (`merge-unsynchronised`). Here nobody works behind the merges, and only the number counts:
tokens are counted along the flows, every choice going the way that costs most, ways back left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from engine.bpmn.model import Finding, Flow
from engine.bpmn.rules.crowd import MOST_OPEN, MOST_RUN, resting
from engine.bpmn.rules.net import happens
from engine.bpmn.rules.rule import ERROR, Rule
from engine.bpmn.rules.subject import Scope, Subject

MULTIPLY = Rule(
    "branches-multiply",
    ERROR,
    "分支多次不经汇聚就合并，到{what}时已成倍增加：一步要自动执行或同时等待约 {count} 个节点，最多 {most} 个",
    "Branches meet unjoined again and again and multiply up to {what}: about {count} nodes run in one step or wait at once; at"
    " most {most} can",
    "请在每个并行分叉之后用并行网关汇聚，再画下一个分叉",
    "Join each parallel split with a parallel gateway before the next one",
)
RULES = (MULTIPLY,)
MOST_COUNTED = 1_000_000  #: more is not counted
_CHOICE = frozenset({"exclusiveGateway", "eventBasedGateway"})
_JOINING = frozenset({"parallelGateway", "inclusiveGateway"})


def check(subject: Subject) -> Iterator[Finding]:
    """Judge each scope; one that never grows over the bounds is counted through once."""
    if not subject.bearable:
        return
    for scope in subject.scopes:
        starts = scope.starts()
        if len(starts) == 1 and starts[0].id:
            yield from _judge(scope, str(starts[0].id))


@dataclass(frozen=True, slots=True)
class _Counted:
    """How often each node is run, how many tokens each flow gets, and how often an event on a border happens."""

    runs: dict[str, int] = field(default_factory=dict)
    on: dict[int, int] = field(default_factory=dict)
    border: dict[str, int] = field(default_factory=dict)


def _judge(scope: Scope, start: str) -> Iterator[Finding]:
    order = _order(scope, start)
    counting = _Counting(scope, order, _heaviest(scope, order))
    rests = {node for node in order if resting(scope.by_id[node]) or scope.by_id[node].tag == "boundaryEvent"}
    whole = counting.through(start)
    if sum(whole.runs.values()) <= MOST_RUN:
        return
    crowded = next((node for node in order if node in rests and whole.runs.get(node, 0) > MOST_OPEN), None)
    if crowded is not None:
        yield MULTIPLY.at(scope.by_id[crowded], count=whole.runs[crowded], most=MOST_OPEN)
        return
    for source in (node for node in order if node == start or node in rests):
        step = counting.through(source, rests - {source}, whole.on)
        count = sum(step.runs.values())
        if count > MOST_RUN:
            last = next(node for node in reversed(order) if step.runs.get(node))
            yield MULTIPLY.at(scope.by_id[last], count=min(count, MOST_COUNTED), most=MOST_RUN)
            return


def _order(scope: Scope, start: str) -> list[str]:
    """The nodes that are reached, each before those behind it (but for ways back)."""
    done: dict[str, None] = {}
    begun = {start}
    todo = [(start, scope.after(start))]
    while todo:
        node, following = todo[-1]
        after = next((each for each in following if each not in begun), None)
        if after is None:
            done[node] = None
            todo.pop()
        else:
            begun.add(after)
            todo.append((after, scope.after(after)))
    return list(done)[::-1]


def _heaviest(scope: Scope, order: list[str]) -> dict[str, int]:
    """How much each node sets going, at most, were nothing joined."""
    heavy: dict[str, int] = {}
    for node in reversed(order):
        flows, events = _onward(scope, node, heavy)
        behind = [heavy.get(str(flow.target), 0) for flow in flows] + [heavy.get(event, 0) for event in events]
        heavy[node] = min(1 + sum(behind), MOST_COUNTED)
    return heavy


def _onward(scope: Scope, node: str, heavy: Mapping[str, int]) -> tuple[list[Flow], list[str]]:
    """The flows that get a token, and the events on the border that happen: of what excludes another the heaviest."""
    here, out = scope.by_id[node], scope.out_of(node)
    if here.tag in _CHOICE and out:
        return [max(out, key=lambda flow: heavy.get(str(flow.target), 0))], []
    if here.tag == "inclusiveGateway" and len(out) > 1:
        out = [flow for flow in out if flow.id != here.default]
    border = [event for event in scope.boundary.get(node, ()) if happens(here, event)]
    beside = [str(event.id) for event in border if not event.interrupting]
    instead = [str(event.id) for event in border if event.interrupting]
    first = max(instead, key=lambda event: heavy.get(event, 0), default="")
    if heavy.get(first, 0) > sum(heavy.get(str(flow.target), 0) for flow in out):
        return [], [*beside, first]
    return out, beside


@dataclass(frozen=True, slots=True)
class _Counting:
    scope: Scope
    order: list[str]
    heavy: Mapping[str, int]

    def through(self, source: str, rests: Collection[str] = (), parked: Mapping[int, int] | None = None) -> _Counted:
        """Count from one token at `source`; nothing goes past `rests`. What waits at joins already is `parked`."""
        found = _Counted()
        for node in self.order[self.order.index(source) :]:
            came = [found.on.get(id(flow), 0) for flow in self.scope.into(node)]
            if len(came) > 1 and self.scope.by_id[node].tag in _JOINING:
                came = [self._joined(node, came, parked or {})]
            runs = 1 if node == source else min(sum(came) + found.border.get(node, 0), MOST_COUNTED)
            if not runs:
                continue
            found.runs[node] = runs
            if node not in rests:
                flows, events = _onward(self.scope, node, self.heavy)
                found.on.update({id(flow): runs for flow in flows})
                found.border.update(dict.fromkeys(() if rests else events, runs))
        return found

    def _joined(self, node: str, came: list[int], parked: Mapping[int, int]) -> int:
        """How often a join opens. What did not come in this step may have come before."""
        if not any(came) or self.scope.by_id[node].tag == "inclusiveGateway":
            return max(came)
        return min(own or parked.get(id(flow), 0) for own, flow in zip(came, self.scope.into(node), strict=True))
