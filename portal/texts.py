"""What the public pages say, key -> (Chinese, English)."""

from __future__ import annotations

from portal.account_texts import ACCOUNT_TEXTS
from portal.draft_texts import DRAFT_TEXTS
from portal.item_texts import ITEM_TEXTS
from portal.limits_texts import LIMITS
from web.texts import Texts

TEXTS: Texts = {
    **ITEM_TEXTS,
    **ACCOUNT_TEXTS,
    **DRAFT_TEXTS,
    **LIMITS,
    "nav.items": ("办事事项", "Services"),
    "home.items": ("找事项、看指南", "Find a service and read its guide"),
    "home.items.q": ("事项名称或俗称", "Name of the service, or what you call it"),
    "home.items.ask": ("查找", "Search"),
    "home.title": ("跨部门行政审批，一窗通办", "Approvals across departments, at one window"),
    "home.about": (
        "一个窗口受理，各部门并联审批，每个环节的时限都能看到。",
        "Handed in at one window, reviewed by every department at the same time, each step with a limit you can watch.",
    ),
    "look_up": ("查询办理进度", "Where does my case stand?"),
    "number": ("办件编号", "Case number"),
    "number.hint": ("见收件回执，如 440100-20261124-000001", "On your receipt, such as 440100-20261124-000001"),
    "query_code": ("查询码", "Query code"),
    "query_code.hint": ("见收件回执，10 个字母和数字", "On your receipt: 10 letters and digits"),
    "ask": ("查询", "Look up"),
    "progress": ("办理进度", "Progress of the case"),
    "progress.code_needed": (
        "请输入该办件的查询码。查询码不会出现在网址中。",
        "Enter the query code of this case. It never stands in the address.",
    ),
    "another": ("查询其他办件", "Look up another case"),
    "refresh": ("刷新", "Refresh"),
    "live": ("页面会自动更新。", "This page keeps itself up to date."),
    "item": ("事项", "Item"),
    "result": ("结果", "Result"),
    "external_number": ("外部编号", "External number"),
    "submitted": ("收件", "Received"),
    "accepted": ("受理", "Accepted"),
    "concluded": ("办结", "Concluded"),
    "promised": ("承诺办结日", "Promised by"),
    "case.light": ("剩余时限", "Time left"),
    "demo.examples": ("可以试查的办件", "Cases to look up"),
    "demo.accounts": ("演示账号", "Demonstration accounts"),
    "demo.accounts.about": (
        "以下账号仅存在于演示模式，口令均为",
        "They exist in demonstration mode only; the password of each is",
    ),
    "demo.username": ("账号", "Account"),
    "demo.name": ("姓名", "Name"),
    "demo.work": ("岗位", "Post"),
    "demo.first": ("可以先这样试", "Where to begin"),
    "demo.all": ("全部演示账号（{n} 个）", "All {n} accounts"),
    "demo.as": ("登录", "Log in"),
    "demo.does.clerk.chen": ("在窗口收件、受理", "takes and accepts applications at the window"),
    "demo.does.fire.liu": ("办理消防验收，提出意见", "reviews for the fire department"),
    "demo.does.fire.wei": ("看本部门的在办和超期任务", "sees what is open and late in the fire department"),
    "demo.does.housing.huang": ("汇总各部门意见", "merges the opinions of all departments"),
    "demo.does.housing.liang": ("作出决定", "decides"),
    "role.window_clerk": ("窗口工作人员", "window clerk"),
    "role.officer": ("经办人", "officer"),
    "role.department_head": ("负责人", "head"),
    "role.designer": ("流程设计", "designer of processes"),
    "role.administrator": ("系统管理", "administrator"),
    "role.supervisor": ("效能监督", "supervisor"),
    "role.front_office_system": ("前台系统", "front-office system"),
    "role.agent": ("代办员", "agent for applicants"),
    "demo.try": ("试查", "Look up"),
}
