"""The tables of time limits: the present state of each limit, its append-only ledger, and imported holiday notices.

`owner` is 0 for the case itself, else the number of the task in its case. There are no foreign keys to other rooms'
tables: the case's rows are written together in one transaction, and a key would cost a look-up on every insert.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.base import Base, Json


class LimitRow(Base):
    """A limit as it stands: derived from its ledger, kept as an index for lists and to find what is due.

    `calendar_version` is the one it was computed from; `look_at` is when it must be looked at again. What is shown and decided
    is computed from the ledger.
    """

    __tablename__ = "limits"
    __table_args__ = (
        Index("ix_limits_look_at", "look_at", postgresql_where=text("look_at IS NOT NULL")),
        Index("ix_limits_calendar_version", "calendar_version", postgresql_where=text("stopped_at IS NULL")),
    )

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    owner: Mapped[int] = mapped_column(Integer, primary_key=True)
    clock: Mapped[str] = mapped_column(primary_key=True)  #: see `ledger.Clock`
    kind: Mapped[str] = mapped_column(primary_key=True)  #: promised | legal
    region_code: Mapped[str]
    department_id: Mapped[str | None]  #: whose calendar counts, with the region's
    amount: Mapped[int] = mapped_column(Integer)  #: granted, with extensions
    unit: Mapped[str]
    warn: Mapped[int | None] = mapped_column(Integer)
    started_at: Mapped[datetime]
    due_date: Mapped[date]
    due_at: Mapped[datetime]  #: the first instant after its end
    warn_at: Mapped[datetime | None]
    provisional: Mapped[bool]
    paused: Mapped[bool]
    calendar_version: Mapped[int] = mapped_column(Integer)
    look_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]


class LimitEntryRow(Base):
    """One entry of the ledger, written by the step `seq` of its case and never changed; what it leaves behind is `due_date`."""

    __tablename__ = "limit_entries"

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    owner: Mapped[int] = mapped_column(Integer, primary_key=True)
    clock: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  #: promised | legal
    entry: Mapped[str] = mapped_column(primary_key=True)  #: see `ledger.Entry`
    ref: Mapped[int] = mapped_column(
        Integer, primary_key=True
    )  #: the special procedure or extension it belongs to; 0: none
    effective_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    amount: Mapped[int | None] = mapped_column(Integer)
    unit: Mapped[str | None]
    warn: Mapped[int | None] = mapped_column(Integer)
    due_date: Mapped[date | None]  #: what was told from then on; a stop: None
    due_at: Mapped[datetime | None]
    provisional: Mapped[bool]
    calendar_version: Mapped[int] = mapped_column(Integer)
    actor: Mapped[str]
    ground: Mapped[str]
    document: Mapped[str | None]


class CalendarNoticeRow(Base):
    """A holiday notice as it was imported, never changed: each makes a new version of the calendar.

    `region_code` is "" for the nation's, `department_id` "" for a whole region's; `data` is `HolidayNotice.as_data()`.
    """

    __tablename__ = "calendar_notices"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    year: Mapped[int] = mapped_column(Integer)
    region_code: Mapped[str]
    department_id: Mapped[str]
    data: Mapped[Json]
    preview_hash: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    recorded_by_name: Mapped[str]
    first_change: Mapped[date | None]  #: limits that end earlier are not touched; NULL: none is
    moved_cases: Mapped[int] = mapped_column(Integer)  #: how many open cases the preview said it would move
