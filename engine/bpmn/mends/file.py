"""Mends of the file as a whole: which process is the one to run."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.mends.mend import FILE, Maker, Mend, asked, called, fix_id, safe
from engine.bpmn.mends.sheet import Sheet, bpmn, ref
from engine.bpmn.model import Finding
from engine.bpmn.read_extensions import Xml, local_name

_YES = ("true", "1")


def _not_executable(sheet: Sheet, finding: Finding) -> Mend | None:
    processes = [process for process in sheet.processes() if process.get("id")]
    drawn = [process for process in processes if sheet.nodes(process)] or processes
    if not drawn:
        return None
    if len(drawn) == 1:
        id = drawn[0].get("id")
        does = (
            f"把流程“{_name(sheet, drawn[0])}”标记为可执行",
            f"Marks the process “{_name(sheet, drawn[0])}” executable",
        )
        return safe(fix_id(finding), does, lambda sheet: _mark(sheet, id), FILE)
    return _which(sheet, finding, drawn)


def _several(sheet: Sheet, finding: Finding) -> Mend | None:
    marked = [process for process in sheet.processes() if process.get("isExecutable", "").strip() in _YES]
    named = [process for process in marked if process.get("id")]
    return _which(sheet, finding, named) if len(named) > 1 else None


def _which(sheet: Sheet, finding: Finding, processes: list[Xml]) -> Mend:
    question = (
        "图中有几个流程（泳池），由一窗办理的是哪一个？其余的视为外部参与方",
        "There are several processes (pools). Which one runs here? The others are partners outside",
    )
    does = ("只把选中的流程标记为可执行", "Marks the one that is chosen executable, and no other")
    options = [
        (process.get("id"), _told(sheet, process, "个节点"), _told(sheet, process, " nodes")) for process in processes
    ]
    best = max(processes, key=lambda process: _weight(sheet, process))
    return asked(fix_id(finding), does, question, options, best.get("id"), _mark, FILE)


def _told(sheet: Sheet, process: Xml, nodes: str) -> str:
    return f"{_name(sheet, process)} ({len(sheet.nodes(process))}{nodes})"


def _name(sheet: Sheet, process: Xml) -> str:
    if process.get("name"):
        return called(process)
    pools = [p for p in sheet.root.iter(bpmn("participant")) if ref(p.get("processRef")) == process.get("id")]
    return called(pools[0] if pools and pools[0].get("name") else process)


def _weight(sheet: Sheet, process: Xml) -> tuple[int, int]:
    """How much is going on in a process: one with a beginning and tasks that are joined by flows comes first."""
    nodes = sheet.nodes(process)
    whole = any(local_name(node) == "startEvent" for node in nodes)
    return sum(bool(sheet.flows_in(node) or sheet.flows_out(node)) for node in nodes) + whole, len(nodes)


def _mark(sheet: Sheet, id: str) -> bool:
    chosen = sheet.find(id, "process")
    if chosen is None:
        return False
    for process in sheet.processes():
        if process is chosen:
            process.set("isExecutable", "true")
        elif process.get("isExecutable", "").strip() in _YES:
            process.set("isExecutable", "false")
    return True


MENDS: Mapping[str, Maker] = {
    "not-executable": _not_executable,
    "executable-unmarked": _not_executable,
    "several-executable": _several,
}
