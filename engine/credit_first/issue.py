"""先予决定: what a decision that comes before its check leaves behind, in the very step that decides.

The permit with its status, the verification that is owed, what was presumed, and the limit within which it must be made; its
process is started by a job. The approval itself ends, and its tree stays small.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.bpmn.step import Linked
from engine.cases.apply_step import StepDraft
from engine.cases.record import spell
from engine.cases.step_documents import chinese_day, deciding_department, plan_document
from engine.cases.step_limits import CASE_OWNER
from engine.catalogue.items import Material
from engine.catalogue.regimes import REGIMES, Regime, RegimeRule, RegimeTerms, Verifier
from engine.credit_first.permits import GRANTED, RESULTS, issue_permit, seq_here
from engine.credit_first.states import AT_ISSUE, Permit, State
from engine.store.base import new_id
from engine.timelimits.ledger import Clock

NOTHING_TO_BRING = "无须携带材料原件，凭本告知书到窗口核验"
_HELD = (
    "SELECT DISTINCT ON (code) code, number, trust FROM materials WHERE case_id = %s AND state <> 'rejected' "
    "ORDER BY code, number DESC"
)


def rule_of(draft: StepDraft, regime: str) -> RegimeRule | None:
    """How the item opens this regime, as the case's region has it; None where it does not (any more)."""
    return next((rule for rule in draft.live.item.regimes if rule.regime == regime), None)


def issue(draft: StepDraft, linked: Linked) -> None:
    """A decision was made before its check: write down the permit, the verification that is owed, and its limit."""
    regime, rule = Regime(linked.regime), rule_of(draft, linked.regime)
    terms, case = REGIMES[regime], draft.case
    issue_permit(draft, regime, AT_ISSUE[regime])
    limit = _limit(draft, linked, rule)
    ground = f"{rule.basis.act}{rule.basis.article}" if rule else ""
    ledger = draft.start_limits(CASE_OWNER, Clock.VERIFICATION, limit, case.now, ground=ground)
    (held,) = draft.uow.read((_HELD, (case.id,)))
    which = new_id()
    facts: dict[str, Any] = {"verification": str(which), "regime": regime, "process": linked.process}
    facts |= {"visits_asked": terms.visits or 0, "officers": 2 if terms.verifier is Verifier.TWO_OFFICERS else 1}
    facts["presumed"] = presumed(draft.live.item.materials, rule, held)
    draft.entries.append(draft.entry("verification.opened", {**facts, "ledger": ledger}, linked.node))
    draft.progress["issued"] = {"regime": regime, "status": AT_ISSUE[regime], "visits": facts["visits_asked"]}
    draft.progress["issued"]["decision"] = linked.decision
    row = {"case_id": str(case.id), "id": str(which), "seq": seq_here(draft), "linked_case_id": None}
    row |= {"node": linked.node, "process": linked.process, "regime": regime, "state": State.OPEN}
    row |= {name: facts[name] for name in ("presumed", "visits_asked", "officers")}
    row |= {"item": case.item, "region_code": case.region_code, "opened_at": spell(case.now), "closed_at": None}
    draft.uow.insert("verifications", [row | {"reminded": [], "look_at": spell(case.now)}])
    draft.uow.job("open_linked_case", {"what": "verification", "which": str(which)})
    _tell(draft, linked, terms, facts["presumed"])


def _tell(draft: StepDraft, linked: Linked, terms: RegimeTerms, presumed: Sequence[Mapping[str, Any]]) -> None:
    """后置审核告知书: until when to come, once, and with which originals."""
    kind = terms.documents.get("come")
    if kind is None:
        return
    mine = {key.kind: one for key, one in draft.ledgers.items() if key.clock == Clock.VERIFICATION}
    ledger = mine.get("promised") or mine.get("legal")
    come_by = chinese_day(ledger.stands(draft.case.now).due_date) if ledger else ""
    items = [str(one["name"]) for one in presumed] or [NOTHING_TO_BRING]
    plan_document(
        draft, kind, deciding_department(draft, linked.decision), {"items": items, "come_by": come_by}, linked.node
    )


def presumed(
    materials: Iterable[Material], rule: RegimeRule | None, held: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """What is to be checked: the materials that the rule names, else those whose original nobody has seen (trust C)."""
    found = {row["code"]: row for row in held}
    named = rule.materials if rule else ()
    wanted = [one for one in materials if (one.code in named if named else _unseen(one, found.get(one.code)))]
    return [
        {"code": one.code, "name": one.name, "name_en": one.name_en}
        | {"material": found[one.code]["number"] if one.code in found else None}
        | {"trust": found[one.code]["trust"] if one.code in found else one.trust}
        for one in wanted
    ]


def _unseen(material: Material, row: Mapping[str, Any] | None) -> bool:
    return bool((row["trust"] if row else material.trust) == "C" and (row or material.required))


def _limit(draft: StepDraft, linked: Linked, rule: RegimeRule | None) -> Mapping[str, Any]:
    """The verification's limit: the node's own, else the item's."""
    own = draft.live.compiled.nodes[linked.node].extension("timeLimit")
    if own:
        return own
    return rule.verification.days if rule and rule.verification else {}


def conclude_grant(draft: StepDraft) -> None:
    """A case that grants is about to be over: a pending decision says so, an ordinary one has its permit from now on."""
    if draft.result != GRANTED:
        return
    issued = draft.progress["issued"]
    if issued:
        draft.result = RESULTS[Permit(issued["status"])]
    else:
        issue_permit(draft, "ordinary", Permit.VALID)


def is_pending(draft: StepDraft) -> bool:
    """Whether what this case decides is not effective yet."""
    return bool(draft.progress["issued"].get("status") == Permit.PENDING)
