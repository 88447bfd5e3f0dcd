"""试运行: a diagram, a story that one writes or sends, and how the case goes on it day by day. Nothing is kept."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from flask import Response, request

from admin.desk import me, page
from admin.workshop.files import MOST_FORM, diagram_sent, held
from engine import rehearsal
from engine.bpmn.compile import executable_process
from engine.bpmn.file_text import text_of
from engine.bpmn.model import Node, in_language
from engine.bpmn.read import UnreadableDiagram, read
from engine.bpmn.vocabulary import PERSON_TASKS
from engine.cases.access import need
from engine.errors import ApprovalError, Forbidden, NotFound
from engine.organization.permissions import UseCase
from engine.play import DOES, ScenarioInvalid, scenario_of
from web.pages import Pages, field
from web.serving import engine
from web.words import language

MOST_STORY = 256 * 1024


def serve_dry_run(pages: Pages) -> None:
    """The addresses."""
    pages.take_large(MOST_FORM, "play_dry_run", "open_dry_run")

    @pages.get("/workshop/dry-run")
    def dry_run() -> Response:
        need(me(), UseCase.DEFINITION_REHEARSE)
        asked = request.args.get("definition", "")
        if not asked:
            return _page(None, "", "")
        source = engine().workshop.source(me(), _id_of(asked))
        number = request.args.get("scenario", "0")
        stories = source["scenarios"]
        n = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 0
        story = stories[n] if n < len(stories) else first_story(source["bpmn"], source["item"])
        return _page(source["bpmn"], f"{source['item']}.bpmn", _spelled(story), source["item"])

    @pages.post("/workshop/dry-run/open")
    def open_dry_run() -> Response:
        """The page with a diagram that another page of the workshop holds."""
        need(me(), UseCase.DEFINITION_REHEARSE)
        try:
            data, name = diagram_sent()
            engine().workshop.refuse_errors(data, None)
        except ApprovalError as error:
            return _page(None, "", "", status=error.status, **_told(error))
        return _page(data, name, _spelled(first_story(data, field("item", 100))), field("item", 100))

    @pages.post("/workshop/dry-run")
    def play_dry_run() -> Response:
        story, item = _story(), field("item", 100)
        try:
            data, name = diagram_sent()
        except ApprovalError as error:
            return _page(None, "", story, item, error.status, problem=error.sentence(language()))
        try:
            (played,) = rehearsal.dry_run(engine(), me(), data, [_read(story)], item or None)
        except Forbidden:
            raise
        except ApprovalError as error:
            return _page(data, name, story, item, error.status, **_told(error))
        return _page(data, name, story, item, played=played)


def first_story(bpmn: bytes, item: str) -> dict[str, Any]:
    """A story to begin with: handed in, accepted, and the first task after that done, on the days to come."""
    process = executable_process(read(bpmn))
    tasks = [node for node in process.nodes if node.tag in PERSON_TASKS and not _accepts(node)]
    day = engine().workshop.domain_day(me()).isoformat()
    steps: list[dict[str, Any]] = [
        {"on": day, "at": "09:00", "who": "clerk.li", "does": "submit"},
        {"on": day, "at": "10:00", "who": "clerk.li", "does": "accept"},
    ]
    for node in tasks[:1]:
        outcomes = list((node.extension("outcomes") or {}).get("values") or ())
        step = {"on": day, "at": "11:00", "who": "", "does": "complete", "node": node.id}
        steps.append(step | ({"outcome": outcomes[0]} if outcomes else {}) | {"opinion": ""})
    return {
        "name": process.name or item,
        "item": item or str(process.id),
        "region": "440100",
        "starts_on": day,
        "applicant": {"kind": "enterprise", "name": "示范公司"},
        "form": {},
        "steps": steps,
        "expect": {},
    }


def _told(error: ApprovalError) -> dict[str, Any]:
    """What a refusal says; of a diagram with errors, each of them."""
    findings = [in_language(one, language()) for one in error.params.get("findings") or ()]
    return {"problem": error.sentence(language()), "findings": findings}


def _accepts(node: Node) -> bool:
    """Whether a task is the one that the step `accept` completes."""
    return "accepted" in ((node.extension("outcomes") or {}).get("values") or {})


def _page(data: bytes | None, name: str, story: str, item: str = "", status: int = 200, **shown: Any) -> Response:
    known: dict[str, Any] = {
        "file": held(data) if data else None,
        "file_name": name,
        "story": story,
        "item": item,
        "verbs": tuple(DOES),
        "nodes": _nodes(data) if data else [],
        "played": None,
        "problem": "",
        "findings": [],
        "here": "/admin/workshop/dry-run",
    }
    return page("admin/dry_run.html", status, **{**known, **shown})


def _nodes(data: bytes) -> list[dict[str, Any]]:
    """The tasks of a diagram, for who writes a story: id, name, who does it, and its outcomes."""
    if not engine().diagrams.lint(me(), data)["readable"]:
        return []
    try:
        nodes = executable_process(read(data)).nodes
    except UnreadableDiagram:
        return []
    rows = []
    for node in (one for one in nodes if one.tag in PERSON_TASKS and one.id):
        said, outcomes = node.extension("assignment") or {}, (node.extension("outcomes") or {}).get("values") or {}
        who = said.get("function") or ("applicant" if said.get("applicant") else "")
        rows.append({"id": node.id, "name": node.name, "function": who, "outcomes": list(outcomes)})
    return rows


def _story() -> str:
    """The story as it was written, or the file that was sent in its place."""
    file = request.files.get("story_file")
    if file is not None and file.filename:
        return text_of(file.read(MOST_STORY + 1))
    return field("story", MOST_STORY)


def _read(story: str) -> Any:
    if len(story) > MOST_STORY:
        raise ScenarioInvalid(where="", detail="it is over 256 KB", detail_zh="超过 256 KB")
    return scenario_of(story)


def _spelled(story: dict[str, Any]) -> str:
    return json.dumps(story, ensure_ascii=False, indent=2)


def _id_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(what="definition", id=text[:80]) from None
