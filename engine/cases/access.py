"""Whose a case or task is. One rule, asked by every use case: a task in one's own region but of another department is
403, anything else that is not one's own is 404, with the same answer as for what does not exist."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from engine.errors import Forbidden, NotFound
from engine.organization.actor import Actor
from engine.organization.permissions import Permission, Role


class TaskLike(Protocol):
    """What of a task decides whose it is."""

    @property
    def kind(self) -> str: ...
    @property
    def region_code(self) -> str: ...
    @property
    def department_id(self) -> str: ...
    @property
    def officer_id(self) -> str | None: ...


class TaskIdInvalid(NotFound):
    """A task id that is not of the form `<case id>.<number>`: there is no such task."""


def need(actor: Actor, permission: Permission) -> None:
    """Forbidden unless the actor has the permission."""
    if not actor.may(permission):
        raise Forbidden(permission=permission)


def task_id(case_id: UUID, number: int) -> str:
    """The id of a task as callers see it."""
    return f"{case_id}.{number}"


def parse_task_id(text: str) -> tuple[UUID, int]:
    """The case and the number of a task id; NotFound for anything else."""
    case, _, number = text.partition(".")
    try:
        if number.isascii() and number.isdigit() and len(number) < 10:
            return UUID(case), int(number)
    except ValueError:
        pass
    raise TaskIdInvalid(what="task", id=text[:80])


def check_task(actor: Actor, task: TaskLike, case_region: str, shown: str, permission: Permission) -> None:
    """The actor may do `permission` to this task, or Forbidden / NotFound."""
    if actor.kind in ("system", "job"):
        return
    if task.kind == "applicant" and actor.kind == "officer":
        if actor.region_code != case_region:
            raise NotFound(what="task", id=shown)
        need(actor, Permission.TASK_COMPLETE_FOR_APPLICANT)
        return
    if task.kind == "applicant" and actor.kind == "applicant":
        # Only a played scenario has an applicant as an actor: accounts of applicants come with the issue on the window.
        need(actor, permission)
        return
    mine = actor.works_in(task.department_id) or task.officer_id == actor.id
    if not mine and actor.region_code != task.region_code:
        raise NotFound(what="task", id=shown)
    if not mine or not _for_me(actor, task):
        raise Forbidden(permission=permission)
    need(actor, permission)


def _for_me(actor: Actor, task: TaskLike) -> bool:
    """A task that names one person is that person's, or the head's of the department."""
    return task.officer_id in (None, actor.id) or Role.DEPARTMENT_HEAD in actor.roles
