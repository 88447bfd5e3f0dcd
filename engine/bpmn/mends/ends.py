"""Mends of where a process begins and ends: starts and ends that the drawing only implies."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.mends.mend import STARTS, Maker, Mend, asked, called, fix_id, safe
from engine.bpmn.mends.sheet import Sheet, name_of
from engine.bpmn.model import Finding
from engine.bpmn.read_extensions import Xml, local_name

_SCOPES = ("process", "subProcess", "transaction", "adHocSubProcess")


def _implied_starts(sheet: Sheet, scope: Xml) -> list[Xml]:
    """The nodes that nothing leads to: BPMN starts each of them."""
    return [
        node
        for node in sheet.nodes(scope)
        if not sheet.flows_in(node)
        and local_name(node) not in ("startEvent", "boundaryEvent")
        and node.get("triggeredByEvent") not in ("true", "1")
        and node.get("isForCompensation") not in ("true", "1")
        and node.get("id")
    ]


def _start_missing(sheet: Sheet, finding: Finding) -> Mend | None:
    scope = sheet.find(finding.element, *_SCOPES)
    if scope is None:
        return None
    id, name = scope.get("id"), called(scope)
    nodes = sheet.nodes(scope)
    if not nodes:
        return _empty(scope, finding) if local_name(scope) != "process" else None
    first = [node for node in _implied_starts(sheet, scope) if sheet.flows_out(node)] or _implied_starts(sheet, scope)
    does = (f"给“{name}”画一个开始事件", f"Draws a start event in “{name}”")
    if len(first) == 1:
        to = first[0].get("id")
        return safe(fix_id(finding), does, lambda sheet: _start_at(sheet, id, [to]), STARTS)
    candidates = first or [node for node in nodes if node.get("id") and local_name(node) != "boundaryEvent"]
    if not candidates:
        return None
    leftmost = min(candidates, key=lambda node: _where(sheet, node))
    options = [(node.get("id"), called(node), called(node)) for node in candidates[:60]]
    if first:
        options.insert(0, ("all", "同时从所有这些节点开始", "with all of these at once"))
    question = (f"“{name}”从哪里开始？", f"Where does “{name}” begin?")
    waiting = any(local_name(node) in ("intermediateCatchEvent", "endEvent") for node in first)
    suggested = "all" if first and not waiting else leftmost.get("id")

    def hand(sheet: Sheet, answer: str) -> bool:
        scope = sheet.find(id, *_SCOPES)
        if answer != "all" or scope is None:
            return _start_at(sheet, id, [answer])
        return _start_at(sheet, id, [node.get("id") for node in _implied_starts(sheet, scope)])

    return asked(fix_id(finding), does, question, options, suggested, hand, STARTS)


def _where(sheet: Sheet, node: Xml) -> tuple[bool, float, float]:
    box = sheet.picture.box(node.get("id"))
    return (True, 0.0, 0.0) if box is None else (False, box.x, box.y)


def _start_at(sheet: Sheet, scope_id: str, targets: list[str]) -> bool:
    scope = sheet.find(scope_id, *_SCOPES)
    nodes = [node for each in targets if (node := sheet.node(each)) is not None]
    if scope is None or not nodes or any(local_name(node) == "startEvent" for node in sheet.nodes(scope)):
        return False
    start = sheet.add_node("startEvent", scope, "start", near=nodes[0])
    if len(nodes) == 1:
        sheet.picture.place_before(start.get("id"), "startEvent", nodes[0].get("id"))
        sheet.add_flow(start, nodes[0])
        return True
    fork = sheet.add_node("parallelGateway", scope, "fork", near=nodes[0])
    sheet.picture.place_before(fork.get("id"), "parallelGateway", nodes[0].get("id"))
    sheet.picture.place_before(start.get("id"), "startEvent", fork.get("id"))
    sheet.add_flow(start, fork)
    for node in nodes:
        sheet.add_flow(fork, node)
    return True


def _empty(scope: Xml, finding: Finding) -> Mend:
    """A sub-process in which nothing is drawn stands for work that somebody does."""
    id, name = scope.get("id"), called(scope)
    options = [
        ("task", "当作一个人工环节", "as one task that a person does"),
        ("pass", "什么也不做，直接经过", "as nothing: it is passed at once"),
    ]
    question = (
        f"子流程“{name}”里什么也没有画，怎么办理？",
        f"Nothing is drawn in the sub-process “{name}”: how is it done?",
    )
    does = (f"让空的子流程“{name}”能够执行", f"Makes the empty sub-process “{name}” something that runs")

    def hand(sheet: Sheet, answer: str) -> bool:
        node = sheet.node(id)
        if node is None:
            return False
        if answer == "task":
            sheet.retag(node, "userTask", keep=("default",))
        else:
            start = sheet.add_node("startEvent", node, "start")
            sheet.add_flow(start, sheet.add_node("endEvent", node, "end"))
        return True

    return asked(fix_id(finding), does, question, options, "task", hand, STARTS)


def _start_several(sheet: Sheet, finding: Finding) -> Mend | None:
    """Several starts are alternatives: one start, then a choice between the ways."""
    scope = sheet.find(finding.element, *_SCOPES)
    starts = [] if scope is None else [n for n in sheet.nodes(scope) if local_name(n) == "startEvent" and n.get("id")]
    if scope is None or len(starts) < 2:
        return None
    id, name = scope.get("id"), called(scope)
    options = [("choice", "合并成一个开始，之后选择走哪条路", "all: one start, then a choice between the ways")]
    options += [(start.get("id"), f"只保留“{called(start)}”", f"only “{called(start)}”") for start in starts[:30]]
    question = (f"“{name}”有几个开始事件，怎样开始？", f"“{name}” has several start events: how does it begin?")
    does = (f"让“{name}”只有一个开始事件", f"Leaves “{name}” one start event")

    def hand(sheet: Sheet, answer: str) -> bool:
        scope = sheet.find(id, *_SCOPES)
        starts = [] if scope is None else [n for n in sheet.nodes(scope) if local_name(n) == "startEvent"]
        if len(starts) < 2:
            return False
        if answer != "choice":
            for start in [start for start in starts if start.get("id") != answer]:
                sheet.remove_node(start)
            return True
        return _choose_between(sheet, starts)

    return asked(fix_id(finding), does, question, options, "choice", hand, STARTS)


def _choose_between(sheet: Sheet, starts: list[Xml]) -> bool:
    """Keep the first start; a gateway behind it leads where each of them led, labelled as the start was."""
    kept = starts[0]
    gateway = sheet.insert_after(kept, "exclusiveGateway", flows=[])
    targets = set()
    for start in starts:
        for flow in sheet.flows_out(start):
            target = sheet.target(flow)
            if target is gateway:
                continue
            if target is None or target.get("id") in targets:
                sheet.remove_flow(flow)
                continue
            targets.add(target.get("id"))
            sheet.lead_from(flow, gateway)
            if not name_of(flow) and name_of(start):
                flow.set("name", name_of(start))
        if start is not kept:
            sheet.remove_node(start)
    return True


def _start_incoming(sheet: Sheet, finding: Finding) -> Mend | None:
    start = sheet.find(finding.element, "startEvent")
    if start is None:
        return None
    id, name = start.get("id"), called(start)

    def hand(sheet: Sheet) -> bool:
        start = sheet.find(id, "startEvent")
        incoming = [] if start is None else sheet.flows_in(start)
        if start is None or not incoming:
            return False
        merge = sheet.insert_after(start, "exclusiveGateway")
        for flow in incoming:
            sheet.lead_to(flow, merge)
        return True

    does = (f"回到“{name}”的连线改为回到它之后", f"Leads the flows back to “{name}” to just behind it")
    return safe(fix_id(finding), does, hand, STARTS)


def _end_outgoing(sheet: Sheet, finding: Finding) -> Mend | None:
    end = sheet.find(finding.element, "endEvent")
    if end is None:
        return None
    id, name = end.get("id"), called(end)
    question = (
        f"结束事件“{name}”之后还有连线，流程在此结束吗？",
        f"A flow leaves the end event “{name}”: does it end there?",
    )
    options = [
        ("go-on", "不结束：改为中间事件，继续走", "no: make it an intermediate event and go on"),
        ("end", "结束：删除引出的连线", "yes: delete the flows that leave it"),
    ]
    does = (f"理顺“{name}”", f"Puts “{name}” right")

    def hand(sheet: Sheet, answer: str) -> bool:
        end = sheet.find(id, "endEvent")
        if end is None:
            return False
        if answer == "go-on":
            sheet.retag(end, "intermediateThrowEvent")
            return True
        for flow in sheet.flows_out(end):
            sheet.remove_flow(flow)
        return True

    return asked(fix_id(finding), does, question, options, "go-on", hand, STARTS)


def _dead_end(sheet: Sheet, finding: Finding) -> Mend | None:
    """BPMN ends a token where nothing follows: the end event only says so."""
    node = sheet.node(finding.element)
    if node is None or local_name(node) == "endEvent":
        return None
    id = node.get("id")

    def hand(sheet: Sheet) -> bool:
        node = sheet.node(id)
        if node is None or sheet.flows_out(node):
            return False
        end = sheet.add_node("endEvent", node.getparent(), f"end_{id}", near=node)
        sheet.picture.place_after(end.get("id"), "endEvent", id)
        sheet.add_flow(node, end)
        return True

    does = (f"在“{called(node)}”之后画结束事件", f"Draws the end event that “{called(node)}” implies")
    return safe(fix_id(finding), does, hand, STARTS)


MENDS: Mapping[str, Maker] = {
    "start-missing": _start_missing,
    "start-several": _start_several,
    "start-incoming": _start_incoming,
    "end-outgoing": _end_outgoing,
    "dead-end": _dead_end,
    "implicit-end": _dead_end,
}
