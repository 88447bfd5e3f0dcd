"""What the counter puts right in the applicant's place: a supplement brought, an application withdrawn."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import redirect, request
from werkzeug.wrappers import Response as AnyResponse

from admin.cases import case_page
from admin.desk import me
from admin.inbox import once_of
from engine.cases.supplement import Supplement, Supplied
from engine.errors import ApprovalError, Forbidden, NotFound
from web.forms import changed, flaws
from web.pages import Pages, field
from web.serving import engine
from web.words import language

MOST_NOTE = 1000
MOST_REASON = 2000


def serve_counter(pages: Pages) -> None:
    """The addresses of supplements and withdrawals."""

    @pages.post("/cases/<number>/supplements")
    def supply(number: str) -> AnyResponse:
        def work() -> None:
            asked = _brought(number)
            said = [[one.material, one.note] for one in asked.materials]
            engine().intake.supply(me(), asked, once_of("supply", number, [said, asked.form]))

        return _done(number, "supplied", work)

    @pages.post("/cases/<number>/withdrawal")
    def withdraw(number: str) -> AnyResponse:
        def work() -> None:
            reason = field("reason", MOST_REASON)
            engine().intake.withdraw(me(), number, reason, once_of("withdraw", number, reason))

        return _done(number, "withdrawn", work)


def _brought(number: str) -> Supplement:
    """What was brought: what is ticked of the list that was told, and the fields that are corrected."""
    counter = engine().intake.counter(me(), number)
    told = {one["material"] for one in counter["asked"]}
    ticked = [code for code in request.form.getlist("material") if code in told]
    brought = tuple(Supplied(code, field(f"note.{code}", MOST_NOTE)) for code in dict.fromkeys(ticked))
    return Supplement(number, brought, changed(counter["form"], counter["values"]))


def _done(number: str, done: str, work: Any) -> AnyResponse:
    try:
        work()
    except (NotFound, Forbidden):
        raise
    except ApprovalError as error:
        said = {"problem": error.sentence(language()), "wrong": flaws(error), "kept": request.form}
        return case_page(number, error.status, **said)
    return redirect(f"/admin/cases/{number}?{urlencode({'done': done, 'number': number})}", 303)
