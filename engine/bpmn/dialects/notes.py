"""What became of what other tools wrote: kept, translated, dropped, or refused."""

from __future__ import annotations

from dataclasses import dataclass

KEPT, TRANSLATED, DROPPED, REFUSED, BARE = "kept", "translated", "dropped", "refused", "bare"

Said = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Note:
    """One thing of another tool on one element: what it was, and what it is now or why it is nothing."""

    kind: str
    element: str | None
    name: str | None
    line: int
    what: str
    into: str = ""
    reason: Said = ("", "")
