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
    zh = "期限“{amount} {unit}”无效：数值须为1至3650的整数，单位须为working-day或calendar-day。请更正。"
    en = "The limit “{amount} {unit}” is not valid: give a whole number from 1 to 3650 and working-day or calendar-day."


class CalendarDataInvalid(ApprovalError):
    """The days of a calendar contradict each other or can't be read."""

    code = "calendar-data-invalid"
    status = 422
    zh = "{year}年的日历数据有误：{detail_zh}。请对照国务院办公厅的放假通知更正。"
    en = "The calendar data of {year} is wrong: {detail_en}. Correct it against the State Council's holiday notice."
