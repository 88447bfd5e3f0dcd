"""What the entries of a record claim about materials, their reviews, seals and deliveries: replayed like all the rest. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from engine.cases.replay_record import Claim, Claims, Said, value_of
from engine.catalogue.hashing import content_hash

MATERIALS, REVIEWS = "materials", "material_reviews"
SEALS, DELIVERIES = "document_seals", "document_deliveries"
#: The tables, and what of a row is its key within the case.
COMMITMENTS, SNAPSHOTS = "commitments", "credit_snapshots"
KEYS = {
    MATERIALS: "number",
    REVIEWS: "seq",
    SEALS: "number",
    DELIVERIES: "seq",
    COMMITMENTS: "number",
    SNAPSHOTS: "seq",
}
_ADDED = ("code", "source", "trust", "file_hash", "media_type", "size", "scan", "document", "added_as")


def _added(claims: Claims, said: Said) -> None:
    number = said.payload["material"]
    if number in claims.papers[MATERIALS]:
        raise ValueError(number)
    row = Claim(said.seq).say(
        said.seq, seq=said.seq, state="submitted", added_by=said.payload["actor"], added_at=said.at
    )
    row.say(said.seq, **{name: said.payload[name] for name in _ADDED})
    claims.papers[MATERIALS][number] = row.say(
        said.seq, file_name=_personal(said, "file_name"), origin=_json(_personal(said, "origin"))
    )


def _reviewed(claims: Claims, said: Said) -> None:
    number = said.payload["material"]
    claims.papers[MATERIALS][number].say(said.seq, state=said.payload["material_state"], trust=said.payload["trust"])
    row = Claim(said.seq).say(said.seq, material=number, department_id=said.payload["department"], at=said.at)
    row.say(said.seq, officer_id=said.payload["actor"], verdict=said.payload["verdict"], reason=said.value("reason"))
    claims.papers[REVIEWS][said.seq] = row.say(said.seq, original_compared=said.payload["original_compared"])


def _sealed(claims: Claims, said: Said) -> None:
    number = said.payload["number"]
    if number in claims.papers[SEALS] or number not in claims.documents:
        raise ValueError(number)
    row = Claim(said.seq).say(said.seq, seq=said.seq, way=said.payload["way"], file_hash=said.payload["file_hash"])
    row.say(said.seq, sealed_at=datetime.fromisoformat(said.payload["sealed_at"]), sealed_by=said.payload["actor"])
    claims.papers[SEALS][number] = row.say(said.seq, seal=said.value("seal"))


def _delivered(claims: Claims, said: Said) -> None:
    if said.payload["number"] not in claims.documents:
        raise ValueError(said.payload["number"])
    row = Claim(said.seq).say(said.seq, number=said.payload["number"], way=said.payload["way"], delivered_at=said.at)
    tracking = said.value("tracking_number") or None
    row.say(said.seq, recipient=said.value("recipient"), tracking_number=tracking, recorded_by=said.payload["actor"])
    claims.papers[DELIVERIES][said.seq] = row


def _personal(said: Said, name: str) -> Any:
    """A personal value, if the entry has one at all."""
    return said.value(name) if name in said.personal else None


def _json(value: Any) -> Any:
    return value_of(value) if isinstance(value, str) else value


REPLAYS: Mapping[str, Callable[[Claims, Said], None]] = {
    "material.added": _added,
    "material.reviewed": _reviewed,
    "document.sealed": _sealed,
    "document.delivered": _delivered,
}


def by_key(table: str, key: str, rows: Iterable[Mapping[str, Any]]) -> Mapping[Any, Mapping[str, Any]]:
    """The rows of one of these tables by their key, JSON values as a claim has them."""
    return {row[key]: _claimable(row) | _DERIVED.get(table, _as_it_is)(row) for row in rows}


def _claimable(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value_of(json.dumps(v)) if isinstance(v, (dict, list)) else v for name, v in row.items()}


def _as_it_is(_row: Mapping[str, Any]) -> dict[str, Any]:
    return {}


def _promise(row: Mapping[str, Any]) -> dict[str, Any]:
    """The record holds the hash of the text that was signed: the text that is kept must be the one."""
    return {"hash_of_text": content_hash({"version": row["text_version"], **row["text"]})}


def _known(row: Mapping[str, Any]) -> dict[str, Any]:
    """Reasons by their codes, credit records by their ids, as the record has them."""
    return {
        "reason_codes": [one["code"] for one in row["reasons"]],
        "record_ids": [one["id"] for one in row["records"]],
    }


_DERIVED = {COMMITMENTS: _promise, SNAPSHOTS: _known}
