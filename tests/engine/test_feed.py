"""The event feed: nobody who follows it misses anything, whoever writes; and nobody sees what is not his to see."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from engine.background.worker import run_dry
from engine.cases.accept import Acceptance
from engine.cases.access import parse_task_id
from engine.cases.feed import FeedQuery
from engine.cases.inbox import InboxQuery
from engine.cases.submit import Application
from engine.errors import Forbidden
from engine.organization.actor import Actor
from engine.organization.permissions import Role

WRITERS = 8
CASES = 5
SYSTEM = Actor.system()


def hand_in(engine, who, name: str = "甲公司") -> str:
    asked = Application(
        "joint-final-inspection", "440100", {"name": name}, {"project_name": "楼"}, external_number="X-1"
    )
    return str(engine.submit(who, asked)["number"])


def walk(engine, actor) -> str:
    """Hand a case in, accept it, and claim a task of it."""
    number = hand_in(engine, actor("clerk.chen"))
    engine.accept(actor("clerk.chen"), Acceptance(number, "accepted"))
    (task,) = engine.inbox(actor("fire.liu"), InboxQuery(case=number))["items"]
    engine.claim(actor("fire.liu"), *parse_task_id(task["id"]))
    return number


def recorded(engine) -> list[tuple[str, int]]:
    with engine.database.connect() as connection:
        rows = connection.execute(text("SELECT c.number, e.seq FROM events e JOIN cases c ON c.id = e.case_id"))
        return sorted((row.number, row.seq) for row in rows)


def test_a_follower_misses_nothing_of_eight_writers_and_sees_each_case_in_order(engine, actor):
    seen: list[tuple[int, str, int]] = []
    written, worked = threading.Event(), threading.Event()

    def follow() -> None:
        after, last_look = 0, False
        while not last_look:
            last_look = worked.is_set()
            page = engine.events(SYSTEM, FeedQuery(after=after, limit=7))
            seen.extend((row["position"], row["case"], row["seq"]) for row in page["items"])
            after = page["next_after"]
            last_look = last_look and not page["items"]

    def work() -> None:
        last = False
        while not last:
            last = written.is_set()
            run_dry(engine)
        worked.set()

    def write(_: int) -> None:
        for _ in range(CASES):
            walk(engine, actor)

    others = [threading.Thread(target=follow), threading.Thread(target=work), threading.Thread(target=work)]
    [thread.start() for thread in others]
    try:
        with ThreadPoolExecutor(WRITERS) as writers:
            list(writers.map(write, range(WRITERS)))
    finally:
        written.set()
        [thread.join() for thread in others]

    assert [position for position, _, _ in seen] == list(range(1, len(seen) + 1))
    assert sorted((case, seq) for _, case, seq in seen) == recorded(engine)
    by_case: dict[str, list[int]] = {}
    for _, case, seq in seen:
        by_case.setdefault(case, []).append(seq)
    assert len(by_case) == WRITERS * CASES
    assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in by_case.values())


def test_a_job_that_runs_late_or_twice_changes_nothing(engine, actor):
    walk(engine, actor)
    run_dry(engine)
    before = engine.events(SYSTEM, FeedQuery())
    with engine.database.connect() as connection:
        case_id, seq = connection.execute(text("SELECT id, seq FROM cases")).one()
    engine.announce(case_id, 0, seq)
    engine.announce(case_id, 0, 1)
    assert engine.events(SYSTEM, FeedQuery()) == before


def test_what_is_told_holds_nothing_personal(engine, actor):
    walk(engine, actor)
    run_dry(engine)
    told = json.dumps(engine.events(SYSTEM, FeedQuery()), ensure_ascii=False)
    assert "甲公司" not in told
    assert "楼" not in told
    assert "fire.liu" not in told
    assert "X-1" in told


def test_kinds_and_a_case_are_filtered_and_the_position_goes_on(engine, actor):
    first, second = walk(engine, actor), walk(engine, actor)
    run_dry(engine)
    whole = engine.events(SYSTEM, FeedQuery(limit=500))
    page = engine.events(SYSTEM, FeedQuery(kinds=("case.accepted",), case=second))
    assert [(row["case"], row["kind"]) for row in page["items"]] == [(second, "case.accepted")]
    assert page["next_after"] == whole["next_after"]
    assert {row["case"] for row in whole["items"]} == {first, second}
    assert engine.events(SYSTEM, FeedQuery(after=whole["next_after"])) == {
        "items": [],
        "next_after": whole["next_after"],
    }


def test_a_front_office_follows_its_own_cases_and_a_supervisor_the_region(engine, actor):
    own, other = hand_in(engine, actor("front.office")), hand_in(engine, actor("clerk.chen"))
    run_dry(engine)

    def cases(who: Actor) -> set[str]:
        return {row["case"] for row in engine.events(who, FeedQuery())["items"]}

    assert cases(actor("front.office")) == {own}
    assert cases(actor("supervisor.ma")) == {own, other}
    elsewhere = Actor.officer("x", "X", "440106", roles=frozenset({Role.SUPERVISOR}))
    assert cases(elsewhere) == set()


@pytest.mark.parametrize("username", ["fire.liu", "clerk.chen", "designer.xu"])
def test_who_does_not_follow_is_refused(engine, actor, username):
    with pytest.raises(Forbidden):
        engine.events(actor(username), FeedQuery())


def test_a_restored_or_older_database_has_its_feed_filled(engine, actor):
    walk(engine, actor)
    run_dry(engine)
    filled = engine.events(SYSTEM, FeedQuery())["items"]
    statement = __import__(
        "engine.store.migrations.versions.0002_the_event_feed", fromlist=["upgrade"]
    ).upgrade.__code__.co_consts
    (refill,) = [text(one) for one in statement if isinstance(one, str) and one.startswith("INSERT INTO feed")]
    with engine.database.begin() as connection:
        connection.execute(text("DELETE FROM feed"))
        connection.exec_driver_sql(str(refill))
    assert engine.events(SYSTEM, FeedQuery())["items"] == filled
