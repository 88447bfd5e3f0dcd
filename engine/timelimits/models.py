"""The tables of time limits: the present state of each limit, its append-only ledger, and a region's own days.

`owner` is 0 for the case itself, else the number of the task in its case. There are no foreign keys to other rooms'
tables: the case's rows are written together in one transaction, and a key would cost a look-up on every insert.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import Integer
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.base import Base


class LimitRow(Base):
    """A limit as it stands now: derived from its ledger, kept for the sweep and for lists."""

    __tablename__ = "limits"

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    owner: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  #: promised | legal
    amount: Mapped[int] = mapped_column(Integer)
    unit: Mapped[str]  #: working-day | calendar-day
    started_at: Mapped[datetime]
    due_date: Mapped[date]
    provisional: Mapped[bool]
    calendar_version: Mapped[int] = mapped_column(Integer)
    stopped_at: Mapped[datetime | None]


class LimitEntryRow(Base):
    """One entry of the ledger, written by the step `seq` of its case and never changed."""

    __tablename__ = "limit_entries"

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    owner: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  #: promised | legal
    entry: Mapped[str] = mapped_column(primary_key=True)  #: start | stop
    at: Mapped[datetime]
    due_date: Mapped[date | None]
    amount: Mapped[int] = mapped_column(Integer)
    unit: Mapped[str]
    calendar_version: Mapped[int] = mapped_column(Integer)


class CalendarDayRow(Base):
    """A day on which a region differs from the national calendar, by a notice of its own."""

    __tablename__ = "calendar_days"

    region_code: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    works: Mapped[bool]
    notice: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
