"""By which way a draft may go: chosen between looking it over and submitting it, never forced; the ordinary way is the default.

Trust goes by who somebody is: an identity that is only declared opens no way of trust first, and nobody's credit is shown for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.cases.house import House
from engine.cases.submit import IdentityNotConfirmed
from engine.catalogue.regimes import ORDINARY, REGIMES, Regime
from engine.clock import day_of
from engine.credit_first.admission import RegimeNotOpen
from engine.credit_first.consequences import load_standing
from engine.credit_first.credit import Heard
from engine.credit_first.credit_office import offered_in
from engine.credit_first.eligibility import eligibility
from engine.errors import not_one_of
from engine.organization.accounts import Account
from engine.organization.permissions import Permission
from engine.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Choice:
    """A way of trust first that is chosen, with what a source outside said before this transaction."""

    regime: Regime
    heard: Heard | None
    unrecorded: str | None

    @property
    def signs(self) -> bool:
        """Whether its text is signed once the case is there."""
        return REGIMES[self.regime].promise


def regime_in(said: str | None) -> Regime | None:
    """The way that somebody names; None for the ordinary one. Raises Invalid."""
    if said in (None, "", ORDINARY):
        return None
    if said not in list(Regime):
        raise not_one_of("regime", (ORDINARY, *Regime))
    return Regime(str(said))


def check_choice(
    house: House, uow: UnitOfWork, choice: Choice, item: str, region: str, account: Account
) -> tuple[str, ...]:
    """The materials that the chosen way does without: they need not be in the draft.

    Raises IdentityNotConfirmed, RegimeNotOpen: with each reason why not.
    """
    if account.proven_number is None:
        raise IdentityNotConfirmed(permission=Permission.CASE_SUBMIT)
    if not choice.signs:  # judged, with its snapshot, as any submission is
        return ()
    today = day_of(uow.tell_time())
    standard, offered, path = offered_in(house, uow, item, region, today)
    known = load_standing(uow, account.applicant, choice.heard, choice.unrecorded)
    verdict = eligibility(choice.regime, standard, offered, path, known, today)
    if not verdict.allowed or verdict.rule is None:
        raise RegimeNotOpen(verdict)
    return verdict.rule.materials


def ways_view(judged: Mapping[str, Any], account: Account, problems: Mapping[str, Any]) -> dict[str, Any]:
    """The ways of a draft's item, each with whether it is open, why not, and whether the draft is whole for it."""
    declared = account.proven_number is None
    ways = []
    for way in judged["regimes"]:
        if any(one["code"] == "regime-not-offered" for one in way["reasons"]):
            continue
        closed = [*way["reasons"]]
        if declared:
            closed.append(
                {
                    "code": IdentityNotConfirmed.code,
                    "reason": IdentityNotConfirmed.zh,
                    "reason_en": IdentityNotConfirmed.en,
                }
            )
        excused = way["terms"]["materials"] if way["terms"] and REGIMES[Regime(way["regime"])].promise else ()
        left = set(problems) - {f"materials.{code}" for code in excused}
        signs = REGIMES[Regime(way["regime"])].promise
        ways.append(way | {"allowed": not closed, "reasons": closed, "signs": signs, "ready": not closed and not left})
    return {"ordinary": judged["ordinary"], "ways": ways}
