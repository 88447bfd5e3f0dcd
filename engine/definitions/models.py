"""Process definitions: immutable versions of a service item's diagram."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.base import Base, Json


class Definition(Base):
    """One version of an item's diagram. A draft has no version number; publishing gives it the next one.

    `state` is draft | scheduled | published | superseded: a scheduled version becomes the published one on its day. A running
    case keeps the version that it was started on.
    """

    __tablename__ = "definitions"
    __table_args__ = (
        Index(
            "uq_definitions_item_version", "item", "version", unique=True, postgresql_where=text("version IS NOT NULL")
        ),
        Index("uq_definitions_published", "item", unique=True, postgresql_where=text("state = 'published'")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    item: Mapped[str]
    item_data: Mapped[Json]  #: the service item as it stood when this version was published
    version: Mapped[int | None]
    state: Mapped[str]
    bpmn: Mapped[bytes]
    sha256: Mapped[bytes]
    findings: Mapped[Json]
    scenarios: Mapped[list[Json] | None] = mapped_column(JSONB(none_as_null=True))  #: played before it is published
    linked: Mapped[dict[str, str]] = mapped_column(
        JSONB, server_default=text("'{}'::jsonb")
    )  #: what it links, by process id
    played: Mapped[list[Json] | None] = mapped_column(JSONB(none_as_null=True))  #: how they went when it was
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    published_by: Mapped[str | None]
    published_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None]  #: another person than who stored it
    reviewed_at: Mapped[datetime | None]
    review: Mapped[str | None]  #: approved | returned
    review_note: Mapped[str | None]
    effective_on: Mapped[date | None]  #: from which day on cases start on it; None: never
