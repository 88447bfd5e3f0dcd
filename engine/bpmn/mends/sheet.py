"""A BPMN file that is being mended: its own tree, with comments, other tools' content and pictures left in place."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from lxml import etree

from engine.bpmn.flat_names import is_flat, read_flat
from engine.bpmn.mends.neighbours import append, drop, insert_after, insert_before, prepend
from engine.bpmn.mends.picture import Picture
from engine.bpmn.read_extensions import BPMN_NAMESPACE, Xml, local_name, namespace
from engine.bpmn.rules.ids import reserved
from engine.bpmn.vocabulary import NAMESPACE, PREFIX

CONTAINERS = frozenset({"process", "subProcess", "transaction", "adHocSubProcess"})
#: Children of a scope that come behind its nodes and flows.
_BEHIND = frozenset({"association", "group", "textAnnotation", "resourceRole", "correlationSubscription", "supports"})
#: Children of a flow node that come before `incoming` and `outgoing`.
_HEAD = ("documentation", "extensionElements", "auditing", "monitoring", "categoryValueRef")
_NOT_NODES = frozenset(
    {"documentation", "extensionElements", "laneSet", "sequenceFlow", "dataObject", "dataObjectReference"}
    | {"dataStoreReference", "association", "textAnnotation", "group", "ioSpecification", "ioBinding", "property"}
    | {"auditing", "monitoring", "incoming", "outgoing", "supports", "correlationSubscription", "resourceRole"}
    | {"performer", "humanPerformer", "potentialOwner", "dataInputAssociation", "dataOutputAssociation"}
    | {"standardLoopCharacteristics", "multiInstanceLoopCharacteristics", "completionCondition", "categoryValueRef"}
)


def bpmn(name: str) -> str:
    """A name in BPMN's namespace."""
    return f"{{{BPMN_NAMESPACE}}}{name}"


def ow(name: str) -> str:
    """A name in our namespace."""
    return f"{{{NAMESPACE}}}{name}"


def ref(text: str | None) -> str:
    """A reference without the prefix that a QName may carry."""
    return (text or "").rpartition(":")[2].strip()


def name_of(element: Xml) -> str:
    """The name on one line, empty when there is none."""
    return " ".join((element.get("name") or "").split())


class Sheet:
    """One file under the pen. Indexes are made anew after every change that could move them."""

    def __init__(self, root: Xml) -> None:
        self.root = root
        self.tree = root.getroottree()
        self.picture = Picture(root)
        self._by_id: dict[str, Xml] | None = None
        self._taken: set[str] | None = None
        self._lanes: dict[str, Xml] | None = None
        self._out: dict[str, list[Xml]] = {}
        self._in: dict[str, list[Xml]] = {}
        self._numbers: dict[str, int] = {}

    @classmethod
    def of(cls, data: bytes) -> Sheet:
        """A file that `read` has taken before: nothing hostile is left in it."""
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, collect_ids=False)
        sheet = cls(etree.fromstring(data, parser))
        for flow in sheet.root.iter(bpmn("sequenceFlow")):
            if not (flow.get("id") or "").strip():  # BPMN lets a flow have none; a mend needs one to speak of
                flow.set("id", sheet.new_id("sequenceFlow"))
        return sheet

    def data(self) -> bytes:
        """The file as it stands now, in the encoding that it declared."""
        if PREFIX not in self.root.nsmap and next(self.root.iter(ow("*")), None) is not None:
            prefixes = {prefix for element in self.root.iter("*") for prefix in element.nsmap if prefix}
            etree.cleanup_namespaces(self.root, top_nsmap={PREFIX: NAMESPACE}, keep_ns_prefixes=sorted(prefixes))
        encoding = self.tree.docinfo.encoding or "UTF-8"
        return bytes(etree.tostring(self.tree, xml_declaration=True, encoding=encoding))

    # -- looking

    def changed(self) -> None:
        """Forget the indexes: ids or ends of flows are other ones now."""
        self._by_id = None

    def redrawn(self) -> None:
        """The picture was made anew."""
        self.picture = Picture(self.root)

    def _index(self) -> dict[str, Xml]:
        if self._by_id is None:
            self._by_id, self._out, self._in = {}, defaultdict(list), defaultdict(list)
            for element in self.elements():
                if element.get("id"):
                    self._by_id.setdefault(element.get("id").strip(), element)
                if local_name(element) == "sequenceFlow":
                    self._out[ref(element.get("sourceRef"))].append(element)
                    self._in[ref(element.get("targetRef"))].append(element)
        return self._by_id

    def elements(self) -> Iterator[Xml]:
        """Every BPMN element outside extension elements, in document order."""
        todo = [self.root]
        while todo:
            element = todo.pop()
            yield element
            inner = [child for child in element.iterchildren("*") if namespace(child) == BPMN_NAMESPACE]
            todo += reversed([child for child in inner if local_name(child) != "extensionElements"])

    def find(self, id: str | None, *tags: str) -> Xml | None:
        """The element of an id (the first one), when it is of one of the tags."""
        found = self._index().get(id or "")
        return found if found is not None and (not tags or local_name(found) in tags) else None

    def flows_out(self, node: Xml) -> list[Xml]:
        """The sequence flows that leave a node."""
        self._index()
        return list(self._out.get((node.get("id") or "").strip() or "?", ()))

    def flows_in(self, node: Xml) -> list[Xml]:
        """The sequence flows that enter a node."""
        self._index()
        return list(self._in.get((node.get("id") or "").strip() or "?", ()))

    def source(self, flow: Xml) -> Xml | None:
        """The node that a flow leaves."""
        return self.node(ref(flow.get("sourceRef")))

    def target(self, flow: Xml) -> Xml | None:
        """The node that a flow enters."""
        return self.node(ref(flow.get("targetRef")))

    def flow_at(self, line: int) -> str | None:
        """The id of a sequence flow that stands on a line of the file."""
        flows = self.root.iter(bpmn("sequenceFlow"))
        return next((flow.get("id") for flow in flows if flow.sourceline == line), None)

    def node(self, id: str | None) -> Xml | None:
        """The flow node of an id."""
        found = self.find(id)
        return found if found is not None and is_node(found) else None

    def nodes(self, scope: Xml) -> list[Xml]:
        """The flow nodes of a process or sub-process, without those of its sub-processes."""
        return [child for child in scope.iterchildren("*") if is_node(child)]

    def processes(self) -> list[Xml]:
        """The processes of the file."""
        return list(self.root.iterchildren(bpmn("process")))

    def boundary(self, host: Xml) -> list[Xml]:
        """The boundary events of an activity."""
        around = host.getparent()
        events = around.iterchildren(bpmn("boundaryEvent")) if around is not None else ()
        return [event for event in events if ref(event.get("attachedToRef")) == host.get("id")]

    def condition(self, flow: Xml) -> str:
        """The text of a flow's condition, empty when there is none."""
        found = flow.find(bpmn("conditionExpression"))
        return "" if found is None else "".join(found.itertext()).strip()

    def extension(self, element: Xml, name: str) -> Xml | None:
        """Our extension element of that name on an element."""
        box = element.find(bpmn("extensionElements"))
        return None if box is None else box.find(ow(name))

    def new_id(self, stem: str) -> str:
        """An id that nothing in the file has."""
        if self._taken is None:
            self._taken = {element.get("id") for element in self.root.iter("*") if element.get("id")}
        stem = re.sub(r"[^A-Za-z0-9_.-]", "_", stem)[:100]
        stem = stem if re.match(r"[A-Za-z_]", stem) else f"_{stem}"
        number = self._numbers.get(stem, 0) + 1
        while (made := f"{stem}_{number}") in self._taken or reserved(made):
            number += 1
        self._numbers[stem] = number
        self._taken.add(made)
        return made

    # -- changing

    def add_node(self, tag: str, scope: Xml, stem: str, name: str = "", near: Xml | None = None) -> Xml:
        """A new flow node of a scope, behind `near` in the file and in its lane."""
        node = etree.Element(bpmn(tag), {"id": self.new_id(stem)} | ({"name": name} if name else {}))
        if near is not None and near.getparent() is scope:
            insert_after(near, node)
        else:
            self.put_into(scope, node)
        if near is not None:
            self._same_lane(near, node)
        if self._by_id is not None:
            self._by_id[node.get("id")] = node
        return node

    def put_into(self, scope: Xml, made: Xml) -> None:
        """Put a flow or node into a scope, before its artifacts, as the schema has it."""
        first = next((child for child in scope.iterchildren("*") if local_name(child) in _BEHIND), None)
        if first is None:
            append(scope, made)
        else:
            insert_before(first, made)

    def _same_lane(self, near: Xml, node: Xml) -> None:
        if self._lanes is None:
            self._lanes = {ref(told.text): told for told in self.root.iter(bpmn("flowNodeRef"))}
        told = self._lanes.get(near.get("id"))
        if told is not None and told.getparent() is not None:
            beside = etree.Element(bpmn("flowNodeRef"))
            beside.text = node.get("id")
            insert_after(told, beside)
            self._lanes[node.get("id")] = beside

    def add_flow(self, source: Xml, target: Xml, name: str = "", condition: str = "") -> Xml:
        """A new sequence flow between two nodes of one scope, with its edge."""
        flow = etree.Element(bpmn("sequenceFlow"), {"id": self.new_id(f"flow_{source.get('id')}")})
        if name:
            flow.set("name", name)
        flow.set("sourceRef", source.get("id"))
        flow.set("targetRef", target.get("id"))
        self.put_into(source.getparent(), flow)
        if condition:
            self.set_condition(flow, condition)
        self._say(source, "outgoing", flow.get("id"))
        self._say(target, "incoming", flow.get("id"))
        self.picture.draw_flow(flow.get("id"), source.get("id"), target.get("id"))
        if self._by_id is not None:
            self._by_id[flow.get("id")] = flow
            self._out[source.get("id")].append(flow)
            self._in[target.get("id")].append(flow)
        return flow

    def set_condition(self, flow: Xml, text: str) -> None:
        """Write (or, with an empty text, take away) the condition of a flow."""
        for old in list(flow.iterchildren(bpmn("conditionExpression"))):
            drop(old)
        if text:
            made = etree.Element(bpmn("conditionExpression"))
            kind = "{http://www.w3.org/2001/XMLSchema-instance}type"
            prefix = next((p for p, uri in flow.nsmap.items() if uri == BPMN_NAMESPACE and p), "")
            if "xsi" in flow.nsmap:
                made.set(kind, f"{prefix}:tFormalExpression" if prefix else "tFormalExpression")
            made.text = text
            append(flow, made)

    def set_default(self, gateway: Xml, flow: Xml) -> None:
        """Make a flow the default of a gateway; the condition of a default has no effect and goes."""
        gateway.set("default", flow.get("id"))
        self.set_condition(flow, "")

    def lead_to(self, flow: Xml, target: Xml) -> None:
        """Let a flow enter another node."""
        old = self.target(flow)
        if old is not None:
            self._unsay(old, "incoming", flow.get("id"))
        self._move(self._in, flow, "targetRef", target)
        self._say(target, "incoming", flow.get("id"))
        self.picture.move_end(flow.get("id"), target.get("id"), first=False)

    def _move(self, ends: dict[str, list[Xml]], flow: Xml, end: str, node: Xml) -> None:
        listed = ends.get(ref(flow.get(end)), [])
        if flow in listed:
            listed.remove(flow)
        flow.set(end, node.get("id"))
        if self._by_id is not None:
            ends[node.get("id")].append(flow)

    def lead_from(self, flow: Xml, source: Xml) -> None:
        """Let a flow leave another node."""
        old = self.source(flow)
        if old is not None:
            self._unsay(old, "outgoing", flow.get("id"))
            if old.get("default") == flow.get("id"):
                del old.attrib["default"]
        self._move(self._out, flow, "sourceRef", source)
        self._say(source, "outgoing", flow.get("id"))
        self.picture.move_end(flow.get("id"), source.get("id"), first=True)

    def _say(self, node: Xml, tag: str, flow: str) -> None:
        """Name a flow among the `incoming` or `outgoing` of a node, where the schema has them."""
        made = etree.Element(bpmn(tag))
        made.text = flow
        before = (*_HEAD, "incoming") if tag == "incoming" else (*_HEAD, "incoming", "outgoing")
        place = [child for child in node.iterchildren("*") if local_name(child) in before]
        if place:
            insert_after(place[-1], made)
        else:
            prepend(node, made)

    def _unsay(self, node: Xml, tag: str, flow: str) -> None:
        for child in list(node.iterchildren(bpmn(tag))):
            if ref(child.text) == flow:
                drop(child)

    def remove_flow(self, flow: Xml) -> None:
        """Take away a sequence flow with its edge and all that names it."""
        id = flow.get("id")
        for element in (self.source(flow), self.target(flow)):
            if element is not None and id:
                self._unsay(element, "incoming", id)
                self._unsay(element, "outgoing", id)
                if element.get("default") == id:
                    del element.attrib["default"]
        self.picture.erase(id)
        for ends, end in ((self._out, "sourceRef"), (self._in, "targetRef")):
            listed = ends.get(ref(flow.get(end)), [])
            if flow in listed:
                listed.remove(flow)
        if self._by_id is not None and self._by_id.get(id or "") is flow:
            del self._by_id[id]
        drop(flow)

    def remove_node(self, node: Xml) -> None:
        """Take away a flow node with its flows, boundary events, shape and what only points at it."""
        for event in self.boundary(node):
            self.remove_node(event)
        for flow in {id(f): f for f in (*self.flows_in(node), *self.flows_out(node))}.values():
            self.remove_flow(flow)
        inner = [each.get("id") for each in node.iter("*") if each.get("id")]
        for told in list(self.root.iter(bpmn("flowNodeRef"), bpmn("messageFlow"), bpmn("association"))):
            ends = {(told.text or "").strip(), ref(told.get("sourceRef")), ref(told.get("targetRef"))}
            if ends & set(inner):
                self.picture.erase(told.get("id"))
                drop(told)
        for each in inner:
            self.picture.erase(each)
        drop(node)
        self.changed()

    def retag(self, node: Xml, tag: str, keep: Iterable[str] = ()) -> None:
        """Make a node one of another kind: what only the old kind has goes, but for the attributes to `keep`."""
        for child in event_definitions(node):
            drop(child)
        for attribute in set(node.attrib) - {"id", "name", *keep}:
            if not attribute.startswith("{"):
                del node.attrib[attribute]
        node.tag = bpmn(tag)
        self.picture.resize(node.get("id"), tag)

    def extend(self, element: Xml, kind: str, /, **attributes: str) -> None:
        """Set attributes of our extension element of that kind on an element; it is made when it isn't there.

        Where the element is written flat, as properties of another tool, so is what comes.
        """
        box = element.find(bpmn("extensionElements"))
        if box is None:
            box = etree.Element(bpmn("extensionElements"))
            documented = list(element.iterchildren(bpmn("documentation")))
            if documented:
                insert_after(documented[-1], box)
            else:
                prepend(element, box)
        flat = _flat(box, kind)
        if flat is not None:
            for key, value in attributes.items():
                said = {"name": f"{PREFIX}.{kind}.{key}", "value": value}
                append(flat, etree.Element(flat.tag.replace("}properties", "}property"), said))
            return
        found = box.find(ow(kind))
        if found is None:
            found = etree.Element(ow(kind), nsmap={PREFIX: NAMESPACE})
            append(box, found)
        for key, value in attributes.items():
            found.set(key, value)

    def message(self, name: str, kind: str = "message") -> str:
        """The id of the message (or signal) of that name; it is made when it isn't there."""
        for element in self.root.iterchildren(bpmn(kind)):
            if element.get("id") and element.get("name") == name:
                return str(element.get("id"))
        made = etree.Element(bpmn(kind), {"id": self.new_id(kind), "name": name})
        first = next((child for child in self.root.iterchildren(bpmn("collaboration"), bpmn("process"))), None)
        if first is None:
            append(self.root, made)
        else:
            insert_before(first, made)
        if self._by_id is not None:
            self._by_id[made.get("id")] = made
        return str(made.get("id"))

    def insert_before(self, node: Xml, tag: str, name: str = "", flows: list[Xml] | None = None) -> Xml:
        """A new node that takes the incoming flows of another one (or those given) and leads to it."""
        made = self.add_node(tag, node.getparent(), f"{tag}_{node.get('id')}", name, near=node)
        self.picture.place_before(made.get("id"), tag, node.get("id"))
        for flow in self.flows_in(node) if flows is None else flows:
            self.lead_to(flow, made)
        self.add_flow(made, node)
        return made

    def insert_after(self, node: Xml, tag: str, name: str = "", flows: list[Xml] | None = None) -> Xml:
        """A new node that another one leads to and that takes its outgoing flows (or those given)."""
        made = self.add_node(tag, node.getparent(), f"{tag}_{node.get('id')}", name, near=node)
        self.picture.place_after(made.get("id"), tag, node.get("id"))
        default = node.get("default")
        for flow in self.flows_out(node) if flows is None else flows:
            self.lead_from(flow, made)
            if default == flow.get("id"):
                made.set("default", default)
        self.add_flow(node, made)
        return made


def _flat(box: Xml, kind: str) -> Xml | None:
    """The properties of another tool in which an element of ours is written."""
    for properties in box.iterchildren("*"):
        names = [entry.get("name") or "" for entry in properties if local_name(entry) == "property"]
        if local_name(properties) == "properties" and any(is_flat(n) and read_flat(n, "")[0][0] == kind for n in names):
            return properties
    return None


def is_node(element: Xml) -> bool:
    """Whether an element is a flow node: a child of a process or sub-process that is neither flow nor furniture."""
    around = element.getparent()
    if namespace(element) != BPMN_NAMESPACE or around is None or local_name(around) not in CONTAINERS:
        return False
    name = local_name(element)
    return name not in _NOT_NODES and not name.endswith("EventDefinition") and namespace(around) == BPMN_NAMESPACE


def event_definitions(node: Xml) -> list[Xml]:
    """The event definitions of an event, and references to such."""
    return [
        child
        for child in node.iterchildren("*")
        if namespace(child) == BPMN_NAMESPACE
        and (local_name(child).endswith("EventDefinition") or local_name(child) == "eventDefinitionRef")
    ]
