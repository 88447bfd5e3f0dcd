"""Bringing events to a receiver. One worker at a time visits a subscription (a lease says so), and works in short transactions:

1. *lease*: take the subscription, or leave it to whoever has it;
2. *fill*: move its position in the feed forward and put what it passes into the queue, as long as there is room;
3. *call*, outside any transaction: what is due, in the order of the feed. What fails keeps the rest of its case waiting, and no
   other case. A receiver that can't be reached at all, or fails at everything, is left alone for a while as a whole;
4. *give back*.

An event is delivered at least once: a worker that dies between the call and its note calls again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from engine.cases.feed import event_of_row
from engine.errors import Invalid
from engine.organization.actor import Actor
from engine.unit_of_work import Transactions, UnitOfWork
from engine.webhooks.receiver import Addresses, Answer, call, secret_of, signature
from engine.webhooks.subscriptions import MOST_QUEUED

LEASE = timedelta(seconds=120)
VISIT = timedelta(seconds=60)  #: a visit begins no call after so long; one call and the lease have room behind it
MOST_AT_ONCE = 50
#: After so many refusals in a row it is the receiver that fails, not the event.
MOST_REFUSALS = 5
LONGEST_PAUSE = timedelta(minutes=10)  #: for a receiver
LONGEST_WAIT = timedelta(hours=1)  #: for an event
#: An event is a dead letter when it has failed for so long, and so often.
GIVE_UP_AFTER, LEAST_TRIES = timedelta(hours=72), 8
#: A subscription with nothing to do is looked at again after this.
IDLE = timedelta(seconds=1)

_DUE = (
    "SELECT w.id FROM webhooks w JOIN officers o ON o.id = w.client_id AND o.active "
    "WHERE w.next_try_at <= %(now)s AND (w.leased_until IS NULL OR w.leased_until < %(now)s) "
    "AND (w.position < (SELECT coalesce(max(position), 0) FROM feed) OR EXISTS (SELECT 1 FROM webhook_deliveries d "
    "WHERE d.webhook_id = w.id AND d.state = 'waiting' AND d.next_try_at <= %(now)s)) ORDER BY w.next_try_at LIMIT %(most)s"
)
_LEASE = (
    "UPDATE webhooks SET leased_until = %(until)s WHERE id = %(id)s AND (leased_until IS NULL OR leased_until < %(now)s) "
    "RETURNING id, client_id, url, rotation, previous_until, failures"
)
_LOCK = (
    "SELECT w.client_id, w.kinds, w.position, (SELECT count(*) FROM webhook_deliveries d WHERE d.webhook_id = w.id) AS queued, "
    "(SELECT coalesce(max(position), 0) FROM feed) AS last FROM webhooks w WHERE w.id = %(id)s FOR UPDATE OF w"
)
_FILL = (
    "INSERT INTO webhook_deliveries (webhook_id, position, case_id, state, tries, failing_since, next_try_at, last_error) "
    "SELECT %(id)s, f.position, f.case_id, 'waiting', 0, NULL, %(now)s, NULL FROM feed f WHERE f.position > %(position)s "
    "AND f.position <= %(last)s AND f.submitted_by = %(client)s AND (%(kinds)s::text[] IS NULL OR f.kind = ANY(%(kinds)s)) "
    "AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.webhook_id = %(id)s AND d.position = f.position) "
    "ORDER BY f.position LIMIT %(room)s RETURNING position"
)
_SET_POSITION = "UPDATE webhooks SET position = %s WHERE id = %s"
_NEXT = (
    "SELECT d.position AS queued_position, d.tries, d.failing_since, f.position, f.case_id, f.seq, f.kind, f.at, f.number, "
    "f.item, f.region_code, f.external_number, e.payload FROM webhook_deliveries d JOIN feed f ON f.position = d.position "
    "JOIN events e ON e.case_id = f.case_id AND e.seq = f.seq WHERE d.webhook_id = %(id)s AND d.state = 'waiting' "
    "AND NOT EXISTS (SELECT 1 FROM webhook_deliveries b WHERE b.webhook_id = d.webhook_id AND b.case_id = d.case_id "
    "AND b.state = 'waiting' AND b.position <= d.position AND b.next_try_at > %(now)s) "
    "ORDER BY d.position LIMIT %(most)s"
)
_DONE = "DELETE FROM webhook_deliveries WHERE webhook_id = %s AND position = %s"
_COUNT = "UPDATE webhooks SET delivered = delivered + 1, failures = 0, last_error = NULL WHERE id = %s"
_FAILED = (
    "UPDATE webhook_deliveries SET tries = %s, failing_since = %s, next_try_at = %s, last_error = %s, state = %s "
    "WHERE webhook_id = %s AND position = %s"
)
_PAUSE = "UPDATE webhooks SET failures = failures + 1, last_error = %s, next_try_at = %s WHERE id = %s"
_GIVE_BACK = "UPDATE webhooks SET leased_until = NULL, next_try_at = greatest(next_try_at, %s) WHERE id = %s"
log = logging.getLogger("onewindow.webhooks")

Call = Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class Courier:
    """Brings events to receivers. `clock` is wall time; `call` posts one body (both are handed in by tests)."""

    transactions: Transactions
    key: str
    addresses: Addresses
    clock: Callable[[], datetime]
    call: Call = call

    def due(self, most: int = 20) -> list[UUID]:
        """The subscriptions that have something to do now."""
        asked = {"now": self.clock(), "most": most}
        return [row["id"] for row in self._in_short(lambda uow: uow.read((_DUE, asked))[0])]

    def visit(self, webhook: UUID) -> int:
        """Deliver what is due of one subscription; answers how many events its receiver took."""
        now = self.clock()
        lease = {"id": webhook, "now": now, "until": now + LEASE}
        rows = self._in_short(lambda uow: uow.read((_LEASE, lease))[0])
        if not rows:
            return 0
        try:
            return self._deliver(webhook, rows[0], now + VISIT)
        finally:
            self._in_short(lambda uow: uow.write(_GIVE_BACK, (self.clock() + IDLE, webhook)))

    def _deliver(self, webhook: UUID, row: Mapping[str, Any], until: datetime) -> int:
        try:
            parts = self.addresses.check(row["url"])
        except Invalid as refused:
            # The operator has taken the host off the list: nothing is lost, it waits.
            self._pause(webhook, row["failures"], refused.sentence("en")[:200])
            return 0
        taken = refusals = 0
        stuck: set[UUID] = set()
        while events := self._in_short(lambda uow: self._next(uow, webhook)):
            fresh = [event for event in events if event["case_id"] not in stuck]
            if not fresh:
                break
            for event in fresh:
                if self.clock() >= until:
                    return taken
                if event["case_id"] in stuck:
                    continue
                answer = self._post(webhook, row, parts, event)
                if answer.taken:
                    self._in_short(partial(self._done, webhook, event))
                    taken, refusals = taken + 1, 0
                    continue
                stuck.add(event["case_id"])
                refusals += 1
                self._in_short(partial(self._failed, webhook, event, answer))
                if answer.status is None or refusals >= MOST_REFUSALS:
                    self._pause(webhook, 0 if taken else row["failures"], answer.in_short())
                    return taken
        return taken

    def _next(self, uow: UnitOfWork, webhook: UUID) -> list[dict[str, Any]]:
        """Fill the queue from the feed, and answer what is due of it."""
        now = self.clock()
        (locked,) = uow.read((_LOCK, {"id": webhook}))
        if not locked:
            return []
        state = locked[0]
        room = MOST_QUEUED - state["queued"]
        if room > 0 and state["position"] < state["last"]:
            kinds = state["kinds"].split(",") if state["kinds"] else None
            bounds = {
                "position": state["position"],
                "last": state["last"],
                "client": state["client_id"],
                "kinds": kinds,
            }
            (filled,) = uow.read((_FILL, {"id": webhook, "now": now, "room": room, **bounds}))
            # A full batch stopped at its last row; one that is not has passed everything there was.
            reached = max(r["position"] for r in filled) if len(filled) == room else state["last"]
            uow.write(_SET_POSITION, (reached, webhook))
        return uow.read((_NEXT, {"id": webhook, "now": now, "most": MOST_AT_ONCE}))[0]

    def _post(self, webhook: UUID, row: Mapping[str, Any], parts: Any, event: Mapping[str, Any]) -> Answer:
        now = self.clock()
        body = json.dumps(event_of_row(event), ensure_ascii=False, separators=(",", ":")).encode()
        secrets = [secret_of(self.key, webhook, row["rotation"])]
        if row["previous_until"] is not None and row["previous_until"] > now:
            secrets.append(secret_of(self.key, webhook, row["rotation"] - 1))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "OneWindow-Webhooks/1",
            "OneWindow-Webhook": str(webhook),
            "OneWindow-Delivery": f"{webhook}.{event['position']}",
            "OneWindow-Signature": signature(secrets, int(now.timestamp()), body),
        }
        return self.call(parts, body, headers)

    def _done(self, webhook: UUID, event: Mapping[str, Any], uow: UnitOfWork) -> None:
        uow.write(_DONE, (webhook, event["position"]))
        uow.write(_COUNT, (webhook,))

    def _failed(self, webhook: UUID, event: Mapping[str, Any], answer: Answer, uow: UnitOfWork) -> None:
        now, tries = self.clock(), event["tries"] + 1
        since = event["failing_since"] or now
        dead = now - since >= GIVE_UP_AFTER and tries >= LEAST_TRIES
        # Who can't be reached is waited for as a whole; the event itself is due when the receiver is.
        wait = timedelta() if answer.status is None else min(LONGEST_WAIT, timedelta(seconds=5 * 2 ** min(tries, 12)))
        state = "dead" if dead else "waiting"
        uow.write(_FAILED, (tries, since, now + wait, answer.in_short(), state, webhook, event["position"]))
        if dead:
            log.warning("an event became a dead letter", extra={"webhook": str(webhook), "position": event["position"]})

    def _pause(self, webhook: UUID, failures: int, why: str) -> None:
        wait = min(LONGEST_PAUSE, timedelta(seconds=5 * 2 ** min(failures, 12)))
        self._in_short(lambda uow: uow.write(_PAUSE, (why, self.clock() + wait, webhook)))

    def _in_short(self, work: Callable[[UnitOfWork], Any]) -> Any:
        return self.transactions.perform(Actor.job("webhooks"), work)
