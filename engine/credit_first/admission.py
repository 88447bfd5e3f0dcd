"""Before an application becomes a case: the law's bars, and whether the way that the applicant chooses is open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from engine.cases.admission import Admitted, Asked
from engine.catalogue.items import ServiceItem
from engine.catalogue.regimes import ORDINARY, REGIMES, Regime
from engine.clock import day_of
from engine.credit_first.consequences import load_standing, record_view
from engine.credit_first.credit import Standing
from engine.credit_first.eligibility import Verdict, bar_of, bar_reason, eligibility
from engine.errors import ApprovalError, Invalid, not_one_of
from engine.organization.directory import Directory
from engine.organization.regions import path_up
from engine.unit_of_work import UnitOfWork

#: A source that is down is no reason to refuse the application, and no reason to trust either.
DOWN = "credit-source-down"


class ReapplicationBarred(ApprovalError):
    """The law bars this applicant from applying for this licence again for now. Params: until, article_zh."""

    code = "reapplication-barred"
    status = 403
    zh = "{reason_zh}如有异议，可以提出申诉。"
    en = "{reason_en} An objection may be raised against the record."
    article = "行政许可法第七十八条、第七十九条"


class RegimeNotOpen(Invalid):
    """The way that is chosen is not open to this applicant. Params: regime, reasons."""

    code = "regime-not-open"
    zh = "不能采用“{regime_zh}”：{reasons_zh}"
    en = "{regime_en} is not possible: {reasons_en}"

    def __init__(self, verdict: Verdict) -> None:
        name = REGIMES[verdict.regime].name
        super().__init__(
            regime=verdict.regime.value,
            regime_zh=name.zh,
            regime_en=name.en.capitalize(),
            reasons_zh="".join(one.zh for one in verdict.reasons),
            reasons_en=" ".join(one.en for one in verdict.reasons),
            reasons=[one.as_data() for one in verdict.reasons],
            fields={"regime": [f"{one.zh}\t{one.en}" for one in verdict.reasons]},
        )


class RegimeIsSigned(Invalid):
    """A way that needs a promise begins with signing it, not with the application."""

    code = "regime-is-signed"
    zh = "“{regime_zh}”须签署承诺：请先提交申请，再签署承诺书。"
    en = "{regime_en} needs a signed promise: submit the application first, then sign the text."


class CreditAdmission:
    """The real admission: `unrecorded` is the grade of whom the local register knows nothing of."""

    def __init__(self, unrecorded: str | None) -> None:
        self.unrecorded = unrecorded

    def admit(
        self, uow: UnitOfWork, asked: Asked, standard: ServiceItem, offered: ServiceItem, directory: Directory
    ) -> Admitted:
        """Raises ReapplicationBarred, RegimeNotOpen, RegimeIsSigned, Invalid."""
        regime = chosen(asked.regime)
        known = load_standing(uow, asked.applicant, asked.heard, self.unrecorded)
        today = day_of(uow.now)
        bar = bar_of(known.records, asked.item, today)
        if bar is not None:
            reason = bar_reason(bar)
            raise ReapplicationBarred(
                reason_zh=reason.zh, reason_en=reason.en, until=str(bar.barred_until), reasons=[reason.as_data()]
            )
        if regime is None:
            return Admitted()
        path = [one.code for one in path_up(directory.regions, asked.region)]
        verdict = eligibility(regime, standard, offered, path, known, today)
        if not verdict.allowed and {one.code for one in verdict.reasons} != {DOWN}:
            raise RegimeNotOpen(verdict)
        facts = {"regime": regime.value if verdict.allowed else ORDINARY, "credit": told(known, verdict)}

        def keep(uow: UnitOfWork, case_id: UUID, seq: int) -> None:
            keep_snapshot(uow, case_id, seq, known, verdict)

        return Admitted(regime.value if verdict.allowed else None, facts, keep)


def chosen(regime: str | None) -> Regime | None:
    """The way that an application chooses. Raises Invalid, RegimeIsSigned."""
    if regime in (None, ORDINARY):
        return None
    if regime not in list(Regime):
        raise not_one_of("regime", (ORDINARY, *Regime))
    found = Regime(str(regime))
    if REGIMES[found].promise:
        name = REGIMES[found].name
        said = "须先提交申请，再签署承诺\tis signed after the application"
        raise RegimeIsSigned(
            detail="regime", regime_zh=name.zh, regime_en=name.en.capitalize(), fields={"regime": [said]}
        )
    return found


# -- what a decision knew


def told(known: Standing, verdict: Verdict) -> dict[str, Any]:
    """What the record of a case says of the credit that a way was chosen by."""
    return {
        "asked_for": verdict.regime.value,
        "grade": known.grade,
        "source": known.source,
        "trouble": known.trouble,
        "allowed": verdict.allowed,
        "reasons": [one.code for one in verdict.reasons],
        "records": [one.id for one in known.records],
    }


def keep_snapshot(uow: UnitOfWork, case_id: UUID, seq: int, known: Standing, verdict: Verdict) -> None:
    """Store with the case what was known, and what came of it; `seq` is the entry of the record that says so."""
    today = day_of(uow.now)
    records: list[Mapping[str, Any]] = [record_view(one, today) for one in known.records]
    values = (case_id, seq, verdict.regime.value, known.subject, known.grade, known.source, known.asked_at)
    rest = (known.trouble, Jsonb(records), verdict.allowed, Jsonb([one.as_data() for one in verdict.reasons]))
    uow.write(_KEEP, (*values, *rest))


_KEEP = (
    "INSERT INTO credit_snapshots (case_id, seq, regime, subject, grade, source, asked_at, trouble, records, allowed, reasons) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
