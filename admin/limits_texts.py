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
    "extension.waiting": ("待审批的延期", "Extensions to decide on"),
    "extension.decide": ("审批延期", "Decide on the extension"),
    "extension.by": ("延长 {n}", "By {n}"),
    "extension.opinion": ("审批意见（不批准时必填）", "Opinion (required to reject)"),
    "extension.paper": (
        "联合办理的延期由本级人民政府负责人批准：请填写批准文号和批准人，并上传扫描件。",
        "The head of the government approves this one: give the approval's number, who approved it, and its scan.",
    ),
    "extension.number": ("批准文号", "Number of the approval"),
    "extension.signed": ("批准人", "Approved by"),
    "extension.scan": ("扫描件", "Scan"),
    "extension.approve": ("批准", "Approve"),
    "extension.reject": ("不批准", "Reject"),
    "late.case": ("如已超期，须说明理由", "If it is late: why"),
    "unit.working-day": ("工作日", "working days"),
    "unit.calendar-day": ("自然日", "calendar days"),
    "unit.month": ("月", "months"),
    "unit.working-hour": ("工作小时", "working hours"),
    "unit.hour": ("小时", "hours"),
}
