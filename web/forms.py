"""Forms on pages: what was entered, as the form's types, and what is wrong with each field in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict

from engine.catalogue.forms import Field, Form
from engine.errors import ApprovalError
from web.pages import field
from web.words import language

MOST_VALUE = 4000


def entered(form: Form) -> dict[str, Any]:
    """The values of the form's fields as they were sent, a field `x` by the name `form.x`; what is empty is left out.

    Raises Invalid for what can't be kept. A number that is none stays a text: the form says what is wrong with it.
    """
    found = {one.name: _value(one) for one in form.fields}
    return {name: value for name, value in found.items() if value not in ("", None, [])}


def as_sent(form: Form | None, values: Mapping[str, Any]) -> MultiDict[str, str]:
    """Values as a page would send them: what fields show before anything is entered."""
    shown: MultiDict[str, str] = MultiDict()
    for one in form.fields if form else ():
        value = values.get(one.name)
        for part in value if isinstance(value, list) else [] if value is None or value is False else [value]:
            shown.add(f"form.{one.name}", "true" if part is True else str(part))
    return shown


def changed(form: Form | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """What was entered that is not what the values say already: None for a field that was filled in and is empty now.

    Only a field that was sent can be empty; a group of boxes is sent, by an empty value beside them, also when none is ticked.
    """
    now = entered(form) if form else {}
    sent = {name for name in request.form if name.startswith("form.")}
    emptied = {
        one.name: None
        for one in (form.fields if form and sent else ())
        if one.name not in now and values.get(one.name) not in (None, "", []) and f"form.{one.name}" in sent
    }
    return emptied | {
        name: value
        for name, value in now.items()
        if value != values.get(name) and not (value is False and name not in values)
    }


def flaws(error: ApprovalError) -> dict[str, str]:
    """What is wrong, by field, in the reader's language."""
    told = error.params.get("fields") or {}
    return {str(name): "；".join(_in_language(str(text)) for text in texts) for name, texts in told.items()}


def _value(one: Field) -> Any:
    sent, kind = f"form.{one.name}", one.rule["type"]
    if kind == "array":
        known = {str(value): value for value, _, _ in one.options}
        # The page sends an empty one with every group, so that a group of which nothing is ticked is known to be emptied.
        return [known.get(text, text) for text in request.form.getlist(sent) if text]
    text = field(sent, MOST_VALUE)
    if kind == "boolean":
        return text == "true"
    if kind in ("integer", "number") and text:
        return _number(text)
    return text


def _number(text: str) -> int | float | str:
    try:
        return int(text) if text.lstrip("+-").isdecimal() and text.isascii() else _finite(float(text), text)
    except (ValueError, OverflowError):
        return text


def _finite(value: float, text: str) -> float | str:
    return value if abs(value) < 1e15 else text


def _in_language(text: str) -> str:
    zh, _, en = text.partition("\t")
    return en if en and language() == "en" else zh
