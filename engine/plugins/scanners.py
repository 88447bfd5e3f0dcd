"""The port for virus scanners: what looks at an uploaded file before anything is kept of it.

Without a scanner a file is recorded as `unscanned`, and everybody who opens it is told so: that nobody looked is not the
same as that nothing was found. A scanner of one's own is given to `open_engine`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

CLEAN, INFECTED, UNSCANNED = "clean", "infected", "unscanned"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a scanner says of a file: `clean` or `infected` (then with what), or `unscanned`."""

    verdict: str
    detail: str = ""


class Scanner(Protocol):
    """Looks at a file that has come in whole; must not change it. An exception refuses the upload for now."""

    def scan(self, path: Path) -> Finding: ...


class NoScanner:
    """The default: nobody looks, and that is what is recorded."""

    def scan(self, path: Path) -> Finding:
        """Say that nobody looked."""
        return Finding(UNSCANNED)
