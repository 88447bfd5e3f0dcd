"""`/cards` and `/lights`: what limits that passed cost, what their departments say to it, and how open tasks stand."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from api.caller import actor, engine, once
from api.resource import Resource, answer
from api.shapes import Shape, Text, Whole, split
from engine.supervision.cards import COLOURS, MOST_WORDS, CardQuery
from engine.supervision.lights import BY

cards = Resource("cards", __name__, "Cards and lights")


class WhichCards(Shape):
    """Which cards; all of it narrows down. `state` may be repeated."""

    state = fields.List(Text(200))
    colour = Text(10, values=COLOURS)
    case = Text(60)
    node = Text(100)
    officer = Text(100)
    department = Text(100)
    region = Text(20)
    cursor = Text(200)
    limit = Whole(1, 200, load_default=50)


class CardView(Shape):
    """A card: what passed, whose it is, and what was said to it."""

    id = fields.String()
    case = fields.String()
    task = fields.String(allow_none=True)
    clock = fields.String()
    kind = fields.String()
    rule = fields.String()
    rule_name = fields.String()
    rule_name_en = fields.String()
    colour = fields.String()
    state = fields.String()
    state_name = fields.String()
    state_name_en = fields.String()
    node = fields.String(allow_none=True)
    name = fields.String()
    name_en = fields.String()
    region = fields.String()
    department = fields.String(allow_none=True)
    department_name = fields.String(allow_none=True)
    department_name_en = fields.String(allow_none=True)
    officer = fields.String(allow_none=True)
    officer_name = fields.String(allow_none=True)
    due_at = fields.DateTime()
    opened_at = fields.DateTime()
    acknowledged_at = fields.DateTime(allow_none=True)
    acknowledged_by = fields.String(allow_none=True)
    explained_at = fields.DateTime(allow_none=True)
    explained_by = fields.String(allow_none=True)
    explanation = fields.String(allow_none=True)
    cleared_at = fields.DateTime(allow_none=True)
    cleared_because = fields.String(allow_none=True)
    counted = fields.Boolean()
    demonstration = fields.Boolean()


class CardPage(Shape):
    """Cards, the newest first."""

    items = fields.List(fields.Nested(CardView))
    next_cursor = fields.String(allow_none=True)


class Explanation(Shape):
    """Why it took so long."""

    explanation = Text(MOST_WORDS, required=True)


class Acknowledgement(Shape):
    """A request without a body."""


class WhichLights(Shape):
    """What lights are counted by."""

    by = Text(20, values=tuple(BY), load_default="department")


class LightsView(Shape):
    """How many open tasks are green, yellow and red; the worst first."""

    by = fields.String()
    items = fields.List(fields.Dict())


@cards.serve("GET", "/cards", takes=WhichCards(), location="query", gives=(200, CardPage))
def list_cards(asked: dict[str, Any]) -> Response:
    """The cards of one's departments; a supervisor's, of the region and below"""
    states = split(asked.pop("state", ()))
    return answer(engine().supervision.cards(actor(), CardQuery(states=states, **asked)))


@cards.serve("POST", "/cards/<card>/acknowledge", takes=Acknowledgement(), gives=(200, CardView))
def acknowledge(asked: dict[str, Any], card: str) -> Response:
    """Say that the department has seen a card"""
    return answer(engine().supervision.acknowledge(actor(), card, once(asked)))


@cards.serve("POST", "/cards/<card>/explain", takes=Explanation(), gives=(200, CardView))
def explain(asked: dict[str, Any], card: str) -> Response:
    """Say why; it is cleared when the matter is done, too"""
    return answer(engine().supervision.explain(actor(), card, asked["explanation"], once(asked)))


@cards.serve("GET", "/lights", takes=WhichLights(), location="query", gives=(200, LightsView))
def count_lights(asked: dict[str, Any]) -> Response:
    """How open tasks stand, by node, case, officer, department or region"""
    return answer(engine().supervision.lights(actor(), asked["by"]))
