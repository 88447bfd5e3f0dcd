"""What other tools wrote: what was translated, what has no counterpart, and names that were read as fields of the form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.bpmn.dialects.notes import BARE, REFUSED, TRANSLATED, Note
from engine.bpmn.model import Finding
from engine.bpmn.rules.rule import APPROVAL, BPMN, ERROR, INFO, WARNING, Rule, Spot
from engine.bpmn.rules.subject import Subject

NAME_BARE = Rule(
    "name-bare",
    WARNING,
    "{what}中的“{name}”按表单字段 {field} 理解",
    "In {what} the name “{name}” is read as the form's field {field}",
    "请写成 {field}；如不是表单字段，请写明 outcome、case 或 applicant",
    "Write {field}; where it is no field of the form, write outcome, case or applicant",
    approval_severity=ERROR,
)
WITHOUT_COUNTERPART = Rule(
    "foreign-refused",
    ERROR,
    "{what}：其他工具的表达式无法翻译：{text}（{reason}）",
    "{what}: another tool's expression can't be translated: {text} ({reason_en})",
    "请用 docs/extensions.md 中的表达式改写",
    "Write it anew in the language of docs/extensions.md",
)
READ_AS_OURS = Rule(
    "foreign-translated",
    INFO,
    "{what}：其他工具的设置已按本平台的含义读取：{names}",
    "{what}: settings of another tool are read as ours: {names}",
    "请核对；用 onewindow convert 可写成本平台的格式",
    "Check that it is what you mean; onewindow convert writes them down as ours",
)
RULES = (NAME_BARE, WITHOUT_COUNTERPART, READ_AS_OURS)


def check(subject: Subject) -> Iterator[Finding]:
    """Say what became of what other tools wrote, for what is judged."""
    judged = _judged(subject)
    fields = _declared(subject)
    translated: dict[str | None, list[Note]] = {}
    for note in subject.diagram.notes:
        if note.element not in judged:
            continue
        place = Spot(note.element, note.name, note.line)
        if note.kind == BARE:
            declared = fields is None or note.what in fields
            profile = BPMN if declared else subject.profile
            yield NAME_BARE.at(place, profile, name=note.what, field=note.into)
        elif note.kind == REFUSED:
            yield WITHOUT_COUNTERPART.at(place, text=note.what, reason=note.reason[0], reason_en=note.reason[1])
        elif note.kind == TRANSLATED:
            translated.setdefault(note.element, []).append(note)
    for notes in translated.values():
        place = Spot(notes[0].element, notes[0].name, notes[0].line)
        yield READ_AS_OURS.at(place, names="; ".join(f"{note.what} → {note.into}" for note in notes))


def _judged(subject: Subject) -> set[str | None]:
    nodes: set[str | None] = {node.id for node in subject.nodes()}
    return nodes | {flow.id for flow in subject.flows()} | {process.id for process in subject.processes} | {None}


def _declared(subject: Subject) -> set[str] | None:
    """The fields that the forms of the diagram declare; None where a form is named whose fields are kept elsewhere."""
    if subject.profile != APPROVAL:
        return None
    places: list[Mapping[str, tuple[Mapping[str, Any], ...]]] = [process.extensions for process in subject.processes]
    places += [node.extensions for node in subject.nodes()]
    forms = [form for extensions in places for form in extensions.get("form", ())]
    if any(form.get("key") and not form.get("fields") for form in forms):
        return None
    return {field for form in forms for field in form.get("fields", ())}
