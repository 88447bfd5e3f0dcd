"""Reads the organisation's tables into the frozen values that the pure parts take."""

from __future__ import annotations

from sqlalchemy import Connection, select

from engine.organization.actor import Actor
from engine.organization.directory import (
    Absence,
    Department,
    Directory,
    FunctionBody,
    Officer,
    Post,
    build_directory,
)
from engine.organization.models import (
    AbsenceRow,
    DepartmentRow,
    FunctionBodyRow,
    OfficerRoleRow,
    OfficerRow,
    PostRow,
    RegionRow,
)
from engine.organization.permissions import Role
from engine.organization.regions import Region

_REGIONS = select(RegionRow.code, RegionRow.name, RegionRow.name_en, RegionRow.level, RegionRow.parent_code)
_DEPARTMENTS = select(
    DepartmentRow.id,
    DepartmentRow.region_code,
    DepartmentRow.name,
    DepartmentRow.name_en,
    DepartmentRow.fallback_id,
    DepartmentRow.review_body,
    DepartmentRow.review_channel,
)
_BODIES = select(
    FunctionBodyRow.region_code,
    FunctionBodyRow.function_code,
    FunctionBodyRow.deciding_id,
    FunctionBodyRow.supervising_id,
)
_OFFICERS = select(OfficerRow.id, OfficerRow.name, OfficerRow.work_number, OfficerRow.active)
# Ordered, so that two loads of one version give equal directories.
_POSTS = select(PostRow.officer_id, PostRow.department_id, PostRow.title, PostRow.is_head).order_by(PostRow.id)
_ABSENCES = select(AbsenceRow.officer_id, AbsenceRow.first_day, AbsenceRow.last_day, AbsenceRow.deputy_id).order_by(
    AbsenceRow.first_day
)


def load_directory(connection: Connection) -> Directory:
    """The whole organisation, in six statements."""
    return build_directory(
        regions=[Region(*row) for row in connection.execute(_REGIONS)],
        departments=[Department(*row) for row in connection.execute(_DEPARTMENTS)],
        bodies=[FunctionBody(*row) for row in connection.execute(_BODIES)],
        officers=[Officer(*row) for row in connection.execute(_OFFICERS)],
        posts=[Post(*row) for row in connection.execute(_POSTS)],
        absences=[Absence(*row) for row in connection.execute(_ABSENCES)],
    )


def load_actor(connection: Connection, officer_id: str) -> Actor | None:
    """The officer as an actor; None when there is none of that id or the account is not active.

    Roles that this release does not know are left out: they allow nothing.
    """
    officer = connection.execute(
        select(OfficerRow.name, OfficerRow.region_code).where(OfficerRow.id == officer_id, OfficerRow.active)
    ).one_or_none()
    if officer is None:
        return None
    posts = connection.execute(
        select(PostRow.department_id, PostRow.title).where(PostRow.officer_id == officer_id)
    ).all()
    roles = connection.scalars(select(OfficerRoleRow.role).where(OfficerRoleRow.officer_id == officer_id)).all()
    return Actor.officer(
        officer_id,
        officer.name,
        officer.region_code,
        posts=frozenset((department, title) for department, title in posts),
        roles=frozenset(Role(role) for role in roles if role in list(Role)),
    )
