"""Changed attributes in the words of the properties panel: `timeLimit.promised` is 办理时限 · 承诺时限."""

from __future__ import annotations

from engine.bpmn.vocabulary import VOCABULARY
from web.words import t

_ELEMENTS = {one.name: one for one in VOCABULARY}
#: What BPMN itself says of an element, as the designer calls it.
_OWN = (
    "name",
    "tag",
    "default",
    "condition",
    "source",
    "target",
    "events",
    "loop",
    "scope",
    "attached_to",
    "interrupting",
    "called_element",
    "message_name",
    "executable",
)


def attribute_said(name: str, lang: str) -> str:
    """The words for an attribute, or its own name where there are none."""
    if name in _OWN:
        return t(f"designer.attribute.{name}")
    element, *rest = name.split(".")
    known = _ELEMENTS.get(element)
    own = next((one for one in known.attributes if rest and one.name == rest[-1]), None) if known else None
    if known is None or own is None:
        return name
    number = f" {rest[0]}" if len(rest) > 1 else ""
    return f"{known.en}{number} · {own.en}" if lang == "en" else f"{known.zh}{number} · {own.zh}"
