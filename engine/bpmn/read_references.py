"""Findings of a file's XML that the model has no place for: dangling references, and flows that hide among extensions."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.model import Finding
from engine.bpmn.read_extensions import BPMN_NAMESPACE, Xml, local_name, namespace
from engine.bpmn.rules.references import DANGLING, DATA_OBJECT, HIDDEN
from engine.bpmn.rules.rule import Spot

#: What SpiffWorkflow's own parser takes by its local name, of whatever namespace and wherever it stands.
_TAKEN = frozenset({"sequenceFlow", "boundaryEvent"})
#: Attributes that refer to an element of the file; sequence flows, defaults and borders have rules of their own.
_REFERRING = (
    *("messageRef", "signalRef", "errorRef", "escalationRef", "dataObjectRef", "dataStoreRef", "processRef"),
    *("itemSubjectRef", "operationRef", "categoryValueRef"),
)
_SCOPES = frozenset({"process", "subProcess", "transaction", "adHocSubProcess"})
_SUB = _SCOPES - {"process"}
_BPMN = f"{{{BPMN_NAMESPACE}}}"


def references(root: Xml) -> Iterator[Finding]:
    """Judge the references of a file, one walk for each kind."""
    ids = {element.get("id") for element in root.iter(f"{_BPMN}*") if element.get("id")}
    yield from _hidden(root)
    yield from _dangling(root, ids)
    yield from _data_objects(root)


def _spot(element: Xml) -> Spot:
    return Spot((element.get("id") or "").strip() or None, element.get("name"), int(element.sourceline or 0))


def _hidden(root: Xml) -> Iterator[Finding]:
    for process in root.iterchildren(f"{_BPMN}process"):
        for element in process.iter("*"):
            if local_name(element) in _TAKEN and (namespace(element) != BPMN_NAMESPACE or _among_extensions(element)):
                yield HIDDEN.at(_spot(element), tag=f"{element.prefix or '?'}:{local_name(element)}")


def _among_extensions(element: Xml) -> bool:
    return next(element.iterancestors(f"{_BPMN}extensionElements"), None) is not None


def _dangling(root: Xml, ids: set[str]) -> Iterator[Finding]:
    for element in root.iter(f"{_BPMN}*"):
        for attribute in _REFERRING:
            ref = (element.get(attribute) or "").strip()
            if ref and ref not in ids and _own(root, ref) not in ids and not _elsewhere(element, ref):
                owner = element if element.get("id") and element.get("name") else element.getparent()
                owner = element if owner is None else owner
                yield DANGLING.at(_spot(owner), tag=local_name(owner), attribute=attribute, ref=ref)


def _own(root: Xml, ref: str) -> str:
    """A reference without its prefix."""
    return ref.rpartition(":")[2]


def _elsewhere(element: Xml, ref: str) -> bool:
    """Whether a QName's prefix is of another file's namespace: XML Schema types, imported definitions."""
    prefix, colon, _ = ref.partition(":")
    space = element.nsmap.get(prefix) if colon else None
    return space is not None and space != element.getroottree().getroot().get("targetNamespace")


def _data_objects(root: Xml) -> Iterator[Finding]:
    """References in sub-processes whose object is neither in the scope of who uses them nor in the one around it."""
    declared: dict[Xml, set[str]] = {}
    places: dict[str, Xml] = {}
    for element in root.iter(f"{_BPMN}dataObject"):
        declared.setdefault(element.getparent(), set()).add(element.get("id") or "")
    for element in root.iter(f"{_BPMN}dataObjectReference"):
        places.setdefault(element.get("id") or "", element)
    everywhere = {id for ids in declared.values() for id in ids}
    told: set[str] = set()
    for id, element in places.items():
        ref = element.get("dataObjectRef")
        if ref and ref not in everywhere and local_name(element.getparent()) in _SUB:
            told.add(id)
            yield DATA_OBJECT.at(_spot(element), ref=ref)
    for use in root.iter(f"{_BPMN}sourceRef", f"{_BPMN}targetRef"):
        place = places.get((use.text or "").strip())
        scope = next(use.iterancestors(*(f"{_BPMN}{tag}" for tag in _SCOPES)), None)
        if place is None or scope is None or local_name(scope) not in _SUB or place.get("id") in told:
            continue
        around = next(scope.iterancestors(*(f"{_BPMN}{tag}" for tag in _SCOPES)), None)
        ref = place.get("dataObjectRef") or ""
        if ref not in declared.get(scope, ()) and ref not in declared.get(around, ()):
            told.add(place.get("id") or "")
            yield DATA_OBJECT.at(_spot(place), ref=ref)
