"""Writes a small organisation, given as data, into an empty or already seeded database: what demonstrations start from.

Rows that are there already stay as they are, and so do the posts, roles and leave of accounts that exist: it can be run
at every start without undoing what somebody changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from engine.organization.models import (
    AbsenceRow,
    DepartmentRow,
    FunctionBodyRow,
    FunctionRow,
    OfficerRoleRow,
    OfficerRow,
    PostRow,
    RegionRow,
)
from engine.organization.permissions import Role
from engine.store.base import Base, new_id

Rows = Sequence[Mapping[str, Any]]


def seed_organization(session: Session, data: Mapping[str, Any], password_hash: Callable[[str], str]) -> list[str]:
    """Insert what is not there yet and return the usernames of the accounts made.

    Args:
        session: inside the caller's transaction; nothing is committed here.
        data: `regions`, `departments`, `functions`, `bodies` and `officers` (each with its `posts`, `roles` and
            `absences`), as in `processes/demonstration/organization.json`.
        password_hash: gives the stored password of a username; asked for new accounts only.
    """
    officers: Rows = data["officers"]
    known = set(session.scalars(select(OfficerRow.username)))
    fresh = [officer for officer in officers if officer["username"] not in known]
    _insert(session, RegionRow, data["regions"])
    _insert(session, DepartmentRow, data["departments"])
    _insert(session, FunctionRow, data["functions"])
    _insert(session, FunctionBodyRow, data["bodies"])
    _insert(session, OfficerRow, [_account(one, password_hash(one["username"])) for one in fresh])
    _insert(session, PostRow, [post for one in fresh for post in _posts(one)])
    _insert(session, OfficerRoleRow, [_role(one, role) for one in fresh for role in one["roles"]])
    _insert(session, AbsenceRow, [leave for one in fresh for leave in _absences(one)])
    return [officer["username"] for officer in fresh]


def _insert(session: Session, table: type[Base], rows: Rows) -> None:
    # One statement for all rows: a foreign key to a later row of the same table is checked at its end.
    if rows:
        session.execute(insert(table).values(list(rows)).on_conflict_do_nothing())


def _account(officer: Mapping[str, Any], password_hash: str) -> dict[str, Any]:
    return {
        "id": officer["username"],
        "username": officer["username"],
        "name": officer["name"],
        "work_number": officer["work_number"],
        "password_hash": password_hash,
        "active": True,
        "region_code": officer["region_code"],
    }


def _posts(officer: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "id": new_id(),
            "officer_id": officer["username"],
            "department_id": post["department_id"],
            "title": post["title"],
            "is_head": post.get("is_head", False),
        }
        for post in officer["posts"]
    ]


def _role(officer: Mapping[str, Any], role: str) -> dict[str, str]:
    return {"officer_id": officer["username"], "role": Role(role)}


def _absences(officer: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "id": new_id(),
            "officer_id": officer["username"],
            "first_day": date.fromisoformat(leave["first_day"]),
            "last_day": date.fromisoformat(leave["last_day"]),
            "deputy_id": leave.get("deputy"),
        }
        for leave in officer.get("absences", ())
    ]
