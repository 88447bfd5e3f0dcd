"""Ids: there, well-formed, used once, and not one of those that the engine keeps for itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.bpmn.model import Finding
from engine.bpmn.rules.rule import ERROR, WARNING, Rule, Spot
from engine.bpmn.rules.subject import Subject

MISSING = Rule(
    "id-missing",
    ERROR,
    "{what}（{tag}）没有编号（id）",
    "{what} ({tag}) has no id",
    "请在属性面板填写由字母开头的编号",
    "Give it an id that begins with a letter",
)
MALFORMED = Rule(
    "id-malformed",
    ERROR,
    "编号“{id}”含有会出错的字符，或过长",
    "The id “{id}” holds characters that go wrong, or is too long",
    "编号不能含引号、括号、斜杠、冒号等符号和换行，前后不留空格，最多 128 个字符",
    "No quotes, brackets, slashes, colons, line breaks or space around; 128 characters at most",
)
UNUSUAL = Rule(
    "id-unusual",
    WARNING,
    "编号“{id}”不合 XML 的写法，其他工具可能不认",
    "The id “{id}” is not what XML allows: other tools may refuse it",
    "编号请以字母或下划线开头，只用字母、数字、下划线、点和连字符",
    "A letter or underscore, then letters, digits, underscores, dots and hyphens",
)
DUPLICATE = Rule(
    "id-duplicate",
    ERROR,
    "编号“{id}”被第 {lines} 行的元素共用",
    "The id “{id}” is used by the elements on lines {lines}",
    "请为每个元素使用不同的编号",
    "Give each element an id of its own",
)
RESERVED = Rule(
    "id-reserved",
    ERROR,
    "编号“{id}”由引擎保留",
    "The id “{id}” is reserved by the engine",
    "请换一个编号，例如 {id}_1",
    "Use another id, such as {id}_1",
)
RULES = (MISSING, MALFORMED, UNUSUAL, DUPLICATE, RESERVED)

_USUAL = re.compile(r"[^\W\d][\w.-]*")
_UNSAFE = re.compile(r"""["'`<>&\[\](){}/\\:;,|=#?%*+$^~!@\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]""")
_LONGEST = 128
_RESERVED = frozenset({"Start", "End", "Root", "StartEventSplit", "StartEventJoin"})
_RESERVED_ENDS = (".EndJoin", ".BoundaryEventSplit", ".BoundaryEventJoin", ".StartEventSplit", ".StartEventJoin")


def check(subject: Subject) -> Iterator[Finding]:
    """Judge the ids of processes, nodes and flows; white space around, and duplicates, among all BPMN elements."""
    for place, tag in _named(subject):
        if not place.id:
            yield MISSING.at(place, tag=tag)
        elif reserved(place.id):
            yield RESERVED.at(place, id=place.id)
        elif _UNSAFE.search(place.id) or len(place.id) > _LONGEST:
            yield MALFORMED.at(place, id=place.id)
        elif not _USUAL.fullmatch(place.id):
            yield UNUSUAL.at(place, id=place.id)
    for id, line in dict.fromkeys((id, line) for id, _, line in subject.diagram.ids):
        if id != id.strip():  # the nodes above have lost it: every reference to them is read without
            yield MALFORMED.at(Spot(id.strip() or None, None, line), id=id.replace(" ", "␣"))
    yield from _duplicates(subject)


def is_fine(id: str) -> bool:
    """Whether an id may stand as it is: nothing unsafe in it, not too long, not one that the engine keeps for itself."""
    return not (_UNSAFE.search(id) or len(id) > _LONGEST or id != id.strip() or reserved(id))


def reserved(id: str) -> bool:
    """Whether the engine uses such a name itself: a node of that id would vanish or stall."""
    return id in _RESERVED or id.endswith(_RESERVED_ENDS) or any(mark in id for mark in (" [child]", " [boundary]"))


def _named(subject: Subject) -> Iterator[tuple[Spot, str]]:
    for process in subject.processes:
        yield Spot(process.id, process.name, process.line), "process"
        for node in process.nodes:
            yield Spot(node.id, node.name, node.line), node.tag
        for flow in process.flows:
            if flow.id:  # BPMN lets a flow have none, and nothing depends on it
                yield Spot(flow.id, flow.name, flow.line), "sequenceFlow"


def _duplicates(subject: Subject) -> Iterator[Finding]:
    lines: dict[str, list[int]] = {}
    for id, _, line in subject.diagram.ids:
        lines.setdefault(id.strip(), []).append(line)
    for id, found in lines.items():
        if len(found) > 1:
            yield DUPLICATE.at(Spot(id, None, found[1]), id=id, lines=", ".join(str(line) for line in found[:10]))
