"""Runs processes over the same simulated applicants on a simulated calendar, and counts their visits and working days.

The engine really runs them: applications are handed in, answered, examined, decided, verified, in a database of its own; only the
people are made up. What they do is drawn once per applicant, so that each process meets the same ones: who hands in too little,
whose scan differs from the original, how long somebody takes. The draws come from a seed, and nothing else is by chance.
"""

from __future__ import annotations

import heapq
import itertools
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from engine.assemble import Engine
from engine.background.demonstration_clock import step_through
from engine.bpmn.model import Node
from engine.cases.accept import Acceptance, Listed
from engine.cases.access import parse_task_id
from engine.cases.complete_task import Completion
from engine.cases.house import LiveDefinition
from engine.cases.inbox import InboxQuery
from engine.cases.submit import Application
from engine.cases.supplement import Supplement, Supplied
from engine.catalogue.items import ServiceItem
from engine.catalogue.regimes import Regime, RegimeRule
from engine.clock import CST, day_of
from engine.credit_first.commitment import NewCommitment
from engine.credit_first.rectification import Rectified
from engine.credit_first.verification import MATCH, Finding, Result
from engine.errors import ApprovalError
from engine.organization.actor import Actor
from engine.organization.identity_numbers import is_credit_code, is_resident_number
from engine.play import scratch_engine
from engine.settings import Settings
from engine.timelimits.calendar import WorkingCalendar
from engine.timelimits.national import national_calendar

MOST_CASES = 1000
FIRST_DAY = date(2026, 3, 2)
_SET_CLOCK = "UPDATE platform SET clock_fixed_at = %s"
#: Nobody reads what is set or told here: documents get their numbers, and no PDF.
_UNREAD = "DELETE FROM procrastinate_jobs WHERE status = 'todo' AND task_name IN ('render_document', 'seal_document', 'announce')"
MOST_ACTS = 200  #: of one case: a process that goes round for longer is left unfinished
DIFFERS = "differs-correctable"


class ProcessUnknown(ApprovalError):
    """There is no folder of that name with an item and a story in it. Params: name, known."""

    code = "process-unknown"
    status = 404
    zh = "processes/ 中没有可以模拟的流程“{name}”（须有 item.json 和至少一个场景）。可用的是：{known}。"
    en = "processes/ has no “{name}” that can be simulated (it takes item.json and a scenario). There are: {known}."


class CasesOutOfBounds(ApprovalError):
    """So many cases are not simulated. Params: most."""

    code = "cases-out-of-bounds"
    status = 422
    zh = "模拟的办件数须为 1 至 {most}。"
    en = "The number of cases must be from 1 to {most}."


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What is made up about people. Days are working days; a pair is the least and the most."""

    arrive_within: int = 20  #: all applications come within so many days
    incomplete: float = 0.30  #: hand in too little at first
    differs: float = 0.10  #: have a copy that differs from its original and can be put right
    faulty: float = 0.05  #: are found fault with by an office that examines
    answer: tuple[int, int] = (0, 1)  #: the window, until it answers
    work: tuple[float, float] = (0.3, 1.0)  #: an office, as a part of its promised limit
    supply: tuple[int, int] = (1, 5)  #: an applicant, to supply what is missing
    visit: tuple[int, int] = (1, 5)  #: an applicant, to come to a window
    check: tuple[int, int] = (5, 30)  #: officers, to verify on site

    def told(self) -> list[tuple[str, str, str]]:
        """Each assumption: in Chinese, in English, and its value."""
        share = "{:.0%}".format
        days = "{0[0]}–{0[1]}".format
        return [
            ("申请在多少个工作日内陆续提出", "applications come within working days", str(self.arrive_within)),
            ("首次材料不齐的比例", "share that hands in too little at first", share(self.incomplete)),
            (
                "复印件（扫描件）与原件有可更正差异的比例",
                "share whose copy differs and can be put right",
                share(self.differs),
            ),
            ("审查中被发现问题的比例", "share that an office finds fault with", share(self.faulty)),
            ("窗口答复用时（工作日）", "the window answers within (working days)", days(self.answer)),
            (
                "部门办理用时占承诺时限的比例",
                "an office takes, of its promised limit",
                f"{self.work[0]:.0%}–{self.work[1]:.0%}",
            ),
            ("申请人补交材料用时（工作日）", "an applicant supplies within (working days)", days(self.supply)),
            ("申请人到窗口用时（工作日）", "an applicant comes to the window within (working days)", days(self.visit)),
            ("现场核查用时（工作日）", "officers verify on site within (working days)", days(self.check)),
            (
                "申请人信用良好并选择先信方式的比例",
                "share with good credit that chooses the way of credit first",
                "100%",
            ),
        ]


@dataclass(frozen=True, slots=True)
class Way:
    """One process: its folder, its item, and what its stories say of applicants and forms."""

    name: str
    code: str
    region: str
    applicant: Mapping[str, Any]
    form: Mapping[str, Any]
    task_forms: Mapping[str, Mapping[str, Any]]


@dataclass(slots=True)
class Applicant:
    """One made-up applicant in one process. Everything drawn of him depends on seed, number and purpose only."""

    seed: int
    number: int
    assumed: Assumptions
    case: str = ""
    visits: int = 0
    acts: int = 0
    since: datetime | None = None
    decided: datetime | None = None  #: the case itself was over: the decision is in hand
    until: datetime | None = None  #: so was what follows it
    asked: bool = False  #: the window has told what is missing
    faulted: set[str] = field(default_factory=set)
    pending: int = 0  #: what is planned of him and not yet done
    planned: set[str] = field(default_factory=set)  #: tasks that somebody is at

    def draw(self, purpose: str) -> float:
        """A number in [0, 1) of a purpose: the same in every process."""
        return Random(f"{self.seed}:{self.number}:{purpose}").random()  # noqa: S311 (nothing secret)

    def days(self, purpose: str, bounds: tuple[int, int]) -> int:
        """A number of days within bounds."""
        return bounds[0] + int(self.draw(purpose) * (bounds[1] - bounds[0] + 1))

    @property
    def incomplete(self) -> bool:
        """Whether he hands in too little at first."""
        return self.draw("incomplete") < self.assumed.incomplete

    @property
    def differs(self) -> bool:
        """Whether a copy of his differs from its original."""
        return self.draw("differs") < self.assumed.differs


def simulate(
    settings: Settings, names: Sequence[str], cases: int, seed: int, assumed: Assumptions = Assumptions()
) -> dict[str, dict[str, Any]]:
    """Run each process over the same applicants; answers what was counted, by the name of its folder.

    Raises:
        ProcessUnknown, CasesOutOfBounds.
    """
    if not 1 <= cases <= MOST_CASES:
        raise CasesOutOfBounds(most=MOST_CASES)
    ways = [way_of(settings, name) for name in dict.fromkeys(names)]
    found = {}
    with scratch_engine(settings, {way.code for way in ways}) as engine:
        for n, way in enumerate(ways):
            # Each on a calendar of its own: years apart there would be no holiday notice, so the clock is put back.
            found[way.name] = _Simulation(engine, way, [Applicant(seed, i + 1, assumed) for i in range(cases)], n).run()
    return found


def way_of(settings: Settings, name: str) -> Way:
    """What is known of a folder. Raises ProcessUnknown."""
    known = {path.parent.name: path.parent for path in settings.processes.glob("*/item.json")}
    stories = sorted((known[name] / "scenarios").glob("*.json")) if name in known else []
    if not stories:
        raise ProcessUnknown(name=name[:80], known="、".join(sorted(known)))
    told = [json.loads(path.read_text("utf-8")) for path in stories]
    forms = {step["node"]: step["form"] for one in told for step in one["steps"] if "node" in step and step.get("form")}
    first = told[0]
    return Way(name, first["item"], first["region"], first["applicant"], first.get("form", {}), forms)


class _Simulation:
    """One process with its applicants: a queue of what somebody does when."""

    def __init__(self, engine: Engine, way: Way, applicants: Sequence[Applicant], nth: int) -> None:
        self.engine, self.way, self.applicants, self.nth = engine, way, applicants, nth
        self.calendar: WorkingCalendar = national_calendar()
        self.item: ServiceItem = engine.catalogue.item(way.code, way.region)
        self.rule: RegimeRule | None = next((one for one in self.item.regimes if one.regime != Regime.TOLERANCE), None)
        self.queue: list[tuple[datetime, int, Applicant, Callable[[Applicant], None]]] = []
        self.order = itertools.count()
        self.now = datetime.combine(FIRST_DAY, time(9), CST)
        self.live: LiveDefinition | None = None

    def run(self) -> dict[str, Any]:
        """Let everybody come, until nobody has anything to do; answers what was counted."""
        self._put(self.now)
        for one in self.applicants:
            day = one.days("arrival", (0, self.assumed.arrive_within - 1))
            self._plan(one, day + one.draw("hour of arrival") * 0.5, self._submit)
        while self.queue:
            at, _, one, act = heapq.heappop(self.queue)
            self._pass(at)
            one.acts, one.pending = one.acts + 1, one.pending - 1
            if one.acts <= MOST_ACTS and one.until is None:
                self._try(one, act)
        done = [one for one in self.applicants if one.until is not None and one.since is not None]
        # Of a few that came to an end nothing is said of all: the others would have taken longer.
        told = done if len(done) == len(self.applicants) else []
        taken = self._taken((one.since, one.until) for one in told)
        decided = self._taken((one.since, one.decided or one.until) for one in told)
        return {
            "visits": round(sum(one.visits for one in told) / len(told), 2) if told else None,
            "working_days_p50": percentile(taken, 0.5),
            "working_days_p90": percentile(taken, 0.9),
            "decision_working_days_p50": percentile(decided, 0.5),
            "decision_working_days_p90": percentile(decided, 0.9),
            "cases": len(self.applicants),
            "finished": len(done),
        }

    def _taken(self, spans: Iterable[tuple[datetime | None, datetime | None]]) -> list[int]:
        """The working days of each, the shortest first."""
        return sorted(self.calendar.between(day_of(since), day_of(until)) for since, until in spans if since and until)

    def _try(self, one: Applicant, act: Callable[[Applicant], None]) -> None:
        """Do it; what the case no longer wants by then (a limit passed, another branch ended it) is looked at anew."""
        try:
            act(one)
        except ApprovalError:
            if not one.case:
                raise
            self._onward(one)

    @property
    def assumed(self) -> Assumptions:
        """What is assumed."""
        return self.applicants[0].assumed

    # -- time

    def _plan(self, one: Applicant, days: float, act: Callable[[Applicant], None]) -> None:
        """Somebody does something in so many working days: within office hours, by the calendar."""
        whole = int(days)
        day = (
            self.calendar.add(day_of(self.now), whole).day
            if whole or not self.calendar.counts(day_of(self.now))
            else None
        )
        at = self.now if day is None else datetime.combine(day, time(9), CST)
        at += timedelta(minutes=int((days - whole) * 8 * 60))
        if at.astimezone(CST).time() > time(17):
            at = datetime.combine(self.calendar.add(day_of(at), 1).day, time(9, 30), CST)
        at = max(at, self.now + timedelta(minutes=1))
        one.pending += 1
        heapq.heappush(self.queue, (at, next(self.order), one, act))

    def _pass(self, at: datetime) -> None:
        self._forget()
        step_through(self.engine, at, self._put)
        self.now = at

    def _put(self, at: datetime) -> None:
        self.engine.perform(_officer("clock"), lambda uow: uow.write(_SET_CLOCK, (at,)))

    def _forget(self) -> None:
        self.engine.perform(_officer("clock"), lambda uow: uow.write(_UNREAD, ()))

    # -- what people do

    def _submit(self, one: Applicant) -> None:
        online = "online" in self.item.listing.apply
        one.since, one.visits = self.now, 0 if online else 1
        applicant, form = self._person(one)
        regime = self.rule.regime if self.rule is not None and not self.rule.terms.promise else None
        asked = Application(
            self.way.code, self.way.region, applicant, form, "online" if online else "window", regime=regime
        )
        one.case = self.engine.submit(_officer("window"), asked)["number"]
        if self.rule is not None and self.rule.text is not None:
            signed = NewCommitment(
                one.case,
                self.rule.regime,
                self.rule.text.version,
                self.rule.text.hash,
                self.rule.materials,
                "online",
                {"name": str(applicant["name"])},
            )
            self.engine.credit.sign(Actor.applicant("applicant", str(applicant["name"]), self.way.region), signed)
        self._onward(one)

    def _person(self, one: Applicant) -> tuple[dict[str, Any], dict[str, Any]]:
        sample = dict(self.way.applicant)
        number = self.nth * MOST_CASES + one.number
        fresh = {"id_number": resident_number(number), "credit_code": credit_code(number)}
        kinds = self.rule.applicants if self.rule is not None else ()
        if kinds and sample.get("kind") not in kinds:
            sample["kind"] = kinds[0]
        form = dict(self.way.form)
        for name, value in fresh.items():
            before = sample.get(name)
            if before is not None:
                sample[name] = value
            form |= {key: value for key, said in form.items() if said == before or key == name}
        sample["name"] = f"{sample.get('name', '申请人')}{number}"
        return sample, form

    def _answer(self, one: Applicant) -> None:
        """受理审查. What differs from its original shows at once only where originals are shown."""
        shown = self.rule is None or self.rule.regime != Regime.POST_VERIFICATION
        wanting = one.incomplete or (shown and one.differs)
        material = next((material.code for material in self.item.materials if material.required), None)
        if wanting and not one.asked and material and "supplement" in self.item.intake_rules.answers:
            one.asked = True
            listed = (Listed(material, "材料不齐或者与原件不一致。"),)
            if self._refused_at_once():
                self._accept(one)
                return
            self.engine.accept(_officer("window"), Acceptance(one.case, "supplement", materials=listed))
            self._plan(one, one.days("supply", self.assumed.supply), self._supply(material))
            return
        self._accept(one)

    def _refused_at_once(self) -> bool:
        return not self.item.intake_rules.one_list

    def _supply(self, material: str) -> Callable[[Applicant], None]:
        def act(one: Applicant) -> None:
            one.visits += int("online" not in self.item.listing.apply)
            brought = (Supplied(material, "已补交。"),)
            self.engine.intake.supply(_officer("window"), Supplement(one.case, brought, {}))
            self._plan(one, one.days("second answer", self.assumed.answer), self._answer)

        return act

    def _accept(self, one: Applicant) -> None:
        node = self._definition(one).acceptance_node
        # Where the law wants the applicant there when the window accepts, that is a visit as at any other node.
        there = node is not None and bool(self._definition(one).compiled.nodes[node].extension("presence"))
        one.visits += int(there)
        self.engine.accept(_officer("window"), Acceptance(one.case, "accepted"))
        self._onward(one)

    def _onward(self, one: Applicant) -> None:
        """Plan what the open tasks of the case want; and what follows when it is over."""
        self._forget()
        file = self.engine.case_file(one.case)
        if file["state"] == "concluded":
            self._after(one)
            return
        live = self._definition(one)
        for task in self.engine.inbox(_officer("list"), InboxQuery(case=one.case))["items"]:
            if task["id"] in one.planned:
                continue
            one.planned.add(task["id"])
            node = live.compiled.nodes[task["node"]]
            if self._is_left_alone(one, node, live):
                continue
            if node.id == live.acceptance_node and file["state"] == "submitted":
                self._plan(one, one.days("answer", self.assumed.answer), self._answer)
            else:
                self._plan(one, self._takes(one, node), self._do(task["id"], node))
        if file["state"] == "submitted" and live.acceptance_node is None and "answer" not in one.planned:
            one.planned.add("answer")
            self._plan(one, one.days("answer", self.assumed.answer), self._answer)
        if not one.pending:  # the case waits for a time: look again
            self._plan(one, 1, self._onward)

    def _is_left_alone(self, one: Applicant, node: Node, live: LiveDefinition) -> bool:
        """Whether nobody does anything at a task: it waits for an objection (公示), and its time passes without one."""
        wrong = set((node.extension("outcomes") or {}).get("opinionRequiredFor") or ())
        timed = any(
            other.attached_to == node.id and other.interrupting and any(one.kind == "timer" for one in other.events)
            for other in live.compiled.nodes.values()
        )
        return timed and set(_outcomes(node)) <= wrong and not self._finds_fault(one, node)

    def _definition(self, one: Applicant) -> LiveDefinition:
        if self.live is None:
            engine, number = self.engine, one.case

            def load(uow: Any) -> LiveDefinition:
                (rows,) = uow.read(("SELECT definition_id, offer_id FROM cases WHERE number = %s", (number,)))
                return engine.house.definition(uow, rows[0]["definition_id"], rows[0]["offer_id"])

            self.live = engine.perform(_officer("list"), load)
        return self.live

    def _takes(self, one: Applicant, node: Node) -> float:
        if node.extension("presence") or self._is_collected(node):
            return one.days(f"visit:{node.id}", self.assumed.visit)
        if (node.extension("assignment") or {}).get("applicant"):
            return one.days(f"supply:{node.id}", self.assumed.supply)
        limit = node.extension("timeLimit") or {}
        amount = limit.get("promised") or limit.get("legal") or 1
        least, most = self.assumed.work
        part = least + one.draw(f"work:{node.id}:{len(one.planned)}") * (most - least)
        return float(amount) * part * _IN_DAYS.get(str(limit.get("unit")), 1.0)

    def _is_collected(self, node: Node) -> bool:
        """Whether the applicant has to come for what is delivered here."""
        return "delivered" in _outcomes(node) and not set(self.item.listing.delivery) - {"window"}

    def _do(self, task: str, node: Node) -> Callable[[Applicant], None]:
        def act(one: Applicant) -> None:
            one.visits += int(bool(node.extension("presence")) or self._is_collected(node))
            case_id, number = parse_task_id(task)
            form = self.way.task_forms.get(str(node.id), {})
            done = Completion(case_id, number, self._outcome(one, node), "经审查，符合要求。", form)
            self.engine.complete(_officer(str(node.id)), done)
            self._onward(one)

        return act

    def _outcome(self, one: Applicant, node: Node) -> str | None:
        """What an office finds: all is well, but for a few, and of those once a node."""
        outcomes, wrong = _outcomes(node), set((node.extension("outcomes") or {}).get("opinionRequiredFor") or ())
        bad = [code for code in outcomes if code in wrong]
        well = [code for code in outcomes if code not in wrong]
        if bad and self._finds_fault(one, node) and "granted" not in outcomes:
            one.faulted.add(str(node.id))
            return bad[0]
        return next(iter(well or outcomes), None)

    def _finds_fault(self, one: Applicant, node: Node) -> bool:
        return node.id not in one.faulted and one.draw(f"fault:{node.id}") < self.assumed.faulty

    # -- what follows a decision

    def _after(self, one: Applicant) -> None:
        one.decided = one.decided or self.now
        follow = self._follow(one)
        if follow is None or follow["state"] not in ("open", "rechecking"):
            one.until = self.now
            return
        if follow["regime"] == Regime.POST_VERIFICATION:
            one.visits += follow["visits_asked"]
            self._plan(one, one.days("visit", self.assumed.visit), self._verify)
        else:
            self._plan(one, one.days("check", self.assumed.check), self._verify)

    def _follow(self, one: Applicant) -> Mapping[str, Any] | None:
        step_through(self.engine, self.now, self._put)
        told: Mapping[str, Any] | None = self.engine.verifications.follow_up(one.case)["verification"]
        return told

    def _verify(self, one: Applicant) -> None:
        follow = self._follow(one)
        if follow is None or follow["state"] not in ("open", "rechecking"):
            one.until = self.now
            return
        verdict = DIFFERS if one.differs and follow["state"] == "open" else MATCH
        findings = tuple(Finding(row["code"], verdict, "与原件核对。") for row in follow["bring"])
        for officer in _signing(follow):
            self.engine.verifications.result(
                _officer(officer), Result(UUID(follow["id"]), findings, note="核对情况属实。")
            )
        if verdict == DIFFERS:
            self._plan(one, one.days("rectify", self.assumed.supply), self._rectify)
        else:
            one.until = self.now

    def _rectify(self, one: Applicant) -> None:
        follow = self._follow(one)
        if follow is None or follow["state"] != "rectifying":
            one.until = self.now
            return
        asked = follow["rectification"]
        supplied = tuple({"code": row["code"], "note": "已更正。"} for row in asked["listed"])
        self.engine.verifications.rectify(_officer("applicant"), Rectified(UUID(asked["id"]), supplied, "已更正。"))
        self._plan(one, one.days("recheck", self.assumed.answer) + 0.25, self._verify)


#: A part of a day, or days, that a unit is, as offices count.
_IN_DAYS = {"working-hour": 0.125, "hour": 0.125, "calendar-day": 5 / 7, "month": 21.0}


def _signing(follow: Mapping[str, Any]) -> tuple[str, ...]:
    """Two officers sign what is found on site (行政许可法 34); one compares originals."""
    return ("verifier-1",) if follow["regime"] == Regime.POST_VERIFICATION else ("verifier-1", "verifier-2")


def _officer(what: str) -> Actor:
    """Whoever does it: one for each node, so that nobody decides twice."""
    return replace(Actor.system("模拟"), id=f"simulated:{what}")


def _outcomes(node: Node) -> Mapping[str, str]:
    return (node.extension("outcomes") or {}).get("values") or {}


def percentile(values: Sequence[int], share: float) -> int | None:
    """The smallest value that so large a share does not exceed (nearest rank); None of nothing."""
    return values[math.ceil(share * len(values)) - 1] if values else None


def resident_number(number: int) -> str:
    """A resident identity number that passes its check and is nobody's: of a demonstration's region."""
    head = f"440106{1930 + number // 1000:04d}0101{number % 1000:03d}"
    return next(head + check for check in "0123456789X" if is_resident_number(head + check))


def credit_code(number: int) -> str:
    """A unified social credit code that passes its check and is nobody's."""
    head = f"91440106MA5{number:06d}"
    return next(head + check for check in "0123456789ABCDEFGHJKLMNPQRTUWXY" if is_credit_code(head + check))
