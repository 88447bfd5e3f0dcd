"""`/cases/{number}/limits`, `/special-procedures`, `/extensions`: the limits of a case as of any instant, and what moves them."""

from __future__ import annotations

import base64
import binascii
import io
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from flask import Response
from marshmallow import fields

from api.caller import acting, actor, engine, once
from api.http_errors import FieldsInvalid, both
from api.resource import Resource, answer
from api.shapes import Acting, Instant, Number, Shape, Text
from engine.cases.end_procedure import ProcedureEnd
from engine.cases.extensions import Decision, NewExtension
from engine.cases.special_procedures import NewProcedure
from engine.errors import NotFound
from engine.timelimits.limits import Unit

limits = Resource("limits", __name__, "Limits")
#: For the scan of an approval.
limits.bound_body(6 * 1024 * 1024)


class AsOf(Shape):
    """As of which instant; now, when it is left out."""

    at = Instant(load_default=None)


class OneLimit(Shape):
    """The promised or the legal limit. `used` and `remaining` are in its own unit; `due_at` is the first instant after it."""

    granted = fields.Integer()
    unit = fields.String()
    used = fields.Integer()
    remaining = fields.Integer()
    started_at = fields.DateTime()
    stopped_at = fields.DateTime(allow_none=True)
    due_date = fields.Date()
    due_at = fields.DateTime()
    remaining_working_days = fields.Integer()
    state = fields.String()
    light = fields.String()
    provisional = fields.Boolean()
    calendar_version = fields.Integer()


class Move(Shape):
    """Why a date moved: an entry of the ledger, and the due date that it left behind."""

    entry = fields.String()
    kind = fields.String()
    kind_name = fields.String()
    kind_name_en = fields.String()
    ref = fields.Integer(allow_none=True)
    effective_at = fields.DateTime()
    recorded_at = fields.DateTime()
    amount = fields.Integer(allow_none=True)
    unit = fields.String(allow_none=True)
    ground = fields.String(allow_none=True)
    document = fields.String(allow_none=True)
    due_date = fields.Date()


class ClockView(Shape):
    """One clock of a case or of one of its tasks. `due_date`, `light` and so on are the promise's, or the law's without one."""

    clock = fields.String()
    clock_name = fields.String()
    clock_name_en = fields.String()
    task = fields.String(allow_none=True)
    node = fields.String(allow_none=True)
    name = fields.String()
    name_en = fields.String()
    department = fields.String(allow_none=True)
    department_en = fields.String(allow_none=True)
    state = fields.String()
    due_date = fields.Date()
    remaining_working_days = fields.Integer()
    light = fields.String()
    provisional = fields.Boolean()
    promised = fields.Nested(OneLimit, allow_none=True)
    legal = fields.Nested(OneLimit, allow_none=True)
    moves = fields.List(fields.Nested(Move))
    derivation = fields.List(fields.String())
    derivation_en = fields.List(fields.String())


class Procedure(Shape):
    """A special procedure: its time does not count."""

    id = fields.Integer()
    case = fields.String()
    kind = fields.String()
    name = fields.String()
    name_en = fields.String()
    task = fields.String()
    department_id = fields.String()
    ground = fields.String()
    reason = fields.String()
    needed = fields.Integer()
    unit = fields.String()
    notice = fields.String()
    state = fields.String()
    started_at = fields.DateTime()
    started_by = fields.String()
    ended_at = fields.DateTime(allow_none=True)
    ended_by = fields.String(allow_none=True)
    report = fields.String(allow_none=True)


class Extension(Shape):
    """An extension of the legal limit: asked, approved or rejected."""

    id = fields.Integer()
    case = fields.String()
    department_id = fields.String()
    amount = fields.Integer()
    unit = fields.String()
    approver = fields.String()
    ground = fields.String()
    reason = fields.String()
    state = fields.String()
    state_name = fields.String()
    state_name_en = fields.String()
    asked_at = fields.DateTime()
    asked_by = fields.String()
    decided_at = fields.DateTime(allow_none=True)
    decided_by = fields.String(allow_none=True)
    approved_by = fields.String(allow_none=True)
    approval_number = fields.String(allow_none=True)
    scan = fields.String(allow_none=True)
    opinion = fields.String(allow_none=True)
    notice = fields.String(allow_none=True)


class CaseLimits(Shape):
    """The limits of a case as of an instant, and what has moved them. `demonstration`: they are ours, no real place's."""

    case = fields.String()
    at = fields.DateTime()
    demonstration = fields.Boolean()
    limits = fields.List(fields.Nested(ClockView))
    special_procedures = fields.List(fields.Nested(Procedure))
    extensions = fields.List(fields.Nested(Extension))


class ProcedureStart(Acting):
    """A special procedure: its kind, why, and the time it needs; `task` where the caller has several of this case."""

    kind = Text(64, required=True)
    reason = Text(2000, blank=True, load_default="")
    needed = Number(1, 3650, required=True)
    unit = Text(20, required=True, values=tuple(Unit))
    task = Text(100, load_default=None, allow_none=True)
    effective_at = Instant(load_default=None, allow_none=True)


class ProcedureStop(Acting):
    """The end of a special procedure, with its result."""

    report = Text(2000, required=True)
    effective_at = Instant(load_default=None, allow_none=True)


class ExtensionStart(Acting):
    """Why more time is asked for, and how much: all that the item allows when `amount` is left out."""

    reason = Text(2000, blank=True, load_default="")
    amount = Number(1, 3650, load_default=None, allow_none=True)


class Approval(Acting):
    """An approval. That of the government's head comes with its number, who gave it, and the scanned paper in base64."""

    opinion = Text(2000, blank=True, load_default="")
    approval_number = Text(100, load_default=None, allow_none=True)
    approved_by = Text(100, load_default=None, allow_none=True)
    scan = Text(6 * 1024 * 1024, load_default=None, allow_none=True)
    scan_name = Text(200, load_default="approval.pdf")


class Rejection(Acting):
    """A rejection, with its reason."""

    opinion = Text(2000, required=True)


@limits.serve("GET", "/cases/<number>/limits", takes=AsOf(), location="query", gives=(200, CaseLimits))
def show_limits(asked: dict[str, Any], number: str) -> Response:
    """The limits of a case, and why their dates are what they are, as of any instant"""
    at: datetime | None = asked["at"]
    return answer(engine().limits.of_case(actor(), number, at))


@limits.serve("POST", "/cases/<number>/special-procedures", takes=ProcedureStart(), gives=(201, Procedure))
def start_procedure(asked: dict[str, Any], number: str) -> Response:
    """Start a special procedure: its node and the case's legal limit stand still (特别程序)"""
    kept = once(asked)
    return answer(engine().limits.start_procedure(acting(asked), NewProcedure(number, **asked), kept), 201)


@limits.serve(
    "POST", "/cases/<number>/special-procedures/<procedure>/end", takes=ProcedureStop(), gives=(200, Procedure)
)
def end_procedure(asked: dict[str, Any], number: str, procedure: str) -> Response:
    """End a special procedure: what it stopped runs again"""
    kept = once(asked)
    named = _ordinal("special procedure", procedure)
    return answer(engine().limits.end_procedure(acting(asked), ProcedureEnd(number, named, **asked), kept))


@limits.serve("POST", "/cases/<number>/extensions", takes=ExtensionStart(), gives=(201, Extension))
def ask_extension(asked: dict[str, Any], number: str) -> Response:
    """Ask for an extension of the legal limit (延长期限)"""
    kept = once(asked)
    return answer(engine().limits.ask_extension(acting(asked), NewExtension(number, **asked), kept), 201)


@limits.serve("POST", "/cases/<number>/extensions/<extension>/approve", takes=Approval(), gives=(200, Extension))
def approve_extension(asked: dict[str, Any], number: str, extension: str) -> Response:
    """Approve an extension, or record its approval by the head of the government"""
    kept = once(asked)
    who, named = acting(asked), _ordinal("extension", extension)
    scan, name = asked.pop("scan"), asked.pop("scan_name")
    with ExitStack() as stack:
        incoming = stack.enter_context(engine().materials.receiving(_decoded(scan), name)) if scan else None
        decision = Decision(number, named, approved=True, **asked)
        return answer(engine().limits.decide_extension(who, decision, incoming, kept))


@limits.serve("POST", "/cases/<number>/extensions/<extension>/reject", takes=Rejection(), gives=(200, Extension))
def reject_extension(asked: dict[str, Any], number: str, extension: str) -> Response:
    """Reject an extension"""
    kept = once(asked)
    named = _ordinal("extension", extension)
    return answer(
        engine().limits.decide_extension(acting(asked), Decision(number, named, approved=False, **asked), None, kept)
    )


def _ordinal(what: str, said: str) -> int:
    """The number of something in its case; there is nothing under any other word."""
    if not (said.isascii() and said.isdigit() and len(said) < 10):
        raise NotFound(what=what, id=said[:40])
    return int(said)


def _decoded(text: str) -> io.BytesIO:
    try:
        return io.BytesIO(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise FieldsInvalid({"scan": [both("须为 base64", "must be base64")]}) from None
