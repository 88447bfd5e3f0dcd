"""The description of the API holds: whatever it allows to be sent, by whomever, is answered as it says, and never with a 5xx.

schemathesis makes the requests from the description and chains them, an id of one answer in the next request; every call is
somebody else's, of another role. A quick share runs each time, many under the marker `long`.
"""

from __future__ import annotations

import json
import re

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import register_api
from api.openapi_page import PAGE
from engine.settings import DEMONSTRATION_CLIENT_SECRET, DEMONSTRATION_PASSWORD
from tests.api.conftest import APPLICATION, Caller, fresh_engine, task_of
from tests.conftest import LONG

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?")


def instants_carry_an_offset(context, response, case):
    """No answer has an instant that is local to somebody."""
    if "json" in response.headers.get("content-type", [""])[0]:
        assert not [text for text in texts_of(response.json()) if INSTANT.fullmatch(text)]


def texts_of(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts_of(part)


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    instants_carry_an_offset,
]
OFFICERS = ("clerk.chen", "fire.liu", "fire.wei", "designer.xu", "admin.yang", "supervisor.ma", "agent.he")
CLIENT = "front.office"
PATHS = json.loads(PAGE.read_text("utf-8"))["paths"]
OPERATIONS = [(method, path) for path, item in PATHS.items() for method in item if method != "parameters"]
#: Ends the session of its caller: every later call would be refused.
LOG_OUT = "/api/v1/tokens/current"


def budget(quick: int, full: int):
    """So many examples; nothing is shrunk in the quick share, which names the request anyway."""
    return settings(
        max_examples=full if LONG else quick,
        stateful_step_count=12 if LONG else 6,
        deadline=None,
        database=None,
        derandomize=not LONG,
        phases=[Phase.generate] if not LONG else [Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module")
def app(server, template):
    with fresh_engine(server, template) as engine:
        made = Flask("onewindow")
        register_api(made, engine)
        yield made


@pytest.fixture(scope="module")
def headers(app):
    """The header of each caller; None is nobody."""
    asked = {name: {"username": name, "password": DEMONSTRATION_PASSWORD} for name in OFFICERS}
    asked[CLIENT] = {
        "grant_type": "client_credentials",
        "client_id": CLIENT,
        "client_secret": DEMONSTRATION_CLIENT_SECRET,
    }
    said = {name: app.test_client().post("/api/v1/tokens", json=body).json["token"] for name, body in asked.items()}
    return {name: {"Authorization": f"Bearer {token}"} for name, token in said.items()} | {None: {}}


@pytest.fixture(scope="module")
def ids(app, headers):
    """What there is, by the name that paths give it."""
    clerk = Caller(app, "", headers["clerk.chen"])
    number = clerk.post("/cases", APPLICATION).json["number"]
    clerk.post(f"/cases/{number}/acceptance", {"answer": "accepted"})
    fire = Caller(app, "", headers["fire.liu"])
    return {
        "number": number,
        "task": task_of(fire, number, "fire"),
        "item": APPLICATION["item"],
        "region": "440100",
        "year": "2026",
        "department": "gz-fire-acceptance",
        "client": CLIENT,
        "version": "1",
        "material": "1",
        "definition": Caller(app, "", headers["designer.xu"]).get("/definitions").json["items"][0]["id"],
    }


@pytest.fixture(scope="module")
def schema(app):
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda part: part.removeprefix("/api/v1"))
def test_an_operation_answers_as_it_is_described(schema, headers, ids, method, path):
    @budget(2, 100)
    @given(schema[path][method].as_strategy(), st.booleans())
    def check(case, known):
        if known:
            case.path_parameters = {name: ids.get(name, value) for name, value in case.path_parameters.items()}
        for who in [name for name in headers if path != LOG_OUT or name is None]:
            case.call_and_validate(headers=headers[who], checks=CHECKS)

    check()


def test_chains_of_calls_are_answered_as_described(schema, headers):
    names = [name for name in headers if name is not None]

    class Chain(schema.as_state_machine()):
        def setup(self):
            self.calls = 0

        def get_call_kwargs(self, case):
            self.calls += 1
            by = None if case.path == LOG_OUT else names[self.calls % len(names)]
            return {"headers": headers[by]}

        def validate_response(self, response, case, additional_checks=None, **kwargs):
            case.validate_response(response, checks=CHECKS)

    Chain.run(settings=budget(10, 500))
