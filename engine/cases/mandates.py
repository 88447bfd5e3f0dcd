"""代办: an agent acts for somebody by a recorded mandate: whose, which agent, at which station, for which items, from when to when.

Help at the counter (帮办) needs none: the applicant is there and signs. A mandate may be on paper; its evidence says which. Who
gave it may end it at once, and so may the agent and the window (民法典 161 to 174).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from engine.cases.access import is_platform, need
from engine.clock import CST, day_of
from engine.errors import Conflict, Forbidden, Invalid, NotFound
from engine.organization.accounts import masked
from engine.organization.actor import Actor
from engine.organization.permissions import Permission, Role, UseCase
from engine.store.base import Base, Json, new_id
from engine.unit_of_work import UnitOfWork

MOST_ITEMS = 100
MOST_DAYS = 366 * 5
IDENTITIES = ("credit_code", "id_number")
_COLUMNS = (
    "m.id, m.principal, m.agent, m.station, m.region_code, m.items, m.first_day, m.last_day, m.may_promise, m.evidence, "
    "m.scan, m.scan_name, m.scan_type, m.scan_size, "
    "m.created_by, m.created_at, m.revoked_at, m.revoked_by, m.revoked_because, o.name AS agent_name, "
    "d.name AS station_name, d.name_en AS station_name_en FROM mandates m JOIN officers o ON o.id = m.agent "
    "LEFT JOIN departments d ON d.id = m.station"
)
_ONE = f"SELECT {_COLUMNS} WHERE m.id = %s FOR UPDATE OF m"
_LIST = (
    f"SELECT {_COLUMNS} WHERE (m.agent = %(me)s OR (%(window)s AND m.region_code = %(region)s)) "
    "AND (%(after)s::uuid IS NULL OR m.id < %(after)s) "
    "AND (%(number)s::text IS NULL OR m.principal->>'credit_code' = %(number)s OR m.principal->>'id_number' = %(number)s) "
    "ORDER BY m.id DESC LIMIT %(limit)s"
)
_AGENT = (
    "SELECT o.id FROM officers o JOIN officer_roles r ON r.officer_id = o.id AND r.role = 'agent' "
    "JOIN posts p ON p.officer_id = o.id AND p.department_id = %(station)s JOIN departments d ON d.id = p.department_id "
    "WHERE o.username = %(agent)s AND o.active AND d.region_code = %(region)s LIMIT 1"
)
_VALID = (
    "SELECT m.id FROM mandates m WHERE m.agent = %(agent)s AND m.revoked_at IS NULL "
    "AND %(day)s BETWEEN m.first_day AND m.last_day AND (m.items IS NULL OR m.items @> to_jsonb(%(item)s::text)) "
    "AND (m.principal->>'credit_code' = %(credit_code)s OR m.principal->>'id_number' = %(id_number)s) "
    "AND (m.may_promise OR NOT %(promise)s) "
    "AND EXISTS (SELECT 1 FROM posts p WHERE p.officer_id = m.agent AND p.department_id = m.station) LIMIT 1"
)
_AGENTS = (
    "SELECT o.username AS agent, o.name, d.id AS station, d.name AS station_name, d.name_en AS station_name_en "
    "FROM officers o JOIN officer_roles r ON r.officer_id = o.id AND r.role = 'agent' "
    "JOIN posts p ON p.officer_id = o.id JOIN departments d ON d.id = p.department_id "
    "WHERE o.active AND d.region_code = %(region)s AND (%(window)s OR o.id = %(me)s) "
    "ORDER BY o.name, o.username, d.id LIMIT 500"
)
_SCAN = (
    "UPDATE mandates SET scan = %s, scan_name = %s, scan_type = %s, scan_size = %s WHERE id = %s RETURNING 1 AS done"
)
_REVOKE = "UPDATE mandates SET revoked_at = %s, revoked_by = %s, revoked_because = %s WHERE id = %s"


if TYPE_CHECKING:
    from engine.cases.add_material import Upload


class MandateRow(Base):
    """A mandate. It is never changed but to be ended, and to get the scan of its paper."""

    __tablename__ = "mandates"
    __table_args__ = (Index("ix_mandates_agent", "agent"), Index("ix_mandates_region", "region_code"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    principal: Mapped[Json]  #: kind, name, credit_code or id_number
    agent: Mapped[str]  #: the officer's id
    station: Mapped[str]  #: the department at which the agent acts
    region_code: Mapped[str]
    items: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))  #: codes; none: every item
    first_day: Mapped[date]
    last_day: Mapped[date]
    may_promise: Mapped[bool]  #: may sign a commitment in the principal's name
    evidence: Mapped[str]
    scan: Mapped[str | None]  #: the signed paper, scanned: the hash of the file; handed in once
    scan_name: Mapped[str | None]
    scan_type: Mapped[str | None]
    scan_size: Mapped[int | None] = mapped_column(BigInteger)
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]
    revoked_because: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class NewMandate:
    """What is recorded. `items` None: every item. `evidence`: the signed paper, by its number or the hash of its scan."""

    principal: Mapping[str, Any]
    agent: str
    station: str
    first_day: date
    last_day: date
    evidence: str
    items: tuple[str, ...] | None = None
    may_promise: bool = False


class MandateMissing(Forbidden):
    """The agent has no mandate for this: none was recorded, it is for other items or another station, or it is over."""

    code = "mandate-missing"
    zh = "没有有效的委托：“{applicant}”未委托您代办“{item}”，或委托已到期、已撤销。请先登记委托书。"
    en = "There is no valid mandate of “{applicant}” for you and “{item}”, or it is over. Record the mandate first."


class MandateEnded(Conflict):
    """The mandate was ended already. Params: id."""

    code = "mandate-ended"
    zh = "该委托已于此前撤销，无需再次撤销。"
    en = "This mandate was ended before: there is nothing left to end."


class MandateScanned(Conflict):
    """The mandate has the scan of its paper already. Params: id."""

    code = "mandate-scanned"
    zh = "该委托已有扫描件，不能更换。如委托书有变，请撤销后重新登记。"
    en = (
        "This mandate has its scan already, and keeps it. If the paper has changed, end the mandate and record it anew."
    )


def record_mandate(uow: UnitOfWork, asked: NewMandate) -> dict[str, Any]:
    """Record a mandate for an agent of a station in the actor's region.

    Raises:
        Forbidden: the actor records none, or an agent records one for another agent.
        Invalid: the principal is not identified, no such agent at that station, days the wrong way round or too far apart, no
            evidence.
    """
    need(uow.actor, UseCase.MANDATE_RECORD)
    now = uow.tell_time()
    _check(asked, day_of(now))
    region = uow.actor.region_code
    (agents,) = uow.read((_AGENT, {"agent": asked.agent, "station": asked.station, "region": region}))
    if not agents:
        said = "须为本地区该站点的代办员\tmust be an agent with a post at that station of your region"
        raise Invalid(detail="agent", fields={"agent": [said]})
    if agents[0]["id"] != uow.actor.id and not uow.actor.may(Permission.CASE_ACCEPT):
        raise Forbidden(permission=UseCase.MANDATE_RECORD.value.permission)
    row = MandateRow(
        id=new_id(),
        principal=dict(asked.principal),
        agent=agents[0]["id"],
        station=asked.station,
        region_code=region,
        items=None if asked.items is None else list(asked.items),
        first_day=asked.first_day,
        last_day=asked.last_day,
        may_promise=asked.may_promise,
        evidence=asked.evidence.strip(),
        created_by=uow.actor.id,
        created_at=now,
    )
    uow.session.add(row)
    uow.session.flush()
    return _view(_one(uow, row.id), day_of(now))


def list_mandates(uow: UnitOfWork, number: str | None, after: str | None, limit: int) -> dict[str, Any]:
    """The mandates of an agent, or at a window those of its region, newest first; `number` is a principal's.

    Raises Forbidden, Invalid (a cursor of another list).
    """
    need(uow.actor, UseCase.MANDATE_LIST)
    today = day_of(uow.tell_time())
    window = is_platform(uow.actor) or uow.actor.may(Permission.CASE_ACCEPT)
    asked = {"me": uow.actor.id, "window": window, "region": uow.actor.region_code, "number": number}
    (rows,) = uow.read((_LIST, asked | {"after": _cursor(after), "limit": limit + 1}))
    more = str(rows[limit - 1]["id"]) if len(rows) > limit else None
    return {"items": [_view(row, today) for row in rows[:limit]], "next_cursor": more}


def revoke_mandate(uow: UnitOfWork, mandate: str, reason: str) -> dict[str, Any]:
    """End a mandate at once: by the window of its region (for who gave it), or by the agent.

    Raises:
        NotFound: no such mandate, or not the actor's to see.
        MandateEnded: it was ended already.
    """
    need(uow.actor, UseCase.MANDATE_REVOKE)
    now = uow.tell_time()
    row = _one(uow, _id(mandate))
    _check_own(uow.actor, row)
    if row["revoked_at"] is not None:
        raise MandateEnded(id=mandate)
    uow.read((_REVOKE + " RETURNING 1 AS done", (now, uow.actor.id, reason, row["id"])))
    return _view(_one(uow, row["id"]), day_of(now))


def add_scan(uow: UnitOfWork, mandate: str, upload: Upload, keep: Callable[[], None]) -> dict[str, Any]:
    """Add the scan of the signed paper; the same again changes nothing. `keep` gives the file its place.

    Raises:
        NotFound, Forbidden: not the actor's mandate.
        MandateEnded, MandateScanned: it is over, or has another scan.
    """
    need(uow.actor, UseCase.MANDATE_SCAN)
    now = uow.tell_time()
    row = _one(uow, _id(mandate))
    _check_own(uow.actor, row)
    if row["revoked_at"] is not None:
        raise MandateEnded(id=mandate)
    if row["scan"] not in (None, upload.sha256):
        raise MandateScanned(id=mandate)
    keep()
    if row["scan"] is None:
        uow.read((_SCAN, (upload.sha256, upload.name, upload.media_type, upload.size, row["id"])))
    return _view(_one(uow, row["id"]), day_of(now))


def find_scan(uow: UnitOfWork, mandate: str) -> dict[str, Any]:
    """The scan of a mandate's paper, for who may see the mandate. Raises Forbidden, NotFound (also: there is none)."""
    need(uow.actor, UseCase.MANDATE_LIST)
    row = _one(uow, _id(mandate))
    _check_own(uow.actor, row)
    if row["scan"] is None:
        raise NotFound(what="mandate", id=mandate[:80])
    return row


def _check_own(actor: Actor, row: Mapping[str, Any]) -> None:
    """A mandate is its agent's, and that of the window of its region; nobody else knows of it. Raises NotFound."""
    window = actor.may(Permission.CASE_ACCEPT) and actor.region_code == row["region_code"]
    if not (is_platform(actor) or window or row["agent"] == actor.id):
        raise NotFound(what="mandate", id=str(row["id"]))


def list_agents(uow: UnitOfWork) -> list[dict[str, Any]]:
    """Who a mandate can be recorded for, each with a station: at a window, the agents of its region; an agent himself.

    Raises Forbidden.
    """
    need(uow.actor, UseCase.MANDATE_RECORD)
    window = uow.actor.may(Permission.CASE_ACCEPT)
    (rows,) = uow.read((_AGENTS, {"me": uow.actor.id, "window": window, "region": uow.actor.region_code}))
    return [dict(row) for row in rows]


def principal_of(uow: UnitOfWork, mandate: str) -> dict[str, Any]:
    """Who gave a mandate, whole, for the agent who applies by it. Raises Forbidden, NotFound (also: another agent's)."""
    need(uow.actor, UseCase.MANDATE_LIST)
    row = _one(uow, _id(mandate))
    if row["agent"] != uow.actor.id:
        raise NotFound(what="mandate", id=mandate[:80])
    return dict(row["principal"])


def needs_mandate(actor: Actor) -> bool:
    """Whether the actor acts for others as an agent only: a clerk at a window helps those who are there."""
    return Role.AGENT in actor.roles and not actor.may(Permission.CASE_ACCEPT)


def check_mandate(uow: UnitOfWork, applicant: Mapping[str, Any], item: str, day: date, promise: bool = False) -> str:
    """The id of a mandate by which the acting agent may act for this applicant today. Raises MandateMissing."""
    known = {name: applicant.get(name) for name in IDENTITIES}
    asked = {"agent": uow.actor.id, "day": day, "item": item, "promise": promise}
    rows = uow.read((_VALID, asked | known))[0] if any(known.values()) else []
    if not rows:
        raise MandateMissing(
            permission=Permission.CASE_SUBMIT_AS_AGENT, applicant=str(applicant.get("name", ""))[:80], item=item
        )
    return str(rows[0]["id"])


def _check(asked: NewMandate, today: date) -> None:
    flaws: dict[str, list[str]] = {}
    if not str(asked.principal.get("name", "")).strip():
        flaws["principal.name"] = ["required"]
    if not any(str(asked.principal.get(name) or "").strip() for name in IDENTITIES):
        flaws["principal"] = ["须填写统一社会信用代码或身份证号\tneeds a credit code or an identity number"]
    if asked.last_day < asked.first_day or asked.last_day < today:
        flaws["last_day"] = ["不能早于开始日期或今天\tmay not be before the first day or today"]
    elif (asked.last_day - asked.first_day).days > MOST_DAYS:
        flaws["last_day"] = ["委托期限不能超过五年\ta mandate is for five years at most"]
    if not asked.evidence.strip():
        flaws["evidence"] = ["required"]
    if asked.items is not None and not 0 < len(asked.items) <= MOST_ITEMS:
        flaws["items"] = [f"须为 1 至 {MOST_ITEMS} 项\ttakes 1 to {MOST_ITEMS}"]
    if flaws:
        raise Invalid(detail="、".join(flaws), fields=flaws)


def _one(uow: UnitOfWork, mandate: uuid.UUID) -> dict[str, Any]:
    (rows,) = uow.read((_ONE, (mandate,)))
    if not rows:
        raise NotFound(what="mandate", id=str(mandate))
    return rows[0]


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFound(what="mandate", id=text[:80]) from None


def _cursor(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise Invalid(detail="cursor", fields={"cursor": ["not a cursor of this list"]}) from None


def _view(row: Mapping[str, Any], today: date) -> dict[str, Any]:
    number = next((str(row["principal"][name]) for name in IDENTITIES if row["principal"].get(name)), "")
    return {
        "id": str(row["id"]),
        "principal": {"name": row["principal"].get("name"), "number": masked(number)},
        "agent": row["agent"],
        "agent_name": row["agent_name"],
        "station": row["station"],
        "station_name": row["station_name"],
        "station_name_en": row["station_name_en"],
        "region": row["region_code"],
        "items": row["items"],
        "first_day": row["first_day"].isoformat(),
        "last_day": row["last_day"].isoformat(),
        "may_promise": row["may_promise"],
        "evidence": row["evidence"],
        "scan": row["scan"],
        "scan_name": row["scan_name"],
        "valid": row["revoked_at"] is None and row["first_day"] <= today <= row["last_day"],
        "revoked_at": row["revoked_at"] and row["revoked_at"].astimezone(CST).isoformat(timespec="seconds"),
        "revoked_because": row["revoked_because"],
    }
