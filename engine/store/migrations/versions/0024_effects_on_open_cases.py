"""what a change of the catalogue means for open cases, as data beside its words"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("item_versions", sa.Column("effect", sa.Text(), server_default="continue", nullable=False))
    op.add_column("item_versions", sa.Column("conclude_by", sa.Date(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("OneWindow goes forward only: restore a backup instead")
