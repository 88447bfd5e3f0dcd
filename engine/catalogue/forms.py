"""Forms: what an application or a task asks for, as JSON Schema with a small part on how it is shown. Pure.

A form is a flat table of fields, so that it can be edited as one: each property of the schema is a row. A form is data of
the published version of its process: a running case keeps the form that it was begun with.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError, ValidationError

from engine.errors import ApprovalError
from engine.organization.identity_numbers import is_credit_code, is_mobile_number, is_resident_number

APPLICATION = "application"  #: the form of the application itself; other keys are those of `ow:form key`
MOST_FIELDS = 200
WIDGETS = ("text", "textarea", "number", "date", "select", "radio", "checkbox", "checkboxes")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
#: What a row may say. Nothing that points elsewhere or nests: a form is checked wholly by what stands in it.
_KEYWORDS = {"type", "title", "description", "enum", "const", "default", "pattern", "format", "multipleOf", "items"} | {
    *("minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("minItems", "maxItems", "uniqueItems"),
}
_TYPES = ("string", "integer", "number", "boolean", "array")

FORMATS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "date": ("须为 YYYY-MM-DD 格式的日期", "must be a day as YYYY-MM-DD"),
        "credit-code": ("不是有效的统一社会信用代码", "is no valid unified social credit code"),
        "id-number": ("不是有效的居民身份证号码", "is no valid resident identity number"),
        "mobile": ("不是有效的手机号码", "is no valid mobile number"),
    }
)


class FormInvalid(ApprovalError):
    """A form that can't be taken as it is. Params: path, detail_zh, detail_en."""

    code = "form-invalid"
    status = 422
    zh = "表单定义的“{path}”有误：{detail_zh}。请更正后重新加载。"
    en = "The form is wrong at “{path}”: {detail_en}. Correct it and load it again."


@dataclass(frozen=True, slots=True)
class Field:
    """A row of a form. `options` are value, Chinese and English label; `rule` is its JSON Schema."""

    name: str
    title: str
    title_en: str
    widget: str
    required: bool
    rule: Mapping[str, Any]
    options: tuple[tuple[Any, str, str], ...] = ()
    help: str = ""
    help_en: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """A form, its fields in the order in which they are shown. `schema` is what values are checked against."""

    key: str
    fields: tuple[Field, ...]
    schema: Mapping[str, Any]

    def check(self, values: Mapping[str, Any], *, partly: bool = False) -> dict[str, list[str]]:
        """What is wrong with the values: texts in both languages (`中文\\tEnglish`) by field; {} when all is well.

        `partly` is for what is saved as one goes: what is missing is not wrong yet.
        """
        found: dict[str, list[str]] = {}
        for error in _validator(self.schema).iter_errors(dict(values)):
            if partly and error.validator == "required":
                continue
            for name, zh, en in _told(error):
                found.setdefault(name, []).append(f"{zh}\t{en}")
        for name in () if partly else self._blank(values):
            found.setdefault(name, ["必填\tis required"])
        return dict(sorted(found.items(), key=lambda one: self._place(one[0])))

    def _blank(self, values: Mapping[str, Any]) -> list[str]:
        """Needed texts that hold nothing but spaces: JSON Schema takes them for filled in."""
        asked = [field.name for field in self.fields if field.required]
        return [name for name in asked if isinstance(values.get(name), str) and not values[name].strip()]

    def _place(self, path: str) -> int:
        names = [field.name for field in self.fields]
        first = path.split(".")[0]
        return names.index(first) if first in names else len(names)


def forms_from_data(data: Any) -> dict[str, Form]:
    """The forms of an item by key: `{"application": {"schema": {…}, "ui": {…}}, …}`.

    Raises:
        FormInvalid: no such shape, or no valid JSON Schema of flat fields.
    """
    if not isinstance(data, dict):
        raise _wrong("forms", "须为对象", "it must be an object")
    return {str(key): form_from_data(str(key), one) for key, one in data.items()}


def form_from_data(key: str, data: Any) -> Form:
    """One form. Raises FormInvalid."""
    schema, ui = _parts(key, data)
    rows = schema.get("properties")
    if not isinstance(rows, dict) or not rows or len(rows) > MOST_FIELDS:
        raise _wrong(
            f"{key}.schema.properties", f"须有 1 至 {MOST_FIELDS} 个字段", f"it takes 1 to {MOST_FIELDS} fields"
        )
    needed = schema.get("required", [])
    if not isinstance(needed, list) or (stray := [name for name in needed if name not in rows]):
        named = stray[0] if isinstance(needed, list) else needed
        raise _wrong(f"{key}.schema.required", f"没有字段 {named}", f"there is no field {named}")
    for name, rule in rows.items():
        _check_rule(f"{key}.schema.properties.{name}", name, rule)
    checked = {
        "type": "object",
        "properties": rows,
        "required": needed,
        "additionalProperties": schema.get("additionalProperties", False) is True,
    }
    try:
        Draft202012Validator.check_schema(checked)
    except SchemaError as error:
        raise _wrong(f"{key}.schema", error.message, error.message) from None
    return Form(key, _fields(key, rows, set(needed), ui), checked)


def _parts(key: str, data: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    if not isinstance(data, dict) or not set(data) <= {"schema", "ui"} or not isinstance(data.get("schema"), dict):
        raise _wrong(key, "须有 schema，可有 ui", "it takes a schema and perhaps a ui")
    schema, ui = data["schema"], data.get("ui", {})
    if unknown := set(schema) - {"type", "properties", "required", "additionalProperties"}:
        named = min(unknown)
        raise _wrong(f"{key}.schema.{named}", "不支持该关键字", "this keyword is not supported")
    if not isinstance(ui, dict) or not set(ui) <= {"order", "fields"}:
        raise _wrong(f"{key}.ui", "只能有 order 和 fields", "it takes order and fields only")
    return schema, ui


def _check_rule(path: str, name: str, rule: Any) -> None:
    if not _NAME.fullmatch(name):
        raise _wrong(path, "字段名须为小写字母、数字和下划线", "a field's name takes lower-case letters, digits and _")
    if not isinstance(rule, dict) or rule.get("type") not in _TYPES:
        raise _wrong(path, f"type 须为 {'、'.join(_TYPES)} 之一", f"its type must be one of {', '.join(_TYPES)}")
    if unknown := set(rule) - _KEYWORDS:
        raise _wrong(f"{path}.{min(unknown)}", "不支持该关键字", "this keyword is not supported")
    if "format" in rule and rule["format"] not in FORMATS:
        raise _wrong(f"{path}.format", f"须为 {'、'.join(FORMATS)} 之一", f"must be one of {', '.join(FORMATS)}")
    if not isinstance(rule.get("title"), str) or not rule["title"].strip():
        raise _wrong(f"{path}.title", "缺少中文名称", "it has no title")
    if rule["type"] == "array" and not (isinstance(rule.get("items"), dict) and "enum" in rule["items"]):
        raise _wrong(f"{path}.items", "多选须列出 enum", "several choices need an enum of items")


def _fields(key: str, rows: Mapping[str, Any], needed: set[str], ui: Mapping[str, Any]) -> tuple[Field, ...]:
    order, about = ui.get("order", list(rows)), ui.get("fields", {})
    if not isinstance(order, list) or sorted(order) != sorted(rows):
        raise _wrong(f"{key}.ui.order", "须恰好列出全部字段", "it must name every field once")
    if not isinstance(about, dict) or set(about) - set(rows):
        raise _wrong(f"{key}.ui.fields", "含有不存在的字段", "it names a field that there is not")
    return tuple(
        _field(f"{key}.ui.fields.{name}", name, rows[name], name in needed, about.get(name, {})) for name in order
    )


def _field(path: str, name: str, rule: Mapping[str, Any], required: bool, about: Any) -> Field:
    if not isinstance(about, dict) or set(about) - {"widget", "title_en", "labels", "labels_en", "help", "help_en"}:
        raise _wrong(path, "含有未知的内容", "it says something unknown")
    widget = about.get("widget", _default_widget(rule))
    if widget not in WIDGETS:
        raise _wrong(f"{path}.widget", f"须为 {'、'.join(WIDGETS)} 之一", f"must be one of {', '.join(WIDGETS)}")
    values = rule.get("enum") or (rule.get("items") or {}).get("enum") or ()
    labels, labels_en = about.get("labels", {}), about.get("labels_en", {})
    options = tuple((value, str(labels.get(str(value), value)), _english(labels_en, labels, value)) for value in values)
    title = str(rule["title"])
    texts = {text: str(about.get(text, "")) for text in ("help", "help_en")}
    return Field(name, title, str(about.get("title_en") or title), widget, required, rule, options, **texts)


def _english(labels_en: Mapping[str, Any], labels: Mapping[str, Any], value: Any) -> str:
    return str(labels_en.get(str(value)) or labels.get(str(value), value))


def _default_widget(rule: Mapping[str, Any]) -> str:
    if "enum" in rule:
        return "select"
    if rule.get("format") == "date":
        return "date"
    return {"boolean": "checkbox", "array": "checkboxes", "integer": "number", "number": "number"}.get(
        rule["type"], "text"
    )


# -- checking values


def _is_day(value: object) -> bool:
    try:
        return not isinstance(value, str) or (len(value) == 10 and bool(date.fromisoformat(value)))
    except ValueError:
        return False


def _checked_by(check: Callable[[str], bool]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or check(value)


_FORMAT_CHECKER = FormatChecker(formats=())
for _format, _check in (
    ("date", _is_day),
    ("credit-code", _checked_by(is_credit_code)),
    ("id-number", _checked_by(is_resident_number)),
    ("mobile", _checked_by(is_mobile_number)),
):
    _FORMAT_CHECKER.checks(_format)(_check)


def _validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(schema, format_checker=_FORMAT_CHECKER)


_KINDS = {
    "string": ("文本", "a text"),
    "integer": ("整数", "a whole number"),
    "number": ("数字", "a number"),
    "boolean": ("是或否", "true or false"),
    "array": ("列表", "a list"),
    "object": ("对象", "an object"),
}


def _told(error: ValidationError) -> Iterable[tuple[str, str, str]]:
    """An error of the library as field, Chinese and English; one that names several fields as several."""
    path = ".".join(str(part) for part in error.absolute_path)
    if error.validator == "required":
        missing: Sequence[str] = [name for name in error.validator_value if name not in error.instance]
        # The library raises one error for each missing field: it is the one its message names.
        named = next((name for name in missing if error.message.startswith(repr(name))), missing[0])
        yield (named, "必填", "is required")
    elif error.validator == "additionalProperties":
        for name in sorted(set(error.instance) - set(error.schema["properties"])):
            yield (str(name)[:80], "没有这个字段", "is not a field of this form")
    else:
        yield (path, *_sentence(str(error.validator), error.validator_value))


def _sentence(validator: str, wanted: Any) -> tuple[str, str]:
    if validator == "type":
        zh, en = _KINDS.get(str(wanted), (str(wanted), str(wanted)))
        return f"须为{zh}", f"must be {en}"
    if validator == "format":
        return FORMATS[str(wanted)]
    if validator in ("enum", "const"):
        values = ", ".join(str(value) for value in (wanted if validator == "enum" else [wanted]))
        return f"须为以下之一：{values}", f"must be one of: {values}"
    return tuple(text.format(wanted) for text in _WORDS.get(validator, ("不符合要求", "is not as asked for")))  # type: ignore[return-value]


_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "minLength": ("至少 {} 个字符", "must have {} characters or more"),
        "maxLength": ("不能超过 {} 个字符", "may not be over {} characters"),
        "minimum": ("不能小于 {}", "may not be below {}"),
        "maximum": ("不能大于 {}", "may not be above {}"),
        "exclusiveMinimum": ("须大于 {}", "must be above {}"),
        "exclusiveMaximum": ("须小于 {}", "must be below {}"),
        "multipleOf": ("须为 {} 的倍数", "must be a multiple of {}"),
        "pattern": ("格式不正确", "is not of the right form"),
        "minItems": ("至少选择 {} 项", "takes {} choices or more"),
        "maxItems": ("最多选择 {} 项", "takes {} choices at most"),
        "uniqueItems": ("不能重复", "may not name one thing twice"),
    }
)


def _wrong(path: str, zh: str, en: str) -> FormInvalid:
    return FormInvalid(path=path, detail_zh=zh, detail_en=en)
