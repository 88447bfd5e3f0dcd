"""Applicants at the portal: registering, logging in, one's own cases, and what one does about them without a clerk."""

from __future__ import annotations

import io
import re

from engine.background.worker import run_dry
from engine.cases.accept import Acceptance, Listed
from engine.cases.access import parse_task_id
from engine.cases.inbox import InboxQuery
from engine.cases.submit import query_code
from tests.engine.applicants import BODY, PASSWORD, PERSON
from tests.engine.papers import PDF, PROGRAM
from tests.engine.stories import REVIEWERS, SYSTEM, complete
from tests.engine.test_accounts import ASKED
from tests.web.applicant import Visitor, visitor
from tests.web.test_language import left_over, unmarked


def actor_of(engine):
    return engine.authenticate(engine.accounts.log_in(PERSON.username, PASSWORD)["token"])


def test_registering_and_logging_in(page, app, engine):
    data = {"kind": "person", "name": "张伟", "mobile": "1", "username": "x", "password": "short"}
    bad = page.post("/account/register", data=data)
    assert bad.status_code == 422
    for name in ("id_number", "mobile", "username", "password"):
        assert f'id="{name}-wrong"' in bad.text
    assert "short" not in bad.text
    assert page.get("/account").headers["Location"] == "/account/login?next=/account"
    assert page.post("/account/login", data={"username": "zhang.wei", "password": "no"}).status_code == 401
    me = visitor(page)
    for path in ("/account", "/", "/items"):
        assert "张伟" in me.get(path).text, path
    assert me.post("/account/settings", csrf="0" * 64, mobile="13800000009").status_code == 403
    assert me.post("/account/settings", mobile="12").status_code == 422
    assert me.post("/account/settings", mobile="13800000009", address="天河").status_code == 303
    assert "13800000009" in me.get("/account/settings").text
    assert me.post("/account/password", old="wrong", password="another one 5").status_code == 401
    assert me.post("/account/password", old=PASSWORD, password="another one 5").status_code == 303
    assert page.get("/admin/cases").status_code == 303  # an applicant is no officer
    assert me.post("/account/logout").headers["Location"] == "/account/login?out"
    assert page.get("/account").status_code == 303
    away = Visitor(app.test_client()).client.post("/account/withdraw", data={"csrf": "x"})
    assert away.status_code in (401, 404)
    assert engine.accounts.is_account("zhang.wei")


def test_an_applicant_does_everything_about_a_case_without_a_clerk(page, app, engine, actor):
    me, other = visitor(page), visitor(app.test_client(), BODY)
    clerk = actor("clerk.chen")
    number = engine.submit(actor_of(engine), ASKED)["number"]
    here = f"/account/cases/{number}"
    assert other.get(here).status_code == 404
    engine.accept(clerk, Acceptance(number, "supplement", materials=(Listed("survey-results", "缺少成果"),)))
    assert "需要补正" in me.get("/account").text
    assert "缺少成果" in me.get(here).text
    assert me.post(f"{here}/supplements").status_code == 422  # nothing was brought yet
    assert me.post(f"{here}/materials", code="survey-results", file=(io.BytesIO(PROGRAM), "a.pdf")).status_code == 422
    assert me.post(f"{here}/materials", code="survey-results", file=(io.BytesIO(PDF), "a.pdf")).status_code == 303
    assert "已上传" in me.get(here).text
    assert other.post(f"{here}/supplements").status_code == 404
    assert me.post(f"{here}/supplements").headers["Location"] == f"{here}?supplied"
    engine.accept(clerk, Acceptance(number, "accepted"))
    for node, who in REVIEWERS.items():
        complete(engine, actor(who), number, node, "faults" if node == "fire" else "passed")
    assert "1 个环节等您办理" in me.get("/account").text
    rectify = re.search(rf'action="({here}/tasks/\d+)"', me.get(here).text)[1]
    assert other.post(rectify, words="已整改").status_code == 404
    assert me.post(f"{here}/tasks/999", words="已整改").status_code == 404
    assert me.post(rectify, outcome="no-such-outcome").status_code == 422
    assert me.post(rectify, **rectified(engine, number)).headers["Location"] == f"{here}?done"
    complete(engine, actor(REVIEWERS["fire"]), number, "fire", "passed")
    for node, who, outcome in (
        ("merge", "housing.huang", "merged"),
        ("decide", "housing.liang", "granted"),
    ):
        complete(engine, actor(who), number, node, outcome)
    complete(engine, SYSTEM, number, "certificate", "issued")
    run_dry(engine)
    shown = me.get(here).text
    assert f"{here}/withdrawal" not in shown  # decided
    paper = re.search(rf"{here}/documents/(\w+)/receipt", shown)[1]
    assert me.get(f"{here}/documents/{paper}/file").data[:5] == b"%PDF-"
    assert engine.documents.sign_for(actor_of(engine), number, paper)["delivered_at"].endswith("+08:00")
    assert me.post(f"{here}/documents/{paper}/receipt").headers["Location"] == f"{here}?signed"
    assert "网上签收" in me.get(f"{here}?signed").text
    assert f"{here}/documents/{paper}/receipt" not in me.get(here).text
    assert engine.verify_record(number).whole


def rectified(engine, number):
    """What the applicant says at the rectification: its first outcome, where it has some."""
    view = engine.get_task(SYSTEM, *parse_task_id(engine.inbox(SYSTEM, InboxQuery(case=number))["items"][0]["id"]))
    outcome = view["outcomes"][0]["value"] if view["outcomes"] else ""
    return {"outcome": outcome, "words": "已整改"}


def test_a_clerk_confirms_who_is_at_the_window(page, desk, engine):
    visitor(page)
    clerk = desk("clerk.chen")
    assert "/admin/applicants" in clerk.get("/admin/window").text
    assert clerk.get("/admin/applicants?username=nobody.here").status_code == 404
    found = clerk.get(f"/admin/applicants?username={PERSON.username}").text
    assert PERSON.number in found
    assert clerk.post("/admin/applicants", username=PERSON.username).status_code == 422
    assert clerk.post("/admin/applicants", username=PERSON.username, document="身份证").status_code == 303
    assert "身份已核验。" in clerk.get(f"/admin/applicants?username={PERSON.username}&confirmed").text
    assert desk("fire.liu").get("/admin/applicants").status_code == 403
    assert unmarked(clerk.get("/admin/applicants?lang=en").text) == []


def test_a_forgotten_password_is_renewed_at_the_window_and_on_the_page(page, desk, engine):
    me = visitor(page)
    clerk = desk("clerk.chen")
    path = "/admin/applicants/password-reset"
    assert clerk.post(path, username=PERSON.username).status_code == 422
    shown = clerk.post(path, username=PERSON.username, document="身份证").text
    code = re.search(r"<strong><code>([A-Z2-7 ]+)</code>", shown)[1]
    assert desk("fire.liu").post(path, username=PERSON.username, document="身份证").status_code == 403
    me.post("/account/logout")
    assert "/account/reset" in page.get("/account/login").text
    asked = {"username": PERSON.username, "code": "AAAA", "password": "another horse 7"}
    assert page.post("/account/reset", data=asked).status_code == 403
    done = page.post("/account/reset", data=asked | {"code": code})
    assert (done.status_code, done.headers["Location"]) == (303, "/account/login?renewed")
    assert page.get("/account").status_code == 303
    assert "新口令已设置" in page.get("/account/login?renewed").text
    assert page.post("/account/login", data=asked).status_code == 303
    told = clerk.get(f"/admin/applicants?username={PERSON.username}").text
    assert "使用" in told
    assert code not in told
    for one in (page, clerk):
        assert unmarked(one.get("/account/reset?lang=en" if one is page else "/admin/applicants?lang=en").text) == []


def test_the_same_with_a_query_code_alone(page, engine, actor):
    number = engine.submit(actor("clerk.chen"), ASKED)["number"]
    code = query_code(engine.settings.secret_key, number)
    here = f"/progress/{number}"
    assert page.post(f"{here}/withdrawal", data={"sure": "yes"}).status_code == 404
    page.post("/progress", data={"number": number, "query_code": code})
    assert page.post(f"{here}/withdrawal", data={"reason": "改期"}).status_code == 422
    assert page.post(f"{here}/withdrawal", data={"reason": "改期", "sure": "yes"}).status_code == 303
    assert "申请已撤回。" in page.get(f"{here}?withdrawn").text
    assert engine.case_file(number)["result"] == "withdrawn"


def test_the_pages_are_in_the_language_that_was_asked_for(page, engine, actor):
    me = visitor(page)
    number = engine.submit(actor_of(engine), ASKED)["number"]
    engine.accept(actor("clerk.chen"), Acceptance(number, "supplement", materials=(Listed("survey-results", "缺"),)))
    run_dry(engine)
    for path in ("/account", f"/account/cases/{number}", "/account/settings"):
        assert unmarked(me.get(f"{path}?lang=en").text) == [], path
        chinese = re.sub(r"[0-9a-f]{32,64}|pdf jpg.*?dwg", "", me.get(f"{path}?lang=zh").text)
        assert left_over(chinese) == [], path
