"""The guide of an item in a region (办事指南), generated from what is published: its process and its listing, nothing typed twice.

The steps are the tasks of people in the diagram, in the order of its flows, each with the department that the region's
organisation gives it. Visits and the depth of online handling are counted from them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.bpmn.calls import is_linked, regime_of, scope_of
from engine.bpmn.compile import PERSON_TAGS, SUB_PROCESSES, Compiled
from engine.bpmn.model import Node, Process
from engine.bpmn.outlook import CHOOSING
from engine.bpmn.public_diagram import public_name
from engine.catalogue.items import ServiceItem
from engine.catalogue.listing import Listing, OnlyIf
from engine.catalogue.reading import Said
from engine.catalogue.regimes import RegimeRule
from engine.organization.directory import Department, Directory
from engine.organization.routing import Assignment, default_department, department_for, wanted_of

#: What a node is called to everybody when its designer gave it no public name.
IN_HAND = ("办理中", "In hand")


@dataclass(frozen=True, slots=True)
class GuideStep:
    """A step of the guide. `department` is None for the applicant's own, and where every item of a list has another."""

    node: str
    name: tuple[str, str]
    stage: tuple[str, str]
    applicant: bool
    department: Department | None
    fallback: bool  #: no department has the function there: the one for government services takes it
    supervising: bool
    level: str | None
    promised: int | None
    legal: int | None
    unit: str | None
    certain: bool
    several: bool
    presence: str | None  #: the legal basis for having to be there
    documents: tuple[tuple[str, str, str], ...]  #: kind, title, title in English
    regime: str | None = None  #: of the visit for a verification that follows the decision
    apart: frozenset[str] = frozenset()  #: of such a visit: the steps that no case comes to which comes to it


def guide_steps(compiled: Compiled, item: ServiceItem, directory: Directory, region: str) -> list[GuideStep]:
    """The steps of an item's process in a region, in the order of its flows."""
    certain = certain_nodes(compiled.process)
    found = []
    for name in in_order(compiled.process):
        node = compiled.nodes[name]
        rule = item.regime(regime_of(node) or "") if is_linked(node) else None
        if node.tag in PERSON_TAGS:
            found.append(_step(node, item, directory, region, name in certain))
        elif rule is not None and rule.terms.visits:
            found.append(_visit(node, rule, item, directory, region, compiled.process))
    return found


def _visit(
    node: Node, rule: RegimeRule, item: ServiceItem, directory: Directory, region: str, process: Process
) -> GuideStep:
    """The visit that a verification after the decision asks for: at the window that takes the item's applications in."""
    step = _step(node, item, directory, region, False)
    there = department_for(directory, Assignment(item.accept_function), region)
    follow = _following(process)
    after = _after(follow, str(node.id))
    near = after | {name for name in follow if node.id in _after(follow, name)}
    return replace(
        step,
        department=there or default_department(directory, region),
        fallback=there is None,
        presence=f"{rule.basis.act}{rule.basis.article}",
        regime=rule.regime.value,
        apart=frozenset(follow) - near,
    )


def _after(follow: Mapping[str, list[str]], start: str) -> set[str]:
    """What can be reached from a node."""
    seen: set[str] = set()
    todo = deque([start])
    while todo:
        for following in follow.get(todo.popleft(), ()):
            if following not in seen:
                seen.add(following)
                todo.append(following)
    return seen


def _step(node: Node, item: ServiceItem, directory: Directory, region: str, certain: bool) -> GuideStep:
    said, limit = node.extension("public") or {}, node.extension("timeLimit") or {}
    assignment = node.extension("assignment") or {}
    applicant, several = bool(assignment.get("applicant")), assignment.get("function") == "{item}"
    wanted = wanted_of(assignment, item.lead_function, item.level)
    found = None if applicant or several else department_for(directory, wanted, region)
    fallback = found is None and not applicant and not several
    stage = (str(said.get("stage") or IN_HAND[0]), str(said.get("stageEn") or said.get("stage") or IN_HAND[1]))
    return GuideStep(
        node=str(node.id),
        name=public_name(node) or stage,
        stage=stage,
        applicant=applicant,
        department=default_department(directory, region) if fallback else found,
        fallback=fallback,
        supervising=wanted.body == "supervising",
        level=wanted.level,
        promised=limit.get("promised"),
        legal=limit.get("legal"),
        unit=limit.get("unit"),
        certain=certain,
        several=several,
        presence=(node.extension("presence") or {}).get("basis"),
        documents=tuple(_documents(node)),
    )


def _documents(node: Node) -> Iterable[tuple[str, str, str]]:
    for one in node.extensions.get("document", ()):
        title = str(one.get("title") or one["kind"])
        yield str(one["kind"]), title, str(one.get("titleEn") or title)


# -- the order of a diagram


def in_order(process: Process) -> list[str]:
    """Every node that can be reached, each after those that lead to it; what leads back is left out of account."""
    follow = _following(process)
    starts = [str(node.id) for node in process.nodes if node.tag == "startEvent" and node.scope == process.id]
    done: list[str] = []
    seen: set[str] = set()
    for start in starts:
        stack = [(start, iter(follow.get(start, ())))]
        seen.add(start)
        while stack:
            name, rest = stack[-1]
            # The last branch first, so that the first one stands first when the order is turned round.
            following = next((one for one in rest if one not in seen), None)
            if following is None:
                done.append(name)
                stack.pop()
            else:
                seen.add(following)
                stack.append((following, iter(follow.get(following, ()))))
    return done[::-1]


def certain_nodes(process: Process) -> frozenset[str]:
    """The nodes that every case comes to: behind no choice, or where all ways meet again."""
    follow = _following(process)
    nodes = {str(node.id): node for node in process.nodes if node.id}
    starts = [name for name, node in nodes.items() if node.tag == "startEvent" and node.scope == process.id]
    ends = {name for name, node in nodes.items() if node.tag == "endEvent" and node.scope == process.id}
    unchosen, todo = set(starts), deque(starts)
    while todo:
        name = todo.popleft()
        chooses = nodes[name].tag in CHOOSING and len(follow.get(name, ())) > 1
        for following in () if chooses else follow.get(name, ()):
            if following not in unchosen and nodes[following].tag != "boundaryEvent":
                unchosen.add(following)
                todo.append(following)
    people = [name for name, node in nodes.items() if node.tag in PERSON_TAGS]
    met = {name for name in people if name not in unchosen and not _reaches(follow, starts, ends, name)}
    return frozenset(unchosen | met)


def _reaches(follow: Mapping[str, list[str]], starts: list[str], ends: set[str], without: str) -> bool:
    """Whether an end can be reached without coming through a node."""
    seen, todo = set(starts), deque(starts)
    while todo:
        for following in follow.get(todo.popleft(), ()):
            if following not in seen and following != without:
                seen.add(following)
                todo.append(following)
    return bool(seen & ends)


def _following(process: Process) -> dict[str, list[str]]:
    """Where each node leads: by its flows, into a sub-process or call and out of it again, and to its boundary events."""
    nodes = {str(node.id): node for node in process.nodes if node.id}
    found: dict[str, list[str]] = {name: [] for name in nodes}
    for flow in reversed(process.flows):
        if flow.source in found and flow.target in nodes:
            found[str(flow.source)].append(str(flow.target))
    outer = {name: list(targets) for name, targets in found.items()}
    around = {scope_of(node): name for name, node in nodes.items() if node.tag in SUB_PROCESSES and not is_linked(node)}
    for name, node in nodes.items():
        if node.tag == "startEvent" and node.scope in around:
            found[around[node.scope]] = [name]
        elif node.tag == "endEvent" and node.scope in around:
            found[name] += outer[around[node.scope]]
        elif node.tag == "boundaryEvent" and node.attached_to in nodes:
            found[str(node.attached_to)].append(name)
    return found


# -- what is counted


def visits(listing: Listing, steps: Iterable[GuideStep]) -> dict[str, Any]:
    """到现场次数: to apply, for nodes that the law wants one to be there for, and to fetch what was decided.

    `regimes`: of a case that goes by a way whose verification asks for a visit, that visit included.
    """
    applying = int(not set(listing.apply) - {"window", "agent"})
    fetching = int(not set(listing.delivery) - {"window"})
    there = [step for step in steps if step.presence]
    always, own = applying + fetching, [step for step in there if step.regime is None]
    by_way = {}
    for visit in (step for step in there if step.regime is not None):
        with_it = [step for step in own if step.node not in visit.apart]
        least = always + 1 + sum(step.certain for step in with_it)
        by_way[str(visit.regime)] = {"least": least, "most": always + 1 + len(with_it)}
    most = max([always + len(own), *(one["most"] for one in by_way.values())])
    least = always + sum(step.certain for step in there)
    return {"least": least, "most": most, "apply": applying, "delivery": fetching, "regimes": by_way} | {
        "steps": [{"name": step.name[0], "name_en": step.name[1], "basis": step.presence} for step in there]
    }


def online_depth(listing: Listing, counted: Mapping[str, Any]) -> str:
    """网上办理深度: IV all of it online, III applied for online, II forms or a pre-check online, I information."""
    if set(listing.apply) & {"online", "front-office"}:
        return "IV" if counted["least"] == 0 else "III"
    return "II" if listing.samples or listing.questions else "I"


def met(only_if: OnlyIf, answers: Mapping[str, str]) -> bool:
    """Whether the answers are among those meant."""
    return all(answers.get(question) in meant for question, meant in only_if.items())


def both(name: str, said: Said) -> dict[str, str]:
    """A text of the listing as members of an answer: `name` and `name_en`."""
    return {name: said.zh, f"{name}_en": said.en}
