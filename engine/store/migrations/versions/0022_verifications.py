"""verifications, permits and what takes them away"""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"


def _text(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _id(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _at(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _number(name: str, autoincrement: bool | None = None) -> sa.Column[Any]:
    found: bool | Literal["auto"] = "auto" if autoincrement is None else autoincrement
    return sa.Column(name, sa.BigInteger(), nullable=False, autoincrement=found)


def _json(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=nullable)


def upgrade() -> None:
    op.add_column("cases", _text("process", nullable=True))
    op.add_column("cases", _id("linked_to", nullable=True))
    op.create_index("ix_cases_linked_to", "cases", ["linked_to"], postgresql_where=sa.text("linked_to IS NOT NULL"))
    _permits()
    _verifications()
    _revocations()


def _permits() -> None:
    op.create_table(
        "permits",
        _id("case_id"),
        _number("seq"),
        *(_text(name) for name in ("number", "item", "region_code", "regime", "status")),
        sa.Column("disputed", sa.Boolean(), nullable=False),
        _at("issued_at"),
        _at("effective_at", nullable=True),
        _at("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_permits")),
    )
    op.create_index("ix_permits_number", "permits", ["number"])
    op.create_table(
        "permit_stays",
        _id("case_id"),
        _number("seq", autoincrement=False),
        *(_text(name) for name in ("kind", "body", "reference")),
        _at("since"),
        _at("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_permit_stays")),
    )
    op.create_table(
        "material_doubts",
        _id("case_id"),
        _number("material", autoincrement=False),
        _id("permit_case_id"),
        _number("seq"),
        _text("status"),
        _at("at"),
        sa.PrimaryKeyConstraint("case_id", "material", "permit_case_id", name=op.f("pk_material_doubts")),
    )


def _verifications() -> None:
    op.create_table(
        "verifications",
        _id("case_id"),
        _id("id"),
        _number("seq"),
        _id("linked_case_id", nullable=True),
        *(_text(name) for name in ("node", "process", "regime", "state")),
        _json("presumed"),
        _number("visits_asked"),
        _number("officers"),
        _text("item"),
        _text("region_code"),
        _at("opened_at"),
        _at("closed_at", nullable=True),
        _json("reminded"),
        _at("look_at", nullable=True),
        sa.PrimaryKeyConstraint("case_id", "id", name=op.f("pk_verifications")),
    )
    op.create_index("ix_verifications_id", "verifications", ["id"], unique=True)
    op.create_index(
        "ix_verifications_linked",
        "verifications",
        ["linked_case_id"],
        postgresql_where=sa.text("linked_case_id IS NOT NULL"),
    )
    op.create_index(
        "ix_verifications_look_at", "verifications", ["look_at"], postgresql_where=sa.text("look_at IS NOT NULL")
    )
    op.create_index("ix_verifications_region", "verifications", ["region_code", "opened_at"])
    op.create_table(
        "verification_findings",
        _id("case_id"),
        _number("seq", autoincrement=False),
        _id("verification_id"),
        _number("round"),
        *(_text(name) for name in ("officer_id", "department_id", "result")),
        _json("findings"),
        _text("note"),
        _at("at"),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_verification_findings")),
    )
    op.create_table(
        "rectifications",
        _id("case_id"),
        _id("id"),
        _number("seq"),
        _id("verification_id"),
        _json("listed"),
        _at("told_at"),
        _json("supplied", nullable=True),
        _text("way", nullable=True),
        _at("supplied_at", nullable=True),
        sa.PrimaryKeyConstraint("case_id", "id", name=op.f("pk_rectifications")),
    )
    op.create_index("ix_rectifications_id", "rectifications", ["id"], unique=True)


def _revocations() -> None:
    op.create_table(
        "revocations",
        _id("case_id"),
        _id("id"),
        _number("seq"),
        _id("linked_case_id", nullable=True),
        _id("verification_id", nullable=True),
        *(_text(name) for name in ("ground", "reason", "opened_by")),
        _at("opened_at"),
        _text("decision", nullable=True),
        _text("decided_by", nullable=True),
        _at("decided_at", nullable=True),
        sa.PrimaryKeyConstraint("case_id", "id", name=op.f("pk_revocations")),
    )
    op.create_index("ix_revocations_id", "revocations", ["id"], unique=True)
    op.create_index(
        "ix_revocations_linked",
        "revocations",
        ["linked_case_id"],
        postgresql_where=sa.text("linked_case_id IS NOT NULL"),
    )
    op.create_index(
        "uq_revocations_open", "revocations", ["case_id"], unique=True, postgresql_where=sa.text("decision IS NULL")
    )


def downgrade() -> None:
    raise NotImplementedError("OneWindow goes forward only: restore a backup instead")
