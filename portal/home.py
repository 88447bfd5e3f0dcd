"""The home page of the public zone: what is here, and where a case stands, by number and query code.

One page that needs no script and loads nothing from anywhere else. The code goes in a POST, so that it stays out of
addresses, histories and logs.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from flask import Blueprint, Flask, Response, current_app, make_response, render_template, request
from sqlalchemy import exc

from engine.assemble import Engine
from engine.cases.progress import ProgressNotFound
from engine.cases.states import CASE_NAMES
from engine.demonstration import example_cases
from engine.errors import ApprovalError
from engine.settings import DEMONSTRATION_PASSWORD
from portal.texts import RESULTS, TEXTS

log = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
LONGEST = 80
#: A number and a query code fit many times over; anything larger is no look-up.
MOST_BYTES = 4096
FORM = "application/x-www-form-urlencoded"
#: The database is down, restarting, or out of connections.
DATABASE_AWAY = (psycopg.OperationalError, exc.OperationalError, exc.TimeoutError)
RETRY_AFTER_SECONDS = "5"


@dataclass(frozen=True, slots=True)
class Account:
    """A demonstration account: its username, who it is, and what that person does."""

    username: str
    name: str
    work: str


def demonstration_accounts(processes: Path) -> list[Account]:
    """The accounts of the demonstration's organisation, in its order."""
    data = json.loads((processes / "demonstration" / "organization.json").read_text("utf-8"))
    departments = {one["id"]: one["name"] for one in data["departments"]}
    return [Account(one["username"], one["name"], _work(one, departments)) for one in data["officers"]]


def _work(officer: Mapping[str, Any], departments: Mapping[str, str]) -> str:
    posts = [f"{departments[post['department_id']]} {post['title']}" for post in officer["posts"]]
    return "、".join(posts) or {"supervisor": "效能监督", "front_office_system": "前台系统"}.get(
        officer["roles"][0], ""
    )


def register_home(app: Flask, engine: Engine) -> None:
    """Mount `/` on the application."""
    pages = Blueprint(
        "portal", __name__, template_folder="templates", static_folder="static", static_url_path="/portal"
    )
    accounts = demonstration_accounts(engine.settings.processes) if engine.settings.demo else []

    @pages.get("/")
    def home() -> Response:
        return _page(accounts, examples=_examples(engine))

    @pages.post("/")
    def look_up() -> Response:
        if refused := _refused():
            status, why = refused
            return _page(accounts, status, problem=TEXTS[_language()][why])
        number, code = _field("number"), _field("query_code")
        try:
            return _page(accounts, number=number, case=_find(engine, number, code))
        except ApprovalError as error:
            return _page(accounts, error.status, number=number, problem=error.sentence(_language()))
        except DATABASE_AWAY as error:
            return _away(accounts, number or "", error)

    app.register_blueprint(pages)


def _examples(engine: Engine) -> list[tuple[str, str]]:
    """The cases to try; none while the database is away, as the page is of use without them."""
    try:
        return example_cases(engine)
    except DATABASE_AWAY as error:
        log.warning("the database does not answer", exc_info=error)
        return []


def _refused() -> tuple[int, str] | None:
    """The status and the name of the sentence for a body that is not read; None for one that is.

    `content_length` is None for a chunked body, too.
    """
    request.max_content_length = MOST_BYTES
    length = request.content_length
    if length is None or "Transfer-Encoding" in request.headers:
        return 411, "length_missing"
    if length > MOST_BYTES:
        return 413, "too_large"
    if length and request.mimetype != FORM:
        return 415, "no_form"
    return None


def _field(name: str) -> str | None:
    """A field of the form; None when it is no text that a database, or a page, could hold (NUL, lone surrogates)."""
    value = request.form.get(name, "").strip()[:LONGEST]
    return None if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in value) else value


def _find(engine: Engine, number: str | None, code: str | None) -> dict[str, Any]:
    if number is None or code is None:
        raise ProgressNotFound()
    return engine.progress(number, code, request.remote_addr)


def _away(accounts: list[Account], number: str, error: Exception) -> Response:
    log.warning("the database does not answer", exc_info=error)
    response = _page(accounts, 503, number=number, problem=TEXTS[_language()]["away"])
    response.headers["Retry-After"] = RETRY_AFTER_SECONDS
    return response


def _page(accounts: list[Account], status: int = 200, **shown: Any) -> Response:
    lang = _language()
    words = TEXTS[lang]
    tables = {"accounts": accounts, "states": CASE_NAMES, "results": RESULTS}
    page = render_template(
        "home.html",
        lang=lang,
        tongue=int(lang == "en"),
        words=words,
        password=DEMONSTRATION_PASSWORD,
        described="docs.show" in current_app.view_functions,
        **tables,
        **shown,
    )
    response = make_response(page, status)
    response.headers.update(HEADERS)
    return response


def _language() -> str:
    return "en" if request.args.get("lang") == "en" else "zh"
