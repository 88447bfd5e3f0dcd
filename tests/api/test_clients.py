"""Clients of front offices: their secrets, whom they act for, and that the record says who and through whom."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from api.clients import ClientPage, ClientView, ClientWithSecret
from engine.background.worker import run_dry
from tests.api.conftest import APPLICATION, Caller, refused, task_of

SECRET = "onewindow-demo-client"


def log_in(app, client="front.office", secret=SECRET):
    asked = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
    return app.test_client().post("/api/v1/tokens", json=asked)


@pytest.fixture
def client_caller(app):
    answer = log_in(app)
    assert answer.status_code == 201, answer.text
    return Caller(app, answer.json["token"])


@pytest.fixture
def made(caller):
    asked = {"id": "tianhe-hall", "name": "天河大厅", "region": "440106", "clerks": ["tianhe.lin"]}
    answer = caller("admin.yang").post("/clients", asked)
    assert answer.status_code == 201, answer.text
    return ClientWithSecret().load(answer.json)


def test_a_client_acts_for_its_clerk_and_the_record_says_both(client_caller, caller, engine):
    case = client_caller.post("/cases", APPLICATION | {"acting_for": "clerk.chen", "external_number": "A-1"}).json
    number = case["number"]
    done = client_caller.post(f"/cases/{number}/acceptance", {"answer": "accepted", "acting_for": "clerk.chen"})
    assert done.status_code == 200, done.text
    assert engine.case_file(number)["timeline"][0]["handler"] == "陈晓雯"
    with engine.database.connect() as connection:
        payloads = connection.scalars(
            text("SELECT payload FROM events e JOIN cases c ON c.id = e.case_id WHERE c.number = :n ORDER BY e.seq"),
            {"n": number},
        ).all()
    for payload in map(json.loads, payloads):
        assert (payload["actor"], payload["via"]) == ("clerk.chen", "front.office")
    assert engine.verify_record(number).whole
    run_dry(engine)
    assert {row["case"] for row in client_caller.get("/events").json["items"]} == {number}
    assert client_caller.get(f"/cases/{number}").status_code == 200


def test_without_acting_for_the_client_is_itself(client_caller, engine):
    number = client_caller.post("/cases", APPLICATION).json["number"]
    refused(client_caller.post(f"/cases/{number}/acceptance", {"answer": "accepted"}), 403, "forbidden")
    assert engine.verify_record(number).whole


@pytest.mark.parametrize("name", ["tianhe.lin", "fire.liu", "nobody", "front.office", "ä\n"])
def test_a_client_acts_for_its_own_clerks_only_and_learns_nothing_else(client_caller, name):
    problem = refused(client_caller.post("/cases", APPLICATION | {"acting_for": name}), 403, "acting-for-not-allowed")
    assert set(problem["fields"]) == {"acting_for"}


def test_nobody_else_acts_for_anybody(caller, submitted):
    answer = caller("clerk.li").post("/cases", APPLICATION | {"acting_for": "clerk.chen"})
    refused(answer, 403, "acting-for-not-allowed")


def test_a_clerk_who_left_is_acted_for_no_more(client_caller, engine):
    with engine.database.begin() as connection:
        connection.execute(text("UPDATE officers SET active = false WHERE id = 'clerk.chen'"))
    refused(client_caller.post("/cases", APPLICATION | {"acting_for": "clerk.chen"}), 403, "acting-for-not-allowed")


def test_a_task_is_claimed_released_and_completed_for_a_clerk(client_caller, caller):
    number = client_caller.post("/cases", APPLICATION).json["number"]
    task = task_of(caller("clerk.chen"), number, "accept")
    me = {"acting_for": "clerk.chen"}
    assert client_caller.post(f"/tasks/{task}/claim", me).json["claimed_by"] == "clerk.chen"
    assert client_caller.post(f"/tasks/{task}/release", me).status_code == 200
    assert client_caller.post(f"/tasks/{task}/complete", me | {"outcome": "accepted"}).status_code == 200


def test_the_same_key_for_another_clerk_is_another_request(client_caller):
    headers = {"Idempotency-Key": "k"}
    first = client_caller.post("/cases", APPLICATION | {"acting_for": "clerk.chen"}, headers=headers)
    again = client_caller.post("/cases", APPLICATION | {"acting_for": "clerk.chen"}, headers=headers)
    assert first.json == again.json
    other = client_caller.post("/cases", APPLICATION | {"acting_for": "clerk.li"}, headers=headers)
    refused(other, 422, "idempotency-key-reused")


def test_an_external_number_is_used_once_by_a_front_office_even_at_once(app, client_caller):
    asked = APPLICATION | {"external_number": "E-1"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: client_caller.post("/cases", asked), range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    number = next(answer.json["number"] for answer in answers if answer.status_code == 201)
    again = refused(client_caller.post("/cases", asked | {"acting_for": "clerk.li"}), 409, "external-number-known")
    assert again["number"] == number


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        ({}, {"username", "password"}),
        ({"client_id": "x"}, {"grant_type", "client_secret"}),
        ({"grant_type": "client_credentials", "client_id": "x", "client_secret": "y", "username": "z"}, {"username"}),
        ({"grant_type": "password", "client_id": "x", "client_secret": "y"}, {"grant_type"}),
    ],
)
def test_credentials_are_of_one_kind(client, asked, fields):
    problem = refused(client.post("/api/v1/tokens", json=asked), 422, "input-invalid")
    assert set(problem["fields"]) == fields


def test_guessing_at_a_secret_gets_one_answer_and_is_slowed_down(app):
    for name in ("front.office", "nothing"):
        for _ in range(5):
            refused(log_in(app, name, "wrong"), 401, "log-in-failed")
        refused(log_in(app, name, SECRET), 429, "too-many-tries")


def test_the_demonstrations_secret_opens_nothing_outside_a_demonstration(engine):
    from dataclasses import replace

    from flask import Flask

    from api.app import register_api
    from engine.assemble import Engine

    real = Flask("real")
    register_api(real, Engine(replace(engine.settings, demo=False), engine.database))
    refused(log_in(real), 401, "log-in-failed")


def test_a_client_is_made_and_logs_in(app, made):
    assert made["secret"].startswith("owc_")
    answer = log_in(app, "tianhe-hall", made["secret"])
    hall = Caller(app, answer.json["token"])
    case = hall.post("/cases", APPLICATION | {"region": "440106", "acting_for": "tianhe.lin"})
    assert case.status_code == 201
    refused(hall.post("/cases", APPLICATION | {"acting_for": "clerk.chen"}), 403, "acting-for-not-allowed")


def test_a_new_secret_ends_the_old_one_and_its_tokens(app, caller, made):
    hall = Caller(app, log_in(app, "tianhe-hall", made["secret"]).json["token"])
    answer = caller("admin.yang").post("/clients/tianhe-hall/secret")
    assert ClientWithSecret().load(answer.json)["secret"] != made["secret"]
    refused(hall.get("/cases"), 401, "unauthenticated")
    refused(log_in(app, "tianhe-hall", made["secret"]), 401, "log-in-failed")
    assert log_in(app, "tianhe-hall", answer.json["secret"]).status_code == 201


def test_a_deactivated_client_does_nothing(app, caller, made):
    hall = Caller(app, log_in(app, "tianhe-hall", made["secret"]).json["token"])
    assert caller("admin.yang").post("/clients/tianhe-hall/deactivate").json["active"] is False
    refused(hall.get("/cases"), 401, "unauthenticated")
    refused(log_in(app, "tianhe-hall", made["secret"]), 401, "log-in-failed")


def test_a_secret_is_told_once_and_stored_nowhere(caller, made, engine):
    admin = caller("admin.yang")
    for path in ("/clients", "/clients/tianhe-hall"):
        assert made["secret"] not in admin.get(path).text
    with engine.database.connect() as connection:
        for table in ("clients", "officers", "access_tokens", "idempotency_keys"):
            assert made["secret"] not in str(connection.execute(text(f"SELECT * FROM {table}")).all())


def test_a_repeated_request_for_a_client_tells_the_same_secret(caller):
    asked = {"id": "hall-2", "name": "二号大厅", "region": "440100", "clerks": []}
    answers = [caller("admin.yang").post("/clients", asked, headers={"Idempotency-Key": "make"}).json for _ in range(2)]
    assert answers[0] == answers[1]


def test_clients_are_listed_page_by_page(caller, made):
    admin, seen, cursor = caller("admin.yang"), [], ""
    while cursor is not None:
        page = ClientPage().load(admin.get(f"/clients?limit=1&cursor={cursor}").json)
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert seen == ["front.office", "tianhe-hall"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": "X"}, "id"),
        ({"id": "a b c"}, "id"),
        ({"region": "999999"}, "region"),
        ({"clerks": ["fire.liu"]}, "clerks"),
        ({"clerks": ["nobody"]}, "clerks"),
        ({"clerks": "tianhe.lin"}, "clerks"),
        ({"clerks": [1]}, "clerks.0"),
        ({"clerks": ["x"] * 501}, "clerks"),
        ({"name": ""}, "name"),
    ],
)
def test_what_is_wrong_with_a_client_is_named(caller, change, field):
    asked = {"id": "hall-3", "name": "三号", "region": "440106", "clerks": []} | change
    problem = refused(caller("admin.yang").post("/clients", asked), 422, "input-invalid")
    assert set(problem["fields"]) == {field}


def test_an_id_is_taken_once(caller, made):
    for name in ("tianhe-hall", "clerk.chen"):
        asked = {"id": name, "name": "又一个", "region": "440106", "clerks": []}
        refused(caller("admin.yang").post("/clients", asked), 409, "client-known")


def test_only_an_administrator_manages_clients_of_his_region_and_below(caller, engine, made):
    refused(caller("clerk.chen").get("/clients"), 403, "forbidden")
    refused(caller("supervisor.ma").post("/clients/tianhe-hall/secret"), 403, "forbidden")
    with engine.database.begin() as connection:
        connection.execute(text("UPDATE officers SET region_code = '440105' WHERE id = 'admin.yang'"))
    admin = caller("admin.yang")
    assert admin.get("/clients").json["items"] == []
    refused(admin.get("/clients/tianhe-hall"), 404, "not-found")
    refused(admin.post("/clients/tianhe-hall/deactivate"), 404, "not-found")
    refused(admin.call("PUT", "/clients/tianhe-hall/clerks", json={"clerks": []}), 404, "not-found")


def test_clerks_are_changed(app, caller, made):
    hall = Caller(app, log_in(app, "tianhe-hall", made["secret"]).json["token"])
    answer = caller("admin.yang").call("PUT", "/clients/tianhe-hall/clerks", json={"clerks": []})
    assert ClientView().load(answer.json)["clerks"] == []
    asked = APPLICATION | {"region": "440106", "acting_for": "tianhe.lin"}
    refused(hall.post("/cases", asked), 403, "acting-for-not-allowed")
