"""Confirming an applicant's identity at the window: the account of who is there, its number, and which paper was shown."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from admin.desk import fresh_key, me, page
from admin.inbox import once_of
from engine.cases.access import need
from engine.errors import ApprovalError, Forbidden
from engine.organization.permissions import UseCase
from web.pages import Pages, field
from web.serving import engine
from web.words import language

MOST_NAME, MOST_DOCUMENT = 40, 200


def serve_applicants(pages: Pages) -> None:
    """The addresses of confirming an identity."""

    @pages.get("/applicants")
    def applicants() -> Response:
        need(me(), UseCase.APPLICANT_CONFIRM)
        return _page(
            request.args.get("username", "").replace("\0", "")[:MOST_NAME], confirmed="confirmed" in request.args
        )

    @pages.post("/applicants")
    def confirm() -> AnyResponse:
        username, document = field("username", MOST_NAME), field("document", MOST_DOCUMENT)
        try:
            engine().accounts.confirm(me(), username, document, once_of("confirm", username, [document]))
        except Forbidden:
            raise
        except ApprovalError as error:
            return _page(username, error.status, problem=error.sentence(language()))
        return redirect(f"/admin/applicants?username={username}&confirmed", 303)

    @pages.post("/applicants/password-reset")
    def hand_out() -> Response:
        username, document = field("username", MOST_NAME), field("document", MOST_DOCUMENT)
        try:
            given = engine().accounts.hand_out_reset(
                me(), username, document, once_of("password-reset", username, [document])
            )
        except Forbidden:
            raise
        except ApprovalError as error:
            return _page(username, error.status, problem=error.sentence(language()))
        return _page(username, given=given)


def _page(username: str, status: int = 200, problem: str = "", confirmed: bool = False, given: Any = None) -> Response:
    found = None
    try:
        found = engine().accounts.find(me(), username) if username else None
    except Forbidden:
        raise
    except ApprovalError as error:
        status, problem = error.status, problem or error.sentence(language())
    shown = {
        "username": username,
        "found": found,
        "problem": problem,
        "confirmed": confirmed,
        "given": given,
        "key": fresh_key(),
    }
    return page("admin/applicants.html", status, here="/admin/applicants", **shown)
