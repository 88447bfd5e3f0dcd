"""The five lawful answers, the supplement, the withdrawal, back-dated receipts, and one open application for one thing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from engine.cases.accept import Acceptance, Listed, OneListOnly
from engine.cases.intake import MaterialUnlisted
from engine.cases.states import CaseStateConflict
from engine.cases.submit import Application, BackDateRefused, OpenAlready
from engine.cases.supplement import Supplement, Supplied
from engine.cases.withdraw import DecidedAlready
from engine.clock import wall_now
from engine.errors import Forbidden, Invalid, NotFound
from engine.organization.actor import Actor
from tests.engine.stories import SYSTEM, complete, open_tasks

ASKED = Application("joint-final-inspection", "440100", {"name": "广州示例置业有限公司"}, {"project_name": "示例大厦"})
MISSING = (Listed("survey-results", "缺少测绘成果"), Listed("test-reports", "检测报告未盖章"))


@pytest.fixture
def clerk(actor):
    return actor("clerk.chen")


@pytest.fixture
def number(engine, clerk):
    return engine.submit(clerk, ASKED)["number"]


def kinds(engine, number):
    return [document["kind"] for document in engine.case_file(number)["documents"]]


def test_whoever_applies_gets_a_receipt_and_who_is_accepted_a_notice_with_the_dates(engine, clerk, number):
    engine.accept(clerk, Acceptance(number, "accepted"))
    assert kinds(engine, number) == ["receipt", "acceptance-notice"]
    notice = engine.case_file(number)["documents"][1]
    assert "承诺办结日期" in notice["content"]
    assert "法定办结日期" in notice["content"]
    assert engine.verify_record(number).whole


def test_one_list_then_its_supplement_then_acceptance(engine, clerk, number):
    asked = engine.accept(clerk, Acceptance(number, "supplement", materials=MISSING))
    assert asked == {"number": number, "state": "supplement", "result": None}
    document = engine.case_file(number)["documents"][-1]
    assert document["kind"] == "supplement-notice"
    assert document["content"].splitlines() == [
        "1. 竣工测绘成果（一套）：缺少测绘成果",
        "2. 消防、人防设施检测报告：检测报告未盖章",
    ]
    with pytest.raises(CaseStateConflict):
        engine.accept(clerk, Acceptance(number, "accepted"))
    brought = Supplement(number, (Supplied("survey-results"), Supplied("as-built-drawings")), {"floor_area": 900})
    assert engine.intake.supply(clerk, brought)["state"] == "submitted"
    assert kinds(engine, number)[-1] == "receipt"
    assert engine.accept(clerk, Acceptance(number, "accepted"))["state"] == "accepted"
    assert engine.verify_record(number).whole


def test_a_later_list_names_only_what_is_open_or_newly_brought(engine, clerk, number):
    engine.accept(clerk, Acceptance(number, "supplement", materials=MISSING))
    engine.intake.supply(clerk, Supplement(number, (Supplied("survey-results"), Supplied("as-built-drawings"))))
    new = Listed("completion-report", "缺页")
    with pytest.raises(OneListOnly) as refused:
        engine.accept(clerk, Acceptance(number, "supplement", materials=(*MISSING, new)))
    assert refused.value.params["rule"] == "XKF-32-4"
    assert set(refused.value.params["fields"]) == {"materials.2.material"}
    again = (Listed("test-reports", "仍未提供"), Listed("as-built-drawings", "图号不符"))
    assert engine.accept(clerk, Acceptance(number, "supplement", materials=again))["state"] == "supplement"
    assert engine.verify_record(number).whole


def test_only_what_is_published_may_be_asked_for(engine, clerk, number):
    with pytest.raises(MaterialUnlisted):
        engine.accept(clerk, Acceptance(number, "supplement", materials=(Listed("marriage-certificate", "请提供"),)))
    assert engine.case_file(number)["state"] == "submitted"


def test_what_is_fixed_on_the_spot_is_accepted_with_the_correction(engine, clerk, number):
    fixed = Acceptance(number, "fixed_on_the_spot", reason="更正项目名称", form={"project_name": "示例大厦二期"})
    assert engine.accept(clerk, fixed)["state"] == "accepted"
    assert kinds(engine, number) == ["receipt", "acceptance-notice"]
    assert engine.verify_record(number).whole


@pytest.mark.parametrize(
    ("answer", "said", "kind"),
    [
        ("not_ours", {"reason": "属省级权限", "redirect": "广东省住房和城乡建设厅"}, "refusal-of-acceptance"),
        ("not_needed", {"reason": "该工程依法不需要联合验收"}, "not-needed-notice"),
    ],
)
def test_what_is_not_ours_or_not_needed_ends_with_its_document(engine, clerk, number, answer, said, kind):
    given = engine.accept(clerk, Acceptance(number, answer, **said))
    assert (given["state"], given["result"]) == ("concluded", answer)
    assert open_tasks(engine, number) == {}
    document = engine.case_file(number)["documents"][-1]
    assert document["kind"] == kind
    assert all(words in document["content"] for words in said.values())
    assert engine.verify_record(number).whole


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"answer": "maybe"}, {"answer"}),
        ({"answer": "supplement"}, {"materials"}),
        ({"answer": "supplement", "materials": (Listed("survey-results", " "),)}, {"materials.0.reason"}),
        ({"answer": "not_ours", "reason": "x"}, {"redirect"}),
        ({"answer": "not_ours"}, {"reason", "redirect"}),
        ({"answer": "not_needed"}, {"reason"}),
        ({"answer": "fixed_on_the_spot"}, {"reason"}),
        ({"answer": "accepted", "redirect": "别处"}, {"redirect"}),
        ({"answer": "accepted", "materials": (Listed("survey-results", "缺"),)}, {"materials"}),
        ({"answer": "not_needed", "reason": "x", "form": {"project_name": "改"}}, {"form"}),
    ],
)
def test_what_an_answer_lacks_is_named_and_nothing_changes(engine, clerk, number, said, fields):
    with pytest.raises(Invalid) as refused:
        engine.accept(clerk, Acceptance(number, **said))
    assert set(refused.value.params["fields"]) == fields
    assert engine.case_file(number)["state"] == "submitted"


def test_an_application_is_withdrawn_until_the_decision(engine, clerk, number):
    engine.accept(clerk, Acceptance(number, "accepted"))
    assert engine.intake.withdraw(clerk, number, "项目调整")["result"] == "withdrawn"
    file = engine.case_file(number)
    assert (file["state"], kinds(engine, number)[-1]) == ("concluded", "withdrawal-notice")
    assert {row["state"] for row in file["timeline"]} == {"completed", "cancelled"}
    assert engine.verify_record(number).whole
    with pytest.raises(CaseStateConflict):
        engine.intake.withdraw(clerk, number, "")


def test_what_is_decided_is_not_withdrawn(engine, clerk, number):
    engine.accept(clerk, Acceptance(number, "accepted"))
    for node in ("planning", "fire", "civil_air_defence", "archives", "municipal_works", "drainage"):
        complete(engine, SYSTEM, number, node, "passed")
    complete(engine, SYSTEM, number, "merge", "merged")
    complete(engine, SYSTEM, number, "decide", "granted")
    with pytest.raises(DecidedAlready):
        engine.intake.withdraw(clerk, number, "")


def test_a_withdrawal_races_a_decision_with_one_outcome(engine, clerk, number):
    def withdraw():
        return engine.intake.withdraw(clerk, number, "")["result"]

    def answer():
        return engine.accept(clerk, Acceptance(number, "not_needed", reason="依法不需要"))["result"]

    with ThreadPoolExecutor(2) as pool:
        ends = [future.exception() or future.result() for future in (pool.submit(withdraw), pool.submit(answer))]
    assert len([end for end in ends if isinstance(end, CaseStateConflict)]) == 1
    assert engine.verify_record(number).whole


def test_others_neither_bring_nor_withdraw(engine, clerk, actor, number):
    engine.accept(clerk, Acceptance(number, "supplement", materials=MISSING))
    for who, refusal in (("tianhe.lin", NotFound), ("fire.liu", Forbidden), ("admin.yang", Forbidden)):
        with pytest.raises(refusal):
            engine.intake.withdraw(actor(who), number, "")
        with pytest.raises(refusal):
            engine.intake.supply(actor(who), Supplement(number, (Supplied("survey-results"),)))


def test_a_receipt_is_entered_later_with_evidence_and_not_too_late(engine, clerk):
    before = wall_now() - timedelta(days=3)
    case = engine.submit(clerk, replace(ASKED, received_at=before, evidence="邮戳 2026-11-21"))
    assert engine.verify_record(case["number"]).whole
    with pytest.raises(BackDateRefused):
        engine.submit(clerk, replace(ASKED, received_at=wall_now() - timedelta(days=30), evidence="邮戳"))
    with pytest.raises(BackDateRefused):
        engine.submit(clerk, replace(ASKED, received_at=wall_now() + timedelta(days=1), evidence="邮戳"))
    with pytest.raises(Invalid) as refused:
        engine.submit(clerk, replace(ASKED, received_at=before))
    assert set(refused.value.params["fields"]) == {"evidence"}
    with pytest.raises(Forbidden):
        engine.submit(Actor.applicant("a", "某人"), replace(ASKED, received_at=before, evidence="x"))


@pytest.fixture
def unique(engine):
    """The item, with one open application for a project only."""
    with engine.database.begin() as connection:
        data = """jsonb_set({}, '{{intake}}', '{{"unique_by": ["project_name"]}}')"""
        for table, column in (("item_versions", "data"), ("definitions", "item_data"), ("offers", "data")):
            connection.execute(text(f"UPDATE {table} SET {column} = {data.format(column)}"))
        connection.execute(text("UPDATE platform SET catalogue_version = catalogue_version + 1"))
    return engine


def test_one_thing_is_applied_for_once_at_a_time_also_by_many_at_once(unique, clerk, actor):
    def apply(_):
        try:
            return unique.submit(clerk, ASKED)["number"]
        except OpenAlready as refused:
            return refused.params["number"]

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(apply, range(4)))) == 1
    other = replace(ASKED, form={"project_name": " 示例大厦 "})
    with pytest.raises(OpenAlready) as refused:
        unique.submit(actor("clerk.li"), other)
    assert "number" not in refused.value.params
    unique.submit(clerk, replace(ASKED, form={"project_name": "别的大厦"}))


def test_what_is_over_can_be_applied_for_again(unique, clerk):
    number = unique.submit(clerk, ASKED)["number"]
    unique.intake.withdraw(clerk, number, "")
    assert unique.submit(clerk, ASKED)["number"] != number


def test_a_list_that_was_changed_afterwards_is_named(engine, clerk, number):
    engine.accept(clerk, Acceptance(number, "supplement", materials=MISSING))
    with engine.database.begin() as connection:
        connection.execute(text("UPDATE supplement_lists SET listed = '[]'"))
    assert engine.verify_record(number).row.startswith("supplement_lists")
