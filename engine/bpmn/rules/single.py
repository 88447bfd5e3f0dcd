"""Children of which BPMN lets an element have one: of two, neither may be taken in silence.

Unlike the other rules this one is asked while the file is read, for the model keeps one of each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from engine.bpmn.model import Finding
from engine.bpmn.rules.rule import ERROR, Place, Rule

REPEATED = Rule(
    "element-repeated",
    ERROR,
    "{what}（{tag}）含有 {count} 个只能有一个的元素：{names}",
    "{what} ({tag}) holds {count} elements of which there can be one only: {names}",
    "请只保留一个，再检查一次",
    "Keep the one that is meant, then check again",
)
RULES = (REPEATED,)

_ALONE = (
    "conditionExpression",
    "loopCondition",
    "loopCardinality",
    "loopDataInputRef",
    "completionCondition",
    "script",
)
#: Each such child with the group of which there can be one.
GROUPS: Mapping[str, str] = {
    "standardLoopCharacteristics": "loop",
    "multiInstanceLoopCharacteristics": "loop",
    "timeDate": "time",
    "timeDuration": "time",
    "timeCycle": "time",
    **{name: name for name in _ALONE},
}


def repeated(place: Place, tag: str, children: Iterable[str]) -> Iterator[Finding]:
    """A finding for each group of which an element of that tag, with children of these names, has more than one."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in children:
        if name in GROUPS:
            groups[GROUPS[name]].append(name)
    for names in groups.values():
        if len(names) > 1:
            yield REPEATED.at(place, tag=tag, count=len(names), names=", ".join(dict.fromkeys(names)))
