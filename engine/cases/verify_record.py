"""Whether the record of a case is whole: gap-free, chained, unaltered, and in agreement with the case it speaks of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from engine.cases.record import GENESIS, digest, salted
from engine.unit_of_work import UnitOfWork

_EVENTS = "SELECT seq, kind, at, payload, personal, prev_hash, hash FROM events WHERE case_id = %s ORDER BY seq"
_CASE = "SELECT seq, head FROM cases WHERE id = %s"
_TASKS = "SELECT number, state, outcome FROM tasks WHERE case_id = %s"
_OPINIONS = "SELECT task, text FROM opinions WHERE case_id = %s"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`broken_at` is the first entry that does not hold (None when all do); `erased` counts personal values erased."""

    entries: int
    broken_at: int | None
    reason: str
    erased: int

    @property
    def whole(self) -> bool:
        """Whether every entry holds."""
        return self.broken_at is None


def verify_record(uow: UnitOfWork, case_id: UUID) -> Verdict:
    """Walk the chain of a case from its first entry to the head that the case row keeps."""
    cases, events, tasks, opinions = uow.read(*((sql, (case_id,)) for sql in (_CASE, _EVENTS, _TASKS, _OPINIONS)))
    prev, erased = GENESIS, 0
    for expected, event in enumerate(events, start=1):
        if event["seq"] != expected:
            return Verdict(len(events), expected, "an entry is missing", erased)
        if bytes(event["prev_hash"]) != prev:
            return Verdict(len(events), expected, "it does not follow the entry before", erased)
        prev = digest(prev, event["seq"], event["kind"], event["at"], event["payload"])
        if bytes(event["hash"]) != prev:
            return Verdict(len(events), expected, "its content was changed", erased)
        if not _personal_holds(event):
            return Verdict(len(events), expected, "a personal value was changed", erased)
        erased += sum(1 for value in (event["personal"] or {}).values() if value is None)
    case = cases[0]
    if case["seq"] != len(events) or bytes(case["head"]) != prev:
        return Verdict(len(events), len(events) + 1, "the case knows another last entry", erased)
    for event in events:
        if reason := _disagrees(
            event, {task["number"]: task for task in tasks}, {o["task"]: o["text"] for o in opinions}
        ):
            return Verdict(len(events), event["seq"], reason, erased)
    return Verdict(len(events), None, "whole", erased)


def _disagrees(event: Mapping[str, Any], tasks: Mapping[int, Any], opinions: Mapping[int, str]) -> str | None:
    """Whether the tables say another thing than the record about a task that was completed."""
    if event["kind"] != "task.completed":
        return None
    said = json.loads(event["payload"])
    task = tasks.get(said["task"])
    if task is None or (task["state"], task["outcome"]) != ("completed", said["outcome"]):
        return f"the case file has another outcome for task {said['task']}"
    opinion = (event["personal"] or {}).get("opinion")
    if opinion is not None and opinions.get(said["task"], "") != opinion["value"]:
        return f"the case file has another opinion for task {said['task']}"
    return None


def _personal_holds(event: dict[str, Any]) -> bool:
    kept = {name: value for name, value in (event["personal"] or {}).items() if value is not None}
    return all(salted(bytes.fromhex(v["salt"]), v["value"]) in event["payload"] for v in kept.values())
