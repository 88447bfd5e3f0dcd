"""What a mend is: the fix that the lint shows, and the hand that does it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from engine.bpmn.mends.sheet import Sheet
from engine.bpmn.model import Finding, Fix, Option
from engine.bpmn.read_extensions import Xml
from engine.bpmn.rules.rule import shortened

Said = tuple[str, str]  #: the same words in Chinese and in English
#: Does a mend with the answer to its question ("" for a safe one); False when there was nothing to do after all.
Hand = Callable[[Sheet, str], bool]


@dataclass(frozen=True, slots=True)
class Mend:
    """An offered mend. Those of an earlier stage are done before the file is looked at again.

    `free` says whether an answer that is not among the options will do as well.
    """

    fix: Fix
    hand: Hand
    stage: int
    free: Callable[[str], bool] | None = None

    def accepts(self, answer: str) -> bool:
        """Whether an answer is one of its options."""
        listed = any(option.value == answer for option in self.fix.options)
        return listed or (self.free is not None and self.free(answer))


Maker = Callable[[Sheet, Finding], Mend | None]


def safe(id: str, does: Said, hand: Callable[[Sheet], bool], stage: int) -> Mend:
    """A mend that keeps the meaning and asks nothing."""
    return Mend(Fix(id, True, does[0], does[1]), lambda sheet, _: hand(sheet), stage)


def asked(
    id: str,
    does: Said,
    question: Said,
    options: Iterable[tuple[str, str, str]],
    suggested: str | None,
    hand: Hand,
    stage: int,
    free: Callable[[str], bool] | None = None,
) -> Mend:
    """A mend that needs a choice: options are (value, Chinese, English); None where nothing suggests one of them."""
    told = tuple(Option(value, shortened(zh), shortened(en)) for value, zh, en in options)
    fix = Fix(id, False, does[0], does[1], question[0], question[1], told, suggested)
    return Mend(fix, hand, stage, free)


def called(element: Xml | None, otherwise: str = "?") -> str:
    """An element as a sentence names it: its name, else its id."""
    if element is None:
        return otherwise
    return shortened(element.get("name") or element.get("id") or otherwise)


def fix_id(finding: Finding) -> str:
    """The id of the fix for a finding: its rule and its element, or its line where it has no id."""
    return f"{finding.rule}:{finding.element or f'line-{finding.line}'}"


# The stages: what the next ones build on comes first.
IDS, FILE, FLOWS, EVENTS, STARTS, TASKS, FORKS, CHOICES, JOINS, LAYOUT = range(10)
