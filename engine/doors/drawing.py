"""The door of the drawing board: what a designer may name, and how what is drawn differs from what is stored."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine.bpmn.compare import Comparison, Stored, compare_stored
from engine.bpmn.file_text import text_of
from engine.bpmn.linked import Library, either, frozen, in_folders, in_texts
from engine.bpmn.read import read
from engine.cases.access import need
from engine.catalogue.models import ItemRow
from engine.definitions import deploy
from engine.definitions.models import Definition
from engine.doors.calls import Calls
from engine.errors import NotFound
from engine.organization.actor import Actor
from engine.organization.models import FunctionRow, PostRow
from engine.organization.permissions import UseCase
from engine.plugins.handlers import HandlerRegistry
from engine.register.document_templates import templates
from engine.unit_of_work import UnitOfWork

MOST_VERSIONS = 100
#: How cases end, as the shipped processes say it; any other word will do.
RESULTS = (
    ("granted", "准予", "granted"),
    ("denied", "不予", "denied"),
    ("withdrawn", "撤回", "withdrawn"),
    ("terminated", "终止", "terminated"),
)

Named = list[dict[str, str]]  #: value, Chinese and English label


@dataclass(frozen=True)
class DrawingDoor:
    """What the designer's page asks while one draws."""

    calls: Calls
    handlers: HandlerRegistry
    templates: Path  #: the folder of processes that any diagram may link

    def names(self, actor: Actor) -> dict[str, Named]:
        """What stands behind the names that extension attributes take, by `element.attribute`. Raises Forbidden."""

        def work(uow: UnitOfWork) -> dict[str, Named]:
            need(uow.actor, UseCase.DEFINITION_READ)
            functions = uow.session.scalars(select(FunctionRow).order_by(FunctionRow.code))
            items = uow.session.scalars(select(ItemRow).order_by(ItemRow.code)).all()
            titles = select(PostRow.title).distinct()
            of_government = [_named(row.code, row.name, row.name_en) for row in functions]
            return {
                "assignment.function": of_government,
                "assignment.post": [_named(title, title, title) for title in sorted(uow.session.scalars(titles))],
                "document.function": of_government,
                "document.kind": [_named(one.kind, one.title, one.title_en) for one in templates().values()],
                "result.value": [_named(*one) for one in RESULTS],
                "service.handler": [_named(name, name, name) for name in sorted(self.handlers.names())],
                "item.code": [_named(row.code, row.name, row.name_en) for row in items],
                "form.key": [
                    _named(key, f"{key}（{row.name}）", f"{key} ({row.name_en})") for row, key in _forms(items)
                ],
            }

        return self.calls.perform(actor, work)

    def open(self, actor: Actor, definition: UUID) -> dict[str, Any]:
        """A definition with its diagram, and the other definitions of its item. Raises Forbidden, NotFound."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            row = _row(uow, definition)
            return deploy.described(row) | {"bpmn": text_of(row.bpmn), "others": _others(uow, row.item)}

        return self.calls.perform(actor, work)

    def others(self, actor: Actor, item: str) -> list[dict[str, Any]]:
        """The definitions of an item, newest first. Raises Forbidden."""

        def work(uow: UnitOfWork) -> list[dict[str, Any]]:
            need(uow.actor, UseCase.DEFINITION_READ)
            return _others(uow, item)

        return self.calls.perform(actor, work)

    def changes(
        self, actor: Actor, bpmn: bytes, against: UUID, item: str = "", before: UUID | None = None
    ) -> dict[str, Any]:
        """What turns a stored definition into the diagram as it is drawn now, over `before`, with what saving it would link.

        Raises:
            Forbidden, NotFound.
            UnreadableDiagram: nothing can be compared with what can't be read.
        """

        def work(uow: UnitOfWork) -> dict[str, Any]:
            row = _row(uow, against)
            kept = deploy.kept_before(uow, item or row.item, before)
            library = either(in_folders(self.templates), in_texts(kept))
            found = _compared(row, bpmn, library)
            return asdict(found) | {"against": deploy.described(row), "bpmn": text_of(row.bpmn)}

        return self.calls.perform(actor, work)


def _compared(row: Definition, bpmn: bytes, library: Library) -> Comparison:
    """What turns a stored definition into what is drawn, which links what the library has."""
    drawn = Stored(bpmn, frozen(read(bpmn), bpmn, library))
    return compare_stored(Stored(row.bpmn, row.linked), drawn)


def _named(value: str, zh: str, en: str) -> dict[str, str]:
    return {"value": value, "zh": zh, "en": en}


def _forms(items: Any) -> list[tuple[ItemRow, str]]:
    return [(row, key) for row in items for key in sorted(row.data.get("forms") or {})]


def _row(uow: UnitOfWork, definition: UUID) -> Definition:
    need(uow.actor, UseCase.DEFINITION_READ)
    row = uow.session.get(Definition, definition)
    if row is None:
        raise NotFound(what="definition", id=definition)
    return row


def _others(uow: UnitOfWork, item: str) -> list[dict[str, Any]]:
    asked = (
        select(Definition)
        .where(Definition.item == item)
        .order_by(Definition.created_at.desc(), Definition.id.desc())
        .limit(MOST_VERSIONS)
    )
    return [deploy.described(row) for row in uow.session.scalars(asked)]
