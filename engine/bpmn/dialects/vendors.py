"""The namespaces of other tools, by the prefix that their own files use."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.bpmn.read_extensions import BPMN_NAMESPACE, Xml, local_name, namespace

VENDORS = {
    "http://camunda.org/schema/1.0/bpmn": "camunda",
    "http://operaton.org/schema/1.0/bpmn": "operaton",
    "http://activiti.org/bpmn": "activiti",
    "http://flowable.org/bpmn": "flowable",
    "http://camunda.org/schema/zeebe/1.0": "zeebe",
    "http://spiffworkflow.org/bpmn/schema/1.0/core": "spiffworkflow",
}


def vendor_of(name: str) -> str:
    """The tool whose name (`{namespace}local`) this is, empty when it is none that is understood."""
    return VENDORS.get(etree.QName(name).namespace or "", "")


def attributes(element: Xml) -> dict[str, str]:
    """The attributes of understood tools on an element, by local name."""
    return {etree.QName(name).localname: value for name, value in element.attrib.items() if vendor_of(name)}


def qualified(element: Xml, local: str) -> str | None:
    """The full name of an understood tool's attribute on an element."""
    return next((n for n in element.attrib if vendor_of(n) and etree.QName(n).localname == local), None)


def shown(element: Xml, local: str) -> str:
    """An attribute or child of an understood tool as a report names it, such as camunda:assignee."""
    full = qualified(element, local)
    return f"{vendor_of(full) if full else '?'}:{local}"


def boxes(element: Xml) -> Iterator[Xml]:
    """The extensionElements of an element."""
    return iter(element.iterchildren(f"{{{BPMN_NAMESPACE}}}extensionElements"))


def children(element: Xml, local: str) -> list[Xml]:
    """The extension elements of understood tools with that local name."""
    return [
        child
        for box in boxes(element)
        for child in box.iterchildren("*")
        if local_name(child) == local and namespace(child) in VENDORS
    ]
