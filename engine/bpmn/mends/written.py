"""Mends of what is written in the file rather than drawn: hidden elements, doubled settings, units, whose outcome is meant."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping

from lxml import etree

from engine.bpmn.dialects.language import translate
from engine.bpmn.dialects.parser import NoCounterpart
from engine.bpmn.mends.mend import CHOICES, FLOWS, IDS, Maker, Mend, asked, called, fix_id, safe
from engine.bpmn.mends.neighbours import drop
from engine.bpmn.mends.sheet import CONTAINERS, Sheet, bpmn, ow
from engine.bpmn.model import Finding
from engine.bpmn.read_extensions import BPMN_NAMESPACE, Xml, local_name, namespace
from engine.bpmn.rules.rule import ERROR
from engine.bpmn.rules.single import GROUPS
from engine.bpmn.vocabulary import PERSON_TASKS, UNITS

_HIDING = ("sequenceFlow", "boundaryEvent")


def _hidden(sheet: Sheet, finding: Finding) -> Mend | None:
    """A flow among extensions: nobody drew it, and some engines run it."""
    id, line = finding.element, finding.line

    def hand(sheet: Sheet, _: str) -> bool:
        found = [
            each for each in sheet.root.iter("*") if _hides(each) and (each.get("id") == id or each.sourceline == line)
        ]
        for each in found:
            drop(each)
        sheet.changed()
        return bool(found)

    name = finding.name or id or f"#{line}"
    question = (f"藏在扩展里的“{name}”可以删除吗？", f"May “{name}”, which hides among extensions, be deleted?")
    does = (f"删除藏在扩展里的“{name}”", f"Deletes “{name}”, which hides among extensions")
    return asked(fix_id(finding), does, question, [("delete", "删除", "delete it")], "delete", hand, IDS)


def _hides(element: Xml) -> bool:
    if local_name(element) not in _HIDING:
        return False
    boxed = next(element.iterancestors(bpmn("extensionElements")), None) is not None
    return boxed or namespace(element) != BPMN_NAMESPACE


def _data_object(sheet: Sheet, finding: Finding) -> Mend | None:
    """A data object that can't be found is declared where its reference stands: it says nothing of how the process runs."""
    id = finding.element
    place = sheet.find(id, "dataObjectReference")
    if place is None:
        return None

    def hand(sheet: Sheet) -> bool:
        place = sheet.find(id, "dataObjectReference")
        if place is None:
            return False
        scope = place.getparent()
        for use in sheet.root.iter(bpmn("sourceRef"), bpmn("targetRef")):
            if (use.text or "").strip() == id:
                around = next((each for each in use.iterancestors() if local_name(each) in CONTAINERS), None)
                scope = scope if around is None else around
                break
        made = etree.Element(bpmn("dataObject"), {"id": sheet.new_id("dataObject")})
        sheet.put_into(scope, made)
        place.set("dataObjectRef", made.get("id"))
        sheet.changed()
        return True

    does = (f"补上“{called(place)}”指向的数据对象", f"Declares the data object that “{called(place)}” refers to")
    return safe(fix_id(finding), does, hand, FLOWS)


def _repeated(sheet: Sheet, finding: Finding) -> Mend | None:
    """Two settings of which there can be one: which is meant?"""
    id, line = finding.element, finding.line
    element = _place(sheet, id, line)
    if element is None or not _doubled(element):
        return None
    options = [("first", "第一个", "the first"), ("last", "最后一个", "the last")]
    question = (
        f"“{called(element)}”里重复的设置保留哪一个？",
        f"Which of the doubled settings of “{called(element)}” stays?",
    )
    does = (f"只保留“{called(element)}”的一个设置", f"Keeps one of the doubled settings of “{called(element)}”")

    def hand(sheet: Sheet, answer: str) -> bool:
        element = _place(sheet, id, line)
        doubled = [] if element is None else _doubled(element)
        for same in doubled:
            for each in same[1:] if answer == "first" else same[:-1]:
                drop(each)
        return bool(doubled)

    return asked(fix_id(finding), does, question, options, "first", hand, IDS)


def _place(sheet: Sheet, id: str | None, line: int) -> Xml | None:
    if id:
        return sheet.find(id)
    return next((each for each in sheet.elements() if each.sourceline == line and _doubled(each)), None)


def _doubled(element: Xml) -> list[list[Xml]]:
    groups: dict[str, list[Xml]] = {}
    for child in element.iterchildren("*"):
        if namespace(child) == BPMN_NAMESPACE and local_name(child) in GROUPS:
            groups.setdefault(GROUPS[local_name(child)], []).append(child)
    return [same for same in groups.values() if len(same) > 1]


def _no_unit(sheet: Sheet, finding: Finding) -> Mend | None:
    element = sheet.find(finding.element)
    limit = None if element is None else sheet.extension(element, "timeLimit")
    if element is None or limit is None or limit.get("unit"):
        return None
    id, name = finding.element, called(element)
    question = (f"“{name}”的时限以什么为单位？", f"In what is the limit of “{name}” counted?")
    does = (f"写明“{name}”的时限单位", f"Writes down the unit of the limit of “{name}”")

    def hand(sheet: Sheet, answer: str) -> bool:
        element = sheet.find(id)
        limit = None if element is None else element.find(f"{bpmn('extensionElements')}/{ow('timeLimit')}")
        if limit is None:
            return False
        limit.set("unit", answer)
        return True

    return asked(fix_id(finding), does, question, UNITS, "working-day", hand, CHOICES)


def _whose_outcome(sheet: Sheet, finding: Finding) -> Mend | None:
    """`outcome` where several tasks may come before: of which task?"""
    flow = sheet.find(finding.element, "sequenceFlow")
    if flow is None:
        return None
    id, around = flow.get("id"), flow.getparent()
    tasks = [node for node in sheet.nodes(around) if local_name(node) in PERSON_TASKS and node.get("id")]
    if not tasks:
        return None
    near = _before(sheet, flow)
    best = next((node for node in near if any(node is task for task in tasks)), tasks[-1])
    options = [(task.get("id"), called(task), called(task)) for task in tasks[:60]]
    if all(best is not task for task in tasks[:60]):
        options.append((best.get("id"), called(best), called(best)))
    question = (
        f"连线“{called(flow)}”的条件看哪个环节的结果？",
        f"The outcome of which task decides about the flow “{called(flow)}”?",
    )
    does = (f"在“{called(flow)}”的条件中写明环节", f"Names the task in the condition of “{called(flow)}”")

    def hand(sheet: Sheet, answer: str) -> bool:
        flow = sheet.find(id, "sequenceFlow")
        text = "" if flow is None else sheet.condition(flow)
        said = f"case.outcomes.{answer}" if re.fullmatch(r"[^\W\d]\w*", answer) else f"case.outcomes['{answer}']"
        made = re.sub(r"(?<![\w.'\"])outcome(?![\w'\"])", said, text)
        if flow is None or made == text:
            return False
        sheet.set_condition(flow, made)
        return True

    return asked(fix_id(finding), does, question, options, best.get("id"), hand, CHOICES)


def _bare_name(sheet: Sheet, finding: Finding) -> Mend | None:
    """A name without a root in a condition: written as the field that it is read as."""
    flow = sheet.find(finding.element, "sequenceFlow")
    if flow is None or finding.severity == ERROR:
        return None
    id = flow.get("id")

    def hand(sheet: Sheet) -> bool:
        flow = sheet.find(id, "sequenceFlow")
        if flow is None:
            return False
        with contextlib.suppress(NoCounterpart):
            made = translate(sheet.condition(flow))
            if made.bare:
                sheet.set_condition(flow, made.text)
                return True
        return False

    does = (
        f"在“{called(flow)}”的条件中写明表单字段",
        f"Writes the condition of “{called(flow)}” with the form's fields",
    )
    return safe(fix_id(finding), does, hand, CHOICES)


def _before(sheet: Sheet, flow: Xml) -> list[Xml]:
    """The nodes before a flow, nearest first."""
    first = sheet.source(flow)
    todo = [] if first is None else [first]
    seen = {each.get("id") for each in todo}
    for each in todo:
        for into in sheet.flows_in(each):
            source = sheet.source(into)
            if source is not None and source.get("id") not in seen:
                seen.add(source.get("id"))
                todo.append(source)
    return todo


MENDS: Mapping[str, Maker] = {
    "flow-hidden": _hidden,
    "data-object-unresolvable": _data_object,
    "element-repeated": _repeated,
    "time-limit-unit": _no_unit,
    "outcome-unclear": _whose_outcome,
    "name-bare": _bare_name,
}
