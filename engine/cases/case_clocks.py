"""The clocks of a case: which of them its item has, and what starts and stops them.

The check of completeness runs from the receipt to the window's answer, and anew from each supply; the applicant's correction from
the list to the supply; the decision and the lower level's examination from the acceptance. The numbers are the item's.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from engine.cases import tolerance
from engine.cases.limit_moves import add_entries
from engine.cases.step_documents import window_task
from engine.cases.step_limits import CASE_OWNER, KINDS, LimitKey, load_ledgers
from engine.timelimits.ledger import Clock, Entry
from engine.timelimits.limits import Limit

if TYPE_CHECKING:
    from engine.cases.apply_step import StepDraft

Facts = dict[str, Any]


def received(draft: StepDraft, since: datetime) -> Facts:
    """收件: the check of completeness starts."""
    return {"ledger": _start(draft, Clock.COMPLETENESS, since)}


def list_told(draft: StepDraft) -> Facts:
    """补正告知: the window has answered, and the applicant's time starts. The window's own task waits as well."""
    stops = draft.stop(CASE_OWNER, Clock.COMPLETENESS)
    window = window_task(draft)
    stops += draft.stop(window.number, Clock.NODE) if window else []
    return {"stops": stops, "ledger": _start(draft, Clock.CORRECTION, draft.case.now)}


def supplied(draft: StepDraft) -> Facts:
    """补正收到: the check of completeness starts anew (domain ruling 2)."""
    stops = draft.stop(CASE_OWNER, Clock.CORRECTION)
    told = _start(draft, Clock.COMPLETENESS, draft.case.now)
    return {"stops": stops, "ledger": told + _start_window(draft)}


def accepted(draft: StepDraft, since: datetime, ground: str) -> Facts:
    """受理: the decision and the lower level's examination start; what a process promises is the case's, if it is less."""
    stops = draft.stop(CASE_OWNER, Clock.COMPLETENESS, Clock.CORRECTION)
    limits, clock = draft.live.item.case_limits, draft.live.item.time_limits.clocks.get(Clock.DECISION)
    said: Facts = {"promised": limits.promised.days, "legal": limits.legal.days, "unit": limits.legal.unit}
    said["warnAt"] = clock.warn_at if clock else None
    own = next(iter(draft.live.compiled.process.extensions.get("timeLimit", ())), {})
    if own.get("unit") == said["unit"]:
        said |= {kind: min(own[kind], said[kind]) for kind in KINDS if own.get(kind) is not None}
        said["warnAt"] = own.get("warnAt") or said["warnAt"]
    basis = ground or (clock.basis if clock else "")
    told = draft.start_limits(CASE_OWNER, Clock.DECISION, said, since, ground=basis)
    told += tolerance.start_supply(draft, since)
    return {"stops": stops, "ledger": told + _start(draft, Clock.FIRST_EXAMINATION, since)}


def completed(draft: StepDraft, node: str) -> list[str]:
    """办结环节: a clock that ends with this node stops; its name, for the record."""
    ended = [clock for clock in draft.live.item.time_limits.clocks.values() if clock.until == node]
    return draft.stop(CASE_OWNER, *(Clock(clock.clock) for clock in ended)) if ended else []


def _start_window(draft: StepDraft) -> list[Facts]:
    """The window's task starts anew with what was supplied, with the numbers that it had."""
    window = window_task(draft)
    ledgers = load_ledgers(draft.house, draft.uow, draft.case.id) if window else {}
    told: list[Facts] = []
    for ledger in [one for key, one in ledgers.items() if window and key.owner == window.number]:
        first = ledger.entries[0]
        more = {"limit": first.limit, "warn": first.warn, "ground": first.ground}
        told += add_entries(draft, [ledger], Entry.START, draft.case.now, **more)
    return told


def _start(draft: StepDraft, clock: Clock, since: datetime) -> list[Facts]:
    """Start a clock of the item, or start it anew; nothing when the item has none."""
    found = draft.live.item.time_limits.clocks.get(clock)
    if found is None:
        return []
    before = load_ledgers(draft.house, draft.uow, draft.case.id) if draft.case.seq else {}
    again = {kind: before[key] for kind in KINDS if (key := LimitKey(CASE_OWNER, clock, kind)) in before}
    if not again:
        return draft.start_limits(CASE_OWNER, clock, found.limit, since, ground=found.basis)
    told: list[Facts] = []
    for kind, ledger in again.items():
        limit = Limit(int(found.limit[kind]), found.unit)
        told += add_entries(draft, [ledger], Entry.START, since, limit=limit, warn=found.warn_at, ground=found.basis)
    return told
