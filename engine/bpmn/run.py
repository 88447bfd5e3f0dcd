"""A run of a process: the door through which the rest of the house meets SpiffWorkflow.

A run is loaded, moved by exactly one of its verbs, and its `state` stored by the caller. It never calls out, reads no clock
and no table: facts and the step's instant are handed in, service tasks come back as data. A verb either gives a `Step` or
raises; after an exception the object is to be thrown away (nothing of it was stored).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.bpmn import saved_state
from engine.bpmn.compile import Compiled
from engine.bpmn.faults import MessageNotAwaited, RunFault, Stalled, StepTooLong, TokenNotOpen, TooManyTokens
from engine.bpmn.returns import returned_to
from engine.bpmn.spiff_repairs import (
    AwaitedMessage,
    AwaitedSignal,
    CatchEvent,
    DomainTimer,
    InclusiveGateway,
    ParallelGateway,
    RunningProcess,
    ServiceTask,
    SubProcess,
    UserTask,
    cancel,
    head_of,
    unfinished,
)
from engine.bpmn.step import Awaited, Call, Closed, Facts, Linked, Opened, Step, Voted
from engine.bpmn.votes import OPEN

__all__ = ["Facts", "ProcessRun", "Stalled", "Step"]

MOST_AUTOMATIC = 1000
MOST_FIRINGS = 100
MOST_DEPTH = 200  #: of sub-processes and called processes in each other: what calls itself goes no deeper
MOST_TOKENS = 1000
MOST_AT_ONCE = 4 * MOST_TOKENS  #: within a step: what multiplies so is not waited for


class SafeScriptEngine(PythonScriptEngine):  # type: ignore[misc]
    """SpiffWorkflow's one evaluation point: only compiled expressions of our own language, only on facts."""

    def __init__(self, facts: Facts, voting: Iterable[str] = ()) -> None:
        super().__init__(environment=None)
        self._facts = facts
        self._votes = {**dict.fromkeys(voting, OPEN), **(facts.case.get("votes") or {})}

    def evaluate(self, task: Task, expression: Any, external_context: Any = None) -> Any:
        """The value of a compiled expression at a task."""
        return expression.evaluate(self._environment(task))

    def decide(self, task: Task, expression: Any) -> bool:
        """The value of a compiled condition: true or false, nothing truthy."""
        return bool(expression.evaluate_bool(self._environment(task)))

    def execute(self, task: Task, script: str, external_context: Any = None) -> Any:
        """Scripts do not run: lint refuses them, and so does this."""
        raise RunFault()

    def _environment(self, task: Task) -> Mapping[str, Any]:
        facts = self._facts
        told = {node: result for node, _, result in task.workflow.top_workflow.votes}
        case = {**facts.case, "votes": {**self._votes, **told}} if self._votes else facts.case
        names = {"case": case, "form": facts.form, "applicant": facts.applicant, **_loop_names(task)}
        names["outcome"] = task.data.get("outcome")
        return names


def _loop_names(task: Task) -> dict[str, Any]:
    """`index` of the innermost loop instance that the task stands in, and `item` of the innermost multi-instance."""
    found: dict[str, Any] = {}
    here: Task | None = task
    while here is not None and "item" not in found:
        inside = here.internal_data
        if "index" in inside:
            found.setdefault("index", inside["index"])
            if "item" in inside:
                found["item"] = inside["item"]
        scope = here.workflow
        here = head_of(here)
        if here is None and scope.parent_task_id:
            here = scope.top_workflow.get_task_from_id(scope.parent_task_id)
    return found


class ProcessRun:
    """One running process. Use `start` or `resume`; then one verb; then store `state`."""

    def __init__(self, compiled: Compiled, process: RunningProcess, numbers: dict[UUID, int], next_number: int) -> None:
        self._compiled = compiled
        self._process = process
        self._numbers = numbers
        self._next = next_number
        self._open_before = self._open()
        self._calls_before = {self._numbers[task.id] for task in self._calls()}
        self._scopes_before = self._scopes()
        self._completed: int | None = None
        self._votes_before = 0
        self.step: Step
        self.state: bytes = b""

    # -- coming to life

    @classmethod
    def start(cls, compiled: Compiled, facts: Facts, now: datetime) -> ProcessRun:
        """Start a new run and let it come to rest; the result is in `.step` and `.state`."""
        process = _process(compiled, facts, now, deserializing=False)
        run = cls(compiled, process, {}, 1)
        run._move(lambda: None)
        return run

    @classmethod
    def resume(cls, compiled: Compiled, state: bytes, facts: Facts, now: datetime) -> ProcessRun:
        """Load a run from its saved state, ready for one verb."""
        process = _process(compiled, facts, now, deserializing=True)
        numbers, next_number = saved_state.load(state, compiled, process)
        run = cls(compiled, process, numbers, next_number)
        run.state = state
        return run

    # -- the verbs

    def complete(self, token: int, outcome: str | None = None) -> Step:
        """A person has completed the open task `token` with `outcome`."""
        task = self._task(token, UserTask, TaskState.READY)

        def act() -> None:
            self._completed = token
            task.data["outcome"] = outcome
            task.run()

        return self._move(act)

    def send_back(self, token: int, target: str) -> Step:
        """退回: the open task `token` is returned to the task `target`, as its diagram allows.

        Raises:
            RunFault: the diagram has no such way back.
        """
        node = self._compiled.node(self._task(token, UserTask, TaskState.READY).task_spec.name)
        if target not in self._compiled.returns.get(str(node.id), ()):
            raise RunFault()
        return self.complete(token, returned_to(target))

    def result(self, token: int, outcome: str | None = None) -> Step:
        """The handler of the service task `token` is through."""
        task = self._task(token, ServiceTask, TaskState.STARTED)

        def act() -> None:
            if outcome is not None:
                task.data["outcome"] = outcome
            task.complete()

        return self._move(act)

    def advance(self, now: datetime, token: int | None = None) -> Step:
        """Fire what is due at `now` (only the timer `token`, when given): in order of due time, one after the other,
        since one may end the next.

        Raises:
            StepTooLong: timers that are due as soon as they are reached go round for ever.
        """
        self._process.now = now

        def act() -> None:
            fired = 0
            while (due := self._due(now, token)) is not None:
                fired += 1
                if fired > MOST_FIRINGS:
                    raise StepTooLong(most=MOST_FIRINGS, node=due.task_spec.name)
                due.task_spec.happen(due)
                self._rest()

        return self._move(act)

    def deliver(self, message: str, token: int | None = None) -> Step:
        """Give a message to the node that has waited for it longest (or to `token`)."""
        waiting = [task for task in self._awaiting() if task.task_spec.event_definition.name == message]
        waiting = [task for task in waiting if token is None or self._numbers[task.id] == token]
        if not waiting:
            raise MessageNotAwaited(message=message)
        first = min(waiting, key=lambda task: self._numbers[task.id])
        return self._move(lambda: first.task_spec.happen(first))

    def cancel(self) -> Step:
        """End the run: every token is taken away (withdrawal, termination from outside)."""

        def act() -> None:
            for task in unfinished(self._process):
                cancel(task)

        return self._move(act)

    # -- what is

    def open_tasks(self) -> dict[int, str]:
        """The tasks that wait for a person: node by token."""
        return {token: opened.node for token, opened in self._open().items()}

    def pending_calls(self) -> list[Call]:
        """The service tasks whose handler is not through yet."""
        return [self._call(task) for task in self._calls()]

    def awaited(self) -> list[Awaited]:
        """The messages and signals that are waited for."""
        return [self._awaited(task) for task in self._awaiting()]

    def size(self) -> int:
        """How many tasks the run holds in memory (what is stored is at most that)."""
        return sum(len(scope.tasks) for scope in self._process.scopes())

    # -- inside

    def _move(self, act: Callable[[], None]) -> Step:
        self._process.ends, self._process.linked = [], []
        self._votes_before = len(self._process.votes)
        try:
            act()
            self._rest()
        except SpiffWorkflowException as error:
            raise RunFault() from error
        if len(self._tasks()) > MOST_TOKENS:
            raise TooManyTokens(most=MOST_TOKENS)
        self.state, self._next = saved_state.dump(self._process, self._compiled.key, self._numbers, self._next)
        self.step = self._describe()
        return self.step

    def _rest(self) -> None:
        """Run everything automatic until nothing can move: inclusive joins last, as their rule wants (§13.4.3)."""
        process, count = self._process, 0
        while True:
            task = process.automatic()
            if task is not None:
                count += 1
                if count > MOST_AUTOMATIC or getattr(task.workflow, "depth", 0) > MOST_DEPTH:
                    raise StepTooLong(most=MOST_AUTOMATIC, node=task.task_spec.name)
                if count % 10 == 0 and len(self._tasks()) > MOST_AT_ONCE:
                    raise TooManyTokens(most=MOST_TOKENS)
                task.run()
                process.tell()
            elif not (
                process.fire_joins(ParallelGateway) or process.close_scope() or process.fire_joins(InclusiveGateway)
            ):
                return

    def _tasks(self) -> list[Task]:
        return [task for scope in self._process.scopes() for task in unfinished(scope)]

    def _task(self, token: int, kind: type, state: int) -> Task:
        for task in self._tasks():
            if self._numbers.get(task.id) == token and isinstance(task.task_spec, kind) and task.state == state:
                return task
        raise TokenNotOpen(token=token)

    def _waiting(self, kind: type) -> list[Task]:
        return [
            task
            for task in self._tasks()
            if task.state == TaskState.WAITING
            and isinstance(task.task_spec, CatchEvent)
            and isinstance(task.task_spec.event_definition, kind)
        ]

    def _awaiting(self) -> list[Task]:
        return [*self._waiting(AwaitedMessage), *self._waiting(AwaitedSignal)]

    def timers(self) -> dict[int, datetime]:
        """The armed timers: due instant by token, in the order in which they fire."""
        order = self._compiled.order
        armed = sorted(
            self._waiting(DomainTimer), key=lambda t: (_due_at(t), order.get(t.task_spec.name, 0), self._numbers[t.id])
        )
        return {self._numbers[task.id]: _due_at(task) for task in armed}

    def _due(self, now: datetime, token: int | None = None) -> Task | None:
        """The timer to fire first: by due time, then in document order (one inside a sub-process may end the next)."""
        order = self._compiled.order
        due = [
            (_due_at(task), order.get(task.task_spec.name, 0), self._numbers.get(task.id, self._next), n, task)
            for n, task in enumerate(self._waiting(DomainTimer))
            if _due_at(task) <= now and (token is None or self._numbers.get(task.id) == token)
        ]
        return min(due)[4] if due else None

    def _open(self) -> dict[int, Opened]:
        found = {}
        for task in self._tasks():
            if isinstance(task.task_spec, UserTask) and task.state == TaskState.READY and task.id in self._numbers:
                found[self._numbers[task.id]] = self._opened(task)
        return found

    def _scopes(self) -> dict[int, Opened]:
        """The sub-processes and calls that hold a token, by the token that waits for their end (unique as a task's is)."""
        return {
            self._numbers[task.id]: self._opened(task)
            for task in self._tasks()
            if isinstance(task.task_spec, SubProcess) and task.state == TaskState.STARTED and task.id in self._numbers
        }

    def _opened(self, task: Task) -> Opened:
        loop = _loop_names(task)
        node = str(self._compiled.node(task.task_spec.name).id)
        return Opened(self._numbers[task.id], node, loop.get("index"), loop.get("item"))

    def _describe(self) -> Step:
        before, after = self._open_before, self._open()
        self._open_before = after
        inside, scopes = self._scopes_before, self._scopes()
        self._scopes_before = scopes
        gone = [opened for token, opened in before.items() if token not in after]
        timers = [_due_at(task) for task in self._waiting(DomainTimer)]
        calls = [self._call(task) for task in self._calls()]
        step = Step(
            opened=tuple(opened for token, opened in after.items() if token not in before),
            closed=tuple(Closed(o.token, o.node, self._how(o)) for o in gone),
            calls=tuple(call for call in calls if call.token not in self._calls_before),
            waiting_until=min(timers, default=None),
            awaited=tuple(self._awaited(task) for task in self._awaiting()),
            ends=tuple(self._process.ends),
            ended=not self._tasks(),
            entered=tuple(scope for token, scope in scopes.items() if token not in inside),
            left=tuple(scope for token, scope in inside.items() if token not in scopes),
            linked=tuple(self._linked(task) for task in self._process.linked),
            votes=tuple(self._voted()),
        )
        self._calls_before = {call.token for call in calls}
        if not (step.ended or after or calls or timers or step.awaited):
            raise Stalled(nodes="、".join(sorted({str(task.task_spec.name) for task in self._tasks()})))
        return step

    def _how(self, gone: Opened) -> str:
        if gone.token == self._completed:
            return "completed"
        return "decided" if any(vote.node == gone.node and vote.result for vote in self._voted()) else "cancelled"

    def _voted(self) -> Iterable[Voted]:
        """How votes stood, each time that this step changed one."""
        for node, tally, result in self._process.votes[self._votes_before :]:
            yield Voted(node, tally.assents, tally.others, tally.invited, result)

    def _calls(self) -> list[Task]:
        return [task for task in self._tasks() if isinstance(task.task_spec, ServiceTask) and task.id in self._numbers]

    def _call(self, task: Task) -> Call:
        node = self._compiled.node(task.task_spec.name)
        handler = (node.extension("service") or {}).get("handler", "")
        return Call(self._numbers[task.id], str(node.id), str(handler))

    def _linked(self, task: Task) -> Linked:
        node = self._compiled.node(task.task_spec.name)
        said = node.extension("commitment") or {}
        decision = said.get("decision")
        return Linked(str(node.id), str(said["regime"]), str(node.called_element), str(decision) if decision else None)

    def _awaited(self, task: Task) -> Awaited:
        node = self._compiled.node(task.task_spec.name)
        return Awaited(self._numbers[task.id], str(node.id), str(task.task_spec.event_definition.name))


def _due_at(task: Task) -> datetime:
    return datetime.fromisoformat(task.internal_data["due"])


def _process(compiled: Compiled, facts: Facts, now: datetime, deserializing: bool) -> RunningProcess:
    process = RunningProcess(
        compiled.spec,
        compiled.scopes,
        script_engine=SafeScriptEngine(facts, compiled.votes),
        deserializing=deserializing,
    )
    process.now = now
    process.ends = []
    process.linked = []
    process.told = []
    process.votes = []
    return process
