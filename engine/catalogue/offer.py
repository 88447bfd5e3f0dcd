"""What a region offers: the standard item that holds there on a day, with the region's implementation laid over it.

A case keeps the offer that it was submitted under: what is published later touches new cases only (行政许可法 8).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from engine.bpmn.compile import Compiled
from engine.bpmn.model import Node
from engine.catalogue.catalogue import ENDED, OPEN, SUSPENDED, Catalogue, Implementation, Version
from engine.catalogue.hashing import content_hash
from engine.catalogue.implementation import Overrides, read_overrides
from engine.catalogue.items import ServiceItem, item_from_data
from engine.catalogue.regimes import narrowed_data
from engine.catalogue.succession import moved_view
from engine.errors import ApprovalError, Invalid
from engine.organization.directory import Department, Directory
from engine.organization.regions import path_up
from engine.organization.routing import Assignment, department_for
from engine.store.base import Json

_SPACE = uuid.UUID("6f6e6577-696e-646f-7700-6f6666657273")


class ItemNotPublished(Invalid):
    """The item is not published, or not yet. Params: item, and what follows of it where that is not an application."""

    code = "item-not-published"
    zh = "事项“{item}”尚未发布{detail_zh}，{so_zh}"
    en = "Item “{item}” is not published{detail_en}: {so_en}"
    article = "行政许可法第三十条"

    def __init__(self, **params: Any) -> None:
        so = {
            "so_zh": "不能受理申请。请核对事项编码，或等待发布。",
            "so_en": "nothing can be applied for. Check the code, or wait for it.",
        }
        super().__init__(**{"detail_zh": "", "detail_en": "", **so, **params})


class ItemSuspended(ApprovalError):
    """The item is suspended for the time being."""

    code = "item-suspended"
    status = 409
    zh = "事项“{item}”自 {since} 起暂停办理：{statement_zh}"
    en = "Item “{item}” is suspended since {since}: {statement_en}"


class ItemEnded(ApprovalError):
    """The item is cancelled, or was split or merged into others. Params: successors (codes of what is applied for instead)."""

    code = "item-ended"
    status = 409
    zh = "事项“{item}”自 {since} 起不再办理{instead_zh}。"
    en = "Item “{item}” is not handled any more since {since}{instead_en}."


LEVEL_NAMES = {
    "province": ("省级部门", "the province"),
    "city": ("市级部门", "the city"),
    "county": ("县（区）级部门", "the county"),
    "township": ("乡镇（街道）", "the township"),
    "village": ("村（社区）", "the village"),
}


class ItemNotOfferedHere(Invalid):
    """The item's owner or its level has nothing to do with that region."""

    code = "item-not-offered-here"
    zh = "事项“{item}”由{level_zh}办理，地区 {region} 不能提出申请。请选择所在的市、县（区）等地区。"
    en = (
        "Item “{item}” is handled at the level of {level_en}: it can't be applied for in region {region}. "
        "Choose a region at or below that level."
    )


class NotOnPowerList(ApprovalError):
    """清单之外无权力: the department that would decide does not have the item on its published power list."""

    code = "not-on-power-list"
    status = 422
    zh = "事项“{item}”不在“{department}”公布的权力清单内，不能办理。请核对事项和地区。"
    en = "Item “{item}” is not on the published power list of {department_en}: it can't be handled. Check the item and the region."
    article = "优化营商环境条例第四十条、行政许可法第三十条"


@dataclass(frozen=True, slots=True)
class Offer:
    """The item as it is offered in a region; `node_limits` are the promised limits of nodes that the region shortens."""

    id: uuid.UUID
    item: ServiceItem
    data: Json
    node_limits: Mapping[str, int]
    version: int
    region: str | None = None  #: whose implementation it is
    implementation: int | None = None

    def row(self) -> Json:
        """The offer as its table keeps it."""
        mine = {"region": self.region, "version": self.implementation} if self.region else {}
        return {"id": str(self.id), "item": self.item.code, "item_version": self.version, "implementation": mine} | {
            "data": self.data,
            "node_limits": dict(self.node_limits),
        }


def offer_in(catalogue: Catalogue, directory: Directory, code: str, region: str, day: date) -> Offer:
    """What is offered of an item in a region on a day.

    Raises:
        ItemNotPublished, ItemSuspended, ItemEnded, ItemNotOfferedHere.
    """
    version = open_version(catalogue, code, day)
    refuse_elsewhere(directory, version.content, region)
    path = [one.code for one in path_up(directory.regions, region)]
    return merged(version, catalogue.implementation(code, path, day))


def open_version(catalogue: Catalogue, code: str, day: date) -> Version:
    """The version of an item that can be applied for on a day. Raises ItemNotPublished, ItemSuspended, ItemEnded."""
    version = catalogue.current(code, day)
    if version is None:
        later = catalogue.coming(code, day)
        since = (f"（自 {later[0].effective_on} 起生效）", f" before {later[0].effective_on}") if later else ("", "")
        raise ItemNotPublished(
            item=code[:80], detail=code[:80], detail_zh=since[0], detail_en=since[1], fields={"item": ["not published"]}
        )
    if version.state == SUSPENDED:
        said = version.statement
        raise ItemSuspended(item=code, since=version.effective_on, statement_zh=said["zh"], statement_en=said["en"])
    if version.state == ENDED:
        moved = moved_view(catalogue, version, day)
        zh = "、".join(f"{one['name']}（{one['code']}）" for one in moved["successors"])
        en = ", ".join(f"{one['name_en']} ({one['code']})" for one in moved["successors"])
        # What it goes into may not be published yet: then its code is all there is to say.
        codes_only = ", ".join(version.related)
        told = (
            (f"，请改办：{zh or codes_only}", f"; apply for {en or codes_only} instead")
            if zh or codes_only
            else ("", "")
        )
        codes = [one["code"] for one in moved["successors"]]
        raise ItemEnded(
            item=code, since=version.effective_on, instead_zh=told[0], instead_en=told[1], successors=codes, moved=moved
        )
    assert version.state == OPEN
    return version


def is_offered(directory: Directory, item: ServiceItem, region: str) -> bool:
    """Whether a region has to do with an item at all: it lies within the owner's, at or below the item's level."""
    path = list(path_up(directory.regions, region))
    owner = item.listing.owner
    within = owner is None or owner in {one.code for one in path}
    return within and item.level in {one.level for one in path}


def refuse_elsewhere(directory: Directory, item: ServiceItem, region: str) -> None:
    """Raise ItemNotOfferedHere where `is_offered` says no."""
    if not is_offered(directory, item, region):
        said = dict(zip(("level_zh", "level_en"), LEVEL_NAMES.get(item.level, (item.level, item.level)), strict=True))
        raise ItemNotOfferedHere(
            item=item.code,
            detail=region,
            level=item.level,
            region=region,
            fields={"region": ["不办理该事项\tnot offered"]},
            **said,
        )


def deciding_department(directory: Directory, item: ServiceItem, region: str) -> Department | None:
    """The department that decides on an item in a region; None where no department has the function."""
    return department_for(directory, Assignment(item.lead_function, item.level), region)


def check_power(catalogue: Catalogue, directory: Directory, item: ServiceItem, region: str, day: date) -> None:
    """Raise NotOnPowerList unless the department that decides has the item on its list."""
    department = deciding_department(directory, item, region)
    powers = catalogue.power_list(department.id, day) if department else None
    if powers is None or item.code not in powers.items:
        name, name_en = (department.name, department.name_en) if department else (f"{region}/{item.lead_function}",) * 2
        raise NotOnPowerList(item=item.code, department=name, department_en=name_en)


@lru_cache(maxsize=2048)
def merged(version: Version, implementation: Implementation | None) -> Offer:
    """A standard item with an implementation laid over it; kept, since every submission asks for it."""
    if implementation is None:
        return _offer(version.data, {}, version, None)
    given = read_overrides(implementation.data)
    return _offer(laid_over(version.data, given), dict(given.nodes), version, implementation)


def laid_over(data: Json, given: Overrides) -> Json:
    """The item's data with what a region may change: limits, materials, other names, regimes."""
    limits = dict(data["case_limits"])
    for name in ("promised", "legal"):
        days = getattr(given.case_limits, name)
        if days is not None:
            limits[name] = min(days, limits[name])
    limits["promised"] = min(limits["promised"], limits["legal"])
    dropped = set(given.drop_materials)
    materials = [one for one in data["materials"] if one["code"] not in dropped]
    listing = dict(data.get("listing", {}))
    kept = {one["code"] for one in materials}
    listing["needs"] = [one for one in listing.get("needs", []) if one["material"] in kept]
    listing["samples"] = [one for one in listing.get("samples", []) if one.get("material") in {None, *kept}]
    aliases = list(dict.fromkeys([*data["aliases"], *given.aliases]))
    offered = {**data, "case_limits": limits, "materials": materials, "aliases": aliases, "listing": listing}
    if data.get("regimes"):
        offered["regimes"] = narrowed_data(data["regimes"], given.regimes, kept)
    return offered


def _offer(data: Json, nodes: Mapping[str, int], version: Version, from_region: Implementation | None) -> Offer:
    region, number = (from_region.region_code, from_region.version) if from_region else (None, None)
    spelled = content_hash([data, dict(nodes), version.item, version.version, region, number])
    return Offer(uuid.uuid5(_SPACE, spelled), item_from_data(data), data, nodes, version.version, region, number)


def with_limits(compiled: Compiled, node_limits: Mapping[str, int]) -> Compiled:
    """A diagram whose nodes promise what the region does; never more than the diagram."""
    if not node_limits:
        return compiled
    nodes = {name: _shortened(node, node_limits.get(name)) for name, node in compiled.nodes.items()}
    process = replace(compiled.process, nodes=tuple(nodes.get(str(one.id), one) for one in compiled.process.nodes))
    return replace(compiled, process=process, nodes=nodes)


def _shortened(node: Node, days: int | None) -> Node:
    limit = node.extension("timeLimit")
    if days is None or limit is None or not limit.get("promised"):
        return node
    shorter = {**limit, "promised": min(days, int(limit["promised"]))}
    return replace(node, extensions={**node.extensions, "timeLimit": (shorter,)})
