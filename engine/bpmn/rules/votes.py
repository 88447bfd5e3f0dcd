"""表决 (`ow:vote`): who can vote, by which outcome, whether the rule can be met, and whether anything asks for the result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.bpmn.calls import scope_of
from engine.bpmn.expressions import ExpressionError, ExpressionFailed, Names, compile_expression
from engine.bpmn.model import Finding, Node
from engine.bpmn.rules.outcome import read_by
from engine.bpmn.rules.rule import ERROR, WARNING, Rule
from engine.bpmn.rules.subject import Subject
from engine.bpmn.rules.texts import written
from engine.bpmn.vocabulary import PERSON_TASKS
from engine.bpmn.votes import AT_LEAST, PERCENT

NOT_MULTIPLE = Rule(
    "vote-not-multiple",
    ERROR,
    "{what}设了表决（ow:vote），但不是多实例，只有一人办理",
    "{what} has a vote (ow:vote) but is not multi-instance: one person does it alone",
    "请把该环节设为多实例（并行或依次），或删除表决",
    "Make the task multi-instance (parallel or sequential), or delete the vote",
)
OUTCOME = Rule(
    "vote-outcome-unknown",
    ERROR,
    "{what}的表决以“{code}”为同意，但它不是本环节的办理结果，谁也投不出同意票",
    "The vote of {what} takes “{code}” for assent, which is none of its outcomes: nobody can assent",
    "请改为本环节 ow:outcomes 中的代码",
    "Use a code of the ow:outcomes of this task",
)
THRESHOLD = Rule(
    "vote-threshold",
    ERROR,
    "{what}的表决规则与票数、比例不符：{reason_zh}",
    "The rule of the vote of {what} does not fit its count and percent: {reason_en}",
    "规则为 atLeast 时填 count（票数）或 percent（1 至 100 的比例）之一，其他规则两项都不填",
    "With atLeast fill in either count, or percent (1 to 100); with every other rule neither",
)
UNREACHABLE = Rule(
    "vote-unreachable",
    ERROR,
    "{what}的表决须有 {count} 票同意，而应表决的只有 {invited} 个",
    "The vote of {what} needs {count} to assent, of {invited} who are invited",
    "请减少同意票数，或增加多实例的数量",
    "Ask for fewer, or invite more",
)
WITHOUT = Rule(
    "vote-missing",
    ERROR,
    "{what}用了 {said}，但环节“{task}”没有表决，结果总是空的",
    "{what} speaks of {said}, but the task “{task}” has no vote: it is always empty",
    "请在该环节设表决（ow:vote），或改用 case.outcomes、case.all_outcomes",
    "Give the task an ow:vote, or use case.outcomes or case.all_outcomes",
)
SIDE_BY_SIDE = Rule(
    "vote-side-by-side",
    ERROR,
    "{what}的表决在并行的多实例“{around}”之内，几场表决同时进行，case.votes.{task} 分不清是哪一场的结果",
    "The vote of {what} lies within the parallel multi-instance “{around}”: several votes are open at once, and"
    " case.votes.{task} can't tell whose result it is",
    "请把“{around}”改为依次进行，或把表决移到它之后",
    "Make “{around}” sequential, or move the vote behind it",
)
UNJUDGED = Rule(
    "vote-unjudged",
    WARNING,
    "{what}的表决结果没有任何条件使用，通过与否都走同一条路",
    "No condition asks for the result of the vote of {what}: it goes on the same way whether passed or rejected",
    "请在其后加排他网关，条件写 case.votes.{task} == 'passed'",
    "Put an exclusive gateway behind it, with the condition case.votes.{task} == 'passed'",
)
RULES = (NOT_MULTIPLE, OUTCOME, THRESHOLD, UNREACHABLE, WITHOUT, SIDE_BY_SIDE, UNJUDGED)


def check(subject: Subject) -> Iterator[Finding]:
    """Judge every task with a vote, and every expression that asks for one."""
    if not subject.bearable:
        return
    voting = {str(node.id): node for node in subject.nodes() if node.extension("vote") is not None}
    asked: set[str] = set()
    for place, text, names in written(subject):
        for said in sorted(read_by(text, names, "votes")):
            task = said.removeprefix("case.votes.")
            asked.add(task)
            if task != said and task not in voting:
                yield WITHOUT.at(place, said=said, task=task)
    for task, node in voting.items():
        if node.tag in PERSON_TASKS:  # anywhere else the extension itself is refused
            yield from _judge(subject, node)
            if task not in asked:
                yield UNJUDGED.at(node, task=task)


def _judge(subject: Subject, node: Node) -> Iterator[Finding]:
    said = node.extension("vote") or {}
    if node.loop is None or node.loop.kind == "standard":
        yield NOT_MULTIPLE.at(node)
    values = (node.extension("outcomes") or {}).get("values") or {}
    if "outcome" in said and said["outcome"] not in values:
        yield OUTCOME.at(node, code=said["outcome"])
    yield from _threshold(node, said)
    count, invited = said.get("count"), _invited(node, subject.names.get(node.scope, Names()))
    if said.get("rule") == AT_LEAST and count is not None and invited is not None and count > invited:
        yield UNREACHABLE.at(node, count=count, invited=invited)
    around = _several_at_once(subject, node)
    if around is not None:
        yield SIDE_BY_SIDE.at(node, around=around.name or around.id, task=node.id)


def _threshold(node: Node, said: Any) -> Iterator[Finding]:
    given = [name for name in ("count", "percent") if name in said]
    if said.get("rule") == AT_LEAST and len(given) != 1:
        zh, en = ("票数和比例只能填一个", "it has both") if given else ("没有填票数或比例", "it has neither")
        yield THRESHOLD.at(node, reason_zh=zh, reason_en=en)
    elif said.get("rule") not in (None, AT_LEAST) and given:
        reason = ("只有 atLeast 才填票数或比例", "only atLeast takes them")
        yield THRESHOLD.at(node, reason_zh=reason[0], reason_en=reason[1])
    elif said.get("percent", 1) > PERCENT:
        yield THRESHOLD.at(node, reason_zh="比例超过 100", reason_en="its percent is over 100")


def _invited(node: Node, names: Names) -> int | None:
    """How many instances there will be, where the diagram says it by itself."""
    text = node.loop.cardinality if node.loop else None
    try:
        expression = compile_expression(text, names) if text else None
        value = None if expression is None or expression.references else expression.evaluate({})
    except (ExpressionError, ExpressionFailed):
        return None
    return value if type(value) is int else None


def _several_at_once(subject: Subject, node: Node) -> Node | None:
    """The parallel multi-instance sub-process around a task, if there is one."""
    owners = {scope_of(each): each for each in subject.nodes() if scope_of(each)}
    seen: set[str] = set()
    scope = node.scope
    while scope in owners and scope not in seen:
        seen.add(scope)
        around = owners[scope]
        if around.loop is not None and around.loop.kind == "parallel":
            return around
        scope = around.scope
    return None
