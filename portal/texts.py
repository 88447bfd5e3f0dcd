"""What the public pages say, key -> (Chinese, English)."""

from __future__ import annotations

from web.texts import Texts

TEXTS: Texts = {
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
    "demo.try": ("试查", "Look up"),
}
