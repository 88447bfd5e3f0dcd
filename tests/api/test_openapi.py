"""The checked-in description of the API is fresh, and nothing of it breaks callers unless the version moves."""

from __future__ import annotations

import copy
import json

import pytest

from api.breaking import breaking
from api.openapi_page import BASELINE, PAGE, page

KNOWN = json.loads(PAGE.read_text("utf-8")) if PAGE.exists() else {}
CASES = "/api/v1/cases"


def test_the_page_is_fresh():
    assert PAGE.read_text("utf-8") == page(), "run: python -m api.openapi_page"


def test_nothing_breaks_who_calls_what_was_released():
    """Against the baseline: the description as it was when this version of the API was given out."""
    released = json.loads(BASELINE.read_text("utf-8"))
    assert breaking(released, json.loads(page())) == [], (
        "keep what callers know, or move the version in api/app.py, then: python -m api.openapi_page --release"
    )


def schema(document, name):
    return document["components"]["schemas"][name]


def without(document, path, *steps):
    part = document["paths"][path]
    for step in steps[:-1]:
        part = part[step]
    del part[steps[-1]]


BREAKS = {
    "a path is gone": lambda d: without(d, CASES, "get"),
    "an answer is gone": lambda d: without(d, CASES, "post", "responses", "201"),
    "a parameter is gone": lambda d: d["paths"][CASES]["get"]["parameters"].pop(),
    "a parameter is required": lambda d: d["paths"][CASES]["get"]["parameters"][0].update(required=True),
    "a new parameter is required": lambda d: d["paths"][CASES]["get"]["parameters"].append(
        {"in": "query", "name": "x", "required": True, "schema": {}}
    ),
    "a member of an answer is gone": lambda d: schema(d, "SubmittedCase")["properties"].pop("number"),
    "a member of an answer has another type": lambda d: schema(d, "SubmittedCase")["properties"].update(
        number={"type": "integer"}
    ),
    "a member of an answer may be null": lambda d: schema(d, "SubmittedCase")["properties"].update(
        number={"type": ["string", "null"]}
    ),
    "a nested member of an answer is gone": lambda d: schema(d, "CaseRow")["properties"].pop("number"),
    "a way to send a body is gone": lambda d: without(d, CASES, "post", "requestBody", "content", "application/json"),
    "a field is required": lambda d: schema(d, "NewCase")["required"].append("channel"),
    "a field is not taken any more": lambda d: schema(d, "NewCase")["properties"].pop("channel"),
    "a field is shorter": lambda d: schema(d, "NewCase")["properties"]["channel"].update(maxLength=3),
    "a field takes another type": lambda d: schema(d, "NewCase")["properties"]["channel"].update(type="integer"),
    "a field takes certain values only": lambda d: schema(d, "NewCase")["properties"]["channel"].update(enum=["a"]),
}
FINE = {
    "nothing": lambda d: None,
    "a new path": lambda d: d["paths"].update({"/api/v1/new": {"get": {"responses": {}}}}),
    "a new member of an answer": lambda d: schema(d, "SubmittedCase")["properties"].update(more={"type": "string"}),
    "a new field": lambda d: schema(d, "NewCase")["properties"].update(more={"type": "string"}),
    "a longer field": lambda d: schema(d, "NewCase")["properties"]["channel"].update(maxLength=300),
    "a field that was required is not": lambda d: schema(d, "NewCase")["required"].remove("item"),
    "a new answer": lambda d: d["paths"][CASES]["post"]["responses"].update({"299": {}}),
    "another way to send a body": lambda d: d["paths"][CASES]["post"]["requestBody"]["content"].update(
        {"text/csv": {"schema": {"type": "string"}}}
    ),
    "another summary": lambda d: d["paths"][CASES]["post"].update(summary="x"),
}


@pytest.mark.parametrize("change", BREAKS)
def test_a_break_is_found_unless_the_version_moves(change):
    changed = copy.deepcopy(KNOWN)
    BREAKS[change](changed)
    assert breaking(KNOWN, changed)
    changed["info"]["version"] = "2"
    assert breaking(KNOWN, changed) == []


@pytest.mark.parametrize("change", FINE)
def test_what_breaks_nobody_is_allowed(change):
    changed = copy.deepcopy(KNOWN)
    FINE[change](changed)
    assert breaking(KNOWN, changed) == []
