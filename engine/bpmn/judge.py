"""One file, judged: from bytes to whether it can be read, whether it may be deployed, and every finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.bpmn import lint
from engine.bpmn.bounds import SECONDS, Failure
from engine.bpmn.compile import compile_diagram, executable_process
from engine.bpmn.expressions import ExpressionFailed
from engine.bpmn.faults import ConditionFailed, EmptyCollection, NoFlowMatches, TimerInvalid
from engine.bpmn.linked import Library, nothing
from engine.bpmn.mends.offers import with_fixes
from engine.bpmn.model import Diagram, Finding
from engine.bpmn.read import UnreadableDiagram, read, tree
from engine.bpmn.rules import unreadable
from engine.bpmn.rules.credit_first import unfit_for_regimes
from engine.bpmn.rules.house import unknown_handlers
from engine.bpmn.rules.rule import APPROVAL, BPMN, Rule, Spot
from engine.bpmn.rules.time_fit import unfit_for_item
from engine.bpmn.rules.trial import TRIAL
from engine.bpmn.run import Facts, ProcessRun
from engine.bpmn.schema import schema_findings
from engine.clock import CST
from engine.errors import ApprovalError

#: What empty facts may cause and real ones need not.
FOR_WANT_OF_FACTS = (ConditionFailed, EmptyCollection, ExpressionFailed, NoFlowMatches, TimerInvalid)
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


@dataclass(frozen=True, slots=True)
class House:
    """What only the house in which a diagram is to be published can know of it."""

    handlers: frozenset[str] | None = None  #: the names that a service may be given; None where nobody knows
    item: Mapping[str, Any] | None = None  #: the data of the item that the process handles
    library: Library = nothing  #: where processes are looked up that the diagram links


ANYWHERE = House()


def judge(data: bytes, profile: str = BPMN, house: House = ANYWHERE) -> Judgement:
    """Judge the bytes of a file; whatever they are, there is a judgement. `house` counts in profile `approval` alone."""
    try:
        diagram = read(data)
    except UnreadableDiagram as error:
        reason, line = error.params["reason"], error.params["line"]
        finding = unreadable.BY_REASON[reason].at(Spot(line=line))
        return Judgement(reason in unreadable.READABLE, (finding,))
    findings = lint.lint(diagram, profile, house.library, lead=(house.item or {}).get("lead_function"))
    if profile == APPROVAL:
        findings += _of_house(diagram, house)
    if lint.deployable(findings):
        findings += trial(diagram)
    findings += schema_findings(tree(data))
    return Judgement(True, tuple(with_fixes(data, sorted(findings, key=lambda finding: finding.line))))


def _of_house(diagram: Diagram, house: House) -> Iterator[Finding]:
    if house.item and "case_limits" in house.item:
        yield from unfit_for_item(diagram, house.item["case_limits"])
    if house.item:
        yield from unfit_for_regimes(diagram, house.item)
    if house.handlers is not None and diagram.processes:
        yield from unknown_handlers(executable_process(diagram), house.handlers)


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


def failed(failure: Failure) -> Judgement:
    """The judgement of a file over which its child gave up."""
    if failure is Failure.HUNGRY:
        return unread(unreadable.TOO_MUCH_MEMORY)
    if failure is Failure.SLOW:
        return unread(unreadable.TOO_SLOW, seconds=int(SECONDS))
    return unread(unreadable.CRASHED)


def unread(rule: Rule, **params: Any) -> Judgement:
    """The judgement of a file that could not be read, for a reason that is not in its bytes."""
    return Judgement(False, (rule.at(Spot(), **params),))
