"""Mends of flows: what hangs in the air is led where the picture shows it to, or deleted."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from engine.bpmn.mends.mend import FLOWS, Maker, Mend, asked, called, fix_id, safe
from engine.bpmn.mends.neighbours import append, drop, insert_after
from engine.bpmn.mends.sheet import Sheet, bpmn, event_definitions, is_node, name_of, ref
from engine.bpmn.model import Finding
from engine.bpmn.read_extensions import Xml, local_name

_NEAR = 30.0  #: an arrow that ends so near a shape was meant to reach it
_HOSTS = ("task", "userTask", "manualTask", "serviceTask", "receiveTask", "subProcess", "sendTask", "scriptTask",
          "businessRuleTask", "callActivity", "transaction", "adHocSubProcess")  # fmt: skip


def _dangling(sheet: Sheet, finding: Finding) -> Mend | None:
    """A flow to nowhere: led to what its arrow touches in the picture, if somebody says so; else deleted."""
    flow = sheet.find(finding.element, "sequenceFlow")
    if flow is None:
        return None
    id = flow.get("id")
    ends = _ends(sheet, flow)
    name = called(flow)
    delete = ("delete", "删除这条连线", "delete the flow")
    if ends is None:
        does = (f"删除没有接好的连线“{name}”", f"Deletes the flow “{name}”, which leads nowhere")
        return safe(fix_id(finding), does, lambda sheet: _remove(sheet, id), FLOWS)
    source, target = ends
    wanted = f"{source.get('id')}>{target.get('id')}"
    way = f"“{called(source)}” → “{called(target)}”"
    question = (f"连线“{name}”没有接好，要接到哪里？", f"The flow “{name}” is not connected: where does it belong?")
    does = (
        f"按图上的位置接好连线“{name}”，或删除它",
        f"Connects the flow “{name}” as the picture shows it, or deletes it",
    )

    def hand(sheet: Sheet, answer: str) -> bool:
        if answer == "delete":
            return _remove(sheet, id)
        flow, ends = sheet.find(id, "sequenceFlow"), [sheet.node(each) for each in answer.split(">")]
        if flow is None or len(ends) != 2 or ends[0] is None or ends[1] is None:
            return False
        _connect(sheet, flow, ends[0], ends[1])
        return True

    return asked(fix_id(finding), does, question, [(wanted, way, way), delete], wanted, hand, FLOWS)


def _ends(sheet: Sheet, flow: Xml) -> tuple[Xml, Xml] | None:
    """Both ends of a flow, where the picture shows those that are not written."""
    source, target = sheet.source(flow), sheet.target(flow)
    points = sheet.picture.points(flow.get("id"))
    if len(points) > 1:
        source = source if source is not None else _touched(sheet, flow, points[0])
        target = target if target is not None else _touched(sheet, flow, points[-1])
    if source is None or target is None or source is target or source.getparent() is not target.getparent():
        return None
    if local_name(source) == "endEvent" or local_name(target) in ("startEvent", "boundaryEvent"):
        return None
    known = any(sheet.target(other) is target for other in sheet.flows_out(source) if other is not flow)
    return None if known else (source, target)


def _touched(sheet: Sheet, flow: Xml, point: tuple[float, float]) -> Xml | None:
    """The node whose shape a point lies on, or nearest to."""
    near: list[tuple[float, int, Xml]] = []
    for node in sheet.nodes(flow.getparent()):
        box = sheet.picture.box(node.get("id"))
        if box is not None and box.width:
            near.append((box.distance(*point), len(near), node))
    best = min(near, default=None)
    return best[2] if best is not None and best[0] <= _NEAR else None


def _connect(sheet: Sheet, flow: Xml, source: Xml, target: Xml) -> None:
    if sheet.source(flow) is None:
        sheet.lead_from(flow, source)
    if sheet.target(flow) is None:
        sheet.lead_to(flow, target)


def _remove(sheet: Sheet, id: str) -> bool:
    flow = sheet.find(id, "sequenceFlow")
    if flow is None:
        return False
    sheet.remove_flow(flow)
    return True


def _crossing(sheet: Sheet, finding: Finding) -> Mend | None:
    """Between pools it is a message; across the border of a sub-process it belongs to the sub-process itself."""
    flow = sheet.find(finding.element, "sequenceFlow")
    source, target = (None, None) if flow is None else (sheet.source(flow), sheet.target(flow))
    if flow is None or source is None or target is None:
        return None
    id, name = flow.get("id"), called(flow)
    common = _common_scope(source, target)
    if common is None:
        does = (
            f"连线“{name}”跨越泳池，改为消息流",
            f"Makes the flow “{name}”, which goes from one pool to another, a message flow",
        )
        return safe(fix_id(finding), does, lambda sheet: _to_message(sheet, id), FLOWS)
    ends = _inside(source, common), _inside(target, common)
    lead = ("lead", f"从“{called(ends[0])}”接到“{called(ends[1])}”", f"from “{called(ends[0])}” to “{called(ends[1])}”")
    options = [lead, ("delete", "删除这条连线", "delete the flow")]
    question = (
        f"连线“{name}”跨越了子流程的边界，怎么改？",
        f"The flow “{name}” crosses a sub-process's border: what now?",
    )
    does = (
        f"把连线“{name}”接到子流程本身，或删除",
        f"Leads the flow “{name}” to the sub-process itself, or deletes it",
    )
    same = ends[0] is ends[1]

    def hand(sheet: Sheet, answer: str) -> bool:
        flow = sheet.find(id, "sequenceFlow")
        source, target = (None, None) if flow is None else (sheet.source(flow), sheet.target(flow))
        common = None if source is None or target is None else _common_scope(source, target)
        if flow is None or common is None or answer == "delete":
            return _remove(sheet, id)
        sheet.lead_from(flow, _inside(source, common))
        sheet.lead_to(flow, _inside(target, common))
        if flow.getparent() is not common:
            drop(flow)
            sheet.put_into(common, flow)
        sheet.changed()
        return True

    suggested = "delete" if same else "lead"
    return asked(fix_id(finding), does, question, options[same:], suggested, hand, FLOWS)


def _common_scope(source: Xml, target: Xml) -> Xml | None:
    around = [each for each in source.iterancestors() if local_name(each) != "definitions"]
    return next((each for each in target.iterancestors() if each in around), None)


def _inside(node: Xml, scope: Xml) -> Xml:
    """The node of the scope that holds this one."""
    while node.getparent() is not scope:
        node = node.getparent()
    return node


def _to_message(sheet: Sheet, id: str) -> bool:
    flow = sheet.find(id, "sequenceFlow")
    collaboration = next(sheet.root.iter(bpmn("collaboration")), None)
    if flow is None:
        return False
    ends = flow.get("sourceRef"), flow.get("targetRef")
    edge = sheet.picture.edges.get(id)
    name, kept = name_of(flow), None if edge is None else edge.getparent()
    if collaboration is None:
        return _remove(sheet, id)
    for node, tag in ((sheet.source(flow), "outgoing"), (sheet.target(flow), "incoming")):
        for told in [] if node is None else list(node.iterchildren(bpmn(tag))):
            if ref(told.text) == id:
                drop(told)
        if node is not None and node.get("default") == id:
            del node.attrib["default"]
    drop(flow)
    made = etree.Element(bpmn("messageFlow"), {"id": id, "sourceRef": ends[0], "targetRef": ends[1]})
    if name:
        made.set("name", name)
    beside = list(collaboration.iterchildren(bpmn("participant"), bpmn("messageFlow")))
    if beside:
        insert_after(beside[-1], made)
    else:
        append(collaboration, made)
    sheet.changed()
    return kept is not None or True


# --- boundary events


def _detached(sheet: Sheet, finding: Finding) -> Mend | None:
    """A boundary event on nothing: on the activity it is drawn on, or an intermediate event when a flow enters it."""
    event = sheet.find(finding.element, "boundaryEvent")
    if event is None:
        return None
    id, name = event.get("id"), called(event)
    host = _drawn_on(sheet, event)
    if host is not None:
        on = host.get("id")
        does = (f"把“{name}”附着到“{called(host)}”上", f"Attaches “{name}” to “{called(host)}”, where it is drawn")
        return safe(fix_id(finding), does, lambda sheet: _attach(sheet, id, on), FLOWS)
    if sheet.flows_in(event):
        does = (f"把“{name}”改为中间事件", f"Makes “{name}” an intermediate event")
        return safe(fix_id(finding), does, lambda sheet: _to_intermediate(sheet, id), FLOWS)
    hosts = [node for node in sheet.nodes(event.getparent()) if local_name(node) in _HOSTS][:50]
    options = [(node.get("id"), called(node), called(node)) for node in hosts if node.get("id")]
    options.append(("delete", "删除它", "delete it"))
    question = (f"边界事件“{name}”属于哪个环节？", f"To which activity does the boundary event “{name}” belong?")
    does = (f"附着或删除“{name}”", f"Attaches “{name}” to an activity, or deletes it")

    def hand(sheet: Sheet, answer: str) -> bool:
        event = sheet.find(id, "boundaryEvent")
        if event is None:
            return False
        if answer == "delete":
            sheet.remove_node(event)
            return True
        return _attach(sheet, id, answer)

    return asked(fix_id(finding), does, question, options, "delete", hand, FLOWS)


def _drawn_on(sheet: Sheet, event: Xml) -> Xml | None:
    box = sheet.picture.box(event.get("id"))
    if box is None:
        return None
    fitting: list[tuple[float, int, Xml]] = []
    for node in sheet.nodes(event.getparent()):
        around = sheet.picture.box(node.get("id"))
        if local_name(node) in _HOSTS and around is not None and around.meets(box):
            fitting.append((around.distance(*box.center), len(fitting), node))
    return min(fitting)[2] if fitting else None


def _attach(sheet: Sheet, id: str, host: str) -> bool:
    event, on = sheet.find(id, "boundaryEvent"), sheet.node(host)
    if event is None or on is None or on.getparent() is not event.getparent():
        return False
    event.set("attachedToRef", host)
    sheet.changed()
    return True


def _to_intermediate(sheet: Sheet, id: str) -> bool:
    event = sheet.find(id, "boundaryEvent")
    if event is None:
        return False
    kept = event_definitions(event)
    event.tag = bpmn("intermediateCatchEvent" if kept else "intermediateThrowEvent")
    for attribute in ("attachedToRef", "cancelActivity"):
        event.attrib.pop(attribute, None)
    sheet.changed()
    return True


def _boundary_incoming(sheet: Sheet, finding: Finding) -> Mend | None:
    event = sheet.find(finding.element, "boundaryEvent")
    if event is None:
        return None
    id, name = event.get("id"), called(event)
    options = [
        ("intermediate", "它在流程中间：改为中间事件", "it stands in the flow: make it an intermediate event"),
        ("delete", "它在环节边框上：删除进入的连线", "it sits on the border: delete the flows into it"),
    ]
    question = (f"有连线进入边界事件“{name}”，它是什么？", f"A flow enters the boundary event “{name}”: what is it?")
    does = (f"理顺“{name}”的连线", f"Puts the flows of “{name}” right")

    def hand(sheet: Sheet, answer: str) -> bool:
        event = sheet.find(id, "boundaryEvent")
        if event is None:
            return False
        if answer == "intermediate":
            return _to_intermediate(sheet, id)
        for flow in sheet.flows_in(event):
            sheet.remove_flow(flow)
        return True

    on = sheet.node(ref(event.get("attachedToRef"))) is not None
    return asked(fix_id(finding), does, question, options, "delete" if on else "intermediate", hand, FLOWS)


def _default_invalid(sheet: Sheet, finding: Finding) -> Mend | None:
    node = sheet.node(finding.element)
    if node is None or not node.get("default"):
        return None
    id = node.get("id")

    def hand(sheet: Sheet) -> bool:
        node = sheet.node(id)
        return node is not None and is_node(node) and node.attrib.pop("default", None) is not None

    does = (
        f"取消“{called(node)}”不起作用的默认连线",
        f"Takes away the default of “{called(node)}”, which has no effect",
    )
    return safe(fix_id(finding), does, hand, FLOWS)


MENDS: Mapping[str, Maker] = {
    "flow-dangling": _dangling,
    "flow-crosses-scope": _crossing,
    "boundary-detached": _detached,
    "boundary-incoming": _boundary_incoming,
    "default-invalid": _default_invalid,
}
