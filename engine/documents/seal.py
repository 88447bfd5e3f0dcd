"""盖章: that a document is sealed is recorded, and from then on it counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.cases.access import need
from engine.cases.house import House
from engine.cases.note import note
from engine.cases.record import spell
from engine.cases.step_store import CaseRow, lock_case
from engine.documents.papers import SCAN, SEALED, Paper, find_paper, note_file, paper_in_case
from engine.errors import Conflict, Invalid, NotFound
from engine.organization.permissions import UseCase
from engine.unit_of_work import UnitOfWork

ELECTRONIC, STAMP = "electronic", "stamp"
MOST_WORDS = 200
_SEAL = "SELECT * FROM document_seals WHERE case_id = %s AND number = %s"


class DocumentSealed(Conflict):
    """It has its seal already. Params: number."""

    code = "document-sealed"
    zh = "文书“{number}”已经盖章，不能重复盖章。"
    en = "“{number}” has its seal already and gets no other."


class DocumentNotSet(Conflict):
    """Its PDF is not made yet. Params: number."""

    code = "document-not-set"
    zh = "文书“{number}”的 PDF 正在生成，请稍后再试。"
    en = "The PDF of “{number}” is being made. Try again in a moment."


@dataclass(frozen=True, slots=True)
class File:
    """A file that the store has by now."""

    sha256: str
    size: int
    media_type: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a clerk says who printed and stamped a document; `scan` is the stamped paper."""

    case: str
    code: str
    sealed_at: datetime | None = None
    seal: str = ""


def record_electronic(uow: UnitOfWork, number: str, seal: str, file: File) -> bool:
    """Record the seal of a service; False when the document has its seal already (the job ran twice)."""
    paper = find_paper(uow, number)
    case = _locked(uow, paper)
    if _is_sealed(uow, paper):
        return False
    _write(uow, case, paper, ELECTRONIC, case.now, seal, file)
    note_file(uow, paper, SEALED, file.sha256, file.size, file.media_type)
    return True


def record_stamp(house: House, uow: UnitOfWork, asked: Stamp, scan: File | None) -> dict[str, Any]:
    """Record that a document was printed and stamped, when, by whom, and the scan of it.

    Raises:
        NotFound, Forbidden: not there, or not the actor's to seal.
        DocumentSealed, DocumentNotSet: it has its seal, or there is nothing to print yet.
        Invalid: an instant before the document or to come.
    """
    need(uow.actor, UseCase.DOCUMENT_SEAL)
    paper = paper_in_case(house, uow, asked.case, asked.code)
    case = _locked(uow, paper)
    if _is_sealed(uow, paper):
        raise DocumentSealed(number=paper.number)
    if not paper.files:
        raise DocumentNotSet(number=paper.number)
    at = asked.sealed_at or case.now
    # People write minutes; the document's own instant has seconds.
    if not paper.issued_at - timedelta(minutes=1) <= at <= case.now:
        said = "须在文书出具之后、现在之前\tmust be after the document and not to come"
        raise Invalid(detail="sealed_at", fields={"sealed_at": [said]})
    _write(uow, case, paper, STAMP, at, asked.seal or paper.body_name, scan)
    if scan is not None:
        note_file(uow, paper, SCAN, scan.sha256, scan.size, scan.media_type)
    return {"number": paper.number, "code": paper.code, "way": STAMP, "sealed_at": spell(at)}


def _locked(uow: UnitOfWork, paper: Paper) -> CaseRow:
    case = lock_case(uow, paper.case_id)
    if case is None:
        raise NotFound(what="document", id=paper.number)
    return case


def _is_sealed(uow: UnitOfWork, paper: Paper) -> bool:
    return bool(uow.read((_SEAL, (paper.case_id, paper.number)))[0])


def _write(uow: UnitOfWork, case: CaseRow, paper: Paper, way: str, at: datetime, seal: str, file: File | None) -> None:
    facts = {"number": paper.number, "way": way, "sealed_at": spell(at), "file_hash": file.sha256 if file else None}
    seq = note(uow, case, "document.sealed", facts, {"seal": seal, "handler": uow.actor.name})
    row = {"case_id": str(case.id), "number": paper.number, "seq": seq, "way": way, "sealed_at": spell(at)}
    uow.insert("document_seals", [row | {"sealed_by": uow.actor.id, "seal": seal, "file_hash": facts["file_hash"]}])
