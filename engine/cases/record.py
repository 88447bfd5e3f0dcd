"""The record of a case: entries chained by hash, with personal values salted apart. Pure but for the salts.

An entry's hash is SHA-256 over `prev_hash || canonical([seq, kind, at, payload])`. Canonical JSON: keys sorted, no spaces,
UTF-8, instants in UTC with microseconds. A personal value stands in the payload as `{"salted": SHA-256(salt || value)}`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from uuid import UUID

GENESIS = bytes(32)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be recorded: `payload` is JSON; `personal` names values that may have to be erased one day."""

    kind: str
    payload: Mapping[str, Any]
    personal: Mapping[str, str] | None = None


def canonical(value: Any) -> str:
    """The one spelling of a JSON value that is hashed."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def spell(instant: datetime) -> str:
    """The one spelling of an instant that is hashed."""
    return instant.astimezone(timezone.utc).isoformat(timespec="microseconds")


def salted(salt: bytes, value: str) -> str:
    """The digest that stands in the payload for a personal value."""
    return hashlib.sha256(salt + value.encode()).hexdigest()


def digest(prev: bytes, seq: int, kind: str, at: datetime, payload: str) -> bytes:
    """The hash of an entry."""
    return hashlib.sha256(prev + canonical([seq, kind, spell(at), payload]).encode()).digest()


def chain(
    case_id: UUID, seq: int, head: bytes, at: datetime, entries: Iterable[Entry]
) -> tuple[list[dict[str, Any]], int, bytes]:
    """The rows of new entries behind (`seq`, `head`); answers rows, the new last seq and the new head."""
    rows = []
    for entry in entries:
        seq += 1
        personal = {
            name: {"salt": os.urandom(16).hex(), "value": value} for name, value in (entry.personal or {}).items()
        }
        digests = {name: {"salted": salted(bytes.fromhex(p["salt"]), p["value"])} for name, p in personal.items()}
        payload = canonical({**entry.payload, **digests})
        prev, head = head, digest(head, seq, entry.kind, at, payload)
        rows.append(
            {"case_id": str(case_id), "seq": seq, "kind": entry.kind, "at": spell(at), "payload": payload}
            | {"personal": personal or None, "prev_hash": _hex(prev), "hash": _hex(head)}
        )
    return rows, seq, head


def _hex(value: bytes) -> str:
    return "\\x" + value.hex()
