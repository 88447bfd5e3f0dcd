"""Cards and lights: what a supervisor watches, and what a department says to the cards that were opened against it."""

from __future__ import annotations

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from admin.desk import fresh_key, me, page
from engine.errors import ApprovalError
from engine.organization.permissions import Permission
from engine.supervision.cards import COLOURS, MOST_WORDS, STATES, CardQuery
from engine.supervision.lights import BY
from engine.unit_of_work import Once
from web.pages import Pages, field
from web.serving import engine
from web.words import language

ROWS = 50


def serve_cards(pages: Pages) -> None:
    """The addresses of cards and lights."""

    @pages.get("/cards")
    def cards() -> Response:
        return _cards()

    @pages.post("/cards/<card>/acknowledge")
    def acknowledge(card: str) -> AnyResponse:
        once = _once(card, "acknowledge")
        try:
            engine().supervision.acknowledge(me(), card, once)
        except ApprovalError as error:
            return _cards(error)
        return redirect("/admin/cards", 303)

    @pages.post("/cards/<card>/explain")
    def explain(card: str) -> AnyResponse:
        said = field("explanation", MOST_WORDS)
        once = _once(card, said)
        try:
            engine().supervision.explain(me(), card, said, once)
        except ApprovalError as error:
            return _cards(error)
        return redirect("/admin/cards", 303)

    @pages.get("/lights")
    def lights() -> Response:
        by = request.args.get("by", "department")
        by = by if by in BY else "department"
        return page("admin/lights.html", lights=engine().supervision.lights(me(), by), ways=tuple(BY), by=by)


def _cards(problem: ApprovalError | None = None) -> Response:
    state, colour = request.args.get("state", ""), request.args.get("colour", "")
    query = CardQuery(
        states=(state,) if state in STATES else (),
        colour=colour if colour in COLOURS else None,
        cursor=request.args.get("cursor") or None,
        limit=ROWS,
    )
    found = engine().supervision.cards(me(), query)
    return page(
        "admin/cards.html",
        problem.status if problem else 200,
        cards=found["items"],
        next_cursor=found["next_cursor"],
        problem=problem.sentence(language()) if problem else "",
        states=STATES,
        colours=COLOURS,
        state=state,
        colour=colour,
        may_answer=me().may(Permission.CARD_ANSWER),
        key=fresh_key(),
    )


def _once(card: str, said: str) -> Once | None:
    key = request.form.get("key", "")[:64]
    return Once(f"{me().id} page card {card}", key, said.encode()[:200]) if key.isalnum() else None
