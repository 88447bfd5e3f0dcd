"""收件: an application becomes a case with its number and query code; the process starts at the window's task, if it has one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import select, text

from engine.bpmn.run import ProcessRun
from engine.cases.access import need
from engine.cases.apply_step import PROGRESS, StepDraft, form_values, run_facts, via
from engine.cases.held import Command, held
from engine.cases.house import House
from engine.cases.record import GENESIS, Entry, canonical
from engine.cases.states import CaseState
from engine.cases.step_store import CaseRow
from engine.clock import DOMAIN_NOW_SQL, day_of
from engine.definitions.models import Definition
from engine.errors import Conflict, Invalid, NotFound
from engine.organization.permissions import Role, UseCase
from engine.store.base import new_id
from engine.unit_of_work import UnitOfWork

MOST_FORM_BYTES = 32_768
PERSONAL = ("name", "credit_code", "id_number", "contact", "phone", "address")
#: scrypt parameters of the query code: about 15 ms, the same for a number that does not exist.
SCRYPT = {"n": 4096, "r": 8, "p": 1}

#: Who submitted a case, of the first entry `e` of its record: the client that acted, else the person.
SUBMITTED_BY = "coalesce(e.payload::jsonb->>'via', e.payload::jsonb->>'actor')"
_PLATFORM = (
    f"SELECT {DOMAIN_NOW_SQL} AS now, p.organization_version, p.calendar_version, p.query_salt, "
    "nextval('case_serial') AS serial FROM platform p"
)
_INSERT_CASE = (
    "INSERT INTO cases (id, number, region_code, item, definition_id, state, channel, applicant, form, external_number, "
    "submitted_at, seq, head, last_instant, progress) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0, %s, %s, %s)"
)
_INSERT_NUMBER = "INSERT INTO case_numbers (number, case_id, query_hash) VALUES (%s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Application:
    """What is applied for: the item, where, by whom, with which form."""

    item: str
    region: str
    applicant: Mapping[str, Any]
    form: Mapping[str, Any] = field(default_factory=dict)
    channel: str = "window"
    external_number: str | None = None


def query_code(secret_key: str, number: str) -> str:
    """The query code of a case: derived from the installation's secret, so that it need not be stored to be told again."""
    code = hmac.new(secret_key.encode(), b"query-code:" + number.encode(), hashlib.sha256).digest()
    return base64.b32encode(code)[:10].decode()


def hash_code(salt: bytes, number: str, code: str) -> bytes:
    """What is stored of a query code: slow to guess, bound to its number."""
    return hashlib.scrypt(code.strip().upper().encode(), salt=salt + number.encode(), dklen=32, **SCRYPT)


def submit(house: House, uow: UnitOfWork, asked: Application, secret_key: str, start: bool = True) -> dict[str, Any]:
    """Store an application and start its process; answers number and state.

    With `start=False` the process is not started: the second transaction after a start that failed, so that an
    application is never lost to a faulty diagram.

    Raises:
        Forbidden: the actor may not submit.
        Invalid: unknown item or region, or an applicant without a name.
        StepHeld: the process can't be started.
    """
    need(uow.actor, UseCase.CASE_SUBMIT)
    _check(asked)
    if asked.external_number and (uow.actor.via or Role.FRONT_OFFICE_SYSTEM in uow.actor.roles):
        _check_external_number(uow, asked.external_number)
    ((platform,),) = uow.read((_PLATFORM, None))
    uow.now = platform["now"]
    published = select(Definition.id).where(Definition.item == asked.item, Definition.state == "published")
    definition_id = uow.connection.scalar(published)
    if definition_id is None:
        raise ItemUnknown(detail=f"item: {asked.item}", fields={"item": ["unknown"]})
    directory = house.directory(uow, platform["organization_version"])
    if asked.region not in directory.regions:
        raise RegionUnknown(detail=f"region: {asked.region}", fields={"region": ["unknown"]})
    number = f"{asked.region[:6]}-{day_of(uow.now):%Y%m%d}-{platform['serial']:06d}"
    case = _new_case(uow, asked, number, definition_id, platform)
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
    } | via(uow.actor)
    draft.entries.append(Entry("case.submitted", {**said, "definition": draft.live.version}, personal))
    run = None
    if start and draft.live.acceptance_node is not None:
        run = start_run(uow, draft)
    draft.store(run)
    return {"number": number, "state": str(draft.state), "item": asked.item, "region": asked.region, "id": str(case.id)}


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


def _check(asked: Application) -> None:
    name = asked.applicant.get("name")
    if not isinstance(name, str) or not name.strip():
        raise Invalid(detail="applicant.name", fields={"applicant.name": ["required"]})
    for field_name, value in (("applicant", asked.applicant), ("form", asked.form)):
        if len(json.dumps(dict(value), ensure_ascii=False).encode()) > MOST_FORM_BYTES:
            raise Invalid(detail=f"{field_name}: ≤ {MOST_FORM_BYTES} bytes", fields={field_name: ["too large"]})


def _new_case(
    uow: UnitOfWork, asked: Application, number: str, definition_id: UUID, platform: Mapping[str, Any]
) -> CaseRow:
    return CaseRow(
        id=new_id(),
        number=number,
        region_code=asked.region,
        item=asked.item,
        definition_id=definition_id,
        state=CaseState.SUBMITTED,
        result=None,
        channel=asked.channel,
        applicant=asked.applicant,
        form=asked.form,
        submitted_at=uow.now,
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
    )


def _case_values(case: CaseRow, asked: Application) -> tuple[Any, ...]:
    said = (Jsonb(dict(asked.applicant)), Jsonb(dict(asked.form)), asked.external_number)
    known = (case.id, case.number, case.region_code, case.item, case.definition_id, case.state, case.channel)
    return (*known, *said, case.submitted_at, case.head, case.last_instant, Jsonb(dict(case.progress)))
