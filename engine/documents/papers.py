"""The documents of a case as people see them: numbered, set as PDF, sealed, delivered; and one of them to work on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from engine.cases.applicants import see_case
from engine.cases.house import House
from engine.cases.progress import instant
from engine.cases.step_documents import chinese_day
from engine.cases.submit import find_case
from engine.clock import day_of, wall_now
from engine.errors import NotFound
from engine.register.document_templates import templates
from engine.unit_of_work import UnitOfWork

#: `set`: as it came from the layout. `sealed`: as the seal service gave it back. `scan`: the stamped paper, scanned.
SET, SEALED, SCAN = "set", "sealed", "scan"
STATES = {
    "numbered": ("正在生成", "being set"),
    "unsealed": ("待盖章", "waits for its seal"),
    "sealed": ("已盖章", "sealed"),
    "delivered": ("已送达", "delivered"),
    "promised": ("已签署", "signed by the applicant"),
}
WAYS = {
    "collected": ("窗口领取", "collected at the window"),
    "posted": ("邮寄", "posted"),
    "downloaded": ("网上下载", "downloaded"),
    "signed": ("网上签收", "signed for online"),
}
_PAPERS = (
    "SELECT d.*, b.name AS body_name, b.name_en AS body_name_en, s.way AS seal_way, s.sealed_at, s.seal, c.number AS case_number, "
    "c.applicant->>'name' AS applicant_name, (SELECT jsonb_object_agg(f.stage, f.file_hash) FROM document_files f "
    "WHERE f.case_id = d.case_id AND f.number = d.number) AS files FROM documents d JOIN cases c ON c.id = d.case_id "
    "LEFT JOIN departments b ON b.id = d.body "
    "LEFT JOIN document_seals s ON s.case_id = d.case_id AND s.number = d.number "
)
BY_CASE = _PAPERS + "WHERE d.case_id = %s ORDER BY d.seq, d.number"
#: What the holder is told after the decision is in the cases that follow it: what is intended, what was decided, what to put
#: right. What officers found is their own record.
_OF_HOLDER = (
    _PAPERS + "WHERE d.case_id = %(case)s OR (c.linked_to = %(case)s AND d.kind <> 'verification-record') "
    "ORDER BY d.issued_at, d.seq, d.number"
)
BY_NUMBER = _PAPERS + "WHERE d.number = %s"
BY_CODE = _PAPERS + "WHERE d.code = %s"
DELIVERIES = "SELECT * FROM document_deliveries WHERE case_id = %s ORDER BY seq"
_DELIVERED_TO_HOLDER = (
    "SELECT * FROM document_deliveries WHERE case_id = %(case)s "
    "OR case_id IN (SELECT id FROM cases WHERE linked_to = %(case)s) ORDER BY delivered_at, seq"
)
_NOTE_FILE = (
    "INSERT INTO document_files (case_id, number, stage, file_hash, media_type, size, made_at) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Paper:
    """A document with its files by stage, and its seal, if it has one."""

    case_id: UUID
    case: str
    number: str
    kind: str
    title: str
    body: str
    body_name: str
    body_name_en: str
    content: str
    code: str | None
    data: Mapping[str, Any]
    issued_at: datetime
    files: Mapping[str, str]
    sealed_at: datetime | None
    seal_way: str | None
    seal: str | None

    @property
    def needs_service(self) -> bool:
        """Whether a seal service may seal it: what the applicant signs is signed on paper."""
        return not self.data.get("signed")


def paper_of(row: Mapping[str, Any]) -> Paper:
    """A document from its row."""
    return Paper(
        case_id=row["case_id"],
        case=row["case_number"],
        number=row["number"],
        kind=row["kind"],
        title=row["title"],
        body=row["body"],
        body_name=row["body_name"] or row["body"],
        body_name_en=row["body_name_en"] or row["body"],
        content=row["content"],
        code=row["code"],
        data=json.loads(row["data"]) if row["data"] else _data_of_old(row),
        issued_at=row["issued_at"],
        files=row["files"] or {},
        sealed_at=row["sealed_at"],
        seal_way=row["seal_way"],
        seal=row["seal"],
    )


def _data_of_old(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a document of a release before PDFs says: its title and content."""
    return {
        "applicant": row["applicant_name"] or "",
        "addressed": True,
        "body": row["body_name"] or row["body"],
        "case": row["case_number"],
        "code": "",
        "date": chinese_day(day_of(row["issued_at"])),
        "number": row["number"],
        "paragraphs": [row["content"]] if row["content"] else [],
        "remedy": "",
        "signed": "",
        "text": "—",
        "title": row["title"],
    }


def find_paper(uow: UnitOfWork, number: str) -> Paper:
    """A document by its number. Raises NotFound."""
    (rows,) = uow.read((BY_NUMBER, (number,)))
    if not rows:
        raise NotFound(what="document", id=number[:80])
    return paper_of(rows[0])


def paper_in_case(house: House, uow: UnitOfWork, case: str, code: str) -> Paper:
    """A document of a case that the actor may see, by its verification code. Raises NotFound."""
    see_case(house, uow, case)
    rows, _ = _found(uow, find_case(uow, case))
    found = next((row for row in rows if row["code"] == code.replace("-", "").upper()), None)
    if found is None:
        raise NotFound(what="document", id=code[:80])
    return paper_of(found)


def list_papers(house: House, uow: UnitOfWork, case: str) -> dict[str, Any]:
    """文书列表: the documents of a case that the actor may see. Raises NotFound."""
    see_case(house, uow, case)
    papers, deliveries = _found(uow, find_case(uow, case))
    return {"number": case, "items": [paper_view(paper_of(row), deliveries) for row in papers]}


def _found(uow: UnitOfWork, case_id: UUID) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The documents of a case and their deliveries; for its applicant, those of the cases that follow it, too."""
    if uow.actor.kind == "applicant":
        papers, deliveries = uow.read((_OF_HOLDER, {"case": case_id}), (_DELIVERED_TO_HOLDER, {"case": case_id}))
    else:
        papers, deliveries = uow.read((BY_CASE, (case_id,)), (DELIVERIES, (case_id,)))
    return papers, deliveries


def state_of(paper: Paper, deliveries: Iterable[Mapping[str, Any]] = ()) -> str:
    """How far a document is: `STATES`."""
    if paper.sealed_at is None:
        return "unsealed" if SET in paper.files else "numbered"
    return "delivered" if any(one["number"] == paper.number for one in deliveries) else "sealed"


def paper_view(paper: Paper, deliveries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A document as whoever may see its case sees it. `file` is the stage that counts, once there is one."""
    mine = [one for one in deliveries if one["number"] == paper.number]
    state = state_of(paper, mine)
    # A promise waits for no seal: it is signed, as `verify` says, too.
    shown = "promised" if state == "unsealed" and counting(paper) else state
    return {
        "number": paper.number,
        "kind": paper.kind,
        "title": paper.title,
        "title_en": templates()[paper.kind].title_en if paper.kind in templates() else paper.title,
        "content": paper.content,
        "code": paper.code,
        "body": paper.body,
        "body_name": paper.body_name,
        "body_name_en": paper.body_name_en,
        "issued_at": instant(paper.issued_at),
        "state": state,
        "state_name": STATES[shown][0],
        "state_name_en": STATES[shown][1],
        "sealed_at": instant(paper.sealed_at),
        "seal_way": paper.seal_way,
        "seal": paper.seal,
        "sha256": paper.files.get(counting(paper) or ""),
        "files": sorted(paper.files),
        "deliveries": [delivery_view(one) for one in mine],
    }


#: What an applicant signs and owns; its copy stamped or scanned on paper takes the place of what was set.
PROMISES = ("commitment", "tolerance-commitment")


def counting(paper: Paper) -> str | None:
    """The stage of the file that counts: the sealed PDF, the scan of the stamped paper, a promise as it was signed.

    None while there is none.
    """
    if paper.sealed_at is None:
        # A promise is its signer's, made by the act that the record keeps: it waits for no seal.
        return SET if paper.kind in PROMISES and SET in paper.files else None
    return next((stage for stage in (SEALED, SCAN) if stage in paper.files), None)


def delivery_view(row: Mapping[str, Any]) -> dict[str, Any]:
    """One delivery."""
    return {
        "way": row["way"],
        "way_name": WAYS[row["way"]][0],
        "way_name_en": WAYS[row["way"]][1],
        "delivered_at": instant(row["delivered_at"]),
        "recipient": row["recipient"],
        "tracking_number": row["tracking_number"],
        "receipt": row["receipt"],
    }


def note_file(uow: UnitOfWork, paper: Paper, stage: str, sha256: str, size: int, media_type: str) -> None:
    """Name a file of a document that the store has by now; the first of a stage stays."""
    uow.write(_NOTE_FILE, (paper.case_id, paper.number, stage, sha256, media_type, size, wall_now()))
