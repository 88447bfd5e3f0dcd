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
from api.shapes import Shape
from engine.logs import case_number

PREFIX = "/api/v1"
MOST_BODY = 256 * 1024
MOST_SEGMENT = 200
#: How the description (`api/app.py`) names what every operation has in common.
PROBLEM_ANSWER, KEY_HEADER = "PROBLEM", "IDEMPOTENCY_KEY"
#: What may be wrong with a call, as the description tells; 500 is not foreseen.
_READ_FAILS, _WRITE_FAILS = (404, 422, 503), (400, 404, 409, 413, 415, 422, 503)
_CALLER_FAILS, _PUBLIC_FAILS, _FILE_FAILS = (401, 403), (401, 403, 429), (507,)
SECURITY = "token"
_NUMBER = re.compile(r"[\d-]{1,40}", re.ASCII)

View = TypeVar("View", bound=Callable[..., Response])


class Resource(smorest.Blueprint):  # type: ignore[misc]  # flask-smorest has no types
    """A blueprint under `/api/v1`. `public` ones are for callers without a token."""

    ARGUMENTS_PARSER = BodyParser()

    def __init__(self, name: str, import_name: str, description: str, *, public: bool = False) -> None:
        super().__init__(name, import_name, url_prefix=PREFIX, description=description)
        self.before_request(_look_at_path)
        self.before_request(partial(_bound_body, MOST_BODY))
        self.public = public
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
        file: str | None = None,
    ) -> Callable[[View], View]:
        """Serve a view: `takes` is loaded and is its first argument, `gives` documents its answer when all is well.

        With `file`, the answer may be a file of that media type (and if `gives` is a bare `Shape`, is nothing else). Which
        problems there may be is told of all alike.

        smorest's own `response` is not used: it would dump the answer a second time, and tag it.
        """

        def register(view: View) -> View:
            served = self._describe(view, method, gives, takes, file)
            if takes is not None:
                served = self.arguments(takes, location=location)(served)
                served._apidoc["arguments"].pop("responses", None)  # PROBLEM says it
            self.add_url_rule(path, view_func=served, methods=[method])
            return view

        return register

    def _describe(
        self, view: View, method: str, gives: tuple[int, type[ma.Schema]], takes: ma.Schema | None, file: str | None
    ) -> View:
        served = view
        if file is not None:
            binary = {"type": "string", "format": "binary"}
            served = self.alt_response(gives[0], schema=binary, content_type=file, success=True)(served)
        if gives[1] is not Shape:
            served = self.alt_response(gives[0], schema=gives[1], success=True)(served)
        fails = set(_READ_FAILS if method == "GET" else _WRITE_FAILS)
        fails |= set(_PUBLIC_FAILS if self.public else _CALLER_FAILS)
        told: dict[str, Any] = {"security": [{}, {SECURITY: []}, {"query_code": []}]} if self.public else {}
        if takes_key(view):
            told["parameters"] = [KEY_HEADER]
        if hasattr(takes, "from_form"):
            told["requestBody"] = {"content": {"multipart/form-data": {"schema": takes}}}
            fails |= set(_FILE_FAILS)
        for status in sorted(fails):
            served = self.alt_response(status, PROBLEM_ANSWER)(served)
        documented: View = self.doc(**told)(served) if told else served
        return documented


def takes_key(view: Callable[..., Response]) -> bool:
    """Whether a view asks for the request's Idempotency-Key (`api/caller.once`)."""
    return "once" in view.__code__.co_names


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
