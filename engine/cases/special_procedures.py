"""特别程序: what takes time that does not count (行政许可法 45): hearings, expert reviews, and what the item names by law."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.cases.access import check_task, is_platform, parse_task_id, permit, place_of, task_id
from engine.cases.apply_step import StepDraft
from engine.cases.end_procedure import LOAD_PROCEDURE, ProcedureEnd, end_in_draft
from engine.cases.house import House
from engine.cases.limit_errors import (
    LimitsNotRunning,
    ProcedureReasonMissing,
    SpecialProcedureBackwards,
    SpecialProcedureEnded,
    SpecialProcedureOpen,
    SpecialProcedureTooLong,
    SpecialProcedureUnknown,
)
from engine.cases.limit_moves import add_entries, pausable
from engine.cases.progress import instant
from engine.cases.record import spell
from engine.cases.states import CaseState, TaskStateConflict
from engine.cases.step_documents import Planned, chinese_day, issue
from engine.cases.step_limits import load_ledgers
from engine.cases.step_store import CaseRow, TaskRow, lock_case
from engine.cases.submit import find_case
from engine.catalogue.time_limits import ProcedureKind
from engine.clock import day_of
from engine.errors import Invalid, NotFound
from engine.organization.actor import Actor
from engine.organization.permissions import UseCase
from engine.timelimits.explain import amount
from engine.timelimits.ledger import Entry, planned_end
from engine.timelimits.limits import Limit
from engine.unit_of_work import UnitOfWork

MOST_TEXT = 2000
_OPEN = "SELECT number, kind, task FROM special_procedures WHERE case_id = %s ORDER BY number"
TITLE = "特别程序告知书"


@dataclass(frozen=True, slots=True)
class NewProcedure:
    """What is asked: the kind, why, how long it needs; at which task (the caller's only one where it is None), since when."""

    case: str
    kind: str
    reason: str
    needed: int
    unit: str
    task: str | None = None
    effective_at: datetime | None = None


def start_procedure(house: House, uow: UnitOfWork, asked: NewProcedure) -> dict[str, Any]:
    """Start a special procedure: its node and the case's legal limit stand still, and the applicant is told the needed time.

    Raises:
        NotFound, Forbidden: not the actor's case or task.
        LimitsNotRunning, TaskStateConflict, SpecialProcedureOpen: not now.
        SpecialProcedureUnknown, SpecialProcedureTooLong, SpecialProcedureBackwards, LimitInvalid, Invalid: not so.
    """
    case, task = _locked(uow, asked)
    if not asked.reason.strip():
        raise ProcedureReasonMissing(fields={"reason": ["必填\tis required"]})
    draft = StepDraft.of(house, uow, case)
    kinds = draft.live.item.time_limits.special_procedures
    if asked.kind not in kinds:
        allowed = ", ".join(kinds) or "—"
        raise SpecialProcedureUnknown(kind=asked.kind, allowed=allowed, fields={"kind": [allowed]})
    kind, needed = kinds[asked.kind], Limit(asked.needed, asked.unit)
    since = asked.effective_at or case.now
    assert case.accepted_at is not None
    _check_order(since, max(task.opened_at, case.accepted_at), case.now)
    _check_length(draft, task, kind, needed, since)
    (before,) = uow.read((_OPEN, (case.id,)))
    open_now = draft.progress["procedures"]
    for row in before:
        if row["kind"] == kind.kind and row["task"] == task.number and str(row["number"]) in open_now:
            raise SpecialProcedureOpen(number=row["number"], kind=kind.name)
    return _start(house, draft, task, kind, needed, since, asked.reason, 1 + len(before))


def _start(
    house: House,
    draft: StepDraft,
    task: TaskRow,
    kind: ProcedureKind,
    needed: Limit,
    since: datetime,
    reason: str,
    number: int,
) -> dict[str, Any]:
    case, uow = draft.case, draft.uow
    limits = draft.live.item.time_limits
    moved = pausable(load_ledgers(house, uow, case.id), task.number, limits.promise_excludes_special_procedures)
    told_to_applicant = {
        "procedure": kind.name,
        "reason": reason,
        "needed": amount(needed)[0].strip(),
        "ground": kind.basis,
        "since": chinese_day(day_of(since)),
    }
    notice = issue(draft, Planned("special-procedure-notice", TITLE, task.department_id, task.node, told_to_applicant))
    draft.issued.append(notice)
    more = {"limit": needed, "ref": number, "ground": kind.basis, "document": notice["number"]}
    told = add_entries(draft, moved, Entry.PAUSE, since, **more)
    row = {
        "case_id": str(case.id),
        "number": number,
        "kind": kind.kind,
        "task": task.number,
        "department_id": task.department_id,
        "ground": kind.basis,
        "reason": reason,
        "needed": needed.days,
        "unit": str(needed.unit),
        "notice": notice["number"],
        "started_at": spell(since),
        "started_by": uow.actor.id,
        "recorded_at": spell(case.now),
        "ended_at": None,
        "ended_by": None,
        "end_recorded_at": None,
        "report": None,
    }
    facts = {name: row[name] for name in ("kind", "task", "ground", "needed", "unit", "notice", "started_at")}
    facts |= {"procedure": number, "department": task.department_id, "ledger": told}
    draft.entries.append(draft.entry("procedure.started", facts, task.node, {"reason": reason}))
    draft.progress["procedures"][str(number)] = task.number
    uow.insert("special_procedures", [row])
    draft.store(None)
    return procedure_view(row | {"started_at": since, "recorded_at": case.now}, kind, case.number)


def end_procedure(house: House, uow: UnitOfWork, asked: ProcedureEnd) -> dict[str, Any]:
    """End a special procedure with its result: what it stopped runs again.

    Raises:
        NotFound, Forbidden: no such procedure, or not the actor's department's.
        SpecialProcedureEnded: it has ended already.
        SpecialProcedureBackwards: before its start, or in the future.
    """
    case = lock_case(uow, find_case(uow, asked.case))
    (rows,) = uow.read((LOAD_PROCEDURE, (case.id if case else None, asked.procedure)))
    if case is None or not rows:
        raise NotFound(what="special procedure", id=asked.procedure)
    row = rows[0]
    own = uow.actor.works_in(row["department_id"])
    permit(uow.actor, UseCase.SPECIAL_PROCEDURE, place_of(uow.actor, case.region_code, own), "case", asked.case)
    if row["ended_at"] is not None:
        raise SpecialProcedureEnded(number=asked.procedure)
    since = asked.effective_at or case.now
    _check_order(since, row["started_at"], case.now)
    draft = StepDraft.of(house, uow, case)
    end_in_draft(draft, row, asked.report, since, load_ledgers(house, uow, case.id))
    draft.store(None)
    ended = {"ended_at": since, "ended_by": uow.actor.id, "end_recorded_at": case.now, "report": asked.report}
    return procedure_view(row | ended, draft.live.item.time_limits.special_procedures.get(row["kind"]), case.number)


def procedure_view(row: Mapping[str, Any], kind: ProcedureKind | None, case: str) -> dict[str, Any]:
    """A special procedure as callers see it."""
    return {
        "id": row["number"],
        "case": case,
        "kind": row["kind"],
        "name": kind.name if kind else row["kind"],
        "name_en": kind.name_en if kind else row["kind"],
        "task": task_id(row["case_id"], row["task"]),
        "department_id": row["department_id"],
        "ground": row["ground"],
        "reason": row["reason"],
        "needed": row["needed"],
        "unit": row["unit"],
        "notice": row["notice"],
        "state": "ended" if row["ended_at"] else "open",
        "started_at": instant(row["started_at"]),
        "started_by": row["started_by"],
        "ended_at": instant(row["ended_at"]),
        "ended_by": row["ended_by"],
        "report": row["report"],
    }


# -- what must hold


def _locked(uow: UnitOfWork, asked: NewProcedure) -> tuple[CaseRow, TaskRow]:
    """The case, and the task at which the procedure is, both the actor's and open."""
    case_id = find_case(uow, asked.case)
    named = parse_task_id(asked.task) if asked.task is not None else None
    if named is not None and named[0] != case_id:
        raise NotFound(what="task", id=str(asked.task))
    case = lock_case(uow, case_id, named[1] if named else 0)
    if case is None:
        raise NotFound(what="case", id=asked.case)
    task = case.task(named[1]) if named else _only_task(uow.actor, case)
    if task is None:
        raise NotFound(what="task", id=str(asked.task))
    shown = task_id(case.id, task.number)
    if task.kind == "applicant":
        said = "申请人的整改、补正不中止期限\twhat the applicant does stops no limit"
        permit(uow.actor, UseCase.SPECIAL_PROCEDURE, place_of(uow.actor, case.region_code, False), "task", shown)
        raise Invalid(detail="task", fields={"task": [said]})
    check_task(uow.actor, task, case.region_code, shown, UseCase.SPECIAL_PROCEDURE)
    if task.state not in ("open", "claimed"):
        raise TaskStateConflict(name=task.name, task=shown, state=task.state, state_zh="已结束", by="")
    if case.state != CaseState.ACCEPTED:
        raise LimitsNotRunning(number=case.number)
    return case, task


def _only_task(actor: Actor, case: CaseRow) -> TaskRow:
    mine = [
        task
        for task in case.tasks
        if task.kind == "officer" and (is_platform(actor) or actor.works_in(task.department_id))
    ]
    if not mine:
        permit(actor, UseCase.SPECIAL_PROCEDURE, place_of(actor, case.region_code, False), "case", case.number)
    if len(mine) != 1:
        said = "请写明环节编号（task）\tsay at which task (task)"
        raise Invalid(detail="task", fields={"task": [said]})
    return mine[0]


def _check_order(at: datetime, after: datetime, now: datetime) -> None:
    if at < after or at > now:
        shown = {"at": instant(at), "after": instant(after)}
        raise SpecialProcedureBackwards(fields={"effective_at": [str(instant(after))]}, **shown)


def _check_length(draft: StepDraft, task: TaskRow, kind: ProcedureKind, needed: Limit, since: datetime) -> None:
    """Units may differ: what counts is when it would be over."""
    if kind.most is None:
        return
    almanac = draft.house.almanac(draft.case.region_code, task.department_id, draft.case.calendar_version)
    if planned_end(almanac, since, needed) > planned_end(almanac, since, kind.most):
        told = {"kind": kind.name, "needed": amount(needed)[0], "most": amount(kind.most)[0]}
        raise SpecialProcedureTooLong(fields={"needed": [amount(kind.most)[1]]}, **told)
