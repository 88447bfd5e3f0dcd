"""Drafts and published versions of an item's diagram. Publishing gives the next number; running cases keep theirs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update

from engine.bpmn.compile import executable_process
from engine.bpmn.linked import Library, frozen, in_texts, nothing
from engine.bpmn.lint import deployable, lint
from engine.bpmn.mends.offers import with_fixes
from engine.bpmn.model import Diagram, Finding
from engine.bpmn.read import read
from engine.bpmn.rules.credit_first import unfit_for_regimes
from engine.bpmn.rules.time_fit import unfit_for_item
from engine.catalogue.catalogue import ENDED, OPERATIONS
from engine.catalogue.items import ServiceItem, item_from_data
from engine.catalogue.models import ItemRow
from engine.catalogue.offer import ItemNotPublished
from engine.clock import CST, day_of
from engine.definitions.models import Definition
from engine.definitions.trial import tried
from engine.errors import ApprovalError, Conflict, Forbidden, Invalid, NotFound, not_one_of
from engine.organization.permissions import UseCase
from engine.plugins.handlers import HandlerRegistry
from engine.store.base import new_id
from engine.timelimits.limits import Unit
from engine.unit_of_work import UnitOfWork


class NotDeployable(ApprovalError):
    """The diagram has findings of severity error; `findings` says all of them."""

    code = "definition-not-deployable"
    status = 422
    zh = "流程图有 {count} 处错误，不能发布：{first_zh}。请按 findings 逐条修改。"
    en = "The diagram has {count} errors and can't be published: {first_en}. Mend what `findings` lists."


class DefinitionStateConflict(Conflict):
    """Only a draft can be published."""

    code = "definition-state-conflict"
    zh = "流程定义 {id} 当前为“{state}”，只有草稿可以发布。"
    en = "Definition {id} is {state}: only a draft can be published."


ENDED_BY = [operation for operation, state in OPERATIONS.items() if state == ENDED]
_ITEM_PUBLISHED = text(
    "SELECT operation <> ALL(:ended) FROM item_versions WHERE item = :item ORDER BY version DESC LIMIT 1"
)


class OwnReview(Forbidden):
    """Who stored a draft can't review it. Params: id."""

    code = "own-review"
    zh = "流程草稿须由他人审核，保存草稿的人员不能审核自己的草稿。请其他流程设计人员审核。"
    en = "A draft is reviewed by somebody else than who stored it. Ask another designer."

    def __init__(self, **params: Any) -> None:
        super().__init__(permission=UseCase.DEFINITION_REVIEW.value.permission, **params)


class NotReviewed(Conflict):
    """Nobody else has approved the draft, or it was returned. Params: id."""

    code = "definition-not-reviewed"
    zh = "流程草稿 {id} 尚未由他人审核通过，不能发布。请另一名流程设计人员审核，或由其直接发布。"
    en = "Draft {id} was not approved by somebody else, so its author can't publish it: ask another designer."


class EffectiveDayPassed(Invalid):
    """A version can't take effect before today. Params: day, today."""

    code = "effective-day-passed"
    zh = "生效日期 {day} 早于今天（{today}），请改为今天或以后的日期。"
    en = "{day} is before today ({today}), so nothing can take effect on it: choose today or a later day."


APPROVED, RETURNED = VERDICTS = ("approved", "returned")


@dataclass(frozen=True, slots=True)
class Draft:
    """A diagram for an item; `item_data` adds an item that the catalogue does not have yet (administrators)."""

    item: str
    bpmn: bytes
    item_data: dict[str, Any] | None = None
    scenarios: tuple[dict[str, Any], ...] = ()  #: stories that are played before it is published


def findings_of(
    diagram: Diagram, handlers: HandlerRegistry, item: Mapping[str, Any], library: Library = nothing
) -> list[Finding]:
    """Everything lint says for publishing here, and what only this release can know: handlers, and the item's limits."""
    return [
        *lint(diagram, "approval", library),
        *_unknown_here(diagram, handlers),
        *(unfit_for_item(diagram, item["case_limits"]) if "case_limits" in item else ()),
        *(unfit_for_regimes(diagram, item) if item else ()),
    ]


def item_of(bpmn: bytes, otherwise: str) -> str:
    """The item that a diagram names, else its process's id, else `otherwise`. Raises UnreadableDiagram."""
    diagram = read(bpmn)
    if not diagram.processes:
        return otherwise
    process = executable_process(diagram)
    for said in process.extensions.get("item", ()):
        return str(said["code"])
    return str(process.id or otherwise)


def store_draft(uow: UnitOfWork, handlers: HandlerRegistry, draft: Draft, library: Library = nothing) -> dict[str, Any]:
    """Store a draft with its findings. What can't be read is refused; what has errors may be stored, not published.

    What it links and does not hold itself is taken from the library now: what is reviewed is what will run.

    Raises:
        Forbidden, UnreadableDiagram, Invalid.
    """
    # Who may add to the catalogue may bring the diagram of what is added.
    _need(uow, UseCase.DEFINITION_STORE if draft.item_data is None else UseCase.ITEM_STORE)
    diagram = read(draft.bpmn)
    uow.tell_time()
    item = _item(uow, draft)
    findings = with_fixes(draft.bpmn, findings_of(diagram, handlers, item, library))
    row = Definition(
        id=new_id(),
        item=draft.item,
        item_data=item,
        version=None,
        state="draft",
        bpmn=draft.bpmn,
        sha256=hashlib.sha256(draft.bpmn).digest(),
        findings={"findings": [finding.in_both_languages() for finding in findings]},
        scenarios=list(draft.scenarios),
        linked=frozen(diagram, draft.bpmn, library),
        created_by=uow.actor.id,
        created_at=uow.now,
    )
    uow.session.add(row)
    uow.session.flush()
    return described(row) | verdict_of(findings)


def review(uow: UnitOfWork, definition_id: UUID, verdict: str, note: str) -> dict[str, Any]:
    """A second person's look at a draft: approved, or returned with a note. The latest one counts.

    Raises:
        Forbidden, NotFound, DefinitionStateConflict.
        OwnReview: who stored the draft can't review it.
        Invalid: no such verdict, or a return without a note.
    """
    _need(uow, UseCase.DEFINITION_REVIEW)
    uow.tell_time()
    row = _draft_row(uow, definition_id)
    if verdict not in VERDICTS:
        raise not_one_of("verdict", VERDICTS)
    if verdict == RETURNED and not note.strip():
        raise Invalid(detail="note", fields={"note": ["required"]})
    if _is_author(uow, row):
        raise OwnReview(id=definition_id)
    row.reviewed_by, row.reviewed_at, row.review, row.review_note = uow.actor.id, uow.now, verdict, note
    return described(row)


def publish(
    uow: UnitOfWork, handlers: HandlerRegistry, definition_id: UUID, effective_on: date | None = None
) -> dict[str, Any]:
    """Publish a draft as the item's next version, after a last lint and a trial in a bounded child process.

    Two people stand behind what is published: who stored it, and who reviewed it. Whoever publishes a draft of somebody else's
    that nobody has reviewed reviews it by that. From `effective_on` (today when it is left out) new cases start on it.

    Raises:
        Forbidden, NotFound, DefinitionStateConflict, NotDeployable.
        NotReviewed: the author would publish what nobody else has approved, or it was returned.
        EffectiveDayInvalid: the day has passed.
        ItemNotPublished: no published item stands behind it, or it has ended (清单之外无权力).
    """
    _need(uow, UseCase.DEFINITION_PUBLISH)
    # One publisher at a time: version numbers are gap-free, and the one before is superseded in the same transaction.
    uow.connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('onewindow.publish'))"))
    uow.tell_time()
    row = _draft_row(uow, definition_id)
    today = day_of(uow.now)
    if effective_on is not None and effective_on < today:
        raise EffectiveDayPassed(day=effective_on, today=today, fields={"effective_on": [f"≥ {today}"]})
    if not uow.connection.scalar(_ITEM_PUBLISHED, {"item": row.item, "ended": ENDED_BY}):
        told = {"detail": row.item, "detail_zh": "", "detail_en": "", "fields": {"item": ["not published"]}}
        raise ItemNotPublished(item=row.item, **told)
    findings = with_fixes(row.bpmn, findings_of(read(row.bpmn), handlers, row.item_data, in_texts(row.linked)))
    errors = [finding for finding in findings if finding.severity == "error"] or _trial(row.bpmn)
    if errors:
        said = [finding.in_both_languages() for finding in findings] or [
            finding.in_both_languages() for finding in errors
        ]
        raise NotDeployable(count=len(errors), first_zh=errors[0].message, first_en=errors[0].message_en, findings=said)
    _check_review(uow, row)
    newest = uow.session.scalar(select(func.max(Definition.version)).where(Definition.item == row.item))
    item = uow.session.get(ItemRow, row.item)
    if item is not None:
        row.item_data = item.data  # as it stands now, not when the draft was stored
    row.version, row.effective_on = (newest or 0) + 1, effective_on or today
    row.published_by, row.published_at, row.state = uow.actor.id, uow.now, "scheduled"
    uow.session.flush()
    if row.effective_on <= today:
        _put_into_effect(uow, row)
    return described(row) | verdict_of(findings)


def put_into_effect(uow: UnitOfWork) -> int:
    """Let versions whose day has come take the place of those before; answers how many did. The sweep asks it."""
    today = day_of(uow.tell_time())
    due = select(Definition).where(Definition.state == "scheduled", Definition.effective_on <= today)
    rows = uow.session.scalars(
        due.order_by(Definition.item, Definition.version).with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        _put_into_effect(uow, row)
    return len(rows)


def _put_into_effect(uow: UnitOfWork, row: Definition) -> None:
    before = (Definition.state.in_(("published", "scheduled")), Definition.version < row.version)
    uow.session.execute(update(Definition).where(Definition.item == row.item, *before).values(state="superseded"))
    row.state = "published"
    uow.session.execute(update(ItemRow).where(ItemRow.code == row.item).values(active_definition_id=row.id))
    uow.session.flush()


def _draft_row(uow: UnitOfWork, definition_id: UUID) -> Definition:
    row = uow.session.get(Definition, definition_id)
    if row is None:
        raise NotFound(what="definition", id=definition_id)
    if row.state != "draft":
        raise DefinitionStateConflict(id=definition_id, state=row.state)
    return row


def _is_author(uow: UnitOfWork, row: Definition) -> bool:
    return bool(uow.actor.kind == "officer" and row.created_by == uow.actor.id)


def _check_review(uow: UnitOfWork, row: Definition) -> None:
    if row.review == RETURNED:
        raise NotReviewed(id=row.id)
    if row.review is None:
        if _is_author(uow, row):
            raise NotReviewed(id=row.id)
        row.reviewed_by, row.reviewed_at, row.review, row.review_note = uow.actor.id, uow.now, APPROVED, ""


def described(row: Definition) -> dict[str, Any]:
    """A definition as answers tell it, without what lint says."""
    return {
        "id": str(row.id),
        "item": row.item,
        "state": row.state,
        "version": row.version,
        "sha256": row.sha256.hex(),
        "created_by": row.created_by,
        "created_at": told(row.created_at),
        "review": row.review,
        "reviewed_by": row.reviewed_by,
        "reviewed_at": told(row.reviewed_at),
        "review_note": row.review_note,
        "published_by": row.published_by,
        "published_at": told(row.published_at),
        "effective_on": row.effective_on.isoformat() if row.effective_on else None,
    }


def told(at: datetime | None) -> str | None:
    """An instant for people: China time, with its offset."""
    return at.astimezone(CST).isoformat(timespec="seconds") if at else None


def load_item(uow: UnitOfWork, data: dict[str, Any]) -> ServiceItem:
    """Add a service item to the catalogue, or renew it, from its `item.json`. Raises ItemInvalid."""
    item = item_from_data(data)
    row = uow.session.get(ItemRow, item.code)
    if row is None:
        row = ItemRow(code=item.code, name=item.name, name_en=item.name_en, data=data, active_definition_id=None)
        uow.session.add(row)
    row.name, row.name_en, row.data = item.name, item.name_en, data
    uow.session.flush()
    return item


def published_as(uow: UnitOfWork, item: str, bpmn: bytes, library: Library = nothing) -> dict[str, Any] | None:
    """The published version of an item if it is this very diagram, byte for byte, with all that it links."""
    same = select(Definition).where(Definition.item == item, Definition.state == "published")
    row = uow.session.scalars(same.where(Definition.sha256 == hashlib.sha256(bpmn).digest())).one_or_none()
    if row is None or row.linked != frozen(read(bpmn), bpmn, library):
        return None
    return {"id": str(row.id), "item": item, "state": row.state, "version": row.version}


def _item(uow: UnitOfWork, draft: Draft) -> dict[str, Any]:
    if draft.item_data is not None:
        _need(uow, UseCase.ITEM_STORE)
        if load_item(uow, draft.item_data).code != draft.item:
            raise Invalid(detail="item", fields={"item": ["is not the code of item_data"]})
    # A draft needs no item of the catalogue; publishing does.
    row = uow.session.get(ItemRow, draft.item)
    return row.data if row is not None else {}


def verdict_of(findings: list[Finding]) -> dict[str, Any]:
    """What lint says, as answers tell it."""
    return {"deployable": deployable(findings), "findings": [finding.in_both_languages() for finding in findings]}


def _trial(bpmn: bytes) -> list[Finding]:
    reason = tried(bpmn)
    if reason is None:
        return []
    zh, en = f"流程试运行失败：{reason}", f"the trial run failed: {reason}"
    advice = ("请检查循环、汇聚和子流程。", "Check loops, joins and sub-processes.")
    return [Finding("trial-run", "error", None, None, 0, zh, en, *advice)]


def _unknown_here(diagram: Diagram, handlers: HandlerRegistry) -> list[Finding]:
    found = []
    for node in executable_process(diagram).nodes if diagram.processes else ():
        handler = (node.extension("service") or {}).get("handler")
        if handler and handler not in handlers.names():
            zh, en = f"处理程序“{handler}”未注册。", f"The handler “{handler}” is not registered."
            known = "、".join(sorted(handlers.names()))
            advice = (f"可用的处理程序：{known}。", f"Known handlers: {known}.")
            found.append(Finding("handler-unknown", "error", node.id, node.name, node.line, zh, en, *advice))
        unit = (node.extension("timeLimit") or {}).get("unit")
        if unit and unit not in list(Unit):
            zh, en = f"时限单位“{unit}”暂不支持。", f"Limits in “{unit}” are not supported yet."
            advice = ("请使用 working-day 或 calendar-day。", "Use working-day or calendar-day.")
            found.append(Finding("limit-unit-unsupported", "error", node.id, node.name, node.line, zh, en, *advice))
    return found


def _need(uow: UnitOfWork, use: UseCase) -> None:
    if not uow.actor.may(use.value.permission):
        raise Forbidden(permission=use.value.permission)
