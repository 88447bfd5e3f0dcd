"""versions of items, regions' implementations, offers, power lists"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"

_JSON = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    op.create_table(
        "item_versions",
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("data", _JSON, nullable=False),
        sa.Column("files", _JSON, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("statement", _JSON, nullable=False),
        sa.Column("open_cases", sa.BigInteger(), nullable=False),
        sa.Column("related", _JSON, nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("item", "version", name=op.f("pk_item_versions")),
    )
    op.create_table(
        "item_files",
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("item", "name", "sha256", name=op.f("pk_item_files")),
    )
    op.create_table(
        "item_names",
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("item", "key", name=op.f("pk_item_names")),
    )
    op.create_index("ix_item_names_key", "item_names", ["key"], postgresql_ops={"key": "text_pattern_ops"})
    op.create_table(
        "item_implementations",
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("data", _JSON, nullable=False),
        sa.Column("findings", _JSON, nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("stored_by", sa.Text(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("item", "region_code", "version", name=op.f("pk_item_implementations")),
    )
    op.create_table(
        "offers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("item_version", sa.BigInteger(), nullable=False),
        sa.Column("implementation", _JSON, nullable=False),
        sa.Column("data", _JSON, nullable=False),
        sa.Column("node_limits", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
    )
    op.create_table(
        "power_lists",
        sa.Column("department_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("entries", _JSON, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("department_id", "version", name=op.f("pk_power_lists")),
    )
    op.add_column("cases", sa.Column("offer_id", sa.Uuid(), nullable=True))
    op.add_column(
        "platform", sa.Column("catalogue_version", sa.BigInteger(), server_default=sa.text("1"), nullable=False)
    )


def downgrade() -> None:
    raise NotImplementedError("OneWindow goes forward only: restore a backup instead")
