"""The inside pages of the catalogue: what is empty of the eight elements, publishing, versions, drift; for those who keep it."""

from __future__ import annotations

import html
import io
import json
import re
from pathlib import Path

import pytest

from engine.doors.catalogue_office import Folder
from engine.organization.actor import Actor

ITEM = "joint-final-inspection"
FOLDER = Path(f"processes/{ITEM}")
SYSTEM = Actor.system("test")


def words(answer):
    return html.unescape(re.sub("<[^>]+>", " ", answer.text))


def store(engine, **changes):
    data = json.loads((FOLDER / "item.json").read_bytes()) | changes
    engine.catalogue_office.store_item(SYSTEM, Folder.read(FOLDER, data))


def test_an_item_is_published_with_its_eight_elements(engine, desk):
    admin = desk("admin.yang")
    assert f'href="/admin/catalogue/{ITEM}"' in admin.get("/admin/catalogue").text
    shown = words(admin.get(f"/admin/catalogue/{ITEM}"))
    assert shown.count("✓") == 8
    store(engine, aliases=["联验"])
    assert "草稿与已发布的版本不同" in admin.get(f"/admin/catalogue/{ITEM}").text
    done = admin.post(f"/admin/catalogue/{ITEM}/versions", operation="changed", zh="不受影响。", en="Not touched.")
    assert (done.status_code, done.headers["Location"]) == (303, f"/admin/catalogue/{ITEM}")
    assert "不受影响。" in admin.get(f"/admin/catalogue/{ITEM}").text
    assert engine.catalogue.versions(ITEM)["versions"][0]["version"] == 2


def test_what_is_empty_is_named_and_what_was_written_stays(engine, desk):
    data = json.loads((FOLDER / "item.json").read_bytes())
    store(engine, listing=data["listing"] | {"quantity": None})
    admin = desk("admin.yang")
    assert "✗ 为空" in words(admin.get(f"/admin/catalogue/{ITEM}"))
    refused = admin.post(f"/admin/catalogue/{ITEM}/versions", operation="changed", zh="说明", en="Words")
    assert refused.status_code == 422
    assert "数量" in words(refused)
    assert ">说明</textarea>" in refused.text
    assert len(engine.catalogue.versions(ITEM)["versions"]) == 1


def test_the_same_form_sent_twice_publishes_once(engine, desk):
    admin = desk("admin.yang")
    for _ in range(2):
        assert admin.post(f"/admin/catalogue/{ITEM}/versions", operation="changed", key="k1").status_code == 303
    assert len(engine.catalogue.versions(ITEM)["versions"]) == 2


@pytest.mark.parametrize(
    "asked",
    [
        {"operation": "painted"},
        {"operation": "changed", "effective_on": "tomorrow"},
        {"operation": "changed", "effective_on": "2020-01-01"},
        {"operation": "changed", "zh": "只有中文"},
        {"operation": "split", "related": "a、b"},
        {"operation": "resumed"},
        {"operation": "changed", "effect": "stop_intake_only"},
        {"operation": "changed", "effect": "vanish"},
        {"operation": "suspended", "effect": "conclude_by"},
    ],
)
def test_what_can_not_be_done_is_said(engine, desk, asked):
    answer = desk("admin.yang").post(f"/admin/catalogue/{ITEM}/versions", **asked)
    assert answer.status_code in (409, 422)
    assert 'role="alert"' in answer.text
    assert len(engine.catalogue.versions(ITEM)["versions"]) == 1


def test_who_may_not_publish_sees_no_form_and_who_may_not_see_sees_nothing(desk):
    designer = desk("designer.xu")
    assert "<form" not in designer.get(f"/admin/catalogue/{ITEM}").text.split("<main")[1].split("</main")[0]
    assert (
        designer.post(
            f"/admin/catalogue/{ITEM}/versions", designer.token("/admin/catalogue"), operation="suspended"
        ).status_code
        == 403
    )
    assert desk("fire.liu").get("/admin/catalogue").status_code == 403
    assert designer.get("/admin/catalogue/nothing").status_code == 404


def test_drift_is_shown_with_what_is_to_be_mended(engine, desk):
    wrong = {"name": "大会审", "case_limits": {"promised": 99}}
    engine.catalogue_office.store_implementation(SYSTEM, ITEM, "440106", wrong)
    shown = words(desk("admin.yang").get("/admin/catalogue/drift"))
    assert "大会审" in shown
    assert "须纠正" in shown
    assert "99" in words(desk("admin.yang").get(f"/admin/catalogue/{ITEM}"))


def test_a_sample_is_uploaded_on_the_page_of_its_item(engine, desk):
    admin, here = desk("admin.yang"), f"/admin/catalogue/{ITEM}"
    form = {"csrf": admin.token(here), "name": "application-form.txt"}
    assert 'enctype="multipart/form-data"' in admin.get(here).text
    for content in (b"", b"\x7fELF\x00"):
        refused = admin.client.post(f"{here}/files", data=form | {"file": (io.BytesIO(content), "a.txt")})
        assert refused.status_code == 422
        assert 'id="problem"' in refused.text
    assert "草稿与已发布的版本相同" in admin.get(here).text
    done = admin.client.post(f"{here}/files", data=form | {"file": (io.BytesIO("新表".encode()), "a.txt")})
    assert done.headers["Location"] == f"{here}#samples"
    assert "草稿与已发布的版本不同" in admin.get(here).text
    designer = desk("designer.qin").get(here)
    assert "/files" not in designer.text
