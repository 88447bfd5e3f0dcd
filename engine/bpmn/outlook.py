"""What may come next in a process: the tasks of people that the open ones lead to. Pure, on the model; nothing is evaluated.

Behind a gateway that chooses, what comes is possible; otherwise it is certain. Nobody is promised what a condition decides.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection
from dataclasses import dataclass

from engine.bpmn.compile import PERSON_TAGS
from engine.bpmn.model import Node, Process

CHOOSING = frozenset({"exclusiveGateway", "inclusiveGateway", "eventBasedGateway"})
MOST_AHEAD = 12


@dataclass(frozen=True, slots=True)
class Ahead:
    """A task that comes, or may come, after the open ones."""

    node: Node
    certain: bool


def ahead(process: Process, open_ids: Collection[str]) -> list[Ahead]:
    """The next tasks of people behind the open ones, the certain ones first, in the diagram's order."""
    walk = _Walk(process)
    found: dict[str, bool] = {}
    todo = deque((after, certain) for one in open_ids for after, certain in walk.after(one))
    seen: set[tuple[str, bool]] = set()
    while todo:
        name, certain = todo.popleft()
        if (name, certain) in seen or (name, True) in seen:
            continue
        seen.add((name, certain))
        node = walk.nodes.get(name)
        if node is None:
            continue
        if node.tag in PERSON_TAGS:
            if name not in open_ids:
                found[name] = found.get(name, False) or certain
        else:
            todo.extend((after, certain and sure) for after, sure in walk.inside(node))
    order = {node.id: n for n, node in enumerate(process.nodes)}
    told = sorted(found.items(), key=lambda one: (not one[1], order[one[0]]))
    return [Ahead(walk.nodes[name], certain) for name, certain in told][:MOST_AHEAD]


class _Walk:
    def __init__(self, process: Process) -> None:
        self.nodes = {node.id: node for node in process.nodes if node.id}
        self.flows: dict[str, list[str]] = defaultdict(list)
        for flow in process.flows:
            if flow.source and flow.target:
                self.flows[flow.source].append(flow.target)

    def after(self, name: str) -> list[tuple[str, bool]]:
        """Where the flows of a node lead; out of a sub-process, where the sub-process leads."""
        node = self.nodes.get(name)
        if node is None:
            return []
        targets = self.flows.get(name, [])
        if not targets and node.scope in self.nodes:
            return self.after(node.scope)
        sure = not (node.tag in CHOOSING and len(targets) > 1)
        return [(target, sure) for target in targets]

    def inside(self, node: Node) -> list[tuple[str, bool]]:
        """Where a node that no person does leads: into a sub-process, or on."""
        starts = [one for one in self.nodes.values() if one.scope == node.id and one.tag == "startEvent"]
        if starts:
            return [(str(start.id), True) for start in starts]
        return self.after(str(node.id))
