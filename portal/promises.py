"""Trust first on the applicant's own pages: which ways are open, the whole text, signing it and taking it back.

The same with an account and with a query code, which is in the cookie of the case's own address.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from engine.errors import ApprovalError
from engine.organization.actor import Actor
from engine.unit_of_work import Once
from portal.case_actions import Who
from portal.links import LINKS
from web.pages import Pages, field, render
from web.promises import promise_of_form
from web.serving import engine
from web.words import language


def serve_promises(pages: Pages, prefix: str, who: Who) -> None:
    """The addresses of promises below `<prefix>/<number>`; `who` finds the applicant of a case or refuses."""
    base = f"{pages.url_prefix or ''}{prefix}"

    @pages.get(f"{prefix}/<number>/promise")
    def promise(number: str) -> Response:
        return _page(who(number), number, base)

    @pages.post(f"{prefix}/<number>/promise")
    def sign_promise(number: str) -> AnyResponse:
        actor = who(number)
        try:
            asked = promise_of_form(number, "online")
            engine().credit.sign(actor, asked, _once(actor, "sign", str(asked)))
        except ApprovalError as error:
            return _page(actor, number, base, error)
        return redirect(f"{base}/{number}/promise", 303)

    @pages.post(f"{prefix}/<number>/promise/withdrawal")
    def take_back(number: str) -> AnyResponse:
        actor = who(number)
        try:
            engine().credit.withdraw(actor, number, _once(actor, "withdraw", number))
        except ApprovalError as error:
            return _page(actor, number, base, error)
        return redirect(f"{base}/{number}/promise", 303)


def _once(actor: Actor, verb: str, said: str) -> Once:
    key = field("key", 80) or uuid.uuid4().hex
    return Once(f"{actor.id} PAGE {verb}-promise", key, hashlib.sha256(said.encode()).digest())


def _page(actor: Actor, number: str, base: str, error: ApprovalError | None = None) -> Response:
    found = engine().credit.of_case(actor, number)
    chosen = request.args.get("chosen", "")[:40]
    found["ways"].sort(key=lambda way: way["regime"] != chosen)  # what was chosen on the way here stands first
    shown: dict[str, Any] = {
        "number": number,
        "found": found,
        "materials": found["materials"],
        "chosen": chosen,
        "problem": error.sentence(language()) if error else "",
        "key": uuid.uuid4().hex,
        "links": LINKS,
        "here": f"{base}/{number}/promise",
        "case_at": f"{base}/{number}",
    }
    return render("portal/promise.html", error.status if error else 200, **shown)
