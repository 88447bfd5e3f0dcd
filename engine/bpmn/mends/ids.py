"""Mends of ids: missing ones are made, odd and reserved ones replaced everywhere, of duplicates the later is renamed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from engine.bpmn.mends.mend import IDS, Maker, Mend, fix_id, safe
from engine.bpmn.mends.sheet import Sheet, bpmn, is_node, ref
from engine.bpmn.model import Finding
from engine.bpmn.read_extensions import Xml, local_name

_REFERENCES = frozenset(
    {"sourceRef", "targetRef", "default", "attachedToRef", "bpmnElement", "processRef", "messageRef", "signalRef"}
    | {"errorRef", "escalationRef", "calledElement", "dataObjectRef", "dataStoreRef", "itemSubjectRef", "participantRef"}
    | {"bpmnLabel", "labelStyle", "choreographyActivityShape", "sourceElement", "targetElement", "activityRef"}
)  # fmt: skip
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

    def hand(sheet: Sheet) -> bool:
        found = [e for e in sheet.root.iter("*") if (e.get("id") or "").strip() == old]
        if not found:
            return False
        stem = re.sub(r"[^A-Za-z0-9_.-]+", "_", old).strip("_.-") or local_name(found[0])
        rename(sheet, old, sheet.new_id(stem))
        return True

    does = (f"把编号“{old}”换成允许的写法，引用处一并更改", f"Replaces the id “{old}”, also where it is referred to")
    return safe(fix_id(finding), does, hand, IDS)


def rename(sheet: Sheet, old: str, new: str) -> None:
    """Give another id to what has the old one, everywhere in the file."""
    word = re.compile(rf"(case\.(?:all_)?outcomes\.){re.escape(old)}\b")
    for element in sheet.root.iter("*"):
        for name in element.attrib:
            value = element.get(name)
            if name == "id" and value.strip() == old:
                element.set("id", new)
            elif name in _REFERENCES and old in (ref(value), value.strip()):
                element.set(name, new)
        text = element.text or ""
        if local_name(element) in _TOLD and old in (ref(text), text.strip()):
            element.text = new
        elif "outcomes." in text:
            element.text = word.sub(rf"\g<1>{new}", text)
    sheet.picture.renamed(old, new)
    sheet.changed()


def _duplicate(sheet: Sheet, finding: Finding) -> Mend | None:
    """Rename the later of two when one can tell which of them the references mean."""
    old = finding.element or ""
    twins = [element for element in sheet.elements() if (element.get("id") or "").strip() == old]
    if len(twins) < 2:
        return None
    movable = [element for element in twins if not _referable(element)]
    if len(movable) < len(twins) - 1 and not _twin_flows(twins):
        return None

    def hand(sheet: Sheet) -> bool:
        twins = [element for element in sheet.elements() if (element.get("id") or "").strip() == old]
        if len(twins) < 2:
            return False
        keeper = next((element for element in twins if _referable(element)), twins[0])
        for element in twins:
            if element is not keeper:
                element.set("id", sheet.new_id(old))
        sheet.changed()
        return True

    does = (f"给重复使用编号“{old}”的元素换一个编号", f"Gives the elements that share the id “{old}” ids of their own")
    return safe(fix_id(finding), does, hand, IDS)


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
