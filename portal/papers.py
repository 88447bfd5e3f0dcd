"""Documents to be checked by anybody; and who is the applicant of a case whose query code the browser holds.

The query code is in the cookie of the case's own address, so that neither an address nor a form carries it.
"""

from __future__ import annotations

import re

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from engine.cases.progress import ProgressNotFound
from engine.errors import ApprovalError
from engine.organization.actor import Actor
from portal.links import LINKS
from web.pages import Pages, field, render
from web.serving import engine
from web.words import language

COOKIE = "query-code"
_CODE = re.compile(r"[0-9A-Za-z]{1,80}", re.ASCII)
_VERIFICATION = re.compile(r"[0-9A-Za-z]{1,40}", re.ASCII)


def register_papers(pages: Pages) -> None:
    """The addresses of checking."""

    @pages.get("/verify")
    def ask() -> Response:
        return render("portal/verify.html", links=LINKS)

    @pages.post("/verify")
    def asked() -> AnyResponse:
        code = re.sub(r"[\s-]", "", field("code", 40)).upper()
        if not _VERIFICATION.fullmatch(code):
            return _checked("-")
        return redirect(f"/verify/{code}", 303)

    @pages.get("/verify/<code>")
    def checked(code: str) -> Response:
        return _checked(code)


def entered(number: str) -> Actor:
    """The applicant whose browser holds the code of this case. Raises ProgressNotFound, TooManyTries."""
    code = request.cookies.get(COOKIE, "")
    if not _CODE.fullmatch(code):
        raise ProgressNotFound()
    return engine().applicants.enter(number, code, request.remote_addr)


def _checked(code: str) -> Response:
    try:
        found = engine().documents.verify(code)
    except ApprovalError as error:
        shown = {"problem": error.sentence(language()), "code": code if code != "-" else ""}
        return render("portal/verify.html", error.status, links=LINKS, **shown)
    return render("portal/verify.html", found=found, links=LINKS)
