"""The public pages of the catalogue: browse and search, the guide, the pre-check, the history, power lists, permits.

Everything is read by GET and works without scripts; what was chosen stands in the address, so that it can be passed on.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask, Response, request

from engine.catalogue.browse import FACETS
from engine.doors.catalogue import ItemQuery
from engine.doors.regions import RegionQuery
from engine.errors import ApprovalError
from portal.drafts import apply_page
from portal.links import LINKS
from portal.texts import TEXTS
from web.credit_texts import CREDIT
from web.follow_up_texts import FOLLOW_UP
from web.pages import Pages, render
from web.paper_texts import PAPERS
from web.serving import engine
from web.words import counted, language

MOST_TEXT = 100
MOST_CHOSEN = 20
#: Regions to choose from on one page; deeper ones are reached through their county.
LEVELS = ("province", "city", "county")
MOST_REGIONS = 400


def register_items(app: Flask) -> None:
    """Mount the pages on the application."""
    pages = Pages("catalogue_pages", __name__, {**TEXTS, **PAPERS, **FOLLOW_UP, **CREDIT}, inside=False)

    @pages.get("/items")
    def items() -> Response:
        return _items()

    @pages.get("/items/<item>")
    def guide(item: str) -> Response:
        region = _text("region")
        moved = engine().catalogue.moved(item)
        if moved is not None:
            return _page("portal/moved.html", 410, moved=moved, item=item, region=region)
        found = engine().catalogue.guide(item, region) if region else None
        names = None if found else _names(item)
        shown: dict[str, Any] = {"guide": found, "names": names, "region": region, "regions": _regions(region)}
        if found and region and found["regimes"]:
            shown["ways"] = _ways(item, region)
            shown["materials_by_code"] = {one["code"]: one for one in found["materials"]}
        return _page("portal/guide.html", item=item, **shown)

    @pages.get("/items/<item>/precheck")
    def precheck(item: str) -> Response:
        return _precheck(item, _text("region") or "")

    @pages.get("/items/<item>/apply")
    def apply(item: str) -> Response:
        return apply_page(item, _text("region") or "")

    @pages.get("/items/<item>/history")
    def history(item: str) -> Response:
        found = engine().catalogue.versions(item)
        return _page("portal/item_history.html", names=_names(item), item=item, versions=found["versions"])

    @pages.get("/power-lists")
    def power_lists() -> Response:
        region = _text("region")
        page = engine().powers.lists(region, None, _text("cursor") or "", 50)
        return _page("portal/power_lists.html", lists=page, region=region, regions=_regions(region))

    @pages.get("/permits")
    def permits() -> Response:
        number = _text("number", 200)
        try:
            found, problem, status = (engine().powers.permit(number) if number else None), None, 200
        except ApprovalError as error:
            found, problem, status = None, error.sentence(language()), error.status
        return _page("portal/permits.html", status, permit=found, problem=problem, number=number or "")

    app.register_blueprint(pages)


def _items() -> Response:
    q, region, cursor = _text("q") or "", _text("region"), _text("cursor") or ""
    chosen = {name: frozenset(_texts(name)) for name in FACETS if name != "region" and _texts(name)}
    page = engine().catalogue.items(ItemQuery(q, region, chosen, FACETS, cursor, 20))
    asked: list[tuple[str, str]] = [("q", q)] if q else []
    asked += [("region", region)] if region else []
    picked = [(name, value) for name, values in sorted(chosen.items()) for value in sorted(values)]
    shown: dict[str, Any] = {
        "page": page,
        "q": q,
        "region": region,
        "regions": _regions(region),
        "facets": [(name, [_link(name, value, asked, picked) for value in page["facets"][name]]) for name in FACETS],
        "picked": picked,
        "clear": "/items?" + urlencode(asked),
        "more": "/items?" + urlencode([*asked, *picked, ("cursor", page["next_cursor"])])
        if page["next_cursor"]
        else None,
    }
    return _page("portal/items.html", 200, **shown)


def _link(
    name: str, value: dict[str, Any], asked: list[tuple[str, str]], picked: list[tuple[str, str]]
) -> dict[str, Any]:
    """A value of a facet with the address that chooses it, or takes the choice back."""
    if name == "region":
        here = [(key, said) for key, said in asked if key != "region"]
        wanted = [*here, ("region", value["code"]), *picked]
        return value | {"url": "/items?" + urlencode(wanted), "chosen": ("region", value["code"]) in asked}
    pair = (name, value["code"])
    rest = [one for one in picked if one != pair] if pair in picked else [*picked, pair]
    return value | {"url": "/items?" + urlencode([*asked, *rest])}


def _precheck(item: str, region: str) -> Response:
    guide = engine().catalogue.guide(item, region)
    answers = {one["code"]: said for one in guide["questions"] if (said := _text(f"a.{one['code']}"))}
    found, problem = None, None
    if answers or not guide["questions"]:
        try:
            found = engine().catalogue.precheck(item, region, answers)
        except ApprovalError as error:
            problem = error.sentence(language())
    names = {one["code"]: one for one in guide["materials"]}
    shown: dict[str, Any] = {
        "guide": guide,
        "item": item,
        "answers": answers,
        "found": found,
        "problem": problem,
        "materials": names,
    }
    shown["ways"] = _ways(item, region) if found and found["eligible"] and guide["regimes"] else None
    return _page("portal/precheck.html", 200 if problem is None else 422, **shown)


def _ways(item: str, region: str) -> list[dict[str, Any]]:
    """Which ways of trust first item and region open, and why the others are not: of nobody in particular."""
    found: list[dict[str, Any]] = engine().credit.eligibility(None, item, region, None, None)["regimes"]
    return found


def _names(item: str) -> dict[str, Any]:
    """The names of an item, of its newest version. Raises NotFound."""
    versions = engine().catalogue.versions(item)["versions"]
    content = engine().catalogue.version(item, versions[0]["version"])["item"]
    return {"code": item, "name": content["name"], "name_en": content["name_en"]}


def _regions(chosen: str | None = None) -> list[dict[str, Any]]:
    """The regions to choose from, by code, down to the county; with the town or village that was chosen by other means."""
    found: list[dict[str, Any]] = []
    for level in LEVELS:
        cursor: str | None = ""
        while cursor is not None and len(found) < MOST_REGIONS:
            page = engine().regions.regions(RegionQuery(level=level, cursor=cursor, limit=200))
            found, cursor = found + page["items"], page["next_cursor"]
    if chosen and chosen not in {one["code"] for one in found}:
        below = engine().regions.regions(RegionQuery(under=chosen, limit=1))["items"]
        found += [one for one in below if one["code"] == chosen]
    return sorted(found, key=lambda one: str(one["code"]))


def _page(template: str, status: int = 200, **shown: Any) -> Response:
    return render(template, status, links=LINKS, span=span, quote=quote, **shown)


def span(amount: int | None, unit: str | None) -> str:
    """A limit in words."""
    return counted(f"span.{unit}", amount) if amount is not None and unit else ""


def _text(name: str, most: int = MOST_TEXT) -> str | None:
    """A parameter of the address, trimmed; None when it is not there or can't be meant."""
    value = request.args.get(name, "").strip()
    return value if value and len(value) <= most and value.isprintable() else None


def _texts(name: str) -> list[str]:
    values = (value.strip() for value in request.args.getlist(name)[:MOST_CHOSEN])
    return [value for value in values if value and len(value) <= MOST_TEXT and value.isprintable()]
