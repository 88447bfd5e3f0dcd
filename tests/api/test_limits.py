"""What moves limits, over HTTP: keys, the scanned paper of the government's head, refusals with rule and article."""

from __future__ import annotations

import base64
import hashlib

from engine.doors.materials import _NAMED
from engine.organization.actor import Actor
from tests.api.conftest import refused, task_of
from tests.engine.papers import PDF

EXPERTS = {"kind": "expert-review", "reason": "技术复杂", "needed": 5, "unit": "working-day"}


def legal(who, number):
    found = who.get(f"/cases/{number}/limits").json["limits"]
    return next(one for one in found if one["clock"] == "decision")["legal"]


def test_the_governments_approval_comes_with_its_paper_which_is_kept_by_its_hash(caller, accepted, engine):
    number, liu, wei = accepted["number"], caller("fire.liu"), caller("fire.wei")
    before = legal(liu, number)
    assert liu.post(f"/cases/{number}/extensions", {"reason": "情况复杂"}).status_code == 201
    paper = {"approval_number": "穗府办〔2026〕8号", "approved_by": "副市长", "scan_name": "批准件.pdf"}
    path = f"/cases/{number}/extensions/1/approve"
    missing = refused(wei.post(path, paper), 422, "approval-paper-missing")
    assert (missing["rule"], missing["article"]) == ("XKF-42", "行政许可法第四十二条")
    refused(wei.post(path, paper | {"scan": "不是"}), 422, "input-invalid")
    refused(wei.post(path, paper | {"scan": base64.b64encode(b"text").decode()}), 422, "file-kind-refused")
    assert legal(liu, number) == before
    done = wei.post(path, paper | {"scan": base64.b64encode(PDF).decode()})
    assert (done.status_code, done.json["scan"]) == (200, hashlib.sha256(PDF).hexdigest())
    assert engine.files.has(done.json["scan"])
    named = engine.perform(Actor.system("test"), lambda uow: uow.read((_NAMED, ([done.json["scan"]],)))[0])
    assert {"hash": done.json["scan"]} in named, "cleaning keeps what a row names"
    assert legal(liu, number)["granted"] == before["granted"] + 15
    refused(wei.post(path, paper), 409, "extension-decided")
    refused(liu.post(f"/cases/{number}/extensions", {"reason": "再次"}), 422, "extension-used")


def test_a_repeated_start_is_one_procedure(caller, accepted):
    number, liu = accepted["number"], caller("fire.liu")
    key = {"Idempotency-Key": "experts"}
    first, again = (liu.post(f"/cases/{number}/special-procedures", EXPERTS, headers=key) for _ in range(2))
    assert (first.status_code, first.json) == (again.status_code, again.json)
    shown = liu.get(f"/cases/{number}/limits").json["special_procedures"]
    assert [one["id"] for one in shown] == [1]
    for body, code in (
        (EXPERTS | {"kind": "correction"}, "special-procedure-unknown"),
        (EXPERTS | {"needed": 99}, "special-procedure-too-long"),
        (EXPERTS | {"reason": " "}, "special-procedure-reason-missing"),
        (EXPERTS | {"effective_at": "2001-01-01T09:00:00+08:00"}, "special-procedure-backwards"),
        (EXPERTS | {"unit": "week"}, "input-invalid"),
        ({"kind": "testing", "reason": "x", "needed": 5}, "input-invalid"),
        (EXPERTS | {"needed": True}, "input-invalid"),
    ):
        refused(liu.post(f"/cases/{number}/special-procedures", body), 422, code)
    refused(liu.post(f"/cases/{number}/special-procedures/x/end", {"report": "y"}), 404, "not-found")
    refused(liu.get(f"/cases/{number}/limits?at=yesterday"), 422, "input-invalid")
    task = task_of(liu, number, "fire")
    refused(liu.post(f"/tasks/{task}/complete", {"outcome": "passed"}), 409, "special-procedure-open")
