"""The joint final inspection over HTTP: what a front-office system and nine officers do, from the window to the certificate."""

from __future__ import annotations

from tests.api.conftest import APPLICATION, task_of

STEPS = [
    ("planning.zhao", "planning", "passed"),
    ("fire.liu", "fire", "faults"),
    ("air.wu", "civil_air_defence", "passed"),
    ("archives.zheng", "archives", "faults"),
    ("municipal.wang", "municipal_works", "passed"),
    ("water.jiang", "drainage", "passed"),
    ("front.office", "rectify", "rectified"),
    ("fire.liu", "fire", "passed"),
    ("archives.zheng", "archives", "passed"),
    ("housing.huang", "merge", "merged"),
    ("housing.liang", "decide", "granted"),
    ("housing.huang", "certificate", "issued"),
]


def test_a_case_goes_from_the_window_to_the_certificate_over_http(client, caller):
    made = caller("front.office").post("/cases", APPLICATION | {"external_number": "GGFW-1"})
    assert made.status_code == 201
    number = made.json["number"]
    assert made.headers["Location"] == f"/api/v1/cases/{number}"
    clerk = caller("clerk.chen")
    accepted = clerk.post(f"/cases/{number}/acceptance", {"answer": "accepted", "opinion": "材料齐全，予以受理。"})
    assert (accepted.status_code, accepted.json["state"]) == (200, "accepted")
    for username, node, outcome in STEPS:
        desk = clerk if username == "front.office" else caller(username)
        task = task_of(desk, number, node)
        done = caller(username).post(f"/tasks/{task}/complete", {"outcome": outcome, "opinion": f"{node} 意见"})
        assert (done.status_code, done.json["state"]) == (200, "completed"), done.text
    assert done.json["case"] == {"number": number, "state": "concluded", "result": "granted"}
    seen = client.get(f"/api/v1/progress/{number}?query_code={made.json['query_code']}").json
    assert (seen["state"], seen["result"], seen["external_number"]) == ("concluded", "granted", "GGFW-1")
    course = clerk.get(f"/cases/{number}").json["timeline"]
    assert [row["node"] for row in seen["timeline"]] == [row["node"] for row in course]
    assert [row["node_id"] for row in course][1:7] == [node for _, node, _ in STEPS[:6]]
    kinds = ["receipt", "acceptance-notice", "rectification-notice", "certificate"]
    assert [document["kind"] for document in seen["documents"]] == kinds
    assert clerk.get(f"/cases/{number}").json["incidents"] == []
