"""Applying online at the portal, whole: registered, a draft, away and back, submitted, supplemented, decided, downloaded."""

from __future__ import annotations

import io
import re
from dataclasses import replace

from engine.background.worker import run_dry
from engine.cases.accept import Acceptance, Listed
from engine.cases.inbox import InboxQuery
from engine.doors.drafts import DraftContent
from tests.engine.applicants import BODY, PASSWORD
from tests.engine.papers import PDF, PROGRAM
from tests.engine.stories import SYSTEM, open_tasks
from tests.engine.test_drafts import ANSWERS, CODES, ITEM, REGION
from tests.web.applicant import visitor
from tests.web.test_language import left_over, unmarked

FORM = {
    "a.air-conditioning": "no",
    "form.hotel_name": "示范里旅馆",
    "form.address": "天河区示范里8号",
    "form.floor_area": "680.5",
    "form.rooms": "36",
    "form.air_conditioning": "none",
    "form.contact_phone": "13800000003",
}


def begin(me) -> str:
    made = me.post("/account/drafts", item=ITEM, region=REGION, **{"a.air-conditioning": "no"})
    assert made.status_code == 303, made.text
    return made.headers["Location"]


def key_of(html: str) -> str:
    return re.search(r'name="key" value="([0-9a-f]{32})"', html)[1]


def test_the_whole_way_without_a_clerk_of_ones_own(page, app, engine, actor):
    clerk = actor("tianhe.lin")
    guide = page.get(f"/items/{ITEM}?region={REGION}").text
    assert f"/items/{ITEM}/apply?region={REGION}" in guide
    assert "/account/login?next=" in page.get(f"/items/{ITEM}/apply?region={REGION}").text
    me = visitor(page, BODY)
    assert "开始填写" in me.get(f"/items/{ITEM}/apply?region={REGION}").text
    here = begin(me)
    # Saved as one goes, right or wrong, and told by field.
    assert me.post(here, do="save", **FORM | {"form.rooms": "viele"}).headers["Location"] == f"{here}?saved"
    wrong = me.post(here, do="next", **FORM | {"form.rooms": "viele", "form.contact_phone": ""})
    assert wrong.status_code == 422
    for name in ("rooms", "contact_phone"):
        assert f'id="form-{name}-wrong"' in wrong.text
    assert 'value="viele"' in wrong.text
    assert "客房数（间）</a>：须为整数" in me.get(f"{here}/review").text  # and looked over, with the reason of each
    assert me.post(here, do="auto", **FORM | {"form.rooms": "36"}).status_code == 200
    # Away, and back: at another browser, too.
    assert me.post("/account/logout").status_code == 303
    assert page.get(here).status_code == 303
    me.log_in(BODY)
    assert here in me.get("/account").text
    assert 'value="36"' in me.get(here).text
    assert me.post(here, do="next", **FORM).headers["Location"] == f"{here}/materials"
    for n, code in enumerate(CODES[:-1]):
        sent = me.post(f"{here}/materials", code=code, file=(io.BytesIO(PDF + str(n).encode()), f"{code}.pdf"))
        assert sent.status_code == 303, sent.text
    bad = me.post(f"{here}/materials", code=CODES[-1], file=(io.BytesIO(PROGRAM), "a.pdf"))
    assert bad.status_code == 422
    assert "内容与扩展名不符" in bad.text
    engine.settings = replace(engine.settings, most_file=1024**2)
    large = me.post(f"{here}/materials", code=CODES[-1], file=(io.BytesIO(PDF + b"x" * 2 * 1024**2), "a.pdf"))
    assert large.status_code == 413
    assert "文件超过 1 MB 的上限" in large.text
    review = me.get(f"{here}/review").text
    assert 'btn-primary" disabled' in review
    assert me.post(f"{here}/submission", version="1").status_code == 422
    assert me.post(f"{here}/materials", code=CODES[-1], how="paper").status_code == 303
    review = me.get(f"{here}/review").text
    assert 'btn-primary" disabled' not in review
    assert "680.5" in review
    key = key_of(review)
    sent = me.post(f"{here}/submission", version="1", key=key)
    number = re.search(r"/account/cases/([^?]+)\?submitted", sent.headers["Location"])[1]
    assert (
        me.post(f"{here}/submission", version="1", key=key).headers["Location"].startswith(f"/account/cases/{number}")
    )
    assert me.get(here).headers["Location"] == f"/account/cases/{number}"
    shown = me.get(f"/account/cases/{number}?submitted").text
    assert "申请已提交" in shown
    assert re.search(r"最迟：\d{4}-\d\d-\d\d", shown)
    # A second one for the same premises: the number is its owner's to see.
    again = begin(me)
    me.post(again, do="save", **FORM)
    for code in CODES:
        me.post(f"{again}/materials", code=code, how="paper")
    refused = me.post(f"{again}/submission", version="1")
    assert refused.status_code == 409
    assert f"/account/cases/{number}" in refused.text
    assert me.post(f"{again}/delete").headers["Location"] == "/account?discarded"
    # The clerk asks for what is missing; it is supplied online, with a correction of the form.
    engine.accept(clerk, Acceptance(number, "supplement", materials=(Listed(CODES[-1], "请上传"),)))
    case = f"/account/cases/{number}"
    assert 'name="form.rooms"' in me.get(case).text
    assert me.post(f"{case}/materials", code=CODES[-1], file=(io.BytesIO(PDF), "rules.pdf")).status_code == 303
    flawed = me.post(f"{case}/supplements", form="yes", **FORM | {"form.rooms": "0"})
    assert flawed.status_code == 422
    assert 'id="form-rooms-wrong"' in flawed.text
    assert me.post(f"{case}/supplements", form="yes", **FORM | {"form.rooms": "40"}).status_code == 303
    assert engine.get_case(SYSTEM, number)["form"]["rooms"] == 40
    engine.accept(clerk, Acceptance(number, "accepted"))
    finish(engine, number)
    run_dry(engine)
    page_of_case = me.get(case).text
    papers = re.findall(rf"{case}/documents/(\w+)/file", page_of_case)
    assert papers
    assert me.get(f"{case}/documents/{papers[-1]}/file").data[:5] == b"%PDF-"
    assert engine.get_case(SYSTEM, number)["result"] == "granted"
    assert engine.verify_record(number).whole


def finish(engine, number):
    """Whatever is open is done, the first outcome each, until the case is over."""
    facts = {"reviewed_on": "2026-11-25", "second_reviewer": "范立"}
    for _ in range(20):
        tasks = engine.inbox(SYSTEM, InboxQuery(case=number))["items"]
        if not tasks:
            return
        task = open_tasks(engine, number)[tasks[0]["node"]]
        view = engine.get_task(SYSTEM, task.case_id, task.task)
        outcome = view["outcomes"][0]["value"] if view["outcomes"] else None
        form = facts if view["entry_form"] else {}
        engine.complete(SYSTEM, replace(task, outcome=outcome, opinion="同意。", form=form))


def test_the_pages_of_a_draft_in_both_languages_and_nobody_elses(page, app, engine):
    me, other = visitor(page, BODY), visitor(app.test_client())
    here = begin(me)
    me.post(here, do="save", **FORM)
    me.post(f"{here}/materials", code=CODES[0], file=(io.BytesIO(PDF), "申请表.pdf"))
    for path in (here, f"{here}/materials", f"{here}/review", f"/items/{ITEM}/apply?region={REGION}", "/account"):
        join = "&" if "?" in path else "?"
        assert unmarked(me.get(f"{path}{join}lang=en").text) == [], path
        chinese = re.sub(r"[0-9a-f-]{32,64}|pdf jpg.*?dwg|\.pdf", "", me.get(f"{path}{join}lang=zh").text)
        assert left_over(chinese) == [], path
        if path.startswith(here):
            assert other.get(path).status_code == 404, path
    for path in (f"{here}/delete", f"{here}/submission", f"{here}/materials/1/delete"):
        assert other.post(path).status_code == 404, path
    assert other.get(f"{here}/materials/1/file").status_code == 404
    assert me.post(here, csrf="0" * 64, do="save", **FORM).status_code == 403
    assert me.post(f"{here}/materials/1/delete").status_code == 303
    for item, region in ((ITEM, "999999"), ("nothing", REGION), ("", "")):
        assert me.post("/account/drafts", item=item, region=region).status_code in (404, 422)
        assert page.get(f"/items/{item or 'x'}/apply?region={region}").status_code in (404, 422)
    seen = engine.authenticate(engine.log_in(BODY.username, PASSWORD)["token"])
    assert engine.drafts.start(seen, ITEM, REGION, DraftContent(ANSWERS))["state"] == "open"
