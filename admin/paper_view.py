"""What the pages show of a case's materials and documents."""

from __future__ import annotations

from typing import Any

from admin.desk import me
from engine.errors import Forbidden, NotFound
from engine.organization.permissions import Permission
from web.serving import engine


def papers_of(number: str) -> dict[str, Any]:
    """What pages show of a case's papers, and what the reader may do; nothing for who may not see the case."""
    actor = me()
    try:
        materials = engine().materials.listed(actor, number)
        papers = engine().documents.listed(actor, number)["items"]
    except (NotFound, Forbidden):
        return {"materials": None, "papers": []}
    may_add = actor.may(Permission.MATERIAL_ADD)
    return {
        "materials": materials,
        "papers": papers,
        "held_materials": engine().materials.held(actor, number) if may_add else [],
        "may_add": may_add,
        "may_review": actor.may(Permission.MATERIAL_REVIEW),
        "may_seal": actor.may(Permission.DOCUMENT_SEAL),
        "may_deliver": actor.may(Permission.DOCUMENT_DELIVER),
    }
