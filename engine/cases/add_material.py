"""交材料: a material comes to a case, from an upload, from what the platform holds already, or from a commitment.

One upload serves all departments: it belongs to the case, not to a task. Its content is given its place in the store as the
last thing before the commit, when nothing can be refused any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.cases.access import need
from engine.cases.applicants import see_case
from engine.cases.apply_step import StepDraft
from engine.cases.held_materials import Held, find_held
from engine.cases.house import House
from engine.cases.material_list import Known, known_materials, material_view
from engine.cases.note import note
from engine.cases.record import canonical, spell
from engine.cases.states import CASE_NAMES, CaseState, CaseStateConflict
from engine.cases.step_store import CaseRow, lock_case
from engine.cases.submit import find_case
from engine.clock import day_of
from engine.errors import ApprovalError, Conflict, Invalid, NotFound, not_one_of
from engine.organization.permissions import UseCase
from engine.unit_of_work import UnitOfWork

MOST_MATERIALS = 500
MOST_STATEMENT = 2000
SOURCES = "file, from_case, from_document, commitment"
_KEPT = (
    "SELECT number, code, file_hash, document, origin FROM materials WHERE case_id = %s ORDER BY number",
    "SELECT coalesce(sum(size), 0) AS size FROM (SELECT DISTINCT file_hash, size FROM materials WHERE case_id = %s) m",
    "SELECT due_date FROM limits WHERE case_id = %s AND owner = 0 AND clock = 'decision' AND kind = 'promised'",
)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that has come in, was looked at, and waits for its place."""

    name: str
    media_type: str
    sha256: str
    size: int
    scan: str


@dataclass(frozen=True, slots=True)
class Commitment:
    """承诺: a statement instead of a proof, or the promise to hand the material in by a day."""

    statement: str
    supply_by: date | None = None


@dataclass(frozen=True, slots=True)
class NewMaterial:
    """What is handed in: exactly one of the sources. `original_compared`: the clerk had the original in hand."""

    number: str
    code: str
    upload: Upload | None = None
    from_case: str | None = None
    from_material: int | None = None
    from_document: str | None = None
    commitment: Commitment | None = None
    original_compared: bool = False


class MaterialKnown(Conflict):
    """The same content stands in the case's list under the same code already. Params: material (its number)."""

    code = "material-known"
    zh = "该材料已在清单中（第 {material} 项），无需重复提交。如需更换，请上传新的文件。"
    en = "This is in the list already (number {material}); it need not be handed in twice. To replace it, send a new file."


class CaseQuotaReached(ApprovalError):
    """The files of a case together are over the limit. Params: most (MB)."""

    code = "case-quota-reached"
    status = 413
    zh = "该办件的材料总量已达 {most} MB 上限。请压缩文件，或到窗口提交纸质材料。"
    en = "The materials of this case would be over {most} MB together. Compress them, or hand in paper at the window."


class TooManyMaterials(Conflict):
    """The list of a case is full. Params: most."""

    code = "too-many-materials"
    zh = "该办件的材料已达 {most} 项上限。请合并文件后提交。"
    en = "The case has {most} materials already, the most there may be. Put several papers into one file."


def add_material(
    house: House, uow: UnitOfWork, asked: NewMaterial, quota: int, keep: Callable[[], None] | None = None
) -> dict[str, Any]:
    """Add a material to a case; `keep` gives its content its place. Answers the material.

    Raises:
        NotFound, Forbidden: no such case, or not the actor's to add to.
        Invalid: an unknown code, or not exactly one source, or a promise that comes too late.
        MaterialKnown, CaseQuotaReached, TooManyMaterials, CaseStateConflict: it can't be added (any more).
    """
    need(uow.actor, UseCase.MATERIAL_ADD)
    see_case(house, uow, asked.number)
    case = lock_case(uow, find_case(uow, asked.number))
    if case is None:
        raise NotFound(what="case", id=asked.number[:80])
    if case.state == CaseState.CONCLUDED:
        raise CaseStateConflict(number=case.number, state=case.state, state_zh=CASE_NAMES[case.state][0])
    known = known_materials(house.definition(uow, case.definition_id, case.offer_id).item)
    if asked.code not in known:
        raise not_one_of("code", known)
    there, sizes, dues = uow.read(*((sql, (case.id,)) for sql in _KEPT))
    columns = _columns(house, uow, case, asked, known[asked.code], dues[0]["due_date"] if dues else None)
    _check_new(columns | {"code": asked.code}, there, int(sizes[0]["size"]), quota)
    row = _row(uow, case, known[asked.code], 1 + len(there)) | columns
    row["seq"] = note(uow, case, "material.added", _facts(row), _personal(row))
    uow.insert("materials", [row])
    if keep is not None:
        keep()
    return material_view(row, ())


def bring(draft: StepDraft, known: Known, number: int, columns: Mapping[str, Any]) -> None:
    """A material that comes with the application itself: its row, and its entry in the step that makes the case."""
    row = _row(draft.uow, draft.case, known, number) | dict(columns)
    # The row is named by its entry: the number that the record will give it.
    row["seq"] = draft.case.seq + len(draft.entries) + 1
    draft.entries.append(draft.entry("material.added", _facts(row), None, _personal(row)))
    draft.uow.insert("materials", [row])


def _columns(
    house: House, uow: UnitOfWork, case: CaseRow, asked: NewMaterial, known: Known, due: date | None
) -> dict[str, Any]:
    """What depends on where the material is from."""
    sources = (asked.upload, asked.from_case, asked.from_document, asked.commitment)
    if sum(one is not None for one in sources) != 1:
        said = f"须为以下之一：{SOURCES}\tmust come as one of: {SOURCES}"
        raise Invalid(detail=SOURCES, fields={"file": [said]})
    if asked.upload is not None:
        return _uploaded(uow, asked.upload, known, asked.original_compared)
    if asked.commitment is not None:
        return _promised(case, asked.commitment, due)
    return _held(find_held(uow, case, asked.code, asked.from_case, asked.from_material, asked.from_document))


def _uploaded(uow: UnitOfWork, upload: Upload, known: Known, compared: bool) -> dict[str, Any]:
    """What an applicant uploads is a copy (C) or vouched for (D); only who has seen the original makes it B."""
    if compared:
        need(uow.actor, UseCase.CASE_ACCEPT)
    trust = "B" if compared else "D" if known.trust == "D" else "C"
    file = {"file_hash": upload.sha256, "file_name": upload.name, "media_type": upload.media_type}
    return {"source": "upload", "trust": trust, **file, "size": upload.size, "scan": upload.scan}


def _promised(case: CaseRow, commitment: Commitment, due: date | None) -> dict[str, Any]:
    """Promised for a day: not past, and before the promised decision, since art. 45 gives no pause for it (domain §0.10)."""
    day = commitment.supply_by
    if day is not None and (day < day_of(case.now) or (due is not None and day >= due)):
        said = "须不早于今日，且早于承诺办结日\tmust not be past, and before the promised day of decision"
        raise Invalid(detail=f"supply_by: {day}", fields={"commitment.supply_by": [said]})
    origin = {"statement": commitment.statement, "supply_by": day.isoformat() if day else None}
    return {"source": "commitment", "trust": "D", "origin": origin}


def _held(held: Held) -> dict[str, Any]:
    return {
        "source": held.source,
        "trust": held.trust,
        "file_hash": held.file_hash,
        "file_name": held.file_name,
        "media_type": held.media_type,
        "size": held.size,
        "scan": held.scan,
        "document": held.document,
        "origin": {"case": held.case, "material": held.material},
    }


def _check_new(columns: Mapping[str, Any], there: list[dict[str, Any]], size: int, quota: int) -> None:
    if len(there) >= MOST_MATERIALS:
        raise TooManyMaterials(most=MOST_MATERIALS)
    for row in there:
        same = [columns.get(name) is not None and columns.get(name) == row[name] for name in ("file_hash", "document")]
        if any(same) and columns["code"] == row["code"]:
            raise MaterialKnown(material=row["number"])
    if columns["source"] == "upload" and size + columns["size"] > quota:
        raise CaseQuotaReached(most=quota // 1024**2)


def _row(uow: UnitOfWork, case: CaseRow, known: Known, number: int) -> dict[str, Any]:
    added_as = uow.actor.kind if uow.actor.kind in ("applicant", "officer") else "system"
    empty = dict.fromkeys(("file_hash", "file_name", "media_type", "size", "scan", "document", "origin"))
    return {
        "case_id": str(case.id),
        "number": number,
        "code": known.code,
        "name": known.name,
        "name_en": known.name_en,
        "state": "submitted",
        "added_by": uow.actor.id,
        "added_as": added_as,
        "added_at": spell(case.now),
        **empty,
    }


#: What the record says openly of a material; the file's name and a promise may speak of somebody.
RECORDED = ("code", "source", "trust", "file_hash", "media_type", "size", "scan", "document", "added_as")


def _facts(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"material": row["number"]} | {name: row[name] for name in RECORDED}


def _personal(row: Mapping[str, Any]) -> dict[str, str]:
    said = {"file_name": row["file_name"], "origin": canonical(row["origin"]) if row["origin"] else None}
    return {name: value for name, value in said.items() if value}
