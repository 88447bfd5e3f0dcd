"""Every rule has a page with a wrong and a right diagram: fresh, and what it says is so."""

from __future__ import annotations

import pytest

from engine.bpmn.judge import judge
from engine.bpmn.lint import RULES
from engine.bpmn.rules.rule import APPROVAL, Rule
from tests.unit.lint_examples import WORDS, bad, good
from tests.unit.lint_pages import FOLDER, page

DRAWN = [rule for rule in RULES if rule.id not in WORDS]


def ids(data: bytes, rule: Rule) -> set[str]:
    return {finding.rule for finding in judge(data, rule.profile).findings}


@pytest.mark.parametrize("rule", DRAWN, ids=lambda rule: rule.id)
def test_the_wrong_diagram_breaks_its_rule_and_the_right_one_breaks_none(rule: Rule) -> None:
    assert rule.id in ids(bad(rule.id), rule)
    right = judge(good(rule.id), rule.profile)
    assert rule.id not in {finding.rule for finding in right.findings}
    assert right.deployable, [finding.message_en for finding in right.findings]
    assert rule.profile != APPROVAL or rule.id not in ids(bad(rule.id), DRAWN[0])


def test_the_pages_are_fresh() -> None:
    stale = [rule.id for rule in RULES if not _same(rule)]
    assert not stale, "python -m tests.unit.lint_pages"
    assert {path.stem for path in FOLDER.glob("*.md")} == {rule.id for rule in RULES}


def _same(rule: Rule) -> bool:
    path = FOLDER / f"{rule.id}.md"
    return path.exists() and path.read_text(encoding="utf-8") == page(rule)
