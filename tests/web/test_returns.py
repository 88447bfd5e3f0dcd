"""退回 on the pages: offered where the diagram allows it, read by who does it again, and told to the applicant in plain words."""

from __future__ import annotations

import re

from engine.cases.accept import Acceptance
from engine.cases.submit import Application
from tests.api.test_returns import APPLICATION
from tests.engine.stories import complete

WHY = "审查意见 <b>未写明</b>依据。"


def only_task(desk, number: str) -> str:
    return re.search(r'href="/admin/tasks/([^"]+)"', desk.get(f"/admin/inbox?case={number}").text)[1]


def test_a_task_is_returned_on_its_page(desk, page, engine, actor):
    asked = APPLICATION
    case = engine.submit(
        actor("town.pan"), Application(asked["item"], asked["region"], asked["applicant"], asked["form"])
    )
    number = case["number"]
    engine.accept(actor("town.pan"), Acceptance(number, "accepted"))
    reviewer, decider = desk("civil.mo"), desk("civil.bai")
    assert "/return" not in reviewer.get(f"/admin/tasks/{only_task(reviewer, number)}").text
    complete(engine, actor("civil.mo"), number, "review", "conforming")

    task = only_task(decider, number)
    shown = decider.get(f"/admin/tasks/{task}").text
    assert f'action="/admin/tasks/{task}/return"' in shown
    assert re.search(r'name="to" id="return-1" value="review" required checked', shown)
    lacking = decider.post(f"/admin/tasks/{task}/return", to="review", opinion="  ", key="k")
    assert lacking.status_code == 422
    assert "<details open><summary>退回</summary>" in lacking.text
    wrong = decider.post(f"/admin/tasks/{task}/return", to="accept", opinion=WHY, key="k")
    assert wrong.status_code == 422
    assert "可以退回到：审查" in wrong.text
    assert "&lt;b&gt;未写明" in wrong.text, "what was written is still there"
    sent = decider.post(f"/admin/tasks/{task}/return", to="review", opinion=WHY, key="k")
    assert (sent.status_code, sent.headers["Location"]) == (303, f"/admin/inbox?done=returned&number={number}")
    assert "已退回" in decider.get(sent.headers["Location"]).text
    assert "已退回" in decider.get(f"/admin/tasks/{task}").text
    assert number in decider.get(f"/admin/inbox?state=completed&case={number}").text

    again = reviewer.get(f"/admin/tasks/{only_task(reviewer, number)}").text
    assert "本环节由“" in again
    assert "&lt;b&gt;未写明" in again
    assert "<b>未写明" not in again

    found = page.post("/progress", data={"number": number, "query_code": case["query_code"]}, follow_redirects=True)
    assert "后续环节已退回，本环节正在重新办理。" in found.text
    assert "未写明" not in found.text
    past = found.text.partition('<ol class="course" reversed>')[2].partition("</ol>")[0]
    told = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", one)) for one in past.split("</li>")[:-1]]
    assert [one.split()[0] for one in told] == ["作出决定", "审查", "窗口受理并核对原件"], (
        "the latest first, in one second too"
    )
    assert "已退回" in told[0]
    assert "办结" not in told[0], "what was returned is not called done"
