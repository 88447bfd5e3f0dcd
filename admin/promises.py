"""Trust first at the window: which ways are open to the applicant, the whole text, signing it and taking it back."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Response, redirect
from werkzeug.wrappers import Response as AnyResponse

from admin.desk import fresh_key, me, page
from admin.inbox import once_of
from engine.errors import ApprovalError, Forbidden, NotFound
from web.pages import Pages
from web.promises import promise_of_form
from web.serving import engine
from web.words import language


def serve_promises(pages: Pages) -> None:
    """The addresses of promises, below a case."""

    @pages.get("/cases/<number>/promise")
    def promise(number: str) -> Response:
        return _page(number)

    @pages.post("/cases/<number>/promise")
    def sign_promise(number: str) -> AnyResponse:
        def work() -> None:
            asked = promise_of_form(number, "window")
            engine().credit.sign(me(), asked, once_of("sign-promise", number, str(asked)))

        return _done(number, "signed", work)

    @pages.post("/cases/<number>/promise/withdrawal")
    def withdraw_promise(number: str) -> AnyResponse:
        def work() -> None:
            engine().credit.withdraw(me(), number, once_of("withdraw-promise", number, number))

        return _done(number, "promise_withdrawn", work)


def _done(number: str, done: str, work: Any) -> AnyResponse:
    try:
        work()
    except (NotFound, Forbidden) as error:
        if error.code in ("not-found", "forbidden"):
            raise
        return _page(number, error)
    except ApprovalError as error:
        return _page(number, error)
    return redirect(f"/admin/cases/{number}/promise?{urlencode({'done': done})}", 303)


def _page(number: str, error: ApprovalError | None = None) -> Response:
    found = engine().credit.of_case(me(), number)
    shown: dict[str, Any] = {
        "number": number,
        "found": found,
        "materials": found["materials"],
        "problem": error.sentence(language()) if error else "",
        "key": fresh_key(),
        "here": f"/admin/cases/{number}/promise",
    }
    return page("admin/promise.html", error.status if error else 200, **shown)
