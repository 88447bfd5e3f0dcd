"""One file, judged: from bytes to whether it can be read, whether it may be deployed, and every finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.bpmn import lint
from engine.bpmn.mends.offers import with_fixes
from engine.bpmn.model import Finding
from engine.bpmn.read import UnreadableDiagram, read
from engine.bpmn.rules import unreadable
from engine.bpmn.rules.rule import BPMN, Rule, Spot


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be said of one file. `deployable`: no error in the profile that was asked for."""

    readable: bool
    findings: tuple[Finding, ...]

    @property
    def deployable(self) -> bool:
        """Whether it may be deployed."""
        return self.readable and lint.deployable(self.findings)


def judge(data: bytes, profile: str = BPMN) -> Judgement:
    """Judge the bytes of a file; whatever they are, there is a judgement."""
    try:
        diagram = read(data)
    except UnreadableDiagram as error:
        reason, line = error.params["reason"], error.params["line"]
        finding = unreadable.BY_REASON[reason].at(Spot(line=line))
        return Judgement(reason in unreadable.READABLE, (finding,))
    return Judgement(True, tuple(with_fixes(data, lint.lint(diagram, profile))))


def unread(rule: Rule, **params: Any) -> Judgement:
    """The judgement of a file that could not be read, for a reason that is not in its bytes."""
    return Judgement(False, (rule.at(Spot(), **params),))
