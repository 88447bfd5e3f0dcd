"""表决: what a vote comes to, what it does to a run, and which votes the lint refuses, each with what goes wrong without it."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bpmn.compile import compile_diagram
from engine.bpmn.faults import VoteUnreachable
from engine.bpmn.lint import deployable, lint
from engine.bpmn.read import read
from engine.bpmn.run import Facts, ProcessRun
from engine.bpmn.step import Closed, Step, Voted
from engine.bpmn.votes import AT_LEAST, OPEN, PASSED, REJECTED, Tally, Vote, result, settled
from engine.clock import CST
from tests.unit.diagrams import diagram, end, extended, flows, gateway, many, start, user
from tests.unit.vote_examples import BAD, GOOD, RIGHT, Elements, voted, voting

NOW = datetime(2026, 3, 2, 9, tzinfo=CST)
IN_TURN = many("5", isSequential="true")


# --- the tally ------------------------------------------------------------------------------------------------------


@st.composite
def rules(draw: st.DrawFn, invited: int) -> Vote:
    rule = draw(st.sampled_from(["all", "majority", "twoThirds", AT_LEAST, "any"]))
    by_count = draw(st.booleans())
    count = draw(st.integers(1, invited)) if rule == AT_LEAST and by_count else None
    percent = draw(st.integers(1, 100)) if rule == AT_LEAST and not by_count else None
    return Vote(rule, "yes", count, percent, draw(st.booleans()))


@given(st.data())
def test_the_order_of_votes_changes_nothing_and_what_is_settled_stays(data: st.DataObject) -> None:
    given_votes = data.draw(st.lists(st.booleans(), min_size=1, max_size=30))
    vote = data.draw(rules(len(given_votes)))
    full = Tally(sum(given_votes), len(given_votes) - sum(given_votes), len(given_votes))
    final = settled(vote, full)
    assert final in (PASSED, REJECTED)
    for order in (given_votes, given_votes[::-1], data.draw(st.permutations(given_votes))):
        on_the_way = []
        for n in range(len(order) + 1):
            tally = Tally(sum(order[:n]), n - sum(order[:n]), len(order))
            on_the_way.append(result(vote, tally))
            assert settled(vote, tally) in (OPEN, final)
        closed = next(found for found in on_the_way if found)
        assert closed == on_the_way[-1] == final
        if not vote.early:
            assert set(on_the_way[:-1]) <= {OPEN}


@pytest.mark.parametrize(
    ("vote", "invited", "needed"),
    [
        (Vote("majority", "yes"), 4, 3),
        (Vote("majority", "yes"), 5, 3),
        (Vote("all", "yes"), 4, 4),
        (Vote("any", "yes"), 4, 1),
        (Vote("twoThirds", "yes"), 3, 2),
        (Vote("twoThirds", "yes"), 50, 34),
        (Vote(AT_LEAST, "yes", percent=67), 3, 3),
        (Vote(AT_LEAST, "yes", percent=66), 3, 2),
        (Vote(AT_LEAST, "yes", percent=50), 4, 2),
        (Vote(AT_LEAST, "yes", count=2), 9, 2),
    ],
)
def test_how_many_have_to_assent(vote: Vote, invited: int, needed: int) -> None:
    assert vote.needed(invited) == needed


# --- the run --------------------------------------------------------------------------------------------------------


class Running:
    """A run that is saved and loaded between any two votes."""

    def __init__(self, elements: Elements, **form: object) -> None:
        self.compiled = compile_diagram(read(diagram(*elements)), "t")
        self.facts = Facts(case={"outcomes": {}}, form=form)
        self.run = ProcessRun.start(self.compiled, self.facts, NOW)

    def __call__(self, *outcomes: str, node: str = "") -> Step:
        """Give these votes, the first open task (of a node) first."""
        for outcome in outcomes:
            self.run = ProcessRun.resume(self.compiled, self.run.state, self.facts, NOW)
            self.run.complete(min(t for t, at in self.run.open_tasks().items() if node in ("", at)), outcome)
        return self.run.step


@pytest.mark.parametrize("looping", [many("5"), IN_TURN])
@pytest.mark.parametrize(
    ("rule", "votes", "ends"),
    [
        ('rule="majority"', "yes yes yes", "yes"),
        ('rule="majority"', "yes no abstain no", "no"),
        ('rule="majority"', "no yes yes no yes", "yes"),
        ('rule="majority" ends="all"', "yes yes yes no no", "yes"),
        ('rule="all"', "yes no", "no"),
        ('rule="all"', "yes yes yes yes yes", "yes"),
        ('rule="any"', "no no no yes", "yes"),
        ('rule="atLeast" count="2"', "no yes no yes", "yes"),
        ('rule="atLeast" percent="67"', "yes no no", "no"),
    ],
)
def test_a_vote_ends_when_it_is_decided(looping: str, rule: str, votes: str, ends: str) -> None:
    run = Running(voted(voting(rule, looping)))
    *before, last = votes.split()
    assert not run(*before).ended
    step = run(last)
    assert (step.ended, step.ends) == (True, (ends,))
    assert step.votes[-1].result == ("passed" if ends == "yes" else "rejected")


def test_what_is_still_open_is_called_off_and_said_to_be() -> None:
    run = Running(RIGHT)
    opened = run.run.step.opened
    assert run.run.step.votes == (Voted("a", 0, 0, 5, ""),)
    assert run("no", "yes").votes == (Voted("a", 1, 1, 5, ""),)
    step = run("yes", "yes")
    assert step.votes == (Voted("a", 3, 1, 5, "passed"),)
    assert step.closed == (
        *(Closed(opened[3].token, "a", "completed"),),
        *(Closed(opened[4].token, "a", "decided"),),
    )


def test_a_new_round_counts_anew_and_both_are_told() -> None:
    again = voted(voting('rule="all"'), "start > a > x > a; x > yes [case.votes.a == 'passed']")
    again = (*(each for each in again if 'id="no"' not in each),)
    run = Running(tuple(each.replace("x_no", "x_a") for each in again))
    step = run("yes", "no")
    assert step.votes == (Voted("a", 1, 1, 5, "rejected"), Voted("a", 0, 0, 5, ""))
    assert {closed.how for closed in step.closed} == {"completed", "decided"}
    assert len(step.opened) == 5
    assert run("yes", "yes", "yes", "yes", "yes").ends == ("yes",)


def test_before_the_end_the_result_is_empty_and_behind_a_join_it_is_what_the_case_keeps() -> None:
    ways = "start > f > a > j > x > no; f > b > j; x > yes [case.votes.a == 'passed']"
    joined = (gateway("parallel", "f"), gateway("parallel", "j"), user("b"))
    elements = (start(), voting(), *joined, gateway("exclusive", "x", default="x_no"), end("yes"), end("no"))
    run = Running((*elements, flows(ways)))
    run("yes", "yes", "yes", node="a")
    undecided = ProcessRun.resume(run.compiled, run.run.state, run.facts, NOW)
    assert undecided.complete(min(undecided.open_tasks())).ends == ("no",)  # a case that kept nothing
    run.facts = Facts(case={"outcomes": {}, "votes": {"a": "passed"}})
    assert run("done").ends == ("yes",)


def test_the_state_of_a_vote_does_not_grow_with_its_rounds() -> None:
    run = Running(tuple(each.replace("x_no", "x_a") for each in voted(voting(), "start > a > x > a; x > yes [false]")))
    run("no", "no", "no")
    size = len(run.run.state)
    for _ in range(20):
        run("no", "no", "no")
    assert len(run.run.state) <= size + 40  # the numbers of its tokens have more digits


def test_a_vote_that_too_few_are_invited_to_is_an_incident() -> None:
    invited = voted(
        user(
            "a",
            extended(
                '<ow:outcomes values="yes=同意,no=不同意"/><ow:vote rule="atLeast" count="3" outcome="yes"/>',
                '<ow:collection of="form.experts"/>',
            ),
            many(),
        )
    )
    assert not [finding for finding in lint(read(diagram(*invited))) if finding.severity == "error"]
    with pytest.raises(VoteUnreachable):
        Running(invited, experts=["a", "b"])
    assert Running(invited, experts=["a", "b", "c"])("yes", "yes", "yes").ends == ("yes",)


# --- the lint -------------------------------------------------------------------------------------------------------


def found(elements: Elements) -> set[str]:
    return {
        finding.rule for finding in lint(read(diagram(*elements))) if finding.rule.startswith(("vote-", "outcome-not"))
    }


@pytest.mark.parametrize("rule", BAD)
def test_each_rule_finds_its_own(rule: str) -> None:
    assert found(BAD[rule]) == {rule}
    assert found(GOOD[rule]) == set()
    assert deployable(lint(read(diagram(*BAD[rule])))) == (rule in ("vote-unjudged", "outcome-not-declared"))


@pytest.mark.parametrize(
    "threshold", ['rule="atLeast" count="2" percent="50"', 'rule="all" count="2"', 'rule="atLeast" percent="101"']
)
def test_a_rule_and_its_numbers_fit_together(threshold: str) -> None:
    assert found(voted(voting(threshold))) == {"vote-threshold"}


def test_each_error_is_true() -> None:
    assert Running(BAD["vote-not-multiple"])("yes").ends == ("no",)  # one assents, all that there is, and it is no vote
    assert Running(BAD["vote-outcome-unknown"])("yes", "yes", "yes").ends == ("no",)
    assert Running(BAD["vote-missing"])(*["yes"] * 5).ends == ("no",)
    assert Running(BAD["vote-result-unknown"])(*["yes"] * 3).ends == ("no",)  # all assent, and it is refused
    assert Running(BAD["outcome-not-declared"])("yes").ends == ("no",)
    with pytest.raises(VoteUnreachable):
        Running(BAD["vote-unreachable"])
    assert Running(BAD["vote-threshold"])("no").ends == ("no",)  # nobody said that all have to assent
    run = Running(BAD["vote-side-by-side"])
    assert [vote.node for vote in run.run.step.votes] == ["a", "a", "a"]  # three votes of one name
