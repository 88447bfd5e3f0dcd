"""Every node can be reached, every way leads to an end, and somebody waits in every loop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from engine.bpmn.calls import is_linked, scope_of
from engine.bpmn.model import Finding, Node
from engine.bpmn.rules import crowd
from engine.bpmn.rules.left import never_left
from engine.bpmn.rules.races import overtaken
from engine.bpmn.rules.rule import ERROR, WARNING, Rule
from engine.bpmn.rules.subject import INSIDE, Scope, Subject, spread
from engine.bpmn.rules.texts import is_expression
from engine.bpmn.vocabulary import PERSON_TASKS

UNREACHABLE = Rule(
    "unreachable",
    WARNING,
    "从开始事件走不到{what}",
    "{what} can't be reached from the start",
    "请用连线接上，或删除",
    "Connect it, or delete it",
)
NO_EXIT = Rule(
    "no-exit",
    ERROR,
    "从{what}走不到任何结束事件（{nodes}）",
    "No end event can be reached from {what} ({nodes})",
    "请在循环中加一个通向结束事件的网关",
    "Add a gateway to the loop with a way to an end event",
)
AUTOMATIC_LOOP = Rule(
    "automatic-loop",
    ERROR,
    "循环中没有任何人工环节或等待（{nodes}），流程会不停空转",
    "Nobody works or waits in this loop ({nodes}): it would turn for ever",
    "请在循环中加入人工环节、定时或消息等待；循环的子流程请设最多次数",
    "Put a task, timer or message into the loop; give a looping sub-process a loopMaximum",
)
DATE_LOOP = Rule(
    "date-in-loop",
    ERROR,
    "循环中除固定时刻（{nodes}）外没有人工环节或其他等待，时刻一过流程会不停空转",
    "In this loop only a fixed date is waited for ({nodes}): once it is past, the loop would turn for ever",
    "请改用至少 1 秒的时长（如 P1D），或在循环中加入人工环节或消息等待",
    "Wait for a duration of a second or more, such as P1D, or put a task or message into the loop",
)
RULES = (UNREACHABLE, NO_EXIT, AUTOMATIC_LOOP, DATE_LOOP)

_WAITING = frozenset({*PERSON_TASKS, "receiveTask", "intermediateCatchEvent", "boundaryEvent"})

#: What happens in the step that leads to it.
_AT_ONCE = frozenset({"link", "error", "escalation", "cancel"})


def check(subject: Subject) -> Iterator[Finding]:
    """Judge each scope; inner scopes first, for whether a sub-process ever waits decides about the loop around it."""
    waiting, dating = _Waits(set(), set()), _Waits(set(), set(), past=True)
    through: dict[str, int | None] = {}
    left = never_left(subject)
    for scope in reversed(subject.scopes):
        reached = scope.reached()
        if scope.starts():
            yield from (UNREACHABLE.at(node) for node in scope.nodes if node.id and node.id not in reached)
        unheard = {str(event.id) for event in crowd.unheard(scope, through)} | {*overtaken(scope)}
        yield from _exits(scope, reached, unheard, left)
        through[scope.id] = crowd.shortest(scope, through)
        turning = _turning(scope, waiting)
        yield from _loop(AUTOMATIC_LOOP, turning)
        if subject.bearable:
            yield from _loop(DATE_LOOP, _dates(scope, dating, {str(node.id) for node in turning}))
        for waits in (waiting, dating):
            waits.note(scope)


def _exits(scope: Scope, reached: set[str], unheard: set[str], never: Mapping[str, bool]) -> Iterator[Finding]:
    """What no end is reached from; an event that never happens leads nowhere, nor does the end of what never comes to it."""

    def before(node: str) -> Iterator[str]:
        attached = scope.by_id[node].attached_to
        return (each for each in scope.before(node) if node not in unheard and (each not in never or each == attached))

    def after(node: str) -> Iterator[str]:
        following = (str(event.id) for event in scope.boundary.get(node, ())) if node in never else scope.after(node)
        return (each for each in following if each not in unheard)

    gone = unheard | never.keys()
    ends = (node.id for node in scope.nodes if node.id and not scope.out_of(node.id) and node.id not in gone)
    leaving = spread([*ends, *(node.id for node in scope.nodes if node.id and never.get(node.id))], before)
    reached = reached if not gone else spread(_begun(scope), after)
    trapped = [node for node in scope.nodes if node.id in reached and node.id not in leaving]
    if trapped:
        yield NO_EXIT.at(trapped[0], nodes=_listed(trapped))


def _begun(scope: Scope) -> Iterator[str]:
    return (node.id for node in scope.starts() if node.id)


@dataclass(frozen=True, slots=True)
class _Waits:
    """Which nodes make a token wait: not the sub-processes named and, once they are `past`, not fixed dates.

    `throwing` are the sub-processes in which something may be thrown before anything is waited for.
    """

    silent: set[str]
    throwing: set[str]
    past: bool = False

    def at(self, node: Node) -> bool:
        """Whether a token waits at a node until somebody, some message or some time comes."""
        if self.past and _fixed_date(node):
            return False
        if any(event.kind in _AT_ONCE for event in node.events):
            return False
        return node.tag in _WAITING or (
            node.tag in INSIDE and scope_of(node) not in self.silent and not is_linked(node)
        )

    def onward(self, scope: Scope, node: str) -> Iterator[str]:
        """Where a token gets by itself from here: where it waits, only by a boundary event that does not."""
        if not self.at(scope.by_id[node]):
            yield from scope.after(node)
        else:
            events = (event for event in scope.boundary.get(node, ()) if event.id and not self.at(event))
            throws = str(scope_of(scope.by_id[node])) in self.throwing
            yield from (str(event.id) for event in events if throws or not _is_thrown(event))

    def note(self, scope: Scope) -> None:
        """Note what the scopes around it have to know of one."""
        through = spread(_begun(scope), partial(self.onward, scope))
        if any(not self.at(scope.by_id[node]) and not scope.out_of(node) for node in through):
            self.silent.add(scope.id)
        thrown = (scope.by_id[node] for node in through)
        if any(
            _is_thrown(node) or str(scope_of(node)) in self.throwing for node in thrown if node.tag != "boundaryEvent"
        ):
            self.throwing.add(scope.id)


def _fixed_date(node: Node) -> bool:
    return any(event.timer_kind == "date" and not is_expression(event.expression or "") for event in node.events)


def _is_thrown(node: Node) -> bool:
    return any(event.kind in _AT_ONCE and event.kind != "link" for event in node.events)


def _turning(scope: Scope, waits: _Waits) -> list[Node]:
    """The nodes of loops in which nothing waits, and sub-processes that repeat themselves so without a bound."""
    cycles = _in_cycles({node: list(waits.onward(scope, node)) for node in scope.by_id})
    return [node for node in scope.nodes if node.id in cycles or (_endless(node) and not waits.at(node))]


def _endless(node: Node) -> bool:
    standard = node.loop is not None and node.loop.kind == "standard"
    return standard and not (node.loop and node.loop.maximum)


def _dates(scope: Scope, waits: _Waits, known: set[str]) -> list[Node]:
    """The fixed dates, and sub-processes that wait for nothing else, on a loop that nothing else holds up."""
    found = [node for node in _turning(scope, waits) if str(node.id) not in known]
    return [node for node in found if _fixed_date(node) or scope_of(node) in waits.silent]


def _loop(rule: Rule, nodes: list[Node]) -> Iterator[Finding]:
    if nodes:
        yield rule.at(nodes[0], nodes=_listed(nodes))


def _in_cycles(forward: Mapping[str, list[str]]) -> set[str]:
    """The nodes on a cycle, or between two."""
    backward: dict[str, list[str]] = {node: [] for node in forward}
    for node, following in forward.items():
        for after in following:
            backward[after].append(node)
    kept = _peeled(forward, set(forward))
    return _peeled({node: [before for before in backward[node] if before in kept] for node in kept}, kept)


def _peeled(edges: Mapping[str, list[str]], among: set[str]) -> set[str]:
    """What is left when nodes that nothing leads to are taken away, again and again."""
    count = Counter(after for following in edges.values() for after in following)
    todo = [node for node in among if not count[node]]
    left = set(among)
    while todo:
        node = todo.pop()
        left.discard(node)
        for after in edges[node]:
            count[after] -= 1
            if not count[after]:
                todo.append(after)
    return left


def _listed(nodes: list[Node]) -> str:
    return ", ".join(str(node.id) for node in nodes[:10])
