"""An error of the profile `approval` is true: published without the rule, nobody gets the task, it has no limit, or the
applicant sees what is not meant for the public."""

from __future__ import annotations

import pytest

from engine.cases.accept import Acceptance
from engine.cases.inbox import InboxQuery
from engine.cases.incidents import StepHeldUp
from engine.cases.submit import Application
from engine.register.document_templates import DocumentIncomplete
from tests.engine.stories import APPLICANT, ITEM, REGION, SYSTEM, deploy
from tests.unit.diagrams import diagram, element, end, extended, flows, gateway, start, user
from tests.unit.test_lint import COMPLETE

TASKS = {
    "whole": COMPLETE,
    "nobody": COMPLETE.replace('<ow:assignment function="fire" level="city"/>', ""),
    "no_limit": COMPLETE.replace(' legal="20" promised="10"', ""),
    "unlawful": COMPLETE.replace('"10"', '"21"'),
    "nameless": COMPLETE.replace("消防验收", ""),
    "personal": COMPLETE.replace("消防验收", "张三先生审核"),
}


def test_what_an_approval_lacks_is_missed_when_it_runs(engine, actor):
    drawn = [user(name, extended(inner), name=f"内部{name}") for name, inner in TASKS.items()]
    ways = flows("; ".join(f"f > {name} > j" for name in TASKS) + "; start > f; j > end")
    deploy(engine, diagram(start(), gateway("parallel", "f"), gateway("parallel", "j"), *drawn, end(), ways))
    number, case = _accepted(engine, actor)
    rows = {row["node"]: row for row in engine.inbox(SYSTEM, InboxQuery(case=number, limit=200))["items"]}
    own = rows["whole"]["department_id"]
    assert {name for name, row in rows.items() if row["department_id"] != own} == {
        "nobody"
    }  # whoever has the item gets it
    assert {name for name, row in rows.items() if row["due_date"] is None} == {"no_limit"}
    assert rows["unlawful"]["remaining_working_days"] > 20  # what the law allows
    assert rows["unlawful"]["due_date"] > engine.case_file(number)["due_date"]  # time-limits-exceed-case
    public = [row["node"] for row in engine.progress(number, case["query_code"])["timeline"]]
    assert sorted(public) == sorted(
        [*["消防验收"] * 4, "办理中", "张三先生审核"]
    )  # whose name is missing is told no name
    simple = (user("a", extended(COMPLETE)), start(), end())
    ways = flows("start > a > end")
    longer = '<ow:timeLimit legal="90" promised="90" unit="working-day"/>'
    deploy(engine, diagram(extended(longer), *simple, ways))
    late, _ = _accepted(engine, actor)
    assert (
        engine.case_file(late)["due_date"] == engine.case_file(number)["due_date"]
    )  # the item's: what is drawn is not so
    service = element("serviceTask", "s", extended('<ow:service handler="nobody-has-it"/>'))
    deploy(engine, diagram(*simple, service, flows("start > s > a > end")))
    with pytest.raises(StepHeldUp, match="nobody-has-it"):
        _accepted(engine, actor)
    linked = element(
        "callActivity", "s", extended('<ow:commitment regime="post-verification"/>'), calledElement="verification"
    )
    deploy(engine, diagram(*simple, linked, flows("start > s > a > end")))
    with pytest.raises(DocumentIncomplete):  # nothing says by when the check comes: the item does not offer it
        _accepted(engine, actor)


def _accepted(engine, actor):
    """A case that was accepted: its number, and what the receipt of it said."""
    case = engine.submit(actor("clerk.chen"), Application(ITEM, REGION, APPLICANT, {"project_name": "示例"}))
    engine.accept(actor("clerk.chen"), Acceptance(str(case["number"]), "accepted"))
    return str(case["number"]), case
