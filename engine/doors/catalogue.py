"""The catalogue as everybody uses it: browse, search, read a guide, check beforehand, download forms, look permits up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import text

from engine.cases.house import House, LiveDefinition
from engine.cases.submit import ItemUnknown, RegionUnknown
from engine.catalogue.browse import FACETS, Shelf, facet_counts, fits, short
from engine.catalogue.catalogue import ENDED, Catalogue, Version
from engine.catalogue.guide import GuideStep, guide_steps
from engine.catalogue.guide_view import check_answers, guide_view, precheck_view
from engine.catalogue.items import ServiceItem
from engine.catalogue.offer import Offer, merged, open_version, refuse_elsewhere
from engine.catalogue.publish import FILE_TYPES
from engine.catalogue.search import pattern
from engine.catalogue.succession import moved_view
from engine.clock import DOMAIN_NOW_SQL, day_of
from engine.errors import NotFound, not_one_of
from engine.organization.actor import Actor
from engine.organization.directory import Directory
from engine.organization.regions import path_up
from engine.unit_of_work import Transactions, UnitOfWork

_PLATFORM = f"SELECT {DOMAIN_NOW_SQL} AS now, p.organization_version, p.catalogue_version FROM platform p"
_RUNNABLE = "SELECT code, active_definition_id FROM items WHERE active_definition_id IS NOT NULL"
_FOUND = "SELECT item, min(rank) AS rank FROM item_names WHERE key LIKE %s GROUP BY item"
_FILE = text("SELECT content FROM item_files WHERE item = :item AND name = :name AND sha256 = :sha256")
#: So many of what is not handled any more are told of beside what a search finds.
MOST_MOVED = 20
_ANYBODY = Actor.system("public")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class ItemQuery:
    """What of the catalogue: `facets` narrow it down (facet -> values), `q` is part of a name, `shown` which counts to give."""

    q: str = ""
    region: str | None = None
    facets: Mapping[str, frozenset[str]] = field(default_factory=dict)
    shown: tuple[str, ...] = FACETS
    cursor: str = ""
    limit: int = 50


def read_facets(given: tuple[str, ...]) -> tuple[dict[str, frozenset[str]], tuple[str, ...]]:
    """`theme:construction` narrows down; a bare `theme` says which counts are wanted. Raises Invalid."""
    chosen: dict[str, frozenset[str]] = {}
    bare: list[str] = []
    for one in given:
        name, colon, value = one.partition(":")
        if name not in FACETS:
            raise not_one_of("facet", FACETS)
        if colon and value:
            chosen[name] = chosen.get(name, frozenset()) | {value}
        else:
            bare.append(name)
    return chosen, tuple(bare) or FACETS


@dataclass(frozen=True, slots=True)
class Sight:
    """What the catalogue looks like in one transaction."""

    uow: UnitOfWork
    house: House
    today: date
    catalogue: Catalogue
    directory: Directory

    @classmethod
    def of(cls, house: House, uow: UnitOfWork) -> Sight:
        """Read the versions that the caches hang on."""
        ((row,),) = uow.read((_PLATFORM, None))
        catalogue = house.catalogue(uow, row["catalogue_version"])
        return cls(uow, house, day_of(row["now"]), catalogue, house.directory(uow, row["organization_version"]))

    def region(self, code: str | None) -> str | None:
        """A region that exists. Raises RegionUnknown."""
        if code is not None and code not in self.directory.regions:
            raise RegionUnknown(detail=f"region: {code}", fields={"region": ["unknown"]})
        return code

    def path(self, region: str) -> list[str]:
        """The codes of a region and of those above it."""
        return [one.code for one in path_up(self.directory.regions, region)]

    def runnable(self) -> dict[str, Any]:
        """The items with a published process, and its id."""
        return {row["code"]: row["active_definition_id"] for row in self.uow.read((_RUNNABLE, None))[0]}

    def offer(self, code: str, region: str) -> tuple[Version, Offer, LiveDefinition]:
        """An item as a region offers it today, with its process. Raises what `offer_in` does, and ItemUnknown."""
        version = self.catalogue.current(code, self.today)
        if version is None or version.state == ENDED:
            version = open_version(self.catalogue, code, self.today)
        refuse_elsewhere(self.directory, version.content, region)
        offer = merged(version, self.catalogue.implementation(code, self.path(region), self.today))
        definition = self.runnable().get(code)
        if definition is None:
            raise ItemUnknown(detail=f"item: {code}", fields={"item": ["no process"]})
        return version, offer, self.house.offered(self.uow, definition, offer)


class CatalogueDoor:
    """Everything here is public (行政许可法 30, 40; 优化营商环境条例 35)."""

    def __init__(self, transactions: Transactions, house: House) -> None:
        self._transactions, self._house = transactions, house

    def items(self, asked: ItemQuery) -> dict[str, Any]:
        """A page of the items that can be applied for, best first, with facet counts. Raises RegionUnknown, Invalid."""

        def work(sight: Sight) -> dict[str, Any]:
            shelf = Shelf(
                sight.catalogue, sight.directory, sight.today, sight.region(asked.region), frozenset(sight.runnable())
            )
            versions, ranks = shelf.versions(), _ranks(sight.uow, asked.q)
            if ranks is not None:
                versions = [one for one in versions if one.item in ranks]
            kept = [one for one in versions if fits(shelf, one.content, asked.facets)]
            keys = {f"{(ranks or {}).get(one.item, 0)}~{one.item}": one for one in kept}
            following = [key for key in sorted(keys) if key > asked.cursor]
            page = following[: asked.limit]
            return {
                "items": [short(shelf, keys[key]) for key in page],
                "total": len(kept),
                "facets": facet_counts(shelf, versions, asked.facets, asked.shown),
                "next_cursor": page[-1] if len(following) > len(page) else None,
                "moved": _moved(sight, ranks) if ranks and not asked.cursor else [],
            }

        return self._look(work)

    def guide(self, code: str, region: str) -> dict[str, Any]:
        """The guide of an item in a region.

        Raises:
            RegionUnknown, ItemNotPublished, ItemEnded, ItemNotOfferedHere, ItemUnknown.
        """
        return self._look(lambda sight: guide_in(sight, code, region)[0])

    def moved(self, code: str) -> dict[str, Any] | None:
        """Where an item went that is not handled any more; None for one that is, or is unknown."""

        def work(sight: Sight) -> dict[str, Any] | None:
            version = sight.catalogue.current(code, sight.today)
            ended = version is not None and version.state == ENDED
            return moved_view(sight.catalogue, version, sight.today) if version is not None and ended else None

        return self._look(work)

    def steps(self, code: str, region: str) -> list[GuideStep]:
        """The steps of the guide with the ids of their nodes, for who builds on them."""
        return self._look(lambda sight: guide_in(sight, code, region)[2])

    def item(self, code: str, region: str) -> ServiceItem:
        """An item as a region offers it. Raises NotFound, and what keeps it from being offered there."""
        return self._look(lambda sight: sight.offer(code, region)[2].item)

    def precheck(self, code: str, region: str, answers: Mapping[str, str]) -> dict[str, Any]:
        """What comes of the answers to the item's questions. Raises AnswersInvalid, and what `guide` raises."""

        def work(sight: Sight) -> dict[str, Any]:
            guide, offer, _ = guide_in(sight, code, region)
            check_answers(offer.item, answers)
            return precheck_view(offer.item, answers, guide)

        return self._look(work)

    def versions(self, code: str) -> dict[str, Any]:
        """The history of an item: what was published, by which operation, from when on. Raises NotFound."""

        def work(sight: Sight) -> dict[str, Any]:
            versions = sight.catalogue.versions.get(code)
            if not versions:
                raise NotFound(what="item", id=code[:80])
            holding = sight.catalogue.current(code, sight.today)
            return {"code": code, "versions": [version_view(one, one is holding) for one in reversed(versions)]}

        return self._look(work)

    def version(self, code: str, number: int) -> dict[str, Any]:
        """One version with its content. Raises NotFound."""

        def work(sight: Sight) -> dict[str, Any]:
            version = _version(sight, code, number)
            holding = sight.catalogue.current(code, sight.today)
            return version_view(version, version is holding) | {"item": version.data}

        return self._look(work)

    def file(self, code: str, number: int, name: str) -> tuple[bytes, str, str]:
        """A form or sample as a version has it: content, media type, SHA-256. Raises NotFound."""

        def work(sight: Sight) -> tuple[bytes, str, str]:
            sha256 = _version(sight, code, number).files.get(name)
            values = {"item": code, "name": name, "sha256": sha256}
            content = sight.uow.connection.scalar(_FILE, values) if sha256 else None
            if content is None:
                raise NotFound(what="file", id=name[:80])
            kind = next(media for ending, media in FILE_TYPES.items() if name.lower().endswith(ending))
            return bytes(content), kind, str(sha256)

        return self._look(work)

    def _look(self, work: Callable[[Sight], Answer]) -> Answer:
        return self._transactions.perform(_ANYBODY, lambda uow: work(Sight.of(self._house, uow)))


def version_view(version: Version, holding: bool) -> dict[str, Any]:
    """A version of an item as its history shows it."""
    return {
        "version": version.version,
        "operation": version.operation,
        "state": version.state,
        "holding": holding,
        "effective_on": version.effective_on.isoformat(),
        "statement": dict(version.statement),
        "effect": version.effect,
        "conclude_by": version.conclude_by.isoformat() if version.conclude_by else None,
        "open_cases": version.open_cases,
        "related": list(version.related),
        "hash": version.hash,
        "files": [
            {
                "file": name,
                "sha256": sha256,
                "url": f"/api/v1/items/{version.item}/versions/{version.version}/files/{name}",
            }
            for name, sha256 in sorted(version.files.items())
        ],
        "published_at": version.published_at.isoformat(timespec="seconds"),
    }


def guide_in(sight: Sight, code: str, region: str) -> tuple[dict[str, Any], Offer, list[GuideStep]]:
    """The guide of an item in a region, with the offer behind it and its steps. Raises what `CatalogueDoor.guide` does."""
    sight.region(region)
    version, offer, live = sight.offer(code, region)
    steps = guide_steps(live.compiled, offer.item, sight.directory, region)
    here = sight.directory.regions[region]
    names = {"code": region, "name": here.name, "name_en": here.name_en, "level": here.level}
    found = sight.catalogue.implementation(code, sight.path(region), sight.today)
    local = found.data.get("local", {}) if found else {}
    return guide_view(offer, version, steps, names, {"version": live.version}, local), offer, steps


def _moved(sight: Sight, ranks: Mapping[str, int]) -> list[dict[str, Any]]:
    """What a search finds that is not handled any more, with what is applied for instead, best first."""
    found = [sight.catalogue.current(code, sight.today) for code in sorted(ranks, key=lambda one: (ranks[one], one))]
    ended = [one for one in found if one is not None and one.state == ENDED]
    return [moved_view(sight.catalogue, one, sight.today) for one in ended[:MOST_MOVED]]


def _version(sight: Sight, code: str, number: int) -> Version:
    found = next((one for one in sight.catalogue.versions.get(code, ()) if one.version == number), None)
    if found is None:
        raise NotFound(what="item", id=f"{code[:80]} {number}")
    return found


def _ranks(uow: UnitOfWork, q: str) -> dict[str, int] | None:
    """The items that a search finds, each with how well; None when nothing is searched for."""
    if not q.strip():
        return None
    like = pattern(q)
    if not like:
        return {}
    (rows, exact) = uow.read((_FOUND, (like,)), (_FOUND, (like[:-1],)))
    best = {row["item"]: row["rank"] for row in exact}
    return {row["item"]: best.get(row["item"], 5 + row["rank"]) for row in rows}
