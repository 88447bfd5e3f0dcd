"""What can't be read at all, and what can but holds nothing to judge. Each refusal of the reader is a rule of its own."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.rules.rule import ERROR, Rule

EMPTY = Rule(
    "file-empty",
    ERROR,
    "文件是空的",
    "The file is empty",
    "请从设计器重新导出",
    "Export it again from the designer",
)
MISSING = Rule(
    "file-missing",
    ERROR,
    "无法打开文件：{reason}",
    "The file can't be opened: {reason}",
    "请检查文件名和读取权限",
    "Check its name and whether it may be read",
)
TOO_LARGE = Rule(
    "file-too-large",
    ERROR,
    "文件超过 5 MB",
    "The file is over 5 MB",
    "请删去图片等无关内容，或拆成几个流程",
    "Take out pictures and what else doesn't belong, or split the process",
)
TOO_COMPLEX = Rule(
    "file-too-complex",
    ERROR,
    "文件中的元素或属性过多",
    "The file holds too many elements or attributes",
    "请删去无关内容，或拆成几个流程",
    "Take out what doesn't belong, or split the process",
)
DOCTYPE = Rule(
    "file-doctype",
    ERROR,
    "文件含有 DOCTYPE 声明或实体，可能读取本机文件，不予解析",
    "The file has a DOCTYPE or entities, which may read files of this machine: it is not parsed",
    "请删除 <!DOCTYPE …> 声明",
    "Delete the <!DOCTYPE …> declaration",
)
ENCODING = Rule(
    "file-encoding",
    ERROR,
    "文件编码与声明不符，或不是文本",
    "Its bytes are not of the encoding it declares, or no text at all",
    "请另存为 UTF-8",
    "Save it as UTF-8",
)
OTHER_ENCODING = Rule(
    "file-encoding-refused",
    ERROR,
    "文件编码是 UTF-16、UTF-32 等，不予读取",
    "The file is in UTF-16, UTF-32 or another encoding that is not read here",
    "请另存为 UTF-8，并声明 encoding=“UTF-8”",
    "Save it as UTF-8, and let it declare encoding=“UTF-8”",
)
TOO_DEEP = Rule(
    "file-too-deep",
    ERROR,
    "元素嵌套过深",
    "Its elements are nested too deeply",
    "请简化嵌套",
    "Nest less deeply",
)
ARCHIVE = Rule(
    "file-archive",
    ERROR,
    "这是压缩文件，不是 XML",
    "It is an archive, no XML",
    "请先解压，再检查其中的 .bpmn 文件",
    "Unpack it and check the .bpmn files in it",
)
NOT_XML = Rule(
    "file-not-xml",
    ERROR,
    "不是完整的 XML",
    "It is not well-formed XML",
    "请从设计器重新导出；若手工改过，请检查此行",
    "Export it again from the designer; where it was edited by hand, look at this line",
)
NOT_BPMN = Rule(
    "not-bpmn",
    ERROR,
    "不是 BPMN 2.0 文件",
    "It is not a BPMN 2.0 file",
    "请导出为 BPMN 2.0（命名空间 http://www.omg.org/spec/BPMN/20100524/MODEL）",
    "Export it as BPMN 2.0 (namespace http://www.omg.org/spec/BPMN/20100524/MODEL)",
)
NO_PROCESS = Rule(
    "process-missing",
    ERROR,
    "文件中没有流程（process）",
    "There is no process in it",
    "请画出流程后导出；只有协作图、编排图或判定表的文件无法执行",
    "Draw one and export it again; a file of a choreography, a conversation or decisions alone runs nothing",
)
TOO_SLOW = Rule(
    "file-too-slow",
    ERROR,
    "检查没有在 {seconds} 秒内完成，已中止",
    "The check was not through within {seconds} s and was stopped",
    "机器可能正忙，请稍后再检查一次；仍然如此时，请拆成几个较小的流程",
    "The machine may be busy: check again later; where it stays so, split it into smaller processes",
)
TOO_MUCH_MEMORY = Rule(
    "file-too-hungry",
    ERROR,
    "检查所需内存过多，已中止",
    "The check took too much memory and was stopped",
    "请拆成几个较小的流程",
    "Split it into smaller processes",
)
CRASHED = Rule(
    "check-failed",
    ERROR,
    "检查程序在此文件上失败，不能认为它没有问题",
    "The check failed on this file: nothing says that it is right",
    "请把文件交给平台维护人员",
    "Give the file to whoever looks after the platform",
)
RULES = (
    EMPTY,
    MISSING,
    TOO_LARGE,
    TOO_COMPLEX,
    DOCTYPE,
    ENCODING,
    OTHER_ENCODING,
    TOO_DEEP,
    ARCHIVE,
    NOT_XML,
    NOT_BPMN,
    NO_PROCESS,
    TOO_SLOW,
    TOO_MUCH_MEMORY,
    CRASHED,
)

#: The reader's reasons.
BY_REASON: Mapping[str, Rule] = {
    "empty": EMPTY,
    "too-large": TOO_LARGE,
    "too-complex": TOO_COMPLEX,
    "doctype": DOCTYPE,
    "bad-encoding": ENCODING,
    "other-encoding": OTHER_ENCODING,
    "too-deep": TOO_DEEP,
    "archive": ARCHIVE,
    "not-xml": NOT_XML,
    "not-bpmn": NOT_BPMN,
    "no-process": NO_PROCESS,
}
#: Good XML, if not of a process that runs: readable, with an error.
READABLE = frozenset({"not-bpmn", "no-process"})
