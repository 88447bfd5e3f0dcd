"""收件: an application becomes a case with its number and query code; the process starts at the window's task, if it has one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import and_, or_, select, text

from engine.bpmn.run import ProcessRun
from engine.cases import case_clocks
from engine.cases.access import is_platform, need
from engine.cases.apply_step import PROGRESS, StepDraft, form_values, run_facts, via
from engine.cases.held import Command, held
from engine.cases.house import House
from engine.cases.mandates import check_mandate, needs_mandate
from engine.cases.ownership import is_own
from engine.cases.record import GENESIS, Entry, canonical, spell
from engine.cases.states import CaseState
from engine.cases.step_documents import RECEIPT, plan_at_window
from engine.cases.step_store import CaseRow
from engine.catalogue.forms import APPLICATION, Form
from engine.catalogue.items import Material, ServiceItem
from engine.catalogue.offer import check_power, offer_in
from engine.catalogue.publish import offer_insert
from engine.catalogue.regimes import ORDINARY
from engine.clock import DOMAIN_NOW_SQL, day_of
from engine.definitions.models import Definition
from engine.errors import Conflict, Forbidden, Invalid, NotFound, not_one_of
from engine.organization.accounts import account_id, load_account
from engine.organization.permissions import Permission, Role, UseCase
from engine.store.base import new_id
from engine.unit_of_work import UnitOfWork

MOST_FORM_BYTES = 32_768
#: Where the applicant of one application is reached: may differ from the account.
REACHED = ("contact", "phone", "address")
PERSONAL = ("name", "credit_code", "id_number", "contact", "phone", "address")
#: scrypt parameters of the query code: about 15 ms, the same for a number that does not exist.
SCRYPT = {"n": 4096, "r": 8, "p": 1}

#: Who submitted a case, of the first entry `e` of its record: the client that acted, else the person.
SUBMITTED_BY = "coalesce(e.payload::jsonb->>'via', e.payload::jsonb->>'actor')"
_PLATFORM = (
    f"SELECT {DOMAIN_NOW_SQL} AS now, p.organization_version, p.calendar_version, p.catalogue_version, p.query_salt, "
    "nextval('case_serial') AS serial FROM platform p"
)
_INSERT_CASE = (
    "INSERT INTO cases (id, number, region_code, item, definition_id, offer_id, state, channel, applicant, form, "
    "external_number, submitted_at, received_at, seq, head, last_instant, progress, regime) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0, %s, %s, %s, %s)"
)
_CLAIM_KEY = (
    "INSERT INTO open_applications (key, case_id) VALUES (%(key)s, %(case)s) "
    "ON CONFLICT (key) DO NOTHING RETURNING 1 AS new"
)
_HELD_BY = (
    "SELECT c.number, "
    f"(SELECT {SUBMITTED_BY} FROM events e WHERE e.case_id = c.id AND e.seq = 1) AS submitter "
    "FROM open_applications o JOIN cases c ON c.id = o.case_id WHERE o.key = %(key)s"
)
_INSERT_NUMBER = "INSERT INTO case_numbers (number, case_id, query_hash) VALUES (%s, %s, %s)"

#: Puts the materials that come with an application into the case that is made; answers their names.
Bring = Callable[[StepDraft], list[str]]


@dataclass(frozen=True, slots=True)
class Application:
    """What is applied for: the item, where, by whom, with which form."""

    item: str
    region: str
    applicant: Mapping[str, Any]
    form: Mapping[str, Any] = field(default_factory=dict)
    channel: str = "window"
    external_number: str | None = None
    received_at: datetime | None = None
    evidence: str = (
        ""  #: what shows that it was received earlier than it is entered: a postmark, an outage's number, a paper
    )
    regime: str | None = None  #: the way of trust first that the applicant chooses; it signs nothing
    papers: tuple[str, ...] | None = (
        None  #: by code, the papers handed over at a counter; None: nobody said which, so all
    )
    heard: Any = None  #: what a credit source outside said of the applicant before this transaction, if one was asked


def query_code(secret_key: str, number: str) -> str:
    """The query code of a case: derived from the installation's secret, so that it need not be stored to be told again."""
    code = hmac.new(secret_key.encode(), b"query-code:" + number.encode(), hashlib.sha256).digest()
    return base64.b32encode(code)[:10].decode()


def hash_code(salt: bytes, number: str, code: str) -> bytes:
    """What is stored of a query code: slow to guess, bound to its number."""
    return hashlib.scrypt(code.strip().upper().encode(), salt=salt + number.encode(), dklen=32, **SCRYPT)


def submit(
    house: House, uow: UnitOfWork, asked: Application, secret_key: str, start: bool = True, bring: Bring | None = None
) -> dict[str, Any]:
    """Store an application and start its process; answers number and state.

    `bring` puts the materials that come with it into the case; it answers their names, for the receipt.

    With `start=False` the process is not started: the second transaction after a start that failed, so that an
    application is never lost to a faulty diagram.

    Raises:
        Forbidden: the actor may not submit.
        Invalid: unknown item or region, or an applicant without a name.
        ItemNotPublished, ItemSuspended, ItemEnded, ItemNotOfferedHere, NotOnPowerList: the catalogue does not let it start.
        StepHeld: the process can't be started.
        Barred, RegimeNotOpen: the law bars this applicant from this licence for now, or the way that is chosen is not open.
    """
    need(uow.actor, UseCase.CASE_SUBMIT)
    asked = _in_own_name(uow, asked)
    _check(asked)
    if needs_mandate(uow.actor):
        asked = replace(asked, channel="agent")
    if asked.external_number and (uow.actor.via or Role.FRONT_OFFICE_SYSTEM in uow.actor.roles):
        _check_external_number(uow, asked.external_number)
    ((platform,),) = uow.read((_PLATFORM, None))
    uow.now = platform["now"]
    # The sweep puts a scheduled version into effect on its day; a case that comes before the sweep starts on it, too.
    due = and_(Definition.state == "scheduled", Definition.effective_on <= day_of(uow.now))
    known = select(Definition.id).where(Definition.item == asked.item, or_(Definition.state == "published", due))
    definition_id = uow.connection.scalar(known.order_by(Definition.version.desc()).limit(1))
    if definition_id is None:
        raise ItemUnknown(detail=f"item: {asked.item}", fields={"item": ["unknown"]})
    directory = house.directory(uow, platform["organization_version"])
    if asked.region not in directory.regions:
        raise RegionUnknown(detail=f"region: {asked.region}", fields={"region": ["unknown"]})
    today = day_of(uow.now)
    catalogue = house.catalogue(uow, platform["catalogue_version"])
    offer = offer_in(catalogue, directory, asked.item, asked.region, today)
    check_power(catalogue, directory, offer.item, asked.region, today)
    live = house.offered(uow, definition_id, offer)
    received = _received(uow, asked, live.item.intake.back_date_days)
    _check_form(live.item.forms.get(APPLICATION), asked.form)
    mandate = check_mandate(uow, asked.applicant, asked.item, today) if asked.channel == "agent" else None
    standard = catalogue.current(asked.item, today)
    admitted = house.admission.admit(uow, asked, standard.content if standard else live.item, live.item, directory)
    number = f"{asked.region[:6]}-{today:%Y%m%d}-{platform['serial']:06d}"
    case = _new_case(uow, asked, number, (live.id, offer.id), platform, received, admitted.regime)
    _claim_key(uow, asked, live.item, case.id)
    uow.write(*offer_insert(offer.row()))
    uow.write(_INSERT_CASE, _case_values(case, asked))
    hashed = hash_code(bytes(platform["query_salt"]), number, query_code(secret_key, number))
    uow.write(_INSERT_NUMBER, (number, case.id, hashed))
    draft = StepDraft.of(house, uow, case)
    personal = {name: str(asked.applicant[name]) for name in PERSONAL if asked.applicant.get(name)}
    others = {name: value for name, value in asked.applicant.items() if name not in PERSONAL}
    personal["applicant"] = canonical(others)
    personal |= form_values(asked.form)
    said = {
        "number": number,
        "item": asked.item,
        "region": asked.region,
        "channel": asked.channel,
        "actor": uow.actor.id,
        "received_at": spell(received),
    } | via(uow.actor)
    if mandate is not None:
        said["mandate"] = mandate
    if asked.papers is not None:
        if uow.actor.kind == "applicant":
            why = "由窗口登记，申请人请勿填写\tis what a counter says, not the applicant"
            raise Invalid(detail="papers", fields={"papers": [why]})
        said["papers"] = list(asked.papers)
    said |= admitted.facts
    admitted.keep(uow, case.id, case.seq + 1)
    if received != uow.now:
        personal["evidence"] = asked.evidence
    said |= {"offer": {"version": offer.version, "region": offer.region, "implementation": offer.implementation}}
    said |= case_clocks.received(draft, received)
    draft.entries.append(Entry("case.submitted", {**said, "definition": draft.live.version}, personal))
    received_now = bring(draft) if bring else _handed_over(live.item.materials, asked.papers)
    plan_at_window(draft, RECEIPT, "\n".join(f"{n}. {one}" for n, one in enumerate(received_now, 1)))
    run = None
    if start and draft.live.acceptance_node is not None:
        run = start_run(uow, draft)
    draft.store(run)
    told = {"number": number, "state": str(draft.state), "item": asked.item, "region": asked.region, "id": str(case.id)}
    return told | {"regime": case.regime or ORDINARY}


def _handed_over(materials: Iterable[Material], papers: Sequence[str] | None) -> list[str]:
    """The names of the papers that were handed over, for the receipt; without a word of which, all that the item wants.

    Raises Invalid for what is no material of the item, or is named twice.
    """
    names = {one.code: one.name for one in materials}
    if papers is None:
        return list(names.values())
    if len(set(papers)) < len(papers) or not set(papers) <= set(names):
        listed = ", ".join(names)
        said = f"只能为该事项的材料，每项一次：{listed}\ttakes materials of this item, each once: {listed}"
        raise Invalid(detail="papers", fields={"papers": [said]})
    return [name for code, name in names.items() if code in papers] or ["（未收到纸质材料）"]


def start_run(uow: UnitOfWork, draft: StepDraft) -> ProcessRun:
    """Start the process of a case and take over what it opens; StepHeld when it can't be started."""
    case = draft.case
    with held(uow, Command("start", case.id, case.number, "start", uow.actor.id, uow.actor.kind)):
        run = ProcessRun.start(draft.live.compiled, run_facts(case, draft.progress, draft.form), case.now)
        draft.follow(run, run.step)
    return run


class ItemUnknown(Invalid):
    """No published process for that item."""

    code = "item-unknown"
    zh = "没有这个事项，或该事项尚未发布流程（{detail}）。请核对事项编码。"
    en = "There is no such item, or no process is published for it ({detail}). Check the item's code."


class RegionUnknown(Invalid):
    """No such region."""

    code = "region-unknown"
    zh = "没有这个行政区划（{detail}）。请使用 GB/T 2260 代码，如 440100。"
    en = "There is no such region ({detail}). Use a GB/T 2260 code such as 440100."


def find_case(uow: UnitOfWork, number: str) -> UUID:
    """The id behind a case number, or NotFound."""
    found = uow.connection.scalar(text("SELECT case_id FROM case_numbers WHERE number = :number"), {"number": number})
    if found is None:
        raise NotFound(what="case", id=number[:80])
    assert isinstance(found, UUID)
    return found


def submitter_of(uow: UnitOfWork, case_id: UUID) -> str | None:
    """Who submitted a case: the client that acted, else the person."""
    (rows,) = uow.read((f"SELECT {SUBMITTED_BY} AS id FROM events e WHERE e.case_id = %s AND e.seq = 1", (case_id,)))
    return rows[0]["id"] if rows else None


class ExternalNumberKnown(Conflict):
    """The same front office has submitted a case with this number of its own already. Params: number (the case's)."""

    code = "external-number-known"
    zh = "外部编号“{external_number}”已用于办件 {number}。如为同一申请，请直接查询该办件；否则请换一个编号。"
    en = "The external number “{external_number}” is that of case {number}. Look at that case, or use another number."


def _check_external_number(uow: UnitOfWork, external_number: str) -> None:
    """A front office has each of its own numbers once, also when it sends one twice at the same time."""
    mine = {"external_number": external_number, "me": uow.actor.submitter}
    rows = uow.read((_LOCK_EXTERNAL, mine), (_EXTERNAL, mine))[1]
    if rows:
        raise ExternalNumberKnown(number=rows[0]["number"], external_number=external_number)


_LOCK_EXTERNAL = "SELECT pg_advisory_xact_lock(hashtextextended(%(me)s || chr(31) || %(external_number)s, 0))"
_EXTERNAL = (
    "SELECT c.number FROM cases c JOIN events e ON e.case_id = c.id AND e.seq = 1 "
    f"WHERE c.external_number = %(external_number)s AND {SUBMITTED_BY} = %(me)s LIMIT 1"
)


def _in_own_name(uow: UnitOfWork, asked: Application) -> Application:
    """Who has an account applies as what the account says, online; nobody else names an account."""
    account = account_id(uow.actor)
    if account is None:
        if "account" in asked.applicant and not is_platform(uow.actor):
            said = "由登录的申请人自行提交时记录\tis recorded when an applicant who is logged in applies"
            raise Invalid(detail="applicant.account", fields={"applicant.account": [said]})
        return asked
    mine = load_account(uow.connection, account)
    if asked.regime not in (None, ORDINARY) and mine.proven_number is None:
        raise IdentityNotConfirmed(permission=Permission.CASE_SUBMIT)
    known = mine.applicant
    reached = {name: value for name, value in asked.applicant.items() if name in REACHED and value}
    return replace(asked, applicant=known | reached, channel="online", received_at=None, external_number=None)


#: How an application comes in: over the counter, online, by an agent with a mandate (代办), with help at the counter (帮办), by
#: a front office's own system, or at a window of another region (异地受理).
CHANNELS = ("window", "online", "agent", "help", "system", "remote")


def _check(asked: Application) -> None:
    if asked.channel not in CHANNELS:
        raise not_one_of("channel", CHANNELS)
    name = asked.applicant.get("name")
    if not isinstance(name, str) or not name.strip():
        raise Invalid(detail="applicant.name", fields={"applicant.name": ["required"]})
    for field_name, value in (("applicant", asked.applicant), ("form", asked.form)):
        if len(json.dumps(dict(value), ensure_ascii=False).encode()) > MOST_FORM_BYTES:
            raise Invalid(detail=f"{field_name}: ≤ {MOST_FORM_BYTES} bytes", fields={field_name: ["too large"]})


def _check_form(form: Form | None, values: Mapping[str, Any]) -> None:
    """The application's form, where the item has one. Raises Invalid with every field that is wrong."""
    flaws = form.check(values) if form else {}
    if flaws:
        raise Invalid(detail="、".join(flaws), fields={f"form.{name}": texts for name, texts in flaws.items()})


def _received(uow: UnitOfWork, asked: Application, most_days: int) -> datetime:
    """When the application counts as received: now, or earlier by the window's word and evidence. Raises BackDateRefused."""
    if asked.received_at is None:
        return uow.now
    earliest = day_of(uow.now) - timedelta(days=most_days)
    if not (uow.actor.may(Permission.CASE_ACCEPT) or uow.actor.kind in ("system", "job")):
        raise Forbidden(permission=Permission.CASE_ACCEPT)
    if asked.received_at > uow.now or day_of(asked.received_at) < earliest:
        raise BackDateRefused(earliest=earliest, fields={"received_at": [f"{earliest}…"]})
    if not asked.evidence.strip():
        raise Invalid(detail="evidence", fields={"evidence": ["required"]})
    return asked.received_at


def _claim_key(uow: UnitOfWork, asked: Application, item: ServiceItem, case_id: UUID) -> None:
    """One open case for one applicant, item and key (such as the premises). Raises OpenAlready."""
    if not item.intake.unique_by:
        return
    who = asked.applicant.get("credit_code") or asked.applicant.get("id_number") or asked.applicant.get("name")
    parts = [item.code, str(who).strip(), *(_as_text(asked.form.get(name)) for name in item.intake.unique_by)]
    key = hashlib.sha256(canonical([" ".join(part.split()).casefold() for part in parts]).encode()).digest()
    (rows,) = uow.read((_CLAIM_KEY, {"key": key, "case": case_id}))
    if rows:
        return
    (held,) = uow.read((_HELD_BY, {"key": key}))
    mine = held and (uow.actor.submitter == held[0]["submitter"] or is_own(uow, held[0]["number"]))
    raise OpenAlready(**({"number": held[0]["number"]} if mine else {}))


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else canonical(value)


class OpenAlready(Conflict):
    """The applicant has an open case for this already. Params: number, for its owner only."""

    code = "case-open-already"
    zh = "该申请人就同一事项（同一场所）已有在办的申请，不能重复申请。请等待该申请办结，或先撤回后再申请。"
    en = "This applicant has an open application for the same thing. Wait until it is concluded, or withdraw it first."


class IdentityNotConfirmed(Forbidden):
    """Trust goes by who somebody is: an identity that is only declared opens no way of trust first."""

    code = "identity-not-confirmed"
    zh = "您的身份尚未核验，不能选择信用先行方式。请先到窗口核验身份，或按普通方式申请。"
    en = "Your identity is declared, not confirmed: no way of trust first is open. Show your paper at a window, or apply as usual."


class BackDateRefused(Invalid):
    """A receipt can't be entered so early, nor in the future. Params: earliest, fields."""

    code = "back-date-refused"
    zh = "收件时间只能补录为 {earliest} 至当前时间，请核对后重新填写。"
    en = "A receipt can be entered from {earliest} until now: check the instant and send it again."


def _new_case(
    uow: UnitOfWork,
    asked: Application,
    number: str,
    offered: tuple[UUID, UUID],
    platform: Mapping[str, Any],
    received: datetime,
    regime: str | None,
) -> CaseRow:
    return CaseRow(
        id=new_id(),
        number=number,
        region_code=asked.region,
        item=asked.item,
        definition_id=offered[0],
        offer_id=offered[1],
        state=CaseState.SUBMITTED,
        result=None,
        channel=asked.channel,
        applicant=asked.applicant,
        form=asked.form,
        submitted_at=uow.now,
        received_at=received,
        accepted_at=None,
        concluded_at=None,
        seq=0,
        head=GENESIS,
        last_instant=uow.now,
        run=None,
        look_at=None,
        progress={name: {} for name in PROGRESS},
        now=uow.now,
        organization_version=platform["organization_version"],
        calendar_version=platform["calendar_version"],
        regime=regime,
    )


def _case_values(case: CaseRow, asked: Application) -> tuple[Any, ...]:
    said = (Jsonb(dict(asked.applicant)), Jsonb(dict(asked.form)), asked.external_number)
    place = (case.id, case.number, case.region_code, case.item)
    known = (*place, case.definition_id, case.offer_id, case.state, case.channel)
    return (
        *known,
        *said,
        case.submitted_at,
        case.received_at,
        case.head,
        case.last_instant,
        Jsonb(dict(case.progress)),
        case.regime,
    )
