"""Mends of activities that are done more than once: how often, over what, and until when."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from engine.bpmn.mends.mend import TASKS, Maker, Mend, asked, called, fix_id
from engine.bpmn.mends.neighbours import append, drop
from engine.bpmn.mends.sheet import Sheet, bpmn
from engine.bpmn.model import Finding
from engine.bpmn.read_extensions import Xml, local_name
from engine.bpmn.vocabulary import PERSON_TASKS

_LOOPS = ("standardLoopCharacteristics", "multiInstanceLoopCharacteristics")


def looping_of(node: Xml) -> Xml | None:
    return next(node.iterchildren(*map(bpmn, _LOOPS)), None)


def loop_not_here(node: Xml, finding: Finding) -> Mend:
    id, name = node.get("id"), called(node)
    question = (f"“{name}”不能循环：只办理一次，可以吗？", f"“{name}” can't have a loop: is once enough?")
    does = (f"取消“{name}”的循环", f"Takes the loop off “{name}”")

    def hand(sheet: Sheet, _: str) -> bool:
        return take_loop(sheet, id)

    return asked(fix_id(finding), does, question, [("once", "只办理一次", "once")], "once", hand, TASKS)


def take_loop(sheet: Sheet, id: str) -> bool:
    node = sheet.node(id)
    found = [] if node is None else list(node.iterchildren(*map(bpmn, _LOOPS)))
    for loop in found:
        drop(loop)
    return bool(found)


def every_instance(node: Xml, finding: Finding) -> Mend:
    """A completion condition ends a multi-instance early: here all instances are done, and a gateway judges behind it."""
    id, name = node.get("id"), called(node)
    question = (
        f"“{name}”可以等全部办完吗？提前结束的条件不能执行",
        f"May “{name}” wait for all? The condition that ends it early does not run",
    )
    does = (f"让“{name}”等全部办完", f"Lets “{name}” wait for all of its instances")
    options = [("all", "等全部办完", "wait for all"), ("once", "只办理一次", "do it once only")]

    def hand(sheet: Sheet, answer: str) -> bool:
        node = sheet.node(id)
        looping = None if node is None else looping_of(node)
        found = [] if looping is None else list(looping.iterchildren(bpmn("completionCondition")))
        if answer == "once":
            return take_loop(sheet, id)
        for condition in found:
            drop(condition)
        return bool(found)

    return asked(fix_id(finding), does, question, options, "all", hand, TASKS)


def _loop_invalid(sheet: Sheet, finding: Finding) -> Mend | None:
    """A loop that is only a mark on the drawing: how often?"""
    node = sheet.node(finding.element)
    looping = None if node is None else looping_of(node)
    if node is None or looping is None:
        return None
    id, name, standard = node.get("id"), called(node), local_name(looping) == _LOOPS[0]
    times = [(str(n), f"{n} 次", f"{n} times") for n in (2, 3, 5, 10)]
    options = [("once", "只办理一次，取消循环", "once: take the loop off"), *times]
    suggested = "once"
    if standard and local_name(node) in PERSON_TASKS and sheet.extension(node, "outcomes") is None:
        again = ("again", "直到办理人选择“完成”", "until the person who does it says that it is done")
        options, suggested = [again, *options], "again"
    elif not standard:
        field = f"form.{field_of(id)}"
        listed = ("form", f"表单列表 {field} 的每一项", f"once for each item of the list {field}")
        options, suggested = [*options, listed], "3"
    question = (f"“{name}”要重复多少次？", f"How often is “{name}” repeated?")
    does = (f"写明“{name}”重复多少次", f"Writes down how often “{name}” is repeated")

    def hand(sheet: Sheet, answer: str) -> bool:
        node = sheet.node(id)
        looping = None if node is None else looping_of(node)
        if node is None or looping is None:
            return False
        if answer == "once":
            return take_loop(sheet, id)
        (_repeat if standard else _instances)(sheet, node, looping, answer)
        return True

    return asked(fix_id(finding), does, question, options, suggested, hand, TASKS)


def field_of(id: str) -> str:
    plain = "".join(c if c.isascii() and c.isalnum() else "_" for c in id).strip("_")
    return plain if plain[:1].isalpha() else f"list_{plain}"


def _repeat(sheet: Sheet, node: Xml, looping: Xml, answer: str) -> None:
    for child in list(looping.iterchildren(bpmn("loopCondition"))):
        drop(child)
    looping.attrib.pop("loopMaximum", None)
    if answer != "again":
        looping.set("loopMaximum", answer)
        return
    looping.attrib.pop("testBefore", None)
    made = etree.Element(bpmn("loopCondition"))
    made.text = "outcome == 'again'"
    append(looping, made)
    sheet.extend(node, "outcomes", values="done=完成,again=再次办理", valuesEn="done=done,again=once more")


def _instances(sheet: Sheet, node: Xml, looping: Xml, answer: str) -> None:
    for child in list(looping.iterchildren("*")):
        if local_name(child) not in ("documentation", "extensionElements"):
            drop(child)
    for name in [name for name in looping.attrib if name.rpartition("}")[2] == "collection"]:
        del looping.attrib[name]
    if answer == "form":
        sheet.extend(node, "collection", of=f"form.{field_of(node.get('id'))}")
        return
    made = etree.Element(bpmn("loopCardinality"))
    made.text = answer
    append(looping, made)


MENDS: Mapping[str, Maker] = {"loop-invalid": _loop_invalid}
