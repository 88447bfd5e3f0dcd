"""The clocks of a licence, whose numbers are the Licensing Law's: completeness, correction, decision, first examination; and what a
new version of a process does not do."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from engine.cases.accept import Acceptance, Listed
from engine.cases.supplement import Supplement, Supplied
from engine.catalogue.items import ItemInvalid, item_from_data
from engine.catalogue.time_limits import TimeLimitsInvalid
from engine.clock import CST
from engine.definitions.deploy import Draft
from tests.engine.stories import ITEM, SYSTEM, accepted, complete, deploy, submitted
from tests.engine.test_limits import clocks, put

FOLDER = Path("processes/joint-final-inspection")
DATA = json.loads((FOLDER / "item.json").read_text("utf-8"))


def licence(**more):
    """The shipped item as a licence of one department."""
    own = {name: value for name, value in DATA.items() if name not in ("time_limits", "intake")}
    limits = {"promised": 15, "legal": 20, "unit": "working-day"}
    return own | {"type_code": "01", "handling": "single", "case_limits": limits} | more


def limits_of(**more):
    return item_from_data(licence(**more)).time_limits


def test_a_licence_has_the_clocks_and_grounds_of_its_law() -> None:
    found = limits_of()
    assert {name: (one.legal, one.unit, one.passed) for name, one in found.clocks.items()} == {
        "completeness": (5, "working-day", "deemed-accepted"),
        "delivery": (10, "working-day", "notice"),
        "decision": (20, "working-day", "notice"),
    }
    assert (found.extension.amount, found.extension.approver) == (10, "department-head")
    assert len(found.special_procedures) == 8
    joint = limits_of(handling="joint", case_limits={"promised": 15, "legal": 45, "unit": "working-day"})
    assert (joint.extension.amount, joint.extension.approver) == (15, "government-head")


def test_an_item_of_another_type_has_only_what_it_declares() -> None:
    found = limits_of(type_code="07")
    assert (set(found.clocks), dict(found.special_procedures), found.extension) == ({"decision"}, {}, None)


@pytest.mark.parametrize(
    "said",
    [
        {"clocks": [{"clock": "correction", "legal": 5, "basis": "x"}]},
        {"clocks": [{"clock": "correction", "legal": 5, "unit": "working-day"}]},
        {"clocks": [{"clock": "correction", "legal": 5, "promised": 6, "unit": "working-day", "basis": "x"}]},
        {"clocks": [{"clock": "correction", "legal": 0, "unit": "working-day", "basis": "x"}]},
        {"clocks": [{"clock": "nothing", "legal": 5, "unit": "working-day", "basis": "x"}]},
        {"clocks": [{"clock": "decision", "extension": {"amount": 10, "approver": "anybody", "basis": "x"}}]},
        {"special_procedures": [{"kind": "公告", "name": "公告", "name_en": "Notice"}]},
        {"special_procedures": [{"kind": "x", "name": "x", "name_en": "x", "basis": "x", "most": 5}]},
        {"promise_excludes_special_procedures": "yes"},
        {"clock": []},
        {"clocks": {}},
        [],
    ],
)
def test_time_limits_that_can_not_be_are_refused(said) -> None:
    with pytest.raises((TimeLimitsInvalid, ItemInvalid)):
        limits_of(time_limits=said)


def test_a_licence_may_not_take_longer_than_its_law_without_another_law() -> None:
    longer = {"promised": 15, "legal": 30, "unit": "working-day"}
    with pytest.raises(TimeLimitsInvalid):
        limits_of(case_limits=longer)
    other = {"clocks": [{"clock": "decision", "basis": "某法第九条"}]}
    assert limits_of(case_limits=longer, time_limits=other).clocks["decision"].legal == 30


@pytest.mark.parametrize("passed", ["deemed-approved", "deemed-renewed"])
@pytest.mark.parametrize("more", [{}, {"basis": " "}])
@pytest.mark.parametrize("type_code", ["01", "07"])
def test_silence_approves_nothing_without_a_law_that_the_item_names(passed, more, type_code) -> None:
    said = {"clocks": [{"clock": "decision", "passed": passed, **more}]}
    with pytest.raises(TimeLimitsInvalid):
        limits_of(type_code=type_code, time_limits=said)
    said["clocks"][0]["basis"] = "某条例第九条"
    assert limits_of(type_code=type_code, time_limits=said).clocks["decision"].passed == passed


@pytest.fixture
def single(engine):
    """The shipped process as that of a licence with a time for the applicant's correction."""
    correction = {"clock": "correction", "legal": 5, "unit": "working-day", "basis": "某市政务服务条例第三十六条"}
    first = {"clock": "first-examination", "until": "merge"}
    data = licence(time_limits={"clocks": [correction | {"passed": "deemed-withdrawn"}, first]})
    item, house = item_from_data(data), engine.house
    offered, stored = house.offered, house.definition
    house.offered = lambda *asked: replace(offered(*asked), item=item)
    house.definition = lambda *asked: replace(stored(*asked), item=item)
    return engine


def test_the_check_of_completeness_runs_from_the_receipt_and_anew_from_a_supply(single, actor):
    engine, clerk = single, actor("clerk.chen")
    put(engine, "2025-09-29T10:00")
    number = submitted(engine, actor)
    first = clocks(engine, number)["completeness"]
    assert (first["due_date"], first["state"], first["promised"]) == ("2025-10-13", "running", None)
    put(engine, "2025-09-30T10:00")
    engine.accept(clerk, Acceptance(number, "supplement", materials=(Listed("survey-results", "缺第二页"),)))
    found = clocks(engine, number)
    assert (found["completeness"]["state"], found["correction"]["due_date"]) == ("stopped", "2025-10-14")
    put(engine, "2025-10-10T10:00")
    engine.intake.supply(clerk, Supplement(number, (Supplied("survey-results"),)))
    found = clocks(engine, number)
    assert (found["correction"]["state"], found["completeness"]["state"]) == ("stopped", "running")
    assert found["completeness"]["due_date"] == "2025-10-16"
    then = clocks(engine, number, datetime(2025, 9, 29, 12, tzinfo=CST))["completeness"]
    assert then["due_date"] == first["due_date"], "as of the receipt it was the first check's"
    assert engine.verify_record(number).whole
    engine.accept(clerk, Acceptance(number, "accepted"))
    found = clocks(engine, number)
    assert {name: found[name]["state"] for name in ("completeness", "decision", "first-examination")} == {
        "completeness": "stopped", "decision": "running", "first-examination": "running",
    }  # fmt: skip
    assert found["decision"]["legal"]["due_date"] == "2025-11-06"
    assert engine.verify_record(number).whole


def test_silence_is_acceptance_as_of_the_receipt(single, actor):
    from engine.cases.apply_step import StepDraft
    from engine.cases.step_store import lock_case
    from engine.cases.submit import find_case

    engine = single
    put(engine, "2025-09-29T10:00")
    number = submitted(engine, actor)
    put(engine, "2025-10-14T00:00")

    def deem(uow):
        draft = StepDraft.of(engine.house, uow, lock_case(uow, find_case(uow, number)))
        draft.accept(draft.case.received_at, "行政许可法第三十二条第一款第四项")
        draft.store(None)

    engine.perform(SYSTEM, deem)
    found = clocks(engine, number)["decision"]
    assert found["legal"]["due_date"] == "2025-11-03"
    assert "2025-09-29" in found["derivation"][0]
    assert "2025-10-14 00:00记录" in found["derivation"][0]
    assert "第三十二条" in found["derivation"][0]
    assert "decision" not in clocks(engine, number, datetime(2025, 10, 13, 23, tzinfo=CST))
    assert engine.verify_record(number).whole


def test_the_first_examination_ends_with_the_node_that_the_item_names(single, actor):
    number = accepted(single, actor)
    for node in ("planning", "fire", "civil_air_defence", "archives", "municipal_works", "drainage"):
        complete(single, SYSTEM, number, node, "passed")
    assert clocks(single, number)["first-examination"]["state"] == "running"
    complete(single, SYSTEM, number, "merge", "merged")
    assert clocks(single, number)["first-examination"]["state"] == "stopped"
    assert single.verify_record(number).whole


def test_a_new_version_of_a_process_moves_no_running_case(engine, actor):
    put(engine, "2025-09-22T10:00")
    number = accepted(engine, actor)
    before = clocks(engine, number)
    bpmn = (FOLDER / "process.bpmn").read_text("utf-8").replace('promised="10"', 'promised="2"')
    assert bpmn != (FOLDER / "process.bpmn").read_text("utf-8")
    deploy(engine, bpmn.encode())
    assert clocks(engine, number) == before
    later = accepted(engine, actor)
    assert clocks(engine, later)["fire"]["due_date"] < before["fire"]["due_date"]


def test_a_process_that_promises_more_than_fits_is_not_published(engine, actor):
    bpmn = (FOLDER / "process.bpmn").read_text("utf-8").replace('promised="10"', 'promised="12"')
    draft = engine.store_draft(SYSTEM, Draft(ITEM, bpmn.encode()))
    assert draft["deployable"] is False
    assert any(one["rule"] == "time-limits-exceed-case" for one in draft["findings"])
