"""Credit first (先信后审): what a call activity with `ow:commitment` needs to be lawful and to end well.

A verification with a limit, a way for its failure, the documents of both; a decision before it; for a commitment the way back
to the ordinary procedure until that decision; for a tolerance the applicant's supply. What the item allows is judged where its
data are at hand (`unfit_for_regimes`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from engine.bpmn.calls import is_linked, regime_of
from engine.bpmn.model import Diagram, Finding, Node, Process
from engine.bpmn.rules.rule import APPROVAL, ERROR, Rule
from engine.bpmn.rules.subject import Scope, Subject
from engine.bpmn.vocabulary import PERSON_TASKS

#: The message by which a signed commitment is taken back before the decision.
WITHDRAWN = "commitment-withdrawn"
#: How a verification ends when all is as it was said to be; every other result is a failure.
CONFIRMED = "confirmed"
RECORD = "verification-record"
#: What a failure says to the applicant before anything is taken away.
NOTICES = frozenset({"rectification-notice", "intended-revocation-notice"})
GRANTED = "granted"

PROCESS_MISSING = Rule(
    "commitment-process-missing",
    ERROR,
    "先信环节{what}的核查流程“{called}”既不在文件中，也不在模板中",
    "The verification “{called}” that {what} names is neither in the file nor among the templates",
    "请把核查流程放进同一文件或同一文件夹，或选用 processes/templates 中的模板",
    "Put it into the same file or folder, or name one of processes/templates",
    profile=APPROVAL,
)
SHAPE = Rule(
    "commitment-repeated",
    ERROR,
    "先信环节{what}带有循环或边界事件；核查另立关联办件，此处不等待",
    "{what} has a loop or a boundary event; its verification is a case of its own, and nothing waits here",
    "请删除循环和边界事件；核查中的期限和失败画在被调用的流程里",
    "Delete them; draw what may happen to the verification in the called process",
)
NO_DECISION = Rule(
    "commitment-without-decision",
    ERROR,
    "可以不经决定到达先信环节{what}",
    "{what} can be reached without a decision before it",
    "请在它之前画一个结果含 granted（准予）的决定环节，或用 decision 指明决定环节",
    "Draw a task with the outcome granted before it on every way, or name the one that decides in decision",
    profile=APPROVAL,
)
NO_VERIFICATION = Rule(
    "commitment-without-verification",
    ERROR,
    "先信环节{what}的核查流程“{called}”没有带时限的核查环节",
    "The process “{called}” of {what} has no verification with a time limit",
    "请在被调用的流程中画一个由部门办理、有 ow:timeLimit 的核查环节",
    "Draw an officer's task with an ow:timeLimit in the called process",
    profile=APPROVAL,
)
NO_FAILURE = Rule(
    "commitment-without-failure",
    ERROR,
    "先信环节{what}的核查流程“{called}”缺少{missing}的结束",
    "The process “{called}” of {what} has no end for {missing_en}",
    "请画两种结束事件：ow:result 为 confirmed（核验通过），以及另一结果（如 failed）",
    "Draw an end with the ow:result confirmed, and one with another, such as failed",
    profile=APPROVAL,
)
NO_DOCUMENTS = Rule(
    "commitment-without-documents",
    ERROR,
    "先信环节{what}的核查流程“{called}”不出具{missing}",
    "The process “{called}” of {what} issues no {missing_en}",
    "请补上 ow:document：核查记录 verification-record，rectification-notice 或 intended-revocation-notice",
    "Add ow:document: verification-record, and rectification-notice or intended-revocation-notice",
    profile=APPROVAL,
)
NO_WITHDRAWAL = Rule(
    "commitment-without-withdrawal",
    ERROR,
    "{what}：申请人在决定前撤回承诺后没有去处",
    "{what}: an applicant who takes the commitment back before the decision has nowhere to go",
    "请在作出决定的环节“{decision}”上画一个中断的消息边界事件 commitment-withdrawn，引到普通方式",
    "Draw an interrupting message boundary event commitment-withdrawn on “{decision}” that leads to the ordinary way",
    profile=APPROVAL,
)
NO_SUPPLY = Rule(
    "tolerance-without-supply",
    ERROR,
    "容缺环节{what}调用的流程“{called}”没有申请人补交的环节",
    "The process “{called}” of the tolerance {what} has no task for the applicant to supply what is missing",
    "请在被调用的流程中画一个 applicant=“true” 的补交环节",
    "Draw a task with applicant=“true” in it",
    profile=APPROVAL,
)
TOO_LATE = Rule(
    "tolerance-after-decision",
    ERROR,
    "容缺环节{what}之后没有决定环节；材料应在决定前补齐",
    "No decision follows the tolerance {what}: what is missing comes before the decision",
    "请把它放到决定环节之前",
    "Draw it before the task that decides",
    profile=APPROVAL,
)
NOT_OFFERED = Rule(
    "commitment-not-offered",
    ERROR,
    "{what}使用{regime}，但事项没有开通该方式",
    "{what} stands for {regime_en}, which the item does not allow",
    "请在 item.json 的 regimes 中开通，或改用其他方式",
    "Allow it in regimes of item.json, or draw another way",
    profile=APPROVAL,
)
FORBIDDEN = Rule(
    "commitment-forbidden-field",
    ERROR,
    "{what}使用{regime}，事项属于不得适用的领域（{field}），且没有引用开通该方式的法律",
    "{what} stands for {regime_en} in a forbidden field ({field}), and the item cites no act that opens it",
    "请在 item.json 的 regimes 中填写 opens（法律及条款），否则改用普通方式",
    "Cite the act and article in opens of that regime in item.json, or draw the ordinary way",
    profile=APPROVAL,
)
TOLERANCE_TOO_LONG = Rule(
    "tolerance-not-before-decision",
    ERROR,
    "{what}：容缺补交期限 {days} {unit}，不早于承诺的决定期限 {promised} {promised_unit}",
    "{what}: what is tolerated may come within {days} {unit}, not before the promised decision of {promised} {promised_unit}",
    "请缩短容缺补交期限；补交期间决定期限不停（行政许可法第四十五条）",
    "Shorten it: the clock of the decision does not stop meanwhile (Administrative Licensing Law, article 45)",
    profile=APPROVAL,
)
RULES = (
    PROCESS_MISSING,
    SHAPE,
    NO_DECISION,
    NO_VERIFICATION,
    NO_FAILURE,
    NO_DOCUMENTS,
    NO_WITHDRAWAL,
    NO_SUPPLY,
    TOO_LATE,
    NOT_OFFERED,
    FORBIDDEN,
    TOLERANCE_TOO_LONG,
)
NAMES = {
    "post-verification": ("后置审核", "post-verification"),
    "commitment": ("告知承诺", "a commitment"),
    "tolerance": ("容缺受理", "a tolerance"),
}


def check(subject: Subject) -> Iterator[Finding]:
    """Judge every call activity with `ow:commitment`, with the process that it names."""
    for scope in subject.scopes:
        for node in scope.nodes:
            if is_linked(node):
                yield from _plain(scope, node)
            if regime_of(node) and subject.profile == APPROVAL:
                yield from _judge(subject, scope, node)


def _plain(scope: Scope, node: Node) -> Iterator[Finding]:
    if node.loop is not None or scope.boundary.get(str(node.id)):
        yield SHAPE.at(node)


def _judge(subject: Subject, scope: Scope, node: Node) -> Iterator[Finding]:
    called = _called(subject, node)
    if not is_linked(node):
        yield from _tolerance(scope, node, called)
        return
    decisions = _decisions(scope, node)
    if not decisions or node.id in _reached(scope, decisions):
        yield NO_DECISION.at(node)
    elif regime_of(node) == "commitment":
        yield from _withdrawal(scope, node, decisions)
    if called is None:
        yield PROCESS_MISSING.at(node, called=node.called_element or "")
    else:
        yield from _verification(node, called)


def _called(subject: Subject, node: Node) -> Process | None:
    name = node.called_element or ""
    own = next((each for each in subject.diagram.processes if each.id == name), None)
    if own is not None or not is_linked(node):
        return own
    source = subject.library(name)
    return source.process if source else None


def _decisions(scope: Scope, node: Node) -> set[str]:
    """The tasks that decide: the one that is named, or those with the outcome granted."""
    named = (node.extension("commitment") or {}).get("decision")
    if named:
        return {str(named)} & scope.by_id.keys()
    return {name for name, one in scope.by_id.items() if GRANTED in _outcomes(one)}


def _outcomes(node: Node) -> Mapping[str, str]:
    return (node.extension("outcomes") or {}).get("values") or {}


def _reached(scope: Scope, without: set[str]) -> set[str]:
    """Where a token may come that never passes through any of some nodes (a border event on one does pass it by)."""
    seen = {str(node.id) for node in scope.starts() if node.id}
    todo = list(seen)
    while todo:
        here = todo.pop()
        borders = [str(event.id) for event in scope.boundary.get(here, ()) if event.id]
        onward = borders if here in without else list(scope.after(here))
        fresh = [one for one in onward if one not in seen]
        seen.update(fresh)
        todo += fresh
    return seen


def _withdrawal(scope: Scope, node: Node, decisions: set[str]) -> Iterator[Finding]:
    for decision in sorted(decisions):
        task = scope.by_id[decision]
        if task.tag not in PERSON_TASKS or node.id not in _behind(scope, decision):
            continue
        events = [event for event in scope.boundary.get(decision, ()) if event.interrupting]
        if not any(each.kind == "message" and each.name == WITHDRAWN for event in events for each in event.events):
            yield NO_WITHDRAWAL.at(node, decision=task.name or decision)


def _behind(scope: Scope, start: str) -> set[str]:
    seen, todo = {start}, [start]
    while todo:
        fresh = [flow.target for flow in scope.out_of(todo.pop()) if flow.target and flow.target not in seen]
        seen.update(fresh)
        todo += fresh
    return seen


def _verification(node: Node, called: Process) -> Iterator[Finding]:
    told = called.name or called.id
    officers = [one for one in called.nodes if one.tag in PERSON_TASKS and not _by_applicant(one)]
    if not any({"legal", "promised"} & (one.extension("timeLimit") or {}).keys() for one in officers):
        yield NO_VERIFICATION.at(node, called=told)
    results = {(one.extension("result") or {}).get("value") for one in called.nodes if one.tag == "endEvent"} - {None}
    if CONFIRMED not in results:
        yield NO_FAILURE.at(node, called=told, missing="“核验通过”（confirmed）", missing_en="a confirmation")
    if not results - {CONFIRMED}:
        yield NO_FAILURE.at(node, called=told, missing="核查不通过", missing_en="a failure")
    issued = {str(paper["kind"]) for one in called.nodes for paper in one.extensions.get("document", ())}
    if RECORD not in issued:
        yield NO_DOCUMENTS.at(node, called=told, missing="核查记录", missing_en=RECORD)
    if not issued & NOTICES:
        yield NO_DOCUMENTS.at(node, called=told, missing="不通过时的通知书", missing_en="notice of a failure")


def _tolerance(scope: Scope, node: Node, called: Process | None) -> Iterator[Finding]:
    if called is not None and not any(_by_applicant(one) for one in called.nodes):
        yield NO_SUPPLY.at(node, called=called.name or called.id)
    behind = _behind(scope, str(node.id)) - {node.id}
    if not any(GRANTED in _outcomes(scope.by_id[name]) for name in behind if name in scope.by_id):
        yield TOO_LATE.at(node)


def _by_applicant(node: Node) -> bool:
    return bool((node.extension("assignment") or {}).get("applicant"))


# --- against the item -----------------------------------------------------------------------------------------------


def unfit_for_regimes(diagram: Diagram, item: Mapping[str, Any]) -> Iterator[Finding]:
    """What of a diagram the item's `regimes` (of its `item.json`) do not allow."""
    offered = {one.get("regime"): one for one in item.get("regimes") or ()}
    for process in diagram.processes:
        for node in process.nodes:
            regime = regime_of(node)
            if regime is None:
                continue
            rule = offered.get(regime)
            zh, en = NAMES[regime]
            if rule is None:
                yield NOT_OFFERED.at(node, regime=zh, regime_en=en)
            elif rule.get("field") and not rule.get("opens"):
                yield FORBIDDEN.at(node, regime=zh, regime_en=en, field=rule["field"])
            elif regime == "tolerance":
                yield from _in_time(node, rule.get("tolerance") or {}, item.get("case_limits") or {})


def _in_time(node: Node, tolerance: Mapping[str, Any], limits: Mapping[str, Any]) -> Iterator[Finding]:
    days, promised = tolerance.get("promised"), limits.get("promised")
    if days is None or promised is None:
        return
    unit, promised_unit = str(tolerance.get("unit")), str(limits.get("unit"))
    if days * _DAYS.get(unit, Fraction(1)) >= promised * _DAYS.get(promised_unit, Fraction(1)):
        told = {"days": days, "unit": unit, "promised": promised, "promised_unit": promised_unit}
        yield TOLERANCE_TOO_LONG.at(node, **told)


#: In calendar days, as a week has five working days: good enough to tell which of two comes first on most days; the very
#: dates are compared when a case is accepted.
_DAYS = {
    "calendar-day": Fraction(1),
    "working-day": Fraction(7, 5),
    "month": Fraction(30),
    "hour": Fraction(1, 24),
    "working-hour": Fraction(7, 40),
}
