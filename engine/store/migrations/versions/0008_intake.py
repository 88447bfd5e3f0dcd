"""receipts entered later, lists of what is missing, and one open application for one thing"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("cases", sa.Column("received_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE cases SET received_at = submitted_at")
    op.alter_column("cases", "received_at", nullable=False)
    op.create_table(
        "supplement_lists",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("listed", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("supplied", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("supplied_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_supplement_lists")),
    )
    op.create_table(
        "open_applications",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_open_applications")),
    )
    op.create_index("ix_open_applications_case", "open_applications", ["case_id"])


def downgrade() -> None:
    raise NotImplementedError("OneWindow goes forward only: restore a backup instead")
