"""The states of a case and of a task, and the moves between them: one table each, everything else asks it."""

from __future__ import annotations

from enum import StrEnum

from engine.errors import Conflict


class CaseState(StrEnum):
    """办件状态."""

    SUBMITTED = "submitted"  #: 已收件: has its number, waits for acceptance
    SUPPLEMENT = "supplement"  #: 待补正: was told once what is missing, and has it to bring
    ACCEPTED = "accepted"  #: 已受理: in hand
    CONCLUDED = "concluded"  #: 已办结: the process has come to an end


class TaskState(StrEnum):
    """环节状态."""

    OPEN = "open"  #: 待办: waits for somebody of its department
    CLAIMED = "claimed"  #: 在办: one officer has taken it
    COMPLETED = "completed"  #: 已办
    RETURNED = "returned"  #: 已退回: sent back to a task before it
    CALLED_OFF = "called-off"  #: 表决已定: a vote was decided without it
    CANCELLED = "cancelled"  #: 已取消: the process went another way


CASE_MOVES: dict[tuple[CaseState, str], CaseState] = {
    (CaseState.SUBMITTED, "accept"): CaseState.ACCEPTED,
    (CaseState.SUBMITTED, "ask"): CaseState.SUPPLEMENT,
    (CaseState.SUPPLEMENT, "supply"): CaseState.SUBMITTED,
    (CaseState.SUBMITTED, "conclude"): CaseState.CONCLUDED,
    (CaseState.SUPPLEMENT, "conclude"): CaseState.CONCLUDED,
    (CaseState.ACCEPTED, "conclude"): CaseState.CONCLUDED,
}

TASK_MOVES: dict[tuple[TaskState, str], TaskState] = {
    (TaskState.OPEN, "claim"): TaskState.CLAIMED,
    (TaskState.CLAIMED, "release"): TaskState.OPEN,
    (TaskState.OPEN, "complete"): TaskState.COMPLETED,
    (TaskState.CLAIMED, "complete"): TaskState.COMPLETED,
    (TaskState.OPEN, "return"): TaskState.RETURNED,
    (TaskState.CLAIMED, "return"): TaskState.RETURNED,
    (TaskState.OPEN, "call-off"): TaskState.CALLED_OFF,
    (TaskState.CLAIMED, "call-off"): TaskState.CALLED_OFF,
    (TaskState.OPEN, "cancel"): TaskState.CANCELLED,
    (TaskState.CLAIMED, "cancel"): TaskState.CANCELLED,
}

CASE_NAMES = {
    "submitted": ("已收件", "received"),
    "supplement": ("待补正", "waiting for a supplement"),
    "accepted": ("已受理", "accepted"),
    "concluded": ("已办结", "concluded"),
}
TASK_NAMES = {
    "open": ("待办", "open"),
    "claimed": ("在办", "claimed"),
    "completed": ("已办", "completed"),
    "returned": ("已退回", "returned"),
    "called-off": ("表决已定，不再办理", "called off: the vote is decided"),
    "cancelled": ("已取消", "cancelled"),
}


class CaseStateConflict(Conflict):
    """The case is not in a state from which this move leads anywhere."""

    code = "case-state-conflict"
    zh = "办件 {number} 当前为“{state_zh}”，不能执行此操作。"
    en = "Case {number} is {state} now, so this can't be done."


class TaskStateConflict(Conflict):
    """The task is not open (any more): the answer carries its present state, so that the caller need not guess."""

    code = "task-state-conflict"
    zh = "该环节“{name}”当前为“{state_zh}”{by}，不能再次办理。请刷新后查看。"
    en = "Task “{name}” is {state} now{by}, so this can't be done. Look at it again."


def move_case(state: str, verb: str, number: str) -> CaseState:
    """The state after a move, or CaseStateConflict."""
    try:
        return CASE_MOVES[CaseState(state), verb]
    except KeyError:
        raise CaseStateConflict(number=number, state=state, state_zh=CASE_NAMES[state][0])


def move_task(state: str, verb: str, *, name: str, by: str | None = None, task: str = "") -> TaskState:
    """The state after a move, or TaskStateConflict with the present state."""
    try:
        return TASK_MOVES[TaskState(state), verb]
    except KeyError:
        raise TaskStateConflict(
            name=name, task=task, state=state, state_zh=TASK_NAMES[state][0], by=f"（{by}）" if by else ""
        )
