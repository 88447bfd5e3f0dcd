"""退回: what `ow:return` of a task means, drawn out as the gateways and flows that a designer would have to draw for it.

Behind the task stands an exclusive choice: its default goes on as drawn, its other flows lead to the tasks that it may be
returned to. Where the returned task comes straight back (`then="back"`), a second copy of the target stands beside the
diagram, with its boundary events, whose one way on leads to the task that returned it: so the rest of the diagram, parallel
branches too, is not touched. What is drawn out is run and played by the lint, and never shown: its ids hold a space, which no
id of a diagram does, and `drawn_id` gives the node that everybody knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from engine.bpmn.model import Flow, Node, Process
from engine.bpmn.vocabulary import PERSON_TASKS

_MARK = "[return] "  #: no outcome of a diagram holds a bracket
MOST_COPIES = 200  #: more than any diagram needs: returns that are returned, and so on
_CHOICE, _ON = " [return]", " [on]"


@dataclass(frozen=True, slots=True)
class Return:
    """One way back: the task that returns, the task that it returns to, and whether that comes straight back."""

    source: str
    target: str
    back: bool


def drawn_id(name: str) -> str:
    """The id, as drawn, of a node of what is drawn out (or of a spec made of it)."""
    return name.partition(" [")[0]


def returned_to(target: str) -> str:
    """The outcome by which a task is returned to another; no diagram can declare it."""
    return _MARK + target


def is_return(outcome: object) -> bool:
    """Whether an outcome is that of a return."""
    return isinstance(outcome, str) and outcome.startswith(_MARK)


def targets_of(node: Node) -> tuple[str, ...]:
    """The tasks that a task says it may be returned to, as its diagram has them."""
    said = (node.extension("return") or {}).get("to") or ()
    return tuple(said)


def comes_back(node: Node) -> bool:
    """Whether what it returns comes straight back to it (退回后直送)."""
    return (node.extension("return") or {}).get("then") == "back"


def returns_of(nodes: Iterable[Node]) -> Iterator[Return]:
    """The ways back that can be drawn: between two different tasks of people in one scope. The lint refuses the others."""
    people = {node.id: node for node in nodes if node.id and node.tag in PERSON_TASKS}
    for node in people.values():
        for target in targets_of(node):
            found = people.get(target)
            if found is not None and found is not node and found.scope == node.scope:
                yield Return(str(node.id), target, comes_back(node))


def drawn_out(process: Process) -> Process:
    """A process with its returns drawn out; the process itself where it has none."""
    ways = tuple(returns_of(process.nodes))
    if not ways:
        return process
    nodes, flows = draw_out(process.nodes, process.flows, ways)
    return replace(process, nodes=nodes, flows=flows)


def draw_out(
    nodes: Sequence[Node], flows: Sequence[Flow], ways: Iterable[Return]
) -> tuple[tuple[Node, ...], tuple[Flow, ...]]:
    """Nodes and flows of a diagram with these ways back drawn out."""
    drawing = _Drawing(nodes, flows, by_source(ways))
    for source in drawing.ways:
        drawing.choose(source, ())
    return tuple(drawing.nodes.values()), tuple(drawing.flows)


def by_source(ways: Iterable[Return]) -> dict[str, list[Return]]:
    """The ways back of each task that has some."""
    found: dict[str, list[Return]] = {}
    for way in ways:
        found.setdefault(way.source, []).append(way)
    return found


class _Drawing:
    def __init__(self, nodes: Sequence[Node], flows: Sequence[Flow], ways: dict[str, list[Return]]) -> None:
        self.nodes = {node.id or f"[{n}]": node for n, node in enumerate(nodes)}
        self.flows = list(flows)
        self.ways = ways
        self.events: dict[str, list[Node]] = {}
        self.copies = 0
        for node in nodes:
            if node.attached_to:
                self.events.setdefault(node.attached_to, []).append(node)

    def choose(self, source: str, homes: tuple[str, ...]) -> None:
        """The choice behind a task, or behind a copy of it that leads home: on as drawn, or back."""
        node = self.nodes[source]
        choice, on = source + _CHOICE, source + _ON
        self.flows = [replace(flow, source=on) if flow.source == source else flow for flow in self.flows]
        self.nodes[on] = Node(on, "intermediateThrowEvent", None, node.scope, node.line)
        self._flow(source, choice, node.scope)
        default = self._flow(choice, on, node.scope)
        self.nodes[choice] = Node(choice, "exclusiveGateway", None, node.scope, node.line, default=default)
        for way in self.ways[drawn_id(source)]:
            target = self._copy(way.target, source, homes) if way.back else way.target
            self._flow(choice, target, node.scope, f'outcome == "{returned_to(way.target)}"')

    def _copy(self, target: str, home: str, homes: tuple[str, ...]) -> str:
        """A second target beside the diagram, that leads straight home; one that waits at home already is gone back to."""
        waiting = next((one for one in homes if drawn_id(one) == target), None)
        if waiting is not None or self.copies >= MOST_COPIES:
            return waiting or target
        self.copies += 1
        node = self.nodes[target]
        name = f"{target} [for {home}]"
        self.nodes[name] = replace(node, id=name, default=None)
        self._flow(name, home, node.scope)
        for event in self.events.get(target, ()):
            again = f"{event.id} [for {home}]"
            self.nodes[again] = replace(event, id=again, attached_to=name)
            for flow in [flow for flow in self.flows if flow.source == event.id]:
                self._flow(again, str(flow.target), flow.scope)
        if target in self.ways:
            self.choose(name, (*homes, home))
        return name

    def _flow(self, source: str, target: str, scope: str, condition: str | None = None) -> str:
        name = f"{source} > {target}"
        self.flows.append(Flow(name, None, source, target, condition, scope, self.nodes[drawn_id(source)].line))
        return name
