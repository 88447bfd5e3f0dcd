"""The one row that speaks of the installation as a whole: its clock, and the versions that caches hang on."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, Interval, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.base import Base


class Platform(Base):
    """`clock_offset` and `clock_fixed_at` move domain time (see `engine/clock.py`); the versions are raised by whoever
    changes the organisation or the calendar, in the same transaction, and are read in the statement that takes a lock."""

    __tablename__ = "platform"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    demonstration: Mapped[bool] = mapped_column(server_default=text("false"))
    clock_offset: Mapped[timedelta] = mapped_column(Interval(), server_default=text("'0'"))
    clock_fixed_at: Mapped[datetime | None]
    organization_version: Mapped[int] = mapped_column(server_default=text("1"))
    calendar_version: Mapped[int] = mapped_column(server_default=text("1"))
    catalogue_version: Mapped[int] = mapped_column(server_default=text("1"))
    query_salt: Mapped[bytes]  #: salts the hashes of query codes of this installation
