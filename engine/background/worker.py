"""The worker process: Procrastinate's loop beside the sweep, kept going whatever happens to the database.

Procrastinate is fenced where it loses work, each fence with its test:

- a killed worker leaves its jobs `doing` for ever: jobs of a worker without a heartbeat are put back (`reap`);
- its heartbeat task ends for good, unseen, at its first failure: we beat ourselves, and that goes on;
- a job that is done but can't be marked so stays `doing` with a living worker: marking it is tried again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
from typing import Any

import psycopg
from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import DeleteJobCondition
from procrastinate.worker import Worker
from sqlalchemy import text

from engine.assemble import Engine
from engine.background.app import Pace, make_app
from engine.background.deliver import deliver_until
from engine.background.sweep import sweep_until

MARKING_TRIES = 20
_TO_DO = text(
    "SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE status = 'todo' AND coalesce(scheduled_at <= now(), true))"
)
log = logging.getLogger("onewindow.worker")


def work(engine: Engine, pace: Pace | None = None) -> None:
    """Work until INT or TERM. For the main thread of a process of its own."""

    async def until_signalled() -> None:
        stop = asyncio.Event()
        for wanted in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(wanted, stop.set)
        await work_until(engine, pace or Pace(), stop)

    asyncio.run(until_signalled())


def run_dry(engine: Engine) -> None:
    """Run every job that is due now, and the jobs those defer, in this thread; for played scenarios and tests."""
    while _anything_to_do(engine):
        asyncio.run(_drain(engine))


async def work_until(engine: Engine, pace: Pace, stop: asyncio.Event) -> None:
    """Jobs in this loop, the sweep and the webhooks in a thread each, until `stop` is set.

    Never ends because the database is away.
    """
    swept = threading.Event()
    sweeping = asyncio.create_task(asyncio.to_thread(sweep_until, engine, pace.sweep, swept))
    delivering = asyncio.create_task(asyncio.to_thread(deliver_until, engine, pace.sweep, swept))
    try:
        while not stop.is_set():
            try:
                await _one_life(engine, pace, stop)
            except Exception:
                log.warning("the worker lost the database, and goes on trying", exc_info=True)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), pace.sweep)
    finally:
        swept.set()
        await sweeping
        await delivering


async def reap(app: App, stalled_after: float) -> int:
    """Put the jobs of workers that died back into the queue; answers how many."""
    put_back = 0
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=stalled_after):
        with contextlib.suppress(ConnectorException):  # it was done after all, or another worker was faster
            await app.job_manager.retry_job(job)
            log.warning("a job whose worker died is put back", extra={"job": job.id, "task": job.task_name})
            put_back += 1
    return put_back


class _FencedWorker(Worker):
    """Procrastinate's worker, which marks a finished job even when the database is away for a moment."""

    async def _persist_job_status(self, *args: Any, **kwargs: Any) -> None:
        for _ in range(MARKING_TRIES):
            try:
                await super()._persist_job_status(*args, **kwargs)
                return
            except ConnectorException as error:
                if isinstance(error.__cause__, psycopg.errors.RaiseException):
                    log.warning("a job was put back while it ran", exc_info=True)
                    return
                await asyncio.sleep(1.0)
        raise ConnectorException("a finished job could not be marked")


async def _one_life(engine: Engine, pace: Pace, stop: asyncio.Event) -> None:
    """One worker from its registration to `stop`, or to the first failure that it can't bear."""
    app = make_app(engine, pace)
    async with app.open_async():
        worker = _worker(app, pace, wait=True)
        running = asyncio.create_task(worker.run())  # type: ignore[no-untyped-call]
        stopping = asyncio.create_task(stop.wait())
        keeping = asyncio.create_task(_keep(app, worker, pace))
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        worker.stop()  # type: ignore[no-untyped-call]
        for task in (keeping, stopping):
            task.cancel()
        await running


async def _keep(app: App, worker: Worker, pace: Pace) -> None:
    while True:
        try:
            if worker.worker_id is not None:
                await app.job_manager.update_heartbeat(worker.worker_id)
            await reap(app, pace.stalled_after)
        except ConnectorException:
            log.warning("the heartbeat missed a beat", exc_info=True)
        await asyncio.sleep(pace.heartbeat)


def _worker(app: App, pace: Pace, *, wait: bool) -> Worker:
    return _FencedWorker(
        app,
        wait=wait,
        concurrency=pace.concurrency,
        fetch_job_polling_interval=pace.poll,
        listen_notify=False,
        delete_jobs=DeleteJobCondition.SUCCESSFUL,
        install_signal_handlers=False,
        update_heartbeat_interval=pace.heartbeat,
        stalled_worker_timeout=pace.stalled_after,
        shutdown_graceful_timeout=pace.grace,
    )


async def _drain(engine: Engine) -> None:
    pace = Pace()
    app = make_app(engine, pace)
    async with app.open_async():
        await _worker(app, pace, wait=False).run()  # type: ignore[no-untyped-call]


def _anything_to_do(engine: Engine) -> bool:
    with engine.database.connect() as connection:
        return bool(connection.scalar(_TO_DO))
