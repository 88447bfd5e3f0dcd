"""The workshop's pages: a file is checked and mended without drawing, reviewed, published, compared and tried."""

from __future__ import annotations

import html
import io
import json
import re
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from api.problems import details
from engine import rehearsal
from engine.clock import day_of, wall_now
from engine.definitions.deploy import Draft
from engine.definitions.stories import ScenariosChanged
from engine.rehearsal import ScenarioFailed
from tests.engine.stories import accepted
from tests.scenarios.test_rehearsal import BPMN as SMALL
from tests.scenarios.test_rehearsal import STORY
from tests.unit.test_lint_command import HOSTILE, READ
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
    for name, (data, rule) in HOSTILE.items():
        page = sent(author, "check", data)
        told = {"large-attribute": (413, "")}.get(name, (200, rule))
        assert (page.status_code, told[1] in page.text, "check-failed" in page.text) == (told[0], True, False), name
    for name, data in READ.items():
        assert "没有错误" in sent(author, "check", data, profile="bpmn").text, name
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
    for word in ("办理时限 · 承诺时限", "时限不同", "须由另一名流程设计人员审核", "在办 1 件", "process-diagram"):
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
    refused = author.post(f"{at}/publish", token, effective_on="9999-12-31")
    assert (refused.status_code, "两年内" in refused.text) == (422, True)
    later = str(day_of(wall_now()) + timedelta(days=30))
    assert author.post(f"{at}/publish", token, effective_on=later).status_code == 303
    assert "待生效" in author.get(at).text
    waiting = engine.store_draft(actor("designer.xu"), Draft(ITEM, BPMN))["id"]
    assert f"第 2 版将于 {later} 生效" in other.get(f"/admin/workshop/{waiting}").text
    assert "第 1 版" in author.get("/admin/workshop").text
    assert "第 1 版 1 件" in author.get(at).text
    assert author.post(f"{at}/withdraw", token).status_code == 303
    assert "未生效即停用" in author.get(at).text
    assert later not in author.get(at).text
    refused = author.post(f"{at}/withdraw", token)
    assert (refused.status_code, "当前为“已停用”" in refused.text) == (409, True)
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
    begun = html.unescape(sent(author, "dry-run/open", BPMN, item=ITEM).text)
    assert '"does": "accept"' in begun
    assert '"node": "planning"' in begun  # acceptance is done by then
    for story, status in (("{", 422), ("[]", 422), (json.dumps(STORY | {"steps": [{"does": "fly"}]}), 422)):
        assert sent(author, "dry-run", **shown, story=story, item="x").status_code == status
    played = sent(author, "dry-run", **shown, story=json.dumps(STORY), item="never-heard-of")
    for word in ("2026-06-18", "期限 2026-06-22", "受理通知书", "场景与预期一致"):
        assert word in played.text, word
    assert "never-heard-of" not in author.get("/admin/workshop").text
    assert sent(author, "dry-run", story="{}").status_code == 422
    refused = sent(author, "dry-run/open", BPMN.replace(b'function="fire"', b'function=""'))
    assert (refused.status_code, "assignment-missing" in refused.text) == (422, True)
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


def test_scenarios_are_put_beside_a_draft_and_changing_them_takes_an_approval_away(desk, engine, actor):
    draft = engine.store_draft(actor("designer.xu"), Draft(ITEM, BPMN))["id"]
    at, author, other = f"/admin/workshop/{draft}", desk("designer.xu"), desk("designer.qin")
    told = Path("processes/joint-final-inspection/scenarios/denied.json").read_bytes()

    def seen():
        return hidden(author.get(at), "seen")

    def sent_story(who=author, path="scenarios", story=b"", **fields):
        data = {"csrf": who.token("/admin/workshop/check"), **fields}
        data |= {} if "seen" in fields else {"seen": seen()}
        data |= {"story_file": (io.BytesIO(story), "denied.json")} if story else {}
        kind = "multipart/form-data" if path == "scenarios" else "application/x-www-form-urlencoded"
        return who.client.post(f"{at}/{path}", data=data, content_type=kind)

    def stands():
        found = engine.workshop.get(actor("designer.xu"), UUID(draft))
        return [one["name"] for one in found["scenarios"]], found["review"]

    engine.workshop.review(actor("designer.qin"), UUID(draft), "approved")
    before = seen()
    assert sent_story(story=told).status_code == 303
    assert stands() == ([json.loads(told)["name"]], None)
    assert sent_story(story=told, seen=before).status_code == 409, "somebody else has changed them"
    for wrong in (b"[1]", b"[" * 100_000, b"{}", b" " * 300_000):
        assert sent_story(story=wrong).status_code == 422
    assert "起点" in sent_story(story="起点".encode()).text, "what was written is still there"
    assert sent_story(at="7", story=told).status_code == 422
    assert sent_story(at="0", story=told.replace(b'"2026-05-13"', b'"2026-05-14"')).status_code == 303
    refused = other.post(f"{at}/publish", other.token("/admin/workshop/check"))
    assert (refused.status_code, "2026-05-14" in refused.text) == (422, True)
    clerk = desk("clerk.chen")
    data = {"csrf": clerk.token("/admin/cases"), "seen": seen(), "at": "0"}
    assert clerk.client.post(f"{at}/scenarios/remove", data=data).status_code == 403
    assert sent_story(path="scenarios/remove", at="0").status_code == 303
    assert stands() == ([], None)
    with pytest.raises(ScenariosChanged):
        engine.workshop.publish(actor("designer.qin"), UUID(draft), seen="other")
    engine.workshop.publish(actor("designer.qin"), UUID(draft))
    assert sent_story(story=told, seen="").status_code == 409, "what is published stays as it is"


def test_the_page_says_why_it_can_not_be_published_and_names_what_changed(desk, engine, actor):
    who = actor("designer.xu")
    own = engine.store_draft(who, Draft(ITEM, BPMN.replace(b'promised="10"', b'promised="9"', 1)))["id"]
    page = desk("designer.xu").get(f"/admin/workshop/{own}").text
    assert "另一名流程设计人员审核通过后" in page
    assert "办理时限 · 承诺时限" in page
    assert "timeLimit.promised" not in page
    assert "Time limit · Promised limit" in desk("designer.qin").get(f"/admin/workshop/{own}?lang=en").text
    unlisted = engine.store_draft(who, Draft("never-heard-of", BPMN))["id"]
    assert "清单之外无权力" in desk("designer.qin").get(f"/admin/workshop/{unlisted}?lang=zh").text
