"""审材料: a department approves or rejects one material, with its reason; the latest word of each department counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.cases.access import need, permit, place_of
from engine.cases.applicants import see_case
from engine.cases.house import House
from engine.cases.note import note
from engine.cases.record import spell
from engine.cases.states import CASE_NAMES, CaseState, CaseStateConflict
from engine.cases.step_store import CaseRow, lock_case
from engine.cases.submit import find_case
from engine.errors import Invalid, NotFound, not_one_of
from engine.organization.permissions import UseCase
from engine.unit_of_work import UnitOfWork

VERDICTS = ("approved", "rejected")
MOST_REASON = 1000
_MATERIAL = "SELECT * FROM materials WHERE case_id = %s AND number = %s"
_VERDICTS = (
    "SELECT DISTINCT ON (department_id) department_id, verdict FROM material_reviews "
    "WHERE case_id = %s AND material = %s ORDER BY department_id, seq DESC"
)
_CONCERNED = "SELECT DISTINCT department_id FROM tasks WHERE case_id = %s AND kind = 'officer'"
_SET = "UPDATE materials SET state = %s, trust = %s WHERE case_id = %s AND number = %s"


@dataclass(frozen=True, slots=True)
class Review:
    """What an officer says of a material; `department` where he works in several that have to do with the case."""

    number: str
    material: int
    verdict: str
    reason: str = ""
    original_compared: bool = False
    department: str | None = None


def review_material(house: House, uow: UnitOfWork, asked: Review) -> dict[str, Any]:
    """Record a department's word on a material; answers it.

    Raises:
        NotFound, Forbidden: not there, or not a department that has to do with the case.
        Invalid: an unknown verdict, or a rejection without its reason.
        CaseStateConflict: the case is over.
    """
    need(uow.actor, UseCase.MATERIAL_REVIEW)
    if asked.verdict not in VERDICTS:
        raise not_one_of("verdict", VERDICTS)
    if asked.verdict == "rejected" and not asked.reason.strip():
        said = "不通过时必填，请写明缺什么、如何改\tis required for a rejection: say what lacks and how to mend it"
        raise Invalid(detail="reason", fields={"reason": [said]})
    see_case(house, uow, asked.number)
    case = lock_case(uow, find_case(uow, asked.number))
    rows, verdicts, concerned = ([], [], []) if case is None else _read(uow, case, asked.material)
    if case is None or not rows:
        raise NotFound(what="material", id=f"{asked.number} / {asked.material}"[:80])
    if case.state == CaseState.CONCLUDED:
        raise CaseStateConflict(number=case.number, state=case.state, state_zh=CASE_NAMES[case.state][0])
    department = _department(uow, case, asked, {row["department_id"] for row in concerned})
    _write(uow, case, asked, rows[0], department, verdicts)
    return {"number": case.number, "material": asked.material, "department_id": department, "verdict": asked.verdict}


def _read(uow: UnitOfWork, case: CaseRow, material: int) -> list[list[dict[str, Any]]]:
    which = (case.id, material)
    return uow.read((_MATERIAL, which), (_VERDICTS, which), (_CONCERNED, (case.id,)))


def _department(uow: UnitOfWork, case: CaseRow, asked: Review, concerned: set[str]) -> str:
    """Whose word it is: a department of the actor's that has or had a task of the case. Raises NotFound, Forbidden."""
    mine = sorted(one for one in concerned & uow.actor.departments if asked.department in (None, one))
    place = place_of(uow.actor, case.region_code, own=bool(mine))
    permit(uow.actor, UseCase.MATERIAL_REVIEW, place, "material", f"{asked.number} / {asked.material}"[:80])
    found: str = (mine or sorted(concerned))[0]
    return found


def _write(
    uow: UnitOfWork,
    case: CaseRow,
    asked: Review,
    row: Mapping[str, Any],
    department: str,
    verdicts: Iterable[Mapping[str, Any]],
) -> None:
    standing = {one["department_id"]: one["verdict"] for one in verdicts} | {department: asked.verdict}
    state = "rejected" if "rejected" in standing.values() else "approved"
    compared = asked.original_compared and asked.verdict == "approved"
    trust = "B" if compared and row["trust"] == "C" else row["trust"]
    facts = {"material": asked.material, "department": department, "verdict": asked.verdict}
    facts |= {"original_compared": compared, "material_state": state, "trust": trust}
    personal = {"reason": asked.reason, "handler": uow.actor.name}
    seq = note(uow, case, "material.reviewed", facts, personal)
    uow.write(_SET, (state, trust, case.id, asked.material))
    review = {"case_id": str(case.id), "seq": seq, "material": asked.material, "department_id": department}
    review |= {"officer_id": uow.actor.id, "verdict": asked.verdict, "reason": asked.reason}
    uow.insert("material_reviews", [review | {"original_compared": compared, "at": spell(case.now)}])
