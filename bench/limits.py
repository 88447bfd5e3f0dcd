"""How fast limits are found, fired, shown and worked out anew: `python -m bench.limits [--json] [--open-limits N] [--cases N]`.

fired    the sweep on 10,000 limits that have passed, among all that are open: found, judged, told, a card each
floor    hand-written SQL that writes the same rows, one transaction a limit, on one connection as the sweep here has
lights   a page of 50 open tasks, as an officer's inbox asks for it
preview  what a closure of two days moves, over all open cases

Data is loaded with COPY: `--cases` cases (100,000) of one definition, `--open-limits` limits (1,000,000) spread over them.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from typing import Any

import psycopg

from engine.assemble import Engine, open_engine
from engine.background import sweep
from engine.cases.accept import Acceptance
from engine.cases.inbox import InboxQuery
from engine.cases.submit import Application
from engine.clock import CST
from engine.demonstration import load_demonstration
from engine.organization.load import load_actor
from engine.settings import Settings, default_home
from engine.store.database import SEARCH_PATH, connect_engine
from engine.store.embedded import serve
from engine.store.schema import migrate
from engine.timelimits.limits import Limit, due, passes_at
from engine.timelimits.national import national_calendar
from tests.engine.stories import ITEM, REGION, SYSTEM

#: Monday morning: what had its last day on Friday has passed, and went to no post above yet.
NOW = datetime(2026, 6, 15, 9, tzinfo=CST)
PAGES = 40
#: In the one inbox whose pages are measured.
TASKS = 1000
CALENDAR = national_calendar()
LIMIT = 10
LATE = date(2026, 5, 29)  #: ten working days from here end on Friday 12 June
STARTS = [date(2026, 6, 1) + timedelta(days=n) for n in range(14)]
CASE_COLUMNS = (
    "id, number, region_code, item, definition_id, state, channel, applicant, form, submitted_at, received_at, accepted_at, "
    "seq, head, last_instant, progress, run"
)
LIMIT_COLUMNS = (
    "case_id, owner, clock, kind, region_code, department_id, amount, unit, started_at, due_date, due_at, provisional, paused, "
    "calendar_version, look_at"
)
ENTRY_COLUMNS = (
    "case_id, seq, owner, clock, kind, entry, ref, effective_at, recorded_at, amount, unit, due_date, due_at, provisional, "
    "calendar_version, actor, ground"
)
TASK_COLUMNS = (
    "case_id, number, node, name, name_en, stage, stage_en, kind, state, visit, region_code, department_id, route, opened_at, "
    "due_date, due_at, provisional, paused"
)
FIRING_COLUMNS = "case_id, owner, clock, kind, stage, due_at, at, fired_at, seq"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.limits", description="How fast limits are found and fired.")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--open-limits", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--cases", type=int, default=100_000, metavar="N")
    parser.add_argument("--due", type=int, default=10_000, metavar="N", help="limits that come due")
    asked = parser.parse_args()
    if asked.due * 2 > asked.cases or asked.open_limits < asked.cases * 2:
        parser.error("at least two cases for each limit that comes due, and two limits for each case")
    with serve(default_home() / "bench", durable=True) as server:
        name = f"bench_{os.getpid()}_{secrets.token_hex(3)}"
        server.create_database(name)
        try:
            figures = measure(server.url(name), asked.cases, asked.open_limits, asked.due)
        finally:
            server.drop_database(name)
    if asked.json:
        print(json.dumps(figures))
    else:
        print("\n".join(f"{key:24} {value}" for key, value in figures.items()))
    return 0


def measure(url: str, cases: int, limits: int, coming: int) -> dict[str, Any]:
    """Every figure, in one database."""
    database = connect_engine(url, 0)
    migrate(database)
    database.dispose()
    engine = open_engine(Settings(demo=True), url, pool_size=4)
    try:
        load_demonstration(engine, cases=False)
        ids = load(engine, url, cases, limits, coming)
        late, floor_ids = ids[:coming], ids[coming : 2 * coming]
        tell("measuring ...")
        engine_s, floor_s = 0.0, 0.0
        half = coming // 2
        # The floor takes its turns before and after, so that whatever else the machine does falls on both.
        floor_s += run_floor(url, floor_ids[:half])
        engine_s += run_sweep(engine, coming)
        floor_s += run_floor(url, floor_ids[half:])
        lights = lights_ms(engine)
        preview_s, moved = run_preview(engine)
    finally:
        engine.close()
    fired, floor = len(late) / engine_s, len(floor_ids) / floor_s
    return {
        "fired_per_s": round(fired, 1),
        "fired_over_floor": round(fired / floor, 3),
        "lights_ms_per_page": round(lights, 3),
        "preview_cases_per_s": round(cases / preview_s, 1),
        "floor_per_s": round(floor, 1),
        "open_limits": limits,
        "open_cases": cases,
        "came_due": coming,
        "preview_moved_limits": moved,
    }


def tell(words: str) -> None:
    """Say what goes on."""
    print(words, file=sys.stderr, flush=True)


# -- loading


def load(engine: Engine, url: str, cases: int, limits: int, coming: int) -> list[uuid.UUID]:
    """Cases and their limits; the first `coming` have one that has passed, the next as many are the floor's."""
    tell(f"loading {cases} cases with {limits} limits ...")
    with engine.database.begin() as connection:
        connection.exec_driver_sql("UPDATE platform SET clock_fixed_at = %s", (NOW - timedelta(days=14),))
    number = engine.submit(SYSTEM, Application(ITEM, REGION, {"name": "示例"}, {"project_name": "示例"}))["number"]
    engine.accept(SYSTEM, Acceptance(number, "accepted"))
    with psycopg.connect(url, autocommit=True) as connection:
        kept = connection.execute("SELECT definition_id, progress::text, run FROM cases WHERE number = %s", (number,))
        definition, progress, run = kept.fetchone() or (None, "{}", b"")
        for table in ("limits", "tasks"):
            connection.execute(f"DELETE FROM {table}")  # of the one case that was the pattern
        connection.execute("DELETE FROM cases")
        connection.execute("UPDATE platform SET clock_fixed_at = %s", (NOW,))
        ids = [uuid.uuid4() for _ in range(cases)]
        busy = 2 * coming
        _copy(
            connection,
            "cases",
            CASE_COLUMNS,
            (_case(n, ids[n], definition, progress, run, n < busy) for n in range(cases)),
        )
        each, more = divmod(limits, cases)
        told: list[Any] = []
        rows = [(ids[n], owner, kind, n) for n in range(cases) for owner, kind in _keys(each + (n < more))]
        _copy(connection, "limits", LIMIT_COLUMNS, (_limit(*row, coming) for row in rows))
        _copy(connection, "limit_entries", ENTRY_COLUMNS, (_entry(*row, coming) for row in rows))
        _copy(connection, "tasks", TASK_COLUMNS, (_task(ids[n], n, coming) for n in range(min(busy, TASKS))))
        told = [_prompted(ids[n]) for n in range(busy)]
        _copy(connection, "limit_firings", FIRING_COLUMNS, told)
        connection.execute("VACUUM ANALYZE")
    return ids


def _copy(connection: psycopg.Connection[Any], table: str, columns: str, rows: Any) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _keys(count: int) -> Iterator[tuple[int, str]]:
    for n in range(count):
        yield n // 2, "promised" if n % 2 else "legal"


def _start(n: int, owner: int, kind: str, coming: int) -> date:
    """The task's promise of the first cases has passed; everything else runs on."""
    late = n < 2 * coming and owner == 0 and kind == "promised"
    return LATE if late else STARTS[(n + owner) % len(STARTS)]


_ENDS: dict[tuple[date, int], tuple[date, datetime]] = {}


def _end(start: date, owner: int, kind: str) -> tuple[int, date, datetime]:
    amount = LIMIT if kind == "promised" else 20 + owner
    if (start, amount) not in _ENDS:
        end = due(CALENDAR, start, Limit(amount, "working-day"))
        _ENDS[start, amount] = (end.day, passes_at(end))
    return amount, *_ENDS[start, amount]


def _at(start: date) -> datetime:
    return datetime(start.year, start.month, start.day, 1, tzinfo=timezone.utc)


def _case(n: int, case: uuid.UUID, definition: Any, progress: str, run: bytes, busy: bool) -> tuple[Any, ...]:
    at = _at(LATE)
    form = '{"project_name": "示例"}'
    return (
        *(case, f"B{n:09}", REGION, ITEM, definition, "accepted", "window", '{"name": "示例"}', form, at, at, at),
        *(1, bytes(32), at, progress, run if busy else None),
    )


def _limit(case: uuid.UUID, owner: int, kind: str, n: int, coming: int) -> tuple[Any, ...]:
    start = _start(n, owner, kind, coming)
    amount, last, end = _end(start, owner, kind)
    # The floor's are kept from the sweep; those that run on are looked at when they pass.
    look = end + timedelta(days=3650) if coming <= n < 2 * coming and start == LATE else end
    clock, department = ("decision", None) if owner == 0 else ("node", "gz-fire-acceptance")
    return (
        *(case, owner, clock, kind, REGION, department, amount, "working-day", _at(start), last, end),
        *(False, False, 1, look),
    )


def _entry(case: uuid.UUID, owner: int, kind: str, n: int, coming: int) -> tuple[Any, ...]:
    start = _start(n, owner, kind, coming)
    amount, last, end = _end(start, owner, kind)
    clock = "decision" if owner == 0 else "node"
    at = _at(start)
    return case, 1, owner, clock, kind, "start", 0, at, at, amount, "working-day", last, end, False, 1, "system", ""


def _task(case: uuid.UUID, n: int, coming: int) -> tuple[Any, ...]:
    start = _start(n, 1, "promised", coming)
    _, last, end = _end(start, 1, "promised")
    return (
        *(case, 1, "fire", "消防验收", "Fire", "并联验收", "Inspection", "officer", "open", 1, REGION),
        *("gz-fire-acceptance", "{}", _at(start), last, end, False, False),
    )


def _prompted(case: uuid.UUID) -> tuple[Any, ...]:
    _, _, end = _end(LATE, 0, "promised")
    at = end - timedelta(days=1)
    return case, 0, "decision", "promised", "prompted", end, at, at, 1


# -- measuring


def run_sweep(engine: Engine, coming: int) -> float:
    """Seconds until the sweep has fired what has come due."""
    begun = time.perf_counter()
    done = 0
    while done < coming:
        due_now = sweep.due_cases(engine, sweep.MOST_AT_ONCE)
        if not due_now:
            raise AssertionError(f"only {done} of {coming} were found")
        for case_id, what in due_now.items():
            sweep.look_at_case(engine, case_id, what)
        done += len(due_now)
    took = time.perf_counter() - begun
    with engine.database.connect() as connection:
        fired = connection.exec_driver_sql("SELECT count(*) FROM limit_firings WHERE stage = 'passed'").scalar()
        cards = connection.exec_driver_sql("SELECT count(*) FROM cards").scalar()
    half = coming // 2
    assert (fired, cards) == (coming + half, coming + half), (fired, cards)
    return took


PAYLOAD = (
    '{"actor":"system","actor_kind":"system","card":"yellow","clock":"decision","definition":1,"department":null,'
    '"due":"2026-06-12","due_at":"2026-06-12T16:00:00.000000+00:00","kind":"promised","name":null,"node":null,'
    '"officer":null,"owner":0,"posts":[],"region":"440100","state":["accepted","accepted"]}'
)


def run_floor(url: str, ids: list[uuid.UUID]) -> float:
    """Seconds for the same rows by hand, a transaction each."""
    _, _, end = _end(LATE, 0, "promised")
    with psycopg.connect(url, options=f"-c search_path={SEARCH_PATH}") as connection:
        connection.prepare_threshold = 0
        begun = time.perf_counter()
        for case in ids:
            row = connection.execute(
                "SELECT seq, head, number FROM cases WHERE id = %s FOR UPDATE SKIP LOCKED", (case,)
            ).fetchone()
            assert row is not None
            connection.execute(
                "SELECT due_at FROM limits WHERE case_id = %s AND owner = 0 AND clock = 'decision' AND kind = 'promised'",
                (case,),
            ).fetchone()
            connection.execute(
                "UPDATE cases SET seq = 2, head = %s, last_instant = %s WHERE id = %s", (bytes(32), NOW, case)
            )
            connection.execute(
                "INSERT INTO events (case_id, seq, kind, at, payload, prev_hash, hash) "
                "VALUES (%s, 2, 'limit.passed', %s, %s, %s, %s)",
                (case, NOW, PAYLOAD, bytes(32), bytes(32)),
            )
            connection.execute(
                f"INSERT INTO limit_firings ({FIRING_COLUMNS}) "
                "VALUES (%s, 0, 'decision', 'promised', 'passed', %s, %s, %s, 2)",
                (case, end, end, NOW),
            )
            connection.execute(
                "INSERT INTO cards (case_id, owner, clock, rule, number, kind, colour, state, region_code, name, name_en, "
                "due_at, opened_at, counted) VALUES (%s, 0, 'decision', 'promise-exceeded', %s, 'promised', 'yellow', "
                "'open', %s, '', '', %s, %s, true)",
                (case, row[2], REGION, end, NOW),
            )
            connection.execute(
                "UPDATE limits SET look_at = %s WHERE case_id = %s AND owner = 0 AND clock = 'decision' AND kind = 'promised'",
                (NOW + timedelta(days=1), case),
            )
            connection.execute(
                "INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, args) VALUES ('default', 'announce', '{}')"
            )
            connection.commit()
        return time.perf_counter() - begun


def lights_ms(engine: Engine) -> float:
    """Milliseconds for a page of 50 tasks with their lights."""
    with engine.database.connect() as connection:
        officer = load_actor(connection, "fire.liu")
    assert officer is not None
    query = InboxQuery(limit=50)
    for _ in range(5):
        assert len(engine.inbox(officer, query)["items"]) == 50
    begun = time.perf_counter()
    for _ in range(PAGES):
        engine.inbox(officer, query)
    return (time.perf_counter() - begun) / PAGES * 1000


def run_preview(engine: Engine) -> tuple[float, int]:
    """Seconds for a preview over everything that is open, and how many limits it moves."""
    days = [{"date": day, "kind": "rest"} for day in ("2026-06-22", "2026-06-23")]
    notice = {"notice": "台风停工通知", "region": REGION, "days": days}
    begun = time.perf_counter()
    seen = engine.calendars.preview(SYSTEM, 2026, notice)
    return time.perf_counter() - begun, int(seen["moved_limits"])


if __name__ == "__main__":
    sys.exit(main())
