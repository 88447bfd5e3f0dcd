"""`open_engine(settings, url)`: the one place where the parts are wired together.

`Engine` is what the outer rooms (API, pages, jobs, commands) call. Every method is one use case in one unit of work; a
step that can't be made comes back as `StepHeldUp`, its incident written.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Engine as SqlEngine
from sqlalchemy import MetaData

from engine.bpmn.linked import TEMPLATES, in_folders
from engine.cases import claim_task, feed, go_on, incidents, progress
from engine.cases import limit_models as _what_moves_limits  # noqa: F401
from engine.cases import mandates as _mandates  # noqa: F401
from engine.cases import material_models as _material_models  # noqa: F401
from engine.cases import models as _case_models  # noqa: F401
from engine.cases.accept import Acceptance, accept
from engine.cases.announce import announce
from engine.cases.case_list import CaseQuery, department_load, list_cases
from engine.cases.complete_task import Completion, complete_task
from engine.cases.held import Command, StepHeld
from engine.cases.house import House
from engine.cases.inbox import InboxQuery, get_case, inbox, regions_below
from engine.cases.public_limits import public_progress
from engine.cases.submit import Application, find_case, query_code, submit
from engine.cases.task_view import get_task
from engine.cases.verify_record import Verdict, verify_record
from engine.catalogue import models as _catalogue_models  # noqa: F401
from engine.catalogue.publish import Change
from engine.clock import wall_now
from engine.credit_first import credit_models as _credit_models  # noqa: F401
from engine.credit_first import models as _credit_first_models  # noqa: F401
from engine.credit_first.public import follow_up
from engine.definitions import deploy
from engine.definitions import models as _definition_models  # noqa: F401
from engine.documents.demonstration_seal import DemonstrationSealService
from engine.doors.accounts import AccountsDoor
from engine.doors.applicants import ApplicantsDoor
from engine.doors.calendars import CalendarsDoor
from engine.doors.catalogue import CatalogueDoor
from engine.doors.catalogue_office import LOADED_SINCE, CatalogueOffice, Folder
from engine.doors.credit import CreditDoor
from engine.doors.diagrams import DiagramsDoor
from engine.doors.documents import DocumentsDoor
from engine.doors.drafts import DraftsDoor
from engine.doors.drawing import DrawingDoor
from engine.doors.intake import IntakeDoor
from engine.doors.item_forms import ItemFormsDoor
from engine.doors.limits import LimitsDoor
from engine.doors.mandates import MandatesDoor
from engine.doors.materials import MaterialsDoor
from engine.doors.own_cases import OwnCasesDoor
from engine.doors.powers import PowersDoor
from engine.doors.regions import RegionsDoor
from engine.doors.returns import ReturnsDoor
from engine.doors.supervision import SupervisionDoor
from engine.doors.verifications import VerificationsDoor
from engine.doors.webhooks import WebhooksDoor
from engine.doors.workshop import WorkshopDoor
from engine.errors import ApprovalError
from engine.organization import clients, sessions
from engine.organization import models as _organization_models  # noqa: F401
from engine.organization.accounts import OF_ACCOUNTS
from engine.organization.actor import Actor
from engine.organization.log_in import LogInFailed, actor_of_token, issue_token, revoke_token
from engine.organization.permissions import UseCase
from engine.organization.throttle import Guess, check_tries, count_failure, forget_failures
from engine.plugins.credit_sources import CreditSource, credit_source_of
from engine.plugins.handlers import HandlerRegistry, ServiceAnswer, ServiceCall, built_in_handlers
from engine.plugins.notifiers import Notifiers
from engine.plugins.scanners import NoScanner, Scanner
from engine.plugins.seals import SealService
from engine.register import models as _register_models  # noqa: F401
from engine.settings import DEMONSTRATION_CLIENT, DEMONSTRATION_CLIENT_SECRET, Settings
from engine.store import platform as _platform  # noqa: F401
from engine.store.base import Base
from engine.store.database import connect_engine
from engine.store.files import FileStore
from engine.store.location import files_of
from engine.supervision import models as _supervision_models  # noqa: F401
from engine.timelimits import models as _limit_models  # noqa: F401
from engine.timelimits.load import CalendarShelf
from engine.unit_of_work import Once, Transactions, UnitOfWork
from engine.webhooks import models as _webhook_models  # noqa: F401

Answer = TypeVar("Answer")


def metadata() -> MetaData:
    """The metadata of every table, all rooms imported."""
    return Base.metadata


class Engine:
    """OneWindow without the web. Thread-safe; make one a process, after a fork."""

    def __init__(
        self,
        settings: Settings,
        database: SqlEngine,
        handlers: HandlerRegistry | None = None,
        scanner: Scanner | None = None,
        seals: SealService | None = None,
        credit: CreditSource | None = None,
    ) -> None:
        self.settings = settings
        self.database = database
        self.transactions = Transactions(database)
        self.house = House(handlers or built_in_handlers(), CalendarShelf(database))
        self.notifiers = Notifiers()
        self.calendars = CalendarsDoor(self.transactions, self.house)
        self.supervision = SupervisionDoor(self.transactions, self.house)
        known = {DEMONSTRATION_CLIENT: DEMONSTRATION_CLIENT_SECRET} if settings.demo else {}
        self.accounts = AccountsDoor(self)
        self.intake = IntakeDoor(self)
        self.own_cases = OwnCasesDoor(self)
        self.drafts = DraftsDoor(self)
        self.item_forms = ItemFormsDoor(self)
        self.returns = ReturnsDoor(self)
        self.diagrams = DiagramsDoor(self.house.handlers, settings.processes / TEMPLATES)
        self.workshop = WorkshopDoor(self, self.diagrams)
        self.drawing = DrawingDoor(self, self.house.handlers, settings.processes / TEMPLATES)
        self.secrets = clients.Secrets(settings.secret_key, known)
        self.regions = RegionsDoor(self.transactions)
        self.files = FileStore(files_of(settings), settings.free_floor)
        self.applicants = ApplicantsDoor(self.transactions)
        self.materials = MaterialsDoor(self.transactions, self.house, settings, self.files, scanner or NoScanner())
        self.mandates = MandatesDoor(self, self.materials)
        sealing = seals or (DemonstrationSealService() if settings.demo else None)
        self.documents = DocumentsDoor(self.transactions, self.house, settings, self.files, sealing)
        self.catalogue = CatalogueDoor(self.transactions, self.house)
        self.powers = PowersDoor(self.transactions, self.house)
        self.catalogue_office = CatalogueOffice(self.transactions, self.house)
        self.limits = LimitsDoor(self.transactions, self.house, self.materials)
        self.webhooks = WebhooksDoor(self.transactions, settings)
        self.credit = CreditDoor(self, credit or credit_source_of(settings))
        self.verifications = VerificationsDoor(self, self.transactions)

    def close(self) -> None:
        """Give the connections back."""
        self.database.dispose()

    def perform(self, actor: Actor, work: Callable[[UnitOfWork], Answer], once: Once | None = None) -> Answer:
        """Run `work` in one unit of work; a held step becomes an incident and StepHeldUp."""
        try:
            return self.transactions.perform(actor, work, once)
        except StepHeld as failure:
            raise incidents.record_incident(self.transactions, failure) from failure

    # -- who calls

    def log_in(self, username: str, password: str, address: str | None = None) -> dict[str, Any]:
        """A token for a username and a password. Raises LogInFailed, TooManyTries."""
        if self.accounts.is_account(username):
            return self.accounts.log_in(username, password, address)
        name = Guess("log-in name", username)

        def work(uow: UnitOfWork) -> tuple[str, datetime]:
            given = issue_token(uow.connection, username, password)
            forget_failures(uow.connection, name)
            return given

        token, expires = self._guarded([name, *_from("log-in address", address)], LogInFailed, work)
        return {"token": token, "token_type": "Bearer", "expires_at": progress.instant(expires)}

    def authenticate(self, token: str) -> Actor:
        """The actor behind a token: an officer, a client, or an applicant with an account."""
        if token.startswith(OF_ACCOUNTS):
            return self.accounts.actor_of_token(token)
        with self.database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            return actor_of_token(connection, token)

    def log_in_client(self, client: str, secret: str, address: str | None = None) -> dict[str, Any]:
        """A token for a client's id and secret. Raises LogInFailed, TooManyTries."""
        guess = Guess("client id", client)

        def work(uow: UnitOfWork) -> tuple[str, datetime]:
            given = clients.issue_client_token(uow.connection, self.secrets, client, secret)
            forget_failures(uow.connection, guess)
            return given

        token, expires = self._guarded([guess, *_from("log-in address", address)], LogInFailed, work)
        return {"token": token, "token_type": "Bearer", "expires_at": progress.instant(expires)}

    def acting_for(self, client: Actor, username: str) -> Actor:
        """The clerk that a client acts for. Raises ActingForNotAllowed."""
        with self.database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            return clients.clerk_of(connection, client, username)

    def log_out(self, token: str) -> None:
        """Let a token open nothing any more."""
        if token.startswith(OF_ACCOUNTS):
            self.accounts.close(token)
        else:
            self.perform(Actor.system("log-out"), lambda uow: revoke_token(uow.connection, token))

    def open_session(self, username: str, password: str, address: str | None = None) -> str:
        """A session of the pages for a username and a password: its secret. Raises LogInFailed, TooManyTries."""
        name = Guess("log-in name", username)

        def work(uow: UnitOfWork) -> str:
            secret = sessions.open_session(uow.connection, username, password)
            forget_failures(uow.connection, name)
            return secret

        return self._guarded([name, *_from("log-in address", address)], LogInFailed, work)

    def session_actor(self, secret: str) -> Actor | None:
        """Who is signed in under a session's secret; None when the session is over."""
        with self.database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            found = sessions.find_session(connection, secret)
        if found is not None and found.stale:
            self.perform(found.actor, lambda uow: sessions.note_use(uow.connection, secret))
        return found.actor if found else None

    def close_session(self, secret: str) -> None:
        """Log out of the pages."""
        self.perform(Actor.system("log-out"), lambda uow: sessions.close_session(uow.connection, secret))

    def _guarded(
        self, guesses: list[Guess], failure: type[ApprovalError], work: Callable[[UnitOfWork], Answer]
    ) -> Answer:
        """Do what asks for a secret unless it was guessed at too often; a failure is counted, whatever is rolled back."""
        actor, now = Actor.system("public"), wall_now()

        def checked(uow: UnitOfWork) -> Answer:
            check_tries(uow.connection, guesses, now)
            return work(uow)

        try:
            return self.perform(actor, checked)
        except failure:
            self.perform(actor, lambda uow: count_failure(uow.connection, guesses, now))
            raise

    # -- clients of front offices

    def create_client(self, actor: Actor, asked: clients.NewClient, once: Once | None = None) -> dict[str, Any]:
        """Make a client; its secret is told now and at a rotation, and never else."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            regions = self._managed(uow)
            clients.create_client(uow.connection, regions, asked)
            return clients.get_client(uow.connection, regions, asked.id)

        return self._with_secret(self.perform(actor, work, once))

    def list_clients(self, actor: Actor, after: str = "", limit: int = 50) -> dict[str, Any]:
        """The clients of the actor's region and below; `next_cursor` is the `after` of the next page."""

        def work(uow: UnitOfWork) -> list[dict[str, Any]]:
            return clients.list_clients(uow.connection, self._managed(uow), after, limit + 1)

        found = self.perform(actor, work)
        return {"items": found[:limit], "next_cursor": found[limit - 1]["id"] if len(found) > limit else None}

    def get_client(self, actor: Actor, client: str) -> dict[str, Any]:
        """One client."""
        return self.perform(actor, lambda uow: clients.get_client(uow.connection, self._managed(uow), client))

    def rotate_client_secret(self, actor: Actor, client: str, once: Once | None = None) -> dict[str, Any]:
        """A new secret for a client; the old one and its tokens are over."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            regions = self._managed(uow)
            clients.get_client(uow.connection, regions, client)
            clients.rotate_secret(uow.connection, client)
            return clients.get_client(uow.connection, regions, client)

        return self._with_secret(self.perform(actor, work, once))

    def deactivate_client(self, actor: Actor, client: str, once: Once | None = None) -> dict[str, Any]:
        """Let a client do nothing any more."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            regions = self._managed(uow)
            clients.get_client(uow.connection, regions, client)
            clients.deactivate_client(uow.connection, client)
            return clients.get_client(uow.connection, regions, client)

        return self.perform(actor, work, once)

    def set_clerks(self, actor: Actor, client: str, names: list[str]) -> dict[str, Any]:
        """Say whom a client may act for."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            regions = self._managed(uow)
            region = clients.get_client(uow.connection, regions, client)["region"]
            clients.set_clerks(uow.connection, regions_below(self.house, uow, region), client, names)
            return clients.get_client(uow.connection, regions, client)

        return self.perform(actor, work)

    def _managed(self, uow: UnitOfWork) -> list[str]:
        clients.may_manage(uow.actor)
        return regions_below(self.house, uow, uow.actor.region_code)

    def _with_secret(self, view: dict[str, Any]) -> dict[str, Any]:
        return view | {"secret": self.secrets.of(view["id"], view["rotation"])}

    # -- cases

    def submit(self, actor: Actor, asked: Application, once: Once | None = None) -> dict[str, Any]:
        """收件. The application is stored even when its process can't be started: then with an incident."""
        key = self.settings.secret_key
        if asked.regime is not None:
            asked = replace(asked, heard=self.credit.heard_for(actor, asked))
        return self.submit_made(actor, lambda uow, start: submit(self.house, uow, asked, key, start), once)

    def submit_made(
        self, actor: Actor, make: Callable[[UnitOfWork, bool], dict[str, Any]], once: Once | None = None
    ) -> dict[str, Any]:
        """Submit by `make`, which is told whether to start the process: not, when that has failed."""
        try:
            answer = self.transactions.perform(actor, lambda uow: make(uow, True), once)
        except StepHeld as failure:
            answer = self._submit_without_start(actor, make, failure, once)
        return answer | {"query_code": query_code(self.settings.secret_key, answer["number"])}

    def _submit_without_start(
        self,
        actor: Actor,
        make: Callable[[UnitOfWork, bool], dict[str, Any]],
        failure: StepHeld,
        once: Once | None,
    ) -> dict[str, Any]:
        """Store an application whose process can't be started, and its incident with it, in one transaction."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            answer = make(uow, False)
            late = Command("start", UUID(answer["id"]), answer["number"], "start", actor.id, actor.kind)
            incidents.write_incident(uow, StepHeld(late, failure.fault))
            return answer | {"held": True}

        return self.transactions.perform(actor, work, once)

    def accept(self, actor: Actor, asked: Acceptance, once: Once | None = None) -> dict[str, Any]:
        """受理."""
        return self.perform(actor, lambda uow: accept(self.house, uow, asked), once)

    def get_case(self, actor: Actor, number: str) -> dict[str, Any]:
        """A case as its officers see it."""
        return self.perform(actor, lambda uow: get_case(self.house, uow, number))

    def progress(
        self, number: str, code: str, address: str | None = None, picture: str | None = None
    ) -> dict[str, Any]:
        """The public progress of a case, with its diagram in `picture` (`zh` or `en`). Raises ProgressNotFound, TooManyTries."""
        guesses = [Guess("query number", number), *_from("query address", address)]
        return self._guarded(
            guesses,
            progress.ProgressNotFound,
            lambda uow: (
                public_progress(self.house, uow, number, code, picture) | follow_up(uow, find_case(uow, number))
            ),
        )

    def case_file(self, number: str) -> dict[str, Any]:
        """A case whole, for commands and tests."""
        actor = Actor.system()
        return self.perform(actor, lambda uow: progress.case_file(self.house, uow, find_case(uow, number)))

    def verify_record(self, number: str) -> Verdict:
        """Whether the record of a case is whole."""
        return self.perform(Actor.system(), lambda uow: verify_record(uow, find_case(uow, number)))

    def deliver(self, actor: Actor, number: str, message: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Give a message to a case that waits for it."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            return go_on.deliver_message(self.house, uow, find_case(uow, number), message, payload)

        return self.perform(actor, work)

    def cases(self, actor: Actor, asked: CaseQuery) -> dict[str, Any]:
        """办件列表."""
        return self.perform(actor, lambda uow: list_cases(self.house, uow, asked))

    def receipt(self, actor: Actor, number: str) -> dict[str, Any]:
        """收件回执: a case with its query code, for the window that may submit. Raises Forbidden, NotFound."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            return get_case(self.house, uow, number, UseCase.CASE_RECEIPT)

        return self.perform(actor, work) | {"query_code": query_code(self.settings.secret_key, number)}

    def case_picture(self, actor: Actor, number: str, lang: str) -> dict[str, Any] | None:
        """The diagram of a case with its marks, for whoever may see the case."""

        def work(uow: UnitOfWork) -> dict[str, Any] | None:
            get_case(self.house, uow, number)
            return progress.case_picture(self.house, uow, find_case(uow, number), lang)

        return self.perform(actor, work)

    # -- tasks

    def get_task(self, actor: Actor, case_id: UUID, number: int) -> dict[str, Any]:
        """One task, with what can be done and the case around it."""
        return self.perform(actor, lambda uow: get_task(self.house, uow, case_id, number))

    def department_load(self, actor: Actor) -> dict[str, Any]:
        """The open and late tasks of the actor's departments, counted by node and officer."""
        return self.perform(actor, department_load)

    def inbox(self, actor: Actor, asked: InboxQuery) -> dict[str, Any]:
        """待办."""
        return self.perform(actor, lambda uow: inbox(self.house, uow, asked))

    def claim(self, actor: Actor, case_id: UUID, number: int, once: Once | None = None) -> dict[str, Any]:
        """领办."""
        return self.perform(actor, lambda uow: claim_task.claim_task(self.house, uow, case_id, number), once)

    def release(self, actor: Actor, case_id: UUID, number: int, once: Once | None = None) -> dict[str, Any]:
        """退领."""
        return self.perform(actor, lambda uow: claim_task.release_task(uow, case_id, number), once)

    def complete(self, actor: Actor, asked: Completion, once: Once | None = None) -> dict[str, Any]:
        """办理."""
        return self.perform(actor, lambda uow: complete_task(self.house, uow, asked), once)

    # -- followers

    def events(self, actor: Actor, asked: feed.FeedQuery) -> dict[str, Any]:
        """What happened after a position of the feed."""
        return self.perform(actor, lambda uow: feed.events(self.house, uow, asked))

    # -- definitions

    def store_draft(
        self, actor: Actor, draft: deploy.Draft, once: Once | None = None, before: UUID | None = None
    ) -> dict[str, Any]:
        """Store a diagram as a draft, drawn over the definition `before`."""
        return self.workshop.store(actor, draft, once=once, before=before)

    def publish(self, actor: Actor, definition_id: UUID, once: Once | None = None) -> dict[str, Any]:
        """Publish a draft."""
        return self.workshop.publish(actor, definition_id, once=once)

    def load_process(self, actor: Actor, folder: Path) -> dict[str, Any]:
        """Load a service item's folder and publish it: item, forms and samples, diagram; each only where it is new."""
        data = json.loads((folder / "item.json").read_text("utf-8"))
        if (forms := folder / "forms.json").is_file():
            data["forms"] = json.loads(forms.read_text("utf-8"))
        code = self.catalogue_office.store_item(actor, Folder.read(folder, data))["code"]
        bpmn = (folder / data["process"]).read_bytes()
        library = in_folders(folder, self.settings.processes / TEMPLATES)
        known = self.perform(actor, lambda uow: deploy.published_as(uow, code, bpmn, library))
        draft = None if known else self.workshop.store(actor, deploy.Draft(code, bpmn), (folder,))
        stored = self.catalogue_office.item(actor, code)
        if stored["changed"]:
            change = Change("changed" if stored["versions"] else "added", LOADED_SINCE)
            self.catalogue_office.publish_item(actor, code, change, earlier=True)
        return known or self.publish(actor, UUID((draft or {})["id"]))

    # -- what jobs and sweeps call

    def announce(self, case_id: UUID, after: int, until: int) -> int:
        """The job behind every step."""
        told = self.perform(Actor.job("announce"), lambda uow: announce(uow, case_id, after, until))
        for one in told:
            self.notifiers.tell(one)
        return len(told)

    def outside_call(self, case_id: UUID, token: int) -> tuple[str, ServiceCall] | None:
        """What an outside handler is to be told; None when it is not wanted any more."""
        return self.perform(Actor.job("call"), lambda uow: go_on.outside_call(self.house, uow, case_id, token))

    def take_answer(self, case_id: UUID, token: int, answer: ServiceAnswer) -> bool:
        """Go on with an outside handler's answer."""
        return self.perform(Actor.job("call"), lambda uow: go_on.take_answer(self.house, uow, case_id, token, answer))

    def fire_timers(self, case_id: UUID) -> bool:
        """Fire what is due in a case."""
        return self.perform(Actor.job("timer"), lambda uow: go_on.fire_timers(self.house, uow, case_id))

    def incidents(self, actor: Actor, **which: Any) -> list[incidents.IncidentView]:
        """Open incidents."""
        return self.perform(actor, lambda uow: incidents.list_incidents(uow, actor, **which))

    def retry_incident(self, actor: Actor, incident_id: int) -> bool:
        """Try an incident again."""
        return incidents.retry_incident(self.house, self.transactions, incident_id, actor)


def _from(scope: str, address: str | None) -> list[Guess]:
    return [Guess(scope, address)] if address else []


def open_engine(
    settings: Settings,
    url: str,
    handlers: HandlerRegistry | None = None,
    pool_size: int | None = None,
    scanner: Scanner | None = None,
    seals: SealService | None = None,
    credit: CreditSource | None = None,
) -> Engine:
    """An engine on a migrated database."""
    size = settings.pool_size if pool_size is None else pool_size
    return Engine(settings, connect_engine(url, size), handlers, scanner, seals, credit)
