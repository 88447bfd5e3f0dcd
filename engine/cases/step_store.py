"""The hot path's reads and writes, all in one file: what a step loads behind the lock and what it leaves behind.

A completion is two batches. Load: BEGIN, the case `FOR UPDATE` with the instant and the versions that caches hang on, its
tasks. Store: one statement a table, and COMMIT (see `unit_of_work.py`). Nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from engine.clock import DOMAIN_NOW_SQL, wall_now
from engine.unit_of_work import UnitOfWork

CASE_COLUMNS = (
    "c.id, c.number, c.region_code, c.item, c.definition_id, c.offer_id, c.state, c.result, c.channel, c.applicant, c.form, "
    "c.submitted_at, c.received_at, c.accepted_at, c.concluded_at, c.seq, c.head, c.last_instant, c.run, c.look_at, c.progress, "
    "c.regime, c.process, c.linked_to"
)
#: `clock_timestamp()` may be read before the wait for the lock: the case's own last instant is the floor.
_LOCK = (
    f"SELECT {CASE_COLUMNS}, greatest({DOMAIN_NOW_SQL}, c.last_instant) AS now, p.organization_version, "
    "p.calendar_version FROM cases c CROSS JOIN platform p WHERE c.id = %s FOR UPDATE OF c"
)
LOCK_CASE = _LOCK
LOCK_CASE_OR_SKIP = _LOCK + " SKIP LOCKED"
TASK_COLUMNS = (
    "number, node, name, name_en, stage, stage_en, kind, state, visit, item, region_code, department_id, officer_id, "
    "claimed_by, opened_at, closed_at, closed_by, handler, outcome, due_date, due_at, paused"
)
LOAD_TASKS = f"SELECT {TASK_COLUMNS} FROM tasks WHERE case_id = %s AND (state IN ('open', 'claimed') OR number = %s)"

#: Everything a step leaves behind, in one statement: many small ones cost more in the driver than in the database.
#: `given` holds rows by table as JSON; the parts touch different rows, so that their common snapshot does not matter.
STORE_STEP = (
    "WITH given AS (SELECT %s::jsonb AS rows), "
    "stored AS (UPDATE cases SET state = %s, result = %s, form = %s, accepted_at = %s, concluded_at = %s, seq = %s, "
    " head = %s, last_instant = %s, run = %s, look_at = %s, progress = %s WHERE id = %s), "
    "closed AS (UPDATE tasks SET state = n.state, closed_at = n.closed_at, closed_by = n.closed_by, handler = n.handler, "
    " outcome = n.outcome, claimed_by = n.claimed_by, returned_to = n.returned_to "
    " FROM jsonb_populate_recordset(null::tasks, (SELECT rows->'closed_tasks' FROM given)) n "
    " WHERE tasks.case_id = %s AND tasks.number = n.number), "
    # What had come due before it was stopped is still to be told, whenever the sweep comes to it.
    "stopped AS (UPDATE limits SET stopped_at = %s, look_at = CASE WHEN look_at <= %s THEN look_at END, paused = false "
    " WHERE case_id = %s AND owner || '/' || clock = ANY(%s) AND stopped_at IS NULL "
    " RETURNING case_id, owner, clock, kind, amount, unit, calendar_version, stopped_at), "
    "stop_entries AS (INSERT INTO limit_entries (case_id, seq, owner, clock, kind, entry, ref, effective_at, recorded_at, "
    " amount, unit, provisional, calendar_version, actor, ground) "
    " SELECT case_id, %s, owner, clock, kind, 'stop', 0, stopped_at, stopped_at, amount, unit, false, calendar_version, "
    " %s, '' FROM stopped), "
    + ", ".join(
        f"{table}_in AS (INSERT INTO {table} "
        f" SELECT * FROM jsonb_populate_recordset(null::{table}, (SELECT rows->'{table}' FROM given)))"
        for table in ("tasks", "limits", "limit_entries", "opinions", "events", "documents", "late_reasons")
    )
    + ", mended AS (UPDATE incidents SET state = 'resolved', resolved_at = %s, next_try_at = NULL "
    " WHERE case_id = %s AND state = 'open' AND subject = ANY(%s))"
    " SELECT procrastinate_defer_jobs_v1(array_agg(j)) "
    "FROM jsonb_populate_recordset(null::procrastinate_job_to_defer_v1, (SELECT rows->'jobs' FROM given)) j"
)
NEXT_NUMBER = (
    "INSERT INTO number_series (body, kind, year, last) VALUES (%s, %s, %s, 1) "
    "ON CONFLICT (body, kind, year) DO UPDATE SET last = number_series.last + 1 RETURNING last"
)
LOAD_REVIEWS = (
    "SELECT t.node, t.name, t.department_id, t.item, t.outcome, o.text FROM tasks t "
    "LEFT JOIN opinions o ON o.case_id = t.case_id AND o.task = t.number "
    "WHERE t.case_id = %s AND t.state = 'completed' ORDER BY t.closed_at, t.number"
)


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as a step finds it."""

    number: int
    node: str
    name: str
    name_en: str
    stage: str
    stage_en: str
    kind: str
    state: str
    visit: int
    item: Any
    region_code: str
    department_id: str
    officer_id: str | None
    claimed_by: str | None
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    handler: str | None
    outcome: str | None
    due_date: date | None
    due_at: datetime | None
    paused: bool


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as a step finds it, with its tasks and the step's instant."""

    id: UUID
    number: str
    region_code: str
    item: str
    definition_id: UUID
    offer_id: UUID | None
    state: str
    result: str | None
    channel: str
    applicant: Mapping[str, Any]
    form: Mapping[str, Any]
    submitted_at: datetime
    received_at: datetime
    accepted_at: datetime | None
    concluded_at: datetime | None
    seq: int
    head: bytes
    last_instant: datetime
    run: bytes | None
    look_at: datetime | None
    progress: Mapping[str, Any]
    now: datetime
    organization_version: int
    calendar_version: int
    process: str | None = None
    linked_to: UUID | None = None
    tasks: tuple[TaskRow, ...] = ()
    regime: str | None = None

    def task(self, number: int) -> TaskRow | None:
        """The task of that number, if it was loaded."""
        return next((task for task in self.tasks if task.number == number), None)


def lock_case(uow: UnitOfWork, case_id: UUID, task: int = 0, skip_locked: bool = False) -> CaseRow | None:
    """Lock a case and load it with its open tasks (and task `task`, whatever its state); sets `uow.now`.

    Answers None when there is no such case, or when another transaction holds it and `skip_locked` was asked.
    """
    lock = LOCK_CASE_OR_SKIP if skip_locked else LOCK_CASE
    cases, tasks = uow.read((lock, (case_id,)), (LOAD_TASKS, (case_id, task)))
    if not cases:
        return None
    row = cases[0]
    row["head"] = bytes(row["head"])
    row["run"] = bytes(row["run"]) if row["run"] is not None else None
    case = CaseRow(**row, tasks=tuple(TaskRow(**found) for found in tasks))
    uow.now = case.now
    return case


@dataclass(frozen=True, slots=True)
class Written:
    """What a step leaves behind, as rows: `case` is the new values of UPDATE_CASE without the id."""

    case_id: UUID
    case: Sequence[Any]
    closed_tasks: Sequence[Mapping[str, Any]]
    tasks: Sequence[Mapping[str, Any]]
    stopped: Sequence[str]  #: clocks, as `LimitKey.name`
    stopped_seq: int
    limits: Sequence[Mapping[str, Any]]
    limit_entries: Sequence[Mapping[str, Any]]
    opinions: Sequence[Mapping[str, Any]]
    events: Sequence[Mapping[str, Any]]
    documents: Sequence[Mapping[str, Any]]
    late_reasons: Sequence[Mapping[str, Any]]
    mended: Sequence[str]  #: the subjects of incidents that this step has settled


def write_step(uow: UnitOfWork, written: Written) -> None:
    """Queue everything a step leaves behind, with the jobs deferred so far, as one statement."""
    rows = {name: getattr(written, name) for name in ROWS} | {"jobs": uow.take_jobs()}
    case = (*written.case, written.case_id)
    stop = (uow.now, uow.now, written.case_id, list(written.stopped), written.stopped_seq, uow.actor.id)
    mended = (wall_now(), written.case_id, list(written.mended))
    uow.write(STORE_STEP, (Jsonb(rows), *case, written.case_id, *stop, *mended))


ROWS = ("closed_tasks", "tasks", "limits", "limit_entries", "opinions", "events", "documents", "late_reasons")
