"""Mends of what a government approval needs beyond a diagram that runs: who, by when, under which public name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from engine.bpmn.mends.mend import CHOICES, Maker, Mend, asked, called, fix_id
from engine.bpmn.mends.sheet import Sheet, bpmn, name_of, ow, ref
from engine.bpmn.model import Finding
from engine.bpmn.read_extensions import Xml
from engine.bpmn.vocabulary import LEVELS, MOST_UNITS

_DAYS = (1, 3, 5, 10, 20)
APPLICANT = "applicant"


def _public_name(sheet: Sheet, finding: Finding) -> Mend | None:
    node = sheet.node(finding.element)
    if node is None or not name_of(node):
        return None
    id, name = finding.element, name_of(node)[:200]
    question = (f"“{name}”可以就这样公示给申请人吗？", f"May the applicant see “{name}” under this very name?")
    does = (f"以“{name}”作为公示名称", f"Makes “{name}” the public name")
    options = [("name", f"可以，公示为“{name}”", f"yes, as “{name}”")]

    def hand(sheet: Sheet, _: str) -> bool:
        node = sheet.node(id)
        if node is not None:
            sheet.extend(node, "public", name=name)
        return node is not None

    return asked(fix_id(finding), does, question, options, "name", hand, CHOICES)


def _assignment(sheet: Sheet, finding: Finding) -> Mend | None:
    """By which function of government? Those of the diagram are known; any other code will do as well."""
    node = sheet.node(finding.element)
    if node is None:
        return None
    id, name = finding.element, called(node)
    used = Counter(each.get("function") for each in sheet.root.iter(ow("assignment")) if each.get("function"))
    lane = _lane(sheet, node)
    options = [(function, f"职能 {function}", f"the function {function}") for function, _ in used.most_common(20)]
    if lane and lane not in used and _is_code(lane):
        options.insert(0, (lane, f"泳道“{lane}”所指的职能", f"the function that the lane “{lane}” names"))
    options.append((APPLICANT, "申请人", "the applicant"))
    question = (f"“{name}”由哪个职能办理？", f"Which function of government does “{name}”?")
    does = (f"指定“{name}”的办理单位", f"Says who does “{name}”")

    def hand(sheet: Sheet, answer: str) -> bool:
        node = sheet.node(id)
        if node is None:
            return False
        given = {"applicant": "true"} if answer == APPLICANT else {"function": answer}
        sheet.extend(node, "assignment", **given)
        return True

    suggested = options[0][0] if len(options) > 1 else None  # nothing in the drawing tells
    return asked(fix_id(finding), does, question, options, suggested, hand, CHOICES, _is_code)


def _is_code(text: str) -> bool:
    return re.fullmatch(r"[\w.-]{1,64}", text.strip()) is not None


def _lane(sheet: Sheet, node: Xml) -> str:
    """The name of the lane that a node stands in."""
    for lane in sheet.root.iter(bpmn("lane")):
        if any(ref(told.text) == node.get("id") for told in lane.iterchildren(bpmn("flowNodeRef"))):
            return name_of(lane)
    return ""


def _level(sheet: Sheet, finding: Finding) -> Mend | None:
    node = sheet.node(finding.element)
    if node is None:
        return None
    id, name = finding.element, called(node)
    used = Counter(each.get("level") for each in sheet.root.iter(ow("assignment")) if each.get("level"))
    known = [level for level, _ in used.most_common() if level in {value for value, _, _ in LEVELS}]
    question = (f"“{name}”由哪一级的部门办理？", f"At which level is “{name}” done?")
    does = (f"指定“{name}”的办理层级", f"Says at which level “{name}” is done")

    def hand(sheet: Sheet, answer: str) -> bool:
        node = sheet.node(id)
        if node is not None:
            sheet.extend(node, "assignment", level=answer)
        return node is not None

    return asked(fix_id(finding), does, question, LEVELS, known[0] if known else "city", hand, CHOICES)


def _limit(sheet: Sheet, finding: Finding) -> Mend | None:
    node = sheet.node(finding.element)
    if node is None:
        return None
    id, name = finding.element, called(node)
    options = [(str(days), f"{days} 个工作日", f"{days} working days") for days in _DAYS]
    question = (f"“{name}”承诺几个工作日办结？", f"Within how many working days is “{name}” promised?")
    does = (f"写明“{name}”的承诺时限", f"Writes down the limit promised for “{name}”")

    def hand(sheet: Sheet, answer: str) -> bool:
        node = sheet.node(id)
        if node is not None:
            sheet.extend(node, "timeLimit", promised=answer.strip(), unit="working-day")
        return node is not None

    return asked(fix_id(finding), does, question, options, "5", hand, CHOICES, _is_number)


def _is_number(text: str) -> bool:
    said = text.strip()
    return said.isascii() and said.isdigit() and len(said) < 6 and 1 <= int(said) <= MOST_UNITS


def _promise(sheet: Sheet, finding: Finding) -> Mend | None:
    """A promise that is longer than the law allows: as long as the law allows, or as somebody says."""
    element = sheet.find(finding.element)
    limit = None if element is None else sheet.extension(element, "timeLimit")
    if element is None or limit is None or not (limit.get("legal") or "").strip().isdigit():
        return None
    id, name, legal = finding.element, called(element), limit.get("legal").strip()
    question = (f"“{name}”的承诺时限改为多少？", f"What is promised for “{name}”?")
    does = (f"缩短“{name}”的承诺时限", f"Shortens what is promised for “{name}”")
    options = [(legal, f"{legal}，即法定时限", f"{legal}, as the law allows")]

    def hand(sheet: Sheet, answer: str) -> bool:
        element = sheet.find(id)
        limit = None if element is None else sheet.extension(element, "timeLimit")
        if limit is not None:
            limit.set("promised", answer.strip())
        return limit is not None

    def shorter(text: str) -> bool:
        return _is_number(text) and int(text) <= int(legal)

    return asked(fix_id(finding), does, question, options, legal, hand, CHOICES, shorter)


MENDS: Mapping[str, Maker] = {
    "public-name-missing": _public_name,
    "assignment-missing": _assignment,
    "level-missing": _level,
    "time-limit-missing": _limit,
    "promise-exceeds-law": _promise,
}
