"""What an applicant does with papers: hand materials in, fetch documents; and what anybody does: check one.

The query code is in the cookie of the case's own address, so that neither an address nor a form carries it.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable
from typing import Any

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from engine.cases.add_material import NewMaterial
from engine.cases.applicants import applicant_id
from engine.cases.progress import ProgressNotFound
from engine.errors import ApprovalError, NotFound
from engine.organization.actor import Actor
from engine.unit_of_work import Once
from portal.links import LINKS
from web.downloads import download
from web.pages import Pages, field, render
from web.serving import engine
from web.words import language

COOKIE = "query-code"
_CODE = re.compile(r"[0-9A-Za-z]{1,80}", re.ASCII)
_VERIFICATION = re.compile(r"[0-9A-Za-z]{1,40}", re.ASCII)


def register_papers(pages: Pages, show: Callable[..., Response]) -> None:
    """The addresses below a case's progress, whose page `show` makes, and of checking."""
    pages.take_files("hand_in")

    @pages.post("/progress/<number>/materials")
    def hand_in(number: str) -> AnyResponse:
        actor = entered(number)
        file = request.files.get("file")
        try:
            if file is None:
                raise NotFound(what="material", id="file")
            with engine().materials.receiving(file.stream, file.filename or "") as incoming:
                code = field("code", 100)
                digest = hashlib.sha256(f"{code} {incoming.upload.sha256}".encode()).digest()
                once = Once(f"{actor.id} PAGE material", field("key", 64) or uuid.uuid4().hex, digest)
                engine().materials.add(actor, NewMaterial(number, code), incoming, once)
        except ApprovalError as error:
            return _progress(show, number, error)
        return redirect(f"/progress/{number}?added", 303)

    @pages.get("/progress/<number>/materials/<material>/file")
    def fetch_material(number: str, material: str) -> AnyResponse:
        found = int(material) if material.isascii() and material.isdigit() and len(material) < 10 else 0
        return download(engine().materials.open(entered(number), number, found))

    @pages.get("/progress/<number>/documents/<code>/file")
    def fetch_document(number: str, code: str) -> AnyResponse:
        return download(engine().documents.open(entered(number), number, code))

    @pages.get("/verify")
    def ask() -> Response:
        return render("portal/verify.html", links=LINKS)

    @pages.post("/verify")
    def asked() -> AnyResponse:
        code = re.sub(r"[\s-]", "", field("code", 40)).upper()
        if not _VERIFICATION.fullmatch(code):
            return _checked("-")
        return redirect(f"/verify/{code}", 303)

    @pages.get("/verify/<code>")
    def checked(code: str) -> Response:
        return _checked(code)


def entered(number: str) -> Actor:
    """The applicant whose browser holds the code of this case. Raises ProgressNotFound, TooManyTries."""
    code = request.cookies.get(COOKIE, "")
    if not _CODE.fullmatch(code):
        raise ProgressNotFound()
    return engine().applicants.enter(number, code, request.remote_addr)


def papers_of(number: str) -> dict[str, Any]:
    """The materials and documents of a case whose code was just found to be right."""
    actor = Actor.applicant(applicant_id(number), "")
    return {
        "materials": engine().materials.listed(actor, number),
        "papers": engine().documents.listed(actor, number)["items"],
    }


def _progress(show: Callable[..., Response], number: str, error: ApprovalError) -> Response:
    """The page of the case again, with what was wrong with the upload."""
    code = request.cookies.get(COOKIE, "")
    case = engine().progress(number, code, request.remote_addr, picture=language())
    return show(case, error.status, problem=error.sentence(language()), here=f"/progress/{number}")


def _checked(code: str) -> Response:
    try:
        found = engine().documents.verify(code)
    except ApprovalError as error:
        shown = {"problem": error.sentence(language()), "code": code if code != "-" else ""}
        return render("portal/verify.html", error.status, links=LINKS, **shown)
    return render("portal/verify.html", found=found, links=LINKS)
