"""Drafts and published versions of an item's diagram. Publishing gives the next number; running cases keep theirs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update

from engine.bpmn.compile import executable_process
from engine.bpmn.linked import Library, frozen, nothing
from engine.bpmn.read import read
from engine.catalogue.catalogue import ENDED, OPERATIONS
from engine.catalogue.items import ServiceItem, item_from_data
from engine.catalogue.models import ItemRow
from engine.catalogue.offer import ItemNotPublished
from engine.clock import CST, day_of
from engine.definitions.models import Definition
from engine.errors import ApprovalError, Conflict, Forbidden, Invalid, NotFound, not_one_of
from engine.organization.actor import Actor
from engine.organization.permissions import UseCase
from engine.store.base import new_id
from engine.unit_of_work import UnitOfWork

STATES_ZH = {"draft": "草稿", "scheduled": "待生效", "published": "已发布", "superseded": "已停用"}


class NotDeployable(ApprovalError):
    """The diagram has findings of severity error; `findings` says all of them."""

    code = "definition-not-deployable"
    status = 422
    zh = "流程图有 {count} 处错误，不能发布：{first_zh}。请按检查结果（findings）逐条修改。"
    en = "The diagram has {count} errors and can't be published: {first_en}. Mend each of its findings."


class DefinitionStateConflict(Conflict):
    """Only a draft can be published."""

    code = "definition-state-conflict"
    zh = "流程定义 {id} 当前为“{state_zh}”，只有草稿可以审核和发布。"
    en = "Definition {id} is {state}: only a draft can be reviewed and published."

    def __init__(self, state: str, **params: Any) -> None:
        super().__init__(state=state, state_zh=STATES_ZH[state], **params)


class NotScheduled(Conflict):
    """Only a version that waits for its day can be taken back. Params: id, state."""

    code = "definition-not-scheduled"
    zh = "流程定义 {id} 当前为“{state_zh}”，只有尚未生效的版本可以撤回。已生效的版本请发布新版本取代。"
    en = "Definition {id} is {state}: only a version that waits for its day can be taken back. Publish a new one instead."

    def __init__(self, state: str, **params: Any) -> None:
        super().__init__(state=state, state_zh=STATES_ZH[state], **params)


_ONE_PUBLISHER = text("SELECT pg_advisory_xact_lock(hashtext('onewindow.publish'))")
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
    """Nobody else has approved the draft, or it was returned. Params: id, stands_zh, stands_en."""

    code = "definition-not-reviewed"
    zh = "流程草稿 {id} {stands_zh}，不能发布。请另一名流程设计人员审核，或由其直接发布。"
    en = "Draft {id} {stands_en}, so it can't be published: ask another designer to approve it, or to publish it."


#: What stands in the way of publishing a diagram whose item is not published, and what to do about it.
_NO_ITEM = {
    "so_zh": "清单之外无权力，其流程不能发布。请先在“事项目录”中编制、审核并发布该事项，或核对流程图中 ow:item 的事项编码。",
    "so_en": (
        "there is no power outside the list, so its process can't be published. Have the item drafted, reviewed and published in "
        "the catalogue first, or check the code in the diagram's ow:item."
    ),
}


class EffectiveDayTooFar(Invalid):
    """A version may wait for its day for two years at most. Params: day, last."""

    code = "effective-day-too-far"
    zh = "生效日期 {day} 过远，最晚为 {last}（两年内）。请改为更早的日期；更晚才生效的版本请届时再发布。"
    en = (
        "{day} is too far away: the last day is {last}, two years from now. Choose an earlier one, or publish it later."
    )


class EffectiveDayPassed(Invalid):
    """A version can't take effect before today. Params: day, today."""

    code = "effective-day-passed"
    zh = "生效日期 {day} 早于今天（{today}），请改为今天或以后的日期。"
    en = "{day} is before today ({today}), so nothing can take effect on it: choose today or a later day."


FARTHEST = timedelta(days=2 * 365)  #: from its publication to the day on which a version takes effect
APPROVED, RETURNED = VERDICTS = ("approved", "returned")


@dataclass(frozen=True, slots=True)
class Draft:
    """A diagram for an item; `item_data` adds an item that the catalogue does not have yet (administrators)."""

    item: str
    bpmn: bytes
    item_data: dict[str, Any] | None = None
    scenarios: tuple[dict[str, Any], ...] = ()  #: stories that are played before it is published


#: What was judged of a diagram: `readable`, `deployable`, `findings` in both languages (`DiagramsDoor.judged`).
Judged = Mapping[str, Any]


def item_of(bpmn: bytes, otherwise: str) -> str:
    """The item that a diagram names, else its process's id, else `otherwise`. Raises UnreadableDiagram."""
    diagram = read(bpmn)
    if not diagram.processes:
        return otherwise
    process = executable_process(diagram)
    for said in process.extensions.get("item", ()):
        return str(said["code"])
    return str(process.id or otherwise)


def may_store(actor: Actor, draft: Draft) -> None:
    """Raise Forbidden unless somebody may store such a draft: who may add to the catalogue may bring the diagram along."""
    use = UseCase.DEFINITION_STORE if draft.item_data is None else UseCase.ITEM_STORE
    if not actor.may(use.value.permission):
        raise Forbidden(permission=use.value.permission)


def item_data_of(uow: UnitOfWork, item: str) -> dict[str, Any]:
    """An item as the catalogue's draft has it; empty for one that it does not have."""
    row = uow.session.get(ItemRow, item)
    return row.data if row is not None else {}


def kept_before(uow: UnitOfWork, item: str, before: UUID | None = None) -> Mapping[str, str]:
    """The files of what a draft's predecessor links, by process id. Raises NotFound for a `before` that there is not.

    The predecessor is the definition `before`, which it was drawn over, else the item's published version, else its newest draft.
    """
    if before is not None:
        row = uow.session.get(Definition, before)
        if row is None:
            raise NotFound(what="definition", id=before)
        return row.linked
    asked = select(Definition.linked).where(Definition.item == item)
    asked = asked.order_by((Definition.state == "published").desc(), Definition.created_at.desc(), Definition.id.desc())
    return uow.session.scalar(asked.limit(1)) or {}


def store_draft(uow: UnitOfWork, judged: Judged, draft: Draft, library: Library = nothing) -> dict[str, Any]:
    """Store a draft with its findings. What can't be read is refused; what has errors may be stored, not published.

    What it links and does not hold itself is taken from the library now: what is reviewed is what will run.

    Raises:
        Forbidden, UnreadableDiagram, Invalid.
    """
    may_store(uow.actor, draft)
    diagram = read(draft.bpmn)
    uow.tell_time()
    item = _item(uow, draft)
    row = Definition(
        id=new_id(),
        item=draft.item,
        item_data=item,
        version=None,
        state="draft",
        bpmn=draft.bpmn,
        sha256=hashlib.sha256(draft.bpmn).digest(),
        findings={"findings": judged["findings"]},
        scenarios=list(draft.scenarios),
        linked=frozen(diagram, draft.bpmn, library),
        created_by=uow.actor.id,
        created_at=uow.now,
    )
    uow.session.add(row)
    uow.session.flush()
    return described(row) | verdict_of(judged)


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


def publishable(uow: UnitOfWork, definition_id: UUID, effective_on: date | None = None) -> Definition:
    """The draft, if nothing but its diagram and its review can stand in the way of its being published.

    Raises:
        Forbidden, NotFound, DefinitionStateConflict, EffectiveDayPassed, EffectiveDayTooFar.
        ItemNotPublished: no published item stands behind it, or it has ended (清单之外无权力).
    """
    _need(uow, UseCase.DEFINITION_PUBLISH)
    uow.tell_time()
    row = _draft_row(uow, definition_id)
    today = day_of(uow.now)
    if effective_on is not None and effective_on < today:
        raise EffectiveDayPassed(day=effective_on, today=today, fields={"effective_on": [f"≥ {today}"]})
    if effective_on is not None and effective_on > today + FARTHEST:
        last = today + FARTHEST
        raise EffectiveDayTooFar(day=effective_on, last=last, fields={"effective_on": [f"≤ {last}"]})
    if not uow.connection.scalar(_ITEM_PUBLISHED, {"item": row.item, "ended": ENDED_BY}):
        raise ItemNotPublished(item=row.item, detail=row.item, fields={"item": ["not published"]}, **_NO_ITEM)
    return row


def is_reviewed(uow: UnitOfWork, row: Definition) -> bool:
    """Whether somebody else has approved a draft, or does so by publishing it."""
    return row.review == APPROVED or (row.review is None and not _is_author(uow, row))


def not_reviewed(row: Definition) -> NotReviewed:
    """Why a draft that is not reviewed is not: nobody has looked yet, or who has looked returned it."""
    if row.review == RETURNED:
        zh = f"已被 {row.reviewed_by} 退回（“{row.review_note}”），请按意见修改后另存为新的草稿；未经重新审核通过"
        en = (
            f"was returned by {row.reviewed_by} (“{row.review_note}”): change it as the note says and store it as a new draft; "
            "it is not approved"
        )
        return NotReviewed(id=row.id, stands_zh=zh, stands_en=en)
    return NotReviewed(id=row.id, stands_zh="尚未由他人审核通过", stands_en="was not approved by somebody else")


def check_findings(judged: Judged) -> None:
    """Raise NotDeployable when a diagram has errors."""
    errors = [finding for finding in judged["findings"] if finding["severity"] == "error"]
    if errors:
        first = {"first_zh": errors[0]["message"], "first_en": errors[0]["message_en"]}
        raise NotDeployable(count=len(errors), **first, findings=judged["findings"])


def publish(
    uow: UnitOfWork,
    judged: Judged,
    definition_id: UUID,
    effective_on: date | None = None,
    played: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Publish a draft as the item's next version. `judged`: its diagram, now; `played`: how its scenarios went.

    Two people stand behind what is published: who stored it, and who reviewed it. Whoever publishes a draft of somebody else's
    that nobody has reviewed reviews it by that. From `effective_on` (today when it is left out) new cases start on it.

    Raises:
        NotDeployable, and what `publishable` raises.
        NotReviewed: the author would publish what nobody else has approved, or it was returned.
    """
    _need(uow, UseCase.DEFINITION_PUBLISH)
    # One publisher at a time: version numbers are gap-free, and the one before is superseded in the same transaction.
    uow.connection.execute(_ONE_PUBLISHER)
    row = publishable(uow, definition_id, effective_on)
    check_findings(judged)
    if not is_reviewed(uow, row):
        raise not_reviewed(row)
    today = day_of(uow.now)
    if row.review is None:
        row.reviewed_by, row.reviewed_at, row.review, row.review_note = uow.actor.id, uow.now, APPROVED, ""
    newest = uow.session.scalar(select(func.max(Definition.version)).where(Definition.item == row.item))
    item = uow.session.get(ItemRow, row.item)
    if item is not None:
        row.item_data = item.data  # as it stands now, not when the draft was stored
    row.version, row.effective_on = (newest or 0) + 1, effective_on or today
    row.findings, row.played = {"findings": judged["findings"]}, played
    row.published_by, row.published_at, row.state = uow.actor.id, uow.now, "scheduled"
    uow.session.flush()
    passed_over = overtaken(uow, row, row.effective_on)
    if row.effective_on <= today:
        _put_into_effect(uow, row)
    return described(row) | verdict_of(judged) | {"overtakes": passed_over}


def withdraw(uow: UnitOfWork, definition_id: UUID) -> dict[str, Any]:
    """Take back a version that has not taken effect: it keeps its number and never comes into effect.

    Raises:
        Forbidden, NotFound.
        NotScheduled: it is a draft, or its day has come.
    """
    _need(uow, UseCase.DEFINITION_PUBLISH)
    uow.connection.execute(_ONE_PUBLISHER)
    uow.tell_time()
    row = uow.session.get(Definition, definition_id, with_for_update=True)
    if row is None:
        raise NotFound(what="definition", id=definition_id)
    if row.state != "scheduled" or (row.effective_on is not None and row.effective_on <= day_of(uow.now)):
        raise NotScheduled(id=definition_id, state=row.state)
    row.state, row.effective_on = "superseded", None
    uow.session.flush()
    return described(row)


def overtaken(uow: UnitOfWork, row: Definition, effective_on: date) -> list[dict[str, Any]]:
    """The versions that wait for a day on which a new one, effective from `effective_on`, is there already: they never are."""
    waiting = select(Definition).where(
        Definition.item == row.item, Definition.state == "scheduled", Definition.id != row.id
    )
    later = waiting.where(Definition.effective_on >= effective_on).order_by(Definition.version)
    return [{"version": one.version, "effective_on": str(one.effective_on)} for one in uow.session.scalars(later)]


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
    before = (Definition.item == row.item, Definition.version < row.version)
    waits = (Definition.state == "scheduled", Definition.effective_on >= row.effective_on)  # it never takes effect
    uow.session.execute(update(Definition).where(*before, *waits).values(effective_on=None))
    known = Definition.state.in_(("published", "scheduled"))
    uow.session.execute(update(Definition).where(*before, known).values(state="superseded"))
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
    return item_data_of(uow, draft.item)


def verdict_of(judged: Judged) -> dict[str, Any]:
    """What lint says, as answers tell it."""
    return {"deployable": judged["deployable"], "findings": judged["findings"]}


def _need(uow: UnitOfWork, use: UseCase) -> None:
    if not uow.actor.may(use.value.permission):
        raise Forbidden(permission=use.value.permission)
