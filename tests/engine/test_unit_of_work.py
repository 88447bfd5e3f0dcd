"""One transaction, one instant: what commits together, what is tried again, what is answered once."""

import threading

import psycopg
import pytest

from engine.errors import Conflict
from engine.unit_of_work import KeyReused, Once
from tests.engine.stories import SYSTEM, accepted, open_tasks, submitted


def one(engine, sql, *params):
    with engine.database.connect() as connection:
        return connection.exec_driver_sql(sql, params).scalar()


def test_rows_and_jobs_stand_or_fall_together(engine):
    def work(uow):
        uow.job("announce", {"case_id": "x"})
        uow.write("INSERT INTO number_series VALUES ('b', 'k', 2026, 1)", None)
        raise Conflict()

    with pytest.raises(Conflict):
        engine.perform(SYSTEM, work)
    assert one(engine, "SELECT count(*) FROM jobs.procrastinate_jobs") == 0
    assert one(engine, "SELECT count(*) FROM number_series") == 0


def test_a_commit_leaves_exactly_one_job_for_each_that_was_deferred(engine, actor):
    names = "SELECT coalesce(string_agg(task_name, ' ' ORDER BY task_name), '') FROM jobs.procrastinate_jobs"
    assert one(engine, names) == ""
    submitted(engine, actor)
    assert one(engine, names) == "announce render_document", "what happened is told, and the receipt is set in type"


def test_a_write_that_fails_undoes_the_whole_batch(engine):
    def work(uow):
        uow.write("INSERT INTO number_series VALUES ('b', 'k', 2026, 1)", None)
        uow.write("INSERT INTO number_series VALUES ('b', 'k', 2026, 2)", None)

    with pytest.raises(psycopg.errors.UniqueViolation):
        engine.perform(SYSTEM, work)
    assert one(engine, "SELECT count(*) FROM number_series") == 0


def test_a_deadlock_is_tried_again_and_handed_to_nobody(engine):
    engine.perform(
        SYSTEM, lambda uow: [uow.write(f"INSERT INTO number_series VALUES ('{b}', 'k', 1, 0)", None) for b in "xy"]
    )
    meet = threading.Barrier(2, timeout=10)
    first_try = threading.local()

    def crossing(first, second):
        def work(uow):
            uow.read(("UPDATE number_series SET last = last + 1 WHERE body = %s RETURNING 1", (first,)))
            if not getattr(first_try, "over", False):
                first_try.over = True
                meet.wait()
            uow.read(("UPDATE number_series SET last = last + 1 WHERE body = %s RETURNING 1", (second,)))

        engine.perform(SYSTEM, work)

    threads = [threading.Thread(target=crossing, args=pair) for pair in ("xy", "yx")]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert one(engine, "SELECT sum(last) FROM number_series") == 4


def test_a_connection_that_died_while_idle_is_replaced_silently(engine, actor):
    number = accepted(engine, actor)
    with psycopg.connect(engine.database.url.render_as_string(False).replace("+psycopg", ""), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert len(open_tasks(engine, number)) == 6


def test_a_refused_request_keeps_no_answer_and_may_come_again_with_its_key(engine):
    once, answers = Once("a", "k", b"h"), iter([Conflict(), {"fine": True}])

    def work(uow):
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    with pytest.raises(Conflict):
        engine.perform(SYSTEM, work, once)
    assert engine.perform(SYSTEM, work, once) == {"fine": True}
    assert engine.perform(SYSTEM, work, once) == {"fine": True}


def test_a_key_belongs_to_one_request_of_one_actor(engine):
    engine.perform(SYSTEM, lambda uow: {"n": 1}, Once("a", "k", b"one"))
    with pytest.raises(KeyReused):
        engine.perform(SYSTEM, lambda uow: {"n": 2}, Once("a", "k", b"two"))
    assert engine.perform(SYSTEM, lambda uow: {"n": 3}, Once("b", "k", b"two")) == {"n": 3}


def test_an_expired_key_is_new_again(engine):
    once = Once("a", "k", b"one")
    engine.perform(SYSTEM, lambda uow: {"n": 1}, once)
    engine.perform(
        SYSTEM, lambda uow: uow.write("UPDATE idempotency_keys SET expires_at = now() - interval '1 s'", None)
    )
    assert engine.perform(SYSTEM, lambda uow: {"n": 2}, Once("a", "k", b"two")) == {"n": 2}


def test_the_instant_of_a_case_never_goes_back_even_if_the_clock_does(engine, actor):
    number = accepted(engine, actor)
    last = one(engine, "SELECT last_instant FROM cases")
    engine.perform(SYSTEM, lambda uow: uow.write("UPDATE platform SET clock_offset = '-10 days'", None))
    task = open_tasks(engine, number)["planning"]
    engine.claim(SYSTEM, task.case_id, task.task)
    assert one(engine, "SELECT last_instant FROM cases") == last
    assert engine.verify_record(number).whole
