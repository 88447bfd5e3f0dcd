"""Notes what was done to a case beside its process: entries of the record that move no token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.cases.apply_step import via
from engine.cases.record import Entry, chain
from engine.cases.step_store import CaseRow
from engine.unit_of_work import UnitOfWork

_SET_HEAD = "UPDATE cases SET seq = %s, head = %s, last_instant = %s WHERE id = %s"


def note(
    uow: UnitOfWork,
    case: CaseRow,
    kind: str,
    facts: Mapping[str, Any],
    personal: Mapping[str, str] | None = None,
) -> int:
    """Chain one entry to the record of a locked case, with its `announce` job; answers its `seq`."""
    actor = uow.actor
    posts = sorted(f"{department}:{title}" for department, title in actor.posts)
    said = {"actor": actor.id, "actor_kind": actor.kind, "posts": posts, **via(actor)}
    events, seq, head = chain(case.id, case.seq, case.head, case.now, [Entry(kind, {**said, **facts}, personal)])
    uow.write(_SET_HEAD, (seq, head, case.now, case.id))
    uow.insert("events", events)
    uow.job("announce", {"case_id": str(case.id), "after": case.seq, "until": seq})
    return seq
