"""What is refused of verifications, rectifications and revocations, and what to do instead."""

from __future__ import annotations

from typing import Any

from engine.errors import ApprovalError, Conflict, Invalid


class VerificationNotOpen(Conflict):
    """The check can't be recorded yet: its task is not open. Params: number (the case's)."""

    code = "verification-not-open"
    zh = "办件 {number} 的核验环节尚未开始或正在等待申请人，暂不能录入核验结果。请在核验环节待办后再录入。"
    en = "The verification of case {number} waits for something else, so no result can be recorded. Wait for its task."


class MaterialNotPresumed(Invalid):
    """A material that was not presumed can't be verified. Params: material, fields."""

    code = "material-not-presumed"
    zh = "“{material}”不在该办件待核验的材料清单中。请按核验清单逐项核对。"
    en = "“{material}” is not among the materials to be verified in this case. Go by the list of the verification."


class VerifierDecided(ApprovalError):
    """Who decided the case may not verify it."""

    code = "verifier-decided"
    status = 403
    rule = "XKF-34"
    article = "行政许可法第三十四条"
    zh = "您是办件 {number} 的决定人，不能再核验该办件。请由未参与决定的人员核验。"
    en = "You decided case {number}, so you can't verify it. Somebody who did not decide it must do so."


class SecondOfficerNeeded(ApprovalError):
    """Two different officers are owed; the same one can't sign twice."""

    code = "second-officer-needed"
    status = 422
    rule = "XKF-34"
    article = "行政许可法第三十四条"
    zh = "您已签署本次核查记录。实地或实质核查须由两名工作人员进行，请由另一名工作人员签署。"
    en = "You have signed this check already. Two different officers are owed for it: let another one sign."


class FindingsDiffer(Conflict):
    """The two officers found different things; nothing was changed. Params: officer, result."""

    code = "findings-differ"
    zh = "与另一名工作人员（{officer}）的核查结论不一致，未作记录。请会商一致后由先签署的人员更正，再重新提交。"
    en = "The other officer ({officer}) found otherwise, so nothing was recorded. Agree, let the first one correct it, send again."


class VerificationMissing(Conflict):
    """A linked case would end as confirmed, and nobody has checked anything. Params: number."""

    code = "verification-missing"
    zh = "办件 {number} 尚无核验记录，不能以“核验通过”结束。请先录入核验结果。"
    en = "Nobody has checked anything in case {number}, so it can't end as confirmed. Record a result first."


class CompleteByVerification(Conflict):
    """A check and a rectification have their own way in, which keeps what was found. Params: path."""

    code = "complete-by-verification"
    zh = "该环节须通过核验专用功能（{path}）办理，以便逐项留存核验结果。请在“核验”页面办理。"
    en = "This task is completed by {path}, which keeps what was found. Do it on the page of verifications."


class NoPermit(Conflict):
    """The case has granted nothing that could be revoked, stayed or disputed. Params: number."""

    code = "permit-missing"
    zh = "办件 {number} 没有有效的许可决定，不能执行此操作。请核对办件编号。"
    en = "Case {number} has no permit in force, so this can't be done. Check its number."


class RevocationOpen(Conflict):
    """Proceedings are under way already, or have ended. Params: number."""

    code = "revocation-open"
    zh = "办件 {number} 的撤销程序已在进行中。请在该程序中办理。"
    en = "Proceedings to revoke the permit of case {number} are under way already. Go on with them."


class UnheardYet(Conflict):
    """Nobody loses a permit unheard: the holder has not been told, or has time left to state a defence."""

    code = "holder-not-heard"
    rule = "XKF-7"
    article = "行政许可法第七条"
    zh = "尚未告知拟作出的决定，或申请人陈述、申辩（听证）尚未完成，不能作出决定。请先完成告知和听取意见。"
    en = "The holder was not told of what is intended, or is still to be heard, so nothing can be decided. Hear the holder first."


class NotTheDecidingBody(ApprovalError):
    """A permit is taken away by the body that decided, or its superior, and never by who verified. Params: why, why_en."""

    code = "not-the-deciding-body"
    status = 403
    rule = "XKF-69"
    article = "行政许可法第六十九条"
    zh = "撤销程序须由作出许可决定的机关或其上级机关办理，核验人员不得参与（{why}）。请移交有权机关的其他人员办理。"
    en = "This is for the body that decided, or its superior, and never for a verifier ({why_en}). Hand it to somebody else there."


class RectificationClosed(Conflict):
    """The rectification was supplied or its time is over. Params: number."""

    code = "rectification-closed"
    zh = "办件 {number} 的整改已提交或已逾期，不能再次提交。请查看办理进度。"
    en = "The rectification of case {number} was supplied or is over, so it can't be sent again. Look at the progress."


def required(*names: str) -> Invalid:
    """The error of members that are missing."""
    said: dict[str, Any] = {name: ["必填\tis required"] for name in names}
    return Invalid(detail="、".join(names), fields=said)
