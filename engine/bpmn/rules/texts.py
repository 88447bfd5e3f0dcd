"""What is written in a diagram: conditions, timer texts, loop settings. All of it is checked before it may run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from engine.bpmn.expressions import Expression, ExpressionError, ExpressionFailed, Names, compile_expression
from engine.bpmn.model import EventDefinition, Finding, Loop, Node
from engine.bpmn.rules.rule import ERROR, Place, Rule
from engine.bpmn.rules.subject import Subject
from engine.bpmn.timers import parse_timer
from engine.clock import CST

EXPRESSION = Rule(
    "expression-invalid",
    ERROR,
    "{what}的{field}“{text}”第 {position} 个字符处有误",
    "The {field_en} “{text}” of {what} is wrong at character {position}",
    "{reason_zh}",
    "{reason_en}",
)
TIMER = Rule(
    "timer-invalid",
    ERROR,
    "定时事件{what}的时间“{text}”无法识别",
    "The time “{text}” of timer {what} can't be read",
    "时长写 P3D、PT1H、P1M；时刻写 2026-03-01T09:00；或写 ${{表达式}}",
    "Write a duration as P3D, PT1H or P1M, a date as 2026-03-01T09:00, or ${{an expression}}",
)
LOOP = Rule(
    "loop-invalid",
    ERROR,
    "{what}的循环设置有误：{reason_zh}",
    "The loop of {what} is wrong: {reason_en}",
    "循环：最多次数 1 至 1000 或条件；多实例：数量 1 至 100，或列表（ow:collection of=“…”），二者选一",
    "A loop: loopMaximum 1 to 1000 or a condition; multi-instance: a number 1 to 100 or a list (ow:collection of=“…”)",
)
RULES = (EXPRESSION, TIMER, LOOP)

MOST_INSTANCES = 100
MOST_ROUNDS = 1000
_START = datetime(2026, 1, 31, tzinfo=CST)  #: any instant will do to see whether a text can be read


def check(subject: Subject) -> Iterator[Finding]:
    """Compile every expression of the diagram and judge every literal."""
    for flow in subject.flows():
        if flow.condition:
            names = subject.names.get(flow.scope, Names())
            yield from _expression(flow, flow.condition, names, ("条件", "condition"))
    for node in subject.nodes():
        names = subject.names.get(node.scope, Names())
        for event in node.events:
            if event.kind == "timer" and event.timer_kind != "cycle":
                yield from _timer(node, event, names)
        if node.loop is not None:
            yield from _loop(node, node.loop, names)


def _expression(place: Place, text: str, names: Names, field: tuple[str, str]) -> Iterator[Finding]:
    _, findings = _compiled(place, text, names, field)
    yield from findings


def _compiled(place: Place, text: str, names: Names, field: tuple[str, str]) -> tuple[Expression | None, list[Finding]]:
    try:
        return compile_expression(text, names), []
    except ExpressionError as error:
        shown = {key: error.params[key] for key in ("position", "reason_zh", "reason_en")}
        return None, [EXPRESSION.at(place, field=field[0], field_en=field[1], text=text, **shown)]


def _timer(node: Node, event: EventDefinition, names: Names) -> Iterator[Finding]:
    text = event.expression or ""
    if text.startswith(("${", "#{")):
        yield from _expression(node, text, names, ("时间", "time"))
    elif not _readable(text, event.timer_kind):
        yield TIMER.at(node, text=text)


def _readable(text: str, kind: str | None) -> bool:
    is_duration = text.strip("'\" ").upper().startswith("P")
    if kind is None or is_duration != (kind == "duration"):
        return False
    try:
        parse_timer(text, _START)
    except ValueError:
        return False
    return True


def _loop(node: Node, loop: Loop, names: Names) -> Iterator[Finding]:
    if loop.kind == "standard":
        yield from _rounds(node, loop, Names(names.outcome_nodes, in_loop=True))
        return
    if (loop.cardinality is None) == (loop.collection is None):
        given = loop.cardinality is not None
        yield _wrong(
            node,
            "数量和列表只能写一个" if given else "没有写数量或列表",
            "it has both a number and a list" if given else "it has neither a number nor a list",
        )
    if loop.cardinality is not None:
        yield from _constant(node, loop.cardinality, names, _is_number, ("数量", "loopCardinality"))
    if loop.collection is not None:
        yield from _constant(node, loop.collection, names, _is_list, ("列表", "collection"))


def _rounds(node: Node, loop: Loop, names: Names) -> Iterator[Finding]:
    if loop.maximum is None and loop.condition is None:
        yield _wrong(node, "没有写最多次数或条件", "it has neither a loopMaximum nor a loopCondition")
    if loop.maximum is not None and not _is_count(loop.maximum):
        yield _wrong(node, f"最多次数“{loop.maximum}”不对", f"its loopMaximum “{loop.maximum}” is none")
    if loop.condition is not None:
        yield from _expression(node, loop.condition, names, ("循环条件", "loopCondition"))


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MOST_ROUNDS


def _constant(
    node: Node, text: str, names: Names, wanted: Callable[[object], bool], field: tuple[str, str]
) -> Iterator[Finding]:
    """An expression; where it speaks of nothing, its value is known now and must be sensible."""
    expression, findings = _compiled(node, text, names, field)
    yield from findings
    if expression is None or expression.references:
        return
    try:
        fine = wanted(expression.evaluate({}))
    except ExpressionFailed:
        fine = False
    if not fine:
        yield _wrong(node, f"{field[0]}“{text}”不对", f"its {field[1]} “{text}” is none, or goes to nobody")


def _is_number(value: object) -> bool:
    return type(value) is int and 1 <= value <= MOST_INSTANCES


def _is_list(value: object) -> bool:
    return isinstance(value, list) and 1 <= len(value) <= MOST_INSTANCES


def _wrong(node: Node, reason_zh: str, reason_en: str) -> Finding:
    return LOOP.at(node, reason_zh=reason_zh, reason_en=reason_en)
