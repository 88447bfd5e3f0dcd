"""Power lists and granted permits, for everybody: who may decide on what, since when, and what was granted (行政许可法 30, 40)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from engine.cases.house import House
from engine.cases.progress import instant
from engine.catalogue.catalogue import PowerList
from engine.catalogue.exchange import FIELDS, as_csv, exchange_row
from engine.catalogue.guide import guide_steps
from engine.catalogue.offer import is_offered
from engine.credit_first.permits import RESULTS
from engine.credit_first.public import PERMIT_KINDS, public_permit
from engine.doors.catalogue import Sight
from engine.errors import NotFound
from engine.organization.actor import Actor
from engine.organization.regions import path_up
from engine.unit_of_work import Transactions

#: What a granted case came to, whatever happened to its permit since.
GRANTED = frozenset({"granted", *RESULTS.values()})
#: Permits of which the document's own status says everything.
UNDISTURBED = ("valid", "confirmed")
_ANYBODY = Actor.system("public")
Answer = TypeVar("Answer")

#: Of a granted case (also one whose permit was lost since), the document by which it was granted, by its number:
#: of a kind that the item says one gets, a certificate, or the decision. It may have been issued by a case that follows.
_PERMIT = (
    "SELECT d.number, d.kind, d.title, d.issued_at, c.number AS case_number, c.applicant, c.region_code, c.item, "
    "i.name AS item_name, i.name_en AS item_name_en, b.name AS body, b.name_en AS body_en, "
    "EXISTS (SELECT 1 FROM document_seals s WHERE s.case_id = d.case_id AND s.number = d.number) AS sealed "
    "FROM documents d JOIN cases k ON k.id = d.case_id JOIN cases c ON c.id = coalesce(k.linked_to, k.id) "
    "JOIN items i ON i.code = c.item "
    "LEFT JOIN offers o ON o.id = c.offer_id LEFT JOIN departments b ON b.id = d.body "
    "WHERE d.number = %(number)s AND c.result = ANY(%(results)s) "
    "AND (d.kind = ANY(%(kinds)s) OR EXISTS (SELECT 1 FROM "
    "jsonb_array_elements(coalesce(o.data->'listing'->'results', '[]')) r WHERE r->>'document' = d.kind)) "
)


class PowersDoor:
    """Everything here is public."""

    def __init__(self, transactions: Transactions, house: House) -> None:
        self._transactions, self._house = transactions, house

    def lists(
        self, region: str | None = None, department: str | None = None, cursor: str = "", limit: int = 50
    ) -> dict[str, Any]:
        """A page of the lists that hold today, by department. Raises RegionUnknown."""

        def work(sight: Sight) -> dict[str, Any]:
            following = [one for one in _holding(sight, region, department) if one.department_id > cursor]
            page = following[:limit]
            more = len(following) > len(page)
            return {
                "items": [_list(sight, one) for one in page],
                "next_cursor": page[-1].department_id if more else None,
            }

        return self._look(work)

    def history(self, department: str) -> dict[str, Any]:
        """Every version of a department's list, the newest first. Raises NotFound."""

        def work(sight: Sight) -> dict[str, Any]:
            if department not in sight.directory.departments:
                raise NotFound(what="department", id=department[:80])
            versions = sight.catalogue.powers.get(department, ())
            holding = sight.catalogue.power_list(department, sight.today)
            return {
                "department": department,
                "versions": [_list(sight, one) | {"holding": one is holding} for one in reversed(versions)],
            }

        return self._look(work)

    def export(self, region: str | None = None, department: str | None = None) -> dict[str, Any]:
        """The lists that hold today in the exchange fields of GB/T 39046, a row for each item. Raises RegionUnknown."""

        def work(sight: Sight) -> dict[str, Any]:
            rows = [row for one in _holding(sight, region, department) for row in _rows(sight, one)]
            return {"standard": "GB/T 39046-2020", "day": sight.today.isoformat(), "fields": dict(FIELDS), "rows": rows}

        return self._look(work)

    def export_csv(self, region: str | None = None, department: str | None = None) -> str:
        """The same as CSV."""
        return as_csv(self.export(region, department)["rows"])

    def permit(self, number: str) -> dict[str, Any]:
        """What was granted, by the number of its document: for whom, what, when, by whom. Raises NotFound.

        Of a person only the family name is told; no number of identity, no address, no telephone.
        """

        def work(sight: Sight) -> dict[str, Any]:
            (rows,) = sight.uow.read(
                (_PERMIT, {"number": number, "results": list(GRANTED), "kinds": list(PERMIT_KINDS)})
            )
            if not rows:
                raise NotFound(what="permit", id=number[:80])
            row, permit = rows[0], public_permit(sight.uow, rows[0]["case_number"])
            sealed = "effective" if row["sealed"] else "not-sealed"
            return {
                "number": row["number"],
                "title": row["title"],
                "item": row["item"],
                "item_name": row["item_name"],
                "item_name_en": row["item_name_en"],
                "region": row["region_code"],
                "holder": holder(row["applicant"]),
                "granted_on": (instant(row["issued_at"]) or "")[:10],
                "body": row["body"],
                "body_en": row["body_en"],
                "status": sealed if permit["status"] in UNDISTURBED else permit["status"],
                "permit": permit,
            }

        return self._look(work)

    def _look(self, work: Callable[[Sight], Answer]) -> Answer:
        return self._transactions.perform(_ANYBODY, lambda uow: work(Sight.of(self._house, uow)))


def holder(applicant: Mapping[str, Any]) -> dict[str, Any]:
    """Who holds a permit, as the public may know it: organisations by name and code, of persons the family name."""
    name = str(applicant.get("name") or "")
    if applicant.get("kind") not in (None, "person"):
        return {"kind": applicant["kind"], "name": name, "credit_code": applicant.get("credit_code")}
    return {"kind": "person", "name": name[:1] + "*" * max(len(name) - 1, 1), "credit_code": None}


def _holding(sight: Sight, region: str | None, department: str | None) -> list[PowerList]:
    sight.region(region)
    found = []
    for one in sorted(sight.catalogue.powers):
        where = sight.directory.departments.get(one)
        powers = sight.catalogue.power_list(one, sight.today)
        if where is None or powers is None or department not in (None, one):
            continue
        if region is None or region in {up.code for up in path_up(sight.directory.regions, where.region_code)}:
            found.append(powers)
    return found


def _list(sight: Sight, powers: PowerList) -> dict[str, Any]:
    department = sight.directory.departments[powers.department_id]
    current = {code: sight.catalogue.current(code, sight.today) for code in sorted(powers.items)}
    return {
        "department": department.id,
        "name": department.name,
        "name_en": department.name_en,
        "region": department.region_code,
        "version": powers.version,
        "effective_on": powers.effective_on.isoformat(),
        "hash": powers.hash,
        "items": [
            {"code": code, "name": one.content.name, "name_en": one.content.name_en, "state": one.state}
            for code, one in current.items()
            if one is not None
        ],
    }


def _rows(sight: Sight, powers: PowerList) -> list[dict[str, Any]]:
    department, rows = sight.directory.departments[powers.department_id], []
    runnable = sight.runnable()
    for code in sorted(powers.items):
        version = sight.catalogue.current(code, sight.today)
        region = _region_of(sight, code, department.region_code)
        if version is None or code not in runnable or region is None:
            continue
        version, offer, live = sight.offer(code, region)
        steps = guide_steps(live.compiled, offer.item, sight.directory, region)
        names = {"id": department.id, "name": department.name, "region": department.region_code}
        found = sight.catalogue.implementation(code, sight.path(region), sight.today)
        rows.append(exchange_row(version, offer, steps, names, found.data.get("local", {}) if found else {}))
    return rows


def _region_of(sight: Sight, code: str, region: str) -> str | None:
    """The department's region if the item is offered there."""
    version = sight.catalogue.current(code, sight.today)
    ended = version is None or version.state == "ended"
    return region if not ended and version and is_offered(sight.directory, version.content, region) else None
