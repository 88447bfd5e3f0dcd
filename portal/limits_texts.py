"""What the public pages say of limits, key -> (Chinese, English)."""

from __future__ import annotations

from web.texts import Texts

LIMITS: Texts = {
    "limits.promised": ("承诺办结日期", "promised"),
    "limits.legal": ("法定办结日期", "by law"),
    "limits.why": ("期限如何计算", "How the date is counted"),
    "limits.needs": ("需 {n}", "needs {n}"),
    "late.reason": ("超期理由：", "Why it is late:"),
    "procedure.open": ("进行中，不计入期限", "under way, not counted"),
    "procedure.ended": ("已结束", "ended"),
    "unit.working-day": ("个工作日", "working days"),
    "unit.calendar-day": ("个自然日", "calendar days"),
    "unit.month": ("个月", "months"),
    "unit.working-hour": ("个工作小时", "working hours"),
    "unit.hour": ("小时", "hours"),
}
