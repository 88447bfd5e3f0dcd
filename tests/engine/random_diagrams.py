"""Diagrams for the engine's tests: drawn by hand with `Drawing`, or at random from a seed with `random_net`.

A random diagram is made of nested blocks (parallel, inclusive, exclusive, loops, sub-processes, event gateways) and
then made worse: boundary events, multi-instance, two flows between the same gateways, returns into the middle, and now
and then a block whose split and join do not match. Conditions read `form.c0` … `form.c5`, which the player of a run
sets at will before every step; a decision straight after a task reads the task's own outcome.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random
from xml.sax.saxutils import escape, quoteattr

from tests.engine.token_model import ACTIVITIES, Flow, Net, Node

NAMESPACE = "http://www.omg.org/spec/BPMN/20100524/MODEL"
FORM_FIELDS = tuple(f"c{n}" for n in range(6))


class Drawing:
    """A net being drawn. Nodes and flows keep the order in which they were added, per scope."""

    def __init__(self, process: str = "p") -> None:
        self.process = process
        self.nodes: dict[str, Node] = {}
        self.flows: list[Flow] = []

    def node(self, id: str, kind: str, scope: str | None = None, **more: object) -> str:
        self.nodes[id] = Node(id, kind, scope or self.process, **more)  # type: ignore[arg-type]
        return id

    def flow(self, source: str, target: str, condition: str | None = None) -> str:
        self.flows.append(Flow(f"f{len(self.flows)}", source, target, condition))
        return self.flows[-1].id

    def default(self, source: str, target: str) -> None:
        self.nodes[source] = replace(self.nodes[source], default=self.flow(source, target))

    def path(self, *nodes: str) -> None:
        for source, target in pairwise(nodes):
            self.flow(source, target)

    def net(self) -> Net:
        return Net(self.process, tuple(self._in_order(self.process)), tuple(self.flows))

    def _in_order(self, scope: str) -> list[Node]:
        own = [n for n in self.nodes.values() if n.scope == scope]
        return [m for n in own for m in (n, *(self._in_order(n.id) if n.kind == "subProcess" else ()))]


def xml(net: Net) -> bytes:
    """The net as a BPMN 2.0 file."""
    names = dict.fromkeys(n.event[1] for n in net.nodes if n.event and n.event[0] == "message")
    messages = "".join(f"<message id={quoteattr(name)} name={quoteattr(name)}/>\n" for name in names)
    process = f'<process id="{net.process}" isExecutable="true">\n{_content(net, net.process)}</process>'
    head = f'<definitions xmlns="{NAMESPACE}" id="d" targetNamespace="urn:test">'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n{messages}{process}\n</definitions>\n'.encode()


def _content(net: Net, scope: str) -> str:
    nodes = "".join(_element(net, n) for n in net.nodes if n.scope == scope)
    return nodes + "".join(_sequence_flow(f) for f in net.flows if net.node[f.source].scope == scope)


def _element(net: Net, node: Node) -> str:
    more = f' default="{node.default}"' if node.default else ""
    if node.attached:
        more += f' attachedToRef="{node.attached}" cancelActivity="{str(node.interrupting).lower()}"'
    inner = (_event(*node.event) if node.event else "") + (_loop(*node.loop) if node.loop else "")
    if node.kind == "subProcess":
        inner += "\n" + _content(net, node.id)
    return f'<{node.kind} id="{node.id}" name="{node.id}"{more}>{inner}</{node.kind}>\n'


def _event(kind: str, value: str) -> str:
    if kind == "timer":
        return f"<timerEventDefinition><timeDuration>PT{value}M</timeDuration></timerEventDefinition>"
    if kind == "message":
        return f"<messageEventDefinition messageRef={quoteattr(value)}/>"
    return "<terminateEventDefinition/>"


def _loop(kind: str, times: int, condition: str | None) -> str:
    if kind == "standard":
        until = f"<loopCondition>{escape(condition)}</loopCondition>" if condition else ""
        loop = "standardLoopCharacteristics"
        return f'<{loop} testBefore="false" loopMaximum="{times}">{until}</{loop}>'
    body = f"<loopCardinality>{times}</loopCardinality>"
    sequential = str(kind == "sequential").lower()
    loop = "multiInstanceLoopCharacteristics"
    return f'<{loop} isSequential="{sequential}">{body}</{loop}>'


def _sequence_flow(flow: Flow) -> str:
    ends = f'id="{flow.id}" sourceRef="{flow.source}" targetRef="{flow.target}"'
    if flow.condition is None:
        return f"<sequenceFlow {ends}/>\n"
    return f"<sequenceFlow {ends}><conditionExpression>{escape(flow.condition)}</conditionExpression></sequenceFlow>\n"


class _Painter:
    """Draws at random. A block is drawn into a scope and answers its first and last node."""

    def __init__(self, seed: int) -> None:
        self.rng, self.drawing = Random(seed), Drawing()
        self.left = self.rng.choice((8, 14, 22, 30))
        self.joins: list[tuple[str, str]] = []  #: (scope, id) of the inclusive joins around the pen
        self.landings: list[tuple[str, str]] = []  #: (scope, id) of nodes that may be returned to, around the pen

    def chance(self, percent: int) -> bool:
        return self.rng.random() * 100 < percent

    def new(self, kind: str, scope: str, **more: object) -> str:
        self.left -= 1
        # A random letter first: which inclusive join fires first goes by its id, not by where it stands.
        name = f"{self.rng.choice('abcdefghij')}{len(self.drawing.nodes)}_{kind[:5]}"
        return self.drawing.node(name, kind, scope, **more)

    def condition(self) -> str:
        return f"form.{self.rng.choice(FORM_FIELDS)} == true"

    def net(self) -> Net:
        self.body("p", 0)
        return self.drawing.net()

    def body(self, scope: str, depth: int) -> None:
        """Start, a sequence, end; sometimes with a way to a terminate end event."""
        start = self.new("startEvent", scope)
        first, last = self.sequence(scope, depth)
        self.drawing.path(start, first)
        if not self.chance(12):
            self.drawing.path(last, self.new("endEvent", scope))
            return
        gate, end = self.new("exclusiveGateway", scope), self.new("endEvent", scope)
        self.drawing.path(last, gate)
        self.drawing.flow(gate, self.new("endEvent", scope, event=("terminate", "")), self.condition())
        self.drawing.default(gate, end)

    def sequence(self, scope: str, depth: int) -> tuple[str, str]:
        """One to four blocks in a row; a block that starts with a node that merges may be returned to."""
        outer = len(self.landings)
        first, last = self.block(scope, depth)
        self.land(scope, first)
        for _ in range(self.rng.choice((0, 0, 1, 1, 2, 3))):
            head, tail = self.returning(scope) if self.chance(25) else self.block(scope, depth)
            self.drawing.path(last, head)
            self.land(scope, head)
            last = tail
        del self.landings[outer:]
        return first, last

    def land(self, scope: str, node: str) -> None:
        kind = self.drawing.nodes[node].kind
        if kind != "parallelGateway" and (kind != "inclusiveGateway" or self.chance(30)):
            self.landings.append((scope, node))

    def returning(self, scope: str) -> tuple[str, str]:
        """A task, and a decision that may go back to where the pen has been: mostly near, now and then far outside."""
        task, gate, merge = (self.new(k, scope) for k in ("userTask", "exclusiveGateway", "exclusiveGateway"))
        near = [n for s, n in self.landings[-3:] if s == scope] or [task]
        far = [n for s, n in self.landings if s == scope] or near
        target = self.rng.choice(far if self.chance(15) else near)
        self.drawing.path(task, gate)
        self.drawing.flow(gate, target, self.rng.choice(("outcome == 'back'", f"case.outcomes.{task} == 'back'")))
        self.drawing.default(gate, merge)
        return task, merge

    def block(self, scope: str, depth: int) -> tuple[str, str]:
        if self.left <= 0 or depth > 3:
            return self.task(scope, depth)
        blocks = (self.task, self.gateways, self.choice, self.again, self.sub, self.race, self.catch, self.merge)
        weights = (30, 30, 8, 10, 12, 6, 4, 5)
        return self.rng.choices(blocks, weights)[0](scope, depth)

    def loop(self) -> tuple[str, int, str | None] | None:
        if not self.chance(18):
            return None
        kind = self.rng.choice(("parallel", "sequential", "standard"))
        return kind, self.rng.randint(1, 3), self.condition() if kind == "standard" and self.chance(60) else None

    def task(self, scope: str, depth: int) -> tuple[str, str]:
        kind = self.rng.choice(("userTask",) * 8 + ("task", "manualTask"))
        return self.guarded(self.new(kind, scope, loop=self.loop()), scope, depth)

    def sub(self, scope: str, depth: int) -> tuple[str, str]:
        node = self.new("subProcess", scope, loop=self.loop())
        self.body(node, depth + 1)
        return self.guarded(node, scope, depth)

    def guarded(self, activity: str, scope: str, depth: int) -> tuple[str, str]:
        """The activity with some boundary events; where their paths lead is chance."""
        if not self.chance(22):
            return activity, activity
        after = self.new("exclusiveGateway", scope)
        self.drawing.path(activity, after)
        for _ in range(self.rng.choice((1, 1, 2))):
            more = {"attached": activity, "interrupting": self.chance(50), "event": self.event()}
            self.boundary(self.new("boundaryEvent", scope, **more), after, scope)
        return activity, after

    def boundary(self, event: str, after: str, scope: str) -> None:
        last = event
        if self.chance(60):
            last = self.new("userTask", scope)
            self.drawing.path(event, last)
        interrupting = self.drawing.nodes[event].interrupting
        joins = [n for s, n in self.joins if s == scope]
        back = [n for s, n in self.landings if s == scope]
        if joins and self.chance(25):
            target = joins[-1]
        elif back and last != event and self.chance(12):
            target = self.rng.choice(back)
        else:
            target = after if self.chance(80 if interrupting else 10) else self.new("endEvent", scope)
        self.drawing.path(last, target)

    def event(self) -> tuple[str, str]:
        if self.chance(50):
            return "timer", str(self.rng.choice((1, 2, 5, 30, 30)))
        return "message", f"m{len(self.drawing.nodes)}"

    def gateways(self, scope: str, depth: int) -> tuple[str, str]:
        """A parallel or inclusive block of two to four branches; few are drawn with a join of another kind."""
        kind = self.rng.choice(("parallelGateway", "inclusiveGateway"))
        other = self.rng.choice(("inclusiveGateway", "exclusiveGateway"))
        split, join = self.new(kind, scope), self.new(kind if self.chance(92) else other, scope)
        inclusive = self.drawing.nodes[join].kind == "inclusiveGateway"
        if inclusive:
            self.joins.append((scope, join))
        for branch in range(self.rng.choice((2, 2, 2, 3, 3, 4))):
            self.branch(split, join, scope, depth, default=branch == 0 and kind == "inclusiveGateway")
        if inclusive:
            self.joins.pop()
        return split, self.after(join, scope)

    def branch(self, split: str, join: str, scope: str, depth: int, *, default: bool) -> None:
        """One branch; an empty one is a flow straight from gateway to gateway, and there may be two such."""
        first, last = (join, None) if self.chance(12) else self.sequence(scope, depth + 1)
        if default:
            self.drawing.default(split, first)
        else:
            inclusive = self.drawing.nodes[split].kind == "inclusiveGateway"
            self.drawing.flow(split, first, self.condition() if inclusive else None)
        if last is not None:
            self.drawing.path(last, join)

    def after(self, join: str, scope: str) -> str:
        """A join, mostly followed by something to do, so that one sees that it fired."""
        if self.chance(35):
            return join
        task = self.new("userTask", scope)
        self.drawing.path(join, task)
        return task

    def choice(self, scope: str, depth: int) -> tuple[str, str]:
        """First true branch of two or three, else the default."""
        split, merge = self.new("exclusiveGateway", scope), self.new("exclusiveGateway", scope)
        for branch in range(self.rng.choice((2, 2, 3))):
            first, last = self.sequence(scope, depth + 1)
            if branch:
                self.drawing.flow(split, first, self.condition())
            else:
                self.drawing.default(split, first)
            self.drawing.path(last, merge)
        return split, merge

    def again(self, scope: str, depth: int) -> tuple[str, str]:
        """Rework: a merge before anything (also a split), something, a decision that may go back to the merge."""
        merge = self.new("exclusiveGateway", scope)
        self.landings.append((scope, merge))
        first, last = self.sequence(scope, depth + 1)
        self.landings.pop()
        decide, gate, on = (self.new(k, scope) for k in ("userTask", "exclusiveGateway", "exclusiveGateway"))
        self.drawing.path(merge, first)
        self.drawing.path(last, decide, gate)
        self.drawing.flow(gate, merge, "outcome == 'back'")
        self.drawing.default(gate, on)
        return merge, on

    def race(self, scope: str, depth: int) -> tuple[str, str]:
        """An event-based gateway: the first of two or three events wins."""
        gate, merge = self.new("eventBasedGateway", scope), self.new("exclusiveGateway", scope)
        for _ in range(self.rng.choice((2, 2, 3))):
            event = self.new("intermediateCatchEvent", scope, event=self.event())
            self.drawing.path(gate, event)
            if self.chance(50):
                first, last = self.block(scope, depth + 1)
                self.drawing.path(event, first)
                self.drawing.path(last, merge)
            else:
                self.drawing.path(event, merge)
        return gate, merge

    def catch(self, scope: str, depth: int) -> tuple[str, str]:
        event = self.new("intermediateCatchEvent", scope, event=self.event())
        return event, event

    def merge(self, scope: str, depth: int) -> tuple[str, str]:
        """A lone merge, so that something can come back to before whatever follows."""
        merge = self.new("exclusiveGateway", scope)
        return merge, merge


def random_net(seed: int) -> Net:
    """The diagram of a seed: always the same one."""
    net = _Painter(seed).net()
    assert all(net.node[a].kind in ACTIVITIES for b in net.nodes if (a := b.attached))
    return net
