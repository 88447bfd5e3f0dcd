"""The tasks of the queue, each a thin call into the engine. A job may run twice (its worker died): its effect is one.

Nothing is ever given up silently: a job is tried again with growing pauses until it is done, and a call to an outside
service that fails at every one of a few tries becomes an incident, from which it is called again.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

import psycopg
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job
from sqlalchemy import exc

from engine import logs
from engine.assemble import Engine
from engine.cases.incidents import StepHeldUp, record_failure_of
from engine.clock import wall_now
from engine.errors import NotFound
from engine.plugins.handlers import ServiceAnswer, ServiceCall

#: Tries of an outside call before it becomes an incident.
MOST_TRIES = 5
LONGEST_WAIT = timedelta(minutes=10)
#: The database is away or full: nobody's fault in particular, tried again for as long as it takes.
DATABASE_AWAY = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    exc.OperationalError,
    exc.InterfaceError,
    exc.TimeoutError,
)
log = logging.getLogger("onewindow.jobs")


class OutsideCallFailed(Exception):
    """A handler raised; its own error is the cause."""


class BackOff(BaseRetryStrategy):
    """Try again for ever, after `first` seconds and then twice as long each time, ten minutes at most."""

    def __init__(self, first: float) -> None:
        self.first = first

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        """When the next try is."""
        wait = timedelta(seconds=self.first * 2 ** min(job.attempts, 16))
        return RetryDecision(retry_at=wall_now() + min(wait, LONGEST_WAIT))


def announce(engine: Engine, job: Job, case_id: str, after: int, until: int) -> None:
    """Tell what the entries (after, until] of a case's record say: a row each, however often it runs."""
    logs.request_id.set(f"job:{job.id}")
    engine.announce(UUID(case_id), after, until)


def render_document(engine: Engine, job: Job, number: str) -> None:
    """Set a numbered document as PDF, and have it sealed where there is a service: once, however often it runs."""
    logs.request_id.set(f"job:{job.id}")
    engine.documents.render(number)


def open_linked_case(engine: Engine, job: Job, what: str, which: str) -> None:
    """Open the case of a verification or of proceedings, and start its process: one case, however often it runs."""
    logs.request_id.set(f"job:{job.id}")
    engine.verifications.open_case(what, UUID(which))


def flag_dependants(engine: Engine, job: Job, case_id: str) -> None:
    """Flag the materials of later cases that rest on a permit that is lost: each once, however often it runs."""
    logs.request_id.set(f"job:{job.id}")
    engine.verifications.flag_dependants(UUID(case_id))


def call_outside(engine: Engine, job: Job, case_id: str, token: int) -> None:
    """Call the outside handler that a case waits for, outside any transaction, and go on with its answer.

    The call is fenced by its token: once the case has gone on, nothing is called and nothing is taken.
    """
    logs.request_id.set(f"job:{job.id}")
    case = UUID(case_id)
    try:
        _call(engine, case, token)
    except StepHeldUp:
        return  # the handler was called, the step after it has an incident with the answer in it
    except NotFound:
        log.warning("a call of a case that is gone", extra={"case_id": case_id, "token": token})
    except DATABASE_AWAY:
        raise
    except Exception as error:
        log.warning("an outside call failed", exc_info=True, extra={"token": token, "attempt": job.attempts + 1})
        if job.attempts + 1 < MOST_TRIES:
            raise
        cause = error.__cause__ if isinstance(error, OutsideCallFailed) else error
        record_failure_of(engine.transactions, "call", case, token, cause if isinstance(cause, Exception) else error)


def _call(engine: Engine, case_id: UUID, token: int) -> None:
    asked = engine.outside_call(case_id, token)
    if asked is None:
        return
    handler, call = asked
    logs.case_number.set(call.case_number)
    answer = _answer(engine, handler, call)
    engine.take_answer(case_id, token, answer)


def _answer(engine: Engine, handler: str, call: ServiceCall) -> ServiceAnswer:
    """The handler's own errors are told apart, or one that uses a database would pass for ours being away."""
    try:
        return engine.house.handlers.get(handler, call.node)(call)
    except Exception as error:
        raise OutsideCallFailed(str(error)) from error
