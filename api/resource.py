"""What every resource does alike: bounds the body, finds out who calls, says errors as problems, documents itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import flask_smorest as smorest  # type: ignore[import-untyped]
import marshmallow as ma
from flask import Response, request

from api.body import BodyParser
from api.caller import authenticate
from api.http_errors import PathNotFound
from api.problems import handle_errors
from engine.logs import case_number

PREFIX = "/api/v1"
MOST_BODY = 256 * 1024
MOST_SEGMENT = 200
_NUMBER = re.compile(r"[\d-]{1,40}", re.ASCII)

View = TypeVar("View", bound=Callable[..., Response])


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

    def serve(
        self,
        method: str,
        path: str,
        *,
        gives: tuple[int, type[ma.Schema]],
        takes: ma.Schema | None = None,
        location: str = "json",
    ) -> Callable[[View], View]:
        """Serve a view: `takes` is loaded and is its first argument, `gives` documents its answer when all is well.

        smorest's own `response` is not used: it would dump the answer a second time, and tag it.
        """

        def register(view: View) -> View:
            served = self.alt_response(gives[0], schema=gives[1], success=True)(view)
            if takes is not None:
                served = self.arguments(takes, location=location)(served)
            self.add_url_rule(path, view_func=served, methods=[method])
            return view

        return register


def answer(data: Any, status: int = 200, **headers: str) -> Response:
    """An answer as JSON; the names of headers with `_` for `-`.

    Keys are sorted, so that an answer that was kept in the database is the same to the byte when it is given again.
    """
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    response = Response(body, status, mimetype="application/json")
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    return response


def _look_at_path() -> None:
    # No id and no number of ours is so long or holds a NUL, which PostgreSQL could not even be asked about.
    if any("\0" in value or len(value) > MOST_SEGMENT for value in (request.view_args or {}).values()):
        raise PathNotFound()
    number = (request.view_args or {}).get("number", "")
    case_number.set(number if _NUMBER.fullmatch(number) else None)


def _bound_body(most: int) -> None:
    request.max_content_length = most
    request.max_form_memory_size = most
