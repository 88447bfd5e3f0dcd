"""Call activities: what they call is in the file, and never comes back to where it was called."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.calls import called_ids, is_linked
from engine.bpmn.model import Finding
from engine.bpmn.rules.rule import ERROR, Rule
from engine.bpmn.rules.subject import Subject, spread

CALL_MISSING = Rule(
    "call-missing",
    ERROR,
    "调用活动{what}调用的流程“{called}”不在文件中",
    "The process “{called}” that the call activity {what} calls is not in the file",
    "请把被调用的流程放进同一文件，或画成子流程",
    "Put the called process into the same file, or draw a sub-process",
)
CALL_RECURSIVE = Rule(
    "call-recursive",
    ERROR,
    "调用活动{what}会回到自身所在的流程（{path}），永远不会结束",
    "The call activity {what} comes back to its own process ({path}): it would never end",
    "请用循环网关代替递归调用",
    "Draw the loop with a gateway instead",
)
RULES = (CALL_MISSING, CALL_RECURSIVE)


def check(subject: Subject) -> Iterator[Finding]:
    """Each call leads to a process of the file, and none comes back to where it is."""
    processes = {process.id: process for process in subject.diagram.processes if process.id}
    calls = {id: sorted(set(called_ids(process)) & processes.keys()) for id, process in processes.items()}
    within = {node.scope: process.id for process in subject.diagram.processes for node in process.nodes}
    for node in subject.nodes():
        if node.tag != "callActivity" or (is_linked(node) and node.called_element):
            continue  # a linked process may be in another file; `credit_first` looks for it
        if node.called_element not in processes:
            yield CALL_MISSING.at(node, called=node.called_element or "")
        elif subject.bearable and within[node.scope] in spread([node.called_element], lambda id: calls[id]):
            yield CALL_RECURSIVE.at(node, path=f"{within[node.scope]} → {node.called_element}")
