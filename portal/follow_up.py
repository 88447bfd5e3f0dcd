"""What an applicant does after a decision that came before its check: supplies a rectification, states a defence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import redirect, request
from werkzeug.wrappers import Response as AnyResponse

from engine.credit_first.rectification import WAYS, Rectified
from engine.errors import ApprovalError, NotFound
from portal.case_actions import Who, once_of
from portal.case_page import case_page
from web.pages import Pages, field
from web.serving import engine
from web.words import language, t

MOST = 4000


def serve_follow_up(pages: Pages, prefix: str, who: Who) -> None:
    """The addresses below `<prefix>/<number>`; `who` finds the applicant of a case or refuses."""
    base = f"{pages.url_prefix or ''}{prefix}"

    def done(number: str, work: Callable[[], Any]) -> AnyResponse:
        actor = who(number)
        try:
            work()
        except NotFound:
            raise
        except ApprovalError as error:
            here = f"{base}/{number}"
            return case_page(actor, number, error.status, problem=error.sentence(language()), here=here)
        return redirect(f"{base}/{number}?done", 303)

    @pages.post(f"{prefix}/<number>/rectification")
    def rectify(number: str) -> AnyResponse:
        actor, which, way = who(number), _id("rectification"), field("way", 10)
        asked = Rectified(which, note=field("note", MOST), way=way if way in WAYS else WAYS[0])
        once = once_of(actor, "rectification", str(which), asked.note, asked.way)
        return done(number, lambda: engine().verifications.rectify(actor, asked, once))

    @pages.post(f"{prefix}/<number>/statement")
    def state(number: str) -> AnyResponse:
        actor, which = who(number), _id("revocation")
        said, hearing = field("statement", MOST), bool(request.form.get("hearing"))
        if not (said.strip() or hearing or request.form.get("waive")):
            return case_page(actor, number, 422, problem=t("revocation.say"), here=f"{base}/{number}")
        once = once_of(actor, "statement", str(which), said, hearing)
        return done(number, lambda: engine().verifications.state(actor, which, said, hearing, once))


def _id(name: str) -> UUID:
    try:
        return UUID(field(name, 40))
    except ValueError:
        raise NotFound(what=name, id=field(name, 40)) from None
