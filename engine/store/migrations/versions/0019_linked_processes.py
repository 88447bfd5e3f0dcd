"""the processes that a diagram links, kept with the version that was reviewed"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    kind = postgresql.JSONB(astext_type=sa.Text())
    column = sa.Column("linked", kind, server_default=sa.text("'{}'::jsonb"), nullable=False)
    op.add_column("definitions", column)


def downgrade() -> None:
    raise NotImplementedError("OneWindow goes forward only: restore a backup instead")
