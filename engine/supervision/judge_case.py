"""到期: what the limits of one case have come to: told in its record, to those whom it concerns, and by cards.

The case is locked first, then looked at again: a candidate that was read unlocked may be over by now. Everything up to now is
told in the order in which it came due, in one step, until something is deemed: that makes a step of its own, and the rest is
judged by what it leaves behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from engine.cases.apply_step import StepDraft
from engine.cases.held import Command, held
from engine.cases.house import House
from engine.cases.recompute_limits import recompute_locked
from engine.cases.record import spell
from engine.cases.step_limits import LOAD_LEDGER, Ledger, LimitKey, ledgers_of
from engine.cases.step_store import CaseRow, lock_case
from engine.supervision.deemed import applies, deem
from engine.timelimits.judge import Firing, Stage, Told, firings, look_at
from engine.timelimits.ledger import Clock, pauses_of
from engine.timelimits.rules import CardRule, Rules, rules_of
from engine.unit_of_work import UnitOfWork

_DUE = (
    "SELECT owner, clock, kind, calendar_version, stopped_at FROM limits WHERE case_id = %s AND look_at <= %s "
    "ORDER BY look_at, owner, clock, kind"
)
_FIRED = "SELECT owner, clock, kind, stage, due_at FROM limit_firings WHERE case_id = %s"
_CARDS = "SELECT owner, clock, rule FROM cards WHERE case_id = %s"
_TASKS = "SELECT number, node, name, name_en, department_id, claimed_by, region_code FROM tasks WHERE case_id = %s"
_LOOK_AT = (
    "UPDATE limits l SET look_at = n.look_at FROM jsonb_populate_recordset(null::limits, %s) n "
    "WHERE l.case_id = %s AND l.owner = n.owner AND l.clock = n.clock AND l.kind = n.kind"
)


@dataclass(frozen=True, slots=True)
class Due:
    """Something that a limit of the case has come to."""

    ledger: Ledger
    firing: Firing


@dataclass(slots=True)
class Judgement:
    """What is to be written of one case."""

    draft: StepDraft
    rules: Rules
    tasks: Mapping[int, Mapping[str, Any]]
    known_cards: set[tuple[int, str, str]]
    told: dict[LimitKey, set[Told]]
    cards: list[dict[str, Any]] = field(default_factory=list)
    fired: list[dict[str, Any]] = field(default_factory=list)

    @property
    def case(self) -> CaseRow:
        """The locked case."""
        return self.draft.case

    def rules_for(self, ledger: Ledger) -> Rules:
        """The region's table; what the diagram escalates (`whenPassed="escalate"`) goes to the post above at once."""
        node = self.draft.live.compiled.nodes.get(self._of_task(ledger.key, "node") or "")
        says = (node.extension("timeLimit") or {}).get("whenPassed") if node is not None else None
        return replace(self.rules, escalate=0) if says == "escalate" else self.rules

    def note(self, due: Due) -> None:
        """Tell of one stage: an entry of the record, its firing, and the card that it costs."""
        key, firing = due.ledger.key, due.firing
        rule = self._card(due, firing.stage)
        facts = {
            "owner": key.owner,
            "clock": key.clock,
            "kind": key.kind,
            "due_at": spell(firing.due_at),
            "due": due.ledger.stands(self.case.now).due_date.isoformat(),
            "department": self._of_task(key, "department_id"),
            "officer": self._of_task(key, "claimed_by"),
            "region": self.case.region_code,
            "name": self._of_task(key, "name"),
            "card": rule.colour if rule else None,
        }
        self.draft.entries.append(self.draft.entry(f"limit.{firing.stage}", facts, self._of_task(key, "node")))
        self.told.setdefault(key, set()).add((firing.stage, firing.due_at))
        self.fired.append(
            {"case_id": str(self.case.id), "owner": key.owner, "clock": key.clock, "kind": key.kind}
            | {"stage": str(firing.stage), "due_at": spell(firing.due_at), "at": spell(firing.at)}
            | {"fired_at": spell(self.case.now), "seq": self.case.seq + len(self.draft.entries)}
        )

    def note_deemed(self, due: Due, what: str) -> None:
        """The card for what the law had to deem done."""
        self._card(due, what)

    def _card(self, due: Due, on: str) -> CardRule | None:
        key = due.ledger.key
        rule = self.rules.card(on, key.clock, key.kind)
        if rule is None or self._is_applicants(key):
            return None
        if (key.owner, key.clock, rule.rule) not in self.known_cards:
            self.known_cards.add((key.owner, key.clock, rule.rule))
            self.cards.append(self._card_row(due, rule))
        return rule

    def _is_applicants(self, key: LimitKey) -> bool:
        """A verification to which the applicant was asked to come is the applicant's to be late for, not the authority's."""
        return key.clock == Clock.VERIFICATION and bool(self.draft.progress["issued"].get("visits"))

    def _card_row(self, due: Due, rule: CardRule) -> dict[str, Any]:
        key = due.ledger.key
        row = {"case_id": str(self.case.id), "owner": key.owner, "clock": key.clock, "kind": key.kind}
        row |= {"number": self.case.number, "rule": rule.rule, "colour": rule.colour, "state": "open"}
        row |= {"region_code": due.ledger.region, "department_id": self._department(due)}
        row |= {"officer_id": self._of_task(key, "claimed_by"), "node": self._of_task(key, "node")}
        row |= {"name": self._of_task(key, "name") or "", "name_en": self._of_task(key, "name_en") or ""}
        return row | {"due_at": spell(due.firing.due_at), "opened_at": spell(self.case.now), "counted": True}

    def _department(self, due: Due) -> str | None:
        """Whose it is: the task's department; for a limit of the case, that of the task at which it stood."""
        own = self._of_task(due.ledger.key, "department_id") or due.ledger.department
        if own is not None:
            return str(own)
        return next((task.department_id for task in self.case.tasks if task.state in ("open", "claimed")), None)

    def _of_task(self, key: LimitKey, column: str) -> Any:
        return self.tasks[key.owner][column] if key.owner in self.tasks else None

    def write(self) -> None:
        """Queue the rows that this step's statement does not take."""
        uow = self.draft.uow
        uow.insert("limit_firings", self.fired)
        uow.insert("cards", self.cards)


def judge_case(house: House, uow: UnitOfWork, case_id: UUID) -> bool:
    """Tell what the limits of a case have come to; True when that should be looked at again at once.

    Raises:
        StepHeld: what the law deems done can't be.
    """
    case = lock_case(uow, case_id, skip_locked=True)
    if case is None:
        return False
    due_rows, entries, fired, cards, tasks = uow.read(
        (_DUE, (case_id, case.now)),
        (LOAD_LEDGER, (case_id,)),
        (_FIRED, (case_id,)),
        (_CARDS, (case_id,)),
        (_TASKS, (case_id,)),
    )
    if not due_rows:
        return False
    ledgers = ledgers_of(house, entries)
    draft = StepDraft.of(house, uow, case)
    if any(row["calendar_version"] < case.calendar_version and row["stopped_at"] is None for row in due_rows):
        # Due at once, and judged by the calendar that holds: worked out anew first, judged the next time.
        recompute_locked(house, uow, draft)
        return True
    with held(uow, Command("judge", case.id, case.number, "limits", uow.actor.id, uow.actor.kind)):
        judgement = Judgement(
            draft,
            rules_of(case.region_code),
            {row["number"]: row for row in tasks},
            {(row["owner"], row["clock"], row["rule"]) for row in cards},
            _told(fired),
        )
        return _judge(judgement, [ledgers[LimitKey(row["owner"], row["clock"], row["kind"])] for row in due_rows])


def _judge(judgement: Judgement, ledgers: list[Ledger]) -> bool:
    draft = judgement.draft
    for due in _in_order(judgement, ledgers):
        judgement.note(due)
        what = applies(draft, due.ledger) if due.firing.stage == Stage.PASSED else None
        if what is not None:
            judgement.note_deemed(due, what)
            judgement.write()
            deem(draft, due.ledger, what)
            _look_again(judgement, [one for one in ledgers if one is not due.ledger])
            return True
    if draft.entries:
        draft.store(None)
    judgement.write()
    _look_again(judgement, ledgers)
    return False


def _in_order(judgement: Judgement, ledgers: Iterable[Ledger]) -> list[Due]:
    """What came due of all of them, in the order in which it did; the law's limit before the promise at one instant."""
    case = judgement.case
    found = [
        Due(ledger, firing)
        for ledger in ledgers
        for firing in firings(
            ledger.stands(case.now),
            ledger.almanacs(case.calendar_version).calendar,
            judgement.rules_for(ledger),
            case.now,
            judgement.told.get(ledger.key, ()),
        )
    ]
    return sorted(found, key=lambda due: (due.firing.order, due.ledger.key))


def _look_again(judgement: Judgement, ledgers: Iterable[Ledger]) -> None:
    """Say when each is to be looked at next."""
    case = judgement.case
    rows = [
        {
            "owner": ledger.key.owner,
            "clock": ledger.key.clock,
            "kind": ledger.key.kind,
            "look_at": _next(judgement, ledger),
        }
        for ledger in ledgers
    ]
    if rows:
        judgement.draft.uow.write(_LOOK_AT, (Jsonb(rows), case.id))


def _next(judgement: Judgement, ledger: Ledger) -> str | None:
    now = judgement.case.now
    stands = ledger.stands(now)
    almanac = ledger.almanacs(stands.calendar_version)
    told = judgement.told.get(ledger.key, ())
    found = look_at(
        stands, pauses_of(ledger.entries, almanac), almanac.calendar, judgement.rules_for(ledger), now, told
    )
    # What stands still with nothing planned is looked at again when somebody lets it run on.
    return spell(found) if found is not None and found > now else None


def _told(rows: Iterable[Mapping[str, Any]]) -> dict[LimitKey, set[Told]]:
    told: dict[LimitKey, set[Told]] = {}
    for row in rows:
        told.setdefault(LimitKey(row["owner"], row["clock"], row["kind"]), set()).add((row["stage"], row["due_at"]))
    return told
