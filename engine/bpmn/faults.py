"""What can go wrong while a process runs: each names the node or flow, and becomes an incident, never a silent stall."""

from __future__ import annotations

from engine.errors import ApprovalError


class RunFault(ApprovalError):
    """A step can't be made, and no person can mend it by asking differently: the diagram or the case's facts must change."""

    code = "run-fault"
    status = 409
    zh = "流程无法继续执行。请流程设计人员检查流程图。"
    en = "The process can't be run any further. Its designer should check the diagram."


class Stalled(RunFault):
    """After the step nothing is open, called, timed or awaited, and the process has not ended."""

    code = "run-stalled"
    zh = "流程走到{nodes}后无法继续：没有任何待办、等待或结束。请流程设计人员检查汇聚网关。"
    en = "The process can't go on from {nodes}: nothing is open, waiting or ended. The designer should check its joins."


class ConditionFailed(RunFault):
    """The condition of a sequence flow could not be evaluated on the facts of the case."""

    code = "condition-failed"
    zh = "网关“{node}”的连线“{flow}”条件无法计算：{reason_zh}"
    en = "The condition of flow “{flow}” out of “{node}” can't be evaluated: {reason}"


class NoFlowMatches(RunFault):
    """No condition of a gateway's flows holds and it has no default flow."""

    code = "no-flow-matches"
    zh = "网关“{node}”没有任何一条连线的条件成立，也没有默认连线。请设计人员补一条默认连线。"
    en = "No condition out of gateway “{node}” holds and it has no default flow. The designer should add one."


class EmptyCollection(RunFault):
    """A multi-instance activity has nobody to go to: an incident, never a skipped approval."""

    code = "empty-collection"
    zh = "多实例环节“{node}”没有任何办理对象（集合为空、不是列表或超过 100 个），不能当作已办理。"
    en = "Multi-instance “{node}” has nobody to go to (its collection is empty, no list, or over 100): it is not skipped."


class VoteUnreachable(RunFault):
    """A vote needs more assents than there are votes: an incident, never a rejection that nobody voted for."""

    code = "vote-unreachable"
    zh = "表决环节“{node}”须有 {needed} 票同意，而应表决的只有 {invited} 个。请核对办理对象的列表或表决规则。"
    en = "The vote “{node}” needs {needed} to assent, of {invited} who are invited. Check the list or the rule."


class StepTooLong(RunFault):
    """One step ran more automatic nodes than any sane diagram has: a loop in which nobody ever waits."""

    code = "step-too-long"
    zh = "一步之内自动执行了超过 {most} 个环节，流程在“{node}”处循环而无人办理。"
    en = "One step ran over {most} automatic nodes: the process goes round at “{node}” and nobody ever waits."


class TooManyTokens(RunFault):
    """More is open at once than any case can be: multi-instances in multi-instances, or tokens that multiply."""

    code = "too-many-tokens"
    zh = "同时进行的环节超过 {most} 个。请流程设计人员检查多实例和并行分支。"
    en = "More than {most} nodes are open at once. The designer should check multi-instances and parallel branches."


class TimerInvalid(RunFault):
    """A timer's expression did not give an ISO 8601 date or duration."""

    code = "timer-invalid"
    zh = "定时事件“{node}”的时间“{text}”不是有效的 ISO 8601 日期或时长。"
    en = "The time “{text}” of timer “{node}” is no ISO 8601 date or duration."


class StateUnreadable(RunFault):
    """Saved state that is damaged, of a newer format, or of another definition version."""

    code = "state-unreadable"
    zh = "流程状态无法读取：{reason}。请从备份恢复或联系管理员。"
    en = "The saved state can't be read: {reason}. Restore it from a backup or call the administrator."


class TokenNotOpen(ApprovalError):
    """The token is not (or no longer) open at a node that can be completed so."""

    code = "token-not-open"
    status = 409
    zh = "该环节（{token}）已不在待办状态。"
    en = "Node instance {token} is not open any more."


class MessageNotAwaited(ApprovalError):
    """Nothing waits for a message of that name."""

    code = "message-not-awaited"
    status = 409
    zh = "当前没有环节在等待消息“{message}”。"
    en = "Nothing waits for the message “{message}”."
