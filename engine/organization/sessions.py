"""Sessions of the pages: a random secret in a cookie, stored as its hash; it dies of idleness, and after a day's work.

Wall time only: the demonstration clock moves no session. A new session is made at every log-in, so that nobody can be handed one.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, text

from engine.clock import wall_now
from engine.organization.actor import Actor
from engine.organization.log_in import actor_columns, actor_of_row, verify_password

#: Nobody did anything for so long: the session is over.
IDLE = timedelta(minutes=30)
#: However busy: after so long one logs in again.
LIFE = timedelta(hours=10)
#: When it was last used is written no more often than this.
NOTED = timedelta(minutes=1)

_OPEN = text(
    "INSERT INTO sessions (hash, officer_id, created_at, seen_at, expires_at) VALUES (:hash, :id, :now, :now, :expires)"
)
_FORGET_OLD = text("DELETE FROM sessions WHERE expires_at <= :now OR seen_at <= :idle")
_FIND = text(
    f"SELECT {actor_columns()}, s.seen_at FROM sessions s JOIN officers o ON o.id = s.officer_id AND o.active "
    "WHERE s.hash = :hash AND s.expires_at > :now AND s.seen_at > :idle"
)
_SEEN = text("UPDATE sessions SET seen_at = :now WHERE hash = :hash")
_CLOSE = text("DELETE FROM sessions WHERE hash = :hash")


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in, and whether the session's last use has to be noted again."""

    actor: Actor
    stale: bool


def open_session(connection: Connection, username: str, password: str) -> str:
    """Check a password and open a session; answers its secret. Raises LogInFailed."""
    officer = verify_password(connection, username, password)
    secret, now = secrets.token_urlsafe(32), wall_now()
    connection.execute(_FORGET_OLD, {"now": now, "idle": now - IDLE})
    connection.execute(_OPEN, {"hash": _digest(secret), "id": officer, "now": now, "expires": now + LIFE})
    return secret


def find_session(connection: Connection, secret: str) -> Session | None:
    """The session of a secret with its actor, as the organisation has it now; None when it is over."""
    now = wall_now()
    row = connection.execute(_FIND, {"hash": _digest(secret), "now": now, "idle": now - IDLE}).one_or_none()
    return Session(actor_of_row(row), now - row.seen_at > NOTED) if row else None


def note_use(connection: Connection, secret: str) -> None:
    """Let the idle time of a session begin anew."""
    connection.execute(_SEEN, {"hash": _digest(secret), "now": wall_now()})


def close_session(connection: Connection, secret: str) -> None:
    """End a session; one that is over already is left so."""
    connection.execute(_CLOSE, {"hash": _digest(secret)})


def csrf_token(secret_key: str, secret: str) -> str:
    """What every form of a session carries: only the pages of this very session know it."""
    return hmac.new(secret_key.encode(), b"csrf:" + secret.encode(), hashlib.sha256).hexdigest()


def csrf_fits(secret_key: str, secret: str, given: str) -> bool:
    """Whether a form came from a page of this session."""
    return hmac.compare_digest(csrf_token(secret_key, secret).encode(), given.encode("utf-8", "replace"))


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
