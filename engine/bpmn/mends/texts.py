"""Mends of what is written where an expression belongs: text that is none becomes a label, and the choice is asked."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.mends import choices, events, repeats
from engine.bpmn.mends.mend import Maker, Mend
from engine.bpmn.mends.sheet import Sheet
from engine.bpmn.model import Finding
from engine.bpmn.read_extensions import local_name


def _expression(sheet: Sheet, finding: Finding) -> Mend | None:
    found = sheet.find(finding.element)
    if found is None:
        return None
    if local_name(found) == "sequenceFlow":
        return choices.MENDS["condition-missing"](sheet, finding)
    if local_name(found) in ("intermediateCatchEvent", "boundaryEvent"):
        return events.timer(sheet, finding)
    return repeats.MENDS["loop-invalid"](sheet, finding)


MENDS: Mapping[str, Maker] = {"expression-invalid": _expression, "foreign-refused": _expression}
