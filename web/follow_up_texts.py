"""What the pages say of what follows a decision that came before its check, key -> (Chinese, English): inside and outside."""

from __future__ import annotations

from web.texts import Texts

FOLLOW_UP: Texts = {
    "permit.pending": ("待核验，尚未生效", "pending verification, not effective yet"),
    "permit.valid": ("有效", "valid"),
    "permit.confirmed": ("有效，已核验", "valid, confirmed by verification"),
    "permit.lapsed": ("已失效", "lapsed"),
    "permit.revoked": ("已撤销", "revoked"),
    "permit.stayed": ("撤销决定停止执行", "the revocation is stayed"),
    "permit.disputed": ("有异议：正在行政复议或者诉讼中", "disputed: a review or a lawsuit is pending"),
    "permit.title": ("许可状态", "What may be relied on"),
    "permit.until": ("须在 {day} 前完成核验", "to be verified by {day}"),
    "verify.pending": (
        "该文书真实，但许可待核验，尚未生效。",
        "This document is real, but the permit is not effective yet.",
    ),
    "verify.lapsed": ("该文书真实，但许可已失效。", "This document is real, but the permit has lapsed."),
    "verify.revoked": ("该文书真实，但许可已被撤销。", "This document is real, but the permit was revoked."),
    "verify.stayed": (
        "该文书真实；许可曾被撤销，撤销决定现停止执行。",
        "This document is real; the permit was revoked, and the revocation is stayed.",
    ),
    "result.granted-pending": ("准予（待核验，尚未生效）", "granted, pending verification"),
    "result.lapsed": ("逾期未核验，已失效", "lapsed: not verified in time"),
    "result.revoked": ("已撤销", "revoked"),
    "verification": ("核验", "Verification"),
    "verification.regime.post-verification": ("后置审核", "post-verification"),
    "verification.regime.commitment": ("告知承诺", "commitment"),
    "verification.todo": ("还需办理", "Still to be done"),
    "verification.come": (
        "请在 {day}（含当日）前携带下列原件到窗口一次，当场核对。只需到场一次。",
        "Come to the window once by {day} with these originals. One visit is asked for, and no second.",
    ),
    "verification.checked": (
        "工作人员将在 {day}（含当日）前核查下列承诺事项，请予配合。",
        "Officers will check what was promised by {day}.",
    ),
    "verification.again": (
        "您已提交整改，工作人员正在复核，无需再次到场。",
        "You have supplied what was asked; it is being checked again. You need not come again.",
    ),
    "verification.mend": (
        "请在 {day}（含当日）前整改下列事项，网上提交或者邮寄即可，无需再次到场。",
        "Put this right by {day}, online or by post. You need not come again.",
    ),
    "verification.heard": (
        "正在听取您的意见，作出决定前许可状态不变。",
        "You are being heard; nothing changes before the decision.",
    ),
    "verification.over": ("核验已完成：{state}", "The verification is over: {state}"),
    "verification.bring": ("材料清单", "Materials"),
    "rectify.title": ("提交整改", "Supply what was asked"),
    "rectify.note": ("整改说明", "What you have put right"),
    "rectify.way": ("提交方式", "By which way"),
    "rectify.way.online": ("网上提交", "online"),
    "rectify.way.post": ("邮寄", "by post"),
    "rectify.submit": ("提交整改", "Supply"),
    "revocation": ("撤销程序", "Proceedings to revoke"),
    "revocation.intended": (
        "本机关拟撤销您取得的许可，您有权陈述、申辩，也可以要求听证。",
        "The permit is intended to be revoked. You may state your defence, or ask for a hearing.",
    ),
    "revocation.ground": ("依据", "Ground"),
    "revocation.reason": ("事实和理由", "Facts and reasons"),
    "revocation.by": ("请在 {day}（含当日）前提出。", "Until {day}, that day included."),
    "revocation.statement": ("陈述、申辩意见", "Your statement"),
    "revocation.waive": ("我放弃陈述、申辩，也不要求听证", "I have nothing to say and ask for no hearing"),
    "revocation.say": (
        "请填写陈述、申辩意见，或者要求听证；确定放弃的，请勾选放弃。未提交任何内容。",
        "Write your statement or ask for a hearing; if you waive both, tick that. Nothing was sent.",
    ),
    "revocation.hearing": ("我要求听证", "I ask for a hearing"),
    "revocation.submit": ("提交", "Send"),
    "revocation.decision.revoked": ("已决定撤销", "It was decided to revoke it"),
    "revocation.decision.upheld": ("已决定不予撤销", "It was decided not to revoke it"),
    "revocation.decision.public-interest": (
        "因撤销可能对公共利益造成重大损害，已决定不予撤销",
        "It was decided not to revoke it, as that would gravely harm the public interest",
    ),
}
