"""The tables of materials (材料): what was handed in for a case and from where, and what each department found of it.

The content is outside the database, by its hash (`engine/store/files.py`); one content may stand behind many rows.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.base import Base, Json


class MaterialRow(Base):
    """One material of a case: one upload, one that the platform held already, or one that was promised."""

    __tablename__ = "materials"
    __table_args__ = (
        Index("ix_materials_file_hash", "file_hash", postgresql_where=text("file_hash IS NOT NULL")),
        Index("ix_materials_document", "document", postgresql_where=text("document IS NOT NULL")),
    )

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]  #: the record entry that added it
    code: Mapped[str]  #: of the item's list of materials, or `other`
    name: Mapped[str]
    name_en: Mapped[str]
    source: Mapped[str]  #: upload | case | certificate | commitment
    trust: Mapped[str]  #: A | B | C | D (国办函〔2016〕108号)
    state: Mapped[str]  #: submitted | approved | rejected: what the latest reviews of all departments come to
    file_hash: Mapped[str | None]
    file_name: Mapped[str | None]
    media_type: Mapped[str | None]
    size: Mapped[int | None]
    scan: Mapped[str | None]  #: clean | unscanned
    document: Mapped[str | None]  #: the number of the certificate that it is
    origin: Mapped[Json | None]  #: the case and material it is from, or what was promised
    added_by: Mapped[str]
    added_as: Mapped[str]  #: applicant | officer | system
    added_at: Mapped[datetime]


class MaterialReview(Base):
    """What a department found of a material, append-only: the latest of each department counts."""

    __tablename__ = "material_reviews"

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    material: Mapped[int]
    department_id: Mapped[str]
    officer_id: Mapped[str]
    verdict: Mapped[str]  #: approved | rejected
    reason: Mapped[str]
    original_compared: Mapped[bool]  #: the officer had the original in hand: trust C becomes B
    at: Mapped[datetime]
