"""What the designer's panel is drawn from: the one vocabulary, in the reader's language. A new extension needs no script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.bpmn.vocabulary import NAMESPACE, PREFIX, VOCABULARY, Attribute, Element

Names = Mapping[str, list[dict[str, str]]]

#: What stands inside an element that our vocabulary has empty: another vendor's, or of a newer vocabulary. It is kept.
OTHER_CONTENT = {"name": "otherContent", "type": "Element", "isMany": True}


def vocabulary(names: Names, lang: str) -> list[dict[str, Any]]:
    """Every extension element with its attributes, and what is known to stand behind their values."""
    return [_element(element, names, lang) for element in VOCABULARY]


def moddle() -> dict[str, Any]:
    """The descriptor by which bpmn-js reads and writes our extension elements: every attribute as it was written."""
    return {
        "name": "OneWindow",
        "prefix": PREFIX,
        "uri": NAMESPACE,
        "xml": {"tagAlias": "lowerCase"},
        "types": [_type(element) for element in VOCABULARY],
    }


def _element(element: Element, names: Names, lang: str) -> dict[str, Any]:
    return {
        "name": element.name,
        "type": _type_name(element),
        "label": _said(element, lang),
        "help": _help(element, lang),
        "allowedIn": list(element.allowed_in),
        "repeatable": element.repeatable,
        "attributes": [_attribute(element, attribute, names, lang) for attribute in element.attributes],
    }


def _attribute(element: Element, attribute: Attribute, names: Names, lang: str) -> dict[str, Any]:
    known = names.get(f"{element.name}.{attribute.name}", [])
    return {
        "name": attribute.name,
        "type": attribute.type,
        "label": _said(attribute, lang),
        "help": _help(attribute, lang),
        "required": attribute.required,
        "default": None if attribute.default is None else _written(attribute.default),
        "choices": [{"value": value, "label": en if lang == "en" else zh} for value, zh, en in attribute.choices],
        "known": [{"value": one["value"], "label": one[lang]} for one in known],
    }


def _type(element: Element) -> dict[str, Any]:
    return {
        "name": _type_name(element).partition(":")[2],
        "superClass": ["Element"],
        "meta": {"allowedIn": [f"bpmn:{one[0].upper()}{one[1:]}" for one in element.allowed_in]},
        "properties": [
            *({"name": one.name, "isAttr": True, "type": "String"} for one in element.attributes),
            OTHER_CONTENT,
        ],
    }


def _type_name(element: Element) -> str:
    return f"{PREFIX}:{element.name[0].upper()}{element.name[1:]}"


def _written(default: Any) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)


def _said(one: Element | Attribute, lang: str) -> str:
    return one.en if lang == "en" else one.zh


def _help(one: Element | Attribute, lang: str) -> str:
    return one.help_en if lang == "en" else one.help_zh
