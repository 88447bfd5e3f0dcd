"""Forms edited as tables: a field a row; rows come, move and go by the buttons of one plain form, and are stored as a draft."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any
from urllib.parse import quote

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from admin.desk import fresh_key, me, page
from admin.inbox import once_of
from engine.catalogue.form_table import CHECKS, KINDS, Row
from engine.catalogue.forms import MOST_FIELDS, WIDGETS
from engine.doors.item_forms import EditedForm
from engine.errors import ApprovalError, Forbidden, NotFound
from web.forms import flaws
from web.pages import Pages, field
from web.serving import engine
from web.words import language

MOST_CELL = 300
MOST_OPTIONS = 8000
COLUMNS = tuple(one.name for one in fields(Row))


def serve_item_forms(pages: Pages) -> None:
    """The addresses of the forms of an item."""

    @pages.get("/catalogue/<item>/forms")
    def item_forms(item: str) -> Response:
        return page(
            "admin/item_forms.html", found=engine().item_forms.forms(me(), item), here=f"/admin/catalogue/{item}/forms"
        )

    @pages.get("/catalogue/<item>/forms/<key>")
    def form_table(item: str, key: str) -> Response:
        return _table(item, key)

    @pages.post("/catalogue/<item>/forms/<key>")
    def store_form(item: str, key: str) -> AnyResponse:
        rows, done = _rows(), field("do", 20) or "save"
        if done != "save":
            return _table(item, key, rows=_moved(rows, done), base=field("base", 64), edited=True)
        try:
            asked = EditedForm(item, key, tuple(rows), field("base", 64))
            engine().item_forms.store(
                me(), asked, once_of("store-form", f"{item}/{key}", [asdict(one) for one in rows])
            )
        except (Forbidden, NotFound):
            raise
        except ApprovalError as error:
            said = {"problem": error.sentence(language()), "wrong": flaws(error), "base": field("base", 64)}
            return _table(item, key, error.status, rows=rows, edited=True, **said)
        return redirect(f"/admin/catalogue/{quote(item)}/forms?done=stored", 303)


def _rows() -> list[Row]:
    """The rows as they were sent, in their order. Raises Invalid for what can't be kept."""
    count = min(sum(name.endswith(".name") and name.startswith("f.") for name in request.form), MOST_FIELDS + 1)
    return [_row(n) for n in range(1, count + 1)]


def _row(n: int) -> Row:
    texts = {name: field(f"f.{n}.{name}", MOST_OPTIONS if name == "options" else MOST_CELL) for name in COLUMNS}
    return Row(**{**texts, "required": texts["required"] == "true"})  # type: ignore[arg-type]


def _moved(rows: list[Row], done: str) -> list[Row]:
    """The rows after a button: one more at the end, one moved up or down, or one less."""
    verb, _, which = done.partition("-")
    n = int(which) - 1 if which.isascii() and which.isdigit() and len(which) < 4 else -1
    if verb == "add":
        return [*rows, Row()] if len(rows) < MOST_FIELDS else rows
    if not 0 <= n < len(rows):
        return rows
    if verb == "delete":
        return rows[:n] + rows[n + 1 :]
    other = n - 1 if verb == "up" else n + 1
    if verb in ("up", "down") and 0 <= other < len(rows):
        rows[n], rows[other] = rows[other], rows[n]
    return rows


def _table(item: str, key: str, status: int = 200, **shown: Any) -> Response:
    found = engine().item_forms.table(me(), item, key)
    known: dict[str, Any] = {
        "found": found,
        "rows": found["rows"],
        "base": found["base"],
        "kinds": KINDS,
        "widgets": WIDGETS,
        "checks": CHECKS,
        "wrong": {},
        "problem": "",
        "edited": False,
        "key": fresh_key(),
        "here": f"/admin/catalogue/{item}/forms/{key}",
    }
    return page("admin/form_table.html", status, **{**known, **shown})
