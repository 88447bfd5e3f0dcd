"""Repetitions in repetitions that no run gets through, and borders of sub-processes in which nothing ever waits."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping

from engine.bpmn.calls import is_linked, scope_of
from engine.bpmn.model import Finding, Node
from engine.bpmn.rules.rule import ERROR, WARNING, Rule
from engine.bpmn.rules.subject import INSIDE, Scope, Subject
from engine.bpmn.vocabulary import PERSON_TASKS

MOST_OPEN = 1000  #: of one case at once: `run.MOST_TOKENS`
MOST_RUN = 1000  #: automatic nodes of one step: `run.MOST_AUTOMATIC`
CROWD = Rule(
    "too-many-at-once",
    ERROR,
    "多实例{what}与其中的多实例相乘，同时进行的环节达 {count} 个，最多 {most} 个",
    "The multi-instance {what}, times those within, opens {count} nodes at once; at most {most} can be open",
    "请减少数量，或把其中一层改为依次办理（isSequential=“true”）",
    "Take fewer, or let one of them go one after another (isSequential=“true”)",
)
LONG = Rule(
    "too-long-at-once",
    ERROR,
    "重复的子流程{what}里无人办理也不等待，一步要自动执行约 {count} 个环节，最多 {most} 个",
    "Nobody works or waits in the repeated {what}: one step would run about {count} nodes by itself; at most {most} can be run",
    "请减少次数，或在其中加入人工环节或等待",
    "Repeat it less often, or put a task or a wait into it",
)
NEVER_WAITED = Rule(
    "boundary-never-waited",
    WARNING,
    "边界事件{what}永远不会发生：{host}里没有任何人工环节或等待，一步就走完",
    "The boundary event {what} never happens: nobody works or waits within {host}, which is through at once",
    "请把它附着在有人工环节的子流程或环节上，或删除它和它后面的连线",
    "Attach it to a sub-process or task in which somebody works, or delete it with the way behind it",
)
RULES = (CROWD, LONG, NEVER_WAITED)

_RESTING = frozenset(
    {*PERSON_TASKS, "receiveTask", "intermediateCatchEvent", "serviceTask", "businessRuleTask", "sendTask"}
)
_AWAITED = frozenset({"timer", "message"})


def check(subject: Subject) -> Iterator[Finding]:
    """Judge what repeats, and what is attached to what is through at once. Inner scopes come first."""
    if not subject.bearable:
        return
    open_in: dict[str, int] = {}
    through: dict[str, int | None] = {}
    for scope in reversed(subject.scopes):
        told: set[str | None] = set()
        for node in scope.nodes:
            count = _opened(node, open_in)
            if count > MOST_OPEN >= open_in.get(str(scope_of(node)), 1):
                told.add(node.id)
                yield CROWD.at(node, count=count, most=MOST_OPEN)
        yield from _long(scope, through, told)
        yield from (NEVER_WAITED.at(event, host=_named(scope, event)) for event in unheard(scope, through))
        open_in[scope.id] = max((_opened(node, open_in) for node in scope.nodes), default=1)
        through[scope.id] = shortest(scope, through)


def unheard(scope: Scope, through: Mapping[str, int | None]) -> Iterator[Node]:
    """Boundary events that wait for a time or a message where nothing rests so that it could come."""
    for host, events in scope.boundary.items():
        if _is_mute(scope.by_id[host], through):
            yield from (
                event for event in events if {one.kind for one in event.events} <= _AWAITED and not _dated(event)
            )


def never_heard(subject: Subject) -> frozenset[str]:
    """All such events of what is judged."""
    through: dict[str, int | None] = {}
    found: set[str] = set()
    for scope in reversed(subject.scopes):
        found |= {str(event.id) for event in unheard(scope, through)}
        through[scope.id] = shortest(scope, through)
    return frozenset(found)


def _dated(event: Node) -> bool:
    return any(one.timer_kind == "date" for one in event.events)


def _named(scope: Scope, event: Node) -> str:
    host = scope.by_id[str(event.attached_to)]
    return f"“{host.name or host.id}”"


def _repeats(node: Node, *, parallel: bool) -> int:
    """How often an activity is done: at once, or altogether in one step. 1 where only facts say it."""
    loop = node.loop
    if loop is None or (parallel and loop.kind != "parallel"):
        return 1
    text = loop.maximum if loop.kind == "standard" else loop.cardinality
    return int(text) if text and text.strip().isdecimal() and len(text) < 6 else 1


def _opened(node: Node, open_in: Mapping[str, int]) -> int:
    inner = open_in.get(str(scope_of(node)), 1) if node.tag in INSIDE and not is_linked(node) else 1
    return _repeats(node, parallel=True) * inner


def _is_mute(node: Node, through: Mapping[str, int | None]) -> bool:
    """Whether a sub-process is always through at once: a way leads to its end, and nothing on any way rests."""
    return node.tag in INSIDE and not is_linked(node) and through.get(str(scope_of(node))) is not None


def _long(scope: Scope, through: Mapping[str, int | None], told: set[str | None]) -> Iterator[Finding]:
    for node in scope.nodes:
        inner = through.get(str(scope_of(node))) if _is_mute(node, through) else None
        count = (inner or 0) * _repeats(node, parallel=False)
        if inner is not None and count > MOST_RUN >= inner and node.id not in told:
            yield LONG.at(node, count=count, most=MOST_RUN)


def shortest(scope: Scope, through: Mapping[str, int | None]) -> int | None:
    """The fewest nodes that are run from the start to an end of a scope; None where something may rest on a way."""
    if any(_rests(scope.by_id[node], through) for node in scope.reached()):
        return None
    todo = [(0, str(node.id)) for node in scope.starts() if node.id]
    seen: set[str] = set()
    while todo:
        so_far, node = heapq.heappop(todo)
        if node in seen:
            continue
        seen.add(node)
        count = (
            so_far
            + 1
            + (through.get(str(scope_of(scope.by_id[node]))) or 0) * _repeats(scope.by_id[node], parallel=False)
        )
        if not scope.out_of(node):
            return count
        for flow in scope.out_of(node):
            heapq.heappush(todo, (count, str(flow.target)))
    return None


def _rests(node: Node, through: Mapping[str, int | None]) -> bool:
    if node.tag in INSIDE:
        return not _is_mute(node, through)
    return node.tag in _RESTING and not any(event.kind == "link" for event in node.events)


def resting(node: Node) -> bool:
    """Whether a token may wait at a node: what is inside a sub-process is not looked at."""
    return node.tag in INSIDE or _rests(node, {})
