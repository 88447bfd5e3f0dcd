"""The record: an entry that is missing, changed or moved is found; erased personal values break nothing."""

import psycopg
import pytest

from tests.engine.stories import SYSTEM, accepted, complete


def tamper(engine, sql):
    """Change rows as somebody who owns the database could: without the triggers that keep the tables append-only."""

    def work(uow):
        uow.write("SET LOCAL session_replication_role = replica", None)
        uow.write(sql, None)

    engine.perform(SYSTEM, work)


@pytest.fixture
def number(engine, actor):
    found = accepted(engine, actor)
    complete(engine, actor("fire.liu"), found, "fire", "faults", "疏散指示标志缺失。")
    return found


def test_the_record_of_a_case_is_whole(engine, number):
    verdict = engine.verify_record(number)
    assert verdict.whole
    assert verdict.entries > 8


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE events SET payload = replace(payload, 'faults', 'passed')",
        "UPDATE events SET at = at + interval '1 day' WHERE seq = 3",
        "UPDATE events SET kind = 'something.else' WHERE seq = 2",
        "DELETE FROM events WHERE seq = 4",
        "DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)",
        """UPDATE events SET personal = jsonb_set(personal, '{opinion,value}', '"合格"') WHERE personal ? 'opinion'""",
        "UPDATE opinions SET text = '合格'",
        "UPDATE tasks SET outcome = 'passed' WHERE node = 'fire'",
        "UPDATE cases SET head = '\\x00'",
    ],
)
def test_whatever_is_changed_behind_the_platform_is_found(engine, number, sql):
    tamper(engine, sql)
    assert not engine.verify_record(number).whole


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE events SET payload = '{}'",
        "DELETE FROM events",
        "UPDATE opinions SET text = ''",
        "DELETE FROM limit_entries",
    ],
)
def test_the_database_itself_refuses_to_change_what_was_written(engine, number, sql):
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="append-only"):
        engine.perform(SYSTEM, lambda uow: uow.write(sql, None))


def test_personal_values_can_be_erased_and_the_chain_still_holds(engine, number):
    erase = "UPDATE events SET personal = NULL WHERE kind = 'case.submitted'"
    engine.perform(SYSTEM, lambda uow: uow.write(erase, None))
    assert engine.verify_record(number).whole


def test_the_applicants_name_stands_in_no_payload(engine, number):
    with engine.database.connect() as connection:
        payloads = connection.exec_driver_sql("SELECT string_agg(payload, ' ') FROM events").scalar()
    assert "广州示例置业" not in payloads
    assert "疏散指示" not in payloads
