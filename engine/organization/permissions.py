"""Every permission and every role of the platform, and the one table that says which role may do what.

A permission says what somebody may do at all; whether it may be done *to this case or task* (its department, its
applicant) is asked where it is done. Naming: `<resource>:<action>`, the action's narrower forms with a hyphen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType


class Permission(StrEnum):
    """What somebody may do."""

    CASE_SUBMIT = "case:submit"
    CASE_ACCEPT = "case:accept"
    CASE_READ = "case:read"  #: a case one has to do with: one's department's, or one's own
    CASE_READ_ANY = "case:read-any"  #: every case of one's region and below
    TASK_READ = "task:read"
    TASK_CLAIM = "task:claim"  #: and to release what one has claimed
    TASK_COMPLETE = "task:complete"
    TASK_COMPLETE_FOR_APPLICANT = (
        "task:complete-for-applicant"  #: an applicant's task, at the window or by a front office
    )
    DEFINITION_READ = "definition:read"
    DEFINITION_WRITE = "definition:write"
    DEFINITION_PUBLISH = "definition:publish"
    CLIENT_MANAGE = "client:manage"  #: the clients of front offices, and whom they may act for
    EVENT_READ = "event:read"  #: the event feed: of what one submitted, or of one's region and below
    INCIDENT_READ = "incident:read"
    INCIDENT_RETRY = "incident:retry"
    ORGANIZATION_READ = "organization:read"
    ORGANIZATION_WRITE = "organization:write"


class Role(StrEnum):
    """What somebody is on the platform; an officer may have several."""

    WINDOW_CLERK = "window_clerk"
    OFFICER = "officer"
    DEPARTMENT_HEAD = "department_head"
    DESIGNER = "designer"
    ADMINISTRATOR = "administrator"
    SUPERVISOR = "supervisor"
    FRONT_OFFICE_SYSTEM = "front_office_system"


_DESK = frozenset({Permission.CASE_READ, Permission.TASK_READ, Permission.TASK_CLAIM, Permission.TASK_COMPLETE})
_WINDOW = frozenset({Permission.CASE_SUBMIT, Permission.CASE_ACCEPT, Permission.TASK_COMPLETE_FOR_APPLICANT})
_FRONT_OFFICE = frozenset(
    {
        Permission.CASE_SUBMIT,
        Permission.CASE_READ,
        Permission.TASK_READ,
        Permission.TASK_COMPLETE_FOR_APPLICANT,
        Permission.EVENT_READ,
    }
)
_DESIGN = frozenset({Permission.DEFINITION_READ, Permission.DEFINITION_WRITE, Permission.DEFINITION_PUBLISH})
_INCIDENTS = frozenset({Permission.INCIDENT_READ, Permission.INCIDENT_RETRY})
_ORGANIZATION = frozenset({Permission.ORGANIZATION_READ, Permission.ORGANIZATION_WRITE})
_WATCH = frozenset(
    {
        Permission.CASE_READ,
        Permission.CASE_READ_ANY,
        Permission.TASK_READ,
        Permission.INCIDENT_READ,
        Permission.EVENT_READ,
    }
)

ROLE_PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.WINDOW_CLERK: _DESK | _WINDOW,
        Role.OFFICER: _DESK,
        Role.DEPARTMENT_HEAD: _DESK | {Permission.INCIDENT_READ},
        Role.DESIGNER: _DESIGN | {Permission.ORGANIZATION_READ},
        Role.ADMINISTRATOR: _ORGANIZATION
        | _INCIDENTS
        | {Permission.DEFINITION_READ, Permission.EVENT_READ, Permission.CLIENT_MANAGE},
        Role.SUPERVISOR: _WATCH,
        Role.FRONT_OFFICE_SYSTEM: _FRONT_OFFICE,
    }
)

#: What an applicant may do, with his own cases and the tasks that wait for him.
APPLICANT_PERMISSIONS = frozenset(
    {Permission.CASE_SUBMIT, Permission.CASE_READ, Permission.TASK_READ, Permission.TASK_COMPLETE}
)

#: Roles that handle cases. Who supervises must not hold one of them: nobody watches over himself.
HANDLING_ROLES = frozenset({Role.WINDOW_CLERK, Role.OFFICER, Role.DEPARTMENT_HEAD, Role.FRONT_OFFICE_SYSTEM})


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """Everything that the roles together allow."""
    return frozenset().union(*(ROLE_PERMISSIONS[role] for role in roles))


def roles_conflict(roles: Iterable[Role]) -> bool:
    """Whether the roles may not be held by one person: supervisor together with any handling role."""
    held = frozenset(roles)
    return Role.SUPERVISOR in held and bool(held & HANDLING_ROLES)
