"""Drafts over the API: in house style, repeated by key, with bad input told, and one's own alone."""

from __future__ import annotations

import io

from tests.api.conftest import Caller, refused
from tests.api.test_applicants import COMPANY, PERSON
from tests.engine.papers import PDF, PROGRAM
from tests.engine.test_accounts import HOTEL
from tests.engine.test_drafts import ANSWERS, CODES, ITEM, REGION

NEW = {"item": ITEM, "region": REGION, "answers": ANSWERS, "form": HOTEL}


def registered(app, client, asked=PERSON):
    assert client.post("/api/v1/applicants", json=asked).status_code == 201
    given = client.post("/api/v1/tokens", json={name: asked[name] for name in ("username", "password")})
    return Caller(app, given.json["token"])


def file(code, content=PDF, name="a.pdf"):
    return {"data": {"code": code, "file": (io.BytesIO(content), name)}, "content_type": "multipart/form-data"}


def test_a_draft_is_begun_saved_filled_and_submitted_once(app, client):
    me, key = registered(app, client), {"Idempotency-Key": "k1"}
    first, again = (me.post("/drafts", NEW, headers=key) for _ in range(2))
    assert (first.status_code, first.data) == (again.status_code, again.data)
    here = first.headers["Location"].removeprefix("/api/v1")
    for lang, said in (("zh", "必填"), ("en", "is required")):
        assert me.get(here, headers={"Accept-Language": lang}).json["problems"][f"materials.{CODES[0]}"] == [said]
    (listed,) = me.get("/drafts").json["items"]
    assert (listed["id"], listed["region"], listed["region_name"]) == (first.json["id"], REGION, "天河区")
    for n, code in enumerate(CODES[1:]):
        assert me.post(f"{here}/materials", **file(code, PDF + str(n).encode())).status_code == 201
    incomplete = refused(me.post(f"{here}/submission", {}), 422, "draft-incomplete")
    assert set(incomplete["fields"]) == {f"materials.{CODES[0]}"}
    assert CODES[0] not in incomplete["detail"]  # a refusal names what is missing as the page does
    assert me.post(f"{here}/materials", **file(CODES[1], PDF + b"second")).status_code == 201
    assert me.post(f"{here}/materials", {"code": CODES[0], "paper": True}).json["ready"] is True
    sent, twice = (me.post(f"{here}/submission", {}, headers=key) for _ in range(2))
    assert (sent.status_code, sent.data) == (201, twice.data)
    assert len(sent.json["query_code"]) == 10
    assert refused(me.post(f"{here}/submission", {}), 409, "draft-submitted")["number"] == sent.json["number"]
    refused(me.call("PUT", here, json={"form": HOTEL}), 409, "draft-submitted")
    refused(me.call("DELETE", here), 409, "draft-submitted")
    assert me.get(here).json["state"] == "submitted"
    papers = me.get(f"/cases/{sent.json['number']}/documents").json["items"]
    assert [one["kind"] for one in papers] == ["receipt"]
    assert me.get("/drafts").json["items"] == []


def test_bad_input_is_told_and_changes_nothing(app, client):
    me, other = registered(app, client), registered(app, client, COMPANY)
    here = f"/drafts/{me.post('/drafts', NEW).json['id']}"
    before = me.get(here).data
    for body in (
        {"form": []},
        {"form": {"hotel_name": "\0"}},
        {"form": {"no_such_field": 1}},
        {"answers": {"air-conditioning": 5}},
        {"reached": {"name": "x"}},
        {"reached": {"phone": "1" * 201}},
        {"version": -1},
        {"version": True},
        {"unknown": 1},
    ):
        assert me.call("PUT", here, json=body).status_code == 422, body
    for more in (
        file("floor-plan", PROGRAM),
        file("nothing"),
        file("floor-plan", b""),
        file("floor-plan", PDF, "../x"),
    ):
        assert me.post(f"{here}/materials", **more).status_code in (422, 413), more
    for body in ({"code": "floor-plan"}, {"code": "floor-plan", "paper": True, "from_case": "x"}, {}):
        assert me.post(f"{here}/materials", body).status_code == 422, body
    assert me.post(f"{here}/materials", {"code": "floor-plan", "from_case": "x"}).status_code == 404
    for body in ({"item": "no-such", "region": REGION}, {"item": ITEM, "region": "999999"}, {"item": ITEM}):
        assert me.post("/drafts", body).status_code == 422, body
    assert me.post(f"{here}/submission", {"version": "x"}).status_code == 422
    assert refused(me.post(f"{here}/submission", {"version": 9}), 409, "draft-item-changed")["version"] == 1
    for method, path in (
        ("GET", here),
        ("PUT", here),
        ("DELETE", here),
        ("POST", f"{here}/submission"),
        ("DELETE", f"{here}/materials/1"),
        ("GET", f"{here}/materials/1/file"),
        ("DELETE", f"{here}/materials/x"),
    ):
        body = {} if method == "GET" else {"json": {}}
        assert other.call(method, path, **body).status_code == 404, (method, path)
    assert client.get(f"/api/v1{here}").status_code == 401
    assert me.get(here).data == before
    assert me.call("DELETE", here).json == {"deleted": True}
    assert me.get(here).status_code == 404
