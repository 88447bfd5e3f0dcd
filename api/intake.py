"""`/cases/{number}/supplements` and `/withdrawal`: what the applicant, or who stands in, does about an application.

For the window and who submitted it, with a token; and for its applicant, who sends the query code in the header `Query-Code`.
"""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from api.caller import acting, authenticate_for_case, engine, once
from api.cases import CaseState
from api.resource import Resource, answer
from api.shapes import Acting, Form, Shape, Text, few
from engine.cases.supplement import Supplement, Supplied

intake = Resource("intake", __name__, "Supplements and withdrawals", public=True)
intake.before_request(authenticate_for_case)


class SuppliedMaterial(Shape):
    """A material that is brought, by its code, with a note."""

    material = Text(100, required=True)
    note = Text(1000, blank=True, load_default="")


class SupplementBrought(Acting):
    """What the applicant brings of what was asked for, and form fields that were corrected."""

    materials = fields.List(fields.Nested(SuppliedMaterial), load_default=list, validate=few)
    form = Form(load_default=dict)


class WithdrawalAsked(Acting):
    """The applicant takes the application back."""

    reason = Text(2000, blank=True, load_default="")


@intake.serve("POST", "/cases/<number>/supplements", takes=SupplementBrought(), gives=(200, CaseState))
def supply_case(asked: dict[str, Any], number: str) -> Response:
    """Bring what the window asked for (补正)"""
    kept, who = once(asked), acting(asked)
    brought = tuple(Supplied(**one) for one in asked["materials"])
    return answer(engine().intake.supply(who, Supplement(number, brought, asked["form"]), kept))


@intake.serve("POST", "/cases/<number>/withdrawal", takes=WithdrawalAsked(), gives=(200, CaseState))
def withdraw_case(asked: dict[str, Any], number: str) -> Response:
    """Take an application back, until it is decided (撤回)"""
    kept, who = once(asked), acting(asked)
    return answer(engine().intake.withdraw(who, number, asked["reason"], kept))
