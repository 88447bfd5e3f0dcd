"""What credit first adds to the steps of cases; put into the `House` where the parts are wired."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.bpmn.step import Linked
from engine.cases.after_decision import AfterDecision
from engine.cases.apply_step import StepDraft
from engine.cases.house import House
from engine.cases.step_store import TaskRow
from engine.credit_first.consequences_of import record_no_show
from engine.credit_first.course import apply, begin_revocation, verification_of
from engine.credit_first.errors import CompleteByVerification, VerificationMissing
from engine.credit_first.issue import conclude_grant, is_pending, issue
from engine.credit_first.rectification import rectified_of, supply_rectification
from engine.credit_first.revocation import PROCESS, check_decision, conclude_proceedings
from engine.credit_first.states import FINAL, Event, Permit, State
from engine.credit_first.verification import is_check, record_result, result_of
from engine.unit_of_work import UnitOfWork

#: What a diagram of one's own may end with, and what that means for the verification.
_FOLLOWED = (
    "SELECT a.number, r.reason, p.status FROM cases c JOIN cases a ON a.id = c.linked_to "
    "LEFT JOIN permits p ON p.case_id = a.id "
    "LEFT JOIN revocations r ON r.linked_case_id = c.id WHERE c.id = %s"
)
_CHECKED = "SELECT 1 FROM verification_findings WHERE case_id = %s LIMIT 1"
#: What is true of the permit until it is decided on: one that is not effective yet is never called valid.
_STANDS, _PENDING = "上述许可仍然有效", "上述决定仍待核验、尚未生效"
_ENDS = {"confirmed": Event.CONFIRM, "revoke": Event.FAIL}


class CreditFirst(AfterDecision):
    """Issue, verification and revocation, from within the steps of cases."""

    def __init__(self, house: House) -> None:
        self._house = house

    def passed(self, draft: StepDraft, linked: Linked) -> None:
        """The decision was made before its check."""
        issue(draft, linked)

    def delivery_waits(self, draft: StepDraft) -> bool:
        """A pending decision is not delivered yet: its days run from the confirmation."""
        return is_pending(draft)

    def concluding(self, draft: StepDraft) -> None:
        """A grant has its permit; a linked case tells its approval what it came to."""
        if draft.case.process is None:
            conclude_grant(draft)
        elif draft.case.process == PROCESS:
            conclude_proceedings(self._house, draft)
        elif not draft.settled:
            self._conclude_check(draft)

    def document_facts(self, draft: StepDraft, kind: str, said: str) -> Mapping[str, str]:
        """The number that the holder knows is the approval's; what was opened for a reason tells it."""
        ((row,),) = draft.uow.read((_FOLLOWED, (draft.case.id,)))
        facts = {"case": str(row["number"])}
        facts["standing"] = _PENDING if row["status"] == Permit.PENDING else _STANDS
        if draft.case.process == PROCESS and row["reason"]:
            decided = kind == "revocation-decision"
            facts["reason"] = said if said and (decided or kind == "intended-revocation-notice") else str(row["reason"])
        return facts

    def again(self, uow: UnitOfWork, verb: str, arguments: Mapping[str, Any]) -> object:
        """A check and a rectification are done again whole: what was found, too, went with the step that was held."""
        if verb == "check":
            return record_result(self._house, uow, result_of(arguments))
        return supply_rectification(self._house, uow, rectified_of(arguments))

    def check_completion(self, draft: StepDraft, task: TaskRow, outcome: str | None) -> None:
        """Checks and rectifications have their own way in; a decision to revoke asks who decides, and whether the holder was
        heard."""
        if draft.case.process == PROCESS:
            check_decision(draft, task, outcome)
        elif is_check(draft, task):
            raise CompleteByVerification(path="POST /verifications/{id}/result")
        elif task.kind == "applicant" and outcome == "supplied" and self._rectifying(draft):
            raise CompleteByVerification(path="POST /rectifications/{id}")

    def _rectifying(self, draft: StepDraft) -> bool:
        found = verification_of(draft.uow, draft.case.id)
        return found is not None and found["state"] == State.RECTIFYING

    def _conclude_check(self, draft: StepDraft) -> None:
        """A diagram of one's own ended by itself (a timer, a message): what its end says happens to the verification."""
        uow, now = draft.uow, draft.case.now
        found = verification_of(uow, draft.case.id)
        if found is None or found["state"] in FINAL or found["state"] == State.HEARING:
            return
        late = Event.NOT_RECTIFIED if found["state"] == State.RECTIFYING else Event.NO_SHOW
        event = _ENDS.get(str(draft.result), late)
        if event is Event.CONFIRM and not uow.read((_CHECKED, (draft.case.id,)))[0]:
            raise VerificationMissing(number=draft.case.number)
        moved = apply(self._house, uow, found, event)
        if moved.verification["state"] == State.HEARING:
            begin_revocation(moved.draft, "promise-broken", "核验未通过。", found["id"])
        elif moved.verification["state"] == State.LAPSED:
            record_no_show(moved.draft, draft.case.number, event, "核验未在期限内完成。")
        moved.draft.store(None)
        uow.now = now
