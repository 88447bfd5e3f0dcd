"""Everything that is wrong with a diagram, at once, said so that its designer can mend it.

A diagram that only draws well is not enough: what the engine would run wrongly, never finish, or skip in silence is
found here, before a case depends on it. The checks live in `rules/`; `docs/lint.md` is generated from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine.bpmn import read_extensions
from engine.bpmn.model import Diagram, Finding
from engine.bpmn.rules import (
    approval,
    called,
    dialects,
    extensions,
    file,
    gateways,
    ids,
    outcome,
    reach,
    references,
    schema,
    single,
    soundness,
    structure,
    supported,
    texts,
    thrown,
    trial,
    unreadable,
)
from engine.bpmn.rules.rule import APPROVAL, BPMN, ERROR, MOST_FINDINGS, Rule, Spot
from engine.bpmn.rules.subject import Subject, names_of, subject_of

__all__ = ["MOST_FINDINGS", "RULES", "deployable", "lint", "names_of", "rules_table"]

TOO_MANY = Rule(
    "too-many-findings",
    ERROR,
    "问题超过 {most} 个，其余未列出",
    "There are more than {most} findings; the rest is not listed",
    "请先处理已列出的问题，再检查一次",
    "Mend those listed, then check again",
)

_FAMILIES = (
    file,
    ids,
    supported,
    thrown,
    called,
    structure,
    gateways,
    soundness,
    reach,
    texts,
    outcome,
    extensions,
    dialects,
    approval,
)
RULES: tuple[Rule, ...] = (
    *(
        rule
        for family in (*_FAMILIES, single, read_extensions, references, schema, trial, unreadable)
        for rule in family.RULES
    ),
    TOO_MANY,
)


def lint(diagram: Diagram, profile: str = BPMN) -> list[Finding]:
    """All findings about a diagram, sorted by line.

    `profile` is `bpmn` for a diagram that has to run, or `approval` for one that also has to name who does each task,
    by when, and what the public sees.
    """
    if profile not in (BPMN, APPROVAL):
        raise ValueError(f"no profile {profile!r}: there are {BPMN!r} and {APPROVAL!r}")
    found = _first(subject_of(diagram, profile))
    listed = sorted(found[:MOST_FINDINGS], key=lambda finding: (finding.line, finding.rule, finding.element or ""))
    if len(found) > MOST_FINDINGS:
        return [*listed, TOO_MANY.at(Spot(line=listed[-1].line), most=MOST_FINDINGS)]
    return listed


def _first(subject: Subject) -> list[Finding]:
    """The findings, each once, up to one more than is listed: then no rule works any further."""
    found: dict[Finding, None] = {}
    for finding in (finding for family in _FAMILIES for finding in family.check(subject)):
        found[finding] = None
        if len(found) > MOST_FINDINGS:
            break
    return list(found)


def deployable(findings: Iterable[Finding]) -> bool:
    """Whether a diagram with these findings may be deployed: none of them is an error."""
    return not any(finding.severity == ERROR for finding in findings)


def rules_table() -> str:
    """The text of `docs/lint.md`."""
    intro = (
        "# Lint rules\n\nGenerated from `engine/bpmn/rules/` by `lint.rules_table()`; don't edit.\n\n"
        "An *error* keeps a diagram from being deployed; a *warning* and an *info* don't. `…` stands for what is named."
    )
    return "\n\n".join([intro, *(_rule_docs(rule) for rule in sorted(RULES, key=lambda rule: rule.id))]) + "\n"


def _rule_docs(rule: Rule) -> str:
    weight = f"*{rule.severity}*"
    if rule.approval_severity:
        weight += f", *{rule.approval_severity}* in the profile `approval`"
    if rule.profile == APPROVAL:
        weight += ", only in the profile `approval`"
    return (
        f"### {rule.id}\n\n{weight}\n\n{_shown(rule.zh)}。{_shown(rule.en)}.\n\n"
        f"What to do: {_shown(rule.advice_zh)}。{_shown(rule.advice_en)}."
    )


def _shown(template: str) -> str:
    """A template as a reader may see it, `…` where the finding names something."""
    return re.sub(r"(?<!\{)\{\w+\}(?!\})", "…", template).replace("{{", "{").replace("}}", "}").strip()
