"""What the pages of applying online say, key -> (Chinese, English)."""

from __future__ import annotations

from web.texts import Texts

DRAFT_TEXTS: Texts = {
    "apply.here": ("在线申请", "Apply online"),
    "apply.not_online": (
        "该事项目前不能在线申请，请到窗口办理。",
        "This can't be applied for online at present: go to the window.",
    ),
    "apply.about": (
        "按三步填写：表单、材料、核对。每一步都会保存，可以随时离开，下次登录后继续。",
        "Three steps: the form, the materials, a look over all of it. Each is saved: leave when you like, and go on after the "
        "next log-in.",
    ),
    "apply.log_in": ("请先登录或注册。", "Log in or register first."),
    "apply.start": ("开始填写", "Start an application"),
    "apply.mine": ("您有该事项未提交的草稿", "You have drafts of this that are not submitted"),
    "apply.go_on": ("继续填写", "Go on"),
    "draft.drafts": ("草稿", "Drafts"),
    "draft.saved_at": ("保存于", "saved"),
    "draft.expires": ("保留至 {day}，此后自动删除", "kept until {day}, then deleted"),
    "draft.rule": ("草稿自最后一次保存起保留 90 天。", "A draft is kept for 90 days after it was last saved."),
    "draft.delete": ("删除草稿", "Delete the draft"),
    "draft.delete.sure": ("确认删除", "Really delete it"),
    "draft.discarded": ("草稿已删除。", "The draft is deleted."),
    "draft.steps": ("申请步骤", "Steps"),
    "draft.step.form": ("1 填写表单", "1 Form"),
    "draft.step.materials": ("2 提交材料", "2 Materials"),
    "draft.step.review": ("3 核对并提交", "3 Look over and submit"),
    "draft.changed": (
        "该事项已从第 {a} 版更新为第 {b} 版。您填写的内容已保留，请核对后保存。",
        "The service was changed from version {a} to version {b}. What you wrote is kept: look at it again, and save.",
    ),
    "draft.changed.fields_new": ("新增字段", "New fields"),
    "draft.changed.fields_gone": ("取消的字段", "Fields that are gone"),
    "draft.changed.materials_new": ("新增材料", "New materials"),
    "draft.changed.materials_gone": ("不再需要的材料", "Materials that are not needed any more"),
    "draft.changed.look": ("去核对", "Look at it"),
    "draft.unavailable": ("该草稿目前不能提交：", "This draft can't be submitted at present:"),
    "draft.applicant": ("申请人", "Applicant"),
    "draft.questions": ("情形选择", "Your situation"),
    "draft.form": ("申请表", "Application form"),
    "draft.form.none": ("该事项没有需要填写的表单。", "This service has no form to fill in."),
    "draft.reached": (
        "本次申请的联系方式（与账号不同时填写）",
        "How to reach you about this (if other than in your account)",
    ),
    "draft.reached.contact": ("联系人", "Contact"),
    "draft.reached.phone": ("联系电话", "Phone"),
    "draft.reached.address": ("联系地址", "Address"),
    "draft.save": ("保存草稿", "Save"),
    "draft.saved": ("草稿已保存。", "The draft is saved."),
    "draft.auto": ("已自动保存", "Saved by itself"),
    "draft.auto.failed": ("未能自动保存，请点击“保存草稿”。", "It could not be saved by itself: press “Save”."),
    "draft.next": ("保存并下一步", "Save and go on"),
    "draft.wrong": ("请更正标出的内容，已填写的内容都已保存。", "Correct what is marked. All that you wrote is saved."),
    "draft.material.given": ("已提交", "handed in"),
    "draft.material.held": ("平台已有，无需再交", "The platform has it: it need not be handed in again"),
    "draft.material.missing": ("待提交", "to be handed in"),
    "draft.material.optional": ("可选", "optional"),
    "draft.material.upload": ("上传", "Upload"),
    "draft.material.more": ("再上传一份或更换", "Upload another"),
    "draft.material.paper": ("改为到窗口提交纸质材料", "I will bring it on paper to the window"),
    "draft.material.on_paper": ("到窗口提交纸质材料", "to be brought on paper to the window"),
    "draft.material.from": ("来自办件 {number}", "from case {number}"),
    "draft.material.drop": ("删除", "Delete"),
    "draft.material.sample": ("样表", "Sample"),
    "draft.review": ("核对申请", "Look over the application"),
    "draft.review.missing": (
        "以下内容还需补充或更正，之后才能提交：",
        "These have to be added or corrected before it can be submitted:",
    ),
    "draft.review.edit": ("修改", "Change"),
    "draft.review.none": ("未填写", "left empty"),
    "draft.review.no": ("按您的选择，可能不符合申请条件：", "By your answers you may not be eligible:"),
    "draft.review.credit": ("符合信用先行（{basis}）。", "Trust comes first for you ({basis})."),
    "draft.review.true": (
        "提交即表示您对申请材料实质内容的真实性负责（行政许可法第三十一条）。",
        "By submitting you answer for the truth of what is in the application (Administrative Licensing Law, article 31).",
    ),
    "draft.way": ("选择办理方式", "By which way"),
    "draft.way.signs": (
        "提交后签署承诺书；不签署的，按普通方式办理。可由承诺代替或者容缺的材料可以暂不提交。",
        "Its text is signed after submitting; without, the application goes the ordinary way. What the promise stands for may be "
        "missing.",
    ),
    "draft.way.sign_now": (
        "申请已提交。请阅读下面的全文并签署；不签署的，按普通方式办理。",
        "The application is in. Read the whole text below and sign it; without, the case goes the ordinary way.",
    ),
    "draft.way.terms": ("{name}：条件、期限和全文", "{name}: terms, limits and the whole text"),
    "draft.submit": ("提交申请", "Submit"),
    "draft.already": ("已有在办的申请：", "The application that is open already:"),
    "draft.yes": ("是", "yes"),
    "draft.no": ("否", "no"),
    "sent.title": ("申请已提交", "Your application is in"),
    "sent.number": ("办件编号：{number}，请记下。", "The case number is {number}: keep it."),
    "sent.next": (
        "窗口将在 5 个工作日内审查材料，并告知是否受理或一次性告知需要补正的内容；"
        "逾期不告知的，自收到申请之日起即为受理（行政许可法第三十二条）。",
        "Within 5 working days the window looks at it and tells you whether it is accepted, or once all that is missing; if it "
        "says nothing, it counts as accepted from the day it was received (Administrative Licensing Law, article 32).",
    ),
    "sent.by": ("最迟：{day}", "At the latest: {day}"),
    "sent.receipt": (
        "收件凭证正在生成，稍后在下方“文书”中下载。",
        "The receipt is being made: download it below under “Documents” in a moment.",
    ),
    "sent.paper": ("请携带以下纸质材料到窗口：", "Bring these on paper to the window:"),
}
