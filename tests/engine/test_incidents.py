"""Incidents keep what was said, settle with their cause, and are never carried out twice or in another's name."""

import pytest

from engine.background.sweep import sweep
from engine.cases.accept import Acceptance
from engine.cases.apply_step import StepDraft
from engine.cases.complete_task import Completion
from engine.cases.incidents import AskerGone, StepHeldUp, record_failure_of
from engine.cases.return_task import Returning
from engine.cases.states import TaskStateConflict
from engine.cases.step_store import lock_case
from engine.plugins.handlers import ServiceAnswer
from engine.unit_of_work import UnitOfWork
from tests.engine.drawn import diagram, flow, node, path
from tests.engine.stories import SYSTEM, accepted, complete, deploy, open_tasks, submitted
from tests.unit import diagrams as bpmn

FIRE = '<extensionElements><ow:assignment function="fire" level="city"/></extensionElements>'
NEEDS_AREA = diagram(
    node("startEvent", "s"), node("userTask", "review", FIRE), node("exclusiveGateway", "x"), node("userTask", "a"),
    node("endEvent", "e"), path("s", "review", "x"), flow("x", "a", "form.area > 100"), path("a", "e"),
)  # fmt: skip


def sql(engine, statement):
    engine.perform(SYSTEM, lambda uow: uow.write(statement, None))


def mend(engine):
    sql(engine, """UPDATE cases SET form = '{"area": 200}'""")


@pytest.fixture
def held_case(engine, actor):
    """A case in which 刘炎's review is held."""
    deploy(engine, NEEDS_AREA)
    number = accepted(engine, actor)
    with pytest.raises(StepHeldUp):
        complete(engine, actor("fire.liu"), number, "review", "ok", "刘炎的意见")
    return number


def only(engine):
    (incident,) = engine.incidents(SYSTEM)
    return incident


def test_a_held_opinion_is_carried_out_in_the_name_of_who_gave_it(engine, actor, held_case):
    mend(engine)
    assert engine.retry_incident(SYSTEM, only(engine).id)
    row = engine.case_file(held_case)["timeline"][0]
    assert (row["handler"], row["opinion"]) == ("刘炎", "刘炎的意见")
    assert engine.incidents(SYSTEM) == []


def test_two_officers_who_ask_differently_have_an_incident_each(engine, actor, held_case):
    with pytest.raises(StepHeldUp):
        complete(engine, actor("fire.sun"), held_case, "review", "ok", "孙浩的意见")
    opinions = [
        row["command"]["arguments"]["opinion"]
        for row in engine.perform(SYSTEM, lambda uow: uow.read(("SELECT command FROM incidents ORDER BY id", None)))[0]
    ]
    assert opinions == ["刘炎的意见", "孙浩的意见"]


def test_an_incident_stays_open_while_somebody_else_has_claimed_its_task(engine, actor, held_case):
    task = open_tasks(engine, held_case)["review"]
    engine.claim(actor("fire.sun"), task.case_id, task.task)
    mend(engine)
    with pytest.raises(TaskStateConflict):
        engine.retry_incident(SYSTEM, only(engine).id)
    assert only(engine).tries == 2


def test_an_incident_is_settled_when_its_task_was_completed_by_another(engine, actor, held_case):
    mend(engine)
    complete(engine, actor("fire.sun"), held_case, "review", "ok", "孙浩的意见")
    assert engine.incidents(SYSTEM) == []


def test_nobody_acts_in_the_name_of_an_officer_who_has_left(engine, actor, held_case):
    sql(engine, "UPDATE officers SET active = false WHERE id = 'fire.liu'")
    mend(engine)
    with pytest.raises(AskerGone):
        engine.retry_incident(SYSTEM, only(engine).id)
    assert list(open_tasks(engine, held_case)) == ["review"]


def test_a_handler_that_fails_unexpectedly_leaves_an_incident_with_the_opinion(engine, actor):
    def broken(call):
        raise ValueError("boom")

    engine.house.handlers.register("broken", broken, outside=False)
    service = '<extensionElements><ow:service handler="broken"/></extensionElements>'
    deploy(
        engine,
        diagram(
            node("startEvent", "s"),
            node("userTask", "review", FIRE),
            node("serviceTask", "call", service),
            node("endEvent", "e"),
            path("s", "review", "call", "e"),
        ),
    )
    number = accepted(engine, actor)
    with pytest.raises(StepHeldUp):
        complete(engine, actor("fire.liu"), number, "review", "ok", "我的意见")
    assert only(engine).cause == "unexpected-failure"
    assert list(open_tasks(engine, number)) == ["review"]


def test_what_fails_only_when_it_is_stored_leaves_an_incident_too(engine, actor, monkeypatch):
    deploy(engine, NEEDS_AREA)
    number = accepted(engine, actor)
    mend(engine)
    commit = UnitOfWork.commit

    def bad_row(uow):
        if uow.tell_failure is not None:
            uow.write("INSERT INTO number_series VALUES ('a', 'b', 1, 1), ('a', 'b', 1, 1)", None)
        commit(uow)

    monkeypatch.setattr(UnitOfWork, "commit", bad_row)
    with pytest.raises(StepHeldUp):
        complete(engine, actor("fire.liu"), number, "review", "ok", "我的意见")
    assert "UniqueViolation" in only(engine).detail_en


TIMERS = diagram(  # two reminders beside one task; the first can't go on
    node("startEvent", "s"), node("userTask", "review", FIRE), node("endEvent", "e"), path("s", "review", "e"),
    *(
        node("boundaryEvent", f"late{n}", f"<timerEventDefinition><timeDuration>PT{n}H</timeDuration></timerEventDefinition>",
             attachedToRef="review", cancelActivity="false")
        for n in (1, 2)
    ),
    node("exclusiveGateway", "x"), node("userTask", "bad"), node("userTask", "good"), node("endEvent", "e2"),
    path("late1", "x"), flow("x", "bad", "form.area > 100"), path("bad", "e2"), path("late2", "good", "e2"),
)  # fmt: skip


def test_a_timer_that_cannot_fire_holds_no_other_timer_up(engine, actor):
    deploy(engine, TIMERS)
    number = accepted(engine, actor)
    sql(engine, "UPDATE platform SET clock_offset = '3 hours'")
    sweep(engine)
    assert sorted(open_tasks(engine, number)) == ["good", "review"]
    assert only(engine).cause == "condition-failed"
    assert sweep(engine) == 0
    mend(engine)
    engine.retry_incident(SYSTEM, only(engine).id)
    assert sorted(open_tasks(engine, number)) == ["bad", "good", "review"]


def test_a_timers_incident_goes_with_its_timer(engine, actor):
    deploy(engine, TIMERS)
    number = accepted(engine, actor)
    sql(engine, "UPDATE platform SET clock_offset = '90 minutes'")
    sweep(engine)
    complete(engine, actor("fire.liu"), number, "review", "ok")
    assert engine.incidents(SYSTEM) == []


def test_timers_that_go_round_for_ever_become_an_incident(engine, actor):
    round_and_round = diagram(
        node("startEvent", "s"), node("exclusiveGateway", "again"),
        node("intermediateCatchEvent", "t", "<timerEventDefinition><timeDate>${form.deadline}</timeDate></timerEventDefinition>"),
        node("exclusiveGateway", "x", default="back"), node("endEvent", "e"),
        path("s", "again", "t", "x"), flow("x", "again", name="back"), flow("x", "e", "form.over == true"),
    )  # fmt: skip
    deploy(engine, round_and_round)
    sql(engine, "UPDATE platform SET clock_offset = '0'")
    from engine.cases.submit import Application
    from tests.engine.stories import APPLICANT, ITEM, REGION

    case = engine.submit(actor("clerk.chen"), Application(ITEM, REGION, APPLICANT, {"deadline": "2020-01-01"}))
    from engine.cases.accept import Acceptance

    engine.accept(actor("clerk.chen"), Acceptance(case["number"], "accepted"))
    for _ in range(3):
        sweep(engine)
    assert only(engine).cause == "step-too-long"
    assert sweep(engine) == 0


def test_a_message_is_carried_out_once_however_often_it_is_retried(engine, actor):
    waits = diagram(
        node("startEvent", "s"), node("parallelGateway", "split"), node("parallelGateway", "join"), node("endEvent", "e"),
        *(
            node("intermediateCatchEvent", name, '<messageEventDefinition messageRef="m"/>')
            + node("exclusiveGateway", f"x{name}") + flow(name, f"x{name}") + flow(f"x{name}", "join", "form.area > 100")
            + flow("split", name)
            for name in ("one", "two")
        ),
        path("s", "split"), path("join", "e"),
    ).replace(b"<process", b'<message id="m" name="paid"/><process')  # fmt: skip
    deploy(engine, waits)
    number = accepted(engine, actor)
    with pytest.raises(StepHeldUp):
        engine.deliver(SYSTEM, number, "paid", {})
    mend(engine)
    incident = only(engine).id
    assert engine.retry_incident(SYSTEM, incident)
    delivered = "SELECT count(*) AS n FROM events WHERE kind = 'message.delivered'"
    assert engine.perform(SYSTEM, lambda uow: uow.read((delivered, None)))[0][0]["n"] == 1


def test_an_outside_answer_that_comes_late_changes_nothing(engine, actor):
    engine.house.handlers.register("ask", lambda call: ServiceAnswer("ok"), outside=True)
    service = '<extensionElements><ow:service handler="ask"/></extensionElements>'
    deploy(
        engine,
        diagram(
            node("startEvent", "s"),
            node("serviceTask", "ask", service),
            node("userTask", "a"),
            node("endEvent", "e"),
            path("s", "ask", "a", "e"),
        ),
    )
    number = accepted(engine, actor)
    case_id = engine.perform(SYSTEM, lambda uow: uow.read(("SELECT case_id FROM case_numbers", None)))[0][0]["case_id"]
    assert engine.take_answer(case_id, 1, ServiceAnswer("ok"))
    assert not engine.take_answer(case_id, 1, ServiceAnswer("other"))
    assert list(open_tasks(engine, number)) == ["a"]
    assert isinstance(open_tasks(engine, number)["a"], Completion)


def test_a_failed_calls_incident_goes_with_the_call_that_a_boundary_event_takes_away(engine, actor):
    engine.house.handlers.register("ask", lambda call: ServiceAnswer("ok"), outside=True)
    service = '<extensionElements><ow:service handler="ask"/></extensionElements>'
    late = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
    calls = diagram(
        node("startEvent", "s"),
        node("serviceTask", "ask", service),
        node("boundaryEvent", "late", late, attachedToRef="ask"),
        node("userTask", "by_hand"),
        node("endEvent", "e"),
        path("s", "ask", "e"),
        path("late", "by_hand", "e"),
    )
    deploy(engine, calls)
    number = accepted(engine, actor)
    case_id = engine.perform(SYSTEM, lambda uow: uow.read(("SELECT case_id FROM case_numbers", None)))[0][0]["case_id"]
    (token,) = engine.perform(SYSTEM, lambda uow: pending(engine, uow, case_id))
    record_failure_of(engine.transactions, "call", case_id, token, ValueError("no answer"))
    assert only(engine).cause == "service-call-failed"
    sql(engine, "UPDATE platform SET clock_offset = '2 hours'")
    sweep(engine)
    assert list(open_tasks(engine, number)) == ["by_hand"]
    assert engine.incidents(SYSTEM) == []


def pending(engine, uow, case_id):
    draft = StepDraft.of(engine.house, uow, lock_case(uow, case_id))
    return [call.token for call in draft.resume().pending_calls()]


def test_a_held_return_is_carried_out_in_the_name_of_who_returned_it(engine, actor):
    said = '<ow:assignment function="fire" level="city"/>'
    timed = bpmn.boundary("late", "a", bpmn.timer("${form.wait}"), cancelActivity="false")
    tasks = (bpmn.user("a", bpmn.extended(said)), bpmn.user("b", bpmn.extended(said + '<ow:return to="a"/>')))
    ends = (bpmn.end(), bpmn.end("e2"), bpmn.flows("start > a > b > end; late > e2"))
    deploy(engine, bpmn.diagram(bpmn.start(), *tasks, timed, *ends))
    number = submitted(engine, actor)
    sql(engine, """UPDATE cases SET form = '{"wait": "P1D"}'""")
    engine.accept(actor("clerk.chen"), Acceptance(number, "accepted"))
    complete(engine, actor("fire.liu"), number, "a", None)
    sql(engine, "UPDATE cases SET form = '{}'")
    task = open_tasks(engine, number)["b"]
    with pytest.raises(StepHeldUp):
        engine.returns.send_back(actor("fire.liu"), Returning(task.case_id, task.task, "a", "请补写依据"))
    sql(engine, """UPDATE cases SET form = '{"wait": "P1D"}'""")
    assert engine.retry_incident(SYSTEM, only(engine).id)
    row = engine.case_file(number)["timeline"][1]
    assert (row["state"], row["handler"], row["opinion"], row["returned_to"]) == ("returned", "刘炎", "请补写依据", "a")
    assert list(open_tasks(engine, number)) == ["a"]
    assert engine.incidents(SYSTEM) == []
