"""What is nobody's fault who asked: a database that is away, a step that is held, an error nobody thought of."""

from __future__ import annotations

import logging
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text

from api.app import register_api
from engine.assemble import open_engine
from engine.logs import case_number, request_id
from engine.settings import Settings
from tests.api.conftest import APPLICATION, refused


@pytest.fixture
def away(app):
    """An application whose database is not there."""
    engine = open_engine(Settings(demo=True), "postgresql://nobody@127.0.0.1:1/nowhere")
    made = Flask("away")
    register_api(made, engine)
    yield made.test_client()
    engine.close()


def test_a_database_that_is_away_is_said_so(away):
    for answer in (away.get("/healthz"), away.get("/api/v1/tasks", headers={"Authorization": "Bearer x"})):
        refused(answer, 503, "database-unavailable")
        assert answer.headers["Retry-After"] == "5"


def test_after_the_database_was_away_requests_go_on(engine, caller, server, database_url):
    clerk = caller("clerk.chen")
    assert clerk.post("/cases", APPLICATION).status_code == 201
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        name = database_url.rpartition("/")[2].partition("?")[0]
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
    answers = [clerk.post("/cases", APPLICATION).status_code for _ in range(3)]
    assert set(answers) <= {201, 503}
    assert answers[-1] == 201


def test_an_error_that_nobody_thought_of_tells_nothing_but_its_request(app, client, caplog):
    def fail():
        raise RuntimeError("the secret of the house")

    app.view_functions["tokens.create_token"] = fail
    with caplog.at_level(logging.ERROR, "onewindow.api"):
        answer = client.post("/api/v1/tokens", json={}, headers={"X-Request-Id": "trace-7"})
    problem = refused(answer, 500, "internal-error")
    assert "secret" not in answer.text
    assert problem["request_id"] == "trace-7"
    assert "the secret of the house" in caplog.text


def change_diagram(engine, old: str, new: str) -> None:
    """Make the published diagram one that lint would never have let through."""
    bpmn = Path("processes/joint-final-inspection/process.bpmn").read_text("utf-8")
    assert old in bpmn
    with engine.database.begin() as connection:
        change = text("UPDATE definitions SET bpmn = :bpmn WHERE state = 'published' AND item = :item")
        connection.execute(change, {"bpmn": bpmn.replace(old, new, 1).encode(), "item": APPLICATION["item"]})


def test_an_application_whose_process_cannot_start_is_kept_with_its_answer(engine, caller):
    change_diagram(engine, 'level="city"/>', 'level="city"/><ow:timeLimit promised="9" unit="fortnight"/>')
    clerk = caller("clerk.chen")
    first, again = (clerk.post("/cases", APPLICATION, headers={"Idempotency-Key": "held"}) for _ in range(2))
    assert (first.status_code, first.json["held"]) == (201, True), first.text
    assert again.data == first.data
    (incident,) = clerk.get(f"/cases/{first.json['number']}").json["incidents"]
    assert incident["cause"] == "unexpected-failure"


def test_a_step_that_cannot_be_made_names_its_incident(engine, caller):
    change_diagram(engine, "case.outcomes.planning != 'passed'", "form.nothing &gt; 1")
    clerk = caller("clerk.chen")
    case = clerk.post("/cases", APPLICATION).json
    asked = clerk.post(f"/cases/{case['number']}/acceptance", {"answer": "accepted"})
    problem = refused(asked, 409, "step-held")
    (incident,) = clerk.get(f"/cases/{case['number']}").json["incidents"]
    assert (problem["incident"], problem["cause"]) == (incident["id"], incident["cause"])
    assert problem["number"] == case["number"]


def test_the_log_knows_the_request_and_the_case(app, caller, submitted):
    seen = []
    app.view_functions["cases.show_case"] = lambda number: seen.append((request_id.get(), case_number.get())) or ""
    caller("clerk.chen").get(f"/cases/{submitted['number']}", headers={"X-Request-Id": "trace-9"})
    assert seen == [("trace-9", submitted["number"])]
