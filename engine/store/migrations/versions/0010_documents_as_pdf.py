"""documents as PDF: what they say, their codes, files, seals and deliveries; review bodies of departments"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    for name in ("code", "template", "template_hash", "data"):
        op.add_column("documents", sa.Column(name, sa.Text(), nullable=True))
    op.create_index(
        "uq_documents_code", "documents", ["code"], unique=True, postgresql_where=sa.text("code IS NOT NULL")
    )
    for name in ("review_body", "review_channel"):
        op.add_column("departments", sa.Column(name, sa.Text(), nullable=True))
    op.create_table(
        "document_files",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("file_hash", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "number", "stage", name=op.f("pk_document_files")),
    )
    op.create_table(
        "document_seals",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_by", sa.Text(), nullable=False),
        sa.Column("seal", sa.Text(), nullable=False),
        sa.Column("file_hash", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_document_seals")),
    )
    op.create_table(
        "document_deliveries",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("tracking_number", sa.Text(), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_document_deliveries")),
    )
    op.create_index("ix_document_deliveries_number", "document_deliveries", ["number"])


def downgrade() -> None:
    raise NotImplementedError("OneWindow goes forward only: restore a backup instead")
