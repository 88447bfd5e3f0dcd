"""Cursors of lists: where a page ended, as opaque text that a caller hands back. Pure.

A cursor belongs to one sort order; handed to another list or order it is refused, never guessed at.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from engine.errors import Invalid

NUMBER = 2**31


@dataclass(frozen=True, slots=True)
class Order:
    """A sort order: the key's SQL (never null), its type in SQL, and whether the greatest comes first.

    `tie` are the columns that tell rows with one key apart.
    """

    name: str
    key: str
    type: str
    descending: bool = False

    @property
    def compare(self) -> str:
        """What stands between a row and the cursor's."""
        return "<" if self.descending else ">"

    @property
    def direction(self) -> str:
        """The word of ORDER BY."""
        return "DESC" if self.descending else "ASC"


def write_cursor(order: Order, key: str, *tie: Any) -> str:
    """The cursor behind a row, whose key is as the database spells it."""
    return base64.urlsafe_b64encode(json.dumps([order.name, key, *map(str, tie)]).encode()).decode()


def read_cursor(order: Order, text: str, *, numbered: bool) -> Mapping[str, Any]:
    """The row that a cursor stands behind: key, id, and with `numbered` its number. Raises Invalid."""
    try:
        said = json.loads(base64.urlsafe_b64decode(text))
        name, key, row, *rest = said
        if name != order.name or len(rest) != numbered:
            raise ValueError
        return {"key": _key(order, key), "id": str(UUID(row)), "number": int(rest[0]) % NUMBER if rest else 0}
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):  # whatever a caller makes up
        raise Invalid(detail="cursor", fields={"cursor": ["not a cursor of this list"]}) from None


def _key(order: Order, key: str) -> str:
    if order.type == "date":
        return "infinity" if key == "infinity" else date.fromisoformat(key).isoformat()
    instant = datetime.fromisoformat(key)
    if instant.tzinfo is None:
        raise ValueError
    return instant.isoformat()
