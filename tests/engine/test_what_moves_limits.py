"""Special procedures, extensions, lateness: what moves what, by whose word, and what is refused without any change."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.cases.complete_task import Completion
from engine.cases.end_procedure import ProcedureEnd
from engine.cases.extensions import Decision, NewExtension
from engine.cases.inbox import InboxQuery
from engine.cases.limit_errors import (
    ApprovalPaperMissing,
    ExtensionDecided,
    ExtensionNotAllowed,
    ExtensionOwnApproval,
    ExtensionPending,
    ExtensionReasonMissing,
    ExtensionTooLate,
    ExtensionUsed,
    ExtensionWrongPost,
    LateReasonRequired,
    LimitsNotRunning,
    SpecialProcedureBackwards,
    SpecialProcedureEnded,
    SpecialProcedureOpen,
    SpecialProcedureTooLong,
    SpecialProcedureUnknown,
)
from engine.clock import CST
from engine.errors import Forbidden, Invalid, NotFound
from engine.timelimits.errors import LimitInvalid
from tests.engine.stories import SYSTEM, accepted, complete, deploy, open_tasks, submitted
from tests.engine.test_limits import clocks, put


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=CST)


def procedure(engine, actor, number, node="fire", by="fire.liu", **more):
    from engine.cases.special_procedures import NewProcedure

    task = open_tasks(engine, number)[node]
    asked = {"kind": "expert-review", "reason": "消防系统特殊，须专家评审", "needed": 10, "unit": "working-day"} | more
    return engine.limits.start_procedure(actor(by), NewProcedure(number, task=f"{task.case_id}.{task.task}", **asked))


def end(engine, actor, number, which, by="fire.liu", **more):
    return engine.limits.end_procedure(actor(by), ProcedureEnd(number, which, "评审通过", **more))


def approve(engine, who, number, which=1, **more):
    paper = {
        "approval_number": "穗府办〔2025〕8号",
        "approved_by": "常务副市长",
        "scan": "0" * 64,
        "scan_name": "批准件.pdf",
    }
    return engine.limits.decide_extension(who, Decision(number, which, approved=True, **(paper | more)))


def footprint(engine):
    with engine.database.connect() as connection:
        tables = (
            "events",
            "limit_entries",
            "special_procedures",
            "extensions",
            "documents",
            "number_series",
            "late_reasons",
        )
        counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)
        return tuple(connection.execute(text(f"SELECT {counts}, (SELECT sum(last) FROM number_series)")).one())


@pytest.fixture
def case(engine, actor):
    put(engine, "2025-09-22T10:00")
    return accepted(engine, actor)


def dates(engine, number):
    found = clocks(engine, number)
    mine = {node: found[node]["due_date"] for node in ("fire", "planning")}
    return mine | {kind: found["decision"][kind]["due_date"] for kind in ("promised", "legal")}


def test_a_special_procedure_stops_its_node_and_the_legal_limit_and_nothing_else(engine, actor, case):
    before = dates(engine, case)
    put(engine, "2025-09-25T10:00")
    started = procedure(engine, actor, case)
    assert (started["id"], started["state"], started["needed"]) == (1, "open", 10)
    assert started["notice"].endswith("特别程序告知书〔2025〕1号")
    found = clocks(engine, case)
    assert (found["fire"]["state"], found["planning"]["state"]) == ("paused", "running")
    assert (found["decision"]["legal"]["state"], found["decision"]["promised"]["state"]) == ("paused", "running")
    put(engine, "2025-10-15T10:00")
    end(engine, actor, case, 1)
    after = dates(engine, case)
    assert (after["promised"], after["planning"]) == (before["promised"], before["planning"])
    calendar = engine.house.calendar("440100", 1)
    for moved in ("fire", "legal"):
        shifted = calendar.add(datetime.fromisoformat(before[moved]).date(), 10).day
        assert after[moved] == shifted.isoformat(), "ten working days lie in (09-25, 10-15]"
    moves = clocks(engine, case)["decision"]["moves"]
    assert [(move["entry"], move["kind"], move["ref"]) for move in moves] == [
        ("pause", "legal", 1),
        ("resume", "legal", 1),
    ]
    assert {move["document"] for move in moves} == {started["notice"]}
    assert "行政许可法第四十五条" in moves[0]["ground"]
    assert engine.verify_record(case).whole


def test_overlapping_procedures_of_two_departments_are_a_union(engine, actor, case):
    put(engine, "2025-09-25T10:00")
    procedure(engine, actor, case)
    put(engine, "2025-10-10T10:00")
    procedure(engine, actor, case, node="planning", by="planning.zhao", kind="testing")
    put(engine, "2025-10-15T10:00")
    end(engine, actor, case, 1)
    assert clocks(engine, case)["decision"]["legal"]["state"] == "paused"
    put(engine, "2025-10-17T10:00")
    end(engine, actor, case, 2, by="planning.zhao")
    found = clocks(engine, case)["decision"]
    assert found["legal"]["due_date"] == "2025-12-16", "2025-11-28 and twelve working days, not sixteen"
    assert any("合计不计入 12 个工作日" in line for line in found["derivation"])
    assert engine.verify_record(case).whole


def test_the_applicant_and_the_lists_see_the_dates_that_moved(engine, actor, case):
    put(engine, "2025-09-25T10:00")
    procedure(engine, actor, case)
    put(engine, "2025-10-15T10:00")
    end(engine, actor, case, 1)
    with engine.database.connect() as connection:
        row = connection.execute(text("SELECT due_date, paused FROM tasks WHERE node = 'fire'")).one()
    assert (row.due_date.isoformat(), row.paused) == (clocks(engine, case)["fire"]["due_date"], False)
    papers = [one["title"] for one in engine.case_file(case)["documents"]]
    assert "特别程序告知书" in papers


def test_the_applicant_sees_the_same_dates_and_why_they_moved(engine, actor, case):
    from engine.cases.submit import query_code

    put(engine, "2025-09-25T10:00")
    started = procedure(engine, actor, case)
    shown = engine.progress(case, query_code(engine.settings.secret_key, case))
    (decision,) = [one for one in shown["limits"] if one["clock"] == "decision"]
    assert decision["legal"] == clocks(engine, case)["decision"]["legal"]
    assert decision["moves"][0]["document"] == started["notice"]
    assert [(one["name"], one["needed"], one["state"]) for one in shown["special_procedures"]] == [
        ("专家评审", 10, "open")
    ]
    assert "fire.liu" not in str(shown["special_procedures"]) + str(shown["limits"])


def test_lists_show_the_light_of_the_ledger(engine, actor, case):
    def lights(moment, **asked):
        put(engine, moment)
        rows = engine.inbox(SYSTEM, InboxQuery(case=case, **asked))["items"]
        index = {row["node"]: row["light"] for row in rows}
        ledger = {node: clocks(engine, case)[node]["light"] for node in index}
        assert index == ledger
        return index

    assert set(lights("2025-09-23T10:00").values()) == {"green"}
    yellow = lights("2025-10-10T10:00")
    assert "yellow" in yellow.values()
    assert lights("2025-10-10T10:00", lights=("yellow",)) == {n: one for n, one in yellow.items() if one == "yellow"}
    assert set(lights("2025-10-30T10:00").values()) == {"red"}


REFUSED = [
    (SpecialProcedureUnknown, {"kind": "correction"}),
    (SpecialProcedureTooLong, {"needed": 31}),
    (SpecialProcedureBackwards, {"effective_at": at("2025-09-21T10:00")}),
    (SpecialProcedureBackwards, {"effective_at": at("2025-09-26T10:00")}),
    (LimitInvalid, {"needed": 0}),
    (LimitInvalid, {"unit": "week"}),
    (Invalid, {"reason": "  "}),
]


@pytest.mark.parametrize(("refusal", "asked"), REFUSED)
def test_a_procedure_that_can_not_be_is_refused_and_changes_nothing(engine, actor, case, refusal, asked):
    put(engine, "2025-09-25T10:00")
    before = footprint(engine)
    with pytest.raises(refusal) as refused:
        procedure(engine, actor, case, **asked)
    assert refused.value.status == 422
    assert footprint(engine) == before


def test_whose_task_it_is_not_stops_nothing(engine, actor, case):
    before = footprint(engine)
    for who, refusal in (("planning.zhao", Forbidden), ("supervisor.ma", Forbidden), ("tianhe.xie", NotFound)):
        with pytest.raises(refusal):
            procedure(engine, actor, case, by=who)
    assert footprint(engine) == before
    procedure(engine, actor, case)
    with pytest.raises(Forbidden):
        end(engine, actor, case, 1, by="planning.zhao")


def test_a_procedure_under_way_keeps_its_task_and_its_case_open(engine, actor, case):
    procedure(engine, actor, case)
    with pytest.raises(SpecialProcedureOpen) as refused:
        complete(engine, actor("fire.liu"), case, "fire", "passed")
    assert (refused.value.status, refused.value.rule) == (409, "XKF-45")
    with pytest.raises(SpecialProcedureOpen):
        procedure(engine, actor, case)
    end(engine, actor, case, 1)
    with pytest.raises(SpecialProcedureEnded):
        end(engine, actor, case, 1)
    with pytest.raises(NotFound):
        end(engine, actor, case, 7)
    complete(engine, actor("fire.liu"), case, "fire", "passed")


def test_before_acceptance_no_limit_runs_that_could_be_stopped(engine, actor):
    number = submitted(engine, actor)
    with pytest.raises(LimitsNotRunning):
        procedure(engine, actor, number, node="accept", by="clerk.chen")
    with pytest.raises(LimitsNotRunning):
        engine.limits.ask_extension(actor("clerk.chen"), NewExtension(number, "材料多"))


# -- extensions


def test_an_extension_moves_the_legal_date_only_once_it_is_approved(engine, actor, case):
    before = dates(engine, case)
    asked = engine.limits.ask_extension(actor("fire.liu"), NewExtension(case, "现场情况复杂"))
    assert (asked["state"], asked["amount"], asked["approver"]) == ("asked", 15, "government-head")
    assert dates(engine, case) == before
    approved = approve(engine, actor("fire.wei"), case)
    assert (approved["state"], approved["approval_number"]) == ("approved", "穗府办〔2025〕8号")
    after = dates(engine, case)
    assert after["legal"] == "2025-12-19"
    assert after | {"legal": ""} == before | {"legal": ""}
    assert "穗府办〔2025〕8号" in clocks(engine, case)["decision"]["moves"][0]["document"]
    assert engine.verify_record(case).whole


def test_an_extension_is_refused_to_the_wrong_post_to_who_asked_and_a_second_time(engine, actor, case):
    liu, wei = actor("fire.liu"), actor("fire.wei")
    engine.limits.ask_extension(liu, NewExtension(case, "现场情况复杂"))
    before = footprint(engine)
    for who, refusal in (
        (liu, ExtensionWrongPost),
        (actor("planning.qian"), Forbidden),
        (actor("tianhe.tan"), NotFound),
        (actor("supervisor.ma"), Forbidden),
    ):
        with pytest.raises(refusal):
            approve(engine, who, case)
    with pytest.raises(ApprovalPaperMissing):
        approve(engine, wei, case, scan=None)
    with pytest.raises(ExtensionPending):
        engine.limits.ask_extension(liu, NewExtension(case, "再次申请"))
    assert footprint(engine) == before
    approve(engine, wei, case)
    before = footprint(engine)
    with pytest.raises(ExtensionDecided):
        approve(engine, wei, case)
    with pytest.raises(ExtensionUsed) as refused:
        engine.limits.ask_extension(liu, NewExtension(case, "再次申请"))
    assert (refused.value.status, refused.value.rule) == (422, "XKF-42")
    assert footprint(engine) == before


def test_who_asks_does_not_approve(engine, actor, case):
    engine.limits.ask_extension(actor("fire.wei"), NewExtension(case, "现场情况复杂"))
    with pytest.raises(ExtensionOwnApproval):
        approve(engine, actor("fire.wei"), case)


def test_an_extension_without_a_reason_or_too_long_is_refused(engine, actor, case):
    for refusal, asked in ((ExtensionReasonMissing, ("  ",)), (ExtensionNotAllowed, ("复杂", 16))):
        with pytest.raises(refusal):
            engine.limits.ask_extension(actor("fire.liu"), NewExtension(case, *asked))


def test_an_extension_must_be_asked_for_and_approved_before_the_limit_passes(engine, actor, case):
    put(engine, "2025-11-28T16:00")
    engine.limits.ask_extension(actor("fire.liu"), NewExtension(case, "现场情况复杂"))
    put(engine, "2025-11-29T00:00")
    with pytest.raises(ExtensionTooLate):
        approve(engine, actor("fire.wei"), case)
    reject = Decision(case, 1, approved=False, opinion="已逾期")
    assert engine.limits.decide_extension(actor("fire.wei"), reject)["state"] == "rejected"
    with pytest.raises(ExtensionTooLate):
        engine.limits.ask_extension(actor("fire.liu"), NewExtension(case, "现场情况复杂"))
    assert engine.verify_record(case).whole


# -- lateness


def finish(engine, who, number, node, **more):
    task = open_tasks(engine, number)[node]
    return engine.complete(who, Completion(task.case_id, task.task, "passed", "合格", **more))


def test_a_late_task_takes_a_reason(engine, actor, case):
    put(engine, "2025-10-30T10:00")
    before = footprint(engine)
    with pytest.raises(LateReasonRequired) as refused:
        finish(engine, actor("fire.liu"), case, "fire")
    assert (refused.value.code, refused.value.status) == ("late-reason-required", 422)
    assert footprint(engine) == before
    finish(engine, actor("fire.liu"), case, "fire", late_reason="检测设备送修")
    with engine.database.connect() as connection:
        row = connection.execute(text("SELECT text, public, officer_id FROM late_reasons")).one()
    assert (row.text, row.public) == ("检测设备送修", True), "the promise of the case is broken as well"
    assert engine.verify_record(case).whole


def test_a_late_task_of_a_case_in_time_has_an_internal_reason(engine, actor, case):
    put(engine, "2025-10-14T10:00")  # the tasks' ten days are over, the case's fifteen are not
    finish(engine, actor("fire.liu"), case, "fire", late_reason="检测设备送修")
    with engine.database.connect() as connection:
        assert connection.execute(text("SELECT public FROM late_reasons")).scalars().all() == [False]


def without_reason(engine):
    sql = "SELECT owner > 0, clock, colour, department_id FROM cards WHERE rule = 'closed-without-reason' ORDER BY 1, 4"
    with engine.database.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]


def test_what_ends_without_a_person_past_the_laws_limit_costs_a_red_card(engine, actor, case):
    put(engine, "2025-10-20T10:00")  # the tasks' promises are broken, the law's twenty days are not over
    finish(engine, SYSTEM, case, "planning")
    assert without_reason(engine) == []
    put(engine, "2026-03-30T10:00")
    finish(engine, actor("fire.liu"), case, "fire", late_reason="检测设备送修")
    assert without_reason(engine) == [], "a person has to say why, and has"
    finish(engine, SYSTEM, case, "archives")
    ((of_task, clock, colour, department),) = without_reason(engine)
    assert (of_task, clock, colour, bool(department)) == (True, "node", "red", True)
    for node in ("civil_air_defence", "municipal_works", "drainage"):
        finish(engine, SYSTEM, case, node, late_reason="系统补录")
    complete(engine, SYSTEM, case, "merge", "merged")
    complete(engine, SYSTEM, case, "decide", "granted")
    assert len(without_reason(engine)) == 1, "their own time has just begun; the case is not over"
    complete(engine, SYSTEM, case, "certificate", "issued")
    assert engine.case_file(case)["state"] == "concluded"
    assert [card[:3] for card in without_reason(engine)] == [(False, "decision", "red"), (True, "node", "red")]
    assert engine.verify_record(case).whole


def test_a_late_case_that_is_withdrawn_is_finished_late_by_nobody(engine, actor, case):
    put(engine, "2026-03-30T10:00")
    engine.intake.withdraw(actor("clerk.chen"), case, "不再申请")
    assert engine.case_file(case)["state"] == "concluded"
    assert without_reason(engine) == []


def test_a_tampered_procedure_extension_or_reason_is_found(engine, actor, case):
    put(engine, "2025-10-30T10:00")
    procedure(engine, actor, case, node="planning", by="planning.zhao")
    engine.limits.ask_extension(actor("fire.liu"), NewExtension(case, "现场情况复杂"))
    finish(engine, actor("fire.liu"), case, "fire", late_reason="检测设备送修")
    assert engine.verify_record(case).whole
    for sql, table in (
        ("UPDATE special_procedures SET needed = 20", "special_procedures"),
        ("UPDATE extensions SET state = 'approved'", "extensions"),
        ("DELETE FROM special_procedures", "special_procedures"),
        ("UPDATE limits SET paused = false", "limits"),
    ):
        with engine.database.connect() as connection:
            connection.exec_driver_sql("SET session_replication_role = replica")
            connection.exec_driver_sql(sql)
            connection.commit()
            found = engine.verify_record(case)
            assert str(found.row).startswith(table), (sql, found)
            connection.exec_driver_sql("UPDATE special_procedures SET needed = 10")
            connection.exec_driver_sql("UPDATE extensions SET state = 'asked'")
            connection.commit()
        if sql.startswith("DELETE"):
            break


def test_every_past_instant_gives_what_was_shown_then(engine, actor, case):
    shown = {}

    def look(moment):
        put(engine, moment)
        shown[at(moment)] = engine.limits.of_case(SYSTEM, case)

    look("2025-09-24T09:00")
    put(engine, "2025-09-25T10:00")
    procedure(engine, actor, case)
    look("2025-09-25T11:00")
    put(engine, "2025-10-10T10:00")
    procedure(engine, actor, case, node="planning", by="planning.zhao", kind="testing")
    engine.limits.ask_extension(actor("fire.liu"), NewExtension(case, "现场情况复杂"))
    look("2025-10-12T10:00")
    put(engine, "2025-10-15T10:00")
    end(engine, actor, case, 1)
    look("2025-10-16T10:00")
    put(engine, "2025-10-16T11:00")
    approve(engine, actor("fire.wei"), case)
    put(engine, "2025-10-17T10:00")
    end(engine, actor, case, 2, by="planning.zhao", effective_at=at("2025-10-16T15:00"))
    finish(engine, actor("planning.zhao"), case, "planning", late_reason="检测")
    look("2025-10-20T10:00")
    put(engine, "2026-03-01T10:00")
    finish(engine, actor("fire.liu"), case, "fire", late_reason="检测")
    for moment, then in shown.items():
        assert engine.limits.of_case(SYSTEM, case, moment) == then
    assert engine.verify_record(case).whole


# -- a limit of several tasks


def test_the_limit_of_a_sub_process_runs_from_its_first_task_to_its_last(engine, actor):
    bpmn = Path("processes/joint-final-inspection/process.bpmn").read_text("utf-8")
    first, last = '<bpmn:userTask id="merge" name="意见汇总">', "</bpmn:userTask>"
    start = bpmn.index(first)
    old = bpmn[start : bpmn.index(last, start) + len(last)]
    limit = '<ow:timeLimit promised="3" legal="6" unit="working-day"/>'
    inner = old.replace("<bpmn:incoming>to_merge</bpmn:incoming>", "<bpmn:incoming>in1</bpmn:incoming>").replace(
        "<bpmn:outgoing>to_decide</bpmn:outgoing>", "<bpmn:outgoing>in2</bpmn:outgoing>"
    )
    around = (
        f'<bpmn:subProcess id="merging" name="汇总"><bpmn:extensionElements>{limit}</bpmn:extensionElements>'
        "<bpmn:incoming>to_merge</bpmn:incoming><bpmn:outgoing>to_decide</bpmn:outgoing>"
        '<bpmn:startEvent id="in_s"><bpmn:outgoing>in1</bpmn:outgoing></bpmn:startEvent>'
        f'{inner}<bpmn:endEvent id="in_e"><bpmn:incoming>in2</bpmn:incoming></bpmn:endEvent>'
        '<bpmn:sequenceFlow id="in1" sourceRef="in_s" targetRef="merge"/>'
        '<bpmn:sequenceFlow id="in2" sourceRef="merge" targetRef="in_e"/></bpmn:subProcess>'
    )
    bpmn = bpmn.replace(old, around)
    outside = 'sourceRef="any_faults" targetRef="merge"'
    bpmn = bpmn.replace(outside, outside.replace('"merge"', '"merging"'))
    bpmn = bpmn.replace('id="to_decide" sourceRef="merge"', 'id="to_decide" sourceRef="merging"')
    deploy(engine, bpmn.encode())
    put(engine, "2025-10-13T10:00")
    number = accepted(engine, actor)

    def merging():
        return [one for one in engine.limits.of_case(SYSTEM, number)["limits"] if one["node"] == "merging"]

    for node in ("planning", "fire", "civil_air_defence", "archives", "municipal_works", "drainage"):
        assert merging() == []
        complete(engine, SYSTEM, number, node, "passed")
    (found,) = merging()
    assert (found["name"], found["state"], found["task"]) == ("汇总", "running", None)
    assert (found["promised"]["due_date"], found["legal"]["due_date"]) == ("2025-10-16", "2025-10-21")
    assert engine.verify_record(number).whole
    complete(engine, SYSTEM, number, "merge", "merged")
    (found,) = merging()
    assert found["state"] == "stopped"
    assert engine.verify_record(number).whole
