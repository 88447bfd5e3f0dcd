"""What a diagram says, as plain frozen values: made by `read.py`, judged by `lint.py`, made runnable by `compile.py`.

Nothing here knows XML or SpiffWorkflow. Ids are the diagram's own. A flow node belongs to exactly one scope: the process
itself or one embedded sub-process (`Node.scope` is that element's id).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from engine.bpmn.dialects.notes import Note


@dataclass(frozen=True, slots=True)
class EventDefinition:
    """One event definition of an event: `kind` is the BPMN element name without `EventDefinition`.

    kind: timer | message | signal | error | escalation | conditional | link | compensate | terminate | cancel | …
    For a timer `timer_kind` is date | duration | cycle and `expression` its text. For a message or signal `ref` is the
    reference and `name` the name of what it leads to (None when it leads nowhere); for an error or escalation `name` is
    its code (None catches all); for a link its name.
    """

    kind: str
    timer_kind: str | None = None
    expression: str | None = None
    ref: str | None = None
    name: str | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Loop:
    """Loop characteristics of an activity.

    kind: standard | parallel | sequential. `maximum`, `condition`, `test_before` are the standard loop's; `cardinality`
    and `collection` (expressions) are multi-instance's; `completion_condition` is kept so that lint can refuse it.
    """

    kind: str
    maximum: str | None = None
    condition: str | None = None
    test_before: bool = False
    cardinality: str | None = None
    collection: str | None = None
    completion_condition: str | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow. `condition` is the expression's text as written (stripped), None when there is none."""

    id: str | None
    name: str | None
    source: str | None
    target: str | None
    condition: str | None
    scope: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Node:
    """A flow node: `tag` is its BPMN local name (userTask, exclusiveGateway, …).

    `extensions` maps an extension element's local name ("assignment", "timeLimit", …, see `vocabulary.py`) to a tuple of
    attribute mappings, one per occurrence, values already converted to their declared type. `foreign` lists extension
    or attribute names of other vendors that were seen and not understood (e.g. "camunda:assignee").
    """

    id: str | None
    tag: str
    name: str | None
    scope: str
    line: int = 0
    events: tuple[EventDefinition, ...] = ()
    loop: Loop | None = None
    default: str | None = None
    attached_to: str | None = None
    interrupting: bool = True
    called_element: str | None = None
    triggered_by_event: bool = False
    script: str | None = None
    message_ref: str | None = None
    message_name: str | None = None
    extensions: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=lambda: MappingProxyType({}))
    foreign: tuple[str, ...] = ()
    data_refs: tuple[str, ...] = ()
    flags: tuple[
        str, ...
    ] = ()  #: BPMN attributes set to something that changes what the node means, e.g. "instantiate"

    def extension(self, name: str) -> Mapping[str, Any] | None:
        """The first extension element of that name, or None."""
        found = self.extensions.get(name, ())
        return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Process:
    """One `<process>` of a file. `executable` is None when the attribute is absent (BPMN's default is false)."""

    id: str | None
    name: str | None
    executable: bool | None
    line: int
    nodes: tuple[Node, ...]
    flows: tuple[Flow, ...]
    extensions: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Diagram:
    """A readable BPMN file: its processes, every id seen with its line (for duplicates), and its message names by id."""

    processes: tuple[Process, ...]
    ids: tuple[tuple[str, str, int], ...]  #: (id, tag, line) of every element of BPMN's own namespace
    messages: Mapping[str, str | None]
    has_picture: bool = False
    warnings: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()  #: what became of what other tools wrote
    problems: tuple[Finding, ...] = ()  #: what the reader met in extension elements; `lint` passes it on


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to the question of a fix: what a machine writes, and how a person reads it in both languages."""

    value: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A mend that the lint offers for a finding: what it does, and what has to be asked before it can be done.

    `safe` keeps the meaning and asks nothing: it has neither question nor options. The others ask one question, with the
    option that a person would most likely take as `suggested` (None where nothing tells). `id` is the same whenever the
    same file is judged.
    """

    id: str
    safe: bool
    does: str  #: Chinese
    does_en: str
    question: str | None = None  #: Chinese
    question_en: str | None = None
    options: tuple[Option, ...] = ()
    suggested: str | None = None

    def as_data(self, lang: str = "zh") -> dict[str, Any]:
        """The fix as JSON, in `zh` or `en`."""
        zh = lang == "zh"
        return {
            "id": self.id,
            "safe": self.safe,
            "does": self.does if zh else self.does_en,
            "question": self.question if zh else self.question_en,
            "options": [{"value": each.value, "label": each.zh if zh else each.en} for each in self.options],
            "suggested": self.suggested,
        }


def in_language(finding: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """A finding that was told in both languages, in `zh` or `en`: the members of `Finding.as_data`."""
    told = {name: value for name, value in finding.items() if not name.endswith("_en")}
    if lang == "en":
        told |= {name: finding[f"{name}_en"] for name in ("message", "advice", "fix") if f"{name}_en" in finding}
    return told


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong (or worth knowing) about a diagram, said so that its designer can mend it."""

    rule: str
    severity: str  #: error | warning | info
    element: str | None
    name: str | None
    line: int
    message: str  #: Chinese
    message_en: str
    advice: str  #: Chinese
    advice_en: str
    fix: Fix | None = None  #: the mend that is offered, when there is one

    def in_both_languages(self) -> dict[str, Any]:
        """The finding as JSON for callers whose language is not known: English stands beside the Chinese."""
        said = self.as_data("zh") | {"message_en": self.message_en, "advice_en": self.advice_en}
        return said | {"fix_en": self.fix.as_data("en") if self.fix else None}

    def as_data(self, lang: str = "zh") -> dict[str, Any]:
        """The finding as JSON, in `zh` or `en`."""
        zh = lang == "zh"
        return {
            "rule": self.rule,
            "severity": self.severity,
            "element": self.element,
            "name": self.name,
            "line": self.line,
            "message": self.message if zh else self.message_en,
            "advice": self.advice if zh else self.advice_en,
            "docs": f"docs/lint/{self.rule}.md",
            "fix": self.fix.as_data(lang) if self.fix else None,
        }
