"""Ways out of a sub-process that are never gone: its own end, where every way within throws what its border takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.bpmn.calls import is_linked, scope_of
from engine.bpmn.model import Node
from engine.bpmn.rules.subject import INSIDE, Scope, Subject, spread

_ALWAYS = frozenset({"error", "cancel"})
_ON_THE_BORDER = frozenset({"signal", "escalation"})


def never_left(subject: Subject) -> Mapping[str, bool]:
    """The sub-processes and calls that never come to their own end; True where an error of theirs goes further outwards.

    What is around those is over by that error: it is caught further out, or it ends the process.
    """
    inner = {scope.id: scope for scope in subject.scopes}
    found = {}
    for scope in subject.scopes:
        for node in scope.nodes:
            within = inner.get(str(scope_of(node))) if node.tag in INSIDE and not is_linked(node) else None
            if within is not None and within.starts() and not _comes_to_an_end(within, set(_taken(scope, node))):
                found[str(node.id)] = _goes_outwards(scope, node, within)
    return found


def _goes_outwards(scope: Scope, node: Node, within: Scope) -> bool:
    """Whether an error is thrown within that no event on the border takes."""
    borders = (event.events for event in scope.boundary.get(str(node.id), ()))
    taken = {one.name for events in borders for one in events if one.kind == "error"}
    thrown = {one.name for each in within.nodes if each.tag == "endEvent" for one in each.events if one.kind == "error"}
    return None not in taken and not thrown <= taken


def _taken(scope: Scope, node: Node) -> Iterator[tuple[str, str | None]]:
    """What an interrupting event on the border takes, by kind and name."""
    for event in scope.boundary.get(str(node.id), ()):
        if event.interrupting:
            yield from ((one.kind, one.name) for one in event.events if one.kind in _ON_THE_BORDER)


def _comes_to_an_end(scope: Scope, taken: set[tuple[str, str | None]]) -> bool:
    cuts = {
        str(node.id)
        for node in scope.nodes
        if node.tag in ("endEvent", "intermediateThrowEvent")
        and any(one.kind in _ALWAYS or (one.kind, one.name) in taken for one in node.events)
    }
    starts = [str(node.id) for node in scope.starts() if node.id]
    beside = {str(node.id) for node in scope.nodes if node.tag == "boundaryEvent" and not node.interrupting}
    reached = spread(
        starts, lambda node: () if node in cuts else (each for each in scope.after(node) if each not in beside)
    )
    return any(node not in cuts and not scope.out_of(node) for node in reached)
