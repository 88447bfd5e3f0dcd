"""What everybody with number and query code sees of the limits of a case: the dates, why they moved, and why it is late."""

from __future__ import annotations

from typing import Any

from engine.cases.house import House
from engine.cases.limits_view import limits_of
from engine.cases.progress import instant, progress
from engine.cases.submit import find_case
from engine.unit_of_work import UnitOfWork

_REASONS = "SELECT text, at FROM late_reasons WHERE case_id = %s AND public AND text <> '' ORDER BY seq"
CLOCK = (
    *("clock", "clock_name", "clock_name_en", "state", "due_date", "remaining_working_days", "light", "provisional"),
    *("promised", "legal", "moves", "derivation", "derivation_en"),
)
PROCEDURE = ("kind", "name", "name_en", "ground", "needed", "unit", "notice", "state", "started_at", "ended_at")
EXTENSION = ("amount", "unit", "ground", "reason", "notice", "decided_at")


def public_progress(
    house: House, uow: UnitOfWork, number: str, code: str, picture: str | None = None
) -> dict[str, Any]:
    """The public progress of a case, with its limits. Raises ProgressNotFound."""
    return with_limits(house, uow, progress(house, uow, number, code, picture))


def with_limits(house: House, uow: UnitOfWork, shown: dict[str, Any]) -> dict[str, Any]:
    """What is public of a case, and what is public of its limits."""
    number = shown["number"]
    case_id = find_case(uow, number)
    found = limits_of(house, uow, case_id, number)
    (reasons,) = uow.read((_REASONS, (case_id,)))
    return shown | {
        "limits": [{name: one[name] for name in CLOCK} for one in found["limits"] if one["task"] is None],
        "special_procedures": [{name: one[name] for name in PROCEDURE} for one in found["special_procedures"]],
        "extensions": [
            {name: one[name] for name in EXTENSION} for one in found["extensions"] if one["state"] == "approved"
        ],
        "late_reasons": [{"text": row["text"], "at": instant(row["at"])} for row in reasons],
    }
