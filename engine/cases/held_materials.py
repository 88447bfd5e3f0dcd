"""What the platform holds of an applicant already: materials of earlier cases, and certificates that it issued.

Nobody is asked twice (优化营商环境条例 / 在线政务服务若干规定: what can be got by sharing may not be demanded): a supplement
list asks `held_for` first. Whose it is, is told by the identity number (统一社会信用代码, 居民身份证号), never by a name: names
repeat. What an account only declares proves nothing: it finds what it handed in itself, and nobody finds that by the number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.cases.step_store import CaseRow
from engine.errors import NotFound
from engine.unit_of_work import UnitOfWork

#: Trusted enough to be used again without being asked for: issued by a body (A), or compared with the original (B).
REUSABLE = ("A", "B")
IDENTITIES = ("credit_code", "id_number")
_PROVEN = (
    "(c.applicant->>'account' IS NULL OR EXISTS (SELECT 1 FROM applicants a WHERE 'account:' || a.id = "
    "c.applicant->>'account' AND a.identity = 'confirmed'))"
)
_SAME = (
    "(c.applicant->>'account' = %(account)s OR (c.applicant->>'credit_code' = %(credit_code)s "
    f"OR c.applicant->>'id_number' = %(id_number)s) AND {_PROVEN}) AND c.id IS DISTINCT FROM %(case)s::uuid"
)
_IS_PROVEN = "SELECT 1 AS yes FROM applicants WHERE 'account:' || id = %s AND identity = 'confirmed'"
_MATERIALS = (
    "SELECT m.*, c.number AS case_number FROM cases c JOIN materials m ON m.case_id = c.id "
    f"WHERE {_SAME} AND m.state <> 'rejected' AND m.source <> 'commitment' AND m.trust = ANY(%(trusts)s) "
    "AND (%(codes)s::text[] IS NULL OR m.code = ANY(%(codes)s)) ORDER BY m.added_at DESC, m.number DESC LIMIT 200"
)
_DOCUMENTS = (
    "SELECT d.number, d.title, c.number AS case_number FROM cases c JOIN documents d ON d.case_id = c.id "
    f"WHERE {_SAME} AND d.number = %(document)s"
)


@dataclass(frozen=True, slots=True)
class Applying:
    """Somebody who is about to apply, in the place of a case that is not there yet."""

    applicant: Mapping[str, Any]
    id: None = None


@dataclass(frozen=True, slots=True)
class Held:
    """Something the platform holds of an applicant, ready to be a material of another case."""

    code: str
    source: str  #: case | certificate
    trust: str
    case: str
    material: int | None
    file_hash: str | None = None
    file_name: str | None = None
    media_type: str | None = None
    size: int | None = None
    scan: str | None = None
    document: str | None = None


def held_for(uow: UnitOfWork, case: CaseRow | Applying, codes: Iterable[str] | None = None) -> dict[str, Held]:
    """What may not be demanded of the applicant again, by the code of the material: the newest of each."""
    rows = _find(uow, _MATERIALS, case, trusts=list(REUSABLE), codes=None if codes is None else list(codes))
    found: dict[str, Held] = {}
    for row in rows:
        found.setdefault(row["code"], _of_material(row))
    return found


def find_held(
    uow: UnitOfWork,
    case: CaseRow | Applying,
    code: str,
    from_case: str | None,
    from_material: int | None,
    from_document: str | None,
) -> Held:
    """One thing of the same applicant's, as the request names it. Raises NotFound for what is not there or another's."""
    if from_document is not None:
        for row in _find(uow, _DOCUMENTS, case, document=from_document):
            return Held(code, "certificate", "A", row["case_number"], None, document=row["number"])
        raise NotFound(what="document", id=from_document[:80])
    every = _find(uow, _MATERIALS, case, trusts=["A", "B", "C", "D"], codes=None)
    of_case = [row for row in every if row["case_number"] == from_case]
    wanted = [row for row in of_case if (row["number"] == from_material if from_material else row["code"] == code)]
    if not wanted:
        raise NotFound(what="material", id=f"{from_case} / {from_material or code}"[:80])
    return _of_material(wanted[0])


def _find(uow: UnitOfWork, sql: str, case: CaseRow | Applying, **more: Any) -> list[dict[str, Any]]:
    # A number that is empty or lacking is nobody's: NULL equals nothing.
    account = case.applicant.get("account")
    proven = account is None or bool(uow.read((_IS_PROVEN, (account,)))[0])
    whose = {name: (str(case.applicant.get(name) or "").strip() or None) if proven else None for name in IDENTITIES}
    return uow.read((sql, whose | {"account": account, "case": case.id} | more))[0]


def _of_material(row: dict[str, Any]) -> Held:
    return Held(
        code=row["code"],
        source="case" if row["document"] is None else "certificate",
        trust=row["trust"],
        case=row["case_number"],
        material=row["number"],
        file_hash=row["file_hash"],
        file_name=row["file_name"],
        media_type=row["media_type"],
        size=row["size"],
        scan=row["scan"],
        document=row["document"],
    )
