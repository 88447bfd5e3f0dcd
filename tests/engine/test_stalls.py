"""No silent stall, and no diagram that makes an approval vanish: an incident, a sentence, and nothing lost."""

import pytest

from engine.cases.accept import Acceptance
from engine.cases.complete_task import Completion
from engine.cases.incidents import StepHeldUp
from tests.engine.drawn import diagram, flow, node, path
from tests.engine.stories import SYSTEM, accepted, complete, deploy, open_tasks, submitted

DEADLOCK = diagram(  # an exclusive split into a parallel join: the join waits for ever
    node("startEvent", "s"), node("userTask", "first"), node("exclusiveGateway", "x", default="to_a"),
    node("userTask", "a"), node("userTask", "b"), node("parallelGateway", "j"), node("endEvent", "e"),
    path("s", "first", "x"), flow("x", "a", name="to_a"), flow("x", "b", "outcome == 'b'"),
    path("a", "j"), path("b", "j"), path("j", "e"),
)  # fmt: skip
NO_MATCH = diagram(
    node("startEvent", "s"), node("userTask", "first"), node("exclusiveGateway", "x"), node("userTask", "a"),
    node("endEvent", "e"), path("s", "first", "x"), flow("x", "a", "form.area > 100", name="big"), path("a", "e"),
)  # fmt: skip
NOBODY = diagram(
    node("startEvent", "s"), node("userTask", "first"),
    node("userTask", "each", '<extensionElements><ow:collection of="form.departments"/></extensionElements>'
         "<multiInstanceLoopCharacteristics/>"),
    node("endEvent", "e"), path("s", "first", "each", "e"),
)  # fmt: skip
AUTOMATIC_LOOP = diagram(
    node("startEvent", "s"), node("userTask", "first"), node("exclusiveGateway", "x", default="again"),
    node("intermediateThrowEvent", "t"), node("endEvent", "e"), path("s", "first", "x"), flow("x", "t", name="again"),
    flow("t", "x"), flow("x", "e", "form.never == true"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("bpmn", "then", "cause", "at"),
    [
        (DEADLOCK, "a", "run-stalled", None),
        (NO_MATCH, "first", "condition-failed", "x"),
        (NOBODY, "first", "empty-collection", "each"),
        (AUTOMATIC_LOOP, "first", "step-too-long", None),
    ],
)
def test_a_step_that_cannot_go_on_is_an_incident_and_loses_nothing(engine, actor, bpmn, then, cause, at):
    deploy(engine, bpmn)
    number = accepted(engine, actor)
    if then == "a":
        complete(engine, SYSTEM, number, "first", "a")
    before = engine.case_file(number)["timeline"]

    with pytest.raises(StepHeldUp) as held:
        complete(engine, SYSTEM, number, then, "ok", "我的意见")

    (incident,) = engine.incidents(SYSTEM, number=number)
    assert incident.cause == cause
    assert at is None or incident.node == at
    assert str(incident.id) in held.value.sentence("zh")
    assert engine.case_file(number)["timeline"] == before
    assert engine.case_file(number)["held"]
    assert engine.verify_record(number).whole


def test_an_incident_is_retried_as_it_was_meant_once_the_cause_is_gone(engine, actor):
    deploy(engine, NO_MATCH)
    number = accepted(engine, actor)
    with pytest.raises(StepHeldUp):
        complete(engine, SYSTEM, number, "first", "ok", "我的意见")
    (incident,) = engine.incidents(SYSTEM)
    with engine.database.begin() as connection:
        connection.exec_driver_sql("""UPDATE cases SET form = '{"area": 200}'""")

    assert engine.retry_incident(SYSTEM, incident.id)

    assert engine.incidents(SYSTEM) == []
    assert list(open_tasks(engine, number)) == ["a"]
    assert engine.case_file(number)["timeline"][0]["opinion"] == "我的意见"


def test_trying_again_counts_the_tries_of_one_incident(engine, actor):
    deploy(engine, NO_MATCH)
    number = accepted(engine, actor)
    for _ in range(7):
        with pytest.raises(StepHeldUp):
            complete(engine, SYSTEM, number, "first", "ok")
    (incident,) = engine.incidents(SYSTEM)
    assert (incident.tries, incident.next_try_at) == (7, None)


def test_an_application_is_kept_when_its_process_cannot_start(engine, actor):
    first_fails = diagram(
        node("startEvent", "s"), node("exclusiveGateway", "x"), node("userTask", "a"), node("endEvent", "e"),
        path("s", "x"), flow("x", "a", "form.area > 100"), path("a", "e"),
    )  # fmt: skip
    deploy(engine, first_fails)
    number = submitted(engine, actor)
    with pytest.raises(StepHeldUp):
        engine.accept(actor("clerk.chen"), Acceptance(number, "accepted"))
    assert engine.case_file(number)["state"] == "submitted"
    (incident,) = engine.incidents(SYSTEM)
    with engine.database.begin() as connection:
        connection.exec_driver_sql("""UPDATE cases SET form = '{"area": 200}'""")
    engine.retry_incident(SYSTEM, incident.id)
    assert engine.case_file(number)["state"] == "accepted"
    assert list(open_tasks(engine, number)) == ["a"]


def test_a_message_wakes_the_case_and_its_payload_stays_in_our_rows(engine, actor):
    waits = diagram(
        node("startEvent", "s"), node("intermediateCatchEvent", "paid", '<messageEventDefinition messageRef="m"/>'),
        node("userTask", "a"), node("endEvent", "e"), path("s", "paid", "a", "e"),
    ).replace(b"<process", b'<message id="m" name="paid"/><process')  # fmt: skip
    deploy(engine, waits)
    number = accepted(engine, actor)
    engine.deliver(SYSTEM, number, "paid", {"typename": "Anything", "amount": 5})
    assert list(open_tasks(engine, number)) == ["a"]
    task = open_tasks(engine, number)["a"]
    engine.complete(SYSTEM, Completion(task.case_id, task.task, None))
    assert engine.case_file(number)["state"] == "concluded"
