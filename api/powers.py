"""`/power-lists` and `/permits`: who may decide on what, and what was granted; for everybody."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from api.caller import engine
from api.resource import Resource, answer
from api.shapes import Shape, Text, Whole

powers = Resource("powers", __name__, "Power lists and permits", public=True)


class WhichLists(Shape):
    """Of which region and what is below it, of which department."""

    region = Text(20, load_default=None)
    department = Text(100, load_default=None)
    cursor = Text(100, load_default="")
    limit = Whole(1, 200, load_default=50)


class WhichExport(Shape):
    """Of which region and what is below it, of which department; as what."""

    region = Text(20, load_default=None)
    department = Text(100, load_default=None)
    format = Text(10, values=("json", "csv"), load_default="json")


class PowerListRow(Shape):
    """A department's list."""

    department = fields.String()
    name = fields.String()
    name_en = fields.String()
    region = fields.String()
    version = fields.Integer()
    effective_on = fields.Date()
    hash = fields.String()
    items = fields.List(fields.Dict())


class PowerListPage(Shape):
    """Lists by department."""

    items = fields.List(fields.Nested(PowerListRow))
    next_cursor = fields.String(allow_none=True)


class PowerListHistory(Shape):
    """Every version of a department's list, the newest first."""

    department = fields.String()
    versions = fields.List(fields.Dict())


class Exchange(Shape):
    """Rows in the exchange fields of GB/T 39046."""

    standard = fields.String()
    day = fields.Date()
    fields_ = fields.Dict(data_key="fields")
    rows = fields.List(fields.Dict())


class PermitStatus(Shape):
    """What may be relied on: `pending`, `valid`, `confirmed`, `lapsed`, `revoked` or `stayed`."""

    case = fields.String()
    regime = fields.String()
    status = fields.String()
    status_name = fields.String()
    status_name_en = fields.String()
    in_force = fields.Boolean()
    disputed = fields.Boolean()
    stayed_by = fields.String(allow_none=True)
    issued_at = fields.DateTime(allow_none=True)
    effective_at = fields.DateTime(allow_none=True)
    ended_at = fields.DateTime(allow_none=True)
    verify_by = fields.Date(allow_none=True)


class PermitView(Shape):
    """What was granted."""

    number = fields.String()
    title = fields.String()
    item = fields.String()
    item_name = fields.String()
    item_name_en = fields.String()
    region = fields.String()
    holder = fields.Dict()
    granted_on = fields.Date()
    body = fields.String()
    body_en = fields.String()
    status = fields.String()
    permit = fields.Nested(PermitStatus)


@powers.serve("GET", "/power-lists", takes=WhichLists(), location="query", gives=(200, PowerListPage))
def list_powers(asked: dict[str, Any]) -> Response:
    """The power lists that hold today, by department"""
    return answer(engine().powers.lists(**asked))


@powers.serve(
    "GET", "/power-lists/export", takes=WhichExport(), location="query", gives=(200, Exchange), file="text/csv"
)
def export_powers(asked: dict[str, Any]) -> Response:
    """The power lists in the exchange fields of GB/T 39046, as JSON or CSV"""
    if asked.pop("format") == "json":
        return answer(engine().powers.export(**asked))
    response = Response(engine().powers.export_csv(**asked), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename="power-list.csv")
    return response


@powers.serve("GET", "/departments/<department>/power-list", gives=(200, PowerListHistory))
def power_list_history(department: str) -> Response:
    """Every version of a department's power list"""
    return answer(engine().powers.history(department))


@powers.serve("GET", "/permits/<number>", gives=(200, PermitView))
def get_permit(number: str) -> Response:
    """A granted permit and what may be relied on, by the number of its document"""
    return answer(engine().powers.permit(number))
