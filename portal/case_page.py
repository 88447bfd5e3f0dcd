"""The page of one's own case, whether one came with an account or a query code: its progress, its papers, what one can do."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

from flask import Response, g, request

from engine.organization.actor import Actor
from portal.links import LINKS
from web.forms import as_sent
from web.pages import render
from web.serving import engine
from web.words import language, own, t

#: What was just done, as the address of the page names it, and the words for it.
DONE = {
    "added": "done.added",
    "supplied": "own.supplied",
    "withdrawn": "own.withdrawn",
    "done": "own.done",
    "signed": "own.signed",
}


def case_page(actor: Actor, number: str, status: int = 200, **more: Any) -> Response:
    """The page of a case, or, for the page that keeps itself up to date, its changed part: 204 when nothing has."""
    live = bool(request.headers.get("HX-Request"))
    case = engine().own_cases.case(actor, number, language())
    materials = engine().materials.listed(actor, number)
    papers = engine().documents.listed(actor, number)["items"]
    spelled = json.dumps([case, papers, language()], sort_keys=True, default=str).encode()
    digest = hashlib.sha256(spelled).hexdigest()[:16]
    if live and request.args.get("seen") == digest:
        return Response(status=204)
    known = f"result.{case['result']}"
    shown: dict[str, Any] = {
        "case": case,
        "case_row": case | {"ended_at": case["concluded_at"]},
        "digest": digest,
        "result": t(known) if known in g.texts else own(case["result"]),
        "links": LINKS,
        "materials": materials,
        "papers": papers,
        "key": uuid.uuid4().hex,
        "said": next((t(words) for name, words in DONE.items() if name in request.args), ""),
        "kept": {},
        "wrong": {},
        "problem": "",
        "form": None,
        "submitted": "submitted" in request.args,
        "check_by": next((one["due_date"] for one in case["limits"] if one["clock"] == "completeness"), None),
    }
    if case["todo"]["supplement"] and not case["todo"]["supplement"]["supply_by"]:
        form, filled = engine().own_cases.application(actor, number)
        shown["form"], shown["filled"] = form, as_sent(form, filled) if form else {}
    tasks = [one["task"] for one in case["todo"]["tasks"]]
    shown["task_forms"] = {task: engine().own_cases.task_form(actor, number, task) for task in tasks}
    response = render("portal/progress_body.html" if live else "portal/progress.html", status, **shown | more)
    response.headers["Vary"] = "HX-Request"
    return response
