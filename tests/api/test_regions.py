"""Regions and departments over HTTP: without a token, page by page, and clear about what is no region."""

import pytest

from tests.api.conftest import refused


def test_anybody_looks_up_regions_and_departments(client):
    page = client.get("/api/v1/regions?limit=2").json
    assert [one["code"] for one in page["items"]] == ["440000", "440100"]
    rest = client.get(f"/api/v1/regions?cursor={page['next_cursor']}").json
    assert [one["code"] for one in rest["items"]] == [
        "440105",
        "440105900",
        "440105900201",
        "440106",
        "440106900",
        "440106900201",
    ]
    assert rest["next_cursor"] is None
    assert client.get("/api/v1/regions/440106900201").json["path"][0]["level"] == "province"
    assert client.get("/api/v1/departments?level=village").json["items"][1]["id"] == "demo-village-station"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/regions?level=galaxy", 422, "input-invalid"),
        ("/regions?limit=0", 422, "input-invalid"),
        ("/regions?colour=red", 422, "input-invalid"),
        ("/regions?under=%25", 422, "region-unknown"),
        ("/regions?q=%00", 422, "input-invalid"),
        ("/regions/1", 404, "not-found"),
        ("/departments?region=1", 422, "region-unknown"),
        ("/departments?cursor=" + "x" * 200, 422, "input-invalid"),
    ],
)
def test_what_is_wrong_is_said(client, path, status, code):
    refused(client.get("/api/v1" + path), status, code)
