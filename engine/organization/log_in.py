"""Who calls: passwords (argon2id) and access tokens. Tokens are random, stored as their hash, short-lived, revocable.

Wall time only: the demonstration clock moves no token.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error
from sqlalchemy import Connection, Row, text

from engine.clock import wall_now
from engine.errors import Unauthenticated
from engine.organization.actor import Actor
from engine.organization.permissions import Role

TOKEN_LIFE = timedelta(hours=8)
_HASHER = PasswordHasher()

_OFFICER = text("SELECT id, password_hash FROM officers WHERE username = :username AND active")
_KEEP = text("INSERT INTO access_tokens (hash, officer_id, created_at, expires_at) VALUES (:hash, :id, :now, :expires)")
_ACTOR_COLUMNS = (
    "o.id, o.name, o.region_code, "
    "ARRAY(SELECT r.role FROM officer_roles r WHERE r.officer_id = o.id) AS roles, "
    "ARRAY(SELECT p.department_id || chr(31) || p.title FROM posts p WHERE p.officer_id = o.id) AS posts"
)
_ACTOR = (
    f"SELECT {_ACTOR_COLUMNS} FROM access_tokens t JOIN officers o ON o.id = t.officer_id AND o.active "
    "WHERE t.hash = :hash AND t.expires_at > :now AND t.revoked_at IS NULL"
)
_BY_TOKEN = text(_ACTOR)
_REVOKE = text("UPDATE access_tokens SET revoked_at = :now WHERE hash = :hash AND revoked_at IS NULL")


class LogInFailed(Unauthenticated):
    """Wrong name or wrong password: one answer for both."""

    code = "log-in-failed"
    zh = "用户名或密码不正确。"
    en = "The username or the password is wrong."


def hash_password(password: str) -> str:
    """The argon2id hash of a password."""
    return _HASHER.hash(password)


@cache
def _hash_of_nobody() -> str:
    """Verified when there is no such user, so that a wrong name takes as long as a wrong password."""
    return hash_password(secrets.token_hex(16))


def issue_token(connection: Connection, username: str, password: str) -> tuple[str, datetime]:
    """Check a password and give a token with the instant at which it expires. Raises LogInFailed."""
    return keep_token(connection, verify_password(connection, username, password), TOKEN_LIFE)


def keep_token(connection: Connection, officer: str, life: timedelta) -> tuple[str, datetime]:
    """A new token for an officer, and the instant at which it expires."""
    token, now = secrets.token_urlsafe(32), wall_now()
    expires = now + life
    connection.execute(_KEEP, {"hash": _digest(token), "id": officer, "now": now, "expires": expires})
    return token, expires


def verify_password(connection: Connection, username: str, password: str) -> str:
    """The id of the officer whose name and password these are; the same work when there is no such name.

    Raises LogInFailed.
    """
    row = connection.execute(_OFFICER, {"username": username}).one_or_none()
    if not is_password_of(row.password_hash if row else None, password) or row is None:
        raise LogInFailed()
    return str(row.id)


def is_password_of(hashed: str | None, password: str) -> bool:
    """Whether a password is the one of a hash; the same work, and no, where there is no hash."""
    nobody = _hash_of_nobody()  # whether there is such a user or not: both ways pay for the first time
    try:
        return _HASHER.verify(hashed or nobody, password) and hashed is not None
    except Argon2Error:
        return False


def actor_of_token(connection: Connection, token: str) -> Actor:
    """The actor behind a token, as the organisation has it now. Raises Unauthenticated."""
    row = connection.execute(_BY_TOKEN, {"hash": _digest(token), "now": wall_now()}).one_or_none()
    if row is None:
        raise Unauthenticated()
    return actor_of_row(row)


def actor_columns() -> str:
    """The columns of an officer `o` that `actor_of_row` reads."""
    return _ACTOR_COLUMNS


def actor_of_row(row: Row[Any]) -> Actor:
    """The actor that the columns of `actor_columns` tell."""
    posts = frozenset((department, title) for department, _, title in (post.partition(chr(31)) for post in row.posts))
    roles = frozenset(Role(role) for role in row.roles if role in list(Role))
    return Actor.officer(row.id, row.name, row.region_code, posts=posts, roles=roles)


def revoke_token(connection: Connection, token: str) -> None:
    """Let a token open nothing any more; one that does not is left as it is."""
    connection.execute(_REVOKE, {"hash": _digest(token), "now": wall_now()})


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
