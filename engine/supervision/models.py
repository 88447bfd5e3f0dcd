"""The tables of supervision: what limits came to, once each, and the cards that this cost."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.base import Base


class LimitFiring(Base):
    """A stage that a limit came to: once of each end that it had. `at` is when it came to it, `fired_at` when it was seen."""

    __tablename__ = "limit_firings"

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    owner: Mapped[int] = mapped_column(Integer, primary_key=True)
    clock: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    stage: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    fired_at: Mapped[datetime]
    seq: Mapped[int] = mapped_column(Integer)  #: the entry of the record that tells it


class Card(Base):
    """牌: one for each cause. Opened, acknowledged, explained, cleared; `counted` unless its cause has gone away."""

    __tablename__ = "cards"
    __table_args__ = (
        Index("ix_cards_region", "region_code", "opened_at"),
        Index("ix_cards_department", "department_id", "opened_at"),
        Index("ix_cards_explained", "case_id", postgresql_where=text("state = 'explained'")),
    )

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    owner: Mapped[int] = mapped_column(Integer, primary_key=True)
    clock: Mapped[str] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str]  #: of the case
    kind: Mapped[str]
    colour: Mapped[str]
    state: Mapped[str]  #: open | acknowledged | explained | cleared
    region_code: Mapped[str]
    department_id: Mapped[str | None]
    officer_id: Mapped[str | None]  #: who had claimed it when it passed
    node: Mapped[str | None]
    name: Mapped[str]
    name_en: Mapped[str]
    due_at: Mapped[datetime]
    opened_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]
    explained_at: Mapped[datetime | None]
    explained_by: Mapped[str | None]
    explanation: Mapped[str | None]
    cleared_at: Mapped[datetime | None]
    cleared_because: Mapped[str | None]  #: explained | moved
    counted: Mapped[bool]
