"""Mends of events: what is waited for gets a name or a time; what the engine can't do becomes what it can."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml import etree

from engine.bpmn.mends import words
from engine.bpmn.mends.mend import EVENTS, Maker, Mend, asked, called, fix_id, safe
from engine.bpmn.mends.neighbours import append, drop
from engine.bpmn.mends.sheet import Sheet, bpmn, event_definitions, name_of, ref
from engine.bpmn.model import Finding
from engine.bpmn.read_extensions import Xml, local_name
from engine.bpmn.rules.texts import is_duration

_CATCHING = frozenset({"intermediateCatchEvent", "boundaryEvent"})
_TIMES = ("timeDate", "timeDuration", "timeCycle")
MOST_THROWS = 100  #: links to one catch event that are looked at


# --- messages


def message_unnamed(sheet: Sheet, finding: Finding) -> Mend | None:
    node = sheet.find(finding.element, "receiveTask", *_CATCHING)
    if node is None:
        return None
    id, name = node.get("id"), _message_name(sheet, node)

    def hand(sheet: Sheet) -> bool:
        node = sheet.find(id)
        place = node if node is not None and local_name(node) == "receiveTask" else _definition(node, "message")
        if place is None:
            return False
        known = sheet.find(ref(place.get("messageRef")), "message")
        if known is not None and not (known.get("name") or "").strip():
            known.set("name", name)
        else:
            place.set("messageRef", sheet.message(name))
        return True

    does = (f"“{called(node)}”等待名为“{name}”的消息", f"“{called(node)}” waits for the message “{name}”")
    return safe(fix_id(finding), does, hand, EVENTS)


def _definition(node: Xml | None, kind: str) -> Xml | None:
    found = [] if node is None else event_definitions(node)
    return next((each for each in found if local_name(each) == f"{kind}EventDefinition"), None)


def _message_name(sheet: Sheet, node: Xml) -> str:
    """What is waited for: the event's name, that of the message flow into it, or its id."""
    if name_of(node):
        return name_of(node)[:120]
    for flow in sheet.root.iter(bpmn("messageFlow")):
        if ref(flow.get("targetRef")) == node.get("id") and name_of(flow):
            return name_of(flow)[:120]
    return f"message-{node.get('id')}"


def signal_unnamed(sheet: Sheet, finding: Finding) -> Mend | None:
    node = sheet.node(finding.element)
    if node is None or _definition(node, "signal") is None:
        return None
    id, name = node.get("id"), name_of(node)[:120] or f"signal-{node.get('id')}"

    def hand(sheet: Sheet) -> bool:
        definition = _definition(sheet.node(id), "signal")
        if definition is None:
            return False
        known = sheet.find(ref(definition.get("signalRef")), "signal")
        if known is not None and not (known.get("name") or "").strip():
            known.set("name", name)
        else:
            definition.set("signalRef", sheet.message(name, "signal"))
        return True

    does = (f"“{called(node)}”使用名为“{name}”的信号", f"Gives “{called(node)}” the signal “{name}”")
    return safe(fix_id(finding), does, hand, EVENTS)


# --- timers

_USUAL = (
    ("PT1H", "1 小时", "1 hour"),
    ("P1D", "1 天", "1 day"),
    ("P3D", "3 天", "3 days"),
    ("P7D", "7 天", "7 days"),
    ("P14D", "14 天", "14 days"),
    ("P30D", "30 天", "30 days"),
)


def timer(sheet: Sheet, finding: Finding) -> Mend | None:
    """An empty or unreadable time: how long? The label often tells."""
    node = sheet.find(finding.element, *_CATCHING)
    if node is None or _definition(node, "timer") is None:
        return None
    id, said = node.get("id"), _told_duration(node)
    options = list(_USUAL)
    if said and all(said != value for value, _, _ in _USUAL):
        options.insert(0, (said, f"{said}（图上写的）", f"{said} (as the drawing says)"))
    question = (f"“{called(node)}”等待多久？", f"How long does “{called(node)}” wait?")
    does = (f"写明“{called(node)}”的等待时长", f"Writes down how long “{called(node)}” waits")

    def hand(sheet: Sheet, answer: str) -> bool:
        definition = _definition(sheet.find(id), "timer")
        if definition is None:
            return False
        for child in list(definition.iterchildren(*map(bpmn, _TIMES))):
            drop(child)
        made = etree.Element(bpmn("timeDuration"))
        made.text = answer.strip()
        append(definition, made)
        return True

    return asked(f"timer-invalid:{id}", does, question, options, said or "P1D", hand, EVENTS, is_duration)


def _told_duration(node: Xml) -> str | None:
    definition = _definition(node, "timer")
    texts = [] if definition is None else ["".join(child.itertext()) for child in definition.iterchildren("*")]
    for text in texts:
        iso = re.search(r"\bP(?=[\dT])[\dYMWDTHS]+", text)
        if iso and is_duration(iso.group()):
            return iso.group()
    return next((found for text in (*texts, name_of(node)) if (found := words.duration_in(text))), None)


# --- kinds of event that the engine has not


def start_event(sheet: Sheet, finding: Finding) -> Mend | None:
    """A start by a message is the application that comes in; by time or condition, that is a choice."""
    node = sheet.find(finding.element, "startEvent")
    if node is None or not event_definitions(node):
        return None
    id, kinds = node.get("id"), {local_name(each).removesuffix("EventDefinition") for each in event_definitions(node)}
    does = (
        f"“{called(node)}”改为普通开始事件：收到申请即开始",
        f"Makes “{called(node)}” a plain start: the process starts when an application comes in",
    )
    around = node.getparent()
    if kinds <= {"message"} or (around is not None and local_name(around) != "process"):
        return safe(fix_id(finding), does, lambda sheet: _plain(sheet, id), EVENTS)
    question = (
        f"“{called(node)}”如何开始？一窗的流程由申请开始",
        f"How does “{called(node)}” start? By an application here",
    )
    options = [
        ("plain", "收到申请即开始", "when an application comes in"),
        ("wait", "收到申请后先等待原来的事件", "when an application comes in, then it waits for that event"),
    ]

    def hand(sheet: Sheet, answer: str) -> bool:
        return _plain(sheet, id) if answer == "plain" else _wait_behind(sheet, id)

    return asked(fix_id(finding), does, question, options, "plain", hand, EVENTS)


def _plain(sheet: Sheet, id: str) -> bool:
    node = sheet.find(id)
    found = [] if node is None else event_definitions(node)
    for definition in found:
        drop(definition)
    if node is not None and "parallelMultiple" in node.attrib:
        del node.attrib["parallelMultiple"]
    return bool(found)


def _wait_behind(sheet: Sheet, id: str) -> bool:
    node = sheet.find(id, "startEvent")
    found = [] if node is None else event_definitions(node)
    if node is None or not found:
        return False
    catch = sheet.insert_after(node, "intermediateCatchEvent", name_of(node))
    for definition in found:
        drop(definition)
        append(catch, definition)
    return True


def throw_event(sheet: Sheet, finding: Finding) -> Mend | None:
    """What is sent to somebody outside: the engine sends nothing, so somebody does it, or it is only a mark."""
    node = sheet.find(finding.element, "intermediateThrowEvent", "endEvent")
    if node is None or not event_definitions(node):
        return None
    id, name = node.get("id"), called(node)
    linked = _link_target(sheet, node)
    if linked is not None:
        does = (f"用连线代替链接事件“{name}”", f"Puts a flow in place of the link “{name}”")
        return safe(fix_id(finding), does, lambda sheet: _join_link(sheet, id), EVENTS)
    question = (f"“{name}”要发出的内容由谁发出？", f"Who sends what “{name}” sends? The engine itself does not")
    does = (f"把“{name}”改为流程能执行的事件或环节", f"Makes “{name}” something that runs")
    options = [
        ("plain", "不发送，只作为标记经过", "nobody: it only marks how far the process is"),
        ("task", "由办理人发出（增加一个环节）", "a person does, in a task of its own"),
    ]

    def hand(sheet: Sheet, answer: str) -> bool:
        node = sheet.find(id)
        if node is None or not _plain(sheet, id):
            return False
        if answer == "task":
            sheet.insert_before(node, "userTask", name_of(node))
        return True

    return asked(fix_id(finding), does, question, options, "plain", hand, EVENTS)


def _link_target(sheet: Sheet, node: Xml) -> Xml | None:
    """The catch event of a link, when there is exactly one of that name in the scope."""
    if _definition(node, "link") is None or local_name(node) != "intermediateThrowEvent":
        return None
    fitting = _other_ends(node, "intermediateCatchEvent")
    return fitting[0] if len(fitting) == 1 else None


def _other_ends(node: Xml, tag: str) -> list[Xml]:
    """The link events of that tag in the scope that share a name with this one."""
    around, wanted = node.getparent(), _link_names(node)
    found = around.iterchildren(bpmn(tag)) if around is not None and wanted else ()
    return [each for each in found if wanted & _link_names(each)]


def _link_names(node: Xml) -> set[str]:
    """What a link event is called: its link, or the event itself where tools write it there."""
    definition = _definition(node, "link")
    return set() if definition is None else {name_of(definition), name_of(node)} - {""}


def _join_link(sheet: Sheet, id: str) -> bool:
    node = sheet.find(id, "intermediateThrowEvent")
    catch = None if node is None else _link_target(sheet, node)
    if node is None or catch is None:
        return False
    others = [each for each in _throws_of(sheet, catch) if each is not node]
    for throw in (node, *others):
        _plain(sheet, throw.get("id"))
        for flow in sheet.flows_out(throw):
            sheet.remove_flow(flow)
        sheet.add_flow(throw, catch)
    sheet.retag(catch, "intermediateThrowEvent")
    return True


def catch_event(sheet: Sheet, finding: Finding) -> Mend | None:
    """What is waited for that the engine can't wait for: somebody reports it, or it is a matter of time."""
    node = sheet.find(finding.element, *_CATCHING)
    if node is None:
        return None
    throws = _throws_of(sheet, node)
    if throws:
        return throw_event(sheet, _at(finding, throws[0]))
    return _several(node, finding) if len(event_definitions(node)) > 1 else _waiting(sheet, node, finding)


def _at(finding: Finding, node: Xml) -> Finding:
    return Finding(finding.rule, finding.severity, node.get("id"), None, finding.line, "", "", "", "")


def _throws_of(sheet: Sheet, node: Xml) -> list[Xml]:
    """The throws that lead to a catch event by a link."""
    throws = _other_ends(node, "intermediateThrowEvent")[:MOST_THROWS]
    return [each for each in throws if _link_target(sheet, each) is node]


def _several(node: Xml, finding: Finding) -> Mend:
    """Several things that it waits for at once: which of them?"""
    id = node.get("id")
    kinds = [local_name(each).removesuffix("EventDefinition") for each in event_definitions(node)]
    options = [(str(n), f"第 {n} 个：{kind}", f"no. {n}: {kind}") for n, kind in enumerate(kinds, start=1)]
    question = (
        f"“{called(node)}”等待几个事件，保留哪一个？",
        f"“{called(node)}” waits for several events: which one stays?",
    )
    does = (f"“{called(node)}”只等待一个事件", f"Lets “{called(node)}” wait for one event")
    good = next((n for n, kind in enumerate(kinds, start=1) if kind in ("message", "timer")), 1)

    def hand(sheet: Sheet, answer: str) -> bool:
        node = sheet.find(id)
        found = [] if node is None else event_definitions(node)
        for number, definition in enumerate(found, start=1):
            if str(number) != answer:
                drop(definition)
        if node is not None and "parallelMultiple" in node.attrib:
            del node.attrib["parallelMultiple"]
        return len(found) > 1

    return asked(fix_id(finding), does, question, options, str(good), hand, EVENTS)


def _waiting(sheet: Sheet, node: Xml, finding: Finding) -> Mend | None:
    id, name, boundary = node.get("id"), called(node), local_name(node) == "boundaryEvent"
    question = (
        f"“{name}”等待的事情，流程怎样知道它发生了？",
        f"How does the process learn that “{name}” has happened?",
    )
    does = (f"让“{name}”等待流程能等待的事件", f"Lets “{name}” wait for something the engine can wait for")
    options = [
        ("message", "有人或外部系统用消息告知", "somebody, or another system, reports it by a message"),
        ("timer", "过一段时间", "after some time"),
    ]
    if boundary:
        options.append(("delete", "不等待，删除此边界事件", "not at all: delete the boundary event"))
    else:
        options.append(("plain", "不等待，直接经过", "not at all: it is passed at once"))
    suggested = "timer" if words.duration_in(name_of(node)) else "message"
    kinds = {local_name(each) for each in event_definitions(node)}
    if kinds & {"cancelEventDefinition", "compensateEventDefinition"}:
        suggested = "delete" if boundary else "plain"
    if kinds == {"timerEventDefinition"}:
        return timer(sheet, finding)

    def hand(sheet: Sheet, answer: str) -> bool:
        node = sheet.find(id, *_CATCHING)
        if node is None:
            return False
        if answer == "delete":
            sheet.remove_node(node)
        elif answer == "plain":
            sheet.retag(node, "intermediateThrowEvent")
        else:
            _wait_for(sheet, node, answer)
        return True

    return asked(fix_id(finding), does, question, options, suggested, hand, EVENTS)


def _wait_for(sheet: Sheet, node: Xml, kind: str) -> None:
    for definition in event_definitions(node):
        drop(definition)
    made = etree.Element(bpmn(f"{kind}EventDefinition"))
    append(node, made)
    if kind == "message":
        made.set("messageRef", sheet.message(_message_name(sheet, node)))


MENDS: Mapping[str, Maker] = {
    "message-unnamed": message_unnamed,
    "signal-unnamed": signal_unnamed,
    "timer-invalid": timer,
    "timer-out-of-range": timer,
}
