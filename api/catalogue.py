"""The catalogue for those who keep it: publish items and end them, regions' implementations, drift, power lists."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from api.caller import actor, engine, once
from api.resource import Resource, answer
from api.shapes import Day, Form, Shape, Text
from engine.catalogue.catalogue import OPERATIONS
from engine.catalogue.effects import EFFECTS
from engine.catalogue.publish import Change
from engine.doors.catalogue_office import Folder

catalogue = Resource("catalogue", __name__, "Keeping the catalogue")


class StatementText(Shape):
    """A statement in both languages."""

    zh = Text(1000, required=True)
    en = Text(1000, required=True)


class ItemPublication(Shape):
    """What is done with an item, from when on, what it means for open cases, and what takes its place."""

    operation = Text(20, values=tuple(OPERATIONS), required=True)
    effective_on = Day(load_default=None)
    statement = fields.Nested(StatementText, load_default=None)
    related = fields.List(Text(100), load_default=list)
    effect = Text(20, values=EFFECTS, load_default=EFFECTS[0])
    conclude_by = Day(load_default=None)


class ItemDraft(Shape):
    """An item as its `item.json` states it."""

    item = Form(required=True)


class RegionalDraft(Shape):
    """What a region makes of an item (docs/catalogue.md)."""

    region = Text(20, required=True)
    implementation = Form(required=True)


class Effective(Shape):
    """From when on; today, when nothing is said."""

    effective_on = Day(load_default=None)


class PowerListDraft(Shape):
    """The items of a department's list; all that it decides on, when nothing is said."""

    items = fields.List(Text(100), load_default=None)
    effective_on = Day(load_default=None)


class WhichDrift(Shape):
    """Of one base code or item, of one region."""

    base_code = Text(100, load_default=None)
    region = Text(20, load_default=None)


class ItemKept(Shape):
    """An item as its keepers see it."""

    code = fields.String()
    name = fields.String()
    name_en = fields.String()
    draft = fields.Dict()
    elements = fields.List(fields.Dict())
    complete = fields.Boolean()
    changed = fields.Boolean()
    versions = fields.List(fields.Dict())
    open_cases = fields.Dict()


class Kept(Shape):
    """Every item."""

    items = fields.List(fields.Dict())


class ImplementationView(Shape):
    """A region's implementation with what is wrong with it."""

    item = fields.String()
    region = fields.String()
    version = fields.Integer()
    state = fields.String()
    effective_on = fields.Date(allow_none=True)
    hash = fields.String()
    publishable = fields.Boolean()
    findings = fields.List(fields.Dict())
    implementation = fields.Dict()


class Implementations(Shape):
    """What regions have said of an item."""

    items = fields.List(fields.Nested(ImplementationView))


class Published(Shape):
    """A version that was published."""

    code = fields.String()
    version = fields.Integer()
    operation = fields.String()
    state = fields.String()
    holding = fields.Boolean()
    effective_on = fields.Date()
    statement = fields.Dict()
    effect = fields.String()
    conclude_by = fields.Date(allow_none=True)
    open_cases = fields.Integer()
    related = fields.List(fields.Raw())
    hash = fields.String()
    files = fields.List(fields.Dict())
    published_at = fields.DateTime()


class PowerListView(Shape):
    """A version of a department's power list."""

    department = fields.String()
    version = fields.Integer()
    effective_on = fields.Date()
    items = fields.List(fields.String())
    hash = fields.String()


class Drift(Shape):
    """Where regions differ from the standard."""

    day = fields.Date()
    items = fields.List(fields.Dict())
    count = fields.Integer()


@catalogue.serve("GET", "/catalogue/items", gives=(200, Kept))
def kept_items() -> Response:
    """Every item, published or not"""
    return answer({"items": engine().catalogue_office.items(actor())})


@catalogue.serve("POST", "/catalogue/items", takes=ItemDraft(), gives=(201, ItemKept))
def store_item(asked: dict[str, Any]) -> Response:
    """Store an item's draft; the answer says which of the eight elements are there"""
    return answer(engine().catalogue_office.store_item(actor(), Folder(asked["item"], {}), once(asked)), 201)


@catalogue.serve("GET", "/catalogue/items/<item>", gives=(200, ItemKept))
def kept_item(item: str) -> Response:
    """An item: its draft, its eight elements, its versions"""
    return answer(engine().catalogue_office.item(actor(), item))


@catalogue.serve("POST", "/catalogue/items/<item>/versions", takes=ItemPublication(), gives=(201, Published))
def publish_item(asked: dict[str, Any], item: str) -> Response:
    """Publish, change, split, merge, suspend, resume or cancel an item, from a day on"""
    key = once(asked)
    related, effect = tuple(asked["related"]), (asked["effect"], asked["conclude_by"])
    change = Change(asked["operation"], asked["effective_on"], asked["statement"], related, *effect)
    return answer(engine().catalogue_office.publish_item(actor(), item, change, key), 201)


@catalogue.serve("GET", "/catalogue/items/<item>/implementations", gives=(200, Implementations))
def list_implementations(item: str) -> Response:
    """What regions have said of an item"""
    return answer({"items": engine().catalogue_office.implementations(actor(), item)})


@catalogue.serve(
    "POST", "/catalogue/items/<item>/implementations", takes=RegionalDraft(), gives=(201, ImplementationView)
)
def store_implementation(asked: dict[str, Any], item: str) -> Response:
    """Store what a region makes of an item, with everything that it may not do"""
    office, key = engine().catalogue_office, once(asked)
    return answer(office.store_implementation(actor(), item, asked["region"], asked["implementation"], key), 201)


@catalogue.serve(
    "POST",
    "/catalogue/items/<item>/implementations/<region>/publish",
    takes=Effective(),
    gives=(200, ImplementationView),
)
def publish_implementation(asked: dict[str, Any], item: str, region: str) -> Response:
    """Publish a region's newest draft, from a day on"""
    office, key = engine().catalogue_office, once(asked)
    return answer(office.publish_implementation(actor(), item, region, asked["effective_on"], key))


@catalogue.serve("GET", "/catalogue/drift", takes=WhichDrift(), location="query", gives=(200, Drift))
def drift(asked: dict[str, Any]) -> Response:
    """The regions whose names, granularity or elements differ from the standard"""
    return answer(engine().catalogue_office.drift(actor(), **asked))


@catalogue.serve("POST", "/departments/<department>/power-list", takes=PowerListDraft(), gives=(201, PowerListView))
def publish_power_list(asked: dict[str, Any], department: str) -> Response:
    """Publish the next version of a department's power list"""
    office, key = engine().catalogue_office, once(asked)
    return answer(office.publish_power_list(actor(), department, asked["items"], asked["effective_on"], key), 201)
