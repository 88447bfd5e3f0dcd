"""办理进度: where a case stands, by number and query code. One read, no lock, no SpiffWorkflow.

A wrong code and an unknown number get the same answer for the same work: the hash is computed either way.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from engine.cases.house import House, LiveDefinition
from engine.cases.states import CASE_NAMES, TASK_NAMES
from engine.cases.submit import hash_code
from engine.clock import CST, DOMAIN_NOW_SQL, day_of
from engine.errors import ApprovalError
from engine.timelimits.calendar import WorkingCalendar
from engine.timelimits.limits import elapsed, remaining
from engine.unit_of_work import UnitOfWork

_PLATFORM = f"SELECT {DOMAIN_NOW_SQL} AS now, p.query_salt, p.calendar_version FROM platform p"
_NUMBER = "SELECT case_id, query_hash FROM case_numbers WHERE number = %s"
_CASE = (
    "SELECT c.id, c.number, c.item, c.definition_id, "
    "i.name AS item_name, i.name_en AS item_name_en, c.region_code, c.state, c.result, "
    "c.submitted_at, c.accepted_at, c.concluded_at, c.external_number, l.due_date, l.provisional, "
    "EXISTS (SELECT 1 FROM incidents n WHERE n.case_id = c.id AND n.state = 'open') AS held "
    "FROM cases c JOIN items i ON i.code = c.item "
    "LEFT JOIN limits l ON l.case_id = c.id AND l.owner = 0 AND l.kind = 'promised' WHERE c.id = %s"
)
_TASKS = (
    "SELECT t.number, t.node, t.name, t.name_en, t.stage, t.stage_en, t.kind, t.state, t.visit, t.department_id, "
    "d.name AS department, d.name_en AS department_en, t.handler, t.outcome, t.opened_at, t.closed_at, t.due_date, "
    "t.provisional, o.text AS opinion, t.route->'fallback' AS fallback FROM tasks t "
    "LEFT JOIN departments d ON d.id = t.department_id "
    "LEFT JOIN opinions o ON o.case_id = t.case_id AND o.task = t.number WHERE t.case_id = %s ORDER BY t.number"
)
_DOCUMENTS = (
    "SELECT number, kind, title, body, content, issued_at FROM documents WHERE case_id = %s ORDER BY seq, number"
)


def progress(house: House, uow: UnitOfWork, number: str, code: str) -> dict[str, Any]:
    """The public progress of a case.

    Raises:
        NotFound: no such number, or the code is wrong: the same answer for both.
    """
    platform, found = uow.read((_PLATFORM, None), (_NUMBER, (number,)))
    salt = bytes(platform[0]["query_salt"])
    hashed = hash_code(salt, number, code)
    kept = bytes(found[0]["query_hash"]) if found else bytes(32)
    if not hmac.compare_digest(hashed, kept) or not found:
        raise ProgressNotFound()
    file, definition = _read(house, uow, found[0]["case_id"])
    return public(file, house.definition(uow, definition))


class ProgressNotFound(ApprovalError):
    """No case with that number and that query code."""

    code = "progress-not-found"
    status = 404
    zh = "没有找到该办件：请核对办件编号和查询码。"
    en = "No case with that number and query code: check both."


def case_file(house: House, uow: UnitOfWork, case_id: UUID) -> dict[str, Any]:
    """Everything that the pages and answers show of a case: the case, its timeline rows, its documents."""
    return _read(house, uow, case_id)[0]


def _read(house: House, uow: UnitOfWork, case_id: UUID) -> tuple[dict[str, Any], UUID]:
    platform, cases, tasks, documents = uow.read(
        (_PLATFORM, None), (_CASE, (case_id,)), (_TASKS, (case_id,)), (_DOCUMENTS, (case_id,))
    )
    case, now = cases[0], platform[0]["now"]
    calendar = house.calendar(case["region_code"], platform[0]["calendar_version"])
    today = day_of(case["concluded_at"] or now)
    due = case["due_date"]
    file = {
        "number": case["number"],
        "item": case["item"],
        "item_name": case["item_name"],
        "item_name_en": case["item_name_en"],
        "region": case["region_code"],
        "state": case["state"],
        "state_name": CASE_NAMES[case["state"]][0],
        "result": case["result"],
        "external_number": case["external_number"],
        "held": case["held"],
        "submitted_at": instant(case["submitted_at"]),
        "accepted_at": instant(case["accepted_at"]),
        "concluded_at": instant(case["concluded_at"]),
        "due_date": due.isoformat() if due else None,
        "remaining_working_days": remaining(calendar, today, due) if due else None,
        "elapsed_working_days": elapsed(calendar, day_of(case["accepted_at"]), today) if case["accepted_at"] else None,
        "provisional": bool(case["provisional"]),
        "timeline": [timeline_row(calendar, row, now) for row in tasks],
        "documents": [{**row, "issued_at": instant(row["issued_at"])} for row in documents],
    }
    return file, case["definition_id"]


def timeline_row(calendar: WorkingCalendar, row: Mapping[str, Any], now: Any) -> dict[str, Any]:
    """One node of a case's course. Remaining days are counted to its end, or to now while it is open."""
    until = day_of(row["closed_at"] or now)
    due = row["due_date"]
    return {
        "stage": row["stage"],
        "node": row["name"],
        "node_id": row["node"],
        "task": row["number"],
        "visit": row["visit"],
        "state": row["state"],
        "state_name": TASK_NAMES[row["state"]][0],
        "department": "申请人" if row["kind"] == "applicant" else row["department"] or row["department_id"],
        "department_id": None if row["kind"] == "applicant" else row["department_id"],
        "handler": row["handler"],
        "outcome": row["outcome"],
        "opinion": row["opinion"],
        "started_at": instant(row["opened_at"]),
        "ended_at": instant(row["closed_at"]),
        "due_date": due.isoformat() if due else None,
        "remaining_working_days": remaining(calendar, until, due) if due else None,
        "elapsed_working_days": elapsed(calendar, day_of(row["opened_at"]), until),
        "provisional": row["provisional"],
    }


#: What of a timeline row only officers see.
INTERNAL = ("task", "department_id")


def public(file: dict[str, Any], live: LiveDefinition) -> dict[str, Any]:
    """What may be seen with number and query code: no internal ids, and only opinions that the diagram calls public.

    What the applicant said is the applicant's own.
    """

    def row_of(row: Mapping[str, Any]) -> dict[str, Any]:
        said = (live.compiled.nodes[row["node_id"]].extension("public") or {}).get("opinion") == "public"
        opinion = row["opinion"] if said or row["department_id"] is None else None
        return {name: value for name, value in row.items() if name not in INTERNAL} | {"opinion": opinion}

    return file | {"timeline": [row_of(row) for row in file["timeline"]]}


def instant(value: Any) -> str | None:
    """An instant for people: China time, with its offset."""
    return value.astimezone(CST).isoformat(timespec="seconds") if value else None
