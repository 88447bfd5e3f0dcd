"""Who is signed in to the pages: the cookie, and the token that every form carries.

Officers sign in to the inside, applicants to the public zone: each with a cookie of its own, so that one browser may hold both.
"""

from __future__ import annotations

from typing import TypeVar

from flask import g, request
from werkzeug.wrappers import Response

from engine.organization.actor import Actor
from engine.organization.sessions import LIFE, csrf_fits
from engine.organization.sessions import csrf_token as token_of
from web.serving import engine

#: Over HTTPS the name binds the cookie to this host and path; a demonstration is served without.
COOKIE, DEMONSTRATION_COOKIE = "__Host-onewindow", "onewindow-session"
#: The same, of applicants.
APPLICANT_COOKIE, DEMONSTRATION_APPLICANT_COOKIE = "__Host-onewindow-applicant", "onewindow-applicant"
MOST = 200

Answer = TypeVar("Answer", bound=Response)


def secret() -> str | None:
    """The secret of the session that the browser holds."""
    found = request.cookies.get(_cookie(), "")
    return found if 0 < len(found) <= MOST and found.isascii() else None


def current() -> Actor | None:
    """Who is signed in; None for nobody."""
    if "signed_in" not in g:
        held = secret()
        door = engine() if inside() else engine().accounts
        g.signed_in = door.session_actor(held) if held else None
    found: Actor | None = g.signed_in
    return found


def csrf_token() -> str:
    """The token for the forms of this page; empty when nobody is signed in."""
    held = secret()
    return token_of(engine().settings.secret_key, held) if held and current() else ""


def csrf_token_of(fresh: str) -> str:
    """The token for the forms of a session that is just being opened."""
    return token_of(engine().settings.secret_key, fresh)


def csrf_is_good() -> bool:
    """Whether what was sent came from a page of this session: a form carries the token as a field, a script as a header."""
    held = secret()
    sent = request.headers.get("X-CSRF-Token") or request.form.get("csrf", "")
    return held is not None and csrf_fits(engine().settings.secret_key, held, sent)


def sign_in(response: Answer, fresh: str) -> Answer:
    """Give the browser a session; the one it held before is over."""
    _close()
    response.set_cookie(
        _cookie(), fresh, max_age=int(LIFE.total_seconds()), httponly=True, samesite="Lax", secure=_secure(), path="/"
    )
    return response


def sign_out(response: Answer) -> Answer:
    """End the session that the browser holds."""
    _close()
    response.delete_cookie(_cookie(), path="/", httponly=True, samesite="Lax", secure=_secure())
    return response


def _secure() -> bool:
    return not engine().settings.demo


def inside() -> bool:
    """Whether this page is of the inside zone, where officers sign in."""
    found: bool = g.get("inside", True)
    return found


def _close() -> None:
    if held := secret():
        (engine().close_session if inside() else engine().accounts.close)(held)


def _cookie() -> str:
    if inside():
        return COOKIE if _secure() else DEMONSTRATION_COOKIE
    return APPLICANT_COOKIE if _secure() else DEMONSTRATION_APPLICANT_COOKIE
