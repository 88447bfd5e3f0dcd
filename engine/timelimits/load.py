"""The calendars of regions and departments, loaded once per version: a version never changes, so what is kept stays true."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Sequence

from sqlalchemy import Connection, Engine, text

from engine.store.database import connect_engine
from engine.timelimits.calendar import WorkingCalendar
from engine.timelimits.national import FIRST_VERSION, national_calendar
from engine.timelimits.notices import HolidayNotice, apply_notices, read_notice
from engine.timelimits.working_hours import STANDARD_HOURS, WorkingHours

MOST_KEPT = 1000

#: The notices that count for a region (its own and those of the regions above it) and a department: the wider places first,
#: of a place the older ones first. One that is not stored yet may be asked for as if it were the latest.
_NOTICES = text(
    "WITH RECURSIVE up(code, parent_code, depth) AS ("
    " SELECT code, parent_code, 0 FROM regions WHERE code = :region"
    " UNION SELECT r.code, r.parent_code, up.depth + 1 FROM regions r JOIN up ON r.code = up.parent_code WHERE up.depth < 10), "
    "notices AS (SELECT year, region_code, department_id, data, version FROM calendar_notices WHERE version <= :version "
    " UNION ALL SELECT n.year, coalesce(n.region, ''), coalesce(n.department, ''), CAST(:new AS jsonb), :version + 1 "
    " FROM jsonb_to_record(CAST(:new AS jsonb)) AS n(year integer, region text, department text) WHERE :new IS NOT NULL) "
    "SELECT n.year, n.data FROM notices n LEFT JOIN up ON up.code = n.region_code "
    "WHERE (n.region_code = '' OR up.code IS NOT NULL) AND n.department_id IN ('', :department) "
    "ORDER BY n.region_code <> '', up.depth DESC, n.department_id, n.version"
)


def load_notices(
    connection: Connection, region: str, department: str | None, version: int, new: HolidayNotice | None = None
) -> list[HolidayNotice]:
    """Every notice for a place up to a version (and `new`, as if it were the next): the wider places first, then the older."""
    values = {"region": region, "department": department or "", "version": version}
    said = json.dumps(new.as_data(), ensure_ascii=False) if new else None
    rows = connection.execute(_NOTICES, values | {"new": said}).mappings().all()
    return [read_notice(row["data"], row["year"]) for row in rows]


def calendar_of(notices: Sequence[HolidayNotice], version: int) -> WorkingCalendar:
    """The working calendar by these notices: of each place and year the latest counts."""
    latest: dict[tuple[str | None, str | None, int], HolidayNotice] = {}
    for notice in notices:
        latest[notice.region, notice.department, notice.year] = notice
    return apply_notices(national_calendar(), latest.values(), version)


def hours_of(notices: Sequence[HolidayNotice]) -> WorkingHours:
    """The opening hours by these notices: what the narrowest place said last."""
    hours = [notice.hours for notice in notices if notice.hours is not None]
    return hours[-1] if hours else STANDARD_HOURS


class CalendarShelf:
    """Calendars and opening hours by (region, department, version). Thread-safe.

    It reads on a connection of its own: whoever asks is in the middle of a transaction, and mustn't wait for the pool.
    """

    def __init__(self, database: Engine | None = None) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str | None, int], tuple[WorkingCalendar, WorkingHours]] = OrderedDict()

    def get(self, region: str, department: str | None, version: int) -> tuple[WorkingCalendar, WorkingHours]:
        """The calendar and the opening hours of a department of a region, or of the region itself."""
        if version <= FIRST_VERSION or self._database is None:
            return national_calendar(), STANDARD_HOURS
        key = (region, department, version)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = self._load(*key)
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return found

    def _load(self, region: str, department: str | None, version: int) -> tuple[WorkingCalendar, WorkingHours]:
        assert self._database is not None
        url = self._database.url.render_as_string(hide_password=False)
        alone = connect_engine(url, 0, "onewindow calendars")
        try:
            with alone.connect() as connection:
                notices = load_notices(connection, region, department, version)
        finally:
            alone.dispose()
        return calendar_of(notices, version), hours_of(notices)
