"""Who calls, on which engine, and under which idempotency key: what every view asks of its request."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import g, request

from api.http_errors import IdempotencyKeyInvalid
from engine.errors import Unauthenticated
from engine.organization.actor import Actor
from engine.unit_of_work import Once
from web.serving import engine as engine
from web.serving import serve_engine as serve_engine

MOST_CODE = 80
_PRINTABLE = re.compile(r"[\x20-\x7e]{1,200}")


def authenticate() -> None:
    """Find the actor behind the request's bearer token, before anything else is looked at. Raises Unauthenticated."""
    g.actor = engine().authenticate(bearer())


#: The header in which an applicant without an account sends the case's query code: an address would end up in logs.
QUERY_CODE = "Query-Code"


def authenticate_for_case() -> None:
    """Like `authenticate`; without a token, a right `Query-Code` makes the caller the applicant of the case in the path.

    Raises:
        Unauthenticated: neither a token nor a code.
        ProgressNotFound, TooManyTries: no such case or another code, or it was guessed at too often.
    """
    authenticate_with(str((request.view_args or {}).get("number", "")))


def authenticate_with(number: str) -> None:
    """The same, for the case of that number. Raises Unauthenticated, ProgressNotFound, TooManyTries."""
    code = request.headers.get(QUERY_CODE)
    if code is None or "Authorization" in request.headers:
        authenticate()
    else:
        g.actor = engine().applicants.enter(number, code[:MOST_CODE], request.remote_addr)


#: With `Query-Code`, the case whose applicant calls, where the path names none.
CASE_NUMBER = "Case-Number"


def authenticate_applicant() -> None:
    """Like `authenticate_for_case`, for what is of an applicant and not of one case: the number stands in a header, too.

    Raises Unauthenticated, ProgressNotFound, TooManyTries.
    """
    number = request.headers.get(CASE_NUMBER)
    code = request.headers.get(QUERY_CODE)
    if number is None or code is None or "Authorization" in request.headers:
        authenticate()
    else:
        g.actor = engine().applicants.enter(number[:MOST_CODE], code[:MOST_CODE], request.remote_addr)


def bearer() -> str:
    """The token of this request. Raises Unauthenticated when there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated()
    return token.strip()


def actor() -> Actor:
    """Who calls."""
    found: Actor = g.actor
    return found


def acting(asked: dict[str, Any]) -> Actor:
    """Who acts: the caller, or the clerk that the request names and the calling client acts for.

    Takes `acting_for` out of what is asked. Raises ActingForNotAllowed.
    """
    named = asked.pop("acting_for", None)
    return engine().acting_for(actor(), named) if named is not None else actor()


def once(asked: Mapping[str, Any]) -> Once | None:
    """The idempotency key of this request with a digest of what is asked; None when it has no key.

    Raises:
        IdempotencyKeyInvalid: the header is there and can't be a key.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not _PRINTABLE.fullmatch(key):
        raise IdempotencyKeyInvalid()
    canonical = json.dumps(asked, sort_keys=True, separators=(",", ":"), default=_digest)
    who = g.actor.id if "actor" in g else "public"
    return Once(f"{who} {request.method} {request.path}", key, hashlib.sha256(canonical.encode()).digest())


def _digest(value: bytes | date) -> str:
    """A file stands in the canonical request by its digest, a day or an instant as it is written."""
    return value.isoformat() if isinstance(value, date) else hashlib.sha256(value).hexdigest()
