"""The limits of a step: which start, move and stop, as rows of their ledger and of the index that lists and the sweep use.

`draft.ledgers` holds the ledgers that this step has in hand: those it starts, and those that a use case loaded because it
moves them (`load_ledgers`). Limits that a step only stops are stopped by the statement that stores it, unread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from engine.cases.house import House
from engine.cases.record import spell
from engine.timelimits.judge import look_at
from engine.timelimits.ledger import Almanacs, Clock, Entry, LedgerEntry, Standing, pauses_of, standing
from engine.timelimits.limits import Limit
from engine.timelimits.rules import rules_of
from engine.unit_of_work import UnitOfWork

CASE_OWNER = 0  #: owner of the case's own limits; a task's number owns the task's
#: The clocks that a decision ends. Delivery begins with it.
UNTIL_DECISION = (Clock.COMPLETENESS, Clock.CORRECTION, Clock.DECISION, Clock.FIRST_EXAMINATION, Clock.TOLERANCE)
KINDS = ("legal", "promised")


@dataclass(frozen=True, slots=True, order=True)
class LimitKey:
    """Which limit of a case: `owner` is 0 for the case itself, else the number of the task; `kind` is promised or legal."""

    owner: int
    clock: str
    kind: str

    @property
    def name(self) -> str:
        """The clock that it belongs to, as the record names what stops."""
        return f"{self.owner}/{self.clock}"


@dataclass(slots=True)
class Ledger:
    """The ledger of one limit: the `old` entries that are stored, and the `new` ones of this step."""

    key: LimitKey
    region: str
    department: str | None
    almanacs: Almanacs
    old: list[LedgerEntry] = field(default_factory=list)
    new: list[LedgerEntry] = field(default_factory=list)

    @property
    def entries(self) -> list[LedgerEntry]:
        """All entries, in the order in which they were recorded."""
        return [*self.old, *self.new]

    def stands(self, at: datetime) -> Standing:
        """How the limit stands at an instant."""
        found = standing(self.entries, self.almanacs, at)
        assert found is not None
        return found


def almanacs_of(house: House, region: str, department: str | None) -> Almanacs:
    """The calendars, by version, that count for a department of a region (for the case itself: for the region)."""
    return lambda version: house.almanac(region, department, version)


# -- rows


def index_row(ledger: Ledger, case_id: UUID, now: datetime) -> dict[str, Any]:
    """The row of `limits`: how the limit stands now."""
    stands, entries = ledger.stands(now), ledger.entries
    almanac = ledger.almanacs(stands.calendar_version)
    looks = look_at(stands, pauses_of(entries, almanac), almanac.calendar, rules_of(ledger.region), now)
    return {
        "case_id": str(case_id),
        "owner": ledger.key.owner,
        "clock": ledger.key.clock,
        "kind": ledger.key.kind,
        "region_code": ledger.region,
        "department_id": ledger.department,
        "amount": stands.granted,
        "unit": stands.unit,
        "warn": entries[0].warn,
        "started_at": spell(stands.started_at),
        "due_date": stands.due_date.isoformat(),
        "due_at": spell(stands.due_at),
        "warn_at": spell(stands.warn_at) if stands.warn_at else None,
        "provisional": stands.provisional,
        "paused": stands.paused,
        "calendar_version": stands.calendar_version,
        "look_at": spell(looks) if looks else None,
        "stopped_at": spell(stands.stopped_at) if stands.stopped_at else None,
    }


def entry_rows(ledger: Ledger) -> list[dict[str, Any]]:
    """The new entries as rows of `limit_entries`, without case and step."""
    told = []
    known = list(ledger.old)
    for entry in ledger.new:
        known.append(entry)
        told.append(_entry_row(ledger, known, entry))
    return told


def _entry_row(ledger: Ledger, known: Sequence[LedgerEntry], entry: LedgerEntry) -> dict[str, Any]:
    stands = standing(known, ledger.almanacs, entry.recorded_at)
    assert stands is not None
    ended = entry.entry == Entry.STOP
    return {
        "owner": ledger.key.owner,
        "clock": ledger.key.clock,
        "kind": ledger.key.kind,
        "entry": str(entry.entry),
        "ref": entry.ref,
        "effective_at": spell(entry.effective_at),
        "recorded_at": spell(entry.recorded_at),
        "amount": entry.limit.days if entry.limit else None,
        "unit": str(entry.limit.unit) if entry.limit else None,
        "warn": entry.warn,
        "due_date": None if ended else stands.due_date.isoformat(),
        "due_at": None if ended else spell(stands.due_at),
        "provisional": stands.provisional and not ended,
        "calendar_version": entry.calendar_version,
        "actor": entry.actor,
        "ground": entry.ground,
        "document": entry.document,
    }


#: What of an entry's row the record holds openly; instants of recording, actor and step are the record entry's own.
FACTS = (
    *("owner", "clock", "kind", "entry", "ref", "effective_at", "amount", "unit", "warn", "due_date", "due_at"),
    *("provisional", "calendar_version", "ground", "document"),
)


def facts_of(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The entries of a ledger as the record tells them."""
    return [{name: row[name] for name in FACTS} for row in rows]


# -- ledgers that are stored


LOAD_LEDGER = (
    "SELECT e.*, l.region_code, l.department_id FROM limit_entries e "
    "JOIN limits l USING (case_id, owner, clock, kind) WHERE e.case_id = %s "
    "ORDER BY e.recorded_at, e.seq, array_position(ARRAY['start','correct','recompute','extend','pause','resume','stop'], e.entry)"
)

#: The same of several cases.
LOAD_LEDGERS = LOAD_LEDGER.replace("e.case_id = %s", "e.case_id = ANY(%s)").replace("ORDER BY ", "ORDER BY e.case_id, ")


def ledgers_of(house: House, rows: Sequence[Mapping[str, Any]]) -> dict[LimitKey, Ledger]:
    """The ledgers behind rows of `LOAD_LEDGER`."""
    found: dict[LimitKey, Ledger] = {}
    for row in rows:
        key = LimitKey(row["owner"], row["clock"], row["kind"])
        ledger = found.get(key)
        if ledger is None:
            region, department = row["region_code"], row["department_id"]
            ledger = found[key] = Ledger(key, region, department, almanacs_of(house, region, department))
        ledger.old.append(_entry_of(row))
    return found


def load_ledgers(house: House, uow: UnitOfWork, case_id: UUID) -> dict[LimitKey, Ledger]:
    """All ledgers of a case."""
    return ledgers_of(house, uow.read((LOAD_LEDGER, (case_id,)))[0])


def _entry_of(row: Mapping[str, Any]) -> LedgerEntry:
    limit = Limit(row["amount"], row["unit"]) if row["amount"] is not None and row["entry"] != Entry.STOP else None
    return LedgerEntry(
        entry=Entry(row["entry"]),
        effective_at=row["effective_at"],
        recorded_at=row["recorded_at"],
        calendar_version=row["calendar_version"],
        limit=limit,
        warn=row["warn"],
        ref=row["ref"],
        actor=row["actor"],
        ground=row["ground"],
        document=row["document"],
    )


# -- the index of what a use case has moved

_INDEX = (
    "UPDATE limits l SET amount = n.amount, unit = n.unit, started_at = n.started_at, due_date = n.due_date, "
    "due_at = n.due_at, warn_at = n.warn_at, provisional = n.provisional, paused = n.paused, "
    "calendar_version = n.calendar_version, look_at = n.look_at, stopped_at = n.stopped_at "
    "FROM jsonb_populate_recordset(null::limits, %s) n "
    "WHERE l.case_id = n.case_id AND l.owner = n.owner AND l.clock = n.clock AND l.kind = n.kind"
)
#: A task shows the promised limit, or the legal one where nothing is promised.
_SHOWN = (
    "UPDATE tasks t SET due_date = s.due_date, due_at = s.due_at, warn_at = s.warn_at, provisional = s.provisional, "
    "paused = s.paused FROM (SELECT DISTINCT ON (owner) * FROM jsonb_populate_recordset(null::limits, %s) "
    "WHERE owner > 0 ORDER BY owner, kind DESC) s WHERE t.case_id = s.case_id AND t.number = s.owner"
)


def reindex(uow: UnitOfWork, case_id: UUID, ledgers: Sequence[Ledger], now: datetime) -> None:
    """Queue the index of ledgers that were there before and have new entries. A task's kinds must be given together."""
    rows = [index_row(ledger, case_id, now) for ledger in ledgers]
    if rows:
        uow.write(_INDEX, (Jsonb(rows),))
        uow.write(_SHOWN, (Jsonb(rows),))
