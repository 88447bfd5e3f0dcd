"""the scanned paper of a mandate"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    for name in ("scan", "scan_name", "scan_type"):
        op.add_column("mandates", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("mandates", sa.Column("scan_size", sa.BigInteger(), nullable=True))
