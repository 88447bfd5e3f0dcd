"""核验的进程: what an event does to a verification, in the record of its approval: its state, its clocks, the permit, what follows.

Everybody who moves a verification comes here, holding the lock of the linked case; the approval is locked here, second. So of
a result, an expiry and a second result that come at once, one happens, and the others find the state that it left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from engine.cases.apply_step import StepDraft
from engine.cases.house import House
from engine.cases.limit_moves import add_entries, is_paused_by, is_running
from engine.cases.record import spell
from engine.cases.step_limits import CASE_OWNER, Ledger, load_ledgers
from engine.cases.step_store import lock_case
from engine.credit_first.issue import rule_of
from engine.credit_first.permits import change_permit, load_permit, seq_here
from engine.credit_first.states import FINAL, Event, Permit, State, move
from engine.errors import NotFound
from engine.store.base import new_id
from engine.timelimits.ledger import Clock, Entry
from engine.unit_of_work import UnitOfWork

#: The clock of the verification stands still while the applicant rectifies, and while the holder is heard: by these references.
STANDS_STILL = {State.RECTIFYING: 1, State.HEARING: 2}
_LOCK = "SELECT * FROM verifications WHERE id = %s FOR UPDATE"
_OF_LINKED = "SELECT * FROM verifications WHERE linked_case_id = %s FOR UPDATE"
_MOVE = (
    "UPDATE verifications SET state = %s, closed_at = %s, look_at = %s, reminded = '[]' WHERE case_id = %s AND id = %s"
)
_OPEN_REVOCATION = (
    "INSERT INTO revocations (case_id, id, seq, linked_case_id, verification_id, ground, reason, opened_by, opened_at) "
    "VALUES (%s, %s, %s, NULL, %s, %s, %s, %s, %s)"
)


@dataclass(slots=True)
class Moved:
    """What came of an event: the approval's draft, stored by whoever asked, and the verification as it is now."""

    draft: StepDraft
    verification: dict[str, Any]
    permit: str
    told: dict[str, Any] = field(default_factory=dict)


def lock_verification(uow: UnitOfWork, which: UUID) -> dict[str, Any]:
    """A verification, locked, behind the lock of its linked case. Raises NotFound."""
    (rows,) = uow.read((_LOCK, (which,)))
    if not rows:
        raise NotFound(what="verification", id=which)
    return rows[0]


def verification_of(uow: UnitOfWork, linked: UUID) -> dict[str, Any] | None:
    """The verification that a locked linked case makes, locked."""
    (rows,) = uow.read((_OF_LINKED, (linked,)))
    return rows[0] if rows else None


def lock_approval(house: House, uow: UnitOfWork, case_id: UUID) -> StepDraft:
    """A draft on the approval, locked after the linked case."""
    case = lock_case(uow, case_id)
    if case is None:
        raise NotFound(what="case", id=case_id)
    return StepDraft.of(house, uow, case)


def apply(house: House, uow: UnitOfWork, verification: Mapping[str, Any], event: Event, **why: Any) -> Moved:
    """Let an event happen to a locked verification; whoever asks stores `draft`.

    Raises:
        VerificationStateConflict: it can't happen now.
    """
    made = move(verification["regime"], verification["state"], event)
    draft = lock_approval(house, uow, verification["case_id"])
    permit = load_permit(uow, draft.case)
    assert permit is not None
    ledgers = _clocks(draft)
    facts: dict[str, Any] = {"verification": str(verification["id"]), "event": event}
    facts |= {"from": verification["state"], "to": made.state, **why}
    facts |= _move_clocks(draft, ledgers, made.state)
    ended = made.state in FINAL
    facts["closed_at"] = spell(draft.case.now) if ended else None
    draft.entries.append(draft.entry("verification.moved", facts))
    change_permit(draft, permit, made.permit, verification=str(verification["id"]))
    if permit["status"] == Permit.PENDING and made.permit is not Permit.PENDING and made.permit != Permit.LAPSED:
        start_delivery(draft, made.permit)
    now = draft.case.now
    look = None if ended or made.state is State.HEARING else now
    values = (made.state, now if ended else None, look, draft.case.id, verification["id"])
    uow.write(_MOVE, values)
    moved = {**verification, "state": str(made.state), "closed_at": now if ended else None}
    return Moved(draft, moved, str(made.permit))


def start_delivery(draft: StepDraft, permit: Permit) -> None:
    """The days of delivery (行政许可法 44) run from the effective grant: now."""
    clock = draft.live.item.time_limits.clocks.get(Clock.DELIVERY)
    if clock is None or permit is Permit.REVOKED:
        return
    told = draft.start_limits(CASE_OWNER, Clock.DELIVERY, clock.limit, draft.case.now, ground=clock.basis)
    draft.entries.append(draft.entry("delivery.started", {"ledger": told}))


def begin_revocation(
    draft: StepDraft, ground: str, reason: str, verification: UUID | None = None
) -> tuple[UUID, dict[str, Any]]:
    """Nobody loses a permit unheard: proceedings begin, in a linked case that a job opens. Answers their id."""
    which, case, actor = new_id(), draft.case, draft.uow.actor
    facts: dict[str, Any] = {"revocation": str(which), "ground": ground, "opened_by": actor.id}
    facts["verification"] = str(verification) if verification else None
    draft.entries.append(draft.entry("revocation.opened", facts, None, {"reason": reason}))
    row = (case.id, which, seq_here(draft), verification, ground, reason, actor.id, case.now)
    draft.uow.write(_OPEN_REVOCATION, row)
    draft.uow.job("open_linked_case", {"what": "revocation", "which": str(which)})
    return which, {"id": str(which), "ground": ground}


# -- clocks


def _clocks(draft: StepDraft) -> dict[str, list[Ledger]]:
    """The running ledgers of verification and rectification, by clock."""
    found: dict[str, list[Ledger]] = {}
    for key, ledger in load_ledgers(draft.house, draft.uow, draft.case.id).items():
        mine = key.owner == CASE_OWNER and key.clock in (Clock.VERIFICATION, Clock.RECTIFICATION)
        if mine and is_running(ledger):
            found.setdefault(key.clock, []).append(ledger)
    return found


def _move_clocks(draft: StepDraft, ledgers: Mapping[str, list[Ledger]], state: State) -> dict[str, Any]:
    """The verification's clock runs until it is closed, standing still while others are waited for."""
    mine, told, stops = ledgers.get(Clock.VERIFICATION, []), [], []
    mending = bool(mine) and is_paused_by(mine[0], STANDS_STILL[State.RECTIFYING])
    if Clock.RECTIFICATION in ledgers:
        stops += draft.stop(CASE_OWNER, Clock.RECTIFICATION)
    if state in FINAL:
        stops += draft.stop(CASE_OWNER, Clock.VERIFICATION)
    elif state in STANDS_STILL and not mending:
        told += add_entries(draft, mine, Entry.PAUSE, draft.case.now, ref=STANDS_STILL[state])
    elif state is State.RECHECKING and mending:
        told += add_entries(draft, mine, Entry.RESUME, draft.case.now, ref=STANDS_STILL[State.RECTIFYING])
    if state is State.RECTIFYING:
        told += _start_rectification(draft)
    return {"ledger": told, "stops": stops}


def _start_rectification(draft: StepDraft) -> list[dict[str, Any]]:
    rule = rule_of(draft, draft.progress["issued"].get("regime", ""))
    limit = rule.rectification.days if rule and rule.rectification else WITHOUT_RULE
    ground = f"{rule.basis.act}{rule.basis.article}" if rule else ""
    return draft.start_limits(CASE_OWNER, Clock.RECTIFICATION, limit, draft.case.now, ground=ground)


#: Where the item states none: a demonstration's value of ours, not a law's.
WITHOUT_RULE: Mapping[str, Any] = {"promised": 15, "unit": "working-day"}


def due_of(ledgers: Mapping[str, list[Ledger]], clock: Clock, now: datetime) -> tuple[datetime, Any] | None:
    """When a clock passes, and on which day: the promised one where there is one."""
    mine = sorted(ledgers.get(clock, []), key=lambda one: one.key.kind, reverse=True)
    if not mine:
        return None
    stands = mine[0].stands(now)
    return stands.due_at, stands.due_date


def clocks_of(draft: StepDraft) -> dict[str, list[Ledger]]:
    """The running clocks of an approval's verification."""
    return _clocks(draft)
