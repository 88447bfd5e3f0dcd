"""Who acts: every unit of work has exactly one actor, and the record names it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from engine.organization.permissions import APPLICANT_PERMISSIONS, Permission, Role, permissions_of

Kind = Literal["officer", "applicant", "system", "job"]
#: The id of the applicant of a played scenario, which has one.
PLAYED = "applicant"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and what that lets them do.

    `id` is the officer's id, the applicant's id, or a word for a part of the platform. `posts` are pairs of department
    and title.
    """

    kind: Kind
    id: str
    name: str
    region_code: str | None = None
    departments: frozenset[str] = frozenset()
    posts: frozenset[tuple[str, str]] = frozenset()
    roles: frozenset[Role] = frozenset()
    permissions: frozenset[Permission] = frozenset()
    via: str | None = None  #: the client that acts for this person, when one does

    @classmethod
    def system(cls, name: str = "system") -> Actor:
        """The platform itself: a command line, a sweep. It may do everything."""
        return cls("system", "system", name, permissions=frozenset(Permission))

    @classmethod
    def job(cls, name: str) -> Actor:
        """A background job, named by its task. It may do everything."""
        return cls("job", f"job:{name}", name, permissions=frozenset(Permission))

    @classmethod
    def applicant(cls, id: str, name: str, region_code: str | None = None) -> Actor:
        """Somebody who applies, or an enterprise."""
        return cls("applicant", id, name, region_code, permissions=APPLICANT_PERMISSIONS)

    @classmethod
    def officer(
        cls,
        id: str,
        name: str,
        region_code: str,
        *,
        posts: frozenset[tuple[str, str]] = frozenset(),
        roles: frozenset[Role] = frozenset(),
    ) -> Actor:
        """An officer (or a front-office system's account); departments follow from posts, permissions from roles."""
        departments = frozenset(department for department, _ in posts)
        return cls("officer", id, name, region_code, departments, posts, roles, permissions_of(roles))

    def through(self, client: str) -> Actor:
        """The same person, for whom a client acts."""
        return replace(self, via=client)

    @property
    def submitter(self) -> str:
        """Who counts as having submitted a case: the client where one acts, else the person."""
        return self.via or self.id

    def may(self, permission: Permission) -> bool:
        """Whether the actor has the permission at all."""
        return permission in self.permissions

    def works_in(self, department_id: str) -> bool:
        """Whether the actor has a post in the department."""
        return department_id in self.departments
