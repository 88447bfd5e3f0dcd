"""From a diagram that lint found deployable to specs that SpiffWorkflow runs.

The specs are built from our own model (`model.py`), not by SpiffWorkflow's XML parser, which takes elements of foreign
namespaces for flows, recurses along the diagram, loses nodes to reserved ids and sorts branches by their y coordinate.
Every expression is compiled here, once per definition version; what runs later is data.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from SpiffWorkflow.task import Task

from engine.bpmn import spiff_repairs as specs
from engine.bpmn.calls import is_linked, mains, scope_of, whole
from engine.bpmn.expressions import Expression, Names, compile_expression
from engine.bpmn.faults import TimerInvalid
from engine.bpmn.links import link_name
from engine.bpmn.model import Diagram, Flow, Node, Process
from engine.bpmn.returns import drawn_id, drawn_out, returns_of
from engine.bpmn.timers import cycle, parse_timer
from engine.bpmn.votes import Vote, vote_of

PERSON_TAGS = frozenset({"userTask", "manualTask", "task"})
SUB_PROCESSES = frozenset({"subProcess", "transaction", "callActivity"})
CHILD = " [child]"
SPLIT = " [boundary]"


@dataclass(frozen=True, slots=True)
class Compiled:
    """A runnable definition version. `key` is kept in saved state, so that a state meets only its own version."""

    key: str
    process: Process
    spec: specs.ProcessSpec
    scopes: Mapping[str, specs.ProcessSpec]
    nodes: Mapping[str, Node]
    order: Mapping[str, int]  #: document order, by id: what is drawn first goes first where nothing else decides
    returns: Mapping[str, tuple[str, ...]]  #: the tasks each may be returned to, by id
    votes: Mapping[str, Vote]  #: the rules of the tasks that vote, by id

    def node(self, name: str) -> Node:
        """The diagram's node of a spec name (an instance of a loop has its loop's node, a copy for a return its task's)."""
        return self.nodes[drawn_id(name)]


def executable_process(diagram: Diagram) -> Process:
    """The one process that runs: the executable one (lint refuses a file with none or several)."""
    return whole(diagram, (mains(diagram) or diagram.processes)[0])


def compile_diagram(diagram: Diagram, key: str) -> Compiled:
    """Make a diagram runnable. Call only for what `lint` found deployable; raises ExpressionError for a bad expression."""
    return _compiled(diagram, executable_process(diagram), key)


def compile_process(diagram: Diagram, process: str, key: str) -> Compiled:
    """Make one process of a file runnable, by its id: one that another links. Raises KeyError where there is none."""
    found = {each.id: each for each in diagram.processes}[process]
    return _compiled(diagram, whole(diagram, found), key)


def _compiled(diagram: Diagram, process: Process, key: str) -> Compiled:
    order = {name: n for n, (name, _tag, _line) in enumerate(diagram.ids)}
    return _Compiler(process).compile(key, order)


#: Tasks that run as a service task where they name a handler.
HANDLED = frozenset({"serviceTask", "sendTask", "businessRuleTask"})
_CAUGHT = frozenset({"error", "escalation", "cancel"})


def _thrown(node: Node) -> specs.Thrown | None:
    """What an event throws inside the process; a message goes to nobody here."""
    for event in node.events:
        if event.kind == "signal" or event.kind in _CAUGHT:
            return specs.Thrown(event.kind, event.name)
    return None


class _Compiler:
    def __init__(self, drawn: Process) -> None:
        self.drawn = drawn
        process = self.process = drawn_out(drawn)
        self.nodes = {node.id: node for node in process.nodes if node.id}
        tasks = frozenset(i for i, node in self.nodes.items() if node.tag in PERSON_TAGS)
        self.names = {inside: Names(outcome_nodes=tasks, in_loop=inside) for inside in (False, True)}
        self.boundary: dict[str, list[Node]] = defaultdict(list)
        for node in process.nodes:
            if node.tag == "boundaryEvent" and node.attached_to:
                self.boundary[node.attached_to].append(node)

    def compile(self, key: str, order: Mapping[str, int]) -> Compiled:
        inner = (scope_of(node) for node in self.nodes.values() if node.tag in SUB_PROCESSES and not is_linked(node))
        scope_ids = dict.fromkeys([self.process.id, *inner])
        built = {str(scope): self._scope(str(scope)) for scope in scope_ids}
        nodes = {node.id: node for node in self.drawn.nodes if node.id}
        order = {**order, **{name: order.get(drawn_id(name), 0) for name in self.nodes if name not in order}}
        returns: dict[str, tuple[str, ...]] = {}
        for way in returns_of(self.drawn.nodes):
            returns[way.source] = (*returns.get(way.source, ()), way.target)
        votes = {name: vote for name, node in nodes.items() if (vote := _voting(node))}
        return Compiled(key, self.drawn, built[str(self.process.id)], built, nodes, order, returns, votes)

    def _scope(self, scope: str) -> specs.ProcessSpec:
        spec = specs.ProcessSpec(scope)
        members = [node for node in self.process.nodes if node.scope == scope]
        flows = [flow for flow in self.process.flows if flow.scope == scope]
        for node in members:
            self._add(spec, node)
        for node in members:
            if node.tag == "startEvent":
                spec.start.connect(spec.task_specs[str(node.id)])
            for event in self.boundary.get(str(node.id), ()):
                split = spec.task_specs[f"{node.id}{SPLIT}"]
                split.connect(spec.task_specs[str(event.id)])
        for flow, target in self._told_apart(spec, flows):
            self._connect(spec, flow, target)
        return spec

    def _add(self, spec: specs.ProcessSpec, node: Node) -> None:
        name = str(node.id)
        if node.loop is None:
            self._activity(spec, name, node)
        else:
            self._activity(spec, name + CHILD, node)
            self._loop(spec, name, node)
            spec.task_specs[name + CHILD]._inputs.append(name)
        if self.boundary.get(name):
            split = specs.BoundarySplit(spec, name + SPLIT)
            split.connect(spec.task_specs[name])

    def _activity(self, spec: specs.ProcessSpec, name: str, node: Node) -> None:
        if node.tag in PERSON_TAGS:
            specs.UserTask(spec, name)
        elif is_linked(node):
            specs.LinkedCall(spec, name)
        elif node.tag in SUB_PROCESSES:
            specs.SubProcess(spec, name, subworkflow_spec=str(scope_of(node)))
        elif node.tag == "eventBasedGateway":
            specs.EventGateway(spec, name)
        elif node.tag == "intermediateThrowEvent" or link_name(node) is not None:
            specs.NoneEvent(spec, name).thrown = _thrown(node)
        elif node.tag in ("intermediateCatchEvent", "boundaryEvent", "receiveTask"):
            catch = specs.CatchEvent(spec, name)
            catch.event_definition = self._event(node)
            catch.interrupting = node.tag != "boundaryEvent" or node.interrupting
        elif node.tag == "endEvent":
            end = specs.EndEvent(spec, name)
            end.terminate = any(event.kind == "terminate" for event in node.events)
            end.thrown = _thrown(node)
        elif node.tag in HANDLED and node.extension("service"):
            specs.ServiceTask(spec, name)
        else:
            built = _PLAIN[node.tag](spec, name)
            if isinstance(built, specs.Choosing):
                built.choices = []

    def _event(self, node: Node) -> Any:
        if node.tag == "receiveTask":
            return specs.AwaitedMessage(node.message_name)
        event = node.events[0]
        if event.kind == "message":
            return specs.AwaitedMessage(event.name)
        if event.kind == "signal":
            return specs.AwaitedSignal(event.name)
        if event.kind in _CAUGHT:
            return specs.Caught(event.kind, event.name)
        times, period = cycle(event.expression or "") if event.timer_kind == "cycle" else (1, event.expression or "")
        return specs.DomainTimer(str(node.id), self._due(str(node.id), period), times)

    def _due(self, name: str, text: str) -> Callable[[Task], datetime]:
        expression = self._expression(text, self.nodes[name].scope) if text.startswith(("${", "#{")) else None

        def due(task: Task) -> datetime:
            value = text if expression is None else task.workflow.script_engine.evaluate(task, expression)
            try:
                return parse_timer(str(value), task.workflow.top_workflow.now)
            except ValueError:
                raise TimerInvalid(node=name, text=str(value))

        return due

    def _loop(self, spec: specs.ProcessSpec, name: str, node: Node) -> None:
        assert node.loop is not None
        loop = specs.LoopActivity(spec, name)
        loop.child, loop.kind = name + CHILD, node.loop.kind
        loop.maximum = int(node.loop.maximum) if node.loop.maximum else None
        loop.test_before = node.loop.test_before
        loop.vote = _voting(node)
        for field in ("condition", "cardinality", "collection"):
            text = getattr(node.loop, field)
            setattr(loop, field, self._expression(text, node.scope) if text else None)
        of = (node.extension("collection") or {}).get("of")
        if of and loop.collection is None:
            loop.collection = self._expression(str(of), node.scope)

    def _expression(self, text: str, scope: str) -> Expression:
        return compile_expression(text, self.names[self._in_multi_instance(scope)])

    def _in_multi_instance(self, scope: str) -> bool:
        while (around := self.nodes.get(scope)) is not None:
            if around.loop is not None and around.loop.kind != "standard":
                return True
            scope = around.scope
        return False

    def _told_apart(self, spec: specs.ProcessSpec, flows: list[Flow]) -> list[tuple[Flow, str]]:
        """Each flow with the spec it leads to: several flows between the same two nodes get a pass-through each."""
        count = Counter((flow.source, flow.target) for flow in flows)
        told = []
        for number, flow in enumerate(flows):
            target = str(flow.target)
            entry = f"{target}{SPLIT}" if self.boundary.get(target) else target
            if count[flow.source, flow.target] > 1:
                passing = specs.PassThrough(spec, f"{flow.id or number} [flow]")
                passing.connect(spec.task_specs[entry])
                entry = passing.name
            told.append((flow, entry))
        return told

    def _connect(self, spec: specs.ProcessSpec, flow: Flow, target: str) -> None:
        source = spec.task_specs[str(flow.source)]
        source.connect(spec.task_specs[target])
        if isinstance(source, specs.Choosing):
            default = flow.id is not None and self.nodes[str(flow.source)].default == flow.id
            condition = None
            if flow.condition and not default:
                condition = specs.Condition(self._expression(flow.condition, flow.scope), str(flow.id))
            source.choices.append((condition, target))


def _voting(node: Node) -> Vote | None:
    """The vote of a task of people: nothing else has instances that vote."""
    return vote_of(node) if node.tag in PERSON_TAGS else None


_PLAIN: dict[str, Callable[..., Any]] = {
    "startEvent": specs.NoneEvent,
    "sendTask": specs.NoneEvent,
    "serviceTask": specs.ServiceTask,
    "exclusiveGateway": specs.ExclusiveGateway,
    "parallelGateway": specs.ParallelGateway,
    "inclusiveGateway": specs.InclusiveGateway,
}
