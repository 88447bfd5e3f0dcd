"""For each rule of votes (表决) a diagram that breaks it and one that does not."""

from __future__ import annotations

from tests.unit.diagrams import end, extended, flows, gateway, many, scope, start, user

Elements = tuple[str, ...]

_OUTCOMES = '<ow:outcomes values="yes=同意,no=不同意,abstain=弃权" opinionRequiredFor="no"/>'
_CHOICE = gateway("exclusive", "x", default="x_no")
_WAYS = "start > a > x > no; x > yes [case.votes.a == 'passed']"
FIVE = many("5")


def voting(rule: str = 'rule="majority"', looping: str = FIVE, outcome: str = "yes") -> str:
    """The task `a`, which votes."""
    return user("a", extended(_OUTCOMES, f'<ow:vote {rule} outcome="{outcome}"/>'), looping)


def voted(task: str, ways: str = _WAYS) -> Elements:
    """A vote, and the ways that its result decides between."""
    return start(), task, _CHOICE, end("yes"), end("no"), flows(ways)


def _within(looping: str) -> Elements:
    ways = "s1 > a > y > b > s2; y > s2 [case.votes.a == 'passed']"
    inner = (start("s1"), voting(), gateway("exclusive", "y", default="y_b"), user("b"), end("s2"), flows(ways))
    return start(), scope("s", *inner, looping), end(), flows("start > s > end")


RIGHT = voted(voting())
BAD: dict[str, Elements] = {
    "vote-not-multiple": voted(voting(looping="")),
    "vote-outcome-unknown": voted(voting(outcome="agree")),
    "vote-threshold": voted(voting('rule="atLeast"')),
    "vote-unreachable": voted(voting('rule="atLeast" count="6"')),
    "vote-missing": voted(user("a", extended(_OUTCOMES), FIVE)),
    "vote-side-by-side": _within(many("3")),
    "vote-result-unknown": voted(voting(), _WAYS.replace("passed", "pass")),
    "outcome-not-declared": voted(
        user("a", extended(_OUTCOMES)), _WAYS.replace("case.votes.a == 'passed'", "outcome == 'agree'")
    ),
    "vote-unjudged": (start(), voting(), end(), flows("start > a > end")),
}
GOOD: dict[str, Elements] = {
    "vote-not-multiple": RIGHT,
    "vote-outcome-unknown": RIGHT,
    "vote-threshold": voted(voting('rule="atLeast" percent="60"')),
    "vote-unreachable": voted(voting('rule="atLeast" count="3"')),
    "vote-missing": RIGHT,
    "vote-side-by-side": _within(many("3", isSequential="true")),
    "vote-result-unknown": RIGHT,
    "outcome-not-declared": voted(
        user("a", extended(_OUTCOMES)), _WAYS.replace("case.votes.a == 'passed'", "outcome == 'yes'")
    ),
    "vote-unjudged": RIGHT,
}
