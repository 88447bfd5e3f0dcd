"""the event feed"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "feed",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("external_number", sa.Text(), nullable=True),
        sa.Column("submitted_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_feed")),
    )
    op.create_index("uq_feed_case_seq", "feed", ["case_id", "seq"], unique=True)
    op.create_index("ix_feed_submitted_by", "feed", ["submitted_by", "position"], unique=False)
    op.create_index("ix_feed_region", "feed", ["region_code", "position"], unique=False)
    # What was recorded before there was a feed: by its instant, which never runs against the order within a case.
    op.execute(
        "INSERT INTO feed SELECT row_number() OVER (ORDER BY e.at, e.case_id, e.seq), e.case_id, e.seq, e.kind, e.at, "
        "c.number, c.item, c.region_code, c.external_number, s.payload::jsonb->>'actor' FROM events e "
        "JOIN cases c ON c.id = e.case_id JOIN events s ON s.case_id = e.case_id AND s.seq = 1"
    )


def downgrade() -> None:
    raise NotImplementedError("OneWindow goes forward only: restore a backup instead")
