"""What changed between two diagrams: elements added, removed, changed, each change by the names of its attributes. Pure.

Elements are the same when their ids are. Where a shape lies is no change of the process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from engine.bpmn.model import EventDefinition, Flow, Loop, Node, Process

#: What of an element is where it stands in the file, not what it says.
_NOT_COMPARED = frozenset({"id", "line", "extensions", "foreign"})


@dataclass(frozen=True, slots=True)
class Change:
    """One attribute that differs, such as `timeLimit.promised`: `old` and `new` as texts, None where there is none."""

    attribute: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Changed:
    """An element that both diagrams have, and what differs."""

    id: str
    kind: str
    name: str | None
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Element:
    """An element that one of the diagrams has alone."""

    id: str
    kind: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What turns one diagram into the other."""

    added: tuple[Element, ...]
    removed: tuple[Element, ...]
    changed: tuple[Changed, ...]

    @property
    def same(self) -> bool:
        """Whether both say the same."""
        return not (self.added or self.removed or self.changed)


def compare(old: Process, new: Process) -> Comparison:
    """What turns the process `old` into `new`."""
    before, after = _elements(old), _elements(new)
    both = [id for id in after if id in before]
    changed = [Changed(id, _kind(after[id]), after[id].name, tuple(_changes(before[id], after[id]))) for id in both]
    return Comparison(
        added=tuple(_element(id, after[id]) for id in after if id not in before),
        removed=tuple(_element(id, before[id]) for id in before if id not in after),
        changed=tuple(one for one in changed if one.changes),
    )


def _elements(process: Process) -> dict[str, Node | Flow | Process]:
    parts: list[Node | Flow | Process] = [process, *process.nodes, *process.flows]
    return {str(part.id): part for part in parts if part.id}


def _element(id: str, part: Node | Flow | Process) -> Element:
    return Element(id, _kind(part), part.name)


def _kind(part: Node | Flow | Process) -> str:
    if isinstance(part, Node):
        return part.tag
    return "sequenceFlow" if isinstance(part, Flow) else "process"


def _changes(old: Any, new: Any) -> Iterator[Change]:
    if type(old) is not type(new):
        yield Change("element", _kind(old), _kind(new))
        return
    for one in fields(old):
        if one.name in _NOT_COMPARED or (isinstance(old, Process) and one.name in ("nodes", "flows")):
            continue
        before, after = _plain(getattr(old, one.name)), _plain(getattr(new, one.name))
        if before != after:
            yield Change(one.name, _text(before), _text(after))
    if not isinstance(old, Flow):
        yield from _extension_changes(_flat(old.extensions), _flat(new.extensions))


def _plain(value: Any) -> Any:
    """A value without the lines on which it stands."""
    if isinstance(value, tuple):
        return tuple(_plain(one) for one in value)
    if isinstance(value, (EventDefinition, Loop)):
        return {one.name: getattr(value, one.name) for one in fields(value) if one.name != "line"}
    return value


def _flat(extensions: Mapping[str, tuple[Mapping[str, Any], ...]]) -> dict[str, Any]:
    """Extension attributes by dotted name; the second and later element of a name carries a number."""
    flat: dict[str, Any] = {}
    for name, elements in extensions.items():
        for n, attributes in enumerate(elements, 1):
            prefix = name if n == 1 else f"{name}.{n}"
            flat |= {f"{prefix}.{attribute}": value for attribute, value in attributes.items()}
    return flat


def _extension_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            yield Change(name, _text(old.get(name)), _text(new.get(name)))


def _text(value: Any) -> str | None:
    if value in (None, (), "", {}):
        return None
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={one}" for name, one in value.items() if one is not None)
    if isinstance(value, tuple):
        return "; ".join(filter(None, (_text(one) for one in value)))
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
