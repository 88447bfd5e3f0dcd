"""A province in the database: looked up by everybody, and a region sees only its own."""

from __future__ import annotations

import pytest

from engine.cases.accept import Acceptance
from engine.cases.case_list import CaseQuery
from engine.cases.inbox import InboxQuery
from engine.cases.submit import Application, RegionUnknown
from engine.doors.regions import DepartmentQuery, RegionQuery
from engine.errors import NotFound
from engine.organization.load import load_actor
from engine.organization.seed import seed_organization
from tests.api.conftest import fresh_engine
from tests.engine import zhejiang
from tests.engine.stories import APPLICANT, ITEM, SYSTEM


@pytest.fixture(scope="module")
def engine(server, template):
    """One database with the province beside the demonstration, for all of this module."""
    with fresh_engine(server, template) as opened:
        data = zhejiang.organization()
        opened.perform(SYSTEM, lambda uow: _seed(uow, data))
        assert opened.catalogue_office.load_power_lists(SYSTEM) >= 11
        yield opened


def _seed(uow, data):
    seed_organization(uow.session, data, lambda _: "no log-in")
    uow.write("UPDATE platform SET organization_version = organization_version + 1", None)


def officer(engine, department):
    with engine.database.connect() as connection:
        return load_actor(connection, f"{department}.officer")


def everything(ask, query, **which):
    found, cursor = [], ""
    while cursor is not None:
        page = ask(query(cursor=cursor, limit=40, **which))
        found, cursor = found + page["items"], page["next_cursor"]
    return found


def test_the_province_is_looked_up_page_by_page(engine):
    counties = everything(engine.regions.regions, RegionQuery, level="county", under=zhejiang.PROVINCE)
    cities = everything(engine.regions.regions, RegionQuery, parent=zhejiang.PROVINCE)
    assert (len(counties), len(cities)) == (90, 11)
    assert sum(city["children"] for city in cities) == 90
    assert {one["parent"] for one in counties} == {one["code"] for one in cities}
    found = everything(engine.regions.departments, DepartmentQuery, region=zhejiang.PROVINCE)
    assert len(found) == 41
    assert [one["code"] for one in engine.regions.region("330681")["path"]] == ["330000", "330600", "330681"]
    assert [one["name"] for one in everything(engine.regions.regions, RegionQuery, q="义乌")] == ["义乌"]


def test_who_decides_and_who_supervises_is_public(engine):
    which = {"region": zhejiang.BUREAU_COUNTY, "function": "planning"}
    by_id = {one["id"]: one for one in everything(engine.regions.departments, DepartmentQuery, **which)}
    bureau, trade = f"zj-{zhejiang.BUREAU_COUNTY}-approvals", f"zj-{zhejiang.BUREAU_COUNTY}-planning"
    assert set(by_id) == {bureau, trade}
    assert "planning" in [one["code"] for one in by_id[bureau]["decides"]]
    assert [one["code"] for one in by_id[trade]["supervises"]] == ["planning"]
    assert by_id[trade]["decides"] == []


def test_what_is_no_region_is_said(engine):
    with pytest.raises(RegionUnknown):
        engine.regions.regions(RegionQuery(under="nowhere"))
    with pytest.raises(RegionUnknown):
        engine.regions.departments(DepartmentQuery(region="%"))
    with pytest.raises(NotFound):
        engine.regions.region("999999")


def submit(engine, region, **form):
    clerk = officer(engine, f"zj-{region}-window")
    return engine.submit(clerk, Application(ITEM, region, APPLICANT, form))["number"], clerk


def test_one_diagram_opens_in_both_kinds_of_city_and_each_sees_only_its_own(engine):
    bureau, ordinary = zhejiang.BUREAU_CITY, zhejiang.ORDINARY_CITY
    for city, decides in ((bureau, f"zj-{bureau}-approvals"), (ordinary, f"zj-{ordinary}-planning")):
        number, clerk = submit(engine, city)
        engine.accept(clerk, Acceptance(number, "accepted"))
        rows = {row["node_id"]: row for row in engine.case_file(number)["timeline"]}
        assert rows["planning"]["department_id"] == decides
        assert rows["accept"]["department_id"] == f"zj-{city}-window"
        mine = engine.cases(officer(engine, decides), CaseQuery(limit=50))["items"]
        assert [one["number"] for one in mine] == [number]
    other = officer(engine, f"zj-{ordinary}-fire")
    number, _ = submit(engine, bureau)
    assert {one["region"] for one in engine.inbox(other, InboxQuery(limit=100))["items"]} == {ordinary}
    with pytest.raises(NotFound):
        engine.get_case(other, number)
