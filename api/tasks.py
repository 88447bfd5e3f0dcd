"""`/tasks`: what waits for the caller, and to claim (领办), release (退领) and complete (办理) it."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from api.caller import actor, engine, once
from api.cases import CaseState
from api.resource import Resource, answer
from api.shapes import Form, Shape, Text, Whole
from engine.cases.access import parse_task_id
from engine.cases.complete_task import Completion
from engine.cases.inbox import MOST_ROWS, InboxQuery

tasks = Resource("tasks", __name__, "Tasks")


class WhichTasks(Shape):
    """What of the inbox is asked for. `state` may be repeated, or hold several with commas."""

    state = fields.List(Text(100))
    case = Text(100)
    node = Text(200)
    limit = Whole(1, MOST_ROWS)
    cursor = Text(400)


class TaskRow(Shape):
    """A task as the inbox shows it."""

    id = fields.String()
    case = fields.String()
    item = fields.String()
    node = fields.String()
    name = fields.String()
    name_en = fields.String()
    stage = fields.String()
    kind = fields.String()
    state = fields.String()
    department = fields.String()
    department_id = fields.String()
    officer = fields.String(allow_none=True)
    claimed_by = fields.String(allow_none=True)
    outcome = fields.String(allow_none=True)
    opened_at = fields.DateTime()
    due_date = fields.Date(allow_none=True)
    remaining_working_days = fields.Integer(allow_none=True)
    provisional = fields.Boolean()


class TaskPage(Shape):
    """A page of tasks; `next_cursor` asks for the next one, null at the end."""

    items = fields.List(fields.Nested(TaskRow))
    next_cursor = fields.String(allow_none=True)


class Nothing(Shape):
    """A request without a body."""


class TaskClaim(Shape):
    """A task after it was claimed or released."""

    id = fields.String()
    state = fields.String()
    node = fields.String()
    claimed_by = fields.String(allow_none=True)
    case = fields.Nested(CaseState)


class TaskResult(Shape):
    """How a task is completed. The diagram says which outcomes there are, and which need an opinion."""

    outcome = Text(100, load_default=None, allow_none=True)
    opinion = Text(4000, blank=True, load_default="")
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


@tasks.serve("GET", "/tasks", takes=WhichTasks(), location="query", gives=(200, TaskPage))
def list_tasks(asked: dict[str, Any]) -> Response:
    """The caller's tasks, the earliest due first"""
    states = tuple(state.strip() for given in asked.pop("state", ()) for state in given.split(","))
    query = InboxQuery(**asked, states=states) if states else InboxQuery(**asked)
    return answer(engine().inbox(actor(), query))


@tasks.serve("POST", "/tasks/<task>/claim", takes=Nothing(), gives=(200, TaskClaim))
def claim_task(asked: dict[str, Any], task: str) -> Response:
    """Take a task of one's department"""
    return answer(engine().claim(actor(), *parse_task_id(task), once(asked)))


@tasks.serve("POST", "/tasks/<task>/release", takes=Nothing(), gives=(200, TaskClaim))
def release_task(asked: dict[str, Any], task: str) -> Response:
    """Give a claimed task back"""
    return answer(engine().release(actor(), *parse_task_id(task), once(asked)))


@tasks.serve("POST", "/tasks/<task>/complete", takes=TaskResult(), gives=(200, CompletedTask))
def complete_task(asked: dict[str, Any], task: str) -> Response:
    """Complete a task: the case goes as far as it can"""
    return answer(engine().complete(actor(), Completion(*parse_task_id(task), **asked), once(asked)))
