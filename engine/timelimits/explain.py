"""Why a date is what it is: the derivation of a limit, line by line, in Chinese and in English. Pure.

The same lines are printed by `onewindow limits explain`, answered by the API and shown on the pages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from engine.clock import CST, day_of
from engine.timelimits.ledger import Almanacs, Entry, LedgerEntry, Standing, known_at, pauses_of, standing, union
from engine.timelimits.limits import HOURLY, Limit

Line = tuple[str, str]  #: Chinese, English

UNITS: Mapping[str, Line] = {
    "working-day": ("个工作日", "working days"),
    "calendar-day": ("个自然日", "calendar days"),
    "month": ("个月", "months"),
    "working-hour": ("个工作小时", "working hours"),
    "hour": ("小时", "hours"),
}
KINDS: Mapping[str, Line] = {"promised": ("承诺时限", "Promised limit"), "legal": ("法定时限", "Legal limit")}
LIGHTS: Mapping[str, Line] = {"green": ("绿灯", "green"), "yellow": ("黄灯", "yellow"), "red": ("红灯", "red")}
CLOCKS: Mapping[str, Line] = {
    "completeness": ("收件核对", "Completeness check"),
    "correction": ("申请人补正", "Correction by the applicant"),
    "decision": ("办件办理", "Decision on the case"),
    "first-examination": ("下级初审", "First examination by the lower level"),
    "delivery": ("决定送达", "Delivery of the decision"),
    "verification": ("核验", "Verification"),
    "rectification": ("整改", "Rectification"),
    "tolerance": ("容缺补交", "Supply of what is tolerated"),
    "node": ("环节办理", "Task"),
}


def explain(entries: Sequence[LedgerEntry], almanacs: Almanacs, at: datetime, kind: str) -> list[Line]:
    """The derivation of a limit as of an instant: what was granted, every entry that was recorded, and what follows."""
    known = known_at(entries, at)
    stands = standing(known, almanacs, at)
    if stands is None:
        return []
    lines = [line for nth, entry in enumerate(known) for line in _entry_lines(known[: nth + 1], almanacs, entry, kind)]
    return [*lines, *_union_line(known, almanacs), _end_line(stands), *_provisional_line(stands), _now_line(stands, at)]


def _entry_lines(known: Sequence[LedgerEntry], almanacs: Almanacs, entry: LedgerEntry, kind: str) -> list[Line]:
    stands = standing(known, almanacs, entry.recorded_at)
    assert stands is not None
    zh, en = _SAYS[entry.entry](entry, stands, known, almanacs)
    if entry.entry == Entry.START:
        zh, en = f"{KINDS[kind][0]}{zh}", f"{KINDS[kind][1]}: {en}"
    later = "" if entry.effective_at == entry.recorded_at else f"（{_minute(entry.recorded_at)}记录）"
    later_en = "" if entry.effective_at == entry.recorded_at else f" (recorded {_minute(entry.recorded_at)})"
    ground = f"；依据：{entry.ground}" if entry.ground else ""
    ground_en = f"; ground: {entry.ground}" if entry.ground else ""
    paper = f"；文书：{entry.document}" if entry.document else ""
    paper_en = f"; document: {entry.document}" if entry.document else ""
    return [(f"{zh}{later}{ground}{paper}。", f"{en}{later_en}{ground_en}{paper_en}.")]


def _start(entry: LedgerEntry, stands: Standing, *_: Any) -> Line:
    assert entry.limit is not None
    hourly = entry.limit.unit in HOURLY
    since = _minute(entry.effective_at) if hourly else str(day_of(entry.effective_at))
    zh = f"{amount(entry.limit)[0]}，自 {since} 起算{'' if hourly else '（当日不计）'}，{_end(stands)}届满"
    en = f"{amount(entry.limit)[1]} from {since}{'' if hourly else ' (that day not counted)'}, to the end of {_end(stands)}"
    return zh, en


def _pause(entry: LedgerEntry, stands: Standing, *_: Any) -> Line:
    needed = amount(entry.limit) if entry.limit else ("", "")
    zh = f"{_minute(entry.effective_at)} 起中止（特别程序 {entry.ref}），预计需要{needed[0]}，如期结束则 {_end(stands)}届满"
    en = f"Stopped from {_minute(entry.effective_at)} (special procedure {entry.ref}), which needs {needed[1]}; "
    en += f"it would then end {_end(stands)}"
    return zh, en


def _resume(entry: LedgerEntry, stands: Standing, known: Sequence[LedgerEntry], almanacs: Almanacs) -> Line:
    almanac = almanacs(entry.calendar_version)
    mine = next(pause for nth, pause in _numbered(known, almanacs) if nth == entry.ref)
    since, until = day_of(mine.since), day_of(entry.effective_at)
    days = almanac.calendar.between(since, until)
    zh = f"{_minute(entry.effective_at)} 恢复计时（特别程序 {entry.ref} 结束），"
    zh += f"({since}, {until}] 内有 {days} 个工作日，{_end(stands)}届满"
    en = (
        f"Runs again from {_minute(entry.effective_at)} (special procedure {entry.ref} ended); ({since}, {until}] has {days} "
        f"working days; it ends {_end(stands)}"
    )
    return zh, en


def _extend(entry: LedgerEntry, stands: Standing, *_: Any) -> Line:
    added = amount(entry.limit) if entry.limit else ("", "")
    zh = f"{_minute(entry.effective_at)} 经批准延长{added[0]}，{_end(stands)}届满"
    return zh, f"Extended by {added[1]} on {_minute(entry.effective_at)}; it ends {_end(stands)}"


def _correct(entry: LedgerEntry, stands: Standing, *_: Any) -> Line:
    granted = amount(entry.limit) if entry.limit else ("", "")
    zh = f"更正为{granted[0]}，自 {day_of(entry.effective_at)} 起算，{_end(stands)}届满"
    return zh, f"Corrected: {granted[1]} from {day_of(entry.effective_at)}; it ends {_end(stands)}"


def _recompute(entry: LedgerEntry, stands: Standing, *_: Any) -> Line:
    when, version = _minute(entry.effective_at), entry.calendar_version
    zh = f"{when} 按工作日历第 {version} 版重新计算，{_end(stands)}届满"
    return zh, f"Computed again on {when} by version {version} of the calendar; it ends {_end(stands)}"


def _stop(entry: LedgerEntry, stands: Standing, *_: Any) -> Line:
    used, en = amount_of(stands.used, stands.unit)
    zh = f"{_minute(entry.effective_at)} 办结停止计时，共用{used}"
    return zh, f"Ended on {_minute(entry.effective_at)}; {en} were used"


_SAYS = {
    Entry.START: _start,
    Entry.PAUSE: _pause,
    Entry.RESUME: _resume,
    Entry.EXTEND: _extend,
    Entry.CORRECT: _correct,
    Entry.RECOMPUTE: _recompute,
    Entry.STOP: _stop,
}


def _numbered(known: Sequence[LedgerEntry], almanacs: Almanacs) -> list[tuple[int, Any]]:
    refs = [entry for entry in known if entry.entry == Entry.PAUSE]
    found = pauses_of(known, almanacs(known[-1].calendar_version))
    by_start = {pause.since: pause for pause in found}
    return [(entry.ref, by_start[entry.effective_at]) for entry in refs]


def _union_line(known: Sequence[LedgerEntry], almanacs: Almanacs) -> list[Line]:
    """Where pauses overlap, what they leave out together."""
    almanac = almanacs(known[-1].calendar_version)
    spans = [(day_of(one.since), day_of(one.until)) for one in pauses_of(known, almanac) if one.until is not None]
    united: list[tuple[date, date]] = union(spans)
    if len(united) == len(spans) or len(spans) < 2:
        return []
    days = sum(almanac.calendar.between(since, until) for since, until in united)
    return [
        (
            f"各特别程序期间重叠的部分只计一次，合计不计入 {days} 个工作日。",
            f"Where special procedures overlap their days are left out once: {days} working days together.",
        )
    ]


def _end_line(stands: Standing) -> Line:
    granted, en = amount_of(stands.granted, stands.unit)
    zh = f"按工作日历第 {stands.calendar_version} 版：共{granted}，{_end(stands)}届满。"
    return zh, f"By version {stands.calendar_version} of the calendar: {en} in all, to the end of {_end(stands)}."


def _provisional_line(stands: Standing) -> list[Line]:
    if not stands.provisional:
        return []
    return [
        (
            "该日期为暂定：涉及年份的放假通知尚未发布，发布后将重新计算。",
            "The date is provisional: a holiday notice it depends on is not out; it will be computed again.",
        )
    ]


def _now_line(stands: Standing, at: datetime) -> Line:
    used, left = amount_of(stands.used, stands.unit), stands.remaining_working_days
    state = {"running": ("计时中", "running"), "paused": ("已中止", "stopped for now"), "stopped": ("已停止", "ended")}
    zh_state, en_state = state[stands.state]
    zh_left = f"剩余 {left} 个工作日" if left >= 0 else f"已超 {-left} 个工作日"
    en_left = f"{left} working days remain" if left >= 0 else f"{-left} working days late"
    zh_light, en_light = LIGHTS[stands.light]
    zh = f"截至 {_minute(at)}：{zh_state}，已用{used[0]}，{zh_left}，{zh_light}。"
    return zh, f"As of {_minute(at)}: {en_state}, {used[1]} used, {en_left}, {en_light}."


def amount(limit: Limit) -> Line:
    """A limit in words."""
    return amount_of(limit.days, limit.unit)


def amount_of(number: int, unit: str) -> Line:
    """A number of units in words."""
    zh, en = UNITS[unit]
    return f" {number} {zh}", f"{number} {en}"


def _end(stands: Standing) -> str:
    return f"{_minute(stands.due_at)} " if stands.unit in HOURLY else f"{stands.due_date} "


def _minute(at: datetime) -> str:
    return f"{at.astimezone(CST):%Y-%m-%d %H:%M}"
