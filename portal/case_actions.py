"""What an applicant does about one's own case, the same with an account and with a query code.

Hand materials in, send a supplement, withdraw, complete what waits for the applicant, fetch documents and sign for them. What
goes wrong is said on the page of the case.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Any

from flask import redirect, request
from werkzeug.wrappers import Response as AnyResponse

from engine.cases.add_material import NewMaterial
from engine.cases.supplement import Supplement, Supplied
from engine.doors.own_cases import Answer
from engine.errors import ApprovalError, Invalid, NotFound
from engine.organization.actor import Actor
from engine.unit_of_work import Once
from portal.case_page import case_page
from web.downloads import download
from web.forms import changed, entered, flaws
from web.pages import Pages, field
from web.serving import engine
from web.words import language, t

MOST_NOTE, MOST_REASON = 1000, 2000
Who = Callable[[str], Actor]


def serve_case_actions(pages: Pages, prefix: str, who: Who) -> None:
    """The addresses below `<prefix>/<number>`; `who` finds the applicant of a case or refuses."""
    pages.take_files("hand_in")
    base = f"{pages.url_prefix or ''}{prefix}"

    def done(number: str, what: str) -> AnyResponse:
        return redirect(f"{base}/{number}?{what}", 303)

    def refused(actor: Actor, number: str, error: ApprovalError, **more: Any) -> AnyResponse:
        said = {"problem": error.sentence(language()), "wrong": flaws(error), "here": f"{base}/{number}"}
        return case_page(actor, number, error.status, **said | more)

    @pages.post(f"{prefix}/<number>/materials")
    def hand_in(number: str) -> AnyResponse:
        actor = who(number)
        try:
            _hand_in(actor, number)
        except ApprovalError as error:
            return refused(actor, number, error)
        return done(number, "added")

    @pages.get(f"{prefix}/<number>/materials/<material>/file")
    def fetch_material(number: str, material: str) -> AnyResponse:
        found = int(material) if material.isascii() and material.isdigit() and len(material) < 10 else 0
        return download(engine().materials.open(who(number), number, found))

    @pages.get(f"{prefix}/<number>/documents/<code>/file")
    def fetch_document(number: str, code: str) -> AnyResponse:
        return download(engine().documents.open(who(number), number, code))

    @pages.post(f"{prefix}/<number>/documents/<code>/receipt")
    def sign_for(number: str, code: str) -> AnyResponse:
        actor = who(number)
        try:
            engine().documents.sign_for(actor, number, code, "", once_of(actor, "receipt", code))
        except ApprovalError as error:
            return refused(actor, number, error)
        return done(number, "signed")

    @pages.post(f"{prefix}/<number>/withdrawal")
    def withdraw(number: str) -> AnyResponse:
        actor = who(number)
        try:
            if field("sure", 10) != "yes":
                raise Invalid(detail="sure", fields={"sure": ["请勾选确认\thas to be ticked"]})
            reason = field("reason", MOST_REASON)
            engine().intake.withdraw(actor, number, reason, once_of(actor, "withdrawal", number, reason))
        except ApprovalError as error:
            return refused(actor, number, error)
        return done(number, "withdrawn")

    @pages.post(f"{prefix}/<number>/supplements")
    def supply(number: str) -> AnyResponse:
        actor = who(number)
        try:
            asked = _supplement(actor, number)
            once = once_of(actor, "supplement", number, [one.material for one in asked.materials], dict(asked.form))
            engine().intake.supply(actor, asked, once)
        except ApprovalError as error:
            return refused(actor, number, error, kept=request.form)
        return done(number, "supplied")

    @pages.post(f"{prefix}/<number>/tasks/<task>")
    def complete(number: str, task: str) -> AnyResponse:
        actor = who(number)
        try:
            asked = _answer(actor, number, task)
            once = once_of(actor, "task", number, asked.task, asked.outcome, asked.words, dict(asked.form))
            engine().own_cases.complete(actor, number, asked, once)
        except ApprovalError as error:
            return refused(actor, number, error, kept=request.form)
        return done(number, "done")


def once_of(actor: Actor, what: str, *asked: Any) -> Once:
    """However often a form is sent, it is done once."""
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).digest()
    return Once(f"{actor.id} PAGE {what}", field("key", 64) or uuid.uuid4().hex, digest)


def _hand_in(actor: Actor, number: str) -> None:
    file = request.files.get("file")
    if file is None:
        raise NotFound(what="material", id="file")
    with engine().materials.receiving(file.stream, file.filename or "") as incoming:
        code = field("code", 100)
        once = once_of(actor, "material", number, code, incoming.upload.sha256)
        engine().materials.add(actor, NewMaterial(number, code), incoming, once)


def _answer(actor: Actor, number: str, task: str) -> Answer:
    """What was said at a task that waits for the applicant: its outcome, words, and the fields of its form."""
    told = int(task) if task.isascii() and task.isdigit() and len(task) < 10 else 0
    todo = engine().own_cases.case(actor, number)["todo"]["tasks"]
    waiting = next((one for one in todo if one["task"] == told), None)
    if waiting is None:
        raise NotFound(what="task", id=task[:80])
    form = engine().own_cases.task_form(actor, number, told)
    plain = {name: field(f"form.{name}", MOST_NOTE) for name in waiting["form_fields"]}
    given = entered(form) if form else {name: value for name, value in plain.items() if value}
    return Answer(told, field("outcome", 80) or None, field("words", MOST_REASON), given)


def _supplement(actor: Actor, number: str) -> Supplement:
    """What was asked for and has come in since, or is said to be brought on paper; and what the form says differently."""
    case = engine().own_cases.case(actor, number)
    waits = case["todo"]["supplement"] or {"materials": [], "supply_by": None}
    asked = waits["materials"]
    brought = [
        Supplied(one["material"], field(f"note.{one['material']}", MOST_NOTE))
        for one in asked
        if one["handed_in"] or (not waits["supply_by"] and field(f"paper.{one['material']}", 10))
    ]
    if waits["supply_by"] and not brought:
        # Nobody looks again at what was promised before the decision: it is uploaded, or a window says that it came.
        raise Invalid(detail=t("own.promised.none"), fields={"materials": ["required"]})
    form, filled = engine().own_cases.application(actor, number)
    return Supplement(number, tuple(brought), changed(form, filled) if request.form.get("form") else {})
