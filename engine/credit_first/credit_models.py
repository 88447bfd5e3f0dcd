"""Credit in tables: records with their ground, what was decided about them, what a decision knew, and what was promised.

A record is never changed: repair, objection and stay are moves of their own (`credit_moves`), so that who lifted a consequence,
when and by which paper can be asked for ever.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.base import Base, Json


class CreditRecordRow(Base):
    """信用记录. `ground` says what it rests on: a case or a document, and the text; a consequence always has one."""

    __tablename__ = "credit_records"
    __table_args__ = (Index("ix_credit_records_subject", "subject"), Index("ix_credit_records_about", "about"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    subject: Mapped[str]  #: a credit code or an identity number
    name: Mapped[str]
    kind: Mapped[str]
    grade: Mapped[str | None]
    source: Mapped[str]
    ground: Mapped[Json]
    about: Mapped[uuid.UUID | None]  #: the case that it came of
    item: Mapped[str | None]
    region_code: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    barred_until: Mapped[date | None]  #: no application for the same licence before (行政许可法 78, 79)
    article: Mapped[str | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class CreditMoveRow(Base):
    """What was decided about a record: repaired, disputed, settled, stayed, stay-ended."""

    __tablename__ = "credit_moves"

    record_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    said: Mapped[Json]
    day: Mapped[date]
    until: Mapped[date | None]
    by: Mapped[str]
    at: Mapped[datetime]


class CommitmentRow(Base):
    """A signed promise: the very text, its version and hash, when, by which channel, by whom, under which mandate."""

    __tablename__ = "commitments"

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    regime: Mapped[str]
    text_version: Mapped[int]
    text_hash: Mapped[str]
    text: Mapped[Json]
    materials: Mapped[list[str]] = mapped_column(JSONB())
    supply_by: Mapped[date | None]
    channel: Mapped[str]
    signer: Mapped[Json]
    mandate: Mapped[str | None]
    signed_by: Mapped[str]
    signed_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None]


class CreditSnapshotRow(Base):
    """What was known of an applicant's credit when a way was chosen, and what came of it; `seq` is the entry that says so."""

    __tablename__ = "credit_snapshots"

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    regime: Mapped[str]
    subject: Mapped[str | None]
    grade: Mapped[str | None]
    source: Mapped[str]
    asked_at: Mapped[datetime]
    trouble: Mapped[str | None]
    records: Mapped[list[Json]] = mapped_column(JSONB())
    allowed: Mapped[bool]
    reasons: Mapped[list[Json]] = mapped_column(JSONB())
