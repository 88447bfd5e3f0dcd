"""the ledger of limits: several clocks, two instants an entry, grounds; and what lists and the sweep find limits by"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

#: The first instant after a due date, in China.
_END = "((due_date + 1)::timestamp AT TIME ZONE INTERVAL '+08:00')"


def upgrade() -> None:
    _limits()
    _ledger()
    _tasks()


def downgrade() -> None:
    raise NotImplementedError("OneWindow goes forward only: restore a backup instead")


def _limits() -> None:
    for column in (
        sa.Column("clock", sa.Text()),
        sa.Column("region_code", sa.Text()),
        sa.Column("department_id", sa.Text()),
        sa.Column("warn", sa.Integer()),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("warn_at", sa.DateTime(timezone=True)),
        sa.Column("paused", sa.Boolean()),
        sa.Column("look_at", sa.DateTime(timezone=True)),
    ):
        op.add_column("limits", column)
    op.execute(
        "UPDATE limits SET clock = CASE owner WHEN 0 THEN 'decision' ELSE 'node' END, paused = false, "
        "region_code = coalesce((SELECT c.region_code FROM cases c WHERE c.id = case_id), ''), "
        "department_id = (SELECT t.department_id FROM tasks t WHERE t.case_id = limits.case_id AND t.number = owner), "
        f"due_at = {_END}, look_at = CASE WHEN stopped_at IS NULL THEN {_END} END"
    )
    for name in ("clock", "region_code", "due_at", "paused"):
        op.alter_column("limits", name, nullable=False)
    op.drop_constraint("pk_limits", "limits")
    op.create_primary_key("pk_limits", "limits", ["case_id", "owner", "clock", "kind"])
    op.create_index("ix_limits_look_at", "limits", ["look_at"], postgresql_where=sa.text("look_at IS NOT NULL"))


def _ledger() -> None:
    op.execute("ALTER TABLE limit_entries DISABLE TRIGGER append_only")
    op.alter_column("limit_entries", "at", new_column_name="effective_at")
    for column in (
        sa.Column("clock", sa.Text()),
        sa.Column("ref", sa.Integer()),
        sa.Column("recorded_at", sa.DateTime(timezone=True)),
        sa.Column("warn", sa.Integer()),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("provisional", sa.Boolean()),
        sa.Column("actor", sa.Text()),
        sa.Column("ground", sa.Text()),
        sa.Column("document", sa.Text()),
    ):
        op.add_column("limit_entries", column)
    # What the older release did not write down stays empty: nothing is made up.
    op.execute(
        "UPDATE limit_entries SET clock = CASE owner WHEN 0 THEN 'decision' ELSE 'node' END, ref = 0, "
        f"recorded_at = effective_at, due_at = {_END}, provisional = false, actor = '', ground = ''"
    )
    for name in ("clock", "ref", "recorded_at", "provisional", "actor", "ground"):
        op.alter_column("limit_entries", name, nullable=False)
    for name in ("amount", "unit"):
        op.alter_column("limit_entries", name, nullable=True)
    op.drop_constraint("pk_limit_entries", "limit_entries")
    key = ["case_id", "seq", "owner", "clock", "kind", "entry", "ref"]
    op.create_primary_key("pk_limit_entries", "limit_entries", key)
    op.execute("ALTER TABLE limit_entries ENABLE TRIGGER append_only")


def _tasks() -> None:
    op.add_column("tasks", sa.Column("due_at", sa.DateTime(timezone=True)))
    op.add_column("tasks", sa.Column("warn_at", sa.DateTime(timezone=True)))
    op.add_column("tasks", sa.Column("paused", sa.Boolean()))
    op.execute(f"UPDATE tasks SET due_at = {_END}, paused = false")
    op.alter_column("tasks", "paused", nullable=False)
