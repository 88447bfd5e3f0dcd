"""Element templates for the Camunda Modeler, made from the one vocabulary: our properties panel, in that tool.

A template writes properties named `ow.<element>.<attribute>`, which the reader takes as our extension elements
(`flat_names.py`). What the tool's rules for `camunda:property` allow is a text, a choice, or nothing that is seen.
"""

from __future__ import annotations

from typing import Any

from engine.bpmn.vocabulary import MOST_UNITS, PREFIX, VOCABULARY, Attribute, Element

SCHEMA = "https://unpkg.com/@camunda/element-templates-json-schema/resources/schema.json"
#: How often an element that may be repeated is offered.
MOST_REPEATED = 3
#: What people call the elements of BPMN, Chinese and English.
TAGS = {
    "userTask": ("人工环节", "User task"),
    "manualTask": ("手工环节", "Manual task"),
    "task": ("环节", "Task"),
    "serviceTask": ("自动环节", "Service task"),
    "sendTask": ("发送环节", "Send task"),
    "businessRuleTask": ("规则环节", "Business rule task"),
    "receiveTask": ("接收环节", "Receive task"),
    "subProcess": ("子流程", "Sub-process"),
    "callActivity": ("调用活动", "Call activity"),
    "process": ("流程", "Process"),
    "startEvent": ("开始事件", "Start event"),
    "endEvent": ("结束事件", "End event"),
    "intermediateCatchEvent": ("中间捕获事件", "Intermediate catch event"),
    "intermediateThrowEvent": ("中间抛出事件", "Intermediate throw event"),
    "boundaryEvent": ("边界事件", "Boundary event"),
    "exclusiveGateway": ("排他网关", "Exclusive gateway"),
    "parallelGateway": ("并行网关", "Parallel gateway"),
    "inclusiveGateway": ("包容网关", "Inclusive gateway"),
    "eventBasedGateway": ("事件网关", "Event-based gateway"),
}


def element_templates(lang: str) -> list[dict[str, Any]]:
    """All templates, one for each kind of BPMN element that has settings of ours, in `zh` or `en`."""
    tags = dict.fromkeys(tag for element in VOCABULARY for tag in element.allowed_in)
    return [_template(tag, lang) for tag in tags]


def _template(tag: str, lang: str) -> dict[str, Any]:
    elements = [element for element in VOCABULARY if tag in element.allowed_in]
    zh, en = TAGS[tag]
    named = f"OneWindow: {en}" if lang == "en" else f"一窗：{zh}"
    places = [(element, number) for element in elements for number in _numbers(element)]
    return {
        "$schema": SCHEMA,
        "id": f"onewindow.{tag}",
        "name": named,
        "description": "Settings of OneWindow" if lang == "en" else "一窗的设置",
        "appliesTo": [f"bpmn:{tag[0].upper()}{tag[1:]}"],
        "entriesVisible": True,  # conditions, repetition and what else the tool sets itself stay in sight
        "groups": [{"id": _group(*place), "label": _label(*place, lang)} for place in places],
        "properties": [_property(*place, one, lang) for place in places for one in place[0].attributes],
    }


def _numbers(element: Element) -> range:
    return range(1, MOST_REPEATED + 1 if element.repeatable else 2)


def _group(element: Element, number: int) -> str:
    return element.name if number == 1 else f"{element.name}-{number}"


def _label(element: Element, number: int, lang: str) -> str:
    said = element.en if lang == "en" else element.zh
    return said if number == 1 else f"{said} {number}"


def _property(element: Element, number: int, attribute: Attribute, lang: str) -> dict[str, Any]:
    english = lang == "en"
    place = element.name if number == 1 else f"{element.name}.{number}"
    made: dict[str, Any] = {
        "label": attribute.en if english else attribute.zh,
        "description": attribute.help_en if english else attribute.help_zh,
        "group": _group(element, number),
        "binding": {"type": "camunda:property", "name": f"{PREFIX}.{place}.{attribute.name}"},
    }
    choices = _choices(attribute, english)
    if choices:
        return made | {"type": "Dropdown", "choices": [{"name": "—", "value": ""}, *choices]}
    if attribute.type == "positive":
        said = f"a whole number from 1 to {MOST_UNITS}" if english else f"须为 1 至 {MOST_UNITS} 的整数"
        made["constraints"] = {"pattern": {"value": "^([1-9][0-9]{0,3})?$", "message": said}}
    return made | {"type": "String"}


def _choices(attribute: Attribute, english: bool) -> list[dict[str, str]]:
    said = (("true", "是", "yes"), ("false", "否", "no")) if attribute.type == "boolean" else attribute.choices
    return [{"name": en if english else zh, "value": value} for value, zh, en in said]
