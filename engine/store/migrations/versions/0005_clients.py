"""clients of front offices, and their own numbers of cases"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "clients",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("rotation", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
        sa.ForeignKeyConstraint(["id"], ["officers.id"], name=op.f("fk_clients_id_officers")),
    )
    op.create_table(
        "client_clerks",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("officer_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "officer_id", name=op.f("pk_client_clerks")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_client_clerks_client_id_clients")),
        sa.ForeignKeyConstraint(["officer_id"], ["officers.id"], name=op.f("fk_client_clerks_officer_id_officers")),
    )
    op.create_index(
        "ix_cases_external_number",
        "cases",
        ["external_number"],
        postgresql_where=sa.text("external_number IS NOT NULL"),
    )


def downgrade() -> None:
    raise NotImplementedError("OneWindow goes forward only: restore a backup instead")
