"""Gateways: every branch has a condition or is the default, and events follow where events are waited for."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.links import link_name
from engine.bpmn.model import Finding, Flow, Node
from engine.bpmn.rules.coverage import covers
from engine.bpmn.rules.rule import ERROR, WARNING, Rule
from engine.bpmn.rules.structure import CHOOSING
from engine.bpmn.rules.subject import Scope, Subject

NO_CONDITION = Rule(
    "condition-missing",
    ERROR,
    "网关“{gateway}”的连线{what}没有条件，也不是默认连线",
    "The flow {what} out of gateway “{gateway}” has no condition and is not the default",
    "请填写条件（连线名称不是条件），如 outcome == 'passed'，或设为默认连线",
    "Write its condition (a label is none), such as outcome == 'passed', or make it the default",
)
NO_DEFAULT = Rule(
    "default-missing",
    ERROR,
    "网关{what}没有默认连线，而它的条件没有覆盖所有情况：都不成立时流程会停住",
    "The gateway {what} has no default flow, and its conditions don't cover every case: where none holds, the process stops",
    "请把其中一条连线设为默认；或让条件互补，例如 form.area > 100 与 form.area <= 100",
    "Make one of its flows the default, or let the conditions cover all: form.area > 100 and form.area <= 100",
)
DEFAULT_CONDITION = Rule(
    "default-with-condition",
    WARNING,
    "默认连线{what}的条件不起作用",
    "The condition of the default flow {what} has no effect",
    "请删除条件，或取消默认",
    "Delete the condition, or don't make it the default",
)
EVENT_GATEWAY = Rule(
    "event-gateway-target",
    ERROR,
    "事件网关{what}之后的“{target}”不能等待事件",
    "What follows the event-based gateway {what}, “{target}”, can't wait for an event there",
    "其后只能是定时或消息中间事件、接收任务，且各自只有一条进入的连线",
    "Only timer or message catch events and receive tasks may follow it, each with one incoming flow",
)
EVENT_BOUNDARY = Rule(
    "event-gateway-boundary",
    ERROR,
    "事件网关{what}之后的“{target}”带有边界事件“{event}”，其他分支会立即被取消",
    "What follows the event-based gateway {what}, “{target}”, has the boundary event “{event}”: the others are cancelled",
    "请删除边界事件，在事件网关后另画一个定时或消息中间事件",
    "Delete the boundary event; draw a timer or message catch event behind the gateway instead",
)
RULES = (NO_CONDITION, NO_DEFAULT, DEFAULT_CONDITION, EVENT_GATEWAY, EVENT_BOUNDARY)


def check(subject: Subject) -> Iterator[Finding]:
    """Judge choices and event-based gateways."""
    for scope in subject.scopes:
        for node in scope.nodes:
            if node.tag in CHOOSING:
                yield from _choice(subject, scope, node)
            if node.tag == "eventBasedGateway":
                yield from _event_gateway(scope, node)


def _choice(subject: Subject, scope: Scope, node: Node) -> Iterator[Finding]:
    flows = scope.out_of(node.id)
    if len(flows) < 2 and not any(flow.condition for flow in flows):
        return
    for flow in flows:
        if (not flow.id or flow.id != node.default) and not flow.condition:
            yield NO_CONDITION.at(flow, gateway=node.name or node.id)
        if flow.id and flow.id == node.default and flow.condition:
            yield DEFAULT_CONDITION.at(flow)
    if not node.default and not (subject.bearable and _covered(scope, node, flows)):
        yield NO_DEFAULT.at(node)


def _covered(scope: Scope, node: Node, flows: list[Flow]) -> bool:
    conditions = [flow.condition for flow in flows if flow.condition]
    return len(conditions) == len(flows) and covers(conditions, _known(scope, node, " ".join(conditions)))


def _known(scope: Scope, node: Node, said: str) -> dict[str, list[str]]:
    """The outcomes that the tasks before a gateway may have: of the one just before, and of each that is never passed by."""
    known = {}
    for task in scope.nodes:
        declared = list((task.extension("outcomes") or {}).get("values", ()))
        if task.id and declared and task.id in said and node.id not in scope.reached(without=task.id):
            known[f"case.outcomes.{task.id}"] = declared
    before = [(task.extension("outcomes") or {}).get("values", {}) for task in tasks_before(scope, node)]
    if before and all(before):
        known["outcome"] = sorted({code for values in before for code in values})
    return known


def tasks_before(scope: Scope, node: Node) -> list[Node]:
    """The nodes whose outcome a gateway may be asked about, going back past other gateways and events."""
    found: list[Node] = []
    todo, seen = [str(node.id)], {str(node.id)}
    while todo:
        for before in scope.before(todo.pop()):
            if before not in seen:
                seen.add(before)
                if scope.by_id[before].tag.endswith(("Gateway", "ThrowEvent", "CatchEvent")):
                    todo.append(before)
                else:
                    found.append(scope.by_id[before])
    return found


def _event_gateway(scope: Scope, node: Node) -> Iterator[Finding]:
    for flow in scope.out_of(node.id):
        target = scope.by_id[str(flow.target)]
        waits = target.tag in ("intermediateCatchEvent", "receiveTask") and link_name(target) is None
        if not waits or len(scope.into(target.id)) > 1:
            yield EVENT_GATEWAY.at(node, target=target.name or target.id)
        for event in scope.boundary.get(str(flow.target), ()):
            yield EVENT_BOUNDARY.at(node, target=target.name or target.id, event=event.name or event.id)
