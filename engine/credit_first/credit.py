"""What is known of somebody's credit: records, what they come to on a day, and the standing that eligibility asks for. Pure.

A record with consequences closes the regimes until it is repaired; an objection marks it disputed and changes nothing else;
a stay by the competent body or a court lifts the consequence while it lasts (行政复议法 42, 行政诉讼法 56).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from engine.catalogue.reading import Said
from engine.catalogue.regimes import BLACKLISTED, GRADES


@dataclass(frozen=True, slots=True)
class RecordKind:
    """What a kind of record does: the grade that it gives, whether it closes the regimes, for how many years it bars."""

    name: Said
    grade: str | None
    closes: bool
    bar_years: int = 0
    article: str | None = None


#: By kind. Bars hold in public-safety fields only, and for the same licence only.
KINDS: Mapping[str, RecordKind] = {
    "grade": RecordKind(Said("信用等级", "credit grade"), None, False),
    "blacklist": RecordKind(Said("严重失信主体", "blacklisted"), BLACKLISTED, True),
    "broken-promise": RecordKind(Said("承诺未履行", "a broken promise"), "C", True),
    "no-show": RecordKind(Said("未按期核验", "did not come to verification"), "C", True),
    "revoked": RecordKind(Said("许可被撤销", "a permit revoked"), "C", True),
    "false-promise": RecordKind(Said("虚假承诺", "a false promise"), "C", True, 3, "行政许可法第七十九条"),
    "obtained-by-deceit": RecordKind(
        Said("以欺骗、贿赂等不正当手段取得许可", "a permit got by deceit"), "C", True, 3, "行政许可法第七十九条"
    ),
    "false-application": RecordKind(
        Said("隐瞒情况或者提供虚假材料申请许可", "a false application"), "C", True, 1, "行政许可法第七十八条"
    ),
}


@dataclass(frozen=True, slots=True)
class Move:
    """A decision about a record; `until` bounds a stay."""

    kind: str  #: repaired | disputed | settled | stayed | stay-ended
    day: date
    until: date | None = None
    said: Mapping[str, Any] = field(default_factory=dict)
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CreditRecord:
    """One record with its moves, in their order."""

    id: str
    subject: str
    kind: str
    grade: str | None
    source: str
    ground: Mapping[str, Any]
    item: str | None
    region: str
    valid_from: date
    valid_until: date | None
    barred_until: date | None
    article: str | None = None
    name: str = ""
    recorded_by: str = ""
    recorded_at: datetime | None = None
    about: str | None = None
    moves: tuple[Move, ...] = ()

    def state(self, day: date) -> str:
        """effective | stayed | repaired | cancelled | expired, on a day."""
        state = "effective"
        for move in self.moves:
            if move.kind == "repaired":
                state = "repaired"
            elif move.kind == "settled" and move.said.get("outcome") == "cancelled":
                state = "cancelled"
        if state != "effective":
            return state
        if self.valid_until is not None and self.valid_until < day:
            return "expired"
        return "stayed" if self.is_stayed(day) else "effective"

    def is_stayed(self, day: date) -> bool:
        """Whether a recorded stay holds on a day."""
        stay = next((one for one in reversed(self.moves) if one.kind in ("stayed", "stay-ended")), None)
        return stay is not None and stay.kind == "stayed" and (stay.until is None or day <= stay.until)

    @property
    def disputed(self) -> bool:
        """Whether an objection is open: the record is marked, its consequence stays (异议标注)."""
        marks = [one.kind for one in self.moves if one.kind in ("disputed", "settled")]
        return bool(marks) and marks[-1] == "disputed"

    def closes(self, day: date) -> bool:
        """Whether it closes the regimes to its subject."""
        return KINDS[self.kind].closes and self.state(day) == "effective"

    def bars(self, item: str, day: date) -> bool:
        """Whether it bars an application for that licence. A repair does not shorten what the law bars; a stay lifts it."""
        barred = self.barred_until is not None and day < self.barred_until and self.item == item
        return barred and self.state(day) != "cancelled" and not self.is_stayed(day)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a subject's credit, from where, as of when. `grade` None: nobody says; `trouble`: why not."""

    subject: str | None
    kind: str | None  #: person | legal-person
    grade: str | None
    source: str
    asked_at: datetime
    records: tuple[CreditRecord, ...] = ()
    trouble: str | None = None
    overdue: tuple[str, ...] = ()  #: cases that the applicant has let the day of a check pass in, before it is judged


@dataclass(frozen=True, slots=True)
class Heard:
    """What a source outside said, or why it said nothing."""

    source: str
    asked_at: datetime
    grade: str | None = None
    records: tuple[Mapping[str, Any], ...] = ()
    trouble: str | None = None


def standing(
    subject: str | None,
    kind: str | None,
    records: Iterable[CreditRecord],
    heard: Heard | None,
    day: date,
    now: datetime,
    unrecorded: str | None,
) -> Standing:
    """The standing of a subject: the worst grade of those that hold, here and outside.

    `unrecorded` is the grade of whom the local register knows nothing bad; where a source outside is asked and is silent,
    there is no grade at all, so that silence is never taken for good.
    """
    mine = tuple(records)
    grades = [one.grade for one in mine if one.grade is not None and one.state(day) == "effective"]
    if heard is None:
        source, asked_at, trouble = "local", now, None
        grades = grades or ([unrecorded] if unrecorded else [])
    else:
        source, asked_at, trouble = heard.source, heard.asked_at, heard.trouble
        # Without a word from outside only what is bad here counts.
        grades = (
            [*grades, heard.grade] if heard.grade and not trouble else [one for one in grades if one == BLACKLISTED]
        )
    worst = max(grades, key=GRADES.index, default=None)
    return Standing(subject, kind, worst if subject else None, source, asked_at, mine, trouble)


def subject_of(applicant: Mapping[str, Any]) -> str | None:
    """By which number somebody is known to credit: the credit code, else the identity number."""
    for name in ("credit_code", "id_number"):
        number = str(applicant.get(name) or "").strip().upper()
        if number:
            return number
    return None


def kind_of(applicant: Mapping[str, Any]) -> str | None:
    """person | legal-person: as the applicant says, else by the number; None when neither tells."""
    said = str(applicant.get("kind") or "").strip().lower()
    if said == "person":
        return "person"
    if said in ("legal-person", "enterprise", "organization", "organisation", "company"):
        return "legal-person"
    if said:
        return None
    if str(applicant.get("credit_code") or "").strip():
        return "legal-person"
    return "person" if str(applicant.get("id_number") or "").strip() else None
