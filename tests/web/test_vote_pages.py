"""表决 on the pages: how it stands, at the desk and outside, and what is told of a task that nobody has to do any more."""

from admin.designer import panel
from engine.cases.inbox import InboxQuery
from tests.engine.stories import SYSTEM, accepted, deploy
from tests.engine.test_case_votes import DRAWN, vote
from tests.web.test_papers import looked_up


def test_a_vote_is_shown_with_its_count_while_it_is_open_and_when_it_is_decided(engine, actor, desk, page):
    deploy(engine, DRAWN)
    number = accepted(engine, actor)
    vote(engine, actor("planning.zhao"), number, "no")
    vote(engine, actor("fire.liu"), number, "yes")
    outside, archivist = looked_up(page, engine, number), desk("archives.zheng")
    for shown in (outside.get(f"/progress/{number}").text, archivist.get(f"/admin/cases/{number}").text):
        assert "表决中" in shown
        assert "同意 1 · 未同意 1 · 应表决 5" in shown
    vote(engine, actor("fire.sun"), number, "no")
    vote(engine, actor("water.jiang"), number, "abstain")
    shown = outside.get(f"/progress/{number}").text
    assert "不通过" in shown
    assert "同意 1 · 未同意 3 · 应表决 5" in shown
    assert "表决已定，不再办理" in shown
    file = engine.case_file(number)
    task = next(row for row in file["timeline"] if row["state"] == "called-off")
    case_id = engine.inbox(SYSTEM, InboxQuery(case=number))["items"][0]["id"].split(".")[0]
    assert "表决已定，不再办理" in archivist.get(f"/admin/tasks/{case_id}.{task['task']}").text
    assert "1 assent · 3 do not · 5 invited" in archivist.get(f"/admin/cases/{number}?lang=en").text


def test_the_panel_speaks_of_votes_in_chinese():
    drawn = next(one for one in panel.vocabulary({}, "zh") if one["name"] == "vote")
    assert drawn["label"] == "表决"
    labels = {one["name"]: one["label"] for one in drawn["attributes"]}
    assert labels == {
        **{"rule": "通过规则", "outcome": "同意的结果", "count": "同意票数", "percent": "同意比例", "ends": "何时结束"}
    }
