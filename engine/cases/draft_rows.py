"""Drafts of applications (草稿): what an applicant has filled in so far, kept until it is submitted, thrown away, or too old.

A draft is no case: nothing runs, nobody but its owner sees it, and it is really deleted. It goes `KEPT` days after it was last
saved; of one that became a case only which case stays, until then. Domain time, so that a demonstration can show it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.errors import ApprovalError, Conflict, NotFound
from engine.organization.accounts import account_id
from engine.store.base import Base, Json, new_id
from engine.unit_of_work import UnitOfWork

#: So long after it was last saved a draft goes.
KEPT = timedelta(days=90)
MOST_DRAFTS, MOST_FILES = 50, 100

_MINE = "SELECT * FROM drafts WHERE id = %s AND applicant_id = %s AND expires_at > %s"
_LIST = (
    "SELECT * FROM drafts WHERE applicant_id = %s AND case_number IS NULL AND expires_at > %s "
    "ORDER BY saved_at DESC, id LIMIT %s"
)
_COUNT = "SELECT count(*) AS n FROM drafts WHERE applicant_id = %s AND case_number IS NULL AND expires_at > %s"
_INSERT = (
    "INSERT INTO drafts (id, applicant_id, item, region_code, seen, answers, form, reached, created_at, saved_at, expires_at) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
_SAVE = (
    "UPDATE drafts SET seen = %s, answers = %s, form = %s, reached = %s, saved_at = %s, expires_at = %s WHERE id = %s"
)
_TOUCH = "UPDATE drafts SET saved_at = %s, expires_at = %s WHERE id = %s"
_MATERIALS = "SELECT * FROM draft_materials WHERE draft_id = %s ORDER BY number"
_SIZE = (
    "SELECT coalesce(sum(size), 0) AS size FROM (SELECT DISTINCT m.file_hash, m.size FROM draft_materials m "
    "JOIN drafts d ON d.id = m.draft_id WHERE d.applicant_id = %s AND m.file_hash IS NOT NULL) s"
)
_ADD = (
    "INSERT INTO draft_materials (draft_id, number, code, source, file_hash, file_name, media_type, size, scan, origin, "
    "added_at) VALUES (%(draft_id)s, %(number)s, %(code)s, %(source)s, %(file_hash)s, %(file_name)s, %(media_type)s, "
    "%(size)s, %(scan)s, %(origin)s, %(added_at)s)"
)
_SUBMITTED = "UPDATE drafts SET case_number = %s, form = '{}', reached = '{}', saved_at = %s WHERE id = %s"
_FORGET = (
    "WITH old AS (SELECT id FROM drafts WHERE expires_at <= %(now)s), "
    "papers AS (DELETE FROM draft_materials WHERE draft_id IN (SELECT id FROM old)) "
    "DELETE FROM drafts WHERE id IN (SELECT id FROM old) RETURNING id"
)


class DraftRow(Base):
    """A draft. `seen`: the version of the item that its owner last saw, its fields and materials, to tell what changed."""

    __tablename__ = "drafts"
    __table_args__ = (
        Index("ix_drafts_applicant", "applicant_id", "saved_at"),
        Index("ix_drafts_expires_at", "expires_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    applicant_id: Mapped[uuid.UUID]
    item: Mapped[str]
    region_code: Mapped[str]
    seen: Mapped[Json]
    answers: Mapped[Json]  #: to the pre-check's questions
    form: Mapped[Json]  #: as it was entered, right or wrong
    reached: Mapped[Json]  #: contact, phone, address of this application
    created_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    case_number: Mapped[str | None]  #: the case that it became


class DraftMaterialRow(Base):
    """A material of a draft: an upload, one that the platform holds, or one that will be brought on paper."""

    __tablename__ = "draft_materials"
    __table_args__ = (
        Index("ix_draft_materials_file_hash", "file_hash", postgresql_where=text("file_hash IS NOT NULL")),
    )

    draft_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str]
    source: Mapped[str]  #: upload | case | paper
    file_hash: Mapped[str | None]
    file_name: Mapped[str | None]
    media_type: Mapped[str | None]
    size: Mapped[int | None]
    scan: Mapped[str | None]
    origin: Mapped[Json | None]  #: the case and material that it is from
    added_at: Mapped[datetime]


class TooManyDrafts(Conflict):
    """An account has as many drafts as it may. Params: most."""

    code = "too-many-drafts"
    zh = "草稿已达 {most} 份上限。请提交或删除一些草稿后再新建。"
    en = "You have {most} drafts, the most there may be. Submit or delete some, then begin another."


class DraftQuotaReached(ApprovalError):
    """The files of an account's drafts together are over the limit. Params: most (MB)."""

    code = "draft-quota-reached"
    status = 413
    zh = "您全部草稿的文件总量已达 {most} MB 上限。请压缩文件，或删除不用的草稿。"
    en = "The files of your drafts would be over {most} MB together. Compress them, or delete drafts that you don't need."


class DraftSubmitted(Conflict):
    """The draft has become a case. Params: number."""

    code = "draft-submitted"
    zh = "该草稿已提交，办件编号为 {number}。请在该办件中继续。"
    en = "This draft was submitted: it is case {number}. Go on there."


def owner(uow: UnitOfWork) -> uuid.UUID | None:
    """The account that acts; None for who has none."""
    return account_id(uow.actor)


def find_draft(uow: UnitOfWork, draft: str, *, lock: bool = False, submitted: bool = False) -> dict[str, Any]:
    """One's own draft. Sets the instant.

    Raises:
        NotFound: no such draft, another's, or one that is too old.
        DraftSubmitted: it has become a case (unless `submitted` ones are asked for).
    """
    now = uow.tell_time()
    rows: list[dict[str, Any]] = []
    if (found := _id(draft)) is not None:
        rows = uow.read((_MINE + (" FOR UPDATE" if lock else ""), (found, owner(uow), now)))[0]
    if not rows:
        raise NotFound(what="draft", id=draft[:80])
    if rows[0]["case_number"] is not None and not submitted:
        raise DraftSubmitted(number=rows[0]["case_number"])
    return rows[0]


def list_rows(uow: UnitOfWork) -> list[dict[str, Any]]:
    """One's own drafts that are not submitted, the last saved first."""
    return uow.read((_LIST, (owner(uow), uow.tell_time(), MOST_DRAFTS)))[0]


def insert_draft(uow: UnitOfWork, item: str, region: str, content: Mapping[str, Any]) -> str:
    """Begin a draft; `content` has seen, answers, form, reached. Raises TooManyDrafts."""
    now, me = uow.tell_time(), owner(uow)
    if uow.read((_COUNT, (me, now)))[0][0]["n"] >= MOST_DRAFTS:
        raise TooManyDrafts(most=MOST_DRAFTS)
    made = new_id()
    kept = [Jsonb(content[name]) for name in ("seen", "answers", "form", "reached")]
    uow.read((_INSERT + " RETURNING id", (made, me, item, region, *kept, now, now, now + KEPT)))
    return str(made)


def save_draft(uow: UnitOfWork, draft: uuid.UUID, content: Mapping[str, Any]) -> None:
    """Keep what was filled in; its time begins anew."""
    kept = [Jsonb(content[name]) for name in ("seen", "answers", "form", "reached")]
    uow.read((_SAVE + " RETURNING id", (*kept, uow.now, uow.now + KEPT, draft)))


def materials_of(uow: UnitOfWork, draft: uuid.UUID) -> list[dict[str, Any]]:
    """The materials of a draft."""
    return uow.read((_MATERIALS, (draft,)))[0]


def insert_material(uow: UnitOfWork, draft: uuid.UUID, number: int, columns: Mapping[str, Any], quota: int) -> None:
    """Add a material to a draft. Raises DraftQuotaReached."""
    if columns.get("size") and columns["source"] == "upload":
        (rows,) = uow.read((_SIZE, (owner(uow),)))
        if int(rows[0]["size"]) + columns["size"] > quota:
            raise DraftQuotaReached(most=quota // 1024**2)
    empty = dict.fromkeys(("file_hash", "file_name", "media_type", "size", "scan", "origin"))
    row = {**empty, **columns, "draft_id": draft, "number": number, "added_at": uow.now}
    row["origin"] = Jsonb(row["origin"]) if row["origin"] else None
    uow.read((_ADD + " RETURNING number", row), (_TOUCH + " RETURNING id", (uow.now, uow.now + KEPT, draft)))


def drop_materials(uow: UnitOfWork, draft: uuid.UUID, number: int | None = None) -> int:
    """Take one material, or all, out of a draft; answers how many went."""
    sql = "DELETE FROM draft_materials WHERE draft_id = %s AND (%s::bigint IS NULL OR number = %s) RETURNING number"
    return len(uow.read((sql, (draft, number, number)))[0])


def drop_draft(uow: UnitOfWork, draft: uuid.UUID) -> None:
    """Delete a draft with its materials; the files go when nothing names them."""
    drop_materials(uow, draft)
    uow.read(("DELETE FROM drafts WHERE id = %s RETURNING id", (draft,)))


def mark_submitted(uow: UnitOfWork, draft: uuid.UUID, number: str) -> None:
    """The draft has become a case: what was filled in is there now, and goes from here."""
    drop_materials(uow, draft)
    uow.write(_SUBMITTED, (number, uow.now, draft))


def forget_expired(uow: UnitOfWork) -> int:
    """Delete the drafts whose time is over; answers how many."""
    return len(uow.read((_FORGET, {"now": uow.tell_time()}))[0])


def _id(spelled: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(spelled)
    except ValueError:
        return None
