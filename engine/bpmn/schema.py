"""Validation against the BPMN 2.0 XML schema, which SpiffWorkflow's wheel ships: one finding a place, said in plain words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import SpiffWorkflow.bpmn.parser
from lxml import etree

from engine.bpmn.model import Finding
from engine.bpmn.read_extensions import Xml
from engine.bpmn.rules.rule import Spot
from engine.bpmn.rules.schema import INVALID, MORE

MOST_SHOWN = 20
MOST_SIBLINGS = (
    4000  #: for each error libxml2 walks over all that stand before; a process may have 1,000 nodes and 2,000 flows
)
MOST_ATTRIBUTES = 100_000  #: an error may come of each, and takes a kilobyte
MOST_SAID = 1000
Said = tuple[str, str]

_NAME = r"'(?:\{[^}]*\})?([^']*)'"
#: What libxml2 says, and how a designer reads it. None: another rule says it better, or it concerns other tools only.
_WORDS: list[tuple[str, Callable[..., Said] | None]] = [
    (rf"Element {_NAME}: The attribute '(sourceRef|targetRef|attachedToRef)' is required but missing", None),
    (r"Duplicate key-sequence|already defined|not a valid value of the atomic type 'xs:ID'", None),
    (r"xsi?:type|\}type'|The QName value|type definition", None),
    (
        rf"Element {_NAME}: The attribute '([^']*)' is required but missing",
        lambda tag, name: (f"{tag} 缺少属性 {name}", f"a {tag} lacks its attribute {name}"),
    ),
    (
        rf"Element {_NAME}, attribute {_NAME}: The attribute '[^']*' is not allowed",
        lambda tag, name: (f"{tag} 不能有属性 {name}", f"a {tag} can't have an attribute {name}"),
    ),
    (
        rf"Element {_NAME}, attribute {_NAME}: (?:\[facet[^]]*\] )?(?:The value )?'(.*?)' is not",
        lambda tag, name, value: (
            f"{tag} 的属性 {name} 不能是“{value}”",
            f"the attribute {name} of a {tag} can't be “{value}”",
        ),
    ),
    (
        rf"Element {_NAME}: This element is not expected",
        lambda tag: (f"这里不能有 {tag}，或顺序不对", f"a {tag} can't stand here, or in this order"),
    ),
    (
        rf"Element {_NAME}: Missing child element",
        lambda tag: (f"{tag} 内缺少必需的内容", f"a {tag} lacks something that must be in it"),
    ),
    (
        rf"Element {_NAME}: Character content",
        lambda tag: (f"{tag} 内不能直接写文字", f"text can't stand directly in a {tag}"),
    ),
    (
        rf"Element {_NAME}: (?:\[facet[^]]*\] )?(?:The value )?'(.*?)' is not",
        lambda tag, value: (f"{tag} 的内容不能是“{value}”", f"a {tag} can't hold “{value}”"),
    ),
]


def schema_findings(root: Xml) -> Iterator[Finding]:
    """What the schema says of a file's elements, at most `MOST_SHOWN` places. The elements are cut to what can be gone over."""
    schema = load_schema()
    if _has_too_much(root) or schema.validate(root):
        return
    met = islice(dict.fromkeys((entry.line, entry.message) for entry in schema.error_log), MOST_SAID)
    said = dict.fromkeys((line, words) for line, message in met if (words := plain(message)) is not None)
    for line, (zh, en) in list(said)[:MOST_SHOWN]:
        yield INVALID.at(Spot(line=line), said=zh, said_en=en)
    if len(said) > MOST_SHOWN:
        yield MORE.at(Spot(line=list(said)[MOST_SHOWN][0]), count=len(said) - MOST_SHOWN)


def _has_too_much(root: Xml) -> bool:
    """Whether there are too many attributes; of too many elements in a row those that are left over are taken out."""
    beyond = [child for parent in root.iter("*") for child in parent[MOST_SIBLINGS:]]
    for child in beyond:
        child.getparent().remove(child)
    return sum(len(element.attrib) for element in root.iter("*")) > MOST_ATTRIBUTES


@lru_cache(4096)
def plain(message: str) -> Said | None:
    """A message of the schema in plain words, Chinese and English; None where nobody need hear it."""
    for pattern, words in _WORDS:
        found = re.search(pattern, message, re.DOTALL)
        if found:
            return words(*found.groups()) if words else None
    return message, message


@cache
def load_schema() -> Any:
    """The schema, compiled once in a process."""
    folder = Path(SpiffWorkflow.bpmn.parser.__file__).parent / "schema"
    return etree.XMLSchema(etree.parse(str(folder / "BPMN20.xsd")))
