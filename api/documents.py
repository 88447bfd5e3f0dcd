"""`/cases/{number}/documents`: list and fetch documents (文书), record their stamp and their delivery.

For whoever has to do with the case, with a token; its applicant sends the query code in the header `Query-Code`, and gets
what is sealed.
"""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from typing import Any

import marshmallow as ma
from flask import Response, request
from marshmallow import fields

from api.caller import acting, actor, authenticate_for_case, engine, once
from api.http_errors import both
from api.resource import Resource, answer
from api.shapes import Acting, Shape, Text
from api.uploads import WithFile, bound_upload
from engine.clock import CST
from engine.documents.deliver import MOST_NAME, Delivery
from engine.documents.seal import MOST_WORDS, Stamp
from engine.errors import Forbidden
from engine.organization.permissions import Permission
from web.downloads import download

_INSTANT = both(
    "须为带时区的时间，如 2026-09-21T09:30:00+08:00", "must be an instant such as 2026-09-21T09:30:00+08:00"
)

documents = Resource("documents", __name__, "Documents", public=True)
documents.before_request(authenticate_for_case)


def _may_send() -> None:
    if request.method == "POST":
        allowed = (Permission.DOCUMENT_SEAL, Permission.DOCUMENT_DELIVER, Permission.DOCUMENT_RECEIVE)
        if not any(actor().may(one) for one in allowed):
            raise Forbidden(permission=Permission.DOCUMENT_SEAL)
        bound_upload()


documents.before_request(_may_send)


class Instant(ma.fields.Field[datetime]):
    """An instant; without an offset it is China's."""

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"type": "string", "format": "date-time"}, **options)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        try:
            if not isinstance(value, str) or len(value) > 40:
                raise ValueError
            found = datetime.fromisoformat(value)
            local = found if found.tzinfo else found.replace(tzinfo=CST)
            return local.astimezone(CST)
        except (ValueError, OverflowError):
            raise ma.ValidationError(_INSTANT) from None


class NewStamp(WithFile, Acting):
    """That a document was printed and stamped: when, with which seal, and (in a form) its scan as `file`."""

    sealed_at = Instant(load_default=None)
    seal = Text(MOST_WORDS, load_default="")


class NewDelivery(Acting):
    """That a document was handed over at the window (`collected`) or sent by post (`posted`, with its number)."""

    way = Text(20, required=True)
    recipient = Text(MOST_NAME, blank=True, load_default="")
    tracking_number = Text(100, load_default=None, allow_none=True)


class Signature(Shape):
    """Who signs for it; the applicant, when nobody is named."""

    name = Text(MOST_NAME, blank=True, load_default="")


class DeliveryRow(Shape):
    """One delivery."""

    way = fields.String()
    way_name = fields.String()
    way_name_en = fields.String()
    delivered_at = fields.DateTime()
    recipient = fields.String()
    tracking_number = fields.String(allow_none=True)
    receipt = fields.String(allow_none=True)


class Paper(Shape):
    """A document. `state`: `numbered` (its PDF is being made), `unsealed`, `sealed` (from then on it counts), `delivered`."""

    number = fields.String()
    kind = fields.String()
    title = fields.String()
    title_en = fields.String()
    content = fields.String()
    code = fields.String(allow_none=True)
    body = fields.String()
    body_name = fields.String()
    body_name_en = fields.String()
    issued_at = fields.DateTime()
    state = fields.String()
    state_name = fields.String()
    state_name_en = fields.String()
    sealed_at = fields.DateTime(allow_none=True)
    seal_way = fields.String(allow_none=True)
    seal = fields.String(allow_none=True)
    sha256 = fields.String(allow_none=True)
    files = fields.List(fields.String())
    deliveries = fields.List(fields.Nested(DeliveryRow))


class PaperList(Shape):
    """The documents of a case."""

    number = fields.String()
    items = fields.List(fields.Nested(Paper))


class Stamped(Shape):
    """That the stamp was recorded."""

    number = fields.String()
    code = fields.String()
    way = fields.String()
    sealed_at = fields.DateTime()


class Delivered(Shape):
    """That the delivery was recorded, with the number of its proof (送达回证)."""

    number = fields.String()
    way = fields.String()
    delivered_at = fields.DateTime()
    receipt = fields.String(allow_none=True)


@documents.serve("GET", "/cases/<number>/documents", gives=(200, PaperList))
def list_documents(number: str) -> Response:
    """The documents of a case, with their seals and deliveries"""
    return answer(engine().documents.listed(actor(), number), Cache_Control="no-store")


@documents.serve("GET", "/cases/<number>/documents/<code>/file", gives=(200, Shape), file="*/*")
def fetch_document(number: str, code: str) -> Response:
    """The PDF of a document, by its verification code; fetched by the applicant, it is delivered"""
    return download(engine().documents.open(actor(), number, code))


@documents.serve("POST", "/cases/<number>/documents/<code>/seal", takes=NewStamp(), gives=(201, Stamped))
def record_stamp(asked: dict[str, Any], number: str, code: str) -> Response:
    """Record that a document was printed and stamped; from then on it counts"""
    file = asked.pop("file")
    if file is None:
        kept = once(asked | {"sealed_at": str(asked["sealed_at"])})
        who = acting(asked)
        return answer(engine().documents.stamp(who, Stamp(number, code, **asked), None, kept), 201)
    with closing(file), engine().materials.receiving(file.stream, file.filename or "") as scan:
        kept = once(asked | {"sealed_at": str(asked["sealed_at"]), "sha256": scan.upload.sha256})
        who = acting(asked)
        return answer(engine().documents.stamp(who, Stamp(number, code, **asked), scan, kept), 201)


@documents.serve("POST", "/cases/<number>/documents/<code>/deliveries", takes=NewDelivery(), gives=(201, Delivered))
def record_delivery(asked: dict[str, Any], number: str, code: str) -> Response:
    """Record that a sealed document was handed over or posted; its proof is issued"""
    kept = once(asked)
    who = acting(asked)
    return answer(engine().documents.deliver(who, Delivery(number, code, **asked), kept), 201)


@documents.serve("POST", "/cases/<number>/documents/<code>/receipt", takes=Signature(), gives=(200, Delivered))
def sign_for_document(asked: dict[str, Any], number: str, code: str) -> Response:
    """Sign, as the applicant, for a document that was received online (签收)"""
    kept = once(asked)
    return answer(engine().documents.sign_for(actor(), number, code, asked["name"], kept))
