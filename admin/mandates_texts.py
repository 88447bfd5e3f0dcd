"""What the page of mandates says, key -> (Chinese, English)."""

from __future__ import annotations

from web.texts import Texts

MANDATES: Texts = {
    "nav.mandates": ("代办委托", "Mandates"),
    "nav.new": ("代办申请", "Apply"),
    "done.recorded": ("委托已登记。", "The mandate is recorded."),
    "done.scanned": ("扫描件已保存。", "The scan is kept."),
    "mandates.scan": ("委托书扫描件（可选）", "The signed paper, scanned (if you have it)"),
    "mandates.scan.add": ("上传扫描件", "Add the scan"),
    "mandates.scan.fetch": ("扫描件", "the scan"),
    "done.ended": ("委托已终止，即时生效。", "The mandate is ended, at once."),
    "mandates.title": ("代办委托", "Mandates"),
    "mandates.about": (
        "申请人在场、本人签字的，是帮办，不需要委托；由他人代为办理的，须先登记委托书。",
        "Whoever is here and signs needs no mandate. Acting for somebody needs one, recorded first.",
    ),
    "mandates.record": ("登记委托", "Record a mandate"),
    "mandates.principal": ("委托人", "Who gives it"),
    "mandates.name": ("姓名或名称", "Name"),
    "mandates.id_number": ("身份证号码（个人）", "Identity number (a person)"),
    "mandates.credit_code": ("统一社会信用代码（单位）", "Credit code (an enterprise)"),
    "mandates.one_number": ("两个号码填写其一。", "One of the two numbers is needed."),
    "mandates.agent": ("代办员和站点", "Agent and station"),
    "mandates.agent.none": (
        "本地区没有代办员，无法登记委托。请先由管理员设置。",
        "There is no agent in your region yet: an administrator has to add one first.",
    ),
    "mandates.items": ("委托事项（不选为全部事项）", "For which services (none: all of them)"),
    "mandates.first_day": ("开始日期", "From"),
    "mandates.last_day": ("截止日期", "Until"),
    "mandates.may_promise": ("可以代为签署承诺书", "May sign a promise in their name"),
    "mandates.evidence": ("委托书编号或扫描件编号", "Number of the signed paper, or of its scan"),
    "mandates.evidence.hint": (
        "纸质委托书须由委托人签名，原件留站点备查。",
        "The paper is signed by whoever gives the mandate; the original stays at the station.",
    ),
    "mandates.submit": ("登记", "Record"),
    "mandates.list": ("已登记的委托", "Recorded mandates"),
    "mandates.none": ("没有已登记的委托。", "No mandate is recorded."),
    "mandates.find": ("按委托人的号码查找", "Find by the number of who gave it"),
    "mandates.scope": ("委托范围", "For what"),
    "mandates.all_items": ("全部事项", "every service"),
    "mandates.days": ("有效期", "In force"),
    "mandates.state": ("状态", "State"),
    "mandates.valid": ("有效", "in force"),
    "mandates.over": ("未生效或已到期", "not begun, or past"),
    "mandates.revoked": ("已终止", "ended"),
    "mandates.do": ("操作", "Do"),
    "mandates.apply": ("代为申请", "Apply for them"),
    "mandates.end": ("提前终止", "End it early"),
    "mandates.end.reason": ("终止原因", "Why it is ended"),
    "mandates.to": ("至", "to"),
    "new.principal": ("为谁代办", "For whom"),
    "new.principal.none": (
        "您没有有效的委托。请先登记委托书，再代为申请。",
        "You have no mandate in force. Record one first, then apply.",
    ),
}
