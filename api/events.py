"""`/events`: everything that happens to the caller's cases, to be followed from a position on."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from api.caller import actor, engine
from api.resource import Resource, answer
from api.shapes import Shape, Text, Whole
from engine.cases.feed import MOST_EVENTS, FeedQuery

events = Resource("events", __name__, "Events")


class WhichEvents(Shape):
    """What of the feed is asked for. `kind` may be repeated, or hold several with commas."""

    after = Whole(0, 999_999_999, load_default=0)
    limit = Whole(1, MOST_EVENTS, load_default=100)
    kind = fields.List(Text(200))
    case = Text(100)


class EventRow(Shape):
    """An entry of the record of a case. `position` orders the feed, `seq` the case; `data` is by `kind`."""

    position = fields.Integer()
    kind = fields.String()
    case = fields.String()
    external_number = fields.String(allow_none=True)
    item = fields.String()
    region = fields.String()
    seq = fields.Integer()
    at = fields.DateTime()
    data = fields.Dict()


class EventPage(Shape):
    """Events in order; `next_after` is the `after` of the next request, also when there was nothing."""

    items = fields.List(fields.Nested(EventRow))
    next_after = fields.Integer()


@events.serve("GET", "/events", takes=WhichEvents(), location="query", gives=(200, EventPage))
def list_events(asked: dict[str, Any]) -> Response:
    """What happened after a position, in an order that misses nothing"""
    kinds = tuple(kind.strip() for given in asked.pop("kind", ()) for kind in given.split(","))
    return answer(engine().events(actor(), FeedQuery(**asked, kinds=kinds)), Cache_Control="no-store")
