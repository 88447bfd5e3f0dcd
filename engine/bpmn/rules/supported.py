"""The allow-list: element × event definition × loop. What is not on it is refused by its name.

A deny-list is never complete, and what an engine accepts without running it is the worst kind of wrong: an approval
that is skipped with nobody told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.bpmn.model import EventDefinition, Finding, Node
from engine.bpmn.rules.rule import ERROR, WARNING, Rule
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
START_TRIGGER = Rule(
    "start-trigger-ignored",
    WARNING,
    "开始事件{what}的触发条件不起作用：流程由受理申请启动",
    "The trigger of start event {what} has no effect: a case starts the process when it is taken in",
    "如需等待，请在开始事件之后画一个定时或消息中间事件",
    "Where something is to be waited for, draw a timer or message catch event behind it",
)
MESSAGE_SENT = Rule(
    "message-sent-to-nobody",
    WARNING,
    "{what}发出的消息不会送到任何地方，流程直接往下走",
    "The message that {what} sends goes nowhere: the process just goes on",
    "通知由平台发出；要调用外部系统，请改用登记过的自动服务（ow:service）",
    "The platform sends the notices; to call another system use a service task with a handler (ow:service)",
)
SIGNAL_UNNAMED = Rule(
    "signal-unnamed",
    ERROR,
    "{what}的信号没有名称或不存在",
    "The signal of {what} has no name or does not exist",
    "请定义一个有名称的信号并引用它",
    "Define a signal with a name and refer to it",
)
RULES = (
    NOT_SUPPORTED,
    NO_HANDLER,
    MESSAGE_UNNAMED,
    START_TRIGGER,
    MESSAGE_SENT,
    SIGNAL_UNNAMED,
)

_NONE: frozenset[str] = frozenset()
_TIMERS = frozenset({"timer.date", "timer.duration", "timer.cycle", "timer"})
_CATCH = frozenset({*_TIMERS, "message", "signal"})
_SCOPED = frozenset({"error", "cancel"})
_TASKS = (*PERSON_TASKS, "serviceTask", "receiveTask", "sendTask", "businessRuleTask")
_HOLDING = ("subProcess", "transaction", "callActivity")
#: Each element that runs, with the event definitions it may have.
EVENTS: Mapping[str, frozenset[str]] = {
    "startEvent": frozenset({*_TIMERS, "message", "signal", "conditional"}),
    "endEvent": frozenset({"terminate", "message", "signal", "escalation", *_SCOPED}),
    "intermediateThrowEvent": frozenset({"message", "signal", "escalation", "link"}),
    "intermediateCatchEvent": frozenset({*_CATCH, "link"}),
    "boundaryEvent": frozenset({*_CATCH, "escalation", *_SCOPED}),
    **dict.fromkeys((*_TASKS, *_HOLDING), _NONE),
    **dict.fromkeys(("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"), _NONE),
}
#: Elements that must have an event definition.
_EVENT_NEEDED = frozenset({"intermediateCatchEvent", "boundaryEvent"})
LOOPS = frozenset({*_TASKS, *_HOLDING})
BOUNDARY_ON = LOOPS

_ELEMENT_ADVICE: Mapping[str, tuple[str, str]] = {
    "scriptTask": (
        "脚本不执行；请改用登记过的自动服务（serviceTask）",
        "Scripts never run; use a service task with a handler",
    ),
    "adHocSubProcess": ("请画成普通子流程", "Draw an embedded sub-process"),
    "complexGateway": ("请改用排他、并行或包容网关", "Use an exclusive, parallel or inclusive gateway"),
    "eventSubProcess": ("请改用边界事件", "Use boundary events"),
    "choreographyTask": ("编排图不能执行，请画成流程", "A choreography runs nothing: draw a process"),
}
EVENT_ADVICE: Mapping[str, tuple[str, str]] = {
    "conditional": (
        "没有人会在条件成立时叫醒流程；请改用消息事件，或画一个核对该条件的人工环节和网关",
        "Nobody wakes the process when a condition comes true: wait for a message, or draw a task and a gateway",
    ),
    "compensate": (
        "请把撤销工作画成普通环节，用网关或错误边界事件引过去",
        "Draw the undoing as ordinary tasks and lead there by a gateway or an error boundary event",
    ),
    "error": ("错误只能由结束事件抛出、由边界事件接收", "Errors are thrown by end events and caught on a border"),
    "cancel": ("取消只用在事务子流程里和它的边框上", "Cancel belongs into a transaction and onto its border"),
    "timer": ("定时只能等待，请改用定时中间事件", "A timer can only be waited for: use a timer catch event"),
    "terminate": ("终止只用于结束事件", "Terminate belongs on an end event"),
    "link": ("链接只用于中间事件", "Links are intermediate events"),
}
_OTHER = ("请删除或改画", "Delete it or draw it another way")


def check(subject: Subject) -> Iterator[Finding]:
    """Refuse what is not on the list; ask for what an allowed element needs to run."""
    for node in subject.nodes():
        if node.tag not in EVENTS:
            yield refused(node, node.tag, node.tag, _ELEMENT_ADVICE.get(node.tag, _OTHER))
            continue
        yield from _events(node)
        yield from _loop(node)
        yield from _flags(node)
        yield from _needs(node)


def refused(node: Node, kind: str, kind_en: str, advice: tuple[str, str] = _OTHER) -> Finding:
    return NOT_SUPPORTED.at(node, kind=kind, kind_en=kind_en, advice=advice[0], advice_en=advice[1])


def _events(node: Node) -> Iterator[Finding]:
    if len(node.events) > 1:
        advice = ("请拆成几个事件", "Draw one event for each")
        yield refused(node, f"{node.tag} 上的多个事件定义", f"several event definitions on a {node.tag}", advice)
        return
    for event in node.events:
        if _kind(event) not in EVENTS[node.tag]:
            advice = EVENT_ADVICE.get(event.kind, _OTHER)
            kind, kind_en = f"{node.tag} 上的 {_kind(event)} 事件", f"a {_kind(event)} event on a {node.tag}"
            yield refused(node, kind, kind_en, advice)
        elif node.tag == "startEvent":
            yield START_TRIGGER.at(node)
        elif event.kind == "message" and node.tag in ("endEvent", "intermediateThrowEvent"):
            yield MESSAGE_SENT.at(node)
        elif event.kind == "signal" and event.name is None:
            yield SIGNAL_UNNAMED.at(node)
    if not node.events and node.tag in _EVENT_NEEDED:
        advice = ("请设为定时、消息或信号事件", "Make it a timer, message or signal event")
        yield refused(node, f"没有事件定义的 {node.tag}", f"a {node.tag} without an event definition", advice)


def _kind(event: EventDefinition) -> str:
    return f"{event.kind}.{event.timer_kind}" if event.kind == "timer" and event.timer_kind else event.kind


def _loop(node: Node) -> Iterator[Finding]:
    if node.loop is None:
        return
    if node.tag not in LOOPS:
        advice = ("请在外面加一层带循环的子流程", "Put it into a sub-process that has the loop")
        yield refused(node, f"{node.tag} 上的循环", f"a loop on a {node.tag}", advice)
    if node.loop.completion_condition:
        advice = (
            "请给该环节设表决规则（ow:vote），结果写 case.votes.<环节编号>；或在其后用网关判断 case.all_outcomes",
            "Give the task a vote (ow:vote) and ask case.votes.<task id>; or judge case.all_outcomes with a gateway behind it",
        )
        yield refused(node, "多实例的完成条件（completionCondition）", "a completionCondition", advice)


def _flags(node: Node) -> Iterator[Finding]:
    if node.triggered_by_event:
        yield refused(node, "事件子流程", "an event sub-process", _ELEMENT_ADVICE["eventSubProcess"])
    for flag in node.flags:
        yield refused(
            node, f" {flag} 的设置", f"this setting of {flag}", ("请恢复默认设置", "Set it back to its default")
        )


def _needs(node: Node) -> Iterator[Finding]:
    if node.tag in ("serviceTask", "businessRuleTask") and not (node.extension("service") or {}).get("handler"):
        yield NO_HANDLER.at(node)
    if node.tag == "sendTask" and not node.extension("service"):
        yield MESSAGE_SENT.at(node)
    awaits = [event.name for event in node.events if event.kind == "message"]
    if node.tag == "receiveTask":
        awaits = [node.message_name]
    if None in awaits and node.tag in (*_EVENT_NEEDED, "receiveTask"):
        yield MESSAGE_UNNAMED.at(node)
