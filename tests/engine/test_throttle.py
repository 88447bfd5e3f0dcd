"""Guessing at passwords and query codes: after a few failures nothing is tried for a while, whoever it is that guesses."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from engine.cases.progress import ProgressNotFound
from engine.clock import wall_now
from engine.errors import Unauthenticated
from engine.organization.log_in import LogInFailed
from engine.organization.throttle import MOST_FAILURES, WINDOW, TooManyTries, wait_for
from engine.settings import DEMONSTRATION_PASSWORD

NOW = wall_now()


def fail(engine, username: str, times: int, address: str | None = None) -> None:
    for _ in range(times):
        with pytest.raises(LogInFailed):
            engine.log_in(username, "wrong", address)


def an_hour_later(engine) -> None:
    with engine.database.begin() as connection:
        connection.execute(text("UPDATE throttles SET began_at = began_at - interval '1 hour'"))


@pytest.mark.parametrize(
    ("failures", "age", "waits"),
    [
        (4, timedelta(0), timedelta(0)),
        (5, timedelta(0), WINDOW),
        (5, WINDOW, timedelta(0)),
        (9, WINDOW / 3, WINDOW * 2 / 3),
    ],
)
def test_how_long_nothing_is_tried(failures, age, waits):
    assert wait_for(NOW - age, failures, 5, NOW) == waits


@pytest.mark.parametrize("username", ["fire.liu", "nobody.here"])
def test_a_name_is_locked_after_its_failures_whether_there_is_one_or_not(engine, username):
    fail(engine, username, MOST_FAILURES["log-in name"])
    for password in ("wrong", DEMONSTRATION_PASSWORD):
        with pytest.raises(TooManyTries) as refused:
            engine.log_in(username, password)
    assert 0 < refused.value.params["retry_after"] <= WINDOW.total_seconds()
    assert engine.log_in("air.wu", DEMONSTRATION_PASSWORD)["token"]
    an_hour_later(engine)
    fail(engine, username, 1)


def test_who_knows_the_password_starts_anew(engine):
    for _ in range(3):
        fail(engine, "fire.liu", MOST_FAILURES["log-in name"] - 1)
        assert engine.log_in("fire.liu", DEMONSTRATION_PASSWORD)["token"]


def test_an_address_that_tries_many_names_is_locked(engine):
    for n in range(MOST_FAILURES["log-in address"] // 4 + 1):
        if n < MOST_FAILURES["log-in address"] // 4:
            fail(engine, f"name{n}", 4, "10.0.0.1")
        else:
            fail(engine, f"name{n}", MOST_FAILURES["log-in address"] % 4, "10.0.0.1")
    with pytest.raises(TooManyTries):
        engine.log_in("air.wu", DEMONSTRATION_PASSWORD, "10.0.0.1")
    assert engine.log_in("air.wu", DEMONSTRATION_PASSWORD, "10.0.0.2")["token"]


@pytest.mark.parametrize("known", [True, False])
def test_a_number_is_closed_after_wrong_codes_whether_there_is_one_or_not(engine, actor, known):
    from tests.engine.test_feed import hand_in

    number = hand_in(engine, actor("clerk.chen")) if known else "440100-20260101-999999"
    for _ in range(MOST_FAILURES["query number"]):
        with pytest.raises(ProgressNotFound):
            engine.progress(number, "WRONG", "10.0.0.1")
    with pytest.raises(TooManyTries):
        engine.progress(number, "WRONG", "10.0.0.9")


def test_looking_often_with_the_right_code_counts_nothing(engine, actor):
    from engine.cases.submit import query_code
    from tests.engine.test_feed import hand_in

    number = hand_in(engine, actor("clerk.chen"))
    for _ in range(MOST_FAILURES["query number"] * 2):
        engine.progress(number, query_code(engine.settings.secret_key, number), "10.0.0.1")
    with engine.database.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM throttles")) == 0


def test_old_windows_are_forgotten_and_nothing_is_kept_in_clear(engine):
    fail(engine, "fire.liu", 1, "10.0.0.1")
    an_hour_later(engine)
    fail(engine, "air.wu", 1)
    with engine.database.connect() as connection:
        rows = connection.execute(text("SELECT scope, key FROM throttles")).all()
    assert [row.scope for row in rows] == ["log-in name"]
    assert b"air.wu" not in bytes(rows[0].key)


def test_a_revoked_token_opens_nothing(engine):
    token = engine.log_in("fire.liu", DEMONSTRATION_PASSWORD)["token"]
    assert engine.authenticate(token).id == "fire.liu"
    engine.log_out(token)
    engine.log_out(token)
    with pytest.raises(Unauthenticated):
        engine.authenticate(token)
