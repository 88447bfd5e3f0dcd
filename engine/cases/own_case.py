"""我的办件: what an applicant sees of one's own cases, and what one can do about each: supplement, withdraw, complete, receive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.cases import tolerance
from engine.cases.case_list import COLUMNS, FROM, case_row
from engine.cases.complete_task import form_of
from engine.cases.house import House, LiveDefinition
from engine.cases.ownership import OWNED, is_own, whose
from engine.cases.paging import Order, read_cursor, write_cursor
from engine.cases.progress import instant, public_case
from engine.cases.public_limits import with_limits
from engine.cases.states import CaseState
from engine.cases.submit import find_case
from engine.cases.task_view import outcomes_of
from engine.cases.withdraw import decided
from engine.catalogue.forms import APPLICATION, Form
from engine.errors import NotFound
from engine.unit_of_work import UnitOfWork

MOST_ROWS = 100
MOST_MESSAGES = 50
NEWEST = Order("-submitted", "c.submitted_at", "timestamptz", descending=True)
_WAITING = (
    "(SELECT count(*) FROM tasks t WHERE t.case_id = c.id AND t.kind = 'applicant' AND t.state IN ('open', 'claimed')) "
    "AS tasks_waiting, "
    "(SELECT count(*) FROM documents d JOIN document_seals s ON s.case_id = d.case_id AND s.number = d.number "
    "WHERE d.case_id = c.id AND NOT EXISTS (SELECT 1 FROM document_deliveries v WHERE v.case_id = d.case_id "
    "AND v.number = d.number)) AS documents_waiting, "
    "(SELECT n.text FROM notices n WHERE n.case_id = c.id AND n.audience = 'applicant' ORDER BY n.seq DESC LIMIT 1) "
    "AS last_message"
)
_LIST = (
    f"SELECT {COLUMNS}, c.submitted_at::text AS sort_key, {_WAITING} {FROM} WHERE {OWNED} "
    "AND (%(key)s::text IS NULL OR (c.submitted_at, c.id) < (%(key)s::timestamptz, %(id)s::uuid)) "
    "ORDER BY c.submitted_at DESC, c.id DESC LIMIT %(limit)s"
)
_CASE = (
    "SELECT c.id, c.definition_id, c.offer_id, c.state, c.channel, c.form, c.progress, c.applicant FROM case_numbers n "
    "JOIN cases c ON c.id = n.case_id WHERE n.number = %s"
)
_LISTED = "SELECT seq, listed, told_at FROM supplement_lists WHERE case_id = %s AND supplied_at IS NULL ORDER BY seq DESC LIMIT 1"
_TASKS = (
    "SELECT t.number, t.node, t.name, t.name_en, t.due_date, t.opened_at, (SELECT o.text FROM tasks r JOIN opinions o "
    "ON o.case_id = r.case_id AND o.task = r.number WHERE r.case_id = t.case_id AND r.returned_to = t.node "
    "AND r.closed_at = t.opened_at ORDER BY o.seq DESC LIMIT 1) AS reason FROM tasks t "
    "WHERE t.case_id = %s AND t.kind = 'applicant' AND t.state IN ('open', 'claimed') ORDER BY t.number"
)
_MESSAGES = "SELECT text, at FROM notices WHERE case_id = %s AND audience = 'applicant' ORDER BY seq DESC LIMIT %s"
_PROMISE = (
    "SELECT signed_at FROM commitments WHERE case_id = %s AND regime = 'tolerance' AND withdrawn_at IS NULL "
    "ORDER BY number DESC LIMIT 1"
)
_MATERIALS = "SELECT code, number, file_name, added_at, state FROM materials WHERE case_id = %s ORDER BY number"


def own_cases(house: House, uow: UnitOfWork, limit: int = 50, cursor: str | None = None) -> dict[str, Any]:
    """One's own cases, the newest first, each with what waits for one."""
    limit = max(1, min(limit, MOST_ROWS))
    after = read_cursor(NEWEST, cursor, numbered=False) if cursor else {"key": None, "id": None}
    (rows,) = uow.read((_LIST, {**after, **whose(uow), "limit": limit + 1}))
    more = write_cursor(NEWEST, rows[limit - 1]["sort_key"], rows[limit - 1]["id"]) if len(rows) > limit else None
    return {"items": [_row(house, row) for row in rows[:limit]], "next_cursor": more}


def _row(house: House, row: Mapping[str, Any]) -> dict[str, Any]:
    waiting = {name: row[name] for name in ("tasks_waiting", "documents_waiting", "last_message")}
    return case_row(house, row) | waiting | {"supplement_asked": row["state"] == CaseState.SUPPLEMENT}


def own_case(house: House, uow: UnitOfWork, number: str, picture: str | None = None) -> dict[str, Any]:
    """One's own case: what is public of it, and `todo`, what can be done about it now. Raises NotFound."""
    if not is_own(uow, number):
        raise NotFound(what="case", id=number[:80])
    case_id = find_case(uow, number)
    shown = with_limits(house, uow, public_case(house, uow, case_id, picture))
    cases, tasks, messages = uow.read((_CASE, (number,)), (_TASKS, (case_id,)), (_MESSAGES, (case_id, MOST_MESSAGES)))
    case = cases[0]
    live = house.definition(uow, case["definition_id"], case["offer_id"])
    todo = {
        "withdraw": case["state"] != CaseState.CONCLUDED
        and not decided(case["progress"]["outcomes"], live.item.intake.decided_at),
        "supplement": _supplement(uow, case, live)
        if case["state"] == CaseState.SUPPLEMENT
        else _promised(uow, case, live),
        "tasks": [_task(live, case, row) for row in tasks],
    }
    told = [{"text": one["text"], "at": instant(one["at"])} for one in messages]
    return shown | {"channel": case["channel"], "todo": todo, "messages": told}


def application_form(house: House, uow: UnitOfWork, number: str) -> tuple[Form | None, dict[str, Any]]:
    """The form that one applied by, as the case keeps it, and what one filled in. Raises NotFound."""
    if not is_own(uow, number):
        raise NotFound(what="case", id=number[:80])
    (cases,) = uow.read((_CASE, (number,)))
    live = house.definition(uow, cases[0]["definition_id"], cases[0]["offer_id"])
    return live.item.forms.get(APPLICATION), cases[0]["form"]


def _supplement(uow: UnitOfWork, case: Mapping[str, Any], live: LiveDefinition) -> dict[str, Any] | None:
    """The one list of what is missing, and of each whether it was handed in since."""
    lists, materials = uow.read((_LISTED, (case["id"],)), (_MATERIALS, (case["id"],)))
    if not lists:
        return None
    since = {row["code"]: row["file_name"] or "" for row in materials if row["added_at"] >= lists[0]["told_at"]}
    listed = [_wanted(live, one["material"], one["reason"], since) for one in lists[0]["listed"]]
    return {"told_at": instant(lists[0]["told_at"]), "materials": listed, "supply_by": None}


def _promised(uow: UnitOfWork, case: Mapping[str, Any], live: LiveDefinition) -> dict[str, Any] | None:
    """容缺: what was promised to come later and has not come, by when, and of each whether it is in the file."""
    codes, by = tolerance.promised(case["state"], case["progress"])
    if not codes:
        return None
    promises, materials = uow.read((_PROMISE, (case["id"],)), (_MATERIALS, (case["id"],)))
    held = {row["code"]: row["file_name"] or "" for row in materials if row["state"] != "rejected"}
    listed = [_wanted(live, code, "", held) for code in codes]
    return {"told_at": instant(promises[0]["signed_at"]) if promises else None, "materials": listed, "supply_by": by}


def _wanted(live: LiveDefinition, code: str, reason: str, came: Mapping[str, str]) -> dict[str, Any]:
    known = next((one for one in live.item.materials if one.code == code), None)
    return {
        "material": code,
        "name": known.name if known else code,
        "name_en": known.name_en if known else code,
        "reason": reason,
        "handed_in": code in came,
        "file_name": came.get(code),
    }


def _task(live: LiveDefinition, case: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """Something that waits for the applicant; what was promised to come later is done by bringing it (`by_supplement`).
    `reason` says why it is to be done again, where it was returned to the applicant (退回)."""
    codes, by = tolerance.promised(case["state"], case["progress"])
    supplies = bool(codes) and row["node"] in tolerance.supply_nodes(live.compiled)
    due = row["due_date"].isoformat() if row["due_date"] else None
    node = live.compiled.nodes[row["node"]]
    return {
        "task": row["number"],
        "id": f"{case['id']}.{row['number']}",
        "name": row["name"],
        "name_en": row["name_en"],
        "due_date": by if supplies and due is None else due,
        "by_supplement": supplies,
        "opened_at": instant(row["opened_at"]),
        "reason": row["reason"],
        "outcomes": outcomes_of(node),
        "form_fields": list((node.extension("form") or {}).get("fields") or ()),
    }


def task_form(house: House, uow: UnitOfWork, number: str, task: int) -> Form | None:
    """The form of a task that waits for the applicant; None when it has none, or there is no such task. Raises NotFound."""
    if not is_own(uow, number):
        raise NotFound(what="case", id=number[:80])
    (cases,) = uow.read((_CASE, (number,)))
    (tasks,) = uow.read((_TASKS, (cases[0]["id"],)))
    live = house.definition(uow, cases[0]["definition_id"], cases[0]["offer_id"])
    node = next((row["node"] for row in tasks if row["number"] == task), None)
    return form_of(live.item.forms, live.compiled.nodes[node]) if node else None
