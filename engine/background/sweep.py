"""What comes due without anybody asking: timers of cases, limits, the next try of incidents, and limits of an older calendar.

Candidates are read unlocked, in the order in which they came due; each case is then looked at in transactions of its own,
which lock the case, skip it when somebody else holds it, and look again. Several cases are looked at beside each other, what
is due of one case never. What can't go on becomes an incident, is left to the incident's own tries from then on, and never
stops the others.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from engine.assemble import Engine
from engine.background.calendar_sweep import recompute_older
from engine.background.tasks import DATABASE_AWAY
from engine.cases.held import StepHeld
from engine.cases.incidents import StepHeldUp, due_incidents, put_off, record_failure_of, record_incident
from engine.clock import DOMAIN_NOW_SQL, DOMAIN_TODAY_SQL, monotonic
from engine.organization.actor import Actor

MOST_AT_ONCE = 100
#: How often the files are looked through for some that nothing names.
CLEAN_SECONDS = 6 * 3600
#: Cases that are looked at beside each other.
FAN = 4
WHAT = ("timers", "limits", "verifications")
#: Asked first and handed in: a clock that is read row by row can't be looked up in an index.
NOW = text(f"SELECT {DOMAIN_NOW_SQL} FROM platform p")
#: A case that the sweep itself failed on is left to the incident's own tries.
_HELD = (
    "NOT EXISTS (SELECT 1 FROM incidents i WHERE i.case_id = {case} AND i.subject = '{subject}' AND i.state = 'open')"
)
DUE_TIMERS = text(
    "SELECT c.look_at AS at, c.id AS case_id FROM cases c WHERE c.look_at <= :now AND "
    + _HELD.format(case="c.id", subject="timer")
    + " ORDER BY c.look_at LIMIT :most"
)
DUE_LIMITS = text(
    "SELECT l.look_at AS at, l.case_id FROM limits l WHERE l.look_at <= :now AND "
    + _HELD.format(case="l.case_id", subject="limits")
    + " ORDER BY l.look_at LIMIT :most"
)
DUE_VERIFICATIONS = text(
    "SELECT v.look_at AS at, v.case_id FROM verifications v WHERE v.look_at <= :now AND v.linked_case_id IS NOT NULL AND "
    + _HELD.format(case="v.case_id", subject="verification")
    + " ORDER BY v.look_at LIMIT :most"
)
#: The case before the limit, here too. Whoever mends it finds it due again after an hour, or when the incident is tried.
_PUSH_ON = (
    "WITH held AS (SELECT id FROM cases WHERE id = %s FOR UPDATE) "
    "UPDATE limits l SET look_at = %s::timestamptz + interval '1 hour' FROM held WHERE l.case_id = held.id AND l.look_at <= %s"
)
#: A version of a process whose day has come.
_SCHEDULED = text(
    "SELECT EXISTS (SELECT 1 FROM definitions WHERE state = 'scheduled' "
    f"AND effective_on <= (SELECT {DOMAIN_TODAY_SQL} FROM platform p))"
)
log = logging.getLogger("onewindow.sweep")


def sweep(engine: Engine) -> int:
    """Do what is due; answers how many cases and incidents were looked at."""
    due = due_cases(engine, MOST_AT_ONCE)
    with engine.database.connect() as connection:
        scheduled = connection.scalar(_SCHEDULED)
    if scheduled:
        engine.workshop.put_into_effect()
    with ThreadPoolExecutor(FAN) as fan:
        for _ in fan.map(lambda case_id: look_at_case(engine, case_id, due[case_id]), due):
            pass
    incidents = engine.perform(Actor.system("sweep"), due_incidents)
    for incident in incidents:
        _retry(engine, incident)
    return len(due) + len(incidents) + recompute_older(engine) + engine.supervision.clear_settled()


def due_cases(engine: Engine, most: int) -> dict[UUID, frozenset[str]]:
    """The cases of which something is due, the longest due first, and which of `WHAT` it is."""
    with engine.database.connect() as connection:
        asked = {"now": connection.scalar(NOW), "most": most}
        rows = [(row.at, row.case_id, "timers") for row in connection.execute(DUE_TIMERS, asked)]
        rows += [(row.at, row.case_id, "limits") for row in connection.execute(DUE_LIMITS, asked)]
        rows += [(row.at, row.case_id, "verifications") for row in connection.execute(DUE_VERIFICATIONS, asked)]
    found: dict[UUID, frozenset[str]] = {}
    for _, case_id, what in sorted(rows):
        if case_id in found or len(found) < most:
            found[case_id] = found.get(case_id, frozenset()) | {what}
    return found


def sweep_until(engine: Engine, pause: float, stop: threading.Event) -> None:
    """Sweep once every `pause` seconds until `stop` is set, and clean the files now and then. A database that is away is
    waited for."""
    clean_at = monotonic()
    while not stop.is_set():
        try:
            looked_at = sweep(engine)
            if monotonic() >= clean_at:
                clean_at = monotonic() + CLEAN_SECONDS
                engine.drafts.forget_expired()
                if removed := engine.materials.clean():
                    log.info("%s files that nothing names are removed", removed)
        except DATABASE_AWAY:
            log.warning("the sweep can't reach the database, and goes on trying", exc_info=True)
            looked_at = 0
        except Exception:
            log.exception("the sweep failed, and goes on trying")
            looked_at = 0
        if looked_at < MOST_AT_ONCE:
            stop.wait(pause)


def look_at_case(engine: Engine, case_id: UUID, what: Collection[str] = WHAT) -> None:
    """Fire the timers and judge the limits of a case that are due, and look at its verification."""
    if "timers" in what:
        fire_due(engine, case_id)
    if "limits" in what:
        judge_due(engine, case_id)
    if "verifications" in what:
        look_at_verification(engine, case_id)


def look_at_verification(engine: Engine, case_id: UUID) -> None:
    """Remind of a verification, and let what passed bear what it bears; what fails is an incident, and is pushed on."""
    try:
        engine.verifications.look_at_case(case_id)
    except DATABASE_AWAY:
        raise
    except Exception as error:
        log.exception("a verification can't be looked at", extra={"case_id": str(case_id)})
        record_failure_of(engine.transactions, "look", case_id, None, error)
        engine.verifications.push_on(case_id)


def judge_due(engine: Engine, case_id: UUID) -> None:
    """Judge what is due of a case's limits, step by step; what can't be judged is an incident, and is pushed on."""
    try:
        for _ in range(MOST_AT_ONCE):
            if not engine.supervision.judge(case_id):
                return
    except DATABASE_AWAY:
        raise
    except StepHeld as failure:
        held = record_incident(engine.transactions, failure)
        log.warning("a limit can't be judged: incident %s", held.params["incident"], extra={"case_id": str(case_id)})
    except Exception as error:
        log.exception("a limit can't be judged", extra={"case_id": str(case_id)})
        record_failure_of(engine.transactions, "judge", case_id, None, error)
    _push_on(engine, case_id)


def _push_on(engine: Engine, case_id: UUID) -> None:
    with engine.database.connect() as connection:
        now: datetime | None = connection.scalar(NOW)
    engine.perform(Actor.system("sweep"), lambda uow: uow.write(_PUSH_ON, (case_id, now, now)))


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
