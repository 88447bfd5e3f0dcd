"""Processes that a diagram links by `ow:commitment`: in the same file, else in a library of files, looked up by process id.

A library is asked only about what a diagram links, so that a folder of a thousand files costs nothing until then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from engine.bpmn.calls import linked_ids
from engine.bpmn.model import Diagram, Process
from engine.bpmn.read import UnreadableDiagram, read

#: What every permit may come to, whatever its diagram links (行政许可法 69).
ALWAYS = ("revocation",)
TEMPLATES = "templates"  #: the folder of shared processes, among those of the items
MOST_FILES = 200  #: of one folder that are looked into


@dataclass(frozen=True, slots=True)
class Source:
    """A process with the file it stands in."""

    process: Process
    diagram: Diagram
    bpmn: bytes


Library = Callable[[str], Source | None]


def nothing(process: str) -> Source | None:
    """The library without a file."""
    return None


def in_folders(*folders: Path) -> Library:
    """The processes in the files of folders; the first that has it counts."""

    def find(process: str) -> Source | None:
        return next((source for folder in folders for source in _sources(folder) if source.process.id == process), None)

    return find


def in_texts(texts: Mapping[str, str]) -> Library:
    """The processes that a version keeps, by id."""

    def find(process: str) -> Source | None:
        text = texts.get(process)
        if text is None:
            return None
        bpmn = text.encode()
        diagram = read(bpmn)
        return next((Source(each, diagram, bpmn) for each in diagram.processes if each.id == process), None)

    return find


def either(*libraries: Library) -> Library:
    """The libraries as one; the first that has a process counts."""
    return lambda process: next(filter(None, (library(process) for library in libraries)), None)


def frozen(diagram: Diagram, bpmn: bytes, library: Library) -> dict[str, str]:
    """The files of all that a diagram links and that is linked from there, by process id: what a published version keeps.

    What every permit may come to is kept, too, where the library has it.
    """
    found: dict[str, str] = {}
    todo = [(name, diagram, bpmn) for process in diagram.processes for name in linked_ids(process)]
    todo += [(name, diagram, bpmn) for name in ALWAYS]
    while todo:
        name, near, content = todo.pop()
        source = find(name, near, content, library)
        if source is not None and name not in found:
            found[name] = source.bpmn.decode("utf-8", "replace")
            todo += [(one, source.diagram, source.bpmn) for one in linked_ids(source.process)]
    return found


def find(process: str, diagram: Diagram, bpmn: bytes, library: Library) -> Source | None:
    """A linked process: of the same file first."""
    own = next((each for each in diagram.processes if each.id == process), None)
    return Source(own, diagram, bpmn) if own is not None else library(process)


def _sources(folder: Path) -> Iterator[Source]:
    for path in sorted(folder.glob("*.bpmn"))[:MOST_FILES]:
        stat = path.stat()
        read_before = _read(path, stat.st_mtime_ns, stat.st_size)
        if read_before is not None:
            diagram, bpmn = read_before
            yield from (Source(process, diagram, bpmn) for process in diagram.processes)


@lru_cache(maxsize=MOST_FILES)
def _read(path: Path, changed: int, size: int) -> tuple[Diagram, bytes] | None:
    try:
        bpmn = path.read_bytes()
        return read(bpmn), bpmn
    except (OSError, UnreadableDiagram):
        return None
