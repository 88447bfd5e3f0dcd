"""Reads an `item.json`: a service item as its folder under `processes/` states it.

The shape is strict on purpose: a field that is missing or misspelt is refused by its path, because a limit or a legal
basis that silently falls back to a default would be law made up.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from engine.catalogue.forms import Form, FormInvalid, forms_from_data
from engine.catalogue.intake_rules import RULES, IntakeRules, rules_of
from engine.errors import ApprovalError
from engine.timelimits.errors import LimitInvalid
from engine.timelimits.limits import Limit

Value = TypeVar("Value")

#: Item types of GB/T 39046-2020, table A.1.
TYPE_CODES = ("01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "20")
#: One department alone; one for all; together, each its own part; all in one place (行政许可法 26).
HANDLINGS = ("single", "unified", "joint", "concentrated")


#: A receipt is not entered later than this, whatever an item says.
MOST_BACK_DATE_DAYS = 60
#: What the public progress tells of who handles a task: the name, the work number, or the department alone.
HANDLERS_SHOWN = ("name", "work_number", "department")


class ItemInvalid(ApprovalError):
    """An item file that can't be taken as it is; `path` names the field."""

    code = "item-invalid"
    status = 422
    zh = "事项文件的“{path}”有误：{detail_zh}。请更正后重新加载。"
    en = "The item file is wrong at “{path}”: {detail_en}. Correct it and load it again."


@dataclass(frozen=True, slots=True)
class CaseLimits:
    """The promised (承诺) and the legal (法定) limit of the whole case, in one unit; the promise is not the longer."""

    promised: Limit
    legal: Limit


@dataclass(frozen=True, slots=True)
class LegalBasis:
    """An act and the article of it that the item rests on."""

    act: str
    article: str


@dataclass(frozen=True, slots=True)
class Material:
    """A paper to hand in. `trust` by 国办函〔2016〕108号: A issued, B checked, C to compare, D vouched for."""

    code: str
    name: str
    name_en: str
    trust: str
    required: bool


@dataclass(frozen=True, slots=True)
class Intake:
    """How applications for an item come in.

    `rules` names a rule set other than that of the item's type. `unique_by` are the form fields by which one applicant has
    one open case only (the premises). Until the task `decided_at` is completed, the applicant may withdraw; without it, until a
    task has the outcome `granted` or `denied`. The window may enter a receipt of up to `back_date_days` calendar days ago.
    """

    rules: str | None = None
    unique_by: tuple[str, ...] = ()
    decided_at: str | None = None
    back_date_days: int = 10


@dataclass(frozen=True, slots=True)
class ServiceItem:
    """A service item. `level` is the level of government that handles it; `lead_function` leads where several do."""

    code: str
    name: str
    name_en: str
    aliases: tuple[str, ...]
    type_code: str
    handling: str
    level: str
    lead_function: str
    accept_function: str  #: who accepts at the window
    case_limits: CaseLimits
    process: str  #: the BPMN file beside the item file
    legal_basis: tuple[LegalBasis, ...]
    materials: tuple[Material, ...]
    handler_shown: str = "name"  #: how the public progress names who handles a task, one of HANDLERS_SHOWN
    intake: Intake = Intake()
    forms: Mapping[str, Form] = field(default_factory=dict)  #: by key; `forms.APPLICATION` is the application's

    @property
    def intake_rules(self) -> IntakeRules:
        """What the window may answer to an application for this item."""
        return rules_of(self.type_code, self.intake.rules)


def read_item(path: Path) -> ServiceItem:
    """The item in the file at `path`.

    Raises:
        ItemInvalid: no such file, no JSON, or a field that is missing, unknown or wrong.
    """
    try:
        data = json.loads(path.read_bytes())
    except OSError:
        raise _wrong(path.name, "无法读取文件", "the file can't be read") from None
    except ValueError as broken:
        raise _wrong(path.name, f"不是有效的JSON（{broken}）", f"it is no JSON ({broken})") from None
    return item_from_data(data)


def item_from_data(data: Any) -> ServiceItem:
    """The item that a JSON value states.

    Raises:
        ItemInvalid: a field is missing, unknown or wrong.
    """
    given = _object(data, "item", ServiceItem)
    return ServiceItem(
        code=_text(given, "code"),
        name=_text(given, "name"),
        name_en=_text(given, "name_en"),
        aliases=tuple(_typed(alias, str, "aliases") for alias in _typed(given["aliases"], list, "aliases")),
        type_code=_one_of(given, "type_code", TYPE_CODES),
        handling=_one_of(given, "handling", HANDLINGS),
        level=_text(given, "level"),
        lead_function=_text(given, "lead_function"),
        accept_function=_text(given, "accept_function"),
        case_limits=_case_limits(given["case_limits"]),
        process=_file_name(given),
        legal_basis=tuple(_legal_basis(one, n) for n, one in enumerate(_filled_list(given, "legal_basis"))),
        materials=tuple(_material(one, n) for n, one in enumerate(_typed(given["materials"], list, "materials"))),
        handler_shown=_one_of({"handler_shown": "name"} | given, "handler_shown", HANDLERS_SHOWN),
        intake=_intake(given.get("intake", {})),
        forms=_forms(given.get("forms", {})),
    )


def _case_limits(data: Any) -> CaseLimits:
    given = _typed(data, dict, "case_limits")
    if set(given) != {"promised", "legal", "unit"}:
        raise _wrong("case_limits", "须填写promised、legal和unit", "it takes promised, legal and unit")
    try:
        limits = CaseLimits(Limit(given["promised"], given["unit"]), Limit(given["legal"], given["unit"]))
    except LimitInvalid as wrong:
        raise _wrong("case_limits", wrong.sentence("zh"), wrong.sentence("en")) from wrong
    if limits.promised.days > limits.legal.days:
        raise _wrong("case_limits.promised", "承诺时限超过法定时限", "the promise is longer than the law allows")
    return limits


def _intake(data: Any) -> Intake:
    given = _object(data, "intake", Intake)
    rules = None if given.get("rules") is None else _one_of(given, "rules", tuple(RULES), "intake")
    unique = tuple(
        _typed(name, str, "intake.unique_by") for name in _typed(given.get("unique_by", []), list, "intake.unique_by")
    )
    decided = None if given.get("decided_at") is None else _text(given, "decided_at", "intake")
    days = _typed(given.get("back_date_days", Intake().back_date_days), int, "intake.back_date_days")
    if not 0 <= days <= MOST_BACK_DATE_DAYS or isinstance(days, bool):
        raise _wrong(
            "intake.back_date_days", f"须为 0 至 {MOST_BACK_DATE_DAYS}", f"it must be 0 to {MOST_BACK_DATE_DAYS}"
        )
    return Intake(rules, unique, decided, days)


def _forms(data: Any) -> Mapping[str, Form]:
    try:
        return forms_from_data(data)
    except FormInvalid as wrong:
        said = wrong.params
        raise _wrong(f"forms.{said['path']}", said["detail_zh"], said["detail_en"]) from wrong


def _legal_basis(data: Any, n: int) -> LegalBasis:
    path = f"legal_basis[{n}]"
    given = _object(data, path, LegalBasis)
    return LegalBasis(act=_text(given, "act", path), article=_text(given, "article", path))


def _material(data: Any, n: int) -> Material:
    path = f"materials[{n}]"
    given = _object(data, path, Material)
    return Material(
        code=_text(given, "code", path),
        name=_text(given, "name", path),
        name_en=_text(given, "name_en", path),
        trust=_one_of(given, "trust", ("A", "B", "C", "D"), path),
        required=_typed(given["required"], bool, f"{path}.required"),
    )


def _file_name(given: Mapping[str, Any]) -> str:
    name = _text(given, "process")
    if Path(name).name != name:
        raise _wrong("process", "须为同一文件夹内的文件名", "give the name of a file beside the item file")
    return name


def _object(data: Any, path: str, shape: type[Any]) -> dict[str, Any]:
    """The object with the fields of the dataclass `shape`, those with a default left out or not, and no other."""
    given = _typed(data, dict, path)
    wanted = {one.name for one in fields(shape) if one.default is MISSING and one.default_factory is MISSING}
    optional = {one.name for one in fields(shape)} - wanted
    for name in sorted(wanted ^ (set(given) - optional)):
        if name in wanted:
            raise _wrong(f"{path}.{name}", "缺少该字段", "it is missing")
        raise _wrong(f"{path}.{name}", "没有这个字段", "there is no such field")
    return given


def _filled_list(given: Mapping[str, Any], name: str) -> list[Any]:
    values = _typed(given[name], list, name)
    if not values:
        raise _wrong(name, "至少填写一项", "it needs at least one entry")
    return values


def _text(given: Mapping[str, Any], name: str, path: str = "item") -> str:
    value = _typed(given[name], str, f"{path}.{name}")
    if not value.strip():
        raise _wrong(f"{path}.{name}", "不能为空", "it is empty")
    return value


def _one_of(given: Mapping[str, Any], name: str, values: tuple[str, ...], path: str = "item") -> str:
    value = _text(given, name, path)
    if value not in values:
        raise _wrong(f"{path}.{name}", f"须为{'、'.join(values)}之一", f"it must be one of {', '.join(values)}")
    return value


def _typed(value: Any, kind: type[Value], path: str) -> Value:
    if not isinstance(value, kind):
        raise _wrong(path, f"类型须为{kind.__name__}", f"it must be of type {kind.__name__}")
    return value


def _wrong(path: str, zh: str, en: str) -> ItemInvalid:
    return ItemInvalid(path=path, detail_zh=zh, detail_en=en)
