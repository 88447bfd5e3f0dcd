"""Accounts of applicants (申请人账号): a person or a body registers, logs in with a password, and applies in its own name.

What a registration says is *declared*: the number passes its check digit, and nothing more is known, because a closed network
has no source to ask. It becomes *confirmed* when a clerk has seen the paper at a window (ADR 0016). Wall time, like all of
logging in; sessions and tokens are random, kept as their hash.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, ForeignKey, Index, Row, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.clock import day_of, wall_now
from engine.errors import Conflict, Invalid, NotFound
from engine.organization.actor import Actor
from engine.organization.identity_numbers import is_credit_code, is_mobile_number, is_resident_number
from engine.organization.log_in import LogInFailed, hash_password, is_password_of
from engine.organization.sessions import IDLE, LIFE, NOTED
from engine.store.base import Base, new_id

#: The id of an account's actor begins with it; `applicant.account` of a case holds that id.
ACCOUNT = "account:"
#: A token of an account begins with it, so that nothing is asked of the officers' table.
OF_ACCOUNTS = "owa_"
TOKEN_LIFE = timedelta(hours=8)
DECLARED, CONFIRMED = "declared", "confirmed"
PERSON, ENTERPRISE = "person", "enterprise"
#: Under which name a number stands in an application, by the kind of who applies.
NUMBERS = {PERSON: "id_number", ENTERPRISE: "credit_code"}
IDENTITY_NAMES = {DECLARED: ("自行申报，未核验", "declared, not checked"), CONFIRMED: ("已核验", "confirmed")}
LEAST_PASSWORD, MOST_PASSWORD, MOST_NAME, MOST_CONTACT, MOST_ADDRESS = 8, 200, 200, 60, 200
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{3,39}", re.ASCII)

_COLUMNS = "a.id, a.username, a.kind, a.name, a.number, a.mobile, a.contact, a.address, a.identity, a.created_at"
_TAKEN = text(
    "SELECT EXISTS (SELECT 1 FROM officers WHERE username = :name OR id = :name) "
    "OR EXISTS (SELECT 1 FROM applicants WHERE username = :name)"
)
_BY_NAME = text(
    "SELECT a.id, a.password_hash FROM applicants a WHERE a.username = :name "
    "AND NOT EXISTS (SELECT 1 FROM officers o WHERE o.username = :name)"
)
_KEEP = text(
    "INSERT INTO applicant_keys (hash, applicant_id, use, created_at, seen_at, expires_at) "
    "VALUES (:hash, :id, :use, :now, :now, :expires)"
)
_FORGET_OLD = text("DELETE FROM applicant_keys WHERE expires_at <= :now OR (use = 'session' AND seen_at <= :idle)")
_FIND = text(
    f"SELECT {_COLUMNS}, k.seen_at FROM applicant_keys k JOIN applicants a ON a.id = k.applicant_id "
    "WHERE k.hash = :hash AND k.use = :use AND k.expires_at > :now AND (k.use = 'token' OR k.seen_at > :idle)"
)
_BY_ID = text(f"SELECT {_COLUMNS} FROM applicants a WHERE a.id = :id")
_CONFIRM = text(
    "UPDATE applicants SET identity = 'confirmed', confirmed_at = :now, confirmed_by = :by, confirmed_with = :with "
    "WHERE username = :name RETURNING id"
)


class ApplicantRow(Base):
    """An account of somebody who applies. `number` is the resident identity number or the unified social credit code."""

    __tablename__ = "applicants"
    __table_args__ = (Index("ix_applicants_number", "number"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    kind: Mapped[str]  #: person | enterprise
    name: Mapped[str]
    number: Mapped[str]
    mobile: Mapped[str]
    contact: Mapped[str]  #: who acts for a body; empty for a person
    address: Mapped[str]
    identity: Mapped[str]  #: declared | confirmed
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None]
    confirmed_with: Mapped[str | None]


class ApplicantKeyRow(Base):
    """What lets an account in: a session of the pages, or a token of the API; only the hash of its secret."""

    __tablename__ = "applicant_keys"

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    applicant_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("applicants.id"), index=True)
    use: Mapped[str]  #: session | token
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class NewAccount:
    """Who registers. `number` is the identity number of a person, the credit code of a body."""

    username: str
    password: str
    kind: str
    name: str
    number: str
    mobile: str
    contact: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it stands."""

    id: uuid.UUID
    username: str
    kind: str
    name: str
    number: str
    mobile: str
    contact: str
    address: str
    identity: str
    created_at: datetime

    @property
    def actor(self) -> Actor:
        """Whoever is logged in with it."""
        return Actor.applicant(f"{ACCOUNT}{self.id}", self.name)

    @property
    def applicant(self) -> dict[str, str]:
        """The applicant of an application that it makes."""
        said = {"contact": self.contact, "phone": self.mobile, "address": self.address}
        known = {"kind": self.kind, "name": self.name, NUMBERS[self.kind]: self.number}
        return known | {name: value for name, value in said.items() if value} | {"account": f"{ACCOUNT}{self.id}"}

    @property
    def proven_number(self) -> str | None:
        """Its number, once a clerk has seen the paper: a declared one opens nothing."""
        return self.number if self.identity == CONFIRMED else None


@dataclass(frozen=True, slots=True)
class Found:
    """Whose a session or token is; `stale`: its last use has to be noted again."""

    account: Account
    stale: bool


class UsernameTaken(Conflict):
    """Somebody has this username. Params: username."""

    code = "username-taken"
    zh = "用户名“{username}”已被使用。请换一个用户名；如果是您注册的，请直接登录。"
    en = "The username “{username}” is taken. Choose another; if it is yours, log in."


def account_id(actor: Actor) -> uuid.UUID | None:
    """The account of an actor; None for officers, and for applicants who came by a query code."""
    if actor.kind != "applicant" or not actor.id.startswith(ACCOUNT):
        return None
    return uuid.UUID(actor.id.removeprefix(ACCOUNT))


def register(connection: Connection, asked: NewAccount) -> uuid.UUID:
    """Make an account. Raises Invalid with every field that is wrong, UsernameTaken."""
    now = wall_now()
    asked = _tidy(asked)
    flaws = _flaws(asked, now)
    if flaws:
        raise Invalid(detail="、".join(flaws), fields=flaws)
    if connection.scalar(_TAKEN, {"name": asked.username}):
        raise UsernameTaken(username=asked.username)
    made = {"id": new_id(), "hash": hash_password(asked.password), "now": now, "identity": DECLARED}
    fields = ("username", "kind", "name", "number", "mobile", "contact", "address")
    insert = text(
        "INSERT INTO applicants (id, username, password_hash, kind, name, number, mobile, contact, address, identity, "
        "created_at) VALUES (:id, :username, :hash, :kind, :name, :number, :mobile, :contact, :address, :identity, :now) "
        "ON CONFLICT (username) DO NOTHING RETURNING id"
    )
    found = connection.scalar(insert, made | {name: getattr(asked, name) for name in fields})
    if found is None:  # somebody else was a moment faster
        raise UsernameTaken(username=asked.username)
    assert isinstance(found, uuid.UUID)
    return found


def is_account(connection: Connection, username: str) -> bool:
    """Whether a username is an applicant's, and no officer's."""
    return connection.execute(_BY_NAME, {"name": username.strip().lower()}).first() is not None


def open_key(
    connection: Connection, username: str, password: str, use: Literal["session", "token"]
) -> tuple[str, datetime]:
    """Check a password and open a session or a token: its secret, and when it is over. Raises LogInFailed."""
    row = connection.execute(_BY_NAME, {"name": username.strip().lower()}).one_or_none()
    if not is_password_of(row.password_hash if row else None, password) or row is None:
        raise LogInFailed()
    return keep_key(connection, row.id, use)


def keep_key(connection: Connection, account: uuid.UUID, use: Literal["session", "token"]) -> tuple[str, datetime]:
    """Open a session or a token of an account."""
    secret, now = secrets.token_urlsafe(32), wall_now()
    secret = f"{OF_ACCOUNTS}{secret}" if use == "token" else secret
    expires = now + (TOKEN_LIFE if use == "token" else LIFE)
    connection.execute(_FORGET_OLD, {"now": now, "idle": now - IDLE})
    kept = {"hash": _digest(secret), "id": account, "use": use, "now": now, "expires": expires}
    connection.execute(_KEEP, kept)
    return secret, expires


def find_key(connection: Connection, secret: str, use: Literal["session", "token"]) -> Found | None:
    """Whose a session or token is; None when it is over."""
    now = wall_now()
    asked = {"hash": _digest(secret), "use": use, "now": now, "idle": now - IDLE}
    row = connection.execute(_FIND, asked).one_or_none()
    return Found(_account(row), now - row.seen_at > NOTED) if row else None


def note_use(connection: Connection, secret: str) -> None:
    """Let the idle time of a session begin anew."""
    seen = text("UPDATE applicant_keys SET seen_at = :now WHERE hash = :hash")
    connection.execute(seen, {"hash": _digest(secret), "now": wall_now()})


def close_key(connection: Connection, secret: str) -> None:
    """End a session or a token; one that is over already is left so."""
    connection.execute(text("DELETE FROM applicant_keys WHERE hash = :hash"), {"hash": _digest(secret)})


def load_account(connection: Connection, account: uuid.UUID) -> Account:
    """An account by its id. Raises NotFound."""
    row = connection.execute(_BY_ID, {"id": account}).one_or_none()
    if row is None:
        raise NotFound(what="account", id=account)
    return _account(row)


def find_account(connection: Connection, username: str) -> Account:
    """An account by its username. Raises NotFound."""
    row = connection.execute(_BY_NAME, {"name": username.strip().lower()}).one_or_none()
    if row is None:
        raise NotFound(what="account", id=username[:80])
    return load_account(connection, row.id)


def confirm(connection: Connection, username: str, by: str, document: str) -> Account:
    """A clerk has seen the paper of who is there. Raises NotFound, Invalid."""
    if not document.strip():
        raise Invalid(detail="document", fields={"document": ["必填\tis required"]})
    account = find_account(connection, username)
    said = {"name": account.username, "now": wall_now(), "by": by, "with": document.strip()}
    connection.execute(_CONFIRM, said)
    return load_account(connection, account.id)


def change_password(connection: Connection, account: uuid.UUID, old: str, new: str, keep: str | None) -> None:
    """A new password; every session and token but `keep` is over. Raises LogInFailed for a wrong old one, Invalid."""
    row = connection.execute(
        text("SELECT password_hash, username, number, mobile FROM applicants WHERE id = :id"), {"id": account}
    ).one()
    if not is_password_of(row.password_hash, old):
        raise LogInFailed()
    if said := password_flaw(new, (row.username, row.number, row.mobile)):
        raise Invalid(detail="password", fields={"password": [said]})
    changed = text("UPDATE applicants SET password_hash = :hash WHERE id = :id")
    connection.execute(changed, {"id": account, "hash": hash_password(new)})
    ended = text("DELETE FROM applicant_keys WHERE applicant_id = :id AND hash <> :keep")
    connection.execute(ended, {"id": account, "keep": _digest(keep or "")})


def change_contact(connection: Connection, account: uuid.UUID, mobile: str, contact: str, address: str) -> None:
    """Where somebody is reached: what new applications say. Raises Invalid."""
    kept = load_account(connection, account)
    flaws = _contact_flaws(kept.kind, mobile.strip(), contact.strip(), address.strip())
    if flaws:
        raise Invalid(detail="、".join(flaws), fields=flaws)
    changed = text("UPDATE applicants SET mobile = :mobile, contact = :contact, address = :address WHERE id = :id")
    said = {"mobile": mobile.strip(), "contact": contact.strip(), "address": address.strip()}
    connection.execute(changed, {"id": account, **said})


# -- what may be registered


def _tidy(asked: NewAccount) -> NewAccount:
    return NewAccount(
        asked.username.strip().lower(),
        asked.password,
        asked.kind,
        " ".join(asked.name.split()),
        asked.number.strip().upper(),
        asked.mobile.strip(),
        asked.contact.strip(),
        asked.address.strip(),
    )


def _flaws(asked: NewAccount, now: datetime) -> dict[str, list[str]]:
    """What is wrong, by field, in both languages."""
    if asked.kind not in NUMBERS:
        return {"kind": ["须为 person 或 enterprise\tmust be person or enterprise"]}
    flaws: dict[str, list[str]] = {}
    if not _USERNAME.fullmatch(asked.username):
        said = "须为 4 至 40 个小写字母、数字、点、下划线或连字符，以字母或数字开头"
        flaws["username"] = [f"{said}\ttakes 4 to 40 of a-z, 0-9, ., _ and -, a letter or digit first"]
    if weak := password_flaw(asked.password, (asked.username, asked.number, asked.mobile)):
        flaws["password"] = [weak]
    if not 2 <= len(asked.name) <= MOST_NAME or not asked.name.isprintable():
        flaws["name"] = [f"须为 2 至 {MOST_NAME} 个字符\ttakes 2 to {MOST_NAME} characters"]
    if asked.kind == PERSON and not is_resident_number(asked.number, day_of(now)):
        flaws["id_number"] = ["不是有效的居民身份证号码\tis no valid resident identity number"]
    if asked.kind == ENTERPRISE and not is_credit_code(asked.number):
        flaws["credit_code"] = ["不是有效的统一社会信用代码\tis no valid unified social credit code"]
    return flaws | _contact_flaws(asked.kind, asked.mobile, asked.contact, asked.address)


def _contact_flaws(kind: str, mobile: str, contact: str, address: str) -> dict[str, list[str]]:
    flaws: dict[str, list[str]] = {}
    if not is_mobile_number(mobile):
        flaws["mobile"] = ["不是有效的手机号码\tis no valid mobile number"]
    if kind == ENTERPRISE and not contact:
        flaws["contact"] = ["单位须填写经办人\ta body needs somebody to contact"]
    if len(contact) > MOST_CONTACT:
        flaws["contact"] = [f"不能超过 {MOST_CONTACT} 个字符\tmay not be over {MOST_CONTACT} characters"]
    if len(address) > MOST_ADDRESS:
        flaws["address"] = [f"不能超过 {MOST_ADDRESS} 个字符\tmay not be over {MOST_ADDRESS} characters"]
    return flaws


def password_flaw(password: str, known: tuple[str, ...]) -> str | None:
    """Length, and nothing that stands beside it: rules on kinds of characters only make for worse passwords."""
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        return f"须为 {LEAST_PASSWORD} 至 {MOST_PASSWORD} 个字符\ttakes {LEAST_PASSWORD} to {MOST_PASSWORD} characters"
    if len(set(password)) < 4 or password.lower() in {one.lower() for one in known if one}:
        said = "过于简单，不能是用户名、证件号码、手机号或重复字符"
        return f"{said}\tis too simple: not your username, a number of yours, or one character over and over"
    return None


def view(account: Account) -> dict[str, Any]:
    """An account as its owner, and the clerk who looks for it, sees it."""
    zh, en = IDENTITY_NAMES[account.identity]
    return {
        "id": f"{ACCOUNT}{account.id}",
        "username": account.username,
        "kind": account.kind,
        "name": account.name,
        NUMBERS[account.kind]: masked(account.number),
        "mobile": f"{account.mobile[:3]}****{account.mobile[-4:]}",
        "contact": account.contact,
        "address": account.address,
        "identity": account.identity,
        "identity_name": zh,
        "identity_name_en": en,
    }


def masked(number: str) -> str:
    """A number as it is shown: its first and last four characters."""
    return f"{number[:4]}{'*' * (len(number) - 8)}{number[-4:]}" if len(number) > 8 else number


def _account(row: Row[Any]) -> Account:
    return Account(**{name: getattr(row, name) for name in Account.__dataclass_fields__})


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
