"""`/drafts`: applications in the making (草稿), of applicants with an account: begin, save, hand materials in, submit."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

import marshmallow as ma
from flask import Response, request
from marshmallow import ValidationError, fields

from api.caller import actor, engine, once
from api.cases import SubmittedCase
from api.http_errors import both, say
from api.materials import Ordinal, TrueOrFalse
from api.problems import language
from api.resource import PREFIX, Resource, answer
from api.shapes import Form, Number, Shape, Text
from api.uploads import WithFile, bound_upload
from engine.doors.drafts import DraftContent
from engine.errors import Forbidden, NotFound
from engine.organization.permissions import Permission
from web.downloads import download

drafts = Resource("drafts", __name__, "Drafts of applications")
_TEXTS = both("须为文本", "must be a text")
_SOURCE = both("须为 file、from_case、paper 之一", "must come as one of file, from_case, paper")


def _may_send() -> None:
    if not actor().may(Permission.DRAFT_KEEP):
        raise Forbidden(permission=Permission.DRAFT_KEEP)
    if request.method == "POST" and request.path.endswith("/materials"):
        bound_upload()


drafts.before_request(_may_send)


class Saved(Shape):
    """What is kept, right or wrong. `answers` to the pre-check's questions; `reached`: contact, phone, address of this application;
    `version`: that of the item which was shown to who filled it in."""

    answers = Form(load_default=dict)
    form = Form(load_default=dict)
    reached = Form(load_default=dict)
    version = Number(1, 10**9, load_default=None, allow_none=True)

    @ma.validates("answers")
    def _answers(self, value: dict[str, Any], **_: Any) -> None:
        _only_texts(value)

    @ma.validates("reached")
    def _reached(self, value: dict[str, Any], **_: Any) -> None:
        _only_texts(value)


class NewDraft(Saved):
    """A draft to be begun."""

    item = Text(100, required=True)
    region = Text(20, required=True)


class DraftMaterial(WithFile, Shape):
    """A material. As a form: `code` and `file`. As JSON: `code` and `from_case` (with `from_material`), or `paper`."""

    code = Text(100, required=True)
    from_case = Text(80, load_default=None)
    from_material = Ordinal(load_default=None)
    paper = TrueOrFalse(load_default=False)

    @ma.validates_schema
    def _one_source(self, data: dict[str, Any], **_: Any) -> None:
        if sum((data["file"] is not None, data["from_case"] is not None, data["paper"])) != 1:
            raise ValidationError({"file": [_SOURCE]})


class DraftSubmission(Shape):
    """`version`: that of the item which was looked over; none: the one that was saved. `regime`: the way that is chosen, none: the
    ordinary one."""

    version = Number(1, 10**9, load_default=None, allow_none=True)
    regime = Text(40, allow_none=True, load_default=None)


class SubmittedDraft(SubmittedCase):
    """The case. `to_sign`: the regime whose text is to be signed there (`POST /cases/{number}/commitment`); until then it goes the
    ordinary way."""

    to_sign = fields.String(allow_none=True)


class DraftWays(Shape):
    """The ways of trust first that the item has. Of each: `allowed`, `reasons`, `terms` with the whole text, `signs`, and `ready`:
    the draft is whole for it."""

    ordinary = fields.Dict()
    ways = fields.List(fields.Dict())


class DraftRow(Shape):
    """A draft as the list shows it. `state`: `open`, or `submitted` with the `number` of the case that it became."""

    id = fields.String()
    item = fields.String()
    item_name = fields.String()
    item_name_en = fields.String()
    region = fields.String()
    region_name = fields.String()
    region_name_en = fields.String()
    state = fields.String()
    number = fields.String(allow_none=True)
    created_at = fields.DateTime()
    saved_at = fields.DateTime()
    expires_at = fields.DateTime()


class DraftView(DraftRow):
    """A draft, judged by the item as it is today. `changed`: what a new version of the item changed; `problems`: what is wrong or
    missing, by path; `materials`: each that is asked for, what was given, what the platform holds; `ready`: it can be submitted."""

    answers = fields.Dict()
    form = fields.Dict()
    reached = fields.Dict()
    item_version = fields.Integer()
    available = fields.Boolean()
    unavailable = fields.String(allow_none=True)
    unavailable_en = fields.String(allow_none=True)
    changed = fields.Dict(allow_none=True)
    problems = fields.Dict()
    materials = fields.List(fields.Dict())
    precheck = fields.Dict(allow_none=True)
    questions = fields.List(fields.Dict())
    limits = fields.Dict()
    ready = fields.Boolean()


class DraftList(Shape):
    """One's own drafts."""

    items = fields.List(fields.Nested(DraftRow))


class Deleted(Shape):
    """That it is gone."""

    deleted = fields.Boolean()


@drafts.serve("GET", "/drafts", gives=(200, DraftList))
def list_drafts() -> Response:
    """One's own drafts, the last saved first"""
    return answer({"items": engine().drafts.list(actor())}, Cache_Control="no-store")


@drafts.serve("POST", "/drafts", takes=NewDraft(), gives=(201, DraftView))
def begin_draft(asked: dict[str, Any]) -> Response:
    """Begin a draft of an application for an item in a region"""
    kept = once(asked)
    item, region = asked.pop("item"), asked.pop("region")
    made = engine().drafts.start(actor(), item, region, DraftContent(**asked), kept)
    return _shown(made, 201, Location=f"{PREFIX}/drafts/{made['id']}")


@drafts.serve("GET", "/drafts/<draft>", gives=(200, DraftView))
def show_draft(draft: str) -> Response:
    """One's own draft, and what is still wrong with it"""
    return _shown(engine().drafts.get(actor(), draft))


@drafts.serve("PUT", "/drafts/<draft>", takes=Saved(), gives=(200, DraftView))
def save_draft(asked: dict[str, Any], draft: str) -> Response:
    """Save a draft: all of its answers, form and contact, right or wrong"""
    return _shown(engine().drafts.save(actor(), draft, DraftContent(**asked)))


@drafts.serve("DELETE", "/drafts/<draft>", gives=(200, Deleted))
def delete_draft(draft: str) -> Response:
    """Delete a draft with its materials"""
    engine().drafts.discard(actor(), draft)
    return answer({"deleted": True})


@drafts.serve("POST", "/drafts/<draft>/materials", takes=DraftMaterial(), gives=(201, DraftView))
def add_draft_material(asked: dict[str, Any], draft: str) -> Response:
    """Hand a material in: a file as a form, or, as JSON, one that is held already or will be brought on paper"""
    file, code = asked.pop("file"), asked["code"]
    if file is None:
        kept = once(asked)
        held = {name: asked[name] for name in ("from_case", "from_material")} if asked["from_case"] else None
        made = engine().drafts.add_material(actor(), draft, code, held, kept)
    else:
        with closing(file), engine().materials.receiving(file.stream, file.filename or "") as incoming:
            kept = once(asked | {"sha256": incoming.upload.sha256, "name": incoming.upload.name})
            made = engine().drafts.add_material(actor(), draft, code, incoming, kept)
    return _shown(made, 201)


@drafts.serve("DELETE", "/drafts/<draft>/materials/<material>", gives=(200, DraftView))
def drop_draft_material(draft: str, material: str) -> Response:
    """Take a material out of a draft"""
    return _shown(engine().drafts.drop_material(actor(), draft, _ordinal(draft, material)))


@drafts.serve("GET", "/drafts/<draft>/materials/<material>/file", gives=(200, Shape), file="*/*")
def fetch_draft_material(draft: str, material: str) -> Response:
    """The content of a material of a draft"""
    return download(engine().drafts.open_material(actor(), draft, _ordinal(draft, material)))


@drafts.serve("GET", "/drafts/<draft>/ways", gives=(200, DraftWays))
def show_draft_ways(draft: str) -> Response:
    """Which ways of trust first are open to an applicant for a draft, and why not"""
    return answer(engine().drafts.ways(actor(), draft), Cache_Control="no-store")


@drafts.serve("POST", "/drafts/<draft>/submission", takes=DraftSubmission(), gives=(201, SubmittedDraft))
def submit_draft(asked: dict[str, Any], draft: str) -> Response:
    """Submit a draft: it becomes a case with its number, its materials and its receipt"""
    kept = once(asked)
    made = engine().drafts.submit(actor(), draft, asked["version"], kept, asked["regime"])
    shown = {name: value for name, value in made.items() if name != "id"}
    return answer(shown, 201, Location=f"{PREFIX}/cases/{made['number']}", Cache_Control="no-store")


def _shown(draft: Mapping[str, Any], status: int = 200, **headers: str) -> Response:
    """A draft, what is wrong with it told in the language asked for."""
    lang = language()
    problems = {path: [say(text, lang) for text in texts] for path, texts in draft["problems"].items()}
    return answer({**draft, "problems": problems}, status, Cache_Control="no-store", Content_Language=lang, **headers)


def _ordinal(draft: str, material: str) -> int:
    if not (material.isascii() and material.isdigit() and len(material) < 10):
        raise NotFound(what="material", id=f"{draft} / {material}"[:80])
    return int(material)


def _only_texts(value: dict[str, Any]) -> None:
    flaws = {name: [_TEXTS] for name, one in value.items() if not isinstance(one, str)}
    if flaws:
        raise ValidationError(flaws)
