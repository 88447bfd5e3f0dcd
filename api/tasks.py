"""`/tasks`: what waits for the caller, and to claim (领办), release (退领) and complete (办理) it."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from api.caller import acting, actor, engine, once
from api.cases import CaseState, CaseView
from api.limits import ClockView, Extension, Procedure
from api.resource import Resource, answer
from api.shapes import Acting, Form, Shape, Text, Whole, Yes, split
from engine.cases.access import parse_task_id
from engine.cases.complete_task import Completion
from engine.cases.inbox import MOST_ROWS, ORDERS, WAITING, InboxQuery
from engine.cases.return_task import Returning

tasks = Resource("tasks", __name__, "Tasks")


class WhichTasks(Shape):
    """What of the inbox is asked for. `state` and `light` may be repeated, or hold several with commas."""

    state = fields.List(Text(100))
    case = Text(100)
    node = Text(200)
    item = Text(100)
    department = Text(100)
    light = fields.List(Text(100))
    mine = Yes()
    sort = Text(20, values=tuple(ORDERS))
    limit = Whole(1, MOST_ROWS)
    cursor = Text(400)


class TaskRow(Shape):
    """A task as the inbox shows it."""

    id = fields.String()
    case = fields.String()
    item = fields.String()
    item_name = fields.String()
    item_name_en = fields.String()
    region = fields.String()
    applicant_name = fields.String(allow_none=True)
    node = fields.String()
    name = fields.String()
    name_en = fields.String()
    stage = fields.String()
    stage_en = fields.String()
    visit = fields.Integer()
    kind = fields.String()
    state = fields.String()
    department = fields.String()
    department_en = fields.String()
    department_id = fields.String()
    officer = fields.String(allow_none=True)
    claimed_by = fields.String(allow_none=True)
    claimed_by_name = fields.String(allow_none=True)
    outcome = fields.String(allow_none=True)
    opened_at = fields.DateTime()
    due_date = fields.Date(allow_none=True)
    remaining_working_days = fields.Integer(allow_none=True)
    provisional = fields.Boolean()
    paused = fields.Boolean()
    demonstration = fields.Boolean()
    light = fields.String(allow_none=True)


class OutcomeRow(Shape):
    """An outcome that may be chosen."""

    value = fields.String()
    name = fields.String()
    name_en = fields.String()
    opinion_required = fields.Boolean()


class EntryForm(Shape):
    """The form that the task asks to be filled in: its key, and the JSON Schema of its values."""

    key = fields.String()
    schema = fields.Dict()


class ReturnTarget(Shape):
    """A task that this one may be returned to; `then`: `forward` through what lies between again, or straight `back`;
    `applicant`: the applicant does it, and then reads the opinion."""

    node = fields.String()
    name = fields.String()
    name_en = fields.String()
    then = fields.String()
    applicant = fields.Boolean()


class ReturnedBy(Shape):
    """The return by which this task is open again: from which task, by whom, and why."""

    node = fields.String()
    node_en = fields.String()
    department = fields.String()
    department_en = fields.String()
    handler = fields.String(allow_none=True)
    opinion = fields.String(allow_none=True)
    at = fields.DateTime()


class TaskView(TaskRow):
    """A task with its case; `can` names what the caller could ask for now: claim, release, complete, return."""

    returns = fields.List(fields.Nested(ReturnTarget))
    returned_by = fields.Nested(ReturnedBy, allow_none=True)
    outcomes = fields.List(fields.Nested(OutcomeRow))
    number = fields.Integer()
    form_fields = fields.List(fields.String())
    answers = fields.Dict(allow_none=True)
    entry_form = fields.Nested(EntryForm, allow_none=True)
    opinion_public = fields.Boolean()
    voted = fields.Boolean()
    can = fields.List(fields.String())
    late_reason_required = fields.Boolean()
    limits = fields.List(fields.Nested(ClockView))
    special_procedures = fields.List(fields.Nested(Procedure))
    extensions = fields.List(fields.Nested(Extension))
    may_move_limits = fields.Boolean()
    special_procedure_kinds = fields.List(fields.Dict())
    extendable = fields.Boolean()
    case_file = fields.Nested(CaseView)


class TaskPage(Shape):
    """A page of tasks; `next_cursor` asks for the next one, null at the end."""

    items = fields.List(fields.Nested(TaskRow))
    next_cursor = fields.String(allow_none=True)


class Nothing(Acting):
    """A request without a body, but for whom a client acts."""


class TaskClaim(Shape):
    """A task after it was claimed or released."""

    id = fields.String()
    state = fields.String()
    node = fields.String()
    claimed_by = fields.String(allow_none=True)
    case = fields.Nested(CaseState)


class TaskResult(Acting):
    """How a task is completed. The diagram says which outcomes there are, and which need an opinion."""

    outcome = Text(100, load_default=None, allow_none=True)
    opinion = Text(4000, blank=True, load_default="")
    late_reason = Text(4000, blank=True, load_default="")
    form = Form(load_default=dict)


class OpenedTask(Shape):
    """A task that a step opened."""

    id = fields.String()
    node = fields.String()


class CompletedTask(Shape):
    """A completed task, where its case stands now, and what was opened by it."""

    id = fields.String()
    state = fields.String()
    node = fields.String()
    outcome = fields.String(allow_none=True)
    case = fields.Nested(CaseState)
    opened = fields.List(fields.Nested(OpenedTask))


class TaskReturn(Acting):
    """To which task before it a task is returned, and why."""

    to = Text(200, required=True)
    opinion = Text(4000, blank=True, load_default="")
    late_reason = Text(4000, blank=True, load_default="")


class ReturnedTask(Shape):
    """A task that was returned, where to, where its case stands now, and what was opened by it."""

    id = fields.String()
    state = fields.String()
    node = fields.String()
    returned_to = fields.String()
    case = fields.Nested(CaseState)
    opened = fields.List(fields.Nested(OpenedTask))


@tasks.serve("GET", "/tasks", takes=WhichTasks(), location="query", gives=(200, TaskPage))
def list_tasks(asked: dict[str, Any]) -> Response:
    """The caller's tasks, the earliest due first"""
    states, lights = split(asked.pop("state", ())) or WAITING, split(asked.pop("light", ()))
    return answer(engine().inbox(actor(), InboxQuery(**asked, states=states, lights=lights)))


@tasks.serve("GET", "/tasks/<task>", gives=(200, TaskView))
def show_task(task: str) -> Response:
    """A task with its case file, its outcomes, and what the caller can do with it"""
    seen = engine().get_task(actor(), *parse_task_id(task))
    form = seen["entry_form"]
    return answer(seen | {"entry_form": {"key": form.key, "schema": form.schema} if form else None})


@tasks.serve("POST", "/tasks/<task>/claim", takes=Nothing(), gives=(200, TaskClaim))
def claim_task(asked: dict[str, Any], task: str) -> Response:
    """Take a task of one's department"""
    kept = once(asked)
    return answer(engine().claim(acting(asked), *parse_task_id(task), kept))


@tasks.serve("POST", "/tasks/<task>/release", takes=Nothing(), gives=(200, TaskClaim))
def release_task(asked: dict[str, Any], task: str) -> Response:
    """Give a claimed task back"""
    kept = once(asked)
    return answer(engine().release(acting(asked), *parse_task_id(task), kept))


@tasks.serve("POST", "/tasks/<task>/complete", takes=TaskResult(), gives=(200, CompletedTask))
def complete_task(asked: dict[str, Any], task: str) -> Response:
    """Complete a task: the case goes as far as it can"""
    kept = once(asked)
    return answer(engine().complete(acting(asked), Completion(*parse_task_id(task), **asked), kept))


@tasks.serve("POST", "/tasks/<task>/return", takes=TaskReturn(), gives=(200, ReturnedTask))
def return_task(asked: dict[str, Any], task: str) -> Response:
    """Return a task to one before it, as its diagram allows, and say why"""
    kept = once(asked)
    return answer(engine().returns.send_back(acting(asked), Returning(*parse_task_id(task), **asked), kept))
