"""The door of credit: promises, records, and who may have which way. A source outside is asked here, before a transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.cases.ownership import is_declared
from engine.cases.submit import Application, find_case
from engine.clock import wall_now
from engine.credit_first import commitment, credit_office
from engine.credit_first.admission import CreditAdmission, chosen
from engine.credit_first.commitment import CreditSourceDown, NewCommitment, Signing
from engine.credit_first.credit import Heard, subject_of
from engine.doors.accounts import own_account
from engine.doors.calls import Calls
from engine.organization.accounts import account_id
from engine.organization.actor import Actor
from engine.plugins.credit_sources import CreditSource
from engine.unit_of_work import Once


class CreditDoor:
    """Every method is one use case in one unit of work, and asks the source outside, if there is one, before it."""

    def __init__(self, calls: Calls, source: CreditSource | None) -> None:
        self.calls = calls
        self.source = source
        self.unrecorded: str | None = calls.settings.credit_unrecorded or None
        calls.house.admission = CreditAdmission(self.unrecorded)

    def hear(self, applicant: Mapping[str, Any]) -> Heard | None:
        """What the source outside says of an applicant; None when nobody is asked."""
        subject = subject_of(applicant)
        if self.source is None or subject is None:
            return None
        told = self.source.ask(subject)
        return Heard(told.source, wall_now(), told.grade, told.records, told.trouble)

    def heard_for(self, actor: Actor, asked: Application) -> Heard | None:
        """What is asked for an application: nothing unless it chooses a way of trust first."""
        if chosen(asked.regime) is None:
            return None
        return self.hear(asked.applicant) if account_id(actor) is None else self.heard_of_account(actor)

    def heard_of_account(self, actor: Actor) -> Heard | None:
        """Who has an account applies as what the account says; of a number that is only declared nobody is asked."""
        if self.source is None:
            return None
        mine = self.calls.perform(actor, own_account)
        return self.hear(mine.applicant) if mine.proven_number is not None else None

    # -- promises

    def sign(self, actor: Actor, asked: NewCommitment, once: Once | None = None) -> dict[str, Any]:
        """签署承诺. Raises CreditSourceDown when the source can't be asked: recorded, and the ordinary way."""
        heard = self._heard_of_case(actor, asked.number)
        known = Signing(heard, self.unrecorded)
        house = self.calls.house
        try:
            return self.calls.perform(actor, lambda uow: commitment.sign(house, uow, asked, known), once)
        except CreditSourceDown:
            # In a transaction of its own, so that the key of the request is free for the next try.
            self.calls.perform(actor, lambda uow: commitment.note_silence(house, uow, asked, known))
            raise

    def withdraw(self, actor: Actor, number: str, once: Once | None = None) -> dict[str, Any]:
        """撤回承诺."""
        house = self.calls.house
        return self.calls.perform(actor, lambda uow: commitment.withdraw_commitment(house, uow, number), once)

    def of_case(self, actor: Actor, number: str) -> dict[str, Any]:
        """Which ways are open to a case's applicant now, with the whole texts, and what was signed."""
        heard = self._heard_of_case(actor, number)
        known = Signing(heard, self.unrecorded)
        house = self.calls.house
        return self.calls.perform(actor, lambda uow: credit_office.of_case(house, uow, number, known))

    def _heard_of_case(self, actor: Actor, number: str) -> Heard | None:
        if self.source is None:
            return None
        applicant = self.calls.perform(
            actor, lambda uow: credit_office.applicant_of(self.calls.house, uow, find_case(uow, number), number)
        )
        # Of a number that is only declared nobody is asked.
        declared = self.calls.perform(actor, lambda uow: is_declared(uow, applicant))
        return None if declared else self.hear(applicant)

    # -- who may have which way

    def eligibility(
        self, actor: Actor | None, item: str, region: str | None, applicant: str | None, kind: str | None
    ) -> dict[str, Any]:
        """By regime, whether it is open and each reason why not; of nobody in particular without `applicant`, or by nobody."""
        who = actor or Actor.system("public")
        house = self.calls.house
        heard = None
        if actor is not None and applicant is not None and self.source is not None:
            credit_office.check_number(applicant)
            self.calls.perform(who, lambda uow: credit_office.may_read(uow, applicant))
            heard = self.hear({"credit_code": applicant})
        return self.calls.perform(
            who,
            lambda uow: credit_office.open_ways(
                house, uow, item, region, applicant, kind, heard, self.unrecorded, unnamed=actor is None
            ),
        )

    # -- records

    def records(self, actor: Actor, subject: str) -> dict[str, Any]:
        """The credit of a subject: grade, records, and what was decided about them."""
        house = self.calls.house
        return self.calls.perform(actor, lambda uow: credit_office.records_of(house, uow, subject, self.unrecorded))

    def record(self, actor: Actor, asked: credit_office.NewEntry, once: Once | None = None) -> dict[str, Any]:
        """登记信用记录."""
        house = self.calls.house
        return self.calls.perform(actor, lambda uow: credit_office.enter_record(house, uow, asked), once)

    def decide(
        self, actor: Actor, record: str, asked: credit_office.Decision, once: Once | None = None
    ) -> dict[str, Any]:
        """信用修复、异议、暂缓执行."""
        house = self.calls.house
        return self.calls.perform(actor, lambda uow: credit_office.decide(house, uow, record, asked), once)
