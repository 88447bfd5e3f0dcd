"""The three regimes of trust first (先信方式): what each one means, and by which rules an item opens it.

They look alike and are not. 后置审核 presumes papers and makes the decision effective once the originals match; 告知承诺 takes a
promise for a proof and is effective at once; 容缺受理 waits for a dated material and decides when it has come. What differs
stands in `REGIMES`, one row a regime, and is read from there by everything that runs them; merging two rows is a defect.
What an item opens stands in its file under `regimes`; a region may switch one off or narrow it, never add one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from engine.catalogue.hashing import content_hash
from engine.catalogue.reading import Said, object_of, one_of, text_of, typed, words, wrong, yes_or_no
from engine.errors import ApprovalError
from engine.timelimits.errors import LimitInvalid
from engine.timelimits.ledger import Clock
from engine.timelimits.limits import Limit


class Regime(StrEnum):
    """A way of trust first. An application under none goes the ordinary way (`ORDINARY`)."""

    POST_VERIFICATION = "post-verification"
    COMMITMENT = "commitment"
    TOLERANCE = "tolerance"


#: What `case.regime` says of a case under no regime.
ORDINARY = "ordinary"


class Missing(StrEnum):
    """What an application may lack."""

    NOTHING = "nothing"
    PROOF_OR_CONDITION = "proof-or-condition"
    SECONDARY_MATERIAL = "secondary-material"


class Effect(StrEnum):
    """When the decision takes effect."""

    AT_ONCE = "at-once"
    ON_CONFIRMATION = "on-confirmation"
    WHEN_COMPLETE = "when-complete"


class Verifier(StrEnum):
    """Who checks afterwards. Two officers are owed for what is substantive or on site (行政许可法 34)."""

    ONE_CLERK = "one-clerk"
    TWO_OFFICERS = "two-officers"


class Failure(StrEnum):
    """What comes of a check that fails, or of a date that passes. Nobody loses a permit unheard."""

    LAPSE = "lapse"
    RECTIFY_THEN_REVOKE = "rectify-then-revoke"
    DEEMED_WITHDRAWN = "deemed-withdrawn"


@dataclass(frozen=True, slots=True)
class RegimeTerms:
    """One row of the table. `documents` are kinds by what they are for."""

    regime: Regime
    name: Said
    promise: bool  #: a text is signed
    missing: Missing
    effect: Effect
    ends_clock: Clock  #: the clock that the decision ends
    delivery_from: str  #: the ten days of 行政许可法 44 run from: `decision` | `confirmation`
    verifier: Verifier
    visits: int | None  #: how many visits are asked for, exactly; None: none is asked for
    failure: Failure
    documents: Mapping[str, str]


_REVOKING = {"intended": "intended-revocation-notice", "revocation": "revocation-decision"}
REGIMES: Mapping[Regime, RegimeTerms] = MappingProxyType(
    {
        Regime.POST_VERIFICATION: RegimeTerms(
            regime=Regime.POST_VERIFICATION,
            name=Said("后置审核", "post-verification"),
            promise=False,
            missing=Missing.NOTHING,
            effect=Effect.ON_CONFIRMATION,
            ends_clock=Clock.DECISION,
            delivery_from="confirmation",
            verifier=Verifier.ONE_CLERK,
            visits=1,
            failure=Failure.LAPSE,
            documents=MappingProxyType(
                {"come": "post-verification-notice", "verification": "verification-record", **_REVOKING}
            ),
        ),
        Regime.COMMITMENT: RegimeTerms(
            regime=Regime.COMMITMENT,
            name=Said("告知承诺", "commitment"),
            promise=True,
            missing=Missing.PROOF_OR_CONDITION,
            effect=Effect.AT_ONCE,
            ends_clock=Clock.DECISION,
            delivery_from="decision",
            verifier=Verifier.TWO_OFFICERS,
            visits=None,
            failure=Failure.RECTIFY_THEN_REVOKE,
            documents=MappingProxyType(
                {
                    "promise": "commitment",
                    "verification": "verification-record",
                    "rectification": "rectification-notice",
                    **_REVOKING,
                }
            ),
        ),
        Regime.TOLERANCE: RegimeTerms(
            regime=Regime.TOLERANCE,
            name=Said("容缺受理", "tolerance"),
            promise=True,
            missing=Missing.SECONDARY_MATERIAL,
            effect=Effect.WHEN_COMPLETE,
            ends_clock=Clock.DECISION,
            delivery_from="decision",
            verifier=Verifier.ONE_CLERK,
            visits=None,
            failure=Failure.DEEMED_WITHDRAWN,
            documents=MappingProxyType({"promise": "tolerance-commitment"}),
        ),
    }
)

#: Credit grades, best first. An unknown one is none of them; `D` is the blacklist (严重失信) and never gets a regime.
GRADES = ("A", "B", "C", "D")
BLACKLISTED = "D"
#: Kinds of applicant, as `applicant.kind` says them.
APPLICANT_KINDS = ("person", "legal-person")
#: Fields in which trust first is closed unless an act opens it (国办发〔2020〕42号; 消防法 15; 国发〔2021〕7号).
FORBIDDEN_FIELDS = MappingProxyType(
    {
        "national-security": Said("国家安全", "national security"),
        "state-secrets": Said("国家秘密", "state secrets"),
        "public-safety": Said("公共安全", "public safety"),
        "financial-supervision": Said("金融业审慎监管", "prudential supervision of finance"),
        "environment": Said("生态环境保护", "protection of the environment"),
        "health-and-life": Said("直接关系人身健康、生命财产安全", "health, life and property"),
        "foreign-affairs": Said("重要涉外", "important foreign affairs"),
    }
)
NO_FIELDS: Mapping[str, str] = MappingProxyType({})
#: How many days before it runs out one is reminded of a verification or a date of supply.
REMIND = (5, 1)


class RegimeForbidden(ApprovalError):
    """An item of a forbidden field opens a regime without citing the act that allows it."""

    code = "regime-forbidden-field"
    status = 422
    zh = "事项“{item}”属于“{field_zh}”领域，“{regime_zh}”须注明依据哪部法律、法规可以实行（opens）。请补充后再发布。"
    en = (
        "Item “{item}” lies in the field of {field_en}: {regime_en} needs the act that opens it there (`opens`). "
        "State the act and article, then publish."
    )
    article = "国办发〔2020〕42号、行政许可法第十二条"


@dataclass(frozen=True, slots=True)
class Act:
    """An act and its article."""

    act: str
    article: str


@dataclass(frozen=True, slots=True)
class PromiseText:
    """The text that is signed, in one version."""

    version: int
    zh: str
    en: str

    @property
    def hash(self) -> str:
        """SHA-256 over version and both languages: what a signature is bound to."""
        return content_hash({"version": self.version, "zh": self.zh, "en": self.en})


@dataclass(frozen=True, slots=True)
class Span:
    """A limit as a regime states it: what the law or the act allows, and what is promised, in one unit."""

    unit: str
    legal: int | None = None
    promised: int | None = None

    @property
    def limit(self) -> Limit:
        """What is to be kept: the promise, or else the legal one."""
        return Limit(self.promised or self.legal or 0, self.unit)

    @property
    def days(self) -> dict[str, Any]:
        """As a node's `ow:timeLimit` says it."""
        return {"legal": self.legal, "promised": self.promised, "unit": self.unit}


@dataclass(frozen=True, slots=True)
class RegimeRule:
    """By which rules an item opens a regime: for whom, for which materials, with which limits, by which act."""

    regime: Regime
    basis: Act
    grades: tuple[str, ...] = ("A", "B")
    applicants: tuple[str, ...] = APPLICANT_KINDS
    regions: tuple[str, ...] | None = None  #: where it is open, with everything below; None: everywhere
    materials: tuple[str, ...] = ()
    text: PromiseText | None = None
    verification: Span | None = None
    rectification: Span | None = None
    tolerance: Span | None = None  #: how long a missing material may be tolerated, from acceptance
    remind: tuple[int, ...] = REMIND
    field: str | None = None  #: one of FORBIDDEN_FIELDS
    opens: Act | None = None  #: the act that opens the regime in that field
    public_safety: bool = False  #: articles 78 and 79 bar re-application for the licence

    @property
    def terms(self) -> RegimeTerms:
        """What the regime means."""
        return REGIMES[self.regime]


def read_regimes(data: Any, materials: Set[str]) -> tuple[RegimeRule, ...]:
    """The rules that a JSON list states; `materials` are the codes of the item's materials.

    Raises:
        ItemInvalid: a field is missing, unknown or wrong, or a regime stands there twice.
    """
    found = tuple(
        _rule(one, f"regimes[{n}]", materials) for n, one in enumerate(typed(data if data else [], list, "regimes"))
    )
    if len({one.regime for one in found}) < len(found):
        raise wrong("regimes", "同一方式只能写一次", "a regime stands there twice")
    return found


def _rule(data: Any, path: str, materials: Set[str]) -> RegimeRule:
    given = object_of(data, path, RegimeRule)
    regime = Regime(one_of(given, "regime", tuple(Regime), path))
    rule = RegimeRule(
        regime=regime,
        basis=_act(given["basis"], f"{path}.basis"),
        grades=_some(given, "grades", path, GRADES[:-1], ("A", "B")),
        applicants=_some(given, "applicants", path, APPLICANT_KINDS, APPLICANT_KINDS),
        regions=None if given.get("regions") is None else words(given, "regions", path),
        materials=words(given, "materials", path, tuple(sorted(materials))),
        text=None if given.get("text") is None else _text(given["text"], f"{path}.text"),
        verification=_span(given, "verification", path),
        rectification=_span(given, "rectification", path),
        tolerance=_span(given, "tolerance", path),
        remind=_remind(given.get("remind", list(REMIND)), f"{path}.remind"),
        field=None if given.get("field") is None else one_of(given, "field", tuple(FORBIDDEN_FIELDS), path),
        opens=None if given.get("opens") is None else _act(given["opens"], f"{path}.opens"),
        public_safety=yes_or_no(given, "public_safety", path, False),
    )
    _check_needs(rule, path)
    return rule


def _check_needs(rule: RegimeRule, path: str) -> None:
    """What one regime needs and another may not have: three words for three things."""
    promise, tolerated = rule.terms.promise, rule.regime is Regime.TOLERANCE
    if promise and rule.text is None:
        raise wrong(f"{path}.text", "须有供签署的承诺文本", "it needs the text that is signed")
    if not promise and rule.text is not None:
        raise wrong(f"{path}.text", "该方式不签署承诺", "nothing is signed under this regime")
    if tolerated != (rule.tolerance is not None):
        raise wrong(f"{path}.tolerance", "容缺受理须写，其他方式不得写", "it belongs to tolerance, and to nothing else")
    if tolerated and not rule.materials:
        raise wrong(f"{path}.materials", "须列出可以容缺的次要材料", "list the secondary materials that may be late")
    if not tolerated and rule.verification is None:
        raise wrong(f"{path}.verification", "须有核查期限", "a check afterwards needs a limit")
    if rule.terms.failure is Failure.RECTIFY_THEN_REVOKE and rule.rectification is None:
        raise wrong(f"{path}.rectification", "须有整改期限", "a failed check needs a limit for rectification")


def _some(
    given: Mapping[str, Any], name: str, path: str, among: tuple[str, ...], default: tuple[str, ...]
) -> tuple[str, ...]:
    if name not in given:
        return default
    found = words(given, name, path, among)
    if not found:
        raise wrong(f"{path}.{name}", "至少填写一项", "it needs at least one entry")
    return found


def _act(data: Any, path: str) -> Act:
    given = object_of(data, path, Act)
    return Act(text_of(given, "act", path), text_of(given, "article", path))


def _text(data: Any, path: str) -> PromiseText:
    given = object_of(data, path, PromiseText)
    version = typed(given["version"], int, f"{path}.version")
    if version < 1:
        raise wrong(f"{path}.version", "版本从1开始", "versions begin with 1")
    return PromiseText(version, text_of(given, "zh", path), text_of(given, "en", path))


def _span(given: Mapping[str, Any], name: str, path: str) -> Span | None:
    if given.get(name) is None:
        return None
    where = f"{path}.{name}"
    row = object_of(given[name], where, Span)
    span = Span(text_of(row, "unit", where), row.get("legal"), row.get("promised"))
    stated = [one for one in (span.legal, span.promised) if one is not None]
    if not stated:
        raise wrong(where, "须填写legal或promised", "it takes legal, promised or both")
    try:
        for days in stated:
            Limit(days, span.unit)
    except LimitInvalid as bad:
        raise wrong(where, bad.sentence("zh"), bad.sentence("en")) from bad
    if span.legal is not None and span.promised is not None and span.promised > span.legal:
        raise wrong(f"{where}.promised", "承诺时限超过法定时限", "the promise is longer than the law allows")
    return span


def _remind(data: Any, path: str) -> tuple[int, ...]:
    days = tuple(typed(one, int, f"{path}[{n}]") for n, one in enumerate(typed(data, list, path)))
    if any(not 1 <= one <= 365 for one in days) or len(set(days)) < len(days):
        raise wrong(path, "须为1至365的不同整数", "it takes different whole numbers from 1 to 365")
    return tuple(sorted(days, reverse=True))


# -- what is told, what is refused, what a region may do


def refuse_forbidden(item: str, rules: tuple[RegimeRule, ...], formerly: Mapping[str, str] = NO_FIELDS) -> None:
    """Raise RegimeForbidden when a regime lies in a forbidden field and no act opens it there.

    `formerly` are the fields that published versions named, by regime: leaving the field out does not take an item out of it.
    """
    for n, rule in enumerate(rules):
        lies_in = rule.field or formerly.get(rule.regime)
        if lies_in is not None and rule.opens is None:
            area, name = FORBIDDEN_FIELDS[lies_in], rule.terms.name
            raise RegimeForbidden(
                item=item,
                field_zh=area.zh,
                field_en=area.en,
                regime_zh=name.zh,
                regime_en=name.en,
                fields={f"regimes[{n}].opens": ["须注明法律依据\tstate the act"]},
            )


def regime_view(rule: RegimeRule) -> dict[str, Any]:
    """A regime as everybody reads it in the guide."""
    terms = rule.terms
    return {
        "regime": rule.regime.value,
        "name": terms.name.zh,
        "name_en": terms.name.en,
        "grades": list(rule.grades),
        "applicants": list(rule.applicants),
        "regions": None if rule.regions is None else list(rule.regions),
        "materials": list(rule.materials),
        "basis": {"act": rule.basis.act, "article": rule.basis.article},
        "text": None
        if rule.text is None
        else {"version": rule.text.version, "zh": rule.text.zh, "en": rule.text.en, "hash": rule.text.hash},
        "verification": None if rule.verification is None else rule.verification.days,
        "rectification": None if rule.rectification is None else rule.rectification.days,
        "tolerance": None if rule.tolerance is None else rule.tolerance.days,
        "remind": list(rule.remind),
        "field": rule.field,
        "opens": None if rule.opens is None else {"act": rule.opens.act, "article": rule.opens.article},
        "public_safety": rule.public_safety,
        "promise": terms.promise,
        "missing": terms.missing.value,
        "effect": terms.effect.value,
        "delivery_from": terms.delivery_from,
        "visits": terms.visits,
        "failure": terms.failure.value,
    }


@dataclass(frozen=True, slots=True)
class RegimeOverride:
    """What a region makes of a regime: off, or narrower. None: as in the standard."""

    regime: Regime
    off: bool = False
    grades: tuple[str, ...] | None = None
    applicants: tuple[str, ...] | None = None
    materials: tuple[str, ...] | None = None


def read_override(data: Any, path: str) -> RegimeOverride:
    """A region's word on a regime. Raises ItemInvalid."""
    given = object_of(data, path, RegimeOverride)

    def narrowed(name: str) -> tuple[str, ...] | None:
        return None if given.get(name) is None else words(given, name, path)

    return RegimeOverride(
        Regime(one_of(given, "regime", tuple(Regime), path)),
        yes_or_no(given, "off", path, False),
        narrowed("grades"),
        narrowed("applicants"),
        narrowed("materials"),
    )


def widened(rules: tuple[RegimeRule, ...], given: tuple[RegimeOverride, ...]) -> Iterator[tuple[str, str, str]]:
    """Where a region opens more than the standard: the path, and the sentence in Chinese and in English."""
    standard = {one.regime: one for one in rules}
    for n, mine in enumerate(given):
        rule, name = standard.get(mine.regime), REGIMES[mine.regime].name
        if rule is None:
            yield f"regimes[{n}]", f"标准没有开通“{name.zh}”。", f"The standard does not open {name.en}."
            continue
        for field in ("grades", "applicants", "materials"):
            more = sorted(set(getattr(mine, field) or ()) - set(getattr(rule, field)))
            if more:
                told = "、".join(more), ", ".join(more)
                yield (
                    f"regimes[{n}].{field}",
                    f"“{name.zh}”超出标准：{told[0]}。",
                    f"{name.en} goes beyond the standard: {told[1]}.",
                )


_DEFAULTS: Mapping[str, tuple[str, ...]] = {"grades": ("A", "B"), "applicants": APPLICANT_KINDS, "materials": ()}


def narrowed_data(
    data: list[dict[str, Any]], given: tuple[RegimeOverride, ...], materials: Set[str]
) -> list[dict[str, Any]]:
    """The item's regimes as a region has them; what it dropped of the materials drops here, too."""
    mine = {one.regime.value: one for one in given}
    kept = []
    for rule in data:
        override = mine.get(rule["regime"])
        narrower = dict(rule)
        if "materials" in rule:
            narrower["materials"] = [one for one in rule["materials"] if one in materials]
        if override is not None:
            for field in ("grades", "applicants", "materials"):
                wanted = getattr(override, field)
                if wanted is not None:
                    narrower[field] = [one for one in narrower.get(field, _DEFAULTS[field]) if one in wanted]
        if not (override is not None and override.off) and not _emptied(rule, narrower):
            kept.append(narrower)
    return kept


def _emptied(rule: Mapping[str, Any], narrower: Mapping[str, Any]) -> bool:
    """Whether narrowing left nothing: an empty list would read as the default, and open more than the standard."""
    return any(narrower.get(field) == [] and rule.get(field, default) != [] for field, default in _DEFAULTS.items())
