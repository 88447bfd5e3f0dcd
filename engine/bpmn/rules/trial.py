"""The last word on a diagram in which nothing else was found: it is started once, on empty facts."""

from __future__ import annotations

from engine.bpmn.rules.rule import ERROR, Rule

TRIAL = Rule(
    "trial-failed",
    ERROR,
    "流程试启动失败：{reason_zh}",
    "A trial start of the process fails: {reason_en}",
    "请检查循环、汇聚和子流程；若看不出原因，请把文件交给平台维护人员",
    "Check loops, joins and sub-processes; where nothing shows, give the file to whoever looks after the platform",
)
RULES = (TRIAL,)
