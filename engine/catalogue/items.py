"""Reads an `item.json`: a service item as its folder under `processes/` states it.

The shape is strict on purpose: a field that is missing or misspelt is refused by its path, because a limit or a legal
basis that silently falls back to a default would be law made up.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.catalogue.forms import Form, FormInvalid, forms_from_data
from engine.catalogue.intake_rules import RULES, IntakeRules, rules_of
from engine.catalogue.listing import NO_LISTING, Listing, read_listing
from engine.catalogue.reading import ItemInvalid as ItemInvalid
from engine.catalogue.reading import file_name, filled_list, object_of, one_of, text_of, typed, wrong
from engine.catalogue.regimes import RegimeRule, read_regimes
from engine.catalogue.time_limits import TimeLimits, time_limits_from_data
from engine.timelimits.errors import LimitInvalid
from engine.timelimits.limits import Limit

#: Item types of GB/T 39046-2020, table A.1.
TYPE_CODES = ("01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "20")
#: One department alone; one for all; together, each its own part; all in one place (行政许可法 26).
HANDLINGS = ("single", "unified", "joint", "concentrated")


#: A receipt is not entered later than this, whatever an item says.
MOST_BACK_DATE_DAYS = 60
#: What the public progress tells of who handles a task: the name, the work number, or the department alone.
HANDLERS_SHOWN = ("name", "work_number", "department")


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
    listing: Listing = NO_LISTING  #: what the catalogue says of it beyond what its process needs
    time_limits: TimeLimits = field(default_factory=TimeLimits)  #: its clocks and special procedures
    regimes: tuple[RegimeRule, ...] = ()  #: the ways of trust first that it opens

    @property
    def intake_rules(self) -> IntakeRules:
        """What the window may answer to an application for this item."""
        return rules_of(self.type_code, self.intake.rules)

    def regime(self, name: str) -> RegimeRule | None:
        """By which rules the item opens a regime; None: not at all."""
        return next((one for one in self.regimes if one.regime == name), None)


def read_item(path: Path) -> ServiceItem:
    """The item in the file at `path`.

    Raises:
        ItemInvalid: no such file, no JSON, or a field that is missing, unknown or wrong.
    """
    try:
        data = json.loads(path.read_bytes())
    except OSError:
        raise wrong(path.name, "无法读取文件", "the file can't be read") from None
    except ValueError as broken:
        raise wrong(path.name, f"不是有效的JSON（{broken}）", f"it is no JSON ({broken})") from None
    return item_from_data(data)


def item_from_data(data: Any) -> ServiceItem:
    """The item that a JSON value states.

    Raises:
        ItemInvalid: a field is missing, unknown or wrong.
    """
    given = object_of(data, "item", ServiceItem)
    materials = tuple(_material(one, n) for n, one in enumerate(typed(given["materials"], list, "materials")))
    return ServiceItem(
        code=text_of(given, "code"),
        name=text_of(given, "name"),
        name_en=text_of(given, "name_en"),
        aliases=tuple(typed(alias, str, "aliases") for alias in typed(given["aliases"], list, "aliases")),
        type_code=one_of(given, "type_code", TYPE_CODES),
        handling=one_of(given, "handling", HANDLINGS),
        level=text_of(given, "level"),
        lead_function=text_of(given, "lead_function"),
        accept_function=text_of(given, "accept_function"),
        case_limits=_case_limits(given["case_limits"]),
        process=file_name(given, "process"),
        legal_basis=tuple(_legal_basis(one, n) for n, one in enumerate(filled_list(given, "legal_basis"))),
        materials=materials,
        handler_shown=one_of({"handler_shown": "name"} | given, "handler_shown", HANDLERS_SHOWN),
        intake=_intake(given.get("intake", {})),
        forms=_forms(given.get("forms", {})),
        listing=read_listing(given.get("listing", {}), {one.code for one in materials}),
        time_limits=_time_limits(given),
        regimes=read_regimes(given.get("regimes"), {one.code for one in materials}),
    )


def _time_limits(given: Mapping[str, Any]) -> TimeLimits:
    try:
        return time_limits_from_data(
            given.get("time_limits"), given["type_code"], given["handling"], given["case_limits"]
        )
    except LimitInvalid as bad:
        raise wrong("time_limits", bad.sentence("zh"), bad.sentence("en")) from bad


def _case_limits(data: Any) -> CaseLimits:
    given = typed(data, dict, "case_limits")
    if set(given) != {"promised", "legal", "unit"}:
        raise wrong("case_limits", "须填写promised、legal和unit", "it takes promised, legal and unit")
    try:
        limits = CaseLimits(Limit(given["promised"], given["unit"]), Limit(given["legal"], given["unit"]))
    except LimitInvalid as bad:
        raise wrong("case_limits", bad.sentence("zh"), bad.sentence("en")) from bad
    if limits.promised.days > limits.legal.days:
        raise wrong("case_limits.promised", "承诺时限超过法定时限", "the promise is longer than the law allows")
    return limits


def _intake(data: Any) -> Intake:
    given = object_of(data, "intake", Intake)
    rules = None if given.get("rules") is None else one_of(given, "rules", tuple(RULES), "intake")
    unique = tuple(
        typed(name, str, "intake.unique_by") for name in typed(given.get("unique_by", []), list, "intake.unique_by")
    )
    decided = None if given.get("decided_at") is None else text_of(given, "decided_at", "intake")
    days = typed(given.get("back_date_days", Intake().back_date_days), int, "intake.back_date_days")
    if not 0 <= days <= MOST_BACK_DATE_DAYS or isinstance(days, bool):
        raise wrong(
            "intake.back_date_days", f"须为 0 至 {MOST_BACK_DATE_DAYS}", f"it must be 0 to {MOST_BACK_DATE_DAYS}"
        )
    return Intake(rules, unique, decided, days)


def _forms(data: Any) -> Mapping[str, Form]:
    try:
        return forms_from_data(data)
    except FormInvalid as bad:
        said = bad.params
        raise wrong(f"forms.{said['path']}", said["detail_zh"], said["detail_en"]) from bad


def _legal_basis(data: Any, n: int) -> LegalBasis:
    path = f"legal_basis[{n}]"
    given = object_of(data, path, LegalBasis)
    return LegalBasis(act=text_of(given, "act", path), article=text_of(given, "article", path))


def _material(data: Any, n: int) -> Material:
    path = f"materials[{n}]"
    given = object_of(data, path, Material)
    return Material(
        code=text_of(given, "code", path),
        name=text_of(given, "name", path),
        name_en=text_of(given, "name_en", path),
        trust=one_of(given, "trust", ("A", "B", "C", "D"), path),
        required=typed(given["required"], bool, f"{path}.required"),
    )
