"""What is written in a diagram: conditions, timer texts, loop settings. All of it is checked before it may run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from engine.bpmn.expression_kinds import ANYTHING, DECISION, LIST, NUMBER, TEXT, Kinds
from engine.bpmn.expressions import (
    Expression,
    ExpressionError,
    ExpressionFailed,
    Names,
    check_kinds,
    compile_expression,
)
from engine.bpmn.model import EventDefinition, Finding, Flow, Loop, Node
from engine.bpmn.rules.rule import ERROR, Place, Rule
from engine.bpmn.rules.subject import Subject
from engine.bpmn.timers import cycle, is_limit, parse_timer
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
    "时长写 P3D、PT1H、P1M；时刻写 2026-03-01T09:00；周期写 R3/P1D；或写 ${{表达式}}",
    "Write a duration as P3D, PT1H or P1M, a date as 2026-03-01T09:00, a cycle as R3/P1D, or ${{an expression}}",
)
TIMER_RANGE = Rule(
    "timer-out-of-range",
    ERROR,
    "定时事件{what}的时间“{text}”超出允许的范围",
    "The time “{text}” of timer {what} is out of range",
    "时长须为 1 秒至 100 年，时刻须在 2000 年至 9000 年之间",
    "A duration lasts from 1 second to 100 years; a date lies in the years 2000 to 9000",
)
LOOP = Rule(
    "loop-invalid",
    ERROR,
    "{what}的循环设置有误：{reason_zh}",
    "The loop of {what} is wrong: {reason_en}",
    "循环：最多次数 1 至 1000 或条件；多实例：数量 1 至 100，或列表（ow:collection of=“…”），二者选一",
    "A loop: loopMaximum 1 to 1000 or a condition; multi-instance: a number 1 to 100 or a list (ow:collection of=“…”)",
)
RULES = (EXPRESSION, TIMER, TIMER_RANGE, LOOP)

MOST_INSTANCES = 100
MOST_ROUNDS = 1000
MOST_YEARS = 100  #: of a timer's duration
FIRST_YEAR, LAST_YEAR = 2000, 9000  #: of a timer's date
_START = datetime(2026, 1, 31, tzinfo=CST)  #: any instant will do to see whether a text can be read


def check(subject: Subject) -> Iterator[Finding]:
    """Compile every expression of the diagram and judge every literal, where the diagram is of a bearable size."""
    if not subject.bearable:
        return
    for flow in subject.flows():
        if flow.condition:
            names = subject.names.get(flow.scope, Names())
            yield from _condition(flow, flow.condition, names, ("条件", "condition"))
    for node in subject.nodes():
        names = subject.names.get(node.scope, Names())
        for event in node.events:
            if event.kind == "timer" and node.tag != "startEvent":
                yield from _timer(node, event, names)
        if node.loop is not None:
            yield from _loop(node, node.loop, names)


def written(subject: Subject) -> Iterator[tuple[Flow | Node, str, Names]]:
    """Every text of the diagram that is an expression, where it stands and what it may speak of."""
    for flow in subject.flows():
        if flow.condition:
            yield flow, flow.condition, subject.names.get(flow.scope, Names())
    for node in subject.nodes():
        timers = [event.expression or "" for event in node.events if event.kind == "timer"]
        loop = (node.loop.condition, node.loop.cardinality, node.loop.collection) if node.loop else ()
        for text in (*filter(is_expression, timers), *filter(None, loop)):
            yield node, text, subject.names[node.scope]


def is_expression(text: str) -> bool:
    """Whether a timer's text is to be computed, not read as it stands."""
    return text.startswith(("${", "#{"))


def is_duration(text: str) -> bool:
    """Whether a text is a duration that a timer may wait."""
    moment = _moment(text, "duration")
    return moment is not None and _sensible(moment, "duration")


def _condition(place: Place, text: str, names: Names, field: tuple[str, str]) -> Iterator[Finding]:
    """An expression that decides: computed once here where it speaks of nothing."""
    expression, findings = _compiled(place, text, names, field, DECISION)
    yield from findings
    if expression is not None and not expression.references and _value(expression) is _FAILS:
        zh, en = "它总是无法计算，请改写", "it can never be computed: write another"
        yield EXPRESSION.at(place, field=field[0], field_en=field[1], text=text, position=1, reason_zh=zh, reason_en=en)


_FAILS = object()


def _value(expression: Expression) -> object:
    try:
        return expression.evaluate({})
    except ExpressionFailed:
        return _FAILS


def _compiled(
    place: Place, text: str, names: Names, field: tuple[str, str], wanted: Kinds = ANYTHING
) -> tuple[Expression | None, list[Finding]]:
    try:
        expression = compile_expression(text, names)
        check_kinds(text, wanted)
        return expression, []
    except ExpressionError as error:
        shown = {key: error.params[key] for key in ("position", "reason_zh", "reason_en")}
        return None, [EXPRESSION.at(place, field=field[0], field_en=field[1], text=text, **shown)]


def _timer(node: Node, event: EventDefinition, names: Names) -> Iterator[Finding]:
    text, kind = event.expression or "", event.timer_kind
    if is_expression(text) and kind != "cycle":
        expression, findings = _compiled(node, text, names, ("时间", "time"), frozenset({TEXT}))
        yield from findings
        if expression is None or expression.references:
            return
        text = str(_value(expression))  # what speaks of nothing is known now
    period = text
    if kind == "cycle":
        try:
            kind, period = "duration", cycle(text)[1]
        except ValueError:
            yield TIMER.at(node, text=text)
            return
    moment = _moment(period, kind)
    if moment is None and not (kind == "date" and _is_date(period)):
        yield TIMER.at(node, text=text)
    elif moment is None or not _sensible(moment, kind):
        yield TIMER_RANGE.at(node, text=text)


def _moment(text: str, kind: str | None) -> datetime | None:
    """What a literal time means, None when it can't be read or is of the other kind."""
    is_duration = text.strip("'\" ").upper().startswith("P") or is_limit(text)
    if kind is None or is_duration != (kind == "duration"):
        return None
    try:
        return parse_timer(text, _START)
    except ValueError:
        return None


def _is_date(text: str) -> bool:
    """Whether a text is a date, if one so far away that the engine does not take it."""
    try:
        datetime.fromisoformat(text.strip("'\" "))
    except ValueError:
        return False
    return True


def _sensible(moment: datetime, kind: str | None) -> bool:
    """Within what the engine takes, with room to spare; what takes no time at all is no wait."""
    if kind == "duration":
        return _START + timedelta(seconds=1) <= moment <= _START.replace(year=_START.year + MOST_YEARS)
    return FIRST_YEAR <= moment.astimezone(CST).year <= LAST_YEAR


def _loop(node: Node, loop: Loop, names: Names) -> Iterator[Finding]:
    if loop.kind == "standard":
        yield from _rounds(node, loop, names)
        return
    if (loop.cardinality is None) == (loop.collection is None):
        given = loop.cardinality is not None
        yield _wrong(
            node,
            "数量和列表只能写一个" if given else "没有写数量或列表",
            "it has both a number and a list" if given else "it has neither a number nor a list",
        )
    if loop.cardinality is not None:
        yield from _constant(node, loop.cardinality, names, (NUMBER, _is_number), ("数量", "loopCardinality"))
    if loop.collection is not None:
        yield from _constant(node, loop.collection, names, (LIST, _is_list), ("列表", "collection"))


def _rounds(node: Node, loop: Loop, names: Names) -> Iterator[Finding]:
    if loop.maximum is None and loop.condition is None:
        yield _wrong(node, "没有写最多次数或条件", "it has neither a loopMaximum nor a loopCondition")
    if loop.maximum is not None and not _is_count(loop.maximum):
        yield _wrong(node, f"最多次数“{loop.maximum}”不对", f"its loopMaximum “{loop.maximum}” is none")
    if loop.condition is not None:
        yield from _condition(node, loop.condition, names, ("循环条件", "loopCondition"))


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MOST_ROUNDS


def _constant(
    node: Node, text: str, names: Names, wanted: tuple[str, Callable[[object], bool]], field: tuple[str, str]
) -> Iterator[Finding]:
    """An expression; where it speaks of nothing, its value is known now and must be sensible."""
    try:
        known = not compile_expression(text, names).references
    except ExpressionError:
        known = False
    expression, findings = _compiled(node, text, names, field, ANYTHING if known else frozenset({wanted[0]}))
    yield from findings
    if expression is not None and known and not wanted[1](_value(expression)):
        yield _wrong(node, f"{field[0]}“{text}”不对", f"its {field[1]} “{text}” is none, or goes to nobody")


def _is_number(value: object) -> bool:
    return type(value) is int and 1 <= value <= MOST_INSTANCES


def _is_list(value: object) -> bool:
    return isinstance(value, list) and 1 <= len(value) <= MOST_INSTANCES


def _wrong(node: Node, reason_zh: str, reason_en: str) -> Finding:
    return LOOP.at(node, reason_zh=reason_zh, reason_en=reason_en)
