"""The files of the joint final inspection agree: item, diagram, demonstration organisation, calendar and scenarios."""

import json
import xml.etree.ElementTree as ET
from datetime import date
from pathlib import Path

import pytest

from engine.bpmn.lint import lint
from engine.bpmn.read import read
from engine.catalogue.items import ItemInvalid, item_from_data, read_item
from engine.organization.directory import Absence, Department, FunctionBody, Officer, Post, build_directory
from engine.organization.permissions import Permission, Role, permissions_of, roles_conflict
from engine.organization.regions import Region
from engine.organization.routing import Assignment, default_department, route
from engine.timelimits.limits import Limit, due, elapsed
from engine.timelimits.national import national_calendar

PROCESSES = Path(__file__).parents[2] / "processes"
FOLDER = PROCESSES / "joint-final-inspection"
SCENARIOS = sorted((FOLDER / "scenarios").glob("*.json"))
ORGANIZATION = json.loads((PROCESSES / "demonstration" / "organization.json").read_bytes())
OFFICERS = {officer["username"]: officer for officer in ORGANIZATION["officers"]}
ITEM = read_item(FOLDER / "item.json")
PROCESS = read((FOLDER / ITEM.process).read_bytes()).processes[0]
NODES = {node.id: node for node in PROCESS.nodes}
REVIEWS = ("planning", "fire", "civil_air_defence", "archives", "municipal_works", "drainage")
CALENDAR = national_calendar()
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"


def demonstration():
    people = ORGANIZATION["officers"]
    leave = [(one["username"], absence) for one in people for absence in one.get("absences", ())]
    return build_directory(
        regions=[Region(**row) for row in ORGANIZATION["regions"]],
        departments=[Department(**row) for row in ORGANIZATION["departments"]],
        bodies=[FunctionBody(**row) for row in ORGANIZATION["bodies"]],
        officers=[Officer(one["username"], one["name"], one["work_number"], active=True) for one in people],
        posts=[
            Post(one["username"], post["department_id"], post["title"], post.get("is_head", False))
            for one in people
            for post in one["posts"]
        ],
        absences=[
            Absence(who, date.fromisoformat(one["first_day"]), date.fromisoformat(one["last_day"]), one["deputy"])
            for who, one in leave
        ],
    )


DIRECTORY = demonstration()


def scenario_of(path):
    return json.loads(path.read_bytes())


def promised(node_id):
    return (NODES[node_id].extension("timeLimit") or {}).get("promised")


def desk_of(node_id, region, day):
    asked = NODES[node_id].extension("assignment")
    return route(DIRECTORY, Assignment(asked["function"], asked.get("level"), asked.get("post")), region, day)


def departments_of(username):
    return {post["department_id"] for post in OFFICERS[username]["posts"]}


def acts_of(scenario):
    """The steps that close a task, with the node they close."""
    closing = [step for step in scenario["steps"] if step["does"] in ("accept", "complete")]
    return [(step.get("node", "accept"), step) for step in closing]


def test_the_item_promises_fifteen_working_days_of_forty_five():
    assert (ITEM.case_limits.promised, ITEM.case_limits.legal) == (
        Limit(15, "working-day"),
        Limit(45, "working-day"),
    )
    limit = PROCESS.extensions["timeLimit"][0]
    assert (limit["promised"], limit["legal"], limit["unit"]) == (15, 45, "working-day")
    assert PROCESS.extensions["item"][0]["code"] == ITEM.code


def test_the_reviews_have_their_limits_and_the_longest_path_is_the_promise():
    assert [promised(review) for review in REVIEWS] == [10, 10, 8, 10, 6, 6]
    row = ("accept", "merge", "decide", "certificate")
    assert [promised(node) for node in row] == [1, 2, 1, 1]
    assert sum(map(promised, row)) + max(map(promised, REVIEWS)) == ITEM.case_limits.promised.days


def test_each_review_opens_again_only_when_it_has_not_passed():
    conditions = {flow.target: flow.condition for flow in PROCESS.flows if flow.source == "assign_reviews"}
    assert conditions == {
        **{review: f"case.outcomes.{review} != 'passed'" for review in REVIEWS},
        "reviews_done": None,
    }


def test_every_function_of_the_diagram_has_a_body_of_its_own_in_the_city():
    for node in PROCESS.nodes:
        asked = node.extension("assignment")
        if asked and asked.get("function"):
            found = desk_of(node.id, "440106", date(2026, 9, 21))
            assert (found.region_code, found.fallback) == ("440100", False), node.id


@pytest.mark.parametrize("profile", ["bpmn", "approval"])
def test_the_diagram_has_no_findings(profile):
    assert lint(read((FOLDER / ITEM.process).read_bytes()), profile) == []


def test_everything_in_the_diagram_is_drawn_and_no_two_shapes_overlap():
    picture = ET.parse(FOLDER / ITEM.process)
    drawn = {shape.get("bpmnElement"): shape.find(f"{DC}Bounds").attrib for shape in picture.iter(f"{DI}BPMNShape")}
    edges = {edge.get("bpmnElement"): list(edge) for edge in picture.iter(f"{DI}BPMNEdge")}
    assert set(drawn) == set(NODES)
    assert set(edges) == {flow.id for flow in PROCESS.flows}
    assert all(len(points) >= 2 for points in edges.values())
    boxes = [tuple(int(box[side]) for side in ("x", "y", "width", "height")) for box in drawn.values()]
    for n, (x, y, width, height) in enumerate(boxes):
        for other_x, other_y, other_width, other_height in boxes[n + 1 :]:
            apart = x + width < other_x or other_x + other_width < x
            assert apart or y + height < other_y or other_y + other_height < y


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_the_expected_due_dates_and_elapsed_days_are_the_calendars(path):
    for row in scenario_of(path)["expect"]["timeline"]:
        start, end = date.fromisoformat(row["started_on"]), date.fromisoformat(row["ended_on"])
        days = promised(row["node"])
        expected = str(due(CALENDAR, start, Limit(days, "working-day")).day) if days else None
        assert row["due_date"] == expected, row
        assert row["elapsed_working_days"] == elapsed(CALENDAR, start, end), row


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_the_steps_are_the_timeline_and_happen_on_working_days_in_order(path):
    scenario = scenario_of(path)
    acts = [(node, step["on"], step.get("outcome", "accepted")) for node, step in acts_of(scenario)]
    timeline = scenario["expect"]["timeline"]
    assert acts == [(row["node"], row["ended_on"], row["outcome"]) for row in timeline]
    moments = [(step["on"], step["at"]) for step in scenario["steps"]]
    assert moments == sorted(moments)
    assert moments[0][0] == scenario["starts_on"]
    assert all(CALENDAR.counts(date.fromisoformat(day)) for day, _ in moments)
    for row in scenario["expect"]["nodes"]:
        assert row["times"] == sum(one["node"] == row["node"] for one in timeline)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_everybody_does_what_is_theirs_to_do_and_says_what_must_be_said(path):
    scenario = scenario_of(path)
    started = [row["started_on"] for row in scenario["expect"]["timeline"]]
    for (node, step), start in zip(acts_of(scenario), started, strict=True):
        outcomes = NODES[node].extension("outcomes")
        assert step.get("outcome", "accepted") in outcomes["values"]
        assert step.get("opinion") or step.get("outcome") not in (outcomes.get("opinionRequiredFor") or ())
        if step["who"] == "applicant":
            assert NODES[node].extension("assignment")["applicant"]
        else:
            desk = desk_of(node, scenario["region"], date.fromisoformat(start))
            assert desk.department_id in departments_of(step["who"])
            assert desk.officer_id in (None, step["who"])
            needed = Permission.CASE_ACCEPT if step["does"] == "accept" else Permission.TASK_COMPLETE
            assert needed in permissions_of(Role(role) for role in OFFICERS[step["who"]]["roles"])


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_the_applicants_credit_code_has_the_right_check_character(path):
    digits = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015
    code = scenario_of(path)["applicant"]["credit_code"]
    total = sum(digits.index(one) * pow(3, n, 31) for n, one in enumerate(code[:17]))
    assert len(code) == 18
    assert digits[-total % 31] == code[17]


def test_on_the_demonstrations_leave_the_deputy_decides():
    found = desk_of("decide", "440100", date(2026, 10, 13))
    assert (found.officer_id, found.deputy_for) == ("housing.luo", "housing.liang")


def test_the_demonstration_has_a_whole_tree_and_nobody_who_watches_over_himself():
    assert {region["level"] for region in ORGANIZATION["regions"]} == {
        "province",
        "city",
        "county",
        "township",
        "village",
    }
    assert default_department(DIRECTORY, "440106900201").id == "demo-town-services"
    for officer in OFFICERS.values():
        assert not roles_conflict(Role(role) for role in officer["roles"])
        assert "password" not in officer
    assert {role for officer in OFFICERS.values() for role in officer["roles"]} == set(Role)


def test_every_department_of_the_demonstration_has_somebody():
    assert all(DIRECTORY.staff(department) for department in DIRECTORY.departments)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"case_limits": {"promised": 46, "legal": 45, "unit": "working-day"}}, "case_limits.promised"),
        ({"case_limits": {"promised": 15, "legal": None, "unit": "working-day"}}, "case_limits"),
        ({"case_limits": {"promised": 15, "legal": 45}}, "case_limits"),
        ({"type_code": "99"}, "type_code"),
        ({"process": "../other/process.bpmn"}, "process"),
        ({"legal_basis": []}, "legal_basis"),
        ({"colour": "blue"}, "colour"),
        ({"materials": [{"code": "x"}]}, "materials"),
    ],
)
def test_an_item_file_that_is_wrong_is_refused_by_its_field(change, path):
    data = json.loads((FOLDER / "item.json").read_bytes())
    with pytest.raises(ItemInvalid, match=path):
        item_from_data({**data, **change})


def test_an_item_file_that_is_not_there_or_no_json_is_refused(tmp_path):
    with pytest.raises(ItemInvalid, match="can't be read"):
        read_item(tmp_path / "item.json")
    (tmp_path / "item.json").write_text("{")
    with pytest.raises(ItemInvalid, match="no JSON"):
        read_item(tmp_path / "item.json")
