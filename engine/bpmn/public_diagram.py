"""The diagram as everybody may see it: the shapes where they were drawn, public names, opaque ids, and nothing else.

It is written anew, element by element, from what is known to be public; nothing of the original file is copied but numbers.
Conditions, assignments, notes, lanes, names of gateways and flows stay inside.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from engine.bpmn.model import Flow, Node, Process
from engine.bpmn.read import tree
from engine.bpmn.read_extensions import BPMN_NAMESPACE, Xml

DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DD = "http://www.omg.org/spec/DD/20100524/DI"
#: Event definitions that have a sign of their own in a picture.
SIGNS = frozenset(
    {"timer", "message", "signal", "error", "escalation", "conditional", "link", "compensate", "terminate"}
)
#: What no drawing is larger than; a number beyond it is no coordinate.
FURTHEST = 1e6


@dataclass(frozen=True, slots=True)
class PublicDiagram:
    """A BPMN file without secrets, and the opaque id of each node of the original."""

    xml: bytes
    ids: Mapping[str, str]


def public_name(node: Node) -> tuple[str, str] | None:
    """The name that the designer gave a node for everybody, in Chinese and in English; None when there is none."""
    said = node.extension("public") or {}
    name = str(said.get("name") or "")
    return (name, str(said.get("nameEn") or name)) if name else None


def shown_name(node: Node) -> tuple[str, str]:
    """The same, else the node's own name or id: what officers read."""
    return public_name(node) or ((node.name or str(node.id)),) * 2


def public_diagram(process: Process, data: bytes, lang: str = "zh") -> PublicDiagram | None:
    """The public picture of a readable diagram, named in `zh` or `en`; None when its file holds no picture of the process."""
    nodes = [node for node in process.nodes if node.id]
    ids = {str(node.id): f"n{n}" for n, node in enumerate(nodes, 1)}
    flows = [flow for flow in process.flows if flow.id and flow.source in ids and flow.target in ids]
    known = ids | {str(flow.id): f"f{n}" for n, flow in enumerate(flows, 1)}
    drawn = list(_picture(tree(data), known))
    if not any(shape.tag == f"{{{DI}}}BPMNShape" for shape in drawn):
        return None
    root = etree.Element(f"{{{BPMN_NAMESPACE}}}definitions", nsmap={None: BPMN_NAMESPACE, "di": DI, "dc": DC, "dd": DD})
    root.set("targetNamespace", "urn:onewindow:public")
    _fill(etree.SubElement(root, _bpmn("process"), id="p"), str(process.id), nodes, flows, known, lang)
    plane = etree.SubElement(etree.SubElement(root, f"{{{DI}}}BPMNDiagram", id="d"), f"{{{DI}}}BPMNPlane", id="l")
    plane.set("bpmnElement", "p")
    plane.extend(drawn)
    return PublicDiagram(etree.tostring(root, xml_declaration=True, encoding="UTF-8"), ids)


def _fill(parent: Xml, scope: str, nodes: list[Node], flows: list[Flow], ids: Mapping[str, str], lang: str) -> None:
    for node in (one for one in nodes if one.scope == scope):
        made = etree.SubElement(parent, _bpmn(node.tag), id=ids[str(node.id)])
        if name := public_name(node):
            made.set("name", name[1 if lang == "en" else 0])
        if node.tag == "boundaryEvent":
            made.set("attachedToRef", ids.get(str(node.attached_to), ""))
            made.set("cancelActivity", "true" if node.interrupting else "false")
        if node.loop is not None and node.loop.kind != "standard":
            loop = etree.SubElement(made, _bpmn("multiInstanceLoopCharacteristics"))
            loop.set("isSequential", "true" if node.loop.kind == "sequential" else "false")
        elif node.loop is not None:
            etree.SubElement(made, _bpmn("standardLoopCharacteristics"))
        for event in node.events:
            if event.kind in SIGNS:
                etree.SubElement(made, _bpmn(f"{event.kind}EventDefinition"))
        _fill(made, str(node.id), nodes, flows, ids, lang)
    for flow in (one for one in flows if one.scope == scope):
        made = etree.SubElement(parent, _bpmn("sequenceFlow"), id=ids[str(flow.id)])
        made.set("sourceRef", ids[str(flow.source)])
        made.set("targetRef", ids[str(flow.target)])


def _picture(root: Xml, ids: Mapping[str, str]) -> Iterator[Xml]:
    seen: set[str] = set()
    for shape in root.iter(f"{{{DI}}}BPMNShape", f"{{{DI}}}BPMNEdge"):
        name = shape.get("bpmnElement", "")
        if name not in ids or name in seen:
            continue
        made = _shape(shape, ids[name]) if shape.tag.endswith("BPMNShape") else _edge(shape, ids[name])
        if made is not None:
            seen.add(name)
            yield made


def _shape(shape: Xml, name: str) -> Xml | None:
    numbers = _numbers(shape.find(f"{{{DC}}}Bounds"), ("x", "y", "width", "height"))
    if numbers is None:
        return None
    made = etree.Element(f"{{{DI}}}BPMNShape", id=f"s-{name}", bpmnElement=name)
    if shape.get("isExpanded") in ("true", "false"):
        made.set("isExpanded", str(shape.get("isExpanded")))
    if shape.get("isMarkerVisible") in ("true", "false"):
        made.set("isMarkerVisible", str(shape.get("isMarkerVisible")))
    etree.SubElement(made, f"{{{DC}}}Bounds", numbers)
    return made


def _edge(edge: Xml, name: str) -> Xml | None:
    points = [_numbers(point, ("x", "y")) for point in edge.findall(f"{{{DD}}}waypoint")]
    if len(points) < 2:
        return None
    made = etree.Element(f"{{{DI}}}BPMNEdge", id=f"e-{name}", bpmnElement=name)
    for point in points:
        if point is None:
            return None
        etree.SubElement(made, f"{{{DD}}}waypoint", point)
    return made


def _numbers(element: Xml | None, names: tuple[str, ...]) -> dict[str, str] | None:
    """The attributes as numbers, spelled anew; None when one is no coordinate."""
    if element is None:
        return None
    said = {}
    for name in names:
        try:
            number = float(element.get(name, ""))
        except ValueError:
            return None
        if not math.isfinite(number) or abs(number) > FURTHEST:
            return None
        said[name] = f"{number:g}" if abs(number) < 1e5 else f"{number:.0f}"
    return said


def _bpmn(name: str) -> str:
    return f"{{{BPMN_NAMESPACE}}}{name}"
