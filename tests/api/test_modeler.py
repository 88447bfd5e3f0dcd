"""The Camunda Modeler's Deploy button, as that tool calls it: a draft, its findings in `message`, HTTP Basic or a token."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest

from engine.bpmn.bounds import Failure
from engine.bpmn.sandbox import SANDBOX

BPMN = Path("processes/joint-final-inspection/process.bpmn").read_bytes()
STORY = Path("processes/joint-final-inspection/scenarios/denied.json").read_bytes()
FIELDS = {
    "deployment-name": "joint-final-inspection",
    "deployment-source": "Camunda Modeler",
    "enable-duplicate-filtering": "true",
    "deploy-changed-only": "true",
}


@pytest.fixture
def basic():
    told = base64.b64encode(b"designer.xu:onewindow-demo").decode()
    return {"Authorization": f"Basic {told}"}


def deploy(client, headers, bpmn=BPMN, name="process.bpmn", **more):
    files = {"data": (io.BytesIO(bpmn), name)} | {k: (io.BytesIO(v), k) for k, v in more.items()}
    return client.post("/engine-rest/deployment/create", data=FIELDS | files, headers=headers)


def test_the_tool_sees_that_it_may_connect(client, basic):
    assert client.get("/engine-rest/version", headers=basic).json["version"].count(".") == 2
    assert client.get("/engine-rest/deployment?maxResults=0", headers=basic).json == []
    for headers in ({}, {"Authorization": "Basic eDp5"}, {"Authorization": "Basic !"}, {"Authorization": "Bearer x"}):
        assert client.get("/engine-rest/deployment?maxResults=0", headers=headers).status_code == 401


def test_deploying_makes_a_draft(client, basic, engine, caller):
    answer = deploy(client, basic)
    assert answer.status_code == 200, answer.text
    (deployed,) = answer.json["deployedProcessDefinitions"].values()
    assert deployed["key"] == "joint-final-inspection"
    drafts = caller("designer.qin").get("/definitions?state=draft").json["items"]
    assert [one["id"] for one in drafts] == [answer.json["id"]]
    with_token = {"Authorization": f"Bearer {caller('designer.xu').token}"}
    assert deploy(client, with_token).status_code == 200


def test_findings_come_back_in_the_message_and_the_draft_is_kept(client, basic, caller):
    broken = BPMN.replace(b'function="fire"', b'function=""')
    answer = deploy(client, basic | {"Accept-Language": "en"}, broken)
    assert answer.status_code == 400
    assert "[error fire," in answer.json["message"]
    assert answer.json["details"]["joint-final-inspection"]["errors"][0]["mainElementId"] == "fire"
    assert caller("designer.qin").get(f"/definitions/{answer.json['draft']}").status_code == 200


def test_of_several_files_each_diagram_becomes_a_draft_and_what_is_none_is_named(client, basic, caller):
    other = BPMN.replace(b'<ow:item code="joint-final-inspection"/>', b"")
    more = {"other.bpmn": other, "denied.json": STORY, "look.form": b"{}"}
    answer = deploy(client, basic, **more)
    assert answer.status_code == 200, answer.text
    drafts = {one["key"]: id for id, one in answer.json["deployedProcessDefinitions"].items()}
    assert set(drafts) == {"joint-final-inspection", "joint_final_inspection"}
    assert all(id in answer.json["message"] for id in drafts.values())
    assert "look.form" in answer.json["message"]
    counts = {
        key: len(caller("designer.qin").get(f"/definitions/{id}").json["scenarios"]) for key, id in drafts.items()
    }
    assert counts == {"joint-final-inspection": 1, "joint_final_inspection": 0}
    assert deploy(client, basic, **{"other.bpmn": b"<no"}).status_code == 422
    assert len(caller("designer.qin").get("/definitions?state=draft").json["items"]) == 2


def test_a_diagram_of_no_item_becomes_a_draft_that_is_not_published(client, basic, caller):
    answer = deploy(client, basic, BPMN.replace(b'<ow:item code="joint-final-inspection"/>', b""))
    assert answer.status_code == 200, answer.text
    draft = answer.json["id"]
    assert caller("designer.qin").get(f"/definitions/{draft}").json["item"] == "joint_final_inspection"
    refusal = caller("designer.qin").post(f"/definitions/{draft}/publish")
    assert (refusal.status_code, refusal.json["code"]) == (422, "item-not-published")


@pytest.mark.parametrize(
    ("bpmn", "name", "more", "status"),
    [
        (b"", "process.bpmn", {}, 422),
        (b"<html/>", "process.bpmn", {}, 422),
        (b"PK\x03\x04", "process.bpmn", {}, 422),
        (BPMN, "picture.png", {}, 400),
        (BPMN, "process.bpmn", {"story.json": b"{"}, 422),
        (BPMN, "process.bpmn", {"story.json": b"[]"}, 422),
        (BPMN, "process.bpmn", {"story.json": b"[" * 100_000}, 422),
        (BPMN, "process.bpmn", {"story.json": STORY.replace(b'"form":', b'"x": NaN, "form":')}, 422),
        (BPMN, "process.bpmn", {"story.json": STORY.replace(b'"form":', b'"x": 1e999, "form":')}, 422),
        (BPMN, "process.bpmn", {f"{n}.json": b"{}" for n in range(101)}, 422),
    ],
)
def test_what_can_not_be_deployed_is_said(client, basic, caller, bpmn, name, more, status):
    answer = deploy(client, basic, bpmn, name, **more)
    assert answer.status_code == status, answer.text
    said = answer.get_json(force=True)
    assert said["code"]
    assert said["message"] == said["detail"]  # the tool shows `message`
    assert caller("designer.qin").get("/definitions?state=draft").json["items"] == []


def test_who_draws_nothing_deploys_nothing(client):
    told = base64.b64encode(b"fire.liu:onewindow-demo").decode()
    assert deploy(client, {"Authorization": f"Basic {told}"}).status_code == 403


def test_the_tool_shows_why_it_may_not_connect(client):
    refused = client.get("/engine-rest/deployment?maxResults=0", headers={"Accept-Language": "en"})
    assert refused.status_code == 401
    assert refused.get_json(force=True)["message"].startswith("Log in first")


def test_what_is_sent_is_not_read_outside_the_sandbox(client, basic, monkeypatch):
    asked = []

    def hungry(work, options, data):
        asked.append(work)
        return Failure.HUNGRY

    monkeypatch.setattr(SANDBOX, "ask", hungry)
    refused = deploy(client, basic)
    assert (refused.status_code, refused.get_json(force=True)["code"]) == (422, "diagram-beyond-bounds")
    assert asked == ["named"]
