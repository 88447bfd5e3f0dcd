"""Counts what goes over the wire: statements, commits and round trips, by libpq's own protocol trace."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from psycopg import pq


@dataclass
class Wire:
    """What was counted. A batch sent before the server's answer is awaited is one round trip."""

    statements: int = 0
    round_trips: int = 0
    commits: int = 0


@contextlib.contextmanager
def counted(connection: psycopg.Connection) -> Iterator[Wire]:
    """Count on one connection for as long as the block runs."""
    wire = Wire()
    with tempfile.TemporaryFile("w+") as file:
        connection.pgconn.trace(file.fileno())
        connection.pgconn.set_trace_flags(pq.Trace.SUPPRESS_TIMESTAMPS)
        try:
            yield wire
        finally:
            connection.pgconn.untrace()
            file.seek(0)
            _read(file.read().splitlines(), wire)


def _read(lines: list[str], wire: Wire) -> None:
    sent_last = False
    for line in lines:
        side, _, rest = line.partition("\t")
        kind = rest.split("\t")[1].split(" ")[0] if "\t" in rest else rest
        if side == "F":
            wire.statements += kind in ("Execute", "Query")
        elif side == "B":
            wire.round_trips += sent_last
            wire.commits += "CommandComplete" in rest and '"COMMIT"' in rest
        sent_last = side == "F" if side in "FB" and side else sent_last


@contextlib.contextmanager
def counted_engine(engine) -> Iterator[Wire]:
    """Count on the one connection of an engine opened with a pool of one."""
    with engine.database.connect() as connection:
        driver = connection.connection.driver_connection
    with counted(driver) as wire:
        yield wire
