"""What every use case needs from the other rooms, loaded once per version and shared between threads.

A cache never decides what is true: the version that it hangs on is read in the statement that takes the lock, and a stale
entry is loaded again in the same transaction.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from uuid import UUID

from sqlalchemy import select

from engine.bpmn.compile import Compiled, compile_diagram, compile_process
from engine.bpmn.public_diagram import PublicDiagram, public_diagram
from engine.bpmn.read import read
from engine.bpmn.side_by_side import side_by_side
from engine.cases.admission import Admission, OrdinaryAdmission
from engine.cases.after_decision import AfterDecision
from engine.catalogue.catalogue import Catalogue, load_catalogue
from engine.catalogue.items import ServiceItem, item_from_data
from engine.catalogue.models import OfferRow
from engine.catalogue.offer import Offer, with_limits
from engine.definitions.models import Definition
from engine.errors import NotFound
from engine.organization.directory import Directory
from engine.organization.load import load_directory
from engine.plugins.handlers import HandlerRegistry
from engine.timelimits.calendar import WorkingCalendar
from engine.timelimits.ledger import Almanac
from engine.timelimits.load import CalendarShelf
from engine.unit_of_work import UnitOfWork

MOST_DEFINITIONS = 200


@dataclass(frozen=True)
class LiveDefinition:
    """A published version, ready to run, with the service item: as the case's region offers it, or else as it stood when
    the version was published."""

    id: UUID
    version: int
    compiled: Compiled
    item: ServiceItem
    pictures: Mapping[str, PublicDiagram | None]  #: by language

    @cached_property
    def beside(self) -> Mapping[str, frozenset[str]]:
        """By task, the tasks that departments sign side by side with it (会签)."""
        return side_by_side(self.compiled.process)

    @property
    def acceptance_node(self) -> str | None:
        """The task that acceptance completes: the window's, with the outcome `accepted`. None: acceptance starts the run."""
        for node in self.compiled.nodes.values():
            function = (node.extension("assignment") or {}).get("function")
            outcomes = (node.extension("outcomes") or {}).get("values") or {}
            if function == self.item.accept_function and "accepted" in outcomes:
                return node.id
        return None


#: Which definition, as which offer, and which of the processes that it links (None: its own).
Key = tuple[UUID, UUID | None, str | None]


class House:
    """The caches, and the handlers that diagrams may name."""

    def __init__(self, handlers: HandlerRegistry, calendars: CalendarShelf | None = None) -> None:
        self.handlers = handlers
        self.calendars = calendars or CalendarShelf()
        self.admission: Admission = OrdinaryAdmission()
        self.after_decision = AfterDecision()
        self._lock = threading.Lock()
        self._definitions: OrderedDict[Key, LiveDefinition] = OrderedDict()
        self._directory: tuple[int, Directory] | None = None
        self._catalogue: tuple[int, Catalogue] | None = None

    def calendar(self, region_code: str, version: int) -> WorkingCalendar:
        """The working calendar of a region at a version of the notices."""
        return self.calendars.get(region_code, None, version)[0]

    def almanac(self, region_code: str, department_id: str | None, version: int) -> Almanac:
        """The calendar and the opening hours of a department of a region, or of the region itself."""
        return Almanac(*self.calendars.get(region_code, department_id, version))

    def directory(self, uow: UnitOfWork, version: int) -> Directory:
        """The organisation at the version that the lock statement read."""
        cached = self._directory
        if cached is None or cached[0] != version:
            cached = (version, load_directory(uow.connection))
            self._directory = cached
        return cached[1]

    def catalogue(self, uow: UnitOfWork, version: int) -> Catalogue:
        """The catalogue at the version that a statement of this transaction read."""
        cached = self._catalogue
        if cached is None or cached[0] != version:
            cached = (version, load_catalogue(uow.connection))
            self._catalogue = cached
        return cached[1]

    def definition(
        self, uow: UnitOfWork, definition_id: UUID, offer_id: UUID | None = None, process: str | None = None
    ) -> LiveDefinition:
        """A published definition, as a region offers it; both are immutable, so what is cached stays true for ever.

        With `process`, one that it links (a linked case runs it); it was frozen with the definition.
        """
        key = (definition_id, offer_id, process)
        with self._lock:
            if key in self._definitions:
                self._definitions.move_to_end(key)
                return self._definitions[key]
        if offer_id is None:
            return self._keep(key, self._load(uow, definition_id, process))
        columns = (OfferRow.data, OfferRow.node_limits)
        row = uow.connection.execute(select(*columns).where(OfferRow.id == offer_id)).one()
        live = self.definition(uow, definition_id, None, process)
        return self._keep(key, _offered(live, item_from_data(row.data), row.node_limits))

    def offered(self, uow: UnitOfWork, definition_id: UUID, offer: Offer) -> LiveDefinition:
        """A published definition as it is offered now; the offer need not be stored yet."""
        with self._lock:
            if (definition_id, offer.id, None) in self._definitions:
                return self._definitions[definition_id, offer.id, None]
        live = self.definition(uow, definition_id)
        return self._keep((definition_id, offer.id, None), _offered(live, offer.item, offer.node_limits))

    def _keep(self, key: Key, live: LiveDefinition) -> LiveDefinition:
        with self._lock:
            self._definitions[key] = live
            while len(self._definitions) > MOST_DEFINITIONS:
                self._definitions.popitem(last=False)
        return live

    @staticmethod
    def _load(uow: UnitOfWork, definition_id: UUID, process: str | None) -> LiveDefinition:
        columns = (Definition.version, Definition.bpmn, Definition.item_data, Definition.linked)
        row = uow.connection.execute(select(*columns).where(Definition.id == definition_id)).one_or_none()
        if row is None:
            raise NotFound(what="definition", id=definition_id)
        if process is None:
            bpmn, compiled = row.bpmn, compile_diagram(read(row.bpmn), str(definition_id))
        elif process in row.linked:
            bpmn = row.linked[process].encode()
            compiled = compile_process(read(bpmn), process, f"{definition_id}/{process}")
        else:
            raise NotFound(what="definition", id=f"{definition_id} / {process}")
        pictures = {lang: public_diagram(compiled.process, bpmn, lang) for lang in ("zh", "en")}
        return LiveDefinition(definition_id, row.version, compiled, item_from_data(row.item_data), pictures)


def _offered(live: LiveDefinition, item: ServiceItem, node_limits: Mapping[str, int]) -> LiveDefinition:
    return replace(live, item=item, compiled=with_limits(live.compiled, node_limits))
