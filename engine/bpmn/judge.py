"""One file, judged: from bytes to whether it can be read, whether it may be deployed, and every finding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.bpmn import lint
from engine.bpmn.compile import compile_diagram
from engine.bpmn.faults import ConditionFailed, EmptyCollection, NoFlowMatches, TimerInvalid
from engine.bpmn.mends.offers import with_fixes
from engine.bpmn.model import Diagram, Finding
from engine.bpmn.read import UnreadableDiagram, read, tree
from engine.bpmn.rules import unreadable
from engine.bpmn.rules.rule import BPMN, Rule, Spot
from engine.bpmn.rules.trial import TRIAL
from engine.bpmn.run import Facts, ProcessRun
from engine.bpmn.schema import schema_findings
from engine.clock import CST
from engine.errors import ApprovalError

#: What empty facts may cause and real ones need not.
FOR_WANT_OF_FACTS = (ConditionFailed, EmptyCollection, NoFlowMatches, TimerInvalid)
_ANY_DAY = datetime(2026, 3, 2, 9, tzinfo=CST)


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
    findings = lint.lint(diagram, profile)
    if lint.deployable(findings):
        findings += trial(diagram)
    findings += schema_findings(tree(data))
    return Judgement(True, tuple(with_fixes(data, sorted(findings, key=lambda finding: finding.line))))


def trial(diagram: Diagram) -> list[Finding]:
    """Compile a diagram and start it on empty facts; what only real facts can decide is no fault."""
    try:
        ProcessRun.start(compile_diagram(diagram, "trial"), Facts(case={"outcomes": {}, "round": 1}), _ANY_DAY)
    except FOR_WANT_OF_FACTS:
        return []
    except ApprovalError as error:
        return [TRIAL.at(Spot(), reason_zh=error.sentence("zh"), reason_en=error.sentence("en"))]
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        return [TRIAL.at(Spot(), reason_zh=said, reason_en=said)]
    return []


def unread(rule: Rule, **params: Any) -> Judgement:
    """The judgement of a file that could not be read, for a reason that is not in its bytes."""
    return Judgement(False, (rule.at(Spot(), **params),))
