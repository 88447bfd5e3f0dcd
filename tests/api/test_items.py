"""The catalogue over HTTP, without a token: browse, search, guide, pre-check, versions, downloads; and what is refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.api.conftest import APPLICATION, fresh_engine, refused

ITEM = "joint-final-inspection"
ANSWERS = {"civil-air-defence": "no", "permit": "yes", "fire-class": "other"}


@pytest.fixture(scope="module")
def engine(server, template):
    """One database for all of this module: what is changed here is said where it is."""
    with fresh_engine(server, template) as opened:
        yield opened


@pytest.fixture(scope="module")
def tokens():
    return {}


def get(client, path):
    return client.get("/api/v1" + path)


@pytest.mark.parametrize(
    "q", ["联合验收", "竣工", "验收", "建设工程竣工联合验收", "ＪＯＩＮＴ final", "inspection", "building", ITEM]
)
def test_an_item_is_found_by_any_of_its_names(client, q):
    page = client.get("/api/v1/items", query_string={"q": q}).json
    assert [one["code"] for one in page["items"]] == [ITEM]


@pytest.mark.parametrize("q", ["营业执照", "%", "_", "％", "收验", "\\", "'; --"])
def test_what_nobody_calls_it_finds_nothing(client, q):
    assert client.get("/api/v1/items", query_string={"q": q}).json["items"] == []


def test_facets_narrow_down_and_say_what_is_left(client):
    page = get(client, "/items?region=440100").json
    facets = {name: {one["code"]: one["count"] for one in values} for name, values in page["facets"].items()}
    assert facets["theme"] == {"construction": 2, "planning": 1, "fire": 1}
    assert facets["audience"]["enterprise"] == 2
    assert facets["department"] == {"gz-housing": 2}
    assert facets["life_event"] == {"build": 2}
    assert facets["region"] == {"440100": 2, "440105": 2, "440106": 2}
    assert get(client, "/items?facet=theme:construction&facet=audience:enterprise").json["total"] == 2
    nothing = get(client, "/items?facet=theme:fire,audience:person").json
    assert (nothing["total"], nothing["facets"]["audience"][0]["count"]) == (0, 1)
    assert set(get(client, "/items?facet=theme").json["facets"]) == {"theme"}
    assert get(client, "/items?region=440000").json["total"] == 0


def test_the_guide_says_everything_and_its_hash_tells_whether_it_is_stale(client):
    answer = get(client, f"/items/{ITEM}/guide?region=440106")
    guide = answer.json
    assert guide["steps"][0]["name"] == "窗口受理"
    assert guide["steps"][0]["department"] == "广州市政务服务中心"
    assert (guide["visits"]["least"], guide["online_depth"]) == (0, "IV")
    assert guide["legal_basis"][0]["act"] == "中华人民共和国行政许可法"
    assert guide["demonstration"]
    assert not {"node", "node_id"} & set(guide["steps"][0])
    again = client.get(f"/api/v1/items/{ITEM}/guide?region=440106", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert get(client, f"/items/{ITEM}/guide?region=440100").json["hash"] != guide["hash"]


def test_the_precheck_says_which_materials(client):
    def ask(**answers):
        asked = {"region": "440100", "answers": ANSWERS | answers}
        return client.post(f"/api/v1/items/{ITEM}/precheck", json=asked).json

    plain, special, none = ask(), ask(**{"fire-class": "special"}), ask(permit="no")
    assert plain["not_needed"] == ["test-reports"]
    assert special["not_needed"] == []
    assert (plain["eligible"], none["eligible"]) == (True, False)
    assert "施工许可" in none["reasons"][0]["reason"]
    assert plain["credit_first"] == {"eligible": False, "regime": None}
    assert [one["code"] for one in plain["items"]] == [ITEM]


def test_forms_are_downloaded_as_a_version_has_them(client):
    guide = get(client, f"/items/{ITEM}/guide?region=440100").json
    sample = guide["samples"][0]
    answer = client.get(sample["url"])
    assert answer.data == Path(f"processes/{ITEM}/samples/{sample['file']}").read_bytes()
    assert hashlib.sha256(answer.data).hexdigest() == sample["sha256"]
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_history_is_public(client):
    (version,) = get(client, f"/items/{ITEM}/versions").json["versions"]
    assert (version["operation"], version["holding"], version["state"]) == ("added", True, "open")
    answer = get(client, f"/items/{ITEM}/versions/1")
    assert answer.json["item"]["code"] == ITEM
    assert answer.headers["ETag"] == f'"{version["hash"]}"'


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/items?facet=colour", 422, "input-invalid"),
        ("/items?region=999999", 422, "region-unknown"),
        ("/items?limit=1000", 422, "input-invalid"),
        ("/items?q=" + "x" * 101, 422, "input-invalid"),
        ("/items?q=%00", 422, "input-invalid"),
        (f"/items/{ITEM}/guide", 422, "input-invalid"),
        (f"/items/{ITEM}/guide?region=440000", 422, "item-not-offered-here"),
        (f"/items/{ITEM}/guide?region=1", 422, "region-unknown"),
        ("/items/nothing/guide?region=440100", 422, "item-not-published"),
        ("/items/nothing/versions", 404, "not-found"),
        (f"/items/{ITEM}/versions/9", 404, "not-found"),
        (f"/items/{ITEM}/versions/x", 404, "path-not-found"),
        (f"/items/{ITEM}/versions/1/files/..%5Citem.json", 404, "not-found"),
    ],
)
def test_what_is_wrong_is_said(client, path, status, code):
    refused(get(client, path), status, code)


@pytest.mark.parametrize(
    "answers",
    [{}, ANSWERS | {"permit": "maybe"}, ANSWERS | {"colour": "red"}, ANSWERS | {"permit": 1}, ANSWERS | {"permit": {}}],
)
def test_answers_that_are_none_are_refused(client, answers):
    asked = {"region": "440100", "answers": answers}
    answer = client.post(f"/api/v1/items/{ITEM}/precheck", json=asked)
    assert answer.json["code"] in ("precheck-answers-invalid", "input-invalid")
    assert answer.status_code == 422
    assert answer.json["fields"]


def test_keepers_publish_over_http_and_what_is_missing_is_named(caller, client):
    admin = caller("admin.yang")
    item = get(client, f"/items/{ITEM}/versions/1").json["item"]
    bare = {name: value for name, value in item.items() if name != "listing"} | {"code": "bare"}
    stored = admin.post("/catalogue/items", {"item": bare})
    assert stored.status_code == 201
    assert [one["element"] for one in stored.json["elements"] if not one["filled"]] == [
        "conditions",
        "quantity",
        "procedure",
        "samples",
    ]
    problem = refused(
        admin.post("/catalogue/items/bare/versions", {"operation": "added"}), 422, "catalogue-elements-missing"
    )
    assert problem["article"] == "行政许可法第三十条"
    assert set(problem["fields"]) == {"conditions", "quantity", "procedure", "samples"}
    wrong = {"region": "440106", "implementation": {"case_limits": {"promised": 99}}}
    said = admin.post(f"/catalogue/items/{ITEM}/implementations", wrong).json
    assert (said["publishable"], said["findings"][0]["rule"]) == (False, "implementation-lengthens")
    refused(
        admin.post(f"/catalogue/items/{ITEM}/implementations/440106/publish", {}), 422, "implementation-not-publishable"
    )
    drift = admin.get("/catalogue/drift?region=440106").json
    assert drift["count"] == 1
    refused(admin.post("/catalogue/items/nothing/versions", {"operation": "added"}), 404, "not-found")
    refused(admin.post(f"/catalogue/items/{ITEM}/versions", {"operation": "painted"}), 422, "input-invalid")


def test_what_is_not_on_the_list_is_refused_with_its_article(caller):
    admin = caller("admin.yang")
    assert admin.post("/departments/gz-housing/power-list", {"items": []}).status_code == 201
    problem = refused(caller("clerk.chen").post("/cases", APPLICATION), 422, "not-on-power-list")
    assert "行政许可法第三十条" in problem["article"]
    key = {"Idempotency-Key": "list-1"}
    first = admin.post("/departments/gz-housing/power-list", {}, headers=key)
    assert first.json["items"] == ["construction-permit", ITEM]
    assert admin.post("/departments/gz-housing/power-list", {}, headers=key).data == first.data
    assert caller("clerk.chen").post("/cases", APPLICATION).status_code == 201
