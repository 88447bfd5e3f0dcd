"""The workshop's pages: a file is checked and mended without drawing, reviewed, published, compared and tried."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from uuid import UUID

import pytest

from api.problems import details
from engine import rehearsal
from engine.definitions.deploy import Draft
from engine.rehearsal import ScenarioFailed
from tests.engine.stories import accepted
from tests.scenarios.test_rehearsal import BPMN as SMALL
from tests.scenarios.test_rehearsal import STORY
from tests.web.test_language import left_over, unmarked

BPMN = Path("processes/joint-final-inspection/process.bpmn").read_bytes()
BROKEN = BPMN.replace(b' isExecutable="true"', b"").replace(b'promised="10"', b'promised="9"', 1)
ITEM = "joint-final-inspection"


def sent(desk, path, file=None, **fields):
    data = {"csrf": desk.token("/admin/workshop/check"), **fields}
    data |= {"file": (io.BytesIO(file), "我的流程.bpmn")} if file is not None else {}
    return desk.client.post(f"/admin/workshop/{path}", data=data, content_type="multipart/form-data")


def hidden(page, name):
    return re.search(rf'name="{name}" value="([^"]*)"', page.text)[1]


def kept(page):
    return {"diagram": hidden(page, "diagram"), "name": hidden(page, "name")}


def test_a_file_is_checked_mended_taken_away_and_kept_without_drawing(desk):
    author = desk("designer.xu")
    assert "/admin/workshop" in author.get("/admin/catalogue").text
    page = sent(author, "check", BROKEN, profile="bpmn")
    assert (page.status_code, "executable-unmarked" in page.text, "我的流程.bpmn" in page.text) == (200, True, True)
    fix = next(
        one for one in re.findall(r'name="fix" value="([^"]*)"', page.text) if one.startswith("executable-unmarked")
    )
    page = sent(author, "check/mend", **kept(page), fix=fix, profile="bpmn")
    assert (page.status_code, 'role="status"' in page.text, "没有错误" in page.text) == (200, True, True)
    file = sent(author, "check/download", **kept(page))
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert b'isExecutable="true"' in file.data
    for what in ("safe", "suggested", "no-such-fix"):
        assert sent(author, "check/mend", **kept(page), fix=what).status_code == (422 if what == "no-such-fix" else 200)
    assert sent(author, "check/layout", **kept(page)).status_code == 200
    assert "没有其他工具的设置" in sent(author, "check/convert", **kept(page)).text
    assert sent(author, "check/drafts", **kept(page), item="").status_code == 422
    stored = sent(author, "check/drafts", **kept(page), item=ITEM, key="a" * 32)
    again = sent(author, "check/drafts", **kept(page), item=ITEM, key="a" * 32)
    assert stored.status_code == 303
    assert stored.headers["Location"] == again.headers["Location"]
    assert author.get(f"{stored.headers['Location']}/process.bpmn").data == file.data
    for file in (b"", b"\0", b"<a/>", b"PK\3\4", b"x" * 5_500_000):
        page = sent(author, "check", file)
        assert page.status_code in (200, 422)
        assert 'role="alert"' in page.text or "check-failed" not in page.text
    assert sent(author, "check").status_code == 422
    assert sent(author, "check", b"x" * 9_000_000).status_code == 413


def test_a_draft_is_reviewed_by_somebody_else_published_from_a_day_and_told_whom_it_touches(desk, engine, actor):
    number = accepted(engine, actor)
    changed = BPMN.replace(b'id="fire" name="', b'id="fire" name="X', 1)
    changed = re.sub(rb'(id="fire".*?promised=")\d+(")', rb"\g<1>4\2", changed, count=1, flags=re.S)
    draft = engine.store_draft(actor("designer.xu"), Draft(ITEM, changed))["id"]
    author, other = desk("designer.xu"), desk("designer.qin")
    at = f"/admin/workshop/{draft}"
    page = author.get(at).text
    for word in ("timeLimit.promised", "时限不同", "须由另一名流程设计人员审核", "在办 1 件", "process-diagram"):
        assert word in page, word
    token = author.token("/admin/workshop/check")
    refused = author.post(f"{at}/publish", token)
    assert (refused.status_code, "尚未由他人审核通过" in refused.text) == (409, True)
    refused = author.post(f"{at}/review", token, verdict="approved")
    assert (refused.status_code, "不能审核自己的草稿" in refused.text) == (403, True)
    theirs = other.token("/admin/workshop/check")
    assert other.post(f"{at}/review", theirs, verdict="returned").status_code == 422
    assert other.post(f"{at}/review", theirs, verdict="returned", note="时限写错").status_code == 303
    assert "已退回" in author.get("/admin/workshop?state=returned").text
    assert other.post(f"{at}/review", theirs, verdict="approved").status_code == 303
    assert author.post(f"{at}/publish", token, effective_on="2020-01-01").status_code == 422
    assert author.post(f"{at}/publish", token, effective_on="soon").status_code == 422
    assert author.post(f"{at}/publish", token, effective_on="2060-01-01").status_code == 303
    assert "待生效" in author.get(at).text
    assert "第 1 版" in author.get("/admin/workshop").text
    assert "第 1 版 1 件" in author.get(at).text
    assert engine.case_file(number)["state"] == "accepted"
    fresh = engine.store_draft(actor("designer.xu"), Draft("no-such-item", SMALL))["id"]
    refused = other.post(f"/admin/workshop/{fresh}/publish", theirs)
    assert (refused.status_code, "尚未发布" in refused.text) == (422, True)
    clerk = desk("clerk.chen")
    assert clerk.get("/admin/workshop").status_code == 403
    assert clerk.get(at).status_code == 403
    assert other.get("/admin/workshop/nothing").status_code == 404


def test_a_story_that_parts_stops_the_publishing_with_the_step_where_it_parted(desk, engine, actor):
    told = json.loads(Path("processes/joint-final-inspection/scenarios/denied.json").read_text("utf-8"))
    told["steps"][2]["node"] = "nowhere"
    draft = engine.store_draft(actor("designer.xu"), Draft(ITEM, BPMN, scenarios=(told,)))["id"]
    other = desk("designer.qin")
    refused = other.post(f"/admin/workshop/{draft}/publish", other.token("/admin/workshop/check"))
    assert refused.status_code == 422
    assert "第 3 步" in refused.text
    assert "环节 nowhere 没有待办任务" in refused.text
    assert "。。" not in refused.text
    with pytest.raises(ScenarioFailed) as found:
        rehearsal.check_scenarios(engine, actor("designer.qin"), UUID(draft))
    said = details(found.value, "zh")
    assert (said["step"], said["scenario"], len(said["failures"])) == (3, told["name"], 1)


def test_a_dry_run_shows_each_day_what_is_open_and_stores_nothing(desk):
    author = desk("designer.xu")
    page = sent(author, "dry-run/open", SMALL, item="never-heard-of")
    assert (page.status_code, "review" in page.text, "clerk.li" in page.text) == (200, True, True)
    shown = kept(page)
    for story, status in (("{", 422), ("[]", 422), (json.dumps(STORY | {"steps": [{"does": "fly"}]}), 422)):
        assert sent(author, "dry-run", **shown, story=story, item="x").status_code == status
    played = sent(author, "dry-run", **shown, story=json.dumps(STORY), item="never-heard-of")
    for word in ("2026-06-18", "期限 2026-06-22", "受理通知书", "场景与预期一致"):
        assert word in played.text, word
    assert "never-heard-of" not in author.get("/admin/workshop").text
    assert sent(author, "dry-run", story="{}").status_code == 422
    assert sent(author, "dry-run/open", b"<a/>").status_code == 422
    assert desk("clerk.chen").get("/admin/workshop/dry-run").status_code == 403


def test_every_page_of_the_workshop_is_in_both_languages(desk, engine, actor):
    draft = engine.store_draft(actor("designer.xu"), Draft(ITEM, BROKEN, scenarios=(STORY,)))["id"]
    other = desk("designer.qin")
    paths = ["", "/check", "/dry-run", f"/{draft}", f"/dry-run?definition={draft}"]
    for path in paths:
        at = f"/admin/workshop{path}"
        mark = "&" if "?" in path else "?"
        assert not unmarked(other.get(f"{at}{mark}lang=en").text), path
        chinese = other.get(f"{at}{mark}lang=zh").text
        # What a diagram says is its own: names of elements and attributes stand in findings and changes.
        chinese = re.sub(
            r'<section[^>]*"(findings|changes)">.*?</section>|<textarea.*?</textarea>|[0-9a-f]{32,64}',
            "",
            chinese,
            flags=re.S,
        )
        assert not left_over(chinese), path
