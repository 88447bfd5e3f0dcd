"""The door of the workshop: diagrams and their history, what changed, whom it touches, review, and publishing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import literal, select, tuple_

from engine.bpmn.compare import Comparison, Stored, compare_stored
from engine.bpmn.file_text import text_of
from engine.bpmn.linked import either, in_folders, in_texts
from engine.bpmn.read import read
from engine.cases.access import need
from engine.cases.paging import Order, read_cursor, write_cursor
from engine.catalogue.models import ItemRow
from engine.clock import day_of
from engine.definitions import deploy, stories
from engine.definitions.impact import impact
from engine.definitions.models import Definition
from engine.doors.calls import Calls
from engine.doors.diagrams import DiagramsDoor
from engine.errors import ApprovalError, NotFound
from engine.organization.actor import Actor
from engine.organization.permissions import UseCase
from engine.unit_of_work import Once, UnitOfWork

Rows = list[dict[str, Any]]  #: the class has a method of that name
NEWEST = Order("-created", "created_at", "timestamptz", descending=True)
STATES = ("draft", "scheduled", "published", "superseded")


@dataclass(frozen=True, slots=True)
class _Judged:
    """What is judged of a definition, outside of any transaction."""

    bpmn: bytes
    item: Mapping[str, Any]
    linked: Mapping[str, str]


@dataclass(frozen=True)
class WorkshopDoor:
    """What designers do with diagrams beside storing them."""

    calls: Calls
    diagrams: DiagramsDoor

    def store(
        self,
        actor: Actor,
        draft: deploy.Draft,
        folders: tuple[Path, ...] = (),
        once: Once | None = None,
        before: UUID | None = None,
    ) -> dict[str, Any]:
        """Store a diagram as a draft. It is judged before, while no connection is held.

        What it links is looked up in `folders`, among the templates, and in what its predecessor keeps: the definition `before`,
        else the item's own (`deploy.kept_before`).
        """
        deploy.may_store(actor, draft)

        def look(uow: UnitOfWork) -> tuple[Mapping[str, Any], Mapping[str, str]]:
            item = draft.item_data
            known = deploy.item_data_of(uow, draft.item) if item is None else item
            return known, deploy.kept_before(uow, draft.item, before)

        item, kept = self.calls.perform(actor, look)
        judged = self.diagrams.judged(draft.bpmn, item=item, folders=folders, kept=kept)
        self.diagrams.refuse_unbounded(judged)
        library = either(in_folders(*folders, self.diagrams.templates), in_texts(kept))
        return self.calls.perform(actor, lambda uow: deploy.store_draft(uow, judged, draft, library), once)

    def list(
        self,
        actor: Actor,
        item: str | None = None,
        state: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
        review: str | None = None,
    ) -> Any:
        """A page of definitions, newest first; `next_cursor` is the `cursor` of the next one. Raises Invalid.

        `review` narrows drafts by the verdict on them, "none" where there is none yet.
        """
        after = read_cursor(NEWEST, cursor, numbered=False) if cursor else None

        def work(uow: UnitOfWork) -> dict[str, Any]:
            need(uow.actor, UseCase.DEFINITION_READ)
            asked = select(Definition).order_by(Definition.created_at.desc(), Definition.id.desc()).limit(limit + 1)
            if item is not None:
                asked = asked.where(Definition.item == item)
            if state is not None:
                asked = asked.where(Definition.state == state)
            if review is not None:
                asked = asked.where(Definition.review == review if review != "none" else Definition.review.is_(None))
            if after is not None:
                place = (datetime.fromisoformat(after["key"]), UUID(after["id"]))
                asked = asked.where(tuple_(Definition.created_at, Definition.id) < tuple_(*map(literal, place)))
            rows = uow.session.scalars(asked).all()
            told = [deploy.described(row) for row in rows[:limit]]
            if len(rows) <= limit:
                return {"items": told, "next_cursor": None}
            last = rows[limit - 1]
            return {"items": told, "next_cursor": write_cursor(NEWEST, last.created_at.isoformat(), last.id)}

        return self.calls.perform(actor, work)

    def get(self, actor: Actor, definition: UUID) -> dict[str, Any]:
        """One definition with its diagram, what lint says of it now, its scenarios and how they went when it was published."""

        def work(uow: UnitOfWork) -> tuple[dict[str, Any], _Judged]:
            row = _row(uow, definition)
            told = deploy.described(row) | {"scenarios": row.scenarios or [], "played": row.played}
            return told, _Judged(bytes(row.bpmn), row.item_data, row.linked)

        told, of = self.calls.perform(actor, work)
        return told | deploy.verdict_of(self._judged(of)) | {"bpmn": text_of(of.bpmn)}

    def _judged(self, of: _Judged) -> dict[str, Any]:
        return self.diagrams.judged(of.bpmn, item=of.item, texts=of.linked)

    def source(self, actor: Actor, definition: UUID) -> dict[str, Any]:
        """What a dry run needs of a definition: item, item_data, bpmn, what it links, scenarios."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            row = _row(uow, definition)
            known = {"item": row.item, "item_data": row.item_data, "scenarios": row.scenarios or []}
            known["linked"] = row.linked
            return known | {"bpmn": bytes(row.bpmn)}

        return self.calls.perform(actor, work)

    def item_data(self, actor: Actor, item: str) -> dict[str, Any] | None:
        """An item as the catalogue's draft has it; None for one that it does not have."""

        def work(uow: UnitOfWork) -> dict[str, Any] | None:
            need(uow.actor, UseCase.DEFINITION_READ)
            row = uow.session.get(ItemRow, item)
            return row.data if row is not None else None

        return self.calls.perform(actor, work)

    def kept(self, actor: Actor, item: str, before: UUID | None = None) -> Mapping[str, str]:
        """What a draft that is drawn over `before`, else over the item's version, links where nothing else has it."""

        def work(uow: UnitOfWork) -> Mapping[str, str]:
            need(uow.actor, UseCase.DEFINITION_READ)
            return deploy.kept_before(uow, item, before)

        return self.calls.perform(actor, work)

    def items(self, actor: Actor) -> Rows:
        """Code and names of the items that the catalogue holds."""

        def work(uow: UnitOfWork) -> Rows:
            need(uow.actor, UseCase.DEFINITION_READ)
            rows = uow.session.execute(select(ItemRow.code, ItemRow.name, ItemRow.name_en).order_by(ItemRow.code))
            return [dict(row._mapping) for row in rows]

        return self.calls.perform(actor, work)

    def domain_day(self, actor: Actor) -> date:
        """The day, in the time that cases live in."""

        def work(uow: UnitOfWork) -> date:
            need(uow.actor, UseCase.DEFINITION_READ)
            return day_of(uow.tell_time())

        return self.calls.perform(actor, work)

    def refuse_errors(self, bpmn: bytes, item: Mapping[str, Any] | None) -> None:
        """Raise NotDeployable when a diagram could not be published for its errors, UnreadableDiagram when it is none."""
        judged = self.diagrams.judged(bpmn, item=item)
        read(bpmn)
        deploy.check_findings(judged)

    def changes(self, actor: Actor, definition: UUID, against: UUID | None = None) -> dict[str, Any]:
        """What changed against another definition; without one, against the published version of the item."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            row = _row(uow, definition)
            other = _other(uow, row, against)
            found = _compare(other, row)
            return {"against": deploy.described(other) if other else None} | asdict(found)

        return self.calls.perform(actor, work)

    def impact(self, actor: Actor, definition: UUID) -> dict[str, Any]:
        """Whom the definition would touch, were it published now."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            row = _row(uow, definition)
            other = _other(uow, row, None)
            report = impact(uow, row.item, lambda running: _compare(_row(uow, running), row))
            return {"against": deploy.described(other) if other else None} | report

        return self.calls.perform(actor, work)

    def review(
        self, actor: Actor, definition: UUID, verdict: str, note: str = "", once: Once | None = None
    ) -> dict[str, Any]:
        """审核."""
        return self.calls.perform(actor, lambda uow: deploy.review(uow, definition, verdict, note), once)

    def change_story(
        self, actor: Actor, definition: UUID, seen: str, at: int | None, story: dict[str, Any] | None, once: Once | None
    ) -> dict[str, Any]:
        """Add, change or take away a scenario of a draft (`stories.change`)."""
        return self.calls.perform(actor, lambda uow: stories.change(uow, definition, seen, at, story), once)

    def check(self, actor: Actor, definition: UUID, effective_on: date | None = None) -> bool:
        """Whether a definition is still to be published; raises what would refuse that without a scenario being played."""

        def work(uow: UnitOfWork) -> tuple[_Judged, ApprovalError | None] | None:
            need(uow.actor, UseCase.DEFINITION_PUBLISH)
            if _row(uow, definition).state != "draft":
                return None
            row = deploy.publishable(uow, definition, effective_on)
            of = _Judged(bytes(row.bpmn), deploy.item_data_of(uow, row.item), row.linked)
            return of, None if deploy.is_reviewed(uow, row) else deploy.not_reviewed(row)

        found = self.calls.perform(actor, work)
        if found is not None:
            deploy.check_findings(self._judged(found[0]))
            if found[1] is not None:
                raise found[1]
        return found is not None

    def publish(
        self,
        actor: Actor,
        definition: UUID,
        effective_on: date | None = None,
        once: Once | None = None,
        played: Rows | None = None,
        seen: str | None = None,
    ) -> dict[str, Any]:
        """发布. The diagram is judged before, while no connection is held; `played`: how its scenarios went, and `seen`: the digest
        of those that were played. Raises ScenariosChanged when they are others by now."""

        def look(uow: UnitOfWork) -> _Judged:
            need(uow.actor, UseCase.DEFINITION_PUBLISH)
            row = uow.session.get(Definition, definition)
            if row is None:
                raise NotFound(what="definition", id=definition)
            return _Judged(bytes(row.bpmn), deploy.item_data_of(uow, row.item), row.linked)

        judged = self._judged(self.calls.perform(actor, look))

        def work(uow: UnitOfWork) -> dict[str, Any]:
            if seen is not None:
                stories.need_unchanged(uow, definition, seen)
            return deploy.publish(uow, judged, definition, effective_on, played)

        return self.calls.perform(actor, work, once)

    def withdraw(self, actor: Actor, definition: UUID, once: Once | None = None) -> dict[str, Any]:
        """撤回: a version that has not taken effect never does."""
        return self.calls.perform(actor, lambda uow: deploy.withdraw(uow, definition), once)

    def put_into_effect(self) -> int:
        """What the sweep does for versions whose day has come."""
        return self.calls.perform(Actor.job("publish"), deploy.put_into_effect)


def _row(uow: UnitOfWork, definition: UUID) -> Definition:
    need(uow.actor, UseCase.DEFINITION_READ)
    row = uow.session.get(Definition, definition)
    if row is None:
        raise NotFound(what="definition", id=definition)
    return row


def _other(uow: UnitOfWork, row: Definition, against: UUID | None) -> Definition | None:
    if against is not None:
        return _row(uow, against)
    published = select(Definition).where(Definition.item == row.item, Definition.state == "published")
    found = uow.session.scalars(published).one_or_none()
    return found if found is not None and found.id != row.id else None


def _compare(old: Definition | None, new: Definition) -> Comparison:
    if old is None:
        return Comparison((), (), ())
    return compare_stored(Stored(old.bpmn, old.linked), Stored(new.bpmn, new.linked))
