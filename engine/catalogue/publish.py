"""What is done with the catalogue: items and implementations are stored as drafts, and published as versions for ever.

Each publication raises `platform.catalogue_version` in its transaction; caches hang on that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from engine.catalogue.catalogue import ENDED, OPERATIONS
from engine.catalogue.effects import CONTINUE, check_effect, statement_of
from engine.catalogue.elements import check_elements, refuse_incomplete
from engine.catalogue.hashing import content_hash
from engine.catalogue.implementation import lint_implementation, read_overrides
from engine.catalogue.items import ServiceItem, item_from_data
from engine.catalogue.models import ImplementationRow, ItemFileRow, ItemNameRow, ItemRow, ItemVersionRow, PowerListRow
from engine.catalogue.regimes import refuse_forbidden
from engine.catalogue.search import search_keys
from engine.clock import day_of
from engine.errors import Conflict, Invalid, NotFound
from engine.store.base import Json
from engine.unit_of_work import UnitOfWork

MOST_FILE = 4 * 1024 * 1024
FILE_TYPES = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".txt": "text/plain; charset=utf-8",
    ".png": "image/png",
    ".jpg": "image/jpeg",
}


class EffectiveDayInvalid(Invalid):
    """A version can't take effect before today, nor before the one it follows."""

    code = "effective-day-invalid"
    zh = "生效日 {day} 不能早于 {least}。请改为该日或之后。"
    en = "{day} can't be the day it takes effect: it is before {least}. Choose that day or a later one."


class OperationInvalid(Conflict):
    """What is to be done with the item does not fit its state."""

    code = "catalogue-operation-conflict"
    zh = "事项“{item}”当前为“{state}”，不能执行“{operation}”。"
    en = "Item “{item}” is {state}: {operation} is not possible."


class ImplementationNotPublishable(Invalid):
    """The implementation does what a region may not do; `findings` lists it."""

    code = "implementation-not-publishable"
    zh = "地区 {region} 的实施清单有 {count} 处不符合标准，不能发布：{first_zh}。请按 findings 逐条修改。"
    en = "The implementation of region {region} has {count} errors and can't be published: {first_en} Mend what `findings` lists."


@dataclass(frozen=True, slots=True)
class Change:
    """What is done with an item, from when on, what it means for open cases, and what takes its place."""

    operation: str
    effective_on: date | None = None
    statement: Mapping[str, str] | None = None  #: None: what is said of that effect by default
    related: tuple[str, ...] = ()
    effect: str = CONTINUE
    conclude_by: date | None = None


def store_files(uow: UnitOfWork, item: str, files: Mapping[str, bytes]) -> None:
    """Keep the files of an item's draft; the newest of a name is the one that is published."""
    for name, content in files.items():
        if not any(name.lower().endswith(kind) for kind in FILE_TYPES) or not 0 < len(content) <= MOST_FILE:
            kinds = "、".join(FILE_TYPES)
            told = f"须为{kinds}之一，不超过4 MB\tmust be one of {', '.join(FILE_TYPES)}, at most 4 MB"
            raise Invalid(detail=name, fields={name: [told]})
        row = {"item": item, "name": name, "sha256": hashlib.sha256(content).hexdigest(), "content": content}
        table = insert(ItemFileRow).values(row | {"added_at": uow.tell_time()})
        renewed = {"added_at": table.excluded.added_at}
        uow.connection.execute(table.on_conflict_do_update(index_elements=["item", "name", "sha256"], set_=renewed))


def draft_files(uow: UnitOfWork, item: str) -> dict[str, str]:
    """The newest files of an item, each with the hash of its content."""
    rows = uow.connection.execute(
        select(ItemFileRow.name, ItemFileRow.sha256).where(ItemFileRow.item == item).order_by(ItemFileRow.added_at)
    )
    return {row.name: row.sha256 for row in rows}


def has_procedure(uow: UnitOfWork, item: str) -> bool:
    """Whether there is a diagram for the item that is published, or could be."""
    return bool(uow.connection.scalar(_PROCEDURE, {"item": item}))


def elements_of(uow: UnitOfWork, code: str) -> list[dict[str, Any]]:
    """The eight elements of an item's draft, each with whether it is filled. Raises NotFound."""
    item, files = item_from_data(_draft(uow, code).data), draft_files(uow, code)
    return check_elements(item, has_procedure(uow, code), files)


def publish_item(uow: UnitOfWork, code: str, change: Change, today: date, earlier: bool = False) -> ItemVersionRow:
    """Publish the item's draft as its next version, from a day on. `earlier` lets that day be past (loading data).

    Raises:
        NotFound, OperationInvalid, EffectiveDayInvalid, EffectUnlawful.
        ElementsMissing: one of the eight elements is empty (only what is handled has to have them).
        RegimeForbidden: a regime lies in a forbidden field, and no act is cited that opens it.
    """
    _lock(uow)
    row = _draft(uow, code)
    last = uow.session.scalars(
        select(ItemVersionRow).where(ItemVersionRow.item == code).order_by(ItemVersionRow.version.desc()).limit(1)
    ).one_or_none()
    _check_operation(uow, code, last, change)
    effective = _effective(change.effective_on, today, last.effective_on if last else None, earlier)
    check_effect(change.operation, change.effect, change.conclude_by, effective)
    ended = OPERATIONS[change.operation] == ENDED or change.operation == "suspended"
    data, files = (last.data, last.files) if last is not None and ended else (row.data, draft_files(uow, code))
    item = item_from_data(data)
    if not ended:
        refuse_incomplete(code, check_elements(item, has_procedure(uow, code), files))
        fields = {row.regime: row.field for row in uow.connection.execute(_FIELDS, {"item": code})}
        refuse_forbidden(code, item.regimes, fields)
        files = {sample.file: files[sample.file] for sample in item.listing.samples}
    version = ItemVersionRow(
        item=code,
        version=(last.version if last else 0) + 1,
        operation=change.operation,
        effective_on=effective,
        data=data,
        files=files,
        hash=content_hash({"item": data, "files": files}),
        statement=dict(change.statement or statement_of(change.effect, change.conclude_by)),
        effect=change.effect,
        conclude_by=change.conclude_by,
        open_cases=uow.connection.scalar(_OPEN_CASES, {"item": code}) or 0,
        related={"items": list(change.related)},
        published_by=uow.actor.id,
        published_at=uow.tell_time(),
    )
    uow.session.add(version)
    _index(uow, item)
    _raise_version(uow)
    return version


def store_implementation(
    uow: UnitOfWork, item: ServiceItem, region: str, path: list[str], node_limits: Mapping[str, int], data: Json
) -> ImplementationRow:
    """Store what a region says of an item as a draft, with everything that it may not say. Raises ItemInvalid."""
    given = read_overrides(data)
    _lock(uow)
    findings = [one.as_data() for one in lint_implementation(item, given, node_limits, path)]
    newest = uow.connection.scalar(
        select(func.max(ImplementationRow.version)).where(
            ImplementationRow.item == item.code, ImplementationRow.region_code == region
        )
    )
    row = ImplementationRow(
        item=item.code,
        region_code=region,
        version=(newest or 0) + 1,
        state="draft",
        data=data,
        findings={"findings": findings},
        hash=content_hash(data),
        stored_by=uow.actor.id,
        stored_at=uow.tell_time(),
    )
    uow.session.add(row)
    _raise_version(uow)
    return row


def publish_implementation(
    uow: UnitOfWork,
    row: ImplementationRow,
    item: ServiceItem,
    path: list[str],
    node_limits: Mapping[str, int],
    effective_on: date | None,
    today: date,
) -> None:
    """Publish a region's draft, from a day on, when it does nothing that a region may not do.

    Raises:
        ImplementationNotPublishable, EffectiveDayInvalid.
    """
    findings = lint_implementation(item, read_overrides(row.data), node_limits, path)
    if findings:
        first = findings[0]
        raise ImplementationNotPublishable(
            region=row.region_code,
            count=len(findings),
            first_zh=first.message,
            first_en=first.message_en,
            detail=first.path,
            findings=[one.as_data() for one in findings],
        )
    last = uow.connection.scalar(
        select(func.max(ImplementationRow.effective_on)).where(
            ImplementationRow.item == row.item,
            ImplementationRow.region_code == row.region_code,
            ImplementationRow.state == "published",
        )
    )
    row.effective_on = _effective(effective_on, today, last, earlier=False)
    row.state, row.findings = "published", {"findings": []}
    row.published_by, row.published_at = uow.actor.id, uow.tell_time()
    uow.session.flush()
    _index(uow, item)
    _raise_version(uow)


def publish_power_list(
    uow: UnitOfWork, department: str, items: list[str], effective_on: date | None, today: date, earlier: bool = False
) -> PowerListRow:
    """Publish a department's power list as its next version, from a day on. Raises EffectiveDayInvalid."""
    _lock(uow)
    last = uow.session.scalars(
        select(PowerListRow)
        .where(PowerListRow.department_id == department)
        .order_by(PowerListRow.version.desc())
        .limit(1)
    ).one_or_none()
    row = PowerListRow(
        department_id=department,
        version=(last.version if last else 0) + 1,
        effective_on=_effective(effective_on, today, last.effective_on if last else None, earlier),
        entries={"items": sorted(items)},
        hash=content_hash([department, sorted(items)]),
        published_by=uow.actor.id,
        published_at=uow.tell_time(),
    )
    uow.session.add(row)
    _raise_version(uow)
    return row


def _check_operation(uow: UnitOfWork, code: str, last: ItemVersionRow | None, change: Change) -> None:
    state = OPERATIONS[last.operation] if last else "draft"
    fits = {
        "added": state in ("draft", "ended"),
        "changed": state == "open",
        "suspended": state == "open",
        "resumed": state == "suspended",
    }.get(change.operation, state in ("open", "suspended"))
    if not fits:
        raise OperationInvalid(item=code, state=state, operation=change.operation)
    least = {"split": 2, "merged": 1}.get(change.operation, 0)
    known = set(uow.connection.scalars(select(ItemRow.code).where(ItemRow.code.in_(change.related))))
    unknown = sorted(set(change.related) - known) + [one for one in change.related if one == code]
    if unknown or len(set(change.related)) < least:
        said = f"须为目录中的其他事项，至少{least}个\tmust name {least} or more other items of the catalogue"
        raise Invalid(detail="related", fields={"related": [said]})


def _effective(wanted: date | None, today: date, last: date | None, earlier: bool) -> date:
    least = max([one for one in (None if earlier else today, last) if one is not None], default=None)
    day = wanted or least or today
    if least is not None and day < least:
        raise EffectiveDayInvalid(day=day, least=least, detail="effective_on", fields={"effective_on": [f"≥ {least}"]})
    return day


def _index(uow: UnitOfWork, item: ServiceItem) -> None:
    """Renew the keys that the item is found by: its own names, and what regions call it."""
    uow.session.flush()
    regional = uow.connection.scalars(_ALIASES, {"item": item.code}).all()
    uow.connection.execute(delete(ItemNameRow).where(ItemNameRow.item == item.code))
    keys = search_keys(item, regional)
    rows = [{"item": item.code, "key": key, "rank": rank} for key, rank in keys.items()]
    uow.connection.execute(insert(ItemNameRow).values(rows))


def _draft(uow: UnitOfWork, code: str) -> ItemRow:
    row = uow.session.get(ItemRow, code)
    if row is None:
        raise NotFound(what="item", id=code[:80])
    return row


def _lock(uow: UnitOfWork) -> None:
    # One publisher at a time: versions are gap-free and follow each other in time.
    uow.connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('onewindow.catalogue'))"))


def _raise_version(uow: UnitOfWork) -> None:
    uow.session.flush()
    uow.connection.execute(text("UPDATE platform SET catalogue_version = catalogue_version + 1"))


def today_of(uow: UnitOfWork) -> date:
    """The day of domain time."""
    return day_of(uow.tell_time())


def offer_insert(row: Json) -> tuple[str, tuple[Any, ...]]:
    """The statement that keeps an offer, once."""
    values = (
        row["id"],
        row["item"],
        row["item_version"],
        Jsonb(row["implementation"]),
        Jsonb(row["data"]),
        Jsonb(row["node_limits"]),
    )
    return _OFFER, values


_OFFER = (
    "INSERT INTO offers (id, item, item_version, implementation, data, node_limits) VALUES (%s, %s, %s, %s, %s, %s) "
    "ON CONFLICT (id) DO NOTHING"
)
_PROCEDURE = text(
    "SELECT EXISTS (SELECT 1 FROM definitions d WHERE d.item = :item AND (d.state = 'published' OR (d.state = 'draft' "
    "AND NOT d.findings->'findings' @> '[{\"severity\": \"error\"}]')))"
)
_OPEN_CASES = text("SELECT count(*) FROM cases WHERE item = :item AND concluded_at IS NULL")
#: The forbidden field that published versions named, by regime; the newest last.
_FIELDS = text(
    "SELECT r->>'regime' AS regime, r->>'field' AS field FROM item_versions v, jsonb_path_query(v.data, '$.regimes[*]') r "
    "WHERE v.item = :item AND r->>'field' IS NOT NULL ORDER BY v.version"
)
_ALIASES = text(
    "SELECT DISTINCT jsonb_array_elements_text(data->'aliases') FROM item_implementations "
    "WHERE item = :item AND state = 'published' AND jsonb_typeof(data->'aliases') = 'array'"
)
