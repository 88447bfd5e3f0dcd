"""What a government approval needs beyond a diagram that runs: who does it, by when, and what the public sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.bpmn.model import Finding, Node, Process
from engine.bpmn.rules.rule import APPROVAL, ERROR, Rule
from engine.bpmn.rules.subject import Subject
from engine.bpmn.vocabulary import PERSON_TASKS

NO_ASSIGNMENT = Rule(
    "assignment-missing",
    ERROR,
    "环节{what}没有指定办理单位",
    "The task {what} is assigned to nobody",
    "请填写 ow:assignment 的 function（职能），或 applicant=“true”（由申请人办理）",
    "Fill in function in ow:assignment, or applicant=“true” when the applicant does it",
    profile=APPROVAL,
)
NO_LEVEL = Rule(
    "level-missing",
    ERROR,
    "环节{what}没有指定办理层级",
    "The task {what} has no level",
    "请填写 ow:assignment 的 level：province、city、county、township 或 village",
    "Fill in level in ow:assignment: province, city, county, township or village",
    profile=APPROVAL,
)
NO_LIMIT = Rule(
    "time-limit-missing",
    ERROR,
    "环节{what}没有办理时限",
    "The task {what} has no time limit",
    "请填写 ow:timeLimit 的 promised 或 legal，以及 unit",
    "Fill in promised or legal, and unit, in ow:timeLimit",
    profile=APPROVAL,
)
PROMISE_TOO_LONG = Rule(
    "promise-exceeds-law",
    ERROR,
    "{what}的承诺时限 {promised} 超过法定时限 {legal}",
    "The promised limit {promised} of {what} exceeds the legal limit {legal}",
    "承诺时限不得长于法定时限，请改短",
    "A promise can't be longer than the law allows: shorten it",
    profile=APPROVAL,
)
NO_PUBLIC_NAME = Rule(
    "public-name-missing",
    ERROR,
    "环节{what}没有公示名称",
    "The task {what} has no public name",
    "请填写 ow:public 的 name，申请人查询进度时会看到",
    "Fill in name in ow:public: the applicant sees it in the progress",
    profile=APPROVAL,
)
RULES = (NO_ASSIGNMENT, NO_LEVEL, NO_LIMIT, PROMISE_TOO_LONG, NO_PUBLIC_NAME)


def check(subject: Subject) -> Iterator[Finding]:
    """Judge the tasks that people do, and every time limit; only in the profile `approval`."""
    if subject.profile != APPROVAL:
        return
    for process in subject.processes:
        yield from _promise(process, process.extensions)
    for node in subject.nodes():
        yield from _promise(node, node.extensions)
        if node.tag in PERSON_TASKS:
            yield from _task(node)


def _task(node: Node) -> Iterator[Finding]:
    assignment = node.extension("assignment") or {}
    limit = node.extension("timeLimit") or {}
    if not assignment.get("function") and not assignment.get("applicant"):
        yield NO_ASSIGNMENT.at(node)
    if assignment.get("function") and not assignment.get("level"):
        yield NO_LEVEL.at(node)
    if not assignment.get("applicant") and not {"legal", "promised"} & limit.keys():
        yield NO_LIMIT.at(node)
    if not (node.extension("public") or {}).get("name"):
        yield NO_PUBLIC_NAME.at(node)


def _promise(place: Process | Node, extensions: Mapping[str, tuple[Mapping[str, Any], ...]]) -> Iterator[Finding]:
    for limit in extensions.get("timeLimit", ()):
        legal, promised = limit.get("legal"), limit.get("promised")
        if legal is not None and promised is not None and promised > legal:
            yield PROMISE_TOO_LONG.at(place, legal=legal, promised=promised)
