"""核验列表: what is due, overdue and failed, by region and item; one verification whole; and what everybody sees of a permit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from engine.cases.access import at_window, is_platform, need
from engine.cases.house import House
from engine.cases.inbox import regions_of
from engine.cases.paging import Order, read_cursor, write_cursor
from engine.cases.progress import instant
from engine.clock import DOMAIN_NOW_SQL
from engine.credit_first.states import PERMIT_NAMES, STATE_NAMES, State
from engine.errors import NotFound, not_one_of
from engine.organization.permissions import Permission, UseCase
from engine.unit_of_work import UnitOfWork

#: What a list may be narrowed to. `due`: open and in time; `overdue`: open and late; `failed`: came to no confirmation.
LISTS = ("due", "overdue", "failed", "confirmed")
ORDER = Order("due", "coalesce(l.due_at, v.opened_at)", "timestamptz")
MOST_ROWS = 200
_LIMIT = (
    "LEFT JOIN LATERAL (SELECT due_date, due_at, provisional FROM limits l WHERE l.case_id = v.case_id AND l.owner = 0 "
    "AND l.clock = CASE WHEN v.state = 'rectifying' THEN 'rectification' ELSE 'verification' END "
    "ORDER BY l.kind DESC LIMIT 1) l ON true "
)
_LIST_OF = (
    "CASE WHEN v.state = 'confirmed' THEN 'confirmed' WHEN v.state IN ('lapsed', 'revoked', 'kept', 'hearing') THEN 'failed' "
    f"WHEN l.due_at <= {DOMAIN_NOW_SQL} THEN 'overdue' ELSE 'due' END"
)
_COLUMNS = (
    "v.*, a.number, a.applicant->>'name' AS applicant_name, i.name AS item_name, i.name_en AS item_name_en, k.number AS linked, "
    f"l.due_date, l.due_at, l.provisional, {_LIST_OF} AS list, pm.status AS permit, pm.disputed, "
    "(SELECT r.id FROM rectifications r WHERE r.verification_id = v.id ORDER BY r.seq DESC LIMIT 1) AS rectification, "
    "(SELECT r.id FROM revocations r WHERE r.case_id = v.case_id ORDER BY r.opened_at DESC LIMIT 1) AS revocation, "
    "(SELECT count(DISTINCT f.officer_id) FROM verification_findings f WHERE f.verification_id = v.id "
    "AND f.round = CASE WHEN v.state = 'rechecking' THEN 2 ELSE 1 END) AS signatures"
)
_FROM = (
    "FROM verifications v CROSS JOIN platform p JOIN cases a ON a.id = v.case_id JOIN items i ON i.code = v.item "
    "LEFT JOIN cases k ON k.id = v.linked_case_id LEFT JOIN permits pm ON pm.case_id = v.case_id " + _LIMIT
)
_MINE = (
    "(%(all)s OR v.region_code = ANY(%(regions)s) OR (%(window)s AND v.region_code = %(region)s) OR EXISTS (SELECT 1 FROM tasks t "
    "WHERE t.case_id IN (v.case_id, v.linked_case_id) AND t.kind = 'officer' AND t.department_id = ANY(%(departments)s)))"
)
_FILTERS = (
    f" AND (%(list)s::text IS NULL OR {_LIST_OF} = %(list)s) AND (%(item)s::text IS NULL OR v.item = %(item)s) "
    "AND (%(in_region)s::text IS NULL OR v.region_code = %(in_region)s) "
    "AND (%(case)s::text IS NULL OR a.number = %(case)s OR k.number = %(case)s) "
    "AND (%(regime)s::text IS NULL OR v.regime = %(regime)s) "
)


_PAGE = (
    f"SELECT {_COLUMNS}, ({ORDER.key})::text AS sort_key {_FROM} WHERE {_MINE} {_FILTERS} "
    f"AND (%(key)s::text IS NULL OR ({ORDER.key}, v.id) > (%(key)s::timestamptz, %(id)s::uuid)) "
    f"ORDER BY {ORDER.key}, v.id LIMIT %(limit)s"
)
_ONE = f"SELECT {_COLUMNS} {_FROM} WHERE {_MINE} AND v.id = %(which)s"
_FIGURES = (
    f"SELECT v.region_code, v.item, i.name AS item_name, i.name_en AS item_name_en, {_LIST_OF} AS list, count(*) AS n, "
    "(SELECT r.name FROM regions r WHERE r.code = v.region_code) AS region_name, "
    "(SELECT r.name_en FROM regions r WHERE r.code = v.region_code) AS region_name_en "
    f"{_FROM} WHERE {_MINE} AND (%(item)s::text IS NULL OR v.item = %(item)s) "
    "AND (%(in_region)s::text IS NULL OR v.region_code = %(in_region)s) "
    "GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2"
)
_FOUND = (
    "SELECT f.*, o.name FROM verification_findings f LEFT JOIN officers o ON o.id = f.officer_id "
    "WHERE f.verification_id = %s ORDER BY f.seq"
)
_RECTIFICATIONS = "SELECT * FROM rectifications WHERE verification_id = %s ORDER BY seq"


@dataclass(frozen=True, slots=True)
class VerificationQuery:
    """What is asked of the list."""

    state: str | None = None  #: one of LISTS
    region: str | None = None
    item: str | None = None
    regime: str | None = None
    case: str | None = None
    limit: int = 50
    cursor: str | None = None


def list_verifications(house: House, uow: UnitOfWork, asked: VerificationQuery) -> dict[str, Any]:
    """The verifications that the actor has to do with, the earliest due first. Raises Forbidden, Invalid."""
    need(uow.actor, UseCase.VERIFICATION_LIST)
    if asked.state is not None and asked.state not in LISTS:
        raise not_one_of("state", LISTS)
    after = read_cursor(ORDER, asked.cursor, numbered=False) if asked.cursor else {"key": None, "id": None}
    limit = max(1, min(asked.limit, MOST_ROWS))
    question = {**after, **_whose(house, uow)} | {"list": asked.state, "item": asked.item, "in_region": asked.region}
    question |= {"case": asked.case, "regime": asked.regime, "limit": limit + 1}
    (rows,) = uow.read((_PAGE, question))
    more = write_cursor(ORDER, rows[limit - 1]["sort_key"], rows[limit - 1]["id"]) if len(rows) > limit else None
    return {"items": [view(row) for row in rows[:limit]], "next_cursor": more}


def verification_figures(
    house: House, uow: UnitOfWork, region: str | None = None, item: str | None = None
) -> list[dict[str, Any]]:
    """How many are due, overdue, failed and confirmed, by region and item. Raises Forbidden."""
    need(uow.actor, UseCase.VERIFICATION_LIST)
    (rows,) = uow.read((_FIGURES, _whose(house, uow) | {"item": item, "in_region": region}))
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        place = {name: row[name] for name in ("region_name", "region_name_en", "item", "item_name", "item_name_en")}
        key = (row["region_code"], row["item"])
        found.setdefault(key, {"region": row["region_code"], **place, **dict.fromkeys(LISTS, 0)})[row["list"]] = row[
            "n"
        ]
    return list(found.values())


def get_verification(house: House, uow: UnitOfWork, which: UUID) -> dict[str, Any]:
    """One verification whole: what was presumed, what was found, what was to be rectified. Raises NotFound."""
    need(uow.actor, UseCase.VERIFICATION_LIST)
    (rows,) = uow.read((_ONE, _whose(house, uow) | {"which": which}))
    if not rows:
        raise NotFound(what="verification", id=which)
    found, rectifications = uow.read((_FOUND, (which,)), (_RECTIFICATIONS, (which,)))
    return view(rows[0]) | {
        "findings": [
            {name: row[name] for name in ("round", "result", "findings", "note")}
            | {"officer": row["officer_id"], "officer_name": row["name"], "at": instant(row["at"])}
            for row in found
        ],
        "rectifications": [rectification_view(row) for row in rectifications],
    }


def rectification_view(row: Mapping[str, Any]) -> dict[str, Any]:
    """One rectification."""
    return {
        "id": str(row["id"]),
        "listed": row["listed"],
        "told_at": instant(row["told_at"]),
        "supplied": row["supplied"],
        "way": row["way"],
        "supplied_at": instant(row["supplied_at"]),
    }


def view(row: Mapping[str, Any]) -> dict[str, Any]:
    """A verification as lists show it."""
    state, permit = row["state"], row["permit"]
    return {
        "id": str(row["id"]),
        "case": row["number"],
        "linked_case": row["linked"],
        "item": row["item"],
        "item_name": row["item_name"],
        "item_name_en": row["item_name_en"],
        "region": row["region_code"],
        "applicant_name": row["applicant_name"],
        "regime": row["regime"],
        "state": state,
        "state_name": STATE_NAMES[state][0],
        "state_name_en": STATE_NAMES[state][1],
        "list": row["list"],
        "permit": permit,
        "permit_name": PERMIT_NAMES[permit][0] if permit else None,
        "permit_name_en": PERMIT_NAMES[permit][1] if permit else None,
        "disputed": bool(row["disputed"]),
        "presumed": row["presumed"],
        "visits_asked": row["visits_asked"],
        "officers": row["officers"],
        "signatures": row["signatures"] if state in (State.OPEN, State.RECHECKING) else row["officers"],
        "results": ["confirmed", "rectify", "revoke"] if state == State.OPEN else ["confirmed", "revoke"],
        "opened_at": instant(row["opened_at"]),
        "closed_at": instant(row["closed_at"]),
        "due_date": row["due_date"].isoformat() if row["due_date"] else None,
        "provisional": bool(row["provisional"]),
        "rectification": str(row["rectification"]) if row["rectification"] else None,
        "revocation": str(row["revocation"]) if row["revocation"] else None,
    }


def _whose(house: House, uow: UnitOfWork) -> dict[str, Any]:
    actor = uow.actor
    watches = actor.may(Permission.CASE_READ_ANY) and not is_platform(actor)
    return {
        "all": is_platform(actor),
        "regions": regions_of(house, uow, actor) if watches else [],
        "window": at_window(actor),
        "region": actor.region_code,
        "departments": list(actor.departments),
    }
