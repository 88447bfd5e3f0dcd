"""待办: the tasks an officer may work on, the earliest due first; and one case as its officers see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.cases.access import SUBMITTERS, at_window, is_platform, need, permit, place_of, task_id
from engine.cases.house import House
from engine.cases.paging import Order, read_cursor, write_cursor
from engine.cases.progress import APPLICANT, case_file, instant
from engine.cases.submit import SUBMITTED_BY, find_case
from engine.catalogue.demonstration_values import demonstration_sql
from engine.clock import DOMAIN_NOW_SQL, day_of
from engine.errors import NotFound, not_one_of
from engine.organization.actor import Actor
from engine.organization.permissions import Permission, Place, UseCase
from engine.organization.regions import path_up
from engine.timelimits.ledger import light_by_index
from engine.timelimits.limits import remaining
from engine.unit_of_work import UnitOfWork

MOST_ROWS = 200
STATES = ("open", "claimed", "completed", "returned", "called-off", "cancelled")
WAITING = STATES[:2]
LIGHTS = ("green", "yellow", "red", "none")
ORDERS = {
    "due": Order("due", "coalesce(t.due_date, 'infinity')", "date"),
    "opened": Order("opened", "t.opened_at", "timestamptz"),
    "-opened": Order("-opened", "t.opened_at", "timestamptz", descending=True),
}


def light_sql(row: str, end: str) -> str:
    """The light of a row with the index of its limit, in SQL, as `ledger.light_by_index` has it; `end` is NULL while it runs."""
    return (
        f"CASE WHEN {row}.due_at IS NULL THEN 'none' "
        f"WHEN NOT {row}.paused AND {row}.due_at <= coalesce({end}, {DOMAIN_NOW_SQL}) THEN 'red' "
        f"WHEN NOT {row}.paused AND {end} IS NULL AND {row}.warn_at <= {DOMAIN_NOW_SQL} THEN 'yellow' ELSE 'green' END"
    )


TASK_FROM = (
    "FROM tasks t JOIN cases c ON c.id = t.case_id JOIN items i ON i.code = c.item "
    "LEFT JOIN departments d ON d.id = t.department_id LEFT JOIN officers w ON w.id = t.claimed_by CROSS JOIN platform p "
)
TASK_COLUMNS = (
    "t.case_id, t.number, t.node, t.name, t.name_en, t.stage, t.stage_en, t.kind, t.state, t.visit, t.department_id, "
    "t.officer_id, d.name AS department, d.name_en AS department_en, t.claimed_by, w.name AS claimed_by_name, t.opened_at, "
    "t.closed_at, t.due_date, t.due_at, t.warn_at, t.paused, t.provisional, t.outcome, "
    "c.number AS case_number, c.item, i.name AS item_name, "
    "i.name_en AS item_name_en, c.region_code, c.applicant->>'name' AS applicant_name, p.calendar_version, "
    f"{DOMAIN_NOW_SQL} AS now, {demonstration_sql('t.case_id')} AS demonstration "
)
_MINE = (
    "(%(all)s OR t.department_id = ANY(%(departments)s) OR t.officer_id = %(me)s "
    "OR (%(window)s AND t.kind = 'applicant' AND c.region_code = %(region)s) "
    "OR (%(front_office)s AND t.kind = 'applicant' AND EXISTS (SELECT 1 FROM events e WHERE e.case_id = c.id AND e.seq = 1 "
    f"AND {SUBMITTED_BY} = %(me)s))) "
)
_FILTERS = (
    "AND t.state = ANY(%(states)s) "
    "AND (%(case)s::text IS NULL OR c.number = %(case)s) AND (%(node)s::text IS NULL OR t.node = %(node)s) "
    "AND (%(item)s::text IS NULL OR c.item = %(item)s) "
    "AND (%(department)s::text IS NULL OR t.department_id = %(department)s) "
    "AND (NOT %(mine)s OR t.claimed_by = %(me)s OR t.officer_id = %(me)s) "
    f"AND (%(lights)s::text[] IS NULL OR {light_sql('t', 't.closed_at')} = ANY(%(lights)s)) "
)


def _page_sql(order: Order) -> str:
    behind = (
        f"({order.key}, t.case_id, t.number) {order.compare} (%(key)s::{order.type}, %(id)s::uuid, %(number)s::bigint)"
    )
    ranked = ", ".join(f"{column} {order.direction}" for column in (order.key, "t.case_id", "t.number"))
    return (
        f"SELECT {TASK_COLUMNS}, ({order.key})::text AS sort_key {TASK_FROM} WHERE {_MINE} {_FILTERS} "
        f"AND (%(key)s::text IS NULL OR {behind}) ORDER BY {ranked} LIMIT %(limit)s"
    )


_PAGES = {name: _page_sql(order) for name, order in ORDERS.items()}


@dataclass(frozen=True, slots=True)
class InboxQuery:
    """What is asked of the inbox. `cursor` is the one that the page before gave; `mine`: claimed by me, or naming me."""

    states: tuple[str, ...] = WAITING
    case: str | None = None
    node: str | None = None
    item: str | None = None
    department: str | None = None
    lights: tuple[str, ...] = ()
    mine: bool = False
    sort: str = "due"
    limit: int = 50
    cursor: str | None = None


def inbox(house: House, uow: UnitOfWork, asked: InboxQuery) -> dict[str, Any]:
    """The actor's tasks: those of the departments, those that name the person, and, at a window, the applicants'."""
    actor: Actor = uow.actor
    need(actor, UseCase.TASK_LIST)
    check_choices(states=(asked.states, STATES), light=(asked.lights, LIGHTS), sort=((asked.sort,), ORDERS))
    order = ORDERS[asked.sort]
    after = read_cursor(order, asked.cursor, numbered=True) if asked.cursor else {"key": None, "id": None, "number": 0}
    limit = max(1, min(asked.limit, MOST_ROWS))
    question = {
        **after,
        **whose(actor),
        "states": list(asked.states),
        "case": asked.case,
        "node": asked.node,
        "item": asked.item,
        "department": asked.department,
        "lights": list(asked.lights) or None,
        "mine": asked.mine,
        "limit": limit + 1,
    }
    ((rows),) = uow.read((_PAGES[asked.sort], question))
    page = rows[:limit]
    more = None
    if len(rows) > limit:
        more = write_cursor(order, page[-1]["sort_key"], page[-1]["case_id"], page[-1]["number"])
    return {"items": [task_row(house, row) for row in page], "next_cursor": more}


def check_choices(**asked: Any) -> None:
    """Every value must be among those its field takes. Raises Invalid for the first that is not."""
    for name, (values, known) in asked.items():
        if set(values) - set(known):
            raise not_one_of("state" if name == "states" else name, known)


def whose(actor: Actor) -> dict[str, Any]:
    """What of the actor decides which tasks are the actor's."""
    return {
        "all": is_platform(actor),
        # An agent's station is where the agent sits: its tasks are its officers'.
        "departments": [] if actor.roles and actor.roles <= SUBMITTERS else list(actor.departments),
        "me": actor.id,
        "window": at_window(actor),
        "front_office": bool(SUBMITTERS & actor.roles),
        "region": actor.region_code,
    }


def task_row(house: House, row: Mapping[str, Any]) -> dict[str, Any]:
    """A task as lists show it. The remaining days are counted to its end, or to now."""
    calendar = house.calendar(row["region_code"], row["calendar_version"])
    until, due = day_of(row["closed_at"] or row["now"]), row["due_date"]
    applicant = row["kind"] == "applicant"
    return {
        "id": task_id(row["case_id"], row["number"]),
        "case": row["case_number"],
        "item": row["item"],
        "item_name": row["item_name"],
        "item_name_en": row["item_name_en"],
        "region": row["region_code"],
        "applicant_name": row["applicant_name"],
        "node": row["node"],
        "name": row["name"],
        "name_en": row["name_en"],
        "stage": row["stage"],
        "stage_en": row["stage_en"],
        "visit": row["visit"],
        "kind": row["kind"],
        "state": row["state"],
        "department": APPLICANT[0] if applicant else row["department"] or row["department_id"],
        "department_en": APPLICANT[1] if applicant else row["department_en"] or row["department_id"],
        "department_id": row["department_id"],
        "officer": row["officer_id"],
        "claimed_by": row["claimed_by"],
        "claimed_by_name": row["claimed_by_name"],
        "outcome": row["outcome"],
        "opened_at": instant(row["opened_at"]),
        "due_date": due.isoformat() if due else None,
        "remaining_working_days": remaining(calendar, until, due) if due else None,
        "provisional": row["provisional"],
        "paused": row["paused"],
        "demonstration": row["demonstration"],
        "light": light_by_index(row, row["now"], row["closed_at"]),
    }


def get_case(house: House, uow: UnitOfWork, number: str, use: UseCase = UseCase.CASE_READ) -> dict[str, Any]:
    """A case as the officers who have to do with it see it: NotFound for everybody else.

    One has to do with a case when one has submitted it, when one's department has or had a task of it, when one is at its
    region's window, or when one supervises the region or one above it.
    """
    actor: Actor = uow.actor
    need(actor, use.value.permission)
    if actor.kind == "applicant":  # what officers see is not for applicants: `my_cases.py` is
        raise NotFound(what="case", id=number[:80])
    view = case_view(house, uow, number)
    permit(actor, use, _place(house, uow, actor, view), "case", number[:80])
    view.pop("submitted_by")
    return view


def case_view(house: House, uow: UnitOfWork, number: str) -> dict[str, Any]:
    """A case with its application and open incidents, for whoever may see it: that is the caller's to ask."""
    file = case_file(house, uow, find_case(uow, number))
    applications, incidents = uow.read((_APPLICATION, (number,)), (_INCIDENTS, (number,)))
    held = [{**row, "next_try_at": instant(row["next_try_at"])} for row in incidents]
    return file | applications[0] | {"incidents": held}


_APPLICATION = (
    "SELECT c.applicant, c.form, c.channel, d.version AS definition_version, "
    f"(SELECT {SUBMITTED_BY} FROM events e WHERE e.case_id = c.id AND e.seq = 1) AS submitted_by "
    "FROM case_numbers n "
    "JOIN cases c ON c.id = n.case_id JOIN definitions d ON d.id = c.definition_id WHERE n.number = %s"
)
_INCIDENTS = (
    "SELECT id, cause, node, detail, detail_en, state, next_try_at FROM incidents "
    "WHERE number = %s AND state = 'open' ORDER BY id"
)


def _place(house: House, uow: UnitOfWork, actor: Actor, file: Mapping[str, Any]) -> Place:
    """Where a case lies: one's own is what one has submitted, or what one's department has or had a task of."""
    own = file["submitted_by"] == actor.submitter
    own = own or any(row["department_id"] in actor.departments for row in file["timeline"])
    if not own and supervises(house, uow, actor, file["region"]):
        return Place.OTHER_DEPARTMENT
    return place_of(actor, file["region"], own)


def supervises(house: House, uow: UnitOfWork, actor: Actor, region_code: str) -> bool:
    """Whether the actor watches over a region: it is the actor's own or lies below it."""
    if not actor.may(Permission.CASE_READ_ANY) or is_platform(actor):
        return False
    return region_code in regions_of(house, uow, actor)


def regions_of(house: House, uow: UnitOfWork, actor: Actor) -> list[str]:
    """The codes of the actor's region and of those below."""
    return regions_below(house, uow, actor.region_code)


def regions_below(house: House, uow: UnitOfWork, region_code: str | None) -> list[str]:
    """The codes of a region and of those below it; all of them for the platform itself, which has none."""
    version = uow.read(("SELECT organization_version AS v FROM platform", None))[0][0]["v"]
    regions = house.directory(uow, version).regions
    return [
        code for code in regions if region_code is None or any(up.code == region_code for up in path_up(regions, code))
    ]
