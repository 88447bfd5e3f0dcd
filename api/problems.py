"""Every error as problem details (RFC 9457): one shape, a stable code, a sentence in Chinese (the default) or English.

The status and the sentences stand with the errors themselves (`engine/errors.py` and `http_errors.py`); this is only how
they are written, and which of their parameters a caller gets as members of their own.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

import psycopg
from flask import Blueprint, Flask, Response, request
from sqlalchemy import exc
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from api.http_errors import BY_STATUS, DatabaseUnavailable, HttpRefused, InternalError, say
from engine.errors import ApprovalError, Unauthenticated
from engine.logs import request_id
from web.pages import unmatched_page

log = logging.getLogger("onewindow.api")

PROBLEM = "application/problem+json"
RETRY_AFTER_SECONDS = "5"
API_PATHS = ("/api/", "/healthz")

#: The titles of problems, by status: the same for every problem of a status, as RFC 9457 wants it.
TITLES: Mapping[int, tuple[str, str]] = {
    400: ("请求有误", "Bad request"),
    401: ("未登录", "Not logged in"),
    403: ("没有权限", "Not permitted"),
    404: ("没有找到", "Not found"),
    405: ("方法不支持", "Method not allowed"),
    409: ("状态冲突", "Conflict"),
    413: ("内容过大", "Too large"),
    415: ("内容类型不支持", "Unsupported type"),
    422: ("内容有误", "Not valid"),
    500: ("系统内部错误", "Internal error"),
    429: ("尝试过多", "Too many tries"),
    503: ("暂时不可用", "Not available"),
    507: ("存储空间不足", "No room"),
}
#: Parameters of an error that are values, not words: a caller's program may want them.
MEMBERS = (
    "id",
    "number",
    "case",
    "task",
    "state",
    "node",
    "flow",
    "successors",
    "permission",
    "incident",
    "cause",
    "line",
    "path",
    "count",
    "retry_after",
    "material",
    "most",
    "regime",
    "reasons",
    "until",
    "version",
    "hash",
    "scenario",
    "step",
    "failures",
    "failures_zh",
)
#: The database is down, restarting, out of connections, or gave up on a conflict after every retry.
DATABASE_DOWN = (psycopg.OperationalError, exc.OperationalError, exc.TimeoutError)


def handle_errors(target: Flask | Blueprint) -> None:
    """Answer every error that is raised in `target`'s views with its problem."""
    target.register_error_handler(HTTPException, _http_error)
    target.register_error_handler(ApprovalError, problem)
    for down in DATABASE_DOWN:
        target.register_error_handler(down, _database_down)
    target.register_error_handler(Exception, _unexpected)


def handle_unmatched(app: Flask) -> None:
    """Answer the HTTP layer's refusals outside any view (no such path, no such method), too: as a page to who asks for one
    outside the API, as a problem to everybody else."""

    def unmatched(error: HTTPException) -> AnyResponse:
        wants_page = "text/html" in request.headers.get("Accept", "")
        if wants_page and not request.path.startswith(API_PATHS):
            return unmatched_page(error)
        return _http_error(error)

    app.register_error_handler(HTTPException, unmatched)


def problem(error: ApprovalError, status: int | None = None) -> Response:
    """The answer that says an error."""
    lang = language()
    body = json.dumps(details(error, lang, status), ensure_ascii=False, default=str)
    response = Response(body, status or error.status, mimetype=PROBLEM)
    response.headers["Content-Language"] = lang
    response.headers["Vary"] = "Accept-Language"
    if isinstance(error, Unauthenticated):
        response.headers["WWW-Authenticate"] = 'Bearer realm="onewindow"'
    if "retry_after" in error.params:
        response.headers["Retry-After"] = str(error.params["retry_after"])
    if isinstance(error, DatabaseUnavailable):
        response.headers["Retry-After"] = RETRY_AFTER_SECONDS
    return response


def details(error: ApprovalError, lang: str, status: int | None = None) -> dict[str, Any]:
    """The members of a problem: the standard's, our code, and the values that the error speaks of."""
    known = status or error.status
    title = TITLES.get(known, ("请求被拒绝", "Refused"))[0 if lang == "zh" else 1]
    said = {"type": f"urn:onewindow:problem:{error.code}", "title": title, "status": known, "code": error.code}
    said |= {"detail": error.sentence(lang), "request_id": request_id.get()}
    said |= {name: error.params[name] for name in MEMBERS if error.params.get(name) is not None}
    if "fields" in error.params:
        said["fields"] = {path: [say(text, lang) for text in texts] for path, texts in error.params["fields"].items()}
    for name in ("rule", "article"):
        if stated := error.params.get(name) or getattr(error, name):
            said[name] = stated
    if "findings" in error.params:
        said["findings"] = error.params["findings"]
    return said


def language() -> str:
    """`zh` or `en`, whichever Accept-Language likes better; `zh` when it asks for neither."""
    liked = (tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality > 0)
    return next((tag for tag in liked if tag in ("zh", "en")), "zh")


def _http_error(error: HTTPException) -> AnyResponse:
    status = error.code or 500
    if error.response is not None or status < 400:  # a redirect to the address as it should be written
        return error.get_response()
    kind = BY_STATUS.get(status, HttpRefused)
    response = problem(kind(method=request.method, status=status), status)
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            response.headers[name] = value
    return response


def _database_down(error: Exception) -> Response:
    log.warning("the database does not answer", exc_info=error)
    return problem(DatabaseUnavailable())


def _unexpected(error: Exception) -> Response:
    log.error("unexpected error: %s %s", request.method, request.url_rule, exc_info=error)
    return problem(InternalError())
