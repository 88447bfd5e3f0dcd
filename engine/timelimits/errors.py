"""What can be wrong with a limit or with the data of a calendar."""

from __future__ import annotations

from engine.errors import ApprovalError


class CalendarRangeExceeded(ApprovalError):
    """A limit reaches further than any holiday notice ever could."""

    code = "calendar-range-exceeded"
    status = 422
    zh = "从{start}起算的期限超出{years}年，无法计算。请核对期限的数值和单位。"
    en = "The limit from {start} reaches more than {years} years ahead. Check its number and its unit."


class LimitInvalid(ApprovalError):
    """A limit without a sensible number or unit. There is no default for either: a silent one would be law made up."""

    code = "limit-invalid"
    status = 422
    zh = "期限“{amount} {unit}”无效：数值须为1至3650的整数，单位须为working-day、calendar-day、month、working-hour或hour。请更正。"
    en = (
        "The limit “{amount} {unit}” is not valid: give a whole number from 1 to 3650 and one of working-day, calendar-day, "
        "month, working-hour and hour."
    )


class CalendarDataInvalid(ApprovalError):
    """The days of a calendar contradict each other or can't be read."""

    code = "calendar-data-invalid"
    status = 422
    zh = "{year}年的日历数据有误：{detail_zh}。请对照国务院办公厅的放假通知更正。"
    en = "The calendar data of {year} is wrong: {detail_en}. Correct it against the State Council's holiday notice."


class WorkingHoursInvalid(ApprovalError):
    """Opening hours that are no hours of a day. Params: spans."""

    code = "working-hours-invalid"
    status = 422
    zh = "工作时间“{spans}”有误：每段须先起后止，各段按先后排列且不重叠。请更正。"
    en = "The working hours “{spans}” are not valid: each span ends after it begins, in order, and none overlap. Correct them."


class CalendarDayUnknown(ApprovalError):
    """A text that is no day, or no instant, of the years that the calendar speaks of. Params: said, first, last."""

    code = "calendar-day-unknown"
    status = 422
    zh = (
        "“{said}”不是日历所知的日期（{first}至{last}年）。请写成 2026-09-21；按小时计算的期限请写明时刻，"
        "如 2026-09-21T09:00（北京时间）或 2026-09-21T09:00:00+08:00。"
    )
    en = (
        "“{said}” is no date that the calendar knows ({first} to {last}). Write 2026-09-21; for a limit in hours name the "
        "instant, as 2026-09-21T09:00 (China time) or 2026-09-21T09:00:00+08:00."
    )


class CalendarDatesReversed(ApprovalError):
    """Two dates of which the first is the later one. Params: first, last."""

    code = "calendar-dates-reversed"
    status = 422
    zh = "{first}晚于{last}。请把较早的日期写在前面。"
    en = "{first} is later than {last}. Name the earlier date first."
