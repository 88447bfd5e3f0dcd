"""An item manager sets, per item, which ways of trust first are open: for whom, for which materials, with which limits and text.

The form is the item's own data: what it sends becomes `regimes` of the draft, checked as any item file is, and holds once the
item is published.
"""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from admin.desk import fresh_key, me, page
from admin.inbox import once_of
from engine.catalogue.regimes import APPLICANT_KINDS, FORBIDDEN_FIELDS, GRADES, REGIMES, Regime
from engine.doors.catalogue_office import Folder
from engine.errors import ApprovalError, Forbidden, NotFound
from engine.organization.permissions import Permission
from engine.timelimits.limits import Unit
from web.pages import Pages, field
from web.serving import engine
from web.words import language

SPANS = ("verification", "rectification", "tolerance")
MOST_TEXT = 10_000


def serve_regimes(pages: Pages) -> None:
    """The address of an item's ways."""

    @pages.get("/catalogue/<item>/regimes")
    def regimes(item: str) -> Response:
        return _page(item)

    @pages.post("/catalogue/<item>/regimes")
    def set_regimes(item: str) -> AnyResponse:
        found = engine().catalogue_office.item(me(), item)
        try:
            asked = [_rule(regime) for regime in Regime if field(f"{regime}.open", 5) == "yes"]
            folder = Folder({**found["draft"], "regimes": asked}, {})
            engine().catalogue_office.store_item(me(), folder, once_of("set-regimes", item, asked))
        except (Forbidden, NotFound):
            raise
        except ApprovalError as error:
            return _page(item, error)
        return redirect(f"/admin/catalogue/{item}/regimes?done=regimes", 303)


def _rule(regime: Regime) -> dict[str, Any]:
    """What the form says of a regime, as an item file does."""

    def said(name: str, most: int = 200) -> str:
        return field(f"{regime}.{name}", most)

    rule: dict[str, Any] = {
        "regime": regime.value,
        "basis": {"act": said("act"), "article": said("article")},
        "grades": _several(regime, "grades"),
        "applicants": _several(regime, "applicants"),
        "regions": said("regions").replace("，", " ").replace(",", " ").split() or None,
        "materials": _several(regime, "materials"),
        "remind": [_number(one) for one in said("remind").replace("，", " ").replace(",", " ").split()],
        "field": said("field", 40) or None,
        "public_safety": said("public_safety", 5) == "yes",
    }
    act, article = said("opens_act"), said("opens_article")
    rule["opens"] = {"act": act, "article": article} if act or article else None
    if REGIMES[regime].promise:
        rule["text"] = {
            "version": _number(said("version", 9)),
            "zh": said("zh", MOST_TEXT),
            "en": said("en", MOST_TEXT),
        }
    for name in SPANS:
        days = said(f"{name}.promised", 4)
        if days:
            rule[name] = {"promised": _number(days), "unit": said(f"{name}.unit", 20)}
            if legal := said(f"{name}.legal", 4):
                rule[name]["legal"] = _number(legal)
    return rule


def _several(regime: Regime, name: str) -> list[str]:
    return [one[:100].replace("\0", "") for one in request.form.getlist(f"{regime}.{name}")[:100]]


def _number(text: str) -> int | str:
    """A number, or the text as it is, for the reader of the item to refuse by its path."""
    return int(text) if text.isascii() and text.isdigit() else text


def _page(item: str, error: ApprovalError | None = None) -> Response:
    found = engine().catalogue_office.item(me(), item)
    rules = {one["regime"]: one for one in found["draft"].get("regimes", [])}
    if error is not None:
        rules = {str(regime): _rule(regime) for regime in Regime if request.form.get(f"{regime}.open") == "yes"}
    shown: dict[str, Any] = {
        "found": found,
        "rules": rules,
        "regimes": [
            {"code": str(one), "name": REGIMES[one].name.zh, "name_en": REGIMES[one].name.en} for one in Regime
        ],
        "terms": {str(one): REGIMES[one] for one in Regime},
        "grades": GRADES[:-1],
        "kinds": APPLICANT_KINDS,
        "fields": [{"code": code, "name": one.zh, "name_en": one.en} for code, one in FORBIDDEN_FIELDS.items()],
        "units": tuple(Unit),
        "spans": SPANS,
        "may_set": me().may(Permission.ORGANIZATION_WRITE),
        "problem": error.sentence(language()) if error else "",
        "key": fresh_key(),
        "here": f"/admin/catalogue/{item}/regimes",
    }
    return page("admin/regimes.html", error.status if error else 200, **shown)
