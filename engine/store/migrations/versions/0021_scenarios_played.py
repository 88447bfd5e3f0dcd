"""how the scenarios of a version went when it was published"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    column = sa.Column("played", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    op.add_column("definitions", column)


def downgrade() -> None:
    raise NotImplementedError("OneWindow goes forward only: restore a backup instead")
