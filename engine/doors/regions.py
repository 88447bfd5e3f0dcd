"""Regions and departments as everybody may look them up: the tree of government, and who does what in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.cases.submit import RegionUnknown
from engine.errors import NotFound
from engine.organization.actor import Actor
from engine.unit_of_work import Transactions, UnitOfWork

_BELOW = (
    "WITH RECURSIVE below(code) AS (SELECT code FROM regions WHERE code = %(under)s "
    "UNION SELECT r.code FROM regions r JOIN below b ON r.parent_code = b.code) "
)
_REGIONS = (
    _BELOW + "SELECT r.code, r.name, r.name_en, r.level, r.parent_code AS parent, "
    "(SELECT count(*) FROM regions c WHERE c.parent_code = r.code) AS children FROM regions r "
    "WHERE r.code > %(after)s AND (%(level)s::text IS NULL OR r.level = %(level)s) "
    "AND (%(parent)s::text IS NULL OR r.parent_code = %(parent)s) "
    "AND (%(under)s::text IS NULL OR r.code IN (SELECT code FROM below)) "
    "AND (%(q)s::text IS NULL OR starts_with(r.name, %(q)s) OR starts_with(lower(r.name_en), lower(%(q)s)) "
    "OR starts_with(r.code, %(q)s)) ORDER BY r.code LIMIT %(most)s"
)
_PATH = (
    "WITH RECURSIVE up(code, parent_code, depth) AS (SELECT code, parent_code, 0 FROM regions WHERE code = %(code)s "
    "UNION SELECT r.code, r.parent_code, u.depth + 1 FROM regions r JOIN up u ON r.code = u.parent_code "
    "WHERE u.depth < 10) SELECT r.code, r.name, r.name_en, r.level, r.parent_code AS parent, "
    "(SELECT count(*) FROM regions c WHERE c.parent_code = r.code) AS children "
    "FROM up u JOIN regions r ON r.code = u.code ORDER BY u.depth DESC"
)
_DEPARTMENTS = (
    _BELOW + "SELECT d.id, d.name, d.name_en, d.region_code AS region, r.name AS region_name, "
    "r.name_en AS region_name_en, r.level FROM departments d JOIN regions r ON r.code = d.region_code "
    "WHERE d.id > %(after)s AND (%(region)s::text IS NULL OR d.region_code = %(region)s) "
    "AND (%(under)s::text IS NULL OR d.region_code IN (SELECT code FROM below)) "
    "AND (%(level)s::text IS NULL OR r.level = %(level)s) "
    "AND (%(function)s::text IS NULL OR EXISTS (SELECT 1 FROM function_bodies b WHERE b.function_code = %(function)s "
    "AND d.id IN (b.deciding_id, b.supervising_id))) "
    "AND (%(q)s::text IS NULL OR starts_with(d.name, %(q)s) OR starts_with(lower(d.name_en), lower(%(q)s))) "
    "ORDER BY d.id LIMIT %(most)s"
)
_FUNCTIONS = (
    "SELECT b.deciding_id, b.supervising_id, b.region_code, f.code, f.name, f.name_en FROM function_bodies b "
    "JOIN functions f ON f.code = b.function_code WHERE b.deciding_id = ANY(%(ids)s) OR b.supervising_id = ANY(%(ids)s) "
    "ORDER BY f.code, b.region_code"
)


@dataclass(frozen=True, slots=True)
class RegionQuery:
    """Which regions: of a level, right below `parent`, anywhere at or below `under`, whose name or code begins with `q`."""

    level: str | None = None
    parent: str | None = None
    under: str | None = None
    q: str | None = None
    cursor: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class DepartmentQuery:
    """Which departments: of a region, at or below `under`, of a level, with a function, whose name begins with `q`."""

    region: str | None = None
    under: str | None = None
    level: str | None = None
    function: str | None = None
    q: str | None = None
    cursor: str = ""
    limit: int = 50


class RegionsDoor:
    """Everything here is public: who governs where is no secret."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def regions(self, asked: RegionQuery) -> dict[str, Any]:
        """A page of regions by code; `next_cursor` is the `cursor` of the next one. Raises RegionUnknown."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            for named in (asked.parent, asked.under):
                _known(uow, named)
            values = {"level": asked.level, "parent": asked.parent, "under": asked.under, "q": asked.q or None}
            (rows,) = uow.read((_REGIONS, values | {"after": asked.cursor, "most": asked.limit + 1}))
            return _page(rows, asked.limit, "code")

        return self._transactions.perform(_ANYBODY, work)

    def region(self, code: str) -> dict[str, Any]:
        """One region with those above it, from the top. Raises NotFound."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            (rows,) = uow.read((_PATH, {"code": code}))
            if not rows:
                raise NotFound(what="region", id=code[:80])
            return rows[-1] | {"path": [{name: row[name] for name in _SHORT} for row in rows]}

        return self._transactions.perform(_ANYBODY, work)

    def departments(self, asked: DepartmentQuery) -> dict[str, Any]:
        """A page of departments by id, each with the functions it decides and supervises. Raises RegionUnknown."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            for named in (asked.region, asked.under):
                _known(uow, named)
            values = {"region": asked.region, "under": asked.under, "level": asked.level, "function": asked.function}
            values |= {"q": asked.q or None, "after": asked.cursor}
            (rows,) = uow.read((_DEPARTMENTS, values | {"most": asked.limit + 1}))
            page = _page(rows, asked.limit, "id")
            (bodies,) = uow.read((_FUNCTIONS, {"ids": [row["id"] for row in page["items"]]}))
            for row in page["items"]:
                row["decides"] = _functions(bodies, "deciding_id", row["id"])
                row["supervises"] = _functions(bodies, "supervising_id", row["id"])
            return page

        return self._transactions.perform(_ANYBODY, work)


_ANYBODY = Actor.system("public")
_SHORT = ("code", "name", "name_en", "level")


def _page(rows: list[dict[str, Any]], limit: int, key: str) -> dict[str, Any]:
    return {"items": rows[:limit], "next_cursor": rows[limit - 1][key] if len(rows) > limit else None}


def _functions(bodies: list[dict[str, Any]], side: str, department: str) -> list[dict[str, Any]]:
    mine = (body for body in bodies if body[side] == department)
    return [{"code": body["code"], "name": body["name"], "name_en": body["name_en"]} for body in mine]


def _known(uow: UnitOfWork, region: str | None) -> None:
    if region is not None and not uow.read(("SELECT 1 FROM regions WHERE code = %s", (region,)))[0]:
        raise RegionUnknown(detail=f"region: {region}", fields={"region": ["unknown"]})
