"""Credit: promises of a case, who may have which way of trust first, and credit records with what is decided about them."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from marshmallow import fields

from api.caller import (
    CASE_NUMBER,
    QUERY_CODE,
    acting,
    actor,
    authenticate_applicant,
    authenticate_for_case,
    engine,
    once,
)
from api.resource import PREFIX, Resource, answer
from api.shapes import Acting, Day, Number, Shape, Text, few
from engine.credit_first.commitment import NewCommitment
from engine.credit_first.credit_office import Decision, NewEntry
from engine.unit_of_work import Once

MOST_VERSION = 1_000_000
commitments = Resource("commitments", __name__, "Promises of a case", public=True)
commitments.before_request(authenticate_for_case)
eligibility = Resource("eligibility", __name__, "Which ways of trust first are open", public=True)
credit = Resource("credit", __name__, "Credit records", public=True)
credit.before_request(authenticate_applicant)


class Signer(Shape):
    """Who signs: the applicant, or somebody under a mandate that lets him promise (its id)."""

    name = Text(200)
    mandate = Text(40)


class Commitment(Acting):
    """What is signed: `text_version` and `text_hash` are those of the text that was read; `supply_by` is for tolerance."""

    regime = Text(40, required=True)
    text_version = Number(1, MOST_VERSION, required=True)
    text_hash = Text(64, required=True)
    materials = fields.List(Text(100), load_default=list, validate=few)
    channel = Text(32, load_default="online")
    signer = fields.Nested(Signer, load_default=dict)
    supply_by = Day(allow_none=True, load_default=None)


class SignedCommitment(Shape):
    """A promise, or after its withdrawal the ordinary way."""

    number = fields.String()
    state = fields.String()
    regime = fields.String()
    commitment = fields.Integer()
    text_version = fields.Integer()
    text_hash = fields.String()
    materials = fields.List(fields.String())
    supply_by = fields.Date(allow_none=True)
    channel = fields.String()
    signer = fields.String()
    signed_at = fields.DateTime()


class Ways(Shape):
    """Which ways are open to a case's applicant, with the whole texts, and what was signed."""

    number = fields.String()
    regime = fields.String()
    way = fields.Dict()
    subject = fields.String(allow_none=True)
    materials = fields.Dict()
    ways = fields.List(fields.Dict())
    commitments = fields.List(fields.Dict())
    can_withdraw = fields.Boolean()


class WhichApplicant(Shape):
    """Of whom and where; without `applicant`, what item and region say alone. `kind`: person or legal-person."""

    applicant = Text(40)
    region = Text(20)
    kind = Text(40)


class Eligibility(Shape):
    """By regime, whether it is open, and each reason why not."""

    code = fields.String()
    region = fields.String(allow_none=True)
    applicant = fields.String(allow_none=True)
    credit = fields.Dict(allow_none=True)
    ordinary = fields.Dict()
    regimes = fields.List(fields.Dict())


class CreditView(Shape):
    """The credit of a subject."""

    subject = fields.String()
    name = fields.String(allow_none=True)
    kind = fields.String(allow_none=True)
    grade = fields.String(allow_none=True)
    open = fields.Boolean()
    records = fields.List(fields.Dict())


class RecordView(Shape):
    """A credit record with what was decided about it."""

    id = fields.String()
    kind = fields.String()
    grade = fields.String(allow_none=True)
    source = fields.String()
    ground = fields.Dict()
    item = fields.String(allow_none=True)
    state = fields.String()
    disputed = fields.Boolean()
    closes_regimes = fields.Boolean()
    valid_from = fields.Date()
    valid_until = fields.Date(allow_none=True)
    barred_until = fields.Date(allow_none=True)
    bars_now = fields.Boolean()
    moves = fields.List(fields.Dict())


class NewRecordShape(Shape):
    """What goes on record: `text` says what happened, `case` or `document` is what it rests on."""

    subject = Text(40, required=True)
    name = Text(200, load_default="")
    kind = Text(40, required=True)
    grade = Text(1)
    text = Text(4000, required=True)
    case = Text(80)
    document = Text(200)
    item = Text(100)
    source = Text(200, load_default="local")
    valid_until = Day(allow_none=True, load_default=None)


class Repair(Shape):
    """信用修复: the number of the decision, and why."""

    decision = Text(200, required=True)
    reason = Text(4000, required=True)


class Objection(Shape):
    """An objection: why, and what shows it."""

    reason = Text(4000, required=True)
    evidence = Text(1000, blank=True, load_default="")


class Settlement(Shape):
    """What came of the objection: the record is upheld or cancelled, by which decision."""

    outcome = Text(20, required=True)
    decision = Text(200, required=True)
    reason = Text(4000, required=True)


class Stay(Shape):
    """A stay by the competent body or a court: who, by which paper, until when (without an end: until it is lifted)."""

    body = Text(200, required=True)
    decision = Text(200, required=True)
    reason = Text(4000, blank=True, load_default="")
    until = Day(allow_none=True, load_default=None)


class StayEnd(Shape):
    """The stay is over."""

    decision = Text(200, required=True)
    reason = Text(4000, blank=True, load_default="")


# -- promises


@commitments.serve("GET", "/cases/<number>/commitment", gives=(200, Ways))
def get_commitment(number: str) -> Response:
    """Which ways are open in this case, the whole texts, and what was signed"""
    return answer(engine().credit.of_case(actor(), number))


@commitments.serve("POST", "/cases/<number>/commitment", takes=Commitment(), gives=(201, SignedCommitment))
def sign_commitment(asked: dict[str, Any], number: str) -> Response:
    """Sign the text of a regime"""
    kept = once(asked)
    who = acting(asked)
    materials = tuple(asked.pop("materials"))
    made = engine().credit.sign(who, NewCommitment(number=number, materials=materials, **asked), kept)
    return answer(made, 201, Location=f"{PREFIX}/cases/{number}/commitment")


@commitments.serve("DELETE", "/cases/<number>/commitment", gives=(200, SignedCommitment))
def withdraw_commitment(number: str) -> Response:
    """Withdraw the promise, until the decision: the case goes the ordinary way"""
    return answer(engine().credit.withdraw(actor(), number))


# -- which ways are open


@eligibility.serve(
    "GET", "/items/<item>/eligibility", takes=WhichApplicant(), location="query", gives=(200, Eligibility)
)
def get_eligibility(asked: dict[str, Any], item: str) -> Response:
    """By regime, whether it is open to an applicant, and each reason why not; to whoever does not say who asks, by kind alone"""
    applicant, who = asked.get("applicant"), None
    if any(name in request.headers for name in ("Authorization", QUERY_CODE, CASE_NUMBER)):
        authenticate_applicant()
        who = actor()
    return answer(engine().credit.eligibility(who, item, asked.get("region"), applicant, asked.get("kind")))


# -- records


@credit.serve("GET", "/credit/<subject>", gives=(200, CreditView))
def get_credit(subject: str) -> Response:
    """The credit of a subject (a credit code or an identity number): grade, records, and what was decided about them"""
    return answer(engine().credit.records(actor(), subject))


@credit.serve("POST", "/credit", takes=NewRecordShape(), gives=(201, RecordView))
def record_credit(asked: dict[str, Any]) -> Response:
    """Put something on credit record, on a ground"""
    kept = once(asked)
    return answer(engine().credit.record(actor(), NewEntry(**asked), kept), 201)


@credit.serve("POST", "/credit/<record>/repair", takes=Repair(), gives=(200, RecordView))
def repair_credit(asked: dict[str, Any], record: str) -> Response:
    """Repair a record: the regimes that it closed are open again"""
    return _decide("repaired", asked, record, once(asked))


@credit.serve("POST", "/credit/<record>/objection", takes=Objection(), gives=(200, RecordView))
def object_to_credit(asked: dict[str, Any], record: str) -> Response:
    """Raise an objection: the record is marked disputed, its consequence stays"""
    return _decide("disputed", asked, record, once(asked))


@credit.serve("POST", "/credit/<record>/objection/settle", takes=Settlement(), gives=(200, RecordView))
def settle_objection(asked: dict[str, Any], record: str) -> Response:
    """Settle an objection: the record is upheld or cancelled"""
    return _decide("settled", asked, record, once(asked))


@credit.serve("POST", "/credit/<record>/stay", takes=Stay(), gives=(200, RecordView))
def stay_credit(asked: dict[str, Any], record: str) -> Response:
    """Record a stay by the competent body or a court: the consequence rests meanwhile"""
    return _decide("stayed", asked, record, once(asked))


@credit.serve("POST", "/credit/<record>/stay/end", takes=StayEnd(), gives=(200, RecordView))
def end_stay(asked: dict[str, Any], record: str) -> Response:
    """Record that a stay is over"""
    return _decide("stay-ended", asked, record, once(asked))


def _decide(kind: str, asked: dict[str, Any], record: str, kept: Once | None) -> Response:
    until = asked.pop("until", None)
    return answer(engine().credit.decide(actor(), record, Decision(kind, asked, until), kept))
