"""Another tool's file as one of ours: translated, with a report of what was kept, translated, dropped and refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lxml import etree

from engine.bpmn.dialects.notes import BARE, DROPPED, KEPT, REFUSED, TRANSLATED, Note
from engine.bpmn.dialects.translate import translate
from engine.bpmn.dialects.vendors import VENDORS, vendor_of
from engine.bpmn.mends.neighbours import drop
from engine.bpmn.mends.sheet import Sheet
from engine.bpmn.read import read
from engine.bpmn.read_extensions import Xml, local_name, namespace

_STAYS = frozenset(
    {"properties", "modelerTemplate", "modelerTemplateVersion", "modelerTemplateIcon", "versionTag"}
    | {"historyTimeToLive", "userTask"}
)


@dataclass(frozen=True, slots=True)
class Converted:
    """The file as it is now, and what became of each foreign thing."""

    data: bytes
    notes: tuple[Note, ...]

    def as_data(self, lang: str = "zh") -> dict[str, list[dict[str, Any]]]:
        """The report as JSON, in `zh` or `en`."""
        english = lang == "en"
        report: dict[str, list[dict[str, Any]]] = {kind: [] for kind in (KEPT, TRANSLATED, DROPPED, REFUSED)}
        for note in self.notes:
            said: dict[str, Any] = {"element": note.element, "name": note.name, "line": note.line, "what": note.what}
            if note.kind in (TRANSLATED, BARE):
                report[TRANSLATED].append(said | {"into": note.into})
            elif note.kind == KEPT:
                report[KEPT].append(said)
            else:
                report[note.kind].append(said | {"reason": note.reason[english]})
        return report


def convert(data: bytes) -> Converted:
    """Translate a file. What has no meaning here is taken out; pictures, comments and decoration stay.

    Raises:
        UnreadableDiagram: it can't be read.
    """
    read(data)
    sheet = Sheet.of(data)
    notes = translate(sheet.root)
    gone = _take_out(sheet.root)
    changed = gone or any(note.kind in (TRANSLATED, BARE) for note in notes)
    return Converted(sheet.data() if changed else data, tuple(notes))


def _take_out(root: Xml) -> bool:
    """Take out the settings of understood tools that have no effect here."""
    gone = False
    for element in list(root.iter("*")):
        for name in [name for name in element.attrib if vendor_of(name) and etree.QName(name).localname not in _STAYS]:
            del element.attrib[name]
            gone = True
        if namespace(element) in VENDORS and local_name(element) not in _STAYS and _is_top(element):
            box = element.getparent()
            drop(element)
            gone = True
            if not len(box) and local_name(box) == "extensionElements":
                drop(box)
    return gone


def _is_top(element: Xml) -> bool:
    around = element.getparent()
    return around is not None and namespace(around) not in VENDORS
