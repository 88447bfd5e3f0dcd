"""The SpiffWorkflow task specs that OneWindow runs on, with what SpiffWorkflow 3.2.0 gets wrong put right.

SpiffWorkflow brings the task tree, the states, the workflow and sub-workflow objects and the script-engine hook. Five
things are ours, each because the stock one fails on real approvals (facts and measurements in `docs/adr/0003-...`):

1. **No prediction** (`OneStepAhead`). Stock predicts the whole future as tasks: 8 parallel blocks of 4 are 100,000s of
   tasks. Here a task's children come into being when it completes, and never before.
2. **Joins** (`ParallelGateway`, `InclusiveGateway`). Stock fires early on the second round of a loop (24 of 36 orders).
   Here an arrived token is a WAITING task that remembers its flow; a join takes one token per flow, by BPMN 2.0 §13.4.
3. **Races** (`BoundarySplit`, `EventGateway`): who wins cancels the others in the moment it completes. No join tasks.
4. **Loops** (`LoopActivity`): the count lives in the task, nothing is hooked onto spec objects, so any process can go on.
5. **Time** is handed in (`DomainTimer`), never asked for.

Every private SpiffWorkflow name used here is listed in `PRIVATE_NAMES` and held by a contract test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.specs import defaults as stock
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec, _BpmnCondition
from SpiffWorkflow.bpmn.specs.control import BpmnStartTask, SimpleBpmnTask
from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.faults import ConditionFailed, EmptyCollection, NoFlowMatches, VoteUnreachable
from engine.bpmn.returns import drawn_id, is_return
from engine.bpmn.votes import Tally, Vote, result
from engine.errors import ApprovalError

#: What of SpiffWorkflow's inside this file, `saved_state.py` and `run.py` lean on: `tests/unit/test_spiff_contract.py`.
PRIVATE_NAMES = {
    "Task": (
        "_add_child", "_sync_children", "_set_state", "_ready", "_inherit_data", "_parent",
    ),
    "TaskSpec": (
        "_inputs", "_outputs", "_predict", "_update", "_update_hook", "_on_complete", "_on_complete_hook",
        "_run_hook", "_on_cancel", "_on_ready",
    ),
    "Workflow": ("_task_completed_notify",),
    "_BpmnCondition": ("_matches",),
}  # fmt: skip

UNFINISHED = TaskState.NOT_FINISHED_MASK


def unfinished(workflow: Any) -> Iterator[Task]:
    """The tasks of one scope that are not over, in order of creation (no tree walk: those stop at depth 1000)."""
    return (task for task in list(workflow.tasks.values()) if task.has_state(UNFINISHED))


def cancel(task: Task) -> None:
    """Cancel a task with everything below it: loop instances, and the content of a sub-process."""
    for child in task.children:
        if child is not None and child.has_state(UNFINISHED):
            cancel(child)
    inner = task.workflow.top_workflow.subprocesses.pop(task.id, None)
    if inner is not None:
        for content in unfinished(inner):
            cancel(content)
    if task.has_state(UNFINISHED):
        task._set_state(TaskState.CANCELLED)


def head_of(task: Task) -> Task | None:
    """The race or loop that a task is a member of, if it is one (what follows on a loop hangs below it, but is none)."""
    parent = task.parent
    if parent is not None and isinstance(parent.task_spec, Head) and parent.task_spec.has_member(task.task_spec.name):
        return parent
    return None


class Head:
    """A spec whose children race (boundary events, event gateway) or take turns (loops)."""

    def has_member(self, name: str) -> bool:
        """Whether the spec of that name takes part."""
        raise NotImplementedError

    def child_completed(self, my_task: Task, child: Task) -> None:
        """A member has completed."""
        raise NotImplementedError


class OneStepAhead:
    """Mixin: children are made on completion; the task then leaves the race or the loop that it is part of."""

    outputs: list[Any]

    def _predict(self, my_task: Task, *args: Any, **kwargs: Any) -> None:
        """Nothing is predicted."""

    def _make_children(self, my_task: Task) -> None:
        my_task._sync_children(self.outputs, TaskState.FUTURE)

    def _on_complete(self, my_task: Task) -> None:
        head = head_of(my_task)
        if head is not None:
            head.task_spec.child_completed(head, my_task)
        self._make_children(my_task)
        super()._on_complete(my_task)  # type: ignore[misc]

    def _on_cancel(self, my_task: Task) -> None:
        """Cancelling goes by `cancel`, which knows loops and scopes."""


class Start(OneStepAhead, BpmnStartTask):
    """The root of a scope's task tree."""


class ProcessSpec(BpmnProcessSpec):
    """A scope (process or sub-process) whose end needs no join task: it is over when no unfinished task is left."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name)
        self.task_specs.clear()
        self.start = Start(self, "Start")
        self.end = None


class UserTask(OneStepAhead, stock.UserTask):
    """A task for a person: READY until `ProcessRun.complete`."""


class PassThrough(OneStepAhead, SimpleBpmnTask):
    """One of several flows between the same two nodes, so that a join can tell them apart."""


class NoneEvent(OneStepAhead, BpmnSpecMixin):
    """A start event, or an intermediate throw event: a token walks through, and what it throws is noted."""

    thrown: Thrown | None = None

    def _on_complete_hook(self, my_task: Task) -> None:
        super()._on_complete_hook(my_task)
        if self.thrown is not None:
            self.thrown.throw(my_task)


class LinkedCall(NoneEvent):
    """A call whose process runs as a linked case: a token walks through, and that it did is noted."""

    def _on_complete_hook(self, my_task: Task) -> None:
        my_task.workflow.top_workflow.linked.append(my_task)
        super()._on_complete_hook(my_task)


class EndEvent(NoneEvent):
    """An end event; a terminate end event takes every other token of its scope with it."""

    terminate = False

    def _on_complete_hook(self, my_task: Task) -> None:
        my_task.workflow.top_workflow.ends.append(self.name)
        if self.terminate:
            for task in unfinished(my_task.workflow):
                cancel(task)
        super()._on_complete_hook(my_task)


class ServiceTask(OneStepAhead, BpmnSpecMixin):
    """Handed back as data: STARTED until `ProcessRun.result` says that its handler is through."""

    def _run_hook(self, my_task: Task) -> None:
        return None


class SubProcess(OneStepAhead, stock.SubWorkflowTask):
    """An embedded sub-process: STARTED while its scope has a token."""


class Condition(_BpmnCondition):
    """The condition of one sequence flow; a failure names the flow."""

    def __init__(self, expression: Any, flow: str) -> None:
        super().__init__(expression)
        self.flow = flow

    def _matches(self, task: Task) -> bool:
        try:
            return bool(task.workflow.script_engine.decide(task, self.args[0]))
        except ApprovalError as error:
            raise ConditionFailed(
                flow=self.flow, node=task.task_spec.name, reason_zh=error.sentence("zh"), reason=str(error)
            )


class Choosing(OneStepAhead):
    """Mixin of gateways that choose among their flows. `choices` holds (condition or None for the default, target)."""

    name: str
    choices: list[tuple[Condition | None, str]]
    takes_all = False

    def choose(self, my_task: Task) -> list[str]:
        """The names of the specs that get a token."""
        chosen = []
        for condition, target in self.choices:
            if condition is not None and condition._matches(my_task):
                chosen.append(target)
                if not self.takes_all:
                    break
        chosen = chosen or [target for condition, target in self.choices if condition is None][:1]
        if not chosen and self.choices:
            raise NoFlowMatches(node=self.name)
        return chosen

    def _make_children(self, my_task: Task) -> None:
        specs = my_task.workflow.spec.task_specs
        my_task._sync_children([specs[name] for name in self.choose(my_task)], TaskState.FUTURE)


class ExclusiveGateway(Choosing, BpmnSpecMixin):
    """The first flow in document order whose condition holds, else the default."""


class TokenJoin(OneStepAhead):
    """Mixin of joins. An arrived token is a WAITING task; `internal_data['flow']` is where it came from."""

    name: str
    _inputs: list[str]

    def _update_hook(self, my_task: Task) -> bool:
        my_task._inherit_data()
        if len(self._inputs) < 2:
            return True
        my_task.internal_data["flow"] = my_task.parent.task_spec.name
        my_task._set_state(TaskState.WAITING)
        return False

    def arrived(self, workflow: Any) -> dict[str, Task]:
        """The oldest waiting token of each flow that has one, by flow."""
        tokens: dict[str, Task] = {}
        for task in unfinished(workflow):
            if task.task_spec is self and task.state == TaskState.WAITING:
                tokens.setdefault(task.internal_data["flow"], task)
        return tokens

    def fire(self, tokens: dict[str, Task]) -> None:
        """Consume one token per flow and go on with the last one to have arrived."""
        *others, last = tokens.values()
        for task in others:
            task._set_state(TaskState.CANCELLED)
        last._ready()


class ParallelGateway(TokenJoin, BpmnSpecMixin):
    """AND: fires when each incoming flow holds a token, as often as it does (BPMN 2.0 §13.4.1)."""

    def try_to_fire(self, workflow: Any) -> bool:
        tokens = self.arrived(workflow)
        if len(tokens) < len(self._inputs):
            return False
        self.fire(tokens)
        return True


class InclusiveGateway(Choosing, TokenJoin, BpmnSpecMixin):
    """OR: fires when no token elsewhere can still reach an empty incoming flow (BPMN 2.0 §13.4.3)."""

    takes_all = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reached: dict[str, frozenset[str]] = {}

    def try_to_fire(self, workflow: Any) -> bool:
        tokens = self.arrived(workflow)
        if not tokens:
            return False
        full, empty = set(tokens), set(self._inputs) - set(tokens)
        for places in {self._places(task) for task in unfinished(workflow) if task.task_spec is not self}:
            inputs = frozenset[str]().union(*(self._reachable(workflow.spec, place) for place in places))
            if inputs & empty and not inputs & full:
                return False
        self.fire(tokens)
        return True

    @classmethod
    def _places(cls, task: Task) -> frozenset[str]:
        """Where a token stands: in a race wherever it can still go on from; in a loop where the loop stands."""
        head = head_of(task)
        if head is None:
            return frozenset({task.task_spec.name})
        if isinstance(head.task_spec, LoopActivity):
            return cls._places(head)
        return frozenset(member.task_spec.name for member in head.children if member.has_state(UNFINISHED))

    def _reachable(self, spec: ProcessSpec, place: str) -> frozenset[str]:
        """Which of the incoming flows a token at `place` can come by, without passing through this gateway."""
        if place not in self._reached:
            seen: set[str] = set()
            todo = [place]
            while todo:
                name = todo.pop()
                if name not in seen and name != self.name:
                    seen.add(name)
                    todo.extend(spec.task_specs[name]._outputs)
            self._reached[place] = frozenset(seen & set(self._inputs))
        return self._reached[place]


class BoundarySplit(OneStepAhead, Head, SimpleBpmnTask):
    """Stands before an activity with boundary events; its children, the activity and the events, race."""

    def has_member(self, name: str) -> bool:
        """All its children race."""
        return True

    def child_completed(self, my_task: Task, child: Task) -> None:
        """The activity, or an interrupting event, ends the race; a non-interrupting event does not."""
        if not getattr(child.task_spec, "interrupting", True):
            return
        for sibling in my_task.children:
            if sibling is not child and sibling.has_state(UNFINISHED):
                cancel(sibling)


class EventGateway(BoundarySplit):
    """An event-based gateway: the first of its events wins."""


class LoopActivity(OneStepAhead, Head, BpmnTaskSpec):
    """A standard loop or a multi-instance activity round the spec `child`. `internal_data` counts; nothing is hooked."""

    child: str
    kind: str  #: standard | parallel | sequential
    maximum: int | None = None
    condition: Any = None
    test_before = False
    cardinality: Any = None
    collection: Any = None
    vote: Vote | None = None

    def _update_hook(self, my_task: Task) -> bool:
        my_task._inherit_data()
        state = my_task.internal_data
        state["done"] = 0
        if self.kind == "standard":
            if self.test_before and not self._go_on(my_task):
                return True
            self._open(my_task, 0)
        else:
            state["items"] = self._items(my_task)
            self._invite(my_task)
            for index in range(len(state["items"]) if self.kind == "parallel" else 1):
                self._open(my_task, index)
        my_task._set_state(TaskState.STARTED)
        return False

    def has_member(self, name: str) -> bool:
        """Its instances take turns; what comes after the loop does not."""
        return name == self.child

    def child_completed(self, my_task: Task, child: Task) -> None:
        """Count the instance; open the next one, or be done."""
        state = my_task.internal_data
        state["done"] += 1
        my_task.data.update(child.data)
        # one who returns it, or a vote that is decided, ends the round: the others are not asked any more
        if is_return(child.data.get("outcome")) or self._decided(my_task, child):
            for other in my_task.children:
                if other is not child and other.has_state(UNFINISHED):
                    cancel(other)
            more = False
        elif self.kind == "standard":
            more = self._go_on(my_task)
        else:
            more = state["done"] < len(state["items"])
        if not more:
            my_task._set_state(TaskState.READY)
        elif self.kind != "parallel":
            self._open(my_task, state["done"])

    def _invite(self, my_task: Task) -> None:
        """A vote begins: nobody has voted."""
        if self.vote is None:
            return
        invited = len(my_task.internal_data["items"])
        if self.vote.needed(invited) > invited:
            raise VoteUnreachable(node=drawn_id(self.name), needed=self.vote.needed(invited), invited=invited)
        my_task.internal_data["assents"] = 0
        self._tell_vote(my_task)

    def _decided(self, my_task: Task, child: Task) -> bool:
        """Count a vote; whether the others can change nothing any more."""
        if self.vote is None:
            return False
        my_task.internal_data["assents"] += child.data.get("outcome") == self.vote.outcome
        return bool(self._tell_vote(my_task))

    def _tell_vote(self, my_task: Task) -> str:
        """Say how the vote stands; answers its result."""
        assert self.vote is not None
        state = my_task.internal_data
        tally = Tally(state["assents"], state["done"] - state["assents"], len(state["items"]))
        found = result(self.vote, tally)
        my_task.workflow.top_workflow.votes.append((drawn_id(self.name), tally, found))
        return found

    def _go_on(self, my_task: Task) -> bool:
        if self.maximum is not None and my_task.internal_data["done"] >= self.maximum:
            return False
        return self.condition is None or bool(my_task.workflow.script_engine.decide(my_task, self.condition))

    def _items(self, my_task: Task) -> list[Any]:
        """The items of a multi-instance activity. None at all would skip an approval: an error, never a skip."""
        engine = my_task.workflow.script_engine
        if self.cardinality is not None:
            count = engine.evaluate(my_task, self.cardinality)
            items = list(range(count)) if isinstance(count, int) and 0 < count <= MOST_INSTANCES else []
        else:
            found = engine.evaluate(my_task, self.collection)
            items = found if isinstance(found, list) and len(found) <= MOST_INSTANCES else []
        if not items:
            raise EmptyCollection(node=self.name)
        return items

    def _open(self, my_task: Task, index: int) -> None:
        child = my_task._add_child(my_task.workflow.spec.task_specs[self.child], TaskState.FUTURE)
        child.triggered = True
        child.internal_data["index"] = index
        if self.kind != "standard":
            child.internal_data["item"] = my_task.internal_data["items"][index]
        child.task_spec._update(child)


MOST_INSTANCES = 100


class CatchEvent(OneStepAhead, BpmnSpecMixin):
    """A catch event, boundary event or receive task: WAITING until its time has come or its message was delivered."""

    interrupting = True
    event_definition: EventDefinition

    def _update_hook(self, my_task: Task) -> bool:
        my_task._inherit_data()
        self.event_definition.arm(my_task)
        my_task._set_state(TaskState.WAITING)
        return False

    def happen(self, my_task: Task) -> None:
        """What was waited for is there."""
        head = head_of(my_task)
        if not self.interrupting and head is not None and self.event_definition.again(my_task):
            following = head._add_child(self, TaskState.FUTURE)
            following.triggered = True
            following.internal_data["fired"] = my_task.internal_data["fired"]
            self._update(following)
            self.event_definition.keep_pace(following, my_task)
        my_task._ready()


class DomainTimer(EventDefinition):
    """A timer whose due instant is computed once, from the domain time of the step that reaches it.

    One that repeats `times` (None: for ever) is armed again on an activity's border each time it fires, as long as the
    activity is open; what a standstill missed is not made up for.
    """

    def __init__(self, name: str, due: Callable[[Task], datetime], times: int | None = 1) -> None:
        super().__init__(name)
        self._due = due
        self._times = times

    def arm(self, my_task: Task) -> None:
        my_task.internal_data["due"] = self._due(my_task).isoformat()

    def again(self, my_task: Task) -> bool:
        """Whether a timer that fires is to be armed once more; counts."""
        fired = my_task.internal_data.get("fired", 0) + 1
        my_task.internal_data["fired"] = fired
        return self._times is None or fired < self._times

    def keep_pace(self, following: Task, before: Task) -> None:
        """The next one is due a period after the one before was, unless that is past already."""
        now = following.workflow.top_workflow.now
        period = datetime.fromisoformat(following.internal_data["due"]) - now
        due = datetime.fromisoformat(before.internal_data["due"]) + period
        if due > now:
            following.internal_data["due"] = due.isoformat()


class Awaited(EventDefinition):
    """Something by name that comes once."""

    def arm(self, my_task: Task) -> None:
        """Nothing to prepare: the name is the spec's."""

    def again(self, my_task: Task) -> bool:
        """It comes once."""
        return False


class AwaitedMessage(Awaited):
    """A message by name. Payloads never pass through SpiffWorkflow: they stay in the case's own rows."""


class AwaitedSignal(Awaited):
    """A signal by name: thrown in this process, or given from outside as a message is."""


class Caught(Awaited):
    """An error, escalation or cancellation that a sub-process throws: `name` is its code, None for any."""

    def __init__(self, kind: str, code: str | None) -> None:
        super().__init__(code)
        self.kind = kind

    def takes(self, thrown: Thrown) -> bool:
        """Whether it is this that was thrown."""
        return self.kind == thrown.kind and self.name in (None, thrown.name)


@dataclass(frozen=True, slots=True)
class Thrown:
    """What an event throws: a signal goes to all that wait for it; the others outwards, to the first border that takes it."""

    kind: str  #: signal | error | escalation | cancel
    name: str | None

    def throw(self, my_task: Task) -> None:
        """Note who takes it; they are told when the thrower is through."""
        top = my_task.workflow.top_workflow
        if self.kind == "signal":
            top.told += [task for scope in top.scopes() for task in unfinished(scope) if self._awaited_by(task)]
            return
        scope: Any = my_task.workflow
        while scope is not top:
            if self.kind != "escalation":  # nothing of a scope that an error or a cancellation ends goes on
                for task in unfinished(scope):
                    cancel(task)
            host = top.get_task_from_id(scope.parent_task_id)
            taking = next((task for task in _racing(host) if self._taken_by(task)), None)
            if taking is not None:
                top.told.append(taking)
                return
            scope = host.workflow
        if self.kind == "error":  # nobody takes it: the process ends
            for task in unfinished(top):
                cancel(task)

    def _awaited_by(self, task: Task) -> bool:
        definition = getattr(task.task_spec, "event_definition", None)
        if not isinstance(definition, AwaitedSignal) or task.state != TaskState.WAITING:
            return False
        return bool(definition.name == self.name)

    def _taken_by(self, task: Task) -> bool:
        definition = getattr(task.task_spec, "event_definition", None)
        return isinstance(definition, Caught) and task.state == TaskState.WAITING and definition.takes(self)


def _racing(host: Task) -> list[Task]:
    """The boundary events of an activity, also where the task is one instance of a loop."""
    head = head_of(host)
    if head is not None and isinstance(head.task_spec, LoopActivity):
        head = head_of(head)
    return list(head.children) if head is not None else []


class Scope(BpmnSubWorkflow):
    """A running sub-process: no look-round at every completion, `RunningProcess.rest` does what is due."""

    def _task_completed_notify(self, task: Task) -> None:
        self.last_task = task


class RunningProcess(BpmnWorkflow):
    """A running process. `now` is the step's instant; `ends` the end events reached in this step, `linked`
    the tasks of linked calls that a token walked through."""

    now: datetime
    ends: list[str]
    linked: list[Task]
    votes: list[
        tuple[str, Tally, str]
    ]  #: how a vote stood, and its result, each time that this run opened or counted on
    told: list[Task]  #: the catch events that take what was thrown, until they are told

    def _task_completed_notify(self, task: Task) -> None:
        self.last_task = task

    def create_subprocess(self, my_task: Task, spec_name: str) -> Scope:
        scope = Scope(self.subprocess_specs[spec_name], parent_task_id=my_task.id, top_workflow=self)
        self.subprocesses[my_task.id] = scope
        return scope

    def scopes(self) -> list[Any]:
        """The process and every running sub-process, in order of creation."""
        return [self, *self.subprocesses.values()]

    def automatic(self) -> Task | None:
        """A task that the engine itself can run now."""
        for scope in self.scopes():
            for task in scope.tasks.values():
                if task.state == TaskState.READY and not task.task_spec.manual:
                    return task
        return None

    def tell(self) -> None:
        """Let what was thrown happen where it is still waited for."""
        told, self.told = self.told, []
        for task in told:
            if task.state == TaskState.WAITING:
                task.task_spec.happen(task)

    def fire_joins(self, kind: type) -> bool:
        """Let one join of that kind fire, if one can; the one whose id sorts first, so that every run is the same."""
        for scope in self.scopes():
            waiting: set[Any] = {
                t.task_spec for t in unfinished(scope) if isinstance(t.task_spec, kind) and t.state == TaskState.WAITING
            }
            for join in sorted(waiting, key=lambda spec: str(spec.name)):
                if join.try_to_fire(scope):
                    return True
        return False

    def close_scope(self) -> bool:
        """End one sub-process that has no token left."""
        for task_id, scope in list(self.subprocesses.items()):
            if not any(unfinished(scope)):
                task = self.get_task_from_id(task_id)
                task.data = dict(scope.last_task.data) if scope.last_task else task.data
                del self.subprocesses[task_id]
                task._set_state(TaskState.READY)
                return True
        return False
