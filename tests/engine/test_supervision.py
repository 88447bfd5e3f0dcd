"""What happens when a limit passes: told before, then a card, then the post above; once each, in order, whoever sleeps."""

import threading
from collections import Counter
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import text

from engine.background.sweep import DUE_LIMITS, look_at_case, sweep
from engine.cases.accept import Acceptance
from engine.cases.complete_task import Completion
from engine.cases.submit import Application
from engine.clock import CST
from engine.errors import Forbidden, NotFound
from engine.organization.actor import Actor
from engine.supervision.cards import CardQuery, CardStateConflict

SYSTEM = Actor.system("test")
APPLICANT = {"kind": "enterprise", "name": "广州示例置业有限公司"}


@pytest.fixture
def at(engine):
    """Puts domain time at an instant in China."""

    def put(said):
        with engine.database.begin() as connection:
            connection.execute(text("UPDATE platform SET clock_fixed_at = :at"), {"at": f"{said}+08:00"})

    return put


def accepted(engine, region="440100"):
    number = engine.submit(SYSTEM, Application("joint-final-inspection", region, APPLICANT, {}))["number"]
    engine.accept(SYSTEM, Acceptance(number, "accepted"))
    return number


def fired(engine, *columns, where="true"):
    with engine.database.connect() as connection:
        names = ", ".join(columns)
        rows = connection.execute(
            text(f"SELECT {names} FROM limit_firings WHERE {where} ORDER BY fired_at, at, owner, kind")
        )
        return [tuple(row) for row in rows]


def cards(engine, who=SYSTEM, **which):
    return engine.supervision.cards(who, CardQuery(limit=200, **which))["items"]


def drain(engine):
    while sweep(engine):
        pass


def test_a_limit_is_told_of_before_it_passes_then_costs_a_card_then_goes_to_the_post_above(engine, at):
    at("2026-09-21T09:00:00")
    number = accepted(engine)
    with engine.database.connect() as connection:
        case_id, due = connection.execute(
            text("SELECT case_id, due_date FROM limits WHERE owner = 0 AND clock = 'decision' AND kind = 'promised'")
        ).one()
    at("2026-09-22T09:00:00")
    drain(engine)
    mine = "owner = 0 AND clock = 'decision' AND kind = 'promised'"
    assert fired(engine, "stage", where=mine) == []
    at(f"{due}T10:00:00")
    drain(engine)
    assert fired(engine, "stage", where=mine) == [("prompted",)]
    assert [card for card in cards(engine) if card["clock"] == "decision"] == []
    at(f"{due + timedelta(days=1)}T00:00:00")
    drain(engine)
    (card,) = [card for card in cards(engine) if card["clock"] == "decision"]
    assert (card["rule"], card["colour"], card["state"], card["case"]) == ("promise-exceeded", "yellow", "open", number)
    at("2027-03-01T09:00:00")
    drain(engine)
    drain(engine)
    assert [stage for (stage,) in fired(engine, "stage", where=mine)] == ["prompted", "passed", "escalated"]
    law = [card for card in cards(engine, colour="red") if card["clock"] == "decision"]
    assert [card["rule"] for card in law] == ["statute-exceeded"]
    assert engine.verify_record(number).whole
    kinds = [entry for entry in told(engine, case_id) if entry.startswith("limit.")]
    assert kinds.count("limit.passed") == len(fired(engine, "seq", where="stage = 'passed'"))


def told(engine, case_id):
    with engine.database.connect() as connection:
        return list(
            connection.scalars(text("SELECT kind FROM events WHERE case_id = :id ORDER BY seq"), {"id": case_id})
        )


def test_a_worker_that_slept_catches_up_in_order(engine, at):
    at("2026-09-21T09:00:00")
    accepted(engine)
    at("2027-03-01T09:00:00")
    drain(engine)
    instants = [at for (at,) in fired(engine, "at")]
    with engine.database.connect() as connection:
        by_entry = list(connection.scalars(text("SELECT at FROM limit_firings ORDER BY seq")))
    assert by_entry == sorted(instants)
    assert len(by_entry) > 3


def test_what_was_late_before_it_was_done_is_told_though_the_sweep_came_later(engine, at):
    at("2026-09-21T09:00:00")
    number = accepted(engine)
    with engine.database.connect() as connection:
        case_id, task = connection.execute(text("SELECT case_id, number FROM tasks WHERE node = 'fire'")).one()
    at("2026-12-21T09:00:00")
    late = {"late_reason": "现场复测"} if "late_reason" in Completion.__dataclass_fields__ else {}
    engine.complete(SYSTEM, Completion(case_id, task, "passed", "合格", **late))
    drain(engine)
    yellow, red = sorted(cards(engine, node="fire"), key=lambda card: card["colour"], reverse=True)
    assert (yellow["colour"], red["colour"], yellow["department"]) == ("yellow", "red", "gz-fire-acceptance")
    engine.supervision.explain(SYSTEM, yellow["id"], "现场复测耽误")
    drain(engine)
    (card,) = cards(engine, node="fire", states=("cleared",))
    assert (card["id"], card["cleared_because"], card["counted"]) == (yellow["id"], "explained", True)
    assert engine.verify_record(number).whole


def test_a_card_whose_date_moved_after_all_is_cleared_and_not_counted(engine, at):
    at("2026-09-21T09:00:00")
    accepted(engine)
    with engine.database.connect() as connection:
        due = connection.scalar(text("SELECT due_date FROM tasks WHERE node = 'fire'"))
    at(f"{due + timedelta(days=1)}T09:00:00")
    drain(engine)
    assert [card["state"] for card in cards(engine, node="fire")] == ["open"]
    storm = {"notice": "台风停工通知", "region": "440100", "days": [{"date": due.isoformat(), "kind": "rest"}]}
    storm["days"].append({"date": (due + timedelta(days=1)).isoformat(), "kind": "rest"})
    seen = engine.calendars.preview(SYSTEM, due.year, storm)
    engine.calendars.apply(SYSTEM, due.year, storm, seen["hash"])
    drain(engine)
    (card,) = cards(engine, node="fire")
    assert (card["state"], card["cleared_because"], card["counted"]) == ("cleared", "moved", False)


def test_who_sees_and_answers_cards(engine, actor, at):
    at("2026-09-21T09:00:00")
    accepted(engine)
    at("2027-03-01T09:00:00")
    drain(engine)
    fire = [card for card in cards(engine) if card["node"] == "fire"]
    card = fire[0]["id"]
    with engine.database.connect() as connection:
        someone = text("SELECT officer_id FROM posts WHERE department_id = :department ORDER BY 1 LIMIT 1")
        who, other = (connection.scalar(someone, {"department": one}) for one in ("gz-fire-acceptance", "gz-housing"))
        watcher = connection.scalar(text("SELECT officer_id FROM officer_roles WHERE role = 'supervisor' LIMIT 1"))
    mine = actor(who)
    assert {one["department"] for one in cards(engine, mine)} == {"gz-fire-acceptance"}
    assert len(cards(engine, actor(watcher))) == len(cards(engine))
    with pytest.raises(Forbidden):
        engine.supervision.acknowledge(actor(other), card)
    with pytest.raises(Forbidden):
        engine.supervision.explain(actor(watcher), card, "不属实")
    with pytest.raises(NotFound):
        engine.supervision.acknowledge(mine, f"{card}x")
    assert engine.supervision.acknowledge(mine, card)["state"] == "acknowledged"
    with pytest.raises(CardStateConflict):
        engine.supervision.acknowledge(mine, card)
    assert engine.supervision.explain(mine, card, "现场复测耽误")["explained_by"] == mine.id
    first = engine.supervision.cards(SYSTEM, CardQuery(limit=2))
    second = engine.supervision.cards(SYSTEM, CardQuery(limit=200, cursor=first["next_cursor"]))
    assert [*first["items"], *second["items"]] == cards(engine)
    lights = engine.supervision.lights(actor(watcher), "department")["items"]
    assert any(one["red"] for one in lights)


def test_one_that_cannot_be_judged_is_an_incident_pushed_on_and_does_not_stop_the_rest(engine, at, monkeypatch):
    at("2026-09-21T09:00:00")
    bad, good = accepted(engine), accepted(engine)
    with engine.database.connect() as connection:
        poisoned = connection.scalar(text("SELECT id FROM cases WHERE number = :n"), {"n": bad})
    at("2026-12-21T09:00:00")
    from engine.supervision import judge_case

    usual = judge_case._in_order

    def fails(judgement, ledgers):
        if judgement.case.id == poisoned:
            raise RuntimeError("broken")
        return usual(judgement, ledgers)

    monkeypatch.setattr(judge_case, "_in_order", fails)
    drain(engine)
    assert {card["case"] for card in cards(engine)} == {good}
    (incident,) = engine.incidents(SYSTEM, number=bad)
    assert incident.cause == "unexpected-failure"
    monkeypatch.undo()
    at("2026-12-21T11:00:00")
    engine.retry_incident(SYSTEM, incident.id)
    drain(engine)
    assert {card["case"] for card in cards(engine)} == {good, bad}


def test_two_workers_and_a_minute_of_skew_between_them_fire_each_once(engine, database_url, at):
    from engine.assemble import open_engine

    at("2026-09-21T09:00:00")
    for _ in range(6):
        accepted(engine)
    others = [open_engine(engine.settings, database_url) for _ in range(2)]
    with engine.database.connect() as connection:
        ids = list(connection.scalars(text("SELECT id FROM cases")))
    at("2027-03-01T09:00:00")
    start = threading.Barrier(2)

    def work(mine, skew):
        start.wait()
        # The worker's own clock is nobody's business: the time comes with the lock.
        for case_id in ids if skew else reversed(ids):
            look_at_case(mine, case_id)

    threads = [threading.Thread(target=work, args=(one, n)) for n, one in enumerate(others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in others:
        drain(one)
        one.close()
    counts = Counter((kind, stage) for _, kind, stage in fired(engine, "owner", "kind", "stage"))
    assert counts
    assert all(count % 6 == 0 for count in counts.values())


def test_the_sweep_finds_what_is_due_by_the_partial_index(engine):
    with engine.database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO limits (case_id, owner, clock, kind, region_code, amount, unit, started_at, due_date, due_at, "
                "provisional, paused, calendar_version, look_at, stopped_at) SELECT gen_random_uuid(), 0, 'decision', 'legal', "
                "'440100', 20, 'working-day', now(), current_date, now(), false, false, 1, "
                "CASE WHEN n % 5 = 0 THEN now() + n * interval '1 minute' END, CASE WHEN n % 5 > 0 THEN now() END "
                "FROM generate_series(1, 20000) n"
            )
        )
        connection.execute(text("ANALYZE limits"))
        asked = {"now": datetime(2026, 9, 21, tzinfo=timezone.utc).astimezone(CST), "most": 100}
        plan = "\n".join(connection.scalars(text(f"EXPLAIN {DUE_LIMITS.text}"), asked))
    assert "ix_limits_look_at" in plan
    assert "Seq Scan on limits" not in plan
