"""One real approval through the engine, from the window to the certificate."""

from engine.cases.accept import Acceptance
from engine.cases.access import parse_task_id
from engine.cases.complete_task import Completion
from engine.cases.inbox import InboxQuery
from engine.cases.submit import Application

ITEM = "joint-final-inspection"
APPLICANT = {"kind": "enterprise", "name": "广州示例置业有限公司"}


def test_a_case_goes_from_the_window_to_the_certificate(engine, actor):
    clerk = actor("clerk.chen")
    case = engine.submit(clerk, Application(ITEM, "440100", APPLICANT, {"project_name": "示例"}))
    engine.accept(clerk, Acceptance(case["number"], "accepted"))
    for username, node, outcome in [
        ("planning.zhao", "planning", "passed"),
        ("fire.liu", "fire", "faults"),
        ("air.wu", "civil_air_defence", "passed"),
        ("archives.zheng", "archives", "faults"),
        ("municipal.wang", "municipal_works", "passed"),
        ("water.jiang", "drainage", "passed"),
        ("clerk.chen", "rectify", "rectified"),
        ("fire.liu", "fire", "passed"),
        ("archives.zheng", "archives", "passed"),
        ("housing.huang", "merge", "merged"),
        (None, "decide", "granted"),
        (None, "certificate", "issued"),
    ]:
        who = actor(username) if username else engine_system()
        (task,) = engine.inbox(who, InboxQuery(case=case["number"], node=node))["items"]
        engine.complete(who, Completion(*parse_task_id(task["id"]), outcome, f"{node} 意见"))
    file = engine.case_file(case["number"])
    assert (file["state"], file["result"]) == ("concluded", "granted")
    kinds = ["receipt", "acceptance-notice", "rectification-notice", "certificate"]
    assert [document["kind"] for document in file["documents"]] == kinds
    assert "fire 意见" in file["documents"][2]["content"]
    assert engine.verify_record(case["number"]).whole


def engine_system():
    from engine.organization.actor import Actor

    return Actor.system()
