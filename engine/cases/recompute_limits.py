"""重新计算: the limits of a case by a newer version of the calendar. A date that was told moves by an entry, and never else.

A notice moves few dates of many: those that it can't touch (they end before its first change) only have the version in their
index raised, many at once; the others are worked out a case at a time, and where nothing comes out differently, nothing is
entered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from engine.cases.apply_step import StepDraft
from engine.cases.house import House
from engine.cases.step_limits import Ledger, LimitKey, entry_rows, facts_of, load_ledgers
from engine.cases.step_store import lock_case
from engine.timelimits.ledger import Entry, Standing
from engine.unit_of_work import UnitOfWork

MOST_AT_ONCE = 2000

_NOTICES = (
    "SELECT version, data, first_change FROM calendar_notices WHERE version > %s AND version <= %s ORDER BY version"
)
_OLDER = (
    "SELECT owner, clock, kind, calendar_version FROM limits "
    "WHERE case_id = %s AND stopped_at IS NULL AND calendar_version < %s"
)
_RAISE = "UPDATE limits SET calendar_version = %s WHERE case_id = %s AND stopped_at IS NULL AND calendar_version < %s"
#: The case before the limit, and whoever holds a case keeps it: its limits are raised the next time.
_RAISE_UNTOUCHED = (
    "WITH found AS MATERIALIZED (SELECT DISTINCT l.case_id FROM limits l JOIN calendar_notices n "
    " ON n.version = l.calendar_version + 1 WHERE l.stopped_at IS NULL AND l.calendar_version < %(version)s "
    " AND (n.first_change IS NULL OR l.due_date < n.first_change OR l.unit = 'hour') LIMIT %(most)s), "
    "held AS MATERIALIZED (SELECT c.id FROM cases c WHERE c.id IN (SELECT case_id FROM found) FOR UPDATE SKIP LOCKED), "
    "raised AS (UPDATE limits l SET calendar_version = l.calendar_version + 1 FROM held h, calendar_notices n "
    " WHERE l.case_id = h.id AND n.version = l.calendar_version + 1 AND l.stopped_at IS NULL "
    " AND (n.first_change IS NULL OR l.due_date < n.first_change OR l.unit = 'hour') RETURNING 1) "
    "SELECT count(*) AS n FROM raised"
)


def raise_untouched(uow: UnitOfWork, version: int) -> int:
    """Raise the version of limits that the next notice can't touch, some thousands at once; answers how many."""
    (rows,) = uow.read((_RAISE_UNTOUCHED, {"version": version, "most": MOST_AT_ONCE}))
    return int(rows[0]["n"])


def recompute_limits(house: House, uow: UnitOfWork, case_id: UUID) -> int | None:
    """Work out the open limits of a case by the newest calendar; answers how many moved, None when the case is held.

    Raises:
        CalendarRangeExceeded: a limit reaches further than any notice ever could.
    """
    case = lock_case(uow, case_id, skip_locked=True)
    if case is None:
        return None
    return recompute_locked(house, uow, StepDraft.of(house, uow, case))


def recompute_locked(house: House, uow: UnitOfWork, draft: StepDraft) -> int:
    """The same for a case that is locked already."""
    case = draft.case
    (older,) = uow.read((_OLDER, (case.id, case.calendar_version)))
    if not older:
        return 0
    ledgers = load_ledgers(house, uow, case.id)
    oldest = min(row["calendar_version"] for row in older)
    (notices,) = uow.read((_NOTICES, (oldest, case.calendar_version)))
    moved = [
        ledger
        for row in older
        if _recomputed(draft, ledger := ledgers[LimitKey(row["owner"], row["clock"], row["kind"])], notices)
    ]
    if moved:
        _store(draft, moved, {key: ledger for key, ledger in ledgers.items() if not _stopped(ledger)})
    uow.write(_RAISE, (case.calendar_version, case.id, case.calendar_version))
    return len(moved)


def _recomputed(draft: StepDraft, ledger: Ledger, notices: list[dict[str, Any]]) -> bool:
    """Add the entry to a ledger if the newer calendar makes a difference to it."""
    now = draft.case.now
    before = ledger.stands(now)
    ledger.new.append(draft.limit_entry(Entry.RECOMPUTE, now, ground=_ground(notices)))
    if _told(ledger.stands(now)) != _told(before):
        return True
    ledger.new.clear()
    return False


def _told(stands: Standing) -> tuple[Any, ...]:
    return stands.due_date, stands.due_at, stands.provisional, stands.warn_at


def _ground(notices: list[dict[str, Any]]) -> str:
    """The notices, by their names and numbers: why the date moved."""
    named = (row["data"] for row in notices)
    return "；".join(f"{one['notice']}{f'（{number}）' if (number := one['document_number']) else ''}" for one in named)


def _store(draft: StepDraft, moved: list[Ledger], running: Mapping[LimitKey, Ledger]) -> None:
    case = draft.case
    rows = [row for ledger in moved for row in entry_rows(ledger)]
    draft.entries.append(
        draft.entry("limits.recomputed", {"calendar_version": case.calendar_version, "ledger": facts_of(rows)})
    )
    # A task shows the promised limit of its two: both are given, whichever moved.
    owners = {ledger.key.owner for ledger in moved}
    draft.moved = {key: ledger for key, ledger in running.items() if key.owner in owners}
    draft.store(None)


def _stopped(ledger: Ledger) -> bool:
    return any(entry.entry == Entry.STOP for entry in ledger.old)
