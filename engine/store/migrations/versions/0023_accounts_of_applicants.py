"""accounts of applicants, and the cases that they apply for"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "applicants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("mobile", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_with", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applicants")),
        sa.UniqueConstraint("username", name=op.f("uq_applicants_username")),
    )
    op.create_index("ix_applicants_number", "applicants", ["number"])
    op.create_table(
        "applicant_keys",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("applicant_id", sa.Uuid(), nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["applicant_id"], ["applicants.id"], name=op.f("fk_applicant_keys_applicant_id_applicants")
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_applicant_keys")),
    )
    op.create_index(op.f("ix_applicant_keys_applicant_id"), "applicant_keys", ["applicant_id"])
    op.execute("CREATE INDEX ix_cases_account ON cases ((applicant->>'account'))")


def downgrade() -> None:
    raise NotImplementedError("OneWindow goes forward only: restore a backup instead")
