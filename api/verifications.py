"""`/verifications`, `/rectifications`, `/revocations` and what of a case takes its permit away: what follows a decision."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, request
from marshmallow import fields

from api.caller import QUERY_CODE, acting, actor, authenticate_with, engine, once
from api.resource import Resource, answer
from api.shapes import Acting, Form, Shape, Text, Whole, few
from engine.credit_first.errors import required
from engine.credit_first.grounds import GROUNDS
from engine.credit_first.rectification import WAYS, Rectified
from engine.credit_first.revocation import NewRevocation
from engine.credit_first.stays import KINDS, Objection
from engine.credit_first.verification import RESULTS, VERDICTS, Finding, Result
from engine.credit_first.views import LISTS, VerificationQuery
from engine.errors import NotFound

verifications = Resource("verifications", __name__, "Verifications and revocations")
#: What the applicant does about a case, with its query code instead of a token.
defences = Resource("defences", __name__, "Rectifications and defences", public=True)


def _authenticate() -> None:
    """Without a token, the right `Query-Code` of the approval makes the caller its applicant."""
    named = request.view_args or {}
    try:
        which = UUID(str(next(iter(named.values()), "")))
        number = engine().verifications.case_of(which) if QUERY_CODE in request.headers else ""
    except ValueError:
        number = ""
    authenticate_with(number)


defences.before_request(_authenticate)


class Presumed(Shape):
    """A material that was presumed, and is to be verified."""

    code = fields.String()
    name = fields.String()
    name_en = fields.String()
    material = fields.Integer(allow_none=True)
    trust = fields.String()


class VerificationView(Shape):
    """A verification, as lists show it."""

    id = fields.String()
    case = fields.String()
    linked_case = fields.String(allow_none=True)
    item = fields.String()
    item_name = fields.String()
    item_name_en = fields.String()
    region = fields.String()
    applicant_name = fields.String(allow_none=True)
    regime = fields.String()
    state = fields.String()
    state_name = fields.String()
    state_name_en = fields.String()
    list = fields.String()
    permit = fields.String(allow_none=True)
    permit_name = fields.String(allow_none=True)
    permit_name_en = fields.String(allow_none=True)
    disputed = fields.Boolean()
    presumed = fields.List(fields.Nested(Presumed))
    visits_asked = fields.Integer()
    officers = fields.Integer()
    signatures = fields.Integer()
    results = fields.List(fields.String())
    opened_at = fields.DateTime()
    closed_at = fields.DateTime(allow_none=True)
    due_date = fields.Date(allow_none=True)
    provisional = fields.Boolean()
    rectification = fields.String(allow_none=True)
    revocation = fields.String(allow_none=True)


class WhichVerifications(Shape):
    """Which page of which list, earliest due first."""

    state = Text(20, values=LISTS)
    region = Text(20)
    item = Text(100)
    regime = Text(40)
    case = Text(40)
    limit = Whole(1, 200, load_default=50)
    cursor = Text(500)


class WhichFigures(Shape):
    """Of which region and item; none: of all that one has to do with."""

    region = Text(20, load_default=None)
    item = Text(100, load_default=None)


class VerificationFigures(Shape):
    """How many verifications of an item in a region stand in each list."""

    region = fields.String()
    region_name = fields.String(allow_none=True)
    region_name_en = fields.String(allow_none=True)
    item = fields.String()
    item_name = fields.String()
    item_name_en = fields.String()
    due = fields.Integer()
    overdue = fields.Integer()
    failed = fields.Integer()
    confirmed = fields.Integer()


class VerificationFiguresList(Shape):
    """Figures by region and item."""

    items = fields.List(fields.Nested(VerificationFigures))


class VerificationPage(Shape):
    """A page; `next_cursor` asks for the next one, null at the end."""

    items = fields.List(fields.Nested(VerificationView))
    next_cursor = fields.String(allow_none=True)


class FindingAsked(Shape):
    """What was found of one material."""

    code = Text(100, required=True)
    verdict = Text(30, required=True, values=VERDICTS)
    note = Text(1000, blank=True, load_default="")


class ResultAsked(Acting):
    """What an officer found, material by material. Without `result`, it is what the materials come to."""

    materials = fields.List(fields.Nested(FindingAsked), load_default=list, validate=few)
    result = Text(20, values=RESULTS)
    note = Text(4000, blank=True, load_default="")
    ground = Text(20, values=tuple(GROUNDS))
    late_reason = Text(2000, blank=True, load_default="")


class Listed(Shape):
    """A thing to put right, with what is wrong with it."""

    code = fields.String()
    note = fields.String()


class RectificationAsked(Shape):
    """What is to be put right."""

    id = fields.String()
    listed = fields.List(fields.Nested(Listed))


class RevocationBegun(Shape):
    """Proceedings to take a permit away."""

    id = fields.String()
    ground = fields.String()
    case = fields.String()
    state = fields.String()
    permit = fields.String()


class ResultView(Shape):
    """What a result came to. While a second officer is owed, `signatures` is less than `officers` and nothing has moved."""

    id = fields.String()
    state = fields.String()
    state_name = fields.String()
    state_name_en = fields.String()
    result = fields.String()
    permit = fields.String()
    case = fields.String()
    linked_case = fields.String()
    signatures = fields.Integer()
    officers = fields.Integer()
    rectification = fields.Nested(RectificationAsked)
    revocation = fields.Nested(RevocationBegun)


class Supplied(Shape):
    """What is supplied of one thing that was to be put right."""

    code = Text(100, required=True)
    note = Text(1000, blank=True, load_default="")


class RectificationSupplied(Acting):
    """What was put right, once, online or by post."""

    materials = fields.List(fields.Nested(Supplied), load_default=list, validate=few)
    note = Text(4000, blank=True, load_default="")
    way = Text(10, values=WAYS, load_default="online")
    form = Form(load_default=dict)


class RectificationView(Shape):
    """A rectification that was supplied."""

    id = fields.String()
    verification = fields.String()
    case = fields.String()
    state = fields.String()
    way = fields.String()


class RevocationAsked(Shape):
    """On which ground a permit is to be taken away, and why."""

    ground = Text(20, required=True, values=tuple(GROUNDS))
    reason = Text(4000, required=True)


class Statement(Acting):
    """What the holder says; said blank: nothing, the right is waived. `hearing`: a hearing is asked for. One of them is needed."""

    statement = Text(4000, blank=True)
    hearing = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class StatementView(Shape):
    """What the holder has done."""

    id = fields.String()
    case = fields.String()
    outcome = fields.String()
    linked_case = fields.String()


class ObjectionAsked(Shape):
    """A dispute or a stay, or the end of one: by which body or court, by which paper."""

    kind = Text(20, required=True, values=KINDS)
    body = Text(200, required=True)
    reference = Text(200, required=True)


class ObjectionView(Shape):
    """What the permit is now."""

    case = fields.String()
    permit = fields.String()
    disputed = fields.Boolean()


class Dependant(Shape):
    """A case that used the permit as a material; flagged when the permit is lost, never changed."""

    case = fields.String()
    item = fields.String()
    region = fields.String()
    state = fields.String()
    state_name = fields.String()
    state_name_en = fields.String()
    result = fields.String(allow_none=True)
    material = fields.Integer()
    material_name = fields.String()
    material_name_en = fields.String()
    flagged_at = fields.DateTime(allow_none=True)


class Dependants(Shape):
    """The cases that used a permit."""

    case = fields.String()
    permit = fields.String(allow_none=True)
    items = fields.List(fields.Nested(Dependant))


def _id(what: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(what=what, id=text[:80]) from None


@verifications.serve(
    "GET", "/verifications", takes=WhichVerifications(), location="query", gives=(200, VerificationPage)
)
def list_verifications(asked: dict[str, Any]) -> Response:
    """Checks after decisions: due, overdue, failed, confirmed (核验列表)"""
    return answer(engine().verifications.list(actor(), VerificationQuery(**asked)))


@verifications.serve(
    "GET", "/verifications/figures", takes=WhichFigures(), location="query", gives=(200, VerificationFiguresList)
)
def count_verifications(asked: dict[str, Any]) -> Response:
    """How many checks are due, overdue, failed and confirmed, by region and item (核验统计)"""
    return answer(engine().verifications.figures(actor(), asked["region"], asked["item"]))


@verifications.serve("POST", "/verifications/<verification>/result", takes=ResultAsked(), gives=(200, ResultView))
def record_result(asked: dict[str, Any], verification: str) -> Response:
    """Record what a check found, material by material (核验结果)"""
    kept, who = once(asked), acting(asked)
    findings = tuple(Finding(**one) for one in asked.pop("materials"))
    said = Result(_id("verification", verification), findings, **asked)
    return answer(engine().verifications.result(who, said, kept))


@defences.serve(
    "POST", "/rectifications/<rectification>", takes=RectificationSupplied(), gives=(200, RectificationView)
)
def supply_rectification(asked: dict[str, Any], rectification: str) -> Response:
    """Supply what was to be put right, online or by post (整改)"""
    kept, who = once(asked), acting(asked)
    said = Rectified(_id("rectification", rectification), tuple(asked.pop("materials")), **asked)
    return answer(engine().verifications.rectify(who, said, kept))


@verifications.serve("POST", "/cases/<number>/revocation", takes=RevocationAsked(), gives=(201, RevocationBegun))
def begin_revocation(asked: dict[str, Any], number: str) -> Response:
    """Begin proceedings to take a permit away; nothing is taken before the holder was heard (撤销)"""
    return answer(engine().verifications.open_revocation(actor(), NewRevocation(number, **asked), once(asked)), 201)


@defences.serve("POST", "/revocations/<revocation>/statement", takes=Statement(), gives=(200, StatementView))
def state_defence(asked: dict[str, Any], revocation: str) -> Response:
    """State a defence in proceedings, waive it, or ask for a hearing (陈述、申辩)"""
    kept, who = once(asked), acting(asked)
    which, said, hearing = _id("revocation", revocation), asked.get("statement"), asked["hearing"]
    if said is None and not hearing:  # nobody waives a right by leaving a field out
        raise required("statement")
    return answer(engine().verifications.state(who, which, said or "", hearing, kept))


@verifications.serve("POST", "/cases/<number>/objections", takes=ObjectionAsked(), gives=(201, ObjectionView))
def record_objection(asked: dict[str, Any], number: str) -> Response:
    """Record that a permit is disputed, or that a body or a court has stayed its revocation (异议标注、停止执行)"""
    return answer(engine().verifications.object(actor(), Objection(number, **asked), once(asked)), 201)


@verifications.serve("GET", "/cases/<number>/dependants", gives=(200, Dependants))
def list_dependants(number: str) -> Response:
    """The later cases that used the permit of a case as a material"""
    return answer(engine().verifications.dependants(actor(), number))
