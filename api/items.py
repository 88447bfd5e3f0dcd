"""`/items`: the catalogue for everybody: browse, search, guide, pre-check, versions, forms to download."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from marshmallow import fields

from api.caller import engine
from api.http_errors import PathNotFound
from api.resource import Resource, answer
from api.shapes import Form, Shape, Text, Whole, split
from engine.doors.catalogue import ItemQuery, read_facets
from engine.errors import Invalid

items = Resource("items", __name__, "The catalogue of items", public=True)
MOST_ANSWER = 200


class WhichItems(Shape):
    """What of the catalogue. `facet` is `name:value` to narrow down, or a bare name for the counts that are wanted."""

    facet = fields.List(Text(200), load_default=())
    q = Text(100, blank=True, load_default="")
    region = Text(20, load_default=None)
    cursor = Text(120, load_default="")
    limit = Whole(1, 200, load_default=50)


class Where(Shape):
    """For which region."""

    region = Text(20, required=True)


class Answers(Shape):
    """The answers to the item's questions, by question."""

    region = Text(20, required=True)
    answers = Form(load_default=dict)


class ItemRow(Shape):
    """An item of the list."""

    code = fields.String()
    base_code = fields.String()
    name = fields.String()
    name_en = fields.String()
    aliases = fields.List(fields.String())
    type_code = fields.String()
    level = fields.String()
    state = fields.String()
    audience = fields.List(fields.String())
    themes = fields.List(fields.String())
    life_events = fields.List(fields.String())
    department = fields.String(allow_none=True)
    department_en = fields.String(allow_none=True)
    promised = fields.Integer()
    legal = fields.Integer()
    unit = fields.String()
    demonstration = fields.Boolean()
    version = fields.Integer()
    hash = fields.String()


class Successor(Shape):
    """An item that took the place of another one."""

    code = fields.String()
    name = fields.String()
    name_en = fields.String()


class MovedItem(Shape):
    """An item that is not handled any more: since when, by what, and what is applied for instead."""

    code = fields.String()
    name = fields.String()
    name_en = fields.String()
    operation = fields.String()
    since = fields.Date()
    statement = fields.Dict()
    related = fields.List(fields.String())
    successors = fields.List(fields.Nested(Successor))


class ItemPage(Shape):
    """Items, how many there are in all, and of each facet its values with how many items each leaves; `moved`: what the search
    finds that is not handled any more."""

    items = fields.List(fields.Nested(ItemRow))
    total = fields.Integer()
    facets = fields.Dict()
    moved = fields.List(fields.Nested(MovedItem))
    next_cursor = fields.String(allow_none=True)


class Guide(Shape):
    """The guide, generated from the published process and the catalogue."""

    code = fields.String()
    name = fields.String()
    region = fields.Dict()
    version = fields.Integer()
    process = fields.Dict()
    limits = fields.Dict()
    steps = fields.List(fields.Dict())
    materials = fields.List(fields.Dict())
    legal_basis = fields.List(fields.Dict())
    fees = fields.List(fields.Dict())
    results = fields.List(fields.Dict())
    visits = fields.Dict()
    online_depth = fields.String()
    ways = fields.Dict()
    regimes = fields.List(fields.Dict())
    hash = fields.String()


class Precheck(Shape):
    """What comes of the answers."""

    code = fields.String()
    eligible = fields.Boolean()
    reasons = fields.List(fields.Dict())
    materials = fields.List(fields.Dict())
    not_needed = fields.List(fields.String())
    items = fields.List(fields.Dict())
    credit_first = fields.Dict()
    hash = fields.String()


class Versions(Shape):
    """The history of an item, the newest first."""

    code = fields.String()
    versions = fields.List(fields.Dict())


class VersionView(Shape):
    """A version of an item with its content."""

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
    item = fields.Dict()


@items.serve("GET", "/items", takes=WhichItems(), location="query", gives=(200, ItemPage))
def list_items(asked: dict[str, Any]) -> Response:
    """The items that can be applied for: browsed by facets, or searched"""
    chosen, shown = read_facets(split(asked.pop("facet")))
    return answer(engine().catalogue.items(ItemQuery(**asked, facets=chosen, shown=shown)))


@items.serve("GET", "/items/<item>/guide", takes=Where(), location="query", gives=(200, Guide))
def get_guide(asked: dict[str, Any], item: str) -> Response:
    """The guide of an item in a region"""
    return unless_known(engine().catalogue.guide(item, asked["region"]))


@items.serve("POST", "/items/<item>/precheck", takes=Answers(), gives=(200, Precheck))
def precheck(asked: dict[str, Any], item: str) -> Response:
    """Answers to a few questions: which materials, which items, and whether trust comes first"""
    given = asked["answers"]
    wrong = {f"answers.{name}"[:80]: ["须为文本\tmust be a text"] for name, one in given.items() if not _short(one)}
    if wrong:
        raise Invalid(detail=", ".join(wrong), fields=wrong)
    return answer(engine().catalogue.precheck(item, asked["region"], given))


@items.serve("GET", "/items/<item>/versions", gives=(200, Versions))
def list_versions(item: str) -> Response:
    """What was published of an item, and when it takes effect"""
    return answer(engine().catalogue.versions(item))


@items.serve("GET", "/items/<item>/versions/<version>", gives=(200, VersionView))
def get_version(item: str, version: str) -> Response:
    """One version of an item; its hash is the SHA-256 of what was published"""
    return unless_known(engine().catalogue.version(item, _number(version)))


@items.serve("GET", "/items/<item>/versions/<version>/files/<name>", gives=(200, Shape), file="*/*")
def get_file(item: str, version: str, name: str) -> Response:
    """A form or a sample as that version has it"""
    content, kind, sha256 = engine().catalogue.file(item, _number(version), name)
    response = Response(content, mimetype=kind)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return _tagged(response, sha256)


def unless_known(data: dict[str, Any]) -> Response:
    """An answer tagged with its content's hash; 304 for who has that already."""
    return _tagged(answer(data, Cache_Control="no-cache"), data["hash"])


def _tagged(response: Response, tag: str) -> Response:
    response.set_etag(tag)
    response.make_conditional(request)
    return response


def _short(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MOST_ANSWER


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise PathNotFound()
    return int(text)
