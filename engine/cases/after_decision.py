"""What a room above adds to a step, in the same transaction: decisions that come before their check, and linked cases.

`cases` knows only this shape. What stands behind it is put into the `House` where the parts are wired (`assemble.py`); until
then nothing follows a decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.bpmn.step import Linked
    from engine.cases.apply_step import StepDraft
    from engine.cases.step_store import TaskRow
    from engine.unit_of_work import UnitOfWork


class AfterDecision:
    """Nothing follows. Subclassed by `engine/credit_first/linked.py`."""

    def passed(self, draft: StepDraft, linked: Linked) -> None:
        """A token has walked through a call activity with `ow:commitment`: what it links is owed from now on."""

    def concluding(self, draft: StepDraft) -> None:
        """The case is about to be over; its result may still be said otherwise."""

    def delivery_waits(self, draft: StepDraft) -> bool:
        """Whether the days of delivery (行政许可法 44) do not run from this decision: it is not effective yet."""
        return False

    def document_facts(self, draft: StepDraft, kind: str, said: str) -> Mapping[str, str]:
        """What a document of a linked case says of the approval that it follows; `said` is what was said in this step."""
        return {}

    def again(self, uow: UnitOfWork, verb: str, arguments: Mapping[str, Any]) -> object:
        """Do again, for an incident, what was asked by a way of its own and was held; only who asked it so knows how."""
        raise NotImplementedError(verb)

    def check_completion(self, draft: StepDraft, task: TaskRow, outcome: str | None) -> None:
        """A task of a linked case may be completed by the common way; raises what says why not."""
