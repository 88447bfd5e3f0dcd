"""Mends: what each does to a file, that it asks where there is a choice, and that a mended file needs no more."""

from __future__ import annotations

import json

import pytest
from lxml import etree

from engine.bpmn.judge import judge
from engine.bpmn.mends import words
from engine.bpmn.mends.apply import SUGGESTED, AnswersWrong, Mended, mend, mend_one
from engine.bpmn.model import Diagram, Finding, Node
from engine.bpmn.read import read
from tests.unit.diagrams import (
    BPMN,
    boundary,
    catch,
    diagram,
    element,
    end,
    extended,
    flows,
    gateway,
    loop,
    many,
    message,
    scope,
    start,
    timer,
    user,
)

EMPTY_TIMER = "<timerEventDefinition/>"
LABELLED = (
    start(),
    user("check"),
    gateway("exclusive", "g", name="合格吗"),
    user("a"),
    user("b"),
    end(),
    flows("start > check > g; a > end; b > end"),
    element("sequenceFlow", "g_a", sourceRef="g", targetRef="a", name="是"),
    element("sequenceFlow", "g_b", sourceRef="g", targetRef="b", name="否"),
)


def suggested(*elements: str, **more: str) -> Mended:
    mended = mend(diagram(*elements, **more), SUGGESTED)
    assert mend(mended.data, SUGGESTED).data == mended.data, "mending what is mended changes nothing"
    assert mended.deployable, [finding.message_en for finding in mended.findings]
    return mended


def found(data: bytes, rule: str) -> Finding:
    return next(finding for finding in judge(data).findings if finding.rule == rule)


def node(diagram: Diagram, id: str) -> Node:
    return next(node for process in diagram.processes for node in process.nodes if node.id == id)


def limit(node: Node) -> tuple[int, str]:
    found = node.extension("timeLimit")
    return found["promised"], found["unit"]


def ids(mended: Mended) -> set[str]:
    return {done.mend.fix.id for done in mended.done}


def condition(data: bytes, flow: str) -> str | None:
    return next(each.condition for each in read(data).processes[0].flows if each.id == flow)


# --- labels that are no conditions


def test_a_label_becomes_an_outcome_of_the_task_before() -> None:
    mended = suggested(*LABELLED)
    after = read(mended.data)
    assert dict(node(after, "check").extension("outcomes")["values"]) == {"yes": "是", "no": "否"}
    assert condition(mended.data, "g_a") == "outcome == 'yes'"
    assert condition(mended.data, "g_b") is None
    assert node(after, "g").default == "g_b"


def test_the_question_is_asked_once_for_a_gateway_with_what_can_be_answered() -> None:
    findings = [each for each in judge(diagram(*LABELLED)).findings if each.rule == "condition-missing"]
    assert {each.fix.id for each in findings if each.fix} == {"condition-missing:g"}
    fix = findings[0].fix
    assert fix is not None
    assert not fix.safe
    assert [option.value for option in fix.options] == ["task", "new-task", "form"]
    assert fix.suggested == "task"
    assert set(fix.as_data("en")) == {"id", "safe", "does", "question", "options", "suggested"}
    assert fix.as_data("en")["options"][0]["value"] == "task"


@pytest.mark.parametrize(("answer", "said"), [("form", "form.g == 'yes'"), ("new-task", "outcome == 'yes'")])
def test_another_answer_gives_another_mend(answer: str, said: str) -> None:
    mended = mend(diagram(*LABELLED), {"condition-missing:g": answer})
    assert mended.deployable
    assert condition(mended.data, "g_a") == said
    tasks = [each.tag for each in read(mended.data).processes[0].nodes]
    assert tasks.count("userTask") == (4 if answer == "new-task" else 3)


def test_without_an_answer_nothing_that_needs_one_is_done() -> None:
    mended = mend(diagram(*LABELLED))
    assert ids(mended) == {"no-picture:line-1"}
    assert not mended.deployable
    assert {finding.fix.id for finding in mended.findings if finding.fix} >= {"condition-missing:g"}


def test_two_choices_behind_one_task_do_not_share_its_outcomes() -> None:
    mended = suggested(
        start(), user("a"), gateway("exclusive", "x"), gateway("exclusive", "y"), end("e1"), end("e2"), end("e3"),
        flows("start > a > x; x > y; x > e1; y > e2; y > e3"),
    )  # fmt: skip
    assert {"condition-missing:x", "condition-missing:y"} <= ids(mended)
    assert [each.tag for each in read(mended.data).processes[0].nodes].count("userTask") == 2


def test_an_inclusive_choice_can_take_both_ways() -> None:
    mended = suggested(
        start(), user("a"), gateway("inclusive", "x"), user("b"), user("c"), gateway("inclusive", "j"), end(),
        flows("start > a > x; x > b > j; x > c > j; j > end"),
    )  # fmt: skip
    values = node(read(mended.data), "a").extension("outcomes")["values"]
    assert len(values) == 3


def test_the_one_flow_without_condition_becomes_the_default_safely() -> None:
    mended = mend(
        diagram(start(), user("a"), gateway("exclusive", "x"), end("e1"), end("e2"),
                flows("start > a > x; x > e1 [outcome == 'ok']; x > e2"))
    )  # fmt: skip
    assert mended.deployable
    assert node(read(mended.data), "x").default == "x_e2"


# --- habits


def test_a_process_is_marked_executable() -> None:
    data = diagram(start(), user("a"), end(), flows("start > a > end"), process='id="p" isExecutable="false"')
    mended = mend(data)
    assert mended.deployable
    assert b'isExecutable="true"' in mended.data


def test_of_several_processes_one_is_chosen() -> None:
    other = f'<process id="q">{start("s2")}{end("e2")}{flows("s2 > e2")}</process>'
    whole = (start(), user("a"), end(), flows("start > a > end"))
    data = diagram(*whole, process='id="p"', before=other)
    fix = found(data, "not-executable").fix
    assert fix is not None
    assert [option.value for option in fix.options] == ["q", "p"]
    assert fix.suggested == "p"
    assert mend(data, {fix.id: "q"}).deployable
    assert mend(data, SUGGESTED).deployable


def test_flows_out_of_a_task_get_a_parallel_gateway() -> None:
    data = diagram(start(), user("a"), end("e1"), end("e2"), flows("start > a; a > e1; a > e2"))
    mended = mend(data)
    assert mended.deployable
    assert "parallelGateway" in {each.tag for each in read(mended.data).processes[0].nodes}


def test_conditions_out_of_a_task_get_a_gateway_that_is_asked_for() -> None:
    mended = suggested(
        start(), user("a"), end("e1"), end("e2"), flows("start > a; a > e1 [form.x > 1]; a > e2 [form.x == 1]")
    )
    assert {"exclusiveGateway"} == {each.tag for each in read(mended.data).processes[0].nodes if "Gate" in each.tag}


@pytest.mark.parametrize(
    ("label", "wanted"),
    [
        ("5 minutes", "PT5M"),
        ("nach 14 Tagen", "P14D"),
        ("3个工作日", "P3D"),
        ("两周后", "P2W"),
        ("Frist abgelaufen", "P1D"),
    ],
)
def test_an_empty_timer_asks_how_long_and_reads_the_label(label: str, wanted: str) -> None:
    waiting = element("intermediateCatchEvent", "t", EMPTY_TIMER, name=label)
    elements = (start(), user("a"), waiting, end(), flows("start > a > t > end"))
    fix = found(diagram(*elements), "timer-invalid").fix
    assert fix is not None
    assert fix.suggested == wanted
    assert f"<timeDuration>{wanted}</timeDuration>".encode() in suggested(*elements).data
    assert mend(diagram(*elements), {fix.id: "PT36H"}).deployable
    with pytest.raises(AnswersWrong):
        mend(diagram(*elements), {fix.id: "bald"})


def test_a_message_gets_the_name_of_its_event() -> None:
    waiting = element("intermediateCatchEvent", "m", "<messageEventDefinition/>", name="补正材料")
    mended = mend(diagram(start(), waiting, end(), flows("start > m > end")))
    assert mended.deployable
    assert node(read(mended.data), "m").events[0].name == "补正材料"


def test_starts_and_ends_that_are_implied_are_drawn() -> None:
    mended = mend(diagram(user("a"), user("b"), flows("a > b")))
    assert mended.deployable
    assert {"startEvent", "endEvent"} <= {each.tag for each in read(mended.data).processes[0].nodes}


def test_a_flow_to_nowhere_goes() -> None:
    nowhere = element("sequenceFlow", "f", sourceRef="a")
    mended = mend(diagram(start(), user("a"), end(), flows("start > a > end"), nowhere))
    assert mended.deployable
    assert b'id="f"' not in mended.data


UNSUPPORTED = {
    "event in a task": user("x", "<messageEventDefinition/>"),
    "script": element("scriptTask", "x", "<script>x = 1</script>"),
    "service": element("serviceTask", "x"),
    "rule": element("businessRuleTask", "x"),
    "call": element("callActivity", "x", calledElement="other"),
    "ad-hoc": element("adHocSubProcess", "x", user("u"), user("v")),
    "empty sub-process": scope("x"),
    "signal": element("intermediateCatchEvent", "x", "<signalEventDefinition/>"),
    "conditional": element("intermediateCatchEvent", "x", "<conditionalEventDefinition/>"),
    "nothing": catch("x"),
    "two": catch("x", EMPTY_TIMER, "<messageEventDefinition/>"),
    "loop": user("x", loop()),
    "many": user("x", many()),
    "unknown": element("choreographyTask", "x"),
    "complex": gateway("complex", "x"),
}


@pytest.mark.parametrize("kind", UNSUPPORTED)
def test_what_does_not_run_is_replaced_as_suggested(kind: str) -> None:
    mended = suggested(start(), UNSUPPORTED[kind], end(), flows("start > x > end"))
    assert mended.done


@pytest.mark.parametrize("kind", ["error", "signal", "compensate", "escalation", "conditional", "timer", "message"])
def test_boundary_events_are_mended(kind: str) -> None:
    suggested(
        start(),
        user("a"),
        boundary("b", "a", f"<{kind}EventDefinition/>"),
        end(),
        end("e2"),
        flows("start > a > end; b > e2"),
    )


def test_links_become_flows() -> None:
    link = '<linkEventDefinition name="L"/>'
    mended = suggested(
        start(), user("a"), element("intermediateThrowEvent", "t", link), catch("c", link), user("b"), end(),
        flows("start > a > t; c > b > end"),
    )  # fmt: skip
    assert ("t", "c") in {(flow.source, flow.target) for flow in read(mended.data).processes[0].flows}


def test_an_event_gateway_before_tasks_becomes_a_choice() -> None:
    mended = suggested(
        start(),
        user("a"),
        gateway("eventBased", "g"),
        user("b"),
        user("c"),
        end(),
        flows("start > a > g; g > b > end; g > c > end"),
    )
    assert node(read(mended.data), "g").tag == "exclusiveGateway"


def test_a_link_behind_an_event_gateway_comes_after_a_message() -> None:
    mended = suggested(
        *(start(), gateway("eventBased", "g"), catch("l", '<linkEventDefinition name="L"/>')),
        *(element("receiveTask", "r", messageRef="m"), end(), flows("start > g > l > end; g > r > end")),
    )
    after = {flow.target for flow in read(mended.data).processes[0].flows if flow.source == "g"}
    assert "l" not in after
    assert "r" in after


def test_a_receive_task_that_other_ways_lead_to_is_drawn_again_for_the_event_gateway() -> None:
    mended = suggested(
        *(start(), user("a"), gateway("exclusive", "x", default="x_g"), gateway("eventBased", "g")),
        *(element("receiveTask", "r", messageRef="m"), catch("t", timer("P1D")), end()),
        flows("start > a > x > g > r > end; g > t > end; x > r [form.c]"),
        before='<message id="m" name="reply"/>',
    )
    tasks = [each for each in read(mended.data).processes[0].nodes if each.tag == "receiveTask"]
    assert [each.message_name for each in tasks] == ["reply", "reply"]


def test_ids_are_made_and_odd_ones_replaced_everywhere() -> None:
    data = diagram(
        start(), user("审核 一"), element("userTask", None), end("End"), "<sequenceFlow sourceRef='start' targetRef='审核 一'/>",
        element("sequenceFlow", "f", sourceRef="审核 一", targetRef="End"),
    )  # fmt: skip
    mended = mend(data)
    assert mended.deployable, [finding.message_en for finding in mended.findings]


def test_of_two_with_one_id_each_keeps_its_flows() -> None:
    def twin(name: str, before: str, after: str) -> str:
        told = f"<incoming>{before}</incoming><outgoing>{after}</outgoing>"
        return element("userTask", "a", told, name=name)

    flow = "sequenceFlow"
    data = diagram(
        start(), twin("first", "f1", "f2"), twin("second", "f2", "f3"), end(),
        element(flow, "f1", sourceRef="start", targetRef="a"), element(flow, "f2", sourceRef="a", targetRef="a"),
        element(flow, "f3", sourceRef="a", targetRef="end"),
    )  # fmt: skip
    mended = mend(data, SUGGESTED)
    assert mended.deployable
    copied = diagram(start(), user("a"), user("a"), end(), flows("start > a > end"))
    assert found(copied, "id-duplicate").fix.suggested == "delete"
    assert [each.tag for each in read(mend(copied, SUGGESTED).data).processes[0].nodes].count("userTask") == 1


def test_hooks_of_events_stay_on_their_activity() -> None:
    data = diagram(
        start(), user("a"), boundary("b", "a", EMPTY_TIMER), end(), end("e2"), flows("start > a > end; b > e2; a > e2")
    )
    assert mend(data, SUGGESTED).deployable


# --- what stays


DRAWN = f"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
  xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI"
  xmlns:foreign="urn:foreign" targetNamespace="urn:test">
  <!-- drawn by hand -->
  <bpmn:process id="p" isExecutable="false">
    <bpmn:startEvent id="start"/>
    <bpmn:userTask id="a" foreign:colour="red">
      <bpmn:extensionElements>
        <foreign:note>stays</foreign:note>
      </bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="f" sourceRef="start" targetRef="a"/>
  </bpmn:process>
  <bpmndi:BPMNDiagram id="d">
    <bpmndi:BPMNPlane id="pl" bpmnElement="p">
      <bpmndi:BPMNShape id="start_di" bpmnElement="start"><dc:Bounds x="100" y="100" width="36" height="36"/></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="a_di" bpmnElement="a"><dc:Bounds x="200" y="78" width="100" height="80"/></bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="f_di" bpmnElement="f">
        <di:waypoint x="136" y="118"/>
        <di:waypoint x="200" y="118"/>
      </bpmndi:BPMNEdge>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
""".encode()


def test_pictures_comments_and_foreign_content_stay_and_new_nodes_are_drawn() -> None:
    mended = mend(DRAWN)
    assert mended.deployable
    before, after = DRAWN.decode().splitlines(), mended.data.decode().splitlines()
    kept = [
        line
        for line in before
        if "isExecutable" not in line and "<?xml" not in line and "definitions" not in line and "xmlns:" not in line
    ]
    assert [line for line in kept if line.strip() and line not in after] == []
    root = etree.fromstring(mended.data)
    drawn = {shape.get("bpmnElement") for shape in root.iter("{*}BPMNShape", "{*}BPMNEdge")}
    assert {each.id for each in read(mended.data).processes[0].nodes} <= drawn
    assert {each.id for each in read(mended.data).processes[0].flows} <= drawn


def test_what_needs_no_mend_keeps_its_bytes() -> None:
    data = mend(DRAWN).data.replace(b"</bpmn:definitions>", b"</bpmn:definitions >\r\n<!-- the end -->\r\n")
    assert mend(data).data == data
    assert mend(data, SUGGESTED).done == ()


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "iso-8859-1"])
def test_the_encoding_stays(encoding: str) -> None:
    text = DRAWN.decode().replace("UTF-8", encoding)
    mended = mend(text.encode(encoding))
    assert mended.deployable
    assert f"encoding='{encoding}'" in mended.data.decode(encoding).lower().replace('"', "'")


# --- answers


def test_answers_that_no_fix_has_are_refused() -> None:
    with pytest.raises(AnswersWrong, match="nothing-like-it"):
        mend(diagram(*LABELLED), {"nothing-like-it:g": "task"})
    with pytest.raises(AnswersWrong, match="task, new-task, form"):
        mend(diagram(*LABELLED), {"condition-missing:g": "perhaps"})


def test_one_mend_can_be_done_alone() -> None:
    data = diagram(*LABELLED, process='id="p" isExecutable="false"')
    marked = mend_one(data, "not-executable:p")
    assert read(marked).processes[0].executable is True
    assert condition(marked, "g_a") is None
    assert condition(mend_one(marked, "condition-missing:g", "form"), "g_a") == "form.g == 'yes'"
    for wrong in (("not-executable:q", ""), ("condition-missing:g", "perhaps"), ("condition-missing:g", "")):
        with pytest.raises(AnswersWrong):
            mend_one(data, *wrong)


def test_a_fix_is_json_in_both_languages() -> None:
    for finding in judge(diagram(*LABELLED)).findings:
        for lang in ("zh", "en"):
            json.dumps(finding.as_data(lang))


def test_labels_are_understood() -> None:
    assert words.is_yes("Ja!")
    assert words.is_no("否")
    assert not words.is_no("nobody")
    assert words.code_of("a,b = c", set()) == "a_b_c"
    assert message("m")


# --- pictures for what has none


def boxes(data: bytes) -> dict[str, tuple[float, ...]]:
    root = etree.fromstring(data)
    return {
        shape.get("bpmnElement"): tuple(float(shape[0].get(name)) for name in ("x", "y", "width", "height"))
        for shape in root.iter("{*}BPMNShape")
    }


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return all(one[n] < other[n] + other[n + 2] and other[n] < one[n] + one[n + 2] for n in (0, 1))


def test_a_diagram_without_a_picture_gets_one_in_which_nothing_overlaps() -> None:
    inner = scope("s", start("s1"), user("s2"), end("s3"), flows("s1 > s2 > s3"))
    data = diagram(
        start(), user("a"), boundary("b", "a", timer("P1D")), gateway("exclusive", "x", default="x_s"), inner, user("c"), end(),
        flows("start > a > x; x > s > c > end; b > c; x > a [outcome == 'again'"),
    )  # fmt: skip
    mended = mend(data)
    assert ids(mended) == {"no-picture:line-1"}
    assert mend(mended.data).data == mended.data
    drawn = boxes(mended.data)
    whole = read(mended.data).processes[0]
    assert set(drawn) == {each.id for each in whole.nodes}
    edges = {edge.get("bpmnElement") for edge in etree.fromstring(mended.data).iter("{*}BPMNEdge")}
    assert edges == {flow.id for flow in whole.flows}
    apart = [name for name in drawn if name not in ("s", "b")]
    assert not [(a, b) for a in apart for b in apart if a < b and overlap(drawn[a], drawn[b])]
    assert drawn["start"][0] < drawn["a"][0] < drawn["x"][0] < drawn["s"][0] < drawn["c"][0] < drawn["end"][0]
    assert overlap(drawn["b"], drawn["a"])


@pytest.mark.parametrize("size", [0, 1, 2])
def test_odd_diagrams_are_drawn_too(size: int) -> None:
    loops = "".join(flows(f"n{a} > n{b}") for a in range(size) for b in range(size))
    data = diagram(start(), *(user(f"n{n}") for n in range(size)), loops)
    assert set(boxes(mend(data).data)) >= {"start", *(f"n{n}" for n in range(size))}


# --- loops and joins


def test_a_loop_without_a_way_out_gets_one() -> None:
    mended = suggested(start(), user("a"), user("b"), flows("start > a > b > a"))
    assert "endEvent" in {each.tag for each in read(mended.data).processes[0].nodes}


def test_a_loop_in_which_nobody_waits_gets_somebody() -> None:
    suggested(
        start(), gateway("exclusive", "m"), gateway("exclusive", "x", default="x_m"), end(),
        flows("start > m > x; x > m; x > end [form.done == true"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("split", "join"), [("exclusive", "parallel"), ("parallel", "exclusive"), ("inclusive", "parallel")]
)
def test_split_and_join_are_made_alike(split: str, join: str) -> None:
    suggested(
        start(), user("t"), gateway(split, "s"), user("a"), user("b"), gateway(join, "j"), user("c"), end(),
        flows("start > t > s; s > a > j; s > b > j; j > c > end"),
    )  # fmt: skip


def test_a_condition_that_ends_a_multi_instance_early_goes_and_all_are_waited_for() -> None:
    mended = suggested(
        start(),
        user("a", many("3", "<completionCondition>${x}</completionCondition>")),
        end(),
        flows("start > a > end"),
    )
    assert node(read(mended.data), "a").loop.cardinality == "3"


def test_a_bare_name_is_written_as_the_field_it_is_read_as() -> None:
    mended = mend(diagram(start(), gateway("exclusive", "x", default="x_e"), end("e"), end("f"),
                          flows("start > x > e; x > f [amount > 5")))  # fmt: skip
    assert condition(mended.data, "x_f") == "form.amount > 5"
    assert b">form.amount" in mended.data


def test_what_is_written_twice_or_hidden_is_mended() -> None:
    hidden = extended("<evil:sequenceFlow id='h' sourceRef='start' targetRef='end'/>")
    twice = catch(
        "w",
        "<timerEventDefinition><timeDuration>P1D</timeDuration><timeDuration>P2D</timeDuration></timerEventDefinition>",
    )
    mended = suggested(start(), user("a", hidden), twice, end(), flows("start > a > w > end"))
    assert b"evil:sequenceFlow" not in mended.data
    assert node(read(mended.data), "w").events[0].expression == "P1D"


def test_whose_outcome_is_meant_is_asked() -> None:
    mended = suggested(
        start(), gateway("parallel", "s"), user("a"), user("b"), gateway("parallel", "j"), gateway("exclusive", "x", default="x_f"),
        end("e"), end("f"), flows("start > s; s > a > j; s > b > j; j > x; x > f; x > e [outcome == 'ok'"),
    )  # fmt: skip
    assert condition(mended.data, "x_e") in ("case.outcomes.a == 'ok'", "case.outcomes.b == 'ok'")


def test_flows_without_an_id_can_be_mended() -> None:
    bare = "".join(
        element("sequenceFlow", None, sourceRef="x", targetRef=target, name=target) for target in ("e1", "e2")
    )
    suggested(start(), user("a"), gateway("exclusive", "x"), end("e1"), end("e2"), flows("start > a > x"), bare)


# --- what an approval needs


def test_what_an_approval_needs_is_asked_for() -> None:
    data = diagram(start(), user("a", name="消防验收"), end(), flows("start > a > end"))
    mended = mend(data, SUGGESTED, "approval")
    found = node(read(mended.data), "a")
    assert found.extension("public")["name"] == "消防验收"
    assert limit(found) == (5, "working-day")
    assert found.extension("assignment") is None, "nothing in the drawing tells whose it is"
    answers = {
        "assignment-missing:a": "fire",
        "level-missing:a": "county",
        "time-limit-missing:a": "7",
        "public-name-missing:a": "name",
    }
    mended = mend(data, answers, "approval")
    found = node(read(mended.data), "a")
    assert (found.extension("assignment")["function"], found.extension("assignment")["level"]) == ("fire", "county")
    assert limit(found) == (7, "working-day")
    assert mended.deployable, [finding.message_en for finding in mended.findings]


def test_what_is_written_flat_is_mended_flat() -> None:
    said = '<camunda:property name="ow.department" value="fire"/>'
    task = user("a", extended(f"<camunda:properties>{said}</camunda:properties>"))
    mended = mend(diagram(start(), task, end(), flows("start > a > end")), {"level-missing:a": "city"}, "approval")
    assert b'name="ow.assignment.level" value="city"' in mended.data
    assert node(read(mended.data), "a").extension("assignment")["level"] == "city"


def test_what_is_added_stands_where_the_schema_has_it() -> None:
    notes = "<textAnnotation id='n'/>"
    mended = mend(diagram(start(), user("a"), end("e1"), end("e2"), flows("start > a > e1; a > e2"), notes))
    children = [child.tag.rpartition("}")[2] for child in etree.fromstring(mended.data).find(f"{{{BPMN}}}process")]
    assert children[-1] == "textAnnotation"
