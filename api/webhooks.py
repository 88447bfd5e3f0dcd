"""`/webhooks`: the event feed, brought to a client's own address; signed, tried again, replayed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import ValidationError, fields, validates_schema

from api.caller import actor, engine, once
from api.clients import Empty
from api.http_errors import both
from api.resource import PREFIX, Resource, answer
from api.shapes import Messages, Shape, Text, Whole
from engine.errors import NotFound
from engine.webhooks.receiver import MOST_URL
from engine.webhooks.subscriptions import NewWebhook

webhooks = Resource("webhooks", __name__, "Webhooks")

MOST_KINDS, MOST_REPLAYED = 20, 1000
MOST_POSITION = 999_999_999_999
_NUMBER = both(f"须为 0 至 {MOST_POSITION} 的整数", f"must be a whole number from 0 to {MOST_POSITION}")
_LIST: Messages = {"invalid": both("须为列表", "must be a list"), "null": both("不能为 null", "may not be null")}
_KIND = both("不能含逗号", "may not hold a comma")


def _kinds(values: list[str]) -> None:
    if len(values) > MOST_KINDS:
        raise ValidationError(both(f"不能超过 {MOST_KINDS} 个", f"may not be over {MOST_KINDS}"))
    if any("," in value for value in values):
        raise ValidationError(_KIND)


def _positions(values: list[int]) -> None:
    if not 1 <= len(values) <= MOST_REPLAYED:
        raise ValidationError(both(f"须为 1 至 {MOST_REPLAYED} 个", f"must be 1 to {MOST_REPLAYED}"))


def _position(value: int) -> None:
    if not 0 <= value <= MOST_POSITION:
        raise ValidationError(_NUMBER)


def position(**options: Any) -> fields.Integer:
    """A position of the feed."""
    return fields.Integer(
        strict=True,
        validate=_position,
        metadata={"minimum": 0, "maximum": MOST_POSITION},
        error_messages={"invalid": _NUMBER, "null": _LIST["null"]},
        **options,
    )


class NewWebhookShape(Shape):
    """A subscription to be made: `kinds` of events (all), `after` which position of the feed (from now on)."""

    url = Text(MOST_URL, required=True)
    kinds = fields.List(
        Text(100), load_default=[], validate=_kinds, error_messages=_LIST, metadata={"maxItems": MOST_KINDS}
    )
    after = position()


class WebhookView(Shape):
    """A subscription. `state`: active, failing (the receiver can't be reached), full (so much waits that it stands still)."""

    id = fields.String()
    url = fields.String()
    kinds = fields.List(fields.String())
    state = fields.String()
    position = fields.Integer()
    delivered = fields.Integer()
    waiting = fields.Integer()
    dead = fields.Integer()
    failures = fields.Integer()
    last_error = fields.String(allow_none=True)
    next_try_at = fields.DateTime(allow_none=True)
    rotation = fields.Integer()
    previous_secret_until = fields.DateTime(allow_none=True)
    created_at = fields.DateTime()


class WebhookWithSecret(WebhookView):
    """A subscription with the secret that signs its deliveries."""

    secret = fields.String()


class Webhooks(Shape):
    """The client's subscriptions; there are few."""

    items = fields.List(fields.Nested(WebhookView))


class Ended(Shape):
    """The subscription is over."""

    deleted = fields.Boolean()


class WhichDeliveries(Shape):
    """Which deliveries: `state` waiting or dead."""

    state = Text(20, values=("waiting", "dead"))
    limit = Whole(1, 200, load_default=50)
    cursor = Whole(0, 999_999_999, load_default=0)


class WebhookDeliveryRow(Shape):
    """An event that was not delivered yet."""

    position = fields.Integer()
    state = fields.String()
    kind = fields.String()
    case = fields.String()
    seq = fields.Integer()
    tries = fields.Integer()
    failing_since = fields.DateTime(allow_none=True)
    next_try_at = fields.DateTime(allow_none=True)
    last_error = fields.String(allow_none=True)


class WebhookDeliveryPage(Shape):
    """A page of deliveries; `next_cursor` asks for the next one, null at the end."""

    items = fields.List(fields.Nested(WebhookDeliveryRow))
    next_cursor = fields.String(allow_none=True)


class WebhookReplay(Shape):
    """What is delivered again: all `after` a position, the dead letters at `positions`, or, with neither, all dead letters."""

    after = position()
    positions = fields.List(
        position(), validate=_positions, error_messages=_LIST, metadata={"minItems": 1, "maxItems": MOST_REPLAYED}
    )

    @validates_schema
    def _one(self, data: dict[str, Any], **_: Any) -> None:
        if "after" in data and "positions" in data:
            raise ValidationError(both("不能与 after 同时使用", "does not go with after"), "positions")


@webhooks.serve("GET", "/webhooks", gives=(200, Webhooks))
def list_webhooks() -> Response:
    """The client's subscriptions"""
    return answer(engine().webhooks.list(actor()))


@webhooks.serve("POST", "/webhooks", takes=NewWebhookShape(), gives=(201, WebhookWithSecret))
def create_webhook(asked: dict[str, Any]) -> Response:
    """Have events brought to an address: the secret is in this answer, and nowhere else afterwards"""
    new = NewWebhook(asked["url"], tuple(asked["kinds"]), asked.get("after"))
    made = engine().webhooks.create(actor(), new, once(asked))
    return answer(made, 201, Location=f"{PREFIX}/webhooks/{made['id']}", Cache_Control="no-store")


@webhooks.serve("GET", "/webhooks/<webhook>", gives=(200, WebhookView))
def show_webhook(webhook: str) -> Response:
    """One subscription, and how it is doing"""
    return answer(engine().webhooks.show(actor(), _id_of(webhook)))


@webhooks.serve("DELETE", "/webhooks/<webhook>", gives=(200, Ended))
def end_webhook(webhook: str) -> Response:
    """End a subscription, with all that waits for it"""
    engine().webhooks.end(actor(), _id_of(webhook))
    return answer({"deleted": True})


@webhooks.serve("POST", "/webhooks/<webhook>/secret", takes=Empty(), gives=(200, WebhookWithSecret))
def rotate_secret(asked: dict[str, Any], webhook: str) -> Response:
    """Give a subscription a new secret; the old one signs, too, for another day"""
    made = engine().webhooks.rotate(actor(), _id_of(webhook), once(asked))
    return answer(made, Cache_Control="no-store")


@webhooks.serve(
    "GET", "/webhooks/<webhook>/deliveries", takes=WhichDeliveries(), location="query", gives=(200, WebhookDeliveryPage)
)
def list_deliveries(asked: dict[str, Any], webhook: str) -> Response:
    """What waits to be delivered, and the dead letters"""
    door, which = engine().webhooks, _id_of(webhook)
    return answer(door.deliveries(actor(), which, asked.get("state"), asked["cursor"], asked["limit"]))


@webhooks.serve("POST", "/webhooks/<webhook>/replay", takes=WebhookReplay(), gives=(200, WebhookView))
def replay(asked: dict[str, Any], webhook: str) -> Response:
    """Deliver again: what came after a position, or dead letters"""
    kept = once(asked)
    positions = tuple(asked["positions"]) if "positions" in asked else None
    return answer(engine().webhooks.replay(actor(), _id_of(webhook), asked.get("after"), positions, kept))


def _id_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(what="webhook", id=text[:80]) from None
