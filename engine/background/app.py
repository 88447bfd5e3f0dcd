"""The Procrastinate app of one engine: where its jobs are, and what each task does.

Jobs are deferred by the unit of work, inside the business transaction; only a worker opens this app. Its connections
see both schemas, because Procrastinate's functions name their tables bare.
"""

from __future__ import annotations

from dataclasses import dataclass

from procrastinate import App, JobContext, PsycopgConnector

from engine.assemble import Engine
from engine.background.tasks import (
    BackOff,
    announce,
    call_outside,
    flag_dependants,
    open_linked_case,
    render_document,
)
from engine.store.database import SEARCH_PATH


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the background looks, in seconds; tests are in more of a hurry."""

    poll: float = 0.5  #: for new jobs: nothing notifies, since NOTIFY makes commits wait for each other
    heartbeat: float = 3.0
    stalled_after: float = 10.0  #: without a heartbeat, a worker's jobs are given to others
    sweep: float = 1.0
    first_wait: float = 5.0  #: before a failed job's second try; doubled at each
    concurrency: int = 4
    grace: float = 8.0  #: for running jobs when the worker stops


def make_app(engine: Engine, pace: Pace) -> App:
    """An app on the engine's database, not open yet. Open it in the process and the loop that use it."""
    app = App(connector=_connector(engine))

    @app.task(name="announce", retry=BackOff(pace.first_wait), pass_context=True)
    def _announce(context: JobContext, *, case_id: str, after: int, until: int) -> None:
        announce(engine, context.job, case_id, after, until)

    @app.task(name="call_outside", retry=BackOff(pace.first_wait), pass_context=True)
    def _call_outside(context: JobContext, *, case_id: str, token: int) -> None:
        call_outside(engine, context.job, case_id, token)

    @app.task(name="render_document", retry=BackOff(pace.first_wait), pass_context=True)
    def _render_document(context: JobContext, *, number: str) -> None:
        render_document(engine, context.job, number)

    @app.task(name="open_linked_case", retry=BackOff(pace.first_wait), pass_context=True)
    def _open_linked_case(context: JobContext, *, what: str, which: str) -> None:
        open_linked_case(engine, context.job, what, which)

    @app.task(name="flag_dependants", retry=BackOff(pace.first_wait), pass_context=True)
    def _flag_dependants(context: JobContext, *, case_id: str) -> None:
        flag_dependants(engine, context.job, case_id)

    return app


def _connector(engine: Engine) -> PsycopgConnector:
    url = engine.database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    options = {"options": f"-c search_path={SEARCH_PATH} -c timezone=UTC", "application_name": "onewindow jobs"}
    return PsycopgConnector(conninfo=url, kwargs=options, min_size=1, max_size=3, timeout=5.0)
