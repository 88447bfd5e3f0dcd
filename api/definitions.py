"""`/definitions`: store a diagram as a draft, publish it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Request, Response
from marshmallow import fields

from api.body import check, read_json
from api.caller import actor, engine, once
from api.http_errors import both
from api.resource import Resource, answer
from api.shapes import Day, Form, Shape, Text, Whole, few
from api.tasks import Nothing
from engine import rehearsal
from engine.bpmn.file_text import bytes_of
from engine.definitions.deploy import Draft
from engine.doors.workshop import STATES
from engine.errors import NotFound
from engine.play import check_scenario

MOST_BODY = 6 * 1024 * 1024

definitions = Resource("definitions", __name__, "Process definitions")
definitions.bound_body(MOST_BODY)


class Diagram(ma.fields.String):
    """BPMN 2.0 XML: a text in JSON, a file in a form."""

    default_error_messages = {
        "required": both("必填", "is required"),
        "null": both("不能为 null", "may not be null"),
        "invalid": both("须为 BPMN 文件的文本", "must be the text of a BPMN file"),
    }

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if not isinstance(value, (str, bytes)):
            raise self.make_error("invalid")
        return bytes_of(value) if isinstance(value, str) else value


class NewDefinition(Shape):
    """A diagram for an item. `item_data` is the item itself, for one that the catalogue does not have (administrators)."""

    item = Text(100, required=True)
    bpmn = Diagram(required=True)
    item_data = Form(load_default=None, allow_none=True)
    scenarios = fields.List(Form(), load_default=list, validate=few)

    @staticmethod
    def from_form(req: Request) -> dict[str, Any]:
        """The same request as a form: `bpmn` a file, `item_data` JSON."""
        given: dict[str, Any] = req.form.to_dict()
        check(given)
        if "item_data" in given:
            given["item_data"] = read_json(given["item_data"].encode())
        if "scenarios" in given:
            given["scenarios"] = read_json(given["scenarios"].encode())
        return given | {name: file.read() for name, file in req.files.items()}

    @ma.validates_schema(skip_on_field_errors=True)
    def _one_item(self, data: dict[str, Any], **_: Any) -> None:
        if data["item_data"] is not None and data["item_data"].get("code") != data["item"]:
            raise ma.ValidationError(both("须与 item 一致", "must be the same as item"), "item_data.code")


class Finding(Shape):
    """What is wrong with a diagram, or worth knowing, and what to do about it."""

    rule = fields.String()
    severity = fields.String()
    element = fields.String(allow_none=True)
    name = fields.String(allow_none=True)
    line = fields.Integer()
    message = fields.String()
    advice = fields.String()
    message_en = fields.String()
    advice_en = fields.String()
    docs = fields.String()
    fix = fields.Dict(allow_none=True)
    fix_en = fields.Dict(allow_none=True)


class DefinitionSummary(Shape):
    """A definition; a draft has no version yet. `review` is null, `approved` or `returned`."""

    id = fields.String()
    item = fields.String()
    state = fields.String()
    version = fields.Integer(allow_none=True)
    sha256 = fields.String()
    created_by = fields.String()
    created_at = fields.String(metadata={"format": "date-time"})
    review = fields.String(allow_none=True)
    reviewed_by = fields.String(allow_none=True)
    reviewed_at = fields.String(allow_none=True, metadata={"format": "date-time"})
    review_note = fields.String(allow_none=True)
    published_by = fields.String(allow_none=True)
    published_at = fields.String(allow_none=True, metadata={"format": "date-time"})
    effective_on = fields.String(allow_none=True, metadata={"format": "date"})


class DefinitionView(DefinitionSummary):
    """A definition with what lint says of it."""

    deployable = fields.Boolean()
    findings = fields.List(fields.Nested(Finding))


class Overtaken(Shape):
    """A version that waits for a day on which the one that is published now is there already: it never takes effect."""

    version = fields.Integer()
    effective_on = fields.String(metadata={"format": "date"})


class PublishedView(DefinitionView):
    """What was published; `overtakes`: versions of the item that wait for a later day and never take effect for it."""

    overtakes = fields.List(fields.Nested(Overtaken))


class DefinitionWhole(DefinitionView):
    """A definition with its diagram, its stories, and how they went when it was published."""

    bpmn = fields.String()
    scenarios = fields.List(fields.Dict())
    played = fields.List(fields.Dict(), allow_none=True)


class WhichDefinitions(Shape):
    """Which definitions, newest first."""

    item = Text(100)
    state = Text(20, values=STATES)
    limit = Whole(1, 200, load_default=100)
    cursor = Text(400)


class DefinitionList(Shape):
    """A page of definitions; `next_cursor` asks for the next one, null at the end."""

    items = fields.List(fields.Nested(DefinitionSummary))
    next_cursor = fields.String(allow_none=True)


class Against(Shape):
    """Another definition; the published version of the item when it is left out."""

    against = Text(40)


class ElementView(Shape):
    """An element that one diagram has alone; `process` is the linked process in which it stands, null in the diagram's own."""

    id = fields.String()
    kind = fields.String()
    name = fields.String(allow_none=True)
    process = fields.String(allow_none=True)


class ChangeView(Shape):
    """An attribute that differs."""

    attribute = fields.String()
    old = fields.String(allow_none=True)
    new = fields.String(allow_none=True)


class ChangedView(ElementView):
    """An element that differs."""

    changes = fields.List(fields.Nested(ChangeView))


class ComparisonView(Shape):
    """What changed; `against` is null when there is nothing to compare with."""

    against = fields.Nested(DefinitionSummary, allow_none=True)
    added = fields.List(fields.Nested(ElementView))
    removed = fields.List(fields.Nested(ElementView))
    changed = fields.List(fields.Nested(ChangedView))


class VersionCount(Shape):
    """How many live cases a version has."""

    version = fields.Integer(allow_none=True)
    cases = fields.Integer()


class NotMovable(Shape):
    """Live cases that could not be moved to the version, and why."""

    node = fields.String()
    process = fields.String(allow_none=True)
    cases = fields.Integer()
    numbers = fields.List(fields.String())
    reason = fields.String()
    reason_en = fields.String()


class TouchedNode(Shape):
    """A node at which live cases wait and which the version changes or removes; `process`: the linked one, or null."""

    node = fields.String()
    process = fields.String(allow_none=True)
    name = fields.String(allow_none=True)
    version = fields.Integer(allow_none=True)
    what = fields.String()
    attributes = fields.List(fields.String())
    cases = fields.Integer()
    numbers = fields.List(fields.String())
    limits_differ = fields.Boolean()


class ImpactReport(Shape):
    """Whom a version would touch. Cases that are open stay on their version."""

    against = fields.Nested(DefinitionSummary, allow_none=True)
    live_cases = fields.Integer()
    by_version = fields.List(fields.Nested(VersionCount))
    nodes = fields.List(fields.Nested(TouchedNode))
    case_limits_differ = fields.List(fields.String())
    not_movable = fields.List(fields.Nested(NotMovable))
    stays = fields.String()
    stays_en = fields.String()


class ReviewGiven(Shape):
    """A second person's verdict on a draft; `returned` needs a note."""

    verdict = Text(20, required=True)
    note = Text(4000, blank=True, load_default="")


class Publication(Nothing):
    """From which day on new cases start on the version; today when it is left out."""

    effective_on = Day()


@definitions.serve("POST", "/definitions", takes=NewDefinition(), gives=(201, DefinitionView))
def store_draft(asked: dict[str, Any]) -> Response:
    """Store a diagram as a draft, with every finding at once"""
    kept = once(asked)
    scenarios = tuple(check_scenario(one, "") for one in asked.pop("scenarios"))
    return answer(engine().store_draft(actor(), Draft(**asked, scenarios=scenarios), kept), 201)


@definitions.serve("GET", "/definitions", takes=WhichDefinitions(), location="query", gives=(200, DefinitionList))
def list_definitions(asked: dict[str, Any]) -> Response:
    """Drafts and versions, newest first"""
    found = engine().workshop.list(actor(), asked.get("item"), asked.get("state"), asked["limit"], asked.get("cursor"))
    return answer(found)


@definitions.serve("GET", "/definitions/<definition>", gives=(200, DefinitionWhole))
def show_definition(definition: str) -> Response:
    """A definition with its diagram and what lint says of it now"""
    return answer(engine().workshop.get(actor(), _id_of(definition)))


@definitions.serve(
    "GET", "/definitions/<definition>/changes", takes=Against(), location="query", gives=(200, ComparisonView)
)
def show_changes(asked: dict[str, Any], definition: str) -> Response:
    """What changed against another definition: added, removed and changed elements, by attribute"""
    against = _id_of(asked["against"]) if "against" in asked else None
    return answer(engine().workshop.changes(actor(), _id_of(definition), against))


@definitions.serve("GET", "/definitions/<definition>/impact", gives=(200, ImpactReport))
def show_impact(definition: str) -> Response:
    """Which live cases the definition would touch, were it published"""
    return answer(engine().workshop.impact(actor(), _id_of(definition)))


@definitions.serve("POST", "/definitions/<definition>/review", takes=ReviewGiven(), gives=(200, DefinitionSummary))
def review(asked: dict[str, Any], definition: str) -> Response:
    """Approve or return somebody else's draft"""
    kept = once(asked)
    return answer(engine().workshop.review(actor(), _id_of(definition), asked["verdict"], asked["note"], kept))


@definitions.serve("POST", "/definitions/<definition>/publish", takes=Publication(), gives=(200, PublishedView))
def publish(asked: dict[str, Any], definition: str) -> Response:
    """Publish a draft that somebody else has reviewed as the next version of its item; running cases keep theirs"""
    kept = once(asked)
    return answer(rehearsal.publish(engine(), actor(), _id_of(definition), asked.get("effective_on"), kept))


@definitions.serve("POST", "/definitions/<definition>/withdraw", gives=(200, DefinitionSummary))
def withdraw(definition: str) -> Response:
    """Take back a version that waits for its day; it never takes effect"""
    return answer(engine().workshop.withdraw(actor(), _id_of(definition), once({})))


def _id_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(what="definition", id=text[:80]) from None
