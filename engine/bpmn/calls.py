"""Call activities: a process of the same file, run where it is called. What it holds belongs to the process that runs.

A call activity with `ow:commitment` of a regime that verifies afterwards is another thing: the process that it names is
*linked*, a case of its own; here a token only walks through.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from engine.bpmn.model import Diagram, Node, Process

#: The regimes whose verification is a linked case; a tolerance is supplied within its own.
LINKING = frozenset({"post-verification", "commitment"})


def regime_of(node: Node) -> str | None:
    """The way of credit first that a call activity stands for, or None."""
    return (node.extension("commitment") or {}).get("regime") if node.tag == "callActivity" else None


def is_linked(node: Node) -> bool:
    """Whether what a call activity names runs as a linked case, not here."""
    return regime_of(node) in LINKING


def linked_ids(process: Process) -> Iterator[str]:
    """The ids of the processes that its call activities link."""
    return (node.called_element for node in process.nodes if is_linked(node) and node.called_element)


def called_ids(process: Process) -> Iterator[str]:
    """The ids that its call activities name, of what runs here."""
    calls = (node for node in process.nodes if node.tag == "callActivity" and not is_linked(node))
    return (node.called_element for node in calls if node.called_element)


def mains(diagram: Diagram) -> tuple[Process, ...]:
    """The executable processes that no other process of the file calls or links: what may be started.

    Where none says anything of it and only one has anything in it, that one is meant, as engines take it.
    """
    named = ((each.id, name) for each in diagram.processes for name in (*called_ids(each), *linked_ids(each)))
    called = {name for id, name in named if name != id}
    marked = tuple(process for process in diagram.processes if process.executable)
    if marked:
        return tuple(process for process in marked if process.id not in called) or marked
    silent = [each for each in diagram.processes if each.executable is None and each.nodes and each.id not in called]
    return tuple(silent) if len(silent) == 1 else ()


def whole(diagram: Diagram, process: Process) -> Process:
    """A process with the nodes and flows of every process that it calls, and those call; each once."""
    by_id = {each.id: each for each in diagram.processes if each.id}
    taken = {process.id: process}
    todo = [process]
    while todo:
        for name in called_ids(todo.pop()):
            if name in by_id and name not in taken:
                taken[name] = by_id[name]
                todo.append(by_id[name])
    if len(taken) == 1:
        return process
    nodes = tuple(node for each in taken.values() for node in each.nodes)
    return replace(process, nodes=nodes, flows=tuple(flow for each in taken.values() for flow in each.flows))


def scope_of(node: Node) -> str | None:
    """The scope that an activity opens: its own, or that of the process it calls."""
    return node.called_element if node.tag == "callActivity" and not is_linked(node) else node.id
