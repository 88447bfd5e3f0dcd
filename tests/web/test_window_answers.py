"""The window's other answers are one click from the case, say what they want in words, and know what lies there on paper."""

from __future__ import annotations

import re

from engine.cases.submit import Application

ITEM, REGION = "hotel-hygiene-permit", "440106"
MAKER = {"kind": "legal-person", "name": "广州试验旅馆有限公司", "credit_code": "91440106MA5000101M"}
FORM = {"hotel_name": "试验", "address": "天河区试验路1号", "floor_area": 500, "rooms": 20, "air_conditioning": "none"}


def states(html):
    found = re.search(r'<ul class="asked">(.*?)</ul>', html, re.S)[1]
    return [re.sub(r"<[^>]+>", "", one).strip() for one in re.findall(r'<span class="state">(.*?)</span>', found, re.S)]


def test_from_the_case_to_another_answer(engine, desk, actor, page):
    papers = ("application-form", "floor-plan", "health-certificates")
    form = FORM | {"contact_phone": "13800000003"}
    made = engine.submit(actor("tianhe.lin"), Application(ITEM, REGION, MAKER, form, papers=papers))
    number = made["number"]
    clerk = desk("tianhe.lin")
    shown = clerk.get(f"/admin/cases/{number}").text
    assert "法人或其他组织" in shown
    here, there = "已收纸质件", "未交"
    assert states(shown) == [here, here, there, here, there]
    task = re.search(r'href="/admin/tasks/([^"?]+)\?answer#answers"', shown)[1]
    assert '<details id="answers" open>' in clerk.get(f"/admin/tasks/{task}?answer").text

    def answered(**fields):
        return clerk.post(f"/admin/tasks/{task}/answer", **fields)

    for fields, words in (
        ({"answer": "supplement"}, "请在需补正的材料后写明理由。"),
        ({"answer": "not_ours"}, "请填写理由；请写明应向哪个机关申请。"),
        ({"answer": "not_needed"}, "请填写理由。"),
    ):
        refused = answered(**fields)
        assert (refused.status_code, words in refused.text) == (422, True)
    asked = {"missing.test-report": "缺检测报告", "missing.floor-plan": "未标方位"}
    assert answered(answer="supplement", **asked).status_code == 303
    shown = clerk.get(f"/admin/cases/{number}").text
    assert states(shown) == [here, there, there, here, there]
    assert "?answer#answers" not in shown
    assert clerk.post(f"/admin/cases/{number}/supplements", material="floor-plan").status_code == 303
    page.post("/progress", data={"number": number, "query_code": made["query_code"]})
    assert states(page.get(f"/progress/{number}").text) == [here, here, there, here, there]
    page.get(f"/progress/{number}?lang=en")
    assert "received on paper" in page.get(f"/progress/{number}").text
