"""The list of a case's materials: what the item asks for, what came in, what each department found of it, what lacks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

from engine.cases import tolerance
from engine.cases.applicants import see_case
from engine.cases.house import House
from engine.cases.progress import instant
from engine.cases.submit import find_case
from engine.catalogue.items import ServiceItem
from engine.errors import NotFound
from engine.unit_of_work import UnitOfWork

#: A material that is on no list of the item's, handed in all the same.
OTHER = "other"
STATE_NAMES = {
    "submitted": ("待审核", "to be reviewed"),
    "approved": ("通过", "approved"),
    "rejected": ("不通过", "rejected"),
}
SOURCE_NAMES = {
    "upload": ("上传", "uploaded"),
    "case": ("调用以往办件的材料", "from an earlier case"),
    "certificate": ("调用本平台核发的证照", "a certificate of this platform"),
    "commitment": ("承诺", "promised"),
}
_CASE = "SELECT c.definition_id, c.offer_id, c.channel, c.state, c.progress FROM cases c WHERE c.id = %s"
_SAID = (
    "SELECT kind, payload::jsonb AS payload FROM events WHERE case_id = %s "
    "AND kind IN ('case.submitted', 'supplement.supplied', 'tolerance.supplied') ORDER BY seq"
)
_LISTS = "SELECT listed, supplied FROM supplement_lists WHERE case_id = %s ORDER BY seq"
_MATERIALS = "SELECT * FROM materials WHERE case_id = %s ORDER BY number"
_REVIEWS = (
    "SELECT r.*, d.name AS department, d.name_en AS department_en FROM material_reviews r "
    "LEFT JOIN departments d ON d.id = r.department_id WHERE r.case_id = %s ORDER BY r.seq"
)


@dataclass(frozen=True, slots=True)
class Known:
    """A material that may be handed in, as the item's list has it."""

    code: str
    name: str
    name_en: str
    trust: str
    required: bool


def known_materials(item: ServiceItem) -> dict[str, Known]:
    """The materials of an item by their codes, and `other`."""
    listed = [Known(one.code, one.name, one.name_en, one.trust, one.required) for one in item.materials]
    return {one.code: one for one in (*listed, Known(OTHER, "其他材料", "Other", "D", False))}


def list_materials(house: House, uow: UnitOfWork, number: str) -> dict[str, Any]:
    """The list of a case, for its applicant and the officers who have to do with it. Raises NotFound, Forbidden."""
    see_case(house, uow, number)
    case_id = find_case(uow, number)
    queries = (_CASE, _MATERIALS, _REVIEWS, _SAID, _LISTS)
    cases, materials, reviews, said, lists = uow.read(*((query, (case_id,)) for query in queries))
    item = house.definition(uow, cases[0]["definition_id"], cases[0]["offer_id"]).item
    paper = on_paper(item, cases[0], said, lists)
    shown = [material_view(row, [one for one in reviews if one["material"] == row["number"]]) for row in materials]
    return {"number": number, "asked": _asked(item, shown, paper), "items": shown}


def on_paper(
    item: ServiceItem, case: Mapping[str, Any], said: Iterable[Mapping[str, Any]], lists: Iterable[Mapping[str, Any]]
) -> set[str]:
    """The codes of what was handed over at a counter, as its receipts say; without what has been asked for since, or promised.

    `said`: what the record says of the submission and of what was supplied; `lists`: what the window asked for, in turn.
    """
    told = [(row["kind"], row["payload"]) for row in said]
    first: Mapping[str, Any] = next((payload for kind, payload in told if kind == "case.submitted"), {})
    papers = first.get("papers")
    codes = {one.code for one in item.materials} if papers is None else set(papers)
    codes = codes if case["channel"] in tolerance.ON_PAPER else set()
    codes -= set(tolerance.promised(case["state"], case["progress"])[0])
    brought = [payload for kind, payload in told if kind == "supplement.supplied"]
    for row, payload in zip_longest(lists, brought):
        codes -= {one["material"] for one in row["listed"]} if row else set()
        if row and payload and payload["actor_kind"] != "applicant":
            codes |= {one["material"] for one in row["supplied"] or ()}
    for kind, payload in told:
        if kind == "tolerance.supplied" and payload["actor_kind"] != "applicant":
            codes |= set(payload["materials"])
    return codes


def find_material(house: House, uow: UnitOfWork, number: str, material: int) -> dict[str, Any]:
    """The row of one material of a case that the actor may see. Raises NotFound."""
    see_case(house, uow, number)
    (rows,) = uow.read((_MATERIALS, (find_case(uow, number),)))
    found = next((row for row in rows if row["number"] == material), None)
    if found is None:
        raise NotFound(what="material", id=f"{number} / {material}"[:80])
    return found


def _asked(item: ServiceItem, shown: list[dict[str, Any]], paper: Collection[str]) -> list[dict[str, Any]]:
    """What the item asks for; `state` is that of the latest material under the code, `missing` where there is none.

    `on_paper`: a counter has it in hand, by its receipt.
    """
    latest = {one["code"]: one["state"] for one in shown}
    return [
        {"code": one.code, "name": one.name, "name_en": one.name_en, "trust": one.trust, "required": one.required}
        | {"state": latest.get(one.code, "missing"), "on_paper": one.code in paper}
        for one in known_materials(item).values()
        if one.code != OTHER
    ]


def material_view(row: Mapping[str, Any], reviews: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A material as everybody sees it who may see the case; of several reviews of a department the latest counts."""
    latest = {one["department_id"]: one for one in reviews}
    at = row["added_at"]
    return {
        "material": row["number"],
        "code": row["code"],
        "name": row["name"],
        "name_en": row["name_en"],
        "source": row["source"],
        "source_name": SOURCE_NAMES[row["source"]][0],
        "source_name_en": SOURCE_NAMES[row["source"]][1],
        "trust": row["trust"],
        "state": row["state"],
        "state_name": STATE_NAMES[row["state"]][0],
        "state_name_en": STATE_NAMES[row["state"]][1],
        "file_name": row["file_name"],
        "media_type": row["media_type"],
        "size": row["size"],
        "sha256": row["file_hash"],
        "scan": row["scan"],
        "document": row["document"],
        "origin": row["origin"],
        "added_as": row["added_as"],
        "added_at": instant(datetime.fromisoformat(at) if isinstance(at, str) else at),
        "reviews": [_review_view(one) for one in latest.values()],
    }


def _review_view(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "department": row["department"] or row["department_id"],
        "department_en": row["department_en"] or row["department_id"],
        "department_id": row["department_id"],
        "verdict": row["verdict"],
        "reason": row["reason"],
        "original_compared": row["original_compared"],
        "at": instant(row["at"]),
    }
