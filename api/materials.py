"""`/cases/{number}/materials`: hand materials in (交材料), list them, fetch one, review one (审材料).

For whoever has to do with the case, with a token; and for its applicant, who sends the query code in the header
`Query-Code`. A file comes as `multipart/form-data`; who calls is asked before it is read.
"""

from __future__ import annotations

from contextlib import closing
from typing import Any

import marshmallow as ma
from flask import Response, request
from marshmallow import fields

from api.caller import acting, actor, authenticate_for_case, engine, once
from api.http_errors import both
from api.resource import PREFIX, Resource, answer
from api.shapes import Acting, Day, Shape, Text
from api.uploads import WithFile, bound_upload
from engine.cases.add_material import MOST_STATEMENT, Commitment, NewMaterial
from engine.cases.review_material import MOST_REASON, VERDICTS, Review
from engine.errors import Forbidden, NotFound
from engine.organization.permissions import Permission
from web.downloads import download

_YES = both("须为 true 或 false", "must be true or false")
_NUMBER = both("须为正整数", "must be a whole number from 1")

materials = Resource("materials", __name__, "Materials", public=True)


def _may_send() -> None:
    """Whether the caller may send anything here, and whether there is room, before a file is read from the wire."""
    if request.method == "POST":
        if not actor().may(Permission.MATERIAL_ADD) and not actor().may(Permission.MATERIAL_REVIEW):
            raise Forbidden(permission=Permission.MATERIAL_ADD)
        bound_upload()


materials.before_request(authenticate_for_case)
materials.before_request(_may_send)


class TrueOrFalse(ma.fields.Field[bool]):
    """A truth value of JSON, or its word in a form."""

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"type": "boolean"}, **options)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if value in (True, False) and isinstance(value, bool):
            return value
        if value not in ("true", "false"):
            raise ma.ValidationError(_YES)
        return bool(value == "true")


class Ordinal(ma.fields.Field[int]):
    """A whole number from 1, as JSON has it or as a form spells it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"type": "integer", "minimum": 1, "maximum": 10**9}, **options)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= 10**9:
            raise ma.ValidationError(_NUMBER)
        return value


class PromisedMaterial(Shape):
    """A commitment instead of a material."""

    statement = Text(MOST_STATEMENT, required=True)
    supply_by = Day(load_default=None)


class Handed(WithFile, Acting):
    """A material. As a form: `code` and `file`. As JSON: `code` and one of `from_case`, `from_document`, `commitment`."""

    code = Text(100, required=True)
    from_case = Text(80, load_default=None)
    from_material = Ordinal(load_default=None)
    from_document = Text(200, load_default=None)
    commitment = ma.fields.Nested(PromisedMaterial, load_default=None)
    original_compared = TrueOrFalse(load_default=False)


class ReviewRow(Shape):
    """The latest word of a department on a material."""

    department = fields.String()
    department_en = fields.String()
    department_id = fields.String()
    verdict = fields.String()
    reason = fields.String()
    original_compared = fields.Boolean()
    at = fields.DateTime()


class Material(Shape):
    """A material of a case. `scan`: `clean`, or `unscanned` where no scanner is set up."""

    material = fields.Integer()
    code = fields.String()
    name = fields.String()
    name_en = fields.String()
    source = fields.String()
    source_name = fields.String()
    source_name_en = fields.String()
    trust = fields.String()
    state = fields.String()
    state_name = fields.String()
    state_name_en = fields.String()
    file_name = fields.String(allow_none=True)
    media_type = fields.String(allow_none=True)
    size = fields.Integer(allow_none=True)
    sha256 = fields.String(allow_none=True)
    scan = fields.String(allow_none=True)
    document = fields.String(allow_none=True)
    origin = fields.Dict(allow_none=True)
    added_as = fields.String()
    added_at = fields.DateTime()
    reviews = fields.List(fields.Nested(ReviewRow))


class Asked(Shape):
    """A material that the item asks for, and how far it is: `missing`, `submitted`, `approved`, `rejected`.

    `on_paper`: a counter has it in hand, by its receipt (what is not uploaded is `missing` all the same).
    """

    code = fields.String()
    name = fields.String()
    name_en = fields.String()
    trust = fields.String()
    required = fields.Boolean()
    state = fields.String()
    on_paper = fields.Boolean()


class MaterialList(Shape):
    """The materials of a case: what is asked for, and what came in."""

    number = fields.String()
    asked = fields.List(fields.Nested(Asked))
    items = fields.List(fields.Nested(Material))


class NewReview(Acting):
    """A department's word on one material; a rejection needs its reason."""

    verdict = Text(20, values=VERDICTS, required=True)
    reason = Text(MOST_REASON, blank=True, load_default="")
    original_compared = TrueOrFalse(load_default=False)
    department = Text(100, load_default=None)


class Reviewed(Shape):
    """That the word was taken."""

    number = fields.String()
    material = fields.Integer()
    department_id = fields.String()
    verdict = fields.String()


class HeldMaterial(Shape):
    """Something that the platform holds of the applicant already: hand it in by naming it."""

    code = fields.String()
    from_case = fields.String()
    from_material = fields.Integer(allow_none=True)
    trust = fields.String()
    file_name = fields.String(allow_none=True)
    source = fields.String()


class HeldList(Shape):
    """What need not be handed in again."""

    items = fields.List(fields.Nested(HeldMaterial))


@materials.serve("GET", "/cases/<number>/materials", gives=(200, MaterialList))
def list_materials(number: str) -> Response:
    """The materials of a case: what the item asks for, what came in, what was found of it"""
    return answer(engine().materials.listed(actor(), number), Cache_Control="no-store")


@materials.serve("GET", "/cases/<number>/materials/held", gives=(200, HeldList))
def list_held(number: str) -> Response:
    """What the platform holds of the applicant already, so that nobody asks for it again"""
    return answer({"items": engine().materials.held(actor(), number)}, Cache_Control="no-store")


@materials.serve("POST", "/cases/<number>/materials", takes=Handed(), gives=(201, Material))
def add_material(asked: dict[str, Any], number: str) -> Response:
    """Hand in a material: a file as a form, or one that is held already or promised, as JSON"""
    file = asked.pop("file")
    asked["commitment"] = Commitment(**asked["commitment"]) if asked["commitment"] else None
    if file is None:
        kept = once(asked | {"number": number})
        made = engine().materials.add(acting(asked), NewMaterial(number, **asked), None, kept)
    else:
        with closing(file), engine().materials.receiving(file.stream, file.filename or "") as incoming:
            kept = once(asked | {"sha256": incoming.upload.sha256, "name": incoming.upload.name})
            made = engine().materials.add(acting(asked), NewMaterial(number, **asked), incoming, kept)
    return answer(made, 201, Location=f"{PREFIX}/cases/{number}/materials/{made['material']}/file")


@materials.serve("GET", "/cases/<number>/materials/<material>/file", gives=(200, Shape), file="*/*")
def fetch_material(number: str, material: str) -> Response:
    """The content of a material, as it was handed in"""
    return download(engine().materials.open(actor(), number, ordinal(number, material)))


@materials.serve("POST", "/cases/<number>/materials/<material>/review", takes=NewReview(), gives=(200, Reviewed))
def review_material(asked: dict[str, Any], number: str, material: str) -> Response:
    """Approve or reject a material, for one's department"""
    kept = once(asked)
    review = Review(number, ordinal(number, material), **{k: v for k, v in asked.items() if k != "acting_for"})
    return answer(engine().materials.review(acting(asked), review, kept))


def ordinal(number: str, material: str) -> int:
    """The number of a material in an address. Raises NotFound for what can be none."""
    if not (material.isascii() and material.isdigit() and len(material) < 10):
        raise NotFound(what="material", id=f"{number} / {material}"[:80])
    return int(material)
