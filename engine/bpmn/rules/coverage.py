"""Whether the conditions of a gateway cover every case: tried on every kind of value that they can tell apart.

A path that is compared with constants takes each of them, a value between and beyond, and null; a comparison of two paths is
less, equal or greater; whatever else there is may be true or false. Where for each such combination one condition holds, no
default is needed. A combination on which a condition fails is no case for a default: it never gets that far.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import pairwise, product
from typing import Any

from engine.bpmn.expressions import ExpressionError, syntax

MOST_COMBINATIONS = 5000
_LITERALS = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}
_OTHER = "\0any other text"
_ORDER = {ast.Lt: {-1}, ast.LtE: {-1, 0}, ast.Eq: {0}, ast.NotEq: {-1, 1}, ast.GtE: {0, 1}, ast.Gt: {1}}


class _Fails(Exception):
    """The condition fails on these values."""


def covers(conditions: Iterable[str], known: Mapping[str, Collection[Any]]) -> bool:
    """Whether one of the conditions holds in every case. `known` are the values that a path can have, where they are known."""
    try:
        trees = [syntax(condition) for condition in conditions]
    except ExpressionError:
        return False
    domains: dict[str, set[Any]] = {}
    for tree in trees:
        _gather(tree, domains)
    values = [list(known[path]) if path in known else _samples(path, domains[path]) for path in domains]
    size = 1
    for each in values:
        size *= len(each)
    if size > MOST_COMBINATIONS:
        return False
    return all(_one_holds(trees, dict(zip(domains, chosen, strict=True))) for chosen in product(*values))


def compared(text: str) -> dict[str, set[Any]]:
    """The constants that an expression compares each path with, or looks for in it; none of an expression that is wrong."""
    found: dict[str, set[Any]] = {}
    try:
        tree = syntax(text)
    except ExpressionError:
        return found
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            for path, constants in (_compared(*pair) for pair in _pairs(node)):
                if not path.startswith("\0"):
                    found.setdefault(path, set()).update(constants)
        elif isinstance(node, ast.Call) and _named(node, "contains") and len(node.args) == 2:
            where = _path(node.args[0])
            if where and _is_constant(node.args[1]):
                found.setdefault(where, set()).add(_constant(node.args[1]))
    return found


def _named(call: ast.Call, name: str) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == name


def _one_holds(trees: list[ast.expr], chosen: Mapping[str, Any]) -> bool:
    for tree in trees:
        try:
            if _decide(tree, chosen):
                return True
        except _Fails:
            return True
    return False


def _gather(node: ast.expr, domains: dict[str, set[Any]]) -> None:
    """Every path with the constants that it is compared with; what can't be told apart is a variable of its own."""
    if isinstance(node, ast.BoolOp):
        for value in node.values:
            _gather(value, domains)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.Invert)):
        _gather(node.operand, domains)
    elif _is_constant(node):
        return
    elif isinstance(node, ast.Compare):
        for left, op, right in _pairs(node):
            path, constants = _compared(left, op, right)
            domains.setdefault(path, set()).update(constants)
    else:
        domains.setdefault(_path(node) or _opaque(node), set()).update((True, False))


def _pairs(node: ast.Compare) -> Iterator[tuple[ast.expr, ast.cmpop, ast.expr]]:
    left = node.left
    for op, right in zip(node.ops, node.comparators, strict=True):
        yield left, op, right
        left = right


def _compared(left: ast.expr, op: ast.cmpop, right: ast.expr) -> tuple[str, set[Any]]:
    """The variable that a comparison is about, and the constants that matter to it."""
    if isinstance(op, (ast.In, ast.NotIn)):
        items = right.elts if isinstance(right, (ast.List, ast.Tuple)) else None
        path = _path(left)
        if path and items is not None and all(map(_is_constant, items)):
            return path, {_constant(item) for item in items}
        return _opaque(ast.Compare(left, [ast.In()], [right])), {True, False}
    for one, other in ((left, right), (right, left)):
        path = _path(one)
        if path and _is_constant(other):
            return path, {_constant(other)}
    return f"\0{_dump(left)}\0{_dump(right)}", set()


def _samples(path: str, constants: set[Any]) -> list[Any]:
    if path.startswith("\0"):
        return [-1, 0, 1] if path.count("\0") == 2 else [True, False]
    numbers = sorted(value for value in constants if isinstance(value, (int, float)) and not isinstance(value, bool))
    found: list[Any] = [None, *(value for value in constants if value is not None)]
    if numbers:
        found += [numbers[0] - 1, numbers[-1] + 1]
        found += [(low + high) / 2 for low, high in pairwise(numbers)]
    if any(isinstance(value, str) for value in constants) or constants == {None}:
        found.append(_OTHER)
    if any(isinstance(value, bool) for value in constants):
        found += [True, False]
    return list({(type(value), value): value for value in found}.values())


def _decide(node: ast.expr, chosen: Mapping[str, Any]) -> bool:
    if isinstance(node, ast.BoolOp):
        both = isinstance(node.op, ast.And)
        for value in node.values:
            if _decide(value, chosen) != both:
                return not both
        return both
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.Invert)):
        return not _decide(node.operand, chosen)
    if isinstance(node, ast.Compare):
        return all(_holds(left, op, right, chosen) for left, op, right in _pairs(node))
    value = _constant(node) if _is_constant(node) else chosen[_path(node) or _opaque(node)]
    if value is None or isinstance(value, bool):
        return bool(value)
    raise _Fails


def _holds(left: ast.expr, op: ast.cmpop, right: ast.expr, chosen: Mapping[str, Any]) -> bool:
    if _is_constant(left) and _is_constant(right):
        return _related(_constant(left), op, _constant(right))
    variable, _ = _compared(left, op, right)
    value = chosen[variable]
    if isinstance(op, (ast.In, ast.NotIn)):
        inside = value if variable.startswith("\0") else any(_same(value, _constant(i)) for i in right.elts)  # type: ignore[attr-defined]
        return bool(inside) == isinstance(op, ast.In)
    if variable.startswith("\0"):
        return value in _ORDER[type(op)]
    if _path(left) == variable:
        return _related(value, op, _constant(right))
    return _related(_constant(left), op, value)


def _related(left: Any, op: ast.cmpop, right: Any) -> bool:
    if isinstance(op, ast.Eq):
        return _same(left, right)
    if isinstance(op, ast.NotEq):
        return not _same(left, right)
    numbers = all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in (left, right))
    if not numbers and not (isinstance(left, str) and isinstance(right, str)):
        raise _Fails
    return ((left > right) - (left < right)) in _ORDER[type(op)]


def _same(left: Any, right: Any) -> bool:
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def _is_constant(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return isinstance(node.operand, ast.Constant)
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id in _LITERALS)


def _constant(node: ast.expr) -> Any:
    if isinstance(node, ast.UnaryOp):
        return -node.operand.value  # type: ignore[attr-defined]
    return _LITERALS[node.id] if isinstance(node, ast.Name) else node.value  # type: ignore[attr-defined]


def _path(node: ast.expr) -> str | None:
    """The dotted path of names and members that an expression is, if it is one."""
    parts: list[str] = []
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
        elif isinstance(node.slice, ast.Constant):
            parts.append(str(node.slice.value))
        else:
            return None
        node = node.value
    if not isinstance(node, ast.Name) or node.id in _LITERALS:
        return None
    return ".".join([node.id, *reversed(parts)])


def _opaque(node: ast.expr) -> str:
    return f"\0{_dump(node)}"


def _dump(node: ast.expr) -> str:
    return ast.dump(node).replace("\0", "")
