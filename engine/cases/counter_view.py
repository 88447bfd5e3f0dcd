"""What of an application can still be put right at the counter: its form, the list that was told, and what may be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from engine.cases import tolerance
from engine.cases.access import need
from engine.cases.house import House
from engine.cases.intake import check_applicant
from engine.cases.states import CaseState
from engine.cases.submit import find_case
from engine.cases.withdraw import decided
from engine.catalogue.forms import APPLICATION
from engine.clock import DOMAIN_NOW_SQL
from engine.errors import Forbidden, NotFound
from engine.organization.permissions import UseCase
from engine.store.base import Json
from engine.unit_of_work import UnitOfWork

_CASE = (
    "SELECT cases.id, number, region_code, item, definition_id, offer_id, state, applicant, form, progress, "
    f"{DOMAIN_NOW_SQL} AS now FROM cases CROSS JOIN platform p WHERE cases.id = %s"
)
_OPEN_LIST = "SELECT listed FROM supplement_lists WHERE case_id = %s AND supplied_at IS NULL ORDER BY seq DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class _Applied:
    """A case as far as this page of it goes."""

    id: UUID
    number: str
    region_code: str
    item: str
    definition_id: UUID
    offer_id: UUID | None
    state: str
    applicant: Mapping[str, Any]
    form: Mapping[str, Any]
    progress: Json
    now: datetime


def counter_view(house: House, uow: UnitOfWork, number: str) -> dict[str, Any]:
    """The application's form with what it says now, what was asked for, and whether the actor may supply and withdraw.

    `asked` is what the window asked for, or, with `supply_by`, what was promised to come later (容缺), at a task of `supply_nodes`.
    `fields` are those of every form of the case's version, by name: what a value that was given is called. What belongs to the
    case itself is told to those only who act in the applicant's place.

    Raises:
        NotFound: no such case.
    """
    case = _Applied(**uow.read((_CASE, (find_case(uow, number),)))[0][0])
    live = house.definition(uow, case.definition_id, case.offer_id)
    item = live.item
    promised, by = tolerance.promised(case.state, case.progress)
    supplies, withdraws = (_may(uow, case, use) for use in (UseCase.CASE_SUPPLEMENT, UseCase.CASE_WITHDRAW))
    open_list = uow.read((_OPEN_LIST, (case.id,)))[0] if supplies and case.state == CaseState.SUPPLEMENT else []
    materials = {one.code: {"name": one.name, "name_en": one.name_en} for one in item.materials}
    over = case.state == CaseState.CONCLUDED or decided(case.progress.get("outcomes", {}), item.intake.decided_at)
    return {
        "fields": {one.name: one for form in item.forms.values() for one in form.fields},
        "form": item.forms.get(APPLICATION) if not promised else None,
        "demonstration": item.listing.demonstration,
        "values": dict(case.form) if supplies else {},
        "asked": [
            one | materials.get(one["material"], {"name": one["material"]})
            for row in open_list
            for one in row["listed"]
        ]
        + [{"material": code, "reason": ""} | materials.get(code, {"name": code}) for code in promised if supplies],
        "supply_by": by,
        "supply_nodes": sorted(tolerance.supply_nodes(live.compiled)) if promised else [],
        "may_supply": supplies and bool(open_list or promised),
        "may_withdraw": withdraws and not over,
    }


def _may(uow: UnitOfWork, case: _Applied, use: UseCase) -> bool:
    try:
        need(uow.actor, use)
        check_applicant(uow, case, use)
    except (Forbidden, NotFound):
        return False
    return True
