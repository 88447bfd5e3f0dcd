"""The record: whatever is changed behind it, in an entry or in a row, is found and named; what was erased breaks nothing.

Two cases are made once: one in the middle, one that went all the way. Every test tampers with them in a transaction that
is rolled back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from engine.assemble import Engine, open_engine
from engine.cases.accept import Acceptance
from engine.cases.submit import Application, find_case
from engine.cases.verify_record import Verdict, verify_record
from engine.organization.actor import Actor
from engine.organization.load import load_actor
from engine.settings import Settings
from tests.databases import copy_of
from tests.engine.stories import ITEM, REGION, SYSTEM, complete, open_tasks

APPLICANT = {"kind": "enterprise", "name": "广州示例置业有限公司", "phone": "13800000000"}
FORM = {"project_name": "示例", "area": 1e22, "fenced": True}
END = [
    ("planning.zhao", "planning", "passed"),
    ("archives.zheng", "archives", "passed"),
    ("municipal.wang", "municipal_works", "passed"),
    ("water.jiang", "drainage", "passed"),
    ("clerk.chen", "rectify", "rectified"),
    ("fire.liu", "fire", "passed"),
    ("housing.huang", "merge", "merged"),
    (None, "decide", "granted"),
    (None, "certificate", "issued"),
]


@dataclass(frozen=True)
class Story:
    """`half` has open, claimed and completed tasks; `done` its rework and its certificate."""

    engine: Engine
    half: str
    done: str


class _Undone(Exception):
    """Takes a verdict out of a transaction that must not commit."""


@pytest.fixture(scope="module")
def story(server, template) -> Iterator[Story]:
    """Both cases, in a database of this module's own."""
    with copy_of(server, template, "record") as url:
        engine = open_engine(Settings(demo=True), url)
        half, done = half_way(engine), half_way(engine)
        for username, node, outcome in END:
            complete(engine, actor_of(engine, username), done, node, outcome, f"{node} 意见")
        yield Story(engine, half, done)
        engine.close()


def actor_of(engine: Engine, username: str | None) -> Actor:
    with engine.database.connect() as connection:
        return load_actor(connection, username) if username else SYSTEM


def half_way(engine: Engine) -> str:
    """Accepted; planning claimed, given back and claimed again; fire with faults, air defence passed without a word."""
    clerk, planner = actor_of(engine, "clerk.chen"), actor_of(engine, "planning.zhao")
    number = engine.submit(clerk, Application(ITEM, REGION, APPLICANT, FORM))["number"]
    engine.accept(clerk, Acceptance(number, "accepted", "材料齐全。"))
    task = open_tasks(engine, number)["planning"]
    for take in (engine.claim, engine.release, engine.claim):
        take(planner, task.case_id, task.task)
    complete(engine, actor_of(engine, "fire.liu"), number, "fire", "faults", "疏散指示标志缺失。")
    complete(engine, actor_of(engine, "air.wu"), number, "civil_air_defence", "passed", "")
    return number


def tampered(story: Story, number: str, *statements: str) -> Verdict:
    """The verdict after changes as the database's owner could make them: without the triggers against them."""

    def work(uow):
        case_id = find_case(uow, number)
        for sql in ("SET LOCAL session_replication_role = replica", *statements):
            uow.raw.execute(sql)
        raise _Undone(verify_record(uow, case_id))

    with pytest.raises(_Undone) as undone:
        story.engine.perform(SYSTEM, work)
    return undone.value.args[0]


def test_the_record_of_a_case_is_whole_on_the_way_and_at_its_end(story):
    for number in (story.half, story.done):
        verdict = story.engine.verify_record(number)
        assert verdict.whole, verdict
        assert (verdict.reason, verdict.erased) == ("whole", 0)


OPINION = "personal ? 'opinion' AND payload LIKE '%\"faults\"%'"
SUBMITTED = "kind = 'case.submitted'"
SWAPPED = """jsonb_build_object('name', personal->'phone', 'phone', personal->'name')"""


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE events SET payload = replace(payload, 'faults', 'passed')",
        "UPDATE events SET at = at + interval '1 day' WHERE seq = 3",
        "UPDATE events SET kind = 'something.else' WHERE seq = 2",
        "UPDATE events SET prev_hash = hash WHERE seq = 2",
        "DELETE FROM events WHERE seq = 4",
        "DELETE FROM events WHERE seq = (SELECT max(seq) FROM events e WHERE e.case_id = events.case_id)",
        "DELETE FROM events",
        f"UPDATE events SET personal = jsonb_set(personal, '{{opinion,value}}', '\"合格\"') WHERE {OPINION}",
        f"UPDATE events SET personal = personal || {SWAPPED} WHERE {SUBMITTED}",
        f'UPDATE events SET personal = personal || \'{{"alias": {{"salt": "00", "value": "x"}}}}\' WHERE {SUBMITTED}',
        f"UPDATE events SET personal = '[1]' WHERE {SUBMITTED}",
        f"UPDATE events SET personal = '{{\"name\": 1}}' WHERE {SUBMITTED}",
        "UPDATE cases SET head = '\\x00'",
        "UPDATE cases SET seq = seq + 1",
    ],
)
def test_an_entry_that_was_changed_is_named(story, sql):
    verdict = tampered(story, story.done, sql)
    assert not verdict.whole
    assert verdict.broken_at is not None
    assert verdict.row is None


#: What was changed of the case that went all the way, by the table that the verdict must name.
DONE = [
    ("tasks", "UPDATE tasks SET closed_by = 'somebody' WHERE node = 'fire'"),
    ("tasks", "UPDATE tasks SET department_id = 'gz-water' WHERE node = 'fire'"),
    ("tasks", "UPDATE tasks SET due_date = due_date + 1 WHERE node = 'fire'"),
    ("tasks", "UPDATE tasks SET due_date = NULL WHERE node = 'fire'"),
    ("tasks", "UPDATE tasks SET node = 'drainage' WHERE node = 'fire'"),
    ("tasks", "UPDATE tasks SET state = 'open' WHERE node = 'fire'"),
    ("tasks", "UPDATE tasks SET state = 'cancelled' WHERE node = 'fire'"),
    ("tasks", "UPDATE tasks SET outcome = 'passed' WHERE node = 'fire'"),
    ("tasks", "UPDATE tasks SET outcome = NULL WHERE node = 'fire'"),
    ("tasks", "UPDATE tasks SET opened_at = opened_at - interval '1 day' WHERE node = 'fire'"),
    ("tasks", "UPDATE tasks SET closed_at = closed_at - interval '1 day' WHERE node = 'fire'"),
    ("tasks", "DELETE FROM tasks WHERE node = 'fire'"),
    ("cases", "UPDATE cases SET result = 'denied'"),
    ("cases", "UPDATE cases SET state = 'accepted'"),
    ("cases", "UPDATE cases SET accepted_at = accepted_at + interval '1 day'"),
    ("cases", "UPDATE cases SET concluded_at = NULL"),
    ("cases", "UPDATE cases SET region_code = '440000'"),
    ("cases", "UPDATE cases SET item = 'another'"),
    ("cases", "UPDATE cases SET channel = 'online'"),
    ("cases", "UPDATE cases SET submitted_at = submitted_at - interval '1 day'"),
    ("cases", "UPDATE cases SET definition_id = gen_random_uuid()"),
    ("cases.applicant name", """UPDATE cases SET applicant = jsonb_set(applicant, '{name}', '"某某公司"')"""),
    ("cases.applicant name", "UPDATE cases SET applicant = applicant - 'name'"),
    ("cases.applicant id_number", """UPDATE cases SET applicant = applicant || '{"id_number": "1"}'"""),
    ("cases.applicant", "UPDATE cases SET applicant = '[]'"),
    ("documents", "UPDATE documents SET body = 'gz-water' WHERE kind = 'certificate'"),
    ("documents", "UPDATE documents SET kind = 'refusal' WHERE kind = 'certificate'"),
    ("documents", "UPDATE documents SET number = number || '之一' WHERE kind = 'certificate'"),
    ("documents", "UPDATE documents SET issued_at = issued_at - interval '1 day'"),
    ("documents", "DELETE FROM documents WHERE kind = 'rectification-notice'"),
    (
        "documents X",
        "INSERT INTO documents SELECT 'X', case_id, seq, kind, title, body, node, content, issued_at FROM documents "
        "WHERE kind = 'certificate' LIMIT 1",
    ),
    ("opinions", "UPDATE opinions SET text = '合格'"),
    ("opinions", "UPDATE opinions SET outcome = 'passed' WHERE outcome = 'faults'"),
    ("opinions", "UPDATE opinions SET officer_id = 'somebody'"),
    ("opinions", "UPDATE opinions SET department_id = 'gz-water'"),
    ("opinions", "UPDATE opinions SET at = at - interval '1 day'"),
    ("opinions", "UPDATE opinions SET seq = seq + 1000"),
    ("opinions", "DELETE FROM opinions WHERE outcome = 'faults'"),
    ("limits", "UPDATE limits SET due_date = due_date + 30"),
    ("limits", "UPDATE limits SET stopped_at = NULL"),
    ("limits", "DELETE FROM limits WHERE kind = 'legal'"),
    ("limit_entries", "UPDATE limit_entries SET due_date = due_date + 30 WHERE kind = 'promised' AND owner > 0"),
    ("limit_entries", "UPDATE limit_entries SET effective_at = effective_at - interval '1 day' WHERE entry = 'start'"),
    ("limit_entries", "DELETE FROM limit_entries WHERE entry = 'stop'"),
    ("limit_entries", "UPDATE limit_entries SET owner = 99 WHERE owner = 2"),
]
#: The same of the case that is in the middle.
HALF = [
    ("tasks", "UPDATE tasks SET state = 'completed' WHERE state = 'open'"),
    ("tasks", "UPDATE tasks SET state = 'cancelled', closed_at = opened_at WHERE state = 'open'"),
    ("tasks", "UPDATE tasks SET handler = '某人' WHERE state = 'open'"),
    ("tasks", "UPDATE tasks SET claimed_by = 'somebody' WHERE state = 'claimed'"),
    ("tasks", "UPDATE tasks SET claimed_by = NULL, state = 'open' WHERE state = 'claimed'"),
    ("tasks", "UPDATE tasks SET state = 'claimed', claimed_by = 'somebody' WHERE state = 'open'"),
    ("cases", "UPDATE cases SET result = 'granted'"),
    ("cases", "UPDATE cases SET state = 'concluded'"),
    ("cases.form area", "UPDATE cases SET form = form || '{\"area\": 12}'"),
    ("cases.form fenced", "UPDATE cases SET form = form || '{\"fenced\": 1}'"),
    ("cases.form area", "UPDATE cases SET form = form - 'area'"),
    ("cases.form floors", "UPDATE cases SET form = form || '{\"floors\": null}'"),
    ("cases.form", "UPDATE cases SET form = '7'"),
    ("limits", "UPDATE limits SET due_date = due_date + 30 WHERE stopped_at IS NULL"),
    ("limits", "UPDATE limits SET stopped_at = started_at WHERE stopped_at IS NULL"),
    ("limits", "UPDATE limits SET amount = 99"),
    ("limit_entries 0", "DELETE FROM limit_entries WHERE owner = 0 AND kind = 'legal'"),
]


@pytest.mark.parametrize(("table", "sql"), DONE)
def test_a_row_of_a_closed_case_that_was_changed_is_named(story, table, sql):
    check(tampered(story, story.done, sql), table)


@pytest.mark.parametrize(("table", "sql"), HALF)
def test_a_row_of_an_open_case_that_was_changed_is_named(story, table, sql):
    check(tampered(story, story.half, sql), table)


def check(verdict: Verdict, table: str) -> None:
    assert not verdict.whole
    assert f"{verdict.row} ".startswith(f"{table} "), verdict


@pytest.mark.parametrize(
    ("table", "columns"),
    [("tasks", "number = 99"), ("opinions", "seq = 2"), ("limits", "owner = 99"), ("limit_entries", "owner = 99")],
)
def test_a_row_more_is_found(story, table, columns):
    copy = f"CREATE TEMP TABLE forged ON COMMIT DROP AS SELECT * FROM {table} WHERE case_id = {case('done')}"
    put = f"INSERT INTO {table} SELECT * FROM forged LIMIT 1"
    check(tampered(story, story.done, copy, f"UPDATE forged SET {columns}", put), table)


def case(which: str) -> str:
    state = {"half": "accepted", "done": "concluded"}[which]
    return f"(SELECT id FROM cases WHERE state = '{state}')"


def test_the_first_entry_that_a_row_contradicts_is_named(story):
    verdict = tampered(story, story.done, "UPDATE tasks SET outcome = NULL", "UPDATE cases SET result = 'denied'")
    assert (verdict.row, verdict.reason) == ("tasks 1", "outcome is another than the entry says")
    with story.engine.database.connect() as connection:
        kinds = f"SELECT kind FROM events WHERE seq = {verdict.broken_at} AND case_id = {case('done')}"
        assert connection.exec_driver_sql(kinds).scalar() == "task.completed"


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE events SET payload = '{}'",
        "DELETE FROM events",
        "UPDATE opinions SET text = '合格'",
        "DELETE FROM limit_entries",
    ],
)
def test_the_database_itself_refuses_to_change_what_was_written(story, sql):
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="append-only"):
        story.engine.perform(SYSTEM, lambda uow: uow.write(sql, None))


ERASED = [
    "UPDATE events SET personal = NULL",
    "UPDATE tasks SET handler = NULL",
    "UPDATE documents SET content = '', data = NULL",
    "UPDATE opinions SET text = ''",
    "UPDATE cases SET applicant = '{}', form = '{}'",
]


def test_personal_values_erased_in_record_and_file_leave_both_whole(story):
    verdict = tampered(story, story.done, *ERASED)
    assert verdict.whole, verdict
    assert verdict.erased > len(END)


def test_one_value_can_be_erased_and_the_others_are_still_checked(story):
    erase = """UPDATE events SET personal = personal || '{"phone": null}' WHERE kind = 'case.submitted'"""
    gone = "UPDATE cases SET applicant = applicant - 'phone'"
    assert tampered(story, story.half, erase, gone).erased == 1
    assert tampered(story, story.half, erase, gone).whole
    check(tampered(story, story.half, erase, gone, DONE[21][1]), "cases.applicant name")


@pytest.mark.parametrize(
    ("table", "statements"),
    [
        ("cases.applicant", [*ERASED[:4], "UPDATE cases SET form = '{}'"]),
        ("cases.form", [*ERASED[:4], "UPDATE cases SET applicant = '{}'"]),
        ("opinions", [*ERASED[:3], ERASED[4]]),
        ("tasks", [ERASED[0], *ERASED[2:]]),
    ],
)
def test_a_text_whose_value_in_the_record_was_erased_can_not_be_checked_and_is_named(story, table, statements):
    verdict = tampered(story, story.half, *statements)
    assert f"{verdict.row} ".startswith(f"{table} "), verdict
    assert "can't be checked" in verdict.reason
    assert verdict.erased > 0


def test_the_applicants_name_stands_in_no_payload(story):
    with story.engine.database.connect() as connection:
        payloads = connection.exec_driver_sql("SELECT string_agg(payload, ' ') FROM events").scalar()
    for word in ("广州示例置业", "疏散指示", "示例"):
        assert word not in payloads
