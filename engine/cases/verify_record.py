"""Whether the record of a case is whole: gap-free, chained, unaltered, and one with the case file, both ways.

First the chain and the personal values (`_walk`); then the entries are replayed into the rows that they claim
(`replay_record.py`) and compared with the tables (`match_record.py`). What the record does not hold can't be checked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from engine.cases import replay_follow_up, replay_papers
from engine.cases.match_record import CaseFile, Row, disagreements
from engine.cases.record import GENESIS, digest, salted
from engine.cases.replay_record import Fault, Said, replay
from engine.unit_of_work import UnitOfWork

_CASE = (
    "SELECT c.number, c.item, c.region_code, c.channel, c.state, c.result, c.applicant, c.form, c.submitted_at, c.received_at, "
    "c.accepted_at, c.concluded_at, c.seq, c.head, c.regime, c.process, d.version AS definition "
    "FROM cases c LEFT JOIN definitions d ON d.id = c.definition_id WHERE c.id = %s FOR SHARE OF c"
)
_EVENTS = "SELECT seq, kind, at, payload, personal, prev_hash, hash FROM events WHERE case_id = %s ORDER BY seq"
_TASKS = "SELECT t.*, t.route->'reasons' AS reasons FROM tasks t WHERE case_id = %s ORDER BY number"
_OPINIONS = "SELECT * FROM opinions WHERE case_id = %s ORDER BY seq"
_DOCUMENTS = "SELECT * FROM documents WHERE case_id = %s ORDER BY seq, number"
_SUPPLEMENTS = "SELECT * FROM supplement_lists WHERE case_id = %s ORDER BY seq"
_LIMITS = "SELECT * FROM limits WHERE case_id = %s ORDER BY owner, kind"
_LEDGER = "SELECT * FROM limit_entries WHERE case_id = %s ORDER BY recorded_at, seq, owner, kind, entry"
_PROCEDURES = "SELECT * FROM special_procedures WHERE case_id = %s ORDER BY number"
_EXTENSIONS = "SELECT * FROM extensions WHERE case_id = %s ORDER BY number"
_LATE = "SELECT * FROM late_reasons WHERE case_id = %s ORDER BY seq"
KEYS = {**replay_papers.KEYS, **replay_follow_up.KEYS}
REPLAYS = {**replay_papers.REPLAYS, **replay_follow_up.REPLAYS}
#: In the order of `KEYS`.
_PAPERS = tuple(f"SELECT * FROM {table} WHERE case_id = %s ORDER BY seq" for table in KEYS)
_OTHERS = (_SUPPLEMENTS, _PROCEDURES, _EXTENSIONS, _LATE)
_ALL = (_CASE, _EVENTS, _TASKS, _OPINIONS, _DOCUMENTS, _LIMITS, _LEDGER, *_OTHERS, *_PAPERS)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`broken_at` is the first entry that does not hold or that a row contradicts; `row` names the row, if it is one.

    Both are None when all holds. A row of which no entry speaks has no `broken_at`. `erased` counts the personal values of
    which the record keeps but the digest.
    """

    entries: int
    broken_at: int | None
    reason: str
    erased: int
    row: str | None = None

    @property
    def whole(self) -> bool:
        """Whether every entry and every row holds."""
        return self.broken_at is None and self.row is None


def verify_record(uow: UnitOfWork, case_id: UUID) -> Verdict:
    """Read all of a case and judge it; its lock keeps a step from coming in between."""
    cases, *tables = uow.read(*((sql, (case_id,)) for sql in _ALL))
    return judge(cases[0] if cases else None, *tables)


def judge(
    case: Row | None,
    events: Sequence[Row],
    tasks: Sequence[Row],
    opinions: Sequence[Row],
    documents: Sequence[Row],
    limits: Sequence[Row],
    limit_entries: Sequence[Row],
    supplements: Sequence[Row] = (),
    procedures: Sequence[Row] = (),
    extensions: Sequence[Row] = (),
    late_reasons: Sequence[Row] = (),
    *papers: Sequence[Row],
) -> Verdict:
    """The verdict on the rows of one case; `events` in their order. The first entry that does not hold is named."""
    entries, fault = _walk(events)
    erased = sum(value is None for said in entries for value in said.personal.values())
    fault = fault or _head(case, events)
    if fault is None and case is not None:
        rest = (supplements, limits, limit_entries, procedures, extensions, late_reasons)
        found = dict(zip(KEYS, papers, strict=False))
        file = CaseFile(case, tasks, opinions, documents, *rest, found, KEYS)
        fault = min(disagreements(replay(entries, REPLAYS), file), key=_order, default=None)
    if fault is None:
        return Verdict(len(events), None, "whole", erased)
    return Verdict(len(events), fault.seq, fault.reason, erased, fault.row)


def _order(fault: Fault) -> tuple[float, str]:
    """Entries first, in their order; then rows of which no entry speaks."""
    return float("inf") if fault.seq is None else fault.seq, fault.row or ""


def _head(case: Row | None, events: Sequence[Row]) -> Fault | None:
    if case is None:
        return Fault(None, "cases", "the row is missing")
    if case["seq"] == len(events) and bytes(case["head"]) == (bytes(events[-1]["hash"]) if events else GENESIS):
        return None
    return Fault(len(events) + 1, None, "the case knows another last entry")


def _walk(events: Sequence[Row]) -> tuple[list[Said], Fault | None]:
    """The entries, read, up to the first that does not hold, and what is wrong with that one."""
    read: list[Said] = []
    prev, until = GENESIS, _until(events)
    for expected, event in enumerate(events, start=1):
        said = _read(prev, expected, event, until[expected - 1])
        if isinstance(said, Fault):
            return read, said
        read.append(said)
        prev = bytes(event["hash"])
    return read, None


def _read(prev: bytes, expected: int, event: Row, until: int) -> Said | Fault:
    if event["seq"] != expected:
        return Fault(expected, None, "an entry is missing")
    if bytes(event["prev_hash"]) != prev:
        return Fault(expected, None, "it does not follow the entry before")
    if bytes(event["hash"]) != digest(prev, expected, event["kind"], event["at"], event["payload"]):
        return Fault(expected, None, "its content was changed")
    try:
        payload = json.loads(event["payload"])
        personal = _personal(payload, event["personal"] or {})
    except (ValueError, KeyError, TypeError, AttributeError):
        return Fault(expected, None, "a personal value was changed")
    return Said(expected, event["kind"], event["at"], payload, personal, until)


def _personal(payload: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, str | None]:
    """The personal values by name, None where erased; ValueError (or another) when one is not what the entry digests."""
    digests = {name: value["salted"] for name, value in payload.items() if _is_digest(value)}
    given = {name: value for name, value in kept.items() if value is not None}
    if any(salted(bytes.fromhex(v["salt"]), v["value"]) != digests[name] for name, v in given.items()):
        raise ValueError
    return {name: given[name]["value"] if name in given else None for name in digests}


def _is_digest(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("salted"), str)


def _until(events: Sequence[Row]) -> list[int]:
    """For each entry, the last one after it of the same instant: no step reaches further."""
    last: list[int] = []
    for nth in range(len(events) - 1, -1, -1):
        same = last and events[nth]["at"] == events[nth + 1]["at"]
        last.append(last[-1] if same else nth + 1)
    return last[::-1]
