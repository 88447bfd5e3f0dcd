"""牌: what a passed limit cost the authority; what its department says to it; and when it is settled.

A light shows how a limit stands; a card is kept. Its life: opened by the system, acknowledged and explained by the department
that it was opened against, cleared when the matter is done and explained. One whose date was moved by law or calendar after
all, so that nothing was late, is cleared and not counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from engine.cases.access import is_platform, need, permit, place_of
from engine.cases.house import House
from engine.cases.inbox import regions_below
from engine.cases.progress import instant
from engine.catalogue.demonstration_values import demonstration_sql
from engine.clock import DOMAIN_NOW_SQL
from engine.errors import Conflict, Invalid, NotFound, not_one_of
from engine.organization.permissions import Permission, UseCase
from engine.timelimits.explain import CLOCKS
from engine.timelimits.rules import card_names
from engine.unit_of_work import UnitOfWork

STATES = ("open", "acknowledged", "explained", "cleared")
COLOURS = ("yellow", "red")
MOST_WORDS = 2000

_LIST = (
    f"SELECT c.*, {demonstration_sql('c.case_id')} AS demonstration, "
    "d.name AS department, d.name_en AS department_en, o.name AS officer FROM cards c "
    "LEFT JOIN departments d ON d.id = c.department_id LEFT JOIN officers o ON o.id = c.officer_id "
    "WHERE (%(all)s OR c.region_code = ANY(%(regions)s) OR c.department_id = ANY(%(departments)s) OR c.officer_id = %(me)s) "
    "AND (%(states)s::text[] IS NULL OR c.state = ANY(%(states)s)) "
    "AND (%(colour)s::text IS NULL OR c.colour = %(colour)s) AND (%(case)s::text IS NULL OR c.number = %(case)s) "
    "AND (%(node)s::text IS NULL OR c.node = %(node)s) AND (%(officer)s::text IS NULL OR c.officer_id = %(officer)s) "
    "AND (%(department)s::text IS NULL OR c.department_id = %(department)s) "
    "AND (%(region)s::text IS NULL OR c.region_code = %(region)s) "
    "AND (%(at)s::timestamptz IS NULL OR (c.opened_at, c.case_id, c.owner, c.clock, c.rule) < "
    " (%(at)s::timestamptz, %(case_id)s::uuid, %(owner)s::integer, %(clock)s, %(rule)s)) "
    "ORDER BY c.opened_at DESC, c.case_id DESC, c.owner DESC, c.clock DESC, c.rule DESC LIMIT %(most)s"
)
_LOCK = (
    f"SELECT c.*, {DOMAIN_NOW_SQL} AS now, {demonstration_sql('c.case_id')} AS demonstration, "
    "d.name AS department, d.name_en AS department_en, o.name AS officer "
    "FROM cards c CROSS JOIN platform p LEFT JOIN departments d ON d.id = c.department_id "
    "LEFT JOIN officers o ON o.id = c.officer_id "
    "WHERE c.case_id = %s AND c.owner = %s AND c.clock = %s AND c.rule = %s FOR UPDATE OF c"
)
_WHICH = "WHERE case_id = %s AND owner = %s AND clock = %s AND rule = %s"
#: Explained, and what it was about is done; or the limit ends later than was thought, and has not passed at all.
_CLEAR = (
    "UPDATE cards c SET state = 'cleared', cleared_at = now.at, "
    "cleared_because = CASE WHEN l.due_at > c.due_at AND (l.stopped_at IS NULL OR l.stopped_at < l.due_at) "
    " AND l.due_at > now.at THEN 'moved' ELSE 'explained' END, "
    "counted = NOT (l.due_at > c.due_at AND (l.stopped_at IS NULL OR l.stopped_at < l.due_at) AND l.due_at > now.at) "
    f"FROM limits l, (SELECT {DOMAIN_NOW_SQL} AS at FROM platform p) now "
    "WHERE l.case_id = c.case_id AND l.owner = c.owner AND l.clock = c.clock AND l.kind = c.kind AND c.state <> 'cleared' "
    "AND ((c.state = 'explained' AND l.stopped_at IS NOT NULL) "
    " OR (c.rule IN ('promise-exceeded', 'statute-exceeded') AND l.stopped_at IS NULL AND l.due_at > c.due_at "
    "  AND l.due_at > now.at)) RETURNING 1"
)


class CardStateConflict(Conflict):
    """The card is past that. Params: state, state_zh."""

    code = "card-state-conflict"
    zh = "该牌当前为“{state_zh}”，不能执行此操作。请刷新后查看。"
    en = "The card is {state} now, so this can't be done. Look at it again."


STATE_NAMES = {
    "open": ("待签收", "open"),
    "acknowledged": ("已签收", "acknowledged"),
    "explained": ("已说明", "explained"),
    "cleared": ("已销牌", "cleared"),
}


@dataclass(frozen=True, slots=True)
class CardQuery:
    """Which cards."""

    states: tuple[str, ...] = ()
    colour: str | None = None
    case: str | None = None
    node: str | None = None
    officer: str | None = None
    department: str | None = None
    region: str | None = None
    cursor: str | None = None
    limit: int = 50


def list_cards(house: House, uow: UnitOfWork, asked: CardQuery) -> dict[str, Any]:
    """The cards of one's departments; a supervisor's, of his region and below. Newest first.

    Raises:
        Forbidden; Invalid: no such state or colour.
    """
    need(uow.actor, UseCase.CARD_READ)
    for state in asked.states:
        if state not in STATES:
            raise not_one_of("state", STATES)
    if asked.colour not in (None, *COLOURS):
        raise not_one_of("colour", COLOURS)
    actor = uow.actor
    watches = actor.may(Permission.CASE_READ_ANY)
    after = _cursor(uow, asked.cursor)
    values = {
        "all": is_platform(actor),
        "regions": regions_below(house, uow, actor.region_code) if watches else [],
        "departments": list(actor.departments),
        "me": actor.id,
        "states": list(asked.states) or None,
        "colour": asked.colour,
        "case": asked.case,
        "node": asked.node,
        "officer": asked.officer,
        "department": asked.department,
        "region": asked.region,
        "most": asked.limit + 1,
    }
    (rows,) = uow.read((_LIST, values | after))
    more = len(rows) > asked.limit
    found = [card_view(row) for row in rows[: asked.limit]]
    return {"items": found, "next_cursor": found[-1]["id"] if more else None}


def acknowledge_card(uow: UnitOfWork, card: str) -> dict[str, Any]:
    """签收: the department has seen it.

    Raises:
        NotFound, Forbidden: not the actor's.
        CardStateConflict: it was acknowledged already.
    """
    row = _locked(uow, card)
    if row["state"] != "open":
        raise _conflict(row)
    changed = {"state": "acknowledged", "acknowledged_at": row["now"], "acknowledged_by": uow.actor.id}
    return _change(uow, row, changed)


def explain_card(uow: UnitOfWork, card: str, explanation: str) -> dict[str, Any]:
    """说明: the department says why. An explanation may be bettered until the card is cleared.

    Raises:
        NotFound, Forbidden: not the actor's.
        CardStateConflict: it is cleared.
        Invalid: nothing is said, or too much.
    """
    row = _locked(uow, card)
    said = explanation.strip()
    if not said or len(said) > MOST_WORDS:
        words = f"1–{MOST_WORDS} 个字符\t1 to {MOST_WORDS} characters"
        raise Invalid(detail="explanation", fields={"explanation": [words]})
    if row["state"] == "cleared":
        raise _conflict(row)
    changed = {"state": "explained", "explained_at": row["now"], "explained_by": uow.actor.id, "explanation": said}
    if row["acknowledged_at"] is None:
        changed |= {"acknowledged_at": row["now"], "acknowledged_by": uow.actor.id}
    return _change(uow, row, changed)


def clear_settled(uow: UnitOfWork) -> int:
    """Clear what is explained and over, and what was not late after all; answers how many."""
    return len(uow.read((_CLEAR, None))[0])


def card_id(row: Mapping[str, Any]) -> str:
    """The id of a card as callers see it."""
    return f"{row['case_id']}.{row['owner']}.{row['clock']}.{row['rule']}"


def card_view(row: Mapping[str, Any]) -> dict[str, Any]:
    """A card as people see it."""
    name, name_en = card_names().get(row["rule"], (row["rule"], row["rule"]))
    clock, clock_en = CLOCKS.get(row["clock"], (row["clock"], row["clock"]))
    return {
        "id": card_id(row),
        "case": row["number"],
        "task": f"{row['case_id']}.{row['owner']}" if row["owner"] and row["node"] else None,
        "clock": row["clock"],
        "kind": row["kind"],
        "rule": row["rule"],
        "rule_name": name,
        "rule_name_en": name_en,
        "colour": row["colour"],
        "state": row["state"],
        "state_name": STATE_NAMES[row["state"]][0],
        "state_name_en": STATE_NAMES[row["state"]][1],
        "node": row["node"],
        "name": row["name"] or clock,
        "name_en": row["name_en"] or clock_en,
        "region": row["region_code"],
        "department": row["department_id"],
        "department_name": row["department"],
        "department_name_en": row["department_en"],
        "officer": row["officer_id"],
        "officer_name": row["officer"],
        "due_at": instant(row["due_at"]),
        "opened_at": instant(row["opened_at"]),
        "acknowledged_at": instant(row["acknowledged_at"]),
        "acknowledged_by": row["acknowledged_by"],
        "explained_at": instant(row["explained_at"]),
        "explained_by": row["explained_by"],
        "explanation": row["explanation"],
        "cleared_at": instant(row["cleared_at"]),
        "cleared_because": row["cleared_because"],
        "counted": row["counted"],
        "demonstration": row["demonstration"],
    }


def _parts(card: str) -> tuple[UUID, int, str, str]:
    parts = card.split(".")
    try:
        if len(parts) == 4 and parts[1].isascii() and parts[1].isdigit() and len(parts[1]) < 10:
            return UUID(parts[0]), int(parts[1]), parts[2], parts[3]
    except ValueError:
        pass
    raise NotFound(what="card", id=card[:80])


def _cursor(uow: UnitOfWork, cursor: str | None) -> dict[str, Any]:
    if cursor is None:
        return {"at": None, "case_id": None, "owner": None, "clock": "", "rule": ""}
    parts = _parts(cursor)
    (rows,) = uow.read((f"SELECT opened_at FROM cards {_WHICH}", parts))
    if not rows:
        raise NotFound(what="card", id=cursor[:80])
    return {"at": rows[0]["opened_at"], **dict(zip(("case_id", "owner", "clock", "rule"), parts, strict=True))}


def _locked(uow: UnitOfWork, card: str) -> dict[str, Any]:
    """The card, locked, if the actor may answer for it."""
    (rows,) = uow.read((_LOCK, _parts(card)))
    if not rows:
        raise NotFound(what="card", id=card[:80])
    row: dict[str, Any] = rows[0]
    actor = uow.actor
    own = actor.works_in(row["department_id"] or "") or actor.id == row["officer_id"]
    permit(actor, UseCase.CARD_ANSWER, place_of(actor, row["region_code"], own), "card", card[:80])
    return row


def _change(uow: UnitOfWork, row: dict[str, Any], changed: dict[str, datetime | str]) -> dict[str, Any]:
    which = (row["case_id"], row["owner"], row["clock"], row["rule"])
    names = ", ".join(f"{name} = %s" for name in changed)
    uow.write(f"UPDATE cards SET {names} {_WHICH}", (*changed.values(), *which))
    return card_view(row | changed)


def _conflict(row: Mapping[str, Any]) -> CardStateConflict:
    zh, en = STATE_NAMES[row["state"]]
    return CardStateConflict(state=en, state_zh=zh)
