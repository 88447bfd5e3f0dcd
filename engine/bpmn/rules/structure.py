"""Flows join two nodes of one scope; every scope starts once; nothing forks unless a gateway says so."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.model import Finding, Flow, Node
from engine.bpmn.rules.rule import ERROR, WARNING, Rule
from engine.bpmn.rules.subject import Scope, Subject
from engine.bpmn.rules.supported import BOUNDARY_ON

DANGLING = Rule(
    "flow-dangling",
    ERROR,
    "连线{what}的{end}“{ref}”不是图中的节点",
    "The {end_en} “{ref}” of flow {what} is no node of the diagram",
    "请把连线重新接到两个节点上",
    "Connect the flow to a node at both ends",
)
CROSSES = Rule(
    "flow-crosses-scope",
    ERROR,
    "连线{what}跨越了子流程或流程的边界",
    "The flow {what} crosses the border of a sub-process or process",
    "连线只能在同一子流程内；请从子流程本身引出",
    "Flows stay inside one sub-process; lead it out of the sub-process itself",
)
ATTACHED = Rule(
    "boundary-detached",
    ERROR,
    "边界事件{what}没有附着在环节或子流程上",
    "The boundary event {what} is not attached to a task or sub-process",
    "请把它拖到环节的边框上",
    "Drag it onto the border of one",
)
BOUNDARY_INCOMING = Rule(
    "boundary-incoming",
    ERROR,
    "边界事件{what}不能有进入的连线",
    "The boundary event {what} can't have an incoming flow",
    "请删除该连线，或改用中间事件",
    "Delete the flow, or use an intermediate event",
)
DEFAULT_IGNORED = Rule(
    "default-ignored",
    WARNING,
    "{what}的默认连线不起作用",
    "The default flow of {what} has no effect",
    "只有排他和包容网关可以有默认连线；请删除该设置",
    "Only exclusive and inclusive gateways can have one: delete it",
)
DEFAULT = Rule(
    "default-invalid",
    ERROR,
    "{what}的默认连线“{ref}”不是从它引出的连线",
    "The default flow “{ref}” of {what} is not one of its outgoing flows",
    "请重新选择默认连线",
    "Choose the default again",
)
NO_START = Rule(
    "start-missing",
    ERROR,
    "{what}没有开始事件",
    "{what} has no start event",
    "请画一个开始事件",
    "Draw one",
)
SEVERAL_STARTS = Rule(
    "start-several",
    ERROR,
    "{what}有 {count} 个开始事件",
    "{what} has {count} start events",
    "只保留一个开始事件",
    "Keep one",
)
START_INCOMING = Rule(
    "start-incoming",
    WARNING,
    "开始事件{what}有进入的连线",
    "The start event {what} has an incoming flow",
    "请把连线接到开始事件之后的节点",
    "Lead the flow to the node behind it",
)
END_OUTGOING = Rule(
    "end-outgoing",
    ERROR,
    "结束事件{what}有引出的连线",
    "The end event {what} has an outgoing flow",
    "请删除连线，或改为中间事件",
    "Delete the flow, or make it an intermediate event",
)
DEAD_END = Rule(
    "dead-end",
    ERROR,
    "{what}之后没有连线，等待的分支无处可去",
    "Nothing follows {what}: what it waits for leads nowhere",
    "请接到下一个节点或结束事件",
    "Lead it to the next node or to an end event",
)
IMPLICIT_END = Rule(
    "implicit-end",
    WARNING,
    "{what}之后没有连线：流程到这里就结束，但图上看不出来",
    "Nothing follows {what}: the process ends there, and nobody sees it",
    "请接到下一个节点；如确实在此结束，请画一个结束事件",
    "Lead it to the next node; where it does end there, draw an end event",
    approval_severity=ERROR,
)
FORK = Rule(
    "implicit-fork",
    WARNING,
    "{what}引出了 {count} 条连线，会同时都走",
    "{count} flows leave {what}: all of them are taken at once",
    "如果都走，请画一个并行网关；如果只走一条，请画一个排他网关并写上条件",
    "Draw a parallel gateway if all are meant, an exclusive one with conditions if one is",
    approval_severity=ERROR,
)
MISPLACED_CONDITION = Rule(
    "condition-misplaced",
    ERROR,
    "连线{what}有条件，但它不是从排他或包容网关引出的",
    "The flow {what} has a condition but does not leave an exclusive or inclusive gateway",
    "请在前面画一个排他网关，把条件放在网关的连线上；或删除条件",
    "Draw an exclusive gateway before it and put the condition there, or delete the condition",
)
RULES = (
    DANGLING,
    CROSSES,
    ATTACHED,
    BOUNDARY_INCOMING,
    DEFAULT,
    DEFAULT_IGNORED,
    NO_START,
    SEVERAL_STARTS,
    START_INCOMING,
    END_OUTGOING,
    DEAD_END,
    IMPLICIT_END,
    FORK,
    MISPLACED_CONDITION,
)

CHOOSING = frozenset({"exclusiveGateway", "inclusiveGateway"})


def check(subject: Subject) -> Iterator[Finding]:
    """Judge flows, then each scope's starts and each node's ways in and out."""
    everywhere = {node.id: node.scope for process in subject.diagram.processes for node in process.nodes if node.id}
    for flow in subject.flows():
        yield from _ends(flow, everywhere)
    for scope in subject.scopes:
        yield from _starts(scope)
        for node in scope.nodes:
            yield from _node(scope, node, subject.profile)


def _ends(flow: Flow, everywhere: dict[str, str]) -> Iterator[Finding]:
    ends = ((flow.source, "起点", "source"), (flow.target, "终点", "target"))
    for ref, end, end_en in ends:
        if ref not in everywhere:
            yield DANGLING.at(flow, ref=ref or "", end=end, end_en=end_en)
    if any(everywhere.get(ref or "", flow.scope) != flow.scope for ref, _, _ in ends):
        yield CROSSES.at(flow)


def _starts(scope: Scope) -> Iterator[Finding]:
    starts = scope.starts()
    if not starts:
        yield NO_START.at(scope.owner)
    if len(starts) > 1:
        yield SEVERAL_STARTS.at(scope.owner, count=len(starts))


def _node(scope: Scope, node: Node, profile: str) -> Iterator[Finding]:
    outgoing, incoming = scope.out_of(node.id), scope.into(node.id)
    if node.tag == "startEvent" and incoming:
        yield START_INCOMING.at(node)
    if node.tag == "boundaryEvent":
        yield from _boundary(scope, node)
    if node.tag == "endEvent" and outgoing:
        yield END_OUTGOING.at(node)
    if node.tag != "endEvent" and not outgoing and not node.triggered_by_event and not _undoes(node):
        rule = DEAD_END if node.tag == "eventBasedGateway" else IMPLICIT_END
        yield rule.at(node, profile)
    if node.default and node.tag not in CHOOSING:
        yield DEFAULT_IGNORED.at(node)
    elif node.default and node.default not in {flow.id for flow in outgoing}:
        needed = len(outgoing) > 1 or any(flow.condition for flow in outgoing)
        yield DEFAULT.at(node, ref=node.default) if needed else DEFAULT_IGNORED.at(node)
    if len(outgoing) > 1 and not node.tag.endswith("Gateway") and node.tag != "endEvent":
        yield FORK.at(node, profile, count=len(outgoing))
    if node.tag not in CHOOSING:
        yield from (MISPLACED_CONDITION.at(flow) for flow in outgoing if flow.condition)


def _undoes(node: Node) -> bool:
    """Whether a node belongs to compensation, which leads on by no flow, and is refused by name."""
    return "isForCompensation" in node.flags or any(event.kind == "compensate" for event in node.events)


def _boundary(scope: Scope, node: Node) -> Iterator[Finding]:
    if scope.into(node.id):
        yield BOUNDARY_INCOMING.at(node)
    host = scope.by_id.get(node.attached_to or "")
    if host is None or host.tag not in BOUNDARY_ON:
        yield ATTACHED.at(node)
