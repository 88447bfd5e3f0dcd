"""A forgotten password (找回口令): a clerk sees the paper at a window and hands out a code, with which the owner sets a new one.

Nothing can be sent out of a closed network, so that the way back is the one by which an identity is confirmed (ADR 0016). The code
is derived from the installation's secret: it is stored nowhere, works once, and not for long; a newer one ends those before it. Who
handed it out, when, for which paper, and when it was used stay on record.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.clock import wall_now
from engine.errors import ApprovalError, Invalid
from engine.organization.accounts import find_account, password_flaw
from engine.organization.log_in import hash_password
from engine.store.base import Base, new_id

LIFE = timedelta(hours=24)
_LAST = text(
    "SELECT a.id, a.username, a.number, a.mobile, r.id AS reset, r.expires_at, r.used_at FROM applicants a "
    "JOIN LATERAL (SELECT * FROM password_resets r WHERE r.applicant_id = a.id ORDER BY r.made_at DESC, r.id DESC LIMIT 1) r "
    "ON true WHERE a.username = :name FOR UPDATE OF a"
)
_MADE = text(
    "SELECT r.made_at, coalesce(o.name, r.made_by) AS by, r.document, r.expires_at, r.used_at FROM password_resets r "
    "LEFT JOIN officers o ON o.id = r.made_by WHERE r.applicant_id = :id ORDER BY r.made_at DESC, r.id DESC LIMIT 10"
)


class PasswordResetRow(Base):
    """A code that was handed out; append-only but for its use."""

    __tablename__ = "password_resets"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    applicant_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("applicants.id"), index=True)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    document: Mapped[str]  #: the paper that was shown
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ResetCodeWrong(ApprovalError):
    """No such username, or not its code; one answer for all, so that nothing is given away."""

    code = "reset-code-wrong"
    status = 403
    zh = "用户名或重置码不正确，或者重置码已使用、已过期、已被新码取代。请核对后重新填写；仍不成功的，请携带证件到窗口重新领取。"
    en = (
        "Username or reset code is not right, or the code is used, too old, or replaced by a newer one. Check both; if it still "
        "fails, take your paper to a window and get another."
    )


def reset_code(secret_key: str, reset: uuid.UUID) -> str:
    """The code of a reset."""
    made = hmac.new(secret_key.encode(), b"password-reset:" + reset.bytes, hashlib.sha256).digest()
    return base64.b32encode(made)[:12].decode()


def issue(connection: Connection, username: str, by: str, document: str) -> dict[str, Any]:
    """A clerk has seen the paper of the account's owner: the reset, whose code is handed out. Raises NotFound, Invalid."""
    if not document.strip():
        raise Invalid(detail="document", fields={"document": ["必填\tis required"]})
    account, now = find_account(connection, username), wall_now()
    made = {"id": new_id(), "applicant": account.id, "now": now, "by": by, "document": document.strip()}
    kept = text(
        "INSERT INTO password_resets (id, applicant_id, made_at, made_by, document, expires_at) "
        "VALUES (:id, :applicant, :now, :by, :document, :expires)"
    )
    connection.execute(kept, made | {"expires": now + LIFE})
    return {"reset": made["id"], "username": account.username, "expires_at": now + LIFE}


def use(connection: Connection, secret_key: str, username: str, code: str, password: str) -> str:
    """Set a new password by a code: every session and token is over; answers the username.

    Raises ResetCodeWrong; Invalid for a password that is none, which leaves the code as it was.
    """
    row = connection.execute(_LAST, {"name": username.strip().lower()}).one_or_none()
    now = wall_now()
    given = "".join(code.split()).replace("-", "").upper().encode("utf-8", "replace")
    right = hmac.compare_digest(reset_code(secret_key, row.reset if row else uuid.UUID(int=0)).encode(), given)
    if row is None or not right or row.used_at is not None or row.expires_at <= now:
        raise ResetCodeWrong()
    if said := password_flaw(password, (row.username, row.number, row.mobile)):
        raise Invalid(detail="password", fields={"password": [said]})
    changed = text("UPDATE applicants SET password_hash = :hash WHERE id = :id")
    connection.execute(changed, {"id": row.id, "hash": hash_password(password)})
    connection.execute(text("UPDATE password_resets SET used_at = :now WHERE id = :id"), {"id": row.reset, "now": now})
    connection.execute(text("DELETE FROM applicant_keys WHERE applicant_id = :id"), {"id": row.id})
    return str(row.username)


def resets_of(connection: Connection, account: uuid.UUID) -> list[dict[str, Any]]:
    """The last codes that were handed out for an account, newest first, as the window sees them."""
    return [dict(row) for row in connection.execute(_MADE, {"id": account}).mappings()]
