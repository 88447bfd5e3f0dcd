"""The public pages: they work without a script, load nothing from elsewhere, and give nothing away."""

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
from tests.engine.stories import REVIEWERS, SYSTEM, accepted, complete, submitted

HOSTILE = "<script>alert('意见')</script>"
FORM = "application/x-www-form-urlencoded"
LIVE = {"HX-Request": "true"}


def ask(page, number, code, **options):
    return page.post("/progress", data={"number": number, "query_code": code}, **options)


def look_up(page, engine, number, query=""):
    assert ask(page, number, query_code(engine.settings.secret_key, number)).status_code == 303
    return page.get(f"/progress/{number}{query}")


def test_a_case_is_found_by_number_and_query_code(page, engine, actor):
    number = accepted(engine, actor)
    complete(engine, actor("fire.liu"), number, "fire", "passed", HOSTILE)
    shown = look_up(page, engine, number)
    assert shown.status_code == 200
    for words in ("消防验收", "刘炎", "个工作日", number, "接下来", "意见汇总", "验收合格"):
        assert words in shown.text
    assert HOSTILE not in shown.text
    assert str(escape(HOSTILE)) in shown.text
    english = look_up(page, engine, number, "?lang=en").text
    for words in ("Fire acceptance", "working days left", "What comes next", "passed", '<html lang="en">'):
        assert words in english


def test_the_code_stands_in_no_address_and_in_one_cookie_that_no_script_reads(page, engine, actor):
    number = submitted(engine, actor)
    code = query_code(engine.settings.secret_key, number)
    found = ask(page, number, code)
    assert found.headers["Location"] == f"/progress/{number}"
    cookie = found.headers["Set-Cookie"]
    assert f"Path=/progress/{number};" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    shown = page.get(f"/progress/{number}")
    assert code not in shown.text
    assert shown.headers["Cache-Control"] == "no-store"


def test_nothing_internal_is_told(page, engine, actor):
    number = accepted(engine, actor)
    complete(engine, actor("fire.liu"), number, "fire", "passed", "意见")
    shown = look_up(page, engine, number).text
    for inside in ("civil_air_defence", "gz-fire-acceptance", "GZ0006", "case.outcomes", "广州示例置业", "020-0000"):
        assert inside not in shown


def test_a_wrong_code_and_an_unknown_number_get_the_same_answer(page, engine, actor):
    number, unknown = accepted(engine, actor), "440100-20990101-000001"
    texts = []
    for one in (number, unknown):
        answer = ask(page, one, "WRONG")
        assert answer.status_code == 404
        assert "Set-Cookie" not in answer.headers
        texts.append(re.sub(r"<time>.*?</time>", "", answer.text.replace(f'required maxlength="80" value="{one}"', "")))
    assert texts[0] == texts[1]
    assert page.post("/progress", data={"number": ""}).status_code == 404


def test_who_comes_without_the_code_is_asked_for_it(page, engine, actor):
    number = submitted(engine, actor)
    shown = page.get(f"/progress/{number}")
    assert shown.status_code == 200
    assert f'value="{number}"' in shown.text
    assert "请输入该办件的查询码" in shown.text
    assert "建设工程竣工联合验收" not in shown.text
    page.set_cookie("query-code", "WRONG", path=f"/progress/{number}")
    assert page.get(f"/progress/{number}").status_code == 404


def test_a_page_that_is_up_to_date_is_told_so_without_a_word(page, engine, actor):
    number = accepted(engine, actor)
    digest = re.search(r'data-digest="(\w+)"', look_up(page, engine, number).text)[1]
    same = page.get(f"/progress/{number}?seen={digest}", headers=LIVE)
    assert (same.status_code, same.data) == (204, b"")
    complete(engine, SYSTEM, number, "fire", "passed")
    news = page.get(f"/progress/{number}?seen={digest}", headers=LIVE)
    assert news.status_code == 200
    assert "<html" not in news.text
    assert digest not in news.text
    assert "验收合格" in news.text


def test_what_is_late_is_said_in_words(page, engine, actor):
    from engine.background.demonstration_clock import advance_clock

    number = accepted(engine, actor)
    advance_clock(engine, 8)
    shown = look_up(page, engine, number).text
    assert "超期 2 个工作日" in shown
    assert "剩余 2 个工作日" in shown
    assert "working days late" in look_up(page, engine, number, "?lang=en").text


@pytest.mark.parametrize(("policy", "told"), [("name", "刘炎"), ("work_number", "GZ0006"), ("department", None)])
def test_who_handles_it_is_told_as_the_item_says(page, engine, actor, policy, told):
    from sqlalchemy import text

    with engine.database.begin() as connection:
        connection.execute(
            text("UPDATE item_versions SET data = data || jsonb_build_object('handler_shown', :policy ::text)"),
            {"policy": policy},
        )
    number = accepted(engine, actor)
    complete(engine, actor("fire.liu"), number, "fire", "passed")
    shown = look_up(page, engine, number).text
    for word in ("刘炎", "GZ0006"):
        assert (word in shown) is (word == told)


def test_the_page_loads_nothing_from_elsewhere(page):
    shown = page.get("/")
    policy = shown.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for address in re.findall(r'(?:href|src|action)="([^"]*)"', shown.text):
        assert address.startswith(("/", "#"))
        assert not address.startswith("//")
        if address not in ("#main", "/clock", "/progress"):
            with page.get(address) as found:
                assert found.status_code in (200, 303), address


def test_accounts_are_shown_in_demonstration_mode_only(page, engine):
    shown = page.get("/").text
    for told in ("onewindow-demo", "clerk.chen", "zhang.san", "shifan.hotel"):
        assert told in shown
    real = Engine(replace(engine.settings, demo=False), engine.database)
    with server.create_app(real).test_client() as client:
        shown = client.get("/").text
        assert client.post("/clock", data={"days": "1"}).status_code == 404
    for secret in ("onewindow-demo", "clerk.chen", "/clock"):
        assert secret not in shown


@pytest.fixture
def page_without_database():
    engine = open_engine(Settings(demo=True), "postgresql://nobody@127.0.0.1:1/nowhere")
    with server.create_app(engine, ("portal",)).test_client() as client:
        yield client
    engine.close()


@pytest.mark.parametrize(
    "body",
    [
        b"number=1%00&query_code=x",
        b"number=1&query_code=x%00y",
        b"number=%ED%A0%80&query_code=x",
        b"number=1&query_code=%ED%A0%80",
        b"number=\xed\xa0\x80&query_code=\xff",
        b"number=../../x&query_code=x",
        b"number=1%0d%0aSet-Cookie:a&query_code=x%0d%0ay",
    ],
)
def test_what_is_no_number_or_code_is_not_found(page, body):
    shown = page.post("/progress", data=body, content_type=FORM)
    assert shown.status_code == 404
    assert ProgressNotFound.zh in shown.text


@pytest.mark.parametrize("path", ["/progress/%00", "/progress/..%2f", "/progress/" + "1" * 500, "/progress/办件"])
def test_what_is_no_number_in_the_address_is_asked_for(page, path):
    assert page.get(path).status_code in (200, 404)


def test_without_a_database_a_look_up_asks_to_come_back(page_without_database):
    data = {"number": "1", "query_code": "x"}
    for query, words in (("", "系统暂时不可用"), ("?lang=en", "Not available for now")):
        shown = page_without_database.post(f"/progress{query}", data=data)
        assert (shown.status_code, shown.headers["Retry-After"]) == (503, "5")
        assert words in shown.text
        assert "Traceback" not in shown.text
        assert "default-src 'none'" in shown.headers["Content-Security-Policy"]


def test_without_a_database_the_page_itself_is_shown(page_without_database):
    shown = page_without_database.get("/")
    assert shown.status_code == 200
    assert "clerk.chen" in shown.text


def test_a_body_over_four_kilobytes_is_refused_in_words(page):
    most = page.post("/progress", data=b"number=" + b"1" * (4096 - 7), content_type=FORM)
    over = page.post("/progress?lang=en", data=b"number=" + b"1" * (4097 - 7), content_type=FORM)
    assert (most.status_code, over.status_code) == (404, 413)
    assert "Too much was sent" in over.text


def test_a_body_that_does_not_say_its_length_is_refused(page):
    chunked = page.post("/progress", data=b"number=1", content_type=FORM, headers={"Transfer-Encoding": "chunked"})
    assert chunked.status_code == page.post("/progress").status_code == 411
    assert "请求未说明内容长度" in chunked.text


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=b", "application/json", "text/plain", ""])
def test_only_a_form_is_read(page, kind):
    shown = page.post("/progress", data=b"number=1&query_code=x", content_type=kind)
    assert shown.status_code == 415
    assert "不支持该内容类型" in shown.text


@pytest.mark.parametrize("said", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}])
@pytest.mark.parametrize("path", ["/progress", "/clock", "/admin/login"])
def test_another_sites_page_is_refused(page, said, path):
    assert page.post(path, data={"number": "1", "days": "1"}, headers=said).status_code == 403


def test_guessing_at_a_code_is_slowed_down(page, engine, actor):
    number = submitted(engine, actor)
    for _ in range(10):
        assert ask(page, number, "WRONG").status_code == 404
    slowed = ask(page, number, query_code(engine.settings.secret_key, number))
    assert slowed.status_code == 429
    assert int(slowed.headers["Retry-After"]) > 0


def test_the_language_is_remembered(page):
    assert "Where does my case stand?" in page.get("/?lang=en").text
    assert "Where does my case stand?" in page.get("/").text
    assert "查询办理进度" in page.get("/?lang=zh").text
    assert "查询办理进度" in page.get("/?lang=xx").text


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
    assert "<dt>结果</dt><dd><strong>准予</strong></dd>" in look_up(page, engine, number).text
    shown = look_up(page, engine, number, "?lang=en").text
    assert "<strong>granted</strong>" in shown
    assert "<strong>concluded</strong>" in shown


def test_the_clock_of_a_demonstration_is_moved_from_the_page(page, engine):
    before = re.search(r"<time>(.*?)</time>", page.get("/").text)[1]
    moved = page.post("/clock", data={"days": "5", "back": "/?x"})
    assert (moved.status_code, moved.headers["Location"]) == (303, "/?x")
    assert re.search(r"<time>(.*?)</time>", page.get("/").text)[1] > before
    for back in ("//evil.example", "https://evil.example", "/\\evil", "/\nx"):
        assert page.post("/clock", data={"days": "999", "back": back}).headers["Location"] == "/"
