"""`/progress`: where a case stands, for whoever has its number and query code. No log-in."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from marshmallow import fields

from api.caller import engine
from api.cases import CaseProgress
from api.limits import ClockView, Extension, Procedure
from api.resource import Resource, answer
from api.shapes import Shape, Text

progress = Resource("progress", __name__, "Progress", public=True)


class QueryCode(Shape):
    """The secret that goes with a case's number."""

    query_code = Text(64, required=True)


class LateReason(Shape):
    """Why the case is late, as it is owed to the public."""

    text = fields.String()
    at = fields.DateTime()


class PublicProgress(CaseProgress):
    """The course of a case, with its limits and what has moved them."""

    limits = fields.List(fields.Nested(ClockView))
    special_procedures = fields.List(fields.Nested(Procedure))
    extensions = fields.List(fields.Nested(Extension))
    late_reasons = fields.List(fields.Nested(LateReason))


@progress.serve("GET", "/progress/<number>", takes=QueryCode(), location="query", gives=(200, PublicProgress))
def show_progress(asked: dict[str, Any], number: str) -> Response:
    """The public progress of a case; a wrong code and an unknown number get the same answer"""
    return answer(engine().progress(number, asked["query_code"], request.remote_addr), Cache_Control="no-store")
