"""环节: one task as whoever may work on it (or watches over it) sees it: what can be done with it, and the case around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from engine.bpmn.model import Node
from engine.cases.access import check_task, task_id
from engine.cases.complete_task import form_of
from engine.cases.house import House, LiveDefinition
from engine.cases.inbox import TASK_COLUMNS, TASK_FROM, WAITING, case_view, supervises, task_row
from engine.cases.lateness import is_late
from engine.cases.limits_view import limits_of
from engine.cases.return_task import targets_shown
from engine.cases.states import CaseState
from engine.cases.submit import submitter_of
from engine.cases.votes import has_voted
from engine.catalogue.time_limits import TimeLimits
from engine.errors import ApprovalError, NotFound
from engine.organization.permissions import UseCase
from engine.unit_of_work import UnitOfWork

_TASK = (
    f"SELECT {TASK_COLUMNS}, t.region_code AS task_region, c.definition_id, c.offer_id, "
    f"c.process, c.state AS case_state, coalesce(c.progress->'visits', '{{}}') AS visits {TASK_FROM} "
    "WHERE t.case_id = %s AND t.number = %s"
)


Submitter = Callable[[], str | None]


@dataclass(frozen=True, slots=True)
class _Whose:
    """What of a task decides whose it is, as `access.py` asks it."""

    kind: str
    region_code: str
    department_id: str
    officer_id: str | None


def get_task(house: House, uow: UnitOfWork, case_id: UUID, number: int) -> dict[str, Any]:
    """A task with its case file, its outcomes and form fields, and what the actor can do with it.

    Raises:
        NotFound, Forbidden: not the actor's task (see `access.py`), nor one of a region that the actor supervises.
    """
    shown = task_id(case_id, number)
    ((rows),) = uow.read((_TASK, (case_id, number)))
    if not rows or uow.actor.kind == "applicant":  # what officers see of a case is not for applicants
        raise NotFound(what="task", id=shown)
    row = rows[0]
    whose = _Whose(row["kind"], row["task_region"], row["department_id"], row["officer_id"])
    submitter = partial(submitter_of, uow, case_id)
    if not supervises(house, uow, uow.actor, row["region_code"]):
        check_task(uow.actor, whose, row["region_code"], shown, UseCase.TASK_READ, submitter)
    live = house.definition(uow, row["definition_id"], row["offer_id"], row["process"])
    node = live.compiled.nodes[row["node"]]
    limits = limits_of(house, uow, case_id, row["case_number"])
    voted = row["state"] in WAITING and has_voted(uow, live, case_id, row["node"], row["visit"])
    returns = targets_shown(live.compiled, row["node"], row["kind"], row["visits"])
    file = {k: v for k, v in case_view(house, uow, row["case_number"]).items() if k != "submitted_by"}
    return task_row(house, row) | {
        "number": number,
        "outcomes": outcomes_of(node),
        "form_fields": list((node.extension("form") or {}).get("fields") or ()),
        "answers": _answers(live, row),
        "entry_form": form_of(live.item.forms, node),
        "opinion_public": (node.extension("public") or {}).get("opinion") == "public",
        "returns": returns,
        "returned_by": returned_by(file["timeline"], number),
        "voted": voted,
        "can": [
            verb
            for verb in _can(uow, row, whose, shown, submitter, bool(returns))
            if not voted or verb in ("release", "return")
        ],
        "late_reason_required": row["state"] in WAITING and is_late(row["due_at"], row["paused"], row["now"]),
        "limits": [one for one in limits["limits"] if one["task"] in (None, shown)],
        "special_procedures": [one for one in limits["special_procedures"] if one["task"] == shown],
        "extensions": limits["extensions"],
        "may_move_limits": _may_move(uow, row, whose, shown),
        "special_procedure_kinds": kinds_of(live.item.time_limits),
        "extendable": live.item.time_limits.extension is not None,
        "case_file": file,
    }


def returned_by(timeline: list[dict[str, Any]], number: int) -> dict[str, Any] | None:
    """The return by which a task is open again, as its officer has to know of it; None for any other task."""
    rows = {row["task"]: row for row in timeline}
    cause = rows.get(rows[number]["again_by"]) if number in rows else None
    names = ("node", "node_en", "department", "department_en", "handler", "opinion")
    return {name: cause[name] for name in names} | {"at": cause["ended_at"]} if cause else None


def kinds_of(limits: TimeLimits) -> list[dict[str, Any]]:
    """The special procedures that the item knows, with the longest that may be asked for."""
    return [
        {"kind": one.kind, "name": one.name, "name_en": one.name_en, "ground": one.basis}
        | {"most": one.most.days if one.most else None, "unit": str(one.most.unit) if one.most else None}
        for one in limits.special_procedures.values()
    ]


def _may_move(uow: UnitOfWork, row: Mapping[str, Any], whose: _Whose, shown: str) -> bool:
    """Whether the actor may start a special procedure at this task now, and ask for an extension."""
    if row["kind"] != "officer" or row["state"] not in WAITING or row["case_state"] != CaseState.ACCEPTED:
        return False
    try:
        check_task(uow.actor, whose, row["region_code"], shown, UseCase.SPECIAL_PROCEDURE)
    except ApprovalError:
        return False
    return True


def outcomes_of(node: Node) -> list[dict[str, Any]]:
    """The outcomes that an officer may choose from, in words; none when the diagram states none."""
    said = node.extension("outcomes") or {}
    english, needed = said.get("valuesEn") or {}, said.get("opinionRequiredFor") or ()
    return [
        {"value": value, "name": name, "name_en": english.get(value, value), "opinion_required": value in needed}
        for value, name in (said.get("values") or {}).items()
    ]


def _answers(live: LiveDefinition, row: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the window may answer at its task, with the published list of materials; None at any other task."""
    if row["node"] != live.acceptance_node or row["case_state"] != CaseState.SUBMITTED:
        return None
    listed = [{"code": one.code, "name": one.name, "name_en": one.name_en} for one in live.item.materials]
    return {"allowed": [str(one) for one in live.item.intake_rules.answers], "materials": listed}


def _can(
    uow: UnitOfWork, row: Mapping[str, Any], whose: _Whose, shown: str, submitter: Submitter, returnable: bool
) -> list[str]:
    """Which of claim, release, complete and return the actor could ask for now."""

    def may(use: UseCase) -> bool:
        try:
            check_task(uow.actor, whose, row["region_code"], shown, use, submitter)
        except ApprovalError:
            return False
        return True

    holder, state = row["claimed_by"], row["state"]
    mine = holder == uow.actor.id
    free = state == "open" or (state == "claimed" and mine)
    told = []
    if state == "open" and may(UseCase.TASK_CLAIM):
        told.append("claim")
    if state == "claimed" and mine:
        told.append("release")
    if free and may(UseCase.TASK_COMPLETE):
        told.append("complete")
    if free and returnable and may(UseCase.TASK_RETURN):
        told.append("return")
    return told
