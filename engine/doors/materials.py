"""The door of materials: upload, take over what is held, list, download, review; and cleaning the files."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, BinaryIO

from engine.cases.add_material import NewMaterial, Upload, add_material
from engine.cases.applicants import see_case
from engine.cases.held_materials import REUSABLE, held_for
from engine.cases.house import House
from engine.cases.material_list import find_material, list_materials
from engine.cases.review_material import Review, review_material
from engine.cases.step_store import lock_case
from engine.cases.submit import find_case
from engine.errors import ApprovalError, NotFound
from engine.organization.actor import Actor
from engine.plugins.file_kinds import check_name, kind_of, text_kind
from engine.plugins.scanners import INFECTED, Scanner
from engine.settings import Settings
from engine.store.files import GRACE_SECONDS, FileStore, Readable, Received
from engine.unit_of_work import Once, Transactions, UnitOfWork

#: Which of some files a row names: of materials, of documents, or of the papers that approvals and mandates rest on.
_NAMED = (
    "SELECT h.hash FROM unnest(%s::text[]) AS h (hash) WHERE EXISTS (SELECT 1 FROM materials m WHERE m.file_hash = h.hash) "
    "OR EXISTS (SELECT 1 FROM document_files f WHERE f.file_hash = h.hash) "
    "OR EXISTS (SELECT 1 FROM draft_materials p WHERE p.file_hash = h.hash) "
    "OR EXISTS (SELECT 1 FROM extensions e WHERE e.scan = h.hash) "
    "OR EXISTS (SELECT 1 FROM mandates a WHERE a.scan = h.hash)"
)


_CERTIFICATE = "SELECT file_hash, media_type, size FROM document_files WHERE number = %s AND stage = 'sealed'"


class FileInfected(ApprovalError):
    """The scanner found something in an upload. Params: name, detail."""

    code = "file-infected"
    status = 422
    zh = "文件“{name}”未通过安全检查（{detail}），没有保存。请杀毒后重新上传。"
    en = "“{name}” did not pass the security check ({detail}) and was not kept. Clean it and send it again."


@dataclass(frozen=True, slots=True)
class Incoming:
    """An upload that was taken in and looked at, and waits for the transaction that gives it its place."""

    upload: Upload
    received: Received


@dataclass(frozen=True, slots=True)
class Download:
    """A file to give out: its content open, and what it is."""

    file: BinaryIO
    name: str
    media_type: str
    size: int


class MaterialsDoor:
    """Use cases of materials."""

    def __init__(
        self, transactions: Transactions, house: House, settings: Settings, files: FileStore, scanner: Scanner
    ) -> None:
        self.transactions, self.house, self.settings = transactions, house, settings
        self.files, self.scanner = files, scanner

    @contextlib.contextmanager
    def receiving(self, source: Readable, name: str, text: bool = False) -> Iterator[Incoming]:
        """Take in a file and look at it; what `add` did not give a place is gone after the block. `text`: a plain text will do.

        Raises:
            FileNameInvalid, FileEmpty, FileTooLarge, FileKindUnknown, ArchiveRefused, FileInfected, StorageFull.
        """
        fine = check_name(name)
        with self.files.receiving(source, self.settings.most_file) as received:
            kind = (text_kind if text and fine.lower().endswith(".txt") else kind_of)(received.path, fine)
            found = self.scanner.scan(received.path)
            if found.verdict == INFECTED:
                raise FileInfected(name=fine, detail=found.detail)
            yield Incoming(Upload(fine, kind.media_type, received.sha256, received.size, found.verdict), received)

    def add(
        self, actor: Actor, asked: NewMaterial, incoming: Incoming | None = None, once: Once | None = None
    ) -> dict[str, Any]:
        """交材料."""
        keep: Callable[[], None] | None = None
        if incoming is not None:
            asked, keep = replace(asked, upload=incoming.upload), partial(self._keep, incoming.received)
        quota = self.settings.case_quota
        return self.transactions.perform(actor, lambda uow: add_material(self.house, uow, asked, quota, keep), once)

    def keep(self, incoming: Incoming) -> None:
        """Give what another area has taken in its place among the files."""
        self._keep(incoming.received)

    def _keep(self, received: Received) -> None:
        # A transaction that is tried again finds the place taken already, by this very content.
        if received.path.exists():
            self.files.keep(received)

    def listed(self, actor: Actor, number: str) -> dict[str, Any]:
        """材料清单."""
        return self.transactions.perform(actor, lambda uow: list_materials(self.house, uow, number))

    def open(self, actor: Actor, number: str, material: int) -> Download:
        """The content of a material. Raises NotFound, FileMissing."""
        row = self.transactions.perform(actor, lambda uow: self._with_file(uow, number, material))
        return Download(self.files.open(row["file_hash"]), row["file_name"], row["media_type"], row["size"])

    def _with_file(self, uow: UnitOfWork, number: str, material: int) -> dict[str, Any]:
        """The row of a material with its file: a certificate's is the document's, once it is sealed."""
        row = find_material(self.house, uow, number, material)
        if row["document"] is not None and row["file_hash"] is None:
            (files,) = uow.read((_CERTIFICATE, (row["document"],)))
            row |= files[0] | {"file_name": f"{row['document']}.pdf"} if files else {}
        if row["file_hash"] is None:
            raise NotFound(what="material", id=f"{number} / {material}"[:80])
        return row

    def review(self, actor: Actor, asked: Review, once: Once | None = None) -> dict[str, Any]:
        """审材料."""
        return self.transactions.perform(actor, lambda uow: review_material(self.house, uow, asked), once)

    def held(self, actor: Actor, number: str) -> list[dict[str, Any]]:
        """What the platform holds of this case's applicant already, so that it need not be handed in again."""

        def work(uow: UnitOfWork) -> list[dict[str, Any]]:
            see_case(self.house, uow, number)
            case = lock_case(uow, find_case(uow, number))
            if case is None:
                raise NotFound(what="case", id=number[:80])
            found = held_for(uow, case).values()
            return [
                {"code": one.code, "from_case": one.case, "from_material": one.material, "trust": one.trust}
                | {"file_name": one.file_name, "source": one.source}
                for one in found
                if one.trust in REUSABLE
            ]

        return self.transactions.perform(actor, work)

    def clean(self, grace: float = GRACE_SECONDS) -> int:
        """Remove the files that no row names, and what broke off; answers how many."""
        return self.files.clean(self._named, grace)

    def _named(self, hashes: list[str]) -> set[str]:
        rows = self.transactions.perform(Actor.system("clean"), lambda uow: uow.read((_NAMED, (hashes,)))[0])
        return {row["hash"] for row in rows}
