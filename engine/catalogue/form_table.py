"""A form as a table, a field a row, and back: what the page on which forms are edited works with. Pure.

What a row has no column for (a step, a default) stays with its field: it is carried over from the draft by the name that the
field had there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.catalogue.forms import FORMATS, MOST_FIELDS, WIDGETS, form_from_data
from engine.errors import Invalid

KINDS = ("string", "integer", "number", "boolean", "array")
CHECKS = tuple(FORMATS)
_NUMBERS = ("integer", "number")
#: The keywords that a row has columns for; by kind, what "least" and "most" are called.
_BOUNDS: Mapping[str, tuple[str, str]] = {
    "string": ("minLength", "maxLength"),
    "integer": ("minimum", "maximum"),
    "number": ("minimum", "maximum"),
    "array": ("minItems", "maxItems"),
}
_COLUMNS = {"type", "title", "enum", "items", "format", "pattern"} | {
    name for pair in _BOUNDS.values() for name in pair
}
_ABOUT = ("title_en", "widget", "labels", "labels_en", "help", "help_en")
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")


@dataclass(frozen=True, slots=True)
class Row:
    """A field of a form as it is written in the table: all texts. `was` is the name it had in the draft.

    `options` has a line for each choice: value, Chinese and English label, between bars (`none | 无 | none`).
    """

    name: str = ""
    was: str = ""
    title: str = ""
    title_en: str = ""
    kind: str = "string"
    widget: str = ""
    required: bool = False
    options: str = ""
    check: str = ""
    least: str = ""
    most: str = ""
    pattern: str = ""
    help: str = ""
    help_en: str = ""


class FormTableInvalid(Invalid):
    """A row of the table can't be taken as it is. Params: row, detail_zh, detail_en."""

    code = "form-table-invalid"
    zh = "第 {row} 行：{detail_zh}。请更正后重新保存。"
    en = "Row {row}: {detail_en}. Correct it and save again."


def rows_of(data: Mapping[str, Any]) -> list[Row]:
    """The rows of a form, in the order in which its fields are shown."""
    form = form_from_data("form", data)
    about = data.get("ui", {}).get("fields", {})
    return [_row(one.name, one.rule, one.required, about.get(one.name, {})) for one in form.fields]


def data_of(rows: Sequence[Row], before: Mapping[str, Any]) -> dict[str, Any]:
    """The form that the rows say. `before` is the form as it was, for what a row has no column for.

    Raises:
        FormTableInvalid: a row that says something impossible, two of one name, or no row at all.
        FormInvalid: no valid form all the same.
    """
    names = [row.name for row in rows]
    for n, row in enumerate(rows, 1):
        if names.index(row.name) != n - 1:
            raise _wrong(n, "name", f"字段名“{row.name}”重复", f"the name {row.name} is there already")
    if not rows or len(rows) > MOST_FIELDS:
        raise _wrong(len(rows), "name", f"须有 1 至 {MOST_FIELDS} 行", f"a form takes 1 to {MOST_FIELDS} rows")
    old = before.get("schema", {}).get("properties", {})
    properties = {row.name: _rule(n, row, old.get(row.was, {})) for n, row in enumerate(rows, 1)}
    schema = dict(before.get("schema", {})) | {"type": "object", "properties": properties}
    schema["required"] = [row.name for row in rows if row.required]
    fields = {row.name: _about(n, row) for n, row in enumerate(rows, 1)}
    made = {"schema": schema, "ui": {"order": names, "fields": {name: one for name, one in fields.items() if one}}}
    form_from_data("form", made)
    return made


def _row(name: str, rule: Mapping[str, Any], required: bool, about: Mapping[str, Any]) -> Row:
    least, most = _BOUNDS.get(rule["type"], ("", ""))
    values = rule.get("enum") or (rule.get("items") or {}).get("enum") or ()
    labels, labels_en = about.get("labels", {}), about.get("labels_en", {})
    options = (
        " | ".join((str(one), str(labels.get(str(one), "")), str(labels_en.get(str(one), "")))) for one in values
    )
    return Row(
        name=name,
        was=name,
        title=rule["title"],
        title_en=str(about.get("title_en", "")),
        kind=rule["type"],
        widget=str(about.get("widget", "")),
        required=required,
        options="\n".join(one.rstrip(" |") for one in options),
        check=str(rule.get("format", "")),
        least=str(rule.get(least, "")),
        most=str(rule.get(most, "")),
        pattern=str(rule.get("pattern", "")),
        help=str(about.get("help", "")),
        help_en=str(about.get("help_en", "")),
    )


def _rule(n: int, row: Row, old: Mapping[str, Any]) -> dict[str, Any]:
    if row.kind not in KINDS:
        raise _wrong(n, "kind", f"类型须为 {'、'.join(KINDS)} 之一", f"the kind must be one of {', '.join(KINDS)}")
    if not row.title.strip():
        raise _wrong(n, "title", "缺少中文名称", "it has no Chinese title")
    kept = {name: value for name, value in old.items() if name not in _COLUMNS} if old.get("type") == row.kind else {}
    rule: dict[str, Any] = {"type": row.kind, "title": row.title.strip()} | kept
    values = [_value(n, row.kind, value) for value, _, _ in _options(row)]
    if values and row.kind == "boolean":
        raise _wrong(n, "options", "是或否没有选项", "yes or no has no options")
    if len(set(values)) != len(values):
        raise _wrong(n, "options", "选项重复", "an option is there twice")
    if row.kind == "array":
        items = dict(old.get("items", {}))
        rule |= {"items": items | {"enum": values}} | ({} if old else {"uniqueItems": True})
        if not values:
            raise _wrong(n, "options", "多选须列出选项", "several choices need options")
    elif values:
        rule["enum"] = values
    if row.check or row.pattern:
        if row.kind != "string":
            raise _wrong(n, "check", "只有文本可以校验格式", "only a text has a form to be checked")
        rule |= {"format": row.check} if row.check else {}
        rule |= {"pattern": row.pattern} if row.pattern else {}
    for name, text in zip(_BOUNDS.get(row.kind, ()), (row.least, row.most), strict=False):
        if text.strip():
            rule[name] = _number(n, text.strip(), whole=row.kind != "number")
    return rule


def _about(n: int, row: Row) -> dict[str, Any]:
    if row.widget and row.widget not in WIDGETS:
        raise _wrong(
            n, "widget", f"控件须为 {'、'.join(WIDGETS)} 之一", f"the widget must be one of {', '.join(WIDGETS)}"
        )
    options = _options(row)
    said: dict[str, Any] = {
        "title_en": row.title_en.strip(),
        "widget": row.widget,
        "labels": {value: zh for value, zh, _ in options if zh},
        "labels_en": {value: en for value, _, en in options if en},
        "help": row.help.strip(),
        "help_en": row.help_en.strip(),
    }
    return {name: said[name] for name in _ABOUT if said[name]}


def _options(row: Row) -> list[tuple[str, str, str]]:
    lines = [line for line in row.options.splitlines() if line.strip()]
    parts = [[part.strip() for part in (line + " | | ").split("|")] for line in lines]
    return [(value, zh, en) for value, zh, en, *_ in parts]


def _value(n: int, kind: str, text: str) -> Any:
    if kind not in _NUMBERS:
        return text
    return _number(n, text, whole=kind == "integer")


def _number(n: int, text: str, *, whole: bool) -> int | float:
    if not _NUMBER.fullmatch(text) or (whole and "." in text):
        raise _wrong(
            n, "least", f"“{text}”不是{'整数' if whole else '数字'}", f"{text} is no {'whole ' if whole else ''}number"
        )
    return float(text) if "." in text else int(text)


def _wrong(n: int, column: str, zh: str, en: str) -> FormTableInvalid:
    return FormTableInvalid(row=n, detail=zh, detail_zh=zh, detail_en=en, fields={f"{n}.{column}": [f"{zh}\t{en}"]})
