"""Applicants over the API: registering, one's own cases, and nobody else's."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.api.conftest import APPLICATION, Caller, refused
from tests.engine.applicants import BODY, PASSWORD

PERSON = {
    "username": "zhang.wei",
    "password": PASSWORD,
    "kind": "person",
    "name": "张伟",
    "id_number": "11010519491231002X",
    "mobile": "13800000001",
}
COMPANY = PERSON | {"username": "hotel.demo", "kind": "enterprise", "credit_code": BODY.number, "contact": "李经理"}
COMPANY = {name: value for name, value in COMPANY.items() if name != "id_number"}


@pytest.fixture
def applicant(app, client):
    def register(asked=PERSON):
        made = client.post("/api/v1/applicants", json=asked)
        assert made.status_code == 201, made.text
        given = client.post("/api/v1/tokens", json={name: asked[name] for name in ("username", "password")})
        return Caller(app, given.json["token"])

    return register


def test_registering_is_checked_by_field_and_repeated_by_key(client):
    wrong = {"password": "x", "mobile": "1", "id_number": "123"}
    problem = refused(client.post("/api/v1/applicants", json=PERSON | wrong), 422, "input-invalid")
    assert set(problem["fields"]) == set(wrong)
    both = client.post("/api/v1/applicants", json=PERSON | {"credit_code": "x"})
    assert set(refused(both, 422, "input-invalid")["fields"]) == {"credit_code"}
    key = {"Idempotency-Key": "once"}
    first, again = (client.post("/api/v1/applicants", json=PERSON, headers=key) for _ in range(2))
    assert (first.status_code, first.data) == (again.status_code, again.data)
    assert PASSWORD not in first.text
    assert PERSON["id_number"] not in first.text
    refused(client.post("/api/v1/applicants", json=PERSON), 409, "username-taken")


def test_one_applies_and_acts_on_ones_own_cases_and_no_others(applicant, caller, client):
    me, other = applicant(), applicant(COMPANY)
    number = me.post("/cases", APPLICATION).json["number"]
    shown = me.get(f"/cases/{number}")
    assert shown.json["channel"] == "online"
    assert "applicant" not in shown.json
    assert [one["number"] for one in me.get("/cases").json["items"]] == [number]
    assert other.get("/cases").json["items"] == []
    for method, path, body in (
        ("GET", f"/cases/{number}", None),
        ("GET", f"/cases/{number}/materials", None),
        ("GET", f"/cases/{number}/documents", None),
        ("GET", f"/cases/{number}/limits", None),
        ("POST", f"/cases/{number}/withdrawal", {}),
        ("POST", f"/cases/{number}/supplements", {"form": {"project_name": "x"}}),
        ("POST", f"/cases/{number}/materials", {"code": "other", "commitment": {"statement": "x"}}),
        ("POST", f"/cases/{number}/documents/AAAA/receipt", {}),
    ):
        assert other.call(method, path, **({"json": body} if body is not None else {})).status_code == 404, path
    for path in (f"/cases/{number}/acceptance", "/definitions", "/clients"):
        assert me.post(path, {"answer": "accepted"}).status_code in (403, 404, 422), path
    assert caller("clerk.chen").get("/applicants/me").status_code == 403
    assert me.post(f"/cases/{number}/withdrawal", {"reason": "改期"}).json["result"] == "withdrawn"
    assert me.call("DELETE", "/tokens/current").status_code == 200
    assert me.get("/cases").status_code == 401


def test_an_applicant_supplies_what_was_asked_for_and_a_receipt_names_only_what_came(applicant, caller):
    me, clerk = applicant(), caller("clerk.chen")
    number = me.post("/cases", APPLICATION).json["number"]
    listed = [{"material": "survey-results", "reason": "缺"}, {"material": "as-built-drawings", "reason": "缺"}]
    clerk.post(f"/cases/{number}/acceptance", {"answer": "supplement", "materials": listed})
    for materials in ([{"material": "completion-report"}], "survey-results"):
        wrong = me.post(f"/cases/{number}/supplements", {"materials": materials})
        assert wrong.status_code == 422
        assert "Not a valid" not in wrong.text
        assert me.get(f"/cases/{number}").json["state"] == "supplement"
    promised = {"code": "survey-results", "commitment": {"statement": "属实"}}
    assert me.post(f"/cases/{number}/materials", promised).status_code == 201
    both = [
        {"material": "survey-results"},
        {"material": "as-built-drawings"},
    ]  # the second, it says, lies at the window
    assert me.post(f"/cases/{number}/supplements", {"materials": both}).json["state"] == "submitted"
    receipts = [one for one in me.get(f"/cases/{number}").json["documents"] if one["kind"] == "receipt"]
    assert "测" in receipts[-1]["content"]
    assert "竣工图" not in receipts[-1]["content"]


def test_a_forgotten_password_is_renewed_by_a_code_from_the_window_once(applicant, caller, client, actor, engine):
    me, desk = applicant(), caller("clerk.chen")
    name, paper, here = PERSON["username"], {"document": "居民身份证"}, "/api/v1/applicants/password"
    window = f"/applicants/{name}/password-reset"

    def renewed(code, password="another horse 7", **more):
        return client.post(here, json={"username": name, "code": code, "password": password} | more)

    refused(me.post(window, paper), 403, "forbidden")
    refused(desk.post(window, {"document": " "}), 422, "input-invalid")
    refused(desk.post("/applicants/nobody.here/password-reset", paper), 404, "not-found")
    key = {"Idempotency-Key": "reset-1"}
    first, again = (desk.post(window, paper, headers=key) for _ in range(2))
    assert (first.status_code, first.json) == (201, again.json)
    second = desk.post(window, paper).json
    assert second["code"] != first.json["code"]
    with engine.database.connect() as connection:
        kept = str(connection.execute(text("SELECT * FROM password_resets")).all())
        kept += str(connection.execute(text("SELECT * FROM idempotency_keys")).all())
    assert second["code"] not in kept
    # A newer code ends the older; what is no password leaves the code as it was.
    refused(renewed(first.json["code"]), 403, "reset-code-wrong")
    assert set(refused(renewed(second["code"], "short"), 422, "input-invalid")["fields"]) == {"password"}
    refused(renewed(second["code"], username="nobody.here"), 403, "reset-code-wrong")
    assert me.get("/applicants/me").status_code == 200
    assert renewed(second["code"].lower()).json == {"username": name}
    refused(me.get("/applicants/me"), 401, "unauthenticated")  # every token from before is over
    old, new = (
        client.post("/api/v1/tokens", json={"username": name, "password": password}).status_code
        for password in (PASSWORD, "another horse 7")
    )
    assert (old, new) == (401, 201)
    refused(renewed(second["code"]), 403, "reset-code-wrong")  # it works once
    third = desk.post(window, paper).json["code"]
    with engine.database.begin() as connection:
        connection.execute(
            text("UPDATE password_resets SET expires_at = now() - interval '1 second' WHERE used_at IS NULL")
        )
    for _ in range(4):
        refused(renewed(third), 403, "reset-code-wrong")
    refused(renewed(third), 429, "too-many-tries")
    (row, *_) = engine.accounts.find(actor("clerk.chen"), name)["resets"]
    assert (row["document"], row["used_at"]) == ("居民身份证", None)
