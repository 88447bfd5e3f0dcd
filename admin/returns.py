"""退回 on the page of a task: where to, and why."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import redirect, request
from werkzeug.wrappers import Response as AnyResponse

from admin.desk import me
from admin.inbox import once_of, show_problem
from engine.cases.access import parse_task_id
from engine.cases.complete_task import MOST_OPINION
from engine.cases.return_task import Returning
from engine.errors import ApprovalError, Forbidden, NotFound
from web.forms import flaws
from web.pages import Pages, field
from web.serving import engine
from web.words import language


def serve_returns(pages: Pages) -> None:
    """The address that the form sends to."""

    @pages.post("/tasks/<task>/return")
    def send_back(task: str) -> AnyResponse:
        said = field("opinion", MOST_OPINION + 1), field("late_reason", MOST_OPINION + 1)
        asked = Returning(*parse_task_id(task), field("to", 200), *said)
        try:
            done = engine().returns.send_back(me(), asked, once_of("return", task, asked.as_arguments()))
        except (NotFound, Forbidden):
            raise
        except ApprovalError as error:
            told = {"problem": error.sentence(language()), "wrong": flaws(error)}
            return show_problem(task, error.status, returning=request.form, **told)
        return redirect(f"/admin/inbox?{urlencode({'done': 'returned', 'number': done['case']['number']})}", 303)
