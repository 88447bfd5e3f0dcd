"""退回: an officer sends an open task back to one that was done before it, as the diagram allows, and says why.

The task ends with a state of its own; the case stays in hand and its own limits go on. The task that it is returned to opens
anew, with a limit of its own, and its officer reads why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from engine.bpmn.compile import Compiled
from engine.bpmn.model import Node
from engine.bpmn.returns import comes_back
from engine.cases.access import task_id
from engine.cases.apply_step import Closing, StepDraft, public_names
from engine.cases.complete_task import MOST_OPINION, check_open, locked_task
from engine.cases.countersign import check_signer
from engine.cases.held import Command, held
from engine.cases.house import House
from engine.cases.lateness import check_task_end
from engine.cases.states import TaskState
from engine.errors import Invalid
from engine.organization.permissions import UseCase
from engine.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Returning:
    """What is asked: which task, returned to which node, and why."""

    case_id: UUID
    task: int
    to: str
    opinion: str = ""
    late_reason: str = ""

    def as_arguments(self) -> dict[str, Any]:
        """The part that an incident keeps."""
        told = {"task": self.task, "to": self.to, "opinion": self.opinion}
        return told | ({"late_reason": self.late_reason} if self.late_reason else {})


class ReturnNotAllowed(Invalid):
    """The diagram does not let this task be returned there, or that task was not done in this case. Params: name, to, allowed
    (where to, as a sentence: somewhere, or nowhere)."""

    code = "return-not-allowed"
    zh = "环节“{name}”不能退回到“{to}”。{allowed_zh}"
    en = "Task “{name_en}” can't be returned to “{to}”. {allowed}"


class ReturnReasonMissing(Invalid):
    """A return needs its reason: who gets the task back has to know what to do."""

    code = "return-reason-missing"
    zh = "退回时必须写明原因，以便重新办理的人员知道应当怎样处理。请填写意见后重新提交。"
    en = "A return needs its reason, so that whoever does the task again knows what to do. Write it and send it again."


def return_task(house: House, uow: UnitOfWork, asked: Returning) -> dict[str, Any]:
    """Return a task; answers its new state, where it was returned to, and what was opened.

    Raises:
        NotFound, Forbidden: not the actor's task (see `access.py`).
        TaskStateConflict: it is not open any more, or somebody else has claimed it.
        ReturnNotAllowed: the diagram has no such way back, or nobody has been there in this case.
        ReturnReasonMissing, Invalid: no opinion, or one too long.
        LateReasonRequired: it is late, and nothing is said of why.
        SpecialProcedureOpen: a special procedure is under way at this task.
        StepHeld: the step can't be made; nothing was changed.
    """
    shown = task_id(asked.case_id, asked.task)
    case, task = locked_task(uow, asked.case_id, asked.task, UseCase.TASK_RETURN)
    draft = StepDraft.of(house, uow, case)
    check_open(uow.actor.id, task, "return", shown)
    if case.process is not None:
        house.after_decision.check_completion(draft, task, None)
    allowed = targets(draft.live.compiled, task.node, task.kind, draft.progress["visits"])
    _check(public_names(draft.live.compiled.nodes[task.node]), asked, allowed)
    check_signer(uow, draft.live, case.id, task)
    check_task_end(draft, task, asked.late_reason)
    command = Command("return", case.id, case.number, f"task:{task.number}", uow.actor.id, uow.actor.kind, task.node)
    with held(uow, command.saying(asked.as_arguments())):
        draft.send_back(Closing(task, None, asked.opinion.strip(), {}, asked.late_reason.strip()), asked.to)
        run = draft.resume()
        draft.follow(run, run.send_back(task.number, asked.to))
        draft.store(run)
    return {
        "id": shown,
        "state": str(TaskState.RETURNED),
        "node": task.node,
        "returned_to": asked.to,
        "case": {"number": case.number, "state": str(draft.state), "result": draft.result},
        "opened": [{"id": task_id(case.id, row["number"]), "node": row["node"]} for row in draft.tasks],
    }


def targets(compiled: Compiled, node: str, kind: str, visits: Mapping[str, int]) -> list[Node]:
    """The tasks that a task may be returned to in a case: those of its diagram that were open in it before.

    What an applicant does is returned by nobody.
    """
    if kind != "officer":
        return []
    been = {name.partition("#")[0] for name in visits}
    return [compiled.nodes[target] for target in compiled.returns.get(node, ()) if target in been]


def targets_shown(compiled: Compiled, node: str, kind: str, visits: Mapping[str, int]) -> list[dict[str, Any]]:
    """The same in words: the node, its names, whether it comes straight back (`back`) or goes `forward` again, and whether
    the applicant does it, who then reads why."""
    then = "back" if comes_back(compiled.nodes[node]) else "forward"
    told = []
    for target in targets(compiled, node, kind, visits):
        name, name_en, *_ = public_names(target)
        own = bool((target.extension("assignment") or {}).get("applicant"))
        told.append({"node": str(target.id), "name": name, "name_en": name_en, "then": then, "applicant": own})
    return told


def _check(names: Sequence[str], asked: Returning, allowed: list[Node]) -> None:
    ids = [str(node.id) for node in allowed]
    if asked.to not in ids:
        zh = "、".join(f"{public_names(node)[0]}（{node.id}）" for node in allowed)
        en = ", ".join(f"{public_names(node)[1]} ({node.id})" for node in allowed)
        zh = f"可以退回到：{zh}。请重新选择。" if ids else "本环节不能退回，请照常办理。"
        en = f"It may be returned to: {en}. Choose one of them." if ids else "It can't be returned at all: complete it."
        values = ", ".join(ids) or "-"
        said = {"to": [f"须为以下之一：{values}\tmust be one of: {values}"]}
        named = {"name": names[0], "name_en": names[1]}
        raise ReturnNotAllowed(**named, to=asked.to[:80], allowed=en, allowed_zh=zh, fields=said)
    if not asked.opinion.strip():
        raise ReturnReasonMissing(fields={"opinion": ["必填\tis required"]})
    for field, text in (("opinion", asked.opinion), ("late_reason", asked.late_reason)):
        if len(text) > MOST_OPINION:
            said = {field: [f"最多 {MOST_OPINION} 个字\tat most {MOST_OPINION} characters"]}
            raise Invalid(detail=f"{field}: ≤ {MOST_OPINION}", fields=said)
