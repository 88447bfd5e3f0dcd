"""`onewindow calendar`: the working calendar that anybody can ask, with or without a database."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

from sqlalchemy import text

from engine.assemble import Engine
from engine.clock import CST
from engine.commands.calendar_import import add_import
from engine.commands.line import Commands, add_command, as_json, opened_engine, say
from engine.errors import NotFound
from engine.store.location import NoDatabaseYet
from engine.timelimits.calendar import WorkingCalendar
from engine.timelimits.errors import CalendarDatesReversed, CalendarDayUnknown, LimitInvalid
from engine.timelimits.limits import HOURLY, Limit, Unit, due
from engine.timelimits.national import FIRST_YEAR, LAST_YEAR, national_calendar

WEEKDAYS = ("一 / Mon", "二 / Tue", "三 / Wed", "四 / Thu", "五 / Fri", "六 / Sat", "日 / Sun")
PROVISIONAL = "暂定：涉及尚无放假通知的年份 / provisional: it reaches into a year whose holiday notice isn't out"


def add_commands(commands: Commands) -> None:
    """Declare `calendar` and what is below it."""
    asking = "工作日历 / the working calendar"
    calendar = commands.add_parser("calendar", help=asking, description=asking)
    below = calendar.add_subparsers(metavar="{add,between,import}", required=True)
    adding = add_command(below, "add", _add, "期限何时届满 / when a limit ends that starts on a date", as_json=True)
    adding.add_argument("date", metavar="DATE", help="2026-09-21；按小时计算时为 / for hours 2026-09-21T09:00")
    adding.add_argument("number", metavar="N", help="1–3650")
    adding.add_argument("--unit", default=Unit.WORKING_DAY, metavar="UNIT", help=" | ".join(Unit))
    between = add_command(below, "between", _between, "(A, B] 的工作日数 / working days in (A, B]", as_json=True)
    between.add_argument("first", metavar="A")
    between.add_argument("last", metavar="B")
    add_import(below)
    for asks in (adding, between):
        asks.add_argument("--region", metavar="R", help="区划代码 / code of a region")


def _add(asked: argparse.Namespace) -> int:
    limit = _limit(asked.number, asked.unit)
    start = _instant(asked.date) if limit.unit in HOURLY else _day(asked.date)
    with _calendar(asked) as calendar:
        end = due(calendar, start, limit)
    answer: dict[str, object] = {"date": end.day.isoformat(), "provisional": end.provisional}
    if end.at is not None:
        answer["at"] = end.at.astimezone(CST).isoformat()
    if asked.json:
        print(as_json(answer))
        return 0
    print(f"{answer.get('at', answer['date'])}（{WEEKDAYS[end.day.weekday()]}）")
    return _provisional(end.provisional)


def _between(asked: argparse.Namespace) -> int:
    first, last = _day(asked.first), _day(asked.last)
    if last < first:
        raise CalendarDatesReversed(first=first, last=last)
    with _calendar(asked) as calendar:
        count, provisional = calendar.between(first, last), not calendar.published_within(first, last)
    if asked.json:
        print(as_json({"working_days": count, "provisional": provisional}))
        return 0
    print(f"{count} 个工作日 / working days")
    return _provisional(provisional)


def _provisional(provisional: bool) -> int:
    if provisional:
        print(PROVISIONAL)
    return 0


@contextmanager
def _calendar(asked: argparse.Namespace) -> Iterator[WorkingCalendar]:
    """The calendar of the region that is asked for, as the database has it; the national days where there is none."""
    try:
        with opened_engine(asked) as engine:
            yield _stored(engine, asked.region)
    except NoDatabaseYet:
        say("没有数据库，按全国节假日计算 / no database: answered from the national days")
        yield national_calendar()


def _stored(engine: Engine, region: str | None) -> WorkingCalendar:
    with engine.database.connect() as connection:
        if region is not None and not connection.scalar(
            text("SELECT true FROM regions WHERE code = :code"), {"code": region}
        ):
            raise NotFound(what="region", id=region)
        version = connection.scalar(text("SELECT calendar_version FROM platform"))
    return engine.house.calendar(region or "", version or 0)


def _limit(number: str, unit: str) -> Limit:
    digits = number.isascii() and number.isdigit() and len(number) < 10
    if not digits:
        raise LimitInvalid(amount=number[:20], unit=unit)
    return Limit(int(number), unit)


def _day(said: str) -> date:
    """A day as 2026-09-21, of the years that the calendar speaks of. Raises CalendarDayUnknown."""
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", said):
        try:
            return _known(date.fromisoformat(said), said)
        except ValueError:
            pass
    raise CalendarDayUnknown(said=said[:40], first=FIRST_YEAR, last=LAST_YEAR)


def _instant(said: str) -> datetime:
    """An instant: a local time in China, or with an offset; a bare day has no hour to start from."""
    try:
        instant = datetime.fromisoformat(said) if "T" in said or " " in said else None
        if instant is not None:
            placed = (instant if instant.tzinfo else instant.replace(tzinfo=CST)).astimezone(CST)
            _known(placed.date(), said)
            return placed
    except (ValueError, OverflowError):
        pass
    raise CalendarDayUnknown(said=said[:40], first=FIRST_YEAR, last=LAST_YEAR)


def _known(day: date, said: str) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise CalendarDayUnknown(said=said[:40], first=FIRST_YEAR, last=LAST_YEAR)
    return day
