"""The tables of what moves limits: special procedures, extensions, and the reasons of those who were late."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from engine.store.base import Base


class SpecialProcedureRow(Base):
    """特别程序: a time that does not count, by a law that the item names; `number` counts those of its case."""

    __tablename__ = "special_procedures"

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    task: Mapped[int]  #: the node that it stops
    department_id: Mapped[str]
    ground: Mapped[str]
    reason: Mapped[str]
    needed: Mapped[int]
    unit: Mapped[str]
    notice: Mapped[str]  #: the number of the notice that tells the applicant the needed time
    started_at: Mapped[datetime]  #: from when it holds
    started_by: Mapped[str]
    recorded_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    end_recorded_at: Mapped[datetime | None]
    report: Mapped[str | None]


class ExtensionRow(Base):
    """延长期限: asked for by one officer, decided by another's word; an approved one has moved the legal date."""

    __tablename__ = "extensions"

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    department_id: Mapped[str]  #: of who asked
    amount: Mapped[int]
    unit: Mapped[str]
    approver: Mapped[str]  #: department-head | government-head
    ground: Mapped[str]
    reason: Mapped[str]
    state: Mapped[str]  #: asked | approved | rejected
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]  #: who approved, or recorded the approval of who does not log in
    approved_by_name: Mapped[str | None]  #: the government's head
    approval_number: Mapped[str | None]
    scan: Mapped[str | None]  #: SHA-256 of the paper, in the store of files
    scan_name: Mapped[str | None]
    opinion: Mapped[str | None]
    notice: Mapped[str | None]  #: the number of the notice that tells the applicant


class LateReasonRow(Base):
    """超期理由: why something was finished late, append-only; that of the case is public (优化营商环境条例 36)."""

    __tablename__ = "late_reasons"

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    task: Mapped[int]
    officer_id: Mapped[str]
    department_id: Mapped[str]
    text: Mapped[str]
    public: Mapped[bool]
    at: Mapped[datetime]
