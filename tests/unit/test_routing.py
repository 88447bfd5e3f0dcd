"""Where a task goes: the wanted desk when there is one, a recorded fallback when there is not, and never an error."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.organization.directory import (
    Absence,
    Department,
    FunctionBody,
    Officer,
    Post,
    build_directory,
)
from engine.organization.regions import Level, Region
from engine.organization.routing import UNASSIGNED, Assignment, route

TODAY = date(2026, 9, 21)
PROVINCE, CITY, COUNTY, TOWNSHIP = "440000", "440100", "440106", "440106900"
REGIONS = [
    Region(PROVINCE, "省", "Province", "province", None),
    Region(CITY, "市", "City", "city", PROVINCE),
    Region(COUNTY, "区", "County", "county", CITY),
    Region(TOWNSHIP, "镇", "Township", "township", COUNTY),
]
DEPARTMENTS = [
    Department("hall", CITY, "政务服务中心", "Service centre", None),
    Department("housing", CITY, "住建局", "Housing", "hall"),
    Department("fire", CITY, "消防验收处", "Fire acceptance", "housing"),
    Department("county-planning", COUNTY, "区规划", "County planning", None),
    Department("city-planning", CITY, "市规划", "City planning", None),
]
BODIES = [
    FunctionBody(CITY, "government", "hall", None),
    FunctionBody(CITY, "fire", "fire", "housing"),
    FunctionBody(CITY, "planning", "city-planning", None),
    FunctionBody(COUNTY, "planning", "county-planning", None),
    FunctionBody(CITY, "ghost", "abolished", None),
]
PEOPLE = ["ann", "bo", "cai", "dan", "eve"]
POSTS = [
    Post("ann", "fire", "处长", True),
    Post("bo", "fire", "科员", False),
    Post("cai", "fire", "科员", False),
    Post("dan", "housing", "科员", False),
    Post("eve", "hall", "窗口", False),
    Post("eve", "county-planning", "科员", False),
    Post("eve", "city-planning", "科员", False),
]


def leave(officer, deputy=None):
    return Absence(officer, TODAY, TODAY, deputy)


def organisation(*absences):
    officers = [Officer(one, one, one, active=True) for one in PEOPLE]
    return build_directory(
        regions=REGIONS, departments=DEPARTMENTS, bodies=BODIES, officers=officers, posts=POSTS, absences=absences
    )


def routed(function, level=None, post=None, region=COUNTY, absences=(), day=TODAY):
    return route(organisation(*absences), Assignment(function, level, post), region, day)


def test_the_deciding_body_of_the_wanted_level_above_the_case_gets_the_task():
    found = routed("planning", Level.CITY, region=TOWNSHIP)
    assert (found.department_id, found.region_code, found.officer_id, found.fallback) == (
        "city-planning",
        CITY,
        None,
        False,
    )


def test_without_a_level_the_nearest_body_going_up_gets_it():
    assert routed("planning", region=TOWNSHIP).department_id == "county-planning"
    assert routed("fire", region=TOWNSHIP).department_id == "fire"


def test_the_one_holder_of_a_post_gets_the_task():
    found = routed("fire", "city", "处长")
    assert (found.officer_id, found.deputy_for, found.fallback) == ("ann", None, False)


def test_a_post_with_two_holders_is_open_to_both():
    found = routed("fire", "city", "科员")
    assert (found.department_id, found.officer_id, found.fallback) == ("fire", None, False)


def test_on_leave_the_deputy_stands_in():
    found = routed("fire", "city", "处长", absences=[leave("ann", "bo")])
    assert (found.officer_id, found.deputy_for, found.fallback) == ("bo", "ann", False)
    assert "ann is on leave, bo is the deputy" in found.reasons


def test_a_deputy_on_leave_has_a_deputy():
    found = routed("fire", "city", "处长", absences=[leave("ann", "bo"), leave("bo", "cai"), leave("cai", "dan")])
    assert (found.officer_id, found.deputy_for) == ("dan", "ann")


def test_a_circle_of_deputies_ends_at_the_fallback():
    found = routed("fire", "city", "处长", absences=[leave("ann", "bo"), leave("bo", "ann")])
    assert (found.department_id, found.officer_id, found.fallback) == ("housing", None, True)


def test_the_fourth_deputy_is_not_asked():
    chain = [leave("ann", "bo"), leave("bo", "cai"), leave("cai", "eve"), leave("eve", "dan")]
    found = routed("fire", "city", "处长", absences=chain)
    assert (found.department_id, found.officer_id, found.fallback) == ("housing", None, True)


def test_leave_that_is_over_changes_nothing():
    found = routed("fire", "city", "处长", absences=[leave("ann", "bo")], day=date(2026, 9, 22))
    assert found.officer_id == "ann"


def test_nobody_in_the_department_passes_the_task_along_the_fallbacks():
    away = [leave(one) for one in ("ann", "bo", "cai", "dan")]
    found = routed("fire", "city", absences=away)
    assert (found.department_id, found.fallback) == ("hall", True)
    assert [reason for reason in found.reasons if "nobody" in reason] == [
        f"nobody is there in fire on {TODAY}",
        f"nobody is there in housing on {TODAY}",
    ]


def test_when_nobody_is_anywhere_the_task_waits_where_it_belongs():
    found = routed("fire", "city", absences=[leave(one) for one in PEOPLE])
    assert (found.department_id, found.fallback) == ("fire", True)
    assert "waits at fire" in found.reasons[-1]


@pytest.mark.parametrize("function", ["unheard-of", "ghost"])
def test_a_function_without_a_body_goes_to_government_services(function):
    for level in ("city", None):
        found = routed(function, level)
        assert (found.department_id, found.fallback) == ("hall", True)


def test_a_level_that_the_case_does_not_have_is_recorded():
    found = routed("planning", "village")
    assert (found.department_id, found.fallback) == ("hall", True)
    assert "no region of level village" in found.reasons[0]


def test_an_unknown_region_still_finds_a_desk():
    found = routed("planning", region="999999")
    assert found.fallback
    assert found.department_id in {department.id for department in DEPARTMENTS}


def test_an_organisation_without_departments_says_so():
    found = route(build_directory(regions=REGIONS), Assignment("fire", "city"), CITY, TODAY)
    assert (found.department_id, found.fallback) == (UNASSIGNED, True)
    assert found.reasons == ("the organisation has no department",)


NAMES = st.sampled_from(["a", "b", "c", "d"])
MAYBE = st.none() | NAMES
DAYS = st.dates(date(2026, 9, 19), date(2026, 9, 23))
LEVELS = st.sampled_from([*Level, "galaxy"])
DIRECTORIES = st.builds(
    build_directory,
    regions=st.lists(st.builds(Region, NAMES, NAMES, NAMES, LEVELS, MAYBE), max_size=4),
    departments=st.lists(st.builds(Department, NAMES, NAMES, NAMES, NAMES, MAYBE), max_size=4),
    bodies=st.lists(st.builds(FunctionBody, NAMES, NAMES | st.just("government"), NAMES, MAYBE), max_size=6),
    officers=st.lists(st.builds(Officer, NAMES, NAMES, NAMES, st.booleans()), max_size=4),
    posts=st.lists(st.builds(Post, NAMES, NAMES, NAMES, st.booleans()), max_size=6),
    absences=st.lists(st.builds(Absence, NAMES, DAYS, DAYS, MAYBE), max_size=4),
)


@given(directory=DIRECTORIES, wanted=st.builds(Assignment, NAMES, st.none() | LEVELS, MAYBE), region=NAMES, day=DAYS)
def test_whatever_the_organisation_looks_like_a_task_finds_a_department_and_the_reason(directory, wanted, region, day):
    found = route(directory, wanted, region, day)
    assert found.reasons
    assert found.department_id in directory.departments or (
        not directory.departments and found.department_id == UNASSIGNED
    )
    if found.officer_id is not None:
        assert directory.is_present(found.officer_id, day)
        assert found.officer_id != found.deputy_for


def test_the_body_that_supervises_is_found_where_it_is_another_one():
    asked = Assignment("fire", "city", body="supervising")
    assert route(organisation(), asked, COUNTY, TODAY).department_id == "housing"
    alone = Assignment("planning", "county", body="supervising")
    assert route(organisation(), alone, COUNTY, TODAY).department_id == "county-planning"


def test_a_level_below_is_found_on_the_way_down_to_where_the_matter_lies():
    found = route(organisation(), Assignment("planning", "county"), CITY, TODAY, locality=TOWNSHIP)
    assert (found.department_id, found.fallback) == ("county-planning", False)
    elsewhere = route(organisation(), Assignment("planning", "township"), COUNTY, TODAY, locality="999999")
    assert elsewhere.fallback


def test_a_level_below_is_the_only_one_there_is():
    found = route(organisation(), Assignment("planning", "county"), CITY, TODAY)
    assert (found.department_id, found.fallback) == ("county-planning", False)
