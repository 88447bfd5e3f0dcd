"""What the API promises of every operation, walked over its description: keys for repeats, days and instants, problems."""

from __future__ import annotations

import json
import logging
import re

import pytest

from api.openapi_page import PAGE
from tests.api.conftest import APPLICATION

DOCUMENT = json.loads(PAGE.read_text("utf-8"))
OPERATIONS = {
    f"{method.upper()} {path.removeprefix('/api/v1')}": told
    for path, item in DOCUMENT["paths"].items()
    for method, told in item.items()
    if method != "parameters"
}
KEY = {"$ref": "#/components/parameters/IDEMPOTENCY_KEY"}
#: These create nothing that a second request would create twice.
NO_KEY = {
    "POST /tokens",
    "POST /items/{item}/precheck",
    "POST /calendars/{year}/preview",
    "POST /demo/clock",
    "POST /definitions/lint",
    "POST /definitions/fix",
    "POST /definitions/layout",
    "POST /definitions/convert",
    "POST /definitions/dry-run",
}
SCHEMAS = DOCUMENT["components"]["schemas"]
MEMBERS = [(schema, name, told) for schema, it in SCHEMAS.items() for name, told in it.get("properties", {}).items()]


def test_every_post_that_creates_or_completes_takes_an_idempotency_key():
    posts = {name for name in OPERATIONS if name.startswith("POST ")}
    assert {name for name in posts if KEY not in OPERATIONS[name].get("parameters", [])} == NO_KEY


def filled(told):
    """A body that a schema takes: every day and instant of it, and what it requires."""
    told = SCHEMAS[told["$ref"].rpartition("/")[2]] if "$ref" in told else told
    if "properties" in told:
        wanted = {
            name: part
            for name, part in told["properties"].items()
            if part.get("format", "").startswith("date") or name in told.get("required", [])
        }
        return {name: filled(part) for name, part in wanted.items()}
    by_format = {"date": "2026-12-01", "date-time": "2026-12-01T09:00:00+08:00"}
    plain = {"object": {"name": "x"}, "array": [], "integer": 1, "boolean": True}
    return by_format.get(told.get("format")) or plain.get(told.get("type"), told.get("enum", ["x"])[0])


def test_a_key_goes_with_days_and_instants(caller):
    for name, told in OPERATIONS.items():
        if KEY in told.get("parameters", []) and (kinds := told.get("requestBody", {}).get("content", {})):
            path = re.sub(r"\{\w+\}", "1", name.removeprefix("POST "))
            body = filled(kinds["application/json"]["schema"])
            answer = caller("clerk.chen").post(path, body, headers={"Idempotency-Key": "k"})
            assert answer.status_code < 500, (name, body)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_operation_tells_its_problems_and_what_it_is(name):
    told = OPERATIONS[name]
    assert told["summary"]
    wrong = {status for status in told["responses"] if status >= "400"}
    assert wrong >= ({"404", "422", "503"} if name.startswith("GET") else {"400", "404", "409", "413", "415", "422"})
    assert all(told["responses"][status]["$ref"].endswith("/PROBLEM") for status in wrong)
    assert "default" not in told["responses"]


@pytest.mark.parametrize(("ending", "kind"), [("_at", "date-time"), ("_on", "date"), ("_date", "date")])
def test_days_and_instants_are_described_as_such(ending, kind):
    found = [(schema, name, told) for schema, name, told in MEMBERS if name.endswith(ending)]
    assert len(found) > 3
    assert [(schema, name) for schema, name, told in found if told.get("format") != kind] == []


def test_the_query_code_stands_in_no_log(caller, client, caplog):
    made = caller("clerk.chen").post("/cases", APPLICATION).json
    code = made["query_code"]
    with caplog.at_level(logging.DEBUG):
        assert client.get(f"/api/v1/progress/{made['number']}?query_code={code}").status_code == 200
        assert client.get(f"/api/v1/progress/{made['number']}?query_code={code}x").status_code == 404
        assert client.get(f"/api/v1/progress/{made['number']}?query_code={code}&more=1").status_code == 422
        client.get(f"/api/v1/cases/{made['number']}/materials", headers={"Query-Code": code})
        client.post(f"/progress?query_code={code}")
    assert code not in caplog.text
