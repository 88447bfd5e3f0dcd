"""Mends of activities that the engine has not: somebody does them, or what they hold is drawn in place."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.mends import events
from engine.bpmn.mends.mend import TASKS, Maker, Mend, asked, called, fix_id, safe
from engine.bpmn.mends.neighbours import drop
from engine.bpmn.mends.repeats import every_instance, loop_not_here, looping_of
from engine.bpmn.mends.sheet import Sheet, bpmn, event_definitions
from engine.bpmn.model import Finding
from engine.bpmn.read_extensions import Xml, local_name
from engine.bpmn.vocabulary import PERSON_TASKS

_WORK = frozenset({"scriptTask", "sendTask", "businessRuleTask", "serviceTask", "callActivity"})
_FLAGS = {
    "instantiate",
    "parallelMultiple",
    "isForCompensation",
    "startQuantity",
    "completionQuantity",
    "eventGatewayType",
}


def _not_supported(sheet: Sheet, finding: Finding) -> Mend | None:
    """By what stands there: the rule is one for every construct that does not run."""
    node = sheet.node(finding.element)
    if node is None:
        return None
    tag = local_name(node)
    if node.get("triggeredByEvent") in ("true", "1"):
        return _event_scope(node, finding)
    if looping_of(node) is not None and tag.endswith(("Event", "Gateway")):
        return loop_not_here(node, finding)
    if node.get("isForCompensation") in ("true", "1"):
        return _delete(node, finding, ("它只用于补偿", "it is only there for compensation"))
    if tag in _WORK and tag != "serviceTask":
        return somebody(sheet, finding)
    if tag in ("transaction", "adHocSubProcess"):
        return _plain_scope(node, finding)
    if tag == "complexGateway":
        return _gateway_kind(node, finding)
    if _FLAGS & set(node.attrib):
        return _usual(node, finding)
    if tag == "startEvent" and event_definitions(node):
        return events.start_event(sheet, finding)
    if tag in ("intermediateThrowEvent", "endEvent") and event_definitions(node):
        return events.throw_event(sheet, finding)
    if tag in ("intermediateCatchEvent", "boundaryEvent"):
        return events.catch_event(sheet, finding)
    looping = looping_of(node)
    if looping is not None and looping.find(bpmn("completionCondition")) is not None:
        return every_instance(node, finding)
    if looping is not None and not event_definitions(node):
        return loop_not_here(node, finding)
    if event_definitions(node):
        return _no_events(node, finding)
    return _unknown(node, finding) if tag not in (*PERSON_TASKS, "serviceTask", "subProcess") else None


def somebody(sheet: Sheet, finding: Finding) -> Mend | None:
    """What a machine does in other tools: here a person does it, or it is passed."""
    node = sheet.find(finding.element, *_WORK)
    if node is None:
        return None
    id, name = node.get("id"), called(node)
    options = [
        ("person", "由办理人完成", "a person"),
        ("pass", "不需要办理，直接经过", "nobody: it is passed at once"),
    ]
    question = (f"“{name}”由谁完成？一窗不执行其中的程序", f"Who does “{name}”? The program in it does not run here")
    does = (f"让“{name}”能够执行", f"Makes “{name}” something that runs")

    def hand(sheet: Sheet, answer: str) -> bool:
        node = sheet.find(id, *_WORK)
        if node is None:
            return False
        for child in list(node.iterchildren(bpmn("script"))):
            drop(child)
        looped = looping_of(node)
        if answer == "pass":
            if looped is not None:
                drop(looped)
            for event in sheet.boundary(node):
                sheet.remove_node(event)
            sheet.retag(node, "intermediateThrowEvent")
        else:
            sheet.retag(node, "userTask", keep=("default",))
        return True

    return asked(fix_id(finding), does, question, options, "person", hand, TASKS)


def _event_scope(node: Xml, finding: Finding) -> Mend:
    return _delete(node, finding, ("事件子流程还不能执行", "event sub-processes don't run yet"))


def _delete(node: Xml, finding: Finding, why: tuple[str, str]) -> Mend:
    id, name = node.get("id"), called(node)
    question = (f"{why[0]}：删除“{name}”吗？", f"{why[1].capitalize()}: may “{name}” be deleted?")
    does = (f"删除“{name}”和它的连线", f"Deletes “{name}” with its flows")

    def hand(sheet: Sheet, _: str) -> bool:
        node = sheet.node(id)
        if node is not None:
            sheet.remove_node(node)
        return node is not None

    return asked(fix_id(finding), does, question, [("delete", "删除", "delete it")], "delete", hand, TASKS)


def _plain_scope(node: Xml, finding: Finding) -> Mend:
    id, name, tag = node.get("id"), called(node), local_name(node)

    def hand(sheet: Sheet) -> bool:
        node = sheet.find(id, tag)
        if node is None:
            return False
        for child in list(node.iterchildren(bpmn("completionCondition"))):
            drop(child)
        for attribute in ("method", "ordering", "cancelRemainingInstances"):
            node.attrib.pop(attribute, None)
        node.tag = bpmn("subProcess")
        sheet.changed()
        return True

    does = (f"把“{name}”改为普通子流程", f"Makes “{name}” a plain sub-process")
    if tag == "transaction" and not any(local_name(each) == "cancelEventDefinition" for each in node.iter("*")):
        return safe(fix_id(finding), does, hand, TASKS)
    question = (
        f"“{name}”改为普通子流程后按所画的连线办理，可以吗？",
        f"As a plain sub-process “{name}” is done as its flows are drawn: is that right?",
    )
    options = [("plain", "改为普通子流程", "make it a plain sub-process")]
    return asked(fix_id(finding), does, question, options, "plain", lambda sheet, _: hand(sheet), TASKS)


def _gateway_kind(node: Xml, finding: Finding) -> Mend:
    id, name = node.get("id"), called(node)
    options = [
        (
            "inclusiveGateway",
            "包容：满足条件的都走，汇聚时等它们",
            "inclusive: every way whose condition holds, joined again",
        ),
        ("exclusiveGateway", "排他：只走一条", "exclusive: one of the ways"),
        ("parallelGateway", "并行：全部都走，汇聚时等全部", "parallel: all ways, and all are waited for"),
    ]
    question = (f"复杂网关“{name}”应当是哪一种？", f"Which kind is the complex gateway “{name}” meant to be?")
    does = (f"换掉“{name}”的网关类型", f"Makes “{name}” a gateway that runs")

    def hand(sheet: Sheet, answer: str) -> bool:
        node = sheet.find(id, "complexGateway")
        if node is None:
            return False
        for child in list(node.iterchildren(bpmn("activationCondition"))):
            drop(child)
        node.attrib.pop("activationCondition", None)
        node.tag = bpmn(answer)
        if answer == "parallelGateway":
            node.attrib.pop("default", None)
        sheet.changed()
        return True

    return asked(fix_id(finding), does, question, options, "inclusiveGateway", hand, TASKS)


def _usual(node: Xml, finding: Finding) -> Mend:
    id, name = node.get("id"), called(node)
    said = ", ".join(sorted(_FLAGS & set(node.attrib)))
    question = (f"“{name}”的 {said} 恢复默认，可以吗？", f"May {said} of “{name}” be set back to its default?")
    does = (f"恢复“{name}”的默认设置", f"Sets “{name}” back to its defaults")
    options = [("reset", "恢复默认", "set it back")]

    def hand(sheet: Sheet, _: str) -> bool:
        node = sheet.node(id)
        found = set() if node is None else _FLAGS & set(node.attrib)
        for attribute in found:
            del node.attrib[attribute]  # type: ignore[union-attr]
        return bool(found)

    return asked(fix_id(finding), does, question, options, "reset", hand, TASKS)


def _no_events(node: Xml, finding: Finding) -> Mend:
    id, name = node.get("id"), called(node)
    question = (
        f"“{name}”不是事件，删除写在它里面的事件定义吗？",
        f"“{name}” is no event: may the event in it be deleted?",
    )
    does = (f"删除“{name}”里的事件定义", f"Deletes the event definition in “{name}”")

    def hand(sheet: Sheet, _: str) -> bool:
        node = sheet.node(id)
        found = [] if node is None else event_definitions(node)
        for definition in found:
            drop(definition)
        return bool(found)

    return asked(fix_id(finding), does, question, [("delete", "删除", "delete it")], "delete", hand, TASKS)


def _unknown(node: Xml, finding: Finding) -> Mend:
    id, name, tag = node.get("id"), called(node), local_name(node)
    options = [
        ("person", "改为人工环节", "make it a task that a person does"),
        ("delete", "删除它和它的连线", "delete it with its flows"),
    ]
    question = (f"“{name}”（{tag}）不能执行，怎么改？", f"“{name}” ({tag}) does not run: what now?")
    does = (f"换掉“{name}”", f"Replaces “{name}”")

    def hand(sheet: Sheet, answer: str) -> bool:
        node = sheet.node(id)
        if node is None:
            return False
        if answer == "delete":
            sheet.remove_node(node)
            return True
        for child in [c for c in node.iterchildren("*") if local_name(c) not in ("documentation", "extensionElements",
                                                                                 "incoming", "outgoing")]:  # fmt: skip
            drop(child)
        sheet.retag(node, "userTask")
        return True

    return asked(fix_id(finding), does, question, options, "person", hand, TASKS)


MENDS: Mapping[str, Maker] = {
    "not-supported": _not_supported,
    "service-handler-missing": somebody,
    "call-missing": somebody,
    "call-recursive": somebody,
    "link-unmatched": _not_supported,
}
