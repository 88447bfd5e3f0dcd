"""What a new version would mean for the cases that are open: told before it is published. They stay on their versions.

For each node that is changed or removed against the version on which a case runs: how many live cases wait there, whose limits
would be others, and which could not be moved to the new version, and why. Nothing is moved; the report is for who decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from engine.bpmn.compare import Changed, Comparison, Element
from engine.unit_of_work import UnitOfWork

MOST_CASES = 50  #: named for a reason; beyond them they are counted
#: The open tasks of live cases of an item, by node and version; of linked cases, in the linked process that they run.
_WAITING = (
    "SELECT c.definition_id, d.version, c.process, t.node, t.name, count(DISTINCT c.id) AS cases, "
    "(array_agg(DISTINCT c.number ORDER BY c.number))[1:50] AS numbers FROM cases c "
    "JOIN definitions d ON d.id = c.definition_id JOIN tasks t ON t.case_id = c.id AND t.state IN ('open', 'claimed') "
    "WHERE c.item = %(item)s AND c.state <> 'concluded' "
    "GROUP BY c.definition_id, d.version, c.process, t.node, t.name ORDER BY c.process NULLS FIRST, t.node, d.version"
)
_LIVE = (
    "SELECT c.definition_id, d.version, count(*) AS cases FROM cases c JOIN definitions d ON d.id = c.definition_id "
    "WHERE c.item = %(item)s AND c.state <> 'concluded' GROUP BY c.definition_id, d.version ORDER BY d.version"
)


def impact(uow: UnitOfWork, item: str, compared: Callable[[UUID], Comparison]) -> dict[str, Any]:
    """How a version would touch the live cases of an item.

    `compared` answers what turns another version into it: each case is held against the version on which it runs, which need not
    be the newest.
    """
    waiting, live = uow.read((_WAITING, {"item": item}), (_LIVE, {"item": item}))
    known = {row["definition_id"]: compared(row["definition_id"]) for row in live}
    nodes: list[dict[str, Any]] = []
    blocked: list[dict[str, Any]] = []
    for row in waiting:
        comparison = known[row["definition_id"]]
        changed = next((one for one in comparison.changed if _is_at(one, row)), None)
        removed = next((one for one in comparison.removed if _is_at(one, row) or _is_whole(one, row)), None)
        if changed is not None:
            attributes = [one.attribute for one in changed.changes]
            limits = any(name.startswith("timeLimit.") for name in attributes)
            nodes.append(_row(row, "changed", attributes) | {"limits_differ": limits})
            if _other_kind(changed):
                blocked.append(_kind_changed(row))
        elif removed is not None:
            nodes.append(_row(row, "removed", []) | {"limits_differ": False})
            blocked.append(_blocked(row))
    return {
        "live_cases": sum(row["cases"] for row in live),
        "by_version": [{"version": row["version"], "cases": row["cases"]} for row in live],
        "nodes": nodes,
        "case_limits_differ": list(dict.fromkeys(name for one in known.values() for name in _case_limits(one))),
        "not_movable": blocked,
        "stays": "办理中的办件继续按其原版本办理。",
        "stays_en": "Cases that are open stay on their version.",
    }


def _is_at(one: Changed | Element, row: Mapping[str, Any]) -> bool:
    """Whether an element is the node at which a case waits: ids are those of a process, and each linked one has its own."""
    return (one.id, one.process) == (row["node"], row["process"])


def _is_whole(one: Element, row: Mapping[str, Any]) -> bool:
    """Whether the linked process that a case runs is gone as a whole."""
    return one.kind == "process" and one.process is not None and bool(one.process == row["process"])


def _case_limits(comparison: Comparison) -> list[str]:
    """The limits of the whole case that differ, by attribute."""
    own = (one for one in comparison.changed if one.kind == "process" and one.process is None)
    return [change.attribute for one in own for change in one.changes if change.attribute.startswith("timeLimit.")]


def _row(row: Mapping[str, Any], what: str, attributes: list[str]) -> dict[str, Any]:
    return {
        "node": row["node"],
        "process": row["process"],
        "name": row["name"],
        "version": row["version"],
        "what": what,
        "attributes": attributes,
        "cases": row["cases"],
        "numbers": row["numbers"],
    }


def _blocked(row: Mapping[str, Any]) -> dict[str, Any]:
    label = row["name"] or row["node"]
    return {
        "node": row["node"],
        "process": row["process"],
        "cases": row["cases"],
        "numbers": row["numbers"],
        "reason": f"环节“{label}”在新版本中已删除，办件停在该环节。",
        "reason_en": f"The node “{label}” is not in the new version, and the cases wait there.",
    }


def _kind_changed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "node": row["node"],
        "process": row["process"],
        "cases": row["cases"],
        "numbers": row["numbers"],
        "reason": f"环节“{row['name']}”在新版本中是另一类元素，或改变了多实例方式。",
        "reason_en": f"“{row['name']}” is another kind of element in the new version, or is repeated in another way.",
    }


def _other_kind(changed: Any) -> bool:
    return any(one.attribute in ("tag", "element", "loop", "scope") for one in changed.changes)
