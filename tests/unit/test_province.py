"""One diagram for a whole province: every node of every item finds a desk in every region, and a new county is data."""

from collections import Counter
from itertools import pairwise

import pytest

from engine.organization.regions import Level, path_up
from engine.organization.routing import route, wanted_of
from tests.engine import zhejiang
from tests.engine.zhejiang import BUREAU_COUNTY, DAY, NO_APPROVALS, ORDINARY_CITY, ORDINARY_COUNTY

DATA = zhejiang.organization()
DIRECTORY = zhejiang.directory(DATA)
ITEMS = zhejiang.shipped_items()
ORDER = list(Level)


def desk(item, node, region):
    return route(DIRECTORY, wanted_of(node.extension("assignment"), item.lead_function), region, DAY)


def test_the_province_has_the_figures_of_the_article():
    levels = Counter(region["level"] for region in DATA["regions"])
    assert levels == {"province": 1, "city": 11, "county": 90}
    assert sum(one["region_code"] == zhejiang.PROVINCE for one in DATA["departments"]) == 41
    assert len({region["code"] for region in DATA["regions"]}) == 102


def test_every_county_resolves_to_one_city_and_to_the_province():
    for region in DATA["regions"]:
        levels = [one.level for one in path_up(DIRECTORY.regions, region["code"])]
        assert all(ORDER.index(low) == ORDER.index(high) + 1 for low, high in pairwise(levels)), region
        assert levels[-1] == "province"
        assert levels.count("city") == (region["level"] != "province")


@pytest.mark.parametrize(("item", "nodes"), ITEMS, ids=[item.code for item, _ in ITEMS])
def test_every_node_in_every_region_resolves_to_a_department_or_to_a_recorded_fallback(item, nodes):
    for region in DATA["regions"]:
        reach = {one.code for one in path_up(DIRECTORY.regions, region["code"])}
        for node in nodes:
            found = desk(item, node, region["code"])
            assert found.department_id in DIRECTORY.departments
            assert found.reasons
            assert found.region_code in reach
            wanted = (node.extension("assignment") or {}).get("level")
            if wanted is None or wanted in [one.level for one in path_up(DIRECTORY.regions, region["code"])]:
                assert not found.fallback, (region["code"], node.id, found.reasons)
            else:
                assert found.fallback, (region["code"], node.id)


@pytest.mark.parametrize(("item", "nodes"), ITEMS, ids=[item.code for item, _ in ITEMS])
def test_the_same_diagram_opens_at_the_bureau_where_it_has_the_approvals(item, nodes):
    """Deciding nodes at the bureau, supervising ones at the trade departments; the diagram is the same, unedited."""
    seen = 0
    for node in nodes:
        asked = wanted_of(node.extension("assignment"), item.lead_function)
        bureau, ordinary = desk(item, node, BUREAU_COUNTY), desk(item, node, ORDINARY_COUNTY)
        if bureau.fallback or bureau.region_code == zhejiang.PROVINCE:
            continue
        assert ordinary.department_id == f"zj-{ordinary.region_code}-{asked.function}"
        assert ordinary.region_code in (ORDINARY_CITY, ORDINARY_COUNTY)
        trade = f"zj-{bureau.region_code}-{asked.function}"
        keeps = asked.function in NO_APPROVALS or asked.body == "supervising"
        assert bureau.department_id == (trade if keeps else f"zj-{bureau.region_code}-approvals")
        seen += not keeps
    assert seen


def test_a_new_county_is_data():
    before = zhejiang.directory(DATA)
    county = {"code": "330199", "name": "新县", "name_en": "New county", "level": "county", "parent_code": "330100"}
    hall = {"id": "new-hall", "region_code": "330199", "name": "新县政务", "name_en": "New hall", "fallback_id": None}
    officer = {
        "username": "new",
        "name": "新",
        "work_number": "1",
        "posts": [{"department_id": "new-hall", "title": "x"}],
    }
    body = {"region_code": "330199", "function_code": "government", "deciding_id": "new-hall", "supervising_id": None}
    more = {"regions": [county], "departments": [hall], "bodies": [body], "officers": [officer], "functions": []}
    after = zhejiang.directory({name: [*rows, *more.get(name, [])] for name, rows in DATA.items()})
    assert "330199" not in before.regions
    for item, nodes in ITEMS:
        for node in nodes:
            found = route(after, wanted_of(node.extension("assignment"), item.lead_function), "330199", DAY)
            assert found.department_id in after.departments
            assert found.region_code in {"330199", "330100", "330000"}
