"""Diagrams made by hypothesis of everything that is supported, then bent: some run, some don't, and the lint has to know which.

A plan is nested blocks; drawing it gives the elements of a process. The bends change the kind of a gateway, lead a choice
somewhere else, or put flows where none should be.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from tests.unit.diagrams import (
    boundary,
    catch,
    diagram,
    element,
    end,
    extended,
    gateway,
    loop,
    many,
    message,
    scope,
    start,
    timer,
    user,
)

BEFORE = (
    '<message id="m" name="reply"/><signal id="sig" name="alarm"/><error id="err" errorCode="E"/>'
    '<error id="err2" errorCode="F"/><escalation id="esc" escalationCode="X"/>'
)
ERROR, OTHER_ERROR = (f'<errorEventDefinition errorRef="{name}"/>' for name in ("err", "err2"))
ESCALATION, CANCEL = '<escalationEventDefinition escalationRef="esc"/>', "<cancelEventDefinition/>"
TERMINATE = "<terminateEventDefinition/>"
SIGNAL = '<signalEventDefinition signalRef="sig"/>'
SERVICE = extended('<ow:service handler="credit-check"/>')
VOTE = extended('<ow:outcomes values="passed,faults"/><ow:vote rule="majority" outcome="passed"/>')
OUTCOMES = extended('<ow:outcomes values="passed,faults"/>')

LEAVES = (
    *(
        "user",
        "user",
        "user",
        "manual",
        "many",
        "vote",
        "again",
        "service",
        "send",
        "rule",
        "receive",
        "timer",
        "message",
    ),
    *("signal", "throw-signal", "throw-message", "mark", "link", "reminded", "guarded", "expiring"),
)
#: Scopes that may be left otherwise than by their end: what the last choice within throws, and what is on the border.
THROWING = (
    *("erring", "erring-any", "erring-twice", "escalating", "escalating-on", "raising", "signalling", "terminating"),
    *("cancelling", "calling", "calling-each", "calling-late", "racing"),
)
Plan = tuple[str, Any]
leaf: st.SearchStrategy[Plan] = st.sampled_from(LEAVES).map(lambda kind: (kind, None))
plan: st.SearchStrategy[Plan] = st.recursive(
    leaf,
    lambda inner: st.one_of(
        st.tuples(st.just("row"), st.lists(inner, min_size=1, max_size=3)),
        st.tuples(
            st.sampled_from(["choice", "covered", "decided", "both", "some", "race", "fork"]),
            st.lists(inner, min_size=2, max_size=3),
        ),
        st.tuples(st.sampled_from(["rework", "sub", "each", "failing", "transaction"]), inner),
        st.tuples(st.sampled_from(THROWING), inner),
    ),
    max_leaves=10,
)
bends = st.lists(
    st.tuples(st.sampled_from(["kind", "jump", "extra", "drop", "end"]), st.integers(0, 99), st.integers(0, 99)),
    max_size=2,
)


@dataclass
class Drawn:
    """What is drawn into one scope, and the nodes there are."""

    made: _Count
    elements: list[str] = field(default_factory=list)
    flows: list[list[str]] = field(default_factory=list)
    nodes: dict[str, str] = field(default_factory=dict)

    def node(self, text: Any, kind: str) -> str:
        name = f"{kind}{self.made.next()}"
        self.elements.append(text(name))
        self.nodes[name] = kind
        return name

    def flow(self, source: str, target: str, condition: str = "") -> str:
        name = f"f{self.made.next()}"
        self.flows.append([name, source, target, condition])
        return name


@dataclass
class _Count:
    count: int = 0
    processes: list[str] = field(default_factory=list)  #: that are called

    def next(self) -> int:
        self.count += 1
        return self.count


def draw(plan: Plan, bent: list[tuple[str, int, int]]) -> bytes:
    """The file of a plan, bent."""
    drawn = Drawn(_Count())
    body(drawn, plan)
    for kind, one, other in bent:
        bend(drawn, kind, one, other)
    return diagram(*finished(drawn), before=BEFORE + "".join(drawn.made.processes))


def finished(drawn: Drawn) -> list[str]:
    told = [
        element(
            "sequenceFlow",
            name,
            f"<conditionExpression>{said}</conditionExpression>" if said else "",
            sourceRef=a,
            targetRef=b,
        )
        for name, a, b, said in drawn.flows
    ]
    return [*drawn.elements, *told]


def body(drawn: Drawn, plan: Plan, last: str = "") -> None:
    first, final = block(drawn, plan)
    drawn.flow(drawn.node(start, "start"), first)
    drawn.flow(final, drawn.node(lambda name: end(name, last), "end"))


def block(drawn: Drawn, plan: Plan) -> tuple[str, str]:
    """Draw a block; answers its first and last node."""
    kind, inner = plan
    if inner is None:
        return one(drawn, kind)
    if kind == "row":
        ends = [block(drawn, each) for each in inner]
        for (_, before), (after, _) in pairwise(ends):
            drawn.flow(before, after)
        return ends[0][0], ends[-1][1]
    if kind in ("sub", "each", "failing", "transaction"):
        return within(drawn, kind, inner)
    if kind == "racing":
        return racing(drawn, inner)
    if kind in THROWING:
        return throwing(drawn, kind, inner)
    if kind == "rework":
        return rework(drawn, inner)
    return branches(drawn, kind, inner)


def one(drawn: Drawn, kind: str) -> tuple[str, str]:
    texts: dict[str, Any] = {
        "user": user,
        "manual": lambda name: element("manualTask", name),
        "many": lambda name: user(name, many("2")),
        "vote": lambda name: user(name, VOTE, many("3", isSequential="true" if drawn.made.count % 2 else "false")),
        "again": lambda name: user(name, loop("2")),
        "service": lambda name: element("serviceTask", name, SERVICE),
        "send": lambda name: element("sendTask", name),
        "rule": lambda name: element("businessRuleTask", name, SERVICE, many("2", isSequential="true")),
        "receive": lambda name: element("receiveTask", name, messageRef="m"),
        "timer": lambda name: catch(name, timer("P1D")),
        "message": lambda name: catch(name, message("m")),
        "signal": lambda name: catch(name, SIGNAL),
        "throw-signal": lambda name: element("intermediateThrowEvent", name, SIGNAL),
        "throw-message": lambda name: element("intermediateThrowEvent", name, message("m")),
        "mark": lambda name: element("intermediateThrowEvent", name),
    }
    if kind in texts:
        name = drawn.node(texts[kind], "n")
        return name, name
    if kind == "link":
        number = drawn.made.next()
        link = f'<linkEventDefinition name="l{number}"/>'
        to = drawn.node(lambda name: element("intermediateThrowEvent", name, link), "n")
        return to, drawn.node(lambda name: catch(name, link), "n")
    task = drawn.node(user, "n")
    more = {"reminded": timer("R2/P1D", "timeCycle"), "guarded": SIGNAL, "expiring": timer("P3D")}[kind]
    cancels = "false" if kind == "reminded" else "true"
    event = drawn.node(lambda name: boundary(name, task, more, cancelActivity=cancels), "b")
    if kind != "reminded":
        merge = drawn.node(lambda name: gateway("exclusive", name), "x")
        drawn.flow(task, merge)
        drawn.flow(event, merge)
        return task, merge
    drawn.flow(event, drawn.node(end, "end"))
    return task, task


def within(drawn: Drawn, kind: str, inner: Plan) -> tuple[str, str]:
    held = Drawn(drawn.made)
    body(held, inner, '<errorEventDefinition errorRef="err"/>' if kind == "failing" else "")
    looped = [many("2")] if kind == "each" else []
    if kind == "transaction":
        name = drawn.node(lambda name: element("transaction", name, *finished(held)), "s")
    else:
        name = drawn.node(lambda name: scope(name, *looped, *finished(held)), "s")
    if kind != "failing":
        return name, name
    merge = drawn.node(lambda name: gateway("exclusive", name), "x")
    drawn.flow(name, merge)
    drawn.flow(drawn.node(lambda b: boundary(b, name, '<errorEventDefinition errorRef="err"/>'), "b"), merge)
    return name, merge


THROWN = {
    **{"erring": ERROR, "erring-any": OTHER_ERROR, "erring-twice": ERROR, "escalating": ESCALATION},
    **{"escalating-on": ESCALATION, "signalling": SIGNAL, "terminating": TERMINATE, "cancelling": CANCEL},
}
CAUGHT = {
    **{"erring": (ERROR,), "erring-any": ("<errorEventDefinition/>",), "erring-twice": (ERROR, OTHER_ERROR, SIGNAL)},
    **{"escalating": (ESCALATION,), "escalating-on": (ESCALATION,), "raising": (ESCALATION,), "cancelling": (CANCEL,)},
    **{"signalling": (SIGNAL,), "calling-late": (timer("P2D"),)},
}


def throwing(drawn: Drawn, kind: str, inner: Plan) -> tuple[str, str]:
    """A scope with a choice at its end: of its two ends one throws; what is caught on the border leads round."""
    held = Drawn(drawn.made)
    first, last = block(held, inner)
    held.flow(held.node(start, "start"), first)
    if kind == "raising":  # on the way, and the scope goes on
        throws = held.node(lambda name: element("intermediateThrowEvent", name, ESCALATION), "n")
        held.flow(last, throws)
        last = held.node(user, "n")
        held.flow(throws, last)
    choice = held.node(lambda name: gateway("exclusive", name, default="?" + name), "x")
    held.flow(last, choice)
    default(held, choice, held.flow(choice, held.node(end, "end")))
    held.flow(choice, held.node(lambda name: end(name, THROWN.get(kind, "")), "end"), "form.c3 == true")
    name = drawn.node(lambda name: holding(held, kind, name), "s")
    merge = drawn.node(lambda name: gateway("exclusive", name), "x")
    drawn.flow(name, merge)
    stays = kind in ("escalating-on", "raising")
    cancels = {"cancelActivity": "false"} if stays else {}
    for caught in CAUGHT.get(kind, ()):
        event = drawn.node(lambda border, caught=caught: boundary(border, name, caught, **cancels), "b")
        drawn.flow(event, drawn.node(end, "end") if stays else merge)
    return name, merge


def holding(held: Drawn, kind: str, name: str) -> str:
    """The element that has a scope within: a sub-process, a transaction, or a call of a process of its own."""
    if not kind.startswith("calling"):
        tag = "transaction" if kind == "cancelling" else "subProcess"
        return element(tag, name, *finished(held))
    held.made.processes.append(element("process", f"q_{name}", *finished(held)))
    looped = [many("2")] if kind == "calling-each" else []
    return element("callActivity", name, *looped, calledElement=f"q_{name}")


def racing(drawn: Drawn, inner: Plan) -> tuple[str, str]:
    """One of everything that an event-based gateway may lead to; a plan behind the first."""
    gate = drawn.node(lambda name: gateway("eventBased", name), "x")
    merge = drawn.node(lambda name: gateway("exclusive", name), "x")
    first, last = block(drawn, inner)
    drawn.flow(last, merge)
    targets: tuple[Any, ...] = (
        lambda name: catch(name, timer("P1D")),
        lambda name: catch(name, timer("2026-03-09T09:00:00", "timeDate")),
        lambda name: catch(name, SIGNAL),
        lambda name: element("receiveTask", name, messageRef="m"),
        lambda name: catch(name, message("m")),
    )
    for number, text in enumerate(targets):
        event = drawn.node(text, "n")
        drawn.flow(gate, event)
        drawn.flow(event, merge if number else first)
    return gate, merge


def rework(drawn: Drawn, inner: Plan) -> tuple[str, str]:
    merge = drawn.node(lambda name: gateway("exclusive", name), "x")
    first, last = block(drawn, inner)
    task = drawn.node(lambda name: user(name, OUTCOMES), "n")
    drawn.flow(merge, first)
    drawn.flow(last, task)
    name = drawn.node(lambda name: gateway("exclusive", name, default="?" + name), "x")
    drawn.flow(task, name)
    after = drawn.node(lambda name: gateway("exclusive", name), "x")
    drawn.flow(name, merge, "outcome == 'faults'")
    default(drawn, name, drawn.flow(name, after))
    return merge, after


def default(drawn: Drawn, gate: str, flow: str) -> None:
    drawn.elements = [text.replace(f'default="?{gate}"', f'default="{flow}"') for text in drawn.elements]


SPLITS = {"both": "parallel", "some": "inclusive", "race": "eventBased"}


def branches(drawn: Drawn, kind: str, inner: list[Plan]) -> tuple[str, str]:
    split = SPLITS.get(kind, "exclusive")
    head = before = None
    if kind == "decided":
        head = drawn.node(lambda name: user(name, OUTCOMES), "n")
        inner = inner[:2]
    if kind == "covered":
        inner = inner[:2]
    if kind == "fork":
        first = drawn.node(user, "n")
    elif kind in ("choice", "some"):
        first = drawn.node(lambda name: gateway(split, name, default="?" + name), "x")
    else:
        first = drawn.node(lambda name: gateway(split, name), "x")
    if head:
        drawn.flow(head, first)
        before = head
    joined = {"both": "parallel", "fork": "parallel", "some": "inclusive"}.get(kind, "exclusive")
    join = drawn.node(lambda name: gateway(joined, name), "j")
    conditions = {
        "covered": ["form.c0 == true", "form.c0 != true"],
        "decided": ["outcome == 'passed'", "outcome == 'faults'"],
        "choice": ["", "form.c1 == true", "form.c2 == true"],
        "some": ["", "form.c1 == true", "form.c2 == true"],
    }.get(kind, ["", "", ""])
    for number, each in enumerate(inner):
        start, last = block(drawn, each)
        if kind == "race":
            event = drawn.node(lambda name: catch(name, timer("P2D")), "n")
            drawn.flow(event, start)
            start = event
        name = drawn.flow(first, start, conditions[number])
        if number == 0 and kind in ("choice", "some"):
            default(drawn, first, name)
        drawn.flow(last, join)
    return before or first, join


KINDS = ("exclusive", "parallel", "inclusive")


def bend(drawn: Drawn, kind: str, one: int, other: int) -> None:
    """Change one thing of a diagram."""
    names = [name for name in drawn.nodes if not name.startswith("start")]
    flow = drawn.flows[one % len(drawn.flows)]
    if kind == "kind":
        joins = [name for name in drawn.nodes if name.startswith("j")]
        if joins:
            name, new = joins[one % len(joins)], KINDS[other % 3]
            drawn.elements = [
                gateway(new, name) if f'id="{name}"' in text and "Gateway" in text else text for text in drawn.elements
            ]
    elif kind == "jump":
        flow[2] = names[other % len(names)]
    elif kind == "extra":
        drawn.flow(names[one % len(names)], names[other % len(names)])
    elif kind == "drop":
        drawn.flows.remove(flow)
    else:
        flow[2] = drawn.node(end, "end")
