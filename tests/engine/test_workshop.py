"""Two people stand behind what is published; it takes effect on its day; what changed and whom it touches is told before."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest
from sqlalchemy import text

from engine.background.sweep import sweep
from engine.bpmn.compare import Change, Changed, Comparison, Element
from engine.cases.accept import Acceptance
from engine.cases.submit import Application
from engine.clock import day_of, wall_now
from engine.definitions.deploy import (
    Draft,
    EffectiveDayPassed,
    EffectiveDayTooFar,
    NotReviewed,
    NotScheduled,
    OwnReview,
)
from engine.definitions.impact import impact
from engine.errors import Conflict, Invalid, NotFound
from tests.engine.trust_first import approval

ITEM = "joint-final-inspection"
BPMN = Path("processes/joint-final-inspection/process.bpmn").read_bytes()
ASKED = Application(ITEM, "440100", {"name": "广州示例置业有限公司"})


def stored(engine, who, bpmn=BPMN):
    return UUID(engine.store_draft(who, Draft(ITEM, bpmn))["id"])


@pytest.fixture
def author(actor):
    return actor("designer.xu")


@pytest.fixture
def reviewer(actor):
    return actor("designer.qin")


def started_on(engine, clerk):
    number = engine.submit(clerk, ASKED)["number"]
    with engine.database.connect() as connection:
        asked = text("SELECT d.version FROM cases c JOIN definitions d ON d.id = c.definition_id WHERE c.number = :n")
        return connection.scalar(asked, {"n": number})


def test_the_author_publishes_what_somebody_else_approved_and_not_before(engine, author, reviewer):
    draft = stored(engine, author)
    with pytest.raises(NotReviewed):
        engine.workshop.publish(author, draft)
    with pytest.raises(OwnReview):
        engine.workshop.review(author, draft, "approved")
    with pytest.raises(Invalid):
        engine.workshop.review(reviewer, draft, "returned")
    engine.workshop.review(reviewer, draft, "returned", "时限写错了")
    with pytest.raises(NotReviewed):
        engine.workshop.publish(reviewer, draft)
    engine.workshop.review(reviewer, draft, "approved")
    published = engine.workshop.publish(author, draft)
    assert (published["state"], published["version"], published["reviewed_by"]) == ("published", 2, "designer.qin")
    with pytest.raises(Conflict):
        engine.workshop.review(reviewer, draft, "approved")


def test_who_publishes_anothers_draft_reviews_it_by_that(engine, author, reviewer):
    published = engine.workshop.publish(reviewer, stored(engine, author))
    assert (published["reviewed_by"], published["published_by"]) == ("designer.qin", "designer.qin")


def test_a_version_takes_effect_on_its_day(engine, author, reviewer, actor):
    clerk, today = actor("clerk.chen"), day_of(wall_now())
    draft = stored(engine, author)
    with pytest.raises(EffectiveDayPassed):
        engine.workshop.publish(reviewer, draft, today - timedelta(days=1))
    later = engine.workshop.publish(reviewer, draft, today + timedelta(days=3))
    assert (later["state"], later["version"]) == ("scheduled", 2)
    sweep(engine)
    assert started_on(engine, clerk) == 1
    with engine.database.begin() as connection:
        connection.execute(text("UPDATE platform SET clock_fixed_at = clock_timestamp() + interval '3 days'"))
    assert started_on(engine, clerk) == 2, "also before the sweep has seen it"
    sweep(engine)
    states = {one["version"]: one["state"] for one in engine.workshop.list(author, ITEM)["items"]}
    assert states == {1: "superseded", 2: "published"}


def test_a_version_that_waits_is_taken_back_or_told_to_be_overtaken(engine, author, reviewer, actor):
    today = day_of(wall_now())
    with pytest.raises(EffectiveDayTooFar):
        engine.workshop.publish(reviewer, stored(engine, author), date(9999, 12, 31))
    first = engine.workshop.publish(reviewer, stored(engine, author), today + timedelta(days=5))
    second = engine.workshop.publish(reviewer, stored(engine, author), today + timedelta(days=9))
    assert (first["overtakes"], second["overtakes"]) == ([], [])
    third = engine.workshop.publish(reviewer, stored(engine, author), today + timedelta(days=7))
    assert third["overtakes"] == [{"version": 3, "effective_on": str(today + timedelta(days=9))}]
    withdrawn = engine.workshop.withdraw(author, UUID(first["id"]))
    assert (withdrawn["state"], withdrawn["effective_on"]) == ("superseded", None)
    for id in (first["id"], stored(engine, author)):
        with pytest.raises(NotScheduled):
            engine.workshop.withdraw(author, UUID(str(id)))
    with engine.database.begin() as connection:
        connection.execute(text("UPDATE platform SET clock_fixed_at = clock_timestamp() + interval '6 days'"))
    sweep(engine)
    assert started_on(engine, actor("clerk.chen")) == 1
    with engine.database.begin() as connection:
        connection.execute(text("UPDATE platform SET clock_fixed_at = clock_timestamp() + interval '8 days'"))
    sweep(engine)
    days = {
        one["version"]: one["effective_on"] for one in engine.workshop.list(author, ITEM)["items"] if one["version"]
    }
    assert (days[2], days[3], days[4]) == (None, None, third["effective_on"]), "the overtaken never was in effect"
    pages = [engine.workshop.list(author, ITEM, limit=3)]
    while pages[-1]["next_cursor"]:
        pages.append(engine.workshop.list(author, ITEM, limit=3, cursor=pages[-1]["next_cursor"]))
    whole = engine.workshop.list(author, ITEM)["items"]
    assert [len(one["items"]) for one in pages] == [3, 3]
    assert [row for one in pages for row in one["items"]] == whole
    assert len(engine.workshop.list(author, ITEM, "draft", review="none")["items"]) == 2
    with pytest.raises(Invalid):
        engine.workshop.list(author, cursor="x")


def test_what_changed_is_told_by_attribute_and_whom_it_touches(engine, author, actor):
    clerk = actor("clerk.chen")
    number = engine.submit(clerk, ASKED)["number"]
    engine.accept(clerk, Acceptance(number, "accepted"))
    bpmn = BPMN.replace(b'<ow:timeLimit promised="8" legal="20"', b'<ow:timeLimit promised="7" legal="20"')
    bpmn = bpmn.replace(b'id="drainage" name=', b'id="drainage_check" name=').replace(
        b'"drainage"/', b'"drainage_check"/'
    )
    bpmn = bpmn.replace(b'targetRef="drainage"', b'targetRef="drainage_check"')
    bpmn = bpmn.replace(b'sourceRef="drainage"', b'sourceRef="drainage_check"')
    draft = stored(engine, author, bpmn)
    changes = engine.workshop.changes(author, draft)
    assert [one["id"] for one in changes["added"]] == ["drainage_check"]
    assert [one["id"] for one in changes["removed"]] == ["drainage"]
    changed = {one["id"]: one["changes"] for one in changes["changed"]}
    assert list(changed["civil_air_defence"]) == [{"attribute": "timeLimit.promised", "old": "8", "new": "7"}]
    report = engine.workshop.impact(author, draft)
    assert report["live_cases"] == 1
    touched = {one["node"]: one for one in report["nodes"]}
    assert (touched["civil_air_defence"]["limits_differ"], touched["civil_air_defence"]["cases"]) == (True, 1)
    assert [one["node"] for one in report["not_movable"]] == ["drainage"]
    assert report["not_movable"][0]["numbers"] == [number]


def test_a_case_is_held_against_the_version_on_which_it_runs(engine, author, reviewer, actor):
    clerk = actor("clerk.chen")
    old = engine.submit(clerk, ASKED)["number"]
    engine.accept(clerk, Acceptance(old, "accepted"))
    limits = b'<ow:timeLimit promised="10" legal="20" unit="working-day" warnAt="2"/>'
    shorter = BPMN.replace(limits, limits.replace(b"10", b"9", 1))
    engine.workshop.publish(reviewer, stored(engine, author, shorter))
    new = engine.submit(clerk, ASKED)["number"]
    engine.accept(clerk, Acceptance(new, "accepted"))
    report = engine.workshop.impact(author, stored(engine, author, shorter + b"\n"))
    assert report["by_version"] == [{"version": 1, "cases": 1}, {"version": 2, "cases": 1}]
    assert {(one["node"], one["version"], *one["numbers"]) for one in report["nodes"]} >= {("fire", 1, old)}
    assert all(one["version"] == 1 and one["limits_differ"] for one in report["nodes"])
    back = engine.workshop.impact(author, stored(engine, author, BPMN))
    assert {(one["version"], *one["numbers"]) for one in back["nodes"]} == {(2, new)}


def test_the_same_diagram_changes_nothing(engine, author):
    changes = engine.workshop.changes(author, stored(engine, author))
    assert (changes["added"], changes["removed"], changes["changed"]) == ((), (), ())


def test_a_draft_keeps_what_its_predecessor_links_and_a_loss_is_told(engine, author, tmp_path):
    """A file of the item's folder is known to whom it was sent with; who draws on does so without it."""
    whole = approval("post-verification", checks="window")
    head, own, *_ = whole.split(b"</process>")
    alone = head + b"</process></definitions>"
    (tmp_path / "own.bpmn").write_bytes(head[: head.index(b"<process")] + own + b"</process></definitions>")
    plain = stored(engine, author)
    first = UUID(engine.workshop.store(author, Draft("drawn-on", alone), (tmp_path,))["id"])
    for before in (first, None):
        made = engine.workshop.store(author, Draft("drawn-on", alone), before=before)
        assert "commitment-process-missing" not in {one["rule"] for one in made["findings"]}
        assert engine.workshop.changes(author, UUID(made["id"]), first)["changed"] == ()
    assert "own_check" in engine.workshop.source(author, UUID(made["id"]))["linked"]
    assert engine.drawing.changes(author, alone, first, before=first)["removed"] == ()
    lost = engine.workshop.store(author, Draft("drawn-on", alone), before=plain)
    assert "commitment-process-missing" in {one["rule"] for one in lost["findings"]}
    told = engine.drawing.changes(author, alone, first, before=plain)["removed"]
    assert [(one["id"], one["process"]) for one in told] == [("own_check", "own_check")]
    with pytest.raises(NotFound):
        engine.workshop.store(author, Draft("drawn-on", alone), before=UUID(int=0))


def test_a_node_of_a_linked_process_is_not_taken_for_one_of_the_same_id():
    row = {"definition_id": 1, "version": 1, "node": "check", "name": "核查", "cases": 1, "numbers": ["n"]}
    limit = (Change("timeLimit.promised", "5", "6"),)
    changed = tuple(Changed("check", "userTask", "核查", limit[:n], to) for n, to in ((0, None), (1, "on_site")))
    gone = (Element("originals", "process", None, "originals"),)
    waits = [row | {"process": process} for process in (None, "on_site", "originals", "untouched")]
    uow = SimpleNamespace(read=lambda *_: (waits, [{"definition_id": 1, "version": 1, "cases": 4}]))
    report = impact(uow, ITEM, lambda _: Comparison((), gone, changed))
    told = {one["process"]: (one["what"], one["limits_differ"]) for one in report["nodes"]}
    assert told == {None: ("changed", False), "on_site": ("changed", True), "originals": ("removed", False)}
    assert [one["process"] for one in report["not_movable"]] == ["originals"]


def test_what_the_vocabulary_does_not_have_and_what_is_linked_is_compared_too(engine, author):
    old = BPMN.replace(
        b'id="fire" ', b'id="fire" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" camunda:priority="one" ', 1
    )
    limit = b'<ow:timeLimit promised="10" legal="20" unit="working-day" warnAt="2"/>'
    assert limit in old
    old = old.replace(limit, limit + b'<ow:fee sort="none"><ow:step n="1"/></ow:fee>', 1)
    new = (
        old.replace(b'priority="one"', b'priority="two"')
        .replace(b'sort="none"', b'sort="full"')
        .replace(b'<ow:step n="1"', b'<ow:step n="2"')
    )
    before, after = stored(engine, author, old), stored(engine, author, new)
    found = engine.workshop.changes(author, after, before)["changed"]
    said = {change["attribute"]: (change["old"], change["new"]) for one in found for change in one["changes"]}
    assert said == {"camunda:priority": ("one", "two"), "ow:fee.sort": ("none", "full"), "ow:fee.step.n": ("1", "2")}
    assert engine.drawing.changes(author, new, before)["changed"] == found

    # What it links is another by now: the elements of that process are named with it.
    with engine.database.begin() as connection:
        linked = connection.scalar(text("SELECT linked FROM definitions WHERE id = :id"), {"id": before})
        (process,) = [name for name in linked if name == "revocation"]
        told = linked[process].replace("<bpmn:userTask ", '<bpmn:userTask camunda:asyncBefore="true" ', 1)
        told = told.replace(
            "<bpmn:definitions ", '<bpmn:definitions xmlns:camunda="http://camunda.org/schema/1.0/bpmn" ', 1
        )
        values = {"id": after, "linked": json.dumps({**linked, process: told})}
        connection.execute(text("UPDATE definitions SET linked = CAST(:linked AS jsonb) WHERE id = :id"), values)
    (*same, linked) = engine.workshop.changes(author, after, before)["changed"]
    assert (tuple(same), linked["process"]) == (tuple(found), "revocation")
    assert linked["changes"] == ({"attribute": "camunda:asyncBefore", "old": None, "new": "true"},)
