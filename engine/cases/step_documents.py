"""The numbered documents that a step issues: planned while it is decided, numbered last, when nothing can fail any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.bpmn.model import Node
from engine.cases.record import spell
from engine.cases.step_store import LOAD_REVIEWS, NEXT_NUMBER, TaskRow
from engine.clock import day_of
from engine.organization.routing import Assignment, route

if TYPE_CHECKING:
    from engine.cases.apply_step import StepDraft


@dataclass(frozen=True, slots=True)
class Planned:
    """A document to be issued: its `ow:document`, the node it stands at, and the department that issues it.

    `content` is its text, where who plans it has written it.
    """

    node: Node
    document: Mapping[str, Any]
    body: str
    content: str | None = None


def planned(draft: StepDraft, node: Node, when: str | None, department: str | None) -> list[Planned]:
    """The documents of a node that are due at this moment (`when` open | complete; None: all of them)."""
    due = [one for one in node.extensions.get("document", ()) if when is None or one.get("when", "complete") == when]
    return [Planned(node, one, _issuer(draft, one, department)) for one in due]


RECEIPT = {"kind": "receipt", "title": "收件凭证", "titleEn": "Receipt"}
ACCEPTANCE_NOTICE = {"kind": "acceptance-notice", "title": "受理通知书", "titleEn": "Notice of acceptance"}
#: What every case has from the window, however it ends.
WINDOW_KINDS = (RECEIPT["kind"], ACCEPTANCE_NOTICE["kind"])


def plan_at_window(draft: StepDraft, document: Mapping[str, Any], content: str) -> None:
    """Plan a document of the window that takes applications in and answers them."""
    draft.documents.append(Planned(_window_node(draft), document, window_department(draft), content))


def _window_node(draft: StepDraft) -> Node:
    """The node at which what the window issues stands: its task, else where the process begins."""
    nodes = draft.live.compiled.nodes
    return nodes[draft.live.acceptance_node] if draft.live.acceptance_node else next(iter(nodes.values()))


def window_task(draft: StepDraft) -> TaskRow | None:
    """The open task at which the window answers."""
    return next((task for task in draft.case.tasks if task.node == draft.live.acceptance_node), None)


def window_department(draft: StepDraft) -> str:
    """The department that answers: that of the open window task, else the one of the item's accepting function."""
    window = window_task(draft)
    if window is not None:
        return window.department_id
    wanted = Assignment(draft.live.item.accept_function)
    return route(draft.directory, wanted, draft.case.region_code, day_of(draft.case.now)).department_id


def issue(draft: StepDraft, what: Planned) -> dict[str, Any]:
    """Give a document its number in a gap-free series (lock order: numbers last), record it, and answer its row."""
    kind, year = str(what.document["kind"]), day_of(draft.case.now).year
    title, issuer = str(what.document.get("title") or kind), _name(draft, what.body)
    # The series is what is printed: two kinds under one title, or two bodies of one name, share it.
    ((found,),) = draft.uow.read((NEXT_NUMBER, (issuer, title, year)))
    number = f"{issuer}{title}〔{year}〕{found['last']}号"
    content = what.content
    if content is None:
        content = _faults_that_stand(draft) if kind == "rectification-notice" else ""
    facts = {"number": number, "kind": kind, "body": what.body, "title": title}
    draft.entries.append(draft.entry("document.issued", facts, str(what.node.id), {"content": content}))
    row = {"number": number, "case_id": str(draft.case.id), "kind": kind, "title": title, "body": what.body}
    return row | {"node": what.node.id, "content": content, "issued_at": spell(draft.case.now)}


def _issuer(draft: StepDraft, document: Mapping[str, Any], department: str | None) -> str:
    function = document.get("function")
    if department is not None and not function:
        return department
    wanted = Assignment(str(function or draft.live.item.lead_function), draft.live.item.level)
    return route(draft.directory, wanted, draft.case.region_code, day_of(draft.case.now)).department_id


def _faults_that_stand(draft: StepDraft) -> str:
    """Every fault that the latest review of each department found, a numbered line each (one list, 行政许可法 32)."""
    (rows,) = draft.uow.read((LOAD_REVIEWS, (draft.case.id,)))
    if draft.closing is not None:
        task = draft.closing.task
        rows.append(
            {"node": task.node, "name": task.name, "department_id": task.department_id, "item": task.item}
            | {"outcome": draft.closing.outcome, "text": draft.closing.opinion}
        )
    latest = {(row["node"], row["department_id"], str(row["item"])): row for row in rows}
    faults = [row for row in latest.values() if _is_fault(draft, row["node"], row["outcome"])]
    return "\n".join(
        f"{n}. {_name(draft, row['department_id'])}（{row['name']}）：{row['text'] or ''}"
        for n, row in enumerate(faults, 1)
    )


def _is_fault(draft: StepDraft, node: str, outcome: str | None) -> bool:
    """An outcome that needs words is one that finds a fault."""
    declared = draft.live.compiled.nodes[node].extension("outcomes") or {}
    return outcome in (declared.get("opinionRequiredFor") or ())


def _name(draft: StepDraft, department_id: str) -> str:
    found = draft.directory.departments.get(department_id)
    return found.name if found else department_id
