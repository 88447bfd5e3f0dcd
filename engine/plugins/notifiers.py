"""Notifiers: how what is told leaves the platform (a message, a mail, the city's own message centre). A port: plug one in.

What is told always stands in the table of notices and in the event feed; a notifier carries it further. It is called by a job,
after the commit, and may be called again for the same notice (its `key` is the same then): it must be idempotent. One that
raises is tried again later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Notification:
    """Something to be told: `audience` is `applicant`, `department:<id>`, `head:<department>` or `supervisor:<region>`."""

    key: str  #: the same at every try
    case_id: UUID
    kind: str  #: of the entry of the record
    audience: str
    text: str
    at: datetime


Notifier = Callable[[Notification], None]


class Notifiers:
    """The notifiers that are plugged in, by name."""

    def __init__(self) -> None:
        self._known: dict[str, Notifier] = {}

    def register(self, name: str, notifier: Notifier) -> None:
        """Plug one in; a second one of the same name takes its place."""
        self._known[name] = notifier

    def tell(self, notification: Notification) -> None:
        """Hand a notice to every one of them."""
        for notifier in self._known.values():
            notifier(notification)
