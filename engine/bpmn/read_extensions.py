"""Extension elements of one BPMN element: ours converted to their declared types, others' named.

Nothing of ours is skipped in silence: what the vocabulary does not know, what stands in the wrong place and what is of
the wrong type become findings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from lxml import etree

from engine.bpmn.flat_names import is_flat, read_flat
from engine.bpmn.model import Finding
from engine.bpmn.rules.rule import ERROR, MOST_FINDINGS, Rule, Spot, shortened
from engine.bpmn.vocabulary import ELEMENTS, NAMESPACE, PREFIX, Attribute, BadValue, Element, convert

Xml = Any  #: an lxml element (lxml has no types of its own)

BPMN_NAMESPACE = "http://www.omg.org/spec/BPMN/20100524/MODEL"
_QUIET = (
    BPMN_NAMESPACE,
    NAMESPACE,
    "http://www.w3.org/2001/XMLSchema-instance",
    "http://www.w3.org/XML/1998/namespace",
)

UNKNOWN = Rule(
    "extension-unknown",
    ERROR,
    "{what}：没有扩展“{name}”",
    "{what}: there is no extension “{name}”",
    "{hint_zh}",
    "{hint_en}",
)
VALUE = Rule(
    "extension-value",
    ERROR,
    "{what}：扩展“{name}”的值“{value}”不对",
    "{what}: the value “{value}” of extension “{name}” is wrong",
    "{wanted_zh}",
    "It must be: {wanted_en}",
)
MISPLACED = Rule(
    "extension-misplaced",
    ERROR,
    "{what}：扩展“{name}”不能放在 {tag} 上",
    "{what}: extension “{name}” can't stand on a {tag}",
    "请移到以下元素的 extensionElements 中：{allowed}",
    "Move it into the extensionElements of one of: {allowed}",
)
REPEATED = Rule(
    "extension-repeated",
    ERROR,
    "{what}：扩展“{name}”出现了多次",
    "{what}: extension “{name}” occurs more than once",
    "只保留一个",
    "Keep only one",
)
INCOMPLETE = Rule(
    "extension-incomplete",
    ERROR,
    "{what}：扩展“{name}”缺少属性“{attribute}”",
    "{what}: extension “{name}” lacks its attribute “{attribute}”",
    "请填写该属性",
    "Fill it in",
)
RULES = (UNKNOWN, VALUE, MISPLACED, REPEATED, INCOMPLETE)

MOST_HINTS = 50  #: how many misspelt names of one file are told the right one

Values = Mapping[str, tuple[Mapping[str, Any], ...]]


@dataclass(slots=True)
class Extensions:
    """What one element carries: our values by element name, names of other vendors', and findings."""

    values: Values = field(default_factory=lambda: MappingProxyType({}))
    foreign: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Raw:
    """One occurrence as written."""

    name: str
    attributes: Mapping[str, str]
    line: int


def read_extensions(element: Xml, hinting: bool = True) -> Extensions:
    """Everything the extension elements and foreign attributes of one BPMN element say.

    Looking for the name that was meant is slow: without `hinting`, a finding lists all there are.
    """
    reader = _Reader(element, hinting)
    values: dict[str, list[Mapping[str, Any]]] = {}
    for raw in (*reader.nested(), *reader.flat()):
        read = reader.occurrence(raw, raw.name in values)
        if read is not None:
            values.setdefault(raw.name, []).append(MappingProxyType(read))
    frozen = MappingProxyType({name: tuple(found) for name, found in values.items()})
    return Extensions(frozen, tuple(dict.fromkeys(reader.foreign())), tuple(reader.findings))


def local_name(element: Xml) -> str:
    """The name without its namespace; empty for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def namespace(element: Xml) -> str:
    """The namespace of an element; empty for none."""
    tag = element.tag
    return tag[1:].partition("}")[0] if isinstance(tag, str) and tag.startswith("{") else ""


class _Reader:
    def __init__(self, element: Xml, hinting: bool) -> None:
        self.element = element
        self.hinting = hinting
        self.tag = local_name(element)
        self.place = Spot(element.get("id"), element.get("name"), element.sourceline or 0)
        self.findings: list[Finding] = []
        self.children = [
            child
            for box in element.iterchildren(f"{{{BPMN_NAMESPACE}}}extensionElements")
            for child in box.iterchildren()
        ]

    def nested(self) -> Iterator[_Raw]:
        """Ours, written as elements."""
        for child in self.children:
            if namespace(child) == NAMESPACE:
                attributes = {
                    etree.QName(name).localname: text for name, text in child.attrib.items() if _is_ours(name)
                }
                for inner in child.iterchildren():
                    self._unknown(f"{local_name(child)}/{local_name(inner)}", [])
                yield _Raw(local_name(child), attributes, child.sourceline or 0)

    def flat(self) -> Iterator[_Raw]:
        """Ours, written as properties of another vendor: `ow:document.2.kind` is the second document's kind."""
        gathered: dict[tuple[str, str], dict[str, str]] = {}
        for child in self.children:
            if local_name(child) == "properties" and namespace(child) != NAMESPACE:
                for name, text in _own_properties(child):
                    place, attributes = read_flat(name, text)
                    gathered.setdefault(place, {}).update(attributes)
        for (element, _), attributes in gathered.items():
            if not _nothing_said(element, attributes):
                yield _Raw(element, attributes, self.place.line)

    def foreign(self) -> Iterator[str]:
        """Names of other vendors' settings on this element."""
        for child in self.children:
            if namespace(child) not in _QUIET and not _all_ours(child):
                yield shortened(f"{child.prefix or '?'}:{local_name(child)}")
        for name in self.element.attrib:
            space = etree.QName(name).namespace
            if space and space not in _QUIET:
                prefix = next((short for short, uri in self.element.nsmap.items() if uri == space and short), "?")
                yield shortened(f"{prefix}:{etree.QName(name).localname}")

    def occurrence(self, raw: _Raw, again: bool) -> dict[str, Any] | None:
        """The values of one occurrence, or None (with a finding) when it can't stand here."""
        element = ELEMENTS.get(raw.name)
        name = f"{PREFIX}:{raw.name}"
        if element is None:
            self._unknown(raw.name, list(ELEMENTS))
            return None
        if self.tag not in element.allowed_in:
            self._found(MISPLACED, name=name, tag=self.tag, allowed=", ".join(element.allowed_in))
            return None
        if again and not element.repeatable:
            self._found(REPEATED, name=name)
            return None
        return self._values(element, raw)

    def _values(self, element: Element, raw: _Raw) -> dict[str, Any]:
        values = {
            attribute.name: attribute.default for attribute in element.attributes if attribute.default is not None
        }
        for name, text in raw.attributes.items():
            attribute = element.attribute(name)
            if attribute is None:
                self._unknown(
                    f"{element.name}.{name}", [f"{element.name}.{known.name}" for known in element.attributes]
                )
            elif text.strip():
                self._convert(element, attribute, text, values)
        for attribute in element.attributes:
            if attribute.required and not raw.attributes.get(attribute.name, "").strip():
                self._found(INCOMPLETE, name=f"{PREFIX}:{element.name}", attribute=attribute.name)
        return values

    def _convert(self, element: Element, attribute: Attribute, text: str, values: dict[str, Any]) -> None:
        try:
            values[attribute.name] = convert(attribute, text)
        except BadValue as bad:
            name = f"{PREFIX}:{element.name}.{attribute.name}"
            self._found(VALUE, name=name, value=text, wanted_zh=bad.zh, wanted_en=bad.en)

    def _unknown(self, name: str, known: list[str]) -> None:
        close = get_close_matches(name[:80], known, n=1) if self.hinting and len(self.findings) < MOST_HINTS else []
        listed = f"{PREFIX}:{close[0]}" if close else ", ".join(f"{PREFIX}:{each}" for each in known)
        hint = (f"可用的是：{listed}", f"There is: {listed}") if listed else ("请删除", "Delete it")
        self._found(UNKNOWN, name=f"{PREFIX}:{name}", hint_zh=hint[0], hint_en=hint[1])

    def _found(self, rule: Rule, **params: Any) -> None:
        if len(self.findings) <= MOST_FINDINGS:
            self.findings.append(rule.at(self.place, **params))


def outside(element: Xml) -> Iterator[Finding]:
    """Findings for what is ours but stands as a child or attribute of a BPMN element, not in its extensionElements."""
    place = Spot(element.get("id"), element.get("name"), element.sourceline or 0)
    names = [local_name(child) for child in element.iterchildren() if namespace(child) == NAMESPACE]
    names += [etree.QName(name).localname for name in element.attrib if etree.QName(name).namespace == NAMESPACE]
    for name in names:
        if (name, local_name(element)) != ("collection", "multiInstanceLoopCharacteristics"):
            where = ", ".join(ELEMENTS[name].allowed_in) if name in ELEMENTS else "-"
            yield MISPLACED.at(place, name=f"{PREFIX}:{name}", tag=local_name(element), allowed=where)


def _is_ours(attribute: str) -> bool:
    return etree.QName(attribute).namespace in (None, NAMESPACE)


def _own_properties(box: Xml) -> Iterator[tuple[str, str]]:
    for entry in box.iterchildren():
        name = entry.get("name") or ""
        if local_name(entry) == "property" and is_flat(name):
            yield name, entry.get("value") or ""


def _nothing_said(name: str, attributes: Mapping[str, str]) -> bool:
    """Whether a form of another tool was left empty: it writes every property, with no value."""
    element = ELEMENTS.get(name)
    known = element is not None and all(element.attribute(one) is not None for one in attributes)
    return known and not any(text.strip() for text in attributes.values())


def _all_ours(child: Xml) -> bool:
    if local_name(child) != "properties":
        return False
    return len(child) > 0 and len(list(_own_properties(child))) == len(child)
