"""What our extension elements say together with each other and with the element they stand on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.bpmn.model import Finding, Node, Process
from engine.bpmn.rules.rule import ERROR, Rule
from engine.bpmn.rules.subject import Subject, is_multiple

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
BRACES = Rule(
    "function-braces",
    ERROR,
    "{what}的职能“{function}”含有花括号，不会被替换",
    "The function “{function}” of {what} has braces, which nothing replaces",
    "办理单位可写职能代码，或单独写“{{item}}”“{{lead}}”；文书的出具单位只能写职能代码",
    "Write a function, or “{{item}}” or “{{lead}}” and nothing else in ow:assignment; ow:document takes a function only",
)
COLLECTION = Rule(
    "collection-without-loop",
    ERROR,
    "{what}有多实例对象（ow:collection），但不是多实例",
    "{what} has an ow:collection but is not multi-instance",
    "请把它设为多实例，或删除该扩展",
    "Make it multi-instance, or delete the extension",
)
RULES = (NO_UNIT, OUTCOME_UNKNOWN, NO_ITEM, BRACES, COLLECTION)


def check(subject: Subject) -> Iterator[Finding]:
    """Judge processes and nodes."""
    for process in subject.processes:
        yield from _limit(process, process.extensions)
    for node in subject.nodes():
        yield from _limit(node, node.extensions)
        yield from _outcomes(node)
        if node.extension("collection") is not None and not is_multiple(node):
            yield COLLECTION.at(node)
        yield from _functions(node, is_multiple(node) or subject.names[node.scope].in_loop)


def _functions(node: Node, multiple: bool) -> Iterator[Finding]:
    """`{item}` alone is the item of the multi-instance, `{lead}` the item's leading function; nothing else is replaced."""
    assigned = str((node.extension("assignment") or {}).get("function", ""))
    if assigned == "{item}" and not multiple:
        yield NO_ITEM.at(node)
    issuing = [str(document.get("function", "")) for document in node.extensions.get("document", ())]
    for function in ([] if assigned in ("{item}", "{lead}") else [assigned]) + issuing:
        if "{" in function or "}" in function:
            yield BRACES.at(node, function=function)


def _limit(place: Process | Node, extensions: Mapping[str, tuple[Mapping[str, Any], ...]]) -> Iterator[Finding]:
    for limit in extensions.get("timeLimit", ()):
        if {"legal", "promised", "warnAt"} & limit.keys() and "unit" not in limit:
            yield NO_UNIT.at(place)


def _outcomes(node: Node) -> Iterator[Finding]:
    found = node.extension("outcomes") or {}
    for code in found.get("opinionRequiredFor", ()):
        if code not in found.get("values", {}):
            yield OUTCOME_UNKNOWN.at(node, code=code)
