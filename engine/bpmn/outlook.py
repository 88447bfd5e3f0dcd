"""What may come next in a process: the tasks of people that the open ones lead to. Pure, on the model; nothing is evaluated.

Behind a gateway that chooses, what comes is possible; otherwise it is certain. Nobody is promised what a condition decides, and
what lies behind more choices than the nearest tasks do is not told at all: it is too far off.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection
from dataclasses import dataclass

from engine.bpmn.calls import scope_of
from engine.bpmn.compile import PERSON_TAGS
from engine.bpmn.model import Node, Process

CHOOSING = frozenset({"exclusiveGateway", "inclusiveGateway", "eventBasedGateway"})
MOST_AHEAD = 12
FAR = 1_000_000


@dataclass(frozen=True, slots=True)
class Ahead:
    """A task that comes, or may come, after the open ones."""

    node: Node
    certain: bool


def ahead(process: Process, open_ids: Collection[str]) -> list[Ahead]:
    """The next tasks of people behind the open ones, the certain ones first, in the diagram's order."""
    walk = _Walk(process)
    found: dict[str, int] = {}
    behind: dict[str, int] = {}
    todo = deque((after, choices) for one in open_ids for after, choices in walk.after(one))
    while todo:
        name, choices = todo.popleft()
        node = walk.nodes.get(name)
        if node is None or behind.get(name, FAR) <= choices:
            continue
        behind[name] = choices
        if node.tag in PERSON_TAGS:
            if name not in open_ids:
                found[name] = choices
        else:
            todo.extend((after, choices + more) for after, more in walk.inside(node))
    nearest = max(min(found.values(), default=0), 1)
    order = {node.id: n for n, node in enumerate(process.nodes)}
    told = sorted((choices, order[name], name) for name, choices in found.items() if choices <= nearest)
    return [Ahead(walk.nodes[name], choices == 0) for choices, _, name in told][:MOST_AHEAD]


class _Walk:
    def __init__(self, process: Process) -> None:
        self.nodes = {node.id: node for node in process.nodes if node.id}
        self.flows: dict[str, list[str]] = defaultdict(list)
        for flow in process.flows:
            if flow.source and flow.target:
                self.flows[flow.source].append(flow.target)

    def after(self, name: str) -> list[tuple[str, int]]:
        """Where the flows of a node lead (out of a sub-process: where that leads), and how many choices it takes."""
        node = self.nodes.get(name)
        if node is None:
            return []
        targets = self.flows.get(name, [])
        if not targets and node.scope in self.nodes:
            return self.after(node.scope)
        return [(target, int(node.tag in CHOOSING and len(targets) > 1)) for target in targets]

    def inside(self, node: Node) -> list[tuple[str, int]]:
        """Where a node that no person does leads: into a sub-process, or on."""
        starts = [one for one in self.nodes.values() if one.scope == scope_of(node) and one.tag == "startEvent"]
        if starts:
            return [(str(start.id), 0) for start in starts]
        return self.after(str(node.id))
