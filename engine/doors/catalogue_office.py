"""The catalogue as those who keep it use it: items are published and ended, regions implement them, departments list powers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import select

from engine.cases.access import need
from engine.cases.house import House
from engine.cases.inbox import regions_below
from engine.catalogue.catalogue import ENDED, Implementation, Version, version_of
from engine.catalogue.drift import drift_report
from engine.catalogue.implementation import lint_implementation, read_overrides
from engine.catalogue.items import ServiceItem
from engine.catalogue.models import ImplementationRow, ItemRow
from engine.catalogue.offer import deciding_department, is_offered
from engine.catalogue.publish import (
    Change,
    draft_files,
    elements_of,
    publish_implementation,
    publish_item,
    publish_power_list,
    store_files,
    store_implementation,
)
from engine.definitions.deploy import load_item
from engine.doors.catalogue import Sight, version_view
from engine.doors.materials import Incoming
from engine.errors import Invalid, NotFound
from engine.organization.actor import Actor
from engine.organization.permissions import UseCase
from engine.store.base import Json
from engine.unit_of_work import Once, Transactions, UnitOfWork

#: Since when items of a data folder hold: before any case that a scenario plays.
LOADED_SINCE = date(2020, 1, 1)


class PowerListInvalid(Invalid):
    """A department can list only what is published and is its to decide."""

    code = "power-list-invalid"
    zh = "权力清单有误：{detail}。只能列入已发布、且由该部门行使决定职能的事项。"
    en = "The power list is not valid: {detail}. It can hold published items only, for which the department decides."


@dataclass(frozen=True, slots=True)
class Folder:
    """What an item's folder brings: its data, and its forms and samples by name."""

    data: Json
    files: Mapping[str, bytes]

    @classmethod
    def read(cls, folder: Path, data: Json) -> Folder:
        """The folder with the samples that its listing names, those of them that are there."""
        names = [
            one["file"] for one in data.get("listing", {}).get("samples", []) if isinstance(one, dict) and "file" in one
        ]
        paths = {name: folder / "samples" / Path(str(name)).name for name in names}
        return cls(data, {name: path.read_bytes() for name, path in paths.items() if path.is_file()})


class CatalogueOffice:
    """Use cases of administrators, designers and supervisors (`UseCase` says who may do what)."""

    def __init__(self, transactions: Transactions, house: House) -> None:
        self._transactions, self._house = transactions, house

    # -- items

    def store_item(self, actor: Actor, folder: Folder, once: Once | None = None) -> dict[str, Any]:
        """Store an item's draft with its files. Raises Forbidden, ItemInvalid, Invalid."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            need(actor, UseCase.ITEM_STORE)
            item = load_item(uow, folder.data)
            store_files(uow, item.code, folder.files)
            return {"code": item.code, "elements": elements_of(uow, item.code)}

        return self._transactions.perform(actor, work, once)

    def add_file(self, actor: Actor, code: str, incoming: Incoming, once: Once | None = None) -> dict[str, Any]:
        """Add a form or sample, looked at by `MaterialsDoor.receiving`, to an item's draft, whose listing names it.

        Raises:
            Forbidden, NotFound; Invalid: the listing names no such file, or it is too large or of a kind that nobody downloads.
        """
        upload = incoming.upload

        def work(uow: UnitOfWork) -> dict[str, Any]:
            need(actor, UseCase.ITEM_STORE)
            elements_of(uow, code)
            row = uow.session.get(ItemRow, code)
            assert row is not None
            listed = [one["file"] for one in row.data.get("listing", {}).get("samples", [])]
            if upload.name not in listed:
                named = ", ".join(listed) or "—"
                said = f"事项草稿的表格和示范文本清单中没有该文件名，可用：{named}\tthe draft lists no such file; it lists: {named}"
                raise Invalid(detail=upload.name, fields={"name": [said]})
            store_files(uow, code, {upload.name: incoming.received.path.read_bytes()})
            kept = {"name": upload.name, "sha256": upload.sha256, "size": upload.size}
            return {"code": code, "file": kept, "elements": elements_of(uow, code)}

        return self._transactions.perform(actor, work, once)

    def publish_item(
        self, actor: Actor, code: str, change: Change, once: Once | None = None, earlier: bool = False
    ) -> dict[str, Any]:
        """Publish, change, split, merge, suspend, resume or cancel an item.

        Raises:
            Forbidden, NotFound, ElementsMissing, OperationInvalid, EffectiveDayInvalid, Invalid.
        """

        def work(uow: UnitOfWork) -> dict[str, Any]:
            need(actor, UseCase.ITEM_PUBLISH)
            today = Sight.of(self._house, uow).today
            row = publish_item(uow, code, change, today, earlier)
            return {"code": code} | version_view(version_of(row), row.effective_on <= today)

        return self._transactions.perform(actor, work, once)

    def item(self, actor: Actor, code: str) -> dict[str, Any]:
        """An item as its keepers see it: the draft, its eight elements, its versions. Raises Forbidden, NotFound."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            need(actor, UseCase.CATALOGUE_READ)
            elements, sight = elements_of(uow, code), Sight.of(self._house, uow)
            row = uow.session.get(ItemRow, code)
            assert row is not None
            versions, holding = sight.catalogue.versions.get(code, ()), sight.catalogue.current(code, sight.today)
            return {
                "code": code,
                "name": row.name,
                "name_en": row.name_en,
                "draft": row.data,
                "elements": elements,
                "complete": all(one["filled"] for one in elements),
                "changed": not versions or versions[-1].data != row.data or _files_differ(uow, versions[-1]),
                "versions": [version_view(one, one is holding) for one in reversed(versions)],
                "open_cases": _open_cases(uow, code, sight.today, versions),
            }

        return self._transactions.perform(actor, work)

    def items(self, actor: Actor) -> list[dict[str, Any]]:
        """Every item, published or not. Raises Forbidden."""

        def work(uow: UnitOfWork) -> list[dict[str, Any]]:
            need(actor, UseCase.CATALOGUE_READ)
            sight = Sight.of(self._house, uow)
            rows = uow.session.scalars(select(ItemRow).order_by(ItemRow.code))
            return [_row(sight, row) for row in rows]

        return self._transactions.perform(actor, work)

    # -- what regions make of them

    def store_implementation(
        self, actor: Actor, code: str, region: str, data: Json, once: Once | None = None
    ) -> dict[str, Any]:
        """Store what a region says of an item, with everything that it may not say. Raises Forbidden, NotFound, ItemInvalid."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            self._own_region(uow, actor, UseCase.IMPLEMENTATION_STORE, region)
            sight = Sight.of(self._house, uow)
            item, limits = self._standard(sight, code)
            row = store_implementation(uow, item, region, sight.path(region), limits, data)
            return _implementation_row(row)

        return self._transactions.perform(actor, work, once)

    def publish_implementation(
        self, actor: Actor, code: str, region: str, effective_on: date | None = None, once: Once | None = None
    ) -> dict[str, Any]:
        """Publish a region's newest draft. Raises Forbidden, NotFound, ImplementationNotPublishable, EffectiveDayInvalid."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            self._own_region(uow, actor, UseCase.IMPLEMENTATION_PUBLISH, region)
            sight = Sight.of(self._house, uow)
            item, limits = self._standard(sight, code)
            newest = select(ImplementationRow).where(
                ImplementationRow.item == code,
                ImplementationRow.region_code == region,
                ImplementationRow.state == "draft",
            )
            row = uow.session.scalars(newest.order_by(ImplementationRow.version.desc()).limit(1)).one_or_none()
            if row is None:
                raise NotFound(what="implementation", id=f"{code[:60]}/{region[:12]}")
            publish_implementation(uow, row, item, sight.path(region), limits, effective_on, sight.today)
            return _implementation_row(row)

        return self._transactions.perform(actor, work, once)

    def implementations(self, actor: Actor, code: str) -> list[dict[str, Any]]:
        """What regions have said of an item, the newest of each region first. Raises Forbidden."""

        def work(uow: UnitOfWork) -> list[dict[str, Any]]:
            need(actor, UseCase.CATALOGUE_READ)
            catalogue = Sight.of(self._house, uow).catalogue
            found = [rows for (item, _), rows in catalogue.implementations.items() if item == code]
            return [_implementation(one) for rows in found for one in reversed(rows)]

        return self._transactions.perform(actor, work)

    def drift(self, actor: Actor, base_code: str | None = None, region: str | None = None) -> dict[str, Any]:
        """Where regions' names, granularity or elements differ from the standard. Raises Forbidden."""

        def work(uow: UnitOfWork) -> dict[str, Any]:
            need(actor, UseCase.CATALOGUE_READ)
            sight = Sight.of(self._house, uow)
            return drift_report(sight.catalogue, sight.directory, sight.today, base_code, region)

        return self._transactions.perform(actor, work)

    def lint(self, actor: Actor, region: str | None = None) -> list[dict[str, Any]]:
        """What the newest implementation of each region does that it may not, by the standard as it is now. Raises Forbidden."""

        def work(uow: UnitOfWork) -> list[dict[str, Any]]:
            need(actor, UseCase.CATALOGUE_READ)
            sight, found = Sight.of(self._house, uow), []
            for (code, where), versions in sorted(sight.catalogue.implementations.items()):
                if region in (None, where):
                    item, limits = self._standard(sight, code)
                    given = read_overrides(versions[-1].data)
                    for finding in lint_implementation(item, given, limits, sight.path(where)):
                        found.append({"item": code, "region": where} | finding.as_data())
            return found

        return self._transactions.perform(actor, work)

    # -- power lists

    def publish_power_list(
        self,
        actor: Actor,
        department: str,
        items: list[str] | None = None,
        effective_on: date | None = None,
        once: Once | None = None,
    ) -> dict[str, Any]:
        """Publish a department's list; without `items`, everything published that it decides on.

        Raises:
            Forbidden, NotFound, PowerListInvalid, EffectiveDayInvalid.
        """

        def work(uow: UnitOfWork) -> dict[str, Any]:
            sight = Sight.of(self._house, uow)
            found = sight.directory.departments.get(department)
            region = found.region_code if found else ""
            self._own_region(uow, actor, UseCase.POWER_LIST_PUBLISH, region, "department", department)
            can = _powers(sight).get(department, set())
            listed = sorted(can) if items is None else sorted(set(items))
            if wrong := [one for one in listed if one not in can]:
                raise PowerListInvalid(detail=", ".join(wrong), fields={"items": [f"∉ {one}" for one in wrong]})
            row = publish_power_list(uow, department, listed, effective_on, sight.today)
            return _power_row(row.department_id, row.version, row.effective_on, listed, row.hash)

        return self._transactions.perform(actor, work, once)

    def load_power_lists(self, actor: Actor, since: date = LOADED_SINCE) -> int:
        """Publish the list of every department as the catalogue and the organisation have it; answers how many changed."""

        def work(uow: UnitOfWork) -> int:
            need(actor, UseCase.POWER_LIST_PUBLISH)
            sight, changed = Sight.of(self._house, uow), 0
            for department, items in sorted(_powers(sight).items()):
                now = sight.catalogue.power_list(department, sight.today)
                if now is None or now.items != items:
                    publish_power_list(uow, department, sorted(items), since, sight.today, earlier=True)
                    changed += 1
            return changed

        return self._transactions.perform(actor, work)

    # -- in common

    def _own_region(
        self, uow: UnitOfWork, actor: Actor, use: UseCase, region: str, what: str = "region", shown: str = ""
    ) -> None:
        """Forbidden without the permission, NotFound for a region that is not one's own or below it."""
        need(actor, use)
        if region not in regions_below(self._house, uow, actor.region_code):
            raise NotFound(what=what, id=(shown or region)[:80])

    def _standard(self, sight: Sight, code: str) -> tuple[ServiceItem, dict[str, int]]:
        """The standard item as it is published last, and the promised limits of its diagram's nodes. Raises NotFound."""
        versions = sight.catalogue.versions.get(code)
        if not versions:
            raise NotFound(what="item", id=code[:80])
        definition = sight.runnable().get(code)
        nodes = self._house.definition(sight.uow, definition).compiled.nodes if definition else {}
        limits = {name: (node.extension("timeLimit") or {}).get("promised") for name, node in nodes.items()}
        return versions[-1].content, {name: int(days) for name, days in limits.items() if days}


def _powers(sight: Sight) -> dict[str, set[str]]:
    """By department, the published items that it decides on in some region."""
    found: dict[str, set[str]] = defaultdict(set)
    for version in sight.catalogue.holding(sight.today):
        item = version.content
        for region in sight.directory.regions if version.state != ENDED else ():
            if not is_offered(sight.directory, item, region):
                continue
            department = deciding_department(sight.directory, item, region)
            if department is not None:
                found[department.id].add(item.code)
    return found


def _row(sight: Sight, row: ItemRow) -> dict[str, Any]:
    versions = sight.catalogue.versions.get(row.code, ())
    holding = sight.catalogue.current(row.code, sight.today)
    return {
        "code": row.code,
        "name": row.name,
        "name_en": row.name_en,
        "version": versions[-1].version if versions else None,
        "state": holding.state if holding else ("coming" if versions else "draft"),
        "effective_on": versions[-1].effective_on.isoformat() if versions else None,
        "running": row.active_definition_id is not None,
    }


def _open_cases(uow: UnitOfWork, code: str, today: date, versions: tuple[Version, ...]) -> dict[str, Any]:
    """How many cases are open now, and of those that a change bound to a day, how many are past it."""
    bound = [{"from": one.version, "by": one.conclude_by} for one in versions if one.conclude_by is not None]
    asked = {"item": code, "bound": Jsonb([one | {"by": str(one["by"])} for one in bound]), "today": today}
    ((row,),) = uow.read((_OPEN, asked))
    return {"open": row["open"], "past_their_day": row["past"]}


_OPEN = (
    "SELECT count(*) AS open, count(*) FILTER (WHERE EXISTS (SELECT 1 FROM jsonb_to_recordset(%(bound)s) "
    'AS b("from" int, "by" date) WHERE b."by" < %(today)s AND o.item_version < b."from")) AS past '
    "FROM cases c LEFT JOIN offers o ON o.id = c.offer_id WHERE c.item = %(item)s AND c.concluded_at IS NULL"
)


def _files_differ(uow: UnitOfWork, last: Version) -> bool:
    files = draft_files(uow, last.item)
    return any(files.get(name) != sha256 for name, sha256 in last.files.items())


def _implementation_row(row: ImplementationRow) -> dict[str, Any]:
    day = row.effective_on.isoformat() if row.effective_on else None
    return {"item": row.item, "region": row.region_code, "version": row.version, "state": row.state} | {
        "effective_on": day,
        "hash": row.hash,
        "publishable": not row.findings["findings"],
        "findings": row.findings["findings"],
        "implementation": row.data,
    }


def _implementation(one: Implementation) -> dict[str, Any]:
    day = one.effective_on.isoformat() if one.effective_on else None
    return {"item": one.item, "region": one.region_code, "version": one.version, "state": one.state} | {
        "effective_on": day,
        "hash": one.hash,
        "publishable": not one.findings,
        "findings": list(one.findings),
        "implementation": one.data,
    }


def _power_row(department: str, version: int, effective_on: date, items: list[str], hashed: str) -> dict[str, Any]:
    return {"department": department, "version": version, "effective_on": effective_on.isoformat()} | {
        "items": items,
        "hash": hashed,
    }
