"""The table of service items. A registry: `code` is unique over the whole platform."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Mapped, mapped_column

from engine.store.base import Base, Json


class ItemRow(Base):
    """A service item: `data` is its `item.json`; without an active definition no case can start on it."""

    __tablename__ = "items"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str]
    data: Mapped[Json]
    active_definition_id: Mapped[uuid.UUID | None]
