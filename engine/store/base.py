"""The declarative base of every table: names of constraints by rule, types by annotation, instants always in UTC.

Keys (see `docs/adr/0004-keys-and-distribution.md`): what belongs to a case has a primary key that begins with `case_id`;
nothing is unique across cases but in registries (case numbers, document numbers, definitions, organisation).
"""

from __future__ import annotations

import os
import time
import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Date, DateTime, LargeBinary, MetaData, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

#: A JSON value as the database gives it back.
Json = dict[str, Any]


class Base(DeclarativeBase):
    """Root of all tables of OneWindow (the job tables are Procrastinate's own and live in their own schema)."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        int: BigInteger(),
        bytes: LargeBinary(),
        date: Date(),
        datetime: DateTime(timezone=True),
        uuid.UUID: Uuid(),
        Json: JSONB(),
    }


def new_id() -> uuid.UUID:
    """A new time-ordered id (RFC 9562 version 7), so that rows made together lie together."""
    millis = time.time_ns() // 1_000_000
    value = (millis << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return uuid.UUID(int=value)
