"""where a task was returned to"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.add_column("tasks", sa.Column("returned_to", sa.Text(), nullable=True))
