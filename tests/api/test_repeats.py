"""The same request again: the first answer with its key, the task's present state without, one effect whatever happens."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tests.api.conftest import APPLICATION, contents, refused, task_of

BPMN = Path("processes/joint-final-inspection/process.bpmn").read_text("utf-8")
KEY = {"Idempotency-Key": "front-office 2026/0042"}
DONE = {"outcome": "passed", "opinion": "合格"}


def test_a_task_completed_twice_answers_its_present_state(engine, caller, accepted):
    officer = caller("fire.liu")
    task = task_of(officer, accepted["number"], "fire")
    assert officer.post(f"/tasks/{task}/complete", DONE).status_code == 200
    before = contents(engine)
    for verb in ("complete", "claim", "release"):
        body = DONE if verb == "complete" else {}
        problem = refused(officer.post(f"/tasks/{task}/{verb}", body), 409, "task-state-conflict")
        assert (problem["state"], problem["task"]) == ("completed", task)
    assert contents(engine) == before


def test_a_task_that_somebody_else_has_claimed_says_so(caller, accepted):
    task = task_of(caller("fire.liu"), accepted["number"], "fire")
    caller("fire.liu").post(f"/tasks/{task}/claim")
    for verb in ("claim", "complete", "release"):
        body = DONE if verb == "complete" else {}
        assert (
            refused(caller("fire.sun").post(f"/tasks/{task}/{verb}", body), 409, "task-state-conflict")["state"]
            == "claimed"
        )


def test_a_case_accepted_twice_answers_its_present_state(caller, accepted):
    answer = caller("clerk.chen").post(f"/cases/{accepted['number']}/acceptance", {"answer": "accepted"})
    problem = refused(answer, 409, "case-state-conflict")
    assert (problem["state"], problem["number"]) == ("accepted", accepted["number"])


def test_every_post_that_makes_something_answers_its_key_again(engine, caller, submitted):
    clerk, designer, officer = (caller(name) for name in ("clerk.chen", "designer.xu", "fire.liu"))
    number = submitted["number"]

    def twice(who, path, body=None):
        first = who.post(path, body, headers=KEY)
        assert first.status_code in (200, 201), first.text
        before = contents(engine)
        again = who.post(path, body, headers=KEY)
        assert (again.status_code, again.data) == (first.status_code, first.data)
        assert contents(engine) == before
        return first.json

    twice(clerk, "/cases", APPLICATION)
    twice(clerk, f"/cases/{number}/acceptance", {"answer": "accepted"})
    task = task_of(officer, number, "fire")
    twice(officer, f"/tasks/{task}/claim")
    twice(officer, f"/tasks/{task}/release")
    twice(officer, f"/tasks/{task}/complete", DONE)
    draft = twice(designer, "/definitions", {"item": APPLICATION["item"], "bpmn": BPMN})
    twice(caller("designer.qin"), f"/definitions/{draft['id']}/publish")


def test_a_key_that_comes_with_another_body_is_refused(engine, caller):
    clerk = caller("clerk.chen")
    clerk.post("/cases", APPLICATION, headers=KEY)
    before = contents(engine)
    refused(clerk.post("/cases", APPLICATION | {"form": {}}, headers=KEY), 422, "idempotency-key-reused")
    assert contents(engine) == before


def test_the_order_of_fields_is_not_another_body(caller):
    clerk = caller("clerk.chen")
    first = clerk.post("/cases", APPLICATION, headers=KEY).json
    backwards = dict(reversed(APPLICATION.items()))
    assert clerk.post("/cases", backwards, headers=KEY).json == first


def test_a_key_is_of_one_caller_and_one_address(caller, accepted):
    first = caller("clerk.chen").post("/cases", APPLICATION, headers=KEY).json
    assert caller("clerk.li").post("/cases", APPLICATION, headers=KEY).json["number"] != first["number"]
    task = task_of(caller("fire.liu"), accepted["number"], "fire")
    claimed, released = (caller("fire.liu").post(f"/tasks/{task}/{verb}", headers=KEY) for verb in ("claim", "release"))
    assert (claimed.json["state"], released.json["state"]) == ("claimed", "open")


def test_a_refusal_is_not_kept_under_the_key(caller, accepted):
    officer = caller("fire.liu")
    task = task_of(officer, accepted["number"], "fire")
    refused(officer.post(f"/tasks/{task}/complete", {"outcome": "faults"}, headers=KEY), 422, "opinion-missing")
    assert officer.post(f"/tasks/{task}/complete", DONE, headers=KEY).status_code == 200


@pytest.mark.parametrize("key", ["", "x" * 201, "tab\there", "é"])
def test_a_key_that_can_be_none_is_refused(engine, caller, key):
    clerk = caller("clerk.chen")
    before = contents(engine)
    refused(clerk.post("/cases", APPLICATION, headers={"Idempotency-Key": key}), 400, "idempotency-key-invalid")
    assert contents(engine) == before


@pytest.mark.parametrize("headers", [KEY, {}], ids=["one key", "no key"])
def test_completed_twice_at_once_it_is_completed_once(engine, caller, accepted, headers):
    officer, together = caller("fire.liu"), Barrier(2)
    task = task_of(officer, accepted["number"], "fire")

    def complete(_):
        together.wait()
        return officer.post(f"/tasks/{task}/complete", DONE, headers=headers)

    with ThreadPoolExecutor(2) as threads:
        first, second = sorted(threads.map(complete, range(2)), key=lambda answer: answer.status_code)
    assert first.status_code == 200
    if headers:
        assert (second.status_code, second.data) == (200, first.data)
    else:
        assert refused(second, 409, "task-state-conflict")["state"] == "completed"
    said = [row for row in engine.case_file(accepted["number"])["timeline"] if row["opinion"] == "合格"]
    assert len(said) == 1


def test_submitted_twice_at_once_with_one_key_it_is_one_case(engine, caller):
    clerk, together = caller("clerk.chen"), Barrier(2)
    before = contents(engine)["cases"]

    def submit(_):
        together.wait()
        return clerk.post("/cases", APPLICATION, headers=KEY)

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(submit, range(2))
    assert (first.status_code, first.data) == (second.status_code, second.data)
    assert contents(engine)["cases"] == before + 1
