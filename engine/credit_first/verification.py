"""核验: what an officer found, material by material, and what it comes to: confirmed, to be rectified, or to be revoked.

One clerk compares originals; where the check is substantive or on site, two different officers sign the same finding (行政许可法
34), the first one's word waiting for the second's. Nobody who decided the case verifies it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from engine.cases.access import check_task, is_platform, permit, place_of
from engine.cases.apply_step import StepDraft
from engine.cases.complete_task import Completion, complete_draft
from engine.cases.house import House
from engine.cases.record import canonical, spell
from engine.cases.step_store import CaseRow, TaskRow, lock_case
from engine.credit_first.course import Moved, apply, begin_revocation, lock_verification
from engine.credit_first.errors import (
    FindingsDiffer,
    MaterialNotPresumed,
    SecondOfficerNeeded,
    VerificationNotOpen,
    VerifierDecided,
    required,
)
from engine.credit_first.permits import seq_here
from engine.credit_first.states import STATE_NAMES, Event, State, VerificationStateConflict
from engine.errors import Invalid, NotFound, not_one_of
from engine.organization.permissions import UseCase
from engine.store.base import new_id
from engine.unit_of_work import UnitOfWork

MATCH, DIFFERS, FALSE = "match", "differs-correctable", "false"
VERDICTS = (MATCH, DIFFERS, FALSE)
RESULTS = (str(Event.CONFIRM), str(Event.RECTIFY), str(Event.FAIL))
MOST_NOTE = 4000
#: What the worst material of all makes of it.
_BY_VERDICT = {MATCH: RESULTS[0], DIFFERS: RESULTS[1], FALSE: RESULTS[2]}
_FINDINGS = (
    "SELECT f.*, o.name FROM verification_findings f LEFT JOIN officers o ON o.id = f.officer_id "
    "WHERE f.case_id = %s AND f.round = %s ORDER BY f.seq"
)
_DECIDERS = (
    "SELECT DISTINCT closed_by FROM tasks WHERE case_id = %s AND kind = 'officer' AND closed_by IS NOT NULL "
    "AND (outcome IN ('granted', 'denied') OR node = ANY(%s))"
)
_CONCERNED = "SELECT DISTINCT department_id FROM tasks WHERE case_id IN (%s, %s) AND kind = 'officer'"
_COMPARED = "UPDATE materials SET trust = 'B', state = 'approved' WHERE case_id = %s AND number = %s"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one material."""

    code: str
    verdict: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What an officer says of a verification. Without `result`, it is what the materials come to."""

    verification: UUID
    findings: tuple[Finding, ...] = ()
    result: str | None = None
    note: str = ""
    ground: str | None = None  #: of a revocation, where one is intended
    late_reason: str = ""


def arguments_of(asked: Result) -> dict[str, Any]:
    """What was asked, as an incident keeps it."""
    return {**asdict(asked), "verification": str(asked.verification)}


def result_of(arguments: Mapping[str, Any]) -> Result:
    """What was asked, from what an incident has kept."""
    said = {name: arguments[name] for name in ("result", "note", "ground", "late_reason")}
    findings = tuple(Finding(**one) for one in arguments["findings"])
    return Result(UUID(arguments["verification"]), findings, **said)


def record_result(house: House, uow: UnitOfWork, asked: Result) -> dict[str, Any]:
    """Record what an officer found; when all who are owed have signed, it takes its effect.

    Raises:
        NotFound, Forbidden: not there, or another department's.
        VerificationNotOpen, VerificationStateConflict: its task is not open (yet, or any more).
        VerifierDecided, SecondOfficerNeeded, FindingsDiffer, MaterialNotPresumed, Invalid: it can't be said by this officer, or so.
    """
    case, verification = lock_both(uow, asked.verification)
    draft = StepDraft.of(house, uow, case)
    task = check_task_of(draft)
    _permitted(uow, case, verification, task)
    if task is None or verification["state"] not in (State.OPEN, State.RECHECKING):
        raise _closed(case, verification)
    _not_the_decider(house, uow, verification)
    result = what_it_comes_to(asked, verification)
    signed = _signed(uow, case, verification, asked, result)
    _record(draft, verification, task, asked, result)
    draft.document_facts |= _papers(draft, verification, asked, signed)
    if len(signed) + 1 < verification["officers"]:
        draft.store(None)
        return {"id": str(verification["id"]), "state": verification["state"], "result": result} | {
            "signatures": 1,
            "officers": verification["officers"],
        }
    return _settle(house, uow, draft, verification, task, asked, result)


def lock_both(uow: UnitOfWork, which: UUID) -> tuple[CaseRow, dict[str, Any]]:
    """The linked case and its verification, locked in this order. Raises NotFound, VerificationNotOpen."""
    (rows,) = uow.read((_WHERE, (which,)))
    if not rows:
        raise NotFound(what="verification", id=which)
    if rows[0]["linked_case_id"] is None:
        raise VerificationNotOpen(number=rows[0]["number"])
    case = lock_case(uow, rows[0]["linked_case_id"])
    assert case is not None
    return case, lock_verification(uow, which)


_WHERE = "SELECT v.linked_case_id, c.number FROM verifications v JOIN cases c ON c.id = v.case_id WHERE v.id = %s"


def check_task_of(draft: StepDraft) -> TaskRow | None:
    """The open task at which the check is recorded: an officer's that may end with `confirmed`."""
    return next((task for task in draft.case.tasks if is_check(draft, task)), None)


def is_check(draft: StepDraft, task: TaskRow) -> bool:
    """Whether a task of a linked case is the check itself."""
    values = (draft.live.compiled.nodes[task.node].extension("outcomes") or {}).get("values") or {}
    return task.kind == "officer" and task.state in ("open", "claimed") and RESULTS[0] in values


def _permitted(uow: UnitOfWork, case: CaseRow, verification: Mapping[str, Any], task: TaskRow | None) -> None:
    if task is not None:
        check_task(uow.actor, task, case.region_code, str(verification["id"]), UseCase.VERIFICATION_RESULT)
    elif not is_platform(uow.actor):
        (rows,) = uow.read((_CONCERNED, (case.id, verification["case_id"])))
        own = any(uow.actor.works_in(row["department_id"]) for row in rows)
        place = place_of(uow.actor, case.region_code, own)
        permit(uow.actor, UseCase.VERIFICATION_LIST, place, "verification", str(verification["id"]))


def _closed(case: CaseRow, verification: Mapping[str, Any]) -> Exception:
    if verification["state"] in (State.OPEN, State.RECHECKING):
        return VerificationNotOpen(number=case.number)
    zh, en = STATE_NAMES[verification["state"]]
    return VerificationStateConflict(state=verification["state"], state_zh=zh, state_en=en)


def deciders(uow: UnitOfWork, verification: Mapping[str, Any], named: Iterable[str | None]) -> set[str]:
    """Who decided the approval: at the task that the diagram or the item names, or by an outcome that grants or denies."""
    (rows,) = uow.read((_DECIDERS, (verification["case_id"], [one for one in named if one])))
    return {row["closed_by"] for row in rows}


def _not_the_decider(house: House, uow: UnitOfWork, verification: Mapping[str, Any]) -> None:
    ((row,),) = uow.read((_APPROVAL, (verification["case_id"],)))
    live = house.definition(uow, row["definition_id"], row["offer_id"])
    named = (live.item.intake.decided_at, (row["progress"].get("issued") or {}).get("decision"))
    if uow.actor.id in deciders(uow, verification, named):
        raise VerifierDecided(number=row["number"])


_APPROVAL = "SELECT number, definition_id, offer_id, progress FROM cases WHERE id = %s"


def what_it_comes_to(asked: Result, verification: Mapping[str, Any]) -> str:
    """The result of what was found: pure. Raises MaterialNotPresumed, Invalid."""
    codes = {one["code"] for one in verification["presumed"]}
    for n, one in enumerate(asked.findings):
        if one.verdict not in VERDICTS:
            raise not_one_of(f"materials.{n}.verdict", VERDICTS)
        if one.code not in codes:
            raise MaterialNotPresumed(material=one.code[:80], fields={f"materials.{n}.code": [one.code[:80]]})
    given = [one.code for one in asked.findings]
    if missing := sorted(codes - set(given)):
        raise required(*(f"materials.{code}" for code in missing))
    if len(set(given)) < len(given):
        twice = "同一材料只能核对一次\tstands there twice"
        raise Invalid(detail="materials", fields={"materials": [twice]})
    return _said(asked, verification)


def _said(asked: Result, verification: Mapping[str, Any]) -> str:
    found = max((VERDICTS.index(one.verdict) for one in asked.findings), default=None)
    derived = None if found is None else _BY_VERDICT[VERDICTS[found]]
    if derived == RESULTS[1] and verification["state"] == State.RECHECKING:
        derived = RESULTS[2]  # what was not put right in time is not put right
    result = asked.result or derived
    if result is None:
        raise required("result")
    allowed = RESULTS if verification["state"] == State.OPEN else (RESULTS[0], RESULTS[2])
    if result not in allowed:
        raise not_one_of("result", allowed)
    if derived is not None and RESULTS.index(result) < RESULTS.index(derived):
        said = f"与逐项核对结果不符，应为 {derived}\tthe materials come to {derived}"
        raise Invalid(detail="result", fields={"result": [said]})
    if result != RESULTS[0] and not (asked.note.strip() or any(one.note.strip() for one in asked.findings)):
        said = "不一致时必填，请写明何处不符、如何更正\tsay what differs and how to mend it"
        raise Invalid(detail="note", fields={"note": [said]})
    if len(asked.note) > MOST_NOTE:
        raise Invalid(detail=f"note: ≤ {MOST_NOTE}", fields={"note": [f"at most {MOST_NOTE} characters"]})
    return result


def round_of(verification: Mapping[str, Any]) -> int:
    """The how-manieth check it is."""
    return 2 if verification["state"] == State.RECHECKING else 1


def _signed(
    uow: UnitOfWork, case: CaseRow, verification: Mapping[str, Any], asked: Result, result: str
) -> Sequence[Mapping[str, Any]]:
    """What others have signed of this round, the latest of each. Raises SecondOfficerNeeded, FindingsDiffer."""
    if verification["officers"] < 2:
        return ()
    (rows,) = uow.read((_FINDINGS, (case.id, round_of(verification))))
    latest = {row["officer_id"]: row for row in rows}
    said = {one.code: one.verdict for one in asked.findings}
    mine = latest.pop(uow.actor.id, None)
    if mine is not None and not latest and _same(mine, result, said):
        raise SecondOfficerNeeded()
    for row in latest.values():
        if not _same(row, result, said):
            raise FindingsDiffer(officer=row["officer_id"], result=row["result"])
    return list(latest.values())


def _same(row: Mapping[str, Any], result: str, said: Mapping[str, str]) -> bool:
    return bool(row["result"] == result and {one["code"]: one["verdict"] for one in row["findings"]} == said)


def _record(draft: StepDraft, verification: Mapping[str, Any], task: TaskRow, asked: Result, result: str) -> None:
    """The finding: an entry of the linked case's record, and its row (行政许可法 61)."""
    uow, case = draft.uow, draft.case
    listed = [{"code": one.code, "verdict": one.verdict, "note": one.note} for one in asked.findings]
    facts = {"verification": str(verification["id"]), "round": round_of(verification), "result": result}
    facts["department"] = task.department_id
    personal = {"findings": canonical(listed), "note": asked.note}
    draft.entries.append(draft.entry("verification.found", facts, task.node, personal))
    row = {"case_id": str(case.id), "seq": seq_here(draft), "verification_id": str(verification["id"])}
    row |= {"round": facts["round"], "officer_id": uow.actor.id, "department_id": task.department_id}
    uow.insert(
        "verification_findings",
        [row | {"result": result, "findings": listed, "note": asked.note, "at": spell(case.now)}],
    )


def _papers(
    draft: StepDraft, verification: Mapping[str, Any], asked: Result, signed: Sequence[Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """What the documents of the check say: what was found of each material, by whom, and what is to be put right."""
    names = {one["code"]: one["name"] for one in verification["presumed"]}
    said = {MATCH: "一致", DIFFERS: "有差异，可更正", FALSE: "不一致"}
    lines = [f"{names[one.code]}：{said[one.verdict]}{f'（{one.note}）' if one.note else ''}" for one in asked.findings]
    lines += [asked.note] if asked.note.strip() else []
    wrong = [line for line, one in zip(lines, asked.findings, strict=False) if one.verdict != MATCH] or [asked.note]
    people = [*(row["name"] or row["officer_id"] for row in signed), draft.uow.actor.name]
    return {
        "verification-record": {"findings": lines or [_OPINION], "verifiers": "、".join(people)},
        "rectification-notice": {"content": "\n".join(f"{n}. {one}" for n, one in enumerate(wrong, 1))},
    }


def _settle(
    house: House,
    uow: UnitOfWork,
    draft: StepDraft,
    verification: Mapping[str, Any],
    task: TaskRow,
    asked: Result,
    result: str,
) -> dict[str, Any]:
    """All who are owed have signed: the approval learns of it, and the linked case goes on."""
    told: dict[str, Any] = {}
    if result == Event.RECTIFY:
        told["rectification"] = _ask_to_rectify(draft, verification, asked)
    now = draft.case.now
    moved = apply(house, uow, verification, Event(result))
    _raise_trust(moved, task, asked)
    if result == Event.FAIL:
        ground = asked.ground or ("promise-false" if verification["regime"] == "commitment" else "69-2")
        told["revocation"] = begin_revocation(moved.draft, ground, _why(verification, asked), verification["id"])[1]
    moved.draft.store(None)
    uow.now = now
    draft.settled = True
    opinion = asked.note or "；".join(filter(None, (one.note for one in asked.findings)))
    done = Completion(draft.case.id, task.number, result, opinion or _OPINION, {}, asked.late_reason)
    complete_draft(draft, task, done, ("check", arguments_of(asked)))
    return _answer(moved, draft, result) | told


_OPINION = "经核对，与原件一致。"
_UNLIKE = "与核验所见不一致"


def _why(verification: Mapping[str, Any], asked: Result) -> str:
    """What the holder is told was found, in the names of the materials."""
    names = {one["code"]: one["name"] for one in verification["presumed"]}
    wrong = [f"{names[one.code]}：{one.note or _UNLIKE}" for one in asked.findings if one.verdict != MATCH]
    return asked.note or "；".join(wrong)


def _answer(moved: Moved, draft: StepDraft, result: str) -> dict[str, Any]:
    row = moved.verification
    return {
        "id": str(row["id"]),
        "state": row["state"],
        "state_name": STATE_NAMES[row["state"]][0],
        "state_name_en": STATE_NAMES[row["state"]][1],
        "result": result,
        "permit": moved.permit,
        "case": moved.draft.case.number,
        "linked_case": draft.case.number,
        "signatures": row["officers"],
        "officers": row["officers"],
    }


def _ask_to_rectify(draft: StepDraft, verification: Mapping[str, Any], asked: Result) -> dict[str, Any]:
    """限期整改: what must be put right, told once."""
    which, case = new_id(), draft.case
    listed = [{"code": one.code, "note": one.note} for one in asked.findings if one.verdict != MATCH]
    listed = listed or [{"code": "", "note": asked.note}]
    facts = {"rectification": str(which), "verification": str(verification["id"])}
    draft.entries.append(draft.entry("rectification.asked", facts, None, {"listed": canonical(listed)}))
    row = {
        "case_id": str(case.id),
        "id": str(which),
        "seq": seq_here(draft),
        "verification_id": str(verification["id"]),
    }
    row |= {"listed": listed, "told_at": spell(case.now), "supplied": None, "way": None, "supplied_at": None}
    draft.uow.insert("rectifications", [row])
    return {"id": str(which), "listed": listed}


def _raise_trust(moved: Moved, task: TaskRow, asked: Result) -> None:
    """C becomes B by the check: the original was seen. The word of the officer stands among the reviews of the approval."""
    draft = moved.draft
    uow, case = draft.uow, draft.case
    matched = {one.code: one for one in asked.findings if one.verdict == MATCH}
    for one in moved.verification["presumed"]:
        if one["material"] is None or one["code"] not in matched or one["trust"] != "C":
            continue
        facts = {"material": one["material"], "department": task.department_id, "verdict": "approved"}
        facts |= {"original_compared": True, "material_state": "approved", "trust": "B"}
        reason = matched[one["code"]].note
        draft.entries.append(
            draft.entry("material.reviewed", facts, None, {"reason": reason, "handler": uow.actor.name})
        )
        review = {"case_id": str(case.id), "seq": seq_here(draft), "material": one["material"]}
        review |= {"department_id": task.department_id, "officer_id": uow.actor.id, "verdict": "approved"}
        uow.insert("material_reviews", [review | {"reason": reason, "original_compared": True, "at": spell(case.now)}])
        uow.write(_COMPARED, (case.id, one["material"]))
