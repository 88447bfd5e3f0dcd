"""Mends of loops: a way out where there is none, and somebody who waits where nobody does."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.mends import events
from engine.bpmn.mends.mend import JOINS, Maker, Mend, asked, called, fix_id
from engine.bpmn.mends.sheet import Sheet, bpmn, name_of
from engine.bpmn.mends.words import is_chinese
from engine.bpmn.model import Finding
from engine.bpmn.read_extensions import Xml, local_name
from engine.bpmn.vocabulary import PERSON_TASKS

_MOST = 30  #: places to choose from
_LOOKED_AT = 120


def _way_out(sheet: Sheet, finding: Finding) -> Mend | None:
    """A loop without an end: after which task may it end?"""
    node = sheet.node(finding.element)
    round = [] if node is None else _round(sheet, node)
    round = [each for each in round[:_LOOKED_AT] if len(sheet.flows_out(each)) == 1 and _comes_round(sheet, each)]
    places = [each for each in round if local_name(each) in PERSON_TASKS] or round
    places = [each for each in places if each.get("id") and local_name(each) != "startEvent"][:_MOST]
    if node is None or not places:
        return None
    suggested = next((each for each in reversed(places) if _goes_back(sheet, each, round)), places[-1])
    question = (
        f"从“{called(node)}”起循环没有出口，在哪一步之后可以结束？",
        f"The loop of “{called(node)}” has no way out: after what may it end?",
    )
    does = ("在循环中画一个通向结束的网关", "Draws a gateway with a way to an end into the loop")
    options = [(each.get("id"), called(each), called(each)) for each in places]

    def hand(sheet: Sheet, answer: str) -> bool:
        node = sheet.node(answer)
        flows = [] if node is None else sheet.flows_out(node)
        if node is None or len(flows) != 1:
            return False
        zh = any(is_chinese(name_of(each)) for each in sheet.nodes(node.getparent()))
        gateway = sheet.insert_after(node, "exclusiveGateway")
        if not name_of(flows[0]):
            flows[0].set("name", "继续" if zh else "go on")
        end = sheet.add_node("endEvent", gateway.getparent(), f"end_{answer}", near=gateway)
        sheet.picture.place_after(end.get("id"), "endEvent", gateway.get("id"))
        sheet.add_flow(gateway, end, "结束" if zh else "end")
        return True

    return asked(fix_id(finding), does, question, options, suggested.get("id"), hand, JOINS)


def _round(sheet: Sheet, node: Xml) -> list[Xml]:
    """The nodes that a token from here may come to, nearest first."""
    seen, todo = {node.get("id")}, [node]
    for each in todo:
        after = [sheet.target(flow) for flow in sheet.flows_out(each)]
        for target in [*after, *sheet.boundary(each)]:
            if target is not None and target.get("id") not in seen:
                seen.add(target.get("id"))
                todo.append(target)
    return todo


def _comes_round(sheet: Sheet, node: Xml) -> bool:
    """Whether a token from here may come here again."""
    first = sheet.target(sheet.flows_out(node)[0])
    return first is not None and any(each is node for each in _round(sheet, first))


def _goes_back(sheet: Sheet, node: Xml, round: list[Xml]) -> bool:
    """Whether what follows a node comes before it."""
    target = sheet.target(sheet.flows_out(node)[0])
    return target is not None and target in round and round.index(target) < round.index(node)


def _somebody_waits(sheet: Sheet, finding: Finding) -> Mend | None:
    """A loop that would turn by itself: somebody looks at it in between, or it waits a while."""
    node = sheet.node(finding.element)
    if node is None or not sheet.flows_in(node):
        return None
    id, name = node.get("id"), called(node)
    options = [
        ("task", "由办理人办理后再继续", "a person does something first"),
        ("timer", "等一天再继续", "it waits for a day"),
    ]
    question = (
        f"循环在“{name}”处不停空转，之间应当等什么？",
        f"The loop at “{name}” would turn for ever: what does it wait for?",
    )
    does = (f"在“{name}”之前加一个等待", f"Puts something that waits before “{name}”")

    def hand(sheet: Sheet, answer: str) -> bool:
        node = sheet.node(id)
        if node is None or not sheet.flows_in(node):
            return False
        if answer == "task":
            sheet.insert_before(node, "userTask", name_of(node))
            return True
        event = sheet.insert_before(node, "intermediateCatchEvent")
        definition = event.makeelement(bpmn("timerEventDefinition"))
        duration = event.makeelement(bpmn("timeDuration"))
        duration.text = "P1D"
        definition.append(duration)
        event.append(definition)
        return True

    return asked(fix_id(finding), does, question, options, "task", hand, JOINS)


MENDS: Mapping[str, Maker] = {
    "no-exit": _way_out,
    "never-ends": _way_out,
    "automatic-loop": _somebody_waits,
    "date-in-loop": events.timer,
}
