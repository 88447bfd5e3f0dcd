"""What the rules look at: a diagram cut into scopes, each with its flows indexed, made once and in linear time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from engine.bpmn.calls import linked_ids, mains, whole
from engine.bpmn.expressions import Names
from engine.bpmn.linked import Library, nothing
from engine.bpmn.model import Diagram, Flow, Node, Process
from engine.bpmn.rules.rule import BPMN
from engine.bpmn.vocabulary import PERSON_TASKS

MAX_NODES = 1000
MAX_FLOWS = 2000
MAX_CONDITIONS = 500  #: compiling one takes up to a millisecond
MAX_DEPTH = 8
MOST_MAINS = 3  #: executable processes of one file that are judged: there may be one
CONTAINERS = frozenset({"subProcess", "transaction", "adHocSubProcess"})
INSIDE = frozenset({*CONTAINERS, "callActivity"})  #: what has a scope of its own within


@dataclass(frozen=True, slots=True)
class Scope:
    """The process itself or one embedded sub-process: its nodes with an id, and its flows between two of them."""

    id: str
    owner: Process | Node
    nodes: tuple[Node, ...]
    flows: tuple[Flow, ...]
    by_id: Mapping[str, Node]
    outgoing: Mapping[str, list[Flow]]
    incoming: Mapping[str, list[Flow]]
    boundary: Mapping[str, list[Node]]  #: boundary events by the activity they are attached to

    def out_of(self, node: str | None) -> list[Flow]:
        """The flows that leave a node."""
        return self.outgoing.get(node or "", [])

    def into(self, node: str | None) -> list[Flow]:
        """The flows that enter a node."""
        return self.incoming.get(node or "", [])

    def after(self, node: str) -> Iterator[str]:
        """Where a token may go next: along a flow, or to an event on the activity's boundary."""
        yield from (flow.target for flow in self.out_of(node) if flow.target)
        yield from (event.id for event in self.boundary.get(node, ()) if event.id)

    def before(self, node: str) -> Iterator[str]:
        """Where a token may have come from: the inverse of `after`."""
        yield from (flow.source for flow in self.into(node) if flow.source)
        attached = self.by_id[node].attached_to
        if attached in self.by_id:
            yield str(attached)

    def starts(self) -> list[Node]:
        """Its start events."""
        return [node for node in self.nodes if node.tag == "startEvent"]

    def reached(self, without: str | None = None) -> set[str]:
        """The nodes a token from a start event may reach, not passing through `without`."""
        return spread((node.id for node in self.starts() if node.id and node.id != without), self.after, without)


@dataclass(frozen=True, slots=True)
class Subject:
    """A diagram under judgement. `processes` are those that are judged; `scopes` are theirs, outer before inner.

    `many` are the tasks that have several instances at once: multi-instance themselves, or within such a sub-process.
    Where the diagram is too large (not `bearable`), nothing is compiled and no way is walked. What the main process links
    in the same file is judged, too.
    """

    diagram: Diagram
    profile: str
    processes: tuple[Process, ...]
    scopes: tuple[Scope, ...]
    depth: Mapping[str, int]
    bearable: bool
    names: Mapping[str, Names] = field(default_factory=dict)
    many: frozenset[str] = frozenset()
    library: Library = nothing  #: where processes are looked up that are linked and not in the file
    lead: str | None = None  #: the function that leads in the item, where the item is known

    def nodes(self) -> Iterator[Node]:
        """Every node that is judged."""
        return (node for process in self.processes for node in process.nodes)

    def flows(self) -> Iterator[Flow]:
        """Every flow that is judged."""
        return (flow for process in self.processes for flow in process.flows)


Place = TypeVar("Place", str, int)


def spread(
    starts: Iterable[Place], after: Callable[[Place], Iterable[Place]], without: Place | None = None
) -> set[Place]:
    """Everything that can be reached from `starts` by the function `after`, which gives the next ids of an id."""
    seen = set(starts)
    todo = list(seen)
    while todo:
        fresh = {node for node in after(todo.pop()) if node not in seen and node != without}
        seen |= fresh
        todo += fresh
    return seen


def subject_of(diagram: Diagram, profile: str = BPMN, library: Library = nothing, lead: str | None = None) -> Subject:
    """Cut a diagram into scopes. The executable process is judged, of several the first few; where none is marked, all."""
    judged = mains(diagram)[:MOST_MAINS]
    linked = {name for process in judged for name in linked_ids(whole(diagram, process))}
    judged += tuple(each for each in diagram.processes if each.id in linked and each not in judged)
    processes = tuple(whole(diagram, process) for process in judged) or diagram.processes
    scopes = tuple(scope for process in processes for scope in _scopes(process, diagram))
    names = {scope: found for process in processes for scope, found in names_of(process).items()}
    many = frozenset(_many(processes, names))
    return Subject(
        diagram, profile, processes, scopes, _depths(processes), _bearable(processes), names, many, library, lead
    )


def conditions_of(process: Process) -> int:
    """How many of its flows have a condition."""
    return sum(flow.condition is not None for flow in process.flows)


def is_multiple(node: Node) -> bool:
    """Whether an activity is multi-instance itself."""
    return node.loop is not None and node.loop.kind != "standard"


def _bearable(processes: tuple[Process, ...]) -> bool:
    """Whether all that is judged, taken together, is small enough to be compiled and walked."""
    sizes = ((len(each.nodes), len(each.flows), conditions_of(each)) for each in processes)
    most = (MAX_NODES, MAX_FLOWS, MAX_CONDITIONS)
    return all(sum(column) <= limit for column, limit in zip(zip(*sizes, strict=True), most, strict=True))


def _many(processes: tuple[Process, ...], names: Mapping[str, Names]) -> Iterator[str]:
    for process in processes:
        for node in process.nodes:
            if node.id and node.tag in PERSON_TASKS and (is_multiple(node) or names[node.scope].in_loop):
                yield node.id


def names_of(process: Process) -> Mapping[str, Names]:
    """What an expression may speak of, by scope: `item` and `index` only inside a multi-instance.

    The reader lists outer nodes before inner ones, so one pass is enough.
    """
    people = frozenset(node.id for node in process.nodes if node.id and node.tag in PERSON_TASKS)
    outside, inside = Names(people), Names(people, in_loop=True)
    names: dict[str, Names] = {process.id or "": outside}
    for node in process.nodes:
        here = names.setdefault(node.scope, outside)
        if node.tag in CONTAINERS and node.id:
            names[node.id] = inside if is_multiple(node) else here
    return names


def _scopes(process: Process, diagram: Diagram) -> Iterator[Scope]:
    nodes, flows = defaultdict(list), defaultdict(list)
    for node in process.nodes:
        nodes[node.scope].append(node)
    for flow in process.flows:
        flows[flow.scope].append(flow)
    owners: dict[str | None, Process | Node] = {each.id: each for each in diagram.processes}
    inner: dict[str | None, Process | Node] = {
        node.id: node for node in process.nodes if node.tag in CONTAINERS and node.id
    }
    owners |= inner
    ids = dict.fromkeys([*([process.id] if process.id else []), *inner, *nodes])
    for scope in ids:
        yield _scope(str(scope), owners.get(scope, process), nodes[str(scope)], flows[str(scope)])


def _scope(scope: str, owner: Process | Node, nodes: list[Node], flows: list[Flow]) -> Scope:
    by_id = {node.id: node for node in nodes if node.id}
    whole = [flow for flow in flows if flow.source in by_id and flow.target in by_id]
    outgoing, incoming, boundary = defaultdict(list), defaultdict(list), defaultdict(list)
    for flow in whole:
        outgoing[str(flow.source)].append(flow)
        incoming[str(flow.target)].append(flow)
    for node in nodes:
        if node.tag == "boundaryEvent" and node.attached_to in by_id:
            boundary[str(node.attached_to)].append(node)
    return Scope(scope, owner, tuple(nodes), tuple(whole), by_id, dict(outgoing), dict(incoming), dict(boundary))


def _depths(processes: tuple[Process, ...]) -> Mapping[str, int]:
    """How deep each sub-process lies, by id; the reader lists outer nodes before inner ones."""
    depths: dict[str, int] = {}
    for process in processes:
        for node in process.nodes:
            if node.tag in CONTAINERS and node.id and node.id not in depths:
                depths[node.id] = depths.get(node.scope, 0) + 1
    return depths
