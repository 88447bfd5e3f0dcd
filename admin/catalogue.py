"""The catalogue as its keepers see it: items with their versions, the eight elements, publishing, and drift."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from admin.desk import fresh_key, me, page
from admin.inbox import once_of
from engine.cases.access import need
from engine.catalogue.catalogue import OPEN, OPERATIONS
from engine.catalogue.effects import CONTINUE, EFFECTS
from engine.catalogue.publish import Change
from engine.errors import ApprovalError, Forbidden, Invalid, NotFound
from engine.organization.permissions import Permission, UseCase
from engine.plugins.file_kinds import FileEmpty
from web.pages import Pages, field
from web.serving import engine
from web.words import language

MOST_STATEMENT = 1000
ASKED = ("operation", "effective_on", "effect", "conclude_by", "zh", "en", "related")


def serve_catalogue(pages: Pages) -> None:
    """The addresses of the catalogue."""
    pages.take_files("add_sample")

    @pages.get("/catalogue")
    def catalogue() -> Response:
        return page("admin/catalogue.html", rows=engine().catalogue_office.items(me()))

    @pages.get("/catalogue/drift")
    def drift() -> Response:
        office = engine().catalogue_office
        return page("admin/drift.html", report=office.drift(me()), findings=office.lint(me()))

    @pages.get("/catalogue/<item>")
    def kept_item(item: str) -> Response:
        return _item(item)

    @pages.post("/catalogue/<item>/versions")
    def publish_item(item: str) -> AnyResponse:
        asked = {name: field(name, MOST_STATEMENT) for name in ASKED}
        try:
            change = _change(asked)
            engine().catalogue_office.publish_item(me(), item, change, once_of("publish-item", item, asked))
        except (Forbidden, NotFound):
            raise
        except ApprovalError as error:
            return _item(item, error.status, problem=error.sentence(language()), kept=asked)
        return redirect(f"/admin/catalogue/{item}", 303)

    @pages.post("/catalogue/<item>/files")
    def add_sample(item: str) -> AnyResponse:
        need(me(), UseCase.ITEM_STORE)
        file, name = request.files.get("file"), field("name", 200)
        try:
            if file is None or not file.filename:
                raise FileEmpty(detail="file", fields={"file": ["0"]})
            with engine().materials.receiving(file.stream, name, text=True) as incoming:
                said = [name, incoming.upload.sha256]
                engine().catalogue_office.add_file(me(), item, incoming, once_of("add-sample", item, said))
        except (Forbidden, NotFound):
            raise
        except ApprovalError as error:
            return _item(item, error.status, problem=error.sentence(language()))
        return redirect(f"/admin/catalogue/{item}#samples", 303)


def _item(item: str, status: int = 200, **shown: Any) -> Response:
    found = engine().catalogue_office.item(me(), item)
    regions = engine().catalogue_office.implementations(me(), item)
    state = found["versions"][0]["state"] if found["versions"] else "draft"
    known: dict[str, Any] = {
        "found": found,
        "regions": regions,
        "operations": _operations(state),
        "effects": EFFECTS,
        "samples": found["draft"].get("listing", {}).get("samples", []),
        "may_store": UseCase.ITEM_STORE.value.permission in me().permissions,
        "may_publish": me().may(Permission.CATALOGUE_PUBLISH),
        "key": fresh_key(),
        "kept": {},
        "problem": "",
        "here": f"/admin/catalogue/{item}",
    }
    return page("admin/item.html", status, **{**known, **shown})


def _operations(state: str) -> list[str]:
    """What can be done with an item in a state, in the order in which it is offered."""
    if state in ("draft", "ended"):
        return ["added"]
    first = "changed" if state == OPEN else "resumed"
    return [
        first,
        *(one for one in OPERATIONS if one in ("suspended", "split", "merged", "cancelled") and one != state),
    ]


def _change(asked: dict[str, str]) -> Change:
    if asked["operation"] not in OPERATIONS:
        raise Invalid(detail="operation", fields={"operation": list(OPERATIONS)})
    effect = asked["effect"] or CONTINUE
    if effect not in EFFECTS:
        raise Invalid(detail="effect", fields={"effect": list(EFFECTS)})
    day, conclude_by = _day(asked, "effective_on"), _day(asked, "conclude_by")
    if bool(asked["zh"]) is not bool(asked["en"]):
        raise Invalid(detail="zh, en", fields={"zh": ["zh + en"], "en": ["zh + en"]})
    statement = {"zh": asked["zh"], "en": asked["en"]} if asked["zh"] else None
    related = tuple(asked["related"].replace(",", " ").replace("、", " ").split())
    return Change(asked["operation"], day, statement, related, effect, conclude_by)


def _day(asked: dict[str, str], name: str) -> date | None:
    try:
        return date.fromisoformat(asked[name]) if asked[name] else None
    except ValueError:
        raise Invalid(detail=name, fields={name: ["YYYY-MM-DD"]}) from None
