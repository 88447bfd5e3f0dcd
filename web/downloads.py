"""Files to be saved: what was handed in, and documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import quote

from flask import Response

from engine.doors.materials import Download
from engine.store.files import CHUNK


def download(found: Download) -> Response:
    """A file to be saved, never shown as a page of ours: what is in it is somebody else's."""
    response = Response(_pieces(found.file), mimetype=found.media_type, direct_passthrough=True)
    response.headers["Content-Length"] = str(found.size)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "no-store"
    response.call_on_close(found.file.close)
    return response


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(CHUNK):
            yield piece
