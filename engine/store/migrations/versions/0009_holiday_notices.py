"""imported holiday notices, each a version of the calendar; limits of an older version are found by an index"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.drop_table("calendar_days")
    op.create_table(
        "calendar_notices",
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("department_id", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("preview_hash", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_by_name", sa.Text(), nullable=False),
        sa.Column("first_change", sa.Date(), nullable=True),
        sa.Column("moved_cases", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_calendar_notices")),
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON calendar_notices "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.create_index(
        "ix_limits_calendar_version",
        "limits",
        ["calendar_version"],
        postgresql_where=sa.text("stopped_at IS NULL"),
    )


def downgrade() -> None:
    raise NotImplementedError("OneWindow goes forward only: restore a backup instead")
