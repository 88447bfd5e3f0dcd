"""`/progress`: where a case stands, for whoever has its number and query code. No log-in."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from marshmallow import fields

from api.caller import engine
from api.cases import CaseProgress
from api.limits import ClockView, Extension, Procedure
from api.powers import PermitStatus
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


class StillToDo(Shape):
    """What is still to be done after a decision that came first: what to bring, until when; what to put right."""

    id = fields.String()
    regime = fields.String()
    state = fields.String()
    state_name = fields.String()
    state_name_en = fields.String()
    visits_asked = fields.Integer()
    due_date = fields.Date(allow_none=True)
    bring = fields.List(fields.Dict())
    rectification = fields.Dict(allow_none=True)


class Proceedings(Shape):
    """Proceedings to take the permit away, and until when a defence may be stated."""

    id = fields.String()
    linked_case = fields.String(allow_none=True)
    ground = fields.String()
    ground_name = fields.String()
    ground_name_en = fields.String()
    article = fields.String()
    reason = fields.String()
    opened_at = fields.DateTime()
    may_state = fields.Boolean()
    state_by = fields.Date(allow_none=True)
    decision = fields.String(allow_none=True)
    decided_at = fields.DateTime(allow_none=True)


class PublicProgress(CaseProgress):
    """The course of a case, with its limits and what has moved them."""

    limits = fields.List(fields.Nested(ClockView))
    special_procedures = fields.List(fields.Nested(Procedure))
    extensions = fields.List(fields.Nested(Extension))
    late_reasons = fields.List(fields.Nested(LateReason))
    permit = fields.Nested(PermitStatus, allow_none=True)
    verification = fields.Nested(StillToDo, allow_none=True)
    revocation = fields.Nested(Proceedings, allow_none=True)


@progress.serve("GET", "/progress/<number>", takes=QueryCode(), location="query", gives=(200, PublicProgress))
def show_progress(asked: dict[str, Any], number: str) -> Response:
    """The public progress of a case; a wrong code and an unknown number get the same answer"""
    return answer(engine().progress(number, asked["query_code"], request.remote_addr), Cache_Control="no-store")
