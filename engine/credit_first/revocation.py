"""撤销: a permit is taken away, and never unheard (domain ruling 11).

Notice of what is intended, statement and defence, a hearing where it is asked for, then the decision: by the body that decided
or its superior, never by who verified. It may also be that the ground is not there, or that revoking would gravely harm the
public interest (行政许可法 69); then the permit stands. The proceedings are a linked case, drawn as `revocation`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from engine.cases.access import is_platform, need, permit, place_of
from engine.cases.apply_step import StepDraft
from engine.cases.complete_task import Completion, complete_draft
from engine.cases.house import House
from engine.cases.intake import check_applicant
from engine.cases.step_store import CaseRow, TaskRow, lock_case
from engine.cases.submit import find_case
from engine.credit_first.consequences_of import record_revocation
from engine.credit_first.course import apply, begin_revocation, lock_approval
from engine.credit_first.errors import (
    NoPermit,
    NotTheDecidingBody,
    RevocationOpen,
    UnheardYet,
    VerificationNotOpen,
    required,
)
from engine.credit_first.grounds import GROUNDS
from engine.credit_first.permits import change_permit, ensure_row, load_permit
from engine.credit_first.states import (
    IN_FORCE,
    STATE_NAMES,
    Event,
    Permit,
    State,
    VerificationStateConflict,
    after_decision,
)
from engine.errors import NotFound, not_one_of
from engine.organization.permissions import Place, UseCase
from engine.organization.regions import path_up
from engine.unit_of_work import UnitOfWork

PROCESS = "revocation"
DECISIONS = (str(Event.REVOKE), str(Event.UPHOLD), str(Event.SPARE))
STATED, WAIVED, HEARING, NOTICED, HEARD = "stated", "waived", "hearing", "noticed", "heard"
_OPEN = "SELECT 1 FROM revocations WHERE case_id = %s AND decision IS NULL"
_VERIFICATION = "SELECT * FROM verifications WHERE case_id = %s ORDER BY opened_at DESC LIMIT 1 FOR UPDATE"
_OF_LINKED = "SELECT * FROM revocations WHERE linked_case_id = %s FOR UPDATE"
_FIND = "SELECT r.*, c.number FROM revocations r JOIN cases c ON c.id = r.case_id WHERE r.id = %s"
_DECIDE = "UPDATE revocations SET decision = %s, decided_by = %s, decided_at = %s WHERE case_id = %s AND id = %s"
_CONCERNED = "SELECT DISTINCT department_id FROM tasks WHERE case_id = %s AND kind = 'officer'"
_VERIFIERS = (
    "SELECT DISTINCT f.officer_id FROM verification_findings f JOIN verifications v ON v.linked_case_id = f.case_id "
    "WHERE v.case_id = %s"
)
_DECIDED_IN = (
    "SELECT DISTINCT department_id, region_code FROM tasks WHERE case_id = %s AND kind = 'officer' AND state = 'completed' "
    "AND outcome IN ('granted', 'denied')"
)
_SO_FAR = "SELECT kind, state, outcome FROM tasks WHERE case_id = %s"
MOST_TEXT = 4000


@dataclass(frozen=True, slots=True)
class NewRevocation:
    """What is intended: of which case's permit, on which ground, and why."""

    number: str
    ground: str
    reason: str


def open_revocation(house: House, uow: UnitOfWork, asked: NewRevocation) -> dict[str, Any]:
    """Begin proceedings to take a permit away; nothing is taken by it.

    Raises:
        NotFound, Forbidden: no such case, or not one of the actor's department.
        NoPermit: it has granted nothing that is in force or pending.
        RevocationOpen: proceedings are under way.
        Invalid: an unknown ground, or no reason.
    """
    need(uow.actor, UseCase.REVOCATION_OPEN)
    if asked.ground not in GROUNDS:
        raise not_one_of("ground", GROUNDS)
    if not asked.reason.strip():
        raise required("reason")
    case_id = find_case(uow, asked.number)
    concerns(uow, case_id, asked.number, UseCase.REVOCATION_OPEN)
    # The linked case of the verification first: the order in which everybody locks.
    (rows,) = uow.read(("SELECT linked_case_id FROM verifications WHERE case_id = %s", (case_id,)))
    linked = next((row["linked_case_id"] for row in rows if row["linked_case_id"]), None)
    checking = lock_case(uow, linked) if linked else None
    draft = lock_approval(house, uow, case_id)
    permit_row = load_permit(uow, draft.case)
    if permit_row is None or permit_row["status"] not in (*IN_FORCE - {Permit.STAYED}, Permit.PENDING):
        raise NoPermit(number=asked.number)
    if uow.read((_OPEN, (case_id,)))[0]:
        raise RevocationOpen(number=asked.number)
    return _begin(house, uow, draft, permit_row, checking, asked)


def _begin(
    house: House,
    uow: UnitOfWork,
    draft: StepDraft,
    permit_row: Mapping[str, Any],
    checking: CaseRow | None,
    asked: NewRevocation,
) -> dict[str, Any]:
    ensure_row(draft, permit_row)
    (rows,) = uow.read((_VERIFICATION, (draft.case.id,)))
    verification = rows[0] if rows and rows[0]["state"] in (State.OPEN, State.RECHECKING) else None
    if rows and rows[0]["state"] == State.RECTIFYING:  # a chance was given: it is waited for
        zh, en = STATE_NAMES[State.RECTIFYING]
        raise VerificationStateConflict(state=State.RECTIFYING, state_zh=zh, state_en=en)
    if verification is not None:
        draft = apply(house, uow, verification, Event.FAIL).draft
    _, told = begin_revocation(draft, asked.ground, asked.reason, verification["id"] if verification else None)
    draft.store(None)
    if verification is not None and checking is not None and checking.run is not None:
        _end_check(house, uow, checking)
    return told | {"case": asked.number, "state": "opened", "permit": str(permit_row["status"])}


def _end_check(house: House, uow: UnitOfWork, checking: CaseRow) -> None:
    """What was to be checked is heard about now: the linked case of the verification ends."""
    before, uow.now = uow.now, checking.now
    draft = StepDraft.of(house, uow, checking)
    draft.settled, draft.result, draft.owes_no_reason = True, str(Event.FAIL), True
    run = draft.resume()
    draft.follow(run, run.cancel())
    draft.store(run)
    uow.now = before


def concerns(uow: UnitOfWork, case_id: UUID, number: str, use: UseCase, watched: Collection[str] = ()) -> None:
    """The case is one of the actor's departments, or of a region that the actor watches. Raises NotFound, Forbidden."""
    if is_platform(uow.actor):
        return
    cases, rows = uow.read(("SELECT region_code FROM cases WHERE id = %s", (case_id,)), (_CONCERNED, (case_id,)))
    own = any(uow.actor.works_in(row["department_id"]) for row in rows)
    region = cases[0]["region_code"]
    place = Place.OTHER_DEPARTMENT if not own and region in watched else place_of(uow.actor, region, own)
    permit(uow.actor, use, place, "case", number[:80])


# -- the statement of the holder


def state_defence(house: House, uow: UnitOfWork, which: UUID, statement: str, hearing: bool = False) -> dict[str, Any]:
    """陈述、申辩: the holder says what is to be said, waives it (an empty statement), or asks for a hearing.

    Raises:
        NotFound, Forbidden: no such proceedings, or not the holder's.
        VerificationNotOpen: they don't wait for the holder (yet, or any more).
    """
    need(uow.actor, UseCase.DEFENCE_STATE)
    (rows,) = uow.read((_FIND, (which,)))
    if not rows:
        raise NotFound(what="revocation", id=which)
    number, linked = rows[0]["number"], rows[0]["linked_case_id"]
    case = lock_case(uow, linked) if linked else None
    approval = lock_case(uow, rows[0]["case_id"])
    assert approval is not None
    check_applicant(uow, approval, UseCase.DEFENCE_STATE)
    task = next((one for one in case.tasks if one.kind == "applicant"), None) if case else None
    if case is None or task is None or task.state not in ("open", "claimed"):
        raise VerificationNotOpen(number=number)
    if len(statement) > MOST_TEXT:
        raise required("statement")
    uow.now = case.now
    outcome = HEARING if hearing else STATED if statement.strip() else WAIVED
    complete_draft(StepDraft.of(house, uow, case), task, Completion(case.id, task.number, outcome, statement))
    return {"id": str(which), "case": number, "outcome": outcome, "linked_case": case.number}


# -- the decision


def check_decision(draft: StepDraft, task: TaskRow, outcome: str | None) -> None:
    """Whether this officer may act in the proceedings, and decide now. Raises UnheardYet, NotTheDecidingBody.

    Who verified has no part in them: neither in the notice, nor at the hearing (行政许可法 48), nor in the decision.
    """
    uow, approval = draft.uow, draft.case.linked_to
    if task.kind == "officer":
        _not_a_verifier(uow, approval)
    if outcome not in DECISIONS or not _is_decision(draft, task):
        return
    tasks, decided = uow.read((_SO_FAR, (draft.case.id,)), (_DECIDED_IN, (approval,)))
    if not was_heard(tasks):
        raise UnheardYet()
    if not is_platform(uow.actor) and decided and not _is_body(draft, task, decided):
        raise NotTheDecidingBody(why="本部门不是作出决定的机关或其上级", why_en="your department is neither of them")


def _not_a_verifier(uow: UnitOfWork, approval: UUID | None) -> None:
    (verifiers,) = uow.read((_VERIFIERS, (approval,)))
    if uow.actor.id in {row["officer_id"] for row in verifiers}:
        raise NotTheDecidingBody(why="您参与了核验", why_en="you took part in the check")


def was_heard(tasks: list[dict[str, Any]]) -> bool:
    """Whether the holder was told and had the chance to be heard: pure, on the tasks of the proceedings."""
    noticed = any(row["kind"] == "officer" and row["outcome"] == NOTICED for row in tasks)
    mine = [row for row in tasks if row["kind"] == "applicant"]
    asked = any(row["outcome"] == HEARING for row in mine)
    heard = any(row["kind"] == "officer" and row["outcome"] == HEARD for row in tasks)
    return (
        noticed and bool(mine) and all(row["state"] not in ("open", "claimed") for row in mine) and (heard or not asked)
    )


def _is_decision(draft: StepDraft, task: TaskRow) -> bool:
    values = (draft.live.compiled.nodes[task.node].extension("outcomes") or {}).get("values") or {}
    return task.kind == "officer" and str(Event.REVOKE) in values


def _is_body(draft: StepDraft, task: TaskRow, decided: list[dict[str, Any]]) -> bool:
    """Whether the task lies with a department that decided, or in a region above one that did."""
    if task.department_id in {row["department_id"] for row in decided}:
        return True
    regions = draft.directory.regions
    above = {up.code for row in decided for up in path_up(regions, row["region_code"]) if up.code != row["region_code"]}
    return task.region_code in above


def conclude_proceedings(house: House, draft: StepDraft) -> None:
    """The linked case of proceedings is over: what it came to happens to the permit, in the same transaction."""
    uow = draft.uow
    (rows,) = uow.read((_OF_LINKED, (draft.case.id,)))
    if not rows or rows[0]["decision"] is not None:
        return
    row, now = rows[0], draft.case.now
    tasks = [*uow.read((_SO_FAR, (draft.case.id,)))[0]]
    decision = draft.result if draft.result in DECISIONS else str(Event.UPHOLD)
    if decision == Event.REVOKE and not was_heard(tasks):
        raise UnheardYet()
    decide(house, uow, row, decision, draft.case.number)
    uow.now = now


def decide(house: House, uow: UnitOfWork, row: Mapping[str, Any], decision: str, found_in: str) -> None:
    """The decision takes its effect on verification, permit and credit record."""
    (rows,) = uow.read(("SELECT * FROM verifications WHERE id = %s FOR UPDATE", (row["verification_id"],)))
    if rows and rows[0]["state"] == State.HEARING:
        draft = apply(house, uow, rows[0], Event(decision), ground=row["ground"]).draft
    else:
        draft = lock_approval(house, uow, row["case_id"])
        permit_row = load_permit(uow, draft.case)
        if permit_row is not None and decision == Event.REVOKE:
            change_permit(draft, permit_row, after_decision(decision), ground=row["ground"])
    facts = {"revocation": str(row["id"]), "decision": decision, "ground": row["ground"], "linked": found_in}
    draft.entries.append(draft.entry("revocation.decided", facts))
    uow.write(_DECIDE, (decision, uow.actor.id, draft.case.now, row["case_id"], row["id"]))
    if decision == Event.REVOKE:
        record_revocation(draft, row["ground"], row["reason"], found_in)
        uow.job("flag_dependants", {"case_id": str(row["case_id"])})
    draft.store(None)
