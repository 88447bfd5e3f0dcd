"""Which limits a holiday notice moves, from when to when: worked out before it is applied, on the limits as they stand.

A limit that was never paused is a number, a unit and a start: there are few different ones among very many, and each is
worked out once. One that was paused is worked out from its ledger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from engine.cases.house import House
from engine.cases.step_limits import LOAD_LEDGERS, LimitKey, ledgers_of
from engine.clock import day_of
from engine.timelimits.calendar import DueDate
from engine.timelimits.ledger import Almanac, Clock, Entry, LedgerEntry, standing
from engine.timelimits.limits import Limit, Unit, due
from engine.timelimits.load import calendar_of, hours_of, load_notices
from engine.timelimits.notices import HolidayNotice
from engine.unit_of_work import UnitOfWork

#: Open limits that may be touched: of the notice's place, and ending on or after its first change. Hours run regardless.
_OPEN = (
    "WITH RECURSIVE below(code) AS (SELECT code FROM regions WHERE code = %(region)s "
    "UNION SELECT r.code FROM regions r JOIN below b ON r.parent_code = b.code) "
    "SELECT l.case_id, l.owner, l.clock, l.kind, l.region_code, l.department_id, l.amount, l.unit, l.started_at, l.due_date, "
    "l.provisional, p.case_id IS NOT NULL AS was_paused FROM limits l "
    "LEFT JOIN (SELECT DISTINCT case_id, owner, clock, kind FROM limit_entries WHERE entry = 'pause') p "
    "USING (case_id, owner, clock, kind) "
    "WHERE l.stopped_at IS NULL AND l.unit <> 'hour' AND l.due_date >= %(first)s "
    "AND (%(region)s::text IS NULL OR l.region_code IN (SELECT code FROM below)) "
    "AND (%(department)s::text IS NULL OR l.department_id = %(department)s)"
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


def moves_of(
    house: House, uow: UnitOfWork, notice: HolidayNotice, version: int, first: date | None, now: datetime
) -> list[Move]:
    """What `notice` moves when it becomes `version`; `first` is the earliest day that it changes, None when none."""
    if first is None:
        return []
    asked = {"region": notice.region, "department": notice.department, "first": first}
    (rows,) = uow.read((_OPEN, asked))
    almanacs = _Almanacs(uow, notice, version)
    plain = [row for row in rows if not row["was_paused"]]
    paused = [row for row in rows if row["was_paused"]]
    found = [*_plain_moves(plain, almanacs), *_paused_moves(house, uow, paused, almanacs, version, now)]
    return sorted(found)


def hash_of(version: int, notice: HolidayNotice, moves: Iterable[Move]) -> str:
    """What a preview stands for: the notice, the calendar that it changes, and every date that it moves."""
    digest = hashlib.sha256(f"{version} {notice.as_data()}".encode())
    for one in moves:
        digest.update(f"{one.case_id} {one.key} {one.before} {one.after} {one.provisional}\n".encode())
    return digest.hexdigest()


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


def _plain_moves(rows: Sequence[Mapping[str, Any]], almanacs: _Almanacs) -> list[Move]:
    known: dict[tuple[Any, ...], DueDate] = {}
    found = []
    for row in rows:
        started = row["started_at"]
        if row["unit"] != Unit.WORKING_HOUR:
            started = day_of(started)
        key = (row["region_code"], row["department_id"], row["unit"], row["amount"], started)
        end = known.get(key)
        if end is None:
            almanac = almanacs.get(row["region_code"], row["department_id"])
            end = known[key] = due(almanac.calendar, started, Limit(row["amount"], row["unit"]), almanac.hours)
        if end.day != row["due_date"] or end.provisional != row["provisional"]:
            found.append(_move(row, end.day, end.provisional))
    return found


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
