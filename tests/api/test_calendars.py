"""`/calendars/{year}` over HTTP: a look, a preview, an import, and refusals that change nothing."""

import pytest

from tests.api.conftest import refused

STORM = {"notice": "台风停工通知", "region": "440100", "days": [{"date": "2026-06-10", "kind": "rest"}]}


def put(who, year, body):
    return who.call("PUT", f"/calendars/{year}", json=body)


def test_a_notice_is_previewed_and_applied_and_the_calendar_says_by_whom(caller):
    admin = caller("admin.yang")
    seen = admin.post("/calendars/2026/preview", STORM).json
    assert [day["date"] for day in seen["days"]] == ["2026-06-10"]
    assert put(admin, 2026, STORM | {"hash": seen["hash"]}).json["version"] == 2
    shown = caller("clerk.chen").get("/calendars/2026?region=440100").json
    assert (shown["published"], shown["working_days"], shown["notices"][0]["imported_by"]) == (True, 247, "admin.yang")
    assert caller("clerk.chen").get("/calendars/2026").json["working_days"] == 248
    refused(put(admin, 2026, STORM | {"notice": "另一通知", "hash": seen["hash"]}), 409, "calendar-changed-since")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"days": [{"date": "2026-06-31", "kind": "rest"}]}, "calendar-data-invalid"),
        (
            {"days": [{"date": "2026-06-10", "kind": "rest"}, {"date": "2026-06-10", "kind": "rest"}]},
            "calendar-data-invalid",
        ),
        ({"days": [{"date": "2027-06-10", "kind": "rest"}]}, "calendar-data-invalid"),
        ({"days": [{"date": "2026-06-10", "kind": "work"}]}, "calendar-data-invalid"),
        ({"days": [{"date": "2026-06-10", "kind": "party"}]}, "input-invalid"),
        ({"days": None}, "input-invalid"),
        ({"days": 5}, "input-invalid"),
        ({"notice": ""}, "input-invalid"),
        ({"working_hours": [["09:00"]]}, "working-hours-invalid"),
        ({"working_hours": ["09:00"]}, "input-invalid"),
        ({"holidays": []}, "input-invalid"),
    ],
)
def test_a_bad_notice_is_refused(caller, change, code):
    refused(caller("admin.yang").post("/calendars/2026/preview", STORM | change), 422, code)


@pytest.mark.parametrize("year", ["20x6", "1999", "9999", "二〇二六", "99999999999999"])
def test_a_year_that_is_none_is_refused(caller, year):
    refused(caller("admin.yang").get(f"/calendars/{year}"), 422, "input-invalid")
    refused(caller("admin.yang").post(f"/calendars/{year}/preview", STORM), 422, "input-invalid")


def test_an_import_needs_the_preview_and_the_right(caller):
    refused(put(caller("admin.yang"), 2026, STORM), 422, "input-invalid")
    refused(put(caller("admin.yang"), 2026, STORM | {"hash": "0" * 64}), 409, "calendar-changed-since")
    refused(put(caller("clerk.chen"), 2026, STORM | {"hash": "0" * 64}), 403, "forbidden")
    refused(caller("admin.yang").post("/calendars/2026/preview", STORM | {"region": "999999"}), 404, "not-found")
