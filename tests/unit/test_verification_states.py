"""The state tables of trust first: every path of every regime, and what holds along all of them. Pure."""

import pytest

from engine.credit_first.expiry import reminders
from engine.credit_first.grounds import GROUNDS
from engine.credit_first.revocation import was_heard
from engine.credit_first.states import (
    AT_ISSUE,
    FINAL,
    PERMIT_NAMES,
    STATE_NAMES,
    TABLES,
    Event,
    Permit,
    State,
    VerificationStateConflict,
    after_decision,
    move,
)

VERIFYING = [regime for regime, table in TABLES.items() if table]


def paths(regime, state=State.OPEN, permit=None, gone=()):
    """Every way through a table from the issue on: (events, states, permits)."""
    permit = permit or AT_ISSUE[regime]
    gone = gone or ((None, state, permit),)
    following = [(event, to) for (at, event), to in TABLES[regime].items() if at is state]
    if not following:
        yield gone
    for event, to in following:
        yield from paths(regime, to.state, to.permit, (*gone, (event, to.state, to.permit)))


@pytest.mark.parametrize("regime", VERIFYING)
def test_every_path_ends_and_takes_nothing_unheard(regime):
    found = list(paths(regime))
    assert {path[-1][1] for path in found} <= FINAL
    assert {state for path in found for _, state, _ in path} == set(State) - (
        {State.LAPSED} if regime == "commitment" else set()
    )
    for path in found:
        states, permits = [state for _, state, _ in path], [permit for _, _, permit in path]
        if Permit.REVOKED in permits:
            assert states[-2] is State.HEARING
            assert permits.index(Permit.REVOKED) == len(permits) - 1
        if permits[-1] is Permit.CONFIRMED:
            assert {Event.CONFIRM, Event.UPHOLD} & {event for event, *_ in path}
        # A second rectification, a second visit, is never asked for.
        assert states.count(State.RECTIFYING) <= 1


def test_a_pending_decision_is_nothing_else_until_it_is_confirmed_lapses_or_was_heard_about():
    for path in paths("post-verification"):
        assert all(permit is Permit.PENDING for _, _, permit in path[:-1])


def test_a_promise_that_is_effective_never_lapses_by_time_alone():
    for path in paths("commitment"):
        assert all(permit in (Permit.VALID,) for _, _, permit in path[:-1])
        assert path[-1][1] is not State.LAPSED


def test_the_tables_are_three_and_tolerance_verifies_nothing():
    assert set(TABLES) == {"post-verification", "commitment", "tolerance"}
    assert TABLES["tolerance"] == {}
    assert TABLES["post-verification"] != TABLES["commitment"]


@pytest.mark.parametrize("regime", VERIFYING)
def test_what_is_over_stays_over_and_what_can_not_happen_is_refused(regime):
    for state in State:
        for event in Event:
            if (state, event) not in TABLES[regime]:
                with pytest.raises(VerificationStateConflict) as refused:
                    move(regime, state, event)
                assert refused.value.params["state"] == state
    assert not [state for state, _ in TABLES[regime] if state in FINAL]


def test_every_state_and_status_has_its_words():
    assert set(STATE_NAMES) == set(State)
    assert set(PERMIT_NAMES) == set(Permit)
    assert (after_decision("revoked"), after_decision("upheld")) == (Permit.REVOKED, Permit.VALID)
    assert all(ground.article for ground in GROUNDS.values())


def test_a_day_is_reminded_of_once():
    from datetime import date

    due = date(2026, 3, 20)
    assert [n for _, n in reminders((5, 1), due, [])] == [5, 1]
    assert [n for _, n in reminders((5, 1), due, [5])] == [1]
    assert reminders((5, 1), due, [5, 1]) == []


def task(kind, outcome=None, state="completed"):
    return {"kind": kind, "outcome": outcome, "state": state}


NOTICED = task("officer", "noticed")


@pytest.mark.parametrize(
    ("tasks", "heard"),
    [
        ([], False),
        ([NOTICED], False),
        ([NOTICED, task("applicant", state="open")], False),
        ([task("applicant", "stated")], False),
        ([NOTICED, task("applicant", "stated")], True),
        ([NOTICED, task("applicant", "waived")], True),
        ([NOTICED, task("applicant", None, "cancelled")], True),
        ([NOTICED, task("applicant", "hearing")], False),
        ([NOTICED, task("applicant", "hearing"), task("officer", "heard")], True),
    ],
)
def test_who_was_told_and_had_the_chance_was_heard(tasks, heard):
    assert was_heard(tasks) is heard
