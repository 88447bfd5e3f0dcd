"""核验: whether a document is of this platform, for anybody who has its code. Nothing of it speaks of a person."""

from __future__ import annotations

from typing import Any

from engine.cases.progress import instant
from engine.documents.papers import BY_CODE, STATES, counting, paper_of
from engine.errors import ApprovalError
from engine.register.document_templates import templates
from engine.unit_of_work import UnitOfWork


class CodeUnknown(ApprovalError):
    """No document has that code."""

    code = "verification-code-unknown"
    status = 404
    zh = "没有这个验证码的文书。请核对文书页脚的 16 位验证码；仍查不到的，该文书可能不是本平台出具的。"
    en = (
        "No document has this code. Check the 16 letters at its foot; if it still isn't found, it may not be from here."
    )


#: The documents by which a permit is known: they count for as much as it does.
PERMITS = ("certificate", "grant-decision", "post-verification-notice")
_PERMIT = (
    "SELECT p.status, p.disputed FROM cases k JOIN permits p ON p.case_id = coalesce(k.linked_to, k.id) WHERE k.id = %s"
)


def verify(uow: UnitOfWork, code: str) -> dict[str, Any]:
    """What anybody may know of a document: what it is, whose, when, whether it counts, and the hash of its file.

    Raises:
        CodeUnknown: none has that code.
    """
    (rows,) = uow.read((BY_CODE, (code.replace("-", "").replace(" ", "").upper(),)))
    if not rows:
        raise CodeUnknown()
    paper = paper_of(rows[0])
    text = templates().get(paper.kind)
    state = "sealed" if paper.sealed_at else "promised" if counting(paper) else "unsealed"
    (permits,) = uow.read((_PERMIT, (paper.case_id,))) if paper.kind in PERMITS else ([],)
    permit = permits[0]["status"] if permits else None
    counts = "not-sealed" if state == "unsealed" else "effective"
    return {
        "code": paper.code,
        "kind": paper.kind,
        "title": paper.title,
        "title_en": text.title_en if text else paper.title,
        "number": paper.number,
        "body": paper.body_name,
        "body_en": paper.body_name_en,
        "issued_at": instant(paper.issued_at),
        "status": counts if permit in (None, "valid", "confirmed") else permit,
        "permit": permit,
        "disputed": bool(permits and permits[0]["disputed"]),
        "state_name": STATES[state][0],
        "state_name_en": STATES[state][1],
        "sealed_at": instant(paper.sealed_at),
        "sha256": paper.files.get(counting(paper) or ""),
    }
