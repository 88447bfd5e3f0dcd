"""放假通知: an administrator looks at what a notice moves, then imports it. One line a day: `2027-01-01 rest 元旦`."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from admin.desk import me, page
from engine.errors import ApprovalError, Invalid
from engine.timelimits.national import FIRST_YEAR, LAST_YEAR
from web.pages import Pages, field
from web.serving import engine
from web.words import language

MOST_NOTICE = 60_000
FIELDS = {"year": 4, "notice": 200, "document_number": 100, "region": 20, "department": 100, "days": MOST_NOTICE}


def serve_calendars(pages: Pages) -> None:
    """The addresses of the calendar."""

    @pages.get("/calendar")
    def calendar() -> Response:
        year = request.args.get("year", "")
        shown = engine().calendars.show(me(), int(year)) if _is_year(year) else None
        return page("admin/calendar.html", given={}, seen=None, problem="", calendar=shown)

    @pages.post("/calendar/preview")
    def preview_calendar() -> AnyResponse:
        given = {name: field(name, most) for name, most in FIELDS.items()}
        try:
            seen = engine().calendars.preview(me(), _year(given), _notice(given))
        except ApprovalError as error:
            return _problem(given, error)
        return page("admin/calendar.html", given=given, seen=seen, problem="", calendar=None)

    @pages.post("/calendar/apply")
    def apply_calendar() -> AnyResponse:
        given = {name: field(name, most) for name, most in FIELDS.items()}
        try:
            engine().calendars.apply(me(), _year(given), _notice(given), field("hash", 64))
        except ApprovalError as error:
            return _problem(given, error)
        return redirect(f"/admin/calendar?year={given['year']}", 303)


def _problem(given: dict[str, str], error: ApprovalError) -> Response:
    said = error.sentence(language())
    return page("admin/calendar.html", error.status, given=given, seen=None, problem=said, calendar=None)


def _is_year(said: str) -> bool:
    return said.isascii() and said.isdigit() and len(said) == 4 and FIRST_YEAR <= int(said) <= LAST_YEAR


def _year(given: dict[str, str]) -> int:
    if not _is_year(given["year"]):
        raise Invalid(detail=f"{FIRST_YEAR}–{LAST_YEAR}", fields={"year": [f"{FIRST_YEAR}–{LAST_YEAR}"]})
    return int(given["year"])


def _notice(given: dict[str, str]) -> dict[str, Any]:
    """The notice that the form says: its days as lines, or the whole of it as JSON."""
    said: dict[str, Any] = {name: given[name] or None for name in ("notice", "document_number", "region", "department")}
    if given["days"].lstrip().startswith("{"):
        try:
            return {**json.loads(given["days"]), **{name: value for name, value in said.items() if value}}
        except ValueError as broken:
            raise Invalid(detail=f"JSON: {broken}", fields={"days": [str(broken)]}) from None
    lines = (line.replace(",", " ").split(maxsplit=2) for line in given["days"].splitlines() if line.strip())
    return said | {"days": [dict(zip(("date", "kind", "name"), line, strict=False)) for line in lines]}
