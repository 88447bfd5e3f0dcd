"""A diagram that goes from page to page before it is stored: a file that is sent, then a field that holds its bytes."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import quote

from flask import Response, request

from engine.errors import Invalid
from web.pages import field

#: A diagram of 5 MB, base64, and what else a form says.
MOST_FORM = 8 * 1024 * 1024
MOST_NAME = 100


def diagram_sent() -> tuple[bytes, str]:
    """The diagram of this form, and the name of its file: a new file, else the field that an earlier page wrote.

    Raises Invalid: there is neither.
    """
    file = request.files.get("file")
    if file is not None and file.filename:
        return file.read(), _named(file.filename)
    held = request.form.get("diagram", "")
    try:
        data = base64.b64decode(held, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data:
        raise Invalid(detail="file", fields={"file": ["必填\trequired"]})
    return data, _named(field("name", MOST_NAME * 2))


def held(data: bytes) -> str:
    """A diagram as a field of a page holds it."""
    return base64.b64encode(data).decode()


def saved_as(data: bytes, name: str) -> Response:
    """A diagram to be saved, never shown as a page of ours."""
    response = Response(data, mimetype="application/xml")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _named(name: str) -> str:
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(char for char in last if char.isprintable()).strip()[-MOST_NAME:]
    return kept or "process.bpmn"
