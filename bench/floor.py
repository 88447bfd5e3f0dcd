"""The floor: what the same rows cost with prepared statements sent one after the other on one connection, no product."""

from __future__ import annotations

import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timezone

import psycopg

from engine.store.database import SEARCH_PATH

TABLES = ("cases", "tasks", "limit_entries", "events")
STATE = os.urandom(4096)
NOW = datetime(2026, 9, 21, tzinfo=timezone.utc)
DUE = date(2026, 10, 12)

_TASK = (
    "INSERT INTO floor_tasks (case_id, number, node, name, name_en, stage, stage_en, kind, state, visit, region_code, "
    "department_id, route, opened_at, provisional, due_date, paused) "
    "SELECT %s, n, 'planning', '规划核实', 'Planning', '并联验收', 'Inspection', 'officer', 'open', 1, '440100', "
    "'gz-planning', '{}', %s, false, %s, false FROM generate_series(%s::int, %s::int) n"
)
_LEDGER = (
    "INSERT INTO floor_limit_entries (case_id, seq, owner, clock, kind, entry, ref, effective_at, recorded_at, due_date, "
    "amount, unit, calendar_version, provisional, actor, ground) SELECT %s, %s, n, 'node', 'promised', 'start', 0, %s, %s, %s, "
    "10, 'working-day', 1, false, 'somebody', '' FROM generate_series(1, 2) n"
)
_EVENT = (
    "INSERT INTO floor_events (case_id, seq, kind, at, payload, prev_hash, hash) "
    "VALUES (%s, %s, 'task.completed', %s, %s, %s, %s)"
)
_JOB = "INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, args) VALUES ('default', 'announce', '{}')"


def prepare(url: str, cases: int) -> list[uuid.UUID]:
    """Tables like the product's own, indexes and all, with `cases` rows of 4 KB state."""
    ids = [uuid.uuid4() for _ in range(cases)]
    with psycopg.connect(url, autocommit=True) as connection:
        for table in TABLES:
            connection.execute(f"DROP TABLE IF EXISTS floor_{table}")
            connection.execute(f"CREATE TABLE floor_{table} (LIKE {table} INCLUDING ALL)")
        for case in ids:
            connection.execute(
                "INSERT INTO floor_cases (id, number, region_code, item, definition_id, state, channel, applicant, form, "
                "submitted_at, seq, head, last_instant, run, progress) VALUES (%s, 'n', '440100', 'i', %s, 'accepted', "
                "'window', '{}', '{}', %s, 0, %s, %s, %s, '{}')",
                (case, case, NOW, bytes(32), NOW, STATE),
            )
            connection.execute(_TASK, (case, NOW, DUE, 1, 2))
    return ids


def run(url: str, ids: list[uuid.UUID], count: int, connections: int = 1) -> None:
    """`count` steps, spread over the connections."""
    with ThreadPoolExecutor(connections) as pool:
        shares = [pool.submit(_steps, url, ids[n::connections], count // connections) for n in range(connections)]
        for share in shares:
            share.result()


def _steps(url: str, ids: list[uuid.UUID], count: int) -> None:
    with psycopg.connect(url, options=f"-c search_path={SEARCH_PATH}") as connection:
        connection.prepare_threshold = 0
        for step in range(count):
            _step(connection, ids[step % len(ids)], step // len(ids))


def _step(connection: psycopg.Connection, case: uuid.UUID, turn: int) -> None:
    seq, first = turn + 1, 3 + 2 * turn
    connection.execute("SELECT seq, run, head FROM floor_cases WHERE id = %s FOR UPDATE", (case,)).fetchone()
    connection.execute("SELECT * FROM floor_tasks WHERE case_id = %s AND number = %s", (case, 1 + 2 * turn)).fetchone()
    connection.execute("UPDATE floor_cases SET seq = %s, run = %s WHERE id = %s", (seq, STATE, case))
    connection.execute(
        "UPDATE floor_tasks SET state = 'completed' WHERE case_id = %s AND number = %s", (case, 1 + 2 * turn)
    )
    connection.execute(_TASK, (case, NOW, DUE, first, first + 1))
    connection.execute(_LEDGER, (case, seq, NOW, NOW, DUE))
    connection.execute(_EVENT, (case, seq, NOW, '{"task": 1}', bytes(32), bytes(32)))
    connection.execute(_JOB)
    connection.commit()
