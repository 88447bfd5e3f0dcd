"""Which tasks of a process stand side by side: on different branches that a gateway opens together. Pure, on the model.

What several departments sign side by side is a countersignature (会签). What lies behind the join belongs to no branch; a round
that begins anew, by way of the gateway or around it, changes nothing of what stands beside what.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from engine.bpmn.calls import scope_of
from engine.bpmn.compile import PERSON_TAGS
from engine.bpmn.model import Node, Process

FORKS = frozenset({"parallelGateway", "inclusiveGateway"})


def side_by_side(process: Process) -> Mapping[str, frozenset[str]]:
    """By task of a person, the tasks that may be open at the same time; itself, where it has instances side by side."""
    nodes = {node.id: node for node in process.nodes if node.id}
    following = _following(process, nodes)
    tasks = {name for name, node in nodes.items() if node.tag in PERSON_TAGS}
    beside: dict[str, set[str]] = defaultdict(set)
    for name, node in nodes.items():
        if node.tag in FORKS and len(following[name]) > 1:
            reached = [_reached(start, following, name) & tasks for start in following[name]]
            for n, branch in enumerate(reached):
                others = set().union(*(one for m, one in enumerate(reached) if m != n))
                for one in branch - others:
                    beside[one] |= others - branch
        if node.loop is not None and node.loop.kind == "parallel":
            inside = tasks & ({name} | _held(node, nodes))
            for one in inside:
                beside[one] |= inside
    return {name: frozenset(others) for name, others in beside.items() if others}


def _following(process: Process, nodes: Mapping[str, Node]) -> Mapping[str, set[str]]:
    """Where a node leads: along its flows, into what it contains, out of its scope's end, and to what is attached to it."""
    found: dict[str, set[str]] = defaultdict(set)
    for flow in process.flows:
        if flow.source and flow.target:
            found[flow.source].add(flow.target)
    ends = [name for name in nodes if not found[name]]
    for name, node in nodes.items():
        found[name] |= {other for other, one in nodes.items() if one.attached_to == name}
        found[name] |= _starts(node, nodes)
    for name in ends:
        if nodes[name].scope in nodes:
            found[name] |= found[nodes[name].scope] - _starts(nodes[nodes[name].scope], nodes)
    return found


def _starts(node: Node, nodes: Mapping[str, Node]) -> set[str]:
    scope = scope_of(node)
    return {name for name, one in nodes.items() if one.tag == "startEvent" and one.scope == scope} if scope else set()


def _reached(start: str, following: Mapping[str, Iterable[str]], without: str) -> set[str]:
    seen: set[str] = {without}
    todo = [start]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(following.get(name, ()))
    return seen - {without}


def _held(node: Node, nodes: Mapping[str, Node]) -> set[str]:
    """What a container holds, and what its containers hold."""
    held: set[str] = set()
    todo = [scope_of(node)]
    while todo:
        scope = todo.pop()
        for name, one in nodes.items():
            if one.scope == scope and name not in held:
                held.add(name)
                todo.append(scope_of(one))
    return held
