"""What is stored of a run: small, versioned, checksummed, and without anything that the diagram or the tables know.

Kept are the tokens: tasks that wait (open tasks, parked at a join, timers, messages, running loops and sub-processes) and
the head of a race that is still on. Everything else (finished tasks, the root, specs, predictions, form data) is not part
of what can still happen. So the state is flat in the number of rounds, and small: about 90 bytes a token.

Layout: `b"ow1:" + 16 hex digits of the body's SHA-256 + b":" + body`; the body is JSON
`{"k": definition key, "n": next token number, "w": [[scope id, parent token or null, [task, ...]], ...]}` with a task as
`[token, parent token or 0, spec name, state, data or 0, internal data or 0]`. The database keeps it as opaque bytes:
a JSON column would reorder keys.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.compile import Compiled
from engine.bpmn.faults import StateUnreadable
from engine.bpmn.spiff_repairs import UNFINISHED, RunningProcess, Scope, head_of

MAGIC = b"ow1:"
ROOT = 0
_HEADER = len(MAGIC) + 17


def dump(process: RunningProcess, key: str, numbers: dict[UUID, int], next_number: int) -> tuple[bytes, int]:
    """The state of a run at rest, and the next free token number. Gives new tokens their numbers (in `numbers`)."""
    kept = [(scope, _kept(scope)) for scope in process.scopes()]
    for _, tasks in kept:
        for task in tasks:
            if task.id not in numbers:
                numbers[task.id] = next_number
                next_number += 1
    scopes = [
        [scope.spec.name, numbers.get(scope.parent_task_id), _dump_tasks(tasks, numbers)] for scope, tasks in kept
    ]
    body = json.dumps({"k": key, "n": next_number, "w": scopes}, ensure_ascii=False, separators=(",", ":")).encode()
    return MAGIC + hashlib.sha256(body).hexdigest()[:16].encode() + b":" + body, next_number


def _kept(scope: Any) -> list[Task]:
    tasks = [task for task in scope.tasks.values() if task.state & UNFINISHED]
    heads = {head.id: head for task in tasks if (head := head_of(task)) is not None and not head.state & UNFINISHED}
    return [*heads.values(), *tasks]


def _dump_tasks(tasks: list[Task], numbers: dict[UUID, int]) -> list[list[Any]]:
    kept = {task.id for task in tasks}
    rows = []
    for task in tasks:
        parent = numbers[task._parent] if task._parent in kept else ROOT
        spec, data, internal = task.task_spec.name, task.data or 0, task.internal_data or 0
        rows.append([numbers[task.id], parent, spec, task.state, data, internal])
    return rows


def load(state: bytes, compiled: Compiled, process: RunningProcess) -> tuple[dict[UUID, int], int]:
    """Fill an empty process with a saved state; answers the token numbers by task id and the next free number.

    Raises:
        StateUnreadable: damaged, of an unknown format, or of another definition version.
    """
    content = _checked(state, compiled.key)
    numbers: dict[UUID, int] = {}
    for name, parent, tasks in content["w"]:
        if parent is None:
            scope: Any = process
        else:
            scope = Scope(compiled.scopes[name], UUID(int=parent), process, deserializing=True)
            process.subprocesses[UUID(int=parent)] = scope
        _load_scope(scope, tasks, numbers)
    return numbers, content["n"]


def _checked(state: bytes, key: str) -> dict[str, Any]:
    body = bytes(state[_HEADER:])
    if state[: len(MAGIC)] != MAGIC:
        raise StateUnreadable(reason="unknown format")
    if hashlib.sha256(body).hexdigest()[:16].encode() != state[len(MAGIC) : _HEADER - 1]:
        raise StateUnreadable(reason="checksum does not match")
    content: dict[str, Any] = json.loads(body)
    if content["k"] != key:
        raise StateUnreadable(reason=f"it belongs to definition {content['k']}, not {key}")
    return content


def _load_scope(scope: Any, tasks: list[list[Any]], numbers: dict[UUID, int]) -> None:
    specs = scope.spec.task_specs
    scope.task_tree = root = Task(scope, specs["Start"], state=TaskState.COMPLETED)
    for number, parent, spec, state, data, internal in tasks:
        if spec not in specs:
            raise StateUnreadable(reason=f"node {spec} is not in the definition")
        above = scope.tasks[UUID(int=parent)] if parent else root
        task = Task(scope, specs[spec], parent=above, state=state, id=UUID(int=number))
        task.triggered = True
        task.data = data or {}
        task.internal_data = internal or {}
        numbers[task.id] = number
