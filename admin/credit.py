"""Somebody's credit as officers see it: records with their ground, and repair, objection, settlement and stay of each."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Response, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from admin.desk import fresh_key, me, page
from admin.inbox import once_of
from engine.credit_first.credit import KINDS
from engine.credit_first.credit_office import SETTLED, Decision, NewEntry
from engine.errors import ApprovalError, Forbidden, Invalid, NotFound
from engine.organization.permissions import Permission
from web.forms import flaws
from web.pages import Pages, field
from web.serving import engine
from web.words import language, t

MOST = {"decision": 200, "reason": 4000, "body": 200, "outcome": 20, "evidence": 1000}
#: What may be decided, and what its form asks for.
MOVES = {
    "repaired": ("decision", "reason"),
    "disputed": ("reason", "evidence"),
    "settled": ("outcome", "decision", "reason"),
    "stayed": ("body", "decision", "reason", "until"),
    "stay-ended": ("decision", "reason"),
}


def serve_credit(pages: Pages) -> None:
    """The addresses of credit records."""

    @pages.get("/credit")
    def credit() -> Response:
        return _page(_subject(request.args.get("subject", "")))

    @pages.post("/credit")
    def put_on_record() -> AnyResponse:
        subject = _subject(field("subject", 40))

        def work() -> None:
            asked = _entry(subject)
            engine().credit.record(me(), asked, once_of("credit", subject, str(asked)))

        return _done(subject, "on_record", work)

    @pages.post("/credit/<record>/<kind>")
    def decide(record: str, kind: str) -> AnyResponse:
        if kind not in MOVES:
            raise NotFound(what="credit record", id=record[:80])
        subject = _subject(field("subject", 40))

        def work() -> None:
            said = {name: field(name, MOST[name]) for name in MOVES[kind] if name != "until"}
            asked = Decision(kind, said, _day("until"))
            engine().credit.decide(me(), record, asked, once_of(f"credit-{kind}", record, str(asked)))

        return _done(subject, "decided", work, f"{record}/{kind}")


def _subject(text: str) -> str:
    return "".join(char for char in text.strip().upper() if char.isprintable())[:40]


def _entry(subject: str) -> NewEntry:
    return NewEntry(
        subject,
        field("kind", 40),
        field("text", 4000),
        field("name", 200),
        field("grade", 1) or None,
        field("case", 80) or None,
        field("document", 200) or None,
        field("item", 100) or None,
        valid_until=_day("valid_until"),
    )


def _day(name: str) -> date | None:
    said = field(name, 10)
    try:
        return date.fromisoformat(said) if said else None
    except ValueError:
        raise Invalid(detail=t(f"credit.{name}"), fields={name: ["YYYY-MM-DD"]}) from None


def _done(subject: str, done: str, work: Any, form: str = "") -> AnyResponse:
    try:
        work()
    except (NotFound, Forbidden):
        raise
    except ApprovalError as error:
        return _page(subject, error, form)
    return redirect(f"/admin/credit?{urlencode({'subject': subject, 'done': done})}", 303)


def _said(error: ApprovalError) -> str:
    """What is wrong, with the fields by their names on the page."""
    wrong = flaws(error)
    if type(error) is Invalid and wrong and all(f"credit.{name}" in g.texts for name in wrong):
        return "；".join(f"{t(f'credit.{name}')}{t('colon')}{said}" for name, said in wrong.items())
    return error.sentence(language())


def _page(subject: str, error: ApprovalError | None = None, form: str = "") -> Response:
    actor = me()
    if not actor.may(Permission.CREDIT_READ):
        raise Forbidden(permission=Permission.CREDIT_READ)
    found, problem = None, _said(error) if error else ""
    if subject:
        try:
            found = engine().credit.records(actor, subject)
        except Invalid as wrong:
            error, problem = error or wrong, _said(wrong)
    shown: dict[str, Any] = {
        "subject": subject,
        "found": found,
        "problem": problem,
        "moves": MOVES,
        "settled": SETTLED,
        "kinds": [{"code": code, "name": one.name.zh, "name_en": one.name.en} for code, one in KINDS.items()],
        "may_write": actor.may(Permission.CREDIT_WRITE),
        "kept": request.form,
        "refused": form,
        "key": fresh_key(),
        "here": "/admin/credit",
    }
    return page("admin/credit.html", error.status if error else 200, **shown)
