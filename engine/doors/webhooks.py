"""Webhooks as clients use them: each call is one use case in one unit of work. The courier is the worker's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from engine.clock import wall_now
from engine.organization.actor import Actor
from engine.settings import Settings
from engine.unit_of_work import Once, Transactions
from engine.webhooks import subscriptions
from engine.webhooks.deliver import Courier
from engine.webhooks.receiver import Addresses, secret_of
from engine.webhooks.subscriptions import NewWebhook


class WebhooksDoor:
    """Subscriptions of clients, and the courier that serves them."""

    def __init__(self, transactions: Transactions, settings: Settings) -> None:
        self.transactions, self.key = transactions, settings.secret_key
        self.addresses = Addresses(settings.webhook_hosts, settings.demo)
        self.courier = Courier(transactions, self.key, self.addresses, wall_now)

    def create(self, actor: Actor, asked: NewWebhook, once: Once | None = None) -> dict[str, Any]:
        """Make a subscription; its secret is in this answer and in that of a rotation."""
        self.addresses.check(asked.url)
        return self._with_secret(self.transactions.perform(actor, lambda uow: subscriptions.create(uow, asked), once))

    def list(self, actor: Actor) -> dict[str, Any]:
        """The actor's subscriptions."""
        return {"items": self.transactions.perform(actor, subscriptions.list_all)}

    def show(self, actor: Actor, webhook: UUID) -> dict[str, Any]:
        """One subscription."""
        return self.transactions.perform(actor, lambda uow: subscriptions.show(uow, webhook))

    def rotate(self, actor: Actor, webhook: UUID, once: Once | None = None) -> dict[str, Any]:
        """A new secret; both sign for a day."""
        return self._with_secret(self.transactions.perform(actor, lambda uow: subscriptions.rotate(uow, webhook), once))

    def end(self, actor: Actor, webhook: UUID) -> None:
        """End a subscription."""
        self.transactions.perform(actor, lambda uow: subscriptions.end(uow, webhook))

    def replay(
        self,
        actor: Actor,
        webhook: UUID,
        after: int | None = None,
        positions: tuple[int, ...] | None = None,
        once: Once | None = None,
    ) -> dict[str, Any]:
        """Deliver again."""
        work = subscriptions.replay
        return self.transactions.perform(actor, lambda uow: work(uow, webhook, after, positions), once)

    def deliveries(
        self, actor: Actor, webhook: UUID, state: str | None = None, after: int = 0, limit: int = 50
    ) -> dict[str, Any]:
        """A page of what waits and what is dead; `next_cursor` is the `after` of the next page."""
        work = subscriptions.deliveries
        rows = self.transactions.perform(actor, lambda uow: work(uow, webhook, state, after, limit + 1))
        more = str(rows[limit - 1]["position"]) if len(rows) > limit else None
        return {"items": rows[:limit], "next_cursor": more}

    def _with_secret(self, view: dict[str, Any]) -> dict[str, Any]:
        return view | {"secret": secret_of(self.key, UUID(view["id"]), view["rotation"])}
