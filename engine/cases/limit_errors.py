"""What can be wrong with a request to move a limit. `rule` is the product's, `article` the law's."""

from __future__ import annotations

from engine.errors import ApprovalError, Conflict, Forbidden, Invalid

PROCEDURES = "行政许可法第四十五条"
EXTENSION = "行政许可法第四十二条"


class ProcedureReasonMissing(Invalid):
    """A special procedure needs its reason."""

    code = "special-procedure-reason-missing"
    rule = "XKF-45"
    article = PROCEDURES
    zh = "启动特别程序须说明事由（reason）。请填写后重新提交。"
    en = "A special procedure needs its reason (reason). Write it and send it again."


class ExtensionReasonMissing(Invalid):
    """An extension needs its reason, which the applicant is told."""

    code = "extension-reason-missing"
    rule = "XKF-42"
    article = EXTENSION
    zh = "申请延长期限须说明理由（reason），并将告知申请人。请填写后重新提交。"
    en = "An extension needs its reason (reason), which the applicant is told. Write it and send it again."


class SpecialProcedureUnknown(Invalid):
    """A ground that neither the law nor the item knows. Params: kind, allowed."""

    code = "special-procedure-unknown"
    rule = "XKF-45"
    article = PROCEDURES
    zh = "“{kind}”不是该事项可以中止期限的特别程序（可用：{allowed}）。受理后的补正、整改不中止期限。请改用列出的种类。"
    en = "“{kind}” is no ground to stop the limits of this item (there are: {allowed}). Use one of those; supplements are none."


class SpecialProcedureTooLong(Invalid):
    """More time than the item allows for this kind. Params: needed, most, kind."""

    code = "special-procedure-too-long"
    rule = "XKF-45"
    article = PROCEDURES
    zh = "“{kind}”预计需要{needed}，超过该事项规定的最长{most}。请核对所需时间。"
    en = "“{kind}” is said to need {needed}, more than the {most} that the item allows. Check the time that is needed."


class SpecialProcedureBackwards(Invalid):
    """A start or an end that lies before what it follows, or in the future. Params: at, after."""

    code = "special-procedure-backwards"
    rule = "XKF-45"
    article = PROCEDURES
    zh = "时间 {at} 有误：不得早于 {after}，也不得晚于现在。请更正。"
    en = "The instant {at} can't be: it may not lie before {after}, nor in the future. Correct it."


class SpecialProcedureOpen(Conflict):
    """A special procedure is under way, so this can't be done. Params: number, kind."""

    code = "special-procedure-open"
    rule = "XKF-45"
    article = PROCEDURES
    zh = "特别程序 {number}（{kind}）尚未结束，不能执行此操作。请先结束该程序并登记结果。"
    en = "Special procedure {number} ({kind}) is still under way: end it with its result first."


class SpecialProcedureEnded(Conflict):
    """It has ended already. Params: number."""

    code = "special-procedure-ended"
    rule = "XKF-45"
    article = PROCEDURES
    zh = "特别程序 {number} 已经结束，不能再次结束。"
    en = "Special procedure {number} has ended already."


class LimitsNotRunning(Conflict):
    """There is no limit that this could move: the case is not accepted, or its decision is made. Params: number."""

    code = "limits-not-running"
    rule = "XKF-42"
    article = EXTENSION
    zh = "办件 {number} 没有正在计时的办理期限（尚未受理或已办结），不能执行此操作。"
    en = "Case {number} has no limit that runs (it is not accepted yet, or concluded), so this can't be done."


class ExtensionNotAllowed(Invalid):
    """The item declares no extension, or not by so much. Params: detail_zh, detail_en."""

    code = "extension-not-allowed"
    rule = "XKF-42"
    article = EXTENSION
    zh = "不能这样延长：{detail_zh}。"
    en = "It can't be extended so: {detail_en}."


class ExtensionTooLate(Invalid):
    """Asked for, or to be approved, after the legal limit has passed. Params: due."""

    code = "extension-too-late"
    rule = "XKF-42"
    article = EXTENSION
    zh = "法定期限已于 {due} 届满，届满前未申请并批准的，不得再延长。"
    en = "The legal limit passed on {due}: an extension must be asked for and approved before that."


class ExtensionUsed(Invalid):
    """The limit was extended already; it may be once."""

    code = "extension-used"
    rule = "XKF-42"
    article = EXTENSION
    zh = "该办件的期限已经延长过一次，不得再次延长。"
    en = "The limit of this case was extended already: it may be only once."


class ExtensionPending(Conflict):
    """An extension is asked for and not decided yet. Params: number."""

    code = "extension-pending"
    rule = "XKF-42"
    article = EXTENSION
    zh = "延长申请 {number} 尚未审批，不能重复申请。"
    en = "Extension {number} is asked for and waits for its decision already."


class ExtensionDecided(Conflict):
    """It was approved or rejected already. Params: number, state."""

    code = "extension-decided"
    rule = "XKF-42"
    article = EXTENSION
    zh = "延长申请 {number} 已经审批（{state}），不能再次审批。"
    en = "Extension {number} is decided already ({state})."


class ExtensionOwnApproval(Forbidden):
    """Who asks does not approve. Params: permission."""

    code = "extension-own-approval"
    rule = "XKF-42"
    article = EXTENSION
    zh = "延长期限的申请人不能自己审批（{permission}）。请由另一位负责人审批。"
    en = "Who asks for an extension can't approve it ({permission}): another head has to."


class ExtensionWrongPost(Forbidden):
    """Only the head of the department may approve, or record the approval. Params: permission."""

    code = "extension-wrong-post"
    rule = "XKF-42"
    article = EXTENSION
    zh = "延长期限须由本行政机关负责人批准或登记（{permission}）。请交部门负责人办理。"
    en = "An extension is approved, or its approval recorded, by the head of the department ({permission})."


class ApprovalPaperMissing(Invalid):
    """The government's head approves on paper: number, name and scan must come with it."""

    code = "approval-paper-missing"
    rule = "XKF-42"
    article = EXTENSION
    zh = "联合办理的延长须经本级人民政府负责人批准：请填写批准文号、批准人并上传批准件扫描件。"
    en = (
        "The head of the government approves this on paper: give the approval's number, who approved, and a scan of it."
    )


class LateReasonRequired(ApprovalError):
    """What is finished late takes a reason. Params: due."""

    code = "late-reason-required"
    status = 422
    rule = "YSHJ-36"
    article = "优化营商环境条例第三十六条"
    zh = "已超过期限（{due}），请在 late_reason 中说明超期理由后再提交。{shown_zh}"
    en = "It is late (due {due}): say why in late_reason and send it again. {shown_en}"
