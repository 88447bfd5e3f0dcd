"""What everybody, and what the applicant, sees of a decision that came before its check. No name of a person is in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from engine.cases.progress import instant
from engine.credit_first.grounds import GROUNDS
from engine.credit_first.states import PERMIT_NAMES, STATE_NAMES, State
from engine.credit_first.views import rectification_view
from engine.errors import NotFound
from engine.unit_of_work import UnitOfWork

_COLUMNS = (
    "c.id AS case_id, c.number, "
    "coalesce(p.status, 'valid') AS status, coalesce(p.regime, 'ordinary') AS regime, coalesce(p.disputed, false) AS disputed, "
    "coalesce(p.issued_at, c.concluded_at) AS issued_at, "
    "CASE WHEN p.case_id IS NULL THEN c.concluded_at ELSE p.effective_at END AS effective_at, p.ended_at, "
    "(SELECT s.body || '，' || s.reference FROM permit_stays s WHERE s.case_id = c.id AND s.kind = 'stay' "
    "AND s.ended_at IS NULL ORDER BY s.seq DESC LIMIT 1) AS stayed_by"
)
_GRANTED = "(p.case_id IS NOT NULL OR (c.state = 'concluded' AND c.result = 'granted'))"
_PERMIT = (
    f"SELECT {_COLUMNS} FROM (SELECT case_id FROM case_numbers WHERE number = %(number)s "
    "UNION SELECT case_id FROM documents WHERE number = %(number)s AND kind = ANY(%(kinds)s)) n "
    "JOIN cases k ON k.id = n.case_id JOIN cases c ON c.id = coalesce(k.linked_to, k.id) "
    f"LEFT JOIN permits p ON p.case_id = c.id WHERE {_GRANTED} LIMIT 1"
)
#: The documents that stand for a permit.
PERMIT_KINDS = ("certificate", "grant-decision", "post-verification-notice")
_OF_CASE = f"SELECT {_COLUMNS} FROM cases c LEFT JOIN permits p ON p.case_id = c.id WHERE c.id = %s AND {_GRANTED}"
_VERIFICATION = (
    "SELECT v.*, l.due_date FROM verifications v LEFT JOIN LATERAL (SELECT due_date FROM limits l WHERE l.case_id = v.case_id "
    "AND l.owner = 0 AND l.clock = CASE WHEN v.state = 'rectifying' THEN 'rectification' ELSE 'verification' END "
    "ORDER BY l.kind DESC LIMIT 1) l ON true WHERE v.case_id = %s ORDER BY v.opened_at DESC LIMIT 1"
)
_RECTIFICATION = "SELECT * FROM rectifications WHERE verification_id = %s ORDER BY seq DESC LIMIT 1"
_REVOCATION = (
    # The holder's time is that of the boundary timer of the statement, the next at which the linked case is looked at.
    "SELECT r.*, k.number AS linked, "
    "coalesce(t.due_date, CAST((k.look_at - interval '1 second') AT TIME ZONE 'Asia/Shanghai' AS date)) AS until, "
    "t.state AS statement FROM revocations r "
    "LEFT JOIN cases k ON k.id = r.linked_case_id LEFT JOIN LATERAL (SELECT due_date, state FROM tasks t "
    "WHERE t.case_id = r.linked_case_id AND t.kind = 'applicant' ORDER BY t.number DESC LIMIT 1) t ON true "
    "WHERE r.case_id = %s ORDER BY r.opened_at DESC LIMIT 1"
)


def public_permit(uow: UnitOfWork, number: str) -> dict[str, Any]:
    """What everybody may know of a permit, by the number of its case or of its document (grants are public, 行政许可法 40).

    Raises:
        NotFound: nothing was granted under that number.
    """
    (rows,) = uow.read((_PERMIT, {"number": number, "kinds": list(PERMIT_KINDS)}))
    if not rows:
        raise NotFound(what="permit", id=number[:80])
    row, (due,) = rows[0], uow.read((_VERIFICATION, (rows[0]["case_id"],)))
    until = due[0]["due_date"] if due and due[0]["state"] in _WAITING else None
    return permit_view(row) | {"verify_by": until.isoformat() if until else None}


_WAITING = (State.OPEN, State.RECTIFYING, State.RECHECKING)


def permit_view(row: Mapping[str, Any]) -> dict[str, Any]:
    """A permit as everybody sees it. `in_force` is whether it may be relied on."""
    status = row["status"]
    return {
        "case": row["number"],
        "regime": row["regime"],
        "status": status,
        "status_name": PERMIT_NAMES[status][0],
        "status_name_en": PERMIT_NAMES[status][1],
        "in_force": status in ("valid", "confirmed", "stayed"),
        "disputed": row["disputed"],
        "stayed_by": row["stayed_by"],
        "issued_at": instant(row["issued_at"]),
        "effective_at": instant(row["effective_at"]),
        "ended_at": instant(row["ended_at"]),
    }


def follow_up(uow: UnitOfWork, case_id: UUID) -> dict[str, Any]:
    """What the applicant sees beside the progress: the permit, what is still to be done and by when, proceedings against it."""
    permits, verifications, revocations = uow.read(
        (_OF_CASE, (case_id,)), (_VERIFICATION, (case_id,)), (_REVOCATION, (case_id,))
    )
    found: dict[str, Any] = {"permit": permit_view(permits[0]) if permits else None}
    found["verification"] = _verification(uow, verifications[0]) if verifications else None
    return found | {"revocation": _revocation(revocations[0]) if revocations else None}


def _verification(uow: UnitOfWork, row: Mapping[str, Any]) -> dict[str, Any]:
    (rectifications,) = uow.read((_RECTIFICATION, (row["id"],)))
    waiting = row["state"] in _WAITING
    return {
        "id": str(row["id"]),
        "regime": row["regime"],
        "state": row["state"],
        "state_name": STATE_NAMES[row["state"]][0],
        "state_name_en": STATE_NAMES[row["state"]][1],
        "visits_asked": row["visits_asked"],
        "due_date": row["due_date"].isoformat() if row["due_date"] and waiting else None,
        "bring": [{name: one[name] for name in ("code", "name", "name_en")} for one in row["presumed"]],
        "rectification": rectification_view(rectifications[0]) if rectifications else None,
    }


def _revocation(row: Mapping[str, Any]) -> dict[str, Any]:
    ground = GROUNDS[row["ground"]]
    return {
        "id": str(row["id"]),
        "linked_case": row["linked"],
        "ground": row["ground"],
        "ground_name": ground.zh,
        "ground_name_en": ground.en,
        "article": ground.article,
        "reason": row["reason"],
        "opened_at": instant(row["opened_at"]),
        "may_state": row["statement"] in ("open", "claimed"),
        "state_by": row["until"].isoformat() if row["until"] and row["statement"] in ("open", "claimed") else None,
        "decision": row["decision"],
        "decided_at": instant(row["decided_at"]),
    }
