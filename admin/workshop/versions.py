"""What is stored and published: the list of definitions, and the page of one with its review and its publication."""

from __future__ import annotations

import base64
import json
from datetime import date
from functools import partial
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from admin.desk import fresh_key, me, page
from admin.inbox import once_of
from admin.workshop.attributes import attribute_said
from admin.workshop.files import saved_as
from engine import rehearsal
from engine.bpmn.compile import executable_process
from engine.bpmn.model import in_language
from engine.bpmn.public_diagram import public_diagram
from engine.bpmn.read import read
from engine.definitions.deploy import APPROVED, RETURNED
from engine.definitions.stories import digest
from engine.errors import ApprovalError, Forbidden, Invalid, NotFound
from engine.organization.permissions import Permission
from web.pages import Pages, field
from web.serving import engine
from web.words import language

MOST_NOTE = 4000
ROWS = 50
MOST_OTHERS = 200  #: versions that one is compared with
#: How a definition stands, as its makers say it.
STATES = ("draft", "returned", "reviewed", "scheduled", "effective", "retired")
#: The same as it is stored: the state, and the verdict on a draft.
IN_STORE = {
    "draft": ("draft", "none"),
    "returned": ("draft", RETURNED),
    "reviewed": ("draft", APPROVED),
    "scheduled": ("scheduled", None),
    "effective": ("published", None),
    "retired": ("superseded", None),
}


def serve_versions(pages: Pages) -> None:
    """The addresses."""

    @pages.get("/workshop")
    def workshop() -> Response:
        item, stood = request.args.get("item", "")[:100], request.args.get("state", "")
        state, review = IN_STORE.get(stood, (None, None))
        cursor = request.args.get("cursor") or None
        found = engine().workshop.list(me(), item or None, state, ROWS, cursor, review)
        rows = [one | {"stands": stands(one)} for one in found["items"]]
        grouped = groupby(sorted(rows, key=lambda one: one["item"]), key=lambda one: one["item"])
        names = {one["code"]: one for one in engine().workshop.items(me())}
        groups = [(code, names.get(code), list(group)) for code, group in grouped]
        following = urlencode({"item": item, "state": stood, "cursor": found["next_cursor"] or ""})
        more = f"/admin/workshop?{following}" if found["next_cursor"] else None
        return page("admin/workshop.html", groups=groups, item=item, state=stood, states=STATES, more=more)

    @pages.get("/workshop/<definition>")
    def definition(definition: str) -> Response:
        return _page(id_of(definition))

    @pages.get("/workshop/<definition>/process.bpmn")
    def definition_file(definition: str) -> Response:
        found = engine().workshop.source(me(), id_of(definition))
        return saved_as(found["bpmn"], f"{found['item']}.bpmn")

    @pages.post("/workshop/<definition>/review")
    def review_definition(definition: str) -> AnyResponse:
        id, note = id_of(definition), field("note", MOST_NOTE)
        verdict = APPROVED if field("verdict", 20) == APPROVED else RETURNED
        once = once_of("review-definition", definition, [verdict, note])
        return done(id, lambda: engine().workshop.review(me(), id, verdict, note, once), note=note)

    @pages.post("/workshop/<definition>/publish")
    def publish_definition(definition: str) -> AnyResponse:
        id, day = id_of(definition), field("effective_on", 20)
        once = once_of("publish-definition", definition, day)
        return done(id, lambda: rehearsal.publish(engine(), me(), id, _day(day), once), effective_on=day)

    @pages.post("/workshop/<definition>/withdraw")
    def withdraw_definition(definition: str) -> AnyResponse:
        id = id_of(definition)
        return done(id, lambda: engine().workshop.withdraw(me(), id, once_of("withdraw-definition", definition, "")))


def stands(one: dict[str, Any]) -> str:
    """How a definition stands: draft, reviewed, returned, scheduled, effective, retired, or withdrawn before it took effect."""
    if one["state"] == "draft":
        return {APPROVED: "reviewed", RETURNED: "returned"}.get(one["review"], "draft")
    if one["state"] == "superseded" and one["effective_on"] is None:
        return "withdrawn"
    return {"scheduled": "scheduled", "published": "effective"}.get(one["state"], "retired")


def done(id: UUID, work: Any, **kept: str) -> AnyResponse:
    """Do it and show the page of the definition; what was refused is said there, beside what was entered."""
    try:
        work()
    except NotFound:
        raise
    except ApprovalError as error:
        if type(error) is Forbidden:
            raise
        return _page(id, error.status, problem=error, kept=kept)
    return redirect(f"/admin/workshop/{id}", 303)


def _page(id: UUID, status: int = 200, problem: ApprovalError | None = None, **shown: Any) -> Response:
    door, lang = engine().workshop, language()
    found = door.get(me(), id)
    others = [one for one in door.list(me(), found["item"], None, MOST_OTHERS)["items"] if one["id"] != found["id"]]
    against, actor = request.args.get("against", ""), me()
    changes = door.changes(actor, id, id_of(against) if against else None)
    failures = problem.params.get("failures" if lang == "en" else "failures_zh", []) if problem else []
    known: dict[str, Any] = {
        "found": found,
        "stands": stands(found),
        "findings": [in_language(one, lang) for one in found["findings"]],
        "diagram": _picture(found["bpmn"], lang),
        "others": [one | {"stands": stands(one)} for one in others],
        "changes": changes,
        "impact": door.impact(actor, id) if found["state"] in ("draft", "scheduled") else None,
        "may_review": actor.may(Permission.DEFINITION_PUBLISH) and found["state"] == "draft",
        "may_withdraw": actor.may(Permission.DEFINITION_PUBLISH) and found["state"] == "scheduled",
        "waiting": [one for one in others if one["state"] == "scheduled"],
        "own_draft": found["created_by"] == actor.id,
        "may_play": actor.may(Permission.DEFINITION_WRITE),
        "problem": problem.sentence(lang) if problem else "",
        "failures": failures,
        "may_change_stories": actor.may(Permission.DEFINITION_WRITE) and found["state"] == "draft",
        "spelled": [json.dumps(one, ensure_ascii=False, indent=2) for one in found["scenarios"]],
        "seen": digest(found["scenarios"]),
        "known_item": door.item_data(actor, found["item"]) is not None,
        "says": partial(attribute_said, lang=lang),
        "key": fresh_key(),
        "kept": {},
        "here": f"/admin/workshop/{id}",
    }
    return page("admin/definition.html", status, **{**known, **shown})


def _picture(bpmn: str, lang: str) -> dict[str, Any] | None:
    """The diagram as the tracker draws it."""
    data = bpmn.encode()
    drawn = public_diagram(executable_process(read(data)), data, lang)
    return {"xml": base64.b64encode(drawn.xml).decode(), "marks": []} if drawn else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(detail="effective_on", fields={"effective_on": ["YYYY-MM-DD"]}) from None


def id_of(text: str) -> UUID:
    """The id in an address. Raises NotFound."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(what="definition", id=text[:80]) from None
