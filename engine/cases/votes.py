"""表决: what a case keeps of a vote, what its record says of it, and who may vote.

The run counts (`engine.bpmn.votes`). The case keeps how the latest round of each vote stands, for conditions and pages; what a
round came to stays in the record, with the tasks that it called off.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from engine.bpmn.model import Node
from engine.bpmn.public_diagram import shown_name
from engine.bpmn.step import Voted
from engine.cases.house import LiveDefinition
from engine.cases.states import TaskState
from engine.cases.step_store import TaskRow
from engine.errors import Invalid
from engine.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from engine.cases.apply_step import StepDraft

#: How a task ends that a vote was decided without: its state, and the entry of the record.
CALLED_OFF = (TaskState.CALLED_OFF, "task.called-off")
DECIDED = "vote.decided"

_VOTED = "SELECT 1 FROM tasks WHERE case_id = %s AND node = %s AND visit = %s AND state = 'completed' AND closed_by = %s LIMIT 1"


class VotedAlready(Invalid):
    """The same person has voted in this round. Params: node."""

    code = "voted-already"
    zh = "您已在“{node}”的本轮表决中投过票，一人只能投一票。请由应表决的其他人员办理。"
    en = "You have voted in this round of “{node_en}”: one person has one vote. Somebody else has to cast this one."


def check_voter(uow: UnitOfWork, live: LiveDefinition, case_id: UUID, task: TaskRow) -> None:
    """Raise VotedAlready when who claims or completes an instance of a vote has given another vote of the same round."""
    if task.kind == "officer" and has_voted(uow, live, case_id, task.node, task.visit):
        node = live.compiled.nodes[task.node].extension("public") or {}
        raise VotedAlready(node=task.name, node_en=node.get("nameEn") or task.name)


def has_voted(uow: UnitOfWork, live: LiveDefinition, case_id: UUID, node: str, visit: int) -> bool:
    """Whether the actor is an officer who has given a vote in this round of a node, so that no other of it is the actor's."""
    if node not in live.compiled.votes or uow.actor.kind != "officer":
        return False
    (rows,) = uow.read((_VOTED, (case_id, node, visit, uow.actor.id)))
    return bool(rows)


def note(draft: StepDraft, voted: Voted) -> None:
    """Keep how a vote stands; once it has a result, the record says so.

    A round is the visit that opens with it, the next one: one that was taken away within its own step was no visit. What is
    counted on is the round of the vote just given: an event that does not interrupt may have called a second one beside it.
    """
    begins = not voted.assents and not voted.others
    visits = draft.progress["visits"].get(voted.node, 0)
    given = draft.closing.task if draft.closing is not None else None
    here = given.visit if given is not None and not begins and given.node == voted.node else visits + 1
    count = {"assents": voted.assents, "others": voted.others, "invited": voted.invited, "result": voted.result}
    kept = {"round": here, **count}
    draft.progress["votes"][voted.node] = kept
    if voted.result:
        rule = draft.live.compiled.votes[voted.node]
        asked: dict[str, Any] = {"assent": rule.outcome, "rule": rule.rule, "needed": rule.needed(voted.invited)}
        draft.entries.append(draft.entry(DECIDED, {**kept, **asked}, voted.node))


def votes_of(
    live: LiveDefinition, kept: Mapping[str, Mapping[str, Any]] | None, waiting: Collection[str]
) -> list[dict[str, Any]]:
    """How the latest round of each vote stands, in the diagram's order, as officers see it; `waiting` are the open nodes.

    One without a result that is not open either was broken off: returned, or ended by an event on its border.
    """
    nodes, order = live.compiled.nodes, live.compiled.order
    found = sorted((kept or {}).items(), key=lambda one: order.get(one[0], 0))
    return [
        {"node_id": node, **_named(nodes[node]), **stands, "open": not stands["result"] and node in waiting}
        | {"needed": live.compiled.votes[node].needed(stands["invited"])}
        for node, stands in found
    ]


def _named(node: Node) -> dict[str, str]:
    zh, en = shown_name(node)
    return {"node": zh, "node_en": en}
