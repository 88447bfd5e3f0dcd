"""Where an item went: what took the place of one that was split, merged or cancelled, followed from old codes to new ones. Pure."""

from __future__ import annotations

from datetime import date
from typing import Any

from engine.catalogue.catalogue import ENDED, Catalogue, Version


def successors(catalogue: Catalogue, version: Version, day: date) -> list[Version]:
    """What can be applied for instead of an ended item on a day: successors that ended themselves are followed on."""
    found: dict[str, Version] = {}
    seen = {version.item}
    todo = list(version.related)
    while todo:
        code = todo.pop(0)
        # What takes effect later is told of already: it is where the item went.
        now = catalogue.current(code, day) or next(iter(catalogue.coming(code, day)), None)
        if code in seen or now is None:
            continue
        seen.add(code)
        if now.state == ENDED:
            todo.extend(now.related)
        else:
            found[code] = now
    return list(found.values())


def moved_view(catalogue: Catalogue, version: Version, day: date) -> dict[str, Any]:
    """An ended item as search and guide tell of it: since when, why, and what to apply for instead."""
    return {
        "code": version.item,
        "name": version.content.name,
        "name_en": version.content.name_en,
        "operation": version.operation,
        "since": version.effective_on.isoformat(),
        "statement": dict(version.statement),
        "related": list(version.related),
        "successors": [
            {"code": one.item, "name": one.content.name, "name_en": one.content.name_en}
            for one in successors(catalogue, version, day)
        ],
    }
