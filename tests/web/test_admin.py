"""The pages of the inside: who gets in, how forms are guarded, and that nothing that was written is lost."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from engine.cases.submit import query_code
from tests.engine.papers import PDF
from tests.engine.stories import accepted, complete, submitted

HOSTILE = "<script>alert(1)</script>"


def task_of(desk, number):
    return re.search(r'href="/admin/tasks/([^"]+)"', desk.get(f"/admin/inbox?case={number}").text)[1]


# -- sessions


def test_who_is_unknown_is_sent_to_log_in_and_back(page):
    sent = page.get("/admin/inbox?light=red")
    assert (sent.status_code, sent.headers["Location"]) == (303, "/admin/login?next=/admin/inbox%3Flight%3Dred")
    form = {"username": "fire.liu", "password": "onewindow-demo", "next": "/admin/inbox?light=red"}
    back = page.post("/admin/login", data=form)
    assert (back.status_code, back.headers["Location"]) == (303, "/admin/inbox?light=red")
    assert page.get("/admin/inbox").status_code == 200


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:1"])
def test_nobody_is_sent_elsewhere_after_the_log_in(page, elsewhere):
    form = {"username": "fire.liu", "password": "onewindow-demo", "next": elsewhere}
    assert page.post("/admin/login", data=form).headers["Location"] == "/admin/"


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(page):
    answers = [
        page.post("/admin/login", data={"username": name, "password": "wrong"}) for name in ("fire.liu", "nobody")
    ]
    assert [one.status_code for one in answers] == [401, 401]
    texts = [re.sub(r"<time>.*?</time>", "", one.text).replace("fire.liu", "").replace("nobody", "") for one in answers]
    assert texts[0] == texts[1]
    assert page.post("/admin/login", data={"username": "a\0b", "password": "\0"}).status_code == 401


def test_guessing_locks_the_name_for_a_while(page):
    for _ in range(5):
        assert page.post("/admin/login", data={"username": "fire.liu", "password": "wrong"}).status_code == 401
    locked = page.post("/admin/login", data={"username": "fire.liu", "password": "onewindow-demo"})
    assert locked.status_code == 429
    assert int(locked.headers["Retry-After"]) > 0


def test_the_cookie_is_out_of_reach_of_scripts_and_new_at_every_log_in(app, engine):
    client = app.test_client()
    form = {"username": "fire.liu", "password": "onewindow-demo"}
    client.set_cookie("onewindow-session", "chosen-by-somebody-else")
    cookies = [client.post("/admin/login", data=form).headers["Set-Cookie"] for _ in range(2)]
    assert cookies[0] != cookies[1]
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "chosen-by" not in cookie
    old = app.test_client()
    old.set_cookie("onewindow-session", re.search(r"=([^;]+);", cookies[0])[1])
    assert old.get("/admin/inbox").status_code == 303, "the session before is over"
    with engine.database.connect() as connection:
        kept = connection.execute(text("SELECT encode(hash, 'escape') FROM sessions")).scalars().all()
    assert not any(re.search(r"=([^;]+);", cookie)[1] in row for cookie in cookies for row in kept)


def test_in_production_the_cookie_needs_https_and_is_bound_to_the_host(engine):
    from dataclasses import replace

    import server
    from engine.assemble import Engine

    real = Engine(replace(engine.settings, demo=False), engine.database)
    with server.create_app(real).test_client() as client:
        cookie = client.post("/admin/login", data={"username": "fire.liu", "password": "onewindow-demo"}).headers
    assert cookie["Set-Cookie"].startswith("__Host-onewindow=")
    assert "Secure" in cookie["Set-Cookie"]


def test_logging_out_ends_the_session(desk):
    officer = desk("fire.liu")
    secret = officer.client.get_cookie("onewindow-session").value
    assert officer.post("/admin/logout").headers["Location"] == "/admin/login?out"
    assert officer.get("/admin/inbox").status_code == 303
    officer.client.set_cookie("onewindow-session", secret)
    assert officer.get("/admin/inbox").status_code == 303


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE sessions SET seen_at = seen_at - interval '31 minutes'",
        "UPDATE sessions SET expires_at = now()",
        "UPDATE officers SET active = false WHERE id = 'fire.liu'",
    ],
)
def test_a_session_ends_by_idleness_by_age_and_with_the_account(desk, engine, change):
    officer = desk("fire.liu")
    assert officer.get("/admin/inbox").status_code == 200
    with engine.database.begin() as connection:
        connection.execute(text(change))
    assert officer.get("/admin/inbox").status_code == 303


def test_use_keeps_a_session_alive(desk, engine):
    officer = desk("fire.liu")
    for _ in range(3):
        with engine.database.begin() as connection:
            connection.execute(text("UPDATE sessions SET seen_at = seen_at - interval '20 minutes'"))
        assert officer.get("/admin/inbox").status_code == 200


# -- forms


@pytest.mark.parametrize("token", ["", "0" * 64, "ä"])
def test_a_form_without_the_sessions_token_does_nothing_and_is_offered_again(desk, engine, actor, token):
    number = accepted(engine, actor)
    officer = desk("fire.liu")
    task = task_of(officer, number)
    refused = officer.post(f"/admin/tasks/{task}/complete", csrf=token, outcome="passed", opinion="很长的意见")
    assert refused.status_code == 403
    assert "很长的意见" in refused.text
    assert engine.get_case(actor("fire.liu"), number)["timeline"][2]["state"] == "open"
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', refused.text))
    action = re.search(r'<form method="post" action="(/admin/tasks[^"]+)"', refused.text)[1]
    fields.pop("back", None)
    assert officer.client.post(action, data=fields).status_code == 303
    row = next(one for one in engine.get_case(actor("fire.liu"), number)["timeline"] if one["node_id"] == "fire")
    assert (row["state"], row["opinion"]) == ("completed", "很长的意见")


def test_what_was_written_outlives_the_session(desk, engine, actor):
    number = accepted(engine, actor)
    officer = desk("fire.liu")
    task, token = task_of(officer, number), officer.token()
    with engine.database.begin() as connection:
        connection.execute(text("DELETE FROM sessions"))
    expired = officer.post(f"/admin/tasks/{task}/complete", csrf=token, outcome="faults", opinion=HOSTILE, key="k1")
    assert expired.status_code == 401
    assert HOSTILE not in expired.text
    form = dict(re.findall(r'<input type="hidden" name="(again[^"]+)" value="([^"]*)"', expired.text))
    form = {name: value.replace("&lt;", "<").replace("&gt;", ">").replace("&#39;", "'") for name, value in form.items()}
    wrong = officer.client.post("/admin/login", data=form | {"username": "fire.liu", "password": "wrong"})
    assert wrong.status_code == 401
    assert 'name="again.opinion"' in wrong.text
    confirm = officer.client.post("/admin/login", data=form | {"username": "fire.liu", "password": "onewindow-demo"})
    assert confirm.status_code == 200
    assert f'action="/admin/tasks/{task}/complete"' in confirm.text
    token = re.search(r'name="csrf" value="(\w+)"', confirm.text)[1]
    sent = officer.post(f"/admin/tasks/{task}/complete", csrf=token, outcome="faults", opinion=HOSTILE, key="k1")
    assert sent.status_code == 303
    shown = officer.get(f"/admin/cases/{number}").text
    assert HOSTILE not in shown
    assert "&lt;script&gt;" in shown


def test_a_form_that_is_sent_twice_is_done_once(desk, engine, actor):
    number = accepted(engine, actor)
    officer = desk("fire.liu")
    task = task_of(officer, number)
    for _ in range(2):
        sent = officer.post(f"/admin/tasks/{task}/complete", outcome="passed", opinion="好", key="one-form")
        assert (sent.status_code, f"number={number}" in sent.headers["Location"]) == (303, True)
    rows = [row for row in engine.get_case(actor("fire.liu"), number)["timeline"] if row["node_id"] == "fire"]
    assert len(rows) == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"outcome": "faults", "opinion": ""}, "选择该结果时必须填写意见"),
        ({"outcome": "nonsense", "opinion": "写了很久"}, "outcome"),
        ({"opinion": "写了很久"}, "outcome"),
        ({"outcome": "passed", "opinion": "长" * 4001}, "opinion"),
    ],
)
def test_what_is_refused_keeps_what_was_written(desk, engine, actor, fields, words):
    number = accepted(engine, actor)
    officer = desk("fire.liu")
    refused = officer.post(f"/admin/tasks/{task_of(officer, number)}/complete", **fields)
    assert refused.status_code == 422
    assert words in refused.text
    assert fields["opinion"] in refused.text


@pytest.mark.parametrize(
    "path",
    [
        "/admin/tasks/x",
        "/admin/tasks/%00.1",
        "/admin/tasks/00000000-0000-0000-0000-000000000000.1",
        "/admin/cases/440100-20990101-000001",
        "/admin/cases/%00",
        "/admin/nowhere",
    ],
)
def test_what_is_not_there_is_said_so(desk, path):
    shown = desk("fire.liu").get(path, headers={"Accept": "text/html"})
    assert shown.status_code == 404
    assert 'role="alert"' in shown.text


@pytest.mark.parametrize("query", ["cursor=x", "state=%00", "light=blue", "case=%00%ff", "sort=;", "mine=2", "x=1"])
def test_an_address_that_was_made_up_gets_a_page(desk, query):
    assert desk("fire.liu").get(f"/admin/inbox?{query}").status_code in (200, 422)
    assert desk("fire.liu").get(f"/admin/cases?{query}").status_code in (200, 422)


def test_every_page_is_strict(desk, page):
    officer, html = desk("fire.liu"), {"Accept": "text/html"}
    answers = [page.get("/admin/login"), page.get("/x", headers=html), officer.get("/admin/inbox")]
    for shown in (*answers, officer.get("/admin/tasks/x")):
        assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
        assert "unsafe" not in shown.headers["Content-Security-Policy"]
        assert shown.headers["Cache-Control"] == "no-store"
        assert shown.headers["X-Frame-Options"] == "DENY"
        assert shown.headers["X-Content-Type-Options"] == "nosniff"


# -- what people do


def test_a_clerk_receives_and_accepts(desk, engine, actor):
    clerk = desk("clerk.chen")
    assert "新收件" in clerk.get("/admin/window").text
    fields = {
        "item": "joint-final-inspection",
        "region": "440100",
        "applicant.name": "示例公司",
        "applicant.kind": "person",
    }
    fields |= {"name.1": "project_name", "value.1": "示例大厦", "name.2": "空", "external_number": "W-1"}
    made = clerk.post("/admin/applications", **fields)
    number = re.search(r"/admin/cases/([\d-]+)/receipt", made.headers["Location"])[1]
    receipt = clerk.get(made.headers["Location"]).text
    assert query_code(engine.settings.secret_key, number) in receipt
    case = engine.get_case(actor("clerk.chen"), number)
    assert (case["form"], case["external_number"]) == ({"project_name": "示例大厦"}, "W-1")
    assert case["applicant"] == {"name": "示例公司", "kind": "person"}
    assert number in clerk.get("/admin/window").text
    found = clerk.get(f"/admin/window?find=1&number={number}")
    assert found.headers["Location"] == f"/admin/cases/{number}"
    assert clerk.get("/admin/window?find=1&number=nothing").status_code == 404
    done = clerk.post(f"/admin/cases/{number}/acceptance", opinion="材料齐全。")
    assert f"办件 {number}：已受理。" in clerk.get(done.headers["Location"]).text
    assert engine.get_case(actor("clerk.chen"), number)["state"] == "accepted"
    again = clerk.post(f"/admin/cases/{number}/acceptance", opinion="再次")
    assert again.status_code == 409


def test_an_application_that_is_refused_keeps_what_was_written(desk):
    refused = desk("clerk.chen").post(
        "/admin/applications", item="nothing", region="440100", **{"applicant.name": "甲"}
    )
    assert refused.status_code == 422
    assert 'value="甲"' in refused.text
    assert "没有这个事项" in refused.text


def test_officers_and_strangers_get_what_the_ruling_says(desk, engine, actor):
    number = accepted(engine, actor)
    task = task_of(desk("fire.liu"), number)
    assert desk("water.jiang").get(f"/admin/tasks/{task}").status_code == 403
    assert desk("tianhe.xie").get(f"/admin/tasks/{task}").status_code == 404
    assert desk("supervisor.ma").get(f"/admin/tasks/{task}").status_code == 200
    assert desk("fire.liu").get("/admin/window").status_code == 403
    assert desk("fire.liu").get("/admin/department").status_code == 403
    assert desk("tianhe.lin").get(f"/admin/cases/{number}/receipt").status_code == 404
    assert desk("fire.liu").get(f"/admin/cases/{number}/receipt").status_code == 403
    assert desk("designer.xu").get("/admin/inbox").status_code == 403
    assert "接口" in desk("designer.xu").get("/admin/", follow_redirects=True).text


def test_a_task_is_claimed_and_released(desk, engine, actor):
    number = accepted(engine, actor)
    officer, other = desk("fire.liu"), desk("fire.sun")
    task = task_of(officer, number)
    assert "您正在办理" in officer.get(officer.post(f"/admin/tasks/{task}/claim").headers["Location"]).text
    seen = other.get(f"/admin/tasks/{task}").text
    assert "刘炎 正在办理" in seen
    assert "/complete" not in seen
    assert other.post(f"/admin/tasks/{task}/complete", outcome="passed").status_code == 409
    assert "已退领" in officer.get(officer.post(f"/admin/tasks/{task}/release").headers["Location"]).text


def test_other_departments_opinions_are_on_the_page_of_a_task(desk, engine, actor):
    number = accepted(engine, actor)
    complete(engine, actor("water.jiang"), number, "drainage", "passed", "雨污分流符合要求。")
    shown = desk("fire.liu").get(f"/admin/tasks/{task_of(desk('fire.liu'), number)}").text
    assert "雨污分流符合要求。" in shown
    assert "江流" in shown


def test_a_leader_sees_what_is_open_and_late(desk, engine, actor):
    from engine.background.demonstration_clock import advance_clock

    number = accepted(engine, actor)
    head = desk("fire.wei")
    shown = head.get("/admin/department").text
    assert "没有超期的任务" in shown
    assert number in shown
    advance_clock(engine, 11)
    # Eleven working days are a night's work for a session, too: it lives on wall time and is not over.
    late = head.get("/admin/department").text
    assert "超期 1 个工作日" in late
    assert re.search(r"<dt>超期</dt><dd>1</dd>", late)
    assert desk("water.shen").get("/admin/department").text.count("超期 5 个工作日") == 1


def test_a_case_that_waits_is_not_shown_to_another_region(desk, engine, actor):
    number = submitted(engine, actor)
    assert number in desk("clerk.li").get("/admin/window").text
    assert number not in desk("tianhe.lin").get("/admin/window").text
    assert desk("tianhe.lin").post(f"/admin/cases/{number}/acceptance").status_code == 404


def test_a_session_secret_is_no_access_token(desk, app):
    secret = desk("fire.liu").client.get_cookie("onewindow-session").value
    answer = app.test_client().get("/api/v1/tasks", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 401


def test_idle_time_is_shorter_than_life():
    from engine.organization.sessions import IDLE, LIFE, NOTED

    assert NOTED < IDLE < LIFE <= timedelta(hours=12)


def test_a_special_procedure_is_started_and_ended_at_the_task(desk, engine, actor):
    number = accepted(engine, actor)
    officer = desk("fire.liu")
    task = task_of(officer, number)
    assert "法定时限 20 个工作日" in officer.get(f"/admin/tasks/{task}").text
    asked = {"kind": "expert-review", "needed": "5", "unit": "working-day", "reason": "技术复杂"}
    assert officer.post(f"/admin/tasks/{task}/special-procedures", **asked).status_code == 303
    page = officer.get(f"/admin/tasks/{task}").text
    assert "结束特别程序" in page
    refused = officer.post(f"/admin/tasks/{task}/complete", outcome="passed", opinion="合格")
    assert (refused.status_code, "尚未结束" in refused.text) == (409, True)
    assert officer.post(f"/admin/tasks/{task}/special-procedures/1/end", report="通过").status_code == 303
    assert officer.post(f"/admin/tasks/{task}/extensions", reason="情况复杂").status_code == 303
    assert "待审批" in officer.get(f"/admin/tasks/{task}").text


def test_a_head_decides_on_an_extension_with_the_governments_paper(desk, engine, actor):
    number = accepted(engine, actor)
    officer, head = desk("fire.liu"), desk("fire.wei")
    officer.post(f"/admin/tasks/{task_of(officer, number)}/extensions", reason="情况复杂")
    assert number in head.get("/admin/department").text
    assert "审批延期" in head.get(f"/admin/cases/{number}").text
    assert "审批延期" not in officer.get(f"/admin/cases/{number}").text
    where = f"/admin/cases/{number}/extensions/1/decision"
    assert officer.post(where, verdict="approve").status_code == 403
    assert head.post(where, verdict="reject").status_code == 422
    assert head.post(where, verdict="approve", opinion="同意").status_code == 422, "the paper is missing"
    paper = {"approval_number": "穗府办〔2026〕9 号", "approved_by": "市政府负责人"}
    scan = (io.BytesIO(PDF), "批复.pdf")
    done = head.post(where, verdict="approve", opinion="同意", **paper, scan=scan)
    assert done.status_code == 303, done.text
    assert "已批准" in officer.get(f"/admin/cases/{number}").text
    assert engine.verify_record(number).whole
