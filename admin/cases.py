"""The list of cases, and one case whole."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from admin.desk import fresh_key, me, page
from admin.paper_view import papers_of
from engine.cases.access import parse_task_id
from engine.cases.case_list import CaseQuery
from engine.cases.inbox import InboxQuery
from engine.organization.permissions import Permission
from web.forms import as_sent
from web.pages import Pages
from web.serving import engine
from web.words import language

ROWS = 30
STATES = ("submitted", "supplement", "accepted", "concluded")
LIGHTS = ("green", "yellow", "red")


def serve_cases(pages: Pages) -> None:
    """The addresses of cases."""

    @pages.get("/cases")
    def cases() -> Response:
        asked = {name: _plain(name) for name in ("state", "light", "applicant", "external_number")}
        query = CaseQuery(
            states=(asked["state"],) if asked["state"] in STATES else (),
            lights=(asked["light"],) if asked["light"] in LIGHTS else (),
            applicant=asked["applicant"] or None,
            external_number=asked["external_number"] or None,
            limit=ROWS,
            cursor=request.args.get("cursor") or None,
        )
        found = engine().cases(me(), query)
        cursor = found["next_cursor"]
        more = f"/admin/cases?{urlencode({**asked, 'cursor': cursor})}" if cursor else None
        return page("admin/cases.html", rows=found["items"], asked=asked, more=more, states=STATES)

    @pages.get("/cases/<number>")
    def case(number: str) -> Response:
        return case_page(number)


def case_page(number: str, status: int = 200, **said: Any) -> Response:
    """The page of a case; after what was refused, with what was said and what was entered."""
    found = engine().get_case(me(), number)
    may_accept = (
        found["state"] == "submitted"
        and me().may(Permission.CASE_ACCEPT)
        and me().region_code == found["region"]
        and not found["held"]
    )
    counter = engine().intake.counter(me(), number)
    shown: dict[str, Any] = {
        "case": found,
        "case_row": found | {"ended_at": found["concluded_at"]},
        "diagram": engine().case_picture(me(), number, language()),
        "may_accept": may_accept,
        "accepting": _acceptance(number) if may_accept else None,
        "times": engine().limits.of_case(me(), number),
        "may_decide": me().may(Permission.EXTENSION_APPROVE),
        "may_print": me().may(Permission.CASE_ACCEPT),
        "key": fresh_key(),
        "counter": counter,
        "follow": engine().verifications.follow_up(number),
        "followed": engine().verifications.followed(number),
        "doubts": engine().verifications.doubts(number),
        "kept": as_sent(counter["form"], counter["values"]),
        "wrong": {},
        "problem": "",
        "here": f"/admin/cases/{number}",
        **papers_of(number),
    }
    return page("admin/case.html", status, **{**shown, **said})


def _acceptance(number: str) -> str | None:
    """The task at which the window answers otherwise than by accepting; None where the process has none."""
    for one in engine().inbox(me(), InboxQuery(case=number))["items"]:
        if engine().get_task(me(), *parse_task_id(one["id"]))["answers"]:
            return str(one["id"])
    return None


def _plain(name: str) -> str:
    return "".join(char for char in request.args.get(name, "").strip() if char.isprintable())[:100]
