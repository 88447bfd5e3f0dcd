"""What officers do with papers: hand materials in at the window, review them, record stamps and deliveries."""

from __future__ import annotations

from contextlib import closing
from urllib.parse import urlencode

from flask import redirect, request
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from admin.desk import me
from admin.inbox import once_of
from engine.cases.add_material import NewMaterial
from engine.cases.review_material import MOST_REASON, Review
from engine.documents.deliver import Delivery
from engine.documents.seal import MOST_WORDS, Stamp
from engine.errors import NotFound
from web.downloads import download
from web.pages import Pages, field, local_path
from web.serving import engine


def serve_papers(pages: Pages) -> None:
    """The addresses of a case's materials and documents."""
    pages.take_files("hand_in", "stamp")

    @pages.post("/cases/<number>/materials")
    def hand_in(number: str) -> AnyResponse:
        code, compared, held = field("code", 100), bool(field("compared", 1)), field("from_case", 80)
        if held:
            asked = NewMaterial(number, code, from_case=held)
            engine().materials.add(me(), asked, None, once_of("material", number, [code, held]))
            return _back(number, "added")
        file = _file()
        if file is None:
            raise NotFound(what="material", id="file")
        with closing(file), engine().materials.receiving(file.stream, file.filename or "") as incoming:
            once = once_of("material", number, [code, compared, incoming.upload.sha256])
            engine().materials.add(me(), NewMaterial(number, code, original_compared=compared), incoming, once)
        return _back(number, "added")

    @pages.get("/cases/<number>/materials/<material>/file")
    def fetch_material(number: str, material: str) -> AnyResponse:
        return download(engine().materials.open(me(), number, _ordinal(material)))

    @pages.post("/cases/<number>/materials/<material>/review")
    def review(number: str, material: str) -> AnyResponse:
        said = Review(
            number,
            _ordinal(material),
            field("verdict", 20),
            field("reason", MOST_REASON),
            bool(field("compared", 1)),
        )
        once = once_of("review", f"{number}.{material}", [said.verdict, said.reason, said.original_compared])
        engine().materials.review(me(), said, once)
        return _back(number, "reviewed")

    @pages.get("/cases/<number>/documents/<code>/file")
    def fetch_document(number: str, code: str) -> AnyResponse:
        return download(engine().documents.open(me(), number, code))

    @pages.post("/cases/<number>/documents/<code>/seal")
    def stamp(number: str, code: str) -> AnyResponse:
        asked, file = Stamp(number, code, seal=field("seal", MOST_WORDS)), _file()
        if file is None:
            engine().documents.stamp(me(), asked, None, once_of("seal", code, [asked.seal]))
            return _back(number, "sealed")
        with closing(file), engine().materials.receiving(file.stream, file.filename or "") as scan:
            once = once_of("seal", code, [asked.seal, scan.upload.sha256])
            engine().documents.stamp(me(), asked, scan, once)
        return _back(number, "sealed")

    @pages.post("/cases/<number>/documents/<code>/deliveries")
    def deliver(number: str, code: str) -> AnyResponse:
        tracking = field("tracking_number", 100) or None
        asked = Delivery(number, code, field("way", 20), field("recipient", 200), tracking)
        engine().documents.deliver(me(), asked, once_of("deliver", code, [asked.way, asked.recipient, tracking]))
        return _back(number, "delivered")


def _file() -> FileStorage | None:
    """The file of the form; a form whose file was left empty has one without a name."""
    found = request.files.get("file")
    return found if found is not None and found.filename else None


def _ordinal(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _back(number: str, done: str) -> AnyResponse:
    """Back to the page that the form stood on."""
    back = local_path(field("back", 200), f"/admin/cases/{number}").partition("?")[0]
    return redirect(f"{back}?{urlencode({'done': done})}", 303)
