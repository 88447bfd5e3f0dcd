"""`/cases/{number}/limits`: the limits of a case, as of any instant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response
from marshmallow import fields

from api.caller import actor, engine
from api.resource import Resource, answer
from api.shapes import Instant, Shape

limits = Resource("limits", __name__, "Limits")


class AsOf(Shape):
    """As of which instant; now, when it is left out."""

    at = Instant(load_default=None)


class OneLimit(Shape):
    """The promised or the legal limit. `used` and `remaining` are in its own unit; `due_at` is the first instant after it."""

    granted = fields.Integer()
    unit = fields.String()
    used = fields.Integer()
    remaining = fields.Integer()
    started_at = fields.DateTime()
    stopped_at = fields.DateTime(allow_none=True)
    due_date = fields.Date()
    due_at = fields.DateTime()
    remaining_working_days = fields.Integer()
    state = fields.String()
    light = fields.String()
    provisional = fields.Boolean()
    calendar_version = fields.Integer()


class Move(Shape):
    """Why a date moved: an entry of the ledger, and the due date that it left behind."""

    entry = fields.String()
    kind = fields.String()
    kind_name = fields.String()
    kind_name_en = fields.String()
    ref = fields.Integer(allow_none=True)
    effective_at = fields.DateTime()
    recorded_at = fields.DateTime()
    amount = fields.Integer(allow_none=True)
    unit = fields.String(allow_none=True)
    ground = fields.String(allow_none=True)
    document = fields.String(allow_none=True)
    due_date = fields.Date()


class ClockView(Shape):
    """One clock of a case or of one of its tasks. `due_date`, `light` and so on are the promise's, or the law's without one."""

    clock = fields.String()
    clock_name = fields.String()
    clock_name_en = fields.String()
    task = fields.String(allow_none=True)
    node = fields.String(allow_none=True)
    name = fields.String()
    name_en = fields.String()
    department = fields.String(allow_none=True)
    department_en = fields.String(allow_none=True)
    state = fields.String()
    due_date = fields.Date()
    remaining_working_days = fields.Integer()
    light = fields.String()
    provisional = fields.Boolean()
    promised = fields.Nested(OneLimit, allow_none=True)
    legal = fields.Nested(OneLimit, allow_none=True)
    moves = fields.List(fields.Nested(Move))
    derivation = fields.List(fields.String())
    derivation_en = fields.List(fields.String())


class CaseLimits(Shape):
    """The limits of a case as of an instant."""

    case = fields.String()
    at = fields.DateTime()
    limits = fields.List(fields.Nested(ClockView))


@limits.serve("GET", "/cases/<number>/limits", takes=AsOf(), location="query", gives=(200, CaseLimits))
def show_limits(asked: dict[str, Any], number: str) -> Response:
    """The limits of a case, and why their dates are what they are, as of any instant"""
    at: datetime | None = asked["at"]
    return answer(engine().limits.of_case(actor(), number, at))
