"""`/regions` and `/departments`: the tree of government and who does what in it; for everybody."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from api.caller import engine
from api.resource import Resource, answer
from api.shapes import Shape, Text, Whole
from engine.doors.regions import DepartmentQuery, RegionQuery
from engine.organization.regions import Level

regions = Resource("regions", __name__, "Regions and departments", public=True)
LEVELS = tuple(Level)


class WhichRegions(Shape):
    """Which regions; all of it narrows down."""

    level = Text(20, values=LEVELS)
    parent = Text(20)
    under = Text(20)
    q = Text(60)
    cursor = Text(20, load_default="")
    limit = Whole(1, 200, load_default=50)


class WhichDepartments(Shape):
    """Which departments; all of it narrows down."""

    region = Text(20)
    under = Text(20)
    level = Text(20, values=LEVELS)
    function = Text(60)
    q = Text(60)
    cursor = Text(100, load_default="")
    limit = Whole(1, 200, load_default=50)


class RegionRow(Shape):
    """A region; `children` is how many lie right below it."""

    code = fields.String()
    name = fields.String()
    name_en = fields.String()
    level = fields.String()
    parent = fields.String(allow_none=True)
    children = fields.Integer()


class RegionView(RegionRow):
    """A region; `path` is those above it and itself, from the top."""

    path = fields.List(fields.Dict())


class RegionPage(Shape):
    """Regions by code."""

    items = fields.List(fields.Nested(RegionRow))
    next_cursor = fields.String(allow_none=True)


class DepartmentView(Shape):
    """A department with the functions that it decides and those that it supervises."""

    id = fields.String()
    name = fields.String()
    name_en = fields.String()
    region = fields.String()
    region_name = fields.String()
    region_name_en = fields.String()
    level = fields.String()
    decides = fields.List(fields.Dict())
    supervises = fields.List(fields.Dict())


class DepartmentPage(Shape):
    """Departments by id."""

    items = fields.List(fields.Nested(DepartmentView))
    next_cursor = fields.String(allow_none=True)


@regions.serve("GET", "/regions", takes=WhichRegions(), location="query", gives=(200, RegionPage))
def list_regions(asked: dict[str, Any]) -> Response:
    """The regions, by code"""
    return answer(engine().regions.regions(RegionQuery(**asked)))


@regions.serve("GET", "/regions/<region>", gives=(200, RegionView))
def get_region(region: str) -> Response:
    """One region and those above it"""
    return answer(engine().regions.region(region))


@regions.serve("GET", "/departments", takes=WhichDepartments(), location="query", gives=(200, DepartmentPage))
def list_departments(asked: dict[str, Any]) -> Response:
    """The departments, and what each decides and supervises"""
    return answer(engine().regions.departments(DepartmentQuery(**asked)))
