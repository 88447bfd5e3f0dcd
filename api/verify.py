"""`/verify`: whether a document is of this platform, for anybody who has its code. No log-in, and nobody's name."""

from __future__ import annotations

from flask import Response
from marshmallow import fields

from api.caller import engine
from api.resource import Resource, answer
from api.shapes import Shape

verify = Resource("verify", __name__, "Checking documents", public=True)


class Verified(Shape):
    """What anybody may know of a document. `status`: `effective`; or why it does not count: `not-sealed`, or what its permit is."""

    code = fields.String()
    kind = fields.String()
    title = fields.String()
    title_en = fields.String()
    number = fields.String()
    body = fields.String()
    body_en = fields.String()
    issued_at = fields.DateTime()
    status = fields.String()
    permit = fields.String(allow_none=True)
    disputed = fields.Boolean()
    state_name = fields.String()
    state_name_en = fields.String()
    sealed_at = fields.DateTime(allow_none=True)
    sha256 = fields.String(allow_none=True)


@verify.serve("GET", "/verify/<code>", gives=(200, Verified))
def verify_document(code: str) -> Response:
    """Whether a document is real and counts, by the verification code at its foot"""
    return answer(engine().documents.verify(code), Cache_Control="no-store")
