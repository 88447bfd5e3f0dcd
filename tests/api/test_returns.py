"""退回 over the API: who may, where to, why; what stays of it in the case, its record, its limits, and what the applicant sees."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from api.cases import CaseView
from api.progress import PublicProgress
from api.tasks import ReturnedTask, TaskView
from tests.api.conftest import contents, refused, task_of
from tests.api.test_resources import answers

WHY = "内部意见：审查意见未写明依据。"
APPLICATION = {
    "item": "ordinary-review",
    "region": "440106900",
    "applicant": {"kind": "person", "name": "赵示范", "id_number": "440106196203051231", "phone": "13800000007"},
    "form": {
        "applicant_name": "赵示范",
        "id_number": "440106196203051231",
        "locality": "440106900201",
        "contact_phone": "13800000007",
    },
}
KEY = {"Idempotency-Key": "return-0001"}
BACK = {"to": "review", "opinion": WHY}


def at_the_decision(caller) -> dict:
    """A case that waits for its decision."""
    window, reviewer = caller("town.pan"), caller("civil.mo")
    case = window.post("/cases", APPLICATION).json
    assert window.post(f"/cases/{case['number']}/acceptance", {"answer": "accepted"}).status_code == 200
    done = {"outcome": "conforming", "opinion": "符合"}
    answer = reviewer.post(f"/tasks/{task_of(reviewer, case['number'], 'review')}/complete", done)
    assert answer.status_code == 200, answer.text
    return case


def case_limits(who, number: str) -> list:
    """The limits of the case itself, not those of its tasks."""
    limits = who.get(f"/cases/{number}/limits").json["limits"]
    return [{name: one[name] for name in one if name != "now"} for one in limits if one["task"] is None]


def test_a_task_is_returned_done_again_and_everybody_sees_so(engine, client, caller):
    case = at_the_decision(caller)
    number, decider, reviewer = case["number"], caller("civil.bai"), caller("civil.mo")
    task = task_of(decider, number, "decide")
    seen = answers(decider.get(f"/tasks/{task}"), 200, TaskView)
    assert seen["returns"] == [
        {"node": "review", "name": "审查", "name_en": "Review", "then": "forward", "applicant": False}
    ]
    assert "return" in seen["can"]
    assert seen["returned_by"] is None

    # what is refused changes nothing
    stranger = caller("fire.liu")
    before = contents(engine)
    for to in ("accept", "decide", "nowhere"):
        problem = refused(decider.post(f"/tasks/{task}/return", {"to": to, "opinion": WHY}), 422, "return-not-allowed")
        assert "审查（review）" in problem["detail"]
    assert problem["fields"]["to"] == ["须为以下之一：review"]
    english = {"Accept-Language": "en"}
    told = decider.post(f"/tasks/{task}/return", {"to": "accept", "opinion": WHY}, headers=english).json["detail"]
    assert (
        told
        == "Task “Decision” can't be returned to “accept”. It may be returned to: Review (review). Choose one of them."
    )
    for empty in ("", " \n"):
        refused(decider.post(f"/tasks/{task}/return", {"to": "review", "opinion": empty}), 422, "return-reason-missing")
    refused(decider.post(f"/tasks/{task}/return", {"opinion": WHY}), 422, "input-invalid")
    refused(decider.post(f"/tasks/{task}/return", BACK | {"opinion": "长" * 4001}), 422, "input-invalid")
    refused(stranger.post(f"/tasks/{task}/return", BACK), 404, "not-found")
    refused(decider.post(f"/tasks/{task[:-1]}999/return", BACK), 404, "not-found")
    assert contents(engine) == before

    before_it = case_limits(decider, number)
    done = answers(decider.post(f"/tasks/{task}/return", BACK, headers=KEY), 200, ReturnedTask)
    assert (done["state"], done["returned_to"], done["case"]["state"]) == ("returned", "review", "accepted")
    (opened,) = done["opened"]
    assert opened["node"] == "review"
    assert decider.post(f"/tasks/{task}/return", BACK, headers=KEY).json == done
    problem = refused(decider.post(f"/tasks/{task}/return", BACK), 409, "task-state-conflict")
    assert problem["state"] == "returned"
    refused(decider.post(f"/tasks/{task}/complete", {"outcome": "granted"}), 409, "task-state-conflict")

    # the reviewer reads why, and has a limit of the new visit's own; the case's limit goes on
    again = answers(reviewer.get(f"/tasks/{opened['id']}"), 200, TaskView)
    assert (again["visit"], again["returned_by"]["node"], again["returned_by"]["opinion"]) == (2, "作出决定", WHY)
    assert again["due_date"]
    assert case_limits(decider, number) == before_it
    assert any(one["clock"] == "decision" and one["state"] == "running" for one in before_it)
    (row,) = decider.get(f"/tasks?state=returned&case={number}").json["items"]
    assert (row["id"], row["state"]) == (task, "returned")

    # the applicant is told in plain words, and not what officers say to each other
    told = client.get(f"/api/v1/progress/{number}?query_code={case['query_code']}")
    rows = answers(told, 200, PublicProgress)["timeline"]
    assert [(row["node"], row["state"], row["again"]) for row in rows[1:]] == [
        ("审查", "completed", False),
        ("作出决定", "returned", False),
        ("审查", "open", True),
    ]
    assert (rows[2]["returned_to_name"], rows[2]["opinion"]) == ("审查", None)
    assert "内部意见" not in told.text
    assert "[" not in "".join(row["node"] for row in rows)

    # the officers see all of it, and the record says it and verifies
    file = answers(decider.get(f"/cases/{number}"), 200, CaseView)
    returned = file["timeline"][2]
    assert (returned["returned_to"], returned["opinion"], returned["state_name"]) == ("review", WHY, "已退回")
    assert file["timeline"][3]["again_by"] == returned["task"]
    assert engine.verify_record(number).whole
    done = {"outcome": "conforming", "opinion": "补写依据"}
    assert reviewer.post(f"/tasks/{opened['id']}/complete", done).status_code == 200
    last = task_of(decider, number, "decide")
    assert decider.post(f"/tasks/{last}/complete", {"outcome": "granted"}).status_code == 200
    assert engine.verify_record(number).whole


def test_of_two_who_return_at_the_same_moment_one_wins(engine, caller):
    number = at_the_decision(caller)["number"]
    decider = caller("civil.bai")
    task = task_of(decider, number, "decide")
    barrier = Barrier(2)

    def hand(n: int):
        barrier.wait()
        return decider.post(f"/tasks/{task}/return", BACK | {"opinion": f"意见 {n}"})

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(answer.status_code for answer in pool.map(hand, range(2)))
    assert statuses == [200, 409]
    (opened,) = decider.get(f"/tasks?case={number}&node=review").json["items"]
    problem = refused(caller("civil.mo").post(f"/tasks/{opened['id']}/return", BACK), 422, "return-not-allowed")
    assert problem["detail"] == "环节“审查”不能退回到“review”。本环节不能退回，请照常办理。"
    assert engine.verify_record(number).whole
    # a decision that was returned was not made: the applicant may still withdraw
    assert caller("town.pan").post(f"/cases/{number}/withdrawal", {"reason": "不办了"}).status_code == 200
    assert engine.verify_record(number).whole


def test_a_changed_row_of_a_return_is_found(engine, caller):
    number = at_the_decision(caller)["number"]
    decider = caller("civil.bai")
    assert decider.post(f"/tasks/{task_of(decider, number, 'decide')}/return", BACK).status_code == 200
    with engine.database.begin() as connection:
        connection.exec_driver_sql("UPDATE tasks SET returned_to = 'accept' WHERE state = 'returned'")
    assert not engine.verify_record(number).whole
