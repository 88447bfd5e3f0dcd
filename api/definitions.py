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
from api.shapes import Form, Shape, Text
from api.tasks import Nothing
from engine.definitions.deploy import Draft
from engine.errors import NotFound

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
        return value.encode() if isinstance(value, str) else value


class NewDefinition(Shape):
    """A diagram for an item. `item_data` is the item itself, for one that the catalogue does not have (administrators)."""

    item = Text(100, required=True)
    bpmn = Diagram(required=True)
    item_data = Form(load_default=None, allow_none=True)

    @staticmethod
    def from_form(req: Request) -> dict[str, Any]:
        """The same request as a form: `bpmn` a file, `item_data` JSON."""
        given: dict[str, Any] = req.form.to_dict()
        check(given)
        if "item_data" in given:
            given["item_data"] = read_json(given["item_data"].encode())
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


class DefinitionView(Shape):
    """A definition with what lint says of it; a draft has no version yet."""

    id = fields.String()
    item = fields.String()
    state = fields.String()
    version = fields.Integer(allow_none=True)
    deployable = fields.Boolean()
    findings = fields.List(fields.Nested(Finding))


@definitions.serve("POST", "/definitions", takes=NewDefinition(), gives=(201, DefinitionView))
def store_draft(asked: dict[str, Any]) -> Response:
    """Store a diagram as a draft, with every finding at once"""
    return answer(engine().store_draft(actor(), Draft(**asked), once(asked)), 201)


@definitions.serve("POST", "/definitions/<definition>/publish", takes=Nothing(), gives=(200, DefinitionView))
def publish(asked: dict[str, Any], definition: str) -> Response:
    """Publish a draft as the next version of its item; running cases keep theirs"""
    return answer(engine().publish(actor(), _id_of(definition), once(asked)))


def _id_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(what="definition", id=text[:80]) from None
