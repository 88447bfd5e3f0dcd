"""`/tokens`: log in."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from marshmallow import fields

from api.caller import bearer, engine
from api.resource import Resource, answer
from api.shapes import Shape, Text

tokens = Resource("tokens", __name__, "Log in", public=True)
own_token = Resource("own-token", __name__, "Log out")


class Credentials(Shape):
    """Who logs in."""

    username = Text(100, required=True)
    password = Text(200, required=True)


class Token(Shape):
    """An access token, to be sent as `Authorization: Bearer …`."""

    token = fields.String()
    token_type = fields.String()
    expires_at = fields.DateTime()


@tokens.serve("POST", "/tokens", takes=Credentials(), gives=(201, Token))
def create_token(asked: dict[str, Any]) -> Response:
    """Log in: a token for a username and a password"""
    given = engine().log_in(asked["username"], asked["password"], request.remote_addr)
    return answer(given, 201, Cache_Control="no-store")


class Revoked(Shape):
    """The token opens nothing any more."""

    revoked = fields.Boolean()


@own_token.serve("DELETE", "/tokens/current", gives=(200, Revoked))
def revoke_token() -> Response:
    """Log out: the token of this request opens nothing any more"""
    engine().log_out(bearer())
    return answer({"revoked": True})
