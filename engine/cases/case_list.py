"""办件列表: the cases that the actor has to do with, and how many open and late tasks a department has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.cases.access import at_window, is_platform, need
from engine.cases.house import House
from engine.cases.inbox import LIGHTS, MOST_ROWS, check_choices, light_sql, regions_of
from engine.cases.ownership import OWNED, whose
from engine.cases.paging import Order, read_cursor, write_cursor
from engine.cases.progress import instant
from engine.cases.states import CASE_NAMES
from engine.cases.submit import SUBMITTED_BY
from engine.catalogue.demonstration_values import demonstration_sql
from engine.clock import DOMAIN_NOW_SQL, DOMAIN_TODAY_SQL, day_of
from engine.organization.actor import Actor
from engine.organization.permissions import Permission, UseCase
from engine.timelimits.ledger import light_by_index
from engine.timelimits.limits import remaining
from engine.unit_of_work import UnitOfWork

_DUE = "coalesce(l.due_date, 'infinity')"
ORDERS = {
    "-submitted": Order("-submitted", "c.submitted_at", "timestamptz", descending=True),
    "submitted": Order("submitted", "c.submitted_at", "timestamptz"),
    "due": Order("due", _DUE, "date"),
}
COLUMNS = (
    "c.id, c.number, c.external_number, c.item, i.name AS item_name, i.name_en AS item_name_en, c.region_code, c.state, "
    "c.result, c.channel, c.applicant->>'name' AS applicant_name, c.submitted_at, c.accepted_at, c.concluded_at, "
    "l.due_date, l.due_at, l.warn_at, coalesce(l.paused, false) AS paused, "
    "coalesce(l.provisional, false) AS provisional, p.calendar_version, "
    "EXISTS (SELECT 1 FROM incidents n WHERE n.case_id = c.id AND n.state = 'open') AS held, "
    f"{demonstration_sql('c.id')} AS demonstration, {DOMAIN_NOW_SQL} AS now"
)
FROM = (
    "FROM cases c JOIN items i ON i.code = c.item CROSS JOIN platform p "
    "LEFT JOIN limits l ON l.case_id = c.id AND l.owner = 0 AND l.clock = 'decision' AND l.kind = 'promised' "
)
_CONCERNS = (
    f"(%(all)s OR (%(account)s::text IS NOT NULL AND {OWNED}) "
    "OR (%(window)s AND c.region_code = %(region)s) OR c.region_code = ANY(%(regions)s) "
    f"OR EXISTS (SELECT 1 FROM events e WHERE e.case_id = c.id AND e.seq = 1 AND {SUBMITTED_BY} = %(me)s) "
    "OR EXISTS (SELECT 1 FROM tasks t WHERE t.case_id = c.id AND t.department_id = ANY(%(departments)s))) "
)
_FILTERS = (
    "AND (%(states)s::text[] IS NULL OR c.state = ANY(%(states)s)) AND (%(item)s::text IS NULL OR c.item = %(item)s) "
    "AND (%(in_region)s::text IS NULL OR c.region_code = %(in_region)s) "
    "AND (%(external_number)s::text IS NULL OR c.external_number = %(external_number)s) "
    "AND (%(applicant)s::text IS NULL OR starts_with(c.applicant->>'name', %(applicant)s)) "
    "AND (%(submitted_from)s::date IS NULL OR (c.submitted_at AT TIME ZONE INTERVAL '+08:00')::date >= %(submitted_from)s) "
    "AND (%(submitted_to)s::date IS NULL OR (c.submitted_at AT TIME ZONE INTERVAL '+08:00')::date <= %(submitted_to)s) "
    f"AND (%(lights)s::text[] IS NULL OR {light_sql('l', 'c.concluded_at')} = ANY(%(lights)s)) "
)


def _page_sql(order: Order) -> str:
    behind = f"({order.key}, c.id) {order.compare} (%(key)s::{order.type}, %(id)s::uuid)"
    return (
        f"SELECT {COLUMNS}, ({order.key})::text AS sort_key {FROM} WHERE {_CONCERNS} {_FILTERS} "
        f"AND (%(key)s::text IS NULL OR {behind}) "
        f"ORDER BY {order.key} {order.direction}, c.id {order.direction} LIMIT %(limit)s"
    )


_PAGES = {name: _page_sql(order) for name, order in ORDERS.items()}


@dataclass(frozen=True, slots=True)
class CaseQuery:
    """What is asked of the list of cases; `applicant` is how the applicant's name begins, the days are in China."""

    states: tuple[str, ...] = ()
    item: str | None = None
    region: str | None = None
    external_number: str | None = None
    applicant: str | None = None
    submitted_from: date | None = None
    submitted_to: date | None = None
    lights: tuple[str, ...] = ()
    sort: str = "-submitted"
    limit: int = 50
    cursor: str | None = None


def list_cases(house: House, uow: UnitOfWork, asked: CaseQuery) -> dict[str, Any]:
    """The cases that the actor has to do with, by the rule of `get_case`. Raises Forbidden, Invalid."""
    actor: Actor = uow.actor
    need(actor, UseCase.CASE_LIST)
    check_choices(states=(asked.states, CASE_NAMES), light=(asked.lights, LIGHTS), sort=((asked.sort,), ORDERS))
    order = ORDERS[asked.sort]
    after = read_cursor(order, asked.cursor, numbered=False) if asked.cursor else {"key": None, "id": None}
    limit = max(1, min(asked.limit, MOST_ROWS))
    question = {
        **after,
        **_whose(house, uow, actor),
        "states": list(asked.states) or None,
        "item": asked.item,
        "in_region": asked.region,
        "external_number": asked.external_number,
        "applicant": asked.applicant,
        "submitted_from": asked.submitted_from,
        "submitted_to": asked.submitted_to,
        "lights": list(asked.lights) or None,
        "limit": limit + 1,
    }
    ((rows),) = uow.read((_PAGES[asked.sort], question))
    page = rows[:limit]
    more = None
    if len(rows) > limit:
        more = write_cursor(order, page[-1]["sort_key"], page[-1]["id"])
    return {"items": [case_row(house, row) for row in page], "next_cursor": more}


def _whose(house: House, uow: UnitOfWork, actor: Actor) -> dict[str, Any]:
    whole = is_platform(actor)
    watches = actor.may(Permission.CASE_READ_ANY) and not whole
    return {
        "all": whole,
        "window": at_window(actor),
        "region": actor.region_code,
        "regions": regions_of(house, uow, actor) if watches else [],
        "departments": list(actor.departments),
        "me": actor.submitter,
    } | whose(uow)


def case_row(house: House, row: Mapping[str, Any]) -> dict[str, Any]:
    calendar = house.calendar(row["region_code"], row["calendar_version"])
    until, due = day_of(row["concluded_at"] or row["now"]), row["due_date"]
    zh, en = CASE_NAMES[row["state"]]
    kept = ("number", "external_number", "item", "item_name", "item_name_en", "state", "result", "channel")
    return {name: row[name] for name in (*kept, "applicant_name", "provisional", "held", "demonstration")} | {
        "region": row["region_code"],
        "state_name": zh,
        "state_name_en": en,
        "submitted_at": instant(row["submitted_at"]),
        "accepted_at": instant(row["accepted_at"]),
        "concluded_at": instant(row["concluded_at"]),
        "due_date": due.isoformat() if due else None,
        "remaining_working_days": remaining(calendar, until, due) if due else None,
        "light": light_by_index(row, row["now"], row["concluded_at"]),
    }


_LOAD = (
    "SELECT t.node, t.name, t.name_en, t.claimed_by, w.name AS claimed_by_name, w.work_number, count(*) AS open, "
    f"count(*) FILTER (WHERE t.due_date < {DOMAIN_TODAY_SQL}) AS late, min(t.due_date) AS first_due, "
    f"bool_or({demonstration_sql('t.case_id')}) AS demonstration "
    "FROM tasks t LEFT JOIN officers w ON w.id = t.claimed_by CROSS JOIN platform p "
    "WHERE t.state IN ('open', 'claimed') AND t.kind = 'officer' AND t.department_id = ANY(%s) "
    "GROUP BY t.node, t.name, t.name_en, t.claimed_by, w.name, w.work_number ORDER BY late DESC, open DESC, t.node, t.claimed_by"
)


def department_load(uow: UnitOfWork) -> dict[str, Any]:
    """How many open and late tasks the actor's departments have, by node and by officer. For heads of departments."""
    actor: Actor = uow.actor
    need(actor, UseCase.DEPARTMENT_WATCH)
    ((rows),) = uow.read((_LOAD, (list(actor.departments),)))
    nodes: dict[str, dict[str, Any]] = {}
    officers: dict[str | None, dict[str, Any]] = {}
    for row in rows:
        node = nodes.setdefault(row["node"], {"name": row["name"], "name_en": row["name_en"], "open": 0, "late": 0})
        officer = officers.setdefault(
            row["claimed_by"], {"name": row["claimed_by_name"], "work_number": row["work_number"], "open": 0, "late": 0}
        )
        for counted in (node, officer):
            counted["open"] += row["open"]
            counted["late"] += row["late"]
    return {
        "open": sum(row["open"] for row in rows),
        "late": sum(row["late"] for row in rows),
        "demonstration": any(row["demonstration"] for row in rows),
        "nodes": list(nodes.values()),
        "officers": list(officers.values()),
    }
