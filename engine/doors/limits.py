"""The limits of cases, as the outer rooms ask for them and move them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from engine.cases.end_procedure import ProcedureEnd
from engine.cases.extensions import Decision, NewExtension, ask_extension, decide_extension, waiting_extensions
from engine.cases.house import House
from engine.cases.limits_view import case_limits
from engine.cases.special_procedures import NewProcedure, end_procedure, start_procedure
from engine.doors.materials import Incoming, MaterialsDoor
from engine.organization.actor import Actor
from engine.unit_of_work import Once, Transactions


class LimitsDoor:
    """Every method is one use case in one unit of work."""

    def __init__(self, transactions: Transactions, house: House, materials: MaterialsDoor) -> None:
        self._transactions, self._house, self._materials = transactions, house, materials

    def of_case(self, actor: Actor, number: str, at: datetime | None = None) -> dict[str, Any]:
        """The limits of a case as of an instant. Raises NotFound, Forbidden."""
        return self._transactions.perform(actor, lambda uow: case_limits(self._house, uow, number, at))

    def start_procedure(self, actor: Actor, asked: NewProcedure, once: Once | None = None) -> dict[str, Any]:
        """特别程序开始."""
        return self._transactions.perform(actor, lambda uow: start_procedure(self._house, uow, asked), once)

    def end_procedure(self, actor: Actor, asked: ProcedureEnd, once: Once | None = None) -> dict[str, Any]:
        """特别程序结束."""
        return self._transactions.perform(actor, lambda uow: end_procedure(self._house, uow, asked), once)

    def ask_extension(self, actor: Actor, asked: NewExtension, once: Once | None = None) -> dict[str, Any]:
        """申请延长."""
        return self._transactions.perform(actor, lambda uow: ask_extension(self._house, uow, asked), once)

    def waiting(self, actor: Actor) -> list[dict[str, Any]]:
        """待审批的延期 of the head's departments."""
        return self._transactions.perform(actor, waiting_extensions)

    def decide_extension(
        self, actor: Actor, asked: Decision, scan: Incoming | None = None, once: Once | None = None
    ) -> dict[str, Any]:
        """审批延长, with the scanned paper that `MaterialsDoor.receiving` took in."""
        if scan is None:
            return self._transactions.perform(actor, lambda uow: decide_extension(self._house, uow, asked), once)
        whole = replace(asked, scan=scan.received.sha256, scan_name=scan.upload.name)
        keep = partial(self._materials.keep, scan)
        return self._transactions.perform(actor, lambda uow: decide_extension(self._house, uow, whole, keep), once)
