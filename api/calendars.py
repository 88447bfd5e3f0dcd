"""`/calendars/{year}`: the working days of a year, and holiday notices: a look at what one moves, then its import."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from api.caller import actor, engine
from api.http_errors import both
from api.resource import Resource, answer
from api.shapes import Messages, Shape, Text
from engine.errors import Invalid
from engine.timelimits.national import FIRST_YEAR, LAST_YEAR
from engine.timelimits.notices import KINDS, MOST_LINES

calendars = Resource("calendars", __name__, "Working calendar")

_REQUIRED: Messages = {"required": both("必填", "is required"), "null": both("不能为 null", "may not be null")}
_LIST: Messages = _REQUIRED | {"invalid": both("须为列表", "must be a list")}


class NoticeLine(Shape):
    """A day of a notice (with `to`: several), rest or work."""

    date = Text(10, required=True)
    to = Text(10, allow_none=True)
    kind = Text(10, required=True, values=KINDS)
    name = Text(80, blank=True)


class NoticeShape(Shape):
    """A holiday notice. Without `region` it is the nation's and says everything about its year; with it, what differs there."""

    notice = Text(200, required=True)
    document_number = Text(100, blank=True)
    region = Text(20, allow_none=True)
    department = Text(100, allow_none=True)
    days = fields.List(
        fields.Nested(NoticeLine), required=True, metadata={"maxItems": MOST_LINES}, error_messages=_LIST
    )
    working_hours = fields.List(fields.List(Text(5)), allow_none=True, error_messages=_LIST)


class NoticeToApply(NoticeShape):
    """A notice, with the hash of the preview that was looked at."""

    hash = Text(64, required=True)


class WhichCalendar(Shape):
    """Whose calendar: a region's, or a department's of it; the nation's without."""

    region = Text(20)
    department = Text(100)


class CalendarView(Shape):
    """The days of a year as they count for a place, and the notices behind them."""

    year = fields.Integer()
    region = fields.String(allow_none=True)
    department = fields.String(allow_none=True)
    version = fields.Integer()
    published = fields.Boolean()
    working_days = fields.Integer()
    rest_days = fields.List(fields.Dict())
    moved_working_days = fields.List(fields.String())
    notices = fields.List(fields.Dict())


class PreviewView(Shape):
    """What a notice would change: days, and dates of open cases; those that applicants were told first."""

    year = fields.Integer()
    version = fields.Integer()
    notice = fields.Dict()
    days = fields.List(fields.Dict())
    newly_published = fields.Boolean()
    warnings = fields.List(fields.Dict())
    moved_limits = fields.Integer()
    moved_cases = fields.Integer()
    told_to_applicants = fields.Integer()
    settled_limits = fields.Integer()
    moves = fields.List(fields.Dict())
    hash = fields.String()


class ImportView(Shape):
    """The new version of the calendar."""

    year = fields.Integer()
    version = fields.Integer()
    moved_cases = fields.Integer()
    hash = fields.String()


@calendars.serve("GET", "/calendars/<year>", takes=WhichCalendar(), location="query", gives=(200, CalendarView))
def show_calendar(asked: dict[str, Any], year: str) -> Response:
    """The working calendar of a year"""
    return answer(engine().calendars.show(actor(), _year(year), asked.get("region"), asked.get("department")))


@calendars.serve("POST", "/calendars/<year>/preview", takes=NoticeShape(), gives=(200, PreviewView))
def preview_notice(asked: dict[str, Any], year: str) -> Response:
    """See which open cases a notice moves, from when to when; nothing is changed"""
    return answer(engine().calendars.preview(actor(), _year(year), asked))


@calendars.serve("PUT", "/calendars/<year>", takes=NoticeToApply(), gives=(200, ImportView))
def apply_notice(asked: dict[str, Any], year: str) -> Response:
    """Import a notice after its preview; 409 when the preview would be another one by now"""
    seen = asked.pop("hash")
    return answer(engine().calendars.apply(actor(), _year(year), asked, seen))


def _year(said: str) -> int:
    if not (said.isascii() and said.isdigit() and FIRST_YEAR <= int(said[:5]) <= LAST_YEAR):
        words = both(f"须为 {FIRST_YEAR} 至 {LAST_YEAR} 年", f"must be a year from {FIRST_YEAR} to {LAST_YEAR}")
        raise Invalid(detail=f"year: {said[:10]}", fields={"year": [words]})
    return int(said)
