"""What moves a limit of a running case: entries added to loaded ledgers, told to the record, put into the index by the step."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from engine.cases.step_limits import Ledger, LimitKey, entry_rows, facts_of
from engine.timelimits.ledger import Entry, current

if TYPE_CHECKING:
    from engine.cases.apply_step import StepDraft

NEW_NOTICE = "放假通知或工作日历更新"


def add_entries(
    draft: StepDraft, ledgers: Iterable[Ledger], entry: Entry, since: datetime, **more: Any
) -> list[dict[str, Any]]:
    """Add an entry to each ledger; answers what the record says of it.

    A ledger that was computed with an older version of the calendar is computed anew first, in an entry of its own: every date
    that moves has an entry that says why.
    """
    told = []
    for ledger in ledgers:
        known = len(ledger.new)
        if ledger.entries[-1].calendar_version != draft.case.calendar_version:
            ledger.new.append(draft.limit_entry(Entry.RECOMPUTE, draft.case.now, ground=NEW_NOTICE))
        ledger.new.append(draft.limit_entry(entry, since, **more))
        draft.moved[ledger.key] = ledger
        told += facts_of(entry_rows(ledger)[known:])
    return told


def is_running(ledger: Ledger) -> bool:
    """Whether it was started and not stopped."""
    return all(one.entry != Entry.STOP for one in current(ledger.entries))


def is_paused_by(ledger: Ledger, ref: int) -> bool:
    """Whether a special procedure has stopped it and not set it going again."""
    mine = [one.entry for one in ledger.entries if one.ref == ref]
    return is_running(ledger) and Entry.PAUSE in mine and Entry.RESUME not in mine


def pausable(ledgers: dict[LimitKey, Ledger], task: int, with_promise: bool) -> list[Ledger]:
    """The limits that a special procedure at a task stops: both of its node, and the case's legal ones (ruling 3 of the domain).

    Art. 45 leaves its time out of arts. 42 to 44: the decision and the first examination; not the completeness check.
    """
    kinds = ("legal", "promised") if with_promise else ("legal",)
    keys = [key for key in ledgers if key.owner == task]
    keys += [
        key
        for key in ledgers
        if key.owner == 0 and key.clock in ("decision", "first-examination") and key.kind in kinds
    ]
    return [ledgers[key] for key in keys if is_running(ledgers[key])]
