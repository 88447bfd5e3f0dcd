"""The scenarios that stand beside a draft: added, changed and taken away until it is published.

They are part of what was reviewed: whoever changes them takes an approval away, so that nobody drops a scenario that fails behind
the reviewer's back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from engine.definitions.deploy import APPROVED, DefinitionStateConflict, described
from engine.definitions.models import Definition
from engine.errors import Conflict, Forbidden, Invalid, NotFound
from engine.organization.permissions import UseCase
from engine.unit_of_work import UnitOfWork

MOST_SCENARIOS = 100


class ScenariosChanged(Conflict):
    """The scenarios of a draft are not those any more that somebody saw, or that were played."""

    code = "scenarios-changed"
    zh = "草稿的场景已被他人修改，本次操作未生效。请刷新页面，查看后重试。"
    en = "Somebody has changed the draft's scenarios meanwhile, so nothing was done. Load the page again, look, and try again."


def digest(scenarios: Sequence[dict[str, Any]]) -> str:
    """What tells whether scenarios are the same as those that were seen."""
    return hashlib.sha256(json.dumps(list(scenarios), sort_keys=True).encode()).hexdigest()


def change(
    uow: UnitOfWork, definition_id: UUID, seen: str, at: int | None, story: dict[str, Any] | None
) -> dict[str, Any]:
    """Put `story` in the place `at` (None: behind the last); None for a story takes the one there away.

    Raises:
        Forbidden, NotFound, DefinitionStateConflict: no draft any more.
        ScenariosChanged: they are not those with the digest `seen`.
        Invalid: there is no such place, or there are too many.
    """
    if not uow.actor.may(UseCase.DEFINITION_STORE.value.permission):
        raise Forbidden(permission=UseCase.DEFINITION_STORE.value.permission)
    uow.tell_time()
    row = uow.session.get(Definition, definition_id, with_for_update=True)
    if row is None:
        raise NotFound(what="definition", id=definition_id)
    if row.state != "draft":
        raise DefinitionStateConflict(id=definition_id, state=row.state)
    stories = list(row.scenarios or [])
    if digest(stories) != seen:
        raise ScenariosChanged()
    if at is None and story is not None:
        stories.append(story)
    elif at is not None and 0 <= at < len(stories):
        stories[at : at + 1] = [] if story is None else [story]
    else:
        raise Invalid(detail="at", fields={"at": [f"< {len(stories)}"]})
    if len(stories) > MOST_SCENARIOS:
        raise Invalid(detail=f"scenarios ≤ {MOST_SCENARIOS}", fields={"scenarios": [f"≤ {MOST_SCENARIOS}"]})
    row.scenarios = stories
    if row.review == APPROVED:
        row.reviewed_by = row.reviewed_at = row.review = row.review_note = None
    return described(row)


def need_unchanged(uow: UnitOfWork, definition_id: UUID, seen: str) -> None:
    """Raise ScenariosChanged unless a definition's scenarios are those with the digest `seen`; they stay so until the commit."""
    row = uow.session.get(Definition, definition_id, with_for_update=True)
    if row is not None and digest(row.scenarios or []) != seen:
        raise ScenariosChanged()
