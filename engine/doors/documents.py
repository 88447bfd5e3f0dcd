"""The door of documents: set as PDF and sealed after the commit, listed, fetched, stamped, delivered, checked."""

from __future__ import annotations

import hashlib
import io
from typing import Any

from engine.cases.house import House
from engine.documents import papers, seal
from engine.documents.deliver import Delivery, DocumentNotSealed, deliver, note_download, sign_for
from engine.documents.papers import SET, Paper, counting, find_paper, list_papers, note_file, paper_in_case
from engine.documents.render import render
from engine.documents.verify import verify
from engine.doors.materials import Download, Incoming
from engine.organization.actor import Actor
from engine.plugins.seals import SealRequest, SealService
from engine.settings import Settings
from engine.store.files import FileStore
from engine.unit_of_work import Once, Transactions, UnitOfWork

PDF = "application/pdf"
MOST_PDF = 100 * 1024**2
ENDINGS = {PDF: "pdf", "image/jpeg": "jpg", "image/png": "png", "image/tiff": "tif"}


class DocumentsDoor:
    """Use cases of documents."""

    def __init__(
        self,
        transactions: Transactions,
        house: House,
        settings: Settings,
        files: FileStore,
        seals: SealService | None,
    ) -> None:
        self.transactions, self.house, self.settings = transactions, house, settings
        self.files, self.seals = files, seals

    # -- what jobs call

    def render(self, number: str) -> bool:
        """The job behind every document: set it, and have it sealed where there is a service. Runs twice with one effect."""
        job = Actor.job("render")
        paper = self.transactions.perform(job, lambda uow: find_paper(uow, number))
        pdf = self._set(job, paper)
        if self.seals is None or paper.sealed_at is not None or not paper.needs_service:
            return False
        digest = hashlib.sha256(pdf).hexdigest()
        answer = self.seals.seal(SealRequest(paper.number, pdf, digest, paper.body_name, paper.issued_at))
        file = self._keep(answer.pdf)
        return self.transactions.perform(job, lambda uow: seal.record_electronic(uow, number, answer.seal, file))

    def _set(self, job: Actor, paper: Paper) -> bytes:
        """The PDF: as it was set, or set now. Raises CharacterMissing, FontsMissing."""
        if SET in paper.files and self.files.has(paper.files[SET]):
            with self.files.open(paper.files[SET]) as kept:
                return kept.read()
        pdf = render(paper.data, paper.issued_at, self.settings.address)
        file = self._keep(pdf)

        def work(uow: UnitOfWork) -> None:
            note_file(uow, paper, SET, file.sha256, file.size, PDF)

        self.transactions.perform(job, work)
        return pdf

    def _keep(self, pdf: bytes) -> seal.File:
        with self.files.receiving(io.BytesIO(pdf), MOST_PDF) as received:
            self.files.keep(received)
        return seal.File(received.sha256, received.size, PDF)

    # -- what people call

    def listed(self, actor: Actor, case: str) -> dict[str, Any]:
        """文书列表."""
        return self.transactions.perform(actor, lambda uow: list_papers(self.house, uow, case))

    def open(self, actor: Actor, case: str, code: str) -> Download:
        """The file of a document: for officers as it is, for the applicant once it is sealed; that is its delivery, too.

        Raises:
            NotFound: no such document, or no file of it yet.
            DocumentNotSealed: the applicant asks before it counts.
        """

        def work(uow: UnitOfWork) -> tuple[Paper, str]:
            paper = paper_in_case(self.house, uow, case, code)
            stage = counting(paper)
            if actor.kind == "applicant":
                if stage is None:
                    raise DocumentNotSealed(number=paper.number)
                if paper.sealed_at is not None:  # a promise is its signer's own, and not delivered to him
                    note_download(self.house, uow, paper)
            stage = stage or SET
            if stage not in paper.files:
                raise seal.DocumentNotSet(number=paper.number)
            return paper, stage

        paper, stage = self.transactions.perform(actor, work)
        return self._download(paper, stage)

    def _download(self, paper: Paper, stage: str) -> Download:
        sha256 = paper.files[stage]
        media_type = PDF
        if stage == papers.SCAN:
            media_type = self._media_type(paper)
        name = f"{paper.number}.{ENDINGS.get(media_type, 'bin')}"
        return Download(self.files.open(sha256), name, media_type, self.files.place(sha256).stat().st_size)

    def _media_type(self, paper: Paper) -> str:
        sql = "SELECT media_type FROM document_files WHERE case_id = %s AND number = %s AND stage = 'scan'"
        rows = self.transactions.perform(
            Actor.system("documents"), lambda uow: uow.read((sql, (paper.case_id, paper.number)))[0]
        )
        return str(rows[0]["media_type"])

    def stamp(
        self, actor: Actor, asked: seal.Stamp, scan: Incoming | None = None, once: Once | None = None
    ) -> dict[str, Any]:
        """盖章登记: it was printed and stamped."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            if scan is None:
                return seal.record_stamp(self.house, uow, asked, None)
            file = seal.File(scan.upload.sha256, scan.upload.size, scan.upload.media_type)
            answer = seal.record_stamp(self.house, uow, asked, file)
            if scan.received.path.exists():
                self.files.keep(scan.received)
            return answer

        return self.transactions.perform(actor, work, once)

    def deliver(self, actor: Actor, asked: Delivery, once: Once | None = None) -> dict[str, Any]:
        """送达登记."""
        return self.transactions.perform(actor, lambda uow: deliver(self.house, uow, asked), once)

    def sign_for(self, actor: Actor, case: str, code: str, name: str = "", once: Once | None = None) -> dict[str, Any]:
        """签收."""
        return self.transactions.perform(actor, lambda uow: sign_for(self.house, uow, case, code, name), once)

    def verify(self, code: str) -> dict[str, Any]:
        """核验, for anybody. Raises CodeUnknown."""
        return self.transactions.perform(Actor.system("public"), lambda uow: verify(uow, code))
