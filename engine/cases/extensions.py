"""延长期限 (行政许可法 42): asked for with a reason, approved by the right post before the legal limit passes, once.

One department's limit is extended by its own head. That of joint handling is extended by the head of the government, who does
not log in: the head of the asking department records the approval with its number and the scanned paper.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.cases.access import is_platform, permit, place_of
from engine.cases.apply_step import StepDraft
from engine.cases.house import House
from engine.cases.limit_errors import (
    ApprovalPaperMissing,
    ExtensionDecided,
    ExtensionNotAllowed,
    ExtensionOwnApproval,
    ExtensionPending,
    ExtensionReasonMissing,
    ExtensionTooLate,
    ExtensionUsed,
    ExtensionWrongPost,
    LimitsNotRunning,
)
from engine.cases.limit_moves import add_entries, is_running
from engine.cases.progress import instant
from engine.cases.record import spell
from engine.cases.states import CaseState
from engine.cases.step_documents import Planned, chinese_day, issue
from engine.cases.step_limits import CASE_OWNER, Ledger, LimitKey, load_ledgers
from engine.cases.step_store import CaseRow, lock_case
from engine.cases.submit import find_case
from engine.catalogue.time_limits import ExtensionRule
from engine.errors import NotFound
from engine.organization.actor import Actor
from engine.organization.permissions import Place, UseCase
from engine.timelimits.explain import amount
from engine.timelimits.ledger import Clock, Entry, standing
from engine.timelimits.limits import Limit
from engine.unit_of_work import UnitOfWork

LEGAL = LimitKey(CASE_OWNER, Clock.DECISION, "legal")
STATES = {"asked": ("待审批", "asked for"), "approved": ("已批准", "approved"), "rejected": ("未批准", "rejected")}
TITLE = "延期告知书"
_ALL = "SELECT * FROM extensions WHERE case_id = %s ORDER BY number"
_DEPARTMENTS = "SELECT DISTINCT department_id FROM tasks WHERE case_id = %s AND kind = 'officer'"
_DECIDE = (
    "UPDATE extensions SET state = %s, decided_at = %s, decided_by = %s, approved_by_name = %s, approval_number = %s, "
    "scan = %s, scan_name = %s, opinion = %s, notice = %s WHERE case_id = %s AND number = %s"
)


_WAITING = (
    "SELECT x.*, c.number AS case_number FROM extensions x JOIN cases c ON c.id = x.case_id "
    "WHERE x.state = 'asked' AND x.department_id = ANY(%s) AND x.asked_by <> %s ORDER BY x.asked_at LIMIT 100"
)


def waiting_extensions(uow: UnitOfWork) -> list[dict[str, Any]]:
    """What the actor, as a head, has to decide on; nothing for who decides on none."""
    if not uow.actor.may(UseCase.EXTENSION_DECIDE.value.permission):
        return []
    (rows,) = uow.read((_WAITING, (list(uow.actor.departments), uow.actor.id)))
    return [extension_view(row, row["case_number"]) for row in rows]


@dataclass(frozen=True, slots=True)
class NewExtension:
    """What is asked: why, and by how much (all that the item allows where it is None)."""

    case: str
    reason: str
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to an extension. The paper of the government's head: its number, who signed it, the hash of its scan."""

    case: str
    extension: int
    approved: bool
    opinion: str = ""
    approval_number: str | None = None
    approved_by: str | None = None
    scan: str | None = None
    scan_name: str | None = None


def ask_extension(house: House, uow: UnitOfWork, asked: NewExtension) -> dict[str, Any]:
    """Ask for more time.

    Raises:
        NotFound, Forbidden: not the actor's case.
        LimitsNotRunning, ExtensionPending: not now.
        ExtensionNotAllowed, ExtensionUsed, ExtensionTooLate: not so, not again, too late.
    """
    case, department = _asker(uow, asked.case)
    if not asked.reason.strip():
        raise ExtensionReasonMissing(fields={"reason": ["必填\tis required"]})
    draft = StepDraft.of(house, uow, case)
    rule = draft.live.item.time_limits.extension
    ledger = _running(house, uow, case)
    if rule is None:
        raise ExtensionNotAllowed(detail_zh="该事项未规定可以延长", detail_en="the item allows none")
    by = asked.amount or rule.amount
    unit = ledger.entries[0].limit.unit if ledger.entries[0].limit else ""
    if by > rule.amount:
        most = amount(Limit(rule.amount, unit))
        raise ExtensionNotAllowed(
            detail_zh=f"最多可延长{most[0]}",
            detail_en=f"by {most[1]} at most",
            fields={"amount": [most[1]]},
        )
    (rows,) = uow.read((_ALL, (case.id,)))
    _check_once(rows)
    _check_time(ledger, case)
    row = _new_row(uow, case, rule, department, by, str(unit), asked.reason, 1 + len(rows))
    facts = {name: row[name] for name in ("amount", "unit", "approver", "ground")}
    facts |= {"extension": row["number"], "department": department}
    draft.entries.append(draft.entry("extension.asked", facts, None, {"reason": asked.reason}))
    uow.insert("extensions", [row])
    draft.store(None)
    return extension_view(row | {"asked_at": case.now}, case.number)


def decide_extension(
    house: House, uow: UnitOfWork, asked: Decision, keep: Callable[[], None] | None = None
) -> dict[str, Any]:
    """Approve an extension, or reject it; `keep` gives the scan its place.

    Raises:
        NotFound: no such extension, or not the actor's.
        ExtensionWrongPost, ExtensionOwnApproval, Forbidden: not by this person.
        ExtensionDecided, ExtensionTooLate, LimitsNotRunning: not any more.
        ApprovalPaperMissing: the government's head approves on paper.
    """
    case = lock_case(uow, find_case(uow, asked.case))
    (rows,) = uow.read((_ALL, (case.id if case else None,)))
    row = next((one for one in rows if one["number"] == asked.extension), None)
    if case is None or row is None:
        raise NotFound(what="extension", id=asked.extension)
    _check_post(uow.actor, case, row)
    if row["state"] != "asked":
        raise ExtensionDecided(number=row["number"], state=STATES[row["state"]][0])
    ledger = _running(house, uow, case)
    if asked.approved:
        _check_time(ledger, case)
    paper = (asked.approval_number, asked.approved_by, asked.scan)
    if asked.approved and row["approver"] == "government-head" and not all(paper):
        missing = [
            name for name, value in zip(("approval_number", "approved_by", "scan"), paper, strict=True) if not value
        ]
        raise ApprovalPaperMissing(fields={name: ["必填\tis required"] for name in missing})
    return _decide(house, uow, case, row, ledger, asked, keep)


def _decide(
    house: House,
    uow: UnitOfWork,
    case: CaseRow,
    row: dict[str, Any],
    ledger: Ledger,
    asked: Decision,
    keep: Callable[[], None] | None,
) -> dict[str, Any]:
    draft = StepDraft.of(house, uow, case)
    state = "approved" if asked.approved else "rejected"
    facts: dict[str, Any] = {"extension": row["number"], "approval_number": asked.approval_number, "scan": asked.scan}
    notice = None
    if asked.approved:
        granted = Limit(row["amount"], row["unit"])
        notice = _tell(draft, row, ledger, granted, asked)
        paper = f"{notice}（批准文号 {asked.approval_number}）" if asked.approval_number else notice
        more = {"limit": granted, "ref": row["number"], "ground": row["ground"], "document": paper}
        facts |= {"notice": notice, "ledger": add_entries(draft, [ledger], Entry.EXTEND, case.now, **more)}
    personal = {"opinion": asked.opinion, "approved_by_name": asked.approved_by, "scan_name": asked.scan_name}
    said = {name: value for name, value in personal.items() if value}
    draft.entries.append(draft.entry(f"extension.{state}", facts, None, said))
    decided = {"decided_at": case.now, "decided_by": uow.actor.id, "approved_by_name": asked.approved_by}
    decided |= {"approval_number": asked.approval_number, "scan": asked.scan, "scan_name": asked.scan_name}
    decided |= {"opinion": asked.opinion or None, "notice": notice}
    uow.write(_DECIDE, (state, *decided.values(), case.id, row["number"]))
    draft.store(None)
    if keep is not None:
        keep()
    return extension_view(row | {"state": state} | decided, case.number)


def _tell(draft: StepDraft, row: Mapping[str, Any], ledger: Ledger, granted: Limit, asked: Decision) -> str:
    """The notice that tells the applicant, with the reason (art. 42); its number."""
    after = draft.limit_entry(Entry.EXTEND, draft.case.now, granted, ref=int(row["number"]))
    extended = standing([*ledger.entries, after], ledger.almanacs, draft.case.now)
    assert extended is not None
    by = f"{asked.approved_by}（{asked.approval_number}）" if asked.approval_number else "本行政机关负责人"
    told = {"days": amount(granted)[0].strip(), "reason": row["reason"], "approver": by, "ground": row["ground"]}
    told["due"] = chinese_day(extended.due_date)
    notice = issue(draft, Planned("extension-notice", TITLE, row["department_id"], "", told))
    draft.issued.append(notice)
    return str(notice["number"])


def _new_row(
    uow: UnitOfWork, case: CaseRow, rule: ExtensionRule, department: str, by: int, unit: str, reason: str, number: int
) -> dict[str, Any]:
    empty = (
        "decided_at",
        "decided_by",
        "approved_by_name",
        "approval_number",
        "scan",
        "scan_name",
        "opinion",
        "notice",
    )
    return {
        "case_id": str(case.id),
        "number": number,
        "department_id": department,
        "amount": by,
        "unit": unit,
        "approver": rule.approver,
        "ground": rule.basis,
        "reason": reason,
        "state": "asked",
        "asked_at": spell(case.now),
        "asked_by": uow.actor.id,
        **dict.fromkeys(empty),
    }


def extension_view(row: Mapping[str, Any], case: str) -> dict[str, Any]:
    """An extension as callers see it."""
    kept = ("amount", "unit", "approver", "ground", "reason", "state", "asked_by", "decided_by", "approval_number")
    return {name: row[name] for name in kept} | {
        "id": row["number"],
        "case": case,
        "department_id": row["department_id"],
        "state_name": STATES[row["state"]][0],
        "state_name_en": STATES[row["state"]][1],
        "asked_at": instant(row["asked_at"]),
        "decided_at": instant(row["decided_at"]),
        "approved_by": row["approved_by_name"],
        "scan": row["scan"],
        "opinion": row["opinion"],
        "notice": row["notice"],
    }


# -- what must hold


def _asker(uow: UnitOfWork, number: str) -> tuple[CaseRow, str]:
    """The case, and the department in whose name the actor asks: one that has or had a task of it."""
    case = lock_case(uow, find_case(uow, number))
    if case is None:
        raise NotFound(what="case", id=number)
    (rows,) = uow.read((_DEPARTMENTS, (case.id,)))
    involved = sorted(row["department_id"] for row in rows)
    mine = [one for one in involved if uow.actor.works_in(one)]
    permit(uow.actor, UseCase.EXTENSION_ASK, place_of(uow.actor, case.region_code, bool(mine)), "case", number)
    return case, (mine or involved or [""])[0]


def _running(house: House, uow: UnitOfWork, case: CaseRow) -> Ledger:
    ledger = load_ledgers(house, uow, case.id).get(LEGAL)
    if case.state != CaseState.ACCEPTED or ledger is None or not is_running(ledger):
        raise LimitsNotRunning(number=case.number)
    return ledger


def _check_once(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        if row["state"] == "approved":
            raise ExtensionUsed()
        if row["state"] == "asked":
            raise ExtensionPending(number=row["number"])


def _check_time(ledger: Ledger, case: CaseRow) -> None:
    stands = ledger.stands(case.now)
    if stands.passed:
        raise ExtensionTooLate(due=stands.due_date)


def _check_post(actor: Actor, case: CaseRow, row: Mapping[str, Any]) -> None:
    """The head of the department that asks; and never who asked."""
    if is_platform(actor):
        return
    own = actor.works_in(row["department_id"])
    permission = UseCase.EXTENSION_DECIDE.value.permission
    place = place_of(actor, case.region_code, own)
    if place is Place.OWN and not actor.may(permission):
        raise ExtensionWrongPost(permission=permission)
    permit(actor, UseCase.EXTENSION_DECIDE, place, "extension", str(row["number"]))
    if actor.id == row["asked_by"]:
        raise ExtensionOwnApproval(permission=permission)
