"""The pages of the public zone: what is here, and where a case stands, by number and query code.

The code is posted. The page that shows the progress has an address with the number only; the code stays in a cookie of that
one address, which no script can read, so that the page can be read again, and can keep itself up to date.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from engine.assemble import Engine
from engine.cases.progress import ProgressNotFound
from engine.demonstration import applicants_of, example_cases
from engine.errors import ApprovalError
from engine.organization.accounts import CONFIRMED, DECLARED, IDENTITY_NAMES
from engine.settings import DEMONSTRATION_PASSWORD
from portal.account import register_accounts
from portal.case_actions import serve_case_actions
from portal.case_page import case_page
from portal.follow_up import serve_follow_up
from portal.items import register_items
from portal.limits_texts import LIMITS
from portal.links import LINKS
from portal.papers import COOKIE, entered, register_papers
from portal.promises import serve_promises
from portal.texts import TEXTS
from web.clock import DATABASE_AWAY
from web.credit_texts import CREDIT
from web.follow_up_texts import FOLLOW_UP
from web.pages import Pages, render
from web.paper_texts import PAPERS
from web.serving import engine
from web.words import language, t

log = logging.getLogger(__name__)

LONGEST = 80
PEOPLE = "onewindow.demonstration-applicants"
#: How long a browser remembers the code of a case that was looked up.
REMEMBERED_SECONDS = 4 * 3600
_NUMBER = re.compile(r"[0-9A-Za-z-]{1,80}", re.ASCII)
_CODE = re.compile(r"[0-9A-Za-z]{1,80}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Account:
    """A demonstration account: its username, who it is, and what that person does, in Chinese and in English."""

    username: str
    name: str
    work: str
    work_en: str


#: Whom to log in as first, in the order of a case: the window, a review, its head, merging, deciding.
FIRST = ("clerk.chen", "fire.liu", "fire.wei", "housing.huang", "housing.liang")


def demonstration_accounts(processes: Path) -> list[Account]:
    """The accounts of the demonstration's organisation, in its order."""
    data = json.loads((processes / "demonstration" / "organization.json").read_text("utf-8"))
    departments = {one["id"]: one for one in data["departments"]}
    return [
        Account(one["username"], one["name"], _work(one, departments), _work_en(one, departments))
        for one in data["officers"]
    ]


def demonstration_applicants(processes: Path) -> list[Account]:
    """The accounts of applicants in a demonstration."""
    return [
        Account(one["username"], one["name"], *_kind(one["kind"], bool(one["confirmed_with"])))
        for one in applicants_of(processes)
    ]


def _kind(kind: str, confirmed: bool) -> tuple[str, str]:
    identity = IDENTITY_NAMES[CONFIRMED if confirmed else DECLARED]
    zh, en = TEXTS[f"account.kind.{kind}"]
    return f"申请人（{zh}），身份{identity[0]}", f"applicant ({en}), identity {identity[1]}"


def _work(officer: Mapping[str, Any], departments: Mapping[str, Any]) -> str:
    posts = [f"{departments[post['department_id']]['name']} {post['title']}" for post in officer["posts"]]
    return "、".join(posts) or TEXTS[f"role.{officer['roles'][-1]}"][0]


def _work_en(officer: Mapping[str, Any], departments: Mapping[str, Any]) -> str:
    role = TEXTS[f"role.{officer['roles'][-1]}"][1]
    return "; ".join(f"{departments[post['department_id']]['name_en']}, {role}" for post in officer["posts"]) or role


def register_portal(app: Flask, served: Engine) -> None:
    """Mount the public pages on the application."""
    pages = Pages("portal", __name__, {**TEXTS, **PAPERS, **LIMITS, **FOLLOW_UP, **CREDIT}, inside=False)
    accounts = demonstration_accounts(served.settings.processes) if served.settings.demo else []
    people = demonstration_applicants(served.settings.processes) if served.settings.demo else []

    @pages.get("/")
    def home() -> Response:
        return _home(accounts)

    @pages.get("/progress")
    def nothing_asked() -> AnyResponse:
        return redirect("/", 303)

    @pages.post("/progress")
    def look_up() -> AnyResponse:
        number, code = _field("number", _NUMBER), _field("query_code", _CODE)
        try:
            if number is None or code is None:
                raise ProgressNotFound()
            engine().progress(number, code, request.remote_addr)
        except ApprovalError as error:
            return _refused(accounts, error, request.form.get("number", "").strip()[:LONGEST])
        response = redirect(f"/progress/{number}", 303)
        response.set_cookie(
            COOKIE,
            code,
            max_age=REMEMBERED_SECONDS,
            path=f"/progress/{number}",
            httponly=True,
            samesite="Strict",
            secure=not engine().settings.demo,
        )
        return response

    @pages.get("/progress/<number>")
    def progress(number: str) -> Response:
        code = request.cookies.get(COOKIE, "")
        live = bool(request.headers.get("HX-Request"))
        if not _NUMBER.fullmatch(number) or not _CODE.fullmatch(code):
            return _home(accounts, 404 if live else 200, number=number[:LONGEST], hint=t("progress.code_needed"))
        try:
            return case_page(entered(number), number)
        except ProgressNotFound as error:
            return _refused(accounts, error, number)

    serve_case_actions(pages, "/progress", entered)
    serve_follow_up(pages, "/progress", entered)
    serve_promises(pages, "/progress", entered)
    register_papers(pages)
    app.register_blueprint(pages)
    register_items(app)
    register_accounts(app)
    app.extensions[PEOPLE] = people


def _refused(accounts: list[Account], error: ApprovalError, number: str) -> Response:
    response = _home(accounts, error.status, number=number, problem=error.sentence(language()))
    if "retry_after" in error.params:
        response.headers["Retry-After"] = str(error.params["retry_after"])
    return response


def _home(accounts: list[Account], status: int = 200, **shown: Any) -> Response:
    examples = _examples() if accounts else []
    password = DEMONSTRATION_PASSWORD if accounts else ""
    known: dict[str, Any] = {"accounts": accounts, "examples": examples, "password": password, "links": LINKS}
    known["people"] = current_app.extensions[PEOPLE]
    known["first"] = [one for name in FIRST for one in accounts if one.username == name]
    if request.method == "POST":
        known["here"] = "/"
    return render("portal/home.html", status, **known, **shown)


def _examples() -> list[tuple[str, str]]:
    """The cases to try; none while the database is away, as the page is of use without them."""
    try:
        return example_cases(engine())
    except DATABASE_AWAY as error:
        log.warning("the database does not answer", exc_info=error)
        return []


def _field(name: str, form: re.Pattern[str]) -> str | None:
    """A field of the form; None when it can be no number, or no code, of ours."""
    value = request.form.get(name, "").strip()
    return value if form.fullmatch(value) else None
