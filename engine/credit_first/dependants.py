"""依赖: later cases that used a permit as a material. When it is lost they are flagged and listed, never silently changed.

A job flags them after the commit, each in a transaction of its own; whoever decides such a case sees the flag at the material.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from engine.cases.apply_step import StepDraft
from engine.cases.house import House
from engine.cases.inbox import regions_of
from engine.cases.progress import instant
from engine.cases.record import spell
from engine.cases.states import CASE_NAMES
from engine.cases.step_store import lock_case
from engine.cases.submit import find_case
from engine.credit_first.permits import seq_here, status_of
from engine.credit_first.revocation import concerns
from engine.credit_first.states import IN_FORCE, PERMIT_NAMES
from engine.organization.permissions import Permission, UseCase
from engine.unit_of_work import UnitOfWork

#: A document of the permit's case, or of a case that follows it, stands as a material in another case.
_USED = (
    "SELECT m.case_id, m.number AS material, m.code, m.name, m.name_en, c.number, c.item, c.state, c.result, c.region_code, "
    "d.at AS flagged_at FROM materials m JOIN cases c ON c.id = m.case_id "
    "LEFT JOIN material_doubts d ON d.case_id = m.case_id AND d.material = m.number AND d.permit_case_id = %(permit)s "
    "WHERE m.state <> 'rejected' AND m.case_id <> %(permit)s AND m.document IN ("
    "SELECT o.number FROM documents o JOIN cases b ON b.id = o.case_id "
    "WHERE (b.id = %(permit)s OR b.linked_to = %(permit)s)) ORDER BY c.submitted_at, c.number, m.number"
)


def dependants(house: House, uow: UnitOfWork, number: str) -> dict[str, Any]:
    """The cases that used a permit as a material, for the officers of its case. Raises NotFound, Forbidden."""
    case_id = find_case(uow, number)
    watched = regions_of(house, uow, uow.actor) if uow.actor.may(Permission.CASE_READ_ANY) else ()
    concerns(uow, case_id, number, UseCase.DEPENDANTS_READ, watched)
    (rows,) = uow.read((_USED, {"permit": case_id}))
    return {"case": number, "permit": status_of(uow, case_id), "items": [_view(row) for row in rows]}


def _view(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "case": row["number"],
        "item": row["item"],
        "region": row["region_code"],
        "state": row["state"],
        "state_name": CASE_NAMES[row["state"]][0],
        "state_name_en": CASE_NAMES[row["state"]][1],
        "result": row["result"],
        "material": row["material"],
        "material_name": row["name"],
        "material_name_en": row["name_en"],
        "flagged_at": instant(row["flagged_at"]),
    }


def to_flag(uow: UnitOfWork, permit: UUID) -> list[tuple[UUID, int]]:
    """The materials that are to be flagged and are not yet."""
    (rows,) = uow.read((_USED, {"permit": permit}))
    status = status_of(uow, permit)
    if status in (None, *IN_FORCE):
        return []
    return [(row["case_id"], row["material"]) for row in rows if row["flagged_at"] is None]


def flag(house: House, uow: UnitOfWork, permit: UUID, case_id: UUID, material: int) -> bool:
    """Flag one material of one case: an entry of its record and a row; once, however often it is asked."""
    case = lock_case(uow, case_id)
    (found,) = uow.read((_FLAGGED, (case_id, material, permit)))
    status = status_of(uow, permit)
    if case is None or found or status in (None, *IN_FORCE):
        return False
    draft = StepDraft.of(house, uow, case)
    (numbers,) = uow.read(("SELECT number FROM cases WHERE id = %s", (permit,)))
    facts = {"material": material, "permit": numbers[0]["number"], "permit_case": str(permit), "status": status}
    draft.entries.append(draft.entry("material.doubted", facts))
    row = {"case_id": str(case_id), "material": material, "permit_case_id": str(permit), "seq": seq_here(draft)}
    uow.insert("material_doubts", [row | {"status": status, "at": spell(case.now)}])
    draft.store(None)
    return True


_FLAGGED = "SELECT 1 FROM material_doubts WHERE case_id = %s AND material = %s AND permit_case_id = %s"


def doubts_of(uow: UnitOfWork, case_id: UUID) -> dict[int, dict[str, Any]]:
    """The flags of a case, by material."""
    (rows,) = uow.read((_DOUBTS, (case_id,)))
    return {
        row["material"]: {
            "permit": row["number"],
            "status": row["status"],
            "status_name": PERMIT_NAMES[row["status"]][0],
            "status_name_en": PERMIT_NAMES[row["status"]][1],
            "at": instant(row["at"]),
        }
        for row in rows
    }


_DOUBTS = (
    "SELECT d.material, d.status, d.at, c.number FROM material_doubts d JOIN cases c ON c.id = d.permit_case_id "
    "WHERE d.case_id = %s ORDER BY d.seq"
)
