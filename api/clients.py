"""`/clients`: the programs of front offices, their secrets, and the window clerks that they may act for."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import ValidationError, fields

from api.caller import actor, engine, once
from api.http_errors import both
from api.resource import PREFIX, Resource, answer
from api.shapes import Shape, Text, Whole
from engine.organization.clients import MOST_CLERKS, NewClient

clients = Resource("clients", __name__, "Clients")

MOST_CLIENTS = 200
_MANY = both(f"不能超过 {MOST_CLERKS} 个", f"may not be over {MOST_CLERKS}")


def _few(names: list[str]) -> None:
    if len(names) > MOST_CLERKS:
        raise ValidationError(_MANY)


class Clerks(Shape):
    """Whom a client may act for: usernames of window clerks."""

    clerks = fields.List(
        Text(100),
        required=True,
        validate=_few,
        metadata={"maxItems": MOST_CLERKS},
        error_messages={
            "required": both("必填", "is required"),
            "null": both("不能为 null", "may not be null"),
            "invalid": both("须为列表", "must be a list"),
        },
    )


class NewClientShape(Clerks):
    """A client to be made."""

    id = Text(60, required=True)
    name = Text(200, required=True)
    region = Text(20, required=True)


class ClientView(Shape):
    """A client. `rotation` counts how often its secret was changed."""

    id = fields.String()
    name = fields.String()
    region = fields.String()
    active = fields.Boolean()
    clerks = fields.List(fields.String())
    rotation = fields.Integer()


class ClientWithSecret(ClientView):
    """A client with its secret, which is told this once."""

    secret = fields.String()


class WhichClients(Shape):
    """Which page of the clients."""

    limit = Whole(1, MOST_CLIENTS, load_default=50)
    cursor = Text(100, load_default="", blank=True)


class ClientPage(Shape):
    """A page of clients; `next_cursor` asks for the next one, null at the end."""

    items = fields.List(fields.Nested(ClientView))
    next_cursor = fields.String(allow_none=True)


class Empty(Shape):
    """A request without a body."""


@clients.serve("GET", "/clients", takes=WhichClients(), location="query", gives=(200, ClientPage))
def list_clients(asked: dict[str, Any]) -> Response:
    """The clients of the caller's region and below"""
    return answer(engine().list_clients(actor(), asked["cursor"], asked["limit"]))


@clients.serve("POST", "/clients", takes=NewClientShape(), gives=(201, ClientWithSecret))
def create_client(asked: dict[str, Any]) -> Response:
    """Make a client: its secret is in this answer, and nowhere else afterwards"""
    new = NewClient(asked["id"], asked["name"], asked["region"], tuple(asked["clerks"]))
    made = engine().create_client(actor(), new, once(asked))
    return answer(made, 201, Location=f"{PREFIX}/clients/{made['id']}", Cache_Control="no-store")


@clients.serve("GET", "/clients/<client>", gives=(200, ClientView))
def show_client(client: str) -> Response:
    """One client"""
    return answer(engine().get_client(actor(), client))


@clients.serve("PUT", "/clients/<client>/clerks", takes=Clerks(), gives=(200, ClientView))
def set_clerks(asked: dict[str, Any], client: str) -> Response:
    """Say whom a client may act for; nobody else from now on"""
    return answer(engine().set_clerks(actor(), client, asked["clerks"]))


@clients.serve("POST", "/clients/<client>/secret", takes=Empty(), gives=(200, ClientWithSecret))
def rotate_secret(asked: dict[str, Any], client: str) -> Response:
    """Give a client a new secret; the old one and its tokens are over"""
    return answer(engine().rotate_client_secret(actor(), client, once(asked)), Cache_Control="no-store")


@clients.serve("POST", "/clients/<client>/deactivate", takes=Empty(), gives=(200, ClientView))
def deactivate_client(asked: dict[str, Any], client: str) -> Response:
    """Let a client do nothing any more"""
    return answer(engine().deactivate_client(actor(), client, once(asked)))
