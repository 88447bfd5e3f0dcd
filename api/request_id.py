"""The id of a request: the caller's own, or a new one. It stands in the answer and in every line of the log."""

from __future__ import annotations

import re
import uuid

from flask import Flask, Response, request

from engine.logs import request_id

HEADER = "X-Request-Id"
_WELL_FORMED = re.compile(r"[\w.-]{1,64}", re.ASCII)


def watch_requests(app: Flask) -> None:
    """Give every request of the application its id, and say it in the answer."""
    app.before_request(_take)
    app.after_request(_tell)


def _take() -> None:
    given = request.headers.get(HEADER, "")
    request_id.set(given if _WELL_FORMED.fullmatch(given) else uuid.uuid4().hex)


def _tell(response: Response) -> Response:
    response.headers[HEADER] = request_id.get() or ""
    return response
