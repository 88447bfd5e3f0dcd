"""What BPMN's own XML schema says, in plain words. It never refuses a file: real files deviate in ways that harm nobody."""

from __future__ import annotations

from engine.bpmn.rules.rule import INFO, WARNING, Rule

INVALID = Rule(
    "schema-invalid",
    WARNING,
    "不合 BPMN 2.0 的 XML 规定：{said}",
    "It is not what BPMN 2.0's XML schema asks for: {said_en}",
    "流程仍按能读到的内容检查；请用设计器重新导出，以免其他工具打不开",
    "It is judged by what can be read; export it again from the designer, so that other tools can open it",
)
MORE = Rule(
    "schema-invalid-more",
    INFO,
    "还有 {count} 处不合 XML 规定，未列出",
    "{count} more places are not what the XML schema asks for",
    "请先处理已列出的",
    "Mend those listed first",
)
RULES = (INVALID, MORE)
