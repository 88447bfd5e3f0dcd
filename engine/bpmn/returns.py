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
    drawing = _Drawing(nodes, flows)
    by_source: dict[str, list[Return]] = {}
    for way in ways:
        by_source.setdefault(way.source, []).append(way)
    for way in (way for some in by_source.values() for way in some if way.back):
        drawing.copy(way)
    for source, some in by_source.items():
        drawing.choose(source, some)
        for copy in drawing.copies.get(source, ()):
            drawing.choose(copy, some)
    return tuple(drawing.nodes.values()), tuple(drawing.flows)


class _Drawing:
    def __init__(self, nodes: Sequence[Node], flows: Sequence[Flow]) -> None:
        self.nodes = {node.id or f"[{n}]": node for n, node in enumerate(nodes)}
        self.flows = list(flows)
        self.copies: dict[str, list[str]] = {}

    def copy(self, way: Return) -> None:
        """A second target beside the diagram, that leads straight back."""
        name = _copy_of(way)
        target = self.nodes[way.target]
        self.nodes[name] = replace(target, id=name, default=None)
        self.copies.setdefault(way.target, []).append(name)
        self._flow(name, way.source, target.scope)
        events = [node for node in self.nodes.values() if node.attached_to == way.target]
        for event in events:
            again = f"{event.id}{name.removeprefix(way.target)}"
            self.nodes[again] = replace(event, id=again, attached_to=name)
            for flow in [flow for flow in self.flows if flow.source == event.id]:
                self._flow(again, str(flow.target), flow.scope)

    def choose(self, source: str, ways: Iterable[Return]) -> None:
        """The choice behind a task: on as drawn, or back."""
        node = self.nodes[source]
        choice, on = source + _CHOICE, source + _ON
        line = node.line
        self.flows = [replace(flow, source=on) if flow.source == source else flow for flow in self.flows]
        self.nodes[on] = Node(on, "intermediateThrowEvent", None, node.scope, line)
        self._flow(source, choice, node.scope)
        default = self._flow(choice, on, node.scope)
        self.nodes[choice] = Node(choice, "exclusiveGateway", None, node.scope, line, default=default)
        for way in ways:
            self._flow(
                choice,
                _copy_of(way) if way.back else way.target,
                node.scope,
                f'outcome == "{returned_to(way.target)}"',
            )

    def _flow(self, source: str, target: str, scope: str, condition: str | None = None) -> str:
        name = f"{source} > {target}"
        self.flows.append(Flow(name, None, source, target, condition, scope, self.nodes[drawn_id(source)].line))
        return name


def _copy_of(way: Return) -> str:
    return f"{way.target} [for {way.source}]"
