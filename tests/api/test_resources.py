"""Each resource when all is well, and that what is documented of its answers is what it answers."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from marshmallow import Schema

from api.app import register_api
from api.cases import CaseState, CaseView, SubmittedCase
from api.definitions import DefinitionSummary, DefinitionView, PublishedView
from api.progress import PublicProgress
from api.tasks import CompletedTask, TaskClaim, TaskPage
from api.tokens import Token
from tests.api.conftest import APPLICATION, refused

BPMN = Path("processes/joint-final-inspection/process.bpmn").read_bytes()


def answers(answer, status: int, schema: type[Schema]):
    """The answer's JSON, which has nothing that the schema does not document."""
    assert answer.status_code == status, answer.text
    schema().load(answer.json)
    return answer.json


def test_a_token_is_given_for_a_username_and_a_password(client):
    answer = client.post("/api/v1/tokens", json={"username": "fire.liu", "password": "onewindow-demo"})
    assert answers(answer, 201, Token)["token_type"] == "Bearer"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_case_is_submitted_looked_at_and_accepted(caller):
    clerk = caller("clerk.chen")
    case = answers(clerk.post("/cases", APPLICATION), 201, SubmittedCase)
    assert set(case) == {"number", "query_code", "state", "item", "region", "regime"}
    seen = answers(clerk.get(f"/cases/{case['number']}"), 200, CaseView)
    assert [row["node_id"] for row in seen["timeline"]] == ["accept"]
    accepted = answers(clerk.post(f"/cases/{case['number']}/acceptance", {"answer": "accepted"}), 200, CaseState)
    assert accepted["state"] == "accepted"


def test_a_task_is_found_claimed_released_and_completed(caller, accepted):
    officer = caller("fire.liu")
    page = answers(officer.get(f"/tasks?case={accepted['number']}"), 200, TaskPage)
    assert [task["node"] for task in page["items"]] == ["fire"]
    task = page["items"][0]["id"]
    assert answers(officer.post(f"/tasks/{task}/claim"), 200, TaskClaim)["claimed_by"]
    assert answers(officer.post(f"/tasks/{task}/release", {}), 200, TaskClaim)["state"] == "open"
    done = officer.post(f"/tasks/{task}/complete", {"outcome": "passed", "opinion": "合格", "form": {"width": 1.25}})
    assert answers(done, 200, CompletedTask)["case"]["state"] == "accepted"


@pytest.mark.parametrize("states", ["state=completed&state=cancelled", "state=completed,cancelled"])
def test_states_are_repeated_or_listed(caller, accepted, states):
    tasks = caller("clerk.chen").get(f"/tasks?{states}").json["items"]
    assert [(task["node"], task["state"]) for task in tasks] == [("accept", "completed")]


def test_the_inbox_is_read_page_by_page(caller, submitted):
    clerk = caller("clerk.chen")
    numbers = {submitted["number"], *(clerk.post("/cases", APPLICATION).json["number"] for _ in range(2))}
    seen, cursor = set(), ""
    while cursor is not None:
        page = clerk.get(f"/tasks?limit=1{cursor and '&cursor=' + cursor}").json
        seen |= {task["case"] for task in page["items"]}
        cursor = page["next_cursor"]
    assert seen == numbers


def test_progress_needs_the_query_code_and_no_token(client, accepted):
    answer = client.get(f"/api/v1/progress/{accepted['number']}?query_code={accepted['query_code']}")
    assert "department_id" not in answers(answer, 200, PublicProgress)["timeline"][0]


@pytest.mark.parametrize("as_form", [False, True])
def test_a_diagram_is_stored_as_a_draft_and_published(caller, as_form):
    designer = caller("designer.xu")
    if as_form:
        asked = {"data": {"item": "joint-final-inspection", "bpmn": (io.BytesIO(BPMN), "process.bpmn")}}
    else:
        asked = {"json": {"item": "joint-final-inspection", "bpmn": BPMN.decode()}}
    draft = answers(designer.call("POST", "/definitions", **asked), 201, DefinitionView)
    assert (draft["state"], draft["deployable"]) == ("draft", True)
    refused(designer.post(f"/definitions/{draft['id']}/publish"), 409, "definition-not-reviewed")
    refused(designer.post(f"/definitions/{draft['id']}/review", {"verdict": "approved"}), 403, "own-review")
    reviewer = caller("designer.qin")
    reviewed = answers(
        reviewer.post(f"/definitions/{draft['id']}/review", {"verdict": "approved"}), 200, DefinitionSummary
    )
    assert (reviewed["review"], reviewed["reviewed_by"]) == ("approved", "designer.qin")
    published = answers(designer.post(f"/definitions/{draft['id']}/publish"), 200, PublishedView)
    assert (published["state"], published["version"], published["overtakes"]) == ("published", 2, [])


def test_a_diagram_with_errors_is_stored_and_not_published(caller):
    designer = caller("designer.xu")
    broken = BPMN.replace(b'function="fire"', b'function=""')
    draft = answers(
        designer.post("/definitions", {"item": APPLICATION["item"], "bpmn": broken.decode()}), 201, DefinitionView
    )
    assert not draft["deployable"]
    problem = refused(designer.post(f"/definitions/{draft['id']}/publish"), 422, "definition-not-deployable")
    assert problem["findings"]
    assert problem["count"] >= 1


def test_health_is_told_without_a_token(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_the_openapi_document_names_every_path(client, app):
    described = client.get("/api/v1/openapi.json").json["paths"]
    served = {rule.rule.replace("<", "{").replace(">", "}") for rule in app.url_map.iter_rules()}
    served = {rule for rule in served if rule.startswith("/api/v1") and not rule.endswith(("openapi.json", "/docs"))}
    assert set(described) == served


def test_the_api_can_be_mounted_on_several_applications(app, engine):
    from flask import Flask

    register_api(Flask("another"), engine)


@pytest.mark.parametrize(
    ("given", "kept"), [("trace-1.a_b", True), ("two words", False), ("x" * 65, False), ("é", False)]
)
def test_a_well_formed_request_id_comes_back(client, given, kept):
    answered = client.get("/healthz", headers={"X-Request-Id": given}).headers["X-Request-Id"]
    assert (answered == given) is kept
    assert answered


def test_who_submits_for_another_region_sees_the_case(caller):
    front_office = caller("front.office")
    case = answers(front_office.post("/cases", APPLICATION | {"region": "440106"}), 201, SubmittedCase)
    answers(front_office.get(f"/cases/{case['number']}"), 200, CaseView)


def test_an_administrator_brings_an_item_with_its_diagram(caller):
    item = json.loads(Path("processes/joint-final-inspection/item.json").read_text("utf-8")) | {"code": "another"}
    asked = {"item": "another", "item_data": item, "bpmn": BPMN.decode()}
    answers(caller("admin.yang").post("/definitions", asked), 201, DefinitionView)


def test_a_chunked_body_over_the_limit_is_refused_whole(caller):
    body = json.dumps(APPLICATION).encode().ljust(262_144) + b"GARBAGE" * 10_000
    answer = caller("clerk.chen").post(
        "/cases",
        input_stream=io.BytesIO(body),
        headers={"Content-Type": "application/json", "Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert answer.status_code == 413
