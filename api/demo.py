"""`/demo/clock`: the demonstration's clock. Mounted in demonstration mode only, which listens on this machine alone."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import ValidationError, fields, validate, validates_schema

from api.caller import engine
from api.http_errors import both
from api.resource import Resource, answer
from api.shapes import Shape, Text
from engine.background.demonstration_clock import (
    MOST_UNITS,
    UNITS,
    advance_clock,
    read_instant,
    set_clock,
    show_clock,
)
from web.origin import refuse_foreign

demo = Resource("demo", __name__, "Demonstration", public=True)


class ClockMove(Shape):
    """How the clock is moved: `set` to an instant, or `advance` by a number of `unit`s."""

    set = Text(40)
    advance = fields.Integer(
        strict=True,
        validate=validate.Range(
            1, MOST_UNITS, error=both(f"须为 1 至 {MOST_UNITS}", f"must be from 1 to {MOST_UNITS}")
        ),
        metadata={"minimum": 1, "maximum": MOST_UNITS},
        error_messages={"invalid": both("须为整数", "must be a whole number")},
    )
    unit = Text(20, values=UNITS, load_default="working-day")

    @validates_schema
    def _one(self, data: dict[str, Any], **_: Any) -> None:
        if ("set" in data) == ("advance" in data):
            raise ValidationError(both("set 与 advance 须且只能给出一个", "takes one of set and advance"), "set")


class Clock(Shape):
    """Where the clock stands. After a move: from where it came, and how many due things it met on the way."""

    now = fields.DateTime()
    offset_seconds = fields.Integer()
    working_day = fields.Boolean()
    next_due = fields.DateTime(allow_none=True)
    moved_from = fields.DateTime(allow_none=True)
    stops = fields.Integer()


demo.before_request(refuse_foreign)


@demo.serve("GET", "/demo/clock", gives=(200, Clock))
def show() -> Response:
    """Where the demonstration's clock stands"""
    return answer(show_clock(engine()).as_data(), Cache_Control="no-store")


@demo.serve("POST", "/demo/clock", takes=ClockMove(), gives=(200, Clock))
def move(asked: dict[str, Any]) -> Response:
    """Move the demonstration's clock forward; what comes due on the way happens at its own instant"""
    if "set" in asked:
        state = set_clock(engine(), read_instant(asked["set"]))
    else:
        state = advance_clock(engine(), asked["advance"], asked["unit"])
    return answer(state.as_data(), Cache_Control="no-store")
