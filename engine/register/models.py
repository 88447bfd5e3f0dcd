"""Numbers and documents: the registers in which uniqueness across cases lives (see ADR 0004)."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Index, text
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
    """A numbered notice or decision (文书), whole as it was issued and never changed: `data` is what its PDF says.

    It counts once it is sealed (`DocumentSeal`). `code` is what anybody checks it with.
    """

    __tablename__ = "documents"
    __table_args__ = (
        Index("ix_documents_case", "case_id", "seq"),
        Index("uq_documents_code", "code", unique=True, postgresql_where=text("code IS NOT NULL")),
    )

    number: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID]
    seq: Mapped[int]  #: the record entry that issued it
    kind: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]  #: the department that issues it
    node: Mapped[str]
    content: Mapped[str]
    issued_at: Mapped[datetime]
    code: Mapped[str | None]  #: the verification code; None: issued by a release that had none
    template: Mapped[str | None]  #: its text, as kind/version
    template_hash: Mapped[str | None]
    data: Mapped[str | None]  #: canonical JSON, as the record has it


class DocumentFile(Base):
    """The PDF of a document in the file store: as it was set (`set`), and as it is once sealed (`sealed`)."""

    __tablename__ = "document_files"
    __table_args__ = (Index("ix_document_files_file_hash", "file_hash"), Index("ix_document_files_number", "number"))

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(primary_key=True)
    stage: Mapped[str] = mapped_column(primary_key=True)  #: set | sealed | scan (of the stamped paper)
    file_hash: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    made_at: Mapped[datetime]  # wall time


class DocumentSeal(Base):
    """盖章: from then on the document counts. By a seal service, or printed, stamped and recorded by a clerk."""

    __tablename__ = "document_seals"

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int]
    way: Mapped[str]  #: electronic | stamp
    sealed_at: Mapped[datetime]
    sealed_by: Mapped[str]
    seal: Mapped[str]  #: which seal: the service's name for it, or the clerk's words
    file_hash: Mapped[str | None]  #: of the sealed PDF, or of the scan of the stamped paper, if there is one


class DocumentDelivery(Base):
    """送达: one delivery of a document, append-only."""

    __tablename__ = "document_deliveries"
    __table_args__ = (Index("ix_document_deliveries_number", "number"),)

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[str]
    way: Mapped[str]  #: collected | posted | downloaded
    delivered_at: Mapped[datetime]
    recipient: Mapped[str]
    tracking_number: Mapped[str | None]
    receipt: Mapped[str | None]  #: the number of the proof of delivery (送达回证)
    recorded_by: Mapped[str]
