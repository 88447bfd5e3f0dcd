"""关联办件: a case that follows another (its verification, or proceedings to revoke its permit), with a process of its own.

It has a number and a record of its own, and the item, offer and definition of the approval; which of the definition's linked
processes it runs is `cases.process`. It is opened by a job, once, however often the job runs: the row that it belongs to names
it. Lock order: the linked case before its approval.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import select, update

from engine.bpmn.linked import TEMPLATES, find, in_folders
from engine.bpmn.read import read
from engine.cases.apply_step import PROGRESS, StepDraft
from engine.cases.house import House
from engine.cases.note import note
from engine.cases.record import GENESIS, canonical
from engine.cases.states import CaseState
from engine.cases.step_store import CaseRow
from engine.cases.submit import PERSONAL, hash_code, query_code, start_run
from engine.clock import DOMAIN_NOW_SQL, day_of
from engine.definitions.models import Definition
from engine.errors import NotFound
from engine.settings import Settings
from engine.store.base import new_id
from engine.unit_of_work import UnitOfWork

_PLATFORM = (
    f"SELECT {DOMAIN_NOW_SQL} AS now, p.organization_version, p.calendar_version, p.query_salt, "
    "nextval('case_serial') AS serial FROM platform p"
)
_INSERT = (
    "INSERT INTO cases (id, number, region_code, item, definition_id, offer_id, state, channel, applicant, form, "
    "submitted_at, received_at, accepted_at, seq, head, last_instant, progress, process, linked_to) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0, %s, %s, %s, %s, %s)"
)
_INSERT_NUMBER = "INSERT INTO case_numbers (number, case_id, query_hash) VALUES (%s, %s, %s)"


def open_linked(
    house: House, uow: UnitOfWork, settings: Settings, approval: CaseRow, process: str, purpose: str, start: bool = True
) -> CaseRow:
    """Open the linked case of a locked approval and start its process; answers it. Raises StepHeld."""
    freeze_process(uow, settings, approval.definition_id, process)
    case = _new(uow, settings, approval, process)
    draft = StepDraft.of(house, uow, case)
    personal = {name: str(case.applicant[name]) for name in PERSONAL if case.applicant.get(name)}
    others = {name: value for name, value in case.applicant.items() if name not in PERSONAL}
    personal["applicant"] = canonical(others)
    personal |= {f"form.{name}": canonical(value) for name, value in case.form.items()}
    facts = {"number": case.number, "item": case.item, "region": case.region_code, "channel": case.channel}
    facts |= {"linked_to": approval.number, "process": process, "purpose": purpose}
    draft.entries.append(draft.entry("linked.opened", facts, None, personal))
    draft.store(start_run(uow, draft) if start else None)
    return case


def freeze_process(uow: UnitOfWork, settings: Settings, definition: UUID, process: str) -> None:
    """Keep with a definition a process that it does not link itself (the proceedings to revoke): what runs never changes."""
    columns = select(Definition.linked, Definition.bpmn).where(Definition.id == definition)
    row = uow.connection.execute(columns.with_for_update()).one()
    if process in row.linked:
        return
    source = find(process, read(row.bpmn), row.bpmn, in_folders(settings.processes / TEMPLATES))
    if source is None:
        raise NotFound(what="definition", id=process)
    kept = {**row.linked, process: source.bpmn.decode("utf-8")}
    uow.connection.execute(update(Definition).where(Definition.id == definition).values(linked=kept))


def _new(uow: UnitOfWork, settings: Settings, approval: CaseRow, process: str) -> CaseRow:
    """The row of a new linked case: in hand from its first moment, since nothing is asked for."""
    ((platform,),) = uow.read((_PLATFORM, None))
    now = max(platform["now"], approval.now)
    number = f"{approval.region_code[:6]}-{day_of(now):%Y%m%d}-{platform['serial']:06d}"
    same = {name: getattr(approval, name) for name in ("region_code", "item", "definition_id", "offer_id", "applicant")}
    case = CaseRow(
        id=new_id(),
        number=number,
        **same,
        state=CaseState.ACCEPTED,
        result=None,
        channel="system",
        form=approval.form,
        submitted_at=now,
        received_at=now,
        accepted_at=now,
        concluded_at=None,
        seq=0,
        head=GENESIS,
        last_instant=now,
        run=None,
        look_at=None,
        progress={name: {} for name in PROGRESS},
        now=now,
        organization_version=platform["organization_version"],
        calendar_version=platform["calendar_version"],
        process=process,
        linked_to=approval.id,
    )
    uow.write(_INSERT, _values(case))
    hashed = hash_code(bytes(platform["query_salt"]), number, query_code(settings.secret_key, number))
    uow.write(_INSERT_NUMBER, (number, case.id, hashed))
    uow.now = now
    return case


def _values(case: CaseRow) -> tuple[Any, ...]:
    place = (case.id, case.number, case.region_code, case.item, case.definition_id, case.offer_id, case.state)
    said = (case.channel, Jsonb(dict(case.applicant)), Jsonb(dict(case.form)))
    when = (case.submitted_at, case.received_at, case.accepted_at, case.head, case.last_instant)
    return (*place, *said, *when, Jsonb(dict(case.progress)), case.process, case.linked_to)


def note_linked(uow: UnitOfWork, approval: CaseRow, what: str, which: UUID, linked: CaseRow) -> None:
    """Say in the record of the approval which case follows it."""
    uow.now = approval.now
    note(uow, approval, f"{what}.linked", {what: str(which), "linked": linked.number, "linked_id": str(linked.id)})
