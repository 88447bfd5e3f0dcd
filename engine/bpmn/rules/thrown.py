"""Events that belong to each other: throw and catch links; what is thrown within a sub-process and caught on its border."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from engine.bpmn.calls import scope_of
from engine.bpmn.links import link_name
from engine.bpmn.model import EventDefinition, Finding, Node
from engine.bpmn.rules.rule import ERROR, WARNING, Rule
from engine.bpmn.rules.subject import INSIDE, Subject
from engine.bpmn.rules.supported import EVENT_ADVICE, EVENTS, refused

LINK = Rule(
    "link-unmatched",
    ERROR,
    "链接事件{what}没有对应的另一端",
    "The link event {what} has no other end",
    "同一流程（或子流程）里，发出和接收的链接事件名称须相同，且接收端只有一个",
    "In one scope, throw and catch link need the same name, and there is one catch link of it",
)
NEVER = Rule(
    "event-never-happens",
    WARNING,
    "边界事件{what}永远不会发生：里面没有抛出它的结束事件",
    "The boundary event {what} never happens: nothing within throws it",
    "错误、升级和取消只由子流程里的结束事件抛出；其他情况请用网关判断办理结果",
    "Errors, escalations and cancellations come from end events of a sub-process; else judge an outcome with a gateway",
)
UNCAUGHT = Rule(
    "throw-uncaught",
    WARNING,
    "{what}抛出的{kind}没有边界事件接收：{then}",
    "Nothing catches the {kind_en} that {what} throws: {then_en}",
    "请在外层子流程上画相应的边界事件，或改用普通或终止结束事件",
    "Draw the boundary event on the sub-process around it, or use a plain or a terminate end event",
)
RULES = (LINK, NEVER, UNCAUGHT)

_CAUGHT = frozenset({"error", "cancel", "escalation"})


def check(subject: Subject) -> Iterator[Finding]:
    """Judge links, throws and catches."""
    yield from _links(subject)
    yield from _throwing(subject)


def _links(subject: Subject) -> Iterator[Finding]:
    """A throw link leads to one catch link (as a flow: `links.py`); a catch link comes from a throw link."""
    joined = {id for flow in subject.flows() if (flow.id or "").endswith(".link") for id in (flow.source, flow.target)}
    leaving = {flow.source for flow in subject.flows()}
    entered = {flow.target for flow in subject.flows()}
    for node in subject.nodes():
        drawn = leaving if node.tag == "intermediateThrowEvent" else entered  # a flow is drawn in the link's place
        if link_name(node) is not None and node.id not in joined and node.id not in drawn:
            yield LINK.at(node)


def _throwing(subject: Subject) -> Iterator[Finding]:
    """Who catches what is thrown: the nearest border outside that takes it."""
    outer = {scope_of(node): node for node in subject.nodes() if node.tag in INSIDE}
    borders: dict[str | None, list[Node]] = defaultdict(list)
    for node in subject.nodes():
        if node.tag == "boundaryEvent" and any(event.kind in _CAUGHT for event in node.events):
            borders[node.attached_to].append(node)
    happening: set[str | None] = set()
    for node in subject.nodes():
        for event in node.events if node.tag in ("endEvent", "intermediateThrowEvent") else ():
            if event.kind not in _CAUGHT or event.kind not in EVENTS[node.tag]:
                continue
            takers = list(_takers(event, outer.get(node.scope), outer, borders))
            happening.update(taker.id for taker in takers)
            if event.kind == "cancel" and not (takers and takers[0].attached_to == _id(outer.get(node.scope))):
                yield refused(
                    node, "没有取消边界事件的取消结束事件", "a cancel end event nobody catches", EVENT_ADVICE["cancel"]
                )
            elif not takers:
                yield _uncaught(node, event.kind)
    for events in borders.values():
        yield from (NEVER.at(node) for node in events if node.id not in happening)


def _takers(
    event: EventDefinition,
    host: Node | None,
    outer: Mapping[str | None, Node],
    borders: Mapping[str | None, list[Node]],
) -> Iterator[Node]:
    seen: set[str | None] = set()
    while host is not None and host.id not in seen:
        seen.add(host.id)
        for border in borders.get(host.id, ()):
            if any(each.kind == event.kind and each.name in (None, event.name) for each in border.events):
                yield border
        host = outer.get(host.scope)


def _id(node: Node | None) -> str | None:
    return node.id if node else None


def _uncaught(node: Node, kind: str) -> Finding:
    if kind == "error":
        return UNCAUGHT.at(
            node, kind="错误", kind_en="error", then="整个流程到此结束", then_en="the whole process ends there"
        )
    return UNCAUGHT.at(node, kind="升级", kind_en="escalation", then="不起作用", then_en="it has no effect")
