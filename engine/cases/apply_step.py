"""The one joint between BPMN and the case: a Step becomes task rows, limits, documents, entries of the record, and jobs.

Submitting, accepting, completing, a timer that fires, the answer of an outside call: all of them pass through here. First
`StepDraft` decides, on frozen values; then `write_step` queues the rows. Nothing is sent before the unit of work ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from engine.bpmn.faults import StepTooLong
from engine.bpmn.model import Node
from engine.bpmn.run import MOST_FIRINGS, ProcessRun
from engine.bpmn.step import Call, Facts, Opened, Step
from engine.bpmn.timers import counting_by
from engine.cases import case_clocks, tolerance, votes
from engine.cases.end_procedure import end_with_case, end_with_node
from engine.cases.house import House, LiveDefinition
from engine.cases.lateness import card_case_without_reason, card_task_without_reason, check_conclusion, note_late_reason
from engine.cases.record import Entry, canonical, chain, spell
from engine.cases.states import TaskState, move_case
from engine.cases.step_documents import (
    ACCEPTANCE_NOTICE,
    Planned,
    issue,
    plan_at_window,
    plan_document,
    planned,
    window_department,
)
from engine.cases.step_limits import (
    CASE_OWNER,
    KINDS,
    UNTIL_DECISION,
    Ledger,
    LimitKey,
    almanacs_of,
    entry_rows,
    facts_of,
    index_row,
    reindex,
)
from engine.cases.step_store import CaseRow, TaskRow, Written, write_step
from engine.catalogue.regimes import ORDINARY
from engine.clock import day_of
from engine.organization.actor import Actor
from engine.organization.directory import Directory
from engine.organization.routing import Route, department_for, route, wanted_of
from engine.plugins.handlers import ServiceAnswer, ServiceCall
from engine.timelimits.ledger import Clock, LedgerEntry, Standing
from engine.timelimits.ledger import Entry as LimitEntry
from engine.timelimits.limits import Limit, due, passes_at
from engine.unit_of_work import UnitOfWork

#: What a case keeps by node: the last outcome, all outcomes of the latest visit, how its latest vote stands, and how often
#: each instance was open; how many timers fired since anybody did anything; the open special procedures, with their tasks;
#: and what was decided before its check (`credit_first`).
PROGRESS = ("outcomes", "all_outcomes", "visits", "idle", "procedures", "issued", "tolerated", "votes")
#: How a task ends that the process went past: its state, and the entry of the record.
CANCELLED = (TaskState.CANCELLED, "task.cancelled")
_FREE_KEY = "DELETE FROM open_applications WHERE case_id = %s"


@dataclass(frozen=True, slots=True)
class Closing:
    """How the task that this step completes is closed, and the form fields that come with it."""

    task: TaskRow
    outcome: str | None
    opinion: str
    form: Mapping[str, Any] = field(default_factory=dict)
    late_reason: str = ""


def run_facts(case: CaseRow, progress: Mapping[str, Any], form: Mapping[str, Any]) -> Facts:
    """What the conditions of the diagram may read of this case (docs/extensions.md lists the names)."""
    return Facts(
        case={
            "number": case.number,
            "item": case.item,
            "region": case.region_code,
            "channel": case.channel,
            "regime": case.regime or ORDINARY,
            "state": case.state,
            "received_on": day_of(case.received_at).isoformat(),
            "accepted_on": day_of(case.accepted_at).isoformat() if case.accepted_at else None,
            "round": max(progress["visits"].values(), default=1),
            "outcomes": progress["outcomes"],
            "all_outcomes": {node: outcomes for node, (_, outcomes) in progress["all_outcomes"].items()},
            "votes": {node: vote["result"] for node, vote in progress["votes"].items()},
        },
        form=form,
        applicant=case.applicant,
    )


@dataclass(slots=True)
class StepDraft:
    """One step of one case in the making: what it reads is frozen, what it decides is gathered as rows."""

    house: House
    uow: UnitOfWork
    case: CaseRow
    live: LiveDefinition
    directory: Directory
    progress: dict[str, Any]
    form: dict[str, Any]
    state: str
    result: str | None
    accepted_at: datetime | None
    concluded_at: datetime | None = None
    closing: Closing | None = None
    entries: list[Entry] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    closed_tasks: list[dict[str, Any]] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)  #: clocks, as `LimitKey.name`
    ledgers: dict[LimitKey, Ledger] = field(default_factory=dict)  #: those this step starts
    moved: dict[LimitKey, Ledger] = field(default_factory=dict)  #: those that were there and have new entries
    issued: list[dict[str, Any]] = field(default_factory=list)  #: documents that have their numbers already
    opinions: list[dict[str, Any]] = field(default_factory=list)
    late_reasons: list[dict[str, Any]] = field(default_factory=list)
    documents: list[Planned] = field(default_factory=list)
    document_facts: dict[str, Mapping[str, Any]] = field(
        default_factory=dict
    )  #: by kind, what only who makes the step can say
    calls: list[Call] = field(default_factory=list)
    owes_no_reason: bool = False  #: what the law deems done, and what is withdrawn, is not finished late by anybody
    settled: bool = False  #: of a linked case: who makes this step has said already what it comes to
    was_waiting: frozenset[str] = frozenset()  #: the timers and calls that were pending before the step

    @classmethod
    def of(cls, house: House, uow: UnitOfWork, case: CaseRow) -> StepDraft:
        """A draft on a locked case."""
        progress = {name: dict(case.progress.get(name, {})) for name in PROGRESS}
        _count_by_calendar(house, case)
        return cls(
            house,
            uow,
            case,
            house.definition(uow, case.definition_id, case.offer_id, case.process),
            house.directory(uow, case.organization_version),
            progress,
            dict(case.form),
            case.state,
            case.result,
            case.accepted_at,
            case.concluded_at,
        )

    # -- decisions

    def accept(self, as_of: datetime | None = None, ground: str = "") -> None:
        """受理: the case is taken in hand and its own limits start; `as_of` an earlier instant where the law deems it so."""
        self.state = move_case(self.state, "accept", self.case.number)
        self.accepted_at = as_of or self.case.now
        started = case_clocks.accepted(self, self.accepted_at, ground)
        facts: dict[str, Any] = {"limits": self.due_dates_of_case(), **started}
        if as_of is not None:
            facts |= {"as_of": spell(as_of), "ground": ground}
        self.entries.append(self.entry("case.accepted", facts))
        plan_at_window(self, ACCEPTANCE_NOTICE, _due_text(self.due_dates_of_case()))
        if promised := tolerance.promise_facts(self):
            plan_document(self, tolerance.PROMISE, window_department(self), promised)

    def close(self, closing: Closing) -> None:
        """办理: the open task is completed with an outcome and an opinion."""
        task, actor = closing.task, self.uow.actor
        self.closing = closing
        self.progress["idle"] = {}
        self._note_outcome(task, closing.outcome)
        stops = self._close_row(task, TaskState.COMPLETED, actor.id, actor.name, closing.outcome)
        stops += case_clocks.completed(self, task.node)
        facts = {"task": task.number, "outcome": closing.outcome, "department": task.department_id, "stops": stops}
        node = self.live.compiled.nodes[task.node]
        personal = {"opinion": closing.opinion, "handler": actor.name} | form_values(self._changed(closing.form))
        self.form.update(closing.form)
        facts |= note_late_reason(self, closing, node)
        card_task_without_reason(self, closing)
        personal |= {"late_reason": closing.late_reason} if self.late_reasons else {}
        self.entries.append(self.entry("task.completed", facts, task.node, personal))
        if closing.opinion:
            self.opinions.append(self._opinion(closing))
        self._plan_documents(node, "complete", task.department_id)

    def send_back(self, closing: Closing, to: str) -> None:
        """退回: the open task is returned to another; what only its completion ends goes on."""
        task, actor = closing.task, self.uow.actor
        self.closing = closing
        self.progress["idle"] = {}
        self.progress["outcomes"].pop(
            task.node, None
        )  # what its round had come to so far does not stand: it is not done
        self.progress["all_outcomes"].pop(task.node, None)
        stops = self._close_row(task, TaskState.RETURNED, actor.id, actor.name, None, to)
        facts = {"task": task.number, "to": to, "department": task.department_id, "stops": stops}
        facts |= note_late_reason(self, closing, self.live.compiled.nodes[task.node])
        card_task_without_reason(self, closing)
        personal = {"opinion": closing.opinion, "handler": actor.name}
        personal |= {"late_reason": closing.late_reason} if self.late_reasons else {}
        self.entries.append(self.entry("task.returned", facts, task.node, personal))
        self.opinions.append(self._opinion(closing))

    def _opinion(self, closing: Closing) -> dict[str, Any]:
        task = closing.task
        return {
            "case_id": str(self.case.id),
            "task": task.number,
            "officer_id": self.uow.actor.id,
            "department_id": task.department_id,
            "outcome": closing.outcome,
            "text": closing.opinion,
            "at": spell(self.case.now),
        }

    def note_firing(self, token: int) -> None:
        """Count a timer that fires; timers that go round by themselves for ever are an incident.

        Raises:
            StepTooLong: too many in a row without anybody doing anything.
        """
        fired = self.progress["idle"].get("timers", 0) + 1
        if fired > MOST_FIRINGS:
            raise StepTooLong(most=MOST_FIRINGS, node=f"timer {token}")
        self.progress["idle"] = {"timers": fired}

    def _note_outcome(self, task: TaskRow, outcome: str | None) -> None:
        visit, outcomes = self.progress["all_outcomes"].get(task.node, (0, []))
        outcomes = [*outcomes, outcome] if visit == task.visit else [outcome]
        self.progress["all_outcomes"][task.node] = [task.visit, outcomes]
        self.progress["outcomes"][task.node] = outcome

    def _changed(self, form: Mapping[str, Any]) -> dict[str, Any]:
        """The fields that a form adds or changes: they go into the record."""
        return {name: value for name, value in form.items() if name not in self.form or self.form[name] != value}

    def resume(self) -> ProcessRun:
        """The run of the case, with the facts as this step has them by now."""
        assert self.case.run is not None
        facts = run_facts(self.case, self.progress, self.form)
        run = ProcessRun.resume(self.live.compiled, self.case.run, facts, self.case.now)
        self.was_waiting = _waiting(run)
        return run

    def follow(self, run: ProcessRun, step: Step) -> None:
        """Take over what a step of the run did; inside handlers run here, until the run waits for somebody else."""
        self._take(step)
        while self.calls:
            call = self.calls.pop(0)
            self._take(self._handle(run, call))
        if step.ended or run.step.ended:
            self.conclude()

    def _take(self, step: Step) -> None:
        for closed in step.closed:
            if self.closing is None or closed.token != self.closing.task.number:
                self._cancel(closed.token, votes.CALLED_OFF if closed.how == "decided" else CANCELLED)
        for voted in step.votes:
            votes.note(self, voted)
        for left in step.left:
            if self._limit_of(left.node):
                facts = {"scope": left.token, "stops": self.stop(left.token, Clock.NODE)}
                self.entries.append(self.entry("scope.left", facts, left.node))
        for entered in step.entered:
            if limit := self._limit_of(entered.node):
                started = self.start_limits(entered.token, Clock.NODE, limit, self.case.now)
                self.entries.append(
                    self.entry("scope.entered", {"scope": entered.token, "ledger": started}, entered.node)
                )
        for opened in step.opened:
            self._open(opened)
        for end in step.ends:
            value = (self.live.compiled.nodes[end].extension("result") or {}).get("value")
            if value:
                self.result = str(value)
                self.entries.append(self.entry("end.reached", {"result": self.result}, end))
        for linked in step.linked:
            self.house.after_decision.passed(self, linked)
        for call in step.calls:
            if self.house.handlers.is_outside(call.handler):
                self.uow.job("call_outside", {"case_id": str(self.case.id), "token": call.token})
            else:
                self.calls.append(call)

    def _handle(self, run: ProcessRun, call: Call) -> Step:
        node = self.live.compiled.nodes[call.node]
        answer = self.house.handlers.get(call.handler, call.node)(self.service_call(call.token, node))
        if answer.issue_document:
            self.plan_service_document(node)
        self.take_answer(call, answer)
        return run.result(call.token, answer.outcome)

    def take_answer(self, call: Call, answer: ServiceAnswer) -> None:
        """Take over what a handler answered: the outcome that conditions read, and form fields, both recorded."""
        facts = {"handler": call.handler, "outcome": answer.outcome}
        self.entries.append(self.entry("service.done", facts, call.node, form_values(self._changed(answer.form))))
        self.form.update(answer.form)
        self.progress["outcomes"][call.node] = answer.outcome

    def take_message(self, message: str, payload: Mapping[str, Any]) -> None:
        """Take over a message: its values become form fields, recorded as such."""
        personal = form_values(self._changed(payload))
        self.entries.append(self.entry("message.delivered", {"message": message}, None, personal))
        self.form.update(payload)
        self.progress["idle"] = {}

    def due_dates_of_case(self) -> dict[str, str]:
        """The due days of the case's own limits that this step starts."""
        now = self.case.now
        mine = {
            key.kind: one for key, one in self.ledgers.items() if (key.owner, key.clock) == (CASE_OWNER, Clock.DECISION)
        }
        return {kind: one.stands(now).due_date.isoformat() for kind, one in mine.items()}

    def _due_dates(self, owner: int) -> dict[str, str]:
        now = self.case.now
        return {
            key.kind: one.stands(now).due_date.isoformat() for key, one in self.ledgers.items() if key.owner == owner
        }

    def plan_service_document(self, node: Node) -> None:
        """The document of a service task whose handler is through."""
        self._plan_documents(node, None, None)

    def service_call(self, token: int, node: Node) -> ServiceCall:
        """What a handler is told about this case."""
        facts = run_facts(self.case, self.progress, self.form)
        told = {"case": facts.case, "form": facts.form, "applicant": facts.applicant}
        return ServiceCall(f"{self.case.number}:{token}", self.case.number, str(node.id), told, node.extensions)

    def _limit_of(self, node: str) -> Mapping[str, Any]:
        return self.live.compiled.nodes[node].extension("timeLimit") or {}

    def _open(self, opened: Opened) -> None:
        case, node = self.case, self.live.compiled.nodes[opened.node]
        visit = self._visit(opened, node)
        assignment = node.extension("assignment") or {}
        applicant = bool(assignment.get("applicant"))
        where = self._route(assignment, opened)
        name, name_en, stage, stage_en = public_names(node)
        limit = node.extension("timeLimit") or {}
        started = self.start_limits(opened.token, Clock.NODE, limit, case.now, where.department_id)
        shown = self._shown(opened.token)
        self.tasks.append(
            {"case_id": str(case.id), "number": opened.token, "node": opened.node, "name": name, "name_en": name_en}
            | {"stage": stage, "stage_en": stage_en, "kind": "applicant" if applicant else "officer", "state": "open"}
            | {"visit": visit, "item": {"value": opened.item} if opened.item is not None else None}
            | {"region_code": where.region_code, "department_id": where.department_id, "officer_id": where.officer_id}
            | {"claimed_by": None, "route": {"fallback": where.fallback, "reasons": list(where.reasons)}}
            | {"opened_at": spell(case.now), "closed_at": None, "closed_by": None, "handler": None, "outcome": None}
            | {
                "due_date": shown.due_date.isoformat() if shown else None,
                "provisional": bool(shown and shown.provisional),
            }
            | {"due_at": spell(shown.due_at) if shown else None, "paused": False}
            | {"warn_at": spell(shown.warn_at) if shown and shown.warn_at else None}
        )
        row = self.tasks[-1]
        facts = {
            "task": opened.token,
            "department": where.department_id,
            "due": row["due_date"],
            "limits": self._due_dates(opened.token),
            "ledger": started,
            "kind": row["kind"],
            "officer": where.officer_id,
            "deputy_for": where.deputy_for,
            "region": where.region_code,
            "visit": row["visit"],
            "item": opened.item,
            "name": name,
            "provisional": row["provisional"],
            "route": list(where.reasons),
        }
        self.entries.append(self.entry("task.opened", facts, opened.node))
        self._plan_documents(node, "open", where.department_id)

    def _visit(self, opened: Opened, node: Node) -> int:
        """How often this instance was open; of several instances, how often their first was: they are one visit."""
        visits = self.progress["visits"]
        if opened.index and node.loop is not None and node.loop.kind != "standard":
            before = self.closing.task if self.closing is not None else None
            if node.loop.kind == "sequential" and before is not None and before.node == opened.node:
                return before.visit  # of one after the other: a second visit may have begun beside this one
            return int(visits.get(opened.node, 1))
        instance = f"{opened.node}#{opened.index}" if opened.index else opened.node
        visits[instance] = visits.get(instance, 0) + 1
        return int(visits[instance])

    def _route(self, assignment: Mapping[str, Any], opened: Opened) -> Route:
        wanted = wanted_of(assignment, self.live.item.lead_function, self.live.item.level, item=opened.item)
        region, day, locality = self.case.region_code, day_of(self.case.now), locality_of(self.form)
        known = department_for(self.directory, wanted, region, locality) is not None
        if self.case.process is None or known or wanted.function != self.live.item.accept_function:
            return route(self.directory, wanted, region, day, locality)
        # Of what follows a decision: nobody said in which township it lies, so the window that took the application in.
        found = route(self.directory, replace(wanted, level=None), region, day)
        return replace(found, reasons=(f"no {wanted.level} is known: the window of the application", *found.reasons))

    def _cancel(self, token: int, why: tuple[TaskState, str]) -> None:
        state, kind = why
        task = self.case.task(token)
        if task is not None:
            end_with_node(self, token)
            stops = self._close_row(task, state, None, None, None)
            self.entries.append(self.entry(kind, {"task": token, "stops": stops}, task.node))
            return
        for row in self.tasks:  # opened and taken away again within this one step
            if row["number"] == token:
                row |= {"state": state, "closed_at": spell(self.case.now)}
                facts = {"task": token, "stops": self.stop(token, Clock.NODE)}
                self.entries.append(self.entry(kind, facts, row["node"]))

    def _close_row(
        self,
        task: TaskRow,
        state: TaskState,
        by: str | None,
        handler: str | None,
        outcome: str | None,
        returned_to: str | None = None,
    ) -> list[str]:
        self.closed_tasks.append(
            {
                "number": task.number,
                "state": state,
                "closed_at": spell(self.case.now),
                "closed_by": by,
                "handler": handler,
            }
            | {"outcome": outcome, "claimed_by": task.claimed_by, "returned_to": returned_to}
        )
        return self.stop(task.number, Clock.NODE)

    def conclude(self) -> None:
        """办结: the case is over, its limits stop, and its applicant may apply for the same anew."""
        check_conclusion(self)
        card_case_without_reason(self)
        end_with_case(self)
        self.state = move_case(self.state, "conclude", self.case.number)
        self.concluded_at = self.case.now
        self.result = self.result or "completed"
        self.house.after_decision.concluding(self)
        stops = self.stop(CASE_OWNER, *UNTIL_DECISION)
        self.entries.append(self.entry("case.concluded", {"result": self.result, "stops": stops}))
        if self.live.item.intake.unique_by:
            self.uow.write(_FREE_KEY, (self.case.id,))

    # -- limits

    def start_limits(
        self,
        owner: int,
        clock: Clock,
        limit: Mapping[str, Any],
        since: datetime,
        department: str | None = None,
        ground: str = "",
    ) -> list[dict[str, Any]]:
        """Start the legal and the promised limit that are set; answers what the record says of it."""
        told = []
        for kind in KINDS:
            if limit.get(kind) is None:
                continue
            case = self.case
            key = LimitKey(owner, clock, kind)
            ledger = Ledger(key, case.region_code, department, almanacs_of(self.house, case.region_code, department))
            granted = Limit(int(limit[kind]), str(limit["unit"]))
            ledger.new.append(
                self.limit_entry(LimitEntry.START, since, granted, warn=limit.get("warnAt"), ground=ground)
            )
            self.ledgers[key] = ledger
            told += facts_of(entry_rows(ledger))
        return told

    def limit_entry(self, entry: LimitEntry, since: datetime, limit: Limit | None = None, **more: Any) -> LedgerEntry:
        """A line of a ledger, recorded now, by who acts."""
        case = self.case
        return LedgerEntry(entry, since, case.now, case.calendar_version, limit, actor=self.uow.actor.id, **more)

    def stop(self, owner: int, *clocks: Clock) -> list[str]:
        """Stop what runs of these clocks; answers their names, for the record."""
        names = [LimitKey(owner, clock, "").name for clock in clocks]
        self.stopped += names
        for key, ledger in self.ledgers.items():
            if key.name in names:
                granted = ledger.entries[0].limit
                ledger.new.append(self.limit_entry(LimitEntry.STOP, self.case.now, granted))
        return names

    def _shown(self, owner: int) -> Standing | None:
        """How the limit stands that a task shows: the promised one, or the legal one where nothing is promised."""
        found = {key.kind: one for key, one in self.ledgers.items() if key.owner == owner}
        ledger = found.get("promised") or found.get("legal")
        return ledger.stands(self.case.now) if ledger else None

    def _plan_documents(self, node: Node, when: str | None, department: str | None) -> None:
        self.documents += planned(self, node, when, department)

    def entry(
        self, kind: str, facts: Mapping[str, Any], node: str | None = None, personal: Mapping[str, str] | None = None
    ) -> Entry:
        """An entry of the record: who did it, holding which posts, at which node, by which version of the diagram."""
        actor = self.uow.actor
        posts = sorted(f"{department}:{title}" for department, title in actor.posts)
        said = {
            "actor": actor.id,
            "actor_kind": actor.kind,
            "posts": posts,
            "node": node,
            "definition": self.live.version,
        }
        return Entry(kind, {**said, **via(actor), **facts, "state": [self.case.state, self.state]}, personal)

    # -- what is left behind

    def store(self, run: ProcessRun | None) -> list[dict[str, Any]]:
        """Number the documents, chain the record, and queue every row and job of this step; answers the documents' rows."""
        case, uow = self.case, self.uow
        documents = [*self.issued, *(issue(self, one) for one in self.documents)]
        reindex(uow, case.id, list(self.moved.values()), case.now)
        events, seq, head = chain(case.id, case.seq, case.head, case.now, self.entries)
        look_at = run.step.waiting_until if run is not None and hasattr(run, "step") else case.look_at
        state = run.state if run is not None else case.run
        row = (
            self.state,
            self.result,
            _json(self.form),
            self.accepted_at,
            self.concluded_at,
            seq,
            head,
            case.now,
            state,
        )
        if events:
            uow.job("announce", {"case_id": str(case.id), "after": case.seq, "until": seq})
        write_step(
            uow,
            Written(
                case_id=case.id,
                case=(*row, look_at, _json(self.progress)),
                closed_tasks=self.closed_tasks,
                tasks=self.tasks,
                stopped=self.stopped,
                stopped_seq=seq,
                limits=[index_row(ledger, case.id, case.now) for ledger in self.ledgers.values()],
                limit_entries=[
                    row | {"case_id": str(case.id), "seq": seq}
                    for ledger in (*self.ledgers.values(), *self.moved.values())
                    for row in entry_rows(ledger)
                ],
                opinions=[opinion | {"seq": seq} for opinion in self.opinions],
                late_reasons=[reason | {"seq": seq} for reason in self.late_reasons],
                events=events,
                documents=[document | {"seq": seq} for document in documents],
                mended=self._mended(run),
            ),
        )
        return documents

    def _mended(self, run: ProcessRun | None) -> list[str]:
        """What incidents of this case may be about that this step has settled: the start, closed tasks, timers and calls
        that are not waited for any more."""
        if run is None:
            return []
        closed = (f"task:{row['number']}" for row in self.closed_tasks)
        return ["start", *closed, *(self.was_waiting - _waiting(run))]


def _count_by_calendar(house: House, case: CaseRow) -> None:
    """Timers such as `5 working-day` end where a limit of the case would: by the calendar of its region."""

    def count(start: datetime, amount: int, unit: str) -> datetime:
        almanac = house.almanac(case.region_code, None, case.calendar_version)
        return passes_at(due(almanac.calendar, start, Limit(amount, unit), almanac.hours))

    counting_by(count)


def _waiting(run: ProcessRun) -> frozenset[str]:
    """The armed timers and pending outside calls of a run, as subjects of incidents."""
    timers = (f"timer:{token}" for token in run.timers())
    return frozenset([*timers, *(f"call:{call.token}" for call in run.pending_calls())])


def locality_of(form: Mapping[str, Any]) -> str | None:
    """The region that the matter lies in, as the application's form says it; it may be below the case's."""
    said = form.get("locality")
    return said if isinstance(said, str) else None


def via(actor: Actor) -> dict[str, str]:
    """Through which client somebody acted, for the record; nothing when none was between."""
    return {"via": actor.via} if actor.via else {}


def public_names(node: Node) -> tuple[str, str, str, str]:
    """The node's public name and stage, in Chinese and in English."""
    public = node.extension("public") or {}
    name = str(public.get("name") or node.name or node.id)
    stage = str(public.get("stage") or "")
    return name, str(public.get("nameEn") or name), stage, str(public.get("stageEn") or stage)


def _due_text(due_dates: Mapping[str, str]) -> str:
    """What the notice of acceptance says of when the decision is due (行政许可法 42)."""
    said = [("promised", "承诺办结日期"), ("legal", "法定办结日期")]
    return "\n".join(f"{name}：{due_dates[kind]}" for kind, name in said if kind in due_dates)


def form_values(fields: Mapping[str, Any]) -> dict[str, str]:
    """Form fields as values of the record: personal, since nobody knows what people write into a form."""
    return {f"form.{name}": canonical(value) for name, value in fields.items()}


def _json(value: Mapping[str, Any]) -> Any:
    return Jsonb(dict(value))
