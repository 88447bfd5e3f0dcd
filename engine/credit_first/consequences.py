"""信用后果: what goes on record of somebody's credit, what is decided about it, and how it stands.

Whatever is recorded has a ground: the case or the document that it came of, and the text that says what happened. The law's
bars (行政许可法 78, 79) are for public-safety fields, and for the same licence alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from engine.catalogue.regimes import GRADES
from engine.clock import CST, day_of
from engine.credit_first.credit import KINDS, CreditRecord, Heard, Move, Standing, kind_of, standing, subject_of
from engine.errors import Conflict, Invalid, NotFound, not_one_of
from engine.store.base import new_id
from engine.unit_of_work import UnitOfWork

MOST_TEXT = 4000
_RECORDS = "SELECT * FROM credit_records WHERE subject = %s ORDER BY recorded_at, id"
_MOVES = (
    "SELECT m.* FROM credit_moves m JOIN credit_records r ON r.id = m.record_id WHERE r.subject = %s "
    "ORDER BY m.record_id, m.number"
)
_ONE = "SELECT * FROM credit_records WHERE id = %s FOR UPDATE"
_ONES_MOVES = "SELECT * FROM credit_moves WHERE record_id = %s ORDER BY number"
_ABOUT = (
    "SELECT c.number, c.item, EXISTS (SELECT 1 FROM jsonb_array_elements(coalesce(o.data->'regimes', '[]'::jsonb)) r "
    "WHERE r->>'public_safety' = 'true') AS public_safety FROM cases c LEFT JOIN offers o ON o.id = c.offer_id WHERE c.id = %s"
)
# What is overdue was to be looked at by now: so few rows are read, whoever asks.
_OVERDUE = (
    "SELECT c.number FROM verifications v JOIN cases c ON c.id = v.case_id JOIN LATERAL (SELECT due_date FROM limits l "
    "WHERE l.case_id = v.case_id AND l.owner = 0 AND l.clock = CASE WHEN v.state = 'rectifying' THEN 'rectification' "
    "ELSE 'verification' END ORDER BY l.kind DESC LIMIT 1) l ON true WHERE v.look_at <= %(now)s AND l.due_date < %(today)s "
    "AND coalesce(nullif(upper(trim(c.applicant->>'credit_code')), ''), upper(trim(c.applicant->>'id_number'))) = %(subject)s "
    "AND (v.state = 'rectifying' OR v.state = 'open' AND (v.visits_asked > 0 OR EXISTS (SELECT 1 FROM tasks t "
    "WHERE t.case_id = v.linked_case_id AND t.kind = 'applicant' AND t.state IN ('open', 'claimed')))) ORDER BY c.number"
)
_OF_CASE = "SELECT id FROM credit_records WHERE about = %s ORDER BY recorded_at, id FOR UPDATE"


class GroundMissing(Invalid):
    """A consequence without a ground is none."""

    code = "credit-ground-missing"
    zh = "信用记录须有依据：请填写事由，并注明所依据的办件或者文书。"
    en = "A credit record needs its ground: say what happened, and name the case or the document that it rests on."


class CreditMoveConflict(Conflict):
    """What is to be decided about a record does not fit how it stands. Params: state."""

    code = "credit-record-conflict"
    zh = "该信用记录目前为“{state_zh}”，不能进行此操作。"
    en = "This credit record is {state}: that can't be decided about it."


#: How a record stands, in both languages.
STATES = {
    "effective": ("有效", "effective"),
    "stayed": ("暂缓执行", "stayed"),
    "repaired": ("已修复", "repaired"),
    "cancelled": ("已撤销", "cancelled"),
    "expired": ("已过有效期", "expired"),
}


@dataclass(frozen=True, slots=True)
class NewRecord:
    """What is to go on record. `ground`: text, and case (its number) or document."""

    subject: str
    name: str
    kind: str
    ground: Mapping[str, Any]
    region: str
    source: str = "local"
    grade: str | None = None
    item: str | None = None
    about: UUID | None = None
    valid_until: date | None = None
    public_safety: bool = False


def record(
    uow: UnitOfWork,
    subject: Mapping[str, Any],
    kind: str,
    ground: str,
    *,
    case_id: UUID | None,
    item: str,
    region: str,
    source: str = "",
) -> str | None:
    """What a failed verification, a broken promise or a revocation leaves on record; answers the record's id.

    Args:
        subject: the applicant as the case has it; None is answered when no number says who that is.
        kind: one of `credit.KINDS`.
        ground: what happened, with the article.
        case_id: the approval case that it is about, if there is one.
        item: the licence.
        region: where.
        source: the number of the case in which it was found (the verification, the revocation).

    Raises:
        Invalid: no such kind. GroundMissing: no text, or neither case nor source.
    """
    number = subject_of(subject)
    if number is None:
        return None
    found: dict[str, Any] = {}
    if case_id is not None:
        (rows,) = uow.read((_ABOUT, (case_id,)))
        found = rows[0] if rows else {}
    said = {"text": ground, "case": found.get("number"), "document": None, "found_in": source or None}
    if not said["case"] and source:
        said["case"] = source
    new = NewRecord(
        subject=number,
        name=str(subject.get("name") or ""),
        kind=kind,
        ground=said,
        region=region,
        source=source or "local",
        item=item,
        about=case_id,
        public_safety=bool(found.get("public_safety")),
    )
    return store(uow, new)


def store(uow: UnitOfWork, new: NewRecord) -> str:
    """Put a record on file; answers its id. Raises Invalid, GroundMissing."""
    if new.kind not in KINDS:
        raise not_one_of("kind", tuple(KINDS))
    text = str(new.ground.get("text") or "").strip()
    if not text or not (new.ground.get("case") or new.ground.get("document")):
        said = "须写明事由，并注明办件或者文书\tsay what happened, and name a case or a document"
        raise GroundMissing(detail="ground", fields={"ground": [said]})
    known = KINDS[new.kind]
    grade = new.grade if new.kind == "grade" else known.grade
    if new.kind == "grade" and grade not in GRADES:
        raise not_one_of("grade", GRADES)
    today = day_of(uow.now)
    if new.valid_until is not None and new.valid_until < today:
        raise Invalid(detail="valid_until", fields={"valid_until": [f"≥ {today}"]})
    barred = None
    if known.bar_years and new.public_safety and new.item is not None:
        barred = _years_on(today, known.bar_years)
    made = new_id()
    row = {
        "id": str(made),
        "subject": new.subject,
        "name": new.name,
        "kind": new.kind,
        "grade": grade,
        "source": new.source,
        "ground": dict(new.ground),
        "about": str(new.about) if new.about else None,
        "item": new.item,
        "region_code": new.region,
        "valid_from": today.isoformat(),
        "valid_until": new.valid_until.isoformat() if new.valid_until else None,
        "barred_until": barred.isoformat() if barred else None,
        "article": known.article,
        "recorded_by": uow.actor.id,
        "recorded_at": uow.now.isoformat(),
    }
    # Written at once: what follows in the same transaction may ask for it.
    uow.read((_INSERT, (Jsonb(row),)))
    return str(made)


_INSERT = "INSERT INTO credit_records SELECT * FROM jsonb_populate_record(null::credit_records, %s) RETURNING 1 AS done"


def _years_on(day: date, years: int) -> date:
    """The same day so many years on; the 29th of February becomes the 1st of March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


# -- how it stands


def load_records(uow: UnitOfWork, subject: str) -> tuple[CreditRecord, ...]:
    """Everything on record of a subject, with what was decided about it."""
    records, moves = uow.read((_RECORDS, (subject,)), (_MOVES, (subject,)))
    return tuple(_record(row, [one for one in moves if one["record_id"] == row["id"]]) for row in records)


def load_standing(
    uow: UnitOfWork, applicant: Mapping[str, Any], heard: Heard | None, unrecorded: str | None
) -> Standing:
    """An applicant's standing now: the local records, and what a source outside said before this transaction."""
    subject = subject_of(applicant)
    records = load_records(uow, subject) if subject else ()
    found = standing(subject, kind_of(applicant), records, heard, day_of(uow.now), uow.now, unrecorded)
    return replace(found, overdue=overdue_of(uow, subject)) if subject else found


def overdue_of(uow: UnitOfWork, subject: str) -> tuple[str, ...]:
    """The cases of a subject in which it has let the day of a verification or a rectification pass.

    Only where the applicant is who is awaited: asked to come, with a task open, or with something to put right. An officer's
    delay is nothing against the applicant. Later the sweep ends such a verification, and a record of credit follows.
    """
    (rows,) = uow.read((_OVERDUE, {"subject": subject, "now": uow.now, "today": day_of(uow.now)}))
    return tuple(row["number"] for row in rows)


def is_open(uow: UnitOfWork, subject: Mapping[str, Any]) -> bool:
    """Whether the subject's own record closes no regime today (the item's rule, grade and region aside)."""
    number, today = subject_of(subject), day_of(uow.now)
    return number is None or not any(one.closes(today) for one in load_records(uow, number))


def _record(row: Mapping[str, Any], moves: list[dict[str, Any]]) -> CreditRecord:
    return CreditRecord(
        id=str(row["id"]),
        subject=row["subject"],
        kind=row["kind"],
        grade=row["grade"],
        source=row["source"],
        ground=row["ground"],
        item=row["item"],
        region=row["region_code"],
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        barred_until=row["barred_until"],
        article=row["article"],
        name=row["name"],
        recorded_by=row["recorded_by"],
        recorded_at=row["recorded_at"],
        about=str(row["about"]) if row["about"] else None,
        moves=tuple(Move(m["kind"], m["day"], m["until"], m["said"], m["by"], m["at"]) for m in moves),
    )


# -- what is decided about a record


def find_record(uow: UnitOfWork, record: str) -> CreditRecord:
    """One record, locked. Raises NotFound."""
    try:
        number = UUID(record)
    except ValueError:
        raise NotFound(what="credit record", id=record[:80]) from None
    rows, moves = uow.read((_ONE, (number,)), (_ONES_MOVES, (number,)))
    if not rows:
        raise NotFound(what="credit record", id=record[:80])
    return _record(rows[0], moves)


def move(uow: UnitOfWork, found: CreditRecord, kind: str, said: Mapping[str, Any], until: date | None = None) -> None:
    """Decide about a locked record. Raises CreditMoveConflict where it does not fit how the record stands."""
    today = day_of(uow.now)
    if kind not in fitting(found, today):
        zh, en = STATES[found.state(today)]
        raise CreditMoveConflict(state=en, state_zh=zh)
    values = (UUID(found.id), len(found.moves) + 1, kind, Jsonb(dict(said)), today, until, uow.actor.id, uow.now)
    uow.read((_MOVE, values))


def fitting(found: CreditRecord, today: date) -> list[str]:
    """What may be decided about a record as it stands."""
    state = found.state(today)
    fits = {
        "repaired": state in ("effective", "stayed"),
        "disputed": state in ("effective", "stayed") and not found.disputed,
        "settled": found.disputed,
        "stayed": state == "effective" or (found.barred_until is not None and not found.is_stayed(today)),
        "stay-ended": found.is_stayed(today),
    }
    return [kind for kind, yes in fits.items() if yes]


_MOVE = (
    'INSERT INTO credit_moves (record_id, number, kind, said, day, until, "by", at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) '
    "RETURNING 1 AS done"
)


def lift(uow: UnitOfWork, case_id: UUID, note: Mapping[str, Any] | str) -> int:
    """A recorded stay of what a case left on record: its consequences rest meanwhile. Answers how many records.

    `note`: who stayed it (the competent body or a court) and by which paper.
    """
    said = {"text": note} if isinstance(note, str) else dict(note)
    said[STAYED_WITH] = str(case_id)
    today = day_of(uow.now)
    resting = [one for one in _left_by(uow, case_id) if one.state(today) == "effective"]
    for one in resting:
        move(uow, one, "stayed", said)
    return len(resting)


def end_lift(uow: UnitOfWork, case_id: UUID, note: str) -> int:
    """The stay has ended: what rested by it counts again. A stay of a record of its own goes on. Answers how many records."""
    today = day_of(uow.now)
    resting = [one for one in _left_by(uow, case_id) if one.is_stayed(today) and _rests_with(one, case_id)]
    for one in resting:
        move(uow, one, "stay-ended", {"text": note})
    return len(resting)


#: In what is said of a record's stay: the case whose permit's stay it comes from.
STAYED_WITH = "stayed_with"


def _left_by(uow: UnitOfWork, case_id: UUID) -> list[CreditRecord]:
    (rows,) = uow.read((_OF_CASE, (case_id,)))
    return [find_record(uow, str(row["id"])) for row in rows]


def _rests_with(found: CreditRecord, case_id: UUID) -> bool:
    stays = [one for one in found.moves if one.kind == "stayed"]
    return bool(stays) and stays[-1].said.get(STAYED_WITH) == str(case_id)


def record_view(record: CreditRecord, day: date) -> dict[str, Any]:
    """A record as answers and pages have it."""
    state, name = record.state(day), KINDS[record.kind].name
    return {
        "id": record.id,
        "kind": record.kind,
        "kind_name": name.zh,
        "kind_name_en": name.en,
        "grade": record.grade,
        "source": record.source,
        "ground": dict(record.ground),
        "item": record.item,
        "region": record.region,
        "state": state,
        "state_name": STATES[state][0],
        "state_name_en": STATES[state][1],
        "disputed": record.disputed,
        "closes_regimes": record.closes(day),
        "valid_from": record.valid_from.isoformat(),
        "valid_until": record.valid_until.isoformat() if record.valid_until else None,
        "barred_until": record.barred_until.isoformat() if record.barred_until else None,
        "bars_now": record.item is not None and record.bars(record.item, day),
        "article": record.article,
        "recorded_by": record.recorded_by,
        "recorded_at": _instant(record.recorded_at),
        "moves": [
            {
                "kind": one.kind,
                "day": one.day.isoformat(),
                "until": one.until.isoformat() if one.until else None,
                "said": dict(one.said),
                "by": one.by,
                "at": _instant(one.at),
            }
            for one in record.moves
        ],
    }


def _instant(value: Any) -> str | None:
    return value.astimezone(CST).isoformat(timespec="seconds") if value else None
