"""who reviewed a definition, and from which day on it counts"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("definitions", sa.Column("reviewed_by", sa.Text(), nullable=True))
    op.add_column("definitions", sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("definitions", sa.Column("review", sa.Text(), nullable=True))
    op.add_column("definitions", sa.Column("review_note", sa.Text(), nullable=True))
    op.add_column("definitions", sa.Column("effective_on", sa.Date(), nullable=True))
    op.execute("UPDATE definitions SET effective_on = (published_at AT TIME ZONE 'Asia/Shanghai')::date")


def downgrade() -> None:
    raise NotImplementedError("OneWindow goes forward only: restore a backup instead")
