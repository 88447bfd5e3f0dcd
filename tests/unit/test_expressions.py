import ast
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bpmn.expressions import ExpressionError, ExpressionFailed, Names, compile_expression, references
from engine.errors import ApprovalError

NAMES = Names(frozenset({"check", "second-look"}), in_loop=True)
FACTS: dict[str, Any] = {
    "outcome": "passed",
    "form": {"area": 120, "kinds": ["food", "sign"], "urgent": True, "name": "Café", "owner": {"age": 17}, "面积": 3},
    "case": {
        "round": 2,
        "region": "410500",
        "accepted_on": None,
        "outcomes": {"check": "faults"},
        "all_outcomes": {"check": ["passed", "faults"], "second-look": []},
    },
    "applicant": {"type": "company"},
    "item": {"code": "fire"},
    "index": 0,
}


def value(text: str) -> Any:
    return compile_expression(text, NAMES).evaluate(FACTS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("outcome == 'passed'", True),
        ("${outcome == 'passed' && form.area >= 100}", True),
        ("#{form.urgent || false}", True),
        ("=form.area + 1", 121),
        ("!form.urgent", False),
        ("!(outcome == 'passed') or case.round > 1", True),
        ("!form.missing == true", True),
        ('  \n outcome\n == "passed" ', True),
        ("form.missing.deeper == null", True),
        ("form['area'] == 120 and form.kinds[0] == 'food' and form.kinds[9] == null", True),
        ("case.outcomes.check == 'faults'", True),
        ("case.outcomes['second-look'] == null", True),
        ("contains(case.all_outcomes.check, 'faults') and not ('x' in case.all_outcomes.check)", True),
        ("case.all_outcomes['second-look'] == [] and len(case.all_outcomes.check) == 2", True),
        ("'food' in form.kinds and 'x' not in form.kinds", True),
        ("contains(form.kinds, 'sign') and contains(form.missing, 'x') == false", True),
        ("starts_with(case.region, '41') and lower('ABC') == 'abc'", True),
        ("'big' if form.area > 100 else 'small'", "big"),
        ("100 < form.area <= 120", True),
        ("len(form.kinds) + min(1, 2) + max([3, 4]) + sum([1, 2]) + abs(-1) + round(1.26, 1)", 12.3),
        ("any([false, true]) and all([true])", True),
        ("7 % 4 / 2 - -1 * 2", 3.5),
        ("'a' + 'b'", "ab"),
        ("form.面积 * 2", 6),
        ("item.code == 'fire' and index == 0", True),
        ("1 == true", False),
        ("[1, 2] == [1, 2]", True),
        ("(1, 'a')", [1, "a"]),
    ],
)
def test_what_designers_write_gives_what_they_mean(text: str, expected: Any) -> None:
    assert value(text) == expected


ATTACKS = [
    "__import__('os').system('id')",
    "().__class__.__base__.__subclasses__()",
    "form.__class__",
    "form['__class__']",
    "form._private",
    "form.kinds.append(1)",
    "outcome.format(form)",
    "'{0.__class__}'.format(1)",
    "'%s' % form",
    "open('/etc/passwd')",
    "eval('1')",
    "exec('1')",
    "getattr(form, 'x')",
    "globals()",
    "lambda: 1",
    "(lambda: 1)()",
    "[x for x in form.kinds]",
    "{x for x in form.kinds}",
    "{'a': 1}",
    "f'{form}'",
    "f '{form}'",
    "b'bytes'",
    "9**9**9",
    "1 << 999999999",
    "10 // 3",
    "~1",
    "a := 1",
    "x = 1",
    "import os",
    "form; form",
    "yield 1",
    "await form",
    "1 if",
    "form[0:2]",
    "*form",
    "len(*form.kinds)",
    "len(obj=form)",
    "len()",
    "...",
    "1j",
    "1e999",
    "9" * 1900,
    "0x" + "f" * 500,
    "(" * 1900,
    "(" * 900 + ")" * 900,
    "[" * 150 + "]" * 150,
    "-" * 1900 + "1",
    "!" * 1900 + "true",
    "not " * 400 + "true",
    "1+" * 900 + "1",
    "true if " * 150 + "true",
    "a" * 2001,
    "outcome\0",
    "'\0'",
    "outcome # comment",
    "'''text'''",
    "'\\x41'",
    "outcome is None",
    "\ud800",
    "'\ud800'",
    "",
    "   ",
    "${}",
    "${outcome} && ${outcome}",
    "nobody",
    "len",
    "case",
    "case.outcomes",
    "case.outcomes.nobody",
    "case.outcomes[outcome]",
    "case.all_outcomes",
    "case.all_outcomes.nobody",
    "case.all_outcomes.check[0]",
    "case.misspelt",
    "case.round.more",
    "a.b",
    "true.real",
]


@pytest.mark.parametrize("text", ATTACKS, ids=range(len(ATTACKS)))
def test_what_is_not_of_the_language_is_refused_or_harmless(text: str) -> None:
    with pytest.raises((ExpressionError, ExpressionFailed)):
        value(text)


@pytest.mark.parametrize(
    "text",
    [
        "form.missing > 5",
        "form.owner.height >= 1",
        "form.name > 5",
        "form.urgent < 2",
        "form.area.unit",
        "form.name.length",
        "outcome[0]",
        "form[outcome + 1]",
        "form['_' + outcome]",
        "form.area / 0",
        "form.area % 0",
        "'a' * 3",
        "'a' + 1",
        "form.name and true",
        "form.name or 'x'",
        "not form.area",
        "1 if outcome else 2",
        "len(form.missing)",
        "sum(form.kinds)",
        "min([])",
        "max(1, 'a')",
        "1 in 'abc'",
        "'a' in 5",
        "lower(1)",
        "round(1.5, 99)",
        f"{10**29} * {10**29}",
        "abs('x')",
        "all([1])",
    ],
)
def test_values_that_do_not_fit_fail_with_the_expression_named(text: str) -> None:
    with pytest.raises(ExpressionFailed) as caught:
        value(text)
    assert caught.value.params["expression"] == text
    assert "请核对" in caught.value.sentence("zh")


def test_text_cannot_grow_without_end() -> None:
    with pytest.raises(ExpressionFailed, match="too long"):
        compile_expression("form.a + form.a", NAMES).evaluate({"form": {"a": "x" * 9000}})


def test_values_that_python_cannot_take_fail_too() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for facts in ({"form": {"a": 10**400, "b": date(2026, 1, 1)}}, {"form": {"a": deep, "b": deep[0]}}, {}):
        for text in ("form.a * 2", "form.a / 3.0", "form.b < 1", "form.a == form.b", "form.a < form.b"):
            try:
                compile_expression(text, NAMES).evaluate(facts)
            except ExpressionFailed:
                continue
    while deep:
        deep = deep[0]


def test_a_decision_is_true_or_false_never_the_text_false() -> None:
    assert compile_expression("form.missing", NAMES).evaluate_bool(FACTS) is False
    with pytest.raises(ExpressionFailed, match="compare it with =="):
        compile_expression("outcome", NAMES).evaluate_bool({"outcome": "false"})


def test_item_and_index_belong_to_loops() -> None:
    with pytest.raises(ExpressionError, match="multi-instance"):
        compile_expression("item == 1", Names())


def test_an_error_tells_the_place_in_the_text_as_written() -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression("${'中文' == outcome && nobody}", NAMES)
    assert caught.value.params["position"] == 22


def test_references_are_the_paths_read() -> None:
    read = references(compile_expression("form.a.b[0].c > 1 or case.outcomes['check'] == outcome", NAMES))
    assert read == {"form.a.b", "case.outcomes.check", "outcome"}


TOKENS = st.sampled_from(
    [
        "outcome",
        "form",
        "case",
        "item",
        ".",
        "(",
        ")",
        "[",
        "]",
        ",",
        "+",
        "-",
        "*",
        "/",
        "%",
        "<",
        ">",
        "==",
        "!=",
        "and",
        "or",
        "not",
        "&&",
        "||",
        "!",
        "if",
        "else",
        "in",
        "len",
        "max",
        "'a'",
        "1",
        "2.5",
        "null",
        "true",
        "form.area",
        "case.round",
        "case.outcomes.check",
        "'",
        '"',
        "\\",
        "${",
        "}",
        "=",
        "#",
        ":",
        "{",
        "~",
        "**",
        "__class__",
        "lambda",
    ]
)


def failure(text: str, facts: dict[str, Any]) -> ApprovalError | None:
    try:
        compile_expression(text, NAMES).evaluate(facts)
    except (ExpressionError, ExpressionFailed) as error:
        return error
    return None


@given(st.one_of(st.text(max_size=80), st.lists(TOKENS, max_size=30).map(" ".join)))
def test_any_text_is_an_expression_or_an_expression_error(text: str) -> None:
    error = failure(text, FACTS)
    if error is not None:
        assert error.sentence("zh")
        assert 1 <= error.params.get("position", 1) <= len(text) + 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
PAIRS = ["{} < {}", "{} + {}", "{} * {}", "{} / {}", "{} % {}", "{} in {}", "{} == {}", "contains({}, {})", "{} and {}"]


@given(a=JSON, b=JSON, shape=st.sampled_from([*PAIRS, "max({}, {})", "round({}, {})", "starts_with({}, {})"]))
def test_whatever_the_values_nothing_but_a_failed_expression_comes_out(a: Any, b: Any, shape: str) -> None:
    error = failure(shape.format("form.a", "form.b"), {"form": {"a": a, "b": b}})
    assert error is None or error.code == "expression-failed"


def test_a_tree_that_two_threads_made_at_once_is_made_again(monkeypatch):
    parse, tries = ast.parse, iter([SystemError("AST constructor recursion depth mismatch"), None])

    def parsed(*told, **more):
        if (trouble := next(tries, None)) is not None:
            raise trouble
        return parse(*told, **more)

    monkeypatch.setattr(ast, "parse", parsed)
    assert value("form.area > 100") is True
