"""Clients: the programs of front offices, what they log in with, and the window clerks that they may act for.

A client is an officer's account of the role `front_office_system` (of the same id) that has a secret instead of a password.
The secret is derived from the installation's own and a counter: it is not stored, and a new one ends the old.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from engine.clock import wall_now
from engine.errors import Conflict, Forbidden, Invalid, NotFound
from engine.organization.actor import Actor
from engine.organization.log_in import LogInFailed, actor_columns, actor_of_row, hash_password, keep_token
from engine.organization.permissions import Role, UseCase

TOKEN_LIFE = timedelta(hours=1)
MOST_CLERKS = 500
_ID = re.compile(r"[a-z][a-z0-9.-]{2,59}", re.ASCII)

_FIND = text(
    "SELECT c.id, c.rotation, c.created_at, o.name, o.region_code, o.active, "
    "ARRAY(SELECT w.username FROM client_clerks k JOIN officers w ON w.id = k.officer_id WHERE k.client_id = c.id "
    "ORDER BY w.username) AS clerks FROM clients c JOIN officers o ON o.id = c.id "
    "WHERE (CAST(:id AS text) IS NULL OR c.id = :id) AND o.region_code = ANY(:regions) AND c.id > :after "
    "ORDER BY c.id LIMIT :limit"
)
_SECRET = text("SELECT c.rotation FROM clients c JOIN officers o ON o.id = c.id AND o.active WHERE c.id = :id")
_CLERK = text(
    f"SELECT {actor_columns()} FROM client_clerks k JOIN officers o ON o.id = k.officer_id AND o.active "
    "WHERE k.client_id = :client AND o.username = :username "
    "AND EXISTS (SELECT 1 FROM officer_roles r WHERE r.officer_id = o.id AND r.role = 'window_clerk')"
)
_CLERKS = text(
    "SELECT o.id, o.username FROM officers o JOIN officer_roles r ON r.officer_id = o.id AND r.role = 'window_clerk' "
    "WHERE o.username = ANY(:names) AND o.active AND o.region_code = ANY(:regions)"
)


class ActingForNotAllowed(Forbidden):
    """The caller is no client, or the client may not act for this clerk: one answer for both, and for unknown names."""

    code = "acting-for-not-allowed"
    zh = "不能代“{acting_for}”办理：该人员不是本客户端可代办的窗口工作人员。请联系管理员登记。"
    en = "You can't act for “{acting_for}”: it is no window clerk of this client. Ask the administrator to register it."


class ClientKnown(Conflict):
    """The id of a client is taken."""

    code = "client-known"
    zh = "编号“{id}”已被使用。请换一个编号。"
    en = "The id “{id}” is taken. Choose another."


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client to be made: its id, its name, its region, and whom it may act for (usernames)."""

    id: str
    name: str
    region: str
    clerks: tuple[str, ...] = ()


class Secrets:
    """Derives the secrets of clients; `known` fixes those of a demonstration."""

    def __init__(self, key: str, known: Mapping[str, str] | None = None) -> None:
        self._key, self._known = key.encode(), known or {}

    def of(self, client: str, rotation: int) -> str:
        """The secret of a client after so many rotations."""
        if rotation == 0 and client in self._known:
            return self._known[client]
        made = hmac.new(self._key, f"client:{rotation}:{client}".encode(), hashlib.sha256).digest()
        return "owc_" + base64.urlsafe_b64encode(made).decode().rstrip("=")


def issue_client_token(connection: Connection, keys: Secrets, client: str, given: str) -> tuple[str, datetime]:
    """A token for a client's id and secret; the same work for an id that does not exist. Raises LogInFailed."""
    row = connection.execute(_SECRET, {"id": client}).one_or_none()
    expected = keys.of(client, row.rotation if row else 0)
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")) or row is None:
        raise LogInFailed()
    return keep_token(connection, client, TOKEN_LIFE)


def clerk_of(connection: Connection, client: Actor, username: str) -> Actor:
    """The clerk that a client acts for, as an actor that says through whom. Raises ActingForNotAllowed."""
    row = connection.execute(_CLERK, {"client": client.id, "username": username}).one_or_none()
    if row is None:
        raise ActingForNotAllowed(
            acting_for=username[:80], permission="acting_for", fields={"acting_for": ["no clerk of this client"]}
        )
    return actor_of_row(row).through(client.id)


def create_client(connection: Connection, regions: Collection[str], asked: NewClient) -> None:
    """Make a client with its account. Raises Invalid, ClientKnown."""
    if not _ID.fullmatch(asked.id):
        raise Invalid(
            detail="id",
            fields={"id": ["须为 3 至 60 个小写字母、数字、点或连字符\tmust be 3 to 60 of a-z, 0-9, . and -"]},
        )
    if asked.region not in regions:
        raise Invalid(detail="region", fields={"region": ["unknown"]})
    taken = text("SELECT EXISTS (SELECT 1 FROM officers WHERE id = :id OR username = :id)")
    if connection.scalar(taken, {"id": asked.id}):
        raise ClientKnown(id=asked.id)
    account = {"id": asked.id, "name": asked.name, "region": asked.region, "nobody": hash_password(secrets.token_hex())}
    connection.execute(
        text(
            "INSERT INTO officers (id, username, name, work_number, password_hash, active, region_code) "
            "VALUES (:id, :id, :name, '', :nobody, true, :region)"
        ),
        account,
    )
    connection.execute(
        text("INSERT INTO officer_roles (officer_id, role) VALUES (:id, :role)"),
        {"id": asked.id, "role": Role.FRONT_OFFICE_SYSTEM},
    )
    register_client(connection, asked.id)
    set_clerks(connection, regions, asked.id, asked.clerks)


def register_client(connection: Connection, account: str) -> bool:
    """Let an account of a front office be a client; answers whether it was none before."""
    made = text(
        "INSERT INTO clients (id, rotation, created_at) VALUES (:id, 0, :now) ON CONFLICT DO NOTHING RETURNING id"
    )
    fresh = connection.scalar(made, {"id": account, "now": wall_now()}) is not None
    connection.execute(text("UPDATE platform SET organization_version = organization_version + 1"))
    return fresh


def list_clients(
    connection: Connection, regions: Collection[str], after: str = "", limit: int = 50
) -> list[dict[str, Any]]:
    """The clients of regions, by id."""
    asked = {"id": None, "regions": list(regions), "after": after, "limit": limit}
    return [_view(row) for row in connection.execute(_FIND, asked)]


def get_client(connection: Connection, regions: Collection[str], client: str) -> dict[str, Any]:
    """One client. Raises NotFound, also for one of another region."""
    asked = {"id": client, "regions": list(regions), "after": "", "limit": 1}
    row = connection.execute(_FIND, asked).one_or_none()
    if row is None:
        raise NotFound(what="client", id=client[:80])
    return _view(row)


def rotate_secret(connection: Connection, client: str) -> int:
    """End the secret of a client and every token that it has; answers the count of rotations."""
    rotated = text("UPDATE clients SET rotation = rotation + 1 WHERE id = :id RETURNING rotation")
    rotation = connection.scalar(rotated, {"id": client})
    _end_tokens(connection, client)
    return int(rotation or 0)


def deactivate_client(connection: Connection, client: str) -> None:
    """Let a client do nothing any more."""
    connection.execute(text("UPDATE officers SET active = false WHERE id = :id"), {"id": client})
    connection.execute(text("UPDATE platform SET organization_version = organization_version + 1"))
    _end_tokens(connection, client)


def set_clerks(connection: Connection, regions: Collection[str], client: str, names: Iterable[str]) -> None:
    """Say whom a client may act for: window clerks of the regions. Raises Invalid for those who are none."""
    wanted = list(dict.fromkeys(names))
    found = {row.username: row.id for row in connection.execute(_CLERKS, {"names": wanted, "regions": list(regions)})}
    if missing := [name for name in wanted if name not in found]:
        said = f"不是可代办的窗口工作人员：{missing[0][:80]}\tis no window clerk of the region: {missing[0][:80]}"
        raise Invalid(detail="clerks", fields={"clerks": [said]})
    connection.execute(text("DELETE FROM client_clerks WHERE client_id = :id"), {"id": client})
    for officer in found.values():
        kept = text("INSERT INTO client_clerks (client_id, officer_id) VALUES (:id, :officer)")
        connection.execute(kept, {"id": client, "officer": officer})


def may_manage(actor: Actor) -> None:
    """Raises Forbidden for who may not manage clients."""
    if not actor.may(UseCase.CLIENT_MANAGE.value.permission):
        raise Forbidden(permission=UseCase.CLIENT_MANAGE.value.permission)


def _end_tokens(connection: Connection, client: str) -> None:
    ended = text("UPDATE access_tokens SET revoked_at = :now WHERE officer_id = :id AND revoked_at IS NULL")
    connection.execute(ended, {"id": client, "now": wall_now()})


def _view(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "region": row.region_code,
        "active": row.active,
        "clerks": list(row.clerks),
        "rotation": row.rotation,
    }
