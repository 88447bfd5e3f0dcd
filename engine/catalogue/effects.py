"""What a change of the catalogue means for cases that are open: the lawful effects, by operation, and what is said of each. Pure.

Nobody loses what was applied for because the catalogue changes (行政许可法 8): an open case is never ended, and never put under
another rule, by a change of its item. What a change may do is bind the authority: by a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from engine.errors import Invalid

CONTINUE, STOP_INTAKE_ONLY, CONCLUDE_BY = "continue", "stop_intake_only", "conclude_by"
_STOPS = frozenset({CONTINUE, STOP_INTAKE_ONLY, CONCLUDE_BY})
#: What may be said to happen to open cases, by operation. What opens an item, or opens it again, leaves nothing to conclude.
LAWFUL: Mapping[str, frozenset[str]] = {
    "added": frozenset({CONTINUE}),
    "resumed": frozenset({CONTINUE}),
    "changed": frozenset({CONTINUE, CONCLUDE_BY}),
    "suspended": _STOPS,
    "split": _STOPS,
    "merged": _STOPS,
    "cancelled": _STOPS,
}
EFFECTS = (CONTINUE, STOP_INTAKE_ONLY, CONCLUDE_BY)
_SAID: Mapping[str, tuple[str, str]] = {
    CONTINUE: (
        "已提交的办件继续按提交时的版本办理，不受影响。",
        "Cases that are open go on under the version they were submitted with.",
    ),
    STOP_INTAKE_ONLY: (
        "只停止收件：已收件的（含待补正的）继续按提交时的版本办理至办结。",
        "Only the intake stops: what was received, also what waits for a supplement, goes on to its end as submitted.",
    ),
    CONCLUDE_BY: (
        "已提交的办件继续按提交时的版本办理，由办理部门于 {day} 前办结；法定和承诺期限不因此延长。",
        "Open cases go on as submitted, and the departments conclude them by {day}; no limit becomes longer by it.",
    ),
}


class EffectUnlawful(Invalid):
    """The effect on open cases is not one that this operation may have, or its day does not fit. Params: effect, operation."""

    code = "effect-not-lawful"
    zh = "“{operation}”不能对在办件产生“{effect}”的影响：{detail_zh}。请改选。"
    en = "“{operation}” can't have the effect “{effect}” on open cases: {detail_en}. Choose another one."
    article = "行政许可法第八条"


def check_effect(operation: str, effect: str, conclude_by: date | None, effective: date) -> None:
    """Raise EffectUnlawful unless the operation may have this effect, with a day exactly where one is needed."""
    allowed = LAWFUL[operation]
    if effect not in allowed:
        told = "、".join(one for one in EFFECTS if one in allowed), ", ".join(one for one in EFFECTS if one in allowed)
        raise _unlawful(operation, effect, "effect", f"可选 {told[0]}", f"it takes {told[1]}")
    if effect == CONCLUDE_BY and (conclude_by is None or conclude_by < effective):
        raise _unlawful(
            operation, effect, "conclude_by", f"须填写不早于 {effective} 的日期", f"it takes a day from {effective} on"
        )
    if effect != CONCLUDE_BY and conclude_by is not None:
        raise _unlawful(operation, effect, "conclude_by", "该影响没有日期", "it has no day")


def statement_of(effect: str, conclude_by: date | None) -> dict[str, str]:
    """What is said of an effect when whoever publishes says nothing of his own."""
    zh, en = _SAID[effect]
    return {"zh": zh.format(day=conclude_by), "en": en.format(day=conclude_by)}


def _unlawful(operation: str, effect: str, field: str, zh: str, en: str) -> EffectUnlawful:
    return EffectUnlawful(
        operation=operation, effect=effect, detail=field, detail_zh=zh, detail_en=en, fields={field: [f"{zh}\t{en}"]}
    )
