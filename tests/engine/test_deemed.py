"""What the law deems done when a limit has passed: by the system, on the ground of an article, with its card."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from engine.background.sweep import sweep
from engine.cases.accept import Acceptance, Listed
from engine.catalogue.items import item_from_data
from engine.supervision.cards import CardQuery
from tests.engine.stories import SYSTEM, accepted, deploy, open_tasks, submitted
from tests.engine.test_case_clocks import licence, single  # noqa: F401
from tests.engine.test_limits import clocks, put
from tests.unit.diagrams import diagram, end, extended, flows, start, user


@pytest.fixture
def office(single):  # noqa: F811
    """The engine with a licence, and its sweep run dry."""

    def drain():
        while sweep(single):
            pass

    single.drain = drain
    return single


def test_silence_is_acceptance_as_of_the_receipt_by_the_system(office, actor):
    put(office, "2025-09-29T10:00")
    number = submitted(office, actor)
    put(office, "2025-10-13T23:59")
    office.drain()
    assert office.case_file(number)["state"] == "submitted"
    put(office, "2025-10-14T00:00")
    office.drain()
    file = office.case_file(number)
    assert (file["state"], file["accepted_at"][:10]) == ("accepted", "2025-09-29")
    assert clocks(office, number)["decision"]["legal"]["due_date"] == "2025-11-03"
    red = [
        card for card in office.supervision.cards(SYSTEM, CardQuery())["items"] if card["rule"] == "deemed-acceptance"
    ]
    assert [card["colour"] for card in red] == ["red"]
    rules = {card["rule"] for card in office.supervision.cards(SYSTEM, CardQuery())["items"]}
    assert "closed-without-reason" not in rules, "what the law deems done owes no reason"
    with office.database.connect() as connection:
        payload = connection.scalar(text("SELECT payload FROM events WHERE kind = 'case.accepted'"))
        opened = connection.scalar(text("SELECT count(*) FROM tasks WHERE state = 'open' AND node <> 'accept'"))
    assert '"actor":"system"' in payload
    assert "行政许可法第三十二条第一款第四项" in payload
    assert opened == 6
    assert office.verify_record(number).whole
    office.drain()
    assert len(red) == len(
        [c for c in office.supervision.cards(SYSTEM, CardQuery())["items"] if c["rule"] == "deemed-acceptance"]
    )


def test_who_brings_nothing_has_withdrawn_where_the_item_says_so(office, actor):
    put(office, "2025-09-29T10:00")
    number = submitted(office, actor)
    put(office, "2025-09-30T10:00")
    office.accept(
        actor("clerk.chen"), Acceptance(number, "supplement", materials=(Listed("survey-results", "缺第二页"),))
    )
    put(office, "2025-10-15T00:00")
    office.drain()
    file = office.case_file(number)
    assert (file["state"], file["result"]) == ("concluded", "deemed-withdrawn")
    assert [
        card for card in office.supervision.cards(SYSTEM, CardQuery())["items"] if card["clock"] == "correction"
    ] == []
    assert office.verify_record(number).whole


@pytest.mark.parametrize(
    ("passed", "title"), [("deemed-approved", "视为准予决定书"), ("deemed-renewed", "视为准予延续告知书")]
)
def test_silence_of_who_decides_is_what_the_items_law_says_by_the_system(office, actor, passed, title):
    """From the sweep to the record: once, on the item's article, when the law's limit (not the promise) is over."""
    article = "某条例第九条"
    item = item_from_data(licence(time_limits={"clocks": [{"clock": "decision", "passed": passed, "basis": article}]}))
    offered, stored = office.house.offered, office.house.definition
    office.house.offered = lambda *asked: replace(offered(*asked), item=item)
    office.house.definition = lambda *asked: replace(stored(*asked), item=item)
    put(office, "2025-09-22T10:00")
    number = accepted(office, actor)
    due = clocks(office, number)["decision"]["legal"]["due_date"]
    put(office, f"{due}T23:59")
    office.drain()
    assert office.case_file(number)["state"] == "accepted"
    put(office, f"{date.fromisoformat(due) + timedelta(days=1)}T00:00")
    office.drain()
    office.drain()
    file = office.case_file(number)
    assert (file["state"], file["result"]) == ("concluded", passed)
    assert clocks(office, number)["decision"]["state"] == "stopped"
    with office.database.connect() as connection:
        told = connection.execute(
            text("SELECT payload::jsonb FROM events WHERE kind = :kind"), {"kind": f"case.{passed}"}
        ).scalars()
        told = list(told)
        left = connection.scalar(text("SELECT count(*) FROM tasks WHERE state IN ('open', 'claimed')"))
    assert len(told) == 1
    assert '"actor":"system"' in json.dumps(told[0], separators=(",", ":"))
    assert article in json.dumps(told[0], ensure_ascii=False)
    assert left == 0
    papers = [one["title"] for one in office.documents.listed(SYSTEM, number)["items"]]
    assert papers.count(title) == 1
    red = [card["rule"] for card in office.supervision.cards(SYSTEM, CardQuery())["items"] if card["task"] is None]
    assert red.count("statute-exceeded") == 1
    assert "closed-without-reason" not in red
    assert office.verify_record(number).whole


def test_an_answer_in_time_is_an_answer(office, actor):
    put(office, "2025-09-29T10:00")
    number = submitted(office, actor)
    office.accept(actor("clerk.chen"), Acceptance(number, "accepted"))
    put(office, "2025-10-14T09:00")
    office.drain()
    assert office.case_file(number)["accepted_at"][:10] == "2025-09-29"
    assert [c for c in office.supervision.cards(SYSTEM, CardQuery())["items"] if c["rule"] == "deemed-acceptance"] == []


def test_the_demonstration_clock_stops_at_what_limits_come_to(office, actor):
    from datetime import datetime

    from engine.background.demonstration_clock import set_clock
    from engine.clock import CST

    put(office, "2025-09-29T10:00")
    number = submitted(office, actor)
    with office.database.begin() as connection:
        connection.execute(
            text("UPDATE platform SET clock_offset = clock_fixed_at - clock_timestamp(), clock_fixed_at = NULL")
        )
    moved = set_clock(office, datetime(2025, 10, 20, 9, tzinfo=CST))
    assert moved.stops >= 2
    with office.database.connect() as connection:
        at = connection.scalar(text("SELECT at FROM events WHERE kind = 'case.accepted'"))
    assert at.astimezone(CST).isoformat(timespec="seconds") == "2025-10-14T00:00:00+08:00"
    assert office.case_file(number)["state"] == "accepted"


def answered(limit):
    """A diagram of two tasks one after the other, the first with this limit."""
    first = extended(
        '<ow:assignment function="planning" level="city"/><ow:outcomes values="passed=通过,failed=不通过"/>',
        f'<ow:timeLimit legal="3" promised="2" unit="working-day" {limit}/><ow:public name="征求意见" nameEn="Consulted"/>',
    )
    second = extended('<ow:assignment function="fire" level="city"/><ow:public name="审查" nameEn="Review"/>')
    nodes = (start(), user("ask", first), user("review", second), end("e", extended('<ow:result value="granted"/>')))
    return diagram(*nodes, flows("start > ask > review > e"))


def test_a_task_that_nobody_did_is_answered_by_its_default_on_its_ground(engine, actor):
    limit = 'whenPassed="default" defaultOutcome="passed" basis="示例办法第九条"'
    deploy(engine, answered(limit))
    put(engine, "2025-09-15T10:00")
    number = accepted(engine, actor)
    put(engine, "2025-09-18T00:00")  # past the promise, within the law
    drain(engine)
    assert set(open_tasks(engine, number)) == {"ask"}
    put(engine, "2025-09-19T00:00")
    drain(engine)
    assert set(open_tasks(engine, number)) == {"review"}
    with engine.database.connect() as connection:
        asked = "SELECT t.closed_by, t.outcome, o.text FROM tasks t JOIN opinions o ON o.case_id = t.case_id AND o.task = t.number"
        closed_by, outcome, opinion = connection.execute(text(asked)).one()
    assert (closed_by, outcome) == ("system", "passed")
    assert "示例办法第九条" in opinion
    assert engine.verify_record(number).whole


@pytest.mark.parametrize(
    ("limit", "told"), [('whenPassed="escalate"', True), ('whenPassed="notice"', False), ("", False)]
)
def test_what_the_diagram_escalates_goes_to_the_post_above_at_once(engine, actor, limit, told):
    deploy(engine, answered(limit))
    put(engine, "2025-09-15T10:00")
    accepted(engine, actor)
    put(engine, "2025-09-18T00:00")
    drain(engine)
    with engine.database.connect() as connection:
        found = connection.scalar(text("SELECT count(*) FROM limit_firings WHERE stage = 'escalated' AND owner <> 0"))
    assert bool(found) == told


@pytest.mark.parametrize("limit", ['defaultOutcome="passed"', 'basis="示例办法第九条"'])
def test_a_default_without_its_outcome_or_its_ground_is_never_given(engine, actor, limit):
    """What the rule time-limit-default-incomplete spares the designer: the diagram is published without it here."""
    deploy(engine, answered(f'whenPassed="default" {limit}'))
    put(engine, "2025-09-15T10:00")
    number = accepted(engine, actor)
    put(engine, "2025-10-15T00:00")
    drain(engine)
    assert set(open_tasks(engine, number)) == {"ask"}


def drain(engine):
    while sweep(engine):
        pass
