"""What an attacker would try at the pages: in a real browser, with every field that somebody else writes."""

from __future__ import annotations

import base64
import logging
import re

import pytest

from engine.cases.accept import Acceptance
from engine.cases.inbox import InboxQuery
from engine.cases.submit import PERSONAL, Application, query_code
from engine.settings import DEMONSTRATION_PASSWORD
from tests.engine.stories import ITEM, REGION, accepted, complete, deploy
from tests.web.conftest import needs_browser

#: Breaks out of text, of attributes with either quote, of a script, of JSON, and of a style.
HOSTILE = "</script><img src=x onerror=window.owned=1>'\"`><svg onload=window.owned=1>{{7*7}}"
ATTRIBUTE = HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
IDENTITY, PHONE = "440106199001011234", "13800138000"


@pytest.fixture
def poisoned(engine, actor):
    """A case in whose every field, node name and stage something hostile stands; its number."""
    bpmn = (engine.settings.processes / ITEM / "process.bpmn").read_text("utf-8")
    for name in ("消防验收", "意见汇总", "并联验收", "Fire acceptance", "验收合格", "窗口受理"):
        assert name in bpmn, name
        bpmn = bpmn.replace(name, name + ATTRIBUTE)
    deploy(engine, bpmn.encode())
    applicant = dict.fromkeys(PERSONAL, HOSTILE) | {"kind": "enterprise"}
    asked = Application(ITEM, REGION, applicant, {HOSTILE[:90]: HOSTILE}, external_number=HOSTILE[:90])
    number = engine.submit(actor("clerk.chen"), asked)["number"]
    engine.accept(actor("clerk.chen"), Acceptance(number, "accepted", HOSTILE))
    complete(engine, actor("water.jiang"), number, "drainage", "faults", HOSTILE)
    return number


@needs_browser
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_somebody_writes_is_never_run(person, engine, actor, poisoned, lang):
    task = engine.inbox(actor("fire.liu"), InboxQuery())["items"][0]["id"]
    applicant, officer, clerk = person(lang), person(lang), person(lang)
    applicant.look_up(poisoned, query_code(engine.settings.secret_key, poisoned))
    applicant.page.wait_for_selector(".process-diagram.is-drawn svg .mark-current")
    assert "<img src=x" in applicant.text(), "it is shown as it was written"
    officer.log_in("fire.wei")
    clerk.log_in("clerk.chen")
    for who, path in [
        (officer, f"/admin/tasks/{task}"),
        (officer, "/admin/inbox"),
        (officer, "/admin/department"),
        (officer, f"/admin/inbox?case={HOSTILE}"),
        (officer, f"/admin/cases?applicant={HOSTILE}"),
        (clerk, f"/admin/cases/{poisoned}"),
        (clerk, f"/admin/cases/{poisoned}/receipt"),
        (clerk, f"/admin/window?find=1&number={HOSTILE}"),
        (clerk, f"/admin/login?next={HOSTILE}"),
    ]:
        who.open(path)
        if "task" in path or path.endswith(poisoned):
            who.page.wait_for_selector(".process-diagram.is-drawn svg .mark-current")
        assert who.page.evaluate("window.owned") is None, path
        assert who.page.locator("img[src=x], svg[onload]").count() == 0, path
        assert "49" not in who.page.title(), path
    for who in (applicant, officer, clerk):
        assert who.page.evaluate("window.owned") is None
        assert who.complaints == []


@needs_browser
def test_the_query_code_stands_in_no_address_no_history_and_no_referer(person, engine, actor, caplog):
    caplog.set_level(logging.DEBUG)
    number = accepted(engine, actor)
    code = query_code(engine.settings.secret_key, number)
    applicant = person()
    referers = []
    applicant.page.on("request", lambda request: referers.append(request.headers.get("referer", "")))
    applicant.look_up(number, code)
    page = applicant.page
    page.wait_for_selector(".process-diagram.is-drawn svg .mark-current")
    page.wait_for_event("request", lambda request: "seen=" in request.url)
    with page.expect_navigation():
        page.click("text=刷新")
    with page.expect_navigation():
        page.click(".site-tools a")
    visited = [page.url]
    for _ in range(4):
        if page.go_back() is None:
            break
        visited.append(page.url)
    assert len(visited) > 2
    for told in (*applicant.asked, *referers, *visited, caplog.text, page.content()):
        assert code not in told


def test_neither_page_nor_answer_tells_who_applies_or_how_nodes_are_called_inside(page, engine, actor):
    applicant = {"kind": "person", "name": "张三丰", "id_number": IDENTITY, "phone": PHONE, "address": "示例路 9 号"}
    number = engine.submit(actor("clerk.chen"), Application(ITEM, REGION, applicant, {"note": IDENTITY}))["number"]
    engine.accept(actor("clerk.chen"), Acceptance(number, "accepted"))
    complete(engine, actor("fire.liu"), number, "fire", "passed", "合格。")
    code = query_code(engine.settings.secret_key, number)
    page.post("/progress", data={"number": number, "query_code": code})
    diagram = engine.progress(number, code, picture="zh")["diagram"]
    told = [
        page.get(f"/progress/{number}").text,
        page.get(f"/api/v1/progress/{number}?query_code={code}").text,
        base64.b64decode(diagram["xml"]).decode(),
    ]
    for one in told:
        for secret in (
            IDENTITY,
            PHONE,
            "张三丰",
            "示例路 9 号",
            "civil_air_defence",
            "gz-fire-acceptance",
            "ow:assignment",
        ):
            assert secret not in one, secret


@pytest.mark.parametrize(
    "path",
    ["/", "/progress/x", "/nowhere", "/admin/login", "/admin/inbox", "/admin/nowhere", "/clock"],
)
def test_every_page_is_strict_whatever_it_answers(page, path):
    shown = page.get(path, headers={"Accept": "text/html"})
    policy = shown.headers["Content-Security-Policy"]
    for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
        assert part in policy
    assert "unsafe" not in policy
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Referrer-Policy"] == "same-origin"
    assert shown.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "origin", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_another_site_can_neither_log_somebody_in_nor_act_for_him(page, desk, origin):
    form = {"username": "fire.liu", "password": DEMONSTRATION_PASSWORD}
    refused = page.post("/admin/login", data=form, headers=origin)
    assert refused.status_code == 403
    assert "Set-Cookie" not in refused.headers
    officer = desk("clerk.chen")
    sent = {"csrf": officer.token(), "item": ITEM, "region": REGION, "applicant.name": "甲"}
    assert officer.client.post("/admin/applications", data=sent, headers=origin).status_code == 403
    assert page.post("/clock", data={"days": "10"}, headers=origin).status_code == 403


def test_a_token_of_another_session_is_none(desk):
    one, other = desk("clerk.chen"), desk("clerk.li")
    sent = {"item": ITEM, "region": REGION, "applicant.name": "甲"}
    assert one.post("/admin/applications", csrf=other.token(), **sent).status_code == 403
    assert one.post("/admin/applications", csrf="", **sent).status_code == 403
    assert one.post("/admin/applications", **sent).status_code == 303


def test_a_name_that_is_locked_is_locked_at_every_door_and_in_every_spelling(page):
    for spelled in ("fire.liu", " fire.liu", "fire.liu ", "fire.liu", "fire.liu"):
        page.post("/admin/login", data={"username": spelled, "password": "wrong"})
    right = {"username": "fire.liu", "password": DEMONSTRATION_PASSWORD}
    assert page.post("/admin/login", data=right).status_code == 429
    assert page.post("/admin/login", data=right, headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 429
    assert page.post("/api/v1/tokens", json=right).status_code == 429
    assert page.post("/admin/login", data=right | {"username": "FIRE.LIU"}).status_code in (401, 429)


def test_a_page_that_a_post_answered_can_be_read_in_the_other_language(desk, engine, actor):
    accepted(engine, actor)
    officer = desk("fire.liu")
    task = re.search(r'href="/admin/tasks/([^"]+)"', officer.get("/admin/inbox").text)[1]
    for path, fields in ((f"/admin/tasks/{task}/complete", {"outcome": "faults"}), ("/admin/applications", {})):
        who = officer if "tasks" in path else desk("clerk.chen")
        shown = who.post(path, **fields)
        assert shown.status_code == 422, path
        switch, back = (
            re.search(r'href="([^"]+)" lang="en"', shown.text)[1],
            re.search(r'name="back" value="([^"]+)"', shown.text)[1],
        )
        assert who.get(switch.replace("&amp;", "&")).status_code == 200
        assert who.get(back).status_code == 200
