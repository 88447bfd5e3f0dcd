"""会签: what several departments sign side by side needs several people. Nobody signs for two of them in one case.

An officer may have posts in several departments, and may act for each; but two opinions that are to check one another do not
when one person gives both.
"""

from __future__ import annotations

from uuid import UUID

from engine.cases.house import LiveDefinition
from engine.cases.step_store import TaskRow
from engine.errors import Invalid
from engine.unit_of_work import UnitOfWork

_SIGNED = (
    "SELECT t.name AS node, t.name_en AS node_en, d.name AS department, d.name_en AS department_en FROM tasks t "
    "JOIN departments d ON d.id = t.department_id WHERE t.case_id = %s AND t.node = ANY(%s) AND t.state = 'completed' "
    "AND t.closed_by = %s AND t.department_id <> %s ORDER BY t.number LIMIT 1"
)


class SignedForAnother(Invalid):
    """The same person has signed for another department side by side with this task. Params: department, node."""

    code = "signed-for-another-department"
    zh = (
        "您已代表“{department}”签署本办件“{node}”的意见，会签意见不得由同一人代表两个部门签署。请由本部门其他人员办理。"
    )
    en = (
        "You have signed “{node_en}” of this case for {department_en}: one person can't countersign for two departments. "
        "Somebody else of this department has to do it."
    )


def check_signer(uow: UnitOfWork, live: LiveDefinition, case_id: UUID, task: TaskRow) -> None:
    """Raise SignedForAnother when who claims or completes the task has signed beside it, in any round, for another department."""
    beside, actor = live.beside.get(task.node), uow.actor
    if not beside or actor.kind != "officer" or task.kind != "officer":
        return
    (rows,) = uow.read((_SIGNED, (case_id, list(beside), actor.id, task.department_id)))
    if rows:
        raise SignedForAnother(**rows[0])
