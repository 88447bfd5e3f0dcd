"""容缺 on the pages: what was promised to come later is named with its day, and comes by upload or over the counter."""

from __future__ import annotations

import io
import re
from datetime import date, datetime, time, timedelta

import pytest

from engine.background.demonstration_clock import step_through
from engine.background.worker import run_dry
from engine.cases.accept import Acceptance
from engine.cases.access import parse_task_id
from engine.cases.complete_task import Completion
from engine.cases.inbox import InboxQuery
from engine.cases.submit import Application
from engine.cases.supplement import Supplement, Supplied
from engine.catalogue.regimes import Regime
from engine.clock import CST
from engine.credit_first.commitment import NewCommitment
from engine.demonstration_cases import BUILDER, BUILDING, CITY, FUNDS
from engine.errors import Invalid
from engine.organization.actor import Actor
from engine.timelimits.national import national_calendar
from tests.engine.papers import PDF
from tests.web.test_language import unmarked


@pytest.fixture
def tolerated(engine, actor):
    """A case that was accepted though the proof of the funds is to come; its number, query code and day."""
    name, code = BUILDER
    clerk = actor("clerk.chen")
    applicant = {"kind": "legal-person", "name": name, "credit_code": code}
    form = {"project_name": "示范大厦", "address": "天河区示范路31号", "floor_area": 9800}
    item = engine.catalogue.item(BUILDING, CITY)
    papers = tuple(one.code for one in item.materials if one.code != FUNDS)
    made = engine.submit(clerk, Application(BUILDING, CITY, applicant, form, papers=papers))
    number = made["number"]
    reviewers = {"drawings_building": "housing.huang", "drawings_fire": "fire.liu", "drawings_air_defence": "air.wu"}
    for node, by in reviewers.items():
        found = engine.inbox(Actor.system(), InboxQuery(case=number, node=node))["items"][0]["id"]
        engine.complete(actor(by), Completion(*parse_task_id(found), "passed", "通过。"))
    rule = next(one for one in item.regimes if one.regime is Regime.TOLERANCE)
    today = date.fromisoformat(engine.get_case(clerk, number)["submitted_at"][:10])
    day = national_calendar().add(today, 2).day
    signed = NewCommitment(
        number, Regime.TOLERANCE, rule.text.version, rule.text.hash, (FUNDS,), "window", {"name": name}, day
    )
    engine.credit.sign(Actor.system(), signed)
    engine.accept(clerk, Acceptance(number, "accepted", "容缺受理。"))
    return number, made["query_code"], day.isoformat()


def test_the_applicant_uploads_what_was_promised(engine, page, tolerated):
    number, code, day = tolerated
    page.post("/progress", data={"number": number, "query_code": code})
    shown = page.get(f"/progress/{number}").text
    assert f"请在 {day} 前补交容缺材料" in shown
    assert f'name="paper.{FUNDS}"' not in shown  # nobody looks again: to say that it came is not enough
    assert f"/progress/{number}/tasks/" not in shown
    assert not unmarked(page.get(f"/progress/{number}?lang=en").text)
    page.get(f"/progress/{number}?lang=zh")
    csrf = shown.split('name="csrf" value="')[1].split('"')[0]
    claimed = page.post(f"/progress/{number}/supplements", data={"csrf": csrf, f"paper.{FUNDS}": "yes"})
    assert claimed.status_code == 422
    assert "请先上传材料" in claimed.text
    with pytest.raises(Invalid, match="materials"):
        engine.intake.supply(engine.applicants.enter(number, code, None), Supplement(number, (Supplied(FUNDS),)))
    upload = {"csrf": csrf, "code": FUNDS, "file": (io.BytesIO(PDF), "funds.pdf")}
    assert page.post(f"/progress/{number}/materials", data=upload).status_code == 303
    assert page.post(f"/progress/{number}/supplements", data={"csrf": csrf}).status_code == 303
    assert "补交容缺材料</a>" not in page.get(f"/progress/{number}").text
    assert engine.inbox(Actor.system(), InboxQuery(case=number, node="supply_tolerated"))["items"] == []


def test_the_window_notes_what_was_brought(engine, desk, tolerated):
    number, _, day = tolerated
    clerk = desk("clerk.chen")
    task = engine.inbox(Actor.system(), InboxQuery(case=number, node="supply_tolerated"))["items"][0]["id"]
    shown = clerk.get(f"/admin/tasks/{task}").text
    assert f'href="/admin/cases/{number}#supply"' in shown
    assert f"/admin/tasks/{task}/complete" not in shown
    shown = clerk.get(f"/admin/cases/{number}").text
    assert f"在 {day} 前补交" in shown
    assert clerk.post(f"/admin/cases/{number}/supplements").status_code == 422
    assert clerk.post(f"/admin/cases/{number}/supplements", material=FUNDS).status_code == 303
    assert engine.inbox(Actor.system(), InboxQuery(case=number, node="supply_tolerated"))["items"] == []
    shown = clerk.get(f"/admin/cases/{number}").text
    assert 'id="supply"' not in shown
    assert "未交" not in shown


def test_the_applicant_is_reminded_and_told_in_words_what_came_of_it(engine, page, tolerated):
    number, code, day = tolerated
    step_through(engine, datetime.combine(date.fromisoformat(day), time(23, 59), CST) + timedelta(days=1), put(engine))
    run_dry(engine)
    page.post("/progress", data={"number": number, "query_code": code})
    shown = page.get(f"/progress/{number}").text
    assert f"提醒：请在 {day} 前补交您承诺容缺的材料" in shown
    assert "视为撤回申请" in re.search(r"<dt>结果</dt>\s*<dd>(.*?)</dd>", shown, re.S)[1]
    assert "deemed-withdrawn" not in shown


def put(engine):
    """Sets the clock of the database."""
    fixed = "UPDATE platform SET clock_fixed_at = %s"
    return lambda at: engine.perform(Actor.system("test"), lambda uow: uow.write(fixed, (at,)))
