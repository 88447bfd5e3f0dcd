"""The tables of the catalogue. Registries: their keys are unique over the whole platform.

What is published is a row that is never changed: of an item, of a region's implementation, of a department's power list.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.base import Base, Json


class ItemRow(Base):
    """A service item: `data` is its newest draft (its `item.json`); without an active definition no case can start on it."""

    __tablename__ = "items"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str]
    data: Mapped[Json]
    active_definition_id: Mapped[uuid.UUID | None]


class ItemVersionRow(Base):
    """A published version of an item, and what was done with it from when on."""

    __tablename__ = "item_versions"

    item: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    operation: Mapped[str]  #: see `catalogue.OPERATIONS`
    effective_on: Mapped[date]
    data: Mapped[Json]
    files: Mapped[Json]  #: of each file its name and the SHA-256 of its content, in hexadecimal
    hash: Mapped[str]  #: SHA-256 of data and files
    statement: Mapped[Json]  #: what it means for cases that are open, in both languages
    effect: Mapped[str] = mapped_column(server_default="continue")  #: see `effects.EFFECTS`
    conclude_by: Mapped[date | None]
    open_cases: Mapped[int]  #: how many there were
    related: Mapped[Json]  #: `items`: what it was split or merged into
    published_by: Mapped[str]
    published_at: Mapped[datetime]


class ItemFileRow(Base):
    """A form or a sample of an item; a version names the content that it had."""

    __tablename__ = "item_files"

    item: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[bytes]
    added_at: Mapped[datetime]


class ItemNameRow(Base):
    """A key that an item is found by: a normalised name, or the rest of one from some character on (`search.py`)."""

    __tablename__ = "item_names"
    __table_args__ = (Index("ix_item_names_key", "key", postgresql_ops={"key": "text_pattern_ops"}),)

    item: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    rank: Mapped[int]  #: 0 a name, 1 another name of it, 2 the rest of one


class ImplementationRow(Base):
    """A region's implementation of a standard item; a draft may be wrong, what is published may not."""

    __tablename__ = "item_implementations"

    item: Mapped[str] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str]  #: draft | published
    data: Mapped[Json]
    findings: Mapped[Json]
    effective_on: Mapped[date | None]
    hash: Mapped[str]
    stored_by: Mapped[str]
    stored_at: Mapped[datetime]
    published_by: Mapped[str | None]
    published_at: Mapped[datetime | None]


class OfferRow(Base):
    """What a region offers: a standard item with the region's implementation laid over it. `id` comes from the content."""

    __tablename__ = "offers"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    item: Mapped[str]
    item_version: Mapped[int]
    implementation: Mapped[Json]  #: `region` and `version` of the implementation; empty without one
    data: Mapped[Json]  #: the item as it is offered there
    node_limits: Mapped[Json]  #: by node, the promised limit where the region shortens it


class PowerListRow(Base):
    """The power list of a department (权力清单), one row a version."""

    __tablename__ = "power_lists"

    department_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    effective_on: Mapped[date]
    entries: Mapped[Json]  #: `items`: the codes
    hash: Mapped[str]
    published_by: Mapped[str]
    published_at: Mapped[datetime]
