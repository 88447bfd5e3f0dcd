"""灯: how many open tasks are green, yellow and red, by node, case, officer, department or region. Counted, never kept."""

from __future__ import annotations

from typing import Any

from engine.cases.access import is_platform, need
from engine.cases.house import House
from engine.cases.inbox import regions_below
from engine.catalogue.demonstration_values import demonstration_sql
from engine.clock import DOMAIN_NOW_SQL
from engine.errors import not_one_of
from engine.organization.permissions import UseCase
from engine.unit_of_work import UnitOfWork

#: What may be counted by: the column that tells it, and its names.
BY = {
    "node": ("c.item || '/' || t.node", "t.name", "t.name_en"),
    "case": ("c.number", "c.number", "c.number"),
    "officer": ("coalesce(t.claimed_by, '')", "coalesce(w.name, '')", "coalesce(w.name, '')"),
    "department": ("t.department_id", "coalesce(d.name, '')", "coalesce(d.name_en, '')"),
    "region": ("t.region_code", "coalesce(r.name, '')", "coalesce(r.name_en, '')"),
}
MOST = 200
_LIGHT = (
    "CASE WHEN t.due_at IS NULL THEN 'none' WHEN NOT t.paused AND t.due_at <= now.at THEN 'red' "
    "WHEN NOT t.paused AND t.warn_at <= now.at THEN 'yellow' ELSE 'green' END"
)


def count_lights(house: House, uow: UnitOfWork, by: str) -> dict[str, Any]:
    """The lights of the open tasks in the actor's region and below, the worst first.

    Raises:
        Forbidden; Invalid: lights can't be counted by that.
    """
    need(uow.actor, UseCase.LIGHT_READ)
    if by not in BY:
        raise not_one_of("by", BY)
    key, name, name_en = BY[by]
    counted = ", ".join(f"count(*) FILTER (WHERE light = '{light}') AS {light}" for light in ("green", "yellow", "red"))
    sql = (
        f"SELECT key AS id, max(name) AS name, max(name_en) AS name_en, {counted}, bool_or(demonstration) AS demonstration FROM ("
        f"SELECT {key} AS key, {name} AS name, {name_en} AS name_en, {_LIGHT} AS light, "
        f"{demonstration_sql('t.case_id')} AS demonstration FROM tasks t "
        "JOIN cases c ON c.id = t.case_id LEFT JOIN officers w ON w.id = t.claimed_by "
        "LEFT JOIN departments d ON d.id = t.department_id LEFT JOIN regions r ON r.code = t.region_code "
        f"CROSS JOIN (SELECT {DOMAIN_NOW_SQL} AS at FROM platform p) now "
        "WHERE t.state IN ('open', 'claimed') AND t.kind = 'officer' "
        "AND (%(all)s OR t.region_code = ANY(%(regions)s))) lit "
        "GROUP BY key ORDER BY red DESC, yellow DESC, green DESC, key LIMIT %(most)s"
    )
    values = {"all": is_platform(uow.actor), "regions": regions_below(house, uow, uow.actor.region_code), "most": MOST}
    return {"by": by, "items": uow.read((sql, values))[0]}
