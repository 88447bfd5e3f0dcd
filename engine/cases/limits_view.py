"""时限: every limit of a case as of an instant: due dates, what remains, lights, and why the dates are what they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from engine.cases.access import task_id
from engine.cases.apply_step import public_names
from engine.cases.extensions import extension_view
from engine.cases.house import House
from engine.cases.inbox import get_case
from engine.cases.progress import instant
from engine.cases.special_procedures import procedure_view
from engine.cases.step_limits import CASE_OWNER, LOAD_LEDGER, Ledger, ledgers_of
from engine.cases.submit import find_case
from engine.clock import DOMAIN_NOW_SQL
from engine.timelimits.explain import CLOCKS, KINDS, explain
from engine.timelimits.ledger import Entry, LedgerEntry, Standing, known_at, standing
from engine.unit_of_work import UnitOfWork

_NOW = f"SELECT {DOMAIN_NOW_SQL} AS now FROM platform p"
_PROCEDURES = "SELECT * FROM special_procedures WHERE case_id = %s ORDER BY number"
_EXTENSIONS = "SELECT * FROM extensions WHERE case_id = %s ORDER BY number"
#: The sub-processes and calls that have a limit, by the token that owns it.
_SCOPES = (
    "SELECT (payload::jsonb->>'scope')::integer AS number, payload::jsonb->>'node' AS node FROM events "
    "WHERE case_id = %s AND kind = 'scope.entered'"
)
_CASE = "SELECT definition_id, offer_id, process FROM cases WHERE id = %s"
_TASKS = (
    "SELECT t.number, t.node, t.name, t.name_en, t.department_id, d.name AS department, d.name_en AS department_en, t.opened_at "
    "FROM tasks t LEFT JOIN departments d ON d.id = t.department_id WHERE t.case_id = %s"
)


def case_limits(house: House, uow: UnitOfWork, number: str, at: datetime | None = None) -> dict[str, Any]:
    """The limits of a case for the officers who have to do with it, as of `at` (now when it is None).

    Raises:
        NotFound, Forbidden: not the actor's case.
    """
    get_case(house, uow, number)
    return limits_of(house, uow, find_case(uow, number), number, at)


def limits_of(house: House, uow: UnitOfWork, case_id: UUID, number: str, at: datetime | None = None) -> dict[str, Any]:
    """The limits of a case as of an instant, for whoever may see it: that is the caller's to ask."""
    mine = (case_id,)
    now, rows, tasks, procedures, extensions, cases, scopes = uow.read(
        *((_NOW, None), (LOAD_LEDGER, mine), (_TASKS, mine), (_PROCEDURES, mine), (_EXTENSIONS, mine), (_CASE, mine)),
        (_SCOPES, mine),
    )
    live = house.definition(uow, cases[0]["definition_id"], cases[0]["offer_id"], cases[0]["process"])
    as_of = at or now[0]["now"]
    ledgers = ledgers_of(house, rows)
    by_number = {row["number"]: row for row in tasks}
    for scope in scopes:
        name, name_en, *_ = public_names(live.compiled.nodes[scope["node"]])
        row = {"number": None, "node": scope["node"], "name": name, "name_en": name_en}
        by_number[scope["number"]] = row | {"department": None, "department_en": None}
    names: dict[str, dict[str, Ledger]] = {}
    for key, ledger in sorted(ledgers.items()):
        if standing(ledger.old, ledger.almanacs, as_of) is not None:
            names.setdefault(key.name, {})[key.kind] = ledger
    told = [_clock(case_id, kinds, by_number, as_of) for kinds in names.values()]
    kinds = live.item.time_limits.special_procedures
    return {
        "case": number,
        "at": instant(as_of),
        "demonstration": live.item.listing.demonstration,
        "limits": told,
        "special_procedures": [
            procedure_view(_procedure_then(row, as_of), kinds.get(row["kind"]), number)
            for row in procedures
            if row["recorded_at"] <= as_of
        ],
        "extensions": [
            extension_view(_extension_then(row, as_of), number) for row in extensions if row["asked_at"] <= as_of
        ],
    }


def _procedure_then(row: Mapping[str, Any], at: datetime) -> Mapping[str, Any]:
    """A procedure as it was known at an instant."""
    if row["end_recorded_at"] is None or row["end_recorded_at"] <= at:
        return row
    return {**row, "ended_at": None, "ended_by": None, "report": None}


def _extension_then(row: Mapping[str, Any], at: datetime) -> Mapping[str, Any]:
    """An extension as it was known at an instant."""
    if row["decided_at"] is None or row["decided_at"] <= at:
        return row
    later = (
        "decided_at",
        "decided_by",
        "approved_by_name",
        "approval_number",
        "scan",
        "scan_name",
        "opinion",
        "notice",
    )
    return {**row, **dict.fromkeys(later), "state": "asked"}


def _clock(
    case_id: UUID, kinds: Mapping[str, Ledger], tasks: Mapping[int, Mapping[str, Any]], at: datetime
) -> dict[str, Any]:
    key = next(iter(kinds.values())).key
    shown = kinds.get("promised") or kinds["legal"]
    stands = shown.stands(at)
    name, name_en = CLOCKS[key.clock]
    task = tasks.get(key.owner) if key.owner != CASE_OWNER else None
    lines = [line for kind in ("legal", "promised") if kind in kinds for line in _explained(kinds[kind], kind, at)]
    return {
        "clock": key.clock,
        "clock_name": name,
        "clock_name_en": name_en,
        "task": task_id(case_id, key.owner) if task and task["number"] else None,
        "node": task["node"] if task else None,
        "name": task["name"] if task else name,
        "name_en": task["name_en"] if task else name_en,
        "department": task["department"] if task else None,
        "department_en": task["department_en"] if task else None,
        "state": stands.state,
        "due_date": stands.due_date.isoformat(),
        "remaining_working_days": stands.remaining_working_days,
        "light": stands.light,
        "provisional": any(ledger.stands(at).provisional for ledger in kinds.values()),
        "promised": limit_view(kinds["promised"].stands(at)) if "promised" in kinds else None,
        "legal": limit_view(kinds["legal"].stands(at)) if "legal" in kinds else None,
        "moves": moves_of(kinds, at),
        "derivation": [zh for zh, _ in lines],
        "derivation_en": [en for _, en in lines],
    }


def limit_view(stands: Standing) -> dict[str, Any]:
    """One limit as it stands."""
    return {
        "granted": stands.granted,
        "unit": stands.unit,
        "used": stands.used,
        "remaining": stands.remaining,
        "started_at": instant(stands.started_at),
        "stopped_at": instant(stands.stopped_at),
        "due_date": stands.due_date.isoformat(),
        "due_at": instant(stands.due_at),
        "remaining_working_days": stands.remaining_working_days,
        "state": stands.state,
        "light": stands.light,
        "provisional": stands.provisional,
        "calendar_version": stands.calendar_version,
    }


def _explained(ledger: Ledger, kind: str, at: datetime) -> list[tuple[str, str]]:
    return explain(ledger.old, ledger.almanacs, at, kind)


def moves_of(kinds: Mapping[str, Ledger], at: datetime) -> list[dict[str, Any]]:
    """What was entered after the start, in the order in which it was recorded: why the dates moved, and to when."""
    told = []
    for kind, ledger in kinds.items():
        known = known_at(ledger.old, at)
        told += [
            _move(kind, ledger, known[: nth + 1], one) for nth, one in enumerate(known) if one.entry != Entry.START
        ]
    return sorted(told, key=lambda move: move["recorded_at"])


def _move(kind: str, ledger: Ledger, known: Sequence[LedgerEntry], entry: LedgerEntry) -> dict[str, Any]:
    after = standing(known, ledger.almanacs, entry.recorded_at)
    assert after is not None
    return {
        "entry": str(entry.entry),
        "kind": kind,
        "kind_name": KINDS[kind][0],
        "kind_name_en": KINDS[kind][1],
        "ref": entry.ref or None,
        "effective_at": instant(entry.effective_at),
        "recorded_at": instant(entry.recorded_at),
        "amount": entry.limit.days if entry.limit else None,
        "unit": str(entry.limit.unit) if entry.limit else None,
        "ground": entry.ground or None,
        "document": entry.document,
        "due_date": after.due_date.isoformat(),
    }
