"""The verdict on plain rows: what entries may hold besides, and entries that can't follow from each other."""

from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest

from engine.cases.record import GENESIS, Entry, canonical, chain
from engine.cases.verify_record import judge

CASE = UUID(int=7)
START = datetime(2026, 3, 2, 1, tzinfo=timezone.utc)
APPLIED = {"item": "x", "region": "440100", "channel": "window", "actor": "clerk", "definition": 1}
OPENED = {"task": 1, "node": "review", "department": "fire", "due": None, "actor": "system"}
COMPLETED = {"task": 1, "outcome": "passed", "department": "fire", "actor": "liu"}
SUBMIT = Entry("case.submitted", APPLIED, {"name": "示例公司"})
OPEN = Entry("task.opened", OPENED)
COMPLETE = Entry("task.completed", COMPLETED, {"opinion": ""})


def record(*entries):
    """The rows of a record, an hour between each two entries."""
    rows, seq, head = [], 0, GENESIS
    for entry in entries:
        at = START + timedelta(hours=seq)
        ((row,), seq, head) = chain(CASE, seq, head, at, [entry])
        raw = {name: bytes.fromhex(row[name][2:]) for name in ("prev_hash", "hash")}
        rows.append(row | raw | {"at": at})
    return rows


def case_row(events, **changes):
    row = {"number": "A-1", "item": "x", "region_code": "440100", "channel": "window", "definition": 1, "form": {}}
    row |= {
        "state": "submitted",
        "result": None,
        "applicant": {"name": "示例公司"},
        "submitted_at": START,
        "received_at": START,
    }
    row |= {"accepted_at": None, "concluded_at": None, "seq": len(events), "head": events[-1]["hash"]}
    return row | changes


def task_row(**changes):
    row = {"number": 1, "node": "review", "state": "completed", "department_id": "fire", "due_date": None}
    row |= {"opened_at": START + timedelta(hours=1), "closed_at": START + timedelta(hours=2), "closed_by": "liu"}
    return row | {"claimed_by": None, "handler": "刘", "outcome": "passed"} | changes


def document_row(events, **changes):
    row = {"number": "N", "seq": len(events), "kind": "notice", "body": "fire", "node": "review", "title": "通知书"}
    return row | {"content": "缺失", "issued_at": events[-1]["at"]} | changes


def verdict(*entries, tasks=(), documents=(), erase=False, **changes):
    events = record(*entries)
    if erase:
        events = [event | {"personal": None} for event in events[:1]] + events[1:]
    made = [make(events) for make in documents]
    return judge(case_row(events, **changes), events, list(tasks), [], made, [], [])


def test_a_case_without_rows_is_named():
    assert judge(None, [], [], [], [], [], []).row == "cases"


def test_a_task_that_agrees_is_whole_and_one_without_a_row_is_not():
    assert verdict(SUBMIT, OPEN, COMPLETE, tasks=[task_row()]).whole
    missing = verdict(SUBMIT, OPEN, COMPLETE)
    assert (missing.broken_at, missing.row, missing.reason) == (2, "tasks 1", "the row is missing")


OPEN_ROW = {"state": "open", "closed_at": None, "closed_by": None, "handler": None, "outcome": None}


@pytest.mark.parametrize(
    ("entries", "row"),
    [
        ([COMPLETE], task_row()),
        ([OPEN, OPEN], task_row(**OPEN_ROW)),
        ([OPEN, COMPLETE, COMPLETE], task_row()),
        ([OPEN, Entry("task.released", COMPLETED)], task_row(**OPEN_ROW)),
        ([OPEN, COMPLETE, Entry("case.concluded", {})], task_row()),
    ],
)
def test_an_entry_that_can_not_follow_is_named(entries, row):
    found = verdict(SUBMIT, *entries, tasks=[row])
    assert (found.broken_at, found.reason) == (len(entries) + 1, "it can't follow from the entries before")


@pytest.mark.parametrize("personal", [{"opinion": "", "handler": "刘"}, None])
def test_the_name_of_the_handler_is_checked_where_an_entry_holds_it(personal):
    held = Entry("task.completed", COMPLETED | ({} if personal else {"handler": "刘"}), personal)
    assert verdict(SUBMIT, OPEN, held, tasks=[task_row()]).whole
    found = verdict(SUBMIT, OPEN, held, tasks=[task_row(handler="王")])
    assert (found.broken_at, found.row) == (3, "tasks 1")


@pytest.mark.parametrize(("column", "value"), [("content", "无"), ("title", "决定书"), ("body", "water"), ("seq", 9)])
def test_what_a_document_says_is_checked_where_an_entry_holds_it(column, value):
    told = {"number": "N", "kind": "notice", "body": "fire", "node": "review", "title": "通知书"}
    issued = Entry("document.issued", told, {"content": "缺失"})
    assert verdict(SUBMIT, issued, documents=[document_row]).whole
    found = verdict(SUBMIT, issued, documents=[lambda events: document_row(events, **{column: value})])
    assert (found.broken_at, found.row) == (2, "documents N")


def test_the_applicants_other_members_are_checked_where_the_record_holds_them():
    others = Entry("case.submitted", APPLIED, {"name": "示例公司", "applicant": canonical({"kind": "enterprise"})})
    assert verdict(others, applicant={"name": "示例公司", "kind": "enterprise"}).whole
    assert verdict(others, applicant={"name": "示例公司", "kind": "person"}).row == "cases.applicant (others)"
    assert verdict(others, erase=True, applicant={}).whole
    assert not verdict(others, erase=True, applicant={"kind": "enterprise"}).whole


def test_a_record_put_on_another_case_is_found_where_it_holds_the_number():
    numbered = Entry("case.submitted", APPLIED | {"number": "A-2"}, {"name": "示例公司"})
    assert verdict(numbered).row == "cases"


def test_a_form_field_is_what_the_last_entry_made_it():
    paid = Entry("message.delivered", {"message": "paid", "payload": {"amount": 5}})
    assert verdict(SUBMIT, paid, form={"amount": 5.0}).whole
    assert verdict(SUBMIT, paid, form={"amount": 6}).row == "cases.form amount"
    later = Entry("task.completed", COMPLETED, {"opinion": "", "form.amount": "6"})
    assert verdict(
        SUBMIT, OPEN, paid, later, tasks=[task_row(closed_at=START + timedelta(hours=3))], form={"amount": 6}
    ).whole


def test_a_handlers_answer_leaves_the_form_unchecked_unless_its_entry_holds_it():
    silent, told = Entry("service.done", {"handler": "h"}), Entry("service.done", {"handler": "h", "outcome": None})
    assert verdict(SUBMIT, silent, form={"receipt": "R"}).whole
    assert verdict(SUBMIT, told, form={"receipt": "R"}).row == "cases.form receipt"
    whole = Entry("service.done", {"handler": "h", "outcome": None}, {"form.receipt": '"R"'})
    assert verdict(SUBMIT, whole, form={"receipt": "R"}).whole


def test_a_result_before_the_end_stands_in_an_entry():
    assert verdict(SUBMIT, Entry("end.reached", {"result": "granted"}), result="granted").whole
    assert not verdict(SUBMIT, result="granted").whole


LIMITED = {"limits": {"promised": "2026-03-05", "legal": "2026-03-16"}}


def limit_rows(events, due="2026-03-16"):
    """The case's limits, as its ledger and as they stand."""
    said, rows, ledger = events[-1], [], []
    for kind, day in (("promised", "2026-03-05"), ("legal", due)):
        same = {
            "owner": 0,
            "clock": "decision",
            "kind": kind,
            "amount": 3,
            "unit": "working-day",
            "calendar_version": 1,
        }
        same |= {"due_date": datetime.fromisoformat(day).date(), "due_at": said["at"]}
        rows.append(same | {"started_at": said["at"], "stopped_at": None, "paused": False})
        told = {"entry": "start", "ref": 0, "effective_at": said["at"], "recorded_at": said["at"], "seq": said["seq"]}
        ledger.append(same | told)
    return rows, ledger


def test_both_limits_are_checked_where_the_entry_holds_them():
    events = record(SUBMIT, Entry("case.accepted", LIMITED))
    case = case_row(events, state="accepted", accepted_at=events[-1]["at"])
    assert judge(case, events, [], [], [], *limit_rows(events)).whole
    found = judge(case, events, [], [], [], *limit_rows(events, due="2026-04-16"))
    assert (found.broken_at, found.row) == (2, "limit_entries 0 decision legal start 0 0")
