"""The token game of BPMN 2.0 §13 for the part of BPMN that we run: the oracle that the engine is held against.

Written from the standard's text and apart from `engine/bpmn`: it knows neither XML nor SpiffWorkflow. A `Net` is the
diagram as the tests draw it, a `Game` plays it. Nothing is predicted, pruned or stored here, so it can stay this short.
"""

from __future__ import annotations

import copy
import re
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

TASKS = frozenset({"userTask", "task", "manualTask"})
ACTIVITIES = TASKS | {"subProcess"}


@dataclass(frozen=True, slots=True)
class Flow:
    id: str
    source: str
    target: str
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """`kind` is the BPMN tag. `event` is ("timer", minutes), ("message", name) or ("terminate", ""), `loop` is
    ("parallel" | "sequential" | "standard", times, condition)."""

    id: str
    kind: str
    scope: str
    default: str | None = None
    attached: str | None = None
    interrupting: bool = True
    event: tuple[str, str] | None = None
    loop: tuple[str, int, str | None] | None = None


@dataclass(frozen=True)
class Net:
    """A diagram. `nodes` stand in document order, `flows` of one source likewise."""

    process: str
    nodes: tuple[Node, ...]
    flows: tuple[Flow, ...]

    @cached_property
    def node(self) -> dict[str, Node]:
        return {n.id: n for n in self.nodes}

    @cached_property
    def place(self) -> dict[str, int]:
        return {n.id: place for place, n in enumerate(self.nodes)}

    @cached_property
    def out(self) -> dict[str, list[Flow]]:
        return {n.id: [f for f in self.flows if f.source == n.id] for n in self.nodes}

    @cached_property
    def into(self) -> dict[str, list[Flow]]:
        return {n.id: [f for f in self.flows if f.target == n.id] for n in self.nodes}

    @cached_property
    def guards(self) -> dict[str, list[Node]]:
        return {n.id: [b for b in self.nodes if b.attached == n.id] for n in self.nodes}


@dataclass(eq=False)
class Work:
    """One open instance of a task. `label` is whatever the caller calls it by."""

    label: int | None = None


@dataclass(eq=False)
class Wait:
    """A timer or a message that is waited for: by a catch event, behind an event gateway, on an activity's border."""

    node: str
    due: datetime | None
    message: str | None
    label: int | None = None


@dataclass(eq=False)
class Stand:
    """A token that stands at a node and waits: an activity with its running instances, or an event."""

    node: str
    scope: Scope
    number: int
    waits: list[Wait] = field(default_factory=list)
    running: list[Work | Scope] = field(default_factory=list)
    done: int = 0


@dataclass(eq=False)
class Scope:
    """The process or one running instance of a sub-process. `parked` counts tokens at joins, by flow."""

    element: str
    owner: Stand | None
    parked: Counter[str] = field(default_factory=Counter)
    stands: list[Stand] = field(default_factory=list)

    def within(self, other: Scope) -> bool:
        return self is other or (self.owner is not None and self.owner.scope.within(other))


class Game:
    """One run of a net. Play with `complete`, `advance` and `deliver`; look with the properties and `key`."""

    def __init__(self, net: Net, form: Mapping[str, bool], outcomes: Mapping[str, str], now: datetime) -> None:
        self.net, self.now, self.moving, self.born = net, now, deque[tuple[Scope, Flow]](), 0
        self.root = Scope(net.process, None)
        self.know(form, outcomes, now)
        self._enter(self.root)
        self._settle()

    def know(self, form: Mapping[str, bool], outcomes: Mapping[str, str], now: datetime) -> None:
        """The facts that hold from now on."""
        self.form, self.outcomes, self.now = form, outcomes, now
        self.outcome: str | None = None

    def copy(self) -> Game:
        return copy.deepcopy(self, {id(self.net): self.net})

    # What is open

    def scopes(self) -> Iterator[Scope]:
        todo = [self.root]
        for scope in todo:
            yield scope
            todo += [s for stand in scope.stands for s in stand.running if isinstance(s, Scope)]

    def stands(self) -> list[Stand]:
        return [stand for scope in self.scopes() for stand in scope.stands]

    def works(self) -> list[tuple[str, Work]]:
        return [(s.node, work) for s in self.stands() for work in s.running if isinstance(work, Work)]

    def waits(self) -> list[tuple[Stand, Wait]]:
        """Every timer and message waited for, in document order."""
        found = [(stand, wait) for stand in self.stands() for wait in stand.waits]
        return sorted(found, key=lambda sw: (self.net.place[sw[1].node], sw[0].number))

    @property
    def open_tasks(self) -> Counter[str]:
        return Counter(node for node, _ in self.works())

    def messages(self) -> list[tuple[str, Wait]]:
        return [(wait.node, wait) for _, wait in self.waits() if wait.message is not None]

    @property
    def awaited(self) -> Counter[str]:
        return Counter(node for node, _ in self.messages())

    @property
    def timers(self) -> Counter[tuple[str, datetime]]:
        return Counter((w.node, w.due) for _, w in self.waits() if w.due is not None)

    @property
    def ended(self) -> bool:
        return not self.root.stands and not self.root.parked

    @property
    def stalled(self) -> bool:
        return not self.ended and not self.works() and not self.waits()

    @property
    def weight(self) -> int:
        """How many nodes are open and how many tokens wait at joins."""
        scopes = list(self.scopes())
        return len(scopes) - 1 + sum(s.parked.total() for s in scopes) + len(self.works()) + len(self.waits())

    def key(self, scope: Scope | None = None) -> str:
        """A text that is the same for games which no later move can tell apart."""
        scope = scope or self.root
        stands = sorted(
            f"{s.node}/{s.done}{sorted((w.node, str(w.due), str(w.label)) for w in s.waits)}"
            f"{sorted(str(r.label) if isinstance(r, Work) else self.key(r) for r in s.running)}"
            for s in scope.stands
        )
        return f"<{sorted(scope.parked.items())}{stands}>"

    # Moves

    def complete(self, label: int, outcome: str | None) -> None:
        """The one open task called `label` is done."""
        self.outcome = outcome
        stand, work = next((s, r) for s in self.stands() for r in s.running if isinstance(r, Work) and r.label == label)
        self._finished(stand, work)
        self._settle()

    def advance(self, now: datetime) -> None:
        """Fire what is due, earliest first, then in document order; each to its end before the next is looked at."""
        self.now = now
        while due := [(w.due, i) for i, (_, w) in enumerate(self.waits()) if w.due is not None and w.due <= now]:
            self._happen(*self.waits()[min(due)[1]])
            self._settle()

    def deliver(self, label: int) -> None:
        """The one awaited message called `label` has come."""
        self._happen(*next((stand, wait) for stand, wait in self.waits() if wait.label == label))
        self._settle()

    def _happen(self, stand: Stand, wait: Wait) -> None:
        node = self.net.node[wait.node]
        if node.attached is not None and not node.interrupting:
            stand.waits.remove(wait)
        else:
            self._leave(stand)
        self._emit(stand.scope, node.id)

    def _leave(self, stand: Stand) -> None:
        """Take a token off its node, with everything that runs in it."""
        stand.scope.stands.remove(stand)
        inside = [s for s in stand.running if isinstance(s, Scope)]
        self.moving = deque(m for m in self.moving if not any(m[0].within(s) for s in inside))

    def _settle(self) -> None:
        """Move every token that can move; only when none can, look at the inclusive joins."""
        while self._step() or self._close() or self._join():
            pass

    def _step(self) -> bool:
        if not self.moving:
            return False
        scope, flow = self.moving.popleft()
        self._arrive(scope, flow)
        return True

    def _close(self) -> bool:
        """Complete one sub-process in which no token is left."""
        for scope in self.scopes():
            if scope.owner is not None and not scope.stands and not scope.parked:
                self._finished(scope.owner, scope)
                return True
        return False

    def _emit(self, scope: Scope, node: str, flows: list[Flow] | None = None) -> None:
        self.moving.extend((scope, flow) for flow in (self.net.out[node] if flows is None else flows))

    def _enter(self, scope: Scope) -> None:
        start = next(n for n in self.net.nodes if n.scope == scope.element and n.kind == "startEvent")
        self._emit(scope, start.id)

    def _arrive(self, scope: Scope, flow: Flow) -> None:
        node = self.net.node[flow.target]
        if node.kind in ACTIVITIES:
            self._open(scope, node)
        elif node.kind == "exclusiveGateway":
            self._emit(scope, node.id, self._chosen(node)[:1])
        elif node.kind == "parallelGateway":
            scope.parked[flow.id] += 1
            if all(scope.parked[f.id] for f in self.net.into[node.id]):
                self._take(scope, node.id)
                self._emit(scope, node.id)
        elif node.kind == "inclusiveGateway":
            if len(self.net.into[node.id]) == 1:
                self._emit(scope, node.id, self._chosen(node))
            else:
                scope.parked[flow.id] += 1
        elif node.kind == "eventBasedGateway":
            self._wait(scope, node, [self.net.node[f.target] for f in self.net.out[node.id]])
        elif node.kind == "intermediateCatchEvent":
            self._wait(scope, node, [node])
        elif node.event == ("terminate", ""):
            self._terminate(scope)
        else:
            assert node.kind == "endEvent", node

    def _terminate(self, scope: Scope) -> None:
        self.moving = deque(m for m in self.moving if not m[0].within(scope))
        scope.stands.clear()
        scope.parked.clear()

    def _chosen(self, node: Node) -> list[Flow]:
        flows = self.net.out[node.id]
        true = [f for f in flows if f.id != node.default and (f.condition is None or self._true(f.condition))]
        return true or [next(f for f in flows if f.id == node.default)]

    def _true(self, condition: str) -> bool:
        if said := re.fullmatch(r"form\.(\w+) == true", condition):
            return self.form[said[1]]
        if said := re.fullmatch(r"outcome == '(\w+)'", condition):
            return self.outcome == said[1]
        if said := re.fullmatch(r"case\.outcomes\.(\w+) == '(\w+)'", condition):
            return self.outcomes[said[1]] == said[2]
        raise AssertionError(condition)

    def _take(self, scope: Scope, gateway: str) -> None:
        """One token off each incoming flow that has one."""
        scope.parked -= Counter({f.id: 1 for f in self.net.into[gateway]})

    # Activities and events

    def _wait(self, scope: Scope, node: Node, events: list[Node]) -> Stand:
        self.born += 1
        stand = Stand(node.id, scope, self.born, [self._armed(event) for event in events])
        scope.stands.append(stand)
        return stand

    def _armed(self, node: Node) -> Wait:
        kind, value = node.event or ("", "")
        if kind == "timer":
            return Wait(node.id, self.now + timedelta(minutes=int(value)), None)
        return Wait(node.id, None, value)

    def _open(self, scope: Scope, node: Node) -> None:
        stand = self._wait(scope, node, self.net.guards[node.id])
        for _ in range(node.loop[1] if node.loop and node.loop[0] == "parallel" else 1):
            self._run(stand)

    def _run(self, stand: Stand) -> None:
        if self.net.node[stand.node].kind in TASKS:
            stand.running.append(Work())
            return
        inner = Scope(stand.node, stand)
        stand.running.append(inner)
        self._enter(inner)

    def _finished(self, stand: Stand, instance: Work | Scope) -> None:
        stand.running.remove(instance)
        stand.done += 1
        if stand.running:
            return
        if self._again(stand):
            self._run(stand)
        else:
            self._leave(stand)
            self._emit(stand.scope, stand.node)

    def _again(self, stand: Stand) -> bool:
        kind, times, condition = self.net.node[stand.node].loop or ("none", 1, None)
        return stand.done < times and (condition is None or self._true(condition)) and kind != "parallel"

    # Inclusive joins

    def _join(self) -> bool:
        """Fire the inclusive join that may fire and whose id sorts first."""
        waiting = {(self.net.node[f.target].id, i) for i, s in enumerate(self.scopes()) for f in self._parked(s)}
        for gateway, i in sorted(waiting):
            scope = list(self.scopes())[i]
            if self.net.node[gateway].kind == "inclusiveGateway" and self._may_fire(scope, gateway):
                self._take(scope, gateway)
                self._emit(scope, gateway, self._chosen(self.net.node[gateway]))
                return True
        return False

    def _parked(self, scope: Scope) -> list[Flow]:
        return [f for f in self.net.flows if scope.parked[f.id]]

    def _may_fire(self, scope: Scope, gateway: str) -> bool:
        """BPMN 2.0 §13.4.3: no token elsewhere can still reach an empty flow, unless it can reach one with a token."""
        full = {f.id for f in self.net.into[gateway] if scope.parked[f.id]}
        empty = {f.id for f in self.net.into[gateway]} - full
        tokens = [[f] for f in self._parked(scope) if f.target != gateway]
        tokens += [self._ways(stand) for stand in scope.stands]
        reached = [self._reach(flows, gateway) for flows in tokens]
        return not any(flows & empty and not flows & full for flows in reached)

    def _ways(self, stand: Stand) -> list[Flow]:
        """The flows by which a standing token may leave: its node's own, and those of what it still waits for."""
        return [*self.net.out[stand.node], *(f for wait in stand.waits for f in self.net.out[wait.node])]

    def _reach(self, flows: list[Flow], gateway: str) -> set[str]:
        """Which flows into the gateway can be reached from these without passing through it."""
        seen, todo = {f.id for f in flows}, list(flows)
        for flow in todo:
            if flow.target == gateway:
                continue
            leaving = [flow.target, *(b.id for b in self.net.guards[flow.target])]
            ahead = [f for node in leaving for f in self.net.out[node] if f.id not in seen]
            seen.update(f.id for f in ahead)
            todo += ahead
        return seen & {f.id for f in self.net.into[gateway]}
