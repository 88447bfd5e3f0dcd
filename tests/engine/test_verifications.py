"""Decisions that come before their check: issued, verified, rectified, lapsed, revoked; every path of every regime."""

from dataclasses import replace
from uuid import UUID

import pytest

from engine.credit_first.errors import (
    MaterialNotPresumed,
    SecondOfficerNeeded,
)
from engine.credit_first.rectification import Rectified
from engine.credit_first.states import VerificationStateConflict
from engine.credit_first.verification import Finding
from engine.organization.actor import Actor
from tests.engine.trust_first import (
    FIRST,
    SECOND,
    check,
    found,
    granted,
    later,
    permit,
    proceed,
    trust_first,
    until,
    verification,
    whole,
)

APPLICANT = Actor.applicant("applicant", "甲")


@pytest.fixture
def post(engine):
    return trust_first(engine, "post-verification")


@pytest.fixture
def promised(engine):
    return trust_first(engine, "commitment")


def test_a_pending_decision_is_confirmed_by_one_clerk_who_compares_the_originals(post, actor):
    number = granted(post, actor)
    assert post.case_file(number)["result"] == "granted-pending"
    assert permit(post, number) == "pending"
    row = verification(post, number)
    assert (row["state"], row["visits_asked"], row["officers"]) == ("open", 1, 1)
    assert row["linked_case"]
    assert row["due_date"]

    said = check(post, actor, number)

    assert (said["state"], said["permit"]) == ("confirmed", "confirmed")
    assert post.case_file(number)["result"] == "granted"
    assert permit(post, number) == "confirmed"
    whole(post, number)


def test_what_differs_is_put_right_by_post_and_asks_for_no_second_visit(post, actor):
    number = granted(post, actor)
    said = check(post, actor, number, "differs-correctable", note="盖章不清")
    assert said["state"] == "rectifying"
    assert said["rectification"]["listed"]

    which = UUID(said["rectification"]["id"])
    post.verifications.rectify(APPLICANT, Rectified(which, note="已重新盖章", way="post"))
    assert verification(post, number)["state"] == "rechecking"
    check(post, actor, number)

    row = verification(post, number)
    assert (row["state"], row["visits_asked"], permit(post, number)) == ("confirmed", 1, "confirmed")
    whole(post, number)


def test_who_does_not_come_is_reminded_twice_and_then_the_pending_decision_lapses(post, actor):
    number = granted(post, actor)
    later(post, days=40)
    row = verification(post, number)
    assert (row["state"], permit(post, number), post.case_file(number)["result"]) == ("lapsed", "lapsed", "lapsed")
    with post.database.connect() as connection:
        kinds = connection.exec_driver_sql("SELECT kind FROM events WHERE kind = 'verification.reminded'").all()
        cards = connection.exec_driver_sql("SELECT rule FROM cards WHERE clock = 'verification'").all()
    assert len(kinds) == 2
    assert cards == []
    whole(post, number)


def test_what_is_false_is_heard_about_before_the_pending_decision_ends(post, actor):
    number = granted(post, actor)
    assert check(post, actor, number, "false", note="与原件不符")["state"] == "hearing"
    assert permit(post, number) == "pending"
    proceed(post, actor, number)
    assert (permit(post, number), verification(post, number)["state"]) == ("revoked", "revoked")
    whole(post, number)


def test_a_promise_is_effective_at_once_and_two_officers_confirm_it(promised, actor):
    number = granted(promised, actor)
    assert promised.case_file(number)["result"] == "granted"
    assert permit(promised, number) == "valid"
    first = promised.verifications.result(actor(FIRST), found(promised, number))
    assert (first["signatures"], first["officers"], permit(promised, number)) == (1, 2, "valid")
    with pytest.raises(SecondOfficerNeeded):
        promised.verifications.result(actor(FIRST), found(promised, number))
    promised.verifications.result(actor(SECOND), found(promised, number))
    assert permit(promised, number) == "confirmed"
    whole(promised, number)


def test_what_is_false_at_the_second_check_is_heard_about_too_and_stops_the_clock_again(post, actor):
    number = granted(post, actor)
    said = check(post, actor, number, "differs-correctable", note="盖章不清")
    post.verifications.rectify(APPLICANT, Rectified(UUID(said["rectification"]["id"]), note="已重新盖章"))
    check(post, actor, number, "differs-correctable", note="仍不清")
    assert verification(post, number)["state"] == "hearing"
    whole(post, number)
    proceed(post, actor, number, "upheld")
    assert permit(post, number) == "confirmed"
    whole(post, number)


def test_a_promise_that_is_not_kept_in_time_is_heard_about_and_then_revoked(promised, actor):
    number = granted(promised, actor)
    check(promised, actor, number, "differs-correctable", note="检测不合格")
    until(promised, number, "hearing")
    assert permit(promised, number) == "valid"
    proceed(promised, actor, number)
    assert permit(promised, number) == "revoked"
    whole(promised, number)


@pytest.mark.parametrize(
    ("decision", "state", "status"), [("upheld", "confirmed", "confirmed"), ("public-interest", "kept", "valid")]
)
def test_a_permit_that_is_not_revoked_after_the_hearing_stands(promised, actor, decision, state, status):
    number = granted(promised, actor)
    check(promised, actor, number, "false", note="承诺虚假")
    proceed(promised, actor, number, decision)
    assert (verification(promised, number)["state"], permit(promised, number)) == (state, status)
    whole(promised, number)


def test_nobody_but_who_may_and_then_and_so_records_a_result(post, actor):
    number = granted(post, actor)
    asked = found(post, number)
    for wrong, error in (
        (replace(asked, findings=(*asked.findings, Finding("other", "match"))), MaterialNotPresumed),
        (replace(asked, findings=()), Exception),
        (
            replace(asked, findings=tuple(replace(one, verdict="false") for one in asked.findings), result="confirmed"),
            Exception,
        ),
    ):
        with pytest.raises(error):
            post.verifications.result(actor("town.pan"), wrong)
    check(post, actor, number)
    with pytest.raises(VerificationStateConflict):
        check(post, actor, number)
