"""The door of applicants without an account: a case's number and its query code open that one case."""

from __future__ import annotations

from engine.cases import applicants
from engine.cases.progress import ProgressNotFound
from engine.clock import wall_now
from engine.organization.actor import Actor
from engine.organization.throttle import Guess, check_tries, count_failure
from engine.unit_of_work import Transactions, UnitOfWork


class ApplicantsDoor:
    """Lets the applicant of a case in, as an actor of that case alone."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    def enter(self, number: str, code: str, address: str | None = None) -> Actor:
        """The applicant of the case with that number, who knows its code.

        Raises:
            ProgressNotFound: no such case, or another code; counted, like every guess at progress.
            TooManyTries: it was guessed at too often.
        """
        guesses = [Guess("query number", number), *([Guess("query address", address)] if address else [])]
        public, now = Actor.system("public"), wall_now()

        def work(uow: UnitOfWork) -> Actor:
            check_tries(uow.connection, guesses, now)
            return applicants.enter(uow, number, code)

        try:
            return self.transactions.perform(public, work)
        except ProgressNotFound:
            self.transactions.perform(public, lambda uow: count_failure(uow.connection, guesses, now))
            raise
