"""退回: a task may be returned to a task of people before it, in its own scope, and never past what runs beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.bpmn.model import Finding, Node
from engine.bpmn.returns import targets_of
from engine.bpmn.rules.rule import APPROVAL, ERROR, WARNING, Rule
from engine.bpmn.rules.subject import Scope, Subject, spread
from engine.bpmn.vocabulary import PERSON_TASKS

UNKNOWN = Rule(
    "return-target-unknown",
    ERROR,
    "环节{what}退回到的“{target}”不是图中由人办理的环节",
    "{what} returns to “{target}”, which is no task of a person in this diagram",
    "请在“可退回到”中选择图中已有的人工环节",
    "Choose tasks of people that are in the diagram",
)
ELSEWHERE = Rule(
    "return-crosses-scope",
    ERROR,
    "环节{what}退回到的“{target}”不在同一流程或子流程内",
    "{what} returns to “{target}”, which lies in another process or sub-process",
    "退回只能在同一子流程内；要退出子流程，请画一个错误结束事件，并在子流程边界上接住它",
    "Returns stay inside one sub-process; to leave it, draw an error end event and catch it on the sub-process's border",
)
NOT_EARLIER = Rule(
    "return-not-earlier",
    ERROR,
    "环节{what}退回到的“{target}”不在它之前",
    "{what} returns to “{target}”, which does not come before it",
    "请只选择到达本环节之前经过的环节",
    "Choose only tasks on a way that leads here",
)
BY_APPLICANT = Rule(
    "return-by-applicant",
    WARNING,
    "由申请人办理的环节{what}的退回设置不起作用：申请人不能退回办件",
    "The return of {what} has no effect: the applicant does it, who can return nothing",
    "请删除该环节的退回设置；退回由办理部门作出",
    "Take the return away: it is for the officers who handle the case",
)
OTHER_DEPARTMENT = Rule(
    "return-to-other-department",
    WARNING,
    "环节{what}退回到另一部门办理的“{target}”，而该部门不是牵头部门",
    "{what} returns to “{target}” of another department that does not lead",
    "通常只退回本部门或牵头部门的环节；要退给其他部门，请退回牵头部门处理",
    "A return goes to one's own department or to the lead: return it there, and let the lead see to it",
    profile=APPROVAL,
)
RULES = (UNKNOWN, ELSEWHERE, NOT_EARLIER, BY_APPLICANT, OTHER_DEPARTMENT)


def check(subject: Subject) -> Iterator[Finding]:
    """Judge each target of each return by itself."""
    everywhere = {node.id: node for node in subject.nodes() if node.id}
    for scope in subject.scopes:
        for node in scope.nodes:
            targets = targets_of(node)
            if targets and _assigned(node).get("applicant"):
                yield BY_APPLICANT.at(node)
            for target in targets:
                yield from _target(subject, scope, node, everywhere.get(target), target)


def _target(subject: Subject, scope: Scope, node: Node, target: Node | None, named: str) -> Iterator[Finding]:
    if target is None or target.tag not in PERSON_TASKS:
        yield UNKNOWN.at(node, target=named)
    elif target.scope != node.scope:
        yield ELSEWHERE.at(node, target=_named(target))
    elif not before(scope, named, node):
        yield NOT_EARLIER.at(node, target=_named(target))
    elif subject.profile == APPROVAL and _other(_assigned(node), _assigned(target), subject.lead):
        yield OTHER_DEPARTMENT.at(node, target=_named(target))


def before(scope: Scope, target: str, node: Node) -> bool:
    """Whether a token may come from a task to another one, along what is drawn."""
    return target != node.id and node.id in spread(scope.after(target), scope.after)


def _assigned(node: Node) -> Mapping[str, object]:
    return node.extension("assignment") or {}


def _other(own: Mapping[str, object], target: Mapping[str, object], lead: str | None) -> bool:
    """Whether two assignments name different functions (or bodies, or levels) and the second is neither the lead's nor the
    applicant's: what the applicant does is drawn for the applicant."""
    if target.get("applicant") or target.get("function") in (None, "", "{lead}", lead):
        return False
    return any(own.get(part) != target.get(part) for part in ("function", "level", "body"))


def _named(node: Node) -> str:
    return str(node.name or node.id)
