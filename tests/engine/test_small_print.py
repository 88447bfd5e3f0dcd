"""What a careful reader of the case file would look for: ledgers that balance, forms that leave a trace, one start."""

import json

import pytest

from engine.cases.accept import Acceptance
from engine.cases.complete_task import Completion
from engine.cases.states import CaseStateConflict
from engine.errors import Invalid
from tests.engine.drawn import diagram, flow, node, path
from tests.engine.stories import REGION, SYSTEM, accepted, complete, deploy, open_tasks, submitted

WINDOW = (
    '<extensionElements><ow:assignment function="window" level="city"/>'
    '<ow:outcomes values="accepted=受理,supplement=补正"/></extensionElements>'
)


def rows(engine, sql):
    return engine.perform(SYSTEM, lambda uow: uow.read((sql, None)))[0]


def test_every_limit_that_stopped_has_a_start_and_a_stop_in_the_ledger(engine, actor):
    limit = '<extensionElements><ow:timeLimit promised="3" unit="working-day"/></extensionElements>'
    both = diagram(  # `b` opens and is taken away by the terminate end within one step
        node("startEvent", "s"), node("userTask", "first"), node("parallelGateway", "p"), node("userTask", "b", limit),
        node("intermediateThrowEvent", "t"), node("endEvent", "stop", "<terminateEventDefinition/>"), node("endEvent", "e"),
        path("s", "first", "p", "b", "e"), path("p", "t", "stop"),
    )  # fmt: skip
    deploy(engine, both)
    number = accepted(engine, actor)
    complete(engine, SYSTEM, number, "first", None)
    assert engine.case_file(number)["state"] == "concluded"
    stopped = rows(engine, "SELECT count(*) AS n FROM limits WHERE stopped_at IS NOT NULL")[0]["n"]
    entries = {
        row["entry"]: row["n"] for row in rows(engine, "SELECT entry, count(*) AS n FROM limit_entries GROUP BY 1")
    }
    assert entries == {"start": stopped, "stop": stopped}


def test_acceptance_while_the_window_waits_for_something_else_is_refused(engine, actor):
    supplement = diagram(
        node("startEvent", "s"), node("exclusiveGateway", "again"), node("userTask", "accept", WINDOW),
        node("exclusiveGateway", "x", default="on"), node("userTask", "supply"), node("userTask", "a"), node("endEvent", "e"),
        path("s", "again", "accept", "x"), flow("x", "supply", "outcome == 'supplement'"), flow("x", "a", name="on"),
        path("supply", "again"), path("a", "e"),
    )  # fmt: skip
    deploy(engine, supplement)
    number = submitted(engine, actor)
    complete(engine, actor("clerk.chen"), number, "accept", "supplement")
    with pytest.raises(CaseStateConflict):
        engine.accept(actor("clerk.chen"), Acceptance(number, "accepted"))
    complete(engine, SYSTEM, number, "supply", None)
    engine.accept(actor("clerk.chen"), Acceptance(number, "accepted"))
    assert list(open_tasks(engine, number)) == ["a"]


def test_what_an_officer_changes_in_the_form_stands_in_the_record(engine, actor):
    number = accepted(engine, actor)
    task = open_tasks(engine, number)["planning"]
    engine.complete(SYSTEM, Completion(task.case_id, task.task, "passed", "好", {"project_name": "改了名", "floor": 3}))
    (entry,) = rows(
        engine, "SELECT payload, personal FROM events WHERE kind = 'task.completed' AND payload LIKE '%planning%'"
    )
    assert entry["personal"]["form.project_name"]["value"] == json.dumps("改了名", ensure_ascii=False)
    assert "form.floor" in json.loads(entry["payload"])


def test_a_task_takes_only_the_fields_of_its_form(engine, actor):
    form = '<extensionElements><ow:form key="f" fields="area,floors"/></extensionElements>'
    deploy(
        engine,
        diagram(node("startEvent", "s"), node("userTask", "a", form), node("endEvent", "e"), path("s", "a", "e")),
    )
    number = accepted(engine, actor)
    task = open_tasks(engine, number)["a"]
    with pytest.raises(Invalid, match="project_name"):
        engine.complete(SYSTEM, Completion(task.case_id, task.task, None, "", {"project_name": "x"}))
    engine.complete(SYSTEM, Completion(task.case_id, task.task, None, "", {"area": 5}))


def test_forms_do_not_grow_without_bound(engine, actor):
    number = accepted(engine, actor)
    for n, node_id in enumerate(("planning", "fire", "drainage")):
        task = open_tasks(engine, number)[node_id]
        asked = Completion(task.case_id, task.task, "passed", "", {f"field_{n}": "x" * 30_000})
        if n < 2:
            engine.complete(SYSTEM, asked)
        else:
            with pytest.raises(Invalid):
                engine.complete(SYSTEM, asked)


def test_the_item_of_a_multi_instance_is_seen_inside_a_loop_in_it(engine, actor):
    inner = node("startEvent", "is") + node(
        "userTask", "twice", '<extensionElements><ow:assignment function="{item}"/></extensionElements>'
        '<standardLoopCharacteristics loopMaximum="2"/>',
    ) + node("endEvent", "ie") + path("is", "twice", "ie")  # fmt: skip
    sub = (
        '<extensionElements><ow:collection of="form.departments"/></extensionElements>'
        '<multiInstanceLoopCharacteristics isSequential="true"/>' + inner
    )
    deploy(
        engine,
        diagram(
            node("startEvent", "s"),
            node("userTask", "fill"),
            node("subProcess", "sub", sub),
            node("endEvent", "e"),
            path("s", "fill", "sub", "e"),
        ),
    )
    number = accepted(engine, actor)
    fill = open_tasks(engine, number)["fill"]
    engine.complete(SYSTEM, Completion(fill.case_id, fill.task, None, "", {"departments": ["fire"]}))
    (row,) = [row for row in engine.case_file(number)["timeline"] if row["node_id"] == "twice"]
    assert "消防" in row["department"], (row, REGION)


def test_the_public_sees_the_opinions_that_the_diagram_calls_public_and_no_others(engine, actor):
    from engine.cases.submit import query_code

    public = '<extensionElements><ow:public name="审查" opinion="public"/></extensionElements>'
    internal = '<extensionElements><ow:public name="内部" opinion="internal"/></extensionElements>'
    deploy(
        engine,
        diagram(
            node("startEvent", "s"),
            node("userTask", "open", public),
            node("userTask", "closed", internal),
            node("endEvent", "e"),
            path("s", "open", "closed", "e"),
        ),
    )
    number = accepted(engine, actor)
    complete(engine, SYSTEM, number, "open", None, "给申请人看的")
    complete(engine, SYSTEM, number, "closed", None, "内部意见")
    file = engine.progress(number, query_code(engine.settings.secret_key, number))
    assert [row["opinion"] for row in file["timeline"]] == ["给申请人看的", None]
    assert "department_id" not in file["timeline"][0]
