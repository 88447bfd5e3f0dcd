"""Logging in and out, and what every page of the inside has in common: who it is for, and where its links lead."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from engine.errors import ApprovalError, Unauthenticated
from engine.organization.actor import Actor
from engine.organization.permissions import Permission
from web.pages import Pages, kept_fields, local_path, render
from web.serving import engine
from web.sessions import csrf_token_of, current, sign_in, sign_out
from web.words import language, t

Links = list[tuple[str, str]]
#: What may have been done to a mandate, and to a material or a document.
OF_MANDATES = ("recorded", "ended", "scanned", "stored")
OF_PAPERS = ("added", "reviewed", "sealed", "delivered")
#: What may have been done to a promise, a credit record, an item's ways.
OF_CREDIT = ("signed", "promise_withdrawn", "on_record", "decided", "regimes")


def me() -> Actor:
    """Who is signed in. Raises Unauthenticated."""
    found = current()
    if found is None:
        raise Unauthenticated()
    return found


def links(actor: Actor) -> Links:
    """Where somebody may go: address and key of the words."""
    found: Links = []
    if actor.may(Permission.CASE_ACCEPT):
        found.append(("/admin/window", "nav.window"))
    if actor.may(Permission.TASK_COMPLETE) or actor.may(Permission.TASK_COMPLETE_FOR_APPLICANT):
        found.append(("/admin/inbox", "nav.inbox"))
    if actor.may(Permission.CASE_SUBMIT_AS_AGENT) and not actor.may(Permission.CASE_ACCEPT):
        found.append(("/admin/applications/new", "nav.new"))
    if actor.may(Permission.MANDATE_READ):
        found.append(("/admin/mandates", "nav.mandates"))
    if actor.may(Permission.DEPARTMENT_WATCH) and actor.departments:
        found.append(("/admin/department", "nav.department"))
    if actor.may(Permission.CASE_READ):
        found.append(("/admin/cases", "nav.cases"))
    if actor.may(Permission.CREDIT_READ):
        found.append(("/admin/credit", "nav.credit"))
    if actor.may(Permission.CATALOGUE_READ):
        found.append(("/admin/catalogue", "nav.catalogue"))
    if actor.may(Permission.DEFINITION_READ):
        found.append(("/admin/workshop", "nav.workshop"))
    if actor.may(Permission.DEFINITION_WRITE):
        found.append(("/admin/designer", "nav.designer"))
    if actor.may(Permission.VERIFICATION_READ):
        found.append(("/admin/verifications", "nav.verifications"))
    if actor.may(Permission.CARD_READ):
        found.append(("/admin/cards", "nav.cards"))
    if actor.may(Permission.LIGHT_READ):
        found.append(("/admin/lights", "nav.lights"))
    if actor.may(Permission.CALENDAR_IMPORT):
        found.append(("/admin/calendar", "nav.calendar"))
    return found or [("/admin/start", "nav.start")]


def page(template: str, status: int = 200, **shown: Any) -> Response:
    """A page of the inside."""
    return render(template, status, **{"links": links(me()), "done": done(), **shown})


def done() -> str:
    """The sentence about what was just done, which the address of a page names."""
    key, number = f"done.{request.args.get('done', '')}", request.args.get("number", "")
    known = (
        "completed",
        "returned",
        "claimed",
        "released",
        "accepted",
        "submitted",
        "supplied",
        "withdrawn",
        *OF_MANDATES,
        *OF_PAPERS,
        *OF_CREDIT,
    )
    if request.args.get("done") not in known:
        return ""
    unnumbered = ("claimed", "released", *OF_MANDATES, *OF_PAPERS, *OF_CREDIT)
    return t(key, number=number[:40]) if number or key.removeprefix("done.") in unnumbered else ""


def fresh_key() -> str:
    """The idempotency key of a form: however often it is sent, it is done once."""
    return uuid.uuid4().hex


def serve_log_in(pages: Pages) -> None:
    """The addresses of logging in and out, and the first page."""

    @pages.get("/")
    def first() -> AnyResponse:
        return redirect(links(me())[0][0], 303)

    @pages.get("/start")
    def start() -> Response:
        return page("admin/start.html")

    @pages.get("/login")
    def show_log_in() -> AnyResponse:
        if current() is not None:
            return redirect("/admin/", 303)
        return _log_in_page(200, next=local_path(request.args.get("next"), ""), out="out" in request.args)

    @pages.post("/login")
    def log_in() -> AnyResponse:
        username, password = request.form.get("username", "").strip()[:100], request.form.get("password", "")[:200]
        wanted = local_path(request.form.get("next"), "/admin/")
        again = local_path(request.form.get("again_path"), "")
        fields = kept_fields()
        try:
            if "\0" in username + password:
                raise Unauthenticated()
            fresh = engine().open_session(username, password, request.remote_addr)
        except ApprovalError as error:
            said = error.sentence(language())
            refused = _log_in_page(
                error.status, next=wanted, problem=said, username=username, again=again, fields=fields
            )
            if "retry_after" in error.params:
                refused.headers["Retry-After"] = str(error.params["retry_after"])
            return refused
        if not again:
            return sign_in(redirect(wanted, 303), fresh)
        confirm = render("web/again.html", path=again, fields=fields, expired=False, csrf=csrf_token_of(fresh))
        return sign_in(confirm, fresh)

    @pages.post("/logout")
    def log_out() -> AnyResponse:
        return sign_out(redirect("/admin/login?out", 303))


def _log_in_page(status: int, **shown: Any) -> Response:
    known: dict[str, Any] = {"links": [("/", "nav.progress")], "me": None}
    if request.method == "POST":
        known["here"] = "/admin/login"
    return render("admin/login.html", status, **known, **shown)
