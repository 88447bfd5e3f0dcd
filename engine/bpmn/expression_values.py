"""What the language of conditions computes with: JSON values, and operators that can neither hang nor overflow.

Values are null, booleans, numbers, text, lists and objects (dates are ISO text). Every operator checks its operands and
the size of its result, and says in two languages why it can't go on (`Failure`); `expressions.py` says for which
expression.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

MAX_TEXT = 10_000  #: of a text that `+` makes
MAX_NUMBER = 10**30

Sentence = tuple[str, str]  #: the same words in Chinese and in English


class Failure(Exception):
    """Something in a closure can't be computed; `Expression.evaluate` says it with the expression's text."""

    def __init__(self, reason: Sentence) -> None:
        self.reason = reason


def _kind(value: Any) -> Sentence:
    if value is None:
        return "空值", "null"
    kinds: tuple[tuple[Any, Sentence], ...] = (
        (bool, ("是否", "true or false")),
        ((int, float), ("数字", "a number")),
        (str, ("文本", "text")),
        ((list, tuple), ("列表", "a list")),
        (Mapping, ("对象", "an object")),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), ("未知内容", "something unknown"))


def _wrong(value: Any, zh: str, en: str) -> Failure:
    kind = _kind(value)
    return Failure((f"{kind[0]}{zh}", f"{kind[1]} {en}"))


def not_a_decision(value: Any) -> Sentence:
    kind = _kind(value)
    return f"{kind[0]}不能作为条件，请用 == 比较", f"{kind[1]} is no decision: compare it with =="


def decision(value: Any) -> bool:
    if value is True or value is False or value is None:
        return value is True
    raise Failure(not_a_decision(value))


def member_of(value: Any, key: Any) -> Any:
    if value is None:
        return None
    if isinstance(key, str) and not key.startswith("_") and isinstance(value, Mapping):
        return value.get(key)
    if type(key) is int and isinstance(value, (list, tuple)):
        return value[key] if -len(value) <= key < len(value) else None
    raise _wrong(value, "没有这样的下级内容", "has no such member")


def number(value: Any) -> int | float:
    if type(value) is not int and type(value) is not float:
        raise _wrong(value, "不能参与数字运算", "can't be calculated with")
    if not abs(value) <= MAX_NUMBER:  # also refuses what is not a number at all
        raise Failure(("数字过大", "a number is too big"))
    return value


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str):
        if len(left) + len(right) > MAX_TEXT:
            raise Failure(("文本过长", "a text gets too long"))
        return left + right
    return number(number(left) + number(right))


def _divide(left: Any, right: Any) -> float:
    return number(number(left) / _divisor(right))


def _divisor(value: Any) -> int | float:
    if number(value) == 0:
        raise Failure(("除数为零", "it divides by zero"))
    return number(value)


ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: _add,
    ast.Sub: lambda a, b: number(number(a) - number(b)),
    ast.Mult: lambda a, b: number(number(a) * number(b)),
    ast.Div: _divide,
    ast.Mod: lambda a, b: number(number(a) % _divisor(b)),
}


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    return bool(left == right)


def _ordered(left: Any, right: Any) -> tuple[Any, Any]:
    """The two, when they can be put in order: numbers, or texts (dates are ISO text)."""
    if isinstance(left, str) and isinstance(right, str):
        return left, right
    for value, other in ((left, right), (right, left)):
        if value is None or isinstance(other, str):
            raise _wrong(value, "不能比较大小", "can't be put in order with the other value")
    return number(left), number(right)


def _compare_by(work: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda a, b: work(*_ordered(a, b))


def _contains(collection: Any, wanted: Any) -> bool:
    if collection is None:
        return False
    if isinstance(collection, str):
        if not isinstance(wanted, str):
            raise _wrong(wanted, "不会出现在文本中", "can't be part of a text")
        return wanted in collection
    if isinstance(collection, Mapping):
        return isinstance(wanted, str) and wanted in collection
    return any(_equal(element, wanted) for element in _list(collection))


def chained(value: Any, steps: Iterable[tuple[Callable[[Any, Any], bool], Any]]) -> bool:
    for work, following in steps:
        if not work(value, following):
            return False
        value = following
    return True


COMPARISON: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: _equal,
    ast.NotEq: lambda a, b: not _equal(a, b),
    ast.Lt: _compare_by(lambda a, b: bool(a < b)),
    ast.LtE: _compare_by(lambda a, b: bool(a <= b)),
    ast.Gt: _compare_by(lambda a, b: bool(a > b)),
    ast.GtE: _compare_by(lambda a, b: bool(a >= b)),
    ast.In: lambda a, b: _contains(b, a),
    ast.NotIn: lambda a, b: not _contains(b, a),
}


def _list(value: Any) -> list[Any] | tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise _wrong(value, "不是列表", "is not a list")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(value, "不是文本", "is not text")
    return value


def _length(value: Any) -> int:
    if not isinstance(value, (str, list, tuple, Mapping)):
        raise _wrong(value, "没有长度", "has no length")
    return len(value)


def _extreme(wanted: Callable[[Any, Any], bool]) -> Callable[..., Any]:
    def work(*values: Any) -> Any:
        candidates = _list(values[0]) if len(values) == 1 else values
        if not candidates:
            raise Failure(("列表为空，没有最大或最小值", "an empty list has no greatest or least value"))
        best = _ordered(candidates[0], candidates[0])[0]
        for value in candidates[1:]:
            best = value if wanted(*_ordered(value, best)) else best
        return best

    return work


def _total(values: Any) -> Any:
    return number(math.fsum(map(number, _list(values)))) if _has_float(values) else number(sum(map(number, values)))


def _has_float(values: Any) -> bool:
    return any(isinstance(value, float) for value in _list(values))


def _round(value: Any, digits: Any = 0) -> Any:
    if type(digits) is not int or not 0 <= digits <= 10:
        raise _wrong(digits, "不能作为小数位数，请用 0 至 10", "is no number of decimals: use 0 to 10")
    return round(number(value), digits) if digits else round(number(value))


#: Each function with the least and the most arguments it takes.
FUNCTIONS: Mapping[str, tuple[Callable[..., Any], int, int]] = {
    "len": (_length, 1, 1),
    "min": (_extreme(lambda a, b: bool(a < b)), 1, 20),
    "max": (_extreme(lambda a, b: bool(a > b)), 1, 20),
    "sum": (_total, 1, 1),
    "abs": (lambda value: abs(number(value)), 1, 1),
    "round": (_round, 1, 2),
    "any": (lambda values: any(decision(value) for value in _list(values)), 1, 1),
    "all": (lambda values: all(decision(value) for value in _list(values)), 1, 1),
    "lower": (lambda value: None if value is None else _text(value).lower(), 1, 1),
    "contains": (_contains, 2, 2),
    "starts_with": (lambda value, start: value is not None and _text(value).startswith(_text(start)), 2, 2),
}
