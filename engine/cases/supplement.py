"""补正: the applicant brings what the window asked for, once; the check of completeness begins anew with it.

容缺补交 comes the same way: what was promised to come later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg.types.json import Jsonb

from engine.cases import case_clocks, tolerance
from engine.cases.access import need
from engine.cases.apply_step import StepDraft
from engine.cases.complete_task import Completion, complete_draft
from engine.cases.house import House
from engine.cases.intake import (
    change_form,
    check_applicant,
    check_form,
    check_materials,
    conflict,
    names_text,
    spelt,
    state_of,
)
from engine.cases.states import CaseState, move_case
from engine.cases.step_documents import RECEIPT, plan_at_window
from engine.cases.step_store import lock_case
from engine.cases.submit import find_case
from engine.errors import Invalid, NotFound
from engine.organization.actor import PLAYED, Actor
from engine.organization.permissions import UseCase
from engine.unit_of_work import UnitOfWork

_OPEN_LIST = (
    "SELECT listed, told_at FROM supplement_lists WHERE case_id = %s AND supplied_at IS NULL ORDER BY seq DESC LIMIT 1"
)
_IN_FILE = "SELECT DISTINCT code FROM materials WHERE case_id = %s AND state <> 'rejected'"
_ADDED = "SELECT code, added_at FROM materials WHERE case_id = %s"
_SUPPLY = "UPDATE supplement_lists SET supplied = %s, supplied_at = %s WHERE case_id = %s AND supplied_at IS NULL"


@dataclass(frozen=True, slots=True)
class Supplied:
    """What the applicant brings: a material that was asked for, with a note."""

    material: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Supplement:
    """补正: what was asked for, and form fields that were corrected."""

    number: str
    materials: tuple[Supplied, ...]
    form: Mapping[str, Any] = field(default_factory=dict)


def supply(house: House, uow: UnitOfWork, asked: Supplement) -> dict[str, Any]:
    """Take in what was asked for. The check of completeness begins anew; what is still open may be asked for again.

    Raises:
        NotFound, Forbidden: no such case, or not the actor's.
        CaseStateConflict: nothing was asked for.
        Invalid: nothing is brought, it is no material of the item, or an applicant names what was neither asked for nor came in.
    """
    need(uow.actor, UseCase.CASE_SUPPLEMENT)
    case = lock_case(uow, find_case(uow, asked.number))
    if case is None:
        raise NotFound(what="case", id=asked.number)
    check_applicant(uow, case, UseCase.CASE_SUPPLEMENT)
    draft = StepDraft.of(house, uow, case)
    if case.state == CaseState.ACCEPTED and tolerance.outstanding(draft):
        return _supply_tolerated(draft, asked)
    if case.state != CaseState.SUPPLEMENT:
        raise conflict(case)
    if not asked.materials and not asked.form:
        raise Invalid(detail="materials", fields={"materials": ["required"]})
    check_materials(draft, (one.material for one in asked.materials))
    came = None if _at_counter(uow.actor) else _came_in(draft, asked)
    check_form(draft, asked.form)
    supplied = [{"material": one.material, "note": one.note} for one in asked.materials]
    draft.state = move_case(case.state, "supply", case.number)
    personal = {"supplied": spelt(supplied)} | change_form(draft, asked.form)
    draft.entries.append(draft.entry("supplement.supplied", case_clocks.supplied(draft), None, personal))
    taken = [one.material for one in asked.materials if came is None or one.material in came]
    plan_at_window(draft, RECEIPT, names_text(draft, taken))
    uow.write(_SUPPLY, (Jsonb(supplied), case.now, case.id))
    draft.store(None)
    return state_of(draft)


def _at_counter(actor: Actor) -> bool:
    """Whether who says that it is brought has it in hand: all but an applicant alone (a scenario plays the counter, too)."""
    return actor.kind != "applicant" or actor.id == PLAYED


def _came_in(draft: StepDraft, asked: Supplement) -> set[str]:
    """What came in since the list was told; a receipt names nothing else of what an applicant says.

    Raises Invalid: a material was neither asked for nor handed in since.
    """
    open_list, added = draft.uow.read((_OPEN_LIST, (draft.case.id,)), (_ADDED, (draft.case.id,)))
    listed = {one["material"] for one in open_list[0]["listed"]}
    came = {row["code"] for row in added if row["added_at"] >= open_list[0]["told_at"]}
    for n, one in enumerate(asked.materials):
        if one.material not in listed | came:
            path = f"materials.{n}.material"
            raise Invalid(
                detail=path, fields={path: ["不在补正清单内，也没有补交\tis not on the list, and did not come in"]}
            )
    return came


def _check_in_file(draft: StepDraft, codes: list[str]) -> None:
    """Nobody looks at it again before the decision: what an applicant says has come is in the file. Raises Invalid."""
    (rows,) = draft.uow.read((_IN_FILE, (draft.case.id,)))
    lacking = [n for n, code in enumerate(codes) if code not in {row["code"] for row in rows}]
    if lacking:
        said = "尚未上传，请先上传该材料，或者送到窗口\thas not come in: upload it first, or bring it to the window"
        raise Invalid(detail="materials", fields={f"materials.{n}.material": [said] for n in lacking})


def _supply_tolerated(draft: StepDraft, asked: Supplement) -> dict[str, Any]:
    """What was promised comes: with the last of it, the applicant's task is done and the decision may be made."""
    codes = [one.material for one in asked.materials]
    owed = tolerance.outstanding(draft)
    wrong = [code for code in codes if code not in owed]
    if not codes or wrong:
        raise Invalid(
            detail="materials", fields={"materials": [f"只能为：{'、'.join(owed)}\ttakes only: {', '.join(owed)}"]}
        )
    if asked.form:
        raise Invalid(
            detail="form", fields={"form": ["受理后补交容缺材料，不能更正表单\tis not corrected any more here"]}
        )
    if not _at_counter(draft.uow.actor):
        _check_in_file(draft, codes)
    stops = tolerance.bring(draft, codes)
    supplied = [{"material": one.material, "note": one.note} for one in asked.materials]
    facts = {"materials": codes, "stops": stops}
    draft.entries.append(draft.entry("tolerance.supplied", facts, None, {"supplied": spelt(supplied)}))
    plan_at_window(draft, RECEIPT, names_text(draft, codes))
    task = tolerance.supply_task(draft)
    if task is None or tolerance.outstanding(draft):
        draft.store(None)
    else:
        complete_draft(draft, task, Completion(draft.case.id, task.number, tolerance.SUPPLIED, _BROUGHT))
    return state_of(draft)


_BROUGHT = "容缺材料已补齐。"
