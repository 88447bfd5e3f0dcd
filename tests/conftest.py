"""What tests share: one PostgreSQL for the run (in a data folder of the tests' own), one migrated and seeded template,
and a fresh copy of it for every test that asks for `engine`."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.assemble import Engine, open_engine
from engine.demonstration import load_demonstration
from engine.organization.actor import Actor
from engine.organization.load import load_actor
from engine.settings import Settings
from engine.store.database import connect_engine
from engine.store.embedded import EmbeddedServer, serve
from engine.store.schema import migrate
from tests.databases import copy_of
from tests.faster import hurry, server_folder, settle

LONG = os.environ.get("ONEWINDOW_LONG") == "1"
hurry()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The full length of a property runs in `make test-long` only."""
    if not LONG:
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="full length: make test-long"))


def pytest_collection_finish() -> None:
    settle()


@pytest.fixture(scope="session", autouse=True)
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of uploads and documents of this test run: never a demonstration's or anybody's data."""
    folder = tmp_path_factory.mktemp("files")
    os.environ["ONEWINDOW_FILES"] = str(folder)
    return folder


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """The embedded PostgreSQL of this test run."""
    with serve(server_folder(), durable=False) as running:
        yield running


@pytest.fixture(scope="session")
def template(server: EmbeddedServer) -> Iterator[str]:
    """A database with the schema, the demonstration organisation and its processes; copied, never used."""
    name = f"template_{os.getpid()}"
    server.create_database(name)
    database = connect_engine(server.url(name), 0)
    migrate(database)
    engine = Engine(Settings(demo=True), database)
    load_demonstration(engine, cases=False)
    engine.close()
    yield name
    server.drop_database(name)


@pytest.fixture
def database_url(server: EmbeddedServer, template: str) -> Iterator[str]:
    """A fresh copy of the template."""
    with copy_of(server, template, "test") as url:
        yield url


@pytest.fixture
def empty_url(server: EmbeddedServer) -> Iterator[str]:
    """A database without any schema."""
    name = f"empty_{uuid.uuid4().hex[:12]}"
    server.create_database(name)
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a fresh demonstration database without cases."""
    opened = open_engine(Settings(demo=True), database_url)
    yield opened
    opened.close()


@pytest.fixture
def actor(engine: Engine) -> Callable[[str], Actor]:
    """The actor behind a username of the demonstration organisation."""

    def find(username: str) -> Actor:
        with engine.database.connect() as connection:
            found = load_actor(connection, username)
        assert found is not None, username
        return found

    return find


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that a system user can reach, too (pytest's own are root's alone)."""
    with tempfile.TemporaryDirectory(prefix="onewindow-test-") as made:
        Path(made).chmod(0o711)
        yield Path(made)
