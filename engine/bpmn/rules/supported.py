"""The allow-list: element × event definition × loop. What is not on it is refused by its name.

A deny-list is never complete, and what an engine accepts without running it is the worst kind of wrong: an approval
that is skipped with nobody told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.bpmn.model import EventDefinition, Finding, Node
from engine.bpmn.rules.rule import ERROR, Rule
from engine.bpmn.rules.subject import Subject
from engine.bpmn.vocabulary import PERSON_TASKS

NOT_SUPPORTED = Rule(
    "not-supported",
    ERROR,
    "{what}：不支持{kind}",
    "{what}: {kind_en} is not supported",
    "{advice}",
    "{advice_en}",
)
NO_HANDLER = Rule(
    "service-handler-missing",
    ERROR,
    "自动环节{what}没有指定处理程序",
    "The service task {what} names no handler",
    "请用 ow:service handler=“…” 指定登记过的处理程序，或改为人工环节",
    "Name a registered one with ow:service handler=“…”, or make it a user task",
)
MESSAGE_UNNAMED = Rule(
    "message-unnamed",
    ERROR,
    "{what}等待的消息没有名称或不存在",
    "{what} waits for a message that has no name or does not exist",
    "请定义一个有名称的消息并引用它",
    "Define a message with a name and refer to it",
)
RULES = (NOT_SUPPORTED, NO_HANDLER, MESSAGE_UNNAMED)

_NONE: frozenset[str] = frozenset()
_CATCH = frozenset({"timer.date", "timer.duration", "timer", "message"})
#: Each element that runs, with the event definitions it may have.
EVENTS: Mapping[str, frozenset[str]] = {
    "startEvent": _NONE,
    "endEvent": frozenset({"terminate"}),
    "intermediateThrowEvent": _NONE,
    "intermediateCatchEvent": _CATCH,
    "boundaryEvent": _CATCH,
    **dict.fromkeys((*PERSON_TASKS, "serviceTask", "receiveTask", "subProcess"), _NONE),
    **dict.fromkeys(("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"), _NONE),
}
#: Elements that must have an event definition.
_EVENT_NEEDED = frozenset({"intermediateCatchEvent", "boundaryEvent"})
LOOPS = frozenset({*PERSON_TASKS, "subProcess"})
BOUNDARY_ON = frozenset({*PERSON_TASKS, "serviceTask", "receiveTask", "subProcess"})

_ELEMENT_ADVICE: Mapping[str, tuple[str, str]] = {
    "scriptTask": (
        "脚本不执行；请改用登记过的自动服务（serviceTask）",
        "Scripts never run; use a service task with a handler",
    ),
    "sendTask": (
        "通知由平台发出；请改用登记过的自动服务",
        "The platform sends the notices; use a service task with a handler",
    ),
    "businessRuleTask": ("请改用网关条件或自动服务", "Use the conditions of a gateway, or a service task"),
    "callActivity": ("暂不支持调用活动；请画成子流程", "Call activities are not supported yet; draw a sub-process"),
    "transaction": ("请画成普通子流程", "Draw an embedded sub-process"),
    "adHocSubProcess": ("请画成普通子流程", "Draw an embedded sub-process"),
    "complexGateway": ("请改用排他、并行或包容网关", "Use an exclusive, parallel or inclusive gateway"),
}
_OTHER = ("请删除或改画", "Delete it or draw it another way")


def check(subject: Subject) -> Iterator[Finding]:
    """Refuse what is not on the list; ask for what an allowed element needs to run."""
    for node in subject.nodes():
        if node.tag not in EVENTS:
            yield _refuse(node, node.tag, node.tag, _ELEMENT_ADVICE.get(node.tag, _OTHER))
            continue
        yield from _events(node)
        yield from _loop(node)
        yield from _flags(node)
        yield from _needs(node)


def _refuse(node: Node, kind: str, kind_en: str, advice: tuple[str, str] = _OTHER) -> Finding:
    return NOT_SUPPORTED.at(node, kind=kind, kind_en=kind_en, advice=advice[0], advice_en=advice[1])


def _events(node: Node) -> Iterator[Finding]:
    if len(node.events) > 1:
        advice = ("请拆成几个事件", "Draw one event for each")
        yield _refuse(node, f"{node.tag} 上的多个事件定义", f"several event definitions on a {node.tag}", advice)
        return
    for event in node.events:
        if _kind(event) not in EVENTS[node.tag]:
            yield _refuse(node, f"{node.tag} 上的 {_kind(event)} 事件", f"a {_kind(event)} event on a {node.tag}")
    if not node.events and node.tag in _EVENT_NEEDED:
        advice = ("请设为定时或消息事件", "Make it a timer or message event")
        yield _refuse(node, f"没有事件定义的 {node.tag}", f"a {node.tag} without an event definition", advice)


def _kind(event: EventDefinition) -> str:
    return f"{event.kind}.{event.timer_kind}" if event.kind == "timer" and event.timer_kind else event.kind


def _loop(node: Node) -> Iterator[Finding]:
    if node.loop is None:
        return
    if node.tag not in LOOPS:
        advice = ("请在外面加一层带循环的子流程", "Put it into a sub-process that has the loop")
        yield _refuse(node, f"{node.tag} 上的循环", f"a loop on a {node.tag}", advice)
    if node.loop.completion_condition:
        advice = (
            "请在多实例之后用网关判断，例如 contains(case.all_outcomes.<环节编号>, 'faults')",
            "Judge with a gateway behind it, for example contains(case.all_outcomes.<task id>, 'faults')",
        )
        yield _refuse(node, "多实例的完成条件（completionCondition）", "a completionCondition", advice)


def _flags(node: Node) -> Iterator[Finding]:
    if node.triggered_by_event:
        yield _refuse(node, "事件子流程", "an event sub-process", ("请改用边界事件", "Use boundary events"))
    for flag in node.flags:
        yield _refuse(
            node, f" {flag} 的设置", f"this setting of {flag}", ("请恢复默认设置", "Set it back to its default")
        )


def _needs(node: Node) -> Iterator[Finding]:
    if node.tag == "serviceTask" and not (node.extension("service") or {}).get("handler"):
        yield NO_HANDLER.at(node)
    awaits = [event.name for event in node.events if event.kind == "message"]
    if node.tag == "receiveTask":
        awaits = [node.message_name]
    if None in awaits and node.tag in (*_EVENT_NEEDED, "receiveTask"):
        yield MESSAGE_UNNAMED.at(node)
