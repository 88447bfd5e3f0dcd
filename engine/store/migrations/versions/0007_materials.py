"""materials of cases and their reviews"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "materials",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("trust", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("file_hash", sa.Text(), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("media_type", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("scan", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("origin", JSONB(), nullable=True),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("added_as", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_materials")),
    )
    op.create_index(
        "ix_materials_file_hash", "materials", ["file_hash"], postgresql_where=sa.text("file_hash IS NOT NULL")
    )
    op.create_index(
        "ix_materials_document", "materials", ["document"], postgresql_where=sa.text("document IS NOT NULL")
    )
    op.create_table(
        "material_reviews",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("material", sa.BigInteger(), nullable=False),
        sa.Column("department_id", sa.Text(), nullable=False),
        sa.Column("officer_id", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("original_compared", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_material_reviews")),
    )
    # Whom the platform holds something of is asked by these two numbers, and by nothing else.
    op.create_index("ix_cases_credit_code", "cases", [sa.text("(applicant->>'credit_code')")])
    op.create_index("ix_cases_id_number", "cases", [sa.text("(applicant->>'id_number')")])


def downgrade() -> None:
    raise NotImplementedError("OneWindow goes forward only: restore a backup instead")
