"""What the pages of the inside say of limits, key -> (Chinese, English)."""

from __future__ import annotations

from web.texts import Texts

LIMITS: Texts = {
    "limits.title": ("时限及其由来", "Limits, and why"),
    "limits.promised": ("承诺", "promised"),
    "limits.legal": ("法定", "by law"),
    "limits.why": ("逐行说明", "Line by line"),
    "limits.moved": ("特别程序与延长", "Special procedures and extensions"),
    "limits.needs": ("需 {n}", "needs {n}"),
    "late.reason": ("超期理由（必填）", "Why it is late (required)"),
    "late.hint": (
        "办件超期的理由将对外公开；环节超期的理由供内部使用。",
        "The reason is public when the case is late; that of a task is internal.",
    ),
    "procedure.start": ("启动特别程序", "Start a special procedure"),
    "procedure.kind": ("种类", "Kind"),
    "procedure.needed": ("预计需要", "Time needed"),
    "procedure.unit": ("单位", "Unit"),
    "procedure.reason": ("事由", "Reason"),
    "procedure.hint": (
        "本环节和法定期限停止计时，所需时间将书面告知申请人。",
        "This task and the legal limit stand still; the applicant is told the needed time in writing.",
    ),
    "procedure.end": ("结束特别程序", "End the special procedure"),
    "procedure.report": ("程序结果", "Result"),
    "procedure.open": ("进行中", "under way"),
    "procedure.ended": ("已结束", "ended"),
    "extension.ask": ("申请延长法定期限", "Ask for an extension of the legal limit"),
    "extension.reason": ("理由（将告知申请人）", "Reason (the applicant is told)"),
    "extension.hint": (
        "须在期限届满前申请并获批准，只能延长一次。",
        "It must be asked for and approved before the limit passes, once.",
    ),
    "unit.working-day": ("工作日", "working days"),
    "unit.calendar-day": ("自然日", "calendar days"),
    "unit.month": ("月", "months"),
    "unit.working-hour": ("工作小时", "working hours"),
    "unit.hour": ("小时", "hours"),
}
