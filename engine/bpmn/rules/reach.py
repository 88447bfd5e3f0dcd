"""Every node can be reached, every way leads to an end, and somebody waits in every loop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from engine.bpmn.model import Finding, Node
from engine.bpmn.rules.rule import ERROR, WARNING, Rule
from engine.bpmn.rules.subject import CONTAINERS, Scope, Subject, spread
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
RULES = (UNREACHABLE, NO_EXIT, AUTOMATIC_LOOP)

_WAITING = frozenset({*PERSON_TASKS, "receiveTask", "intermediateCatchEvent", "boundaryEvent"})


def check(subject: Subject) -> Iterator[Finding]:
    """Judge each scope; inner scopes first, for whether a sub-process ever waits decides about the loop around it."""
    silent: set[str] = set()
    for scope in reversed(subject.scopes):
        reached = scope.reached()
        if scope.starts():
            yield from (UNREACHABLE.at(node) for node in scope.nodes if node.id and node.id not in reached)
        yield from _exits(scope, reached)
        yield from _loops(scope, silent)
        if _passes_silently(scope, silent):
            silent.add(scope.id)


def _exits(scope: Scope, reached: set[str]) -> Iterator[Finding]:
    ends = (node.id for node in scope.nodes if node.id and not scope.out_of(node.id))
    leaving = spread(ends, scope.before)
    trapped = [node for node in scope.nodes if node.id in reached and node.id not in leaving]
    if trapped:
        yield NO_EXIT.at(trapped[0], nodes=_listed(trapped))


def _waits(node: Node, silent: set[str]) -> bool:
    return node.tag in _WAITING or (node.tag in CONTAINERS and node.id not in silent)


def _passes_silently(scope: Scope, silent: set[str]) -> bool:
    """Whether a token may run through a scope without ever waiting."""

    def on(node: str) -> Iterator[str]:
        return (after for after in scope.after(node) if not _waits(scope.by_id[after], silent))

    through = spread((node.id for node in scope.starts() if node.id), on)
    return any(not scope.out_of(node) for node in through)


def _loops(scope: Scope, silent: set[str]) -> Iterator[Finding]:
    turning = _in_cycles(scope, {node.id for node in scope.nodes if node.id and not _waits(node, silent)})
    nodes = [node for node in scope.nodes if node.id in turning]
    if nodes:
        yield AUTOMATIC_LOOP.at(nodes[0], nodes=_listed(nodes))
    for node in scope.nodes:
        endless = node.loop is not None and node.loop.kind == "standard" and not node.loop.maximum
        if endless and node.tag in CONTAINERS and node.id in silent:
            yield AUTOMATIC_LOOP.at(node, nodes=node.id)


def _in_cycles(scope: Scope, among: set[str]) -> set[str]:
    """The nodes of `among` on a cycle, or between two, that stays within `among`."""
    forward = {node: [after for after in scope.after(node) if after in among] for node in among}
    backward: dict[str, list[str]] = {node: [] for node in among}
    for node, following in forward.items():
        for after in following:
            backward[after].append(node)
    kept = _peeled(forward, among)
    return _peeled({node: [before for before in backward[node] if before in kept] for node in kept}, kept)


def _peeled(edges: dict[str, list[str]], among: set[str]) -> set[str]:
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
