"""The door of mandates: who acts for whom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from engine.cases import mandates
from engine.doors.calls import Calls
from engine.doors.materials import Download, Incoming, MaterialsDoor
from engine.organization.actor import Actor
from engine.unit_of_work import Once, UnitOfWork


@dataclass(frozen=True)
class MandatesDoor:
    """Recording, listing and ending mandates."""

    calls: Calls
    materials: MaterialsDoor

    def record(
        self, actor: Actor, asked: mandates.NewMandate, once: Once | None = None, scan: Incoming | None = None
    ) -> dict[str, Any]:
        """登记委托, with the scanned paper that `MaterialsDoor.receiving` took in."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            made = mandates.record_mandate(uow, asked)
            return made if scan is None else self._scanned(uow, made["id"], scan)

        return self.calls.perform(actor, work, once)

    def add_scan(self, actor: Actor, mandate: str, scan: Incoming, once: Once | None = None) -> dict[str, Any]:
        """上传委托书扫描件."""
        return self.calls.perform(actor, lambda uow: self._scanned(uow, mandate, scan), once)

    def _scanned(self, uow: UnitOfWork, mandate: str, scan: Incoming) -> dict[str, Any]:
        return mandates.add_scan(uow, mandate, scan.upload, partial(self.materials.keep, scan))

    def open_scan(self, actor: Actor, mandate: str) -> Download:
        """The scan of the signed paper. Raises Forbidden, NotFound, FileMissing."""
        row = self.calls.perform(actor, lambda uow: mandates.find_scan(uow, mandate))
        return Download(self.materials.files.open(row["scan"]), row["scan_name"], row["scan_type"], row["scan_size"])

    def agents(self, actor: Actor) -> list[dict[str, Any]]:
        """Who a mandate can be recorded for, each with a station."""
        return self.calls.perform(actor, mandates.list_agents)

    def list(self, actor: Actor, number: str | None, after: str | None, limit: int) -> dict[str, Any]:
        """The mandates that the actor may see."""
        return self.calls.perform(actor, lambda uow: mandates.list_mandates(uow, number, after, limit))

    def principal(self, actor: Actor, mandate: str) -> dict[str, Any]:
        """Who gave a mandate, for its agent."""
        return self.calls.perform(actor, lambda uow: mandates.principal_of(uow, mandate))

    def revoke(self, actor: Actor, mandate: str, reason: str, once: Once | None = None) -> dict[str, Any]:
        """撤销委托."""
        return self.calls.perform(actor, lambda uow: mandates.revoke_mandate(uow, mandate, reason), once)
