"""Timers that race: behind one event-based gateway, or on one border, the shortest ends the wait, and no longer one comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from engine.bpmn.model import Finding, Node
from engine.bpmn.rules.rule import WARNING, Rule
from engine.bpmn.rules.subject import Scope, Subject
from engine.bpmn.timers import is_limit, parse_timer
from engine.clock import CST

OVERTAKEN = Rule(
    "timer-overtaken",
    WARNING,
    "定时{what}永远不会发生：{first}总是先到，等待就此结束",
    "The timer {what} never happens: {first} always comes first and ends the wait",
    "请只保留一个定时，或把另一个改为更短；提醒请用不中断的边界定时",
    "Keep one of them, or make this one the shorter; for a reminder use a timer on the border that does not interrupt",
)
RULES = (OVERTAKEN,)
MOST_RACING = 50  #: events of one race that are compared
#: From any of these a month is as long as it may be: the first and the last day of each of a leap year and the next.
_STARTS = [
    day
    for month in (datetime(2028 + n // 12, n % 12 + 1, 1, tzinfo=CST) for n in range(24))
    for day in (month, month - timedelta(days=1))
]


def check(subject: Subject) -> Iterator[Finding]:
    """Tell every timer that another one overtakes."""
    for scope in subject.scopes:
        for node, first in overtaken(scope).items():
            other = scope.by_id[first]
            yield OVERTAKEN.at(scope.by_id[node], first=f"“{other.name or other.id}”")


def overtaken(scope: Scope) -> dict[str, str]:
    """The timers that never happen, each with the one that comes first. Of two that are due at once it is the one drawn first."""
    place = {id: number for number, id in enumerate(scope.by_id)}
    found: dict[str, str] = {}
    for racing in _races(scope):
        waits = {str(node.id): wait for node in racing[:MOST_RACING] if (wait := _wait(node))}
        for one, own in waits.items():
            for node in racing:
                other = waits.get(str(node.id))
                if other is None or node.id == one or (node.tag == "boundaryEvent" and not node.interrupting):
                    continue
                sooner = all(a <= b for a, b in zip(other, own, strict=True))
                if sooner and (other != own or place[str(node.id)] < place[one]):
                    found.setdefault(one, str(node.id))
    return found


def _races(scope: Scope) -> Iterator[Sequence[Node]]:
    yield from (events for events in scope.boundary.values() if len(events) > 1)
    for node in scope.nodes:
        if node.tag == "eventBasedGateway":
            yield [scope.by_id[str(flow.target)] for flow in scope.out_of(node.id)]


def _wait(node: Node) -> list[datetime] | None:
    """When a timer of a fixed duration is over, from each of some starts; None for every other event."""
    if len(node.events) != 1 or node.events[0].timer_kind != "duration":
        return None
    text = node.events[0].expression or ""
    try:
        return None if is_limit(text) else [parse_timer(text, start) for start in _STARTS]
    except ValueError:  # an expression, or what `timer-invalid` says
        return None
