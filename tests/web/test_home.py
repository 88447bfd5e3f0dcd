"""The public home page: it works without a script, loads nothing from elsewhere, and gives nothing away."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

import server
from engine.assemble import Engine
from engine.cases.submit import query_code
from tests.engine.stories import accepted, complete

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
    assert page.post("/").status_code == 404


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
