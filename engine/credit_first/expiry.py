"""到期: what the days bring to a verification: reminders, and what comes of it when nobody was there.

Found by the sweep, under the lock of the linked case, like everything that moves a verification. Whoever was awaited bears it:
an applicant who was asked to come and did not; but where officers only are late, nobody loses anything, and the card is theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from engine.bpmn.run import ProcessRun
from engine.cases.apply_step import StepDraft
from engine.cases.house import House
from engine.cases.step_store import CaseRow, lock_case
from engine.clock import CST
from engine.credit_first.consequences_of import record_no_show
from engine.credit_first.course import apply, begin_revocation, clocks_of, due_of, lock_approval, lock_verification
from engine.credit_first.issue import rule_of
from engine.credit_first.states import FINAL, Event, State
from engine.timelimits.ledger import Clock
from engine.unit_of_work import UnitOfWork

REMIND = (5, 1)  #: days before the last one, where the item says nothing else
MESSAGES = {Event.NO_SHOW: "verification-expired", Event.NOT_RECTIFIED: "rectification-expired"}
_DUE = "SELECT linked_case_id, look_at FROM verifications WHERE id = %s"
_LOOKED = "UPDATE verifications SET look_at = %s, reminded = %s WHERE case_id = %s AND id = %s"


def look(house: House, uow: UnitOfWork, which: UUID) -> bool:
    """What is due of one verification; True when something happened. Another transaction that holds it goes first."""
    (rows,) = uow.read((_DUE, (which,)))
    if not rows or rows[0]["look_at"] is None or rows[0]["linked_case_id"] is None:
        return False
    case = lock_case(uow, rows[0]["linked_case_id"], skip_locked=True)
    if case is None:
        return False
    verification = lock_verification(uow, which)
    if verification["look_at"] is None or verification["state"] in FINAL:
        return False
    linked = StepDraft.of(house, uow, case)
    approval = lock_approval(house, uow, verification["case_id"])
    rectifying = verification["state"] == State.RECTIFYING
    due = due_of(clocks_of(approval), Clock.RECTIFICATION if rectifying else Clock.VERIFICATION, approval.case.now)
    if due is None:
        _look_again(uow, verification, None)
        return False
    due_at, due_day = due
    if approval.case.now < due_at or (not rectifying and _stands_still(verification)):
        return _remind(approval, verification, due_at, due_day)
    if not rectifying and not is_awaited(verification, case):
        _look_again(uow, verification, None)  # officers are late: the judge of limits tells them, nobody loses anything
        return False
    _expire(house, uow, linked, verification, Event.NOT_RECTIFIED if rectifying else Event.NO_SHOW)
    return True


def _stands_still(verification: Mapping[str, Any]) -> bool:
    return verification["state"] in (State.RECTIFYING, State.HEARING)


def is_awaited(verification: Mapping[str, Any], case: CaseRow) -> bool:
    """Whether it is the applicant who is waited for: asked to come, or with a task open. A second check is the officers'."""
    if verification["state"] != State.OPEN:
        return False
    return verification["visits_asked"] > 0 or any(
        task.kind == "applicant" and task.state in ("open", "claimed") for task in case.tasks
    )


# -- reminders


def reminders(days: Sequence[int], due: date, told: Sequence[int]) -> list[tuple[datetime, int]]:
    """The reminders that are still to come, by their instants: pure. A day is reminded of once."""
    return sorted((datetime.combine(due - timedelta(days=n), time(), CST), n) for n in days if n not in told)


def _remind(draft: StepDraft, verification: Mapping[str, Any], due_at: datetime, due: date) -> bool:
    rule, now = rule_of(draft, verification["regime"]), draft.case.now
    told = list(verification["reminded"])
    coming = reminders(rule.remind if rule else REMIND, due, told)
    owed = [n for at, n in coming if at <= now]
    # The receipt of the decision has told the day: what was past already then is no reminder.
    fresh = [n for at, n in coming if at <= now and at > verification["opened_at"]]
    for n in fresh[-1:]:  # of several at once (the sweep was away) the nearest says it all
        facts = {"verification": str(verification["id"]), "days": n, "due": due.isoformat()}
        facts |= {"state": verification["state"], "visits_asked": verification["visits_asked"]}
        draft.entries.append(draft.entry("verification.reminded", facts))
    told += owed
    left = [at for at, n in coming if n not in owed]
    _look_again(draft.uow, verification, min([*left, due_at]), told)
    if draft.entries:
        draft.store(None)
    return bool(fresh)


def _look_again(
    uow: UnitOfWork, verification: Mapping[str, Any], at: datetime | None, told: list[int] | None = None
) -> None:
    kept = verification["reminded"] if told is None else told
    uow.write(_LOOKED, (at, Jsonb(kept), verification["case_id"], verification["id"]))


# -- the end


def _expire(house: House, uow: UnitOfWork, linked: StepDraft, verification: Mapping[str, Any], event: Event) -> None:
    """Nobody came, or nothing was put right: the pending decision lapses, and a permit in force is heard about first."""
    now = linked.case.now
    moved = apply(house, uow, verification, event)
    if moved.verification["state"] == State.HEARING:
        ground = "no-show" if event is Event.NO_SHOW else "promise-broken"
        begin_revocation(moved.draft, ground, _REASONS[event], verification["id"])
    else:
        record_no_show(moved.draft, linked.case.number, event, _REASONS[event])
    moved.draft.store(None)
    uow.now, linked.settled = now, True
    run = _tell(linked, MESSAGES[event])
    linked.store(run)


_REASONS = {
    Event.NO_SHOW: "申请人未在告知的期限内接受核验。",
    Event.NOT_RECTIFIED: "申请人未在告知的期限内完成整改。",
}


def _tell(draft: StepDraft, message: str) -> ProcessRun | None:
    """The linked case goes where its diagram leads it, or ends."""
    if draft.case.run is None:
        draft.result = "lapsed"
        draft.conclude()
        return None
    run = draft.resume()
    awaited = {one.message for one in run.awaited()}
    if message in awaited:
        draft.take_message(message, {})
        run = draft.resume()
        draft.follow(run, run.deliver(message))
    else:
        draft.result = "lapsed"
        draft.follow(run, run.cancel())
    return run
