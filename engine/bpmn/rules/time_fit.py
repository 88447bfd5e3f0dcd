"""Whether the limits of the nodes fit into the limit of the whole; and what is to happen when one passes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.bpmn.calls import mains
from engine.bpmn.longest_path import Way, longest_way
from engine.bpmn.model import Diagram, Finding, Node, Process
from engine.bpmn.rules.rule import APPROVAL, ERROR, Place, Rule
from engine.bpmn.rules.subject import Scope, Subject, subject_of

DOES_NOT_FIT = Rule(
    "time-limits-exceed-case",
    ERROR,
    "最长路径需要 {length} {unit}，超过{what}的{kind_zh} {limit} {unit}：{path}",
    "The longest way takes {length} {unit}, more than the {kind_en} limit {limit} {unit} of {what}: {path}",
    "请缩短路径上各环节的时限，或改为并行办理，或修改整体时限",
    "Shorten the limits on this way, let tasks run side by side, or change the limit of the whole",
    profile=APPROVAL,
)
NO_DEFAULT = Rule(
    "time-limit-default-incomplete",
    ERROR,
    "{what}规定超期按默认结果处理，但缺少 {missing}",
    "{what} is decided by default when its limit passes, but lacks {missing}",
    "请填写 defaultOutcome（须为该环节 ow:outcomes 中的结果）和 basis（法律依据）",
    "Fill in defaultOutcome, one of the task's ow:outcomes, and basis, the law that says so",
)
MORE_THAN_ITEM = Rule(
    "time-limit-exceeds-item",
    ERROR,
    "{what}的{kind_zh} {own} 超过事项规定的 {limit}",
    "The {kind_en} limit {own} of {what} is longer than the item's {limit}",
    "请改短，或先修改事项的时限",
    "Shorten it, or change the item's limit first",
    profile=APPROVAL,
)
RULES = (DOES_NOT_FIT, NO_DEFAULT, MORE_THAN_ITEM)
KINDS = {"promised": ("承诺时限", "promised"), "legal": ("法定时限", "legal")}


def check(subject: Subject) -> Iterator[Finding]:
    """Judge the defaults, and, in the profile `approval`, the longest way against the limits of the process and its parts."""
    for node in subject.nodes():
        yield from _default(node)
    if subject.profile != APPROVAL or not subject.bearable:
        return
    for process in subject.processes:
        yield from _fits(process, process.extensions, scopes_of(subject, process))
    for node in subject.nodes():
        inner = _inner(subject, node)
        if inner:
            yield from _fits(node, node.extensions, inner)


def scopes_of(subject: Subject, process: Process) -> list[Scope]:
    """The scopes of a process, itself first."""
    nodes = {node.id for node in process.nodes}
    return [one for one in subject.scopes if one.owner is process or one.id in nodes]


def unfit(place: Place, scopes: list[Scope], limits: Mapping[str, Any]) -> Iterator[Finding]:
    """Where the longest way through scopes does not fit into limits (`promised`, `legal`, `unit`)."""
    unit = str(limits.get("unit") or "")
    for kind, (zh, en) in KINDS.items():
        limit = limits.get(kind)
        if limit is None or not unit:
            continue
        way = longest_way(scopes, unit, kind)
        if way.length > limit:
            told = {
                "length": _number(way),
                "unit": unit,
                "limit": limit,
                "kind_zh": zh,
                "kind_en": en,
                "path": _path(way),
            }
            yield DOES_NOT_FIT.at(place, **told)


def unfit_for_item(diagram: Diagram, limits: Mapping[str, Any]) -> Iterator[Finding]:
    """The same against the item's own limits (`case_limits` of its `item.json`); and a process that allows itself more.

    A process may promise less than its item; then its own limits are the case's.
    """
    subject = subject_of(diagram, APPROVAL)
    if not subject.bearable:
        return
    main = {process.id for process in mains(diagram)}
    for process in subject.processes:
        if main and process.id not in main:
            continue  # what it links has its own limits, not those of the item's decision
        own = next(iter(process.extensions.get("timeLimit", ())), {})
        if own.get("unit") == limits["unit"]:
            for kind, (zh, en) in KINDS.items():
                if own.get(kind, 0) > limits[kind]:
                    yield MORE_THAN_ITEM.at(process, own=own[kind], limit=limits[kind], kind_zh=zh, kind_en=en)
        missing = {kind: limits[kind] for kind in KINDS if kind not in own}
        yield from unfit(process, scopes_of(subject, process), missing | {"unit": limits["unit"]})


def _fits(
    place: Process | Node, extensions: Mapping[str, tuple[Mapping[str, Any], ...]], scopes: list[Scope]
) -> Iterator[Finding]:
    for limit in extensions.get("timeLimit", ()):
        yield from unfit(place, scopes, limit)


def _inner(subject: Subject, node: Node) -> list[Scope]:
    """The scope of a sub-process and those in it."""
    ids: set[str] = {node.id} if node.id else set()
    found = []
    for scope in subject.scopes:
        owner = scope.owner
        if scope.id in ids and isinstance(owner, Node):
            found.append(scope)
            ids |= {one.id for one in scope.nodes if one.id}
    return found


def _default(node: Node) -> Iterator[Finding]:
    limit = node.extension("timeLimit") or {}
    if limit.get("whenPassed") != "default":
        return
    outcomes = (node.extension("outcomes") or {}).get("values") or {}
    missing = [name for name in ("defaultOutcome", "basis") if not limit.get(name)]
    if not missing and limit["defaultOutcome"] not in outcomes:
        missing = ["defaultOutcome ∈ ow:outcomes"]
    if missing:
        yield NO_DEFAULT.at(node, missing="、".join(missing))


def _number(way: Way) -> str:
    return str(way.length) if way.length.denominator == 1 else f"{float(way.length):g}"


def _path(way: Way) -> str:
    return " → ".join(f"{node.name or node.id}" for node in way.nodes)
