"""视为: what the law deems done when a limit has passed. The system does it, on the ground of an article, never a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.cases import tolerance
from engine.cases.apply_step import Closing, StepDraft
from engine.cases.intake import end_application
from engine.cases.states import CaseState
from engine.cases.step_documents import window_task
from engine.cases.step_limits import Ledger
from engine.cases.step_store import TaskRow
from engine.cases.submit import start_run
from engine.catalogue.time_limits import ItemClock
from engine.timelimits.ledger import Clock

#: What was promised to come later has not come.
TOLERANCE_LAPSES = "tolerance-lapses"
#: 按默认结果处理: what a task's own limit says (`whenPassed="default"` of `ow:timeLimit`).
DEFAULT_OUTCOME = "default-outcome"
_WITHDRAWN = {"kind": "withdrawal-notice", "title": "视为撤回申请告知书", "titleEn": "Notice of deemed withdrawal"}
_APPROVED = {"kind": "decision", "title": "视为准予决定书", "titleEn": "Deemed approval"}
_RENEWED = {"kind": "decision", "title": "视为准予延续告知书", "titleEn": "Deemed renewal"}


def applies(draft: StepDraft, ledger: Ledger) -> str | None:
    """What the item has the system do when this limit has passed: a `deemed-…`; None when people only are told."""
    if ledger.key.owner == 0 and ledger.key.clock == Clock.TOLERANCE:
        return TOLERANCE_LAPSES if draft.state == CaseState.ACCEPTED and tolerance.outstanding(draft) else None
    if ledger.key.owner != 0:
        return DEFAULT_OUTCOME if default_of(draft, ledger) else None
    clock = _clock_of(draft, ledger)
    if clock is None or not clock.passed.startswith("deemed") or not clock.basis:
        return None
    # Where law and promise are set, it is the law's limit that the law attaches something to.
    if ledger.key.kind != ("legal" if clock.legal is not None else "promised"):
        return None
    return clock.passed if _may(draft, clock.passed) else None


def deem(draft: StepDraft, ledger: Ledger, what: str) -> None:
    """Do it, and store the step.

    Raises:
        StepHeld: the process can't go on.
    """
    clock = _clock_of(draft, ledger)
    basis = clock.basis if clock is not None else str(draft.progress[tolerance.TOLERATED].get("ground") or "")
    draft.owes_no_reason = True
    _DEEMED[what](draft, ledger, basis)


@dataclass(frozen=True, slots=True)
class Default:
    """What the diagram has the system answer at a task when its limit has passed, and on what ground."""

    task: TaskRow
    outcome: str
    basis: str


def default_of(draft: StepDraft, ledger: Ledger) -> Default | None:
    """The default that a task's limit declares, where it may be given; None where people only are told.

    It follows the law's limit where the task has one, else the promise. Never: acceptance (the item's completeness check has its
    own rule), a check or a revocation after the decision, and what would pass over a material that was promised and has not come.
    """
    task = draft.case.task(ledger.key.owner)
    if ledger.key.clock != Clock.NODE or task is None or task.state not in ("open", "claimed"):
        return None
    limit = draft.live.compiled.nodes[task.node].extension("timeLimit") or {}
    outcome, basis = limit.get("defaultOutcome"), limit.get("basis")
    if limit.get("whenPassed") != "default" or not outcome or not basis or draft.case.process is not None:
        return None
    if ledger.key.kind != ("legal" if limit.get("legal") else "promised") or draft.state != CaseState.ACCEPTED:
        return None
    if tolerance.unsettled(draft, task.node, str(outcome)):
        return None
    return Default(task, str(outcome), str(basis))


def _clock_of(draft: StepDraft, ledger: Ledger) -> ItemClock | None:
    return draft.live.item.time_limits.clocks.get(ledger.key.clock)


def _may(draft: StepDraft, what: str) -> bool:
    if what == "deemed-accepted":
        return draft.state == CaseState.SUBMITTED
    if what == "deemed-withdrawn":
        return draft.state == CaseState.SUPPLEMENT
    return draft.state == CaseState.ACCEPTED


def _accepted(draft: StepDraft, ledger: Ledger, basis: str) -> None:
    """视为受理, as of the day of receipt (or of the supplement): not of the day on which the time was over."""
    draft.accept(ledger.stands(draft.case.now).started_at, basis)
    window = window_task(draft)
    if window is None:
        # A run that has not come to its window goes on to it: there the task is then one like others.
        draft.store(start_run(draft.uow, draft) if draft.case.run is None else None)
        return
    draft.close(Closing(window, "accepted", ""))
    run = draft.resume()
    draft.follow(run, run.complete(window.number, "accepted"))
    draft.store(run)


def _withdrawn(draft: StepDraft, _ledger: Ledger, basis: str) -> None:
    draft.entries.append(draft.entry("case.deemed-withdrawn", {"ground": basis}))
    end_application(draft, "deemed-withdrawn", _WITHDRAWN, f"逾期未补正，视为撤回申请。依据：{basis}")


def _not_supplied(draft: StepDraft, _ledger: Ledger, basis: str) -> None:
    draft.entries.append(draft.entry("case.deemed-withdrawn", {"ground": basis}))
    end_application(draft, "deemed-withdrawn", _WITHDRAWN, f"逾期未补齐容缺材料，视为撤回申请。依据：{basis}")


def _approved(draft: StepDraft, _ledger: Ledger, basis: str) -> None:
    draft.entries.append(draft.entry("case.deemed-approved", {"ground": basis}))
    end_application(draft, "deemed-approved", _APPROVED, f"逾期未作出决定，视为准予。依据：{basis}")


def _renewed(draft: StepDraft, _ledger: Ledger, basis: str) -> None:
    draft.entries.append(draft.entry("case.deemed-renewed", {"ground": basis}))
    end_application(draft, "deemed-renewed", _RENEWED, f"届满前未作出决定，视为准予延续。依据：{basis}")


def _defaulted(draft: StepDraft, ledger: Ledger, _basis: str) -> None:
    """按默认结果处理: the task ends by the outcome that its limit names, and the case goes on from there."""
    found = default_of(draft, ledger)
    assert found is not None
    draft.close(Closing(found.task, found.outcome, f"逾期未办理，按默认结果处理。依据：{found.basis}"))
    run = draft.resume()
    draft.follow(run, run.complete(found.task.number, found.outcome))
    draft.store(run)


_DEEMED: dict[str, Callable[[StepDraft, Ledger, str], None]] = {
    "deemed-accepted": _accepted,
    "deemed-withdrawn": _withdrawn,
    TOLERANCE_LAPSES: _not_supplied,
    DEFAULT_OUTCOME: _defaulted,
    "deemed-approved": _approved,
    "deemed-renewed": _renewed,
}
