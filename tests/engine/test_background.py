"""After the commit: every job is done once in effect, whatever dies; what comes due fires, whatever else is broken."""

from __future__ import annotations

import asyncio
import threading

import pytest
from psycopg.types.json import Jsonb

from engine.background.app import Pace, make_app
from engine.background.sweep import sweep
from engine.background.tasks import MOST_TRIES
from engine.background.worker import reap, run_dry, work_until
from engine.plugins.handlers import ServiceAnswer
from engine.store.database import raw
from tests.engine.drawn import diagram, flow, node, path
from tests.engine.stories import SYSTEM, accepted, deploy, open_tasks

HURRY = Pace(poll=0.05, heartbeat=0.1, stalled_after=0.5, sweep=0.05, first_wait=0.0, grace=2.0)
IN_AN_HOUR = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
WAITS = diagram(
    node("startEvent", "s"), node("intermediateCatchEvent", "t", IN_AN_HOUR), node("userTask", "late"),
    node("endEvent", "e"), path("s", "t", "late", "e"),
)  # fmt: skip
POISONED = diagram(
    node("startEvent", "s"), node("intermediateCatchEvent", "t", IN_AN_HOUR), node("exclusiveGateway", "x"),
    node("userTask", "a"), node("endEvent", "e"), path("s", "t", "x"), flow("x", "a", "form.area > 100"), path("a", "e"),
)  # fmt: skip
CALLS = diagram(
    node("startEvent", "s"),
    node("serviceTask", "tell", '<extensionElements><ow:service handler="registry"/></extensionElements>'),
    node("userTask", "after"), node("endEvent", "e"), path("s", "tell", "after", "e"),
)  # fmt: skip


class Registry:
    """Somebody else's system: keeps every call, and fails as often as it is told."""

    def __init__(self, failures=0):
        self.calls = []
        self.failures = failures

    def __call__(self, call):
        self.calls.append(call.call_id)
        if len(self.calls) <= self.failures:
            raise ConnectionError("no route to the registry")
        return ServiceAnswer("registered", {"receipt": "R-1"})


@pytest.fixture
def registry(engine):
    made = Registry()
    engine.house.handlers.register("registry", made, outside=True)
    return made


def do(engine, sql, *values):
    with engine.database.begin() as connection:
        return raw(connection).execute(sql, values)


def rows(engine, sql, *values):
    with engine.database.begin() as connection:
        return raw(connection).execute(sql, values).fetchall()


def an_hour_passes(engine):
    do(engine, "UPDATE platform SET clock_offset = clock_offset + interval '61 minutes'")


def tries_are_due_now(engine):
    do(engine, "UPDATE incidents SET next_try_at = now() - interval '1 second' WHERE next_try_at IS NOT NULL")
    do(engine, "UPDATE jobs.procrastinate_jobs SET scheduled_at = now() WHERE scheduled_at IS NOT NULL")


def defer(engine, task, **arguments):
    do(
        engine,
        "INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, args) VALUES ('default', %s, %s)",
        task,
        Jsonb(arguments),
    )


def events(engine, number, kind):
    sql = "SELECT e.seq FROM events e JOIN cases c ON c.id = e.case_id WHERE c.number = %s AND e.kind = %s"
    return len(rows(engine, sql, number, kind))


def test_a_step_tells_the_desks_and_a_second_run_of_its_job_tells_nobody_again(engine, actor):
    number = accepted(engine, actor)
    jobs = rows(engine, "SELECT args FROM jobs.procrastinate_jobs WHERE task_name = 'announce'")
    run_dry(engine)
    told = rows(engine, "SELECT seq, audience FROM notices")
    assert len([audience for _, audience in told if audience.startswith("department:")]) >= 7

    for (arguments,) in jobs:
        defer(engine, "announce", **arguments)
    run_dry(engine)

    assert sorted(rows(engine, "SELECT seq, audience FROM notices")) == sorted(told)
    assert rows(engine, "SELECT id FROM jobs.procrastinate_jobs") == []
    assert engine.verify_record(number).whole


def test_a_timer_fires_when_its_hour_has_come_and_not_before(engine, actor):
    deploy(engine, WAITS)
    number = accepted(engine, actor)
    assert sweep(engine) == 0
    an_hour_passes(engine)
    assert sweep(engine) == 1
    assert list(open_tasks(engine, number)) == ["late"]
    assert sweep(engine) == 0


def test_a_case_that_cannot_go_on_stops_neither_the_others_nor_the_sweep(engine, actor):
    deploy(engine, POISONED)
    poisoned = accepted(engine, actor)
    deploy(engine, WAITS)
    sound = accepted(engine, actor)
    an_hour_passes(engine)

    assert sweep(engine) == 2
    assert list(open_tasks(engine, sound)) == ["late"]
    (incident,) = engine.incidents(SYSTEM)
    assert (incident.case, incident.cause, incident.node, incident.tries) == (poisoned, "condition-failed", "x", 1)
    assert sweep(engine) == 0  # it is the incident's turn now

    tries_are_due_now(engine)
    sweep(engine)
    (incident,) = engine.incidents(SYSTEM)
    assert incident.tries == 2

    do(engine, "UPDATE cases SET form = '{\"area\": 200}' WHERE number = %s", poisoned)
    tries_are_due_now(engine)
    sweep(engine)
    assert engine.incidents(SYSTEM) == []
    assert list(open_tasks(engine, poisoned)) == ["a"]


def test_an_outside_handler_is_called_after_the_commit_and_its_answer_is_taken_once(engine, actor, registry):
    deploy(engine, CALLS)
    number = accepted(engine, actor)
    assert registry.calls == []
    ((arguments,),) = rows(engine, "SELECT args FROM jobs.procrastinate_jobs WHERE task_name = 'call_outside'")
    defer(engine, "call_outside", **arguments)  # as if a worker had died between the answer and its mark

    run_dry(engine)
    defer(engine, "call_outside", **arguments)
    run_dry(engine)

    assert set(registry.calls) == {f"{number}:{arguments['token']}"}
    assert events(engine, number, "service.done") == 1
    assert list(open_tasks(engine, number)) == ["after"]
    assert engine.verify_record(number).whole


def test_an_outside_call_that_fails_is_tried_again(engine, actor, registry):
    registry.failures = 2
    deploy(engine, CALLS)
    number = accepted(engine, actor)
    for _ in range(3):
        tries_are_due_now(engine)
        run_dry(engine)
    assert len(registry.calls) == 3
    assert list(open_tasks(engine, number)) == ["after"]
    assert engine.incidents(SYSTEM) == []


def test_a_call_that_fails_at_every_try_is_an_incident_from_which_it_is_called_again(engine, actor, registry):
    registry.failures = MOST_TRIES + 1
    deploy(engine, CALLS)
    number = accepted(engine, actor)
    for _ in range(MOST_TRIES):
        tries_are_due_now(engine)
        run_dry(engine)
    (incident,) = engine.incidents(SYSTEM)
    assert (incident.case, incident.cause, incident.tries) == (number, "service-call-failed", 1)
    assert "no route to the registry" in incident.detail
    assert rows(engine, "SELECT id FROM jobs.procrastinate_jobs") == []

    tries_are_due_now(engine)
    sweep(engine)
    for _ in range(2):
        tries_are_due_now(engine)
        run_dry(engine)

    assert list(open_tasks(engine, number)) == ["after"]
    assert engine.incidents(SYSTEM) == []
    assert registry.calls.count(registry.calls[0]) == MOST_TRIES + 2


def test_the_job_of_a_worker_that_died_is_put_back(engine, actor):
    accepted(engine, actor)
    ((gone,),) = rows(engine, "INSERT INTO jobs.procrastinate_workers DEFAULT VALUES RETURNING id")
    do(engine, "UPDATE jobs.procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
    do(engine, "UPDATE jobs.procrastinate_jobs SET status = 'doing', worker_id = %s", gone)

    async def reaped():
        app = make_app(engine, HURRY)
        async with app.open_async():
            return await reap(app, 10.0)

    assert asyncio.run(reaped()) == 4  # two announcements and two documents
    run_dry(engine)
    assert rows(engine, "SELECT id FROM jobs.procrastinate_jobs") == []


def test_the_worker_outlives_the_connections_that_the_database_ends(engine, actor):
    """All three loops (jobs, sweep, heartbeat) go on after the server has ended every connection, twice."""
    deploy(engine, WAITS)
    with running_worker(engine):
        for _ in range(2):
            end_all_connections(engine)
            number = eventually(lambda: accepted(engine, actor))
            an_hour_passes(engine)
            eventually(lambda number=number: list(open_tasks(engine, number)) == ["late"] or None)
            eventually(lambda: rows(engine, "SELECT id FROM jobs.procrastinate_jobs") == [] or None)


def test_a_job_left_doing_by_a_dead_worker_is_done_by_the_next(engine, actor):
    accepted(engine, actor)
    do(engine, "UPDATE jobs.procrastinate_jobs SET status = 'doing', worker_id = NULL")
    with running_worker(engine):
        eventually(lambda: rows(engine, "SELECT id FROM jobs.procrastinate_jobs") == [] or None)
    assert len(rows(engine, "SELECT seq FROM notices")) >= 8


class running_worker:
    """The worker's loops in a thread, as the worker process runs them."""

    def __init__(self, engine):
        self.engine = engine
        self.started = threading.Event()

    def __enter__(self):
        self.thread = threading.Thread(target=lambda: asyncio.run(self._main()))
        self.thread.start()
        self.started.wait()

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.stop.set)
        self.thread.join()

    async def _main(self):
        self.loop, self.stop = asyncio.get_running_loop(), asyncio.Event()
        self.started.set()
        await work_until(self.engine, HURRY, self.stop)


def end_all_connections(engine):
    sql = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s"
    )
    with engine.database.connect() as connection:
        own = raw(connection)
        own.execute(sql, (own.info.backend_pid,))


def eventually(attempt):
    """What `attempt` answers once it answers something; a database that just went away is no answer."""
    last = None
    for _ in range(300):
        try:
            if (found := attempt()) is not None:
                return found
        except Exception as error:
            last = error
        threading.Event().wait(0.05)
    raise AssertionError(f"it never came to pass; last: {last!r}")
