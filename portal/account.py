"""The pages of applicants' accounts: register, log in and out, one's cases, and what is known of oneself."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from engine.errors import ApprovalError, Unauthenticated
from engine.organization.accounts import (
    MOST_ADDRESS,
    MOST_CONTACT,
    MOST_NAME,
    MOST_PASSWORD,
    NUMBERS,
    NewAccount,
)
from engine.organization.actor import Actor
from portal.case_actions import serve_case_actions
from portal.case_page import case_page
from portal.drafts import serve_drafts
from portal.follow_up import serve_follow_up
from portal.links import LINKS
from portal.promises import serve_promises
from portal.texts import TEXTS
from web.credit_texts import CREDIT
from web.follow_up_texts import FOLLOW_UP
from web.forms import flaws
from web.pages import Pages, field, kept_fields, local_path, render
from web.paper_texts import PAPERS
from web.serving import engine
from web.sessions import csrf_token_of, current, secret, sign_in, sign_out
from web.words import language

MOST_BODY = 256 * 1024
ROWS = 20


def register_accounts(app: Flask) -> None:
    """Mount the pages on the application."""
    pages = Pages(
        "account",
        __name__,
        {**TEXTS, **PAPERS, **FOLLOW_UP, **CREDIT},
        log_in="/account/login",
        open_to_all=("show_log_in", "log_in", "show_registration", "register", "show_reset", "reset"),
        most_body=MOST_BODY,
        inside=False,
        url_prefix="/account",
    )
    _serve_log_in(pages)
    _serve_settings(pages)

    @pages.get("")
    def mine() -> Response:
        found = engine().own_cases.list(me(), ROWS, request.args.get("cursor") or None)
        drafts, discarded = engine().drafts.list(me()), "discarded" in request.args
        shown: dict[str, Any] = {"cases": found["items"], "more": found["next_cursor"]}
        return account_page("portal/mine.html", drafts=drafts, discarded=discarded, **shown)

    @pages.get("/cases/<number>")
    def case(number: str) -> Response:
        return case_page(me(), number)

    serve_case_actions(pages, "/cases", lambda _number: me())
    serve_follow_up(pages, "/cases", lambda _number: me())
    serve_drafts(pages, me)
    serve_promises(pages, "/cases", lambda _number: me())
    app.register_blueprint(pages)


def me() -> Actor:
    """The applicant who is signed in. Raises Unauthenticated."""
    found = current()
    if found is None:
        raise Unauthenticated()
    return found


def account_page(template: str, status: int = 200, **shown: Any) -> Response:
    """A page for who is signed in."""
    return render(template, status, **{"links": LINKS, **shown})


def _serve_log_in(pages: Pages) -> None:
    @pages.get("/login")
    def show_log_in() -> AnyResponse:
        if current() is not None:
            return redirect("/account", 303)
        said = {name: name in request.args for name in ("out", "registered", "renewed")}
        return _log_in_page(200, next=local_path(request.args.get("next"), ""), **said)

    @pages.post("/login")
    def log_in() -> AnyResponse:
        username, password = request.form.get("username", "").strip()[:100], request.form.get("password", "")
        wanted, again = local_path(request.form.get("next"), "/account"), local_path(request.form.get("again_path"), "")
        fields = kept_fields()
        try:
            if "\0" in username + password:
                raise Unauthenticated()
            fresh = engine().accounts.open_session(username, password[:MOST_PASSWORD], request.remote_addr)
        except ApprovalError as error:
            said: dict[str, Any] = {
                "problem": error.sentence(language()),
                "username": username,
                "again": again,
                "fields": fields,
            }
            refused = _log_in_page(error.status, next=wanted, **said)
            if "retry_after" in error.params:
                refused.headers["Retry-After"] = str(error.params["retry_after"])
            return refused
        if not again:
            return sign_in(redirect(wanted, 303), fresh)
        shown: dict[str, Any] = {"path": again, "fields": fields, "csrf": csrf_token_of(fresh), "links": LINKS}
        return sign_in(render("web/again.html", expired=False, **shown), fresh)

    @pages.post("/logout")
    def log_out() -> AnyResponse:
        return sign_out(redirect("/account/login?out", 303))

    @pages.get("/reset")
    def show_reset() -> Response:
        return _reset_page(200)

    @pages.post("/reset")
    def reset() -> AnyResponse:
        new = request.form.get("password", "")[: MOST_PASSWORD + 1].replace("\0", "")
        try:
            engine().accounts.reset_password(field("username", 100), field("code", 40), new, request.remote_addr)
        except ApprovalError as error:
            wrong = flaws(error)
            said = {"wrong": wrong, "problem": "" if wrong else error.sentence(language())}
            refused = _reset_page(error.status, kept=request.form, **said)
            if "retry_after" in error.params:
                refused.headers["Retry-After"] = str(error.params["retry_after"])
            return refused
        return redirect("/account/login?renewed", 303)

    @pages.get("/register")
    def show_registration() -> Response:
        return _registration_page(200)

    @pages.post("/register")
    def register() -> AnyResponse:
        kind = request.form.get("kind", "")
        try:
            asked = NewAccount(
                username=field("username", 100),
                password=request.form.get("password", "")[: MOST_PASSWORD + 1].replace("\0", ""),
                kind=kind,
                name=field("name", MOST_NAME + 1),
                number=field(NUMBERS.get(kind, "id_number"), 40),
                mobile=field("mobile", 40),
                contact=field("contact", MOST_CONTACT + 1),
                address=field("address", MOST_ADDRESS + 1),
            )
            engine().accounts.register(asked, request.remote_addr)
        except ApprovalError as error:
            kept = MultiDict((name, value) for name, value in request.form.items() if name != "password")
            wrong = flaws(error)
            return _registration_page(
                error.status, kept=kept, wrong=wrong, problem="" if wrong else error.sentence(language())
            )
        next_one = local_path(request.form.get("next"), "")
        return redirect("/account/login?registered" + (f"&next={next_one}" if next_one else ""), 303)


def _serve_settings(pages: Pages) -> None:
    @pages.get("/settings")
    def settings() -> Response:
        return _settings_page(200)

    @pages.post("/settings")
    def reach() -> AnyResponse:
        said = [field("mobile", 40), field("contact", MOST_CONTACT + 1), field("address", MOST_ADDRESS + 1)]
        try:
            engine().accounts.change_contact(me(), *said)
        except ApprovalError as error:
            return _settings_page(error.status, kept=request.form, wrong=flaws(error))
        return redirect("/account/settings?saved", 303)

    @pages.post("/password")
    def password() -> AnyResponse:
        old, new = (request.form.get(name, "")[: MOST_PASSWORD + 1].replace("\0", "") for name in ("old", "password"))
        try:
            engine().accounts.change_password(me(), old, new, secret())
        except ApprovalError as error:
            wrong = flaws(error)
            return _settings_page(error.status, wrong=wrong, problem="" if wrong else error.sentence(language()))
        return redirect("/account/settings?changed", 303)


def _log_in_page(status: int, **shown: Any) -> Response:
    known: dict[str, Any] = {"links": LINKS, "me": None}
    if request.method == "POST":
        known["here"] = "/account/login"
    return render("portal/log_in.html", status, **known, **shown)


def _registration_page(status: int, **shown: Any) -> Response:
    known: dict[str, Any] = {"links": LINKS, "here": "/account/register", "kept": {}, "wrong": {}, "kinds": NUMBERS}
    known["next"] = local_path(request.values.get("next"), "")
    return render("portal/register.html", status, **{**known, **shown})


def _reset_page(status: int, **shown: Any) -> Response:
    known: dict[str, Any] = {
        "links": LINKS,
        "me": None,
        "here": "/account/reset",
        "kept": {},
        "wrong": {},
        "problem": "",
    }
    return render("portal/reset.html", status, **{**known, **shown})


def _settings_page(status: int, **shown: Any) -> Response:
    known: dict[str, Any] = {"here": "/account/settings", "kept": {}, "wrong": {}, "problem": ""}
    known |= {"account": engine().accounts.own(me()), "mobile": engine().accounts.mobile_of(me())}
    known |= {name: name in request.args for name in ("saved", "changed")}
    return account_page("portal/settings.html", status, **{**known, **shown})
