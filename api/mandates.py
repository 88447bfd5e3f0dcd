"""`/mandates`: who acts for whom, at which station, for which items, until when (代办委托)."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from api.caller import actor, engine, once
from api.resource import PREFIX, Resource, answer
from api.shapes import Day, Shape, Text, Whole, few
from engine.cases.mandates import NewMandate

mandates = Resource("mandates", __name__, "Mandates")


class Principal(Shape):
    """Who gives the mandate: a name, and a credit code or an identity number."""

    kind = Text(40)
    name = Text(200, required=True)
    credit_code = Text(18)
    id_number = Text(18)


class NewMandateShape(Shape):
    """A mandate to be recorded. Without `items` it is for every item; `evidence` is the signed paper's number or scan."""

    principal = fields.Nested(Principal, required=True)
    agent = Text(100, required=True)
    station = Text(100, required=True)
    items = fields.List(Text(100), allow_none=True, load_default=None, validate=few)
    first_day = Day(required=True)
    last_day = Day(required=True)
    may_promise = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    evidence = Text(500, required=True)


class PrincipalView(Shape):
    """Who gave the mandate; of the number, the ends."""

    name = fields.String()
    number = fields.String()


class MandateView(Shape):
    """A mandate."""

    id = fields.String()
    principal = fields.Nested(PrincipalView)
    agent = fields.String()
    agent_name = fields.String()
    station = fields.String()
    station_name = fields.String(allow_none=True)
    station_name_en = fields.String(allow_none=True)
    region = fields.String()
    items = fields.List(fields.String(), allow_none=True)
    first_day = fields.String(metadata={"format": "date"})
    last_day = fields.String(metadata={"format": "date"})
    may_promise = fields.Boolean()
    evidence = fields.String()
    scan = fields.String(allow_none=True)
    scan_name = fields.String(allow_none=True)
    valid = fields.Boolean()
    revoked_at = fields.String(allow_none=True, metadata={"format": "date-time"})
    revoked_because = fields.String(allow_none=True)


class WhichMandates(Shape):
    """Which page of the mandates; `principal` is a credit code or an identity number."""

    principal = Text(18)
    limit = Whole(1, 200, load_default=50)
    cursor = Text(100)


class MandatePage(Shape):
    """A page of mandates; `next_cursor` asks for the next one, null at the end."""

    items = fields.List(fields.Nested(MandateView))
    next_cursor = fields.String(allow_none=True)


class Revocation(Shape):
    """Why a mandate is ended."""

    reason = Text(1000, blank=True, load_default="")


@mandates.serve("GET", "/mandates", takes=WhichMandates(), location="query", gives=(200, MandatePage))
def list_mandates(asked: dict[str, Any]) -> Response:
    """One's mandates as an agent; at a window, those of its region"""
    return answer(engine().mandates.list(actor(), asked.get("principal"), asked.get("cursor"), asked["limit"]))


@mandates.serve("POST", "/mandates", takes=NewMandateShape(), gives=(201, MandateView))
def record_mandate(asked: dict[str, Any]) -> Response:
    """Record that somebody has an agent act for them"""
    kept = once(asked)
    items = asked.pop("items")
    new = NewMandate(items=None if items is None else tuple(items), **asked)
    made = engine().mandates.record(actor(), new, kept)
    return answer(made, 201, Location=f"{PREFIX}/mandates/{made['id']}")


@mandates.serve("POST", "/mandates/<mandate>/revoke", takes=Revocation(), gives=(200, MandateView))
def revoke_mandate(asked: dict[str, Any], mandate: str) -> Response:
    """End a mandate at once"""
    return answer(engine().mandates.revoke(actor(), mandate, asked["reason"], once(asked)))
