"""Every error a caller may meet: one root, a stable code, the values it speaks of, a sentence in two languages.

`code` never changes once released; `status` is the HTTP status that the edge answers with (the one table for that is
here, so that a shell, a job and the API say the same thing); `params` are the ids and values the sentence speaks of.
A sentence says what is wrong *and what to do*. Naming rule for codes: `<subject>-<what is wrong>`, lower case.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar


class ApprovalError(Exception):
    """Root of every error that a caller may meet.

    Subclasses set `code`, `status`, `zh` and `en` (both `str.format` templates over the keyword arguments given). `rule`
    and `article` name the rule of the product and the article of law, where there is one.
    """

    code: ClassVar[str] = "approval-error"
    status: ClassVar[int] = 400
    zh: ClassVar[str] = "请求无法处理。"
    en: ClassVar[str] = "The request can't be handled."
    rule: ClassVar[str | None] = None
    article: ClassVar[str | None] = None

    def __init__(self, **params: Any) -> None:
        self.params: dict[str, Any] = params
        super().__init__(self.sentence("en"))

    def sentence(self, lang: str) -> str:
        """The sentence for a person, in `zh` or `en`."""
        template = self.zh if lang == "zh" else self.en
        return template.format(**self.params)


class Invalid(ApprovalError):
    """The input is not what the call takes. `fields` maps a field's path to what is wrong with it."""

    code = "input-invalid"
    status = 422
    zh = "提交的内容有误：{detail}。请按字段提示修改后重新提交。"
    en = "The input is not valid: {detail}. Correct the fields named and send it again."


#: What may not be found, and its Chinese name (docs/glossary.md).
THINGS = {
    "task": "任务",
    "case": "办件",
    "definition": "流程定义",
    "special procedure": "特别程序",
    "extension": "延长申请",
    "incident": "事件",
    "client": "客户端",
    "card": "牌",
    "webhook": "推送订阅",
    "region": "行政区划",
    "department": "部门",
    "material": "材料",
    "document": "文书",
    "mandate": "委托",
    "form": "表单",
    "account": "申请人账号",
    "draft": "草稿",
    "item": "事项",
    "file": "文件",
    "permit": "许可",
    "verification": "核验",
    "rectification": "整改",
    "revocation": "撤销程序",
    "implementation": "实施清单",
    "credit record": "信用记录",
    "commitment": "承诺",
    "rule": "检查规则",
}


class NotFound(ApprovalError):
    """There is no such thing, or it is not yours to see: one answer for both, so that nothing is given away."""

    code = "not-found"
    status = 404
    zh = "没有找到{what_zh}“{id}”，或者您无权查看。请核对编号。"
    en = "There is no {what} “{id}”, or it is not yours to see. Check the number."

    def __init__(self, *, what: str, id: object) -> None:
        super().__init__(what=what, what_zh=THINGS[what], id=id)


def not_one_of(field: str, allowed: Iterable[str]) -> Invalid:
    """The error of a field whose value is none of those allowed."""
    values = ", ".join(allowed)
    said = f"须为以下之一：{values}\tmust be one of: {values}"  # both languages, as `fields` are told
    return Invalid(detail=f"{field} ∉ {{{values}}}", fields={field: [said]})


class Forbidden(ApprovalError):
    """The actor may see the thing but not do this with it."""

    code = "forbidden"
    status = 403
    zh = "您没有执行此操作的权限（{permission}）。请联系本部门管理员。"
    en = "You may not do this (it needs {permission}). Ask your department's administrator."


class Conflict(ApprovalError):
    """The thing is not in a state in which this can be done."""

    code = "conflict"
    status = 409
    zh = "当前状态不允许此操作。"
    en = "The present state does not allow this."


class Unauthenticated(ApprovalError):
    """No token, or one that is wrong, expired or revoked."""

    code = "unauthenticated"
    status = 401
    zh = "请先登录：令牌缺失、无效或已过期。"
    en = "Log in first: the token is missing, wrong or expired."


class Refused(ApprovalError):
    """The platform refuses to start or to run a command; subclasses say the reason and the way out."""

    code = "refused"
    status = 500
    zh = "无法执行。"
    en = "This can't be done."
