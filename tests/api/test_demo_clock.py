"""`/demo/clock`: shown and moved in demonstration mode, unknown elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from api.app import register_api
from api.demo import Clock
from engine.assemble import Engine
from tests.api.conftest import refused


def test_it_is_shown_and_moved(client):
    before = client.get("/api/v1/demo/clock").json
    assert not Clock().validate(before)
    moved = client.post("/api/v1/demo/clock", json={"advance": 10})
    assert moved.status_code == 200, moved.text
    assert moved.json["offset_seconds"] - before["offset_seconds"] > 10 * 86400
    assert moved.json["working_day"]
    assert moved.json["moved_from"] >= before["now"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"set": "2030-01-01", "advance": 1},
        {"advance": 0},
        {"advance": 1.5},
        {"advance": "3"},
        {"advance": 1, "unit": "week"},
    ],
)
def test_what_can_not_be_meant_is_refused(client, body):
    refused(client.post("/api/v1/demo/clock", json=body), 422, "input-invalid")


def test_back_is_refused(client):
    refused(client.post("/api/v1/demo/clock", json={"set": "2001-01-01"}), 409, "clock-forward-only")


def test_another_sites_page_is_refused(client):
    asked = client.post("/api/v1/demo/clock", json={"advance": 1}, headers={"Sec-Fetch-Site": "cross-site"})
    refused(asked, 403, "foreign-page")


def test_a_form_of_another_site_is_no_json(client):
    refused(
        client.post("/api/v1/demo/clock", data="advance=1", content_type="text/plain"), 415, "media-type-unsupported"
    )


def test_there_is_none_outside_demonstration_mode(engine: Engine):
    app = Flask("onewindow")
    real = Engine(replace(engine.settings, demo=False), engine.database)
    register_api(app, real)
    refused(app.test_client().get("/api/v1/demo/clock"), 404, "path-not-found")
