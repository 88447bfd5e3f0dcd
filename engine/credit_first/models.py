"""The tables of what comes after a decision that came first: permits, verifications, rectifications, revocations, stays."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.base import Base, Json


class PermitRow(Base):
    """许可: what a case came to for everybody to see, one a case. `status`: `states.Permit`."""

    __tablename__ = "permits"
    __table_args__ = (Index("ix_permits_number", "number"),)

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seq: Mapped[int]  #: the entry of the record that made it
    number: Mapped[str]  #: the case's; the numbers of its documents lead here, too
    item: Mapped[str]
    region_code: Mapped[str]
    regime: Mapped[str]
    status: Mapped[str]
    disputed: Mapped[bool]  #: 异议标注: a review or a lawsuit is pending
    issued_at: Mapped[datetime]
    effective_at: Mapped[datetime | None]  #: None while it is pending
    ended_at: Mapped[datetime | None]


class VerificationRow(Base):
    """核验: the check that a case owes after its decision, and the linked case in which it is made."""

    __tablename__ = "verifications"
    __table_args__ = (
        Index("ix_verifications_id", "id", unique=True),
        Index("ix_verifications_linked", "linked_case_id", postgresql_where=text("linked_case_id IS NOT NULL")),
        Index("ix_verifications_look_at", "look_at", postgresql_where=text("look_at IS NOT NULL")),
        Index("ix_verifications_region", "region_code", "opened_at"),
    )

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seq: Mapped[int]
    linked_case_id: Mapped[uuid.UUID | None]  #: None until the job has opened it
    node: Mapped[str]
    process: Mapped[str]
    regime: Mapped[str]
    state: Mapped[str]
    presumed: Mapped[Json]  #: a list of {code, name, name_en, material, trust}
    visits_asked: Mapped[int]
    officers: Mapped[int]  #: how many must find the same (行政许可法 34)
    item: Mapped[str]
    region_code: Mapped[str]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    reminded: Mapped[Json]  #: the list of days before the last one at which the applicant was reminded
    look_at: Mapped[datetime | None]


class FindingRow(Base):
    """核查记录: what an officer found, material by material, append-only; two sign where two are owed (61)."""

    __tablename__ = "verification_findings"

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)  #: the linked case
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    verification_id: Mapped[uuid.UUID]
    round: Mapped[int]  #: of the check: 1, and 2 after a rectification
    officer_id: Mapped[str]
    department_id: Mapped[str]
    result: Mapped[str]  #: confirmed | rectify | revoke
    findings: Mapped[Json]  #: a list of {code, verdict, note}
    note: Mapped[str]
    at: Mapped[datetime]


class RectificationRow(Base):
    """整改: what must be put right, once, within a limit, supplied online or by post."""

    __tablename__ = "rectifications"
    __table_args__ = (Index("ix_rectifications_id", "id", unique=True),)

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)  #: the linked case
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seq: Mapped[int]
    verification_id: Mapped[uuid.UUID]
    listed: Mapped[Json]  #: a list of {code, note}
    told_at: Mapped[datetime]
    supplied: Mapped[Json | None]  #: a list of {code, note}
    way: Mapped[str | None]  #: online | post
    supplied_at: Mapped[datetime | None]


class RevocationRow(Base):
    """撤销程序: from the notice of what is intended to the decision; the linked case in which it goes on."""

    __tablename__ = "revocations"
    __table_args__ = (
        Index("ix_revocations_id", "id", unique=True),
        Index("ix_revocations_linked", "linked_case_id", postgresql_where=text("linked_case_id IS NOT NULL")),
        Index("uq_revocations_open", "case_id", unique=True, postgresql_where=text("decision IS NULL")),
    )

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seq: Mapped[int]
    linked_case_id: Mapped[uuid.UUID | None]
    verification_id: Mapped[uuid.UUID | None]
    ground: Mapped[str]  #: a code of art. 69, or of the promise
    reason: Mapped[str]
    opened_by: Mapped[str]
    opened_at: Mapped[datetime]
    decision: Mapped[str | None]  #: revoked | upheld | public-interest
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]


class StayRow(Base):
    """异议与停止执行: that a decision is disputed, and that a body or a court has suspended it; append-only but for its end."""

    __tablename__ = "permit_stays"

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]  #: dispute | stay
    body: Mapped[str]
    reference: Mapped[str]
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class DoubtRow(Base):
    """存疑: a material of a case is or comes from a permit that was lost since; whoever decides there must look at it."""

    __tablename__ = "material_doubts"

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    material: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    permit_case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seq: Mapped[int]
    status: Mapped[str]  #: of the permit, when it was flagged
    at: Mapped[datetime]
