"""The public pages of the catalogue: found, narrowed down, read and checked beforehand, without scripts and in both languages."""

from __future__ import annotations

import html
import re

import pytest

from engine.catalogue.publish import Change
from engine.organization.actor import Actor

ITEM = "joint-final-inspection"
SYSTEM = Actor.system("test")
ANSWERS = "a.civil-air-defence=no&a.permit=yes&a.fire-class=other"


def words(answer):
    return html.unescape(re.sub("<[^>]+>", " ", answer.text))


def test_an_item_is_found_by_what_people_call_it_and_narrowed_down(page):
    found = page.get("/items?q=联合验收&region=440100")
    assert f'href="/items/{ITEM}?region=440100"' in found.text
    assert "广州市住房和城乡建设局" in found.text
    narrowed = page.get("/items?theme=fire&audience=person")
    assert "没有找到事项" in narrowed.text
    chosen = page.get("/items?theme=fire")
    assert 'aria-current="true"' in chosen.text
    assert 'name="theme" value="fire"' in chosen.text
    assert "Find" not in found.text
    assert "One service" in page.get("/items?q=inspection&lang=en").text


def test_the_guide_asks_for_the_region_and_shows_who_does_what(page):
    assert "请选择所在地区" in page.get(f"/items/{ITEM}").text
    shown = words(page.get(f"/items/{ITEM}?region=440106"))
    for said in ("广州市政务服务中心", "消防验收", "15 个工作日", "演示值", "申请表", "行政许可法", "无数量限制"):
        assert said in shown
    english = words(page.get(f"/items/{ITEM}?region=440106&lang=en"))
    assert "Guangzhou government service centre" in english
    assert "15 working days" in english


def test_the_precheck_says_what_is_needed(page):
    asked = page.get(f"/items/{ITEM}/precheck?region=440106")
    assert asked.text.count('type="radio"') == 7
    answered = words(page.get(f"/items/{ITEM}/precheck?region=440106&{ANSWERS}"))
    assert "可以申请" in answered
    assert re.search("不需要：消防、人防设施检测报告", re.sub(r"\s+", "", answered))
    half = page.get(f"/items/{ITEM}/precheck?region=440106&a.permit=yes")
    assert half.status_code == 422
    refused = words(page.get(f"/items/{ITEM}/precheck?region=440106&{ANSWERS.replace('permit=yes', 'permit=no')}"))
    assert "目前不能申请" in refused


def test_history_power_lists_and_permits_are_public(page, engine):
    engine.catalogue_office.publish_item(
        SYSTEM, ITEM, Change("suspended", statement={"zh": "系统升级", "en": "Maintenance"})
    )
    history = words(page.get(f"/items/{ITEM}/history"))
    assert "暂停" in history
    assert "系统升级" in history
    assert "系统升级" in page.get(f"/items/{ITEM}?region=440100").text
    assert "建设工程竣工联合验收" in page.get("/power-lists?region=440100").text
    for town in ("440106900", "440106900201"):  # no list of its own: where to look, and its name beside its code
        shown = page.get(f"/power-lists?region={town}").text
        assert "请选择所在的县（区）或者市" in shown
        assert re.search(rf'<option value="{town}" selected>示范\w+ {town}</option>', shown)
    unknown = page.get("/permits?number=穗〔2026〕1号")
    assert (unknown.status_code, "没有找到许可" in unknown.text) == (404, True)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/items/nothing", 404),
        ("/items/nothing?region=440100", 422),
        (f"/items/{ITEM}?region=999999", 422),
        (f"/items/{ITEM}?region=440000", 422),
        (f"/items/{ITEM}/precheck", 422),
        ("/items?region=1", 422),
        ("/items?q=%00", 200),
        ("/items?q=<script>alert(1)</script>&theme=<b>", 200),
        ("/items?cursor=~", 200),
        ("/power-lists?region=x", 422),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_taken_for_markup(page, path, status):
    answer = page.get(path)
    assert answer.status_code == status
    assert "<script>alert" not in answer.text


def test_the_page_of_an_old_code_says_where_it_went(page, engine):
    publish = engine.catalogue_office.publish_item
    publish(SYSTEM, ITEM, Change("merged", related=("hotel-hygiene-permit",)))
    gone = page.get(f"/items/{ITEM}?region=440106")
    assert gone.status_code == 410
    assert 'href="/items/hotel-hygiene-permit?region=440106"' in gone.text
    assert "继续按提交时的版本办理" in gone.text
    found = page.get("/items?q=联合验收")
    assert f'href="/items/{ITEM}"' in found.text
    assert 'href="/items/hotel-hygiene-permit"' in found.text
    assert page.get(f"/items/{ITEM}/history").status_code == 200
    answer = page.get(f"/api/v1/items/{ITEM}/guide?region=440106")
    assert (answer.status_code, answer.get_json()["successors"]) == (409, ["hotel-hygiene-permit"])
    assert (
        page.get("/api/v1/items?q=联合验收").get_json()["moved"][0]["successors"][0]["code"] == "hotel-hygiene-permit"
    )
