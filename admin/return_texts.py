"""What the pages of the inside say of returns (退回), key -> (Chinese, English)."""

from __future__ import annotations

from web.texts import Texts

RETURNS: Texts = {
    "return": ("退回", "Return"),
    "return.to": ("退回到", "Return to"),
    "return.then.forward": ("重新办理后逐环节再走一遍", "all that lies between is gone through again"),
    "return.then.back": ("重新办理后直接送回本环节", "it comes straight back to this task"),
    "return.reason": ("退回原因（必填）", "Why it is returned (required)"),
    "return.applicant": ("由申请人办理，退回原因将告知申请人", "the applicant does it, and reads why"),
    "return.hint": (
        "重新办理的人员会看到退回原因；退回给办理部门的，申请人只看到该环节正在重新办理。办件时限不停止计时。",
        "Whoever does it again reads why; of what officers do again, the applicant reads only that it is gone through again. The "
        "case's limit runs on.",
    ),
    "return.by": ("本环节由“{node}”退回，请重新办理。", "“{node}” was returned to this task: please do it again."),
    "done.returned": ("办件 {number} 已退回。", "Case {number} was returned."),
    "state.returned": ("已退回", "returned"),
}
