"""Mends of ways that part or meet without a gateway that says how, or at one that says it wrongly."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.mends.mend import FORKS, JOINS, Maker, Mend, asked, called, fix_id, safe
from engine.bpmn.mends.sheet import Sheet, bpmn, event_definitions, name_of
from engine.bpmn.model import Finding
from engine.bpmn.read_extensions import Xml, local_name

_KINDS = {
    "parallelGateway": ("并行：全部都走", "parallel: all of them"),
    "exclusiveGateway": ("排他：选一条走", "exclusive: one of them"),
    "inclusiveGateway": ("包容：条件成立的都走", "inclusive: every one whose condition holds"),
}


def _fork(sheet: Sheet, finding: Finding) -> Mend | None:
    """Several flows out of one node: BPMN takes them all. Where they are labelled, a choice was probably meant."""
    node = sheet.node(finding.element)
    flows = [] if node is None else sheet.flows_out(node)
    if node is None or len(flows) < 2:
        return None
    id, name = node.get("id"), called(node)
    labelled = [flow for flow in flows if name_of(flow) or sheet.condition(flow)]
    does = (f"在“{name}”之后画并行网关", f"Draws the parallel gateway that the flows out of “{name}” imply")
    if not labelled and not node.get("default"):
        return safe(fix_id(finding), does, lambda sheet: _part(sheet, id, "parallelGateway"), FORKS)
    question = (f"“{name}”引出几条连线，怎样走？", f"Several flows leave “{name}”: which are taken?")
    does = (f"在“{name}”之后画网关", f"Draws a gateway behind “{name}”")
    options = [(kind, *said) for kind, said in _KINDS.items()]
    suggested = "exclusiveGateway" if len(labelled) == len(flows) or node.get("default") else "parallelGateway"
    if suggested == "parallelGateway" and any(sheet.condition(flow) for flow in flows):
        suggested = "inclusiveGateway"
    return asked(fix_id(finding), does, question, options, suggested, lambda s, kind: _part(s, id, kind), FORKS)


def _part(sheet: Sheet, id: str, kind: str) -> bool:
    node = sheet.node(id)
    if node is None or len(sheet.flows_out(node)) < 2:
        return False
    gateway = sheet.insert_after(node, kind)
    if kind == "parallelGateway":
        gateway.attrib.pop("default", None)
        for flow in sheet.flows_out(gateway):
            sheet.set_condition(flow, "")
    return True


def _misplaced_condition(sheet: Sheet, finding: Finding) -> Mend | None:
    """A condition that no gateway asks."""
    flow = sheet.find(finding.element, "sequenceFlow")
    source = None if flow is None else sheet.source(flow)
    if flow is None or source is None:
        return None
    id, name = flow.get("id"), called(flow)
    if len(sheet.flows_out(source)) > 1 and not local_name(source).endswith("Gateway"):
        return _fork(sheet, Finding("implicit-fork", "error", source.get("id"), None, finding.line, "", "", "", ""))

    def hand(sheet: Sheet) -> bool:
        flow = sheet.find(id, "sequenceFlow")
        if flow is None or not sheet.condition(flow):
            return False
        if not name_of(flow):
            flow.set("name", sheet.condition(flow)[:200])
        sheet.set_condition(flow, "")
        return True

    does = (f"删除连线“{name}”不起作用的条件（留作名称）", f"Deletes the condition of “{name}”; it stays as its label")
    if local_name(source) in ("parallelGateway", "eventBasedGateway"):
        return safe(fix_id(finding), does, hand, FORKS)  # BPMN ignores it there
    question = (
        f"只有一条路可走，连线“{name}”的条件还需要吗？",
        f"There is one way only: is the condition of “{name}” needed?",
    )
    options = [
        ("delete", "不需要，总是走这条路", "no: this way is always taken"),
        ("end", "需要，条件不成立时结束", "yes: it ends there when the condition does not hold"),
    ]

    def either(sheet: Sheet, answer: str) -> bool:
        flow = sheet.find(id, "sequenceFlow")
        source = None if flow is None else sheet.source(flow)
        if answer == "delete" or source is None:
            return hand(sheet)
        gateway = sheet.insert_after(source, "exclusiveGateway")
        end = sheet.add_node("endEvent", gateway.getparent(), "end", near=gateway)
        sheet.picture.place_after(end.get("id"), "endEvent", gateway.get("id"))
        sheet.set_default(gateway, sheet.add_flow(gateway, end))
        return True

    return asked(fix_id(finding), does, question, options, "delete", either, FORKS)


# --- event-based gateways


def _event_gateway(sheet: Sheet, finding: Finding) -> Mend | None:
    """What follows can't wait: a choice was meant, or an event is missing before the task."""
    node = sheet.find(finding.element, "eventBasedGateway")
    if node is None:
        return None
    id, name = node.get("id"), called(node)
    targets = [target for flow in sheet.flows_out(node) if (target := sheet.target(flow)) is not None]
    shared = [each for each in targets if _waits(each) and len(sheet.flows_in(each)) > 1]
    if len(shared) == len([each for each in targets if not _waits(each) or len(sheet.flows_in(each)) > 1]):
        does = (f"给“{name}”之后的事件各画一份", f"Draws the events behind “{name}” once more, for this gateway alone")
        return safe(fix_id(finding), does, lambda sheet: _own_events(sheet, id), FORKS)
    question = (
        f"事件网关“{name}”之后有不能等待的环节，原意是什么？",
        f"What is meant by the event-based gateway “{name}”?",
    )
    options = [
        ("choice", "由人选择走哪条路（排他网关）", "somebody chooses the way (exclusive gateway)"),
        ("message", "等待消息后再办理", "each task comes after a message that tells of it"),
    ]
    does = (f"理顺“{name}”之后的路", f"Puts right what follows “{name}”")
    suggested = "message" if any(_waits(each) for each in targets) else "choice"

    def hand(sheet: Sheet, answer: str) -> bool:
        node = sheet.find(id, "eventBasedGateway")
        if node is None:
            return False
        if answer == "choice":
            sheet.retag(node, "exclusiveGateway")
            return True
        return _await_each(sheet, node)

    return asked(fix_id(finding), does, question, options, suggested, hand, FORKS)


def _waits(node: Xml) -> bool:
    """At a link nothing is waited for: it goes on with what comes."""
    link = node.find(bpmn("linkEventDefinition")) is not None
    return local_name(node) in ("intermediateCatchEvent", "receiveTask") and not link


def _await_each(sheet: Sheet, node: Xml) -> bool:
    done = False
    for flow in sheet.flows_out(node):
        target = sheet.target(flow)
        if target is None or _waits(target):
            continue
        label = name_of(flow) or name_of(target)
        event = sheet.insert_before(target, "intermediateCatchEvent", label, flows=[flow])
        sheet_message(sheet, event, label or f"message-{event.get('id')}")
        done = True
    return _own_events(sheet, node.get("id")) or done


def sheet_message(sheet: Sheet, event: Xml, name: str) -> None:
    """Let an event wait for the message of that name."""
    definition = event.makeelement(bpmn("messageEventDefinition"), {"messageRef": sheet.message(name)})
    event.append(definition)


def _own_events(sheet: Sheet, id: str) -> bool:
    """An event that other ways lead to as well is drawn again for the gateway; behind it the ways meet."""
    node = sheet.find(id, "eventBasedGateway")
    done = False
    for flow in [] if node is None else sheet.flows_out(node):
        event = sheet.target(flow)
        if event is None or not _waits(event) or len(sheet.flows_in(event)) < 2:
            continue
        kind = local_name(event)
        following = [target for out in sheet.flows_out(event) if (target := sheet.target(out)) is not None]
        twin = sheet.add_node(kind, event.getparent(), event.get("id"), name_of(event), near=event)
        sheet.picture.place_after(twin.get("id"), kind, event.get("id"))
        if event.get("messageRef"):
            twin.set("messageRef", event.get("messageRef"))
        for definition in event_definitions(event):
            copied = _copy(definition)
            if copied.get("id"):
                copied.set("id", sheet.new_id(copied.get("id")))
            twin.append(copied)
        sheet.lead_to(flow, twin)
        for target in following[:1]:
            sheet.add_flow(twin, target)
        done = True
    return done


def _copy(element: Xml) -> Xml:
    copied = element.__copy__()
    copied.tail = None
    return copied


def _event_boundary(sheet: Sheet, finding: Finding) -> Mend | None:
    """A boundary event on what an event-based gateway waits for: it is one more thing that is waited for."""
    node = sheet.find(finding.element, "eventBasedGateway")
    if node is None:
        return None
    id, name = node.get("id"), called(node)

    def hand(sheet: Sheet) -> bool:
        node = sheet.find(id, "eventBasedGateway")
        done = False
        for flow in [] if node is None else sheet.flows_out(node):
            target = sheet.target(flow)
            for event in [] if target is None else sheet.boundary(target):
                event.tag = bpmn("intermediateCatchEvent")
                for attribute in ("attachedToRef", "cancelActivity"):
                    event.attrib.pop(attribute, None)
                sheet.changed()
                sheet.add_flow(node, event)
                done = True
        return done

    does = (f"把边界事件画到“{name}”之后", f"Draws the boundary events as events behind “{name}”")
    return safe(fix_id(finding), does, hand, FORKS)


# --- joins


def _wrong_join(sheet: Sheet, finding: Finding) -> Mend | None:
    """A parallel join of ways of which not all come: which kind was meant?"""
    node = sheet.find(finding.element, "parallelGateway", "inclusiveGateway")
    if node is None:
        return None
    return rejoin(sheet, node, finding, "inclusiveGateway")


def _mutual(sheet: Sheet, finding: Finding) -> Mend | None:
    """Inclusive joins that wait for each other: what comes back waits for nothing."""
    node = sheet.find(finding.element, "inclusiveGateway")
    return None if node is None else rejoin(sheet, node, finding, "exclusiveGateway")


def _merge(sheet: Sheet, finding: Finding) -> Mend | None:
    """Several branches meet unjoined: an inclusive join waits for those that can still come, whichever they are."""
    node = sheet.find(finding.element)
    if node is None:
        return None
    if local_name(node) == "exclusiveGateway":
        return rejoin(sheet, node, finding, "inclusiveGateway")
    id, name = node.get("id"), called(node)
    options = [
        ("inclusiveGateway", "等还会到的分支到齐", "for those that can still come"),
        ("parallelGateway", "等全部分支到齐", "for all of them"),
    ]
    question = (f"“{name}”之前要等哪些分支？", f"Which branches are waited for before “{name}”?")
    does = (f"在“{name}”之前画一个汇聚网关", f"Draws a joining gateway before “{name}”")

    def hand(sheet: Sheet, answer: str) -> bool:
        node = sheet.node(id)
        if node is None or len(sheet.flows_in(node)) < 2:
            return False
        sheet.insert_before(node, answer)
        return True

    return asked(fix_id(finding), does, question, options, "inclusiveGateway", hand, JOINS)


def rejoin(sheet: Sheet, node: Xml, finding: Finding, suggested: str) -> Mend:
    """Make a join another kind; its split, if it is one too, stays what it was."""
    id, name = node.get("id"), called(node)
    said = {
        "exclusiveGateway": ("不等：到一条走一条", "wait for nothing: each goes on as it comes"),
        "parallelGateway": ("等全部分支到齐", "wait for all of them"),
        "inclusiveGateway": ("等还会到的分支到齐", "wait for those that can still come"),
    }
    options = [(kind, *told) for kind, told in said.items() if kind != local_name(node)]
    question = (f"“{name}”在这里要等哪些分支？", f"Which branches does “{name}” wait for?")
    does = (f"改变“{name}”的汇聚方式", f"Changes how “{name}” joins the branches")

    def hand(sheet: Sheet, answer: str) -> bool:
        node = sheet.node(id)
        if node is None or not local_name(node).endswith("Gateway"):
            return False
        if len(sheet.flows_out(node)) > 1:
            sheet.insert_before(node, answer)
        else:
            node.tag = bpmn(answer)
            node.attrib.pop("default", None)
            sheet.changed()
        return True

    return asked(fix_id(finding), does, question, options, suggested, hand, JOINS)


MENDS: Mapping[str, Maker] = {
    "implicit-fork": _fork,
    "condition-misplaced": _misplaced_condition,
    "event-gateway-target": _event_gateway,
    "event-gateway-boundary": _event_boundary,
    "join-deadlock": _wrong_join,
    "join-may-wait": _wrong_join,
    "inclusive-deadlock": _mutual,
    "merge-unsynchronised": _merge,
    "merge-may-double": _merge,
}
