"""`outcome` is the outcome of the task just before: it must be clear which task that is."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.expressions import ExpressionError, Names, compile_expression
from engine.bpmn.model import Finding, Flow, Node
from engine.bpmn.rules.rule import ERROR, Rule
from engine.bpmn.rules.structure import CHOOSING
from engine.bpmn.rules.subject import CONTAINERS, Scope, Subject
from engine.bpmn.vocabulary import PERSON_TASKS

UNCLEAR = Rule(
    "outcome-unclear",
    ERROR,
    "网关“{gateway}”的连线{what}用了 outcome，但从“{origin}”过来时看不出是哪个环节的结果",
    "The flow {what} out of “{gateway}” speaks of outcome, but coming from “{origin}” it is not clear of which task",
    "请写明环节：case.outcomes.<环节编号>",
    "Name the task: case.outcomes.<task id>",
)
RULES = (UNCLEAR,)

_HAS_OUTCOME = frozenset({*PERSON_TASKS, "serviceTask"})
_JOINS = frozenset({"parallelGateway", "inclusiveGateway"})


def check(subject: Subject) -> Iterator[Finding]:
    """Walk back from every gateway whose conditions speak of `outcome`."""
    if not subject.bearable:
        return
    for scope in subject.scopes:
        for node in scope.nodes:
            names = subject.names.get(scope.id, Names())
            speaking = [flow for flow in scope.out_of(node.id) if _speaks(flow, names)] if node.tag in CHOOSING else []
            origin = _unclear_origin(scope, node) if speaking else None
            if origin is not None:
                yield from (
                    UNCLEAR.at(flow, gateway=node.name or node.id, origin=origin.name or origin.id) for flow in speaking
                )


def _speaks(flow: Flow, names: Names) -> bool:
    try:
        return "outcome" in compile_expression(flow.condition or "", names).references
    except ExpressionError:
        return False


def _unclear_origin(scope: Scope, gateway: Node) -> Node | None:
    """The first node, going back past what has no outcome of its own, that leaves open whose outcome it is."""
    todo, seen = [str(gateway.id)], {str(gateway.id)}
    while todo:
        node = scope.by_id[todo.pop()]
        if node.tag in _HAS_OUTCOME:
            continue
        if _hides(scope, node):
            return node
        fresh = [before for before in scope.before(str(node.id)) if before not in seen]
        seen.update(fresh)
        todo += fresh
    return None


def _hides(scope: Scope, node: Node) -> bool:
    """A start (no task before), a join (several), a boundary event (none completed) or a sub-process (any within)."""
    if node.tag in _JOINS:
        return len(scope.into(node.id)) > 1
    return node.tag in ("startEvent", "boundaryEvent") or node.tag in CONTAINERS
