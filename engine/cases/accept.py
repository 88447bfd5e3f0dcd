"""受理审查: the five lawful answers of the window to an application, and no others (行政许可法 32; `catalogue/intake_rules.py`).

Accepted; fixed on the spot, and accepted; one complete list of what is missing; not ours, and whose; not needed. Each but
the first two ends the application or makes it wait; each leaves a numbered document.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg.types.json import Jsonb

from engine.cases import case_clocks
from engine.cases.access import check_task, is_platform, need, task_id
from engine.cases.apply_step import StepDraft
from engine.cases.complete_task import Completion, complete_draft
from engine.cases.held_materials import held_for
from engine.cases.house import House
from engine.cases.intake import (
    change_form,
    check_form,
    check_materials,
    conflict,
    end_application,
    material_name,
    spelt,
    state_of,
)
from engine.cases.states import CaseState, move_case
from engine.cases.step_documents import plan_at_window, window_task
from engine.cases.step_store import CaseRow, lock_case
from engine.cases.submit import find_case, start_run
from engine.catalogue.intake_rules import ASKS, TAKES, Answer, refuses_at_once
from engine.errors import Invalid, NotFound, not_one_of
from engine.organization.permissions import UseCase
from engine.unit_of_work import UnitOfWork

MOST_LISTED = 100
MOST_REASON = 2000
_LISTS = "SELECT seq, listed, supplied FROM supplement_lists WHERE case_id = %s ORDER BY seq"
_TELL = "INSERT INTO supplement_lists (case_id, seq, listed, told_at, supplied, supplied_at) VALUES (%s, %s, %s, %s, NULL, NULL)"


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of the one list: a material of the published list, and what is wrong with it or that it is missing."""

    material: str
    reason: str


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The window's answer. `opinion` is a remark for the record; the rest is what the answers ask for (`ASKS`)."""

    number: str
    answer: str
    opinion: str = ""
    materials: tuple[Listed, ...] = ()
    reason: str = ""
    redirect: str = ""
    form: Mapping[str, Any] = field(default_factory=dict)
    late_reason: str = ""


class OneListOnly(Invalid):
    """A later list names what the first should have named. Params: material, fields."""

    code = "one-list-only"
    zh = "补正内容须一次性告知：“{material}”不在前次告知书中，也不是本次新补交的材料，不得再次要求补正。"
    en = (
        "What is missing is told once, all of it: “{material}” was not on the list before and was not newly supplied, "
        "so it can't be asked for now."
    )

    def __init__(self, **params: Any) -> None:
        super().__init__(rule="XKF-32-4", article="行政许可法第三十二条第一款第四项", **params)


class MaterialHeld(Invalid):
    """The platform holds this material already: nobody is asked twice. Params: material, case, fields."""

    code = "material-held"
    zh = "平台已有该申请人的“{material}”（办件 {case}），不得要求重复提交。请直接调用（从历史办件引用）。"
    en = "The platform holds this applicant's “{material}” (case {case}): it may not be demanded again. Take it from there."

    def __init__(self, **params: Any) -> None:
        super().__init__(rule="ZX-7", article="国务院关于在线政务服务的若干规定第七条", **params)


def accept(house: House, uow: UnitOfWork, asked: Acceptance) -> dict[str, Any]:
    """Answer an application at the window.

    Raises:
        NotFound, Forbidden: no such case, or not the actor's window.
        Invalid: an answer that the item's rules don't know, or what it asks for is missing.
        MaterialUnlisted, OneListOnly: a list that asks for too much.
        CaseStateConflict: it was answered already, waits for its supplement, or is over.
        StepHeld: the step can't be made.
    """
    if asked.answer not in tuple(Answer):
        raise not_one_of("answer", tuple(Answer))
    case = lock_case(uow, find_case(uow, asked.number))
    if case is None or not _at_my_window(uow, case):
        raise NotFound(what="case", id=asked.number)
    need(uow.actor, UseCase.CASE_ACCEPT)
    if case.state != CaseState.SUBMITTED:
        raise conflict(case)
    draft = StepDraft.of(house, uow, case)
    window = window_task(draft)
    if window is not None:
        shown = task_id(case.id, window.number)
        check_task(uow.actor, window, case.region_code, shown, UseCase.CASE_ACCEPT)
    elif case.run is not None or draft.live.acceptance_node is not None:
        # The process runs, and its window task is not open: it waits for something else first.
        raise conflict(case)
    answer = Answer(asked.answer)
    _check(draft, answer, asked)
    return _ANSWERS[answer](draft, asked)


# -- the answers


def _accepted(draft: StepDraft, asked: Acceptance) -> dict[str, Any]:
    window = window_task(draft)
    if window is None:
        # A diagram without a window task starts when the case is accepted.
        draft.accept()
        draft.store(start_run(draft.uow, draft))
        return state_of(draft)
    completion = Completion(draft.case.id, window.number, "accepted", asked.opinion, late_reason=asked.late_reason)
    return {**complete_draft(draft, window, completion)["case"], "number": draft.case.number}


def _fixed_on_the_spot(draft: StepDraft, asked: Acceptance) -> dict[str, Any]:
    """What could be corrected at the window was, by the applicant: it is recorded, and the application is accepted."""
    facts = {"basis": draft.live.item.intake_rules.basis[Answer.FIXED_ON_THE_SPOT]}
    personal = {"reason": asked.reason} | change_form(draft, asked.form)
    draft.entries.append(draft.entry("application.fixed", facts, None, personal))
    return _accepted(draft, asked)


def _supplement(draft: StepDraft, asked: Acceptance) -> dict[str, Any]:
    rules, case = draft.live.item.intake_rules, draft.case
    listed = [{"material": one.material, "reason": one.reason} for one in asked.materials]
    text = _list_text(draft, asked.materials)
    if refuses_at_once(rules):
        draft.entries.append(draft.entry("application.refused", _facts(draft, asked), None, {"list": spelt(listed)}))
        return end_application(draft, "refused", _REFUSAL, text)
    draft.state = move_case(case.state, "ask", case.number)
    facts = _facts(draft, asked) | case_clocks.list_told(draft)
    # The list's row is named by its entry: the number that the record will give it.
    seq = case.seq + len(draft.entries) + 1
    draft.entries.append(draft.entry("supplement.asked", facts, None, {"list": spelt(listed)}))
    plan_at_window(draft, _SUPPLEMENT, text)
    draft.uow.write(_TELL, (case.id, seq, Jsonb(listed), case.now))
    draft.store(None)
    return state_of(draft)


def _not_ours(draft: StepDraft, asked: Acceptance) -> dict[str, Any]:
    facts = _facts(draft, asked) | {"redirect": asked.redirect}
    draft.entries.append(draft.entry("application.refused", facts, None, {"reason": asked.reason}))
    return end_application(draft, "not_ours", _REFUSAL, f"理由：{asked.reason}\n请向{asked.redirect}申请。")


def _not_needed(draft: StepDraft, asked: Acceptance) -> dict[str, Any]:
    draft.entries.append(draft.entry("application.refused", _facts(draft, asked), None, {"reason": asked.reason}))
    return end_application(draft, "not_needed", _NOT_NEEDED, f"理由：{asked.reason}")


_ANSWERS = {
    Answer.ACCEPTED: _accepted,
    Answer.FIXED_ON_THE_SPOT: _fixed_on_the_spot,
    Answer.SUPPLEMENT: _supplement,
    Answer.NOT_OURS: _not_ours,
    Answer.NOT_NEEDED: _not_needed,
}
_REFUSAL = {"kind": "refusal-of-acceptance", "title": "不予受理决定书", "titleEn": "Decision not to accept"}
_NOT_NEEDED = {"kind": "not-needed-notice", "title": "不予受理告知书", "titleEn": "Notice that nothing is needed"}
_SUPPLEMENT = {"kind": "supplement-notice", "title": "一次性补正告知书", "titleEn": "Notice of what is missing"}


# -- what may be answered


def _check(draft: StepDraft, answer: Answer, asked: Acceptance) -> None:
    rules = draft.live.item.intake_rules
    if answer not in rules.answers:
        raise not_one_of("answer", rules.answers)
    missing = [name for name in ASKS[answer] if not _given(getattr(asked, name))]
    if missing:
        raise Invalid(detail="、".join(missing), fields={name: ["required"] for name in missing})
    # What an answer has no use for is not dropped in silence: the caller meant another answer, or another member.
    if stray := [
        name for name in ("materials", "redirect", "form") if _given(getattr(asked, name)) and name not in TAKES[answer]
    ]:
        said = f"“{answer}”不使用此项，请删去或者改用其他答复\tis of no use with “{answer}”: leave it out, or give another answer"
        raise Invalid(detail="、".join(stray), fields={name: [said] for name in stray})
    for name in ("reason", "redirect", "opinion"):
        if len(getattr(asked, name)) > MOST_REASON:
            said = f"不能超过 {MOST_REASON} 个字符\tmay not be over {MOST_REASON} characters"
            raise Invalid(detail=name, fields={name: [said]})
    check_form(draft, asked.form)
    if answer == Answer.SUPPLEMENT:
        _check_list(draft, asked.materials)


def _check_list(draft: StepDraft, materials: tuple[Listed, ...]) -> None:
    if len(materials) > MOST_LISTED:
        raise Invalid(detail="materials", fields={"materials": [f"≤ {MOST_LISTED}"]})
    for n, one in enumerate(materials):
        if not one.reason.strip():
            raise Invalid(detail=f"materials[{n}].reason", fields={f"materials.{n}.reason": ["required"]})
    check_materials(draft, (one.material for one in materials))
    held = held_for(draft.uow, draft.case, [one.material for one in materials])
    for n, one in enumerate(materials):
        if one.material in held:
            raise MaterialHeld(
                material=material_name(draft, one.material),
                case=held[one.material].case,
                fields={f"materials.{n}.material": [one.material]},
            )
    (lists,) = draft.uow.read((_LISTS, (draft.case.id,)))
    if not lists or not draft.live.item.intake_rules.one_list:
        return
    told = {one["material"] for row in lists for one in row["listed"]}
    brought = {one["material"] for row in lists for one in row["supplied"] or ()}
    for n, one in enumerate(materials):
        if one.material not in told | brought:
            raise OneListOnly(
                material=material_name(draft, one.material), fields={f"materials.{n}.material": [one.material]}
            )


def _given(value: Any) -> bool:
    return bool(value.strip() if isinstance(value, str) else value)


def _facts(draft: StepDraft, asked: Acceptance) -> dict[str, Any]:
    return {"answer": asked.answer, "basis": draft.live.item.intake_rules.basis[Answer(asked.answer)]}


def _list_text(draft: StepDraft, materials: Iterable[Listed]) -> str:
    return "\n".join(f"{n}. {material_name(draft, one.material)}：{one.reason}" for n, one in enumerate(materials, 1))


def _at_my_window(uow: UnitOfWork, case: CaseRow) -> bool:
    """The window of the case's region, or a department at which one of its tasks lies (a township accepts for its villages)."""
    lies_here = any(uow.actor.works_in(task.department_id) for task in case.tasks)
    return is_platform(uow.actor) or uow.actor.region_code == case.region_code or lies_here
