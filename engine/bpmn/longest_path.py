"""The longest way through a process, in time limits. Pure, on the model.

Branches side by side count as their longest; a loop is gone through once; a sub-process counts as its own limit, else as the
longest way inside. What the window does before acceptance does not count: the limit of the case starts with it. Nor does what the
applicant takes: a promise is the authority's, and is not too long because of a wait for somebody else.
What is verified after the decision, in a linked case, is no part of it either. Linear, without recursion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from engine.bpmn.calls import is_linked
from engine.bpmn.model import Node
from engine.bpmn.rules.subject import CONTAINERS, Scope

#: One in the other, where there is a plain answer; the model's day has eight working hours.
HOURS_OF_A_DAY = 8
_SAME: Mapping[tuple[str, str], Fraction] = {
    ("working-hour", "working-day"): Fraction(1, HOURS_OF_A_DAY),
    ("working-day", "working-hour"): Fraction(HOURS_OF_A_DAY),
    ("hour", "calendar-day"): Fraction(1, 24),
    ("calendar-day", "hour"): Fraction(24),
}


@dataclass(frozen=True, slots=True)
class Way:
    """A way through: how long it may take, and the nodes on it that take time."""

    length: Fraction
    nodes: tuple[Node, ...]


NOTHING = Way(Fraction(0), ())


def longest_way(scopes: Sequence[Scope], unit: str, kind: str) -> Way:
    """The longest way through the process (the first of its scopes), in a unit, by the limits of a kind.

    A node without a limit of that kind counts with its other one; one in a unit that can't be told in the other counts nothing.
    """
    inside: dict[str, Way] = {}
    for scope in reversed(scopes):  # inner ones first
        inside[scope.id] = _through(scope, unit, kind, inside)
    return inside[scopes[0].id] if scopes else NOTHING


def _through(scope: Scope, unit: str, kind: str, inside: Mapping[str, Way]) -> Way:
    best: dict[str, Way] = {}
    longest = NOTHING
    for node in _in_order(scope):
        own = _own(scope.by_id[node], unit, kind, inside)
        before = max(
            (best[one] for one in scope.before(node) if one in best), key=lambda way: way.length, default=NOTHING
        )
        best[node] = Way(before.length + own.length, before.nodes + own.nodes)
        longest = max(longest, best[node], key=lambda way: way.length)
    return longest


def _own(node: Node, unit: str, kind: str, inside: Mapping[str, Way]) -> Way:
    limit = node.extension("timeLimit") or {}
    amount = limit.get(kind) or limit.get("legal" if kind == "promised" else "promised")
    if (node.extension("assignment") or {}).get("applicant") or is_linked(node):
        return NOTHING
    if "accepted" in ((node.extension("outcomes") or {}).get("values") or {}):
        return NOTHING
    if amount is None:
        return inside.get(str(node.id), NOTHING) if node.tag in CONTAINERS else NOTHING
    said = str(limit.get("unit"))
    factor = Fraction(1) if said == unit else _SAME.get((said, unit))
    return NOTHING if factor is None else Way(amount * factor, (node,))


def _in_order(scope: Scope) -> list[str]:
    """The nodes that can be reached, each behind all that lead to it but those that lead back."""
    state: dict[str, int] = {}
    done: list[str] = []
    for start in [str(node.id) for node in scope.starts() if node.id]:
        if start in state:
            continue
        state[start] = 1
        todo = [(start, iter(list(scope.after(start))))]
        while todo:
            node, following = todo[-1]
            fresh = next((one for one in following if one not in state and one in scope.by_id), None)
            if fresh is None:
                todo.pop()
                done.append(node)
            else:
                state[fresh] = 1
                todo.append((fresh, iter(list(scope.after(fresh)))))
    return done[::-1]
