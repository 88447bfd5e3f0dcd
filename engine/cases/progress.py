"""办理进度: where a case stands, by number and query code. One read, no lock, no SpiffWorkflow.

A wrong code and an unknown number get the same answer for the same work: the hash is computed either way. What everybody
may see is put together anew from what is known to be public; nothing else of the case file leaves by this door.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from engine.bpmn.outlook import ahead
from engine.bpmn.public_diagram import public_name, shown_name
from engine.cases.house import House, LiveDefinition
from engine.cases.states import CASE_NAMES, TASK_NAMES
from engine.cases.submit import hash_code
from engine.cases.votes import votes_of
from engine.catalogue.regimes import ORDINARY
from engine.clock import CST, DOMAIN_NOW_SQL, day_of
from engine.errors import ApprovalError
from engine.timelimits.calendar import WorkingCalendar
from engine.timelimits.ledger import light_by_index
from engine.timelimits.limits import Limit, due, elapsed, remaining
from engine.unit_of_work import UnitOfWork

_PLATFORM = f"SELECT {DOMAIN_NOW_SQL} AS now, p.query_salt, p.calendar_version FROM platform p"
_NUMBER = "SELECT case_id, query_hash FROM case_numbers WHERE number = %s"
_CASE = (
    "SELECT c.id, c.number, c.item, c.definition_id, c.offer_id, c.process, "
    "i.name AS item_name, i.name_en AS item_name_en, c.region_code, c.state, c.result, "
    "c.submitted_at, c.accepted_at, c.concluded_at, c.external_number, c.regime, c.progress -> 'votes' AS votes, "
    "l.due_date, l.due_at, l.warn_at, coalesce(l.paused, false) AS paused, l.provisional, "
    "EXISTS (SELECT 1 FROM incidents n WHERE n.case_id = c.id AND n.state = 'open') AS held "
    "FROM cases c JOIN items i ON i.code = c.item "
    "LEFT JOIN limits l ON l.case_id = c.id AND l.owner = 0 AND l.clock = 'decision' AND l.kind = 'promised' WHERE c.id = %s"
)
_TASKS = (
    "SELECT t.number, t.node, t.name, t.name_en, t.stage, t.stage_en, t.kind, t.state, t.visit, t.department_id, "
    "d.name AS department, d.name_en AS department_en, coalesce(t.handler, w.name) AS handler, w.work_number, "
    "t.outcome, t.returned_to, t.opened_at, t.closed_at, t.due_date, t.due_at, t.warn_at, t.paused, t.provisional, "
    "o.text AS opinion FROM tasks t "
    "LEFT JOIN departments d ON d.id = t.department_id "
    "LEFT JOIN officers w ON w.id = coalesce(t.closed_by, t.claimed_by, t.officer_id) "
    "LEFT JOIN opinions o ON o.case_id = t.case_id AND o.task = t.number WHERE t.case_id = %s ORDER BY t.number"
)
_DOCUMENTS = (
    "SELECT number, kind, title, body, content, issued_at FROM documents WHERE case_id = %s ORDER BY seq, number"
)
APPLICANT = ("申请人", "The applicant")
#: What a node is called to everybody when its designer gave it no public name.
IN_HAND = ("办理中", "In hand")


def progress(house: House, uow: UnitOfWork, number: str, code: str, picture: str | None = None) -> dict[str, Any]:
    """The public progress of a case. With `picture` (`zh` or `en`), `diagram` is its public diagram with marks, or None.

    Raises:
        ProgressNotFound: no such number, or the code is wrong: the same answer for both.
    """
    platform, found = uow.read((_PLATFORM, None), (_NUMBER, (number,)))
    salt = bytes(platform[0]["query_salt"])
    hashed = hash_code(salt, number, code)
    kept = bytes(found[0]["query_hash"]) if found else bytes(32)
    if not hmac.compare_digest(hashed, kept) or not found:
        raise ProgressNotFound()
    return public_case(house, uow, found[0]["case_id"], picture)


def public_case(house: House, uow: UnitOfWork, case_id: UUID, picture: str | None = None) -> dict[str, Any]:
    """What everybody may see of a case who has to do with it; whether the caller may is settled."""
    file, live = _read(house, uow, case_id)
    shown = public(file, live)
    return shown if picture is None else shown | {"diagram": _diagram(file["timeline"], live, picture)}


class ProgressNotFound(ApprovalError):
    """No case with that number and that query code."""

    code = "progress-not-found"
    status = 404
    zh = "没有找到该办件：请核对办件编号和查询码。"
    en = "No case with that number and query code: check both."


def case_file(house: House, uow: UnitOfWork, case_id: UUID) -> dict[str, Any]:
    """Everything that the pages and answers show of a case: the case, its timeline rows, its documents, what may come next."""
    return _read(house, uow, case_id)[0]


def case_picture(house: House, uow: UnitOfWork, case_id: UUID, lang: str) -> dict[str, Any] | None:
    """The diagram of a case as it stands: base64 of the BPMN, and the marks of its nodes."""
    file, live = _read(house, uow, case_id)
    return _diagram(file["timeline"], live, lang)


def _read(house: House, uow: UnitOfWork, case_id: UUID) -> tuple[dict[str, Any], LiveDefinition]:
    platform, cases, tasks, documents = uow.read(
        (_PLATFORM, None), (_CASE, (case_id,)), (_TASKS, (case_id,)), (_DOCUMENTS, (case_id,))
    )
    case, now = cases[0], platform[0]["now"]
    live = house.definition(uow, case["definition_id"], case["offer_id"], case["process"])
    calendar = house.calendar(case["region_code"], platform[0]["calendar_version"])
    today = day_of(case["concluded_at"] or now)
    due_day = case["due_date"]
    again = opened_by_return(tasks)
    file = {
        "number": case["number"],
        "item": case["item"],
        "item_name": case["item_name"],
        "item_name_en": case["item_name_en"],
        "region": case["region_code"],
        "state": case["state"],
        "state_name": CASE_NAMES[case["state"]][0],
        "state_name_en": CASE_NAMES[case["state"]][1],
        "result": case["result"],
        "external_number": case["external_number"],
        "regime": case["regime"] or ORDINARY,
        "promises": [one.regime.value for one in live.item.regimes if one.terms.promise],
        "held": case["held"],
        "submitted_at": instant(case["submitted_at"]),
        "accepted_at": instant(case["accepted_at"]),
        "concluded_at": instant(case["concluded_at"]),
        "due_date": due_day.isoformat() if due_day else None,
        "remaining_working_days": remaining(calendar, today, due_day) if due_day else None,
        "elapsed_working_days": elapsed(calendar, day_of(case["accepted_at"]), today) if case["accepted_at"] else None,
        "provisional": bool(case["provisional"]),
        "demonstration": live.item.listing.demonstration,
        "light": light_by_index(case, now, case["concluded_at"]),
        "timeline": [timeline_row(calendar, row, now, live, again.get(row["number"])) for row in tasks],
        "next": _next(calendar, tasks, case, now, live),
        "votes": votes_of(live, case["votes"], {row["node"] for row in tasks if row["closed_at"] is None}),
        "documents": [{**row, "issued_at": instant(row["issued_at"])} for row in documents],
    }
    return file, live


def opened_by_return(tasks: Iterable[Mapping[str, Any]]) -> dict[int, int]:
    """The tasks that are open because another was returned to them, with that other: one step opens what it returns to."""
    rows = list(tasks)
    returned = {(row["returned_to"], row["closed_at"]): row["number"] for row in rows if row["returned_to"]}
    opened = ((row["number"], returned.get((row["node"], row["opened_at"]))) for row in rows)
    return {number: by for number, by in opened if by is not None}


def timeline_row(
    calendar: WorkingCalendar, row: Mapping[str, Any], now: Any, live: LiveDefinition, again_by: int | None
) -> dict[str, Any]:
    """One node of a case's course. Remaining days are counted to its end, or to now while it is open. `again_by` is the task
    that was returned to it."""
    until = day_of(row["closed_at"] or now)
    due_day = row["due_date"]
    applicant = row["kind"] == "applicant"
    outcome, outcome_en = outcome_names(live, row["node"], row["outcome"])
    return {
        "stage": row["stage"],
        "stage_en": row["stage_en"],
        "node": row["name"],
        "node_en": row["name_en"],
        "node_id": row["node"],
        "task": row["number"],
        "visit": row["visit"],
        "state": row["state"],
        "state_name": TASK_NAMES[row["state"]][0],
        "state_name_en": TASK_NAMES[row["state"]][1],
        "department": APPLICANT[0] if applicant else row["department"] or row["department_id"],
        "department_en": APPLICANT[1] if applicant else row["department_en"] or row["department_id"],
        "department_id": None if applicant else row["department_id"],
        "handler": row["handler"],
        "work_number": row["work_number"],
        "outcome": row["outcome"],
        "outcome_name": outcome,
        "outcome_name_en": outcome_en,
        "opinion": row["opinion"],
        "again": again_by is not None,
        "again_by": again_by,
        "returned_to": row["returned_to"],
        **_names_of(live, row["returned_to"]),
        "started_at": instant(row["opened_at"]),
        "ended_at": instant(row["closed_at"]),
        "due_date": due_day.isoformat() if due_day else None,
        "remaining_working_days": remaining(calendar, until, due_day) if due_day else None,
        "elapsed_working_days": elapsed(calendar, day_of(row["opened_at"]), until),
        "provisional": row["provisional"],
        "light": light_by_index(row, now, row["closed_at"]),
    }


def _names_of(live: LiveDefinition, returned_to: str | None) -> dict[str, str | None]:
    """What a task was returned to, in words."""
    node = live.compiled.nodes.get(returned_to or "")
    names = shown_name(node) if node else (None, None)
    return {"returned_to_name": names[0], "returned_to_name_en": names[1]}


def outcome_names(live: LiveDefinition, node: str, outcome: str | None) -> tuple[str | None, str | None]:
    """An outcome in words, in Chinese and in English, as the diagram has them; the code itself where it has none."""
    if outcome is None:
        return None, None
    known = live.compiled.nodes.get(node)
    said = (known.extension("outcomes") if known else None) or {}
    zh = (said.get("values") or {}).get(outcome, outcome)
    return zh, (said.get("valuesEn") or {}).get(outcome, outcome)


def _next(
    calendar: WorkingCalendar,
    tasks: Iterable[Mapping[str, Any]],
    case: Mapping[str, Any],
    now: Any,
    live: LiveDefinition,
) -> list[dict[str, Any]]:
    """What comes, or may come, after what is open now, and until when if everything takes its promised time."""
    if case["state"] == "concluded":
        return []
    waiting = [row for row in tasks if row["state"] in ("open", "claimed")]
    if not waiting:
        return []
    begins = max([day_of(now), *(row["due_date"] for row in waiting if row["due_date"])])
    told = []
    for one in ahead(live.compiled.process, {row["node"] for row in waiting}):
        limit = one.node.extension("timeLimit") or {}
        amount = limit.get("promised") or limit.get("legal")
        end = due(calendar, begins, Limit(int(amount), str(limit["unit"]))) if amount else None
        said = one.node.extension("public") or {}
        stage = str(said.get("stage") or "")
        name = shown_name(one.node)
        told.append(
            {
                "node_id": str(one.node.id),
                "stage": stage,
                "stage_en": str(said.get("stageEn") or stage),
                "node": name[0],
                "node_en": name[1],
                "certain": one.certain,
                "expected_by": end.day.isoformat() if end else None,
                "provisional": end.provisional if end else False,
            }
        )
    return told


#: What of a row everybody may see; names and opinions are decided one by one in `public`.
PUBLIC = (
    *("stage", "stage_en", "visit", "again", "state", "state_name", "state_name_en", "department", "department_en"),
    *("outcome_name", "outcome_name_en", "started_at", "ended_at", "due_date", "remaining_working_days"),
    *("elapsed_working_days", "provisional", "light"),
)
PUBLIC_VOTE = ("round", "assents", "others", "invited", "needed", "open", "result")
_NO_STAGE = {"stage": "", "stage_en": ""}
PUBLIC_NEXT = ("stage", "stage_en", "certain", "expected_by", "provisional")


def public(file: dict[str, Any], live: LiveDefinition) -> dict[str, Any]:
    """What may be seen with number and query code: no internal ids or names, who handles it as the item's policy says, and
    only opinions that the diagram calls public. What the applicant said is the applicant's own."""
    nodes, policy = live.compiled.nodes, live.item.handler_shown

    def name_of(row: Mapping[str, Any]) -> dict[str, str]:
        stage = (row["stage"] or IN_HAND[0], row["stage_en"] or IN_HAND[1])
        name = public_name(nodes[row["node_id"]]) or stage
        return {"node": name[0], "node_en": name[1]}

    def target_of(row: Mapping[str, Any]) -> dict[str, Any]:
        target = nodes.get(row["returned_to"] or "")
        name = ((public_name(target) or IN_HAND) if target else None) or (None, None)
        return {"returned_to_name": name[0], "returned_to_name_en": name[1]}

    def row_of(row: Mapping[str, Any]) -> dict[str, Any]:
        own = row["department_id"] is None
        said = (nodes[row["node_id"]].extension("public") or {}).get("opinion") == "public"
        handler = None if own else {"name": row["handler"], "work_number": row["work_number"]}.get(policy)
        shown = {name: row[name] for name in PUBLIC} | name_of(row) | target_of(row)
        said = said and row["returned_to"] is None  # why officers return a task to each other is theirs
        return shown | {"handler": handler, "opinion": row["opinion"] if said or own else None}

    def next_of(row: Mapping[str, Any]) -> dict[str, Any]:
        return {name: row[name] for name in PUBLIC_NEXT} | name_of(row)

    timeline, following = [row_of(row) for row in file["timeline"]], [next_of(row) for row in file["next"]]
    counted = [{name: one[name] for name in PUBLIC_VOTE} | name_of({**one, **_NO_STAGE}) for one in file["votes"]]
    return file | {"timeline": timeline, "next": following, "votes": counted}


def _diagram(timeline: Iterable[Mapping[str, Any]], live: LiveDefinition, lang: str) -> dict[str, Any] | None:
    """The public diagram with a mark for each node that is or was open: done, current or late."""
    picture = live.pictures["en" if lang == "en" else "zh"]
    if picture is None:
        return None
    marks: dict[str, dict[str, Any]] = {}
    rows = list(timeline)
    latest = {row["node_id"]: row["visit"] for row in sorted(rows, key=lambda row: int(row["visit"]))}
    returned = {row["node_id"] for row in rows if row["state"] == "returned" and row["visit"] == latest[row["node_id"]]}
    for row in rows:
        status = {"completed": "done", "open": "current", "claimed": "current"}.get(row["state"])
        if status == "current" and row["light"] == "red":
            status = "late"
        name = picture.ids.get(row["node_id"])
        if status is None or name is None or (status == "done" and row["node_id"] in returned):
            continue  # what was done of a visit that was returned is to be done again
        before = marks.get(name)
        if before is None or _RANK[status] >= _RANK[before["status"]]:
            marks[name] = {"id": name, "status": status, "remaining": row["remaining_working_days"]}
    return {"xml": base64.b64encode(picture.xml).decode(), "marks": list(marks.values())}


#: Of several instances of one node, what is open is shown, and what is late above all.
_RANK = {"done": 0, "current": 1, "late": 2}


def instant(value: Any) -> str | None:
    """An instant for people: China time, with its offset."""
    return value.astimezone(CST).isoformat(timespec="seconds") if value else None
