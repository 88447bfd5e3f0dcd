"""承诺: an applicant signs the text of a regime, and may take it back until the decision. Nobody is ever made to.

What is signed is kept whole: the text, its version and hash, when, by which channel, who, and under which mandate. The case's
lock decides between a withdrawal and a decision: whichever comes second finds the other done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from engine.bpmn.faults import MessageNotAwaited
from engine.bpmn.model import Process
from engine.cases.access import need
from engine.cases.apply_step import StepDraft
from engine.cases.house import House
from engine.cases.intake import check_applicant
from engine.cases.mandates import check_mandate, needs_mandate
from engine.cases.ownership import is_declared
from engine.cases.record import canonical
from engine.cases.states import CaseState
from engine.cases.step_documents import plan_document, window_department
from engine.cases.step_store import CaseRow, lock_case
from engine.cases.submit import CHANNELS, IdentityNotConfirmed, find_case
from engine.cases.tolerance import check_promise
from engine.cases.withdraw import is_decided
from engine.catalogue.regimes import ORDINARY, REGIMES, Regime, RegimeRule
from engine.clock import CST, day_of
from engine.credit_first.admission import DOWN, RegimeNotOpen, keep_snapshot, told
from engine.credit_first.consequences import load_standing
from engine.credit_first.credit import Heard
from engine.credit_first.eligibility import Verdict, eligibility
from engine.errors import ApprovalError, Conflict, Forbidden, Invalid, NotFound, not_one_of
from engine.organization.permissions import Permission, UseCase
from engine.organization.regions import path_up
from engine.unit_of_work import UnitOfWork

WITHDRAWN = "commitment-withdrawn"  #: the message that a diagram's boundary event waits for
_COMMITMENTS = "SELECT * FROM commitments WHERE case_id = %s ORDER BY number"
_SIGN = (
    "INSERT INTO commitments (case_id, number, seq, regime, text_version, text_hash, text, materials, supply_by, channel, "
    "signer, mandate, signed_by, signed_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
_WITHDRAW = "UPDATE commitments SET withdrawn_at = %s, withdrawn_by = %s WHERE case_id = %s AND number = %s"
_SET_REGIME = "UPDATE cases SET regime = %s WHERE id = %s"
_MANDATE = (
    "SELECT m.id, o.name AS agent FROM mandates m JOIN officers o ON o.id = m.agent WHERE m.id = %(id)s "
    "AND m.revoked_at IS NULL AND m.may_promise AND %(day)s BETWEEN m.first_day AND m.last_day "
    "AND (m.items IS NULL OR m.items @> to_jsonb(%(item)s::text)) "
    "AND (m.principal->>'credit_code' = %(credit_code)s OR m.principal->>'id_number' = %(id_number)s)"
)


@dataclass(frozen=True, slots=True)
class NewCommitment:
    """What is signed. `signer`: its name, and the mandate under which somebody signs for the applicant."""

    number: str
    regime: str
    text_version: int
    text_hash: str
    materials: tuple[str, ...] = ()
    channel: str = "window"
    signer: Mapping[str, Any] = field(default_factory=dict)
    supply_by: date | None = None


class CommitmentText(Conflict):
    """What was signed is not the text that holds. Params: version, hash."""

    code = "commitment-text-changed"
    zh = "承诺书文本已更新或者与公布的不一致，现行为第 {version} 版。请重新阅读后签署。"
    en = "The text is not the one that holds, which is version {version}: read it and sign that."


class SignerWithoutMandate(Forbidden):
    """Somebody signs for the applicant without a mandate that lets him promise."""

    code = "signer-without-mandate"
    zh = "“{signer}”不是申请人，也没有可以代为承诺的委托，不能签署。请由申请人本人签署，或者先登记含承诺权限的委托。"
    en = (
        "“{signer}” is not the applicant and has no mandate to promise: let the applicant sign, or record a mandate that "
        "includes promising."
    )


class CommitmentTooLate(Conflict):
    """The decision was made, or the case has gone on the ordinary way."""

    code = "commitment-too-late"
    zh = "办件 {number} {why_zh}，不能再签署承诺。"
    en = "Case {number} {why_en}: a promise can't be signed any more."


class CommitmentSigned(Conflict):
    """A way was chosen already."""

    code = "commitment-signed-already"
    zh = "办件 {number} 已按“{regime_zh}”办理，不能再签署。如需更改，请先撤回承诺。"
    en = "Case {number} goes by {regime_en} already. To change that, withdraw the promise first."


class CommitmentNotSigned(NotFound):
    """There is no promise that could be withdrawn."""


class WithdrawalTooLate(Conflict):
    """The decision was made: the promise binds. Params: number."""

    code = "commitment-withdrawal-too-late"
    zh = "办件 {number} {why_zh}，不能再撤回承诺。"
    en = "Case {number} {why_en}: the promise can't be withdrawn any more."


class CreditSourceDown(ApprovalError):
    """The credit source can't be asked, and silence is no good credit: it is recorded, and the case stays on the ordinary way."""

    code = DOWN
    status = 503
    zh = "信用信息来源暂时无法查询，已记录；办件 {number} 按普通方式办理，您可以稍后再次签署。"
    en = "The credit source can't be asked just now. This is recorded; case {number} goes the ordinary way, and you may sign later."


@dataclass(frozen=True, slots=True)
class Signing:
    """What signing needs from before the transaction: what the source outside said, and the grade of whom nothing is recorded."""

    heard: Heard | None
    unrecorded: str | None


def sign(house: House, uow: UnitOfWork, asked: NewCommitment, known: Signing) -> dict[str, Any]:
    """签署承诺: the case goes by the regime from now on.

    Raises:
        NotFound, Forbidden: no such case, or not the actor's to sign for.
        Invalid: a regime that signs nothing, a material that the rule does not name, no day of supply, an unknown channel.
        SupplyTooLate, ToleranceDemanded: what is promised can't come so late, or was asked for already.
        CommitmentText: version or hash is not that of the text that holds.
        IdentityNotConfirmed: the case is of an account whose number is only declared, whoever signs.
        SignerWithoutMandate, MandateMissing: whoever signs may not promise for the applicant.
        CommitmentTooLate, CommitmentSigned: it is decided, has gone on, or goes by a regime already.
        RegimeNotOpen: the item, the region or the applicant's credit does not allow it.
        CreditSourceDown: nothing but the silence of the source outside stands against it; `note_silence` then records it.
    """
    need(uow.actor, UseCase.COMMITMENT_SIGN)
    case = _locked(uow, asked.number)
    check_applicant(uow, case, UseCase.COMMITMENT_SIGN)
    regime = _regime(asked)
    if is_declared(uow, case.applicant):  # however one came to the case: by the account, its query code, or at a window
        raise IdentityNotConfirmed(permission=Permission.CASE_SUBMIT)
    draft = StepDraft.of(house, uow, case)
    _check_time(draft, regime)
    verdict, snapshot = _judge(house, uow, draft, regime, known)
    facts: dict[str, Any] = {"credit": told(snapshot, verdict)}
    seq = case.seq + 1
    if {one.code for one in verdict.reasons} == {DOWN}:
        raise CreditSourceDown(number=case.number)
    if not verdict.allowed:
        raise RegimeNotOpen(verdict)
    rule = verdict.rule
    assert rule is not None
    assert rule.text is not None
    _check_text(rule, asked)
    materials = _materials(rule, asked)
    check_promise(draft, rule, materials, asked.supply_by)
    signer = _signer(uow, case, asked)
    (rows,) = uow.read((_COMMITMENTS, (case.id,)))
    number = len(rows) + 1
    facts |= {
        "commitment": number,
        "regime": regime.value,
        "text_version": rule.text.version,
        "text_hash": rule.text.hash,
        "materials": list(materials),
        "supply_by": asked.supply_by.isoformat() if asked.supply_by else None,
        "channel": asked.channel,
        "mandate": signer["mandate"],
    }
    draft.case = replace(case, regime=regime.value)
    draft.entries.append(draft.entry("commitment.signed", facts, None, {"signer": canonical(signer)}))
    text = {"zh": rule.text.zh, "en": rule.text.en}
    values = (
        case.id,
        number,
        seq,
        regime.value,
        rule.text.version,
        rule.text.hash,
        Jsonb(text),
        Jsonb(list(materials)),
    )
    rest = (asked.supply_by, asked.channel, Jsonb(signer), signer["mandate"], uow.actor.id, case.now)
    uow.write(_SIGN, (*values, *rest))
    uow.write(_SET_REGIME, (regime.value, case.id))
    keep_snapshot(uow, case.id, seq, snapshot, verdict)
    if (
        regime is Regime.COMMITMENT
    ):  # a tolerance's becomes a document with the acceptance, which its day is counted from
        kind = rule.terms.documents["promise"]
        plan_document(draft, kind, window_department(draft), {"conditions": [rule.text.zh]})
    draft.store(None)
    return {
        "number": case.number,
        "regime": regime.value,
        "commitment": number,
        "text_version": rule.text.version,
        "text_hash": rule.text.hash,
        "materials": list(materials),
        "supply_by": facts["supply_by"],
        "channel": asked.channel,
        "signer": signer["name"],
        "signed_at": case.now.astimezone(CST).isoformat(timespec="seconds"),
    }


def note_silence(house: House, uow: UnitOfWork, asked: NewCommitment, known: Signing) -> None:
    """Record that the credit source could not be asked, so that the case stays on the ordinary way."""
    case = _locked(uow, asked.number)
    draft = StepDraft.of(house, uow, case)
    verdict, snapshot = _judge(house, uow, draft, _regime(asked), known)
    draft.entries.append(draft.entry("commitment.not-open", {"credit": told(snapshot, verdict)}))
    keep_snapshot(uow, case.id, case.seq + 1, snapshot, verdict)
    draft.store(None)


def withdraw_commitment(house: House, uow: UnitOfWork, number: str) -> dict[str, Any]:
    """撤回承诺: until the decision; the case goes on the ordinary way.

    Raises:
        NotFound, Forbidden: no such case, no promise in it, or not the actor's to withdraw.
        WithdrawalTooLate: it is decided, or has come so far on this way that the diagram knows none back.
    """
    need(uow.actor, UseCase.COMMITMENT_WITHDRAW)
    case = _locked(uow, number)
    check_applicant(uow, case, UseCase.COMMITMENT_WITHDRAW)
    (rows,) = uow.read((_COMMITMENTS, (case.id,)))
    signed = next((row for row in reversed(rows) if row["withdrawn_at"] is None), None)
    if signed is None:
        raise CommitmentNotSigned(what="commitment", id=number[:80])
    draft = StepDraft.of(house, uow, case)
    if why := _over(draft):
        raise WithdrawalTooLate(number=case.number, why_zh=why[0], why_en=why[1])
    draft.case = replace(case, regime=None)
    uow.write(_WITHDRAW, (case.now, uow.actor.id, case.id, signed["number"]))
    uow.write(_SET_REGIME, (None, case.id))
    draft.entries.append(draft.entry("commitment.withdrawn", {"commitment": signed["number"], "regime": ORDINARY}))
    _lead_back(draft)
    return {"number": case.number, "state": str(draft.state), "regime": ORDINARY, "commitment": signed["number"]}


def _lead_back(draft: StepDraft) -> None:
    """Tell the run, which leaves the regime's part where a boundary event waits for it; else its choice must still lie ahead."""
    case = draft.case
    if case.run is None:
        draft.store(None)
        return
    # No incident is made of a step that fails here: tried again, it would lead back without the promise being withdrawn.
    run = draft.resume()
    try:
        step = run.deliver(WITHDRAWN)
    except MessageNotAwaited:
        if not _choice_ahead(draft):
            why = ("已按承诺进入办理", "has gone on by the promise, and its process knows no way back")
            raise WithdrawalTooLate(number=case.number, why_zh=why[0], why_en=why[1]) from None
        draft.store(None)
        return
    draft.progress["idle"] = {}
    draft.follow(run, step)
    draft.store(run)


# -- what is asked of whom


def _locked(uow: UnitOfWork, number: str) -> CaseRow:
    case = lock_case(uow, find_case(uow, number))
    if case is None:
        raise NotFound(what="case", id=number[:80])
    return case


def _regime(asked: NewCommitment) -> Regime:
    signed = tuple(one.value for one in Regime if REGIMES[one].promise)
    if asked.regime not in signed:
        raise not_one_of("regime", signed)
    if asked.channel not in CHANNELS:
        raise not_one_of("channel", CHANNELS)
    return Regime(asked.regime)


def _check_time(draft: StepDraft, regime: Regime) -> None:
    """Until the decision, and as long as the choice of the way lies ahead; a tolerance before acceptance only."""
    case = draft.case
    if case.regime is not None:
        name = REGIMES[Regime(case.regime)].name
        raise CommitmentSigned(number=case.number, regime_zh=name.zh, regime_en=name.en)
    why = _over(draft)
    accepted = case.state not in (CaseState.SUBMITTED, CaseState.SUPPLEMENT)
    if why is None and accepted and (regime is Regime.TOLERANCE or not _choice_ahead(draft)):
        why = ("已受理并按普通方式办理", "is accepted and goes the ordinary way")
    if why is not None:
        raise CommitmentTooLate(number=case.number, why_zh=why[0], why_en=why[1])


def can_sign(draft: StepDraft, regime: Regime) -> bool:
    """Whether it is the time for signing this regime's text in this case."""
    if not REGIMES[regime].promise:
        return False
    try:
        _check_time(draft, regime)
    except Conflict:
        return False
    return True


def can_withdraw(draft: StepDraft) -> bool:
    """Whether there is a promise that has not come to bind yet."""
    regime = draft.case.regime
    return regime is not None and REGIMES[Regime(regime)].promise and _over(draft) is None


def _over(draft: StepDraft) -> tuple[str, str] | None:
    if draft.case.state == CaseState.CONCLUDED:
        return "已办结", "is concluded"
    return ("已作出决定", "is decided") if is_decided(draft) else None


def _choice_ahead(draft: StepDraft) -> bool:
    """Whether the diagram still comes to a choice by `case.regime`; a diagram without such a choice never goes past it."""
    process = draft.live.compiled.process
    if not choices(process):
        return True
    return bool(
        choices(process) & reached(process, {task.node for task in draft.case.tasks if task.state != "completed"})
    )


def choices(process: Process) -> set[str]:
    """The nodes from which a flow leaves whose condition reads `case.regime`."""
    return {str(flow.source) for flow in process.flows if "case.regime" in (flow.condition or "")}


def reached(process: Process, nodes: set[str]) -> set[str]:
    """The nodes that can be come to from others, into sub-processes and out of them."""
    scopes = {str(node.id): node.scope for node in process.nodes if node.id}
    seen, todo = set(nodes), list(nodes)
    while todo:
        name = todo.pop()
        after = [str(flow.target) for flow in process.flows if flow.source == name]
        after += [str(node.id) for node in process.nodes if node.attached_to == name]
        after += [str(node.id) for node in process.nodes if node.scope == name and node.tag == "startEvent"]
        after += [scopes[name]] if scopes.get(name) in scopes else []
        for one in after:
            if one not in seen:
                seen.add(one)
                todo.append(one)
    return seen


def _judge(house: House, uow: UnitOfWork, draft: StepDraft, regime: Regime, known: Signing) -> tuple[Verdict, Any]:
    """What the case's own offer, its region and the applicant's credit say today."""
    case, offered = draft.case, draft.live.item
    path = [one.code for one in path_up(draft.directory.regions, case.region_code)]
    snapshot = load_standing(uow, case.applicant, known.heard, known.unrecorded)
    (rows,) = uow.read(("SELECT catalogue_version AS v FROM platform", None))
    version = house.catalogue(uow, rows[0]["v"]).current(case.item, day_of(case.now))
    standard = version.content if version is not None else offered
    # What the case was submitted under holds; the standard only tells an item that forbids it from a region that does.
    return eligibility(regime, standard, offered, path, snapshot, day_of(case.now)), snapshot


def _check_text(rule: RegimeRule, asked: NewCommitment) -> None:
    assert rule.text is not None
    if (asked.text_version, asked.text_hash) != (rule.text.version, rule.text.hash):
        raise CommitmentText(version=rule.text.version, hash=rule.text.hash)


def _materials(rule: RegimeRule, asked: NewCommitment) -> tuple[str, ...]:
    unknown = [code for code in asked.materials if code not in rule.materials]
    if unknown or len(set(asked.materials)) < len(asked.materials):
        listed = "、".join(rule.materials), ", ".join(rule.materials) or "none"
        said = f"只能为：{listed[0]}，每项一次\ttakes only: {listed[1]}, each once"
        raise Invalid(detail="materials", fields={"materials": [said]})
    tolerated = rule.regime is Regime.TOLERANCE
    if tolerated and not asked.materials:
        raise Invalid(detail="materials", fields={"materials": ["请选择容缺的材料\tsay which material comes later"]})
    if tolerated != (asked.supply_by is not None):
        said = "容缺受理须写明补交日期，其他方式不写\tbelongs to tolerance, which needs it"
        raise Invalid(detail="supply_by", fields={"supply_by": [said]})
    return asked.materials or rule.materials


def _signer(uow: UnitOfWork, case: CaseRow, asked: NewCommitment) -> dict[str, Any]:
    """Who signs: the applicant in person (or the legal representative), or somebody with a mandate to promise."""
    name = str(asked.signer.get("name") or "").strip()
    mandate = str(asked.signer.get("mandate") or "").strip()
    today = day_of(case.now)
    if needs_mandate(uow.actor):
        found = check_mandate(uow, case.applicant, case.item, today, promise=True)
        return {"name": name or uow.actor.name, "as": "agent", "mandate": found}
    if mandate:
        agent = _mandated(uow, case, mandate, today)
        if agent is None or (name and name != agent):
            raise SignerWithoutMandate(permission="mandate", signer=(name or mandate)[:80])
        return {"name": agent, "as": "agent", "mandate": mandate}
    own = str(case.applicant.get("name") or "").strip()
    head = str(case.applicant.get("legal_representative") or "").strip()
    if name and name not in (own, head):
        raise SignerWithoutMandate(permission="mandate", signer=name[:80])
    return {
        "name": name or own,
        "as": "legal-representative" if name and name == head != own else "applicant",
        "mandate": None,
    }


def _mandated(uow: UnitOfWork, case: CaseRow, mandate: str, today: date) -> str | None:
    try:
        number = UUID(mandate)
    except ValueError:
        return None
    known = {name: case.applicant.get(name) or None for name in ("credit_code", "id_number")}
    (rows,) = uow.read((_MANDATE, {"id": number, "day": today, "item": case.item} | known))
    return str(rows[0]["agent"]) if rows else None


# -- how it is shown


def commitment_view(row: Mapping[str, Any]) -> dict[str, Any]:
    """A promise as answers and pages have it."""
    name = REGIMES[Regime(row["regime"])].name
    return {
        "commitment": row["number"],
        "regime": row["regime"],
        "name": name.zh,
        "name_en": name.en,
        "text_version": row["text_version"],
        "text_hash": row["text_hash"],
        "text": row["text"]["zh"],
        "text_en": row["text"]["en"],
        "materials": row["materials"],
        "supply_by": row["supply_by"].isoformat() if row["supply_by"] else None,
        "channel": row["channel"],
        "signer": row["signer"]["name"],
        "mandate": row["mandate"],
        "signed_at": row["signed_at"].astimezone(CST).isoformat(timespec="seconds"),
        "withdrawn_at": row["withdrawn_at"].astimezone(CST).isoformat(timespec="seconds")
        if row["withdrawn_at"]
        else None,
    }


def commitments_of(uow: UnitOfWork, case_id: UUID) -> list[dict[str, Any]]:
    """Every promise of a case, in the order of signing."""
    (rows,) = uow.read((_COMMITMENTS, (case_id,)))
    return [commitment_view(row) for row in rows]
