"""Gateways: every branch has a condition or is the default, and events follow where events are waited for."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.model import Finding, Node
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
    WARNING,
    "网关{what}没有默认连线：条件都不成立时流程会停住",
    "The gateway {what} has no default flow: the process stops when no condition holds",
    "请把其中一条连线设为默认",
    "Make one of its flows the default",
    approval_severity=ERROR,
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
                yield from _choice(scope, node, subject.profile)
            if node.tag == "eventBasedGateway":
                yield from _event_gateway(scope, node)


def _choice(scope: Scope, node: Node, profile: str) -> Iterator[Finding]:
    flows = scope.out_of(node.id)
    if len(flows) < 2 and not any(flow.condition for flow in flows):
        return
    for flow in flows:
        if (not flow.id or flow.id != node.default) and not flow.condition:
            yield NO_CONDITION.at(flow, gateway=node.name or node.id)
        if flow.id and flow.id == node.default and flow.condition:
            yield DEFAULT_CONDITION.at(flow)
    if not node.default:
        yield NO_DEFAULT.at(node, profile)


def _event_gateway(scope: Scope, node: Node) -> Iterator[Finding]:
    for flow in scope.out_of(node.id):
        target = scope.by_id[str(flow.target)]
        if target.tag not in ("intermediateCatchEvent", "receiveTask") or len(scope.into(target.id)) > 1:
            yield EVENT_GATEWAY.at(node, target=target.name or target.id)
        for event in scope.boundary.get(str(flow.target), ()):
            yield EVENT_BOUNDARY.at(node, target=target.name or target.id, event=event.name or event.id)
