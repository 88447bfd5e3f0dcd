"""Connections: SQLAlchemy's pool over psycopg 3, and the raw connection that the hot path pipelines on."""

from __future__ import annotations

from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from engine.errors import Refused

#: Nobody waits for ever: for a lock, for a statement, or for a server that does not answer any more. A transaction that
#: idles (its process hangs) gives its locks back.
BOUNDS = "-c lock_timeout=20s -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s"
#: Jobs live in a schema of their own; both are on the path because Procrastinate's functions name its tables bare.
SEARCH_PATH = "public,jobs"


class DatabaseUrlInvalid(Refused):
    """DATABASE_URL is no URL of a PostgreSQL database."""

    code = "database-url-invalid"
    zh = "DATABASE_URL 无效（{found}）：一窗只支持 PostgreSQL，请写成 postgresql://用户:密码@主机/数据库。"
    en = "DATABASE_URL is not valid ({found}): OneWindow runs on PostgreSQL only: postgresql://user:password@host/database."


def connect_engine(url: str, pool_size: int = 16, application: str = "onewindow") -> Engine:
    """An SQLAlchemy engine for a PostgreSQL URL (`postgresql://…`), READ COMMITTED, UTC. Make it after a fork, not before.

    Raises:
        DatabaseUrlInvalid: the URL is not one of PostgreSQL.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise DatabaseUrlInvalid(found="?")
    if not parsed.drivername.startswith("postgres"):
        raise DatabaseUrlInvalid(found=parsed.drivername)
    pool: dict[str, Any] = {"poolclass": NullPool} if pool_size == 0 else {"pool_size": pool_size, "max_overflow": 0}
    engine = create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        hide_parameters=True,  # what people wrote stands in no log
        connect_args={
            "options": f"-c search_path={SEARCH_PATH} -c timezone=UTC {BOUNDS}",
            "application_name": application,
            "connect_timeout": 10,
        },
        **pool,
    )
    event.listen(engine, "connect", _quick_reset)
    return engine


def _quick_reset(connection: psycopg.Connection[Any], _record: object) -> None:
    """Prepare statements at their second use: the hot path runs the same dozen for ever."""
    connection.prepare_threshold = 1


def raw(connection: Connection) -> psycopg.Connection[Any]:
    """The psycopg connection under an SQLAlchemy one: same session, same transaction."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver
