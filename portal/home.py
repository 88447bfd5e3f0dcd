"""The home page of the public zone: what is here, and where a case stands, by number and query code.

One page that needs no script and loads nothing from anywhere else. The code goes in a POST, so that it stays out of
addresses, histories and logs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, make_response, render_template, request

from engine.assemble import Engine
from engine.demonstration import example_cases
from engine.errors import ApprovalError
from engine.settings import DEMONSTRATION_PASSWORD
from portal.texts import TEXTS

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
LONGEST = 80


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
        return _page(accounts, examples=example_cases(engine))

    @pages.post("/")
    def look_up() -> Response:
        number, code = (request.form.get(name, "").strip()[:LONGEST] for name in ("number", "query_code"))
        try:
            return _page(accounts, number=number, case=engine.progress(number, code))
        except ApprovalError as error:
            return _page(accounts, error.status, number=number, problem=error.sentence(_language()))

    app.register_blueprint(pages)


def _page(accounts: list[Account], status: int = 200, **shown: Any) -> Response:
    lang = _language()
    words = TEXTS[lang]
    password = DEMONSTRATION_PASSWORD
    page = render_template("home.html", lang=lang, words=words, accounts=accounts, password=password, **shown)
    response = make_response(page, status)
    response.headers.update(HEADERS)
    return response


def _language() -> str:
    return "en" if request.args.get("lang") == "en" else "zh"
