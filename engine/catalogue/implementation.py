"""A region's implementation (实施清单) of a standard item: how it is read, and what the region may not do.

A region may shorten limits, drop materials and say where its windows are. It may not lengthen, add or rename (优化营商环境条例
35): the lint below says so. Whatever it is, it can be stored: what is wrong in a region is what the drift report is about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.catalogue.items import Material, ServiceItem
from engine.catalogue.listing import LOCAL_ELEMENTS, Unit
from engine.catalogue.reading import Said, object_of, rows, said, text_of, typed, words, wrong
from engine.catalogue.regimes import RegimeOverride, read_override, widened
from engine.catalogue.search import normalised

MOST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of the case as a region has them, in the standard's unit; None: as in the standard."""

    promised: int | None = None
    legal: int | None = None


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a region's implementation says; everything that it does not say is as in the standard."""

    name: str | None = None
    name_en: str | None = None
    aliases: tuple[str, ...] = ()
    case_limits: Limits = field(default_factory=Limits)
    nodes: Mapping[str, int] = field(default_factory=dict)  #: by node of the diagram, the promised limit
    drop_materials: tuple[str, ...] = ()
    materials: tuple[Material, ...] = ()  #: any that the standard does not have: to be found wrong
    conditions: tuple[Said, ...] = ()  #: likewise
    units: tuple[Unit, ...] | None = None
    local: Mapping[str, Said] = field(default_factory=dict)  #: address, hours, phone, complaints
    regimes: tuple[RegimeOverride, ...] = ()  #: what it switches off or narrows of the ways of trust first


def read_overrides(data: Any) -> Overrides:
    """The implementation that a JSON value states. Raises ItemInvalid."""
    path = "implementation"
    given = object_of(data, path, Overrides)
    limits = object_of(given.get("case_limits", {}), f"{path}.case_limits", Limits)
    nodes = typed(given.get("nodes", {}), dict, f"{path}.nodes")
    local = typed(given.get("local", {}), dict, f"{path}.local")
    for name in local:
        if name not in LOCAL_ELEMENTS:
            raise wrong(f"{path}.local.{name}", "没有这个要素", "there is no such element")
    return Overrides(
        name=text_of(given, "name", path) if given.get("name") is not None else None,
        name_en=text_of(given, "name_en", path) if given.get("name_en") is not None else None,
        aliases=words(given, "aliases", path),
        case_limits=Limits(**{name: _days(value, f"{path}.case_limits.{name}") for name, value in limits.items()}),
        nodes={str(name): _days(value, f"{path}.nodes.{name}") for name, value in nodes.items()},
        drop_materials=words(given, "drop_materials", path),
        materials=rows(given, "materials", path, _material),
        conditions=rows(given, "conditions", path, said),
        units=rows(given, "units", path, _unit) if given.get("units") is not None else None,
        local={name: said(value, f"{path}.local.{name}") for name, value in local.items()},
        regimes=rows(given, "regimes", path, read_override),
    )


def _days(value: Any, path: str) -> int:
    days = typed(value, int, path)
    if not 1 <= days <= MOST_DAYS:
        raise wrong(path, f"须为1至{MOST_DAYS}的整数", f"it must be a whole number from 1 to {MOST_DAYS}")
    return days


def _material(value: Any, path: str) -> Material:
    row = object_of(value, path, Material)
    if "code" not in row or not isinstance(row.get("required", True), bool):
        raise wrong(
            path, "材料须有code、name、name_en、trust、required", "a material has code, name, name_en, trust, required"
        )
    return Material(**row)


def _unit(value: Any, path: str) -> Unit:
    row = object_of(value, path, Unit)
    return Unit(text_of(row, "code", path), text_of(row, "name", path), text_of(row, "name_en", path))


# -- what a region may not do


@dataclass(frozen=True, slots=True)
class CatalogueFinding:
    """Something that an implementation may not do, said so that whoever keeps it can mend it."""

    rule: str
    severity: str  #: error | warning
    path: str
    message: str
    message_en: str
    advice: str
    advice_en: str

    def as_data(self) -> dict[str, str]:
        """The finding as JSON, in both languages."""
        return {name: str(getattr(self, name)) for name in self.__slots__} | {"docs": f"docs/catalogue.md#{self.rule}"}


#: rule -> what to do, in Chinese and in English.
ADVICE = {
    "implementation-outside-owner": (
        "请由该事项所属地区内的政府实施。",
        "It is implemented within the region of its owner.",
    ),
    "implementation-renames": (
        "请使用标准名称；本地叫法可列为别名。",
        "Use the standard name; what it is called locally may be an alias.",
    ),
    "implementation-lengthens": ("请缩短时限，或删去该项。", "Shorten the limit, or leave it out."),
    "implementation-unknown-node": (
        "请使用流程图中有承诺时限的环节编号。",
        "Use the id of a node of the diagram that has a promised limit.",
    ),
    "implementation-adds-material": (
        "请删去该材料：申请人只需提交标准清单内的材料。",
        "Take the material out: applicants hand in what the standard lists.",
    ),
    "implementation-unknown-material": (
        "请使用标准清单内的材料编码。",
        "Use the code of a material of the standard.",
    ),
    "implementation-adds-condition": ("请删去该条件。", "Take the condition out."),
    "implementation-granularity": (
        "请使用标准的业务办理项；可少不可多。",
        "Use the standard's units: fewer, but no others.",
    ),
    "implementation-adds-regime": (
        "请删去超出标准的部分：地区可以停用或收窄先信方式，不能增加。",
        "Take out what goes beyond the standard: a region may switch a regime off or narrow it, never add one.",
    ),
    "implementation-element-missing": ("请填写该要素。", "Fill the element in."),
}


def lint_implementation(
    item: ServiceItem, given: Overrides, node_limits: Mapping[str, int], region_path: Sequence[str]
) -> list[CatalogueFinding]:
    """Everything that the implementation may not do.

    Args:
        item: the standard item as it is published.
        given: what the region says.
        node_limits: the promised limit of each node of the diagram that has one.
        region_path: the codes of the region and of those above it.
    """
    return [
        *_ownership(item, region_path),
        *_names(item, given),
        *_limits(item, given, node_limits),
        *_additions(item, given),
        *(_finding("implementation-adds-regime", *one) for one in widened(item.regimes, given.regimes)),
        *_local(item, given),
    ]


def _ownership(item: ServiceItem, region_path: Sequence[str]) -> Iterator[CatalogueFinding]:
    owner = item.listing.owner
    if owner is not None and owner not in region_path:
        yield _finding(
            "implementation-outside-owner",
            "region",
            f"该地区不在事项所属地区（{owner}）之内。",
            f"The region does not lie within {owner}, which owns the item.",
        )


def _names(item: ServiceItem, given: Overrides) -> Iterator[CatalogueFinding]:
    for path, mine, standard in (("name", given.name, item.name), ("name_en", given.name_en, item.name_en)):
        if mine is not None and normalised(mine) != normalised(standard):
            yield _finding(
                "implementation-renames",
                path,
                f"名称“{mine}”与标准名称“{standard}”不一致。",
                f"The name “{mine}” is not the standard's, “{standard}”.",
            )


def _limits(item: ServiceItem, given: Overrides, node_limits: Mapping[str, int]) -> Iterator[CatalogueFinding]:
    mine, standard = given.case_limits, item.case_limits
    for path, days, most in (
        ("case_limits.promised", mine.promised, standard.promised.days),
        ("case_limits.legal", mine.legal, standard.legal.days),
    ):
        if days is not None and days > most:
            yield _longer(path, days, most)
    legal = mine.legal if mine.legal is not None else standard.legal.days
    promised = mine.promised if mine.promised is not None else standard.promised.days
    if promised > legal:
        yield _longer("case_limits.promised", promised, legal)
    for node, days in given.nodes.items():
        if node not in node_limits:
            yield _finding(
                "implementation-unknown-node",
                f"nodes.{node}",
                f"流程图中没有环节“{node}”，或该环节没有承诺时限。",
                f"The diagram has no node “{node}” with a promised limit.",
            )
        elif days > node_limits[node]:
            yield _longer(f"nodes.{node}", days, node_limits[node])


def _longer(path: str, days: int, most: int) -> CatalogueFinding:
    return _finding(
        "implementation-lengthens",
        path,
        f"时限 {days} 长于允许的 {most}。",
        f"A limit of {days} is longer than the {most} allowed.",
    )


def _additions(item: ServiceItem, given: Overrides) -> Iterator[CatalogueFinding]:
    known = {one.code for one in item.materials}
    for material in given.materials:
        if material.code not in known:
            yield _finding(
                "implementation-adds-material",
                f"materials.{material.code}",
                f"材料“{material.name}”不在标准清单内。",
                f"The material “{material.name_en}” is not one of the standard's.",
            )
    for code in given.drop_materials:
        if code not in known:
            yield _finding(
                "implementation-unknown-material",
                f"drop_materials.{code}",
                f"标准清单内没有材料“{code}”。",
                f"The standard has no material “{code}”.",
            )
    for condition in given.conditions:
        if condition not in item.listing.conditions:
            yield _finding(
                "implementation-adds-condition",
                "conditions",
                f"增设了条件：{condition.zh}",
                f"A condition was added: {condition.en}",
            )
    units = {one.code for one in item.listing.units}
    for unit in given.units or ():
        if unit.code not in units:
            yield _finding(
                "implementation-granularity",
                f"units.{unit.code}",
                f"标准没有业务办理项“{unit.name}”。",
                f"The standard has no unit “{unit.name_en}”.",
            )


def _local(item: ServiceItem, given: Overrides) -> Iterator[CatalogueFinding]:
    for element in item.listing.required_elements:
        if element not in given.local:
            yield _finding(
                "implementation-element-missing",
                f"local.{element}",
                f"缺少标准要求的要素“{element}”。",
                f"The element “{element}”, which the standard asks for, is missing.",
            )


def _finding(rule: str, path: str, zh: str, en: str) -> CatalogueFinding:
    return CatalogueFinding(rule, "error", path, zh, en, *ADVICE[rule])
