"""Files of other tools: what means the same is read as ours, what does not is named, and a conversion says which is which."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

from engine.bpmn.dialects.convert import convert
from engine.bpmn.dialects.language import translate
from engine.bpmn.dialects.parser import Local, NoCounterpart
from engine.bpmn.judge import judge
from engine.bpmn.lint import lint
from engine.bpmn.model import Node
from engine.bpmn.read import read
from tests.unit.diagrams import BPMN, element, end, extended, flows, gateway, start, user
from tests.unit.test_lint_command import lint as onewindow

VENDORS = {
    "camunda": "http://camunda.org/schema/1.0/bpmn",
    "flowable": "http://flowable.org/bpmn",
    "activiti": "http://activiti.org/bpmn",
    "operaton": "http://operaton.org/schema/1.0/bpmn",
    "zeebe": "http://camunda.org/schema/zeebe/1.0",
    "spiffworkflow": "http://spiffworkflow.org/bpmn/schema/1.0/core",
}
ROOT = f'<definitions xmlns="{BPMN}" targetNamespace="urn:test" ' + " ".join(
    f'xmlns:{p}="{u}"' for p, u in VENDORS.items()
)
ENGINES = ["camunda", "flowable", "activiti", "operaton"]


def file(*elements: str) -> bytes:
    return f'{ROOT}><process id="p" isExecutable="true">{"".join(elements)}</process></definitions>'.encode()


def task(*inner: str, **attributes: str) -> bytes:
    return file(
        start(),
        user("a", *inner, **{k.replace("__", ":"): v for k, v in attributes.items()}),
        end(),
        flows("start > a > end"),
    )


def node(data: bytes, id: str = "a") -> Node:
    return next(node for node in read(data).processes[0].nodes if node.id == id)


def limit(node: Node) -> tuple[int, str]:
    found = node.extension("timeLimit")
    return found["promised"], found["unit"]


def rules(data: bytes, profile: str = "bpmn") -> dict[str, str]:
    return {finding.rule: finding.severity for finding in judge(data, profile).findings}


# --- expressions


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("${approved}", "form.approved"),
        ("#{amount > 1000 && status eq 'ok'}", "form.amount > 1000 and form.status == 'ok'"),
        (
            "${not approved or empty list}",
            "not (form.approved) or (form.list == null or form.list == '' or form.list == [])",
        ),
        ("${execution.getVariable('x') == 5}", "form.x == 5"),
        ("${status.equals('a')}", "form.status == 'a'"),
        ("${a ? b : c}", "(form.b if form.a else form.c)"),
        ('=amount > 1000 and status = "ok"', 'form.amount > 1000 and form.status == "ok"'),
        ("=x in [1..5]", "form.x >= 1 and form.x <= 5"),
        ("=x in (1, 2)", "form.x in [1, 2]"),
        ("=if a then b else c", "(form.b if form.a else form.c)"),
        ("=list contains(l, 3) or count(l) > 2", "contains(form.l, 3) or len(form.l) > 2"),
        ("return x > 10;", "form.x > 10"),
        (
            'return KieFunctions.isTrue(sound) && !"no".equals(answer);',
            'form.sound == true and not ("no" == form.answer)',
        ),
        ('return KieFunctions.lessThan(age, "18");', "form.age < 18"),
        ('return (Integer) kcontext.getVariable("x") == 5', "form.x == 5"),
        ("amount > 5 and outcome == 'ok'", "form.amount > 5 and outcome == 'ok'"),
        ("outcome == 'ok'", "outcome == 'ok'"),
        ("${form.a > 1}", "${form.a > 1}"),
    ],
)
def test_expressions_are_translated(theirs: str, ours: str) -> None:
    assert translate(theirs).text == ours
    assert translate(ours).text == ours, "what is ours stays"


@pytest.mark.parametrize(
    ("theirs", "named"),
    [
        ("=some x in l satisfies x > 1", "some"),
        ("=a ** 2 > 3", "**"),
        ("=upper case(a) = 'X'", "upper case()"),
        ("=today() > d", "today()"),
        ("${bean.check(x)}", "check()"),
        ("${nrOfInstances > 1}", "nrOfInstances"),
        ("=l[1] = 2", "[…]"),
        ("return x / 2 > 1;", "/"),
        ("return KieFunctions.equalsTo(mode, '1');", "KieFunctions.equalsTo()"),
        ("return bean.check();", "check()"),
        ("return kcontext.getUser();", "kcontext"),
        ("=", "…"),
        ("=" + "(" * 300, "(((…"),
    ],
)
def test_what_has_no_counterpart_is_refused_by_name(theirs: str, named: str) -> None:
    with pytest.raises(NoCounterpart) as refused:
        translate(theirs)
    assert refused.value.what == named


def test_a_condition_is_read_in_the_language_that_it_names() -> None:
    assert translate('x = "yes"', None, "http://www.omg.org/spec/FEEL/20140401").text == 'form.x == "yes"'
    assert translate("!late && x > 1;", None, "http://www.java.com/java").text == "not (form.late) and form.x > 1"
    assert translate("Ja;", None, "http://www.mvel.org/2.0").text == "form.Ja", "said to be read so"
    assert translate("x = 1", None, "").text == "x = 1", "left for the lint to refuse"


def test_the_names_of_a_loop_are_ours() -> None:
    assert translate("${dept == 'fire' and loopCounter > 0}", Local({"dept": "item", "loopCounter": "index"})).text == (
        "item == 'fire' and index > 0"
    )


@pytest.mark.parametrize(
    "text", ["Ja", "\0", "${" * 500, "=" * 500, "'", "a" * 100_000, "${'\ud800'}", "=@", "=@@", "${:}", "= x. y", "\n"]
)
def test_whatever_is_written_is_translated_or_refused(text: str) -> None:
    with contextlib.suppress(NoCounterpart):
        assert translate(text).text is not None


# --- tasks

DONE = "<completionCondition>${nrOfCompletedInstances == nrOfInstances}</completionCondition>"


@pytest.mark.parametrize("vendor", ENGINES)
def test_who_does_a_task_and_until_when(vendor: str) -> None:
    data = task(
        **{
            f"{vendor}__candidateGroups": "fire",
            f"{vendor}__assignee": "chief",
            f"{vendor}__dueDate": "P3D",
            f"{vendor}__formKey": "f1",
        }
    )
    assignment = node(data).extension("assignment")
    assert (assignment["function"], assignment["post"]) == ("fire", "chief")
    assert limit(node(data)) == (3, "calendar-day")
    assert node(data).extension("form")["key"] == "f1"
    assert rules(data).keys() == {"foreign-translated", "no-picture"}


def test_zeebe_says_it_with_elements() -> None:
    data = task(
        extended(
            '<zeebe:userTask/><zeebe:assignmentDefinition candidateGroups="fire"/>',
            '<zeebe:taskSchedule dueDate="=duration(&quot;P2W&quot;)"/><zeebe:formDefinition formId="f1"/>',
        )
    )
    assert node(data).extension("assignment")["function"] == "fire"
    assert limit(node(data)) == (14, "calendar-day")
    assert node(data).extension("form")["key"] == "f1"


@pytest.mark.parametrize(
    ("said", "function"), [('=["fire", "water"]', "fire"), ('="fire"', "fire"), ("fire, water", "fire")]
)
def test_lists_of_groups_are_read_and_the_first_is_taken(said: str, function: str) -> None:
    data = task(extended(f"<zeebe:assignmentDefinition candidateGroups='{said}'/>"))
    assert node(data).extension("assignment")["function"] == function


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("P2W", (14, "calendar-day")),
        ("PT8H", (8, "hour")),
        ("${now().plusDays(5)}", (5, "calendar-day")),
        ("P1Y", (12, "month")),
    ],
)
def test_due_dates_are_limits(said: str, wanted: tuple[int, str]) -> None:
    assert limit(node(task(camunda__dueDate=said))) == wanted


def test_what_is_dropped_is_said_once_and_why() -> None:
    dropped = convert(task(camunda__dueDate="${due}", camunda__priority="5")).as_data("en")["dropped"]
    assert [each["what"] for each in dropped] == ["camunda:dueDate='${due}'", "camunda:priority='5'"]
    assert all(each["reason"] for each in dropped)


def test_whoever_started_it_is_the_applicant() -> None:
    data = file(
        element("startEvent", "start", **{"flowable:initiator": "who"}), user("a", **{"flowable:assignee": "${who}"}), end(),
        flows("start > a > end"),
    )  # fmt: skip
    assert node(data).extension("assignment")["applicant"] is True


def test_ours_comes_first_and_the_other_is_said_to_be_dropped() -> None:
    own = extended('<ow:assignment xmlns:ow="urn:onewindow:bpmn:1.0" function="water"/>')
    data = task(own, camunda__candidateGroups="fire")
    assert node(data).extension("assignment")["function"] == "water"
    assert [each["what"] for each in convert(data).as_data("en")["dropped"]] == ["camunda:candidateGroups='fire'"]


def test_a_multi_instance_goes_over_the_list_and_gives_each_its_item() -> None:
    looping = element(
        "multiInstanceLoopCharacteristics", None, DONE,
        **{"flowable:collection": "${departments}", "flowable:elementVariable": "dept"},
    )  # fmt: skip
    data = task(looping, flowable__assignee="${dept}")
    assert node(data).loop.collection == "form.departments"
    assert node(data).extension("assignment")["function"] == "{item}"
    assert "not-supported" not in rules(data)


@pytest.mark.parametrize("source", ["Property_1", "experts"])
def test_a_multi_instance_goes_over_the_data_that_is_put_into_its_input(source: str) -> None:
    """As jBPM and Eclipse write it: the loop names an input of the task, and an association what is put into it."""
    held = (
        '<ioSpecification><dataInput id="_a_input" name="in"/></ioSpecification>'
        f"<dataInputAssociation><sourceRef>{source}</sourceRef><targetRef>_a_input</targetRef></dataInputAssociation>"
    )
    over = '<loopDataInputRef>_a_input</loopDataInputRef><inputDataItem id="Item_1" name="expert"/>'
    looping = element("multiInstanceLoopCharacteristics", None, over)
    data = file('<property id="Property_1" name="experts"/>', start(), user("a", held, looping),
                end(), flows("start > a > end"))  # fmt: skip
    assert node(data).loop.collection == "form.experts"
    converted = convert(data)
    assert node(converted.data).loop.collection == "form.experts"
    assert b"loopDataInputRef" in converted.data, "BPMN's own stays"
    assert {"what": "loopDataInputRef='experts'", "into": "ow:collection of='form.experts'"}.items() <= (
        converted.as_data("en")["translated"][1].items()
    )


def test_a_multi_instance_that_names_its_list_outright_goes_over_it() -> None:
    looping = element("multiInstanceLoopCharacteristics", None, "<loopDataInputRef>experts</loopDataInputRef>")
    assert node(task(looping)).loop.collection == "form.experts"
    fed_by_nothing = (
        '<ioSpecification><dataInput id="in"/></ioSpecification>',
        element("multiInstanceLoopCharacteristics", None, "<loopDataInputRef>in</loopDataInputRef>"),
    )
    assert "expression-invalid" in rules(task("".join(fed_by_nothing)))


@pytest.mark.parametrize(
    ("element_name", "theirs", "ours"),
    [
        ("timeDuration", "5m10s", "PT5M10S"),
        ("timeDuration", "30d", "P30D"),
        ("timeDuration", "1d 2h", "P1DT2H"),
        ("timeDuration", "1500ms", "PT1.5S"),
        ("timeDuration", "500", "500"),
        ("timeDuration", "soon", "soon"),
        ("timeCycle", "1h###1h", "R/PT1H"),
        ("timeCycle", "1h###2h", "1h###2h"),
        ("timeDate", "2s", "2s"),
    ],
)
def test_the_short_times_of_jbpm_are_read_in_its_files_only(element_name: str, theirs: str, ours: str) -> None:
    times = f"<timerEventDefinition><{element_name}>{theirs}</{element_name}></timerEventDefinition>"
    plain = file(start(), element("intermediateCatchEvent", "t", times), end(), flows("start > t > end"))
    jbpm = plain.replace(b"<definitions ", b'<definitions xmlns:tns="http://www.jboss.org/drools" ', 1)
    assert jbpm != plain
    assert [node(data, "t").events[0].expression for data in (plain, jbpm)] == [theirs, ours]


@pytest.mark.parametrize(
    "inner",
    [
        '<zeebe:taskDefinition type="credit-check"/>',
    ],
)
def test_a_job_of_zeebe_is_a_service(inner: str) -> None:
    data = file(start(), element("serviceTask", "a", extended(inner)), end(), flows("start > a > end"))
    assert node(data).extension("service")["handler"] == "credit-check"


def test_an_external_topic_is_a_service_and_java_is_not() -> None:
    topic = {"camunda:type": "external", "camunda:topic": "credit-check"}
    data = file(start(), element("serviceTask", "a", **topic), end(), flows("start > a > end"))
    assert node(data).extension("service")["handler"] == "credit-check"
    java = file(start(), element("serviceTask", "a", **{"camunda:class": "org.Check"}), end(), flows("start > a > end"))
    assert "service-handler-missing" in rules(java)


@pytest.mark.parametrize("vendor", ["camunda", "zeebe", "spiffworkflow", "operaton"])
def test_our_names_are_read_from_properties_of_other_tools(vendor: str) -> None:
    named = {
        "ow.timeLimit": "5 working-day", "ow.department": "fire", "ow.level": "city", "ow.public": "消防验收",
        "ow.outcomes": "passed=合格,faults=不合格", "ow.document.kind": "certificate", "ow.form.fields": "a,b",
    }  # fmt: skip
    inner = "".join(f'<{vendor}:property name="{name}" value="{value}"/>' for name, value in named.items())
    found = node(task(extended(f"<{vendor}:properties>{inner}</{vendor}:properties>")))
    assert limit(found) == (5, "working-day")
    assert (found.extension("assignment")["function"], found.extension("assignment")["level"]) == ("fire", "city")
    assert found.extension("public")["name"] == "消防验收"
    assert set(found.extension("outcomes")["values"]) == {"passed", "faults"}
    assert found.extension("document")["kind"] == "certificate"
    assert found.extension("form")["fields"] == ("a", "b")


def test_a_misspelt_name_of_ours_is_refused() -> None:
    inner = '<camunda:property name="ow.timLimit.promised" value="5"/>'
    assert "extension-unknown" in rules(task(extended(f"<camunda:properties>{inner}</camunda:properties>")))


# --- what the lint says


def choosing(condition: str, *more: str) -> bytes:
    return file(
        start(), user("t", *more), gateway("exclusive", "x", default="x_end"), user("a"), end(),
        flows(f"start > t > x; x > end; a > end; x > a [{condition}"),
    )  # fmt: skip


def test_a_bare_name_is_a_field_with_a_warning_and_an_error_where_no_form_has_it() -> None:
    assert rules(choosing("amount > 5"))["name-bare"] == "warning"
    assert rules(choosing("amount > 5"), "approval")["name-bare"] == "error"
    own = extended('<ow:form xmlns:ow="urn:onewindow:bpmn:1.0" fields="amount"/>')
    assert rules(choosing("amount > 5", own), "approval")["name-bare"] == "warning"


def test_what_can_not_be_translated_is_an_error_with_its_name() -> None:
    found = next(each for each in judge(choosing("=upper case(a) = 'X'")).findings if each.rule == "foreign-refused")
    assert found.severity == "error"
    assert "upper case()" in found.message_en


def test_a_label_is_no_field() -> None:
    assert "name-bare" not in rules(choosing("Ja"))


# --- converting


CAMUNDA = f"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:camunda="{VENDORS["camunda"]}" xmlns:bioc="http://bpmn.io/schema/bpmn/biocolor/1.0"
  targetNamespace="urn:test">
  <!-- made in the modeler -->
  <bpmn:process id="p" isExecutable="true" camunda:historyTimeToLive="30">
    <bpmn:startEvent id="start" />
    <bpmn:userTask id="a" camunda:candidateGroups="fire" camunda:asyncBefore="true">
      <bpmn:extensionElements>
        <camunda:taskListener class="org.Listen" event="create" />
      </bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:exclusiveGateway id="x" default="x_end" />
    <bpmn:endEvent id="end" />
    <bpmn:endEvent id="end2" />
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="a" />
    <bpmn:sequenceFlow id="f2" sourceRef="a" targetRef="x" />
    <bpmn:sequenceFlow id="x_end" sourceRef="x" targetRef="end" />
    <bpmn:sequenceFlow id="f3" sourceRef="x" targetRef="end2">
      <bpmn:conditionExpression>${{amount &gt; 10}}</bpmn:conditionExpression>
    </bpmn:sequenceFlow>
  </bpmn:process>
</bpmn:definitions>
""".encode()


def test_a_converted_file_is_ours_and_means_what_was_judged() -> None:
    found = convert(CAMUNDA)
    assert b"<!-- made in the modeler -->" in found.data
    assert b"camunda:asyncBefore" not in found.data
    assert b"taskListener" not in found.data
    assert b"form.amount" in found.data
    before, after = read(CAMUNDA), read(found.data)
    assert [each.condition for each in before.processes[0].flows] == [
        each.condition for each in after.processes[0].flows
    ]
    assert [each.extensions for each in before.processes[0].nodes] == [
        each.extensions for each in after.processes[0].nodes
    ]
    assert {each.rule for each in lint(after)} == {"no-picture"}
    assert convert(found.data).data == found.data


def test_the_command_writes_and_reports(tmp_path: Path) -> None:
    source, out = tmp_path / "camunda.bpmn", tmp_path / "ours.bpmn"
    source.write_bytes(CAMUNDA)
    answer = onewindow("convert", source, "-o", out, "--format", "json", "--lang", "en")
    assert answer.returncode == 0, answer.stderr.decode()
    said = json.loads(answer.stdout)
    assert {each["what"] for each in said["dropped"]} == {"camunda:asyncBefore='true'", "camunda:taskListener"}
    assert {"form.amount", "ow:assignment function='fire'"} <= {each["into"] for each in said["translated"]}
    assert said["kept"][0]["what"].startswith("camunda:historyTimeToLive")
    assert out.exists()
    assert source.read_bytes() == CAMUNDA
    assert onewindow("convert", source, "-o", source).returncode == 64
    source.write_bytes(b"<html/>")
    assert onewindow("convert", source, "-o", tmp_path / "none.bpmn").returncode == 2
    assert not (tmp_path / "none.bpmn").exists()
