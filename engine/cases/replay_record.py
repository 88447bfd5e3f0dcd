"""What the entries of a record claim about the case file: replayed in their order into the rows that must be there. Pure.

A claim knows for each column which entry said it last, so that a row that says another thing can be blamed on that entry.
Two values are no values: `ERASED`, where the record holds but a digest any more and the row must be empty, too (a text that
nobody can check is no evidence); and `UNSAID`, where the record never held it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from engine.cases.states import CASE_MOVES, TASK_MOVES, CaseState, TaskState
from engine.cases.step_limits import CASE_OWNER, LimitKey
from engine.cases.submit import PERSONAL
from engine.catalogue.regimes import ORDINARY

OTHERS = "(others)"  #: the applicant's members that are not personal values of their own


class Mark(Enum):
    """Values that are no values (see above)."""

    ERASED = "erased"
    UNSAID = "unsaid"


@dataclass(frozen=True, slots=True)
class Between:
    """The entries of one step: its rows carry the number of the step's last entry, which the record does not mark."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Fault:
    """What does not hold: the entry that is not honoured (None for a row without one), the row, and why."""

    seq: int | None
    row: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Said:
    """One entry, read: `personal` has the values by name (None where erased), `until` is the last entry of its instant."""

    seq: int
    kind: str
    at: datetime
    payload: Mapping[str, Any]
    personal: Mapping[str, str | None]
    until: int

    def value(self, name: str) -> Any:
        """What the entry says, whether openly or as a personal value; `UNSAID` when it does not speak of it."""
        if name in self.personal:
            value = self.personal[name]
            return Mark.ERASED if value is None else value
        return self.payload.get(name, Mark.UNSAID)

    @property
    def step(self) -> Between:
        """Where the number of the step lies that made this entry."""
        return Between(self.seq, self.until)


@dataclass(slots=True)
class Claim:
    """A row that must be there: by column, the value and the entry that said it last; `seq` made the row."""

    seq: int
    columns: dict[str, tuple[int, Any]] = field(default_factory=dict)

    def say(self, by: int, /, **columns: Any) -> Claim:
        """Set columns by the word of entry `by`."""
        self.columns.update({name: (by, value) for name, value in columns.items()})
        return self

    def __getitem__(self, name: str) -> Any:
        return self.columns[name][1]

    @property
    def erased(self) -> bool:
        """Whether the record holds only a digest of a value of this row."""
        return any(value is Mark.ERASED for _, value in self.columns.values())


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose limits started, and when they ended, as the first release told it: `due` is the day shown, `days` those by kind."""

    opened: Said
    due: date | Mark | None
    days: Mapping[str, date] | None
    ended: Said | None = None


#: A line of a limit's ledger: owner, clock, kind, entry, ref, and the how-manieth of the same.
LedgerLine = tuple[int, str, str, str, int, int]


@dataclass(slots=True)
class Claims:
    """The case file as its record tells it. `faults` are entries that can't follow from those before."""

    case: Claim = field(
        default_factory=lambda: Claim(1).say(1, result=None, accepted_at=None, concluded_at=None, process=None)
    )
    applicant: dict[str, Claim] = field(default_factory=dict)
    form: dict[str, Claim] = field(default_factory=dict)
    form_unsaid: bool = False  #: something may have set fields that the record does not name
    tasks: dict[int, Claim] = field(default_factory=dict)
    opinions: dict[tuple[int, int], Claim] = field(default_factory=dict)
    documents: dict[str, Claim] = field(default_factory=dict)
    supplements: dict[int, Claim] = field(default_factory=dict)
    papers: defaultdict[str, dict[Any, Claim]] = field(default_factory=lambda: defaultdict(dict))  #: by table
    owners: dict[int, Owner] = field(default_factory=dict)
    ledger: dict[LedgerLine, Claim] = field(default_factory=dict)
    procedures: dict[int, Claim] = field(default_factory=dict)
    extensions: dict[int, Claim] = field(default_factory=dict)
    late_reasons: dict[int, Claim] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def replay(entries: Iterable[Said], more: Mapping[str, Callable[[Claims, Said], None]]) -> Claims:
    """What all entries together claim; one that can't have happened is a fault and changes nothing else.

    `more` replays the kinds of entries that this file does not know.
    """
    claims, replays = Claims(), {**_REPLAYS, **more}
    for said in entries:
        try:
            replays.get(said.kind, _nothing)(claims, said)
            _form(claims, said)
            _ledger(claims, said)
        except (KeyError, TypeError, ValueError, AttributeError):
            claims.faults.append(Fault(said.seq, None, "it can't follow from the entries before"))
    return claims


def value_of(text: str) -> Any:
    """A JSON value for comparison: 1e22 and its digits are one number, whereas `true` and 1 are not one value."""
    return json.loads(text, parse_int=_number, parse_float=_number)


def _number(digits: str) -> tuple[str, Decimal]:
    return "number", Decimal(digits)


def _nothing(claims: Claims, said: Said) -> None:
    """An entry that claims no row."""


def replay_opening(claims: Claims, said: Said) -> None:
    """The entry with which a case begins."""
    names = {
        "number": "number",
        "item": "item",
        "region_code": "region",
        "channel": "channel",
        "definition": "definition",
    }
    told = {column: said.value(name) for column, name in names.items()}
    claims.case.say(said.seq, state=CaseState.SUBMITTED, submitted_at=said.at, regime=_way(said), **told)
    credit_snapshot(claims, said)
    received = said.payload.get("received_at")
    claims.case.say(said.seq, received_at=datetime.fromisoformat(received) if received else said.at)
    for name in said.personal:
        if name == "applicant":
            claims.applicant[OTHERS] = Claim(said.seq).say(said.seq, value=_json(said, name))
        elif name in PERSONAL:
            claims.applicant[name] = Claim(said.seq).say(said.seq, value=said.value(name))


def _way(said: Said) -> str | None:
    """The way of trust first that an entry names; none is the ordinary way."""
    way = said.payload.get("regime")
    return None if way == ORDINARY else way


def credit_snapshot(claims: Claims, said: Said) -> None:
    """What was known of the applicant's credit when a way was chosen, if the entry speaks of it."""
    known = said.payload.get("credit")
    if known is None:
        return
    row = Claim(said.seq).say(said.seq, regime=known["asked_for"], grade=known["grade"], source=known["source"])
    row.say(said.seq, trouble=known["trouble"], allowed=known["allowed"])
    row.say(said.seq, reason_codes=known["reasons"], record_ids=known["records"])
    claims.papers["credit_snapshots"][said.seq] = row


def _promised(claims: Claims, said: Said) -> None:
    number = said.payload["commitment"]
    if number in claims.papers["commitments"]:
        raise ValueError(number)
    credit_snapshot(claims, said)
    claims.case.say(said.seq, regime=_way(said))
    row = Claim(said.seq).say(said.seq, seq=said.seq, signed_by=said.payload["actor"], signed_at=said.at)
    told = {name: said.payload[name] for name in ("regime", "text_version", "text_hash", "materials", "channel")}
    day = said.payload["supply_by"]
    row.say(said.seq, **told, mandate=said.payload["mandate"], supply_by=date.fromisoformat(day) if day else None)
    row.say(said.seq, hash_of_text=said.payload["text_hash"], signer=_json(said, "signer"))
    claims.papers["commitments"][number] = row.say(said.seq, withdrawn_at=None, withdrawn_by=None)


def _unpromised(claims: Claims, said: Said) -> None:
    row = claims.papers["commitments"][said.payload["commitment"]]
    row.say(said.seq, withdrawn_at=said.at, withdrawn_by=said.payload["actor"])
    claims.case.say(said.seq, regime=None)


def _asked(claims: Claims, said: Said) -> None:
    claims.case.say(said.seq, state=CASE_MOVES[claims.case["state"], "ask"])
    row = Claim(said.seq).say(said.seq, listed=_listed(said, "list"), told_at=said.at, supplied=None, supplied_at=None)
    claims.supplements[said.seq] = row


def _supplied(claims: Claims, said: Said) -> None:
    claims.case.say(said.seq, state=CASE_MOVES[claims.case["state"], "supply"])
    claims.supplements[max(claims.supplements)].say(said.seq, supplied=_listed(said, "supplied"), supplied_at=said.at)


def _accepted(claims: Claims, said: Said) -> None:
    state = CASE_MOVES[claims.case["state"], "accept"]
    as_of = said.payload.get("as_of")
    claims.case.say(said.seq, state=state, accepted_at=datetime.fromisoformat(as_of) if as_of else said.at)
    if "ledger" not in said.payload:
        claims.owners[CASE_OWNER] = Owner(said, Mark.UNSAID, _days(said))


def _concluded(claims: Claims, said: Said) -> None:
    state = CASE_MOVES[claims.case["state"], "conclude"]
    claims.case.say(said.seq, state=state, result=said.payload["result"], concluded_at=said.at)
    _end(claims, CASE_OWNER, said)


def _end_reached(claims: Claims, said: Said) -> None:
    claims.case.say(said.seq, result=said.payload["result"])


def _opened(claims: Claims, said: Said) -> None:
    number, due = said.payload["task"], said.payload["due"]
    if number in claims.tasks:
        raise ValueError(number)
    day = date.fromisoformat(due) if due else None
    task = Claim(said.seq).say(said.seq, state=TaskState.OPEN, due_date=day, opened_at=said.at, claimed_by=None)
    task.say(said.seq, closed_at=None, closed_by=None, handler=None, outcome=None, returned_to=None)
    task.say(said.seq, node=said.payload["node"], department_id=said.payload["department"])
    names = {"kind": "kind", "officer_id": "officer", "region_code": "region", "visit": "visit", "name": "name"}
    told = {column: said.value(name) for column, name in names.items()}
    task.say(said.seq, **told, provisional=said.value("provisional"), reasons=said.value("route"))
    if "item" in said.payload:
        task.say(said.seq, item=None if said.payload["item"] is None else {"value": said.payload["item"]})
    claims.tasks[number] = task
    if "ledger" not in said.payload:
        claims.owners[number] = Owner(said, day, _days(said))


def _days(said: Said) -> dict[str, date] | None:
    days = said.payload.get("limits")
    return None if days is None else {kind: date.fromisoformat(day) for kind, day in days.items()}


def _claimed(claims: Claims, said: Said) -> None:
    _move(claims, said, "claim").say(said.seq, claimed_by=said.payload["actor"])


def _released(claims: Claims, said: Said) -> None:
    _move(claims, said, "release").say(said.seq, claimed_by=None)


def _cancelled(claims: Claims, said: Said) -> None:
    _move(claims, said, "cancel").say(said.seq, closed_at=said.at)
    _end(claims, said.payload["task"], said)


def _called_off(claims: Claims, said: Said) -> None:
    _move(claims, said, "call-off").say(said.seq, closed_at=said.at)
    _end(claims, said.payload["task"], said)


def _vote_decided(claims: Claims, said: Said) -> None:
    """The votes of a round are those of its completed tasks, and its result is what so many come to."""
    told = said.payload
    votes = [
        task["outcome"]
        for task in claims.tasks.values()
        if (task["node"], task["visit"], task["state"]) == (told["node"], told["round"], TaskState.COMPLETED)
    ]
    assents = votes.count(told["assent"])
    passed = assents >= told["needed"]
    rejected = told["invited"] - (len(votes) - assents) < told["needed"]
    if (assents, len(votes) - assents) != (told["assents"], told["others"]) or told["result"] != (
        "passed" if passed else "rejected" if rejected else ""
    ):
        raise ValueError(told["result"])


def _completed(claims: Claims, said: Said) -> None:
    actor, outcome = said.payload["actor"], said.payload["outcome"]
    task = _move(claims, said, "complete")
    task.say(said.seq, closed_at=said.at, closed_by=actor, outcome=outcome, handler=said.value("handler"))
    _said_at_end(claims, said, outcome)


def _returned(claims: Claims, said: Said) -> None:
    task = _move(claims, said, "return")
    task.say(said.seq, closed_at=said.at, closed_by=said.payload["actor"], handler=said.value("handler"))
    task.say(said.seq, returned_to=said.payload["to"])
    _said_at_end(claims, said, None)


def _said_at_end(claims: Claims, said: Said, outcome: str | None) -> None:
    number, actor = said.payload["task"], said.payload["actor"]
    _end(claims, number, said)
    _late_reason(claims, said)
    opinion = said.value("opinion")
    if opinion not in ("", Mark.UNSAID):
        row = Claim(said.seq).say(said.seq, seq=said.step, task=number, at=said.at, text=opinion, outcome=outcome)
        row.say(said.seq, officer_id=actor, department_id=said.payload["department"])
        claims.opinions[number, 0] = row


def _late_reason(claims: Claims, said: Said) -> None:
    told = said.value("late_reason")
    if told is Mark.UNSAID:
        return
    row = Claim(said.seq).say(said.seq, seq=said.step, at=said.at, text=told, officer_id=said.payload["actor"])
    row.say(said.seq, public=said.payload["late_reason_public"], department_id=said.payload["department"])
    claims.late_reasons[said.payload["task"]] = row


def _procedure_started(claims: Claims, said: Said) -> None:
    number = said.payload["procedure"]
    if number in claims.procedures:
        raise ValueError(number)
    row = Claim(said.seq).say(said.seq, started_by=said.payload["actor"], recorded_at=said.at, ended_at=None)
    row.say(said.seq, started_at=datetime.fromisoformat(said.payload["started_at"]), reason=said.value("reason"))
    told = {name: said.payload[name] for name in ("kind", "task", "ground", "needed", "unit", "notice")}
    empty = {"ended_by": None, "end_recorded_at": None, "report": None}
    claims.procedures[number] = row.say(said.seq, department_id=said.payload["department"], **told, **empty)


def _procedure_ended(claims: Claims, said: Said) -> None:
    row = claims.procedures[said.payload["procedure"]]
    row.say(said.seq, ended_at=datetime.fromisoformat(said.payload["effective_at"]), ended_by=said.payload["actor"])
    row.say(said.seq, end_recorded_at=said.at, report=said.value("report"))


def _extension_asked(claims: Claims, said: Said) -> None:
    number = said.payload["extension"]
    if number in claims.extensions:
        raise ValueError(number)
    row = Claim(said.seq).say(said.seq, state="asked", asked_at=said.at, asked_by=said.payload["actor"])
    row.say(said.seq, reason=said.value("reason"), decided_at=None, decided_by=None, scan=None, notice=None)
    told = {name: said.payload[name] for name in ("amount", "unit", "approver", "ground")}
    claims.extensions[number] = row.say(said.seq, department_id=said.payload["department"], **told)


def _extension_decided(claims: Claims, said: Said) -> None:
    row = claims.extensions[said.payload["extension"]]
    row.say(said.seq, state=said.kind.removeprefix("extension."), decided_at=said.at, decided_by=said.payload["actor"])
    row.say(said.seq, approval_number=said.payload["approval_number"], scan=said.payload["scan"])
    told = {name: said.value(name) for name in ("opinion", "approved_by_name", "scan_name")}
    row.say(said.seq, notice=said.payload.get("notice"), **told)


def _move(claims: Claims, said: Said, verb: str) -> Claim:
    task = claims.tasks[said.payload["task"]]
    return task.say(said.seq, state=TASK_MOVES[task["state"], verb])


def _end(claims: Claims, number: int, said: Said) -> None:
    if (owner := claims.owners.get(number)) is not None:
        claims.owners[number] = Owner(owner.opened, owner.due, owner.days, said)


#: The columns of a document that its entry says.
DOCUMENT = ("kind", "body", "node", "title", "content", "code", "template", "template_hash", "data")


def _issued(claims: Claims, said: Said) -> None:
    number = said.payload["number"]
    if number in claims.documents:
        raise ValueError(number)
    told = {name: said.value(name) for name in DOCUMENT}
    claims.documents[number] = Claim(said.seq).say(said.seq, seq=said.step, issued_at=said.at, **told)


def _message(claims: Claims, said: Said) -> None:
    """The message's values that the record holds openly, not as personal values."""
    for name, value in (said.payload.get("payload") or {}).items():
        _set_field(claims, said, name, value_of(json.dumps(value)))


def _service(claims: Claims, said: Said) -> None:
    """A handler's answer may set form fields; an entry without its outcome does not hold the fields either."""
    if "outcome" not in said.payload:
        claims.form_unsaid = True
        claims.form.clear()


def _ledger(claims: Claims, said: Said) -> None:
    """Any entry may add lines to ledgers (`ledger`) and stop what runs of the clocks that it names (`stops`)."""
    for fact in said.payload.get("ledger") or ():
        instants = {name: datetime.fromisoformat(fact[name]) for name in ("effective_at", "due_at") if fact[name]}
        day = date.fromisoformat(fact["due_date"]) if fact["due_date"] else None
        _line(claims, said, fact["kind"], fact["entry"], fact | instants | {"due_date": day})
        task = claims.tasks.get(fact["owner"])
        if task is not None and (fact["kind"] == "promised" or not _has(claims, fact["owner"], "promised")):
            task.say(said.seq, due_date=day, provisional=fact["provisional"])
    for name in said.payload.get("stops") or ():
        running = [line for line in claims.ledger if line[3] == "start" and LimitKey(line[0], line[1], "").name == name]
        for owner, clock, kind, *_ in running:
            starts, stops = (_count(claims, owner, clock, kind, entry) for entry in ("start", "stop"))
            if starts > stops:
                stop = {"owner": owner, "clock": clock, "ref": 0, "effective_at": said.at, "due_date": None}
                _line(claims, said, kind, "stop", stop)


def _line(claims: Claims, said: Said, kind: str, entry: str, columns: Mapping[str, Any]) -> None:
    nth = 0
    while (line := (columns["owner"], columns["clock"], kind, entry, columns["ref"], nth)) in claims.ledger:
        nth += 1
    claim = Claim(said.seq).say(said.seq, seq=said.step, recorded_at=said.at, actor=said.payload["actor"])
    claims.ledger[line] = claim.say(said.seq, **{**columns, "kind": kind, "entry": entry})


def _count(claims: Claims, owner: int, clock: str, kind: str, entry: str) -> int:
    return sum(line[:4] == (owner, clock, kind, entry) for line in claims.ledger)


def _has(claims: Claims, owner: int, kind: str) -> bool:
    return any(line[0] == owner and line[2] == kind for line in claims.ledger)


def _form(claims: Claims, said: Said) -> None:
    """Form fields stand in any entry, each as a personal value `form.<name>` that is canonical JSON."""
    for name in said.personal:
        if name.startswith("form."):
            _set_field(claims, said, name.removeprefix("form."), _json(said, name))


def _set_field(claims: Claims, said: Said, name: str, value: Any) -> None:
    claims.form.setdefault(name, Claim(said.seq)).say(said.seq, value=value)


def _listed(said: Said, name: str) -> Any:
    value = said.value(name)
    return value if isinstance(value, Mark) else json.loads(value)


def _json(said: Said, name: str) -> Any:
    value = said.value(name)
    return value if value is Mark.ERASED else value_of(value)


_REPLAYS: Mapping[str, Callable[[Claims, Said], None]] = {
    "case.submitted": replay_opening,
    "supplement.asked": _asked,
    "supplement.supplied": _supplied,
    "case.accepted": _accepted,
    "case.concluded": _concluded,
    "end.reached": _end_reached,
    "task.opened": _opened,
    "task.claimed": _claimed,
    "task.released": _released,
    "task.cancelled": _cancelled,
    "task.called-off": _called_off,
    "vote.decided": _vote_decided,
    "task.completed": _completed,
    "task.returned": _returned,
    "document.issued": _issued,
    "procedure.started": _procedure_started,
    "procedure.ended": _procedure_ended,
    "extension.asked": _extension_asked,
    "extension.approved": _extension_decided,
    "extension.rejected": _extension_decided,
    "message.delivered": _message,
    "service.done": _service,
    "commitment.signed": _promised,
    "commitment.not-open": credit_snapshot,
    "commitment.withdrawn": _unpromised,
}
