"""What the ways in share: who may act for an applicant, what may be asked for, which documents the window issues, how it ends."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from engine.bpmn.run import ProcessRun
from engine.cases.access import is_platform, permit, place_of
from engine.cases.apply_step import StepDraft, form_values
from engine.cases.complete_task import MOST_FORM_BYTES
from engine.cases.held import Command, held
from engine.cases.mandates import check_mandate, needs_mandate
from engine.cases.ownership import is_own
from engine.cases.states import CASE_NAMES, CaseState, CaseStateConflict
from engine.cases.step_documents import plan_at_window
from engine.cases.step_store import CaseRow
from engine.cases.submit import SUBMITTED_BY
from engine.catalogue.forms import APPLICATION
from engine.clock import day_of
from engine.errors import Invalid, NotFound
from engine.organization.permissions import UseCase
from engine.unit_of_work import UnitOfWork

_SUBMITTED = f"SELECT 1 AS found FROM events e WHERE e.case_id = %(case)s AND e.seq = 1 AND {SUBMITTED_BY} = %(me)s"


class MaterialUnlisted(Invalid):
    """A material that the published list does not name may not be asked for. Params: material, fields."""

    code = "material-unlisted"
    zh = "“{material}”不在该事项公布的材料目录中，不得要求申请人提供。请从目录中选择。"
    en = "“{material}” is not on the item's published list, so the applicant can't be asked for it. Choose from that list."

    def __init__(self, **params: Any) -> None:
        super().__init__(rule="XKF-31", article="行政许可法第三十一条", **params)


class Applied(Protocol):
    """What of a case decides who may act in its applicant's place."""

    @property
    def id(self) -> UUID: ...
    @property
    def number(self) -> str: ...
    @property
    def region_code(self) -> str: ...
    @property
    def item(self) -> str: ...
    @property
    def applicant(self) -> Mapping[str, Any]: ...
    @property
    def now(self) -> datetime: ...


def check_applicant(uow: UnitOfWork, case: Applied, use: UseCase) -> None:
    """The actor may do this in the applicant's place: the window of the region, or who submitted the case.

    Raises Forbidden, NotFound.
    """
    actor = uow.actor
    if is_platform(actor):
        return
    if actor.kind == "applicant":
        if not is_own(uow, case.number):
            raise NotFound(what="case", id=case.number)
        return
    (rows,) = uow.read((_SUBMITTED, {"case": case.id, "me": actor.submitter}))
    permit(actor, use, place_of(actor, case.region_code, bool(rows)), "case", case.number)
    if needs_mandate(actor):
        check_mandate(uow, case.applicant, case.item, day_of(case.now))


def end_application(draft: StepDraft, result: str, document: Mapping[str, Any], content: str) -> dict[str, Any]:
    """The application is over: what is open is cancelled, its document issued."""
    case = draft.case
    draft.result = result
    draft.owes_no_reason = True
    plan_at_window(draft, document, content)
    command = Command("end", case.id, case.number, "end", draft.uow.actor.id, draft.uow.actor.kind)
    with held(draft.uow, command):
        run: ProcessRun | None = None
        if case.run is not None:
            run = draft.resume()
            draft.follow(run, run.cancel())
        if draft.state != CaseState.CONCLUDED:
            draft.conclude()
        draft.store(run)
    return state_of(draft)


def check_form(draft: StepDraft, changes: Mapping[str, Any]) -> None:
    """Changes of the application's form, against the form of the item's version; null empties a field. Raises Invalid."""
    form = draft.live.item.forms.get(APPLICATION)
    filled = {name: value for name, value in {**draft.form, **changes}.items() if value is not None}
    flaws = form.check(filled, partly=True) if form and changes else {}
    for one in form.fields if form else ():
        if one.required and one.name in changes and changes[one.name] is None:
            flaws[one.name] = ["必填\tis required"]
    mine = {f"form.{name}": texts for name, texts in flaws.items() if name.split(".")[0] in changes}
    if mine:
        raise Invalid(detail="、".join(mine), fields=mine)
    if len(json.dumps({**draft.form, **changes}, ensure_ascii=False).encode()) > MOST_FORM_BYTES:
        raise Invalid(detail=f"form: ≤ {MOST_FORM_BYTES} bytes", fields={"form": ["too large"]})


def change_form(draft: StepDraft, changes: Mapping[str, Any]) -> dict[str, str]:
    """Take over what the form says differently, and answer it as the record keeps it: an emptied field as null."""
    changed = {name: value for name, value in changes.items() if draft.form.get(name) != value}
    for name, value in changed.items():
        if value is None:
            del draft.form[name]
        else:
            draft.form[name] = value
    return form_values(changed)


def check_materials(draft: StepDraft, codes: Iterable[str]) -> None:
    known = {material.code for material in draft.live.item.materials}
    for n, code in enumerate(codes):
        if code not in known:
            raise MaterialUnlisted(material=code[:80], fields={f"materials.{n}.material": [code[:80]]})


def material_name(draft: StepDraft, code: str) -> str:
    return next((one.name for one in draft.live.item.materials if one.code == code), code)


def names_text(draft: StepDraft, codes: Iterable[str]) -> str:
    return "\n".join(f"{n}. {material_name(draft, code)}" for n, code in enumerate(codes, 1))


def spelt(listed: list[dict[str, str]]) -> str:
    return json.dumps(listed, ensure_ascii=False, sort_keys=True)


def state_of(draft: StepDraft) -> dict[str, Any]:
    """What an answer says of the case."""
    return {"number": draft.case.number, "state": str(draft.state), "result": draft.result}


def conflict(case: CaseRow) -> CaseStateConflict:
    return CaseStateConflict(number=case.number, state=case.state, state_zh=CASE_NAMES[case.state][0])
