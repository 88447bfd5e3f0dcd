"""Mends of choices that are drawn with labels only: somebody has to choose, and the labels say between what.

A label is no condition. The choice becomes an outcome (`ow:outcomes`) of the task before the gateway, of a new task in
front of it, or a field of the form; the labels become what is chosen from, and one way is the default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from engine.bpmn.mends import words
from engine.bpmn.mends.mend import CHOICES, Maker, Mend, asked, called, safe
from engine.bpmn.mends.repeats import field_of, looping_of
from engine.bpmn.mends.sheet import Sheet, event_definitions, name_of
from engine.bpmn.model import Finding
from engine.bpmn.read_extensions import Xml, local_name
from engine.bpmn.vocabulary import PERSON_TASKS

_CHOOSING = ("exclusiveGateway", "inclusiveGateway")
_SCOPES = ("subProcess", "transaction", "adHocSubProcess")
_MOST_COMBINED = 3  #: ways of an inclusive gateway of which every combination can be chosen


@dataclass(frozen=True, slots=True)
class _Way:
    """One way out of a gateway: its flow, what it is called, and the code that chooses it."""

    flow: str
    label: str
    code: str


def _choice(sheet: Sheet, finding: Finding) -> Mend | None:
    """Flows without a condition, or with one that is only a label."""
    gateway = _gateway(sheet, finding)
    if gateway is None:
        return None
    id, flows = gateway.get("id"), sheet.flows_out(gateway)
    bare = [flow for flow in flows if not sheet.condition(flow) and flow.get("id") != gateway.get("default")]
    if finding.rule in ("expression-invalid", "foreign-refused"):
        bare = flows
    if len(flows) == 1:
        return _drop_condition(gateway, flows[0])
    if len(bare) == 1 and not gateway.get("default") and all(sheet.condition(f) for f in flows if f is not bare[0]):
        return _default(sheet, gateway, bare[0])
    return _who_chooses(sheet, id, gateway)


def _gateway(sheet: Sheet, finding: Finding) -> Xml | None:
    found = sheet.find(finding.element, "sequenceFlow", *_CHOOSING)
    if found is not None and local_name(found) == "sequenceFlow":
        found = sheet.source(found)
    return found if found is not None and local_name(found) in _CHOOSING and found.get("id") else None


def _drop_condition(gateway: Xml, flow: Xml) -> Mend:
    id = flow.get("id")

    def hand(sheet: Sheet) -> bool:
        flow = sheet.find(id, "sequenceFlow")
        if flow is None or not sheet.condition(flow):
            return False
        if not name_of(flow):
            flow.set("name", sheet.condition(flow)[:200])
        sheet.set_condition(flow, "")
        return True

    does = (
        f"“{called(gateway)}”只有一条路，条件改作名称",
        f"There is one way out of “{called(gateway)}”: its condition becomes its label",
    )
    return safe(f"condition-missing:{gateway.get('id')}", does, hand, CHOICES)


def _default(sheet: Sheet, gateway: Xml, flow: Xml) -> Mend:
    id, to = gateway.get("id"), flow.get("id")

    def hand(sheet: Sheet) -> bool:
        gateway, flow = sheet.find(id, *_CHOOSING), sheet.find(to, "sequenceFlow")
        if gateway is None or flow is None:
            return False
        sheet.set_default(gateway, flow)
        return True

    way = called(flow if name_of(flow) else sheet.target(flow))
    does = (
        f"“{called(gateway)}”的其他条件都不成立时走“{way}”（唯一没有条件的连线）",
        f"“{way}”, the one flow without a condition, is taken when no other out of “{called(gateway)}” is",
    )
    return safe(f"condition-missing:{id}", does, hand, CHOICES)


def _no_default(sheet: Sheet, finding: Finding) -> Mend | None:
    """Conditions that may all fail: which way then?"""
    gateway = _gateway(sheet, finding)
    flows = [] if gateway is None else sheet.flows_out(gateway)
    if gateway is None or gateway.get("default") or not flows:
        return None
    bare = [flow for flow in flows if not sheet.condition(flow)]
    if bare:
        return _choice(sheet, finding)
    id = gateway.get("id")
    ways = _ways(sheet, gateway)
    options = [(way.flow, way.label, way.label) for way in ways]
    suggested = next((way.flow for way in ways if words.is_no(way.label)), ways[-1].flow)
    if local_name(gateway) == "inclusiveGateway" or len(flows) == 1:
        options.append(("end", "都不走，在此结束", "none of them: it ends there"))
        suggested = "end"
    question = (
        f"“{called(gateway)}”的条件都不成立时走哪条路？",
        f"Which way when no condition of “{called(gateway)}” holds?",
    )
    does = (f"给“{called(gateway)}”选定默认连线", f"Gives “{called(gateway)}” a default flow")

    def hand(sheet: Sheet, answer: str) -> bool:
        gateway = sheet.find(id, *_CHOOSING)
        if gateway is None:
            return False
        flow = sheet.find(answer, "sequenceFlow")
        if answer == "end":
            end = sheet.add_node("endEvent", gateway.getparent(), "end", near=gateway)
            sheet.picture.place_after(end.get("id"), "endEvent", id)
            flow = sheet.add_flow(gateway, end)
        if flow is None:
            return False
        sheet.set_default(gateway, flow)
        return True

    return asked(f"default-missing:{id}", does, question, options, suggested, hand, CHOICES)


def _default_condition(sheet: Sheet, finding: Finding) -> Mend | None:
    flow = sheet.find(finding.element, "sequenceFlow")
    if flow is None:
        return None
    id = flow.get("id")

    def hand(sheet: Sheet) -> bool:
        flow = sheet.find(id, "sequenceFlow")
        if flow is None or not sheet.condition(flow):
            return False
        if not name_of(flow):
            flow.set("name", sheet.condition(flow)[:200])
        sheet.set_condition(flow, "")
        return True

    does = (
        f"删除默认连线“{called(flow)}”不起作用的条件",
        f"Deletes the condition of the default flow “{called(flow)}”, which has no effect",
    )
    return safe(f"default-with-condition:{id}", does, hand, CHOICES)


# --- who chooses


def _ways(sheet: Sheet, gateway: Xml) -> list[_Way]:
    taken: set[str] = set()
    ways: list[_Way] = []
    for flow in sheet.flows_out(gateway):
        label = words.label_of(name_of(flow) or name_of_next(sheet, flow) or f"{len(ways) + 1}")
        ways.append(_Way(flow.get("id"), label, words.code_of(label, taken)))
    return ways


def name_of_next(sheet: Sheet, flow: Xml) -> str:
    """What a flow leads to, when that has a name."""
    target = sheet.target(flow)
    return "" if target is None else name_of(target)


def _who_chooses(sheet: Sheet, id: str, gateway: Xml) -> Mend:
    ways = _ways(sheet, gateway)
    listed = " / ".join(way.label for way in ways)
    before = _deciders(sheet, gateway, ways)
    options: list[tuple[str, str, str]] = []
    if before:
        names = "、".join(called(task) for task in before[:3])
        options.append(
            ("task", f"办理“{names}”的人（办理结果：{listed}）", f"whoever does “{names}” (outcomes: {listed})")
        )
    options.append(("new-task", "在网关前增加一个判断环节", "somebody, in a new task before the gateway"))
    field = field_of(id)
    options.append(("form", f"表单字段 form.{field}", f"the field form.{field} of the form"))
    name = called(gateway) if name_of(gateway) else listed
    question = (f"“{name}”由谁或什么决定走哪条路？", f"Who or what decides at “{name}” which way is taken?")
    does = (f"把“{name}”的连线名称变成可以选择的结果", f"Makes the labels at “{name}” something that is chosen")

    def hand(sheet: Sheet, answer: str) -> bool:
        gateway = sheet.find(id, *_CHOOSING)
        if gateway is None:
            return False
        ways = _ways(sheet, gateway)
        if answer == "form":
            _ask(sheet, gateway, ways, f"form.{field}")
            return True
        tasks = _deciders(sheet, gateway, ways) if answer == "task" else []
        if not tasks:
            tasks = [_new_decider(sheet, gateway, name_of(gateway) or " / ".join(way.label for way in ways) + "?")]
        codes = _codes_of(sheet.extension(tasks[0], "outcomes"), ways)
        if codes is not None:
            ways = [_Way(way.flow, way.label, code) for way, code in zip(ways, codes, strict=True)]
        values = _ask(sheet, gateway, ways, "outcome")
        if codes is None:
            for task in tasks:
                sheet.extend(task, "outcomes", values=values)
        return True

    suggested = "task" if before else "new-task"
    return asked(f"condition-missing:{id}", does, question, options, suggested, hand, CHOICES)


def _new_decider(sheet: Sheet, gateway: Xml, name: str) -> Xml:
    flows = sheet.flows_in(gateway)
    if local_name(gateway) == "inclusiveGateway" and len(flows) > 1:
        join = sheet.insert_before(gateway, "inclusiveGateway")  # it still waits for what comes together here
        flows = sheet.flows_out(join)
    return sheet.insert_before(gateway, "userTask", name, flows=flows)


def _ask(sheet: Sheet, gateway: Xml, ways: list[_Way], of: str) -> str:
    """Write the conditions; answers the outcomes to choose from, as code=label pairs."""
    if local_name(gateway) == "inclusiveGateway":
        return _ask_several(sheet, gateway, ways, of)
    default = _default_of(gateway, ways)
    for way in ways:
        flow = sheet.find(way.flow, "sequenceFlow")
        if flow is None:
            continue
        if not name_of(flow):
            flow.set("name", way.label)
        if way is default:
            sheet.set_default(gateway, flow)
        else:
            sheet.set_condition(flow, f"{of} == '{way.code}'")
    return ",".join(f"{way.code}={way.label}" for way in ways)


def _default_of(gateway: Xml, ways: list[_Way]) -> _Way:
    marked = next((way for way in ways if way.flow == gateway.get("default")), None)
    return marked or next((way for way in ways if words.is_no(way.label)), ways[-1])


def _ask_several(sheet: Sheet, gateway: Xml, ways: list[_Way], of: str) -> str:
    """Several may be taken: every combination is an outcome, or one or all where there are too many. The last is default."""
    few = len(ways) <= _MOST_COMBINED
    sizes = range(1, len(ways) + 1) if few else (1, len(ways))
    chosen = [each for size in sizes for each in combinations(ways, size)]
    taken: set[str] = set()
    codes = [words.code_of("all" if size_all(each, ways) else "_".join(w.code for w in each), taken) for each in chosen]
    alone = codes[chosen.index((ways[-1],))]
    for way in ways:
        flow = sheet.find(way.flow, "sequenceFlow")
        if flow is None:
            continue
        if not name_of(flow):
            flow.set("name", way.label)
        wanted = [code for code, each in zip(codes, chosen, strict=True) if way in each]
        sheet.set_condition(flow, " or ".join(f"{of} == '{code}'" for code in wanted))
    gateway.attrib.pop("default", None)
    _also_default(sheet, gateway, ways[-1], alone)
    return ",".join(f"{code}={' + '.join(way.label for way in each)}" for code, each in zip(codes, chosen, strict=True))


def size_all(chosen: tuple[_Way, ...], ways: list[_Way]) -> bool:
    """Whether all ways are chosen at once."""
    return len(chosen) == len(ways) > 1


def _also_default(sheet: Sheet, gateway: Xml, last: _Way, alone: str) -> None:
    """A default of its own beside the last way: both lead to the same node, and the default comes when nothing holds."""
    flow = sheet.find(last.flow, "sequenceFlow")
    target = None if flow is None else sheet.target(flow)
    if flow is None or target is None:
        return
    merge = sheet.insert_before(target, "exclusiveGateway", flows=[flow])
    beside = sheet.add_flow(gateway, merge)
    text = sheet.condition(flow).replace(f"outcome == '{alone}' or ", "", 1)
    sheet.set_condition(flow, text)
    sheet.set_default(gateway, beside)


def _deciders(sheet: Sheet, gateway: Xml, ways: list[_Way]) -> list[Xml]:
    """The tasks whose outcome can decide here: those that every way to the gateway comes from, when people do them."""
    tasks = list(_tasks_before(sheet, gateway))
    if any(task is None for task in tasks):
        return []
    found = [task for task in tasks if task is not None]
    kept = [_codes_of(sheet.extension(task, "outcomes"), ways) for task in found]
    own = [sheet.extension(task, "outcomes") is not None for task in found]
    fitting = not any(own) or (all(own) and len({tuple(each or ()) for each in kept}) == 1 and None not in kept)
    return found if fitting else []


def _codes_of(outcomes: Xml | None, ways: list[_Way]) -> list[str] | None:
    """The codes of a task's own outcomes that the labels name, when they name every way."""
    if outcomes is None:
        return None
    pairs = [part.partition("=") for part in (outcomes.get("values") or "").replace("，", ",").split(",")]
    known = {word.strip().lower(): code.strip() for code, _, label in pairs for word in (code, label)}
    codes = [known.get(way.label.lower()) or known.get(way.code) for way in ways]
    found = [code for code in codes if code]
    return found if len(found) == len(ways) == len(set(found)) else None


def _parts(sheet: Sheet, node: Xml) -> bool:
    """Whether another choice lies here: the same outcome can't decide twice."""
    return local_name(node).endswith("Gateway") and len(sheet.flows_out(node)) > 1


def _tasks_before(sheet: Sheet, gateway: Xml) -> Iterator[Xml | None]:
    """The tasks met first going back; None where it would not be clear whose outcome it is."""
    todo, seen = [gateway], {gateway.get("id")}
    if local_name(gateway) == "inclusiveGateway" and len(sheet.flows_in(gateway)) > 1:
        yield None
    while todo:
        node = todo.pop()
        tag = local_name(node)
        if node is not gateway:
            if tag in PERSON_TASKS and looping_of(node) is None:
                yield node
                continue
            if tag in ("startEvent", "boundaryEvent", "receiveTask", *_SCOPES) or not tag.endswith(
                ("Gateway", "Event")
            ):
                yield None
                continue
            if tag in ("parallelGateway", "inclusiveGateway") or event_definitions(node) or _parts(sheet, node):
                yield None
                continue
        before = [source for flow in sheet.flows_in(node) if (source := sheet.source(flow)) is not None]
        if not before:
            yield None
        for source in before:
            if source.get("id") not in seen:
                seen.add(source.get("id"))
                todo.append(source)


MENDS: Mapping[str, Maker] = {
    "condition-missing": _choice,
    "default-missing": _no_default,
    "default-with-condition": _default_condition,
}
