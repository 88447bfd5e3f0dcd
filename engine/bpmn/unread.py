"""What a file says that the model has no place for: other vendors' content, and extensions that our vocabulary does not have.

It means nothing here, but it is part of what a designer wrote: a comparison of two diagrams must not keep it to itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.bpmn.read import parse
from engine.bpmn.read_extensions import BPMN_NAMESPACE, Xml, local_name, namespace
from engine.bpmn.vocabulary import ELEMENTS, NAMESPACE

_BOX = f"{{{BPMN_NAMESPACE}}}extensionElements"
_QUIET = frozenset({"", BPMN_NAMESPACE, "http://www.w3.org/2001/XMLSchema-instance"})
_DEEPEST = 20  #: levels below an extension element that are told apart
Unread = Mapping[
    str, Mapping[str, str]
]  #: by the id of the BPMN element: text by dotted name, as `camunda:property.name`


def unread(bpmn: bytes) -> Unread:
    """All of it, by element. Raises UnreadableDiagram."""
    found: dict[str, dict[str, str]] = {}
    for element in parse(bpmn).iter(f"{{{BPMN_NAMESPACE}}}*"):
        id = element.get("id")
        if id and element.getparent() is not None and element.getparent().tag != _BOX:
            said = dict(_said(element))
            if said:
                found.setdefault(id, {}).update(said)
    return found


def _said(element: Xml) -> Iterator[tuple[str, str]]:
    for name, text in element.attrib.items():
        if name.startswith("{") and name[1:].partition("}")[0] not in _QUIET:
            yield _attribute(element, name), text
    counted: dict[str, int] = {}
    for child in element.iterchildren():
        if child.tag == _BOX:
            for one in child.iterchildren("*"):
                yield from _extension(one, counted)
        elif isinstance(child.tag, str) and namespace(child) != BPMN_NAMESPACE:
            yield from _flat(child, _numbered(_name(child), counted), 0)


def _extension(element: Xml, counted: dict[str, int]) -> Iterator[tuple[str, str]]:
    known = ELEMENTS.get(local_name(element)) if namespace(element) == NAMESPACE else None
    name = _numbered(_name(element), counted)
    if known is None:
        yield from _flat(element, name, 0)
        return
    ours = {attribute.name for attribute in known.attributes}
    for attribute, text in element.attrib.items():
        if attribute.rpartition("}")[2] not in ours:
            yield f"{name}.{_attribute(element, attribute)}", text
    yield from _inside(element, name, 0)


def _flat(element: Xml, name: str, depth: int) -> Iterator[tuple[str, str]]:
    attributes = [(f"{name}.{_attribute(element, one)}", text) for one, text in element.attrib.items()]
    inside = list(_inside(element, name, depth))
    yield from attributes
    yield from inside
    if not attributes and not inside:
        yield name, "✓"


def _inside(element: Xml, name: str, depth: int) -> Iterator[tuple[str, str]]:
    text = " ".join("".join([element.text or "", *(child.tail or "" for child in element)]).split())
    if text:
        yield name, text
    counted: dict[str, int] = {}
    for child in element.iterchildren("*") if depth < _DEEPEST else ():
        yield from _flat(child, _numbered(f"{name}.{local_name(child)}", counted), depth + 1)


def _name(element: Xml) -> str:
    """With the prefix that the file gives it; `ow` for ours, whatever the file calls it."""
    prefix = "ow" if namespace(element) == NAMESPACE else element.prefix
    return f"{prefix}:{local_name(element)}" if prefix else local_name(element)


def _attribute(element: Xml, name: str) -> str:
    uri, local = name[1:].split("}") if name.startswith("{") else ("", name)
    prefix = next((prefix for prefix, one in element.nsmap.items() if one == uri and prefix), None) if uri else None
    return f"{prefix}:{local}" if prefix else local


def _numbered(name: str, counted: dict[str, int]) -> str:
    counted[name] = counted.get(name, 0) + 1
    return name if counted[name] == 1 else f"{name}.{counted[name]}"
