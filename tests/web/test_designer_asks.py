"""What the designer's page asks the server: to open, to keep and to compare; and that its panel follows the vocabulary."""

from __future__ import annotations

import json
import uuid

from admin.designer import panel
from admin.designer.blank import blank_diagram
from engine.bpmn.judge import judge
from engine.bpmn.vocabulary import VOCABULARY, Attribute, Element
from tests.engine.stories import ITEM


def ask(desk, path, csrf=None, **said):
    headers = {"X-CSRF-Token": desk.token("/admin/catalogue") if csrf is None else csrf}
    return desk.client.post(f"/admin/designer/{path}", json=said, headers=headers)


def test_a_blank_diagram_lacks_only_what_has_to_be_filled_in():
    for lang in ("zh", "en"):
        judged = judge(blank_diagram(lang, "an & <item>").encode(), "approval")
        assert {one.rule for one in judged.findings} == {
            "assignment-missing",
            "public-name-missing",
            "time-limit-missing",
        }


def test_the_panel_is_drawn_from_the_vocabulary(monkeypatch):
    drawn = panel.vocabulary({"assignment.function": [{"value": "fire", "zh": "消防", "en": "fire"}]}, "zh")
    assert [(one["name"], len(one["attributes"])) for one in drawn] == [
        (one.name, len(one.attributes)) for one in VOCABULARY
    ]
    assert drawn[0]["attributes"][0]["known"] == [{"value": "fire", "label": "消防"}]
    sort = Attribute("sort", "choice", "种类", "Sort", "哪一种", "which sort", choices=(("a", "甲", "A"),))
    commitment = Element("commitment", ("userTask", "process"), "告知承诺", "Commitment", "承诺", "promised", (sort,))
    monkeypatch.setattr(panel, "VOCABULARY", (*VOCABULARY, commitment))
    fresh = panel.vocabulary({}, "en")[-1]
    assert (fresh["type"], fresh["label"], fresh["allowedIn"]) == (
        "ow:Commitment",
        "Commitment",
        ["userTask", "process"],
    )
    assert fresh["attributes"][0]["choices"] == [{"value": "a", "label": "A"}]
    described = panel.moddle()["types"][-1]
    assert described["meta"]["allowedIn"] == ["bpmn:UserTask", "bpmn:Process"]
    assert described["properties"] == [{"name": "sort", "isAttr": True, "type": "String"}, panel.OTHER_CONTENT]


def test_a_draft_is_kept_once_with_the_stories_of_its_predecessor_and_compared(desk, engine, actor):
    designer = desk("designer.xu")
    (published,) = engine.workshop.list(actor("designer.xu"), ITEM, "published")["items"]
    opened = designer.get(f"/admin/designer/open?definition={published['id']}").json
    assert opened["definition"]["version"] == 1
    assert [one["id"] for one in opened["others"]] == [published["id"]]
    named = {one["value"] for one in opened["vocabulary"][0]["attributes"][0]["known"]}
    assert {"fire", "window"} <= named

    drawn = opened["xml"].replace('function="fire" level="city"', 'function="fire" level="county"')
    assert drawn != opened["xml"]
    asked = {"xml": drawn, "item": ITEM, "before": published["id"], "key": uuid.uuid4().hex}
    first, again = ask(designer, "save", **asked), ask(designer, "save", **asked)
    assert first.status_code == 200, first.text
    assert first.json["definition"]["id"] == again.json["definition"]["id"]
    made = first.json["definition"]
    assert len(first.json["others"]) == 2
    stories = engine.workshop.source(actor("designer.xu"), made["id"])["scenarios"]
    assert stories == engine.workshop.source(actor("designer.xu"), published["id"])["scenarios"]

    found = ask(designer, "changes", xml=drawn, against=published["id"]).json
    assert (found["added"], found["removed"]) == ([], [])
    assert found["changed"] == [
        {
            "id": "fire",
            "kind": "userTask",
            "name": "消防验收",
            "changes": [{"attribute": "assignment.level", "old": "city", "new": "county"}],
            "process": None,
        }
    ]
    assert "BPMNShape" in found["bpmn"]
    unlisted = ask(designer, "save", xml=blank_diagram("zh"), item="new_process")
    assert unlisted.json["definition"]["state"] == "draft", "a draft needs no item of the catalogue"


def test_what_is_wrong_is_refused_in_words_and_changes_nothing(desk, engine, actor):
    designer, clerk = desk("designer.xu"), desk("clerk.chen")
    blank = blank_diagram("zh", ITEM)
    (published,) = engine.workshop.list(actor("designer.xu"), ITEM, "published")["items"]
    refused = [
        (ask(designer, "save", xml=blank, item=""), 422),
        (ask(designer, "save", xml="<x", item=ITEM), 422),
        (ask(designer, "save", xml=blank, item=ITEM, before="x"), 404),
        (ask(designer, "save", xml=blank, item=["x"]), 422),
        (ask(designer, "save", item=ITEM), 422),
        (ask(designer, "save", csrf="", xml=blank, item=ITEM), 403),
        (ask(designer, "changes", xml="<x", against=published["id"]), 422),
        (ask(designer, "changes", xml=blank, against=str(uuid.uuid4())), 404),
        (designer.get("/admin/designer/open?definition=x"), 404),
        (clerk.get("/admin/designer/open"), 403),
        (ask(clerk, "save", csrf=clerk.token(), xml=blank, item=ITEM), 403),
    ]
    for n, (answer, status) in enumerate(refused):
        assert answer.status_code == status, (n, answer.text[:300])
        assert json.loads(answer.text)["detail"], n
    assert len(engine.workshop.list(actor("designer.xu"), ITEM)["items"]) == 1
    assert clerk.get("/admin/designer").status_code == 403
    assert designer.get("/admin/designer/rules/no-such-rule").status_code == 404
    assert "办理时限" in designer.get("/admin/designer/rules/time-limit-missing").text
