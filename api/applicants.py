"""`/applicants`: accounts of applicants. Registering is open to everybody; a clerk confirms who stands at the window."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from marshmallow import ValidationError, fields, validates_schema

from api.caller import actor, engine, once
from api.http_errors import both
from api.resource import PREFIX, Resource, answer
from api.shapes import Shape, Text
from engine.organization.accounts import (
    MOST_ADDRESS,
    MOST_CONTACT,
    MOST_NAME,
    MOST_PASSWORD,
    NUMBERS,
    NewAccount,
)

registration = Resource("registration", __name__, "Accounts of applicants", public=True)
applicants = Resource("applicants", __name__, "Accounts of applicants")

_REQUIRED = both("必填", "is required")
_OTHER = both("与 kind 不符", "does not go with this kind")


class Registration(Shape):
    """Who registers: a `person` by `id_number`, an `enterprise` (any body) by `credit_code` and `contact`."""

    username = Text(40, required=True)
    password = Text(MOST_PASSWORD, required=True)
    kind = Text(20, required=True, values=tuple(NUMBERS))
    name = Text(MOST_NAME, required=True)
    id_number = Text(20)
    credit_code = Text(20)
    mobile = Text(20, required=True)
    contact = Text(MOST_CONTACT, blank=True, load_default="")
    address = Text(MOST_ADDRESS, blank=True, load_default="")

    @validates_schema(skip_on_field_errors=True)
    def _number(self, data: dict[str, Any], **_: Any) -> None:
        wanted = NUMBERS[data["kind"]]
        flaws = {} if wanted in data else {wanted: [_REQUIRED]}
        flaws |= {name: [_OTHER] for name in NUMBERS.values() if name != wanted and name in data}
        if flaws:
            raise ValidationError(flaws)


class AccountView(Shape):
    """An account. `identity`: `declared` as it was registered, `confirmed` once a clerk has seen the paper."""

    id = fields.String()
    username = fields.String()
    kind = fields.String()
    name = fields.String()
    id_number = fields.String()
    credit_code = fields.String()
    mobile = fields.String()
    contact = fields.String()
    address = fields.String()
    identity = fields.String()
    identity_name = fields.String()
    identity_name_en = fields.String()


class PaperShown(Shape):
    """Which paper the clerk has seen of whoever forgot the password."""

    document = Text(200, required=True)


class ResetCode(Shape):
    """The code, to be handed over to who is there: it works once, until `expires_at`; a newer one ends it."""

    username = fields.String()
    code = fields.String()
    expires_at = fields.DateTime()


class NewPassword(Shape):
    """A new password, by the code that the window handed out."""

    username = Text(40, required=True)
    code = Text(40, required=True)
    password = Text(MOST_PASSWORD, required=True)


class PasswordSet(Shape):
    """Whose password is new. Log in with it: every session and token from before is over."""

    username = fields.String()


class Confirmation(Shape):
    """Which paper the clerk has seen, such as an identity card or a business licence with its number."""

    document = Text(200, required=True)


@registration.serve("POST", "/applicants", takes=Registration(), gives=(201, AccountView))
def register_applicant(asked: dict[str, Any]) -> Response:
    """Register an account: whose identity is declared until a clerk confirms it"""
    # A digest of a password that is quick to make is never kept.
    kept = once({name: value for name, value in asked.items() if name != "password"})
    number = asked.pop("id_number", None) or asked.pop("credit_code", "")
    made = engine().accounts.register(NewAccount(number=number, **asked), request.remote_addr, kept)
    return answer(made, 201, Location=f"{PREFIX}/applicants/me", Cache_Control="no-store")


@applicants.serve("GET", "/applicants/me", gives=(200, AccountView))
def show_own_account() -> Response:
    """One's own account"""
    return answer(engine().accounts.own(actor()), Cache_Control="no-store")


@applicants.serve("POST", "/applicants/<username>/confirmation", takes=Confirmation(), gives=(200, AccountView))
def confirm_applicant(asked: dict[str, Any], username: str) -> Response:
    """Confirm, at the window, that an account is of who is there"""
    kept = once(asked)
    return answer(engine().accounts.confirm(actor(), username, asked["document"], kept))


@applicants.serve("POST", "/applicants/<username>/password-reset", takes=PaperShown(), gives=(201, ResetCode))
def hand_out_reset(asked: dict[str, Any], username: str) -> Response:
    """Hand out, at the window, the code by which a forgotten password is renewed"""
    kept = once(asked)
    made = engine().accounts.hand_out_reset(actor(), username, asked["document"], kept)
    return answer(made, 201, Cache_Control="no-store")


@registration.serve("POST", "/applicants/password", takes=NewPassword(), gives=(200, PasswordSet))
def reset_password(asked: dict[str, Any]) -> Response:
    """Set a new password by the code from the window: earlier sessions and tokens are over"""
    # A digest of a password that is quick to make is never kept.
    kept = once({"username": asked["username"], "code": asked["code"]})
    done = engine().accounts.reset_password(
        asked["username"], asked["code"], asked["password"], request.remote_addr, kept
    )
    return answer(done, Cache_Control="no-store")
