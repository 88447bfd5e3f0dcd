"""Lists: filters, sorts, cursors, bounds and lights; and a task with everything that its page shows."""

from __future__ import annotations

import pytest

from api.cases import CasePage
from api.tasks import TaskPage, TaskView
from engine.background.demonstration_clock import advance_clock
from tests.api.conftest import APPLICATION, refused


def paged(caller, path):
    seen, cursor = [], ""
    while cursor is not None:
        answer = caller.get(f"{path}{cursor and '&cursor=' + cursor}")
        assert answer.status_code == 200, answer.text
        seen += answer.json["items"]
        cursor = answer.json["next_cursor"]
    return seen


@pytest.fixture
def three(caller):
    clerk = caller("clerk.chen")
    numbers = [clerk.post("/cases", APPLICATION | {"external_number": f"E-{n}"}).json["number"] for n in range(3)]
    clerk.post(f"/cases/{numbers[1]}/acceptance", {"answer": "accepted"})
    return numbers


@pytest.mark.parametrize(("sort", "reverse"), [("-submitted", True), ("submitted", False)])
def test_cases_are_read_page_by_page_in_order(caller, three, sort, reverse):
    for limit in (1, 2, 200):
        seen = paged(caller("clerk.chen"), f"/cases?sort={sort}&limit={limit}")
        assert [row["number"] for row in seen] == sorted(three, reverse=reverse)


def test_cases_without_a_limit_come_after_those_with_one(caller, three):
    seen = paged(caller("clerk.chen"), "/cases?sort=due&limit=1")
    assert seen[0]["number"] == three[1]
    assert [row["light"] for row in seen] == ["green", None, None]
    assert CasePage().load({"items": seen, "next_cursor": None})


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=accepted", [1]),
        ("state=submitted,accepted", [0, 1, 2]),
        ("external_number=E-2", [2]),
        ("applicant=广州示例", [0, 1, 2]),
        ("applicant=示例", []),
        ("region=440106", []),
        ("item=unknown", []),
        ("light=green", [1]),
        ("light=none", [0, 2]),
        ("light=red", []),
        ("submitted_from=2000-01-01&submitted_to=2000-01-02", []),
        ("submitted_from=2000-01-01", [0, 1, 2]),
    ],
)
def test_cases_are_filtered(caller, three, query, found):
    seen = caller("clerk.chen").get(f"/cases?sort=submitted&{query}").json["items"]
    assert [row["number"] for row in seen] == [three[n] for n in found]


def test_everybody_lists_the_cases_that_he_could_open(caller, three):
    expected = {
        "clerk.li": three,
        "fire.liu": [three[1]],
        "supervisor.ma": three,
        "tianhe.lin": [],
        "province.cai": [],
        "front.office": [],  # it has submitted none of them
    }
    for username, numbers in expected.items():
        who = caller(username)
        assert sorted(row["number"] for row in who.get("/cases").json["items"]) == sorted(numbers), username
        for number in three:
            assert (who.get(f"/cases/{number}").status_code == 200) is (number in numbers), (username, number)
    refused(caller("designer.xu").get("/cases"), 403, "forbidden")


@pytest.mark.parametrize(
    "path",
    [
        "/cases?sort=number",
        "/cases?limit=0",
        "/cases?limit=201",
        "/cases?state=gone",
        "/cases?light=blue",
        "/cases?cursor=abc",
        "/cases?cursor=WyJkdWUiXQ%3D%3D",
        "/cases?submitted_from=2026-13-01",
        "/cases?submitted_from=20260101",
        "/cases?applicant=%00",
        "/tasks?light=blue",
        "/tasks?mine=1",
        "/tasks?sort=name",
    ],
)
def test_what_a_list_does_not_take_is_refused_by_name(caller, path):
    problem = refused(caller("clerk.chen").get(path), 422, "input-invalid")
    assert set(problem["fields"]) <= {
        "sort",
        "limit",
        "state",
        "light",
        "cursor",
        "submitted_from",
        "applicant",
        "mine",
    } | {f"{name}.0" for name in ("state", "light", "applicant")}


def test_a_cursor_of_one_order_is_none_of_another(caller, three):
    clerk = caller("clerk.chen")
    cursor = clerk.get("/cases?limit=1").json["next_cursor"]
    refused(clerk.get(f"/cases?limit=1&sort=due&cursor={cursor}"), 422, "input-invalid")
    cursor = clerk.get("/tasks?limit=1").json["next_cursor"]
    refused(clerk.get(f"/tasks?limit=1&sort=opened&cursor={cursor}"), 422, "input-invalid")


@pytest.mark.parametrize(("sort", "reverse"), [("opened", False), ("-opened", True)])
def test_tasks_are_sorted_by_when_they_were_opened(caller, three, sort, reverse):
    seen = paged(caller("clerk.chen"), f"/tasks?sort={sort}&limit=1")
    opened = [row["opened_at"] for row in seen]
    assert len(opened) == 2
    assert opened == sorted(opened, reverse=reverse)


def test_the_light_of_a_task_turns_red_when_its_day_is_over(caller, engine, accepted):
    officer = caller("fire.liu")
    assert [row["light"] for row in officer.get("/tasks").json["items"]] == ["green"]
    advance_clock(engine, 10)
    assert [row["light"] for row in officer.get("/tasks?light=yellow").json["items"]] == ["yellow"]
    advance_clock(engine, 1)
    late = officer.get("/tasks?light=red").json["items"]
    assert [(row["light"], row["remaining_working_days"]) for row in late] == [("red", -1)]
    assert officer.get("/tasks?light=green,yellow,none").json["items"] == []


def test_mine_are_those_that_i_have_claimed(caller, accepted):
    officer, other = caller("fire.liu"), caller("fire.sun")
    task = officer.get("/tasks").json["items"][0]["id"]
    assert officer.get("/tasks?mine=true").json["items"] == []
    officer.post(f"/tasks/{task}/claim")
    mine = officer.get("/tasks?mine=true").json["items"]
    assert [(row["id"], row["claimed_by_name"]) for row in mine] == [(task, "刘炎")]
    assert other.get("/tasks?mine=true").json["items"] == []
    assert TaskPage().load({"items": mine, "next_cursor": None})


def test_a_task_says_what_can_be_done_with_it(caller, accepted):
    officer, other, head = caller("fire.liu"), caller("fire.sun"), caller("supervisor.ma")
    task = officer.get("/tasks").json["items"][0]["id"]
    view = officer.get(f"/tasks/{task}").json
    assert TaskView().load(view)
    assert view["can"] == ["claim", "complete"]
    assert {one["value"]: one["opinion_required"] for one in view["outcomes"]} == {"passed": False, "faults": True}
    assert view["case_file"]["applicant"]["name"] == APPLICATION["applicant"]["name"]
    officer.post(f"/tasks/{task}/claim")
    assert officer.get(f"/tasks/{task}").json["can"] == ["release", "complete"]
    assert other.get(f"/tasks/{task}").json["can"] == []
    assert head.get(f"/tasks/{task}").json["can"] == []
    refused(caller("water.jiang").get(f"/tasks/{task}"), 403, "forbidden")
    refused(caller("tianhe.xie").get(f"/tasks/{task}"), 404, "not-found")
    officer.post(f"/tasks/{task}/complete", {"outcome": "passed"})
    assert officer.get(f"/tasks/{task}").json["can"] == []


def test_the_public_progress_names_nothing_internal(caller, client, engine, accepted):
    number, code = accepted["number"], accepted["query_code"]
    officer = caller("fire.liu")
    task = officer.get("/tasks").json["items"][0]["id"]
    officer.post(f"/tasks/{task}/complete", {"outcome": "faults", "opinion": "净宽不足"})
    answer = client.get(f"/api/v1/progress/{number}?query_code={code}")
    view = answer.json
    fire = next(row for row in view["timeline"] if row["node"] == "消防验收")
    assert (fire["handler"], fire["outcome_name"], fire["outcome_name_en"]) == ("刘炎", "发现问题", "faults found")
    internal = ("node_id", "department_id", "work_number", "outcome", "task")
    assert not any(name in row for row in [*view["timeline"], *view["next"]] for name in internal)
    for word in ("civil_air_defence", "gz-fire-acceptance", "GZ0006", APPLICATION["applicant"]["name"]):
        assert word not in answer.text
