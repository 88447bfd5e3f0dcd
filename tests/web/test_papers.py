"""Papers on the pages: an applicant hands in and fetches, officers review and stamp, anybody checks."""

from __future__ import annotations

import gc
import io
import random
import re

import pytest

from engine.background.worker import run_dry
from engine.cases.inbox import InboxQuery
from engine.cases.submit import query_code
from tests.engine.papers import PDF, PROGRAM
from tests.engine.stories import accepted
from tests.engine.test_paper import finished
from tests.web.test_language import left_over, unmarked


def looked_up(page, engine, number):
    code = query_code(engine.settings.secret_key, number)
    assert page.post("/progress", data={"number": number, "query_code": code}).status_code == 303
    return page


def upload(content: bytes = PDF, name: str = "报告.pdf", **more):
    data = {"code": "completion-report", "file": (io.BytesIO(content), name), **more}
    return {"data": data, "content_type": "multipart/form-data"}


def test_an_applicant_hands_a_file_in_and_sees_what_was_found_of_it(page, desk, engine, actor):
    number = accepted(engine, actor)
    looked_up(page, engine, number)
    assert page.post(f"/progress/{number}/materials", **upload()).status_code == 303
    shown = page.get(f"/progress/{number}?added").text
    assert "材料已收到。" in shown
    assert page.get(f"/progress/{number}/materials/1/file").data == PDF
    task = engine.inbox(actor("fire.liu"), InboxQuery(case=number))["items"][0]["id"]
    fire = desk("fire.liu")
    assert "报告.pdf" in fire.get(f"/admin/tasks/{task}").text
    said = {"verdict": "rejected", "reason": "缺页", "back": f"/admin/tasks/{task}"}
    answer = fire.post(f"/admin/cases/{number}/materials/1/review", **said)
    assert answer.headers["Location"] == f"/admin/tasks/{task}?done=reviewed"
    assert "缺页" in page.get(f"/progress/{number}").text


# The test's own client writes a form of this size to a temporary file, and leaves it to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_a_large_file_of_any_bytes_is_taken(page, desk, engine, actor):
    number = accepted(engine, actor)
    looked_up(page, engine, number)
    content = PDF + random.Random(7).randbytes(2_000_000)
    assert page.post(f"/progress/{number}/materials", **upload(content)).status_code == 303
    scan = {"code": "survey-results", "file": (io.BytesIO(content), "a.pdf")}
    assert desk("clerk.chen").post(f"/admin/cases/{number}/materials", **scan).status_code == 303
    gc.collect()


def test_a_bad_file_is_told_on_the_page_itself(page, engine, actor):
    number = accepted(engine, actor)
    looked_up(page, engine, number)
    answer = page.post(f"/progress/{number}/materials", **upload(PROGRAM))
    assert answer.status_code == 422
    assert "内容与扩展名不符" in answer.text
    assert engine.materials.listed(actor("clerk.chen"), number)["items"] == []


def test_nobody_hands_in_without_the_code_or_from_another_site(page, engine, actor):
    number = accepted(engine, actor)
    assert page.post(f"/progress/{number}/materials", **upload()).status_code == 404
    looked_up(page, engine, number)
    foreign = page.post(f"/progress/{number}/materials", **upload(), headers={"Origin": "https://elsewhere.example"})
    assert foreign.status_code == 403
    assert page.get("/progress/440100-20260101-999999/materials/1/file").status_code == 404


def test_other_pages_take_no_files(desk):
    assert desk("clerk.chen").client.post("/admin/applications", **upload()).status_code == 415


def test_an_applicant_fetches_the_decision_and_anybody_checks_it(page, engine, actor):
    number = finished(engine, actor)
    run_dry(engine)
    found = next(
        one for one in engine.documents.listed(actor("clerk.chen"), number)["items"] if one["kind"] == "certificate"
    )
    looked_up(page, engine, number)
    assert f"/progress/{number}/documents/{found['code']}/file" in page.get(f"/progress/{number}").text
    assert page.get(f"/progress/{number}/documents/{found['code']}/file").data[:5] == b"%PDF-"
    asked = page.post("/verify", data={"code": f"{found['code'][:4]}-{found['code'][4:]}".lower()})
    checked = page.get(asked.headers["Location"]).text
    assert "该文书真实有效。" in checked
    assert found["sha256"] in checked
    assert number not in checked


@pytest.mark.parametrize("code", ["", "长", "AAAA", "%00", "../x"])
def test_a_code_that_is_none_is_told_so(page, code):
    answer = page.post("/verify", data={"code": code}, follow_redirects=True)
    assert answer.status_code in (404, 422)
    assert "没有这个验证码的文书" in answer.text


def test_a_clerk_hands_in_stamps_and_delivers(desk, engine, actor):
    engine.documents.seals = None
    number, clerk = finished(engine, actor), desk("clerk.chen")
    run_dry(engine)
    page = clerk.get(f"/admin/cases/{number}").text
    code = re.search(r"/documents/(\w+)/seal", page[page.index("联合验收意见书") :])[1]
    assert clerk.get(f"/admin/cases/{number}/documents/{code}/file").data[:5] == b"%PDF-"
    scan = {"seal": "行政许可专用章", "file": (io.BytesIO(PDF), "scan.pdf")}
    assert clerk.post(f"/admin/cases/{number}/documents/{code}/seal", **scan).status_code == 303
    handed = {"way": "posted", "recipient": "李四", "tracking_number": "EMS1"}
    answer = clerk.post(f"/admin/cases/{number}/documents/{code}/deliveries", **handed)
    assert answer.headers["Location"] == f"/admin/cases/{number}?done=delivered"
    assert "EMS1" in clerk.get(f"/admin/cases/{number}?done=delivered").text


def test_a_clerk_hands_in_at_the_window(desk, engine, actor):
    number, clerk = accepted(engine, actor), desk("clerk.chen")
    data = {"code": "survey-results", "compared": "1", "file": (io.BytesIO(PDF), "a.pdf")}
    assert clerk.post(f"/admin/cases/{number}/materials", **data).status_code == 303
    (one,) = engine.materials.listed(actor("clerk.chen"), number)["items"]
    assert one["trust"] == "B"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_new_parts_are_in_the_language_that_was_asked_for(page, desk, engine, actor, lang):
    number = finished(engine, actor)
    run_dry(engine)
    looked_up(page, engine, number)
    code = engine.documents.listed(actor("clerk.chen"), number)["items"][0]["code"]
    for shown in (
        page.get(f"/progress/{number}?lang={lang}"),
        page.get(f"/verify/{code}?lang={lang}"),
        page.get("/verify"),
    ):
        assert shown.status_code == 200
        assert (unmarked if lang == "en" else no_words)(shown.text) == []


def no_words(html):
    """What is left over from English, but for codes and names of files."""
    return [one for one in left_over(html) if not re.search(r"\.[a-z]{3,4}\b|pdf|SHA|经办人 test", one)]
