"""From the bytes of an uploaded file to a `Diagram`: hardened, because the file is anybody's.

Refused before anything is believed: too large, a DOCTYPE (entities, attribute defaults), what is no XML or no BPMN.
Only elements of BPMN's own namespace that are direct children of their container count: a `sequenceFlow` of another
namespace, or anything inside `extensionElements`, is never a node or a flow. Everything else is left to the lint:
reading succeeds for a wrong diagram, so that its designer gets all findings at once.
"""

from __future__ import annotations

import codecs
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, islice
from types import MappingProxyType
from typing import Any

from lxml import etree

from engine.bpmn.dialects.notes import Note
from engine.bpmn.dialects.translate import translate
from engine.bpmn.links import links
from engine.bpmn.model import Diagram, EventDefinition, Finding, Flow, Loop, Node, Process
from engine.bpmn.read_extensions import (
    BPMN_NAMESPACE,
    MOST_HINTS,
    Extensions,
    Xml,
    local_name,
    namespace,
    outside,
    read_extensions,
)
from engine.bpmn.read_references import references
from engine.bpmn.rules.rule import MOST_FINDINGS, Spot
from engine.bpmn.rules.single import repeated
from engine.errors import ApprovalError

MAX_BYTES = 5 * 1024 * 1024
MAX_ELEMENTS = 50_000
MAX_ATTRIBUTES = 200  #: of one element; reading them is quadratic in libxml2
_ARCHIVES = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf")
#: Beside ISO 8859 and the code pages of Windows: what people's tools write. In all of them ASCII is ASCII.
_ENCODINGS = frozenset(
    [
        "utf-8",
        "ascii",
        "gb2312",
        "gbk",
        "gb18030",
        "big5",
        "big5hkscs",
        "shift_jis",
        "cp932",
        "euc_jp",
        "euc_kr",
        "cp949",
    ]
)
#: How UTF-16 begins, and UTF-32 unless with NULs, and EBCDIC.
_OTHER = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, "<?xm".encode("cp037"))
_ENCODING = re.compile(rb"""^(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_DI = "http://www.omg.org/spec/BPMN/20100524/DI"

_CONTAINERS = frozenset({"subProcess", "transaction", "adHocSubProcess"})
#: Children of a process or sub-process that are neither node nor flow. Whatever else there is becomes a node, so that
#: the lint refuses it by name and nothing is lost in silence.
_NO_NODES = frozenset(
    [
        "documentation",
        "extensionElements",
        "laneSet",
        "sequenceFlow",
        "dataObject",
        "dataObjectReference",
        "dataStoreReference",
        "association",
        "textAnnotation",
        "group",
        "ioSpecification",
        "ioBinding",
        "property",
        "auditing",
        "monitoring",
        "incoming",
        "outgoing",
        "supports",
        "correlationSubscription",
        "resourceRole",
        "performer",
        "humanPerformer",
        "potentialOwner",
        "dataInputAssociation",
        "dataOutputAssociation",
        "standardLoopCharacteristics",
        "multiInstanceLoopCharacteristics",
        "completionCondition",
        "categoryValueRef",
    ]
)
_ROLES = frozenset({"resourceRole", "performer", "humanPerformer", "potentialOwner"})
_TIMERS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}
#: What tells the messages (signals, …) that events refer to apart; where it is a code, a name or the id will do.
_NAMED_BY = {
    "message": ("name",),
    "signal": ("name",),
    "error": ("errorCode", "name"),
    "escalation": ("escalationCode", "name"),
}
#: Attributes that change what a node means when they are not at their default.
_FLAGS = {
    "instantiate": "false",
    "parallelMultiple": "false",
    "isForCompensation": "false",
    "startQuantity": "1",
    "completionQuantity": "1",
    "eventGatewayType": "Exclusive",
}
#: The same of a loop: with another behavior each instance that is through throws an event.
_LOOP_FLAGS = {"behavior": "All"}

_REASONS: Mapping[str, tuple[str, str]] = {
    "empty": ("文件为空，请重新导出", "the file is empty: export it again"),
    "too-large": ("文件超过 5 MB，请删去无关内容", "the file is over 5 MB: take out what doesn't belong"),
    "too-complex": ("文件中的元素或属性过多，请拆分", "it holds too many elements or attributes: split it"),
    "doctype": ("文件含有 DOCTYPE 声明，请删除该声明", "the file has a DOCTYPE: delete it"),
    "bad-encoding": (
        "文件编码与声明不符，请另存为 UTF-8",
        "its bytes are not of the encoding it declares: save it as UTF-8",
    ),
    "other-encoding": (
        "文件编码是 UTF-16 等不予读取的编码，请另存为 UTF-8",
        "it is in UTF-16 or another encoding that is not read: save it as UTF-8",
    ),
    "too-deep": ("元素嵌套过深，请简化", "its elements are nested too deeply: simplify it"),
    "archive": ("这是压缩文件，请先解压", "it is an archive: unpack it first"),
    "not-xml": ("不是完整的 XML，请从设计器重新导出", "it is not well-formed XML: export it again from the designer"),
    "not-bpmn": ("不是 BPMN 2.0 文件，请导出为 BPMN 2.0", "it is not a BPMN 2.0 file: export it as BPMN 2.0"),
    "no-process": (
        "文件中没有流程（process），请画出流程后导出",
        "there is no process in it: draw one and export it again",
    ),
}


class UnreadableDiagram(ApprovalError):
    """The bytes are not a BPMN file that can be read. `reason` is a stable code, `line` 0 when there is none."""

    code = "diagram-unreadable"
    status = 422
    zh = "无法读取流程图（第 {line} 行）：{reason_zh}。"
    en = "The diagram can't be read (line {line}): {reason_en}."

    def __init__(self, reason: str, line: int = 0) -> None:
        zh, en = _REASONS[reason]
        super().__init__(reason=reason, line=line, reason_zh=zh, reason_en=en)


def read(data: bytes) -> Diagram:
    """Read a BPMN 2.0 file; what other tools wrote and what means the same here is read as ours.

    Raises:
        UnreadableDiagram: it is empty, too large, no XML, has a DOCTYPE, is no BPMN or holds no process.
    """
    root = parse(data)
    if root.tag != _bpmn("definitions"):
        raise UnreadableDiagram("not-bpmn", root.sourceline or 0)
    processes = list(root.iterchildren(_bpmn("process")))
    if not processes:
        raise UnreadableDiagram("no-process", root.sourceline or 0)
    return _Reader(root, _doubtful_encoding(root, data), translate(root)).diagram(processes)


def _bpmn(name: str) -> str:
    return f"{{{BPMN_NAMESPACE}}}{name}"


def parse(data: bytes) -> Xml:
    """The root of an XML file, within our bounds. Raises UnreadableDiagram."""
    if data.startswith(_ARCHIVES):
        raise UnreadableDiagram("archive")
    if len(data) > MAX_BYTES:
        raise UnreadableDiagram("too-large")
    if not data.strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"):
        raise UnreadableDiagram("empty")
    if b"<!DOCTYPE" in data.replace(b"\0", b"").upper():  # without NULs, UTF-16 and UTF-32 read as ASCII does
        raise UnreadableDiagram("doctype")
    if b"\0" in data[:4] or data.startswith(_OTHER) or not _taken(_declared(data)):
        raise UnreadableDiagram("other-encoding")
    root = tree(data)
    if root.getroottree().docinfo.internalDTD is not None:  # an encoding that hides the DOCTYPE from the scan
        raise UnreadableDiagram("doctype")
    if not _taken(root.getroottree().docinfo.encoding):
        raise UnreadableDiagram("other-encoding")
    _check_size(root)
    return root


def _declared(data: bytes) -> str | None:
    found = _ENCODING.match(data[:300])
    return found[1].decode() if found else None


def _taken(encoding: str | None) -> bool:
    """Whether files in that encoding are read; one that nobody knows is left to the parser to refuse."""
    try:
        name = codecs.lookup(encoding or "utf-8").name
    except LookupError:
        return True
    return name in _ENCODINGS or name.startswith(("iso8859-", "cp125"))


def _check_size(root: Xml) -> None:
    for count, element in enumerate(root.iter("*"), start=1):
        if count > MAX_ELEMENTS or len(element.attrib) > MAX_ATTRIBUTES:
            raise UnreadableDiagram("too-complex", _line(element))


def tree(data: bytes) -> Xml:
    """The elements of a file, parsed without entities, network or comments. Raises UnreadableDiagram."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableDiagram(_reason_of(error.msg or ""), (error.position or (0, 0))[0] or 0) from None
    except (etree.LxmlError, ValueError, LookupError, OSError, AssertionError):
        raise UnreadableDiagram("not-xml") from None


def _reason_of(message: str) -> str:
    lowered = message.lower()
    if "excessive depth" in lowered or "maximum depth" in lowered:
        return "too-deep"
    if "encoding" in lowered or "utf-8" in lowered or "conversion" in lowered:
        return "bad-encoding"
    return "not-xml"


def _doubtful_encoding(root: Xml, data: bytes) -> bool:
    """Whether bytes that are plainly UTF-8 were declared to be something else, so that names are garbled."""
    declared = (root.getroottree().docinfo.encoding or "utf-8").lower()
    if declared.startswith(("utf", "ucs", "us-ascii", "ascii")) or data.isascii():
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


class _Reader:
    """One reading of one file: the ids, messages and findings gathered on the way."""

    def __init__(self, root: Xml, doubtful: bool, notes: list[Note]) -> None:
        self.root = root
        self.notes = tuple(notes)
        self.doubtful = doubtful
        self.known = frozenset(id.strip() for element in root.iter("*") if (id := element.get("id")))
        self.named = {kind: _named(root, kind) for kind in _NAMED_BY}
        self.ids: list[tuple[str, str, int]] = []
        self.findings: list[Finding] = []
        self.extensions: dict[Xml, Extensions] = {}
        self.unnamed = 0

    def diagram(self, processes: list[Xml]) -> Diagram:
        self._survey()
        self.findings += islice(references(self.root), max(0, MOST_FINDINGS + 1 - len(self.findings)))
        return Diagram(
            processes=tuple(self._process(element) for element in processes),
            ids=tuple(self.ids),
            messages=MappingProxyType(dict(self.named["message"])),
            has_picture=next(self.root.iter(f"{{{_DI}}}BPMNShape"), None) is not None,
            warnings=("encoding-doubtful",) if self.doubtful else (),
            notes=self.notes,
            problems=tuple(self.findings),
        )

    def _survey(self) -> None:
        """Go once over every BPMN element outside extensionElements: its id, its extensions, what is misplaced."""
        todo = [self.root]
        while todo:
            element = todo.pop()
            inner = [child for child in element.iterchildren() if namespace(child) == BPMN_NAMESPACE]
            self._note(element, map(local_name, inner))
            todo += reversed([child for child in inner if local_name(child) != "extensionElements"])

    def _note(self, element: Xml, children: Iterable[str]) -> None:
        if element.get("id") is not None:
            self.ids.append((element.get("id"), local_name(element), _line(element)))
        found = read_extensions(element, hinting=len(self.findings) < MOST_HINTS)
        place = Spot(_text_or_none(element.get("id")), element.get("name"), _line(element))
        met = chain(repeated(place, local_name(element), children), outside(element), found.findings)
        self.findings += islice(met, MOST_FINDINGS + 1 - len(self.findings))
        if found.values or found.foreign:
            self.extensions[element] = found

    def _of(self, element: Xml) -> Extensions:
        return self.extensions.get(element) or Extensions()

    def _process(self, element: Xml) -> Process:
        nodes: list[Node] = []
        flows: list[Flow] = []
        todo = deque([(element, self._scope_id(element))])
        while todo:
            container, scope = todo.popleft()
            for child in container.iterchildren():
                if namespace(child) != BPMN_NAMESPACE:
                    continue
                if local_name(child) == "sequenceFlow":
                    flows.append(self._flow(child, scope))
                elif local_name(child) not in _NO_NODES and not local_name(child).endswith("EventDefinition"):
                    nodes.append(self._node(child, scope))
                    if local_name(child) in _CONTAINERS:
                        todo.append((child, self._scope_id(child)))
        flows = list(_at_home(flows, nodes))
        flows += links(nodes)
        return Process(
            id=_text_or_none(element.get("id")),
            name=element.get("name"),
            executable=_boolean(element.get("isExecutable")),
            line=_line(element),
            nodes=tuple(nodes),
            flows=tuple(flows),
            extensions=self._of(element).values,
        )

    def _scope_id(self, element: Xml) -> str:
        """The id of a container; for one without, a name that no id can have, so that its content stays apart."""
        id = _text_or_none(element.get("id"))
        if id:
            return id
        self.unnamed += 1
        return f"?{self.unnamed}"

    def _node(self, element: Xml, scope: str) -> Node:
        ref = self._ref(element.get("messageRef"))
        looping = self._looping(element)
        found = self._of(element)
        return Node(
            id=_text_or_none(element.get("id")),
            tag=local_name(element),
            name=element.get("name"),
            scope=scope,
            line=_line(element),
            events=tuple(self._events(element)),
            loop=_loop(looping, found) if looping is not None else None,
            default=_text_or_none(element.get("default")),
            attached_to=self._ref(element.get("attachedToRef")),
            interrupting=_interrupting(element),
            called_element=_text_or_none(element.get("calledElement")),
            triggered_by_event=bool(_boolean(element.get("triggeredByEvent"))),
            script=_child_text(element, "script"),
            message_ref=ref,
            message_name=self.named["message"].get(ref or ""),
            extensions=found.values,
            foreign=(*found.foreign, *self._loop_foreign(looping), *_roles(element)),
            flags=tuple(
                name
                for place, flags in ((element, _FLAGS), (looping, _LOOP_FLAGS))
                for name, usual in flags.items()
                if place is not None and _unusual(place.get(name), usual)
            ),
        )

    def _flow(self, element: Xml, scope: str) -> Flow:
        return Flow(
            id=_text_or_none(element.get("id")),
            name=element.get("name"),
            source=self._ref(element.get("sourceRef")),
            target=self._ref(element.get("targetRef")),
            condition=_child_text(element, "conditionExpression"),
            scope=scope,
            line=_line(element),
        )

    def _ref(self, text: str | None) -> str | None:
        """A reference: an id of the file as it stands, else without the prefix that a QName may carry."""
        whole = _text_or_none(text)
        return whole if whole is None or whole in self.known else _text_or_none(whole.rpartition(":")[2])

    def _looping(self, element: Xml) -> Xml | None:
        kinds = (_bpmn("standardLoopCharacteristics"), _bpmn("multiInstanceLoopCharacteristics"))
        return next(element.iterchildren(*kinds), None)

    def _loop_foreign(self, looping: Xml | None) -> Iterator[str]:
        """What other tools set on a loop, without what `_collection` understands."""
        names = () if looping is None else self._of(looping).foreign
        return (name for name in names if not name.endswith((":collection", ":loopCharacteristics")))

    def _events(self, element: Xml) -> Iterator[EventDefinition]:
        for child in element.iterchildren():
            if namespace(child) == BPMN_NAMESPACE and local_name(child).endswith("EventDefinition"):
                yield self._event(child)
            elif child.tag == _bpmn("eventDefinitionRef"):
                yield EventDefinition("reference", line=_line(child))

    def _event(self, element: Xml) -> EventDefinition:
        kind = local_name(element).removesuffix("EventDefinition")
        ref = self._ref(element.get(f"{kind}Ref"))
        named = self.named.get(kind, {}).get(ref or "")
        timers = [child for child in element.iterchildren() if child.tag in map(_bpmn, _TIMERS)]
        return EventDefinition(
            kind=kind,
            timer_kind=_TIMERS[local_name(timers[0])] if timers else None,
            expression=_text(timers[0]) if timers else None,
            ref=ref,
            name=_text_or_none(element.get("name")) if kind == "link" else named,
            line=_line(element),
        )


def _named(root: Xml, kind: str) -> dict[str, str | None]:
    """What events of a kind refer to: by id, the name (of errors and escalations: the code) that tells them apart."""
    found: dict[str, str | None] = {}
    for element in root.iterchildren(_bpmn(kind)):
        id = _text_or_none(element.get("id")) or ""
        said = [_text_or_none(element.get(attribute)) for attribute in _NAMED_BY[kind]]
        found[id] = next(filter(None, said), None if len(said) == 1 else id)
    return found


def _at_home(flows: list[Flow], nodes: list[Node]) -> Iterator[Flow]:
    """Each flow in the scope of both its ends, also where a tool wrote it down in another one: no border is crossed."""
    scopes = {node.id: node.scope for node in nodes}
    for flow in flows:
        home = scopes.get(flow.source)
        yield replace(flow, scope=home) if home and home != flow.scope and home == scopes.get(flow.target) else flow


def _loop(element: Xml, activity: Extensions) -> Loop:
    if local_name(element) == "standardLoopCharacteristics":
        return Loop(
            kind="standard",
            maximum=_text_or_none(element.get("loopMaximum")),
            condition=_child_text(element, "loopCondition"),
            test_before=bool(_boolean(element.get("testBefore"))),
            line=_line(element),
        )
    return Loop(
        kind="sequential" if _boolean(element.get("isSequential")) else "parallel",
        cardinality=_child_text(element, "loopCardinality"),
        collection=_collection(element, activity),
        completion_condition=_child_text(element, "completionCondition"),
        line=_line(element),
    )


def _collection(element: Xml, activity: Extensions) -> str | None:
    """Ours first, then as other tools write it: a `collection` attribute, zeebe's inputCollection, BPMN's reference."""
    own = activity.values.get("collection", ())
    if own and own[0].get("of"):
        return str(own[0]["of"]).strip()
    for name, text in element.attrib.items():
        if etree.QName(name).localname == "collection" and etree.QName(name).namespace != BPMN_NAMESPACE:
            return _text_or_none(text)
    for box in element.iterchildren(_bpmn("extensionElements")):
        for child in box.iterchildren():
            if local_name(child) == "loopCharacteristics" and child.get("inputCollection"):
                return _text_or_none(child.get("inputCollection"))
    return _child_text(element, "loopDataInputRef")


def _interrupting(element: Xml) -> bool:
    named = element.get("cancelActivity" if local_name(element) == "boundaryEvent" else "isInterrupting")
    return _boolean(named) is not False


def _roles(element: Xml) -> tuple[str, ...]:
    found = (local_name(child) for child in element.iterchildren() if namespace(child) == BPMN_NAMESPACE)
    return tuple(f"bpmn:{name}" for name in found if name in _ROLES)


def _unusual(value: str | None, usual: str) -> bool:
    if value is None or value.strip() == usual:
        return False
    return not (usual == "false" and value.strip() == "0")


def _child_text(element: Xml, name: str) -> str | None:
    child = next(element.iterchildren(_bpmn(name)), None)
    return None if child is None else _text(child)


def _text(element: Xml) -> str | None:
    """All text directly in an element: an element amid the text parts it but does not cut it off."""
    return _text_or_none((element.text or "") + "".join(child.tail or "" for child in element.iterchildren()))


def _text_or_none(text: str | None) -> str | None:
    return (text or "").strip() or None


def _boolean(text: Any) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get((text or "").strip())


def _line(element: Xml) -> int:
    return int(element.sourceline or 0)
