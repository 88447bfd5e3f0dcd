"""The case file in tables. Everything of a case has a primary key that begins with `case_id` (ADR 0004)."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.base import Base, Json


class Case(Base):
    """办件. `run` is the saved state of its process, opaque; `progress` counts visits and keeps the last outcome by node."""

    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_look_at", "look_at", postgresql_where=text("look_at IS NOT NULL")),
        Index("ix_cases_region", "region_code", "submitted_at"),
        Index("ix_cases_external_number", "external_number", postgresql_where=text("external_number IS NOT NULL")),
        Index("ix_cases_credit_code", text("(applicant->>'credit_code')")),
        Index("ix_cases_linked_to", "linked_to", postgresql_where=text("linked_to IS NOT NULL")),
        Index("ix_cases_id_number", text("(applicant->>'id_number')")),
        Index("ix_cases_account", text("(applicant->>'account')")),
        # Updated at every step: room on the page keeps the updates off the indexes (HOT).
        {"postgresql_with": {"fillfactor": "70"}},
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    region_code: Mapped[str]
    item: Mapped[str]
    definition_id: Mapped[uuid.UUID]
    offer_id: Mapped[uuid.UUID | None]  #: the item as the region offered it at submission (`engine/catalogue/offer.py`)
    state: Mapped[str]
    result: Mapped[str | None]
    channel: Mapped[str]
    applicant: Mapped[Json]
    form: Mapped[Json]
    external_number: Mapped[str | None]
    submitted_at: Mapped[datetime]
    received_at: Mapped[datetime]  #: when it counts as received: before `submitted_at` when it was entered later
    accepted_at: Mapped[datetime | None]
    concluded_at: Mapped[datetime | None]
    seq: Mapped[int]  #: the last entry of the record
    head: Mapped[bytes]  #: its hash
    last_instant: Mapped[datetime]
    run: Mapped[bytes | None]
    look_at: Mapped[datetime | None]  #: when the sweep must look at this case
    progress: Mapped[Json]
    regime: Mapped[str | None]  #: the way of trust first that was chosen or signed; none: the ordinary way
    process: Mapped[
        str | None
    ]  #: of a linked case (关联办件): which process of its definition it runs; None: the main one
    linked_to: Mapped[uuid.UUID | None]  #: of a linked case: the approval that it follows


class SupplementList(Base):
    """What the applicant was told, once, to bring (一次性补正告知), and what came of it; `seq` is the entry that told it."""

    __tablename__ = "supplement_lists"

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    listed: Mapped[Json]  #: a list of {material, reason}
    told_at: Mapped[datetime]
    supplied: Mapped[Json | None]  #: a list of {material, note}
    supplied_at: Mapped[datetime | None]


class OpenApplication(Base):
    """A case that is open under a key of which an applicant may have one only: item, applicant and what the item declares.

    A registry: the key is a digest, unique over the whole platform; the row goes when the case is over.
    """

    __tablename__ = "open_applications"
    __table_args__ = (Index("ix_open_applications_case", "case_id"),)

    key: Mapped[bytes] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID]


class CaseTask(Base):
    """A node instance that waits, or waited, for a person. `number` is the token of the run, unique in the case."""

    __tablename__ = "tasks"
    __table_args__ = (
        Index("ix_tasks_inbox", "department_id", "due_date", postgresql_where=text("state IN ('open', 'claimed')")),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    node: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str]
    stage: Mapped[str]
    stage_en: Mapped[str]
    kind: Mapped[str]  #: officer | applicant
    state: Mapped[str]
    visit: Mapped[int]  #: the how-manieth time the node is open in this case
    item: Mapped[Json | None]
    region_code: Mapped[str]
    department_id: Mapped[str]
    officer_id: Mapped[str | None]  #: whom the node names, when it names one person
    claimed_by: Mapped[str | None]
    route: Mapped[Json]  #: how the department was found, with every fallback
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    handler: Mapped[str | None]  #: the name of who closed it
    outcome: Mapped[str | None]
    due_date: Mapped[
        date | None
    ]  #: of the promised limit, or the legal one where nothing is promised: an index of `limits`
    provisional: Mapped[bool]
    due_at: Mapped[datetime | None]
    warn_at: Mapped[datetime | None]
    paused: Mapped[bool]
    returned_to: Mapped[str | None]  #: the node that it was returned to, when it ended so


class Opinion(Base):
    """What an officer said at a task, append-only."""

    __tablename__ = "opinions"

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    task: Mapped[int]
    officer_id: Mapped[str]
    department_id: Mapped[str]
    outcome: Mapped[str | None]
    text: Mapped[str]
    at: Mapped[datetime]


class Event(Base):
    """One entry of the record: append-only, gap-free, each carrying the hash of the one before.

    `payload` is canonical JSON, kept as the very text that was hashed. Personal values stand in `personal` with a salt each;
    the payload holds their salted digests only, so that `personal` can be erased and the chain still holds.
    """

    __tablename__ = "events"

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    at: Mapped[datetime]
    payload: Mapped[str]
    personal: Mapped[Json | None]
    prev_hash: Mapped[bytes]
    hash: Mapped[bytes]


class Incident(Base):
    """A step that could not be made: what was asked, by whom, why it failed, and when it is tried again."""

    __tablename__ = "incidents"
    __table_args__ = (
        Index(
            "ix_incidents_next_try", "next_try_at", postgresql_where=text("state = 'open' AND next_try_at IS NOT NULL")
        ),
        Index(
            "uq_incidents_open", "case_id", "subject", "asked_by", unique=True, postgresql_where=text("state = 'open'")
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID]
    number: Mapped[str]
    subject: Mapped[str]  #: what is held: `start`, `task:12`, `timer:9`, `call:7`, `message:paid`
    asked_by: Mapped[str]  #: two officers who ask differently of one task have an incident each
    cause: Mapped[str]  #: the error's code
    node: Mapped[str | None]
    detail: Mapped[str]
    detail_en: Mapped[str]
    command: Mapped[Json]  #: what was asked, to be done again
    state: Mapped[str]  #: open | resolved
    tries: Mapped[int]
    created_at: Mapped[datetime]  # wall time, like every retry
    next_try_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]


class FeedRow(Base):
    """An entry of the record as followers read it; `position` is gap-free over the whole platform (`feed.py`)."""

    __tablename__ = "feed"
    __table_args__ = (
        Index("uq_feed_case_seq", "case_id", "seq", unique=True),
        Index("ix_feed_submitted_by", "submitted_by", "position"),
        Index("ix_feed_region", "region_code", "position"),
    )

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    case_id: Mapped[uuid.UUID]
    seq: Mapped[int]
    kind: Mapped[str]
    at: Mapped[datetime]
    number: Mapped[str]
    item: Mapped[str]
    region_code: Mapped[str]
    external_number: Mapped[str | None]
    submitted_by: Mapped[str]


class Notice(Base):
    """What a job told somebody about an entry of the record: one row for each, however often the job runs."""

    __tablename__ = "notices"

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    audience: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
    at: Mapped[datetime]
