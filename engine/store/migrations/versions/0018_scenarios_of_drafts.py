"""the scenarios that are played before a draft is published"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    column = sa.Column("scenarios", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    op.add_column("definitions", column)


def downgrade() -> None:
    raise NotImplementedError("OneWindow goes forward only: restore a backup instead")
