"""The applicant of one case, known by its number and query code; and who may see a case, applicant or officer."""

from __future__ import annotations

import hmac

from engine.cases.house import House
from engine.cases.inbox import get_case
from engine.cases.ownership import applicant_id, is_own
from engine.cases.progress import ProgressNotFound
from engine.cases.submit import hash_code
from engine.errors import NotFound
from engine.organization.actor import Actor
from engine.unit_of_work import UnitOfWork

_FIND = (
    "SELECT p.query_salt, n.query_hash, c.applicant->>'name' AS name FROM platform p "
    "LEFT JOIN case_numbers n ON n.number = %s LEFT JOIN cases c ON c.id = n.case_id"
)


def enter(uow: UnitOfWork, number: str, code: str) -> Actor:
    """The applicant of the case with that number, who knows its query code.

    Raises:
        ProgressNotFound: no such number, or the code is wrong: the same answer after the same work.
    """
    ((row,),) = uow.read((_FIND, (number,)))
    hashed = hash_code(bytes(row["query_salt"]), number, code)
    kept = bytes(row["query_hash"]) if row["query_hash"] else bytes(32)
    if not hmac.compare_digest(hashed, kept) or not row["query_hash"]:
        raise ProgressNotFound()
    return Actor.applicant(applicant_id(number), row["name"] or "")


def see_case(house: House, uow: UnitOfWork, number: str) -> None:
    """NotFound unless the actor is the case's applicant, or has to do with it as an officer."""
    if uow.actor.kind != "applicant":
        get_case(house, uow, number)
    elif not is_own(uow, number):
        raise NotFound(what="case", id=number[:80])
