"""What templates say with: texts in the reader's language, values of the data as they were said, lights in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from flask import g
from markupsafe import Markup, escape

_CHINESE = re.compile("[\u3400-\u9fff]")


def language() -> str:
    """`zh` or `en`, as this page is read."""
    found: str = g.lang
    return found


def t(key: str, **params: Any) -> str:
    """The words of a key in the reader's language. Raises KeyError for a key without words."""
    zh, en = g.texts[key]
    words: str = zh if language() == "zh" else en
    return words.format(**params) if params else words


def counted(key: str, n: int) -> str:
    """The words of a key for a number: `<key>.1` for one, where there is such a text."""
    single = f"{key}.{n}"
    return t(single) if single in g.texts else t(key, n=n)


def own(value: Any) -> str | Markup:
    """A value of the data. Chinese on an English page is marked as Chinese, for those who listen to the page."""
    text = "" if value is None else str(value)
    if language() == "en" and _CHINESE.search(text):
        return Markup('<span lang="zh-CN">{}</span>').format(text)
    return escape(text)


def name(row: Mapping[str, Any], key: str) -> str | Markup:
    """A value that a row has in both languages: `key` or `key_en`, in the reader's language where it is there."""
    return own((row.get(f"{key}_en") if language() == "en" else None) or row.get(key))


def minute(instant: str | None) -> str:
    """An instant (ISO 8601, China time) to the minute."""
    return instant[:16].replace("T", " ") if instant else t("none")


#: How a task ends that nobody has done: nothing of it may be called done.
NOT_DONE = ("returned", "called-off", "cancelled")


def light_words(row: Mapping[str, Any]) -> tuple[str, str]:
    """The light of a row of the timeline or of a list, and its words: what is left, how late it is, what it took."""
    left, light = row.get("remaining_working_days"), row.get("light")
    if row.get("ended_at"):
        took = row.get("elapsed_working_days") or 0
        if not took and row.get("state") in NOT_DONE:
            return ("red", t("light.over.late")) if light == "red" else ("green" if light else "grey", t("light.over"))
        if light == "red":
            return "red", counted("light.took.late", took)
        return ("green" if light else "grey"), counted("light.took", took)
    if light is None or left is None:
        return "grey", t("light.none")
    if light == "red":
        return "red", counted("light.late", -left)
    colour = "yellow" if light == "yellow" else "green"
    if left == 0:
        return colour, t("light.today") if row.get("due_date") == g.get("today") else t("light.soon")
    return colour, counted("light.left", left)


def demonstration(shown: Mapping[str, Any] | Iterable[Mapping[str, Any]] | None) -> str | Markup:
    """The line that says that values of what is shown are ours and no real place's; nothing where none is."""
    rows = [shown] if isinstance(shown, Mapping) else shown or ()
    if not any(row.get("demonstration") for row in rows):
        return ""
    return Markup('<p class="hint">{}</p>').format(t("demonstration.values"))


def marked(diagram: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A diagram whose marks say in words what they are: `label` for those who listen, `badge` for those who look."""
    if diagram is None:
        return None
    return {**diagram, "marks": [_mark(mark) for mark in diagram["marks"]]}


def _mark(mark: Mapping[str, Any]) -> dict[str, Any]:
    status, left = mark["status"], mark["remaining"]
    label = said = t(f"diagram.{status}")
    if status == "late":
        label = counted("light.late", -left)
    elif status == "current" and left is not None:
        label = f"{said}, {counted('light.left', left)}"
    badge = {"done": "✓", "current": said, "late": f"! {label}"}[status]
    return {"id": mark["id"], "status": status, "label": label, "badge": badge}
