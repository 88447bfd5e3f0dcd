"""Drafts: saved right or wrong, judged by the item of today, submitted whole with their materials; one's own alone."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta

import pytest
from sqlalchemy import text

from engine.background.worker import run_dry
from engine.bpmn.faults import StepTooLong
from engine.cases.accept import Acceptance, Listed, MaterialHeld
from engine.cases.add_material import NewMaterial
from engine.cases.draft_rows import KEPT, DraftQuotaReached, DraftSubmitted, TooManyDrafts
from engine.cases.submit import Application, OpenAlready
from engine.doors.drafts import DraftContent, DraftIncomplete, DraftItemChanged, NotOnline
from engine.errors import Forbidden, Invalid, NotFound
from engine.organization.actor import Actor
from tests.engine.applicants import BODY, PERSON, registered
from tests.engine.papers import PDF, PNG
from tests.engine.stories import SYSTEM
from tests.engine.test_accounts import HOTEL

ITEM, REGION = "hotel-hygiene-permit", "440106"
ANSWERS = {"air-conditioning": "no"}
CODES = ("application-form", "floor-plan", "test-report", "health-certificates", "hygiene-rules")


def uploaded(engine, me, draft, code, content=PDF, name="a.pdf"):
    with engine.materials.receiving(io.BytesIO(content), name) as incoming:
        return engine.drafts.add_material(me, draft, code, incoming)


def digest(content):
    return hashlib.sha256(content).hexdigest()


def begun(engine, me, form=HOTEL, answers=ANSWERS):
    return engine.drafts.start(me, ITEM, REGION, DraftContent(answers, form))["id"]


def whole(engine, me, form=HOTEL):
    """A draft that can be submitted."""
    draft = begun(engine, me, form)
    for n, code in enumerate(CODES):
        uploaded(engine, me, draft, code, PDF + str(n).encode())
    assert engine.drafts.get(me, draft)["ready"]
    return draft


def test_a_draft_is_kept_wrong_or_right_and_says_what_is_wrong(engine):
    me, other = registered(engine), registered(engine, BODY)
    draft = engine.drafts.start(me, ITEM, REGION, DraftContent())["id"]
    empty = engine.drafts.get(me, draft)
    assert {"answers.air-conditioning", "form.hotel_name", "materials.floor-plan"} <= set(empty["problems"])
    saved = engine.drafts.save(me, draft, DraftContent(ANSWERS, HOTEL | {"rooms": "many"}, {"phone": "13800000009"}))
    assert saved["form"]["rooms"] == "many"
    assert set(saved["problems"]) == {"form.rooms", *(f"materials.{code}" for code in CODES)}
    assert saved["expires_at"] > saved["saved_at"]
    for wrong in (
        DraftContent(form={"unknown": 1}),
        DraftContent(form={"hotel_name": "x" * 40_000}),
        DraftContent(reached={"name": "冒名"}),
        DraftContent({f"q{n}": "x" for n in range(99)}),
    ):
        with pytest.raises(Invalid):
            engine.drafts.save(me, draft, wrong)
    assert engine.drafts.get(me, draft)["form"]["rooms"] == "many"
    with pytest.raises(DraftIncomplete) as refused:
        engine.drafts.submit(me, draft)
    assert "form.rooms" in refused.value.params["fields"]
    for use in (engine.drafts.get, engine.drafts.submit, engine.drafts.discard, engine.drafts.form_of):
        with pytest.raises(NotFound):
            use(other, draft)
        with pytest.raises(NotFound):
            use(me, "no-such-draft")
        with pytest.raises(Forbidden):
            use(Actor.applicant("applicant:440100-20260101-000001", "x"), draft)
    assert [one["id"] for one in engine.drafts.list(me)] == [draft]
    assert engine.drafts.list(other) == []
    engine.drafts.discard(me, draft)
    assert engine.drafts.list(me) == []


def test_a_draft_becomes_a_case_with_its_materials_and_a_receipt(engine, actor):
    me = registered(engine, BODY)
    draft = whole(engine, me)
    for n in range(2):
        uploaded(engine, me, draft, "floor-plan", PDF + f"more {n}".encode())
    made = engine.drafts.submit(me, draft)
    number = made["number"]
    case = engine.get_case(SYSTEM, number)
    assert (case["channel"], case["form"]["rooms"], case["applicant"]["credit_code"]) == ("online", 36, BODY.number)
    handed = engine.materials.listed(me, number)["items"]
    assert [(one["code"], one["source"], one["added_as"]) for one in handed] == [
        (code, "upload", "applicant") for code in (*CODES, "floor-plan", "floor-plan")
    ]
    assert [one["kind"] for one in case["documents"]] == ["receipt"]
    content = case["documents"][0]["content"]
    assert (content.count("平面图"), content.count("（3 份）")) == (1, 1)
    assert engine.verify_record(number).whole
    assert engine.drafts.list(me) == []
    assert engine.drafts.get(me, draft)["number"] == number
    assert engine.drafts.get(me, draft)["form"] == {}
    with pytest.raises(DraftSubmitted) as again:
        engine.drafts.submit(me, draft)
    assert again.value.params == {"number": number}
    engine.materials.clean(0)  # takes what nothing names: these are the case's now
    with engine.materials.open(me, number, 1).file as file:
        assert file.read().startswith(PDF)
    with pytest.raises(OpenAlready):
        engine.drafts.submit(me, whole(engine, me))


def test_materials_of_a_draft(engine):
    me = registered(engine)
    draft = begun(engine, me)
    uploaded(engine, me, draft, "floor-plan")
    twice = uploaded(engine, me, draft, "floor-plan")
    plan = next(one for one in twice["materials"] if one["code"] == "floor-plan")
    assert [one["number"] for one in plan["given"]] == [1]
    more = uploaded(engine, me, draft, "floor-plan", PNG, "b.png")
    assert len(next(one for one in more["materials"] if one["code"] == "floor-plan")["given"]) == 2
    with engine.drafts.open_material(me, draft, 2).file as file:
        assert file.read() == PNG
    on_paper = engine.drafts.add_material(me, draft, "test-report", None)
    assert "materials.test-report" not in on_paper["problems"]
    with pytest.raises(Invalid):
        engine.drafts.add_material(me, draft, "no-such-material", None)
    for number in (99, 3):
        with pytest.raises(NotFound):
            engine.drafts.open_material(me, draft, number)
    with pytest.raises(NotFound):
        engine.drafts.add_material(me, draft, "floor-plan", {"from_case": "440100-20260101-000001", "from_material": 1})
    engine.drafts.drop_material(me, draft, 1)
    with pytest.raises(NotFound):
        engine.drafts.drop_material(me, draft, 1)
    object.__setattr__(engine.settings, "case_quota", 10)
    with pytest.raises(DraftQuotaReached):
        uploaded(engine, me, draft, "floor-plan", PDF + b"x")
    engine.materials.clean(0)
    assert [engine.files.has(digest(one)) for one in (PDF, PNG)] == [False, True]  # nothing names the first any more
    engine.drafts.discard(me, draft)
    engine.materials.clean(0)
    assert not engine.files.has(digest(PNG))


def test_what_the_platform_holds_is_offered_and_not_demanded(engine, actor):
    me = registered(engine, BODY)
    clerk = actor("tianhe.lin")
    theirs = {"name": BODY.name, "credit_code": BODY.number}
    earlier = engine.submit(clerk, Application(ITEM, REGION, theirs, HOTEL | {"address": "别处 1 号"}))["number"]
    with engine.materials.receiving(io.BytesIO(PDF), "plan.pdf") as incoming:
        engine.materials.add(clerk, NewMaterial(earlier, "floor-plan", original_compared=True), incoming)
    draft = begun(engine, me)
    assert "materials.floor-plan" in engine.drafts.get(me, draft)["problems"]  # a number that is only declared
    engine.accounts.confirm(clerk, BODY.username, "营业执照")
    seen = engine.drafts.get(me, draft)
    assert next(one for one in seen["materials"] if one["code"] == "floor-plan")["state"] == "held"
    for code in CODES:
        if code != "floor-plan":
            engine.drafts.add_material(me, draft, code, None)
    number = engine.drafts.submit(me, draft)["number"]
    (taken,) = engine.materials.listed(me, number)["items"]
    assert (taken["code"], taken["source"], taken["origin"]["case"], taken["trust"]) == (
        "floor-plan",
        "case",
        earlier,
        "B",
    )
    with pytest.raises(MaterialHeld):
        engine.accept(clerk, Acceptance(number, "supplement", materials=(Listed("floor-plan", "请提供"),)))
    assert engine.verify_record(number).whole


def test_a_draft_outlives_a_new_version_of_the_item_and_says_what_changed(engine):
    me = registered(engine)
    draft = whole(engine, me)
    with engine.database.begin() as connection:
        connection.execute(
            text(
                "UPDATE drafts SET seen = jsonb_set(jsonb_set(seen, '{version}', '0'), '{fields}', "
                '\'{"old": "旧字段", "hotel_name": "旅馆名称"}\')'
            )
        )
    changed = engine.drafts.get(me, draft)["changed"]
    assert (changed["from"], changed["to"]) == (0, 1)
    assert changed["fields_gone"] == ["旧字段"]
    assert "经营地址" in changed["fields_new"]
    with pytest.raises(DraftItemChanged):
        engine.drafts.submit(me, draft)
    engine.drafts.save(me, draft, DraftContent(ANSWERS, HOTEL, version=0))  # who still sees the old one
    assert engine.drafts.get(me, draft)["changed"]
    engine.drafts.save(me, draft, DraftContent(ANSWERS, HOTEL, version=1))
    assert engine.drafts.get(me, draft)["changed"] is None
    with pytest.raises(DraftItemChanged):
        engine.drafts.submit(me, draft, version=7)
    assert engine.drafts.submit(me, draft, version=1)["state"] == "submitted"


def test_a_draft_goes_when_its_time_is_over_and_there_are_so_many_at_most(engine, monkeypatch):
    me = registered(engine)
    draft = begun(engine, me)
    uploaded(engine, me, draft, "floor-plan")
    monkeypatch.setattr("engine.cases.draft_rows.MOST_DRAFTS", 1)
    with pytest.raises(TooManyDrafts):
        begun(engine, me)
    with engine.database.begin() as connection:
        connection.execute(text("UPDATE platform SET clock_offset = :days"), {"days": KEPT + timedelta(minutes=1)})
    with pytest.raises(NotFound):
        engine.drafts.get(me, draft)
    assert engine.drafts.list(me) == []
    assert engine.drafts.forget_expired() == 1
    engine.materials.clean(0)
    assert not engine.files.has(digest(PDF))


def test_what_cannot_be_applied_for_online_is_told(engine, monkeypatch):
    me = registered(engine)
    monkeypatch.setattr("engine.doors.drafts.ONLINE", "by-pigeon")
    with pytest.raises(NotOnline):
        begun(engine, me)
    monkeypatch.undo()
    with pytest.raises(Invalid):
        engine.drafts.start(me, "no-such-item", REGION, DraftContent())
    with pytest.raises(Invalid):
        engine.drafts.start(me, ITEM, "999999", DraftContent())
    run_dry(engine)


def test_an_application_is_not_lost_to_a_faulty_process(engine, monkeypatch):
    """The same way as any submission: stored without its start, with an incident, and its materials with it."""
    me = registered(engine, PERSON)
    draft = whole(engine, me)
    monkeypatch.setattr("engine.cases.submit.ProcessRun.start", broken)
    made = engine.drafts.submit(me, draft)
    assert made["held"]
    assert len(engine.materials.listed(me, made["number"])["items"]) == len(CODES)
    assert engine.drafts.get(me, draft)["number"] == made["number"]


def broken(*_):
    raise StepTooLong(most=1, node="x")
