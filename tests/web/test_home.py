"""The public home page: it works without a script, loads nothing from elsewhere, and gives nothing away."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from markupsafe import escape

import server
from engine.assemble import Engine, open_engine
from engine.cases.progress import ProgressNotFound
from engine.cases.submit import query_code
from engine.settings import Settings
from portal.home import _field
from tests.engine.stories import REVIEWERS, SYSTEM, accepted, complete, submitted

HOSTILE = "<script>alert('意见')</script>"


@pytest.fixture
def page(engine):
    app = server.create_app(engine, ("portal",))
    with app.test_client() as client:
        yield client


def look_up(page, engine, number, code=None, query=""):
    code = code or query_code(engine.settings.secret_key, number)
    return page.post(f"/{query}", data={"number": number, "query_code": code})


def test_a_case_is_found_by_number_and_query_code(page, engine, actor):
    number = accepted(engine, actor)
    complete(engine, actor("fire.liu"), number, "fire", "passed", HOSTILE)
    shown = look_up(page, engine, number)
    assert shown.status_code == 200
    for words in ("消防", "刘炎", "剩余工作日", number):
        assert words in shown.text
    assert HOSTILE not in shown.text
    assert "&lt;script&gt;" in shown.text
    assert "Working days left" in look_up(page, engine, number, query="?lang=en").text


def test_a_wrong_code_and_an_unknown_number_get_the_same_answer(page, engine, actor):
    number = accepted(engine, actor)
    wrong, unknown = look_up(page, engine, number, "WRONG"), look_up(page, engine, "440100-20990101-000001", "WRONG")
    assert wrong.status_code == unknown.status_code == 404
    assert wrong.text.replace(number, "") == unknown.text.replace("440100-20990101-000001", "")
    assert page.post("/", data={"number": ""}).status_code == 404


def test_the_page_loads_nothing_from_elsewhere_and_forbids_scripts(page):
    shown = page.get("/")
    policy = shown.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "<script" not in shown.text
    for address in re.findall(r'(?:href|src|action)="([^"]*)"', shown.text):
        assert address.startswith("/")
        assert not address.startswith("//")
        with page.get(address) as found:
            assert found.status_code == 200


def test_accounts_are_shown_in_demonstration_mode_only(page, engine):
    assert "onewindow-demo" in page.get("/").text
    real = Engine(replace(engine.settings, demo=False), engine.database)
    with server.create_app(real, ("portal",)).test_client() as client:
        shown = client.get("/").text
    assert "onewindow-demo" not in shown
    assert "clerk.chen" not in shown


@pytest.fixture
def page_without_database():
    engine = open_engine(Settings(demo=True), "postgresql://nobody@127.0.0.1:1/nowhere")
    with server.create_app(engine, ("portal",)).test_client() as client:
        yield client
    engine.close()


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "body",
    [
        b"number=1%00&query_code=x",
        b"number=1&query_code=x%00y",
        b"number=%ED%A0%80&query_code=x",
        b"number=1&query_code=%ED%A0%80",
        b"number=\xed\xa0\x80&query_code=\xff",
    ],
)
def test_what_is_no_text_is_not_found(page, body):
    shown = page.post("/", data=body, content_type=FORM)
    assert shown.status_code == 404
    assert ProgressNotFound.zh in shown.text


@pytest.mark.parametrize("field", ["number", "query_code"])
def test_a_lone_surrogate_is_no_field(engine, field):
    with server.create_app(engine, ("portal",)).test_request_context("/", method="POST") as context:
        context.request.form = {field: "\ud800"}
        assert _field(field) is None


def test_without_a_database_a_look_up_asks_to_come_back(page_without_database):
    data = {"number": "<b>1", "query_code": "x"}
    for query, words in (("", "系统暂时不可用"), ("?lang=en", "Not available for now")):
        shown = page_without_database.post(f"/{query}", data=data)
        assert (shown.status_code, shown.headers["Retry-After"]) == (503, "5")
        assert words in shown.text
        assert "&lt;b&gt;1" in shown.text
        assert "Traceback" not in shown.text
        assert "default-src 'none'" in shown.headers["Content-Security-Policy"]


def test_without_a_database_the_page_itself_is_shown(page_without_database):
    shown = page_without_database.get("/")
    assert shown.status_code == 200
    assert "clerk.chen" in shown.text
    assert "可以试查的办件" not in shown.text


def test_a_body_over_four_kilobytes_is_refused_in_words(page):
    most = page.post("/", data=b"number=" + b"1" * (4096 - 7), content_type=FORM)
    over = page.post("/?lang=en", data=b"number=" + b"1" * (4097 - 7), content_type=FORM)
    assert (most.status_code, over.status_code) == (404, 413)
    assert "at most 4 KB" in over.text


def test_a_body_that_does_not_say_its_length_is_refused(page):
    chunked = page.post("/", data=b"number=1", content_type=FORM, headers={"Transfer-Encoding": "chunked"})
    unsaid = page.post("/")
    assert chunked.status_code == unsaid.status_code == 411
    assert "请求未说明内容长度" in chunked.text


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=b", "application/json", "text/plain", ""])
def test_only_a_form_is_read(page, kind):
    shown = page.post("/", data=b"number=1&query_code=x", content_type=kind)
    assert shown.status_code == 415
    assert "不支持该内容类型" in shown.text


def test_the_state_is_said_in_words(page, engine, actor):
    number = submitted(engine, actor)
    assert "<dd>已收件</dd>" in look_up(page, engine, number).text
    shown = look_up(page, engine, number, query="?lang=en").text
    assert "<dd>received</dd>" in shown
    assert "Result" not in shown


def test_the_result_and_the_text_of_the_documents_are_shown(page, engine, actor):
    number = accepted(engine, actor)
    for department in REVIEWERS:
        found = ("faults", f"第一行\n{HOSTILE}") if department == "fire" else ("passed", "同意。")
        complete(engine, SYSTEM, number, department, *found)
    content = engine.case_file(number)["documents"][0]["content"]
    shown = look_up(page, engine, number).text
    assert str(escape(content)) in shown
    assert HOSTILE not in shown
    for node, outcome in (("rectify", "rectified"), ("fire", "passed"), ("merge", "merged"), ("decide", "granted")):
        complete(engine, SYSTEM, number, node, outcome)
    complete(engine, SYSTEM, number, "certificate", "issued")
    assert "<dt>结果</dt><dd>准予</dd>" in look_up(page, engine, number).text
    shown = look_up(page, engine, number, query="?lang=en").text
    assert "<dt>Result</dt><dd>granted</dd>" in shown
    assert "<dd>concluded</dd>" in shown
