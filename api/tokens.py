"""`/tokens`: log in."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from marshmallow import ValidationError, fields, validates_schema

from api.caller import bearer, engine
from api.http_errors import both
from api.resource import Resource, answer
from api.shapes import Shape, Text

REQUIRED = both("必填", "is required")
NOT_BOTH = both("不能与客户端凭证同时使用", "does not go with a client's credentials")
tokens = Resource("tokens", __name__, "Log in", public=True)
own_token = Resource("own-token", __name__, "Log out")


class Credentials(Shape):
    """Who logs in: an officer by `username` and `password`, or a client by `grant_type`, `client_id` and `client_secret`."""

    username = Text(100)
    password = Text(200)
    grant_type = Text(40, values=("client_credentials",))
    client_id = Text(100)
    client_secret = Text(200)

    @validates_schema(skip_on_field_errors=False)
    def _one_kind(self, data: dict[str, Any], **_: Any) -> None:
        client = {"grant_type", "client_id", "client_secret"}
        wanted = client if client & set(data) else {"username", "password"}
        flaws = {name: [REQUIRED] for name in wanted - set(data)}
        flaws |= {name: [NOT_BOTH] for name in set(data) - wanted}
        if flaws:
            raise ValidationError(flaws)


class Token(Shape):
    """An access token, to be sent as `Authorization: Bearer …`."""

    token = fields.String()
    token_type = fields.String()
    expires_at = fields.DateTime()


@tokens.serve("POST", "/tokens", takes=Credentials(), gives=(201, Token))
def create_token(asked: dict[str, Any]) -> Response:
    """Log in: a token for a username and a password, or for a client's id and secret"""
    if "client_id" in asked:
        given = engine().log_in_client(asked["client_id"], asked["client_secret"], request.remote_addr)
    else:
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
