"""Whose a case or task is. One rule, asked by every use case: a task in one's own region but of another department is
403, anything else that is not one's own is 404, with the same answer as for what does not exist. The table is
`organization/permissions.py`'s; this is where it is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from engine.errors import Forbidden, NotFound
from engine.organization.actor import Actor
from engine.organization.permissions import Permission, Place, Role, UseCase, Verdict, verdict


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


#: Who has to do with a case by having submitted it, and not by a department.
SUBMITTERS = frozenset({Role.FRONT_OFFICE_SYSTEM, Role.AGENT})


class TaskIdInvalid(NotFound):
    """A task id that is not of the form `<case id>.<number>`: there is no such task."""


def need(actor: Actor, asked: UseCase | Permission) -> None:
    """Forbidden unless the actor has the permission, or the one that the use case needs."""
    permission = asked.value.permission if isinstance(asked, UseCase) else asked
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


def permit(actor: Actor, use: UseCase, place: Place, what: str, shown: str) -> None:
    """What the matrix says of this attempt: nothing when it is allowed.

    Raises:
        NotFound: it lies where the actor may not know of it; the same as for what does not exist.
        Forbidden: the actor may know of it, but not do this.
    """
    if is_platform(actor):
        return
    said = verdict(use, actor.permissions, place)
    if said is Verdict.HIDDEN:
        raise NotFound(what=what, id=shown)
    if said is Verdict.FORBIDDEN:
        raise Forbidden(permission=use.value.permission)


def is_platform(actor: Actor) -> bool:
    """Whether the actor is the platform itself, which has no place and no bounds."""
    return actor.kind in ("system", "job")


def at_window(actor: Actor) -> bool:
    """Whether the actor stands at the window of the region, where every case of it is seen."""
    return actor.may(Permission.CASE_ACCEPT) and not is_platform(actor)


def place_of(actor: Actor, region_code: str, own: bool) -> Place:
    """Where something of a region lies, seen from the actor."""
    if own:
        return Place.OWN
    return Place.OTHER_DEPARTMENT if actor.region_code == region_code else Place.OTHER_REGION


def check_task(
    actor: Actor,
    task: TaskLike,
    case_region: str,
    shown: str,
    use: UseCase,
    submitted_by: Callable[[], str | None] = lambda: None,
    is_own: Callable[[], bool] = lambda: False,
) -> None:
    """The actor may do `use` to this task, or Forbidden / NotFound.

    An applicant's task lies where its case does: it is open to the case's applicant (`is_own`), to the region's window, and
    to the front office that submitted the case (`submitted_by`); both are asked only then.
    """
    if is_platform(actor):
        return
    if actor.kind == "applicant":
        if task.kind != "applicant" or not is_own():
            raise NotFound(what="task", id=shown)
        need(actor, use)
        return
    if task.kind == "applicant":
        own = bool(SUBMITTERS & actor.roles) and submitted_by() == actor.submitter
        place = place_of(actor, case_region, own)
        permit(actor, UseCase.TASK_COMPLETE_FOR_APPLICANT, place, "task", shown)
        return
    own = actor.works_in(task.department_id) or task.officer_id == actor.id
    permit(actor, use, place_of(actor, task.region_code, own), "task", shown)
    # A task that names one person is that person's, or the head's of the department.
    if task.officer_id not in (None, actor.id) and Role.DEPARTMENT_HEAD not in actor.roles:
        raise Forbidden(permission=use.value.permission)
