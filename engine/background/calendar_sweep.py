"""After a notice was imported: limits of an older version of the calendar are due at once, until they are worked out anew."""

from __future__ import annotations

import logging
from uuid import UUID

from sqlalchemy import text

from engine.assemble import Engine
from engine.background.tasks import DATABASE_AWAY
from engine.cases.incidents import record_failure_of

MOST_AT_ONCE = 100
_VERSION = text("SELECT calendar_version FROM platform")
_ANY = text("SELECT 1 FROM limits WHERE stopped_at IS NULL AND calendar_version < :version LIMIT 1")
#: A case that can't be worked out has an incident, and does not stop the others.
_OLDER = text(
    "SELECT DISTINCT case_id FROM (SELECT l.case_id FROM limits l WHERE l.stopped_at IS NULL "
    "AND l.calendar_version < :version AND NOT EXISTS (SELECT 1 FROM incidents i WHERE i.case_id = l.case_id "
    "AND i.subject = 'calendar' AND i.state = 'open') ORDER BY l.calendar_version LIMIT :most) older"
)
log = logging.getLogger("onewindow.sweep")


def recompute_older(engine: Engine) -> int:
    """Work out some of the limits of older versions; answers how many cases were looked at."""
    with engine.database.connect() as connection:
        version = connection.scalar(_VERSION)
        if not connection.scalar(_ANY, {"version": version}):
            return 0
    raised = engine.calendars.raise_untouched(version)
    if raised:
        return raised
    with engine.database.connect() as connection:
        due = list(connection.scalars(_OLDER, {"version": version, "most": 4 * MOST_AT_ONCE}))
    return sum(_recompute(engine, case_id) for case_id in due[:MOST_AT_ONCE])


def _recompute(engine: Engine, case_id: UUID) -> int:
    try:
        return 0 if engine.calendars.recompute(case_id) is None else 1
    except DATABASE_AWAY:
        raise
    except Exception as error:
        log.exception("limits can't be worked out anew", extra={"case_id": str(case_id)})
        record_failure_of(engine.transactions, "recompute", case_id, None, error)
        return 1
