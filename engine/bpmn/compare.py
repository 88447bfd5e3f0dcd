"""What changed between two diagrams: elements added, removed, changed, each change by the names of its attributes. Pure.

Elements are the same when their ids are. Where a shape lies is no change of the process. What a diagram links is compared, too:
the elements of another process carry its id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from engine.bpmn.compile import executable_process
from engine.bpmn.linked import in_texts
from engine.bpmn.model import EventDefinition, Flow, Loop, Node, Process
from engine.bpmn.read import read
from engine.bpmn.unread import Unread, unread

#: What of an element is where it stands in the file, not what it says.
_NOT_COMPARED = frozenset({"id", "line", "extensions", "foreign"})
_NOTHING: Unread = {}


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
    process: str | None = None  #: the linked process in which it stands; None in the diagram's own


@dataclass(frozen=True, slots=True)
class Element:
    """An element that one of the diagrams has alone."""

    id: str
    kind: str
    name: str | None
    process: str | None = None  #: the linked process in which it stands; None in the diagram's own


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


@dataclass(frozen=True, slots=True)
class Stored:
    """A diagram as it is stored: its file, and the files of what it links, by process id."""

    bpmn: bytes
    linked: Mapping[str, str]


def compare_stored(old: Stored, new: Stored) -> Comparison:
    """What turns one stored diagram into another, with what they link. Raises UnreadableDiagram."""
    parts = [_compared(old.bpmn, new.bpmn)]
    for process in sorted(old.linked.keys() | new.linked.keys()):
        if old.linked.get(process) != new.linked.get(process):
            parts.append(_linked(process, old.linked, new.linked))
    return Comparison(
        added=tuple(one for part in parts for one in part.added),
        removed=tuple(one for part in parts for one in part.removed),
        changed=tuple(one for part in parts for one in part.changed),
    )


def _compared(old: bytes, new: bytes) -> Comparison:
    before, after = executable_process(read(old)), executable_process(read(new))
    return compare(before, after, unread(old), unread(new))


def _linked(id: str, old: Mapping[str, str], new: Mapping[str, str]) -> Comparison:
    """One linked process; one that is linked only before, or only now, is removed or added as a whole."""
    before, after = in_texts(old)(id), in_texts(new)(id)
    if before is None or after is None:
        there = after or before
        alone = (Element(id, "process", there.process.name, id),) if there else ()
        return Comparison(alone if before is None else (), alone if after is None else (), ())
    found = compare(before.process, after.process, unread(before.bpmn), unread(after.bpmn))
    return Comparison(
        tuple(replace(one, process=id) for one in found.added),
        tuple(replace(one, process=id) for one in found.removed),
        tuple(replace(one, process=id) for one in found.changed),
    )


def compare(old: Process, new: Process, unread_old: Unread = _NOTHING, unread_new: Unread = _NOTHING) -> Comparison:
    """What turns the process `old` into `new`; the others are what their files say and the model has no place for."""
    before, after = _elements(old), _elements(new)

    def changes(id: str) -> tuple[Change, ...]:
        unknown = _extension_changes(unread_old.get(id, {}), unread_new.get(id, {}))
        return (*_changes(before[id], after[id]), *unknown)

    both = [id for id in after if id in before]
    changed = [Changed(id, _kind(after[id]), after[id].name, changes(id)) for id in both]
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
