"""办理: an officer (or the applicant) completes an open task, and the case goes as far as it can. The product's hot path."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from engine.bpmn.model import Node
from engine.cases import tolerance
from engine.cases.access import check_task, task_id
from engine.cases.apply_step import Closing, StepDraft
from engine.cases.countersign import check_signer
from engine.cases.held import Command, held
from engine.cases.house import House
from engine.cases.lateness import check_task_end
from engine.cases.ownership import is_own
from engine.cases.states import CaseState, TaskStateConflict, move_task
from engine.cases.step_store import CaseRow, TaskRow, lock_case
from engine.cases.submit import submitter_of
from engine.cases.votes import check_voter
from engine.catalogue.forms import Form
from engine.errors import Invalid, NotFound, not_one_of
from engine.organization.permissions import UseCase
from engine.unit_of_work import UnitOfWork

MOST_FORM_BYTES = 65_536  #: of the case's whole form, with what a task adds to it
MOST_OPINION = 4000


@dataclass(frozen=True, slots=True)
class Completion:
    """What is asked: which task, with which outcome, opinion and form fields."""

    case_id: UUID
    task: int
    outcome: str | None = None
    opinion: str = ""
    form: Mapping[str, Any] = field(default_factory=dict)
    late_reason: str = ""

    def as_arguments(self) -> dict[str, Any]:
        """The part that an incident keeps."""
        return {"task": self.task, "outcome": self.outcome, "opinion": self.opinion, "form": dict(self.form)} | (
            {"late_reason": self.late_reason} if self.late_reason else {}
        )


class OpinionMissing(Invalid):
    """The outcome is one that needs an opinion."""

    code = "opinion-missing"
    zh = "选择该结果时必须填写意见。请填写意见后重新提交。"
    en = "This outcome needs an opinion. Write one and send it again."


Meant = tuple[str, Mapping[str, Any]]


def complete_task(house: House, uow: UnitOfWork, asked: Completion) -> dict[str, Any]:
    """Complete a task; answers its new state and the case's.

    Raises:
        NotFound, Forbidden: not the actor's task (see `access.py`).
        TaskStateConflict: it is not open any more, or somebody else has claimed it.
        Invalid: no such outcome, or the opinion that this outcome needs is missing.
        SignedForAnother: the actor has signed side by side with it for another department.
        VotedAlready: the actor has voted in the same round of this vote.
        LateReasonRequired: it is late, and nothing is said of why.
        ToleranceOutstanding: what was promised to come later has not come.
        SpecialProcedureOpen: a special procedure is under way at this task, or at another one when the case would end.
        StepHeld: the step can't be made; nothing was changed.
    """
    case, task = locked_task(uow, asked.case_id, asked.task, UseCase.TASK_COMPLETE)
    draft = StepDraft.of(house, uow, case)
    if case.process is not None:
        house.after_decision.check_completion(draft, task, asked.outcome)
    return complete_draft(draft, task, asked)


def locked_task(uow: UnitOfWork, case_id: UUID, number: int, use_case: UseCase) -> tuple[CaseRow, TaskRow]:
    """A task that the actor may do this with, and its case, locked. Raises NotFound, Forbidden (see `access.py`)."""
    shown = task_id(case_id, number)
    case = lock_case(uow, case_id, number)
    task = case.task(number) if case else None
    if case is None or task is None:
        raise NotFound(what="task", id=shown)
    submitter, own = partial(submitter_of, uow, case.id), partial(is_own, uow, case.number)
    check_task(uow.actor, task, case.region_code, shown, use_case, submitter, own)
    return case, task


def complete_draft(draft: StepDraft, task: TaskRow, asked: Completion, meant: Meant | None = None) -> dict[str, Any]:
    """Complete a task in a step that something else may have begun; the step is stored here.

    `meant`: the verb and the arguments of what began it, which an incident does again instead of the completion alone.
    """
    uow, case = draft.uow, draft.case
    node = draft.live.compiled.nodes[task.node]
    check_open(uow.actor.id, task, "complete", task_id(case.id, task.number))
    tolerance.check_settled(draft, task.node, asked.outcome)
    _check_answer(node, asked, draft.form)
    _check_form(form_of(draft.live.item.forms, node), draft.form, asked.form)
    check_signer(uow, draft.live, draft.case.id, task)
    check_voter(uow, draft.live, draft.case.id, task)
    check_task_end(draft, task, asked.late_reason)
    command = Command("complete", case.id, case.number, f"task:{task.number}", uow.actor.id, uow.actor.kind, task.node)
    with held(uow, _with(command, asked, meant)):
        if (
            task.node == draft.live.acceptance_node
            and case.state == CaseState.SUBMITTED
            and asked.outcome == "accepted"
        ):
            draft.accept()
        draft.close(Closing(task, asked.outcome, asked.opinion, asked.form, asked.late_reason.strip()))
        run = draft.resume()
        draft.follow(run, run.complete(task.number, asked.outcome))
        draft.store(run)
    return {
        "id": task_id(case.id, task.number),
        "state": "completed",
        "node": task.node,
        "outcome": asked.outcome,
        "case": {"number": case.number, "state": str(draft.state), "result": draft.result},
        "opened": [{"id": task_id(case.id, row["number"]), "node": row["node"]} for row in draft.tasks],
    }


def _with(command: Command, asked: Completion, meant: Meant | None) -> Command:
    verb, arguments = meant or (command.verb, asked.as_arguments())
    return Command(
        verb,
        command.case_id,
        command.number,
        command.subject,
        command.actor_id,
        command.actor_kind,
        command.node,
        {**arguments, "task": asked.task},
    )


def check_open(actor_id: str, task: TaskRow, verb: str, shown: str) -> None:
    """The task waits, and nobody else has claimed it. Raises TaskStateConflict."""
    move_task(task.state, verb, name=task.name, by=task.handler, task=shown)
    if task.claimed_by not in (None, actor_id):
        raise TaskStateConflict(name=task.name, task=shown, state="claimed", state_zh="他人在办", by="")


def form_of(forms: Mapping[str, Form], node: Node) -> Form | None:
    """The form of the case's version that a task asks to be filled in."""
    return forms.get(str((node.extension("form") or {}).get("key")))


def _check_form(form: Form | None, known: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """What is given, with what an earlier round gave, against the task's form. Raises Invalid with every field that is wrong."""
    if form is None:
        return
    before = {one.name: known[one.name] for one in form.fields if one.name in known}
    flaws = form.check({**before, **given})
    if flaws:
        raise Invalid(detail="、".join(flaws), fields={f"form.{name}": texts for name, texts in flaws.items()})


def _check_answer(node: Node, asked: Completion, form: Mapping[str, Any]) -> None:
    allowed = (node.extension("form") or {}).get("fields")
    if allowed and (unknown := sorted(set(asked.form) - set(allowed))):
        raise Invalid(
            detail=f"form: {'、'.join(unknown)[:200]}", fields={"form": [f"this task's form has {', '.join(allowed)}"]}
        )
    declared = node.extension("outcomes") or {}
    values = declared.get("values") or {}
    if values and asked.outcome not in values:
        raise not_one_of("outcome", values)
    if asked.outcome in (declared.get("opinionRequiredFor") or ()) and not asked.opinion.strip():
        raise OpinionMissing(fields={"opinion": ["required"]})
    if len(asked.late_reason) > MOST_OPINION:
        said = {"late_reason": [f"at most {MOST_OPINION} characters"]}
        raise Invalid(detail=f"late_reason: ≤ {MOST_OPINION}", fields=said)
    if len(asked.opinion) > MOST_OPINION:
        raise Invalid(detail=f"opinion: ≤ {MOST_OPINION}", fields={"opinion": [f"at most {MOST_OPINION} characters"]})
    if len(json.dumps({**form, **asked.form}, ensure_ascii=False).encode()) > MOST_FORM_BYTES:
        raise Invalid(detail=f"form: ≤ {MOST_FORM_BYTES} bytes", fields={"form": [f"at most {MOST_FORM_BYTES} bytes"]})
