"""`outcome` is the outcome of the task just before, `case.outcomes.<task>` of a named one: it must be one outcome.

Behind a multi-instance there are several; whichever instance happened to be last must not decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.bpmn.expressions import ExpressionError, Names, compile_expression
from engine.bpmn.model import Finding, Flow, Node
from engine.bpmn.rules.rule import ERROR, Place, Rule
from engine.bpmn.rules.structure import CHOOSING
from engine.bpmn.rules.subject import CONTAINERS, Scope, Subject, is_multiple
from engine.bpmn.rules.texts import written
from engine.bpmn.vocabulary import PERSON_TASKS

UNCLEAR = Rule(
    "outcome-unclear",
    ERROR,
    "网关“{gateway}”的连线{what}用了 outcome，但从“{origin}”过来时看不出是哪个环节的结果",
    "The flow {what} out of “{gateway}” speaks of outcome, but coming from “{origin}” it is not clear of which task",
    "请写明环节：case.outcomes.<环节编号>",
    "Name the task: case.outcomes.<task id>",
)
OF_MANY = Rule(
    "outcome-of-many",
    ERROR,
    "{what}用了 {said}，但环节“{task}”有多个实例，只会得到最后一个的结果",
    "{what} speaks of {said}, but the task “{task}” has several instances: it would be that of the last one only",
    "请用全部结果的列表，例如 contains(case.all_outcomes.{task}, 'faults')",
    "Use the list of all, for example contains(case.all_outcomes.{task}, 'faults')",
)
RULES = (UNCLEAR, OF_MANY)

_HAS_OUTCOME = frozenset({*PERSON_TASKS, "serviceTask"})
_JOINS = frozenset({"parallelGateway", "inclusiveGateway"})


def check(subject: Subject) -> Iterator[Finding]:
    """Walk back from every gateway whose conditions speak of `outcome`; look for `case.outcomes` of the many."""
    if not subject.bearable:
        return
    for scope in subject.scopes:
        for node in scope.nodes:
            names = subject.names.get(scope.id, Names())
            speaking = [flow for flow in scope.out_of(node.id) if _speaks(flow, names)] if node.tag in CHOOSING else []
            origin = _unclear_origin(scope, node) if speaking else None
            if origin is not None:
                yield from (_unclear(flow, node, origin) for flow in speaking)
    if subject.many:
        for place, text, names in written(subject):
            yield from _named(place, read_by(text, names, "outcomes"), subject.many)


def _named(place: Place, read: frozenset[str], many: frozenset[str]) -> Iterator[Finding]:
    for said in sorted(read):
        task = said.removeprefix("case.outcomes.")
        if task != said and task in many:
            yield OF_MANY.at(place, said=said, task=task)


def _unclear(flow: Flow, gateway: Node, origin: Node) -> Finding:
    if is_multiple(origin) and origin.tag in _HAS_OUTCOME:
        return OF_MANY.at(flow, said="outcome", task=origin.id)
    return UNCLEAR.at(flow, gateway=gateway.name or gateway.id, origin=origin.name or origin.id)


def _speaks(flow: Flow, names: Names) -> bool:
    return any(path.partition(".")[0] == "outcome" for path in read_by(flow.condition or "", names, "outcome"))


def read_by(text: str, names: Names, word: str) -> frozenset[str]:
    """The paths that an expression with that word reads; none for another, nor for one that is wrong."""
    if not re.search(rf"\b{word}\b", text):
        return frozenset()
    try:
        return compile_expression(text, names).references
    except ExpressionError:
        return frozenset()


def _unclear_origin(scope: Scope, gateway: Node) -> Node | None:
    """The first node, going back past what has no outcome of its own, that leaves open whose outcome it is."""
    todo, seen = [str(gateway.id)], {str(gateway.id)}
    while todo:
        node = scope.by_id[todo.pop()]
        if node.tag in _HAS_OUTCOME:
            if is_multiple(node):
                return node
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
