"""The designer's page, and what it asks: what stands behind a diagram, how it differs from a version, and to keep it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask import Response, g, request

from admin.designer.answers import MOST_CODE, MOST_DIAGRAM, code_of, id_of, over, said_of
from admin.designer.blank import blank_diagram
from admin.designer.panel import moddle, vocabulary
from admin.desk import fresh_key, me, page
from engine.bpmn.lint import RULES, sentences
from engine.cases.access import need
from engine.definitions.deploy import Draft
from engine.errors import Invalid, NotFound
from engine.organization.permissions import UseCase
from engine.unit_of_work import Once
from web.pages import Pages, answer_data
from web.serving import engine
from web.words import language

#: Of the texts, those that the page's script speaks with.
SPOKEN = "designer."


def serve_designer(pages: Pages) -> None:
    """The addresses of the designer."""
    pages.take_data(MOST_DIAGRAM, "open_drawing", "save_drawing", "compare_drawing")

    @pages.get("/designer")
    def designer() -> Response:
        need(me(), UseCase.DEFINITION_READ)
        return page("admin/designer.html")

    @pages.get("/designer/rules/<rule>")
    def lint_rule(rule: str) -> Response:
        need(me(), UseCase.DEFINITION_READ)
        found = next((one for one in RULES if one.id == rule), None)
        if found is None:
            raise NotFound(what="rule", id=rule[:80])
        return page("admin/rule.html", rule=found.id, severity=found.severity, said=sentences(found, language()))

    @pages.get("/designer/open")
    def open_drawing() -> Response:
        return answer_data(_opened(request.args.get("definition"), request.args.get("item", "")[:MOST_CODE]))

    @pages.post("/designer/save")
    def save_drawing() -> Response:
        said = said_of()
        return answer_data(_saved(said["xml"], code_of(said, "item"), code_of(said, "before"), code_of(said, "key")))

    @pages.post("/designer/changes")
    def compare_drawing() -> Response:
        said = said_of()
        against = id_of(code_of(said, "against"))
        return answer_data(engine().drawing.changes(me(), said["xml"], against, *over(said)))


def _opened(definition: str | None, item: str) -> dict[str, Any]:
    """All that the page is drawn from: the diagram that was asked for, or a blank one."""
    lang = language()
    known: dict[str, Any] = {
        "texts": _texts(lang),
        "vocabulary": vocabulary(engine().drawing.names(me()), lang),
        "moddle": moddle(),
        "who": me().id,
        "may_save": me().may(UseCase.DEFINITION_STORE.value.permission),
        "key": fresh_key(),
    }
    if definition:
        found = engine().drawing.open(me(), id_of(definition))
        return known | {"xml": found.pop("bpmn"), "others": found.pop("others"), "definition": found}
    others = engine().drawing.others(me(), item) if item else []
    return known | {"xml": blank_diagram(lang, item), "others": others, "definition": None}


def _saved(bpmn: bytes, item: str, before: str, key: str) -> dict[str, Any]:
    """Keep what is drawn as a draft; the stories by which its predecessor is tried go with it."""
    if not item:
        raise Invalid(detail="item", fields={"item": ["required"]})
    stories = _stories(item, before) if before else ()
    canonical = json.dumps([item, before, hashlib.sha256(bpmn).hexdigest()])
    once = Once(f"{me().id} PAGE draw {item}", key or fresh_key(), hashlib.sha256(canonical.encode()).digest())
    drawn_over = id_of(before) if before else None
    made = engine().store_draft(me(), Draft(item, bpmn, scenarios=stories), once, drawn_over)
    return {"definition": made, "others": engine().drawing.others(me(), item), "key": fresh_key()}


def _stories(item: str, before: str) -> tuple[dict[str, Any], ...]:
    known = engine().workshop.source(me(), id_of(before))
    return tuple(known["scenarios"]) if known["item"] == item else ()


def _texts(lang: str) -> dict[str, str]:
    own = {key: said for key, said in g.texts.items() if key.startswith(SPOKEN)}
    return {key.removeprefix(SPOKEN): said[lang == "en"] for key, said in own.items()}
