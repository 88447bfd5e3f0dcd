"""Mends of ids: missing ones are made, odd and reserved ones replaced everywhere, of duplicates the later is renamed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lxml import etree

from engine.bpmn.mends.mend import IDS, Maker, Mend, asked, fix_id, safe
from engine.bpmn.mends.neighbours import drop
from engine.bpmn.mends.sheet import Sheet, bpmn, is_node, ref
from engine.bpmn.model import Finding
from engine.bpmn.read_extensions import Xml, local_name
from engine.bpmn.rules.ids import is_fine
from engine.bpmn.vocabulary import NAMESPACE

_REFERENCES = frozenset(
    {"sourceRef", "targetRef", "default", "attachedToRef", "bpmnElement", "processRef", "messageRef", "signalRef"}
    | {"errorRef", "escalationRef", "calledElement", "dataObjectRef", "dataStoreRef", "itemSubjectRef", "participantRef"}
    | {"bpmnLabel", "labelStyle", "choreographyActivityShape", "sourceElement", "targetElement", "activityRef"}
)  # fmt: skip
_RETURN = f"{{{NAMESPACE}}}return"  #: its `to` lists tasks
_TOLD = frozenset(
    {"incoming", "outgoing", "flowNodeRef", "sourceRef", "targetRef", "eventDefinitionRef", "dataInputRefs"}
    | {"participantRef", "messageFlowRef", "dataOutputRefs", "loopDataInputRef", "loopDataOutputRef"}
)


def _missing(sheet: Sheet, finding: Finding) -> Mend | None:
    def hand(sheet: Sheet) -> bool:
        bare = [element for element in _named(sheet) if not (element.get("id") or "").strip()]
        for element in bare:
            element.set("id", sheet.new_id(local_name(element)))
            sheet.changed()
        return bool(bare)

    return safe(fix_id(finding), ("补上缺少的编号", "Gives what has no id one"), hand, IDS)


def _named(sheet: Sheet) -> Iterator[Xml]:
    for element in sheet.elements():
        if is_node(element) or local_name(element) in ("sequenceFlow", "process"):
            yield element


def _odd(sheet: Sheet, finding: Finding) -> Mend | None:
    """An id that is not allowed, or reserved: another one, in every reference too."""
    old = finding.element
    if not old:
        return None

    does = (f"把编号“{old}”换成允许的写法，引用处一并更改", f"Replaces the id “{old}”, also where it is referred to")
    return safe(fix_id(finding), does, _rename_odd, IDS)


def _rename_odd(sheet: Sheet) -> bool:
    """All of them at once: every reference of the file is looked at."""
    named = [element for element in sheet.elements() if (element.get("id") or "") and not is_fine(element.get("id"))]
    names: dict[str, str] = {}
    for element in named:
        old = element.get("id").strip()
        if old not in names and (
            is_node(element) or local_name(element) in ("sequenceFlow", "process") or old != element.get("id")
        ):
            stem = re.sub(r"[^A-Za-z0-9_.-]+", "_", old).strip("_.-") or local_name(element)
            names[old] = old if is_fine(old) else sheet.new_id(stem)
    rename(sheet, names)
    return bool(names)


def rename(sheet: Sheet, names: Mapping[str, str]) -> None:
    """Give other ids to what has the old ones, everywhere in the file."""
    word = re.compile(r"(case\.(?:all_)?outcomes\.)([^\s,)\]&|=!<>'\"]+)")
    for element in sheet.root.iter("*"):
        for name in element.attrib:
            value = element.get(name).strip()
            if name == "id" and value in names:
                element.set("id", names[value])
            elif name == "to" and element.tag == _RETURN:
                element.set(name, ",".join(names.get(part, part) for part in re.split(r"\s*[,，]\s*", value)))
            elif name in _REFERENCES and (found := names.get(value) or names.get(ref(value))):
                element.set(name, found)
        text = element.text or ""
        if local_name(element) in _TOLD and (found := names.get(text.strip()) or names.get(ref(text))):
            element.text = found
        elif "outcomes." in text:
            element.text = word.sub(lambda match: match[1] + names.get(match[2], match[2]), text)
    for old, new in names.items():
        if old != new:
            sheet.picture.renamed(old, new)
    sheet.changed()


def _duplicate(sheet: Sheet, finding: Finding) -> Mend | None:
    """Rename the later of two when one can tell which of them the references mean."""
    old = finding.element or ""
    twins = _twins(sheet, old)
    if len(twins) < 2:
        return None
    does = (f"给重复使用编号“{old}”的元素换一个编号", f"Gives the elements that share the id “{old}” ids of their own")
    movable = [element for element in twins if not _referable(element)]
    if len(movable) >= len(twins) - 1 or _twin_flows(twins) or _told_apart(twins):
        return safe(fix_id(finding), does, lambda sheet: _rename_later(sheet, old), IDS)
    copied = len({etree.tostring(each, method="c14n", with_tail=False) for each in twins}) == 1
    options = [
        ("rename", "后面的换一个编号，连线留给第一个", "the later ones get other ids; flows stay with the first"),
        ("delete", "删除后面的（是误复制的）", "the later ones go: they were copied by mistake"),
    ]
    question = (f"编号“{old}”用了 {len(twins)} 次，怎么办？", f"The id “{old}” is used {len(twins)} times: what now?")

    def hand(sheet: Sheet, answer: str) -> bool:
        if answer == "rename":
            return _rename_later(sheet, old)
        twins = _twins(sheet, old)
        for element in twins[1:]:
            drop(element)
        sheet.changed()
        return len(twins) > 1

    return asked(fix_id(finding), does, question, options, "delete" if copied else "rename", hand, IDS)


def _twins(sheet: Sheet, id: str) -> list[Xml]:
    return [element for element in sheet.elements() if (element.get("id") or "").strip() == id]


def _rename_later(sheet: Sheet, old: str) -> bool:
    """The first that something may refer to keeps the id; flows go with the node that names them as its own."""
    twins = _twins(sheet, old)
    if len(twins) < 2:
        return False
    keeper = next((element for element in twins if _referable(element)), twins[0])
    for element in twins:
        if element is keeper:
            continue
        fresh = sheet.new_id(old)
        for flow in sheet.root.iter(bpmn("sequenceFlow")) if is_node(element) else ():
            for end, tag in (("sourceRef", "outgoing"), ("targetRef", "incoming")):
                if ref(flow.get(end)) == old and flow.get("id") in _said(element, tag):
                    flow.set(end, fresh)
        element.set("id", fresh)
    sheet.changed()
    return True


def _said(node: Xml, tag: str) -> set[str]:
    return {ref(child.text) for child in node.iterchildren(bpmn(tag))}


def _told_apart(twins: list[Xml]) -> bool:
    """Whether each of several nodes names flows of its own, so that one knows whose is whose."""
    if not all(is_node(element) for element in twins):
        return False
    said = [_said(element, "incoming") | _said(element, "outgoing") for element in twins]
    return all(said) and len(set.union(*said)) == sum(map(len, said))


def _twin_flows(twins: list[Xml]) -> bool:
    """Whether all of them are flows that no default names: only their ends count."""
    if any(local_name(element) != "sequenceFlow" for element in twins):
        return False
    id = (twins[0].get("id") or "").strip()
    return all(ref(element.get("default")) != id for element in twins[0].getroottree().getroot().iter(bpmn("*")))


def _referable(element: Xml) -> bool:
    """Whether something in the file may mean this element by its id."""
    return is_node(element) or local_name(element) in (
        "sequenceFlow", "process", "message", "signal", "error", "escalation", "dataObject", "dataStore", "participant",
        "textAnnotation", "messageFlow", "subProcess", "itemDefinition", "dataObjectReference", "dataStoreReference",
    )  # fmt: skip


MENDS: Mapping[str, Maker] = {
    "id-missing": _missing,
    "id-malformed": _odd,
    "id-reserved": _odd,
    "id-duplicate": _duplicate,
}
