"""Verifications and revocations at the desk: what is due, the check material by material, and how a permit is taken away."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from admin.desk import fresh_key, me, page
from engine.credit_first.grounds import GROUNDS
from engine.credit_first.rectification import WAYS, Rectified
from engine.credit_first.revocation import NewRevocation
from engine.credit_first.stays import KINDS, Objection
from engine.credit_first.verification import VERDICTS, Finding, Result
from engine.credit_first.views import LISTS, VerificationQuery
from engine.errors import ApprovalError, Forbidden, NotFound
from engine.organization.permissions import Permission
from engine.unit_of_work import Once
from web.pages import Pages, field
from web.serving import engine
from web.words import language

ROWS = 50
MOST = 4000


def serve_verifications(pages: Pages) -> None:
    """The addresses of verifications and of what takes a permit away."""

    @pages.get("/verifications")
    def verifications() -> Response:
        return _list()

    @pages.get("/verifications/<verification>")
    def verification(verification: str) -> Response:
        return _one(_id(verification))

    @pages.post("/verifications/<verification>/result")
    def record_result(verification: str) -> AnyResponse:
        which = _id(verification)
        return _done(
            lambda: engine().verifications.result(me(), _said(which), _once(f"check {which}")),
            lambda problem: _one(which, problem),
            f"/admin/verifications/{which}",
        )

    @pages.post("/verifications/<verification>/rectification")
    def supply_rectification(verification: str) -> AnyResponse:
        which = _id(verification)
        way = field("way", 10) or "post"
        asked = Rectified(which, note=field("note", MOST), way=way if way in WAYS else "post")
        return _done(
            lambda: engine().verifications.rectify(me(), asked, _once(f"rectify {which}")),
            lambda problem: _one(which, problem),
            f"/admin/verifications/{which}",
        )

    @pages.get("/cases/<number>/revocation")
    def revocation(number: str) -> Response:
        return _revocation(number)

    @pages.post("/cases/<number>/revocation")
    def begin_revocation(number: str) -> AnyResponse:
        asked = NewRevocation(number, field("ground", 20), field("reason", MOST))
        return _of_permit(
            number, lambda: engine().verifications.open_revocation(me(), asked, _once(f"revoke {number}"))
        )

    @pages.post("/cases/<number>/statement")
    def record_statement(number: str) -> AnyResponse:
        which = _id(field("revocation", 40))
        said, hearing = field("statement", MOST), bool(request.form.get("hearing"))
        once = _once(f"state {which}")
        return _of_permit(number, lambda: engine().verifications.state(me(), which, said, hearing, once))

    @pages.post("/cases/<number>/objections")
    def record_objection(number: str) -> AnyResponse:
        asked = Objection(number, field("kind", 20), field("body", 200), field("reference", 200))
        return _of_permit(number, lambda: engine().verifications.object(me(), asked, _once(f"object {number}")))


def _list() -> Response:
    asked = {name: request.args.get(name, "").strip()[:100] for name in ("state", "region", "item")}
    state = asked["state"] if asked["state"] in LISTS else ""
    narrowed = {"region": asked["region"] or None, "item": asked["item"] or None}
    query = VerificationQuery(state or None, **narrowed, cursor=request.args.get("cursor") or None, limit=ROWS)
    found = engine().verifications.list(me(), query)
    return page(
        "admin/verifications.html",
        rows=found["items"],
        next_cursor=found["next_cursor"],
        figures=engine().verifications.figures(me(), **narrowed)["items"],
        lists=LISTS,
        asked=asked | {"state": state},
    )


def _one(which: UUID, problem: ApprovalError | None = None) -> Response:
    found = engine().verifications.get(me(), which)
    open_now = found["state"] in ("open", "rechecking") and found["linked_case"]
    return page(
        "admin/verification.html",
        problem.status if problem else 200,
        row=found,
        verdicts=VERDICTS,
        problem=problem.sentence(language()) if problem else "",
        may_check=open_now and me().may(Permission.VERIFICATION_RECORD),
        may_supply=found["state"] == "rectifying" and me().may(Permission.CASE_SUBMIT),
        kept=request.form,
        key=fresh_key(),
    )


def _said(which: UUID) -> Result:
    findings = tuple(
        Finding(code, request.form.get(f"verdict.{code}", "")[:30], field(f"note.{code}", 1000))
        for code in request.form.getlist("material")[:100]
    )
    result = field("result", 20) or None
    return Result(which, findings, result, field("note", MOST), None, field("late_reason", 2000))


def _revocation(number: str, problem: ApprovalError | None = None) -> Response:
    case = engine().get_case(me(), number)
    try:
        dependants = engine().verifications.dependants(me(), number)["items"]
    except (Forbidden, NotFound):
        dependants = []
    return page(
        "admin/revocation.html",
        problem.status if problem else 200,
        case=case,
        follow=engine().verifications.follow_up(number),
        grounds=GROUNDS,
        kinds=KINDS,
        dependants=dependants,
        may_open=me().may(Permission.REVOCATION_OPEN),
        may_state=me().may(Permission.CASE_SUBMIT),
        problem=problem.sentence(language()) if problem else "",
        kept=request.form,
        key=fresh_key(),
    )


def _of_permit(number: str, work: Any) -> AnyResponse:
    return _done(work, lambda problem: _revocation(number, problem), f"/admin/cases/{number}/revocation")


def _done(work: Any, again: Any, next_page: str) -> AnyResponse:
    """Do it and go on, or show the page again with what was wrong."""
    try:
        work()
    except (NotFound, Forbidden):
        raise
    except ApprovalError as error:
        shown: AnyResponse = again(error)
        return shown
    return redirect(next_page, 303)


def _once(what: str) -> Once | None:
    key = request.form.get("key", "")[:64]
    said = "\0".join(f"{name}={value}" for name, value in sorted(request.form.items(multi=True)) if name != "csrf")
    return Once(f"{me().id} page {what}", key, said.encode()) if key.isalnum() else None


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(what="verification", id=text[:80]) from None
