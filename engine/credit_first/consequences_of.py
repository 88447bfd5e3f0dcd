"""What a failed verification, or a revocation, leaves on the credit record of the applicant: always with its ground."""

from __future__ import annotations

from typing import Any

from engine.cases.apply_step import StepDraft
from engine.credit_first import consequences
from engine.credit_first.grounds import GROUNDS
from engine.credit_first.states import Event


def record_no_show(draft: StepDraft, found_in: str, event: Event, reason: str) -> None:
    """A pending decision lapsed: nobody came, or nothing was put right."""
    _record(
        draft, "no-show" if event is Event.NO_SHOW else "broken-promise", f"{reason}（待核验的决定随之失效）", found_in
    )


def record_revocation(draft: StepDraft, ground: str, reason: str, found_in: str) -> None:
    """A permit was revoked. Where the authority was at fault, nothing is on the holder's record."""
    known = GROUNDS[ground]
    if known.kind is not None:
        _record(draft, known.kind, f"{known.zh}（{known.article}）。{reason}", found_in)


def lift(draft: StepDraft, why: str) -> None:
    """A body or a court has stayed the revocation: what it left on record does not count meanwhile."""
    count = consequences.lift(draft.uow, draft.case.id, why)
    draft.entries.append(draft.entry("consequence.lifted", {"why": why, "records": count}))


def end_lift(draft: StepDraft, why: str) -> None:
    """The stay has ended: what the revocation left on record counts again."""
    count = consequences.end_lift(draft.uow, draft.case.id, why)
    draft.entries.append(draft.entry("consequence.restored", {"why": why, "records": count}))


def _record(draft: StepDraft, kind: str, text: str, found_in: str) -> None:
    case = draft.case
    about: dict[str, Any] = {"case_id": case.id, "item": case.item, "region": case.region_code, "source": found_in}
    which = consequences.record(draft.uow, case.applicant, kind, text, **about)
    facts = {"kind": kind, "found_in": found_in, "record": which}
    draft.entries.append(draft.entry("consequence.recorded", facts, None, {"ground": text}))
