"""What a rule is: an id that never changes, a severity, and sentences that say what is wrong and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from engine.bpmn.model import Finding, Fix

ERROR, WARNING, INFO = "error", "warning", "info"
BPMN, APPROVAL = "bpmn", "approval"
MOST_FINDINGS = 1000  #: of one diagram; beyond them nothing more is looked for


class Place(Protocol):
    """What a finding can point at: a node, a flow, a process, or a `Spot`."""

    @property
    def id(self) -> str | None:
        """Its id, where it has one."""

    @property
    def name(self) -> str | None:
        """Its name, where it has one."""

    @property
    def line(self) -> int:
        """The line of the file it stands on."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place that is neither node, flow nor process."""

    id: str | None = None
    name: str | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. Its sentences are `str.format` templates; `{what}` is the element, by name and id.

    A rule of the `approval` profile is only checked there; `approval_severity` is for one that weighs more there.
    """

    id: str
    severity: str
    zh: str
    en: str
    advice_zh: str
    advice_en: str
    profile: str = BPMN
    approval_severity: str | None = None

    def at(self, place: Place, profile: str = BPMN, fix: Fix | None = None, **params: Any) -> Finding:
        """The finding of this rule at a place, with its mend where there is one."""
        values = {key: shortened(value) for key, value in params.items()} | {"what": label(place)}
        heavier = self.approval_severity if profile == APPROVAL else None
        return Finding(
            rule=self.id,
            severity=heavier or self.severity,
            element=place.id,
            name=place.name,
            line=place.line,
            message=self.zh.format(**values),
            message_en=self.en.format(**values),
            advice=self.advice_zh.format(**values),
            advice_en=self.advice_en.format(**values),
            fix=fix,
        )


def label(place: Place) -> str:
    """An element as a message shows it: its name and id, or its line."""
    if place.name and place.id:
        return f"“{shortened(place.name)}”({shortened(place.id)})"
    return f"“{shortened(place.name or place.id)}”" if place.name or place.id else f"#{place.line}"


def shortened(value: object) -> str:
    """A value from the file, short enough for a sentence and on one line."""
    text = " ".join(str(value).split())
    return text if len(text) <= 160 else text[:159] + "…"
