"""The PostgreSQL that OneWindow brings along, for when no DATABASE_URL is given.

One folder holds one cluster. Any number of processes may use it at once (`onewindow run`, a demonstration, a command):
each holds a lease while it does, the first one starts the server and the last one to leave stops it. A lease is a lock
the kernel keeps, so one killed outright loses it; the server then runs on and the next one to leave stops it.

    folder/ (0700)   cluster/    PostgreSQL's data directory
                     lock        held while starting or stopping
                     leases      shared by every user of the server
                     running     shared by every process of the server (see `embedded_cluster.py`)
                     password    of the superuser
                     socket/     the only way in (elsewhere when this path is too long for a socket)
                     server.log  what the server says
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from engine.store.embedded_binaries import programs_for
from engine.store.embedded_cluster import Cluster, answers, create, start, stop
from engine.store.embedded_errors import RunsWithoutDurability
from engine.store.embedded_folder import LOCK, claim, is_held, locked, share

DATABASE = "onewindow"
#: PostgreSQL's own, where orders about other databases are given.
MAINTENANCE = "postgres"


@dataclass(frozen=True)
class EmbeddedServer:
    """A server that runs for as long as the `serve` that gave it."""

    cluster: Cluster

    @property
    def folder(self) -> Path:
        """The folder that holds everything of this server."""
        return self.cluster.folder

    @property
    def binaries(self) -> Path:
        """The folder of PostgreSQL's programs (`pg_dump`, `psql`, …)."""
        return self.cluster.binaries

    def url(self, database: str = DATABASE) -> str:
        """The address of a database, `postgresql://onewindow:…@/database?host=…&port=…`; it holds the password."""
        return self.cluster.url(database)

    def create_database(self, name: str) -> None:
        """Make an empty database (psycopg.errors.DuplicateDatabase when there is one)."""
        with self._order() as connection:
            _create(connection, name)

    def drop_database(self, name: str) -> None:
        """Remove a database, ending whoever is connected; nothing happens when there is none."""
        with self._order() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def databases(self) -> list[str]:
        """The names of all databases but PostgreSQL's own, sorted."""
        with self._order() as connection:
            return _names(connection)

    def alive(self) -> bool:
        """Whether the server takes connections now."""
        return answers(self.cluster)

    def ensure_running(self) -> None:
        """Start the server again if it has died, and return once it answers.

        Raises:
            EmbeddedServerRefused: it doesn't come up (see `embedded_errors.py`).
        """
        if not self.alive():
            with locked(self.folder / LOCK, self.cluster.account):
                start(self.cluster)

    def _order(self) -> psycopg.Connection:
        return psycopg.connect(self.url(MAINTENANCE), autocommit=True, connect_timeout=10)


@contextmanager
def serve(folder: Path, *, durable: bool = True) -> Iterator[EmbeddedServer]:
    """A running server on the cluster in `folder`, made if need be, with an empty database `onewindow` at first.

    `durable=False` is for tests and play: faster, and a power cut may ruin the cluster.

    Raises:
        EmbeddedServerRefused: with the reason and the way out (see `embedded_errors.py`).
    """
    folder = folder.expanduser().resolve()
    account = claim(folder)
    with locked(folder / LOCK, account):
        cluster = Cluster(folder, account, programs_for(account, folder), durable)
        lease = _join(cluster)
    try:
        yield EmbeddedServer(cluster)
    finally:
        with locked(folder / LOCK, account):
            _leave(cluster, lease)


def _join(cluster: Cluster) -> int:
    """Take a lease and see that the server runs; gives the lease."""
    alone = not is_held(_leases(cluster), cluster.account)
    lease = share(_leases(cluster), cluster.account)
    try:
        create(cluster)
        start(cluster)
        if not _suits(cluster):
            _restart(cluster, alone=alone)
    except BaseException:
        _leave(cluster, lease)
        raise
    return lease


def _leave(cluster: Cluster, lease: int) -> None:
    """Closed, not unlocked: a process forked from this one that still uses the server keeps the lease."""
    os.close(lease)
    if not is_held(_leases(cluster), cluster.account):
        stop(cluster)


def _leases(cluster: Cluster) -> Path:
    return cluster.folder / "leases"


def _suits(cluster: Cluster) -> bool:
    """Whether the server is as durable as asked; on the way, the first database is made."""
    with EmbeddedServer(cluster)._order() as connection:
        if DATABASE not in _names(connection):
            _create(connection, DATABASE)
        return not cluster.durable or connection.execute("SHOW fsync").fetchone() == ("on",)


def _restart(cluster: Cluster, *, alone: bool) -> None:
    """A server for tests that its users left behind may be replaced, one in use may not."""
    if not alone:
        raise RunsWithoutDurability(folder=cluster.folder)
    stop(cluster)
    start(cluster)


def _create(connection: psycopg.Connection, name: str) -> None:
    connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))


def _names(connection: psycopg.Connection) -> list[str]:
    query = "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> %s ORDER BY 1"
    return [str(name) for (name,) in connection.execute(query, [MAINTENANCE])]
