"""Whose a case is, of those who apply: known by its number and query code, or by an account.

An account owns the cases that it submitted. Once a clerk has confirmed its identity, it also owns those that were handed in
elsewhere under its number; a number that is only declared opens nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from engine.organization.accounts import ACCOUNT, account_id, load_account
from engine.organization.actor import PLAYED
from engine.unit_of_work import UnitOfWork

#: The cases `c` of an account: its parameters are those of `whose`.
OWNED = (
    "(c.applicant->>'account' = %(account)s OR (c.applicant->>'account' IS NULL AND "
    "(c.applicant->>'credit_code' = %(number)s OR c.applicant->>'id_number' = %(number)s)))"
)
_OWNED = f"SELECT 1 AS found FROM case_numbers n JOIN cases c ON c.id = n.case_id WHERE n.number = %(case)s AND {OWNED}"
_PROVEN = (
    "SELECT 1 AS found FROM cases c JOIN case_numbers n ON n.case_id = c.id WHERE n.number = %(case)s "
    "AND (upper(c.applicant->>'credit_code') = %(number)s OR upper(c.applicant->>'id_number') = %(number)s) "
    "AND (c.applicant->>'account' IS NULL OR EXISTS (SELECT 1 FROM applicants a WHERE 'account:' || a.id = "
    "c.applicant->>'account' AND a.identity = 'confirmed'))"
)


def applicant_id(number: str) -> str:
    """The actor's id of the applicant of a case who came by its query code."""
    return f"applicant:{number}"


def whose(uow: UnitOfWork) -> dict[str, Any]:
    """The parameters of `OWNED` for who acts: nobody's, without an account."""
    account = account_id(uow.actor)
    if account is None:
        return {"account": None, "number": None}
    return {"account": uow.actor.id, "number": load_account(uow.connection, account).proven_number}


def is_own(uow: UnitOfWork, number: str) -> bool:
    """Whether the actor is the applicant of the case with that number: by its code, by an account, or as a scenario plays."""
    actor = uow.actor
    if actor.kind != "applicant":
        return False
    if actor.id in (PLAYED, applicant_id(number)):
        return True
    asked = whose(uow)
    return asked["account"] is not None and bool(uow.read((_OWNED, asked | {"case": number}))[0])


def is_declared(uow: UnitOfWork, applicant: Mapping[str, Any]) -> bool:
    """Whether a case's applicant has it from an account whose number no clerk has confirmed: it may be anybody's."""
    account = str(applicant.get("account") or "")
    if not account.startswith(ACCOUNT):
        return False
    return load_account(uow.connection, UUID(account.removeprefix(ACCOUNT))).proven_number is None


def is_proven(uow: UnitOfWork, number: str) -> bool:
    """Whether an applicant is known to be who has this identity number: by a confirmed account, or by the query code of a case
    that was not handed in under a number which an account only declares."""
    actor = uow.actor
    if actor.id == PLAYED:
        return True
    account = account_id(actor)
    if account is not None:
        return load_account(uow.connection, account).proven_number == number
    asked = {"case": actor.id.removeprefix(applicant_id("")), "number": number}
    return bool(uow.read((_PROVEN, asked))[0])
