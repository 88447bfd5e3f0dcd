"""Our vocabulary written flat, as extension properties of other tools: `ow.timeLimit.promised`, `ow.timeLimit`, `ow.department`.

A name is an element with an attribute (`ow.document.2.kind` for the second one), an element alone (then its first
attribute, or for a limit a number with its unit), or an attribute alone that only one element has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.bpmn.vocabulary import ELEMENTS, PREFIX

STARTS = (f"{PREFIX}:", f"{PREFIX}.")
#: What people call a setting that has another name in the vocabulary.
_ALSO = {"department": ("assignment", "function"), "outcome": ("outcomes", "values"), "handler": ("service", "handler")}
_UNITS = {
    "": "working-day", "working-day": "working-day", "working-days": "working-day", "wd": "working-day", "工作日": "working-day",
    "个工作日": "working-day", "calendar-day": "calendar-day", "calendar-days": "calendar-day", "day": "calendar-day",
    "days": "calendar-day", "d": "calendar-day", "天": "calendar-day", "日": "calendar-day", "自然日": "calendar-day",
    "个自然日": "calendar-day", "month": "month", "months": "month", "个月": "month", "月": "month", "hour": "hour",
    "hours": "hour", "h": "hour", "小时": "hour", "working-hour": "working-hour", "working-hours": "working-hour",
    "工作小时": "working-hour",
}  # fmt: skip
_ISO = {"D": "calendar-day", "M": "month", "H": "hour"}

Place = tuple[str, str]  #: an element's name, and which occurrence it is


def is_flat(name: str) -> bool:
    """Whether a property's name is one of ours."""
    return name.startswith(STARTS)


def read_flat(name: str, text: str) -> tuple[Place, Mapping[str, str]]:
    """What a property says: the element, its occurrence, and attributes with their texts.

    An unknown name comes back as it is written, for the lint to refuse.
    """
    said = name[len(STARTS[0]) :]
    element, _, rest = said.partition(".")
    number, dot, attribute = rest.partition(".")
    if dot:
        return (element, number), {attribute: text}
    if rest:
        return (element, "1"), {rest: text}
    if element in ELEMENTS:
        return (element, "1"), _whole(element, text)
    if element in _ALSO:
        name, attribute = _ALSO[element]
        return (name, "1"), {attribute: text}
    owners = [each.name for each in ELEMENTS.values() if each.attribute(element) is not None]
    if len(owners) == 1:
        return (owners[0], "1"), {element: text}
    return (element, "1"), {"": text} if text else {}


def _whole(element: str, text: str) -> Mapping[str, str]:
    """An element given by one text: its first attribute; a limit is a number with its unit."""
    if element != "timeLimit":
        return {ELEMENTS[element].attributes[0].name: text}
    iso = re.fullmatch(r"PT?(\d+)([DMH])", text.strip())
    if iso:
        return {"promised": iso[1], "unit": _ISO[iso[2]]}
    found = re.fullmatch(r"(\d+)\s*([^\d\s]*)(?:\s+(days?|hours?))?", text.strip())
    unit = _UNITS.get((found[2] + (f"-{found[3]}" if found[3] else "")).lower()) if found else None
    return {"promised": found[1], "unit": unit} if found and unit else {"promised": text}
