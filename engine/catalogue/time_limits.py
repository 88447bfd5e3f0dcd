"""The clocks of a service item: their numbers, their legal basis, what may stop them and what may extend them.

All of it is data, stated in `item.json` under `time_limits`; what a law fixes for every item of a type stands in
`rule_sets.json` and is there unless the item says otherwise. The Licensing Law's set is for items of type 01 only: an item of
another type has the clocks and grounds that it declares itself, each with the law it rests on, and no other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from engine.errors import ApprovalError
from engine.timelimits.ledger import Clock
from engine.timelimits.limits import Limit

#: Who approves an extension: the head of the department, or of the government, who does not log in: the paper is recorded.
APPROVERS = ("department-head", "government-head")
#: What the system does when a clock has passed, besides telling people. Anything deemed rests on the clock's legal basis.
PASSED = ("notice", "escalate", "deemed-accepted", "deemed-withdrawn", "deemed-approved", "deemed-renewed")
#: The clocks that an item may have; tasks have theirs in the diagram.
#: Those of an item; what belongs to a task, and to a way of trust first, is stated elsewhere.
_ELSEWHERE = (Clock.NODE, Clock.VERIFICATION, Clock.RECTIFICATION, Clock.TOLERANCE)
CLOCKS = tuple(clock for clock in Clock if clock not in _ELSEWHERE)


class TimeLimitsInvalid(ApprovalError):
    """The part `time_limits` of an item file can't be taken as it is; `path` names the field."""

    code = "item-time-limits-invalid"
    status = 422
    zh = "事项文件的“{path}”有误：{detail_zh}。请更正后重新加载。"
    en = "The item file is wrong at “{path}”: {detail_en}. Correct it and load it again."


@dataclass(frozen=True, slots=True)
class ExtensionRule:
    """By how much a clock may be extended, once, by whom, and by what law."""

    amount: int
    approver: str
    basis: str


@dataclass(frozen=True, slots=True)
class ItemClock:
    """A clock of an item. `warn_at`: how many units before the end the light turns yellow; `until`: the node that ends it."""

    clock: str
    legal: int | None
    promised: int | None
    unit: str
    basis: str
    warn_at: int | None = None
    until: str | None = None
    passed: str = "notice"
    extension: ExtensionRule | None = None

    @property
    def limit(self) -> dict[str, Any]:
        """As a node's `ow:timeLimit` says it."""
        return {"legal": self.legal, "promised": self.promised, "unit": self.unit, "warnAt": self.warn_at}


@dataclass(frozen=True, slots=True)
class ProcedureKind:
    """A special procedure whose time does not count, by the law named; `most` is the longest that may be asked for."""

    kind: str
    name: str
    name_en: str
    basis: str
    most: Limit | None = None


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """The clocks of an item by name, and the special procedures by kind."""

    clocks: Mapping[str, ItemClock] = field(default_factory=lambda: MappingProxyType({}))
    special_procedures: Mapping[str, ProcedureKind] = field(default_factory=lambda: MappingProxyType({}))
    promise_excludes_special_procedures: bool = False

    @property
    def extension(self) -> ExtensionRule | None:
        """How the decision may be extended; None: not at all."""
        decision = self.clocks.get(Clock.DECISION)
        return decision.extension if decision else None


def time_limits_from_data(data: Any, type_code: str, handling: str, decision: Mapping[str, Any]) -> TimeLimits:
    """The clocks that an item has: those of its type's rule set, changed and added to by its own `time_limits`.

    `decision` is the item's `case_limits`. A first examination is a clock only of an item that names the node that ends it.

    Raises:
        TimeLimitsInvalid, LimitInvalid.
    """
    given = {"clocks": [], "special_procedures": [], "promise_excludes_special_procedures": False} | _object(
        {} if data is None else data
    )
    rules = rule_sets().get(type_code, {})
    stated = {str(_member(one, "clock", f"clocks[{n}]")): one for n, one in enumerate(_list(given, "clocks"))}
    clocks = {one["clock"]: _clock(one, f"{type_code}.clocks") for one in rules.get("clocks", ())}
    clocks = {name: one for name, one in clocks.items() if name in stated or name != Clock.FIRST_EXAMINATION}
    clocks[Clock.DECISION] = _decision(rules, handling, decision, stated.pop(Clock.DECISION, {}))
    for name, one in stated.items():
        known = clocks.get(name)
        clocks[name] = _clock((_as_data(known) if known else {}) | one, f"clocks.{name}")
    kinds = {one["kind"]: _kind(one, "rule_sets") for one in rules.get("special_procedures", ())}
    for n, one in enumerate(_list(given, "special_procedures")):
        stated_kind = _object(one)
        known_kind = kinds.get(str(stated_kind.get("kind")))
        words = ("kind", "name", "name_en", "basis")
        base = {word: getattr(known_kind, word) for word in words} if known_kind else {}
        made = _kind(base | stated_kind, f"special_procedures[{n}]")
        kinds[made.kind] = made
    excludes = given["promise_excludes_special_procedures"]
    if not isinstance(excludes, bool):
        raise _wrong("promise_excludes_special_procedures", "须为 true 或 false", "it must be true or false")
    if unknown := set(given) - {"clocks", "special_procedures", "promise_excludes_special_procedures"}:
        raise _wrong(min(unknown), "没有这个字段", "there is no such field")
    return TimeLimits(MappingProxyType(clocks), MappingProxyType(kinds), excludes)


@cache
def rule_sets() -> Mapping[str, Any]:
    """What laws fix for every item of a type, by the type's code."""
    text = resources.files("engine.catalogue").joinpath("rule_sets.json").read_text(encoding="utf-8")
    found: Mapping[str, Any] = json.loads(text)
    return found


def _decision(
    rules: Mapping[str, Any], handling: str, limits: Mapping[str, Any], stated: Mapping[str, Any]
) -> ItemClock:
    by_law = rules.get("decision", {}).get("single" if handling == "single" else "several", {})
    numbers = {"legal": limits["legal"], "promised": limits["promised"], "unit": limits["unit"]}
    made = _clock({"basis": "", **by_law, **stated, **numbers, "clock": Clock.DECISION}, "clocks.decision")
    own_basis = "basis" in stated
    # 行政许可法42 says how long, not that silence approves: that takes a law of its own.
    if made.passed.startswith("deemed") and not own_basis:
        raise _wrong("clocks.decision.basis", "视为的后果须写明法律依据", "what is deemed needs its legal basis")
    if by_law and not own_basis and (made.unit != by_law["unit"] or (made.legal or 0) > by_law["legal"]):
        raise _wrong(
            "case_limits.legal",
            f"超过{by_law['basis']}规定的{by_law['legal']}个工作日，且 decision 未写明另有规定的依据（basis）",
            f"it is longer than {by_law['legal']} working days ({by_law['basis']}) and no other basis is named for it",
        )
    return made


_CLOCK_FIELDS = {"clock", "legal", "promised", "unit", "basis", "warn_at", "until", "passed", "extension"}


def _clock(data: Any, path: str) -> ItemClock:
    given = _object(data)
    if unknown := set(given) - _CLOCK_FIELDS:
        raise _wrong(f"{path}.{min(unknown)}", "没有这个字段", "there is no such field")
    name = _one_of(given, "clock", CLOCKS, path)
    amounts = {kind: given.get(kind) for kind in ("legal", "promised")}
    if not any(amounts.values()):
        raise _wrong(path, "须填写 legal 或 promised", "it takes legal or promised")
    if "unit" not in given:
        raise _wrong(f"{path}.unit", "缺少单位", "the unit is missing")
    for amount in amounts.values():
        if amount is not None:
            Limit(amount, given["unit"])
    if None not in amounts.values() and amounts["promised"] > amounts["legal"]:  # type: ignore[operator]
        raise _wrong(f"{path}.promised", "承诺时限超过法定时限", "the promise is longer than the law allows")
    warn = given.get("warn_at")
    if warn is not None and (not isinstance(warn, int) or isinstance(warn, bool) or warn < 1):
        raise _wrong(f"{path}.warn_at", "须为正整数", "it must be a whole number from 1")
    basis = given.get("basis", "")
    if not isinstance(basis, str) or (name != Clock.DECISION and not basis.strip()):
        raise _wrong(f"{path}.basis", "须写明法律依据", "it needs its legal basis")
    passed = _one_of({"passed": "notice"} | given, "passed", PASSED, path)
    if passed.startswith("deemed") and not basis.strip():
        raise _wrong(f"{path}.basis", "视为的后果须写明法律依据", "what is deemed needs its legal basis")
    extension = _extension(given["extension"], f"{path}.extension") if given.get("extension") else None
    until = given.get("until")
    return ItemClock(name, amounts["legal"], amounts["promised"], given["unit"], basis, warn, until, passed, extension)


def _as_data(clock: ItemClock) -> dict[str, Any]:
    kept = {"clock": clock.clock, "legal": clock.legal, "promised": clock.promised, "unit": clock.unit}
    kept |= {"basis": clock.basis, "warn_at": clock.warn_at, "until": clock.until, "passed": clock.passed}
    return {name: value for name, value in kept.items() if value is not None}


def _extension(data: Any, path: str) -> ExtensionRule:
    given = _object(data)
    if set(given) != {"amount", "approver", "basis"}:
        raise _wrong(path, "须填写 amount、approver 和 basis", "it takes amount, approver and basis")
    amount = given["amount"]
    if not isinstance(amount, int) or isinstance(amount, bool) or not 1 <= amount <= 3650:
        raise _wrong(f"{path}.amount", "须为正整数", "it must be a whole number from 1")
    return ExtensionRule(amount, _one_of(given, "approver", APPROVERS, path), _filled(given, "basis", path))


def _kind(data: Any, path: str) -> ProcedureKind:
    given = _object(data)
    if unknown := set(given) - {"kind", "name", "name_en", "basis", "most", "unit"}:
        raise _wrong(f"{path}.{min(unknown)}", "没有这个字段", "there is no such field")
    most = None
    if given.get("most") is not None:
        if "unit" not in given:
            raise _wrong(f"{path}.unit", "缺少单位", "the unit is missing")
        most = Limit(given["most"], given["unit"])
    kind, name, name_en, basis = (_filled(given, one, path) for one in ("kind", "name", "name_en", "basis"))
    return ProcedureKind(kind, name, name_en, basis, most)


def _object(data: Any) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise _wrong("time_limits", "须为对象", "it must be an object")
    return dict(data)


def _list(given: Mapping[str, Any], name: str) -> list[Any]:
    if not isinstance(given[name], list):
        raise _wrong(name, "须为列表", "it must be a list")
    found: list[Any] = given[name]
    return found


def _member(data: Any, name: str, path: str) -> Any:
    given = _object(data)
    if name not in given:
        raise _wrong(f"{path}.{name}", "缺少该字段", "it is missing")
    return given[name]


def _filled(given: Mapping[str, Any], name: str, path: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value.strip():
        raise _wrong(f"{path}.{name}", "不能为空", "it is empty")
    return value


def _one_of(given: Mapping[str, Any], name: str, values: tuple[str, ...], path: str) -> str:
    value = given.get(name)
    if value not in values:
        raise _wrong(f"{path}.{name}", f"须为{'、'.join(values)}之一", f"it must be one of {', '.join(values)}")
    return str(value)


def _wrong(path: str, zh: str, en: str) -> TimeLimitsInvalid:
    return TimeLimitsInvalid(path=f"time_limits.{path}", detail_zh=zh, detail_en=en)
