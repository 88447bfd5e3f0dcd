"""The tables of webhooks. Instants are wall time: receivers live in ours, whatever a demonstration's clock says."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.base import Base


class Webhook(Base):
    """A subscription of a client: where its events are brought, and how far it has come in the feed."""

    __tablename__ = "webhooks"
    __table_args__ = (Index("ix_webhooks_client_id", "client_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    client_id: Mapped[str]
    url: Mapped[str]
    kinds: Mapped[str | None]  #: with commas between; NULL for all
    rotation: Mapped[int]  #: how often the secret was changed
    previous_until: Mapped[datetime | None]  #: until when the secret before this one signs, too
    position: Mapped[int]  #: everything up to here is in the queue, or behind it
    delivered: Mapped[int]
    failures: Mapped[int]  #: of the receiver as a whole, in a row
    last_error: Mapped[str | None]
    next_try_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]  #: a worker is at it; after this it died
    created_at: Mapped[datetime]


class WebhookDelivery(Base):
    """An event that waits to be delivered, or is a dead letter. One that was delivered is no row any more."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (Index("ix_webhook_deliveries_case", "webhook_id", "case_id", "position"),)

    webhook_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    case_id: Mapped[uuid.UUID]
    state: Mapped[str]  #: waiting, dead
    tries: Mapped[int]
    failing_since: Mapped[datetime | None]
    next_try_at: Mapped[datetime]
    last_error: Mapped[str | None]
