"""One transaction, one instant, one commit: the only place where a transaction begins and ends.

`Transactions.begin(actor)` stands at the edges only (a request, a job, a command). Inside:

1. *Lock first.* `uow.lock(...)` sends BEGIN, the locking statement and every read after it in one pipelined batch: under
   READ COMMITTED each statement sees what is committed when it starts, so what is read behind the lock is fresh.
2. *One instant.* The locking statement gives `uow.now`; nothing below asks for the time.
3. *Writes wait.* `uow.write(...)` queues statements; they go out with the jobs and the COMMIT in one batch at the end.
   Rows, jobs, record and idempotency answer stand or fall together.

Lock order, always: idempotency key, then all case rows in one statement by id, then the rest, number series last.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.pool import PoolProxiedConnection

from engine.clock import DOMAIN_NOW_SQL, wall_now
from engine.errors import ApprovalError
from engine.store.base import Base, Json

Answer = TypeVar("Answer")
log = logging.getLogger("onewindow.unit_of_work")

#: How long the answer to an idempotency key is kept (stated in docs/api.md).
KEEP_ANSWERS = timedelta(hours=48)
MOST_TRIES = 5
#: After a database restart every connection of the pool is dead; each is met once.
MOST_DEAD = 50
CONFLICTS = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)

DEFER_JOBS = (
    "SELECT procrastinate_defer_jobs_v1(array_agg(j)) "
    "FROM jsonb_populate_recordset(null::procrastinate_job_to_defer_v1, %s) j"
)


class IdempotencyKey(Base):
    """The kept answer of a POST. `scope` is actor and route; only 2xx answers are kept, in the same transaction."""

    __tablename__ = "idempotency_keys"

    scope: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes]
    answer: Mapped[Json | None]
    expires_at: Mapped[datetime]


class KeyReused(ApprovalError):
    """The same idempotency key came with another request."""

    code = "idempotency-key-reused"
    status = 422
    zh = "该 Idempotency-Key 已用于内容不同的请求。请为新的请求换一个新的键。"
    en = "This Idempotency-Key was used for a different request. Use a new key for a new request."


@dataclass(frozen=True, slots=True)
class Once:
    """An idempotency key with its scope and a hash of the request that it stands for."""

    scope: str
    key: str
    request_hash: bytes


@dataclass(slots=True)
class UnitOfWork:
    """What one transaction knows: who acts, when, and what is to be written at its end."""

    engine: Engine
    actor: Any
    pooled: PoolProxiedConnection
    raw: psycopg.Connection[Any]
    now: datetime = field(init=False)
    tell_failure: Callable[[Exception], Exception] | None = None  #: how a failure of this work is to be told
    committing: bool = False  #: whether COMMIT may have reached the server
    _begun: bool = False
    _writes: list[tuple[str, Any]] = field(default_factory=list)
    _jobs: list[Json] = field(default_factory=list)
    _session: Session | None = None
    _connection: Connection | None = None

    @property
    def connection(self) -> Connection:
        """An SQLAlchemy connection in this transaction, for what is not on the hot path."""
        if not self._begun:
            self.raw.execute("BEGIN")
            self._begun = True
        if self._connection is None:
            self._connection = Connection(self.engine, connection=self.pooled)
        return self._connection

    @property
    def session(self) -> Session:
        """An ORM session in this transaction, for what is not on the hot path."""
        if self._session is None:
            self._session = Session(bind=self.connection, expire_on_commit=False)
        return self._session

    def read(self, *statements: tuple[str, Any]) -> list[list[dict[str, Any]]]:
        """Send statements in one pipelined batch; answers the rows of each as dicts."""
        cursors = []
        with self.raw.pipeline():
            self._begin_in_batch()
            for sql, params in statements:
                cursor = self.raw.cursor(row_factory=dict_row)
                cursors.append(cursor.execute(sql, params))
        return [cursor.fetchall() for cursor in cursors]

    def _begin_in_batch(self) -> None:
        # Sent by hand, on a connection in autocommit: psycopg's own BEGIN would be a round trip of its own.
        if not self._begun:
            self.raw.execute("BEGIN")
            self._begun = True

    def tell_time(self) -> datetime:
        """Set `now` where there is no case to lock (submitting, publishing)."""
        (rows,) = self.read((f"SELECT {DOMAIN_NOW_SQL} AS now FROM platform p", None))
        self.now = rows[0]["now"]
        return self.now

    def write(self, sql: str, params: Any) -> None:
        """Queue a statement for the batch at the end."""
        self._writes.append((sql, params))

    def insert(self, table: str, rows: list[Json]) -> None:
        """Queue one INSERT of whole rows (every column named): bytes as hex text, instants in ISO 8601."""
        if rows:
            self.write(f"INSERT INTO {table} SELECT * FROM jsonb_populate_recordset(null::{table}, %s)", (Jsonb(rows),))

    def job(self, task: str, args: Json, *, queue: str = "default", at: datetime | None = None) -> None:
        """Defer a job in this transaction: it exists if and only if the transaction commits."""
        scheduled = at.isoformat() if at else None
        self._jobs.append(
            {"queue_name": queue, "task_name": task, "priority": 0, "lock": None, "queueing_lock": None}
            | {"args": args, "scheduled_at": scheduled}
        )

    def take_jobs(self) -> list[Json]:
        """The jobs deferred so far, for a statement that stores them together with its rows."""
        jobs, self._jobs = self._jobs, []
        return jobs

    def commit(self) -> None:
        """Send everything queued and COMMIT, in one batch. Called by `Transactions` only."""
        if self._session is not None:
            self._session.flush()
        self.committing = True
        with self.raw.pipeline():
            self._begin_in_batch()
            for sql, params in self._writes:
                self.raw.execute(sql, params)
            if self._jobs:
                self.raw.execute(DEFER_JOBS, (Jsonb(self._jobs),))
            self.raw.execute("COMMIT")


class Transactions:
    """Begins units of work on one engine, retries conflicts, and answers repeated requests once."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextlib.contextmanager
    def begin(self, actor: Any) -> Iterator[UnitOfWork]:
        """A unit of work that commits when the block ends well and rolls back when it does not."""
        pooled = self.engine.raw_connection()
        driver = pooled.driver_connection
        assert isinstance(driver, psycopg.Connection)
        uow = UnitOfWork(self.engine, actor, pooled, driver)
        try:
            driver.autocommit = True  # BEGIN and COMMIT are ours, so that they ride in the batches
            yield uow
            uow.commit()
        except BaseException as error:
            with contextlib.suppress(psycopg.Error):
                driver.rollback()
            if uow.tell_failure is None or not isinstance(error, Exception):
                raise
            told = uow.tell_failure(error)
            if told is error:
                raise
            raise told from error
        finally:
            if driver.closed:
                pooled.invalidate()
            else:
                with contextlib.suppress(psycopg.Error):
                    driver.autocommit = False
            pooled.close()

    def perform(self, actor: Any, work: Callable[[UnitOfWork], Answer], once: Once | None = None) -> Answer:
        """Run `work` in a unit of work. A conflict between transactions is tried again here, never handed to a person.

        With `once`, a repeated request gets the first answer again (which must then be JSON).
        """
        conflicts = lost = 0
        while True:
            uow: UnitOfWork | None = None
            try:
                with self.begin(actor) as uow:
                    return work(uow) if once is None else _only_once(uow, once, work)
            except (psycopg.Error, DBAPIError) as error:
                conflict, dead = _is_conflict(error), _was_dead(error, uow)
                conflicts, lost = conflicts + conflict, lost + dead
                if not (conflict or dead) or conflicts >= MOST_TRIES or lost > MOST_DEAD:
                    raise
                log.warning("trying again after %s", type(error).__name__, extra={"conflicts": conflicts, "lost": lost})


def _is_conflict(error: Exception) -> bool:
    """Two transactions were in each other's way; one of them may simply come again."""
    return isinstance(error.orig if isinstance(error, DBAPIError) else error, CONFLICTS)


def _was_dead(error: Exception, uow: UnitOfWork | None) -> bool:
    """The connection was dead before COMMIT can have been sent: nothing of the work can have happened."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    dead = isinstance(cause, psycopg.OperationalError) and uow is not None and uow.raw.closed
    return bool(dead and uow is not None and not uow.committing)


def _only_once(uow: UnitOfWork, once: Once, work: Callable[[UnitOfWork], Answer]) -> Answer:
    """Claim the key (waiting for whoever holds it), then answer from it or work and keep the answer."""
    now = wall_now()
    claim = text(
        "INSERT INTO idempotency_keys (scope, key, request_hash, expires_at) VALUES (:scope, :key, :hash, :expires) "
        "ON CONFLICT (scope, key) DO UPDATE SET request_hash = excluded.request_hash, answer = NULL, "
        "expires_at = excluded.expires_at WHERE idempotency_keys.expires_at < :now RETURNING 1"
    )
    values = {
        "scope": once.scope,
        "key": once.key,
        "hash": once.request_hash,
        "expires": now + KEEP_ANSWERS,
        "now": now,
    }
    if uow.connection.execute(claim, values).first() is None:
        found = text("SELECT request_hash, answer FROM idempotency_keys WHERE scope = :scope AND key = :key")
        kept = uow.connection.execute(found, {"scope": once.scope, "key": once.key}).one()
        if bytes(kept.request_hash) != once.request_hash:
            raise KeyReused()
        answer: Answer = kept.answer
        return answer
    answer = work(uow)
    keep = "UPDATE idempotency_keys SET answer = %s WHERE scope = %s AND key = %s"
    uow.write(keep, (Jsonb(answer, dumps=_dumps), once.scope, once.key))
    return answer


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
