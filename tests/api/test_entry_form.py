"""A task that asks for a form says it as data, and takes what it asked for."""

from __future__ import annotations

import json
from pathlib import Path

from tests.api.conftest import task_of

STORY = json.loads(Path("processes/hotel-hygiene-permit/scenarios/bureau-decides-in-haizhu.json").read_text("utf-8"))


def test_a_task_tells_the_form_that_it_asks_for(caller):
    clerk, officer = caller("haizhu.ye"), caller("haizhu.meng")
    made = clerk.post("/cases", {name: STORY[name] for name in ("item", "region", "applicant", "form")}).json
    assert clerk.get(f"/tasks/{task_of(clerk, made['number'], 'accept')}").json["entry_form"] is None
    assert clerk.post(f"/cases/{made['number']}/acceptance", {"answer": "accepted"}).status_code == 200
    task = task_of(officer, made["number"], "on_site_review")
    form = officer.get(f"/tasks/{task}").json["entry_form"]
    assert form["key"] == "on-site-review"
    assert {"reviewed_on", "second_reviewer", "findings"} <= set(form["schema"]["properties"])
    wrong = officer.post(
        f"/tasks/{task}/complete", {"outcome": "conforming", "opinion": "符合", "form": {"findings": 1}}
    )
    assert wrong.status_code == 422
    assert "form.findings" in wrong.json["fields"]
    right = {"outcome": "conforming", "opinion": "符合", "form": STORY["steps"][2]["form"]}
    assert officer.post(f"/tasks/{task}/complete", right).status_code == 200
