"""Where the tables of a case say another thing than its record: every row against its claim, both ways. Pure, linear.

The limits go by two steps: the record against their ledger (`limit_entries`), and the ledger against `limits`. Where an entry
of the first release does not carry all limits of an owner, the ledger itself says of which kinds they are.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.cases.replay_papers import by_key
from engine.cases.replay_record import OTHERS, Between, Claim, Claims, Fault, LedgerLine, Mark, Owner, value_of
from engine.cases.step_limits import CASE_OWNER
from engine.cases.submit import PERSONAL

#: One row as the database gives it.
Row = Mapping[str, Any]
CASE_LIMITS = ("promised", "legal")  #: every service item has both
_EMPTY: tuple[Any, ...] = (None, "", {})


@dataclass(frozen=True, slots=True)
class CaseFile:
    """The rows of one case, table by table; opinions are in the order of their entries."""

    case: Row
    tasks: Iterable[Row]
    opinions: Iterable[Row]
    documents: Iterable[Row]
    supplements: Iterable[Row]
    limits: Iterable[Row]
    limit_entries: Iterable[Row]
    procedures: Iterable[Row] = ()
    extensions: Iterable[Row] = ()
    late_reasons: Iterable[Row] = ()
    papers: Mapping[str, Iterable[Row]] = field(default_factory=dict)  #: see `verify_record.KEYS`
    keys: Mapping[str, str] = field(default_factory=dict)  #: the key of each of these tables


def disagreements(claims: Claims, file: CaseFile) -> Iterator[Fault]:
    """Everything in which the case file and the claims of its record differ."""
    yield from claims.faults
    yield from _match("cases", {"": claims.case}, {"": file.case})
    yield from _match("cases.applicant", claims.applicant, _applicant(claims, file.case), may_lack=True)
    yield from _match("cases.form", claims.form, _form(claims, file.case), may_lack=True)
    yield from _match("tasks", claims.tasks, {row["number"]: row for row in file.tasks})
    yield from _match("opinions", claims.opinions, _numbered(file.opinions), may_lack=True)
    yield from _match("documents", claims.documents, {row["number"]: row for row in file.documents})
    yield from _match("supplement_lists", claims.supplements, {row["seq"]: row for row in file.supplements})
    yield from _match("special_procedures", claims.procedures, {row["number"]: row for row in file.procedures})
    yield from _match("extensions", claims.extensions, {row["number"]: row for row in file.extensions})
    yield from _match(
        "late_reasons", claims.late_reasons, {row["task"]: row for row in file.late_reasons}, may_lack=True
    )
    for table, rows in file.papers.items():
        yield from _match(table, claims.papers[table], by_key(table, file.keys[table], rows), may_lack=True)
    ledger = _lines(file.limit_entries)
    limits = {(row["owner"], row["clock"], row["kind"]): row for row in file.limits}
    # A ledger that is wrong itself is no measure of anything.
    wrong = list(_match("limit_entries", _ledger(claims, ledger), ledger))
    yield from wrong or _match("limits", _limits(ledger), limits)


def _match(
    table: str, claims: Mapping[Any, Claim], rows: Mapping[Any, Row], *, may_lack: bool = False
) -> Iterator[Fault]:
    """Claims and rows of one table by their keys; with `may_lack`, a row of which something was erased may be gone."""
    for key, claim in claims.items():
        row = rows.get(key)
        if row is not None:
            yield from _differences(_name(table, key), claim, row)
        elif not (may_lack and claim.erased):
            yield Fault(claim.seq, _name(table, key), "the row is missing")
    for key in rows.keys() - claims.keys():
        yield Fault(None, _name(table, key), "no entry speaks of this row")


def _differences(name: str, claim: Claim, row: Row) -> Iterator[Fault]:
    for column, (seq, value) in claim.columns.items():
        if value is Mark.ERASED and row.get(column) not in _EMPTY:
            yield Fault(seq, name, f"{column} can't be checked: the record's value was erased, the row's was not")
        elif not _holds(value, row.get(column)):
            yield Fault(seq, name, f"{column} is another than the entry says")


def _holds(claimed: Any, found: Any) -> bool:
    if isinstance(claimed, Mark):
        return True
    if isinstance(claimed, Between):
        return bool(claimed.low <= found <= claimed.high)
    return bool(claimed == found)


def _name(table: str, key: Hashable) -> str:
    parts = key if isinstance(key, tuple) else (key,)
    return " ".join((table, *(str(part) for part in parts if part != "")))


# -- rows by the keys of the claims


def _numbered(opinions: Iterable[Row]) -> dict[tuple[int, int], Row]:
    """By task, and how-manieth of it: a second opinion on one task is one too many."""
    seen: Counter[int] = Counter()
    found = {}
    for row in opinions:
        found[row["task"], seen[row["task"]]] = row
        seen[row["task"]] += 1
    return found


def _applicant(claims: Claims, case: Row) -> dict[str, Row]:
    members = _members(case["applicant"])
    found: dict[str, Row] = {name: {"value": str(members[name])} for name in PERSONAL if members.get(name)}
    if OTHERS in claims.applicant:
        others = {name: value for name, value in members.items() if name not in PERSONAL}
        found[OTHERS] = {"value": value_of(json.dumps(others))}
    return found


def _form(claims: Claims, case: Row) -> dict[str, Row]:
    fields = _members(case["form"])
    named = claims.form if claims.form_unsaid else fields
    found: dict[str, Row] = {
        name: {"value": value_of(json.dumps(value))} for name, value in fields.items() if name in named
    }
    # A field that was emptied stands in the record as null, and in the case not at all.
    emptied = (name for name, claim in claims.form.items() if claim["value"] is None and name not in fields)
    return found | {name: {"value": None} for name in emptied}


def _members(value: Any) -> Mapping[str, Any]:
    """The members of an object; anything else put in its place is one member that no entry speaks of."""
    return value if isinstance(value, Mapping) else {PERSONAL[0]: value}


# -- limits


def _lines(rows: Iterable[Row]) -> dict[LedgerLine, Row]:
    """By what they do to which limit; the same done again is the next of its kind."""
    found: dict[LedgerLine, Row] = {}
    for row in rows:
        nth = 0
        what = (row["owner"], row["clock"], row["kind"], row["entry"], row["ref"])
        while (*what, nth) in found:
            nth += 1
        found[*what, nth] = row
    return found


def _ledger(claims: Claims, ledger: Mapping[LedgerLine, Row]) -> dict[LedgerLine, Claim]:
    """The lines that the ledgers must have."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    for number, _, kind, entry, *_ in ledger:
        if entry == "start":
            found[number].append(kind)
    expected = dict(claims.ledger)
    for number, owner in claims.owners.items():
        clock = "decision" if number == CASE_OWNER else "node"
        kinds = _kinds(number, owner, found[number])
        for kind in kinds:
            start = (number, clock, kind, "start", 0, 0)
            expected[start] = _start(kind, kinds, owner)
            if owner.ended is not None:
                expected[number, clock, kind, "stop", 0, 0] = _stop(owner, ledger.get(start, {}))
    return expected


def _kinds(number: int, owner: Owner, found: list[str]) -> Iterable[str]:
    if owner.days is not None:
        return tuple(owner.days)
    if number == CASE_OWNER:
        return CASE_LIMITS
    return () if owner.due is None else found or ("promised",)


def _start(kind: str, kinds: Iterable[str], owner: Owner) -> Claim:
    """A task shows the promised day, or the legal one where nothing is promised."""
    said, shown = owner.opened, "promised" if "promised" in kinds else "legal"
    day = owner.days[kind] if owner.days is not None else owner.due if kind == shown else Mark.UNSAID
    return Claim(said.seq).say(said.seq, seq=said.step, effective_at=said.at, due_date=day)


def _stop(owner: Owner, start: Row) -> Claim:
    said = owner.ended
    assert said is not None
    same = {name: start.get(name) for name in ("amount", "unit", "calendar_version")}
    return Claim(said.seq).say(said.seq, seq=said.step, effective_at=said.at, due_date=None, **same)


def _limits(ledger: Mapping[LedgerLine, Row]) -> dict[tuple[int, str, str], Claim]:
    """The limits as they must stand by their ledgers."""
    lines: defaultdict[tuple[int, str, str], list[Row]] = defaultdict(list)
    for (owner, clock, kind, *_), row in ledger.items():
        lines[owner, clock, kind].append(row)
    return {limit: _standing(sorted(rows, key=_recorded)) for limit, rows in lines.items()}


def _recorded(row: Row) -> tuple[Any, ...]:
    """In the order in which they were recorded: what starts before what stops."""
    return row["recorded_at"], row["seq"], row["entry"] == "stop"


def _standing(rows: list[Row]) -> Claim:
    starts = [nth for nth, row in enumerate(rows) if row["entry"] == "start"]
    rows = rows[starts[-1] :] if starts else rows  # a clock that was stopped may be started anew
    base = [row for row in rows if row["entry"] in ("start", "correct")]
    if not base:
        return Claim(rows[0]["seq"]).say(rows[0]["seq"], started_at="a start")
    last = [row for row in rows if row["entry"] != "stop"][-1]
    stops = [row for row in rows if row["entry"] == "stop"]
    paused = {row["ref"] for row in rows if row["entry"] == "pause"} - {
        row["ref"] for row in rows if row["entry"] == "resume"
    }
    amount = base[-1]["amount"] + sum(row["amount"] for row in rows if row["entry"] == "extend")
    claim = Claim(rows[0]["seq"]).say(base[-1]["seq"], started_at=base[-1]["effective_at"], amount=amount)
    claim.say(last["seq"], unit=base[-1]["unit"], due_date=last["due_date"], due_at=last["due_at"])
    # The index is raised to a newer version of the calendar without an entry where the notice made no difference.
    claim.say(last["seq"], paused=bool(paused) and not stops)
    return claim.say(rows[-1]["seq"], stopped_at=stops[0]["effective_at"] if stops else None)
