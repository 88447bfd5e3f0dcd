"""An application with the API on a fresh demonstration database, callers with their tokens, and what a refusal is."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from api.app import register_api
from engine.assemble import Engine, open_engine
from engine.settings import DEMONSTRATION_PASSWORD, Settings
from engine.store.embedded import EmbeddedServer
from tests.databases import copy_of

APPLICATION = {
    "item": "joint-final-inspection",
    "region": "440100",
    "applicant": {"kind": "enterprise", "name": "广州示例置业有限公司"},
    "form": {"project_name": "示例大厦"},
}


@contextlib.contextmanager
def fresh_engine(server: EmbeddedServer, template: str) -> Iterator[Engine]:
    """An engine on a database of its own, for a module whose tests may share one."""
    with copy_of(server, template, "api") as url:
        opened = open_engine(Settings(demo=True), url)
        yield opened
        opened.close()


@pytest.fixture
def app(engine: Engine) -> Flask:
    """A Flask application with the API only."""
    made = Flask("onewindow")
    register_api(made, engine)
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client without a token."""
    return app.test_client()


@dataclass
class Caller:
    """Somebody with a token. One client a call, so that threads may share a caller."""

    app: Flask
    token: str
    headers: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, **request: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}"} | self.headers | request.pop("headers", {})
        return self.app.test_client().open(f"/api/v1{path}", method=method, headers=headers, **request)

    def get(self, path: str, **request: Any) -> TestResponse:
        return self.call("GET", path, **request)

    def post(self, path: str, json: Any = None, **request: Any) -> TestResponse:
        body = request if json is None else {"json": json, **request}
        return self.call("POST", path, **body)


@pytest.fixture
def tokens() -> dict[str, str]:
    """The tokens that were given in this test, by username."""
    return {}


@pytest.fixture
def caller(app: Flask, tokens: dict[str, str]) -> Callable[[str], Caller]:
    """The caller of a username of the demonstration organisation."""

    def log_in(username: str) -> Caller:
        if username not in tokens:
            asked = {"username": username, "password": DEMONSTRATION_PASSWORD}
            answer = app.test_client().post("/api/v1/tokens", json=asked)
            assert answer.status_code == 201, answer.text
            tokens[username] = answer.json["token"]
        return Caller(app, tokens[username])

    return log_in


@pytest.fixture
def submitted(caller: Callable[[str], Caller]) -> Any:
    """A case that waits at the window."""
    return caller("clerk.chen").post("/cases", APPLICATION).json


@pytest.fixture
def accepted(caller: Callable[[str], Caller], submitted: Any) -> Any:
    """A case in the hands of six departments."""
    answer = caller("clerk.chen").post(f"/cases/{submitted['number']}/acceptance", {"answer": "accepted"})
    assert answer.status_code == 200, answer.text
    return submitted


def task_of(who: Caller, case: str, node: str) -> str:
    """The id of the one task that waits at a node of a case."""
    (task,) = who.get(f"/tasks?case={case}&node={node}").json["items"]
    return str(task["id"])


def refused(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    """The problem that an answer says: whole, of that status and code, with a sentence."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    problem: dict[str, Any] = answer.get_json(force=True)
    assert (problem["status"], problem["code"]) == (status, code), problem
    assert problem["type"] == f"urn:onewindow:problem:{code}"
    assert problem["title"]
    assert problem["detail"].endswith(("。", "."))
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    return problem


def contents(engine: Engine) -> dict[str, Any]:
    """How many rows there are of everything but counted failures, and where every record stands."""
    with engine.database.connect() as connection:
        listed = text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'throttles'")
        names = connection.scalars(listed).all()
        rows = {name: connection.scalar(text(f'SELECT count(*) FROM "{name}"')) for name in sorted(names)}
        heads = connection.execute(text("SELECT number, seq, head FROM cases ORDER BY number")).all()
    return rows | {"heads": [tuple(row) for row in heads]}
