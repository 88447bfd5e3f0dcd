"""What kinds of value an expression can give, told without a case: one that can never be computed is found before it runs.

`outcome` is a text, `case.round` a number, a comparison is true or false; a field of the form may be anything. Where no kind
that a part can have is one that the operator around it takes, that part fails whatever the facts are.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import NoReturn

from engine.bpmn.expression_values import Sentence

Kinds = frozenset[str]
Refuse = Callable[[ast.expr, Sentence], NoReturn]

NULL, BOOLEAN, NUMBER, TEXT, LIST, OBJECT = "null", "boolean", "number", "text", "list", "object"
ANYTHING: Kinds = frozenset({NULL, BOOLEAN, NUMBER, TEXT, LIST, OBJECT})
DECISION: Kinds = frozenset({NULL, BOOLEAN})
_NUMBERS: Kinds = frozenset({NUMBER})
_TEXTS: Kinds = frozenset({TEXT})
_TRUTH: Kinds = frozenset({BOOLEAN})

#: Null aside, which each of them may be as well, and which never is what is meant.
_CASE: Mapping[str, Kinds] = {
    **dict.fromkeys(("number", "item", "region", "channel", "state", "received_on", "accepted_on"), _TEXTS),
    "round": _NUMBERS,
    "outcomes": _TEXTS,
    "votes": _TEXTS,
    "all_outcomes": frozenset({LIST}),
}
_ROOTS: Mapping[str, Kinds] = {"outcome": _TEXTS, "index": _NUMBERS}
_CALLS: Mapping[str, Kinds] = {
    **dict.fromkeys(("len", "sum", "abs", "round"), _NUMBERS),
    **dict.fromkeys(("any", "all", "contains", "starts_with"), _TRUTH),
    **dict.fromkeys(("min", "max"), frozenset({NUMBER, TEXT})),
    "lower": _TEXTS,
}
#: What the functions take as their first argument, where that is told by its kind.
_TAKEN: Mapping[str, Kinds] = {
    "len": frozenset({TEXT, LIST, OBJECT}),
    **dict.fromkeys(("sum", "any", "all"), frozenset({LIST})),
    **dict.fromkeys(("abs", "round"), _NUMBERS),
    **dict.fromkeys(("lower", "starts_with"), frozenset({NULL, TEXT})),
    "contains": ANYTHING - {BOOLEAN, NUMBER},
}
_WORDS: Mapping[str, Sentence] = {
    NULL: ("空值", "null"),
    BOOLEAN: ("是否", "true or false"),
    NUMBER: ("数字", "a number"),
    TEXT: ("文本", "a text"),
    LIST: ("列表", "a list"),
    OBJECT: ("对象", "an object"),
}


def kinds_of(node: ast.expr, refuse: Refuse) -> Kinds:
    """The kinds that the value of a checked tree can have; calls `refuse` for a part that always fails."""
    return _Reader(refuse).read(node)


def need(node: ast.expr, found: Kinds, wanted: Kinds, refuse: Refuse) -> None:
    """Refuse a part none of whose kinds is wanted where it stands."""
    if found & wanted:
        return
    said = [_WORDS[kind] for kind in sorted(found)]
    zh, en = "或".join(each[0] for each in said), " or ".join(each[1] for each in said)
    if wanted == DECISION:
        refuse(
            node, (f"这里总是{zh}，不能作为条件，请用 == 比较", f"it is always {en}, no decision: compare it with ==")
        )
    refuse(node, (f"这里总是{zh}，无法计算", f"it is always {en}, which can't be used there"))


class _Reader:
    def __init__(self, refuse: Refuse) -> None:
        self.refuse = refuse

    def read(self, node: ast.expr) -> Kinds:
        if isinstance(node, ast.Constant):
            return _constant(node.value)
        if isinstance(node, ast.BoolOp):
            return self._decisions(*node.values)
        if isinstance(node, ast.UnaryOp):
            if isinstance(node.op, (ast.Not, ast.Invert)):
                return self._decisions(node.operand)
            need(node.operand, self.read(node.operand), _NUMBERS, self.refuse)
            return _NUMBERS
        if isinstance(node, ast.BinOp):
            return self._binary(node)
        if isinstance(node, ast.Compare):
            return self._compare(node)
        if isinstance(node, ast.IfExp):
            self._decisions(node.test)
            return self.read(node.body) | self.read(node.orelse)
        if isinstance(node, (ast.List, ast.Tuple)):
            for element in node.elts:
                self.read(element)
            return frozenset({LIST})
        return self._call(node) if isinstance(node, ast.Call) else self._path(node)

    def _decisions(self, *parts: ast.expr) -> Kinds:
        for part in parts:
            need(part, self.read(part), DECISION, self.refuse)
        return _TRUTH

    def _binary(self, node: ast.BinOp) -> Kinds:
        left, right = self.read(node.left), self.read(node.right)
        both = frozenset({NUMBER, TEXT}) if isinstance(node.op, ast.Add) else _NUMBERS
        need(node.left, left, both, self.refuse)
        need(node.right, right, both & left, self.refuse)
        return both & left & right

    def _compare(self, node: ast.Compare) -> Kinds:
        left, place = self.read(node.left), node.left
        for op, part in zip(node.ops, node.comparators, strict=True):
            right = self.read(part)
            if isinstance(op, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)):
                need(place, left, frozenset({NUMBER, TEXT}), self.refuse)
                need(part, right, left & {NUMBER, TEXT}, self.refuse)
            elif isinstance(op, (ast.In, ast.NotIn)):
                need(part, right, _TAKEN["contains"], self.refuse)
                if right == _TEXTS:
                    need(place, left, _TEXTS, self.refuse)
            left, place = right, part
        return _TRUTH

    def _call(self, node: ast.Call) -> Kinds:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        found = [self.read(argument) for argument in node.args]
        if name in _TAKEN and node.args:
            need(node.args[0], found[0], _TAKEN[name], self.refuse)
        return _CALLS.get(name, ANYTHING)

    def _path(self, node: ast.expr) -> Kinds:
        keys: list[str] = []
        while isinstance(node, (ast.Attribute, ast.Subscript)):
            key = node.slice.value if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) else ""
            keys.insert(0, node.attr if isinstance(node, ast.Attribute) else str(key))
            node = node.value
        if not isinstance(node, ast.Name):
            return ANYTHING
        if node.id in _LITERALS:
            return ANYTHING if keys else _LITERALS[node.id]
        if node.id == "case" and keys:
            return _CASE.get(keys[0], ANYTHING)
        return ANYTHING if keys else _ROOTS.get(node.id, ANYTHING)


_LITERALS: Mapping[str, Kinds] = {"true": _TRUTH, "false": _TRUTH, "null": frozenset({NULL})}


def _constant(value: object) -> Kinds:
    if value is None:
        return frozenset({NULL})
    if isinstance(value, bool):
        return _TRUTH
    return _TEXTS if isinstance(value, str) else _NUMBERS
