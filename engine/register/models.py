"""Numbers and documents: the registers in which uniqueness across cases lives (see ADR 0004)."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.base import Base


class CaseNumber(Base):
    """办件编号: which case a number belongs to, and the salted hash of its query code."""

    __tablename__ = "case_numbers"

    number: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID]
    query_hash: Mapped[bytes]


class NumberSeries(Base):
    """The last number given in a gap-free series: locked last in a step, so that it is held for one round trip.

    A series is what is printed before the number: the issuing body's name, the title (`kind`) and the year.
    """

    __tablename__ = "number_series"

    body: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class Document(Base):
    """A numbered notice or decision (文书). The PDF comes later; the number, date and content stand here."""

    __tablename__ = "documents"
    __table_args__ = (Index("ix_documents_case", "case_id", "seq"),)

    number: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID]
    seq: Mapped[int]  #: the record entry that issued it
    kind: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]  #: the department that issues it
    node: Mapped[str]
    content: Mapped[str]
    issued_at: Mapped[datetime]
