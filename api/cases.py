"""`/cases`: submit an application (收件), look at a case, accept it (受理)."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import ValidationError, fields, validate, validates

from api.caller import acting, actor, engine, once
from api.http_errors import both
from api.resource import PREFIX, Resource, answer
from api.shapes import Acting, Day, Form, Instant, Shape, Text, Whole, few, split
from engine.cases.accept import Acceptance, Listed
from engine.cases.case_list import ORDERS, CaseQuery
from engine.cases.inbox import MOST_ROWS
from engine.cases.submit import PERSONAL, Application

cases = Resource("cases", __name__, "Cases")

_TEXT = both("须为文本", "must be a text")
_REQUIRED = both("必填", "is required")
_LONG = both("不能超过 500 个字符", "may not be over 500 characters")
#: What is shown of every applicant; what else a diagram's conditions read of one is the diagram's affair.
_APPLICANT_TEXTS = ("kind", *PERSONAL)


class NewCase(Acting):
    """An application. `applicant` takes kind, name, credit_code, id_number, contact, phone, address, and more; `regime` is the
    way of trust first that signs nothing (`post-verification`), if that is chosen; `papers`, by the codes of materials, which were
    handed over at the counter: the receipt names those, and without it all that the item wants."""

    item = Text(100, required=True)
    region = Text(20, required=True)
    applicant = Form(required=True)
    form = Form(load_default=dict)
    channel = Text(32, load_default="window")
    external_number = Text(100, load_default=None, allow_none=True)
    received_at = Instant()
    evidence = Text(500)
    regime = Text(40, allow_none=True, load_default=None)
    papers = fields.List(Text(100), allow_none=True, load_default=None, validate=validate.Length(max=100))

    @validates("applicant")
    def _applicant(self, value: dict[str, Any], **_: Any) -> None:
        flaws = {name: [_TEXT] for name in _APPLICANT_TEXTS if name in value and not isinstance(value[name], str)}
        flaws |= {name: [_LONG] for name in _APPLICANT_TEXTS if len(str(value.get(name, ""))) > 500}
        if not str(value.get("name", "")).strip():
            flaws["name"] = [_REQUIRED]
        if flaws:
            raise ValidationError(flaws)


class SubmittedCase(Shape):
    """A case as its submission answers. `held`: it is stored, but its process could not be started yet."""

    number = fields.String()
    query_code = fields.String()
    state = fields.String()
    item = fields.String()
    region = fields.String()
    regime = fields.String()
    held = fields.Boolean()


class ListedMaterial(Shape):
    """A material that is missing or faulty, by its code, and what is wrong."""

    material = Text(100, required=True)
    reason = Text(1000, required=True)


class CaseAnswer(Acting):
    """The window's answer to an application. `supplement` takes `materials`; `fixed_on_the_spot` a `reason` (what was fixed) and
    perhaps `form`; `not_ours` a `reason` and `redirect` (whose it is); `not_needed` a `reason`."""

    answer = Text(32, required=True)
    opinion = Text(4000, blank=True, load_default="")
    materials = fields.List(fields.Nested(ListedMaterial), load_default=list, validate=few)
    reason = Text(2000, blank=True, load_default="")
    redirect = Text(200, blank=True, load_default="")
    form = Form(load_default=dict)
    late_reason = Text(4000, blank=True, load_default="")


class CaseState(Shape):
    """Where a case stands."""

    number = fields.String()
    state = fields.String()
    result = fields.String(allow_none=True)


class ProgressRow(Shape):
    """One node of a case's course, as everybody with number and query code sees it."""

    stage = fields.String()
    stage_en = fields.String()
    node = fields.String()
    node_en = fields.String()
    visit = fields.Integer()
    again = fields.Boolean()
    state = fields.String()
    state_name = fields.String()
    state_name_en = fields.String()
    department = fields.String()
    department_en = fields.String()
    handler = fields.String(allow_none=True)
    outcome_name = fields.String(allow_none=True)
    outcome_name_en = fields.String(allow_none=True)
    opinion = fields.String(allow_none=True)
    returned_to_name = fields.String(allow_none=True)
    returned_to_name_en = fields.String(allow_none=True)
    started_at = fields.DateTime()
    ended_at = fields.DateTime(allow_none=True)
    due_date = fields.Date(allow_none=True)
    remaining_working_days = fields.Integer(allow_none=True)
    elapsed_working_days = fields.Integer()
    provisional = fields.Boolean()
    light = fields.String(allow_none=True)


class TimelineRow(ProgressRow):
    """One node of a case's course, as officers see it."""

    node_id = fields.String()
    task = fields.Integer()
    department_id = fields.String(allow_none=True)
    work_number = fields.String(allow_none=True)
    outcome = fields.String(allow_none=True)
    returned_to = fields.String(allow_none=True)
    again_by = fields.Integer(allow_none=True)


class NextRow(Shape):
    """A node that comes, or (`certain: false`) may come, after the open ones; until when, if all take their promised time."""

    stage = fields.String()
    stage_en = fields.String()
    node = fields.String()
    node_en = fields.String()
    certain = fields.Boolean()
    expected_by = fields.Date(allow_none=True)
    provisional = fields.Boolean()


class NextNode(NextRow):
    """What may come next, as officers see it."""

    node_id = fields.String()


class VoteStands(Shape):
    """How the latest round of a vote stands: `result` is `passed`, `rejected`, or empty: it is `open`, or was broken off."""

    node = fields.String()
    node_en = fields.String()
    round = fields.Integer()
    assents = fields.Integer()
    others = fields.Integer()
    invited = fields.Integer()
    needed = fields.Integer()
    open = fields.Boolean()
    result = fields.String()


class VoteOfNode(VoteStands):
    """How a vote stands, as officers see it."""

    node_id = fields.String()


class Document(Shape):
    """A document that was issued in a case."""

    number = fields.String()
    kind = fields.String()
    title = fields.String()
    body = fields.String()
    content = fields.String()
    issued_at = fields.DateTime()


class CaseProgress(CaseState):
    """The course of a case."""

    item = fields.String()
    item_name = fields.String()
    item_name_en = fields.String()
    region = fields.String()
    state_name = fields.String()
    state_name_en = fields.String()
    external_number = fields.String(allow_none=True)
    regime = fields.String()
    promises = fields.List(fields.String())
    held = fields.Boolean()
    submitted_at = fields.DateTime()
    accepted_at = fields.DateTime(allow_none=True)
    concluded_at = fields.DateTime(allow_none=True)
    due_date = fields.Date(allow_none=True)
    remaining_working_days = fields.Integer(allow_none=True)
    elapsed_working_days = fields.Integer(allow_none=True)
    provisional = fields.Boolean()
    demonstration = fields.Boolean()
    light = fields.String(allow_none=True)
    timeline = fields.List(fields.Nested(ProgressRow))
    next = fields.List(fields.Nested(NextRow))
    votes = fields.List(fields.Nested(VoteStands))
    documents = fields.List(fields.Nested(Document))


class IncidentRow(Shape):
    """Why a case can't go on, and when it is tried again."""

    id = fields.Integer()
    cause = fields.String()
    node = fields.String(allow_none=True)
    detail = fields.String()
    detail_en = fields.String()
    state = fields.String()
    next_try_at = fields.DateTime(allow_none=True)


class CaseView(CaseProgress):
    """A case as the officers who have to do with it see it."""

    timeline = fields.List(fields.Nested(TimelineRow))
    next = fields.List(fields.Nested(NextNode))
    votes = fields.List(fields.Nested(VoteOfNode))
    channel = fields.String()
    applicant = fields.Dict()
    form = fields.Dict()
    definition_version = fields.Integer()
    incidents = fields.List(fields.Nested(IncidentRow))


class WhichCases(Shape):
    """Which cases are asked for. `state` and `light` may be repeated, or hold several with commas; days are China's."""

    state = fields.List(Text(100))
    item = Text(100)
    region = Text(20)
    external_number = Text(100)
    applicant = Text(100)
    submitted_from = Day()
    submitted_to = Day()
    light = fields.List(Text(100))
    sort = Text(20, values=tuple(ORDERS), load_default="-submitted")
    limit = Whole(1, MOST_ROWS, load_default=50)
    cursor = Text(400)


class CaseRow(CaseState):
    """A case as lists show it."""

    external_number = fields.String(allow_none=True)
    item = fields.String()
    item_name = fields.String()
    item_name_en = fields.String()
    region = fields.String()
    channel = fields.String()
    applicant_name = fields.String(allow_none=True)
    state_name = fields.String()
    state_name_en = fields.String()
    held = fields.Boolean()
    submitted_at = fields.DateTime()
    accepted_at = fields.DateTime(allow_none=True)
    concluded_at = fields.DateTime(allow_none=True)
    due_date = fields.Date(allow_none=True)
    remaining_working_days = fields.Integer(allow_none=True)
    provisional = fields.Boolean()
    demonstration = fields.Boolean()
    light = fields.String(allow_none=True)


class CasePage(Shape):
    """A page of cases; `next_cursor` asks for the next one, null at the end."""

    items = fields.List(fields.Nested(CaseRow))
    next_cursor = fields.String(allow_none=True)


@cases.serve("GET", "/cases", takes=WhichCases(), location="query", gives=(200, CasePage))
def list_cases(asked: dict[str, Any]) -> Response:
    """The cases that the caller has to do with, the newest first"""
    states, lights = split(asked.pop("state", ())), split(asked.pop("light", ()))
    return answer(engine().cases(actor(), CaseQuery(**asked, states=states, lights=lights)))


@cases.serve("POST", "/cases", takes=NewCase(), gives=(201, SubmittedCase))
def submit_case(asked: dict[str, Any]) -> Response:
    """Submit an application: it becomes a case with its number and query code"""
    kept = once(asked)
    who, papers = acting(asked), asked.pop("papers")
    named = Application(**asked, papers=None if papers is None else tuple(papers))
    made = engine().submit(who, named, kept)
    shown = {name: value for name, value in made.items() if name != "id"}
    return answer(shown, 201, Location=f"{PREFIX}/cases/{made['number']}")


@cases.serve("GET", "/cases/<number>", gives=(200, CaseView))
def show_case(number: str) -> Response:
    """A case with its timeline, documents and open incidents"""
    if actor().kind == "applicant":
        return answer(engine().own_cases.case(actor(), number), Cache_Control="no-store")
    return answer(engine().get_case(actor(), number))


@cases.serve("POST", "/cases/<number>/acceptance", takes=CaseAnswer(), gives=(200, CaseState))
def accept_case(asked: dict[str, Any], number: str) -> Response:
    """Answer an application at the window: accepted, supplement, fixed_on_the_spot, not_ours, not_needed"""
    kept = once(asked)
    listed = tuple(Listed(**one) for one in asked.pop("materials"))
    return answer(engine().accept(acting(asked), Acceptance(number, materials=listed, **asked), kept))
