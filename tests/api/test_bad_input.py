"""Whatever is wrong with a request: its 4xx with a code and a sentence in the language asked for, and nothing changed."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path

import pytest
from sqlalchemy import text

from server import create_app
from tests.api.conftest import APPLICATION, contents, fresh_engine, refused, task_of

BPMN = Path("processes/joint-final-inspection/process.bpmn").read_text("utf-8")
ITEM = "joint-final-inspection"
LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><l>&b;</l>'


@pytest.fixture(scope="module")
def engine(server, template):
    """One database for all of this module: nothing here changes it."""
    with fresh_engine(server, template) as opened:
        yield opened


@pytest.fixture(scope="module")
def tokens():
    """A log-in is slow on purpose: one for all of this module."""
    return {}


def in_english(problem: dict) -> bool:
    said = json.dumps([problem["title"], problem["detail"], problem.get("fields")], ensure_ascii=False)
    return not re.search("[\u4e00-\u9fff。]", said)


#: what is wrong: (path, JSON body, status, code)
BODIES = {
    "no password": ("/tokens", {"username": "fire.liu"}, 422, "input-invalid"),
    "a password that is no text": ("/tokens", {"username": "fire.liu", "password": 1}, 422, "input-invalid"),
    "a wrong password": ("/tokens", {"username": "fire.liu", "password": "guess"}, 401, "log-in-failed"),
    "an unknown name": ("/tokens", {"username": "nobody", "password": "guess"}, 401, "log-in-failed"),
    "NUL in a name": ("/tokens", {"username": "fire\0liu", "password": "guess"}, 422, "input-invalid"),
    "half a character": ("/tokens", {"username": "\ud800", "password": "guess"}, 422, "input-invalid"),
    "an empty object": ("/cases", {}, 422, "input-invalid"),
    "a list": ("/cases", [], 422, "input-invalid"),
    "a text": ("/cases", "case", 422, "input-invalid"),
    "null": ("/cases", None, 422, "input-invalid"),
    "an unknown field": ("/cases", APPLICATION | {"state": "concluded"}, 422, "input-invalid"),
    "an unknown item": ("/cases", APPLICATION | {"item": "no-such-item"}, 422, "item-unknown"),
    "an unknown region": ("/cases", APPLICATION | {"region": "999999"}, 422, "region-unknown"),
    "a region that is a number": ("/cases", APPLICATION | {"region": 440100}, 422, "input-invalid"),
    "an applicant without a name": ("/cases", APPLICATION | {"applicant": {}}, 422, "input-invalid"),
    "an applicant that is a text": ("/cases", APPLICATION | {"applicant": "广州"}, 422, "input-invalid"),
    "a name that is an object": ("/cases", APPLICATION | {"applicant": {"name": {"a": 1}}}, 422, "input-invalid"),
    "a form that is a list": ("/cases", APPLICATION | {"form": [1]}, 422, "input-invalid"),
    "a form over 32 KB": ("/cases", APPLICATION | {"form": {"a": "x" * 33_000}}, 422, "input-invalid"),
    "NUL deep in a form": ("/cases", APPLICATION | {"form": {"a": [{"b": "\0"}]}}, 422, "input-invalid"),
    "NUL in a name of a form": ("/cases", APPLICATION | {"form": {"\0": 1}}, 422, "input-invalid"),
    "half a character in a form": ("/cases", APPLICATION | {"form": {"\udfff": "\ud800"}}, 422, "input-invalid"),
    "a number beyond 64 bits": ("/cases", APPLICATION | {"form": {"a": 2**63}}, 422, "input-invalid"),
    "deep nesting": ("/cases", APPLICATION | {"form": {"a": json.loads("[" * 40 + "]" * 40)}}, 422, "input-invalid"),
    "an answer we don't know": ("/cases/{number}/acceptance", {"answer": "rejected"}, 422, "input-invalid"),
    "no answer": ("/cases/{number}/acceptance", {}, 422, "input-invalid"),
    "an opinion too long": ("/tasks/{task}/complete", {"opinion": "长" * 4001}, 422, "input-invalid"),
    "no outcome": ("/tasks/{task}/complete", {}, 422, "input-invalid"),
    "an unknown outcome": ("/tasks/{task}/complete", {"outcome": "maybe"}, 422, "input-invalid"),
    "a body where none belongs": ("/tasks/{task}/claim", {"by": "me"}, 422, "input-invalid"),
}

#: what is wrong: (path, bytes, content type, status, code)
RAW = {
    "no JSON": ("/cases", b"{", "application/json", 400, "json-malformed"),
    "not UTF-8": ("/cases", b'{"a":"\xff"}', "application/json", 400, "json-malformed"),
    "NaN": ("/cases", b'{"form":{"a":NaN}}', "application/json", 400, "json-malformed"),
    "infinity": ("/cases", b'{"form":{"a":-Infinity}}', "application/json", 400, "json-malformed"),
    "infinity in digits": ("/cases", b'{"form":{"a":1e999}}', "application/json", 422, "input-invalid"),
    "a number without end": (
        "/cases",
        b'{"form":{"a":' + b"9" * 5000 + b"}}",
        "application/json",
        400,
        "json-malformed",
    ),
    "brackets without end": ("/cases", b"[" * 100_000, "application/json", 400, "json-malformed"),
    "a form": ("/cases", b"item=a", "application/x-www-form-urlencoded", 415, "media-type-unsupported"),
    "no content type": ("/cases", b"{}", None, 415, "media-type-unsupported"),
    "an empty body": ("/cases", b"", "application/json", 422, "input-invalid"),
    "over 256 KB": ("/cases", b'"' + b"x" * 262_145 + b'"', "application/json", 413, "body-too-large"),
    "over 6 MB": ("/definitions", b'"' + b"x" * 6_291_456 + b'"', "application/json", 413, "body-too-large"),
    "no multipart": ("/definitions", b"x", "multipart/form-data", 422, "input-invalid"),
}

#: what is wrong: (BPMN, what the sentence says)
DIAGRAMS = {
    "a DOCTYPE": (LAUGHS, "DOCTYPE"),
    "nothing": (" ", "empty"),
    "no XML": ("definitely no XML", "XML"),
    "no BPMN": ("<html/>", "BPMN"),
    "cut off": (BPMN[:900], "XML"),
    "over 5 MB": (BPMN + " " * 5_242_880, "5 MB"),
    "an entity": ("<a>&xxe;</a>", "XML"),
    "elements without end": ("<a>" * 100_000, "nested"),
}


@pytest.fixture
def at_window(caller, submitted):
    """The clerk, with the number of a case at the window and the id of its task."""
    clerk = caller("clerk.chen")
    clerk.headers["Accept-Language"] = "en"
    return clerk, {"number": submitted["number"], "task": task_of(clerk, submitted["number"], "accept")}


@pytest.mark.parametrize("wrong", BODIES)
def test_a_body_that_is_not_what_is_asked_for(engine, at_window, wrong):
    (clerk, ids), (path, body, status, code) = at_window, BODIES[wrong]
    before = contents(engine)
    problem = refused(clerk.call("POST", path.format(**ids), json=body), status, code)
    assert in_english(problem), problem
    assert contents(engine) == before


@pytest.mark.parametrize("wrong", RAW)
def test_bytes_that_are_no_request(engine, at_window, wrong):
    (clerk, _), (path, data, kind, status, code) = at_window, RAW[wrong]
    before = contents(engine)
    problem = refused(clerk.call("POST", path, data=data, content_type=kind), status, code)
    assert in_english(problem), problem
    assert contents(engine) == before


@pytest.mark.parametrize("wrong", DIAGRAMS)
def test_hostile_xml_is_refused_and_not_stored(engine, caller, wrong):
    designer, (bpmn, said) = caller("designer.xu"), DIAGRAMS[wrong]
    before = contents(engine)
    answer = designer.post("/definitions", {"item": ITEM, "bpmn": bpmn}, headers={"Accept-Language": "en"})
    problem = refused(answer, 422, "diagram-unreadable")
    assert said in problem["detail"]
    assert contents(engine) == before


@pytest.mark.parametrize(
    "query", ["state=finished", "limit=0", "limit=201", "limit=ten", "limit=9e9", "what=1", "node=%00"]
)
def test_a_query_that_asks_for_what_there_is_not(caller, query):
    problem = refused(caller("fire.liu").get(f"/tasks?{query}"), 422, "input-invalid")
    assert query.split("=")[0] in "".join(problem["fields"])


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "MQ==",
        "bnVsbA==",
        "W10=",
        "WyIyMDI2LTAxLTAxIiwgIngiLCAxXQ==",
        "WyJcdTAwMDAiLCAiXHUwMDAwIiwgMV0=",
        "%F0%9F%98%80",
    ],
)
def test_a_cursor_that_somebody_made_up(caller, cursor):
    refused(caller("fire.liu").get(f"/tasks?cursor={cursor}"), 422, "input-invalid")


def test_a_task_of_another_department_is_forbidden(engine, caller, accepted):
    task, planner = task_of(caller("fire.liu"), accepted["number"], "fire"), caller("planning.zhao")
    before = contents(engine)
    for verb in ("claim", "release", "complete"):
        problem = refused(planner.post(f"/tasks/{task}/{verb}", {}), 403, "forbidden")
        assert problem["permission"]
    assert contents(engine) == before


def test_what_is_not_yours_to_see_looks_like_what_does_not_exist(engine, caller, accepted):
    task = task_of(caller("fire.liu"), accepted["number"], "fire")
    elsewhere = caller("tianhe.tan")
    before = contents(engine)
    missing = f"{uuid.uuid4()}.7"
    for verb in ("claim", "release", "complete"):
        theirs = refused(elsewhere.post(f"/tasks/{task}/{verb}", {}), 404, "not-found")
        nobodys = refused(elsewhere.post(f"/tasks/{missing}/{verb}", {}), 404, "not-found")
        for problem, asked in ((theirs, task), (nobodys, missing)):
            assert problem.pop("id") == asked
            problem["detail"] = problem["detail"].replace(asked, "…")
            problem.pop("request_id")
        assert theirs == nobodys
    theirs = refused(elsewhere.get(f"/cases/{accepted['number']}"), 404, "not-found")
    assert set(theirs) == set(refused(elsewhere.get("/cases/440100-20260921-999999"), 404, "not-found"))
    assert contents(engine) == before


@pytest.mark.parametrize(
    "id", ["x", "1.1", f"{uuid.UUID(int=0)}.", f"{uuid.UUID(int=0)}.99999999999", "%00", "x" * 5000, "é.²"]
)
def test_an_id_that_can_be_nobodys(caller, id):
    assert caller("fire.liu").post(f"/tasks/{id}/claim").status_code == 404
    assert caller("designer.xu").post(f"/definitions/{id}/publish").status_code == 404
    assert caller("fire.liu").get(f"/cases/{id}").status_code == 404
    assert caller("clerk.chen").post(f"/cases/{id}/acceptance", {"answer": "accepted"}).status_code == 404


def test_a_wrong_query_code_is_answered_like_an_unknown_number(client, submitted):
    asked = [
        f"{submitted['number']}?query_code=AAAAAAAAAA",
        f"440100-20260921-999999?query_code={submitted['query_code']}",
    ]
    first, second = (refused(client.get(f"/api/v1/progress/{one}"), 404, "progress-not-found") for one in asked)
    assert first | {"request_id": ""} == second | {"request_id": ""}
    refused(client.get(f"/api/v1/progress/{submitted['number']}"), 422, "input-invalid")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic eDp4", "Bearer \xff\x00"[:8]])
def test_without_a_token_nothing_is_answered(client, header):
    answer = client.get("/api/v1/tasks?nonsense", headers={"Authorization": header})
    refused(answer, 401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_expired_token_is_no_token(engine, caller):
    officer = caller("fire.wei")
    with engine.database.begin() as connection:
        connection.execute(
            text(
                "UPDATE access_tokens SET expires_at = created_at WHERE officer_id = "
                "(SELECT id FROM officers WHERE username = 'fire.wei')"
            )
        )
    before = contents(engine)
    refused(officer.post("/cases", APPLICATION), 401, "unauthenticated")
    assert contents(engine) == before


def test_who_may_not_is_told_what_it_takes(engine, caller):
    officer, designer = caller("fire.liu"), caller("designer.xu")
    before = contents(engine)
    assert refused(officer.post("/cases", APPLICATION), 403, "forbidden")["permission"] == "case:submit"
    diagram = {"item": ITEM, "bpmn": BPMN}
    assert refused(officer.post("/definitions", diagram), 403, "forbidden")["permission"] == "definition:write"
    asked = diagram | {"item_data": {"code": ITEM}}
    assert refused(designer.post("/definitions", asked), 403, "forbidden")["permission"] == "organization:write"
    assert contents(engine) == before


def test_item_data_is_of_the_item(caller):
    asked = {"item": ITEM, "bpmn": BPMN, "item_data": {"code": "x" * 9000}}
    assert (
        "item_data.code" in refused(caller("designer.xu").post("/definitions", asked), 422, "input-invalid")["fields"]
    )


def test_the_http_layer_speaks_like_the_rest(client):
    refused(client.get("/api/v1/nothing"), 404, "path-not-found")
    refused(client.get("/nothing"), 404, "path-not-found")
    answer = client.delete("/api/v1/tokens")
    refused(answer, 405, "method-not-allowed")
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize("serve", [("api",), ("api", "portal", "admin")])
def test_a_browser_that_is_lost_gets_a_page(engine, serve):
    client = create_app(engine, serve).test_client()
    answer = client.get("/nothing", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (404, "text/html")


@pytest.mark.parametrize(
    ("asked", "given"),
    [(None, "zh"), ("en", "en"), ("en-GB,zh;q=0.5", "en"), ("zh-CN", "zh"), ("fr", "zh"), ("*", "zh")],
)
def test_the_sentence_is_in_the_language_asked_for(client, asked, given):
    answer = client.get("/api/v1/tasks", headers={"Accept-Language": asked} if asked else {})
    assert answer.headers["Content-Language"] == given
    assert in_english(refused(answer, 401, "unauthenticated")) is (given == "en")


def test_all_that_is_wrong_is_named_at_once(caller):
    asked = {"region": 1, "applicant": {"name": "", "phone": 5}, "wrong": True}
    fields = refused(caller("clerk.chen").post("/cases", asked), 422, "input-invalid")["fields"]
    assert set(fields) == {"item", "region", "applicant.name", "applicant.phone", "wrong"}
    assert fields["item"] == ["必填"]


def test_an_opinion_that_is_missing_is_asked_for_in_one_language(caller, accepted):
    task = task_of(caller("fire.liu"), accepted["number"], "fire")
    for lang, is_english in (("en", True), ("zh", False)):
        officer = caller("fire.liu")
        answer = officer.post(f"/tasks/{task}/complete", {"outcome": "faults"}, headers={"Accept-Language": lang})
        problem = refused(answer, 422, "opinion-missing")
        assert (in_english(problem), set(problem["fields"])) == (is_english, {"opinion"})
