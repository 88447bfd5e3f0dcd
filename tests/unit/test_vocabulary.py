from pathlib import Path

import pytest

from engine.bpmn.vocabulary import ELEMENTS, VOCABULARY, Attribute, BadValue, convert, docs_table
from engine.timelimits.limits import MOST_DAYS

DOCS = Path(__file__).parents[2] / "docs" / "extensions.md"


def attribute(path: str) -> Attribute:
    element, name = path.split(".")
    found = ELEMENTS[element].attribute(name)
    assert found is not None
    return found


def test_the_documentation_is_fresh() -> None:
    fresh = docs_table()
    assert DOCS.read_text(encoding="utf-8") == fresh, "write vocabulary.docs_table() to docs/extensions.md"


def test_names_are_used_once_and_everything_is_said_in_two_languages() -> None:
    assert len(ELEMENTS) == len(VOCABULARY)
    for element in VOCABULARY:
        assert all((element.zh, element.en, element.help_zh, element.help_en))
        assert len({each.name for each in element.attributes}) == len(element.attributes)
        for each in element.attributes:
            assert all((each.zh, each.en, each.help_zh, each.help_en))
            assert bool(each.choices) == (each.type == "choice")


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("assignment.function", "fire", "fire"),
        ("assignment.level", " city ", "city"),
        ("assignment.applicant", "true", True),
        ("timeLimit.legal", "20", 20),
        ("timeLimit.legal", str(MOST_DAYS), MOST_DAYS),
        ("form.fields", "a, b，c", ("a", "b", "c")),
        ("outcomes.values", "passed=验收合格,faults", {"passed": "验收合格", "faults": "faults"}),
    ],
)
def test_values_are_read_in_their_type(path: str, text: str, value: object) -> None:
    assert convert(attribute(path), text) == value


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("assignment.level", "town"),
        ("assignment.applicant", "yes"),
        ("timeLimit.legal", "0"),
        ("timeLimit.promised", str(MOST_DAYS + 1)),
        ("timeLimit.legal", "-1"),
        ("timeLimit.legal", "1.5"),
        ("timeLimit.legal", "١"),
        ("timeLimit.legal", "9" * 5000),
        ("form.fields", "a,,b"),
        ("form.fields", "a,a"),
        ("outcomes.values", "=label"),
        ("outcomes.values", "a b=label"),
        ("outcomes.values", "a=1,a=2"),
    ],
)
def test_a_value_of_another_type_is_refused_with_what_is_wanted(path: str, text: str) -> None:
    with pytest.raises(BadValue) as bad:
        convert(attribute(path), text)
    assert bad.value.zh
    assert bad.value.en
