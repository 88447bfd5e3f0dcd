"""The language of conditions: small, checked when a diagram is deployed, and unable to do harm.

A condition is text from an uploaded file, so it is never handed to `eval`. It is cut into tokens (what is no token is
refused where it stands), parsed with `ast` for its grammar only, checked node by node against a short allow-list, and
turned into a tree of closures over plain JSON values (`expression_values.py`).

Two choices are meant to be strict. What is joined by and/or/not, or decides a branch, must be true, false or null: the
text "false" never passes as true. And a missing member is null, but null is never less or greater than anything: an
approval must not go one way because a number was left out.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NoReturn

from engine.bpmn.expression_kinds import Kinds, kinds_of, need
from engine.bpmn.expression_values import (
    ARITHMETIC,
    COMPARISON,
    FUNCTIONS,
    MAX_NUMBER,
    Failure,
    Sentence,
    chained,
    decision,
    member_of,
    not_a_decision,
    number,
)
from engine.errors import ApprovalError

MAX_LENGTH = 2000
MAX_NODES = 200
MAX_DEPTH = 60

#: What `case` has, and what each is (zh, en). The list is closed, so a misspelt member is found at deployment.
CASE_MEMBERS: Mapping[str, tuple[str, str]] = {
    "number": ("办件编号", "the case number"),
    "item": ("事项编码", "the code of the service item"),
    "region": ("区划代码", "the region's code"),
    "channel": ("申请渠道", "the channel it came by (online, window, agent)"),
    "regime": (
        "先信方式：post-verification、commitment、tolerance，普通方式为 ordinary",
        "the way of trust first: post-verification, commitment or tolerance; ordinary when there is none",
    ),
    "state": ("办件状态", "the state of the case"),
    "received_on": ("收件日期，如 2026-03-01", "the day it was received, as ISO text"),
    "accepted_on": ("受理日期，未受理时为空", "the day it was accepted, as ISO text, null before"),
    "round": ("第几轮办理", "how often the case has come round, from 1"),
    "outcomes": ("各环节最近一次的办理结果", "the latest outcome of each task, by its id: case.outcomes.<task id>"),
    "all_outcomes": (
        "各环节最近一轮全部实例的办理结果（列表），多实例环节用它",
        "the outcomes of all instances of each task's latest visit, a list, [] when there is none:"
        " contains(case.all_outcomes.<task id>, 'faults'); for multi-instance tasks",
    ),
    "votes": (
        "各表决环节（ow:vote）最近一次表决的结果：passed（通过）、rejected（不通过），未表决完为空文本",
        "the result of the latest vote of each task with ow:vote: passed, rejected, or empty text as long as it is open:"
        " case.votes.<task id> == 'passed'",
    ),
}
#: The members of `case` that are asked by the id of a task of the diagram.
BY_TASK = frozenset({"outcomes", "all_outcomes", "votes"})
#: The names a condition may begin with, and what each is (zh, en).
ROOTS: Mapping[str, tuple[str, str]] = {
    "outcome": ("上一环节的办理结果", "the outcome of the task just before"),
    "form": ("申请表单的字段", "the fields of the form"),
    "case": ("办件", "the case"),
    "applicant": ("申请人", "the applicant"),
    "item": ("多实例中的当前一项", "the current item, inside a multi-instance activity"),
    "index": ("多实例中的序号，从 0 起", "its position from 0, inside a multi-instance activity"),
}
MULTI_INSTANCE_ROOTS = frozenset({"item", "index"})

Evaluator = Callable[[Mapping[str, Any]], Any]


class ExpressionError(ApprovalError):
    """The text is not an expression of this language. `position` counts characters of the text from 1."""

    code = "expression-invalid"
    status = 422
    zh = "表达式“{expression}”第 {position} 个字符处有误：{reason_zh}。"
    en = "The expression “{expression}” is wrong at character {position}: {reason_en}."


class ExpressionFailed(ApprovalError):
    """A checked expression met values that it can't be computed with."""

    code = "expression-failed"
    status = 422
    zh = "表达式“{expression}”无法计算：{reason_zh}。请核对有关内容是否已填写；如流程图有误，请修改后重新发布。"
    en = "The expression “{expression}” can't be computed: {reason_en}. Check what was filled in, or mend the diagram."


@dataclass(frozen=True, slots=True)
class Names:
    """What an expression may speak of: the ids of the diagram's tasks, and whether it stands in a multi-instance."""

    outcome_nodes: frozenset[str] = frozenset()
    in_loop: bool = False


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression. `env` maps each root name (`outcome`, `form`, …) to its JSON value."""

    text: str
    references: frozenset[str]
    _run: Evaluator = field(repr=False, compare=False)

    def evaluate(self, env: Mapping[str, Any]) -> Any:
        """The value.

        Raises:
            ExpressionFailed: whatever goes wrong, and nothing else.
        """
        try:
            return self._run(env)
        except Failure as failure:
            raise self._failed(failure.reason) from None
        except Exception as error:  # odd values must end as a failed condition, whatever Python calls it
            raise self._failed(("内容无法用于计算", f"the values can't be used ({type(error).__name__})")) from error

    def evaluate_bool(self, env: Mapping[str, Any]) -> bool:
        """The value as a decision: true, or false (null counts as false).

        Raises:
            ExpressionFailed: also when the value is neither true, false nor null.
        """
        value = self.evaluate(env)
        if value is None or isinstance(value, bool):
            return bool(value)
        raise self._failed(not_a_decision(value))

    def _failed(self, reason: Sentence) -> ExpressionFailed:
        return ExpressionFailed(expression=_short(self.text), reason_zh=reason[0], reason_en=reason[1])


def compile_expression(text: str, names: Names) -> Expression:
    """Check `text` and make it ready to run; `${…}`, `#{…}` and a leading `=`, as other tools write, are taken off.

    Raises:
        ExpressionError: it is empty, too long, not of the language, or speaks of a name that is not known.
    """
    source = _Source.of(text)
    builder = _Builder(source, names)
    run = builder.build(_checked(source))
    return Expression(text.strip(), frozenset(builder.references), run)


def references(expression: Expression) -> frozenset[str]:
    """The dotted paths an expression reads, such as `form.area` and `case.outcomes.check`."""
    return expression.references


def check_kinds(text: str, wanted: Kinds) -> None:
    """See that an expression that compiles can be computed at all, and to a kind that is `wanted`.

    Raises:
        ExpressionError: a part of it fails whatever the facts are, or it gives something else.
    """
    source = _Source.of(text)
    tree = _checked(source)

    def refuse(node: ast.expr, reason: Sentence) -> NoReturn:
        source.refuse(node.col_offset, reason)

    need(tree, kinds_of(tree, refuse), wanted, refuse)


def syntax(text: str) -> ast.expr:
    """The tree of an expression, in Python's grammar: for reading, not for running.

    Raises:
        ExpressionError: it is empty, too long, or not of the grammar.
    """
    return _checked(_Source.of(text))


# --- from text to a checked tree ------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<text>'(?:[^'\\\n\0]|\\['"\\nt])*'|"(?:[^"\\\n\0]|\\['"\\nt])*")
    |(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.]))
    |(?P<name>[^\W\d]\w*)
    |(?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%<>!()\[\],.])""",
    re.VERBOSE,
)
#: `!` binds as tightly as Python's `~`, which is no token of ours: it stands in for it.
_AS_PYTHON = {"&&": "and", "||": "or", "!": "~"}


@dataclass(frozen=True, slots=True)
class _Source:
    """The tokens as one line of Python, and where each came from."""

    text: str
    python: str
    starts: tuple[int, ...]  #: where each token starts in `python`, in UTF-8 bytes as `ast` counts
    origins: tuple[int, ...]  #: where it started in `text`

    @classmethod
    def of(cls, text: str) -> _Source:
        if len(text) > MAX_LENGTH:
            _refuse(
                text,
                MAX_LENGTH,
                (f"超过 {MAX_LENGTH} 个字符，请缩短", f"more than {MAX_LENGTH} characters: shorten it"),
            )
        tokens = list(_tokens(text))
        if not tokens:
            _refuse(text, 0, ("内容为空，请填写条件", "it is empty: write a condition"))
        starts, at = [], 0
        for piece, _ in tokens:
            starts.append(at)
            at += len(piece.encode()) + 1
        return cls(text, " ".join(piece for piece, _ in tokens), tuple(starts), tuple(origin for _, origin in tokens))

    def refuse(self, column: int, reason: Sentence) -> NoReturn:
        """Raise ExpressionError at a column of `python`."""
        _refuse(self.text, self.origins[max(0, bisect_right(self.starts, column) - 1)], reason)


def _refuse(text: str, at: int, reason: Sentence) -> NoReturn:
    raise ExpressionError(expression=_short(text), position=at + 1, reason_zh=reason[0], reason_en=reason[1])


def _short(text: str) -> str:
    """The text as a message may show it."""
    plain = " ".join(text.split()).encode("utf-8", "replace").decode()
    return plain if len(plain) <= 120 else plain[:119] + "…"


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    at, end = _inside(text)
    before = None
    while at < end:
        found = _TOKEN.match(text, at, end)
        if not found:
            _refuse(text, at, ("这里不是允许的写法，请删除或改写", "this can't stand here: delete or rewrite it"))
        piece = found.group()
        if not piece.isascii() and any("\ud800" <= c <= "\udfff" for c in piece):
            _refuse(text, at, ("含有无效字符，请重新输入", "it holds a character that is none: type it again"))
        if found.lastgroup == before == "text":
            _refuse(text, at, ("两段文本之间缺少运算符", "an operator is missing between two texts"))
        if found.lastgroup != "space":
            before = found.lastgroup
            yield _AS_PYTHON.get(piece, piece), at
        at = found.end()


def _inside(text: str) -> tuple[int, int]:
    """Where the expression itself starts and ends, without the wrapping of other tools."""
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    if text[start : start + 2] in ("${", "#{") and text[end - 1] == "}":
        return start + 2, end - 1
    wrapped = text[start:end].startswith("=") and not text[start:end].startswith("==")
    return start + wrapped, end


def _parsed(python: str) -> ast.expr:
    """The tree of an expression.

    Some releases of CPython count the depth of all threads' trees in one place, and end in a SystemError when two are made
    at once (python/cpython#106905, seen on 3.11.7): again, then. A lock would stay shut in a child that is forked meanwhile.
    """
    for _ in range(_MOST_TRIES):
        try:
            return ast.parse(python, mode="eval").body
        except SystemError:
            continue
    raise MemoryError


def _checked(source: _Source) -> ast.expr:
    try:
        tree = _parsed(source.python)
    except SyntaxError as error:
        column = len(source.python[: max(0, (error.offset or 1) - 1)].encode())
        source.refuse(
            column, ("语法不对，请核对括号、引号和运算符", "the syntax is wrong: check brackets and operators")
        )
    except (ValueError, RecursionError, MemoryError):
        source.refuse(0, _TOO_COMPLEX)
    _check_size(tree, source)
    return tree


_MOST_TRIES = 100
_TOO_COMPLEX = ("表达式过于复杂，请拆成几个网关", "it is too complex: split it over several gateways")


def _check_size(tree: ast.expr, source: _Source) -> None:
    count, todo = 0, [(tree, 1)]
    while todo:
        node, depth = todo.pop()
        count += 1
        if count > MAX_NODES or depth > MAX_DEPTH:
            source.refuse(node.col_offset, _TOO_COMPLEX)
        todo += [(child, depth + 1) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]


# --- from a checked tree to closures --------------------------------------------------------------------------------


class _Builder:
    """Makes closures of an allow-list of nodes; gathers the paths that are read."""

    def __init__(self, source: _Source, names: Names) -> None:
        self.source = source
        self.names = names
        self.references: set[str] = set()

    def build(self, node: ast.expr) -> Evaluator:
        make = self._makers.get(type(node))
        if make is None:
            self.refuse(node, ("不支持这种写法", f"{type(node).__name__} is not part of the language"))
        return make(self, node)

    def refuse(self, node: ast.expr, reason: Sentence) -> NoReturn:
        self.source.refuse(node.col_offset, reason)

    def _constant(self, node: ast.Constant) -> Evaluator:
        value = node.value
        if not (value is None or isinstance(value, (str, bool, int, float))):
            self.refuse(node, ("不支持这种值", "this kind of value is not part of the language"))
        if isinstance(value, (int, float)) and not abs(value) <= MAX_NUMBER:
            self.refuse(node, ("数字太大", "the number is too big"))
        return lambda _: value

    def _name(self, node: ast.Name) -> Evaluator:
        literals = {"true": True, "false": False, "null": None}
        if node.id in literals:
            value = literals[node.id]
            return lambda _: value
        return self._path(node, node.id, ())

    def _member(self, node: ast.Attribute | ast.Subscript) -> Evaluator:
        chain = _static_chain(node)
        if chain:
            return self._path(node, chain[0], chain[1])
        target = self.build(node.value)
        if isinstance(node, ast.Attribute):
            name = self._public(node, node.attr)
            return lambda env: member_of(target(env), name)
        key = self.build(node.slice)
        return lambda env: member_of(target(env), key(env))

    def _path(self, node: ast.expr, root: str, keys: tuple[str | int, ...]) -> Evaluator:
        self._check_root(node, root)
        for key in keys:
            self._public(node, key)
        if root == "case":
            self._check_case(node, keys)
        self.references.add(_dotted(root, keys))

        def run(env: Mapping[str, Any]) -> Any:
            if root not in env:
                raise Failure((f"此处没有“{root}”", f"there is no “{root}” here"))
            value = env[root]
            for key in keys:
                value = member_of(value, key)
            return value

        return run

    def _public(self, node: ast.expr, key: Any) -> Any:
        if isinstance(key, str) and key.startswith("_"):
            self.refuse(node, ("名称不能以下划线开头", "names that begin with an underscore are not allowed"))
        return key

    def _check_root(self, node: ast.expr, root: str) -> None:
        if root not in ROOTS:
            known = ", ".join(ROOTS)
            self.refuse(node, (f"没有名称“{root}”，可用：{known}", f"there is no name “{root}”; there are {known}"))
        if root in MULTI_INSTANCE_ROOTS and not self.names.in_loop:
            self.refuse(
                node, (f"“{root}”只能用在多实例活动内", f"“{root}” can only be used inside a multi-instance activity")
            )

    def _check_case(self, node: ast.expr, keys: tuple[str | int, ...]) -> None:
        if not keys or keys[0] not in CASE_MEMBERS:
            known = ", ".join(f"case.{member}" for member in CASE_MEMBERS)
            self.refuse(node, (f"办件只有这些内容：{known}", f"of the case there are {known}"))
        if keys[0] in BY_TASK and (len(keys) < 2 or keys[1] not in self.names.outcome_nodes):
            wanted = (
                f"请写 case.{keys[0]}.<环节编号>，且该环节须在图中",
                f"write case.{keys[0]}.<id of a task of this diagram>",
            )
            self.refuse(node, wanted)
        if len(keys) > (2 if keys[0] in BY_TASK else 1):
            self.refuse(
                node, (f"“{_dotted('case', keys[:-1])}”没有下级内容", f"“{_dotted('case', keys[:-1])}” has no members")
            )

    def _boolean(self, node: ast.BoolOp) -> Evaluator:
        parts = tuple(self.build(value) for value in node.values)
        if isinstance(node.op, ast.And):
            return lambda env: all(decision(part(env)) for part in parts)
        return lambda env: any(decision(part(env)) for part in parts)

    def _unary(self, node: ast.UnaryOp) -> Evaluator:
        inner = self.build(node.operand)
        if isinstance(node.op, (ast.Not, ast.Invert)):
            return lambda env: not decision(inner(env))
        if isinstance(node.op, ast.USub):
            return lambda env: -number(inner(env))
        return lambda env: number(inner(env))

    def _binary(self, node: ast.BinOp) -> Evaluator:
        work = ARITHMETIC.get(type(node.op))
        if work is None:
            self.refuse(node, ("不支持这个运算符", "this operator is not part of the language"))
        left, right = self.build(node.left), self.build(node.right)
        return lambda env: work(left(env), right(env))

    def _compare(self, node: ast.Compare) -> Evaluator:
        first, steps = self.build(node.left), []
        for op, part in zip(node.ops, node.comparators, strict=True):
            work = COMPARISON.get(type(op))
            if work is None:
                self.refuse(node, ("请用 == 或 != 比较", "compare with == or !="))
            steps.append((work, self.build(part)))
        if len(steps) == 1:
            work, second = steps[0]
            return lambda env: work(first(env), second(env))
        return lambda env: chained(first(env), ((work, part(env)) for work, part in steps))

    def _ternary(self, node: ast.IfExp) -> Evaluator:
        test, yes, no = self.build(node.test), self.build(node.body), self.build(node.orelse)
        return lambda env: yes(env) if decision(test(env)) else no(env)

    def _listing(self, node: ast.List | ast.Tuple) -> Evaluator:
        parts = tuple(self.build(element) for element in node.elts)
        return lambda env: [part(env) for part in parts]

    def _call(self, node: ast.Call) -> Evaluator:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in FUNCTIONS:
            known = ", ".join(FUNCTIONS)
            self.refuse(node, (f"只能调用函数：{known}", f"the functions are {known}"))
        work, least, most = FUNCTIONS[name]
        if node.keywords or not least <= len(node.args) <= most:
            self.refuse(node, (f"函数 {name} 的参数个数不对", f"{name} takes another number of arguments"))
        parts = tuple(self.build(argument) for argument in node.args)
        return lambda env: work(*[part(env) for part in parts])

    _makers: ClassVar[dict[type[ast.expr], Callable[[_Builder, Any], Evaluator]]] = {
        ast.Constant: _constant,
        ast.Name: _name,
        ast.Attribute: _member,
        ast.Subscript: _member,
        ast.BoolOp: _boolean,
        ast.UnaryOp: _unary,
        ast.BinOp: _binary,
        ast.Compare: _compare,
        ast.IfExp: _ternary,
        ast.List: _listing,
        ast.Tuple: _listing,
        ast.Call: _call,
    }


def _static_chain(node: ast.expr) -> tuple[str, tuple[str | int, ...]] | None:
    """`form.a['b'][0]` as ("form", ("a", "b", 0)); None when a key is computed or the root is no name."""
    keys: list[str | int] = []
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Attribute):
            keys.append(node.attr)
        else:
            key = node.slice.value if isinstance(node.slice, ast.Constant) else None
            if not isinstance(key, (str, int)) or isinstance(key, bool):
                return None
            keys.append(key)
        node = node.value
    return (node.id, tuple(reversed(keys))) if isinstance(node, ast.Name) else None


def _dotted(root: str, keys: tuple[str | int, ...]) -> str:
    names = [root]
    for key in keys:
        if not isinstance(key, str):
            break
        names.append(key)
    return ".".join(names)
