"""What is asked about an applicant before an application becomes a case: an open port, since credit lives in a room above.

`assemble` puts the real one in its place; without it nobody is barred and no way of trust first is open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from engine.catalogue.items import ServiceItem
from engine.errors import not_one_of
from engine.organization.directory import Directory
from engine.unit_of_work import UnitOfWork


def _nothing(_uow: UnitOfWork, _case_id: UUID, _seq: int) -> None:
    """Nothing is kept with the case."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """An application may come in: by which way, what its record says of that, and what is kept with the case."""

    regime: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    keep: Callable[[UnitOfWork, UUID, int], None] = _nothing


class Asked(Protocol):
    """What of an application decides."""

    @property
    def item(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def applicant(self) -> Mapping[str, Any]: ...
    @property
    def regime(self) -> str | None: ...
    @property
    def heard(self) -> Any: ...


class Admission(Protocol):
    """Whether an application may come in, and by which way."""

    def admit(
        self, uow: UnitOfWork, asked: Asked, standard: ServiceItem, offered: ServiceItem, directory: Directory
    ) -> Admitted:
        """Raises ApprovalError when it may not."""


class OrdinaryAdmission:
    """Everybody may apply, the ordinary way."""

    def admit(
        self, _uow: UnitOfWork, asked: Asked, _standard: ServiceItem, _offered: ServiceItem, _directory: Directory
    ) -> Admitted:
        """Raises Invalid for any other way."""
        if asked.regime is not None:
            raise not_one_of("regime", ("ordinary",))
        return Admitted()
