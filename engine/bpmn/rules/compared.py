"""What a condition compares a result with has to be one that there may be: a word mistyped is never true, and nobody sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.bpmn.model import Finding, Flow
from engine.bpmn.rules.coverage import compared
from engine.bpmn.rules.gateways import tasks_before
from engine.bpmn.rules.rule import ERROR, WARNING, Rule
from engine.bpmn.rules.structure import CHOOSING
from engine.bpmn.rules.subject import Scope, Subject
from engine.bpmn.rules.texts import written
from engine.bpmn.votes import OPEN, PASSED, REJECTED

VOTE = Rule(
    "vote-result-unknown",
    ERROR,
    "{what}把表决结果 {said} 与“{value}”比较，而表决没有这种结果，该条件永远不成立",
    "{what} compares the vote {said} with “{value}”, which no vote comes to: it never holds",
    "表决结果只有 passed（通过）和 rejected（不通过），未表决完时为空文本",
    "A vote comes to passed or rejected; as long as it is open it is empty text",
)
OUTCOME = Rule(
    "outcome-not-declared",
    WARNING,
    "{what}把 {said} 与“{value}”比较，而它不是环节“{task}”的办理结果，该条件永远不成立",
    "{what} compares {said} with “{value}”, which is none of the outcomes of “{task}”: it never holds",
    "请改为该环节的办理结果之一：{known}",
    "Use one of its outcomes: {known}",
)
RULES = (VOTE, OUTCOME)
_RESULTS = frozenset({PASSED, REJECTED, OPEN})


def check(subject: Subject) -> Iterator[Finding]:
    """Judge the texts that each condition compares a result with."""
    if not subject.bearable:
        return
    declared = {str(node.id): _codes((node.extension("outcomes") or {}).get("values")) for node in subject.nodes()}
    voting = {str(node.id) for node in subject.nodes() if node.extension("vote") is not None}
    before = {id(flow): _just_before(scope, flow) for scope in subject.scopes for flow in scope.flows}
    for place, text, _names in written(subject):
        for said, constants in sorted(compared(text).items()):
            values = sorted(value for value in constants if isinstance(value, str))
            root, _, task = said.rpartition(".")
            if root == "case.votes" and task in voting:
                yield from (VOTE.at(place, said=said, value=value) for value in values if value not in _RESULTS)
                continue
            known = declared.get(task, ()) if root in ("case.outcomes", "case.all_outcomes") else ()
            if said == "outcome" and isinstance(place, Flow) and id(place) in before:
                task, known = before[id(place)]
            for value in values if known else ():
                if value not in known:
                    yield OUTCOME.at(place, said=said, value=value, task=task, known=", ".join(known))


def _codes(values: object) -> tuple[str, ...]:
    return tuple(values) if isinstance(values, Mapping) else ()


def _just_before(scope: Scope, flow: Flow) -> tuple[str, tuple[str, ...]]:
    """The tasks whose outcome a flow out of a gateway is asked about, and their outcomes; none where one declares none."""
    node = scope.by_id.get(str(flow.source))
    if node is None or node.tag not in CHOOSING or not flow.condition:
        return "", ()
    tasks = tasks_before(scope, node)
    each = [_codes((task.extension("outcomes") or {}).get("values")) for task in tasks]
    if not all(each):
        return "", ()
    return "、".join(task.name or str(task.id) for task in tasks), tuple(
        dict.fromkeys(code for one in each for code in one)
    )
