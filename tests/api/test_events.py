"""`GET /events`: a front office follows its cases; what is asked amiss is told by the field."""

from __future__ import annotations

import pytest

from api.events import EventPage
from engine.background.worker import run_dry
from tests.api.conftest import APPLICATION, refused


def test_a_front_office_follows_its_case_by_its_own_number(caller, engine):
    office = caller("front.office")
    case = office.post("/cases", {**APPLICATION, "external_number": "QT-1"}).json
    caller("clerk.chen").post(f"/cases/{case['number']}/acceptance", {"answer": "accepted"})
    run_dry(engine)
    page = office.get("/events?after=0").json
    assert not EventPage().validate(page)
    assert {row["external_number"] for row in page["items"]} == {"QT-1"}
    assert [row["seq"] for row in page["items"]] == list(range(1, len(page["items"]) + 1))
    kinds = [row["kind"] for row in page["items"]]
    assert kinds[0] == "case.submitted"
    assert "case.accepted" in kinds
    assert office.get(f"/events?after={page['next_after']}").json == {"items": [], "next_after": page["next_after"]}
    some = office.get("/events?kind=case.accepted,case.submitted&limit=1").json
    assert [row["kind"] for row in some["items"]] == ["case.submitted"]


@pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=0", "limit=501", "since=1", "kind=%00"])
def test_what_can_not_be_meant_is_refused(caller, query):
    refused(caller("front.office").get(f"/events?{query}"), 422, "input-invalid")


def test_an_officer_does_not_follow(caller):
    assert refused(caller("fire.liu").get("/events"), 403, "forbidden")["permission"] == "event:read"
