"""Applying online: a draft in three steps (form, materials, look-over), each saved as one goes, then the submission.

Works without scripts; with them the form saves itself. What else has to be settled between the look-over and the submission
(a way of credit first and its commitment) has its place on the look-over: `portal/draft_way.html`, and `DraftsDoor._prepared`.
"""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from engine.cases.draft_rows import DraftSubmitted
from engine.cases.submit import REACHED
from engine.catalogue.forms import Form
from engine.doors.drafts import DraftContent, DraftIncomplete
from engine.errors import ApprovalError, NotFound
from engine.organization.actor import Actor
from portal.case_actions import once_of
from portal.links import LINKS
from web.downloads import download
from web.forms import as_sent, entered, flaws
from web.pages import Pages, field, render
from web.serving import engine
from web.sessions import current
from web.words import language

MOST_ANSWER, MOST_REACHED = 60, 200


def serve_drafts(pages: Pages, who: Any) -> None:
    """The addresses below /account/drafts; `who` is the applicant who is signed in."""
    pages.take_files("upload")

    @pages.post("/drafts")
    def begin() -> AnyResponse:
        actor = who()
        item, region = field("item", 100), field("region", 20)
        answers = {
            name.removeprefix("a."): value[:MOST_ANSWER]
            for name, value in request.form.items()
            if name.startswith("a.") and "\0" not in value
        }
        once = once_of(actor, "draft", item, region, answers)
        made = engine().drafts.start(actor, item, region, DraftContent(answers=answers), once)
        return redirect(f"/account/drafts/{made['id']}", 303)

    @pages.get("/drafts/<draft>")
    def form(draft: str) -> AnyResponse:
        return _form_page(who(), draft)

    @pages.post("/drafts/<draft>")
    def save(draft: str) -> AnyResponse:
        return _save(who(), draft)

    @pages.get("/drafts/<draft>/materials")
    def materials(draft: str) -> AnyResponse:
        return _page("portal/draft_materials.html", who(), draft)

    @pages.post("/drafts/<draft>/materials")
    def upload(draft: str) -> AnyResponse:
        actor = who()
        try:
            _hand_in(actor, draft)
        except DraftSubmitted as error:
            return redirect(f"/account/cases/{error.params['number']}", 303)
        except ApprovalError as error:
            said = {"problem": error.sentence(language()), "at": request.form.get("code", "")[:100]}
            return _page("portal/draft_materials.html", actor, draft, error.status, **said)
        return redirect(f"/account/drafts/{draft}/materials?added", 303)

    @pages.post("/drafts/<draft>/materials/<number>/delete")
    def drop(draft: str, number: str) -> AnyResponse:
        engine().drafts.drop_material(who(), draft, _ordinal(number))
        return redirect(f"/account/drafts/{draft}/materials?dropped", 303)

    @pages.get("/drafts/<draft>/materials/<number>/file")
    def fetch(draft: str, number: str) -> AnyResponse:
        return download(engine().drafts.open_material(who(), draft, _ordinal(number)))

    @pages.get("/drafts/<draft>/review")
    def review(draft: str) -> AnyResponse:
        return _review_page(who(), draft)

    @pages.post("/drafts/<draft>/submission")
    def submit(draft: str) -> AnyResponse:
        actor = who()
        version, way = field("version", 10), field("way", 40)
        try:
            seen = int(version) if version.isascii() and version.isdigit() else None
            once = once_of(actor, "submission", draft, version, way)
            made = engine().drafts.submit(actor, draft, seen, once, way or None)
        except DraftSubmitted as error:
            return redirect(f"/account/cases/{error.params['number']}", 303)
        except NotFound:
            raise
        except ApprovalError as error:
            already = error.params.get("number") if error.code == "case-open-already" else None
            said = {"problem": error.sentence(language()), "already": already, "way": way}
            return _review_page(actor, draft, error.status, **said)
        if made.get("to_sign"):
            return redirect(f"/account/cases/{made['number']}/promise?chosen={made['to_sign']}", 303)
        return redirect(f"/account/cases/{made['number']}?submitted", 303)

    @pages.post("/drafts/<draft>/delete")
    def discard(draft: str) -> AnyResponse:
        try:
            engine().drafts.discard(who(), draft)
        except DraftSubmitted as error:
            return redirect(f"/account/cases/{error.params['number']}", 303)
        return redirect("/account?discarded", 303)


def apply_page(item: str, region: str) -> Response:
    """Before the first step: what it is one applies for; who is not logged in is told to be."""
    guide = engine().catalogue.guide(item, region)
    answers = {name: value[:MOST_ANSWER] for name, value in request.args.items() if name.startswith("a.")}
    actor = current()
    mine = [one for one in engine().drafts.list(actor) if one["item"] == item] if actor else []
    online = "online" in guide["ways"]["apply"] and guide["state"] == "open"
    shown: dict[str, Any] = {"guide": guide, "item": item, "answers": answers, "mine": mine, "online": online}
    return render("portal/apply.html", links=LINKS, key=uuid.uuid4().hex, here=f"/items/{item}/apply", **shown)


def _save(actor: Actor, draft: str) -> AnyResponse:
    form, wanted = engine().drafts.form_of(actor, draft), request.form.get("do", "")
    try:
        view = engine().drafts.save(actor, draft, _content(form))
    except DraftSubmitted as error:
        return redirect(f"/account/cases/{error.params['number']}", 303)
    except NotFound:
        raise
    except ApprovalError as error:
        if wanted == "auto":
            return Response(error.sentence(language()), error.status, mimetype="text/plain")
        return _form_page(actor, draft, error.status, problem=error.sentence(language()), wrong=flaws(error))
    wrong = {name: texts for name, texts in view["problems"].items() if not name.startswith("materials.")}
    if wanted == "auto":
        return Response(view["saved_at"], 200, mimetype="text/plain")
    if wanted != "next":
        return redirect(f"/account/drafts/{draft}?saved", 303)
    if wrong:
        return _form_page(actor, draft, 422, told=True)
    return redirect(f"/account/drafts/{draft}/materials", 303)


def _content(form: Form | None) -> DraftContent:
    answers = {
        name.removeprefix("a."): field(name, MOST_ANSWER) for name in request.form if name.startswith("a.") and name[2:]
    }
    reached = {name: value for name in REACHED if (value := field(f"reached.{name}", MOST_REACHED + 1))}
    version = field("version", 10)
    seen = int(version) if version.isascii() and version.isdigit() else None
    return DraftContent(answers, entered(form) if form else {}, reached, seen)


def _hand_in(actor: Actor, draft: str) -> None:
    code, how = field("code", 100), field("how", 10)
    if how == "paper":
        engine().drafts.add_material(actor, draft, code, None, once_of(actor, "draft-material", draft, code, how))
        return
    if how == "held":
        source = {"from_case": field("from_case", 80), "from_material": _ordinal(field("from_material", 10))}
        engine().drafts.add_material(actor, draft, code, source, once_of(actor, "draft-material", draft, code, source))
        return
    file = request.files.get("file")
    if file is None:
        raise NotFound(what="material", id="file")
    with engine().materials.receiving(file.stream, file.filename or "") as incoming:
        once = once_of(actor, "draft-material", draft, code, incoming.upload.sha256)
        engine().drafts.add_material(actor, draft, code, incoming, once)


def _ordinal(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _form_page(actor: Actor, draft: str, status: int = 200, **more: Any) -> AnyResponse:
    form = engine().drafts.form_of(actor, draft)
    return _page("portal/draft_form.html", actor, draft, status, form=form, **more)


def _review_page(actor: Actor, draft: str, status: int = 200, **more: Any) -> AnyResponse:
    form = engine().drafts.form_of(actor, draft)
    try:
        ways = engine().drafts.ways(actor, draft)["ways"]
    except NotFound:
        raise
    except ApprovalError:  # the item can't be applied for today: the page says why
        ways = []
    return _page(
        "portal/draft_review.html", actor, draft, status, form=form, ways=ways, **{"way": "", "told": True, **more}
    )


def _page(template: str, actor: Actor, draft: str, status: int = 200, **more: Any) -> AnyResponse:
    view = engine().drafts.get(actor, draft)
    if view["number"] is not None:
        return redirect(f"/account/cases/{view['number']}", 303)
    told = more.pop("told", False) or status == 422 or bool(view["form"])
    form = more.get("form")
    known: dict[str, Any] = {
        "draft": view,
        "links": LINKS,
        "key": uuid.uuid4().hex,
        "here": f"/account/drafts/{draft}",
        "account": engine().accounts.own(actor),
        "mobile": engine().accounts.mobile_of(actor),
        "kept": as_sent(form, view["form"]) if form else {},
        "wrong": _wrong(view["problems"]) if told else {},
        "problem": "",
        "saved": "saved" in request.args,
        "added": "added" in request.args,
        "at": "",
        "already": None,
    }
    return render(template, status, **{**known, **more})


def _wrong(problems: dict[str, list[str]]) -> dict[str, str]:
    """What is wrong, by field, in the reader's language."""
    return flaws(DraftIncomplete(detail="", detail_en="", fields=problems))
