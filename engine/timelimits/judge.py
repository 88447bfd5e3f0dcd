"""What comes due of a limit, and when: the notice before it passes, its passing, and the post above. Pure.

A stage is named by the end it speaks of: a limit that is extended is told of again before its new end, and a stage that was
told of one end is never told of it twice. A limit that stands still comes to none; one that was stopped came to those that
lay before its stop, whenever somebody looks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from engine.timelimits.calendar import ONE_DAY, WorkingCalendar
from engine.timelimits.ledger import Pause, Standing, next_look, start_of
from engine.timelimits.limits import HOURLY
from engine.timelimits.rules import Rules

ONE_HOUR = timedelta(hours=1)


class Stage(StrEnum):
    """What a limit comes to, in this order."""

    PROMPTED = "prompted"  #: 提示: it will pass soon
    PASSED = "passed"  #: 超期
    ESCALATED = "escalated"  #: 上报: it passed, and still nothing was done


ORDER = tuple(Stage)


@dataclass(frozen=True, slots=True)
class Firing:
    """A stage that a limit came to `at` an instant, of the end `due_at` that it had then."""

    at: datetime
    stage: Stage
    due_at: datetime

    @property
    def order(self) -> tuple[datetime, int]:
        """By instant; at one instant a limit is told of before it passes, and passes before it goes to the post above."""
        return self.at, ORDER.index(self.stage)


#: A stage that was told, and of which end.
Told = tuple[str, datetime]


def firings(
    stands: Standing, calendar: WorkingCalendar, rules: Rules, until: datetime, told: Collection[Told] = ()
) -> list[Firing]:
    """What the limit has come to by `until` that was not told yet, in order."""
    if stands.paused:
        return []
    end = until if stands.stopped_at is None else min(until, stands.stopped_at)
    return [one for one in _stages(stands, calendar, rules) if one.at <= end and (one.stage, one.due_at) not in told]


def look_at(
    stands: Standing,
    pauses: Sequence[Pause],
    calendar: WorkingCalendar,
    rules: Rules,
    now: datetime,
    told: Collection[Told] = (),
) -> datetime | None:
    """When somebody must look at the limit again; None when it can come to nothing more."""
    if stands.paused:
        return next_look(stands, pauses, now)
    left = [one for one in _stages(stands, calendar, rules) if (one.stage, one.due_at) not in told]
    if stands.stopped_at is not None:
        left = [one for one in left if one.at <= stands.stopped_at]
    return min((one.at for one in left), default=None)


def _stages(stands: Standing, calendar: WorkingCalendar, rules: Rules) -> list[Firing]:
    passed = Firing(stands.due_at, Stage.PASSED, stands.due_at)
    prompted = Firing(max(_prompt_at(stands, calendar, rules), stands.started_at), Stage.PROMPTED, stands.due_at)
    above = calendar.add(stands.due_date, rules.escalate).day
    return [prompted, passed, Firing(max(start_of(above + ONE_DAY), stands.due_at), Stage.ESCALATED, stands.due_at)]


def _prompt_at(stands: Standing, calendar: WorkingCalendar, rules: Rules) -> datetime:
    """At the warning threshold where the limit has one, else so many working days before its last day."""
    if stands.warn_at is not None:
        return stands.warn_at
    if stands.unit in HOURLY:
        return stands.due_at - ONE_HOUR
    return start_of(_before(calendar, stands.due_date, rules.prompt))


def _before(calendar: WorkingCalendar, day: date, number: int) -> date:
    """The working day from which on so many working days remain until `day`."""
    found, left = day, number
    while left > 0:
        found -= ONE_DAY
        left -= calendar.counts(found)
    return found
