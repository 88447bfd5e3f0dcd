"""The event feed: every entry of every record, in one order that a follower can rely on.

A position that a step took for itself would be seen out of order: a later number may be committed first, and a follower that
has passed it never comes back. Therefore a step takes none. The job that every step defers in its own transaction puts the
entries of its case into the feed afterwards, alone under one lock and with the next free positions: what can be read is
gap-free, in the order of its positions, and each case in its own order, however late or often a job runs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from engine.cases.access import need, task_id
from engine.cases.house import House
from engine.cases.progress import instant
from engine.organization.actor import Actor
from engine.organization.permissions import Permission, UseCase
from engine.organization.regions import path_up
from engine.unit_of_work import UnitOfWork

MOST_EVENTS = 500
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('onewindow.feed'))"
_FEED = (
    "INSERT INTO feed (position, case_id, seq, kind, at, number, item, region_code, external_number, submitted_by) "
    "SELECT (SELECT coalesce(max(position), 0) FROM feed) + row_number() OVER (ORDER BY e.seq), e.case_id, e.seq, e.kind, "
    "e.at, c.number, c.item, c.region_code, c.external_number, "
    "coalesce(s.payload::jsonb->>'via', s.payload::jsonb->>'actor') FROM events e "
    "JOIN cases c ON c.id = e.case_id JOIN events s ON s.case_id = e.case_id AND s.seq = 1 WHERE e.case_id = %(case)s "
    "AND e.seq > (SELECT coalesce(max(seq), 0) FROM feed WHERE case_id = %(case)s)"
)
_REGIONS = "SELECT organization_version AS version FROM platform"
_READ = (
    "SELECT f.position, f.case_id, f.seq, f.kind, f.at, f.number, f.item, f.region_code, f.external_number, e.payload "
    "FROM feed f JOIN events e ON e.case_id = f.case_id AND e.seq = f.seq WHERE f.position > %(after)s "
    "AND (%(all)s OR f.submitted_by = %(me)s OR f.region_code = ANY(%(regions)s)) "
    "AND (%(kinds)s::text[] IS NULL OR f.kind = ANY(%(kinds)s)) AND (%(case)s::text IS NULL OR f.number = %(case)s) "
    "ORDER BY f.position LIMIT %(limit)s"
)
_LAST = "SELECT coalesce(max(position), 0) AS last FROM feed"

#: What an entry says to followers, by its name in the record. Never what somebody wrote or who somebody is.
SAID = ("node", "state", "result", "outcome", "due", "number", "department", "visit")


@dataclass(frozen=True, slots=True)
class FeedQuery:
    """What of the feed is asked: what comes after a position, of some kinds, of one case."""

    after: int = 0
    limit: int = 100
    kinds: tuple[str, ...] = ()
    case: str | None = None


def feed_case(uow: UnitOfWork, case_id: UUID) -> None:
    """Queue what the feed does not have of a case yet. Alone under the feed's lock until the commit."""
    uow.write(_LOCK, None)
    uow.write(_FEED, {"case": case_id})


def events(house: House, uow: UnitOfWork, asked: FeedQuery) -> dict[str, Any]:
    """What came after a position, in order; `next_after` is where to go on.

    A front-office system follows the cases that it submitted, supervisors and administrators those of their region and the
    regions below. Raises Forbidden.
    """
    actor: Actor = uow.actor
    need(actor, UseCase.EVENT_READ)
    limit = max(1, min(asked.limit, MOST_EVENTS))
    question = {
        "after": asked.after,
        "all": actor.kind in ("system", "job"),
        "me": actor.id,
        "regions": _regions(house, uow, actor),
        "kinds": list(asked.kinds) or None,
        "case": asked.case,
        "limit": limit,
    }
    # The end is read first: what comes to be in between is then after it, and met the next time.
    last, rows = uow.read((_LAST, None), (_READ, question))
    # A full page goes on behind its last row; one that is not has seen all there was, also what its filters left out.
    seen = (
        rows[-1]["position"]
        if len(rows) == limit
        else max([last[0]["last"], asked.after, *(r["position"] for r in rows)])
    )
    return {"items": [event_of_row(row) for row in rows], "next_after": seen}


def _regions(house: House, uow: UnitOfWork, actor: Actor) -> list[str]:
    if not actor.may(Permission.EVENT_READ_ANY):
        return []
    regions = house.directory(uow, uow.read((_REGIONS, None))[0][0]["version"]).regions
    return [code for code in regions if any(up.code == actor.region_code for up in path_up(regions, code))]


def event_of_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """An entry as followers get it, from its row in the feed and its payload in the record."""
    payload = json.loads(row["payload"])
    data = {name: payload[name] for name in SAID if payload.get(name) is not None}
    if isinstance(payload.get("task"), int):
        data["task"] = task_id(row["case_id"], payload["task"])
    return {
        "position": row["position"],
        "kind": row["kind"],
        "case": row["number"],
        "external_number": row["external_number"],
        "item": row["item"],
        "region": row["region_code"],
        "seq": row["seq"],
        "at": instant(row["at"]),
        "data": data,
    }
