"""Goes over a file and translates in place what other tools wrote and what means the same here.

Ours comes first: where an `ow:` element says the same thing already, the other tool's setting is dropped and said to be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from lxml import etree

from engine.bpmn.dialects import language, parser, short_times
from engine.bpmn.dialects.notes import BARE, DROPPED, KEPT, REFUSED, TRANSLATED, Note, Said
from engine.bpmn.dialects.vendors import VENDORS, attributes, boxes, children, qualified, shown
from engine.bpmn.read_extensions import BPMN_NAMESPACE, Xml, local_name, namespace
from engine.bpmn.vocabulary import ELEMENTS, NAMESPACE, PERSON_TASKS, PREFIX

_INITIATORS = frozenset({"initiator", "starter", "applicant", "startUserId", "applyUserId", "applyUser", "startUser"})
_NOTHING_HERE: Said = ("一窗没有对应的设置", "there is no such setting here")
_RUNS_CODE: Said = ("一窗不执行其他工具的程序", "programs of other tools don't run here")
_SAID_ALREADY: Said = ("ow: 扩展已经写明", "an ow: extension says it already")
_BY_FUNCTION: Said = (
    "办理人按职能、层级和岗位确定，不按姓名或变量",
    "officers are found by function, level and post, not by their names or a variable",
)
_CODE = frozenset(
    {"class", "delegateExpression", "expression", "executionListener", "taskListener", "script", "connector", "field"}
    | {"resultVariable", "resource", "scriptFormat", "serviceTaskOperator", "preScript", "postScript"}
)
#: What other tools write that says nothing of how a process runs: it stays as it is.
_DECORATION = frozenset(
    {"modelerTemplate", "modelerTemplateVersion", "modelerTemplateIcon", "versionTag", "historyTimeToLive"}
    | {"properties", "userTask"}
)
_DATA = ("property", "dataObject", "dataObjectReference", "dataStoreReference")
_HOLDING = frozenset({"definitions", "process", "subProcess", "transaction", "adHocSubProcess", "collaboration"})
MOST_NOTES = 5000
MOST_TEXTS = 1000  #: expressions of one file that are translated; more conditions than that are refused anyway
_GROUP = re.compile(r"group\(([^()]*)\)")


def _bpmn(name: str) -> str:
    return f"{{{BPMN_NAMESPACE}}}{name}"


def translate(root: Xml) -> list[Note]:
    """Translate a whole file in place; answers what became of each foreign thing."""
    file = _File(root)
    todo: list[tuple[Xml, Mapping[str, str]]] = [(root, {})]
    while todo:
        element, local = todo.pop()
        inside = dict(local)
        looping = element.find(_bpmn("multiInstanceLoopCharacteristics"))
        if looping is not None:
            inside |= _loop_names(looping)
        _Element(element, inside, file).translate(looping)
        inner = [
            child
            for child in element.iterchildren("*")
            if namespace(child) == BPMN_NAMESPACE and local_name(child) not in ("extensionElements", "documentation")
        ]
        todo += reversed([(child, inside) for child in inner])
    return file.notes


class _File:
    """What is gathered over the whole file, and how much is still translated: past a bound nobody would read it."""

    def __init__(self, root: Xml) -> None:
        self.notes: list[Note] = []
        self.texts = MOST_TEXTS
        self.jbpm = any("jboss.org/drools" in uri for uri in root.nsmap.values())
        self.data: dict[str, list[Xml]] = {}
        for each in root.iter(*map(_bpmn, _DATA)):
            self.data.setdefault(each.get("id") or "", []).append(each)
        self.inputs = {each.get("id") for each in root.iter(_bpmn("dataInput"))}
        starts = root.iter(_bpmn("startEvent"))
        self.initiators = _INITIATORS | {said for start in starts if (said := attributes(start).get("initiator"))}


def _loop_names(looping: Xml) -> dict[str, str]:
    """What the item and the counter of a multi-instance are called in the other tool."""
    said = attributes(looping).get("elementVariable")
    zeebe = next(iter(children(looping, "loopCharacteristics")), None)
    if zeebe is not None:
        said = said or zeebe.get("inputElement")
        return ({said: "item"} if said else {}) | {"loopCounter": "(index + 1)"}
    item = looping.find(_bpmn("inputDataItem"))
    said = said or (None if item is None else item.get("name") or item.get("id"))
    foreign = bool(said) or bool(attributes(looping))
    return ({said: "item"} if said else {}) | ({"loopCounter": "index"} if foreign else {})


class _Element:
    """One BPMN element under translation."""

    def __init__(self, element: Xml, local: Mapping[str, str], file: _File) -> None:
        self.element = element
        self.tag = local_name(element)
        self.local = parser.Local(local)
        self.file = file
        self.told: set[str] = set()  #: attributes that have been reported already

    # -- reporting

    def note(self, kind: str, what: str, into: str = "", reason: Said = ("", "")) -> None:
        place = self.element
        while (around := place.getparent()) is not None and local_name(around) not in _HOLDING:
            place = around
        found = Note(
            kind, place.get("id"), place.get("name"), int(self.element.sourceline or 0), what[:300], into, reason
        )
        if len(self.file.notes) < MOST_NOTES:
            self.file.notes.append(found)

    # -- reading and taking away

    def _attribute(self, local: str) -> str:
        name = qualified(self.element, local)
        return (self.element.get(name) or "").strip() if name else ""

    def _take(self, local: str) -> None:
        name = qualified(self.element, local)
        if name:
            del self.element.attrib[name]

    def _own(self, name: str) -> Xml | None:
        return next(
            (found for box in boxes(self.element) if (found := box.find(f"{{{NAMESPACE}}}{name}")) is not None), None
        )

    def _write(self, what: str, name: str, **values: str) -> bool:
        """Put values into our extension element; what is there already stays."""
        if self.tag not in ELEMENTS[name].allowed_in:
            self.note(DROPPED, what, reason=_NOTHING_HERE)
            return False
        found = self._own(name)
        fresh = {key: value for key, value in values.items() if found is None or not found.get(key)}
        if not fresh:
            self.note(DROPPED, what, reason=_SAID_ALREADY)
            return False
        if found is None:
            found = etree.SubElement(self._box(), f"{{{NAMESPACE}}}{name}", nsmap={PREFIX: NAMESPACE})
        for key, value in fresh.items():
            found.set(key, value)
        said = " ".join(f"{key}={value!r}" for key, value in fresh.items())
        self.note(TRANSLATED, what, f"{PREFIX}:{name} {said}")
        return True

    def _box(self) -> Xml:
        box = next(boxes(self.element), None)
        if box is None:
            box = etree.Element(_bpmn("extensionElements"))
            before = list(self.element.iterchildren(_bpmn("documentation")))
            self.element.insert(self.element.index(before[-1]) + 1 if before else 0, box)
        return box

    # -- the whole element

    def translate(self, looping: Xml | None) -> None:
        if self.tag in PERSON_TASKS:
            self._people()
            self._due()
        if self.tag in (*PERSON_TASKS, "startEvent"):
            self._form()
        if self.tag in ("serviceTask", "sendTask", "businessRuleTask"):
            self._service()
        if self.tag == "callActivity":
            self._called()
        if looping is not None:
            _Loop(self, looping).translate()
        self._texts()
        self._rest()

    def _people(self) -> None:
        inner = next(iter(children(self.element, "assignmentDefinition")), None)
        for local in ("assignee", "candidateGroups", "candidateUsers"):
            value = self._attribute(local) or ("" if inner is None else (inner.get(local) or "").strip())
            if value:
                what = f"{shown(self.element, local) if inner is None else 'zeebe:' + local}={value!r}"
                self._person(local, value, what)
                self._take(local)
        if inner is not None:
            inner.getparent().remove(inner)
        for owner in list(self.element.iterchildren(_bpmn("potentialOwner"), _bpmn("humanPerformer"))):
            said = "".join(owner.itertext()).strip()
            groups = ", ".join(_GROUP.findall(said)) or ("" if "(" in said else said)
            if groups:
                self._person("candidateGroups", groups, f"bpmn:{local_name(owner)}={said!r}")
                self.element.remove(owner)

    def _person(self, local: str, value: str, what: str) -> None:
        value = _literal(value)
        name = _variable(value)
        if name is not None and name in self.file.initiators:
            self._write(what, "assignment", applicant="true")
        elif self.local.names.get(name or "") == "item":
            self._write(what, "assignment", function="{item}")
        elif name is not None or _is_computed(value):
            self.note(DROPPED, what, reason=_BY_FUNCTION)
        elif local == "candidateGroups":
            first, *others = [each.strip() for each in re.split("[,，]", value) if each.strip()] or [value]
            if self._write(what, "assignment", function=first) and others:
                one_only = ("只能有一个职能", "there can be one function only")
                self.note(DROPPED, f"{what}: {', '.join(others)}", reason=one_only)
        elif local == "assignee":
            self._write(what, "assignment", post=value)
        else:
            self.note(DROPPED, what, reason=_BY_FUNCTION)

    def _due(self) -> None:
        schedule = next(iter(children(self.element, "taskSchedule")), None)
        value = self._attribute("dueDate") or ("" if schedule is None else (schedule.get("dueDate") or "").strip())
        if not value:
            return
        what = f"{'zeebe:taskSchedule' if schedule is not None else shown(self.element, 'dueDate')}={value!r}"
        limit = _limit(value)
        if limit is None:
            reason = ("时限须为固定的天数、小时或月数", "a limit is a fixed number of days, hours or months")
            self.note(DROPPED, what, reason=reason)
            self.told.add("dueDate")
            return
        self._write(what, "timeLimit", promised=limit[0], unit=limit[1])
        self._take("dueDate")
        if schedule is not None:
            schedule.getparent().remove(schedule)

    def _form(self) -> None:
        inner = next(iter(children(self.element, "formDefinition")), None)
        for local in ("formKey", "formRef", "formId", "externalReference"):
            value = self._attribute(local) or ("" if inner is None else (inner.get(local) or "").strip())
            if value and not _is_computed(value):
                self._write(
                    f"{shown(self.element, local) if inner is None else 'zeebe:' + local}={value!r}", "form", key=value
                )
                self._take(local)
                if inner is not None:
                    inner.getparent().remove(inner)
                break
        for box in children(self.element, "formData") or [*children(self.element, "formProperty")][:1]:
            fields = box.iterchildren("*") if local_name(box) == "formData" else children(self.element, "formProperty")
            ids = [field.get("id") for field in fields if (field.get("id") or "").strip()]
            if ids and not any("," in id or "，" in id for id in ids):
                names = ",".join(dict.fromkeys(id.strip() for id in ids))
                self._write(f"{VENDORS[namespace(box)]}:{local_name(box)} ({names})", "form", fields=names)
                for each in [box] if local_name(box) == "formData" else children(self.element, "formProperty"):
                    each.getparent().remove(each)

    def _service(self) -> None:
        inner = next(iter(children(self.element, "taskDefinition")), None)
        if inner is not None and (inner.get("type") or "").strip() and not _is_computed(inner.get("type") or ""):
            self._write(f"zeebe:taskDefinition={inner.get('type')!r}", "service", handler=inner.get("type").strip())
            inner.getparent().remove(inner)
        topic = self._attribute("topic")
        if topic and self._attribute("type") == "external" and not _is_computed(topic):
            self._write(f"{shown(self.element, 'topic')}={topic!r}", "service", handler=topic)
            self._take("topic")
            self._take("type")

    def _called(self) -> None:
        inner = next(iter(children(self.element, "calledElement")), None)
        process = "" if inner is None else (inner.get("processId") or "").strip()
        if inner is not None and process and not _is_computed(process) and not self.element.get("calledElement"):
            self.element.set("calledElement", process)
            self.note(TRANSLATED, f"zeebe:calledElement={process!r}", f"calledElement={process!r}")
            inner.getparent().remove(inner)

    # -- what is written as an expression

    def _texts(self) -> None:
        if self.tag == "sequenceFlow":
            label = " ".join((self.element.get("name") or "").split())
            for condition in self.element.iterchildren(_bpmn("conditionExpression")):
                text = " ".join("".join(condition.itertext()).split())
                if text != label and text.lower() not in _ANSWERS:  # a label is no condition
                    self.expression(condition, "condition")
        elif self.tag in ("timeDuration", "timeDate", "timeCycle"):
            text = (self.element.text or "").strip()
            if _is_computed(text):
                self.expression(self.element, "timer", wrapped=True)
            elif self.file.jbpm and (made := short_times.iso(text, self.tag)):
                self.note(TRANSLATED, f"{self.tag} {text!r}", made)
                self.element.text = made
        elif self.tag in ("loopCardinality", "loopCondition"):
            self.expression(self.element, self.tag)

    def expression(self, element: Xml, what: str, wrapped: bool = False) -> None:
        """Translate the text of an element."""
        text = "".join(element.itertext()).strip()
        made = self.text(text, what, element.get("language") or "")
        if made == text:
            return
        if wrapped:
            made = made[1:-1] if re.fullmatch(r"'[^'\\]*'|\"[^\"\\]*\"", made) else f"${{{made}}}"
        for child in list(element):
            element.remove(child)
        element.text = made

    def text(self, text: str, what: str, declared: str = "") -> str:
        """Another tool's expression in our language; where there is none, the text as it was, and a note."""
        self.file.texts -= 1
        if self.file.texts < 0:
            return text
        try:
            found = language.translate(text, self.local, declared)
        except parser.NoCounterpart as error:
            lacks = f"“{error.what}”"
            self.note(
                REFUSED, f"{what} {text!r}", reason=(f"表达式语言中没有{lacks}", f"there is no {lacks} in the language")
            )
            return text
        for name in found.bare:
            self.note(BARE, name, f"form.{name}")
        if found.dialect in ("JUEL", "FEEL", "Java"):
            self.note(TRANSLATED, f"{found.dialect} {text!r}", found.text)
        return found.text if found.dialect else text

    # -- what is left

    def _rest(self) -> None:
        for local in attributes(self.element):
            if (self.tag, local) == ("startEvent", "initiator"):
                self.note(TRANSLATED, self._named(local), "ow:assignment applicant='true'")
                self._take(local)
                continue
            if local in self.told:
                continue
            self.note(KEPT if local in _DECORATION else DROPPED, self._named(local), reason=_why(local))
        for box in boxes(self.element):
            for child in box.iterchildren("*"):
                if namespace(child) in VENDORS:
                    self._left(child)
                elif namespace(child) not in (NAMESPACE, BPMN_NAMESPACE):
                    self.note(KEPT, f"{child.prefix or '?'}:{local_name(child)}")

    def _named(self, local: str) -> str:
        value = self._attribute(local)
        return f"{shown(self.element, local)}={value[:80]!r}"

    def _left(self, child: Xml) -> None:
        local = local_name(child)
        self.note(KEPT if local in _DECORATION else DROPPED, f"{VENDORS[namespace(child)]}:{local}", reason=_why(local))


#: Answers that people write where a condition belongs.
_ANSWERS = frozenset(
    [
        "yes",
        "no",
        "ja",
        "nein",
        "oui",
        "non",
        "si",
        "sí",
        "otherwise",
        "else",
        "sonst",
        "default",
        "是",
        "否",
        "同意",
        "不同意",
    ]
)


class _Loop:
    """The multi-instance characteristics of an activity."""

    def __init__(self, activity: _Element, looping: Xml) -> None:
        self.activity = activity
        self.looping = looping
        self.own = _Element(looping, activity.local.names, activity.file)

    def translate(self) -> None:
        self._all_completed()
        zeebe = next(iter(children(self.looping, "loopCharacteristics")), None)
        said = attributes(self.looping).get("collection", "")
        if zeebe is not None and (zeebe.get("inputCollection") or "").strip():
            said = zeebe.get("inputCollection").strip()
        if not said:
            self._standard()
            return
        what = f"{'zeebe:inputCollection' if zeebe is not None else shown(self.looping, 'collection')}={said!r}"
        made = self.own.text(said, "collection")
        if made and self.activity._write(what, "collection", of=made):
            for name in ("collection", "elementVariable"):
                self.own._take(name)
            if zeebe is not None:
                zeebe.getparent().remove(zeebe)

    def _standard(self) -> None:
        """BPMN's own way: the data input that is gone over, by the data that is put into it."""
        input = self.looping.find(_bpmn("loopDataInputRef"))
        name = "" if input is None else (input.text or "").strip()
        if not name or self.activity._own("collection") is not None:
            return
        name = next((name for name in self._put_into(name) if re.fullmatch(r"[^\W\d_]\w*", name)), name)
        made = self.own.text(name, "collection")
        if made != (input.text or "").strip():
            self.activity._write(f"loopDataInputRef={name!r}", "collection", of=made)

    def _put_into(self, input: str) -> Iterator[str]:
        """What the data is called that is put into an input, by name and by id; else the input itself, as an id or a name."""
        for association in self.activity.element.iterchildren(_bpmn("dataInputAssociation")):
            if (association.findtext(_bpmn("targetRef")) or "").strip() == input:
                source = (association.findtext(_bpmn("sourceRef")) or "").strip()
                yield from (said for one in self.activity.file.data.get(source, ()) if (said := one.get("name") or ""))
                yield source
        if input not in self.activity.file.inputs:
            yield input

    def _all_completed(self) -> None:
        """A completion condition that waits for every instance says what happens here anyway."""
        for condition in list(self.looping.iterchildren(_bpmn("completionCondition"))):
            text = re.sub(r"[\s${}#]", "", "".join(condition.itertext())).removeprefix("=")
            if text in _EVERY_INSTANCE:
                self.own.note(TRANSLATED, f"completionCondition {text!r}", "-")
                self.looping.remove(condition)


_EVERY_INSTANCE = frozenset(
    {"nrOfCompletedInstances==nrOfInstances", "nrOfInstances==nrOfCompletedInstances", "nrOfActiveInstances==0"}
    | {"nrOfCompletedInstances/nrOfInstances==1", "nrOfCompletedInstances/nrOfInstances>=1", "", "false"}
)


def _variable(value: str) -> str | None:
    """The name that an expression consists of, None for anything else."""
    found = re.fullmatch(r"(?:[$#]\{\s*([^\W\d]\w*)\s*\}|=\s*([^\W\d]\w*))", value.strip())
    return (found[1] or found[2]) if found else None


def _literal(value: str) -> str:
    """Texts that FEEL writes as expressions (`="a"`, `=["a", "b"]`), as texts parted by commas; else the value itself."""
    found = re.fullmatch(r"=\s*\[?\s*((?:\"[^\"]*\"\s*,?\s*)+)\]?\s*", value)
    return ", ".join(re.findall(r"\"([^\"]*)\"", found[1])) if found else value


def _is_computed(value: str) -> bool:
    text = value.strip()
    return text.startswith(("${", "#{", "=")) or "${" in text


_UNITS: tuple[tuple[str, str, Callable[[int], int]], ...] = (
    (r"P(\d{1,4})D", "calendar-day", int),
    (r"P(\d{1,4})W", "calendar-day", lambda weeks: weeks * 7),
    (r"P(\d{1,4})M", "month", int),
    (r"P(\d{1,3})Y", "month", lambda years: years * 12),
    (r"PT(\d{1,5})H", "hour", int),
)


def _limit(value: str) -> tuple[str, str] | None:
    """A duration as a limit: a number and its unit."""
    text = value.strip().lstrip("=").strip().strip("'\"").upper()
    later = re.fullmatch(
        r"[$#]\{\s*(?:DATETIME|NOW)\(\)\.PLUS(DAYS|WEEKS|MONTHS|HOURS)\((\d{1,4})\)(?:\.TODATE\(\))?\s*\}", text
    )
    if later:
        text = {"DAYS": "P{}D", "WEEKS": "P{}W", "MONTHS": "P{}M", "HOURS": "PT{}H"}[later[1]].format(later[2])
    inner = re.fullmatch(r"DURATION\(\s*[\"'](.+)[\"']\s*\)", text)
    text = inner[1] if inner else text
    for pattern, unit, count in _UNITS:
        found = re.fullmatch(pattern, text)
        if found and 1 <= count(int(found[1])) <= 3650:
            return str(count(int(found[1]))), unit
    return None


def _why(local: str) -> Said:
    if local in _DECORATION:
        return ("", "")
    return _RUNS_CODE if local in _CODE else _NOTHING_HERE
