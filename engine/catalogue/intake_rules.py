"""What the window may answer to an application, and what its silence means: by the type of the item. Pure.

The Licensing Law's rules are for licences (item type 01) only; benefits, registrations and the rest have their own
(docs/adr/0011-intake-rules.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Answer(StrEnum):
    """What the window may answer (行政许可法 32)."""

    ACCEPTED = "accepted"  #: 受理
    SUPPLEMENT = "supplement"  #: 一次性告知补正
    FIXED_ON_THE_SPOT = "fixed_on_the_spot"  #: 当场更正后受理
    NOT_OURS = "not_ours"  #: 不属于本机关职权，不予受理
    NOT_NEEDED = "not_needed"  #: 依法不需要办理，不受理


@dataclass(frozen=True, slots=True)
class IntakeRules:
    """The rules of a type of item.

    `basis` is the article by answer; `one_list` says that a later list may name only what is still open of the first, or
    faults in what was newly supplied; `silence_accepts` that silence for the days of the check is acceptance.
    """

    code: str
    answers: tuple[Answer, ...]
    basis: Mapping[Answer, str]
    one_list: bool
    silence_accepts: bool


_ALL = tuple(Answer)
LICENCE = IntakeRules(
    "licence",
    _ALL,
    MappingProxyType(
        {
            Answer.NOT_NEEDED: "行政许可法第三十二条第一款第一项",
            Answer.NOT_OURS: "行政许可法第三十二条第一款第二项",
            Answer.FIXED_ON_THE_SPOT: "行政许可法第三十二条第一款第三项",
            Answer.SUPPLEMENT: "行政许可法第三十二条第一款第四项",
            Answer.ACCEPTED: "行政许可法第三十二条第一款第五项",
        }
    ),
    one_list=True,
    silence_accepts=True,
)
#: 社会救助暂行办法 and the service rules of 国务院令第722号 36: told once, all of it; no fiction of acceptance.
GENERAL = IntakeRules(
    "general",
    _ALL,
    MappingProxyType(dict.fromkeys(_ALL, "优化营商环境条例第三十六条")),
    one_list=True,
    silence_accepts=False,
)
BENEFIT = IntakeRules(
    "benefit",
    _ALL,
    MappingProxyType(dict.fromkeys(_ALL, "社会救助暂行办法第十一条")),
    one_list=True,
    silence_accepts=False,
)
#: 不动产登记暂行条例 17: what is incomplete is refused on the spot with one list; nothing waits for a supplement, and an
#: application that is not refused on the spot in writing counts as accepted.
REGISTRATION = IntakeRules(
    "registration",
    _ALL,
    MappingProxyType(dict.fromkeys(_ALL, "不动产登记暂行条例第十七条")),
    one_list=True,
    silence_accepts=True,
)
RULES: Mapping[str, IntakeRules] = MappingProxyType(
    {rules.code: rules for rules in (LICENCE, GENERAL, BENEFIT, REGISTRATION)}
)
#: By the code of the item's type (GB/T 39046-2020, table A.1); every other type has the general rules.
BY_TYPE: Mapping[str, IntakeRules] = MappingProxyType({"01": LICENCE, "05": BENEFIT})

#: What each answer asks for besides itself.
ASKS: Mapping[Answer, tuple[str, ...]] = MappingProxyType(
    {
        Answer.ACCEPTED: (),
        Answer.SUPPLEMENT: ("materials",),
        Answer.FIXED_ON_THE_SPOT: ("reason",),
        Answer.NOT_OURS: ("reason", "redirect"),
        Answer.NOT_NEEDED: ("reason",),
    }
)
#: What an answer may bring beside a reason: what it asks for, and what was put right of the form at the counter.
TAKES: Mapping[Answer, tuple[str, ...]] = MappingProxyType(
    {answer: (*ASKS[answer], *(("form",) if answer is Answer.FIXED_ON_THE_SPOT else ())) for answer in Answer}
)


def rules_of(type_code: str, named: str | None = None) -> IntakeRules:
    """The rules of an item: those it names, else those of its type."""
    return RULES[named] if named else BY_TYPE.get(type_code, GENERAL)


def refuses_at_once(rules: IntakeRules) -> bool:
    """Whether an incomplete application is refused on the spot with its list, instead of waiting for a supplement."""
    return rules is REGISTRATION
