"""Subscriptions: made, listed, given a new secret, replayed and ended by the client that they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text, update

from engine.cases.access import need, permit
from engine.cases.progress import instant
from engine.clock import wall_now
from engine.errors import Conflict, NotFound
from engine.organization.permissions import Place, UseCase
from engine.store.base import new_id
from engine.unit_of_work import UnitOfWork
from engine.webhooks.models import Webhook, WebhookDelivery

MOST_WEBHOOKS = 5
#: Rows of a subscription, waiting and dead together: with so many nothing more is taken out of the feed.
MOST_QUEUED = 1000
#: How long the secret before a rotation signs, too.
OVERLAP = timedelta(hours=24)
_LAST = "SELECT coalesce(max(position), 0) AS last FROM feed"


class TooManyWebhooks(Conflict):
    """A client has as many webhooks as one may have."""

    code = "too-many-webhooks"
    zh = "每个客户端最多 {most} 个推送订阅。请先删除不用的订阅。"
    en = "A client has {most} webhooks at most. Delete one that is not used."


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """A subscription to be made: where to, which kinds of events (all), and after which position (from now on)."""

    url: str
    kinds: tuple[str, ...] = ()
    after: int | None = None


def create(uow: UnitOfWork, asked: NewWebhook) -> dict[str, Any]:
    """Make a subscription of the actor's. Raises Forbidden, TooManyWebhooks."""
    need(uow.actor, UseCase.WEBHOOK_MANAGE)
    uow.read(("SELECT pg_advisory_xact_lock(hashtextextended('webhooks ' || %s, 0))", (uow.actor.id,)))
    mine = select(func.count()).select_from(Webhook).where(Webhook.client_id == uow.actor.id)
    if (uow.session.scalar(mine) or 0) >= MOST_WEBHOOKS:
        raise TooManyWebhooks(most=MOST_WEBHOOKS)
    now, last = wall_now(), uow.read((_LAST, None))[0][0]["last"]
    row = Webhook(
        id=new_id(),
        client_id=uow.actor.id,
        url=asked.url,
        kinds=",".join(asked.kinds) or None,
        rotation=0,
        previous_until=None,
        position=last if asked.after is None else min(asked.after, last),
        delivered=0,
        failures=0,
        last_error=None,
        next_try_at=now,
        leased_until=None,
        created_at=now,
    )
    uow.session.add(row)
    return _view(row, {}, now)


def list_all(uow: UnitOfWork) -> list[dict[str, Any]]:
    """The actor's subscriptions, oldest first."""
    need(uow.actor, UseCase.WEBHOOK_MANAGE)
    rows = uow.session.scalars(select(Webhook).where(Webhook.client_id == uow.actor.id).order_by(Webhook.id)).all()
    return [_view(row, _counts(uow, row.id), wall_now()) for row in rows]


def show(uow: UnitOfWork, webhook: UUID) -> dict[str, Any]:
    """One subscription. Raises Forbidden, NotFound."""
    return _view(_mine(uow, webhook), _counts(uow, webhook), wall_now())


def rotate(uow: UnitOfWork, webhook: UUID) -> dict[str, Any]:
    """Give a subscription a new secret; the one before signs for another day. Raises Forbidden, NotFound."""
    row = _mine(uow, webhook, lock=True)
    row.rotation += 1
    row.previous_until = wall_now() + OVERLAP
    return _view(row, _counts(uow, webhook), wall_now())


def end(uow: UnitOfWork, webhook: UUID) -> None:
    """End a subscription with all that waits for it. Raises Forbidden, NotFound."""
    row = _mine(uow, webhook, lock=True)
    uow.session.delete(row)
    uow.session.flush()
    uow.session.execute(delete(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook))


def replay(
    uow: UnitOfWork, webhook: UUID, after: int | None = None, positions: Iterable[int] | None = None
) -> dict[str, Any]:
    """Deliver again: everything after a position of the feed, or dead letters (those named, or all of them).

    Raises:
        Forbidden, NotFound: not the actor's webhook.
    """
    row = _mine(uow, webhook, lock=True)
    now = wall_now()
    if after is not None:
        row.position = min(row.position, after)
    else:
        dead = update(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook, WebhookDelivery.state == "dead")
        if positions is not None:
            dead = dead.where(WebhookDelivery.position.in_(list(positions)))
        uow.session.execute(dead.values(state="waiting", tries=0, failing_since=None, next_try_at=now))
    row.next_try_at, row.failures = now, 0
    uow.session.flush()
    return _view(row, _counts(uow, webhook), now)


def deliveries(uow: UnitOfWork, webhook: UUID, state: str | None, after: int, limit: int) -> list[dict[str, Any]]:
    """What waits and what is dead, in the order of the feed. Raises Forbidden, NotFound."""
    _mine(uow, webhook)
    asked = {"id": webhook, "state": state, "after": after, "limit": limit}
    return [_delivery(row._mapping) for row in uow.connection.execute(_DELIVERIES, asked)]


_DELIVERIES = text(
    "SELECT d.position, d.state, d.tries, d.failing_since, d.next_try_at, d.last_error, f.kind, f.number, f.seq "
    "FROM webhook_deliveries d JOIN feed f ON f.position = d.position WHERE d.webhook_id = :id AND d.position > :after "
    "AND (CAST(:state AS text) IS NULL OR d.state = :state) ORDER BY d.position LIMIT :limit"
)


def _mine(uow: UnitOfWork, webhook: UUID, lock: bool = False) -> Webhook:
    need(uow.actor, UseCase.WEBHOOK_MANAGE)
    found = select(Webhook).where(Webhook.id == webhook)
    row = uow.session.scalar(found.with_for_update() if lock else found)
    place = Place.OWN if row is not None and row.client_id == uow.actor.id else Place.OTHER_REGION
    permit(uow.actor, UseCase.WEBHOOK_MANAGE, place, "webhook", str(webhook))
    if row is None:
        raise NotFound(what="webhook", id=str(webhook))
    return row


def _counts(uow: UnitOfWork, webhook: UUID) -> dict[str, int]:
    counted = select(WebhookDelivery.state, func.count()).where(WebhookDelivery.webhook_id == webhook)
    return {row[0]: row[1] for row in uow.session.execute(counted.group_by(WebhookDelivery.state))}


def _view(row: Webhook, counts: Mapping[str, int], now: datetime) -> dict[str, Any]:
    waiting, dead = counts.get("waiting", 0), counts.get("dead", 0)
    still = row.previous_until is not None and row.previous_until > now
    return {
        "id": str(row.id),
        "url": row.url,
        "kinds": row.kinds.split(",") if row.kinds else [],
        "state": "full" if waiting + dead >= MOST_QUEUED else "failing" if row.failures else "active",
        "position": row.position,
        "delivered": row.delivered,
        "waiting": waiting,
        "dead": dead,
        "failures": row.failures,
        "last_error": row.last_error,
        "next_try_at": instant(row.next_try_at) if row.failures else None,
        "rotation": row.rotation,
        "previous_secret_until": instant(row.previous_until) if still else None,
        "created_at": instant(row.created_at),
    }


def _delivery(row: Any) -> dict[str, Any]:
    return {
        "position": row["position"],
        "state": row["state"],
        "kind": row["kind"],
        "case": row["number"],
        "seq": row["seq"],
        "tries": row["tries"],
        "failing_since": instant(row["failing_since"]),
        "next_try_at": instant(row["next_try_at"]) if row["state"] == "waiting" else None,
        "last_error": row["last_error"],
    }
