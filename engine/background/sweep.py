"""What comes due without anybody asking: timers of cases (`look_at`) and the next try of incidents.

Candidates are read unlocked; each is then looked at in a transaction of its own, which locks the case, skips it when
somebody else holds it, and looks again. One that can't go on becomes an incident, is left to the incident's own tries
from then on, and never stops the others.
"""

from __future__ import annotations

import logging
import threading
from uuid import UUID

from sqlalchemy import text

from engine.assemble import Engine
from engine.background.calendar_sweep import recompute_older
from engine.background.tasks import DATABASE_AWAY
from engine.cases.incidents import StepHeldUp, due_incidents, put_off, record_failure_of
from engine.clock import DOMAIN_NOW_SQL, DOMAIN_TODAY_SQL
from engine.organization.actor import Actor

MOST_AT_ONCE = 100
#: A case that the sweep itself failed on (subject `timer`) is left to the incident's own tries.
_DUE = text(
    f"SELECT c.id FROM cases c CROSS JOIN platform p WHERE c.look_at <= {DOMAIN_NOW_SQL} AND NOT EXISTS (SELECT 1 "
    "FROM incidents i WHERE i.case_id = c.id AND i.subject = 'timer' AND i.state = 'open') "
    "ORDER BY c.look_at LIMIT :most"
)
#: A version of a process whose day has come.
_SCHEDULED = text(
    "SELECT EXISTS (SELECT 1 FROM definitions WHERE state = 'scheduled' "
    f"AND effective_on <= (SELECT {DOMAIN_TODAY_SQL} FROM platform p))"
)
log = logging.getLogger("onewindow.sweep")


def sweep(engine: Engine) -> int:
    """Fire what is due and try due incidents again; answers how many cases and incidents were looked at."""
    with engine.database.connect() as connection:
        due = list(connection.scalars(_DUE, {"most": MOST_AT_ONCE}))
        scheduled = connection.scalar(_SCHEDULED)
    if scheduled:
        engine.workshop.put_into_effect()
    for case_id in due:
        fire_due(engine, case_id)
    incidents = engine.perform(Actor.system("sweep"), due_incidents)
    for incident in incidents:
        _retry(engine, incident)
    return len(due) + len(incidents) + recompute_older(engine)


def sweep_until(engine: Engine, pause: float, stop: threading.Event) -> None:
    """Sweep once every `pause` seconds until `stop` is set. A database that is away is waited for."""
    while not stop.is_set():
        try:
            looked_at = sweep(engine)
        except DATABASE_AWAY:
            log.warning("the sweep can't reach the database, and goes on trying", exc_info=True)
            looked_at = 0
        except Exception:
            log.exception("the sweep failed, and goes on trying")
            looked_at = 0
        if looked_at < MOST_AT_ONCE:
            stop.wait(pause)


def fire_due(engine: Engine, case_id: UUID) -> None:
    """Fire what is due in a case, one timer a step; one that can't fire is its incident's, and the next has its turn."""
    for _ in range(MOST_AT_ONCE):
        try:
            if not engine.fire_timers(case_id):
                return
        except StepHeldUp as held:
            incident, case = held.params["incident"], held.params["number"]
            log.warning("a timer can't fire: incident %s", incident, extra={"case": case})
        except DATABASE_AWAY:
            raise
        except Exception as error:
            log.exception("a timer failed", extra={"case_id": str(case_id)})
            record_failure_of(engine.transactions, "advance", case_id, None, error)
            return


def _retry(engine: Engine, incident: int) -> None:
    try:
        engine.retry_incident(Actor.system("sweep"), incident)
    except StepHeldUp:
        log.info("incident %s was tried again in vain", incident)
    except DATABASE_AWAY:
        raise
    except Exception:
        log.exception("incident %s can't be tried again", incident)
        engine.perform(Actor.system("sweep"), lambda uow: put_off(uow, incident))
