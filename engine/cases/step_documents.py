"""The numbered documents that a step issues: planned while it is decided, numbered last, when nothing can fail any more."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from engine.bpmn.model import Node
from engine.cases.record import canonical, spell
from engine.cases.step_limits import CASE_OWNER
from engine.cases.step_store import LOAD_REVIEWS, NEXT_NUMBER, TaskRow
from engine.catalogue.demonstration_values import on_paper
from engine.clock import day_of
from engine.organization.routing import Assignment, route
from engine.register.document_templates import Facts, Template, compose, template_of
from engine.timelimits.ledger import Clock

if TYPE_CHECKING:
    from engine.cases.apply_step import StepDraft


#: The kinds that name the faults which stand.
FAULTS = ("rectification-notice", "refusal", "denial-decision")
#: The kinds that decide: the item's clock of delivery, where it has one, counts from the first of a case.
DECISIONS = ("grant-decision", "denial-decision", "certificate", "refusal", "revocation-decision")
DELIVERY_RUNS = "SELECT 1 FROM limits WHERE case_id = %s AND owner = 0 AND clock = 'delivery' LIMIT 1"
#: What a decision says of itself that takes effect only once it is verified: its paper must not pass for more.
NOT_YET = "上述许可待核验，现在尚未生效：核验通过之日起生效，逾期未核验的失效。是否生效，以验证码查询的结果为准。"
#: Where a review is asked for online, when the department's own channel is not set (行政复议法 22).
ONLINE = "可以通过该机关公布的互联网渠道提交申请"
LOAD_MATERIALS = "SELECT name FROM materials WHERE case_id = %s AND state <> 'rejected' ORDER BY number"


@dataclass(frozen=True, slots=True)
class Planned:
    """A document to be issued: its kind, where it stands, the department that issues it, and what it says beside the case."""

    kind: str
    title: str
    body: str
    node: str = ""
    facts: Facts = field(default_factory=dict)
    content: str | None = None  #: its text, where who plans it has written it


def planned(draft: StepDraft, node: Node, when: str | None, department: str | None) -> list[Planned]:
    """The documents of a node that are due at this moment (`when` open | complete; None: all of them)."""
    due = [one for one in node.extensions.get("document", ()) if when is None or one.get("when", "complete") == when]
    return [
        Planned(str(one["kind"]), str(one.get("title") or one["kind"]), _issuer(draft, one, department), str(node.id))
        for one in due
    ]


RECEIPT = {"kind": "receipt", "title": "收件凭证", "titleEn": "Receipt"}
ACCEPTANCE_NOTICE = {"kind": "acceptance-notice", "title": "受理通知书", "titleEn": "Notice of acceptance"}
#: What every case has from the window, however it ends.
WINDOW_KINDS = (RECEIPT["kind"], ACCEPTANCE_NOTICE["kind"])


def plan_at_window(draft: StepDraft, document: Mapping[str, Any], content: str) -> None:
    """Plan a document of the window that takes applications in and answers them."""
    node = str(_window_node(draft).id)
    kind, title = str(document["kind"]), str(document["title"])
    draft.documents.append(Planned(kind, title, window_department(draft), node, content=content))


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


def plan_document(draft: StepDraft, kind: str, department: str, facts: Facts, node: str = "") -> None:
    """Issue a document of this kind with the step, beside those that the diagram names; its text is that of the kind.

    What the text needs is in `needs` of `register/templates/<kind>.<version>.txt`; what the case says of itself is known.
    """
    draft.documents.append(Planned(kind, template_of(kind).title, department, node, facts))


def issue(draft: StepDraft, what: Planned) -> dict[str, Any]:
    """Give a document its number in a gap-free series (lock order: numbers last), record it, and answer its row.

    Raises:
        DocumentIncomplete: it lacks what the law wants in it.
    """
    template, issuer = template_of(what.kind), _name(draft, what.body)
    content = what.content
    if content is None:
        content = _faults_that_stand(draft) if what.kind in FAULTS else _not_yet(draft, what.kind)
    composed = compose(template, _facts(draft, what, template, issuer, content))
    # The series is what is printed: two kinds under one title, or two bodies of one name, share it.
    year = day_of(draft.case.now).year
    (found,), running = draft.uow.read((NEXT_NUMBER, (issuer, what.title, year)), (DELIVERY_RUNS, (draft.case.id,)))
    number = f"{issuer}{what.title}〔{year}〕{found['last']}号"
    code, text = new_code(), f"{template.kind}/{template.version}"
    data = canonical(
        {
            "applicant": str(draft.case.applicant.get("name") or ""),
            "addressed": template.addressed,
            "body": issuer,
            "case": draft.case.number,
            "code": code,
            "date": chinese_day(day_of(draft.case.now)),
            "number": number,
            "paragraphs": composed.paragraphs,
            "remedy": composed.remedy,
            "signed": template.signed,
            "text": text,
            "title": what.title,
        }
    )
    facts = {"number": number, "kind": what.kind, "body": what.body, "title": what.title}
    facts |= {"code": code, "template": text, "template_hash": template.sha256}
    told: dict[str, Any] = dict(facts)
    clock = draft.live.item.time_limits.clocks.get(Clock.DELIVERY)
    waits = not running and draft.house.after_decision.delivery_waits(draft)
    if clock and what.kind in DECISIONS and not running and not waits and not _starts_delivery(draft):
        ledger = draft.start_limits(CASE_OWNER, Clock.DELIVERY, clock.limit, draft.case.now, ground=clock.basis)
        told = {**facts, "ledger": ledger}
    personal = {"content": content, "data": data}
    draft.entries.append(draft.entry("document.issued", told, what.node, personal))
    draft.uow.job("render_document", {"number": number})
    row = facts | {"case_id": str(draft.case.id), "node": what.node, "content": content, "data": data}
    return row | {"issued_at": spell(draft.case.now)}


def _not_yet(draft: StepDraft, kind: str) -> str:
    return NOT_YET if kind in DECISIONS and draft.house.after_decision.delivery_waits(draft) else ""


def _starts_delivery(draft: StepDraft) -> bool:
    """Whether an earlier document of this step has started the clock of delivery."""
    return any(key.clock == Clock.DELIVERY for key in draft.ledgers)


def new_code() -> str:
    """A verification code: 80 random bits, so that nobody finds a document by trying."""
    return base64.b32encode(os.urandom(10)).decode()


def chinese_day(day: date | None) -> str:
    """A day as documents print it."""
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


def _facts(draft: StepDraft, what: Planned, template: Template, issuer: str, content: str) -> Facts:
    """What the case says of itself, and what the step adds."""
    case, item = draft.case, draft.live.item
    department = draft.directory.departments.get(what.body)
    due = draft.due_dates_of_case().get("promised")
    said = draft.closing.opinion.strip() if draft.closing is not None else ""
    known: dict[str, str | Sequence[str]] = {
        "applicant": str(case.applicant.get("name") or ""),
        "item": item.name,
        "case": case.number,
        "body": issuer,
        "received_on": chinese_day(day_of(case.submitted_at)),
        "accepted_on": chinese_day(day_of(draft.accepted_at) if draft.accepted_at else None),
        "due": chinese_day(date.fromisoformat(due) if due else None),
        "basis": "、".join(f"《{one.act}》{one.article}" for one in item.legal_basis),
        "content": content,
        "reason": said or ("" if content == NOT_YET else content),
        "findings": [said] if said else [],
        "verifiers": draft.uow.actor.name,
        "revoked": item.name,
        "review_body": draft.directory.review_body(what.body) if department else "",
        "review_channel": (department and department.review_channel) or ONLINE,
    }
    if "* {materials}" in template.paragraphs:
        (rows,) = draft.uow.read((LOAD_MATERIALS, (case.id,)))
        known["materials"] = [row["name"] for row in rows]
    followed = draft.house.after_decision.document_facts(draft, what.kind, said) if case.process else {}
    facts = known | dict(followed) | dict(draft.document_facts.get(what.kind, {})) | dict(what.facts)
    return on_paper(facts) if item.listing.demonstration else facts


def deciding_department(draft: StepDraft, decision: str | None) -> str:
    """The department that decides in this step: that of the task which decided, else the one of the item's leading function."""
    task = draft.closing.task if draft.closing is not None else None
    return _issuer(draft, {}, task.department_id if task is not None and decision in (None, task.node) else None)


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
