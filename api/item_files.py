"""`/catalogue/items/{item}/files`: the forms and samples that an item's draft lists, for its keepers to hand in."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import marshmallow as ma
from flask import Request, Response
from marshmallow import fields
from werkzeug.datastructures import FileStorage

from api.caller import actor, engine, once
from api.resource import Resource, answer
from api.shapes import Shape, Text
from api.uploads import ONE_FILE, bound_upload, fields_and_file
from engine.cases.access import need
from engine.organization.permissions import UseCase

item_files = Resource("item_files", __name__, "Keeping the catalogue")


def _may_send() -> None:
    need(actor(), UseCase.ITEM_STORE)
    bound_upload()


item_files.before_request(_may_send)


class SampleFile(Shape):
    """A form or a sample; `name` is the one by which the draft lists it, the file's own when it is left out."""

    name = Text(200, load_default=None)
    file = ma.fields.Raw(required=True, metadata={"type": "string", "format": "binary"})

    @staticmethod
    def from_form(req: Request) -> dict[str, Any]:
        """The fields of a form, and its one file."""
        return fields_and_file(req)

    @ma.validates("file")
    def _file(self, value: Any, **_: Any) -> None:
        if not isinstance(value, FileStorage):
            raise ma.ValidationError(ONE_FILE)


class KeptFile(Shape):
    """The file as it is kept."""

    name = fields.String()
    sha256 = fields.String()
    size = fields.Integer()


class SampleKept(Shape):
    """What was kept, and which of the eight elements the draft has now."""

    code = fields.String()
    file = fields.Nested(KeptFile)
    elements = fields.List(fields.Dict())


@item_files.serve("POST", "/catalogue/items/<item>/files", takes=SampleFile(), gives=(201, SampleKept))
def add_file(asked: dict[str, Any], item: str) -> Response:
    """Hand in a form or a sample that the item's draft lists; it is published with the next version"""
    file = asked["file"]
    name = asked["name"] or file.filename or ""
    with closing(file), engine().materials.receiving(file.stream, name, text=True) as incoming:
        kept = once({"item": item, "name": incoming.upload.name, "sha256": incoming.upload.sha256})
        return answer(engine().catalogue_office.add_file(actor(), item, incoming, kept), 201)
