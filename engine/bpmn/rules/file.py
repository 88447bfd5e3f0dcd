"""The file as a whole: one executable process of a bearable size, what the reader met, what other tools meant."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.calls import mains
from engine.bpmn.model import Finding, Process
from engine.bpmn.rules.rule import ERROR, INFO, WARNING, Rule, Spot
from engine.bpmn.rules.subject import MAX_CONDITIONS, MAX_DEPTH, MAX_FLOWS, MAX_NODES, Subject, conditions_of

NOT_EXECUTABLE = Rule(
    "not-executable",
    ERROR,
    "流程{what}没有标记为可执行",
    "The process {what} is not marked executable",
    "请标记为可执行（isExecutable=“true”）",
    "Mark it executable (isExecutable=“true”)",
)
UNMARKED = Rule(
    "executable-unmarked",
    WARNING,
    "流程{what}没有说明是否可执行，按可执行处理",
    "The process {what} does not say whether it is executable: it is taken to be",
    "请标记为可执行（isExecutable=“true”）",
    "Mark it executable (isExecutable=“true”)",
)
SEVERAL = Rule(
    "several-executable",
    ERROR,
    "文件里有 {count} 个可执行流程",
    "The file has {count} executable processes",
    "只保留一个可执行，其余取消标记或分成几个文件",
    "Leave one executable; unmark the others or put them into files of their own",
)
TOO_MANY = Rule(
    "too-many-nodes",
    ERROR,
    "流程{what}有 {count} 个节点，最多 {most} 个",
    "The process {what} has {count} flow nodes; at most {most} are allowed",
    "请拆成几个流程",
    "Split it into several processes",
)
TOO_MANY_FLOWS = Rule(
    "too-many-flows",
    ERROR,
    "流程{what}有 {count} 条连线（其中 {conditions} 条有条件），最多 {most} 条（有条件的 {most_conditions} 条）",
    "The process {what} has {count} flows, {conditions} of them with a condition; at most {most} and {most_conditions}",
    "请拆成几个流程；条件在此之前不作检查",
    "Split it into several processes; conditions are not checked until then",
)
TOO_DEEP = Rule(
    "too-deep",
    ERROR,
    "子流程{what}嵌套超过 {most} 层",
    "The sub-process {what} is nested more than {most} deep",
    "请减少嵌套",
    "Nest less deeply",
)
ENCODING = Rule(
    "encoding-doubtful",
    WARNING,
    "文件声明的编码与实际不符，名称可能是乱码",
    "The file declares another encoding than it has; names may be garbled",
    "请另存为 UTF-8 并如此声明",
    "Save it as UTF-8 and declare that",
)
FOREIGN = Rule(
    "foreign-ignored",
    WARNING,
    "{what}：其他工具的设置不起作用：{names}",
    "{what}: settings of another tool have no effect: {names}",
    "请改用“ow:”扩展，见 docs/extensions.md",
    "Use the “ow:” extensions instead, see docs/extensions.md",
)
NO_PICTURE = Rule(
    "no-picture",
    INFO,
    "文件没有图形信息，进度图无法显示",
    "The file has no diagram to show progress on",
    "请在设计器中打开并保存一次",
    "Open it in the designer and save it once",
)
RULES = (NOT_EXECUTABLE, UNMARKED, SEVERAL, TOO_MANY, TOO_MANY_FLOWS, TOO_DEEP, ENCODING, FOREIGN, NO_PICTURE)

#: What other tools write that says nothing of how the process runs.
_DECORATION = frozenset(
    {"signavioMetaData", "signavioLabel", "signavioType", "modelerTemplate", "modelerTemplateVersion"}
    | {"modelerTemplateIcon", "fill", "stroke", "color", "background-color", "border-color", "metaData", "versionTag"}
)


def check(subject: Subject) -> Iterator[Finding]:
    """Judge the file as a whole. What makes other rules hold back comes first, so that no flood hides it."""
    yield from _executable(subject)
    yield from _size(subject)
    yield from subject.diagram.problems
    if "encoding-doubtful" in subject.diagram.warnings:
        yield ENCODING.at(Spot(line=1))
    if not subject.diagram.has_picture:
        yield NO_PICTURE.at(Spot(line=1))
    for node in subject.nodes():
        names = [name for name in node.foreign if name.partition(":")[2] not in _DECORATION]
        if names:
            yield FOREIGN.at(node, names=", ".join(names))


def _executable(subject: Subject) -> Iterator[Finding]:
    found = mains(subject.diagram)
    if len(found) > 1:
        yield SEVERAL.at(found[1], count=len(found))
    if not found:
        yield NOT_EXECUTABLE.at(subject.diagram.processes[0])
    elif not found[0].executable:
        yield UNMARKED.at(found[0])


def _too_many_flows(process: Process) -> Finding:
    return TOO_MANY_FLOWS.at(
        process,
        count=len(process.flows),
        conditions=conditions_of(process),
        most=MAX_FLOWS,
        most_conditions=MAX_CONDITIONS,
    )


def _size(subject: Subject) -> Iterator[Finding]:
    for process in subject.processes:
        if len(process.nodes) > MAX_NODES:
            yield TOO_MANY.at(process, count=len(process.nodes), most=MAX_NODES)
        if len(process.flows) > MAX_FLOWS or conditions_of(process) > MAX_CONDITIONS:
            yield _too_many_flows(process)
    for node in subject.nodes():
        if node.id and subject.depth.get(node.id, 0) == MAX_DEPTH + 1:
            yield TOO_DEEP.at(node, most=MAX_DEPTH)
