"""The door of applicants' accounts: register, log in and out, look at one's own, change it; and a clerk's confirmation."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, Protocol, TypeVar

from sqlalchemy import Engine as SqlEngine

from engine.cases.access import need
from engine.cases.progress import instant
from engine.clock import wall_now
from engine.doors.calls import Calls
from engine.errors import Forbidden, Unauthenticated
from engine.organization import accounts
from engine.organization import password_resets as resets
from engine.organization.actor import Actor
from engine.organization.log_in import LogInFailed
from engine.organization.permissions import Permission, UseCase
from engine.organization.throttle import Guess, check_tries, count_failure, forget_failures
from engine.unit_of_work import Once, UnitOfWork

Answer = TypeVar("Answer")
PUBLIC = Actor.system("public")


class Served(Calls, Protocol):
    """The part of `Engine` that this door works with."""

    database: SqlEngine


class AccountsDoor:
    """Use cases of applicants' accounts."""

    def __init__(self, calls: Served) -> None:
        self.calls = calls

    # -- who calls

    def register(
        self, asked: accounts.NewAccount, address: str | None = None, once: Once | None = None
    ) -> dict[str, Any]:
        """注册. Raises Invalid, UsernameTaken, TooManyTries (registrations of one address are counted, good or bad)."""
        guesses, now = [Guess("registration address", address)] if address else [], wall_now()

        def count(uow: UnitOfWork) -> None:
            check_tries(uow.connection, guesses, now)
            count_failure(uow.connection, guesses, now)

        def work(uow: UnitOfWork) -> dict[str, Any]:
            made = accounts.register(uow.connection, asked)
            return accounts.view(accounts.load_account(uow.connection, made))

        self.calls.perform(PUBLIC, count)
        return self.calls.perform(PUBLIC, work, once)

    def log_in(self, username: str, password: str, address: str | None = None) -> dict[str, Any]:
        """A token of the API. Raises LogInFailed, TooManyTries."""
        token, expires = self._open(username, password, address, "token")
        return {"token": token, "token_type": "Bearer", "expires_at": instant(expires)}

    def open_session(self, username: str, password: str, address: str | None = None) -> str:
        """A session of the portal: its secret. Raises LogInFailed, TooManyTries."""
        return self._open(username, password, address, "session")[0]

    def is_account(self, username: str) -> bool:
        """Whether a username is an applicant's."""
        return self.calls.perform(PUBLIC, lambda uow: accounts.is_account(uow.connection, username))

    def _open(
        self, username: str, password: str, address: str | None, use: Literal["session", "token"]
    ) -> tuple[str, datetime]:
        name = Guess("applicant name", username.strip().lower())
        guesses, now = [name, *([Guess("log-in address", address)] if address else [])], wall_now()

        def work(uow: UnitOfWork) -> tuple[str, datetime]:
            check_tries(uow.connection, guesses, now)
            opened = accounts.open_key(uow.connection, username, password, use)
            forget_failures(uow.connection, name)
            return opened

        return self._counted(guesses, now, work)

    def _counted(self, guesses: list[Guess], now: datetime, work: Callable[[UnitOfWork], Answer]) -> Answer:
        """A wrong password is counted, whatever is rolled back."""
        try:
            return self.calls.perform(PUBLIC, work)
        except LogInFailed:
            self.calls.perform(PUBLIC, lambda uow: count_failure(uow.connection, guesses, now))
            raise

    def actor_of_token(self, token: str) -> Actor:
        """Who calls with a token of an account. Raises Unauthenticated."""
        with self.calls.database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            found = accounts.find_key(connection, token, "token")
        if found is None:
            raise Unauthenticated()
        return found.account.actor

    def session_actor(self, secret: str) -> Actor | None:
        """Who is signed in at the portal; None when the session is over."""
        with self.calls.database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            found = accounts.find_key(connection, secret, "session")
        if found is not None and found.stale:
            self.calls.perform(PUBLIC, lambda uow: accounts.note_use(uow.connection, secret))
        return found.account.actor if found else None

    def close(self, secret: str) -> None:
        """Log out: the session or token is over."""
        self.calls.perform(PUBLIC, lambda uow: accounts.close_key(uow.connection, secret))

    # -- one's own account

    def own(self, actor: Actor) -> dict[str, Any]:
        """One's own account. Raises Forbidden for who has none."""
        return self.calls.perform(actor, lambda uow: accounts.view(own_account(uow)))

    def mobile_of(self, actor: Actor) -> str:
        """One's own mobile number, to be changed."""
        return self.calls.perform(actor, lambda uow: own_account(uow).mobile)

    def change_password(self, actor: Actor, old: str, new: str, session: str | None = None) -> None:
        """A new password; other sessions and tokens are over. Raises LogInFailed, Invalid, TooManyTries."""
        guesses, now = [Guess("applicant name", actor.id)], wall_now()

        def work(uow: UnitOfWork) -> None:
            check_tries(uow.connection, guesses, now)
            accounts.change_password(uow.connection, _own_id(actor), old, new, session)

        self._counted(guesses, now, work)

    def change_contact(self, actor: Actor, mobile: str, contact: str, address: str) -> dict[str, Any]:
        """Where one is reached; new applications say it. Raises Invalid."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            accounts.change_contact(uow.connection, _own_id(actor), mobile, contact, address)
            return accounts.view(own_account(uow))

        return self.calls.perform(actor, work)

    # -- at the window

    def find(self, actor: Actor, username: str) -> dict[str, Any]:
        """The account of somebody at the window, with the number to be compared. Raises Forbidden, NotFound."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            need(actor, UseCase.APPLICANT_CONFIRM)
            found = accounts.find_account(uow.connection, username)
            known = accounts.view(found) | {accounts.NUMBERS[found.kind]: found.number}
            given = resets.resets_of(uow.connection, found.id)
            return known | {
                "resets": [{n: instant(v) if n.endswith("_at") else v for n, v in one.items()} for one in given]
            }

        return self.calls.perform(actor, work)

    def confirm(self, actor: Actor, username: str, document: str, once: Once | None = None) -> dict[str, Any]:
        """核验: a clerk has seen the paper. Raises Forbidden, NotFound, Invalid."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            need(actor, UseCase.APPLICANT_CONFIRM)
            return accounts.view(accounts.confirm(uow.connection, username, actor.id, document))

        return self.calls.perform(actor, work, once)

    def hand_out_reset(self, actor: Actor, username: str, document: str, once: Once | None = None) -> dict[str, Any]:
        """发放重置码: a clerk has seen the paper; the answer has the `code`. Raises Forbidden, NotFound, Invalid."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            need(actor, UseCase.APPLICANT_RESET)
            made = resets.issue(uow.connection, username, actor.id, document)
            return made | {"reset": str(made["reset"]), "expires_at": instant(made["expires_at"])}

        made = self.calls.perform(actor, work, once)
        key = self.calls.settings.secret_key
        return {
            "username": made["username"],
            "code": resets.reset_code(key, uuid.UUID(made["reset"])),
            "expires_at": made["expires_at"],
        }

    def reset_password(
        self, username: str, code: str, password: str, address: str | None = None, once: Once | None = None
    ) -> dict[str, Any]:
        """找回口令: a new password by the code; every session is over. Raises ResetCodeWrong, Invalid, TooManyTries."""
        name = username.strip().lower()
        guesses, now = [Guess("reset name", name), *([Guess("reset address", address)] if address else [])], wall_now()

        def work(uow: UnitOfWork) -> dict[str, Any]:
            check_tries(uow.connection, guesses, now)
            done = resets.use(uow.connection, self.calls.settings.secret_key, name, code, password)
            for scope in ("reset name", "applicant name"):
                forget_failures(uow.connection, Guess(scope, name))
            return {"username": done}

        try:
            return self.calls.perform(PUBLIC, work, once)
        except resets.ResetCodeWrong:
            self.calls.perform(PUBLIC, lambda uow: count_failure(uow.connection, guesses, now))
            raise


def own_account(uow: UnitOfWork) -> accounts.Account:
    """The account of who acts. Raises Forbidden."""
    return accounts.load_account(uow.connection, _own_id(uow.actor))


def _own_id(actor: Actor) -> uuid.UUID:
    found = accounts.account_id(actor)
    if found is None:
        raise Forbidden(permission=Permission.DRAFT_KEEP)
    return found
