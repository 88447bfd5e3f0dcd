"""An officer's inbox and one task: the case file on one side, the decision on the other."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import urlencode

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from admin.desk import fresh_key, me, page
from admin.paper_view import papers_of
from engine.cases.access import parse_task_id
from engine.cases.complete_task import MOST_OPINION, Completion
from engine.cases.inbox import InboxQuery
from engine.errors import ApprovalError, Forbidden, NotFound
from engine.unit_of_work import Once
from web.forms import as_sent, entered, flaws
from web.pages import Pages, field
from web.serving import engine
from web.words import language

ROWS = 30
STATES = {"": ("open", "claimed"), "open": ("open",), "claimed": ("claimed",), "completed": ("completed", "returned")}
LIGHTS = ("green", "yellow", "red")
SORTS = ("due", "-opened", "opened")
MOST_FIELD = 4000


def serve_inbox(pages: Pages) -> None:
    """The addresses of the inbox and of tasks."""

    @pages.get("/inbox")
    def inbox() -> Response:
        asked = _filters()
        query = InboxQuery(
            states=STATES[asked["state"]],
            case=asked["case"] or None,
            lights=(asked["light"],) if asked["light"] else (),
            mine=bool(asked["mine"]),
            sort=asked["sort"] or "due",
            limit=ROWS,
            cursor=request.args.get("cursor") or None,
        )
        found = engine().inbox(me(), query)
        cursor = found["next_cursor"]
        more = f"/admin/inbox?{urlencode({**asked, 'cursor': cursor})}" if cursor else None
        return page("admin/inbox.html", rows=found["items"], asked=asked, more=more, sorts=SORTS)

    @pages.get("/tasks/<task>")
    def show_task(task: str) -> Response:
        return _task_page(task)

    @pages.post("/tasks/<task>/claim")
    def claim(task: str) -> AnyResponse:
        engine().claim(me(), *parse_task_id(task))
        return redirect(f"/admin/tasks/{task}?done=claimed", 303)

    @pages.post("/tasks/<task>/release")
    def release(task: str) -> AnyResponse:
        engine().release(me(), *parse_task_id(task))
        return redirect(f"/admin/tasks/{task}?done=released", 303)

    @pages.post("/tasks/<task>/complete")
    def complete(task: str) -> AnyResponse:
        try:
            outcome, opinion = field("outcome", 100) or None, field("opinion", MOST_OPINION + 1)
            wanted = engine().get_task(me(), *parse_task_id(task))["entry_form"]
            names = [name for name in request.form if name.startswith("form.")]
            form = (
                entered(wanted) if wanted else {name.removeprefix("form."): field(name, MOST_FIELD) for name in names}
            )
            asked = Completion(
                *parse_task_id(task),
                outcome,
                opinion,
                {k: v for k, v in form.items() if v != ""},
                field("late_reason", MOST_OPINION),
            )
            done = engine().complete(me(), asked, once_of("complete", task, asked.as_arguments()))
        except (NotFound, Forbidden):
            raise
        except ApprovalError as error:
            said = {"problem": error.sentence(language()), "wrong": flaws(error)}
            return _task_page(task, error.status, kept=request.form, **said)
        return redirect(f"/admin/inbox?{urlencode({'done': 'completed', 'number': done['case']['number']})}", 303)


def once_of(verb: str, what: str, asked: Any) -> Once:
    """The idempotency key that the page's form carried, bound to what it asks."""
    key = field("key", 64) or fresh_key()
    canonical = json.dumps(asked, sort_keys=True, default=str)
    return Once(f"{me().id} PAGE {verb} {what}", key, hashlib.sha256(canonical.encode()).digest())


def show_problem(task: str, status: int, **shown: Any) -> Response:
    """The page of a task again, with what was wrong and what was entered."""
    return _task_page(task, status, **shown)


def _filters() -> dict[str, str]:
    """What the address asks for; what it can't mean is left out."""
    asked = {name: request.args.get(name, "").strip() for name in ("state", "light", "case", "mine", "sort")}
    known = {"state": STATES, "light": ("", *LIGHTS), "sort": ("", *SORTS), "mine": ("", "1")}
    fine = {name: value if value in known.get(name, (value,)) else "" for name, value in asked.items()}
    return fine | {"case": "".join(char for char in fine["case"] if char.isprintable())[:100]}


def _task_page(task: str, status: int = 200, **shown: Any) -> Response:
    view = engine().get_task(me(), *parse_task_id(task))
    case = view["case_file"]
    diagram = engine().case_picture(me(), case["number"], language()) if _may_see(case["number"]) else None
    counter = engine().intake.counter(me(), case["number"])
    # What the window puts right on the spot begins with what the application says; after a refusal, with what was entered.
    values = as_sent(counter["form"], case["form"])
    fixed = shown.get("kept") if (shown.get("kept") or {}).get("answer") else values
    known = {
        "here": f"/admin/tasks/{task}",
        "counter": counter,
        "fixed": fixed,
        "task": view,
        "case": case,
        "diagram": diagram,
        "key": fresh_key(),
        "followed": engine().verifications.followed(case["number"]),
        "kept": {},
        "returning": {},
        "problem": "",
        "wrong": {},
        "answering": "answer" in request.args,
    }
    return page("admin/task.html", status, **{**known, **papers_of(case["number"]), **shown})


def _may_see(number: str) -> bool:
    try:
        engine().get_case(me(), number)
    except (NotFound, Forbidden):
        return False
    return True
