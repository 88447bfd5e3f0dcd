"""Decisions that come before their check, as the outer rooms ask for what follows them."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from engine.cases.held import Command, StepHeld
from engine.cases.incidents import write_incident
from engine.cases.step_store import CaseRow, lock_case
from engine.cases.submit import find_case
from engine.clock import DOMAIN_NOW_SQL
from engine.credit_first import dependants, public, views
from engine.credit_first.expiry import look
from engine.credit_first.hook import CreditFirst
from engine.credit_first.linked import note_linked, open_linked
from engine.credit_first.rectification import Rectified, supply_rectification
from engine.credit_first.revocation import PROCESS, NewRevocation, open_revocation, state_defence
from engine.credit_first.stays import Objection, record_objection
from engine.credit_first.verification import Result, record_result
from engine.doors.calls import Calls
from engine.organization.actor import Actor
from engine.unit_of_work import Once, Transactions, UnitOfWork

_TABLES = {"verification": "verifications", "revocation": "revocations"}
_DUE = (
    f"SELECT v.id FROM verifications v CROSS JOIN platform p WHERE v.case_id = %s AND v.look_at <= {DOMAIN_NOW_SQL} "
    "ORDER BY v.look_at"
)
_FOLLOWED = (
    "SELECT a.number AS approval, v.id AS verification, r.id AS revocation FROM cases c JOIN cases a ON a.id = c.linked_to "
    "LEFT JOIN verifications v ON v.linked_case_id = c.id LEFT JOIN revocations r ON r.linked_case_id = c.id "
    "WHERE c.number = %s"
)
_CASE_OF = (
    "SELECT c.number FROM cases c WHERE c.id IN (SELECT case_id FROM revocations WHERE id = %(id)s UNION SELECT v.case_id "
    "FROM verifications v LEFT JOIN rectifications r ON r.verification_id = v.id WHERE v.id = %(id)s OR r.id = %(id)s)"
)
_PUSH_ON = (
    f"UPDATE verifications v SET look_at = {DOMAIN_NOW_SQL} + interval '1 hour' FROM platform p WHERE v.case_id = %s "
    f"AND v.look_at <= {DOMAIN_NOW_SQL}"
)


class VerificationsDoor:
    """Every method is one use case in one unit of work."""

    def __init__(self, calls: Calls, transactions: Transactions) -> None:
        self._calls, self._transactions = calls, transactions
        calls.house.after_decision = CreditFirst(calls.house)

    # -- what people call

    def list(self, actor: Actor, asked: views.VerificationQuery) -> dict[str, Any]:
        """核验列表. Raises Forbidden, Invalid."""
        return self._calls.perform(actor, lambda uow: views.list_verifications(self._calls.house, uow, asked))

    def figures(self, actor: Actor, region: str | None = None, item: str | None = None) -> dict[str, Any]:
        """How many are due, overdue and failed, by region and item. Raises Forbidden."""
        house = self._calls.house
        return self._calls.perform(actor, lambda uow: {"items": views.verification_figures(house, uow, region, item)})

    def get(self, actor: Actor, which: UUID) -> dict[str, Any]:
        """One verification. Raises NotFound, Forbidden."""
        return self._calls.perform(actor, lambda uow: views.get_verification(self._calls.house, uow, which))

    def result(self, actor: Actor, asked: Result, once: Once | None = None) -> dict[str, Any]:
        """核验结果."""
        return self._calls.perform(actor, lambda uow: record_result(self._calls.house, uow, asked), once)

    def rectify(self, actor: Actor, asked: Rectified, once: Once | None = None) -> dict[str, Any]:
        """整改."""
        return self._calls.perform(actor, lambda uow: supply_rectification(self._calls.house, uow, asked), once)

    def open_revocation(self, actor: Actor, asked: NewRevocation, once: Once | None = None) -> dict[str, Any]:
        """启动撤销程序."""
        return self._calls.perform(actor, lambda uow: open_revocation(self._calls.house, uow, asked), once)

    def state(
        self, actor: Actor, which: UUID, statement: str, hearing: bool = False, once: Once | None = None
    ) -> dict[str, Any]:
        """陈述、申辩."""
        house = self._calls.house
        return self._calls.perform(actor, lambda uow: state_defence(house, uow, which, statement, hearing), once)

    def object(self, actor: Actor, asked: Objection, once: Once | None = None) -> dict[str, Any]:
        """异议标注、停止执行."""
        return self._calls.perform(actor, lambda uow: record_objection(self._calls.house, uow, asked), once)

    def dependants(self, actor: Actor, number: str) -> dict[str, Any]:
        """The cases that used a permit as a material. Raises NotFound, Forbidden."""
        return self._calls.perform(actor, lambda uow: dependants.dependants(self._calls.house, uow, number))

    def doubts(self, number: str) -> dict[int, dict[str, Any]]:
        """The materials of a case that rest on a permit that is lost, for whoever may see it: that is the caller's to ask."""
        return self._calls.perform(
            Actor.system("public"), lambda uow: dependants.doubts_of(uow, find_case(uow, number))
        )

    def followed(self, number: str) -> dict[str, Any] | None:
        """Which approval a linked case follows, and what it makes; None for any other case. Who may see it: the caller's to ask."""
        rows = self._calls.perform(Actor.system("public"), lambda uow: uow.read((_FOLLOWED, (number,)))[0])
        return {name: str(value) if value else None for name, value in rows[0].items()} if rows else None

    def case_of(self, which: UUID) -> str:
        """The number of the approval of a rectification, or of proceedings; empty where there is none."""
        rows = self._calls.perform(Actor.system("public"), lambda uow: uow.read((_CASE_OF, {"id": which}))[0])
        return str(rows[0]["number"]) if rows else ""

    def follow_up(self, number: str) -> dict[str, Any]:
        """What follows a case's decision, for whoever may see the case: that is the caller's to ask."""
        return self._calls.perform(Actor.system("public"), lambda uow: public.follow_up(uow, find_case(uow, number)))

    # -- what jobs and the sweep call

    def open_case(self, what: str, which: UUID) -> str | None:
        """The job behind an issue and behind proceedings: open the linked case, once. Its number; None when it is open.

        A process that can't be started leaves the case and an incident, from which it is started.
        """
        job = Actor.job("linked")
        try:
            return self._transactions.perform(job, lambda uow: self._open(uow, what, which, None))
        except StepHeld as failure:
            return self._transactions.perform(job, partial(self._open_unstarted, what, which, failure))

    def _open_unstarted(self, what: str, which: UUID, failure: StepHeld, uow: UnitOfWork) -> str | None:
        return self._open(uow, what, which, failure)

    def _open(self, uow: UnitOfWork, what: str, which: UUID, failure: StepHeld | None) -> str | None:
        (rows,) = uow.read((f"SELECT case_id FROM {_TABLES[what]} WHERE id = %s", (which,)))
        approval = lock_case(uow, rows[0]["case_id"]) if rows else None
        if approval is None:
            return None
        ((row,),) = uow.read((f"SELECT * FROM {_TABLES[what]} WHERE id = %s FOR UPDATE", (which,)))
        if row["linked_case_id"] is not None:
            return None
        process = row["process"] if what == "verification" else PROCESS
        house, settings = self._calls.house, self._calls.settings
        linked: CaseRow = open_linked(house, uow, settings, approval, process, what, start=failure is None)
        note_linked(uow, approval, what, which, linked)
        uow.write(f"UPDATE {_TABLES[what]} SET linked_case_id = %s WHERE id = %s", (linked.id, which))
        if failure is not None:
            late = Command("start", linked.id, linked.number, "start", uow.actor.id, uow.actor.kind)
            write_incident(uow, StepHeld(late, failure.fault))
        return linked.number

    def look_at_case(self, case_id: UUID) -> bool:
        """What is due of a case's verification: reminders, and what comes of it when its limit has passed."""
        system = Actor.system("系统")
        rows = self._calls.perform(system, lambda uow: uow.read((_DUE, (case_id,)))[0])
        looked = [self._calls.perform(system, partial(look, self._calls.house, which=row["id"])) for row in rows]
        return any(looked)

    def push_on(self, case_id: UUID) -> None:
        """What can't be looked at is looked at again after an hour, or when its incident is tried."""
        self._calls.perform(Actor.system("sweep"), lambda uow: uow.write(_PUSH_ON, (case_id,)))

    def flag_dependants(self, case_id: UUID) -> int:
        """The job behind a revocation: flag what used the permit, each case in a transaction of its own."""
        job = Actor.job("dependants")
        found = self._calls.perform(job, lambda uow: dependants.to_flag(uow, case_id))
        return sum(self._flag(job, case_id, *one) for one in found)

    def _flag(self, job: Actor, permit: UUID, case_id: UUID, material: int) -> bool:
        house = self._calls.house
        return self._calls.perform(job, lambda uow: dependants.flag(house, uow, permit, case_id, material))
