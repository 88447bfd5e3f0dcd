"""What people do with credit: read it, put on record, repair, object, stay; and ask which ways are open.

Whose credit may be read by whom: one's own; the window and the departments, for which the matrix says so; an agent only by a
mandate; a front office for whom it applies for. Without an applicant's number the ways are judged by item and region alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from engine.cases.access import need, permit, place_of
from engine.cases.applicants import see_case
from engine.cases.apply_step import StepDraft
from engine.cases.house import House
from engine.cases.inbox import regions_of
from engine.cases.mandates import MandateMissing, needs_mandate
from engine.cases.ownership import is_declared, is_proven
from engine.cases.step_store import lock_case
from engine.cases.submit import IdentityNotConfirmed, RegionUnknown, find_case
from engine.catalogue.items import ServiceItem
from engine.catalogue.offer import offer_in
from engine.catalogue.regimes import REGIMES, Regime, regime_view
from engine.clock import CST, day_of
from engine.credit_first.commitment import Signing, can_sign, can_withdraw, commitments_of
from engine.credit_first.consequences import (
    MOST_TEXT,
    NewRecord,
    find_record,
    fitting,
    load_standing,
    move,
    record_view,
    store,
)
from engine.credit_first.credit import CreditRecord, Heard, Standing
from engine.credit_first.eligibility import (
    Reason,
    Verdict,
    bar_of,
    bar_reason,
    credit_to_come,
    eligibility,
    verdict_view,
)
from engine.errors import Forbidden, Invalid, NotFound, not_one_of
from engine.organization.accounts import masked
from engine.organization.actor import Actor
from engine.organization.identity_numbers import is_credit_code, is_resident_number
from engine.organization.permissions import Permission, Place, UseCase
from engine.organization.regions import path_up
from engine.unit_of_work import UnitOfWork

MOST_SUBJECT = 40
KINDS = ("person", "legal-person")
#: Of an account's case whose number no clerk has confirmed: trust goes by who somebody is.
NOT_CONFIRMED = Reason(IdentityNotConfirmed.code, IdentityNotConfirmed.zh, IdentityNotConfirmed.en)
_MANDATED = (
    "SELECT 1 AS found FROM mandates m WHERE m.agent = %(me)s AND m.revoked_at IS NULL "
    "AND %(day)s BETWEEN m.first_day AND m.last_day "
    "AND (upper(m.principal->>'credit_code') = %(subject)s OR upper(m.principal->>'id_number') = %(subject)s) LIMIT 1"
)
_VERSIONS = "SELECT organization_version AS o, catalogue_version AS c FROM platform"
_CASE = "SELECT case_id AS id FROM case_numbers WHERE number = %s"
_PUBLIC_SAFETY = (
    "SELECT EXISTS (SELECT 1 FROM jsonb_array_elements(coalesce(data->'regimes', '[]'::jsonb)) r "
    "WHERE r->>'public_safety' = 'true') AS yes FROM items WHERE code = %s"
)


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What a department puts on record: of whom, what, on which ground (`case` or `document`, and what happened)."""

    subject: str
    kind: str
    text: str
    name: str = ""
    grade: str | None = None
    case: str | None = None
    document: str | None = None
    item: str | None = None
    source: str = "local"
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided: `kind` is that of the move; `said` is what its paper says."""

    kind: str
    said: Mapping[str, Any] = field(default_factory=dict)
    until: date | None = None


# -- who may read whose


def subject_in(text: str) -> str:
    """A subject as records know it. Raises NotFound for what can't be one."""
    subject = text.strip().upper()
    if not subject or len(subject) > MOST_SUBJECT:
        raise NotFound(what="credit record", id=text[:80])
    return subject


def may_read(uow: UnitOfWork, subject: str) -> None:
    """The actor may know of this subject's credit.

    Raises:
        NotFound: an applicant asks for somebody else's.
        Forbidden, MandateMissing: the matrix says no, or an agent without a mandate asks.
    """
    actor: Actor = uow.actor
    need(actor, UseCase.CREDIT_READ)
    _check_mandate(uow, actor, subject_in(subject))


def _check_mandate(uow: UnitOfWork, actor: Actor, subject: str) -> None:
    if actor.kind == "applicant":
        if not is_proven(uow, subject):
            raise NotFound(what="credit record", id=masked(subject))
    elif needs_mandate(actor):
        asked = {"me": actor.id, "day": day_of(uow.tell_time()), "subject": subject}
        if not uow.read((_MANDATED, asked))[0]:
            raise MandateMissing(permission=Permission.CASE_SUBMIT_AS_AGENT, applicant=masked(subject), item="-")


def applicant_of(house: House, uow: UnitOfWork, case_id: UUID, number: str) -> Mapping[str, Any]:
    """The applicant of a case that the actor has to do with, read without a lock. Raises NotFound, Forbidden."""
    see_case(house, uow, number)
    (rows,) = uow.read(("SELECT applicant FROM cases WHERE id = %s", (case_id,)))
    found: Mapping[str, Any] = rows[0]["applicant"]
    return found


# -- which ways are open


def open_ways(
    house: House,
    uow: UnitOfWork,
    item: str,
    region: str | None,
    applicant: str | None,
    kind: str | None,
    heard: Heard | None,
    unrecorded: str | None,
    unnamed: bool = False,
) -> dict[str, Any]:
    """By regime, whether it is open, and each reason why not.

    `unnamed`: nobody has shown who asks, so that no credit is read; of an applicant's number only its kind is taken.

    Raises:
        NotFound, ItemNotPublished, ItemSuspended, ItemEnded, ItemNotOfferedHere, RegionUnknown.
        Forbidden, MandateMissing: it is somebody else's credit.
    """
    now = uow.tell_time()
    today = day_of(now)
    known: Standing | None = None
    if unnamed:
        kind, applicant = _kind_said(applicant, kind), None
    elif applicant is not None:
        check_number(applicant)
        may_read(uow, applicant)
        known = load_standing(uow, _who(applicant, kind), heard, unrecorded)
    standard, offered, path = offered_in(house, uow, item, region, today)

    def judged(regime: Regime, kind: str | None) -> Verdict:
        return eligibility(regime, standard, offered, path, known, today, kind)

    verdicts = [judged(regime, kind) for regime in Regime]
    bar = bar_of(known.records, item, today) if known else None
    return {
        "code": item,
        "region": region,
        "applicant": masked(subject_in(applicant)) if applicant else None,
        "credit": _credit(known) if known else None,
        "ordinary": {"allowed": bar is None, "reasons": [bar_reason(bar).as_data()] if bar else []},
        "regimes": [
            verdict_view(one)
            | {"terms": regime_view(one.rule) if one.rule is not None else None}
            | ({} if known else _of_nobody(one, judged))
            for one in verdicts
        ],
    }


def _of_nobody(verdict: Verdict, judged: Callable[[Regime, str | None], Verdict]) -> dict[str, Any]:
    """What a rule says of each kind of applicant, and that credit is still to be looked at, and how."""
    by_kind = {kind: judged(verdict.regime, kind) for kind in KINDS}
    return {
        "applicants": [
            {"kind": kind, "allowed": one.allowed, "reasons": [why.as_data() for why in one.reasons]}
            for kind, one in by_kind.items()
        ],
        "credit_check": credit_to_come(verdict.rule) if verdict.rule is not None else None,
    }


def check_number(text: str, field: str = "applicant") -> str:
    """An applicant's number, by its check digits: a mistyped one is nobody's, and is not graded. Raises NotFound, Invalid."""
    number = subject_in(text)
    if not is_resident_number(number) and not is_credit_code(number):
        zh = "不是有效的统一社会信用代码或者居民身份证号码，请核对后重新填写"
        en = "is no valid unified social credit code or resident identity number: check it and send it again"
        raise Invalid(detail=field, fields={field: [f"{zh}\t{en}"]})
    return number


def _kind_said(applicant: str | None, kind: str | None) -> str | None:
    """Of which kind an applicant is, as the number itself tells; nothing is looked up. Raises NotFound, Invalid."""
    if applicant is not None:
        number = check_number(applicant)
        if kind is None:
            kind = "person" if is_resident_number(number) else "legal-person"
    if kind is not None and kind not in KINDS:
        raise not_one_of("kind", KINDS)
    return kind


def _who(applicant: str, kind: str | None) -> dict[str, Any]:
    subject = subject_in(applicant)
    if kind is not None and kind not in KINDS:
        raise not_one_of("kind", KINDS)
    person = is_resident_number(subject)
    return {"id_number" if person else "credit_code": subject, "kind": kind or ("person" if person else "legal-person")}


def offered_in(
    house: House, uow: UnitOfWork, code: str, region: str | None, today: date
) -> tuple[ServiceItem, ServiceItem, list[str]]:
    """An item as its owner publishes it, as a region offers it, and the region with those above it. Raises as `open_ways`."""
    (rows,) = uow.read((_VERSIONS, None))
    catalogue = house.catalogue(uow, rows[0]["c"])
    directory = house.directory(uow, rows[0]["o"])
    version = catalogue.current(code, today)
    if version is None:
        raise NotFound(what="item", id=code[:80])
    if region is None:
        # Of no region in particular: what the standard opens somewhere is open.
        return version.content, version.content, [r for one in version.content.regimes for r in one.regions or ()]
    if region not in directory.regions:
        raise RegionUnknown(detail=f"region: {region[:20]}", fields={"region": ["unknown"]})
    offer = offer_in(catalogue, directory, code, region, today)
    return version.content, offer.item, [one.code for one in path_up(directory.regions, region)]


def _credit(known: Standing) -> dict[str, Any]:
    return {
        "grade": known.grade,
        "source": known.source,
        "asked_at": known.asked_at.astimezone(CST).isoformat(timespec="seconds"),
        "trouble": known.trouble,
    }


def of_case(house: House, uow: UnitOfWork, number: str, known: Signing) -> dict[str, Any]:
    """Which ways are open to a case's applicant now, and what was signed; for whoever may see the case."""
    see_case(house, uow, number)
    case = lock_case(uow, find_case(uow, number))
    if case is None:
        raise NotFound(what="case", id=number[:80])
    draft = StepDraft.of(house, uow, case)
    snapshot = load_standing(uow, case.applicant, known.heard, known.unrecorded)
    declared = is_declared(uow, case.applicant)
    path = [one.code for one in path_up(draft.directory.regions, case.region_code)]
    item, today = draft.live.item, day_of(case.now)
    ways = []
    for rule in item.regimes:
        verdict = eligibility(rule.regime, item, item, path, snapshot, today)
        if declared:  # nothing is told of the credit of whoever may really have this number
            of_nobody = eligibility(rule.regime, item, item, path, None, today, snapshot.kind)
            verdict = replace(of_nobody, reasons=(*of_nobody.reasons, NOT_CONFIRMED))
        view = verdict_view(verdict) | {"terms": regime_view(rule)}
        ways.append(view | {"can_sign": verdict.allowed and can_sign(draft, rule.regime)})
    return {
        "number": case.number,
        "regime": case.regime or "ordinary",
        "ways": ways,
        "way": _name(case.regime),
        "subject": None if uow.actor.kind == "applicant" else snapshot.subject,
        "materials": {one.code: {"name": one.name, "name_en": one.name_en} for one in item.materials},
        "commitments": commitments_of(uow, case.id),
        "can_withdraw": can_withdraw(draft),
    }


def _name(regime: str | None) -> dict[str, str]:
    if regime is None:
        return {"name": "普通方式", "name_en": "the ordinary way"}
    name = REGIMES[Regime(regime)].name
    return {"name": name.zh, "name_en": name.en}


# -- records


def records_of(house: House, uow: UnitOfWork, subject: str, unrecorded: str | None) -> dict[str, Any]:
    """The credit of a subject; `can` of a record is what the actor may decide about it now.

    Raises NotFound, Forbidden, MandateMissing; Invalid: what is no number of anybody's.
    """
    check_number(subject, "subject")
    may_read(uow, subject)
    now = uow.tell_time()
    known = load_standing(uow, _who(subject, None), None, unrecorded)
    today = day_of(now)
    names = [one.name for one in known.records if one.name]
    return {
        "subject": subject_in(subject),
        "name": names[-1] if names else None,
        "kind": known.kind,
        "grade": known.grade,
        "open": not any(one.closes(today) for one in known.records),
        "records": [record_view(one, today) | {"can": _can(house, uow, one, today)} for one in reversed(known.records)],
    }


def _can(house: House, uow: UnitOfWork, record: CreditRecord, today: date) -> list[str]:
    actor: Actor = uow.actor
    may = set()
    if actor.may(Permission.CREDIT_OBJECT):
        may.add("disputed")
    try:
        permit(actor, UseCase.CREDIT_DECIDE, _place(house, uow, actor, record.region), "credit record", record.id)
    except (Forbidden, NotFound):
        pass
    else:
        may |= {"repaired", "settled", "stayed", "stay-ended"}
    return [kind for kind in fitting(record, today) if kind in may]


def enter_record(house: House, uow: UnitOfWork, asked: NewEntry) -> dict[str, Any]:
    """登记: a department puts something on record, on a ground. Raises Forbidden, Invalid, NotFound, GroundMissing."""
    need(uow.actor, UseCase.CREDIT_RECORD)
    check_number(asked.subject, "subject")
    uow.tell_time()
    about = None
    if asked.case is not None:
        (rows,) = uow.read((_CASE, (asked.case,)))
        if not rows:
            raise NotFound(what="case", id=asked.case[:80])
        about = rows[0]["id"]
        see_case(house, uow, asked.case)
    if len(asked.text) > MOST_TEXT:
        raise Invalid(detail="text", fields={"text": [f"≤ {MOST_TEXT}"]})
    safety = bool(asked.item and any(row["yes"] for row in uow.read((_PUBLIC_SAFETY, (asked.item,)))[0]))
    made = store(
        uow,
        NewRecord(
            subject=subject_in(asked.subject),
            name=asked.name,
            kind=asked.kind,
            ground={"text": asked.text, "case": asked.case, "document": asked.document},
            region=uow.actor.region_code or "",
            source=asked.source,
            grade=asked.grade,
            item=asked.item,
            about=about,
            valid_until=asked.valid_until,
            public_safety=safety,
        ),
    )
    return record_view(find_record(uow, made), day_of(uow.now))


#: What each decision has to say, and who may make it.
_NEEDS = {
    "repaired": ("decision", "reason"),
    "disputed": ("reason",),
    "settled": ("outcome", "decision", "reason"),
    "stayed": ("body", "decision"),
    "stay-ended": ("decision",),
}
SETTLED = ("upheld", "cancelled")


def decide(house: House, uow: UnitOfWork, record: str, asked: Decision) -> dict[str, Any]:
    """修复、异议、暂缓: what is decided about a record, by whom and by which paper.

    Raises:
        NotFound, Forbidden, MandateMissing: no such record, or not the actor's to decide about.
        Invalid: what the decision has to say is missing.
        CreditMoveConflict: it does not fit how the record stands.
    """
    actor: Actor = uow.actor
    use = UseCase.CREDIT_OBJECT if asked.kind == "disputed" else UseCase.CREDIT_DECIDE
    need(actor, use)
    uow.tell_time()
    found = find_record(uow, record)
    if use is UseCase.CREDIT_OBJECT:
        _check_mandate(uow, actor, found.subject)
    else:
        permit(actor, use, _place(house, uow, actor, found.region), "credit record", record[:80])
    missing = [name for name in _NEEDS[asked.kind] if not str(asked.said.get(name) or "").strip()]
    if missing:
        raise Invalid(detail="、".join(missing), fields={name: ["必填\tis required"] for name in missing})
    if asked.kind == "settled" and asked.said["outcome"] not in SETTLED:
        raise not_one_of("outcome", SETTLED)
    if asked.until is not None and asked.until < day_of(uow.now):
        raise Invalid(detail="until", fields={"until": ["不能早于今天\tmay not be past"]})
    said = {name: value for name, value in asked.said.items() if value not in (None, "")}
    move(uow, found, asked.kind, said, asked.until)
    return record_view(find_record(uow, record), day_of(uow.now))


def _place(house: House, uow: UnitOfWork, actor: Actor, region: str) -> Place:
    # A record of a town is decided about by the county's body that decided the case, too: of one's region and those below.
    if actor.region_code and region in regions_of(house, uow, actor):
        return Place.OWN
    return place_of(actor, region, False)
