"""演示值: values of an item that are ours and no real place's (`demonstration` of its listing), and how that is said.

Said in one place for every page, answer, command and document: whoever shows limits or due dates asks here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: The sentence, in Chinese and in English.
VALUES = (
    "期限、标准等为演示值，不代表任何地区的实际规定。",
    "Limits and other values are for demonstration, not those of any real place.",
)
#: What a document says right behind such a date.
ON_PAPER = "（演示值，不代表任何地区的实际规定）"
#: The facts of documents that come from an item's limits.
DATES = ("due", "come_by")


def demonstration_sql(case_id: str) -> str:
    """Whether the values of a case are for demonstration, in SQL: those of the item as it was offered when it was applied for."""
    return (
        "EXISTS (SELECT 1 FROM cases shown JOIN offers offered ON offered.id = shown.offer_id "
        f"WHERE shown.id = {case_id} AND offered.data->'listing'->'demonstration' = 'true'::jsonb)"
    )


def on_paper(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a document of an item with such values: each date that comes of them says so."""
    return {name: f"{fact}{ON_PAPER}" if name in DATES and fact else fact for name, fact in facts.items()}
