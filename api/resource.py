"""What every resource does alike: bounds the body, finds out who calls, says errors as problems, documents itself."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import flask_smorest as smorest
from flask import Response, request

from api.body import BodyParser
from api.caller import authenticate
from api.http_errors import PathNotFound
from api.problems import handle_errors

PREFIX = "/api/v1"
MOST_BODY = 256 * 1024
MOST_SEGMENT = 200


class Resource(smorest.Blueprint):  # type: ignore[misc]  # flask-smorest has no types
    """A blueprint under `/api/v1`. `public` ones are for callers without a token."""

    ARGUMENTS_PARSER = BodyParser()

    def __init__(self, name: str, import_name: str, description: str, *, public: bool = False) -> None:
        super().__init__(name, import_name, url_prefix=PREFIX, description=description)
        self.before_request(_look_at_path)
        self.before_request(partial(_bound_body, MOST_BODY))
        if not public:
            self.before_request(authenticate)
        handle_errors(self)

    def bound_body(self, most: int) -> None:
        """Take bodies of up to `most` bytes in this resource."""
        self.before_request(partial(_bound_body, most))

    def answers(self, status: int, schema: Any) -> Any:
        """Document what a view answers when all is well. (smorest's `response` would dump it again, and tag it.)"""
        return self.alt_response(status, schema=schema, success=True)


def answer(data: Any, status: int = 200, **headers: str) -> Response:
    """An answer as JSON; the names of headers with `_` for `-`."""
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    response = Response(body, status, mimetype="application/json")
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    return response


def _look_at_path() -> None:
    # No id and no number of ours is so long or holds a NUL, which PostgreSQL could not even be asked about.
    if any("\0" in value or len(value) > MOST_SEGMENT for value in (request.view_args or {}).values()):
        raise PathNotFound()


def _bound_body(most: int) -> None:
    request.max_content_length = most
    request.max_form_memory_size = most
