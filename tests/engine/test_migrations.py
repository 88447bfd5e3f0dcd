"""The schema: migrations make what the models say, twice is once, a newer database is refused, and keys are by the rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, Engine, Table, inspect, text

from engine.assemble import metadata
from engine.store.database import connect_engine
from engine.store.schema import DatabaseNewer, migrate

#: The job tables are Procrastinate's own and stand in a schema of their own.
OURS = "public"
#: Tables that know a case and yet are found by a key of their own (docs/adr/0004-keys-and-distribution.md).
REGISTRIES = {"open_applications", "case_numbers", "documents", "feed", "incidents", "webhook_deliveries"}


def _of_a_case() -> list[Table]:
    return [table for table in metadata().tables.values() if table.name == "cases" or "case_id" in table.columns]


@pytest.fixture
def empty(empty_url: str) -> Iterator[Engine]:
    """A connection to a database without any schema."""
    opened = connect_engine(empty_url, 0)
    yield opened
    opened.dispose()


def _ours(thing: Any, name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:
    table = thing if kind == "table" else getattr(thing, "table", None)
    schema = getattr(table, "schema", None)
    return schema in (None, OURS) and not (kind == "table" and str(name).startswith(("alembic_", "procrastinate_")))


def _differences(engine: Engine) -> list[Any]:
    options = {"compare_type": True, "compare_server_default": True, "include_object": _ours}
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SET search_path = {OURS}")
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata()))


def _tables(engine: Engine) -> list[str]:
    return sorted(inspect(engine).get_table_names(schema=OURS))


def test_models_and_migrations_agree(empty: Engine) -> None:
    migrate(empty)
    assert _differences(empty) == []


def test_check_constraints_agree_too(empty: Engine) -> None:
    # Alembic doesn't compare them.
    migrate(empty)
    found = {c["name"] for table in _tables(empty) for c in inspect(empty).get_check_constraints(table, schema=OURS)}
    said = {c.name for t in metadata().tables.values() for c in t.constraints if isinstance(c, CheckConstraint)}
    assert found == said


def test_migrating_twice_changes_nothing(empty: Engine) -> None:
    migrate(empty)
    with empty.begin() as connection:
        connection.execute(text("UPDATE platform SET organization_version = 7"))
    before = _tables(empty)
    migrate(empty)
    assert _tables(empty) == before
    with empty.connect() as connection:
        assert connection.execute(text("SELECT organization_version FROM platform")).scalar() == 7


def test_a_database_of_a_newer_release_is_refused_and_left_alone(empty: Engine) -> None:
    migrate(empty)
    with empty.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseNewer, match="9999"):
        migrate(empty)


def test_what_belongs_to_a_case_has_a_key_that_begins_with_it() -> None:
    keys = {table.name: [column.name for column in table.primary_key] for table in _of_a_case()}
    assert not {name: key for name, key in keys.items() if name not in REGISTRIES | {"cases"} and key[0] != "case_id"}


def test_no_foreign_key_ties_a_case_to_anything() -> None:
    assert not [table.name for table in _of_a_case() if table.foreign_keys]
