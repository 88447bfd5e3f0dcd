"""What our extension elements say together with each other and with the element they stand on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.bpmn.model import Finding, Node, Process
from engine.bpmn.rules.rule import ERROR, Rule
from engine.bpmn.rules.subject import Subject

NO_UNIT = Rule(
    "time-limit-unit",
    ERROR,
    "{what}的时限没有单位",
    "The time limit of {what} has no unit",
    "请填写 unit：working-day、calendar-day、month、working-hour 或 hour",
    "Fill in unit: working-day, calendar-day, month, working-hour or hour",
)
OUTCOME_UNKNOWN = Rule(
    "outcome-unknown",
    ERROR,
    "{what}须填意见的结果“{code}”不在结果列表中",
    "{what} requires an opinion for “{code}”, which is none of its outcomes",
    "请改为 values 中的代码",
    "Use a code of its values",
)
NO_ITEM = Rule(
    "item-outside-loop",
    ERROR,
    "{what}由“{{item}}”办理，但不在多实例中",
    "{what} is assigned to “{{item}}” but is not in a multi-instance",
    "请写明职能，或把环节设为多实例",
    "Name the function, or make the activity multi-instance",
)
COLLECTION = Rule(
    "collection-without-loop",
    ERROR,
    "{what}有多实例对象（ow:collection），但不是多实例",
    "{what} has an ow:collection but is not multi-instance",
    "请把它设为多实例，或删除该扩展",
    "Make it multi-instance, or delete the extension",
)
RULES = (NO_UNIT, OUTCOME_UNKNOWN, NO_ITEM, COLLECTION)


def check(subject: Subject) -> Iterator[Finding]:
    """Judge processes and nodes."""
    for process in subject.processes:
        yield from _limit(process, process.extensions)
    for node in subject.nodes():
        yield from _limit(node, node.extensions)
        yield from _outcomes(node)
        multiple = node.loop is not None and node.loop.kind != "standard"
        if node.extension("collection") is not None and not multiple:
            yield COLLECTION.at(node)
        around = subject.names.get(node.scope)
        named = str((node.extension("assignment") or {}).get("function", ""))
        if "{item}" in named and not multiple and not (around and around.in_loop):
            yield NO_ITEM.at(node)


def _limit(place: Process | Node, extensions: Mapping[str, tuple[Mapping[str, Any], ...]]) -> Iterator[Finding]:
    for limit in extensions.get("timeLimit", ()):
        if {"legal", "promised", "warnAt"} & limit.keys() and "unit" not in limit:
            yield NO_UNIT.at(place)


def _outcomes(node: Node) -> Iterator[Finding]:
    found = node.extension("outcomes") or {}
    for code in found.get("opinionRequiredFor", ()):
        if code not in found.get("values", {}):
            yield OUTCOME_UNKNOWN.at(node, code=code)
