"""`/mandates/{id}/scan`: the signed paper of a mandate, scanned: handed in once, fetched by who may see the mandate."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import marshmallow as ma
from flask import Request, Response, request
from werkzeug.datastructures import FileStorage

from api.caller import actor, engine, once
from api.mandates import MandateView
from api.resource import PREFIX, Resource, answer
from api.shapes import Shape
from api.uploads import ONE_FILE, bound_upload, fields_and_file
from engine.cases.access import need
from engine.organization.permissions import UseCase
from web.downloads import download

mandate_scans = Resource("mandate_scans", __name__, "Mandates")


def _may_send() -> None:
    if request.method == "POST":
        need(actor(), UseCase.MANDATE_SCAN)
        bound_upload()


mandate_scans.before_request(_may_send)


class Scan(Shape):
    """The signed paper, scanned."""

    file = ma.fields.Raw(required=True, metadata={"type": "string", "format": "binary"})

    @staticmethod
    def from_form(req: Request) -> dict[str, Any]:
        """The fields of a form, and its one file."""
        return fields_and_file(req)

    @ma.validates("file")
    def _file(self, value: Any, **_: Any) -> None:
        if not isinstance(value, FileStorage):
            raise ma.ValidationError(ONE_FILE)


@mandate_scans.serve("POST", "/mandates/<mandate>/scan", takes=Scan(), gives=(201, MandateView))
def add_scan(asked: dict[str, Any], mandate: str) -> Response:
    """Hand in the scan of a mandate's signed paper, once"""
    file = asked["file"]
    with closing(file), engine().materials.receiving(file.stream, file.filename or "") as incoming:
        kept = once({"mandate": mandate, "sha256": incoming.upload.sha256})
        made = engine().mandates.add_scan(actor(), mandate, incoming, kept)
    return answer(made, 201, Location=f"{PREFIX}/mandates/{mandate}/scan/file")


@mandate_scans.serve("GET", "/mandates/<mandate>/scan/file", gives=(200, Shape), file="*/*")
def fetch_scan(mandate: str) -> Response:
    """The scan of a mandate's signed paper"""
    return download(engine().mandates.open_scan(actor(), mandate))
