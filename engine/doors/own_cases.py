"""The door of one's own cases: what an applicant sees and does about them, with an account or a query code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.cases import own_case
from engine.cases.access import need
from engine.cases.complete_task import Completion, complete_task
from engine.cases.submit import find_case
from engine.catalogue.forms import Form
from engine.credit_first.public import follow_up
from engine.doors.accounts import own_account
from engine.doors.calls import Calls
from engine.organization.actor import Actor
from engine.organization.permissions import UseCase
from engine.unit_of_work import Once, UnitOfWork


@dataclass(frozen=True, slots=True)
class Answer:
    """What an applicant says at a task."""

    task: int
    outcome: str | None
    words: str = ""
    form: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OwnCasesDoor:
    """One's own cases."""

    calls: Calls

    def list(self, actor: Actor, limit: int = 50, cursor: str | None = None) -> dict[str, Any]:
        """我的办件: the cases of an account, the newest first. Raises Forbidden for who has none."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            need(actor, UseCase.CASE_LIST)
            own_account(uow)
            return own_case.own_cases(self.calls.house, uow, limit, cursor)

        return self.calls.perform(actor, work)

    def case(self, actor: Actor, number: str, picture: str | None = None) -> dict[str, Any]:
        """One of them, with its public diagram in `picture` (`zh` or `en`). Raises NotFound."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            found = own_case.own_case(self.calls.house, uow, number, picture)
            return found | follow_up(uow, find_case(uow, number))

        return self.calls.perform(actor, work)

    def application(self, actor: Actor, number: str) -> tuple[Form | None, dict[str, Any]]:
        """The form of the application, and what was filled in. Raises NotFound."""
        return self.calls.perform(actor, lambda uow: own_case.application_form(self.calls.house, uow, number))

    def task_form(self, actor: Actor, number: str, task: int) -> Form | None:
        """The form that a task which waits for the applicant asks to be filled in. Raises NotFound."""
        return self.calls.perform(actor, lambda uow: own_case.task_form(self.calls.house, uow, number, task))

    def complete(self, actor: Actor, number: str, asked: Answer, once: Once | None = None) -> dict[str, Any]:
        """Do what waits for the applicant in one's own case. Raises NotFound, and what completing a task may."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            done = Completion(find_case(uow, number), asked.task, asked.outcome, asked.words, asked.form)
            return complete_task(self.calls.house, uow, done)

        return self.calls.perform(actor, work, once)
