"""The tables of the organisation. Registries: their keys are unique over the whole platform.

Foreign keys stay inside this room. Ids of departments and officers are text: readable in a log, stable for ever.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.base import Base, new_id


class RegionRow(Base):
    """A region of the tree; `code` by GB/T 2260."""

    __tablename__ = "regions"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str]
    level: Mapped[str]  #: see `regions.Level`
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("regions.code"))


class DepartmentRow(Base):
    """A department; `id` is a slug."""

    __tablename__ = "departments"

    id: Mapped[str] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(ForeignKey("regions.code"))
    name: Mapped[str]
    name_en: Mapped[str]
    fallback_id: Mapped[str | None] = mapped_column(ForeignKey("departments.id"))
    review_body: Mapped[str | None]  #: where its decisions are reviewed (行政复议法 24); None: its own government
    review_channel: Mapped[str | None]  #: where such an application is handed in online (行政复议法 22)


class FunctionRow(Base):
    """A function of government that diagrams may name."""

    __tablename__ = "functions"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str]


class FunctionBodyRow(Base):
    """Which departments of a region decide and supervise for a function."""

    __tablename__ = "function_bodies"

    region_code: Mapped[str] = mapped_column(ForeignKey("regions.code"), primary_key=True)
    function_code: Mapped[str] = mapped_column(ForeignKey("functions.code"), primary_key=True)
    deciding_id: Mapped[str] = mapped_column(ForeignKey("departments.id"))
    supervising_id: Mapped[str | None] = mapped_column(ForeignKey("departments.id"))


class OfficerRow(Base):
    """A person, or the account of a front-office system. `password_hash` is Argon2's text."""

    __tablename__ = "officers"

    id: Mapped[str] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    work_number: Mapped[str]
    password_hash: Mapped[str]
    active: Mapped[bool]
    region_code: Mapped[str] = mapped_column(ForeignKey("regions.code"))


class PostRow(Base):
    """A post that an officer holds in a department."""

    __tablename__ = "posts"
    __table_args__ = (UniqueConstraint("officer_id", "department_id", "title"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    officer_id: Mapped[str] = mapped_column(ForeignKey("officers.id"))
    department_id: Mapped[str] = mapped_column(ForeignKey("departments.id"), index=True)
    title: Mapped[str]
    is_head: Mapped[bool]


class OfficerRoleRow(Base):
    """A role that an officer has; see `permissions.Role`."""

    __tablename__ = "officer_roles"

    officer_id: Mapped[str] = mapped_column(ForeignKey("officers.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)


class AbsenceRow(Base):
    """An officer's leave, both days included."""

    __tablename__ = "absences"
    __table_args__ = (UniqueConstraint("officer_id", "first_day"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    officer_id: Mapped[str] = mapped_column(ForeignKey("officers.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    deputy_id: Mapped[str | None] = mapped_column(ForeignKey("officers.id"))


class AccessTokenRow(Base):
    """A token that lets an officer's client in; only its hash is stored."""

    __tablename__ = "access_tokens"

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    officer_id: Mapped[str] = mapped_column(ForeignKey("officers.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class ClientRow(Base):
    """A program of a front office; its account is the officer of the same id (see `clients.py`)."""

    __tablename__ = "clients"

    id: Mapped[str] = mapped_column(ForeignKey("officers.id"), primary_key=True)
    rotation: Mapped[int]  #: how often its secret was changed
    created_at: Mapped[datetime]


class ClientClerkRow(Base):
    """A window clerk that a client may act for."""

    __tablename__ = "client_clerks"

    client_id: Mapped[str] = mapped_column(ForeignKey("clients.id"), primary_key=True)
    officer_id: Mapped[str] = mapped_column(ForeignKey("officers.id"), primary_key=True)


class SessionRow(Base):
    """A session of the pages; only the hash of its secret is stored."""

    __tablename__ = "sessions"

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    officer_id: Mapped[str] = mapped_column(ForeignKey("officers.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class ThrottleRow(Base):
    """Failures of guessing at a secret in the present window; see `throttle.py`. `key` is a digest."""

    __tablename__ = "throttles"
    __table_args__ = {"prefixes": ["UNLOGGED"]}

    scope: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[bytes] = mapped_column(primary_key=True)
    began_at: Mapped[datetime]
    failures: Mapped[int]
