"""待办: the tasks an officer may work on, the earliest due first; and one case or task as its officers see it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from engine.cases.access import need, task_id
from engine.cases.house import House
from engine.cases.progress import case_file, instant
from engine.cases.submit import find_case
from engine.clock import DOMAIN_NOW_SQL, day_of
from engine.errors import Invalid, NotFound, not_one_of
from engine.organization.actor import Actor
from engine.organization.permissions import Permission
from engine.organization.regions import path_up
from engine.timelimits.limits import remaining
from engine.unit_of_work import UnitOfWork

MOST_ROWS = 200
STATES = ("open", "claimed", "completed", "cancelled")

_INBOX = (
    f"SELECT t.case_id, t.number, t.node, t.name, t.name_en, t.stage, t.kind, t.state, t.department_id, t.officer_id, "
    "d.name AS department, t.claimed_by, t.opened_at, t.closed_at, t.due_date, t.provisional, t.outcome, "
    f"c.number AS case_number, c.item, c.region_code, p.calendar_version, {DOMAIN_NOW_SQL} AS now "
    "FROM tasks t JOIN cases c ON c.id = t.case_id LEFT JOIN departments d ON d.id = t.department_id CROSS JOIN platform p "
    "WHERE t.state = ANY(%(states)s) "
    "AND (%(all)s OR t.department_id = ANY(%(departments)s) OR t.officer_id = %(me)s "
    "     OR (%(window)s AND t.kind = 'applicant' AND c.region_code = %(region)s)) "
    "AND (%(case)s::text IS NULL OR c.number = %(case)s) AND (%(node)s::text IS NULL OR t.node = %(node)s) "
    "AND (%(after)s::text IS NULL OR (coalesce(t.due_date, 'infinity'), t.case_id::text, t.number) > "
    "     (%(after_due)s::date, %(after)s, %(after_number)s::bigint)) "
    "ORDER BY coalesce(t.due_date, 'infinity'), t.case_id::text, t.number LIMIT %(limit)s"
)


@dataclass(frozen=True, slots=True)
class InboxQuery:
    """What is asked of the inbox. `cursor` is the one that the page before gave."""

    states: tuple[str, ...] = ("open", "claimed")
    case: str | None = None
    node: str | None = None
    limit: int = 50
    cursor: str | None = None


def inbox(house: House, uow: UnitOfWork, asked: InboxQuery) -> dict[str, Any]:
    """The actor's tasks: those of the departments, those that name the person, and, at a window, the applicants'."""
    actor: Actor = uow.actor
    need(actor, Permission.TASK_READ)
    if set(asked.states) - set(STATES):
        raise not_one_of("state", STATES)
    limit = max(1, min(asked.limit, MOST_ROWS))
    after = _cursor(asked.cursor)
    ((rows),) = uow.read(
        (
            _INBOX,
            {
                "states": list(asked.states),
                "all": actor.kind in ("system", "job"),
                "departments": list(actor.departments),
                "me": actor.id,
                "window": actor.may(Permission.TASK_COMPLETE_FOR_APPLICANT),
                "region": actor.region_code,
                "case": asked.case,
                "node": asked.node,
                "after": after[1],
                "after_due": after[0],
                "after_number": after[2],
                "limit": limit + 1,
            },
        )
    )
    page = rows[:limit]
    more = _next_cursor(page[-1]) if len(rows) > limit else None
    return {"items": [_row(house, row) for row in page], "next_cursor": more}


def _cursor(text: str | None) -> tuple[str | None, str | None, int]:
    if text is None:
        return None, None, 0
    try:
        due, case, number = json.loads(base64.urlsafe_b64decode(text))
        day = due if due == "infinity" else date.fromisoformat(due).isoformat()
        return day, str(UUID(case)), max(0, min(int(number), 2**31))
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):  # whatever a caller makes up
        raise Invalid(detail="cursor", fields={"cursor": ["not a cursor of this list"]})


def _next_cursor(row: Mapping[str, Any]) -> str:
    due = row["due_date"].isoformat() if row["due_date"] else "infinity"
    return base64.urlsafe_b64encode(json.dumps([due, str(row["case_id"]), row["number"]]).encode()).decode()


def _row(house: House, row: Mapping[str, Any]) -> dict[str, Any]:
    calendar = house.calendar(row["region_code"], row["calendar_version"])
    until, due = day_of(row["closed_at"] or row["now"]), row["due_date"]
    return {
        "id": task_id(row["case_id"], row["number"]),
        "case": row["case_number"],
        "item": row["item"],
        "node": row["node"],
        "name": row["name"],
        "name_en": row["name_en"],
        "stage": row["stage"],
        "kind": row["kind"],
        "state": row["state"],
        "department": row["department"] or row["department_id"],
        "department_id": row["department_id"],
        "officer": row["officer_id"],
        "claimed_by": row["claimed_by"],
        "outcome": row["outcome"],
        "opened_at": instant(row["opened_at"]),
        "due_date": due.isoformat() if due else None,
        "remaining_working_days": remaining(calendar, until, due) if due else None,
        "provisional": row["provisional"],
    }


def get_case(house: House, uow: UnitOfWork, number: str) -> dict[str, Any]:
    """A case as the officers who have to do with it see it: NotFound for everybody else.

    One has to do with a case when one has submitted it, when one's department has or had a task of it, when one is at its
    region's window, or when one supervises the region or one above it.
    """
    actor: Actor = uow.actor
    need(actor, Permission.CASE_READ)
    file = case_file(house, uow, find_case(uow, number))
    applications, incidents = uow.read((_APPLICATION, (number,)), (_INCIDENTS, (number,)))
    submitted_by = applications[0].pop("submitted_by")
    if submitted_by != actor.id and not _concerns(house, uow, actor, file):
        raise NotFound(what="case", id=number[:80])
    held = [{**row, "next_try_at": instant(row["next_try_at"])} for row in incidents]
    return file | applications[0] | {"incidents": held}


_APPLICATION = (
    "SELECT c.applicant, c.form, c.channel, d.version AS definition_version, "
    "(SELECT e.payload::jsonb->>'actor' FROM events e WHERE e.case_id = c.id AND e.seq = 1) AS submitted_by "
    "FROM case_numbers n "
    "JOIN cases c ON c.id = n.case_id JOIN definitions d ON d.id = c.definition_id WHERE n.number = %s"
)
_INCIDENTS = (
    "SELECT id, cause, node, detail, detail_en, state, next_try_at FROM incidents "
    "WHERE number = %s AND state = 'open' ORDER BY id"
)


def _concerns(house: House, uow: UnitOfWork, actor: Actor, file: Mapping[str, Any]) -> bool:
    if actor.kind in ("system", "job"):
        return True
    if any(row["department_id"] in actor.departments for row in file["timeline"]):
        return True
    if actor.may(Permission.CASE_SUBMIT):
        return bool(actor.region_code == file["region"])
    if actor.may(Permission.CASE_READ_ANY):
        version = uow.read(("SELECT organization_version AS v FROM platform", None))[0][0]["v"]
        regions = house.directory(uow, version).regions
        return any(region.code == actor.region_code for region in path_up(regions, file["region"]))
    return False
