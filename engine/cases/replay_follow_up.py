"""What the entries of a record claim about what follows a decision: permits, verifications, revocations. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from engine.cases.replay_record import Claim, Claims, Mark, Said, replay_opening, value_of
from engine.cases.states import CaseState

PERMITS, STAYS, DOUBTS = "permits", "permit_stays", "material_doubts"
VERIFICATIONS, FINDINGS, RECTIFICATIONS = "verifications", "verification_findings", "rectifications"
REVOCATIONS = "revocations"
#: The tables, and what of a row is its key within the case.
KEYS = {
    PERMITS: "number",
    STAYS: "seq",
    DOUBTS: "seq",
    VERIFICATIONS: "id",
    FINDINGS: "seq",
    RECTIFICATIONS: "id",
    REVOCATIONS: "id",
}


def _instant(said: Said, name: str) -> datetime | None:
    value = said.payload[name]
    return datetime.fromisoformat(value) if value else None


def _read(said: Said, name: str) -> Any:
    value = said.value(name)
    return value if isinstance(value, Mark) else value_of(value)


def _linked(claims: Claims, said: Said) -> None:
    """A linked case is in hand from its first moment."""
    replay_opening(claims, said)
    claims.case.say(said.seq, state=CaseState.ACCEPTED, accepted_at=said.at, process=said.payload["process"])


def _issued(claims: Claims, said: Said) -> None:
    number = claims.case["number"]
    if number in claims.papers[PERMITS]:
        raise ValueError(number)
    row = Claim(said.seq).say(said.seq, seq=said.seq, status=said.payload["status"], regime=said.payload["regime"])
    row.say(said.seq, issued_at=_instant(said, "issued_at"), effective_at=_instant(said, "effective_at"))
    claims.papers[PERMITS][number] = row.say(said.seq, ended_at=None, disputed=False)


def _changed(claims: Claims, said: Said) -> None:
    row = claims.papers[PERMITS][claims.case["number"]]
    row.say(said.seq, status=said.payload["status"], effective_at=_instant(said, "effective_at"))
    row.say(said.seq, ended_at=_instant(said, "ended_at"))
    claims.case.say(said.seq, result=said.payload["result"])


def _objection(claims: Claims, said: Said) -> None:
    kind = said.payload["kind"]
    if kind.removeprefix("end-") == "dispute":
        claims.papers[PERMITS][claims.case["number"]].say(said.seq, disputed=kind == "dispute")
    if kind.startswith("end-"):
        for row in claims.papers[STAYS].values():
            if row["kind"] == kind.removeprefix("end-") and row["ended_at"] is None:
                row.say(said.seq, ended_at=said.at)
        return
    told = {name: said.payload[name] for name in ("kind", "body", "reference")}
    row = Claim(said.seq).say(said.seq, since=said.at, ended_at=None, **told)
    claims.papers[STAYS][said.seq] = row


def _doubted(claims: Claims, said: Said) -> None:
    row = Claim(said.seq).say(said.seq, material=said.payload["material"], status=said.payload["status"], at=said.at)
    claims.papers[DOUBTS][said.seq] = row.say(said.seq, permit_case_id=UUID(said.payload["permit_case"]))


def _opened(claims: Claims, said: Said) -> None:
    which = UUID(said.payload["verification"])
    if which in claims.papers[VERIFICATIONS]:
        raise ValueError(which)
    row = Claim(said.seq).say(said.seq, seq=said.seq, state="open", opened_at=said.at, closed_at=None)
    told = {name: said.payload[name] for name in ("regime", "process", "visits_asked", "officers")}
    claims.papers[VERIFICATIONS][which] = row.say(said.seq, linked_case_id=None, node=said.payload["node"], **told)


def _verification_linked(claims: Claims, said: Said) -> None:
    row = claims.papers[VERIFICATIONS][UUID(said.payload["verification"])]
    row.say(said.seq, linked_case_id=UUID(said.payload["linked_id"]))


def _moved(claims: Claims, said: Said) -> None:
    row = claims.papers[VERIFICATIONS][UUID(said.payload["verification"])]
    if row["state"] != said.payload["from"]:
        raise ValueError(said.payload["from"])
    row.say(said.seq, state=said.payload["to"], closed_at=_instant(said, "closed_at"))


def _found(claims: Claims, said: Said) -> None:
    row = Claim(said.seq).say(said.seq, verification_id=UUID(said.payload["verification"]), at=said.at)
    row.say(said.seq, round=said.payload["round"], result=said.payload["result"], officer_id=said.payload["actor"])
    row.say(said.seq, department_id=said.payload["department"], findings=_read(said, "findings"))
    claims.papers[FINDINGS][said.seq] = row.say(said.seq, note=said.value("note"))


def _rectify(claims: Claims, said: Said) -> None:
    row = Claim(said.seq).say(said.seq, seq=said.seq, told_at=said.at, listed=_read(said, "listed"), supplied=None)
    claims.papers[RECTIFICATIONS][UUID(said.payload["rectification"])] = row.say(said.seq, way=None, supplied_at=None)


def _rectified(claims: Claims, said: Said) -> None:
    row = claims.papers[RECTIFICATIONS][UUID(said.payload["rectification"])]
    row.say(
        said.seq, way=said.payload["way"], supplied=_read(said, "supplied"), supplied_at=_instant(said, "supplied_at")
    )


def _revocation(claims: Claims, said: Said) -> None:
    verification = said.payload["verification"]
    row = Claim(said.seq).say(said.seq, seq=said.seq, ground=said.payload["ground"], opened_at=said.at)
    row.say(said.seq, verification_id=UUID(verification) if verification else None, reason=said.value("reason"))
    row.say(said.seq, opened_by=said.payload["opened_by"], linked_case_id=None, decision=None, decided_by=None)
    claims.papers[REVOCATIONS][UUID(said.payload["revocation"])] = row.say(said.seq, decided_at=None)


def _revocation_linked(claims: Claims, said: Said) -> None:
    row = claims.papers[REVOCATIONS][UUID(said.payload["revocation"])]
    row.say(said.seq, linked_case_id=UUID(said.payload["linked_id"]))


def _decided(claims: Claims, said: Said) -> None:
    row = claims.papers[REVOCATIONS][UUID(said.payload["revocation"])]
    row.say(said.seq, decision=said.payload["decision"], decided_by=said.payload["actor"], decided_at=said.at)


REPLAYS: Mapping[str, Callable[[Claims, Said], None]] = {
    "linked.opened": _linked,
    "permit.issued": _issued,
    "permit.changed": _changed,
    "permit.objection": _objection,
    "material.doubted": _doubted,
    "verification.opened": _opened,
    "verification.linked": _verification_linked,
    "verification.moved": _moved,
    "verification.found": _found,
    "rectification.asked": _rectify,
    "rectification.supplied": _rectified,
    "revocation.opened": _revocation,
    "revocation.linked": _revocation_linked,
    "revocation.decided": _decided,
}
