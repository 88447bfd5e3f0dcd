"""What a new version would mean for the cases that are open: told before it is published. They stay on their versions.

For each changed or removed node: how many live cases wait there, whose limits would be others, and which could not be moved to
the new version, and why. Nothing is moved; the report is for who decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.bpmn.compare import Comparison
from engine.unit_of_work import UnitOfWork

MOST_CASES = 50  #: named for a reason; beyond them they are counted
#: The open tasks of live cases of an item, by node and version.
_WAITING = (
    "SELECT t.node, t.name, count(DISTINCT c.id) AS cases, "
    "(array_agg(DISTINCT c.number ORDER BY c.number))[1:50] AS numbers FROM cases c "
    "JOIN tasks t ON t.case_id = c.id AND t.state IN ('open', 'claimed') "
    "WHERE c.item = %(item)s AND c.state <> 'concluded' GROUP BY t.node, t.name ORDER BY t.node"
)
_LIVE = (
    "SELECT d.version, count(*) AS cases FROM cases c JOIN definitions d ON d.id = c.definition_id "
    "WHERE c.item = %(item)s AND c.state <> 'concluded' GROUP BY d.version ORDER BY d.version"
)


def impact(uow: UnitOfWork, item: str, comparison: Comparison) -> dict[str, Any]:
    """How a version that differs so would touch the live cases of an item."""
    waiting, live = uow.read((_WAITING, {"item": item}), (_LIVE, {"item": item}))
    by_node = {row["node"]: row for row in waiting}
    removed = {one.id: one for one in comparison.removed}
    changed = {one.id: one for one in comparison.changed}
    nodes = []
    for id, row in by_node.items():
        if id in changed:
            attributes = [one.attribute for one in changed[id].changes]
            limits = [name for name in attributes if name.startswith("timeLimit.")]
            nodes.append(_row(row, "changed", attributes) | {"limits_differ": bool(limits)})
        elif id in removed:
            nodes.append(_row(row, "removed", []) | {"limits_differ": False})
    case_limits = [
        one.attribute
        for changed_one in comparison.changed
        if changed_one.kind == "process"
        for one in changed_one.changes
        if one.attribute.startswith("timeLimit.")
    ]
    blocked = [_blocked(by_node[id], one.name) for id, one in removed.items() if id in by_node]
    blocked += [_kind_changed(by_node[id]) for id, one in changed.items() if id in by_node and _other_kind(one)]
    return {
        "live_cases": sum(row["cases"] for row in live),
        "by_version": [{"version": row["version"], "cases": row["cases"]} for row in live],
        "nodes": nodes,
        "case_limits_differ": case_limits,
        "not_movable": blocked,
        "stays": "办理中的办件继续按其原版本办理。",
        "stays_en": "Cases that are open stay on their version.",
    }


def _row(row: Mapping[str, Any], what: str, attributes: list[str]) -> dict[str, Any]:
    return {
        "node": row["node"],
        "name": row["name"],
        "what": what,
        "attributes": attributes,
        "cases": row["cases"],
        "numbers": row["numbers"],
    }


def _blocked(row: Mapping[str, Any], name: str | None) -> dict[str, Any]:
    label = name or row["node"]
    return {
        "node": row["node"],
        "cases": row["cases"],
        "numbers": row["numbers"],
        "reason": f"环节“{label}”在新版本中已删除，办件停在该环节。",
        "reason_en": f"The node “{label}” is not in the new version, and the cases wait there.",
    }


def _kind_changed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "node": row["node"],
        "cases": row["cases"],
        "numbers": row["numbers"],
        "reason": f"环节“{row['name']}”在新版本中是另一类元素，或改变了多实例方式。",
        "reason_en": f"“{row['name']}” is another kind of element in the new version, or is repeated in another way.",
    }


def _other_kind(changed: Any) -> bool:
    return any(one.attribute in ("tag", "element", "loop", "scope") for one in changed.changes)
