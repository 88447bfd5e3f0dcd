"""Who may have which regime: credit, rule, region and history give a verdict, or each reason why not. Pure.

A reason is a code and a sentence in both languages: an applicant is told before applying, all of it at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.catalogue.items import ServiceItem
from engine.catalogue.regimes import BLACKLISTED, REGIMES, Regime, RegimeRule
from engine.credit_first.credit import KINDS, CreditRecord, Standing


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a way is not open."""

    code: str
    zh: str
    en: str

    def as_data(self) -> dict[str, str]:
        """As answers have it."""
        return {"code": self.code, "reason": self.zh, "reason_en": self.en}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a regime is open, by which rule, and each reason why not."""

    regime: Regime
    rule: RegimeRule | None
    reasons: tuple[Reason, ...]

    @property
    def allowed(self) -> bool:
        """Whether the way is open."""
        return not self.reasons


def eligibility(
    regime: Regime,
    standard: ServiceItem,
    offered: ServiceItem,
    region_path: Collection[str],
    standing: Standing | None,
    day: date,
    kind: str | None = None,
) -> Verdict:
    """Whether a regime is open to an applicant.

    Args:
        regime: the way that is asked for.
        standard: the item as its owner publishes it.
        offered: the item as the region offers it: a regime may be off there.
        region_path: the region and those above it.
        standing: the applicant's credit; None: of nobody in particular, so that only item and region are judged.
        day: on which it is asked.
        kind: of nobody in particular, but of applicants of this kind.
    """
    rule = offered.regime(regime)
    reasons = [*_by_item(regime, standard, rule, region_path)]
    if standing is not None:
        reasons += _by_credit(rule, standing, offered.code, day)
    elif kind is not None:
        reasons += _by_kind(rule, kind)
    return Verdict(regime, rule, tuple(reasons))


def _by_item(
    regime: Regime, standard: ServiceItem, rule: RegimeRule | None, region_path: Collection[str]
) -> Iterable[Reason]:
    name = REGIMES[regime].name
    if standard.regime(regime) is None:
        yield Reason(
            "regime-not-offered",
            f"该事项没有开通“{name.zh}”，请按普通方式办理。",
            f"This item does not open {name.en}: apply the ordinary way.",
        )
    elif rule is None or (rule.regions is not None and not set(rule.regions) & set(region_path)):
        yield Reason(
            "region-off",
            f"本地区没有开通“{name.zh}”，请按普通方式办理。",
            f"{name.en.capitalize()} is not open in this region: apply the ordinary way.",
        )
    elif rule.field is not None and rule.opens is None:
        yield Reason(
            "forbidden-field",
            f"该事项涉及禁止领域，不能采用“{name.zh}”。",
            f"The item lies in a forbidden field: {name.en} is not possible.",
        )


def _by_kind(rule: RegimeRule | None, kind: str | None) -> Iterable[Reason]:
    if rule is not None and kind not in rule.applicants:
        yield Reason("applicant-kind", "该方式不适用于这类申请人。", "This way is not open to applicants of this kind.")


def _by_credit(rule: RegimeRule | None, standing: Standing, item: str, day: date) -> Iterable[Reason]:
    if standing.subject is None:
        yield Reason(
            "subject-unidentified",
            "没有统一社会信用代码或者身份证号，无法核实信用状况。请补充后再选择。",
            "Without a credit code or an identity number credit can't be looked up: give one first.",
        )
        return
    yield from _by_kind(rule, standing.kind)
    bar = bar_of(standing.records, item, day)
    if bar is not None:
        yield bar_reason(bar)
    if standing.grade == BLACKLISTED:
        yield Reason(
            "blacklisted",
            "申请人被列为严重失信主体，不适用先信方式。",
            "The applicant is blacklisted: no way of trust first is open.",
        )
    elif standing.trouble is not None:
        yield Reason(
            "credit-source-down",
            "信用信息来源暂时无法查询，不能据以信任，请按普通方式办理或者稍后再试。",
            "The credit source can't be asked just now, and silence is no good credit: apply the ordinary way, or try later.",
        )
    elif standing.grade is None:
        yield Reason(
            "grade-unknown",
            "没有该申请人的信用等级，请按普通方式办理。",
            "Nothing is known of the applicant's credit grade: apply the ordinary way.",
        )
    elif rule is not None and standing.grade not in rule.grades:
        yield Reason(
            "grade-too-low",
            f"信用等级为{standing.grade}，该方式要求{'、'.join(rule.grades)}。",
            f"The credit grade is {standing.grade}; this way asks for {', '.join(rule.grades)}.",
        )
    for record in standing.records:
        if record.closes(day) and record.kind != "blacklist":
            yield _closed(record)
    for number in standing.overdue:
        yield Reason(
            "verification-overdue",
            f"办件 {number} 的核验或者整改已超过告知的期限，申请人尚未完成。完成后可以再次选择，或按普通方式办理。",
            f"The check or rectification of case {number} is overdue and waits for the applicant: complete it first, or apply "
            "the ordinary way.",
        )


def _closed(record: CreditRecord) -> Reason:
    name, ground = KINDS[record.kind].name, record.ground
    of = ground.get("case") or ground.get("document") or ""
    return Reason(
        "credit-not-repaired",
        f"有未修复的失信记录：{name.zh}（{of}）。信用修复后可以再次选择。",
        f"There is a record that is not repaired: {name.en} ({of}). After its repair this way is open again.",
    )


def bar_of(records: Iterable[CreditRecord], item: str, day: date) -> CreditRecord | None:
    """The record that bars an application for this licence the longest, if one does."""
    bars = [one for one in records if one.bars(item, day)]
    return max(bars, key=lambda one: one.barred_until or day, default=None)


def bar_reason(record: CreditRecord) -> Reason:
    """Why nothing can be applied for at all."""
    return Reason(
        "reapplication-barred",
        f"依照{record.article}，{record.barred_until} 之前不得再次申请该许可。",
        f"By {record.article}, this licence can't be applied for again before {record.barred_until}.",
    )


def credit_to_come(rule: RegimeRule) -> dict[str, Any]:
    """That credit will be looked at before this way is open, and how: for whoever is told of nobody in particular."""
    grades = list(rule.grades)
    return {
        "grades": grades,
        "how": "尚未查询任何人的信用状况。选择该方式时，将按统一社会信用代码或者身份证号查询信用等级和失信记录："
        f"信用等级须为{'、'.join(grades)}，且没有未修复的失信记录、没有列入严重失信主体名单；无法查询的，按普通方式办理。"
        "登录本人（本单位）账户、凭办件编号和查询码，或者在窗口，可以查询本人的完整结果。",
        "how_en": "Nobody's credit was looked at. When this way is chosen, grade and records are looked up by credit code or "
        f"identity number: the grade has to be {', '.join(grades)}, with no record that is not repaired and no blacklisting; "
        "where they can't be looked up, it is the ordinary way. Log in, use case number and query code, or ask at a window for "
        "the whole answer of your own.",
    }


def verdict_view(verdict: Verdict) -> dict[str, Any]:
    """A verdict as answers and pages have it."""
    name = REGIMES[verdict.regime].name
    return {
        "regime": verdict.regime.value,
        "name": name.zh,
        "name_en": name.en,
        "allowed": verdict.allowed,
        "reasons": [one.as_data() for one in verdict.reasons],
    }
