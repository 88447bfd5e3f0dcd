"""Reads an expression of JUEL, FEEL or Java, from left to right, and writes it in our language."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.bpmn.expressions import ROOTS

MOST_TOKENS = 600
MOST_DEPTH = 40


class NoCounterpart(Exception):
    """Something in another tool's expression that our language has not; `what` is how it is written there."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True, slots=True)
class Local:
    """Names that mean something else where an expression stands: the element variable of a multi-instance, its counter."""

    names: Mapping[str, str] = field(default_factory=dict)


_FEEL_WORDS = (
    "list contains", "string length", "starts with", "ends with", "lower case", "upper case", "date and time",
    "is defined", "instance of", "substring before", "substring after", "round up", "round down", "round half up",
    "years and months duration", "day of week", "month of year", "get value", "get or else", "is empty", "distinct values",
    "index of", "insert before", "string join",
)  # fmt: skip
_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<text>'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\")"
    r"|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    rf"|(?P<name>(?:{'|'.join(words.replace(' ', '[ ]+') for words in _FEEL_WORDS)})(?=\s*\()|[^\W\d]\w*)"
    r"|(?P<sign>&&|\|\||==|!=|<=|>=|\.\.|\*\*|[-+*/%<>=!?:.,()\[\]{}@])"
)

Token = tuple[str, str]


def tokens_of(text: str, dialect: str) -> list[Token]:
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or len(found) > MOST_TOKENS:
            raise NoCounterpart(text[at : at + 20].strip() or text[:20])
        at = match.end()
        kind = match.lastgroup or ""
        if kind == "name" and dialect == "JUEL" and " " in match.group():
            first = match.group().split()[0]
            at = match.start() + len(first)
            found.append((kind, first))
        elif kind != "space":
            found.append((kind, " ".join(match.group().split()) if kind == "name" else match.group()))
    return found


_OR, _AND, _NOT, _COMPARE, _ADD, _TIMES, _SIGN, _ATOM = range(8)
Part = tuple[str, int]  #: a piece of our language, and how tightly it binds

_COMPARISONS = {
    "==": "==", "!=": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">=",
    "eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=",
}  # fmt: skip
_SAME_FUNCTIONS = {
    "contains": "contains", "starts with": "starts_with", "lower case": "lower", "string length": "len", "count": "len",
    "sum": "sum", "min": "min", "max": "max", "abs": "abs", "any": "any", "all": "all", "list contains": "contains",
    "starts_with": "starts_with", "lower": "lower", "len": "len", "round": "round",
}  # fmt: skip
_METHODS: Mapping[str, tuple[int, Callable[[str, list[str]], Part]]] = {
    "equals": (1, lambda of, given: (f"{of} == {given[0]}", _COMPARE)),
    "equalsIgnoreCase": (1, lambda of, given: (f"lower({of}) == lower({given[0]})", _COMPARE)),
    "contains": (1, lambda of, given: (f"contains({of}, {given[0]})", _ATOM)),
    "startsWith": (1, lambda of, given: (f"starts_with({of}, {given[0]})", _ATOM)),
    "size": (0, lambda of, _: (f"len({of})", _ATOM)),
    "length": (0, lambda of, _: (f"len({of})", _ATOM)),
    "isEmpty": (0, lambda of, _: _empty(of)),
    "toLowerCase": (0, lambda of, _: (f"lower({of})", _ATOM)),
    "toString": (0, lambda of, _: (of, _ATOM)),
    "booleanValue": (0, lambda of, _: (of, _ATOM)),
    "intValue": (0, lambda of, _: (of, _ATOM)),
}
_VARIABLE_TESTS = {
    "equals": "==", "eq": "==", "notEquals": "!=", "ne": "!=", "lowerThan": "<", "lt": "<", "lowerThanOrEquals": "<=",
    "lte": "<=", "greaterThan": ">", "gt": ">", "greaterThanOrEquals": ">=", "gte": ">=",
}  # fmt: skip


#: Types that a Java condition casts to, which says nothing of the value.
_CASTS = frozenset({"Integer", "Long", "Double", "Boolean", "String", "boolean"})
#: jBPM's functions for conditions; numbers stand in them as texts.
_KIE: Mapping[str, tuple[int, Callable[[list[str]], Part]]] = {
    "isTrue": (1, lambda given: (f"{given[0]} == true", _COMPARE)),
    "isFalse": (1, lambda given: (f"{given[0]} == false", _COMPARE)),
    "isNull": (1, lambda given: (f"{given[0]} == null", _COMPARE)),
    "equalsTo": (2, lambda given: (f"{given[0]} == {given[1]}", _COMPARE)),
    "contains": (2, lambda given: (f"contains({given[0]}, {given[1]})", _ATOM)),
    "startsWith": (2, lambda given: (f"starts_with({given[0]}, {given[1]})", _ATOM)),
    "greaterThan": (2, lambda given: (f"{given[0]} > {_number(given[1])}", _COMPARE)),
    "greaterOrEqualThan": (2, lambda given: (f"{given[0]} >= {_number(given[1])}", _COMPARE)),
    "lessThan": (2, lambda given: (f"{given[0]} < {_number(given[1])}", _COMPARE)),
    "lessOrEqualThan": (2, lambda given: (f"{given[0]} <= {_number(given[1])}", _COMPARE)),
}


def _number(text: str) -> str:
    inner = text[1:-1]
    return inner if text[:1] in "'\"" and re.fullmatch(r"-?\d+(\.\d+)?", inner) else text


#: What other engines know about themselves.
_OF_THE_ENGINE = frozenset(
    {
        "execution",
        "task",
        "kcontext",
        "nrOfInstances",
        "nrOfActiveInstances",
        "nrOfCompletedInstances",
        "authenticatedUserId",
    }
)


def _empty(of: str) -> Part:
    return f"{of} == null or {of} == '' or {of} == []", _OR


class Parser:
    """One expression, read from left to right; each method gives a piece of our language."""

    def __init__(self, tokens: list[Token], dialect: str, local: Local) -> None:
        self.tokens = tokens
        self.feel = dialect == "FEEL"
        self.java = dialect == "Java"
        self.local = local
        self.at = 0
        self.depth = 0
        self.bare: list[str] = []

    def whole(self) -> str:
        made = self.expression()
        if self.at < len(self.tokens):
            raise NoCounterpart(self.tokens[self.at][1])
        return made[0]

    # -- tokens

    def peek(self, ahead: int = 0) -> Token:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ("", "")

    def take(self, *words: str) -> str:
        """The next token when it is one of the words (no text), else empty."""
        kind, word = self.peek()
        if kind == "text" or not word or word not in words:
            return ""
        self.at += 1
        return word

    def need(self, word: str) -> None:
        if not self.take(word):
            raise NoCounterpart(self.peek()[1] or word)

    # -- from loose to tight

    def expression(self) -> Part:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise NoCounterpart("(((…")
        try:
            return self._choice()
        finally:
            self.depth -= 1

    def _choice(self) -> Part:
        if self.feel and self.take("if"):
            test = self.expression()
            self.need("then")
            yes = self.expression()
            self.need("else")
            return _ternary(test, yes, self.expression())
        test = self._or()
        if not self.feel and self.take("?"):
            yes = self.expression()
            self.need(":")
            return _ternary(test, yes, self.expression())
        return test

    def _or(self) -> Part:
        parts = [self._and()]
        while self.take("||", "or"):
            parts.append(self._and())
        return _joined(parts, " or ", _OR)

    def _and(self) -> Part:
        parts = [self._comparison()]
        while self.take("&&", "and"):
            parts.append(self._comparison())
        return _joined(parts, " and ", _AND)

    def _comparison(self) -> Part:
        left = self._sum()
        while True:
            word = self.take(*_COMPARISONS) if not self.feel else self.take("=", "!=", "<", ">", "<=", ">=")
            if word:
                sign = "==" if word == "=" else _COMPARISONS[word]
                left = (f"{_bind(left, _ADD)} {sign} {_bind(self._sum(), _ADD)}", _COMPARE)
            elif self.feel and self.take("between"):
                low = self._sum()
                self.need("and")
                left = _between(left, low, ">=", self._sum(), "<=")
            elif self.feel and self.take("in"):
                left = self._among(left)
            else:
                return left

    def _among(self, left: Part) -> Part:
        opened = self.take("[", "(", "]")
        if not opened:
            return f"{_bind(left, _ADD)} in {_bind(self._sum(), _ADD)}", _COMPARE
        first = self.expression()
        if self.take(".."):
            last = self.expression()
            closed = self.take("]", ")", "[")
            if not closed:
                raise NoCounterpart("..")
            return _between(left, first, ">=" if opened == "[" else ">", last, "<=" if closed == "]" else "<")
        parts = [first]
        while self.take(","):
            parts.append(self.expression())
        self.need("]" if opened == "[" else ")")
        if len(parts) == 1 and opened == "(":
            return f"{_bind(left, _ADD)} in {_bind(first, _ADD)}", _COMPARE
        return f"{_bind(left, _ADD)} in [{', '.join(part[0] for part in parts)}]", _COMPARE

    def _sum(self) -> Part:
        left = self._product()
        while word := self.take("+", "-"):
            left = (f"{_bind(left, _ADD)} {word} {_bind(self._product(), _TIMES)}", _ADD)
        return left

    def _product(self) -> Part:
        left = self._unary()
        while word := self.take("*", "/", "%", *(() if self.feel else ("div", "mod"))):
            if self.java and word == "/":
                raise NoCounterpart("/")  # it cuts what is left of two whole numbers there
            sign = {"div": "/", "mod": "%"}.get(word, word)
            left = (f"{_bind(left, _TIMES)} {sign} {_bind(self._unary(), _SIGN)}", _TIMES)
        return left

    def _unary(self) -> Part:
        if self.take("-"):
            return f"-{_bind(self._unary(), _SIGN)}", _SIGN
        if not self.feel and self.take("!", "not"):
            return f"not ({self._unary()[0]})", _NOT
        if not self.feel and self.take("empty"):
            return _empty(_bind(self._unary(), _ATOM))
        return self._postfix()

    def _postfix(self) -> Part:
        kind, word = self.peek()
        if self.java and word == "(" and self.peek(1)[1] in _CASTS and self.peek(2)[1] == ")":
            self.at += 3
            return self._postfix()
        if word == "(" and kind == "sign":
            self.at += 1
            inner = self.expression()
            self.need(")")
            made: Part = (f"({inner[0]})", _ATOM)
        elif word == "[" and kind == "sign":
            self.at += 1
            made = (f"[{', '.join(self._given(']'))}]", _ATOM)
        elif word == "@" and self.feel:
            self.at += 2
            made = (self.peek(-1)[1], _ATOM)
        elif kind in ("text", "number"):
            self.at += 1
            made = (word, _ATOM)
        elif kind == "name":
            self.at += 1
            made = self._named(word)
        else:
            raise NoCounterpart(word or "…")
        return self._members(made)

    def _members(self, made: Part) -> Part:
        while True:
            if self.take("."):
                kind, word = self.peek()
                if kind != "name":
                    raise NoCounterpart(f".{word}")
                self.at += 1
                if self.take("("):
                    made = self._method(made, word, self._given(")"))
                else:
                    made = (f"{_bind(made, _ATOM)}.{word}", _ATOM)
            elif self.peek() == ("sign", "[") and self._is_index():
                self.at += 1
                made = (f"{_bind(made, _ATOM)}[{self.expression()[0]}]", _ATOM)
                self.need("]")
            else:
                return made

    def _is_index(self) -> bool:
        if not self.feel:
            return True
        raise NoCounterpart("[…]")  # FEEL counts from 1 and filters

    def _given(self, end: str) -> list[str]:
        parts: list[str] = []
        while not self.take(end):
            if parts:
                self.need(",")
            parts.append(self.expression()[0])
        return parts

    # -- names

    def _named(self, word: str) -> Part:
        if (self.feel and word in ("some", "every", "for", "function")) or self.peek()[1] in ("**", "instance of"):
            raise NoCounterpart(self.peek()[1] if self.peek()[1] in ("**", "instance of") else word)
        if not self.feel and self.peek() == ("sign", ":") and word in ("variables", "vars", "var"):
            return self._variable_test()
        if self.take("("):
            return self._function(word)
        if word in ("true", "false", "null"):
            return word, _ATOM
        if (
            not self.feel
            and word in ("execution", "task", "kcontext")
            and self.peek(1)[1] in ("getVariable", "getVariableLocal")
        ):
            return self._variable(3)
        if self.java and word == "KieFunctions" and self.take("."):
            return self._of_kie(self._word())
        if word in self.local.names:
            return self.local.names[word], _ATOM
        if word in _OF_THE_ENGINE:
            raise NoCounterpart(word)
        if word in ROOTS:
            return word, _ATOM
        self.bare.append(word)
        return f"form.{word}", _ATOM

    def _variable(self, ahead: int) -> Part:
        """`execution.getVariable('x')`: a field by its name."""
        kind, text = self.peek(ahead)
        if kind != "text" or not re.fullmatch(r"[^\W\d]\w*", text[1:-1]):
            raise NoCounterpart("getVariable")
        self.at += ahead + 1
        self.need(")")
        self.bare.append(text[1:-1])
        return f"form.{text[1:-1]}", _ATOM

    def _of_kie(self, word: str) -> Part:
        self.need("(")
        given = self._given(")")
        known = _KIE.get(word)
        if known is None or known[0] != len(given) or (word == "equalsTo" and _number(given[1]) != given[1]):
            raise NoCounterpart(f"KieFunctions.{word}()")
        return known[1](given)

    def _word(self) -> str:
        self.at += 1
        return self.peek(-1)[1] if self.at <= len(self.tokens) else ""

    def _variable_test(self) -> Part:
        """Flowable's `variables:equals(x, 5)`."""
        self.need(":")
        word = self.peek()[1]
        self.at += 1
        self.need("(")
        if word in ("get", "getOrDefault") and self.peek()[0] == "text":
            name = self.peek()[1][1:-1]
            self.tokens[self.at] = ("name", name)
        given = self._given(")")
        if word == "get" and len(given) == 1:
            return given[0], _ATOM
        if word not in _VARIABLE_TESTS or len(given) != 2:
            raise NoCounterpart(f"variables:{word}")
        return f"{given[0]} {_VARIABLE_TESTS[word]} {given[1]}", _COMPARE

    def _function(self, word: str) -> Part:
        given = self._given(")")
        if word == "not" and len(given) == 1:
            return f"not ({given[0]})", _NOT
        if word == "is defined" and len(given) == 1:
            return f"{given[0]} != null", _COMPARE
        if word in ("date", "date and time", "duration", "time") and len(given) == 1 and given[0][:1] in "'\"":
            return given[0], _ATOM  # dates and durations are ISO text here
        if word not in _SAME_FUNCTIONS:
            raise NoCounterpart(f"{word}()")
        return f"{_SAME_FUNCTIONS[word]}({', '.join(given)})", _ATOM

    def _method(self, of: Part, word: str, given: list[str]) -> Part:
        known = _METHODS.get(word)
        if self.feel or known is None or known[0] != len(given):
            raise NoCounterpart(f"{word}()")
        return known[1](_bind(of, _ATOM), given)


def _bind(part: Part, least: int) -> str:
    return part[0] if part[1] >= least else f"({part[0]})"


def _joined(parts: list[Part], word: str, level: int) -> Part:
    return parts[0] if len(parts) == 1 else (word.join(_bind(part, level + 1) for part in parts), level)


def _ternary(test: Part, yes: Part, no: Part) -> Part:
    return f"({_bind(yes, _AND)} if {_bind(test, _AND)} else {_bind(no, _AND)})", _ATOM


def _between(of: Part, low: Part, above: str, high: Part, below: str) -> Part:
    value = _bind(of, _ADD)
    return f"{value} {above} {_bind(low, _ADD)} and {value} {below} {_bind(high, _ADD)}", _AND
