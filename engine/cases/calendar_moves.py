"""Which limits a holiday notice moves, from when to when: worked out before it is applied, on the limits as they stand.

A limit that was never paused is a number, a unit and a start: there are few different ones among very many, and each is
worked out once. One that was paused is worked out from its ledger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from engine.cases.house import House
from engine.cases.step_limits import LOAD_LEDGERS, LimitKey, ledgers_of
from engine.timelimits.calendar import DueDate
from engine.timelimits.ledger import Almanac, Clock, Entry, LedgerEntry, standing
from engine.timelimits.limits import Limit, due
from engine.timelimits.load import calendar_of, hours_of, load_notices
from engine.timelimits.notices import HolidayNotice
from engine.unit_of_work import UnitOfWork

#: Open limits that may be touched: of the notice's place, and ending on or after its first change. Hours run regardless.
_SCOPE = (
    "WITH RECURSIVE below(code) AS (SELECT code FROM regions WHERE code = %(region)s "
    "UNION SELECT r.code FROM regions r JOIN below b ON r.parent_code = b.code), "
    "paused AS MATERIALIZED (SELECT DISTINCT case_id, owner, clock, kind FROM limit_entries WHERE entry = 'pause'), "
    "touched AS (SELECT l.case_id, l.owner, l.clock, l.kind, l.region_code, l.department_id, l.amount, l.unit, l.started_at, "
    " (l.started_at AT TIME ZONE INTERVAL '+08:00')::date AS day, "
    " CASE WHEN l.unit = 'working-hour' THEN l.started_at END AS instant, l.due_date, l.provisional, "
    " l.clock <> 'completeness' AND (l.owner = 0 OR l.kind = 'promised') AS told, p.case_id IS NOT NULL AS was_paused "
    " FROM limits l LEFT JOIN paused p USING (case_id, owner, clock, kind) "
    " WHERE l.stopped_at IS NULL AND l.unit <> 'hour' AND l.due_date >= %(first)s "
    " AND (%(region)s::text IS NULL OR l.region_code IN (SELECT code FROM below)) "
    " AND (%(department)s::text IS NULL OR l.department_id = %(department)s)) "
)
#: What is alike is worked out once; the sum of hashes stands for who is in a group.
_GROUPS = _SCOPE + (
    "SELECT region_code, department_id, amount, unit, day, instant, due_date, provisional, told, count(*) AS n, "
    "sum(hashtextextended(case_id::text || '/' || owner || '/' || clock || '/' || kind, 0))::text AS who "
    "FROM touched WHERE NOT was_paused GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9"
)
_PAUSED = _SCOPE + "SELECT * FROM touched WHERE was_paused"
_IN_GROUPS = _SCOPE + (
    ", moved AS (SELECT t.*, g.later FROM touched t JOIN unnest(%(regions)s::text[], %(departments)s::text[], "
    " %(amounts)s::integer[], %(units)s::text[], %(days)s::date[], %(instants)s::timestamptz[], %(dues)s::date[], "
    " %(provisionals)s::boolean[], %(laters)s::text[]) "
    " AS g(region_code, department, amount, unit, day, instant, due_date, provisional, later) "
    " ON t.region_code = g.region_code AND coalesce(t.department_id, '') = g.department AND t.amount = g.amount "
    " AND t.unit = g.unit AND t.day = g.day AND coalesce(t.instant, '-infinity') = g.instant AND t.due_date = g.due_date "
    " AND t.provisional = g.provisional WHERE NOT t.was_paused) "
)
_CASES = _IN_GROUPS + "SELECT count(DISTINCT case_id) AS n FROM moved WHERE NOT (case_id = ANY(%(also)s))"
_FIRST = _IN_GROUPS + (
    "SELECT case_id, owner, clock, kind, due_date, provisional, later FROM moved "
    "ORDER BY told DESC, case_id, owner, clock, kind LIMIT %(most)s"
)


@dataclass(frozen=True, slots=True, order=True)
class Move:
    """One limit whose date a notice moves, or settles (the same date, not provisional any more)."""

    case_id: UUID
    key: LimitKey
    before: date
    after: date
    provisional_before: bool
    provisional: bool

    @property
    def moves(self) -> bool:
        """Whether the date itself is another one."""
        return self.before != self.after

    @property
    def told_to_applicant(self) -> bool:
        """Whether an applicant was shown the date: those of the case, and what is promised at a node."""
        if self.key.clock == Clock.COMPLETENESS:
            return False
        return self.key.owner == 0 or self.key.kind == "promised"


@dataclass(frozen=True, slots=True)
class Moves:
    """What a notice does to open limits: how many move or are settled, and the first of them, those told to applicants first."""

    limits: int = 0
    cases: int = 0
    told_to_applicants: int = 0
    settled: int = 0  #: not provisional any more, the date being the same
    first: tuple[Move, ...] = ()
    fingerprint: str = ""


def moves_of(
    house: House, uow: UnitOfWork, notice: HolidayNotice, version: int, first: date | None, now: datetime, most: int
) -> Moves:
    """What `notice` moves when it becomes `version`; `first` is the earliest day that it changes, None when none."""
    if first is None:
        return Moves()
    asked = {"region": notice.region, "department": notice.department, "first": first}
    groups, paused = uow.read((_GROUPS, asked), (_PAUSED, asked))
    almanacs = _Almanacs(uow, notice, version)
    ends = [_end(row, almanacs) for row in groups]
    changed = [(row, end) for row, end in zip(groups, ends, strict=True) if _differs(row, end)]
    moved = [(row, end) for row, end in changed if end.day != row["due_date"]]
    alone = _paused_moves(house, uow, paused, almanacs, version, now)
    alone_moved = [one for one in alone if one.moves]
    cases, told = _in_groups(uow, asked, moved, sorted({one.case_id for one in alone_moved}), most)
    shown = sorted([*told, *alone_moved], key=lambda one: (not one.told_to_applicant, one))[:most]
    return Moves(
        limits=sum(row["n"] for row, _ in moved) + len(alone_moved),
        cases=cases,
        told_to_applicants=sum(row["n"] for row, _ in moved if row["told"])
        + sum(one.told_to_applicant for one in alone_moved),
        settled=sum(row["n"] for row, _ in changed) - sum(row["n"] for row, _ in moved) + len(alone) - len(alone_moved),
        first=tuple(shown),
        fingerprint=_fingerprint(changed, alone),
    )


def hash_of(version: int, notice: HolidayNotice, moves: Moves) -> str:
    """What a preview stands for: the notice, the calendar that it changes, and every date that it moves."""
    return hashlib.sha256(f"{version} {notice.as_data()} {moves.fingerprint}".encode()).hexdigest()


def _fingerprint(changed: Sequence[tuple[Mapping[str, Any], DueDate]], alone: Sequence[Move]) -> str:
    lines = [f"{sorted(map(str, row.values()))} {end.day} {end.provisional}" for row, end in changed]
    lines += [f"{one}" for one in alone]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _end(row: Mapping[str, Any], almanacs: _Almanacs) -> DueDate:
    almanac = almanacs.get(row["region_code"], row["department_id"])
    return due(almanac.calendar, row["instant"] or row["day"], Limit(row["amount"], row["unit"]), almanac.hours)


def _differs(row: Mapping[str, Any], end: DueDate) -> bool:
    return bool(end.day != row["due_date"] or end.provisional != row["provisional"])


def _in_groups(
    uow: UnitOfWork,
    asked: Mapping[str, Any],
    moved: Sequence[tuple[Mapping[str, Any], DueDate]],
    also: list[UUID],
    most: int,
) -> tuple[int, list[Move]]:
    """How many cases the groups that move and `also` are about, and the first limits of these groups."""
    if not moved:
        return len(also), []
    # A group is there once for those whose applicants were told and once for the others: here they are one.
    once = {_what(row): end for row, end in moved}
    columns = list(zip(*once, strict=True))
    names = ("regions", "departments", "amounts", "units", "days", "instants", "dues", "provisionals")
    values = dict(asked) | {name: list(column) for name, column in zip(names, columns, strict=True)}
    values |= {"laters": [f"{end.day} {end.provisional}" for end in once.values()], "also": also, "most": most}
    cases, rows = uow.read((_CASES, values), (_FIRST, values))
    return int(cases[0]["n"]) + len(also), [_later(row) for row in rows]


def _what(row: Mapping[str, Any]) -> tuple[Any, ...]:
    columns = ("amount", "unit", "day")
    instant = row["instant"] or "-infinity"
    dates = (row["due_date"], row["provisional"])
    return (row["region_code"], row["department_id"] or "", *(row[name] for name in columns), instant, *dates)


def _later(row: Mapping[str, Any]) -> Move:
    day, provisional = row["later"].split()
    return _move(row, date.fromisoformat(day), provisional == "True")


class _Almanacs:
    """The almanacs of the version to come, by region and department."""

    def __init__(self, uow: UnitOfWork, notice: HolidayNotice, version: int) -> None:
        self._uow, self._notice, self._version = uow, notice, version
        self._kept: dict[tuple[str, str | None], Almanac] = {}

    def get(self, region: str, department: str | None) -> Almanac:
        key = (region, department)
        if key not in self._kept:
            notices = load_notices(self._uow.connection, region, department, self._version - 1, self._notice)
            self._kept[key] = Almanac(calendar_of(notices, self._version), hours_of(notices))
        return self._kept[key]


def _paused_moves(
    house: House,
    uow: UnitOfWork,
    rows: Sequence[Mapping[str, Any]],
    almanacs: _Almanacs,
    version: int,
    now: datetime,
) -> list[Move]:
    found: list[Move] = []
    by_case: dict[UUID, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_case.setdefault(row["case_id"], []).append(row)
    if not by_case:
        return found
    (entries,) = uow.read((LOAD_LEDGERS, (list(by_case),)))
    of_case: dict[UUID, list[dict[str, Any]]] = {}
    for entry in entries:
        of_case.setdefault(entry["case_id"], []).append(entry)
    for case_id, limits in by_case.items():
        ledgers = ledgers_of(house, of_case[case_id])
        for row in limits:
            ledger = ledgers[LimitKey(row["owner"], row["clock"], row["kind"])]
            coming = almanacs.get(row["region_code"], row["department_id"])
            again = LedgerEntry(Entry.RECOMPUTE, now, now, version)
            stands = standing([*ledger.old, again], _either(ledger.almanacs, version, coming), now)
            assert stands is not None
            if stands.due_date != row["due_date"] or stands.provisional != row["provisional"]:
                found.append(_move(row, stands.due_date, stands.provisional))
    return found


def _either(stored: Callable[[int], Almanac], version: int, coming: Almanac) -> Callable[[int], Almanac]:
    return lambda asked: coming if asked == version else stored(asked)


def _move(row: Mapping[str, Any], after: date, provisional: bool) -> Move:
    key = LimitKey(row["owner"], row["clock"], row["kind"])
    return Move(row["case_id"], key, row["due_date"], after, row["provisional"], provisional)
