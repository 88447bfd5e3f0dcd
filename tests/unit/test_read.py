import gzip
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bpmn.model import Diagram, Node
from engine.bpmn.read import MAX_BYTES, UnreadableDiagram, read
from engine.bpmn.rules.rule import MOST_FINDINGS
from tests.unit.diagrams import (
    OW,
    ROOT,
    boundary,
    catch,
    diagram,
    element,
    end,
    extended,
    flows,
    loop,
    many,
    message,
    scope,
    start,
    timer,
    user,
)

GOOD = diagram(start(), user("a", name="审查"), end(), flows("start > a > end"))
TEXT = GOOD.decode()
BOMB = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
XXE = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


def nodes(data: bytes) -> dict[str | None, Node]:
    return {node.id: node for node in read(data).processes[0].nodes}


def rules(diagram: Diagram) -> list[str]:
    return [finding.rule for finding in diagram.problems]


HOSTILE: list[tuple[str, bytes]] = [
    ("empty", b""),
    ("empty", b" \n\t "),
    ("empty", b"\xef\xbb\xbf"),
    ("too-large", GOOD + b" " * MAX_BYTES),
    ("doctype", (BOMB + TEXT).encode()),
    ("doctype", (XXE + TEXT).encode()),
    ("doctype", (XXE + TEXT).encode("utf-16")),
    ("doctype", (XXE + TEXT).encode("utf-16-be")),
    ("doctype", (XXE + TEXT).encode("utf-32")),
    ("doctype", ('<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x.dtd">' + TEXT).encode()),
    ("doctype", ('<!DOCTYPE definitions [<!ATTLIST process isExecutable CDATA "false">]>' + TEXT).encode()),
    ("doctype", ('<?xml version="1.0" encoding="UTF-7"?>' + XXE + TEXT).encode("utf-7")),
    ("doctype", b"<!doctype html><html></html>"),
    ("not-xml", b"{}"),
    ("not-xml", GOOD[:-20]),
    ("not-xml", GOOD + b"<more/>"),
    ("not-xml", b" " + b'<?xml version="1.0"?>' + GOOD),
    ("not-xml", GOOD.replace(b"<userTask", b"<nowhere:userTask")),
    ("archive", gzip.compress(GOOD)),
    ("archive", b"PK\x03\x04zip"),
    ("not-xml", TEXT.replace("审查", "&#0;").encode()),
    ("not-xml", TEXT.replace("审查", "&#8;").encode()),
    ("not-xml", TEXT.replace("审查", "&undefined;").encode()),
    ("bad-encoding", ('<?xml version="1.0" encoding="x-foo"?>' + TEXT).encode()),
    ("bad-encoding", TEXT.encode("gbk")),
    ("other-encoding", TEXT.encode("utf-16")),
    ("other-encoding", TEXT.encode("utf-16-be")),
    ("other-encoding", ('<?xml version="1.0" encoding="UTF-7"?>' + TEXT).encode("utf-7")),
    ("not-bpmn", b"<definitions><process id='p'/></definitions>"),
    ("not-bpmn", b'<definitions xmlns="http://schema.omg.org/spec/BPMN/2.0"><process id="p"/></definitions>'),
    ("not-bpmn", b'<html xmlns="http://www.w3.org/1999/xhtml"/>'),
    ("no-process", f"{ROOT}</definitions>".encode()),
    ("no-process", f'{ROOT}<evil:process id="p"/></definitions>'.encode()),
    ("too-complex", diagram("<task/>" * 60_000)),
    ("too-complex", diagram("<task " + " ".join(f'a{n}="x"' for n in range(1000)) + "/>")),
    ("too-deep", diagram("<subProcess>" * 5000 + "</subProcess>" * 5000)),
    ("too-deep", diagram(extended("<evil:x>" * 9000 + "</evil:x>" * 9000))),
]


@pytest.mark.parametrize(("reason", "data"), HOSTILE, ids=range(len(HOSTILE)))
def test_what_cannot_be_read_is_refused_with_the_reason(reason: str, data: bytes) -> None:
    with pytest.raises(UnreadableDiagram) as caught:
        read(data)
    if reason in ("bad-encoding", "not-xml"):  # which of the two is the XML library's to say
        assert caught.value.params["reason"] in ("bad-encoding", "not-xml")
    else:
        assert caught.value.params["reason"] == reason
    assert str(Path.cwd()) not in caught.value.sentence("en")


@given(
    st.binary(max_size=200)
    | st.text(max_size=60).map(lambda text: TEXT.replace("审查", text).encode("utf-8", "replace"))
)
def test_any_bytes_are_a_diagram_or_unreadable(data: bytes) -> None:
    with suppress(UnreadableDiagram):
        assert read(data).processes


@pytest.mark.parametrize("encoding", ["utf-8", "gb2312", "gbk", "gb18030"])
def test_other_encodings_declared_rightly_are_read(encoding: str) -> None:
    found = nodes(f'<?xml version="1.0" encoding="{encoding}"?>{TEXT}'.encode(encoding))
    assert found["a"].name == "审查"


def test_an_encoding_declared_wrongly_is_remarked() -> None:
    found = read(f'<?xml version="1.0" encoding="iso-8859-1"?>{TEXT}'.encode())
    assert found.warnings == ("encoding-doubtful",)


def test_only_bpmns_own_direct_children_are_nodes_and_flows() -> None:
    hidden = element("evil:sequenceFlow", "h", sourceRef="start", targetRef="end")
    own = element("sequenceFlow", "i", sourceRef="start", targetRef="end")
    data = diagram(
        start(), extended(hidden, own, user("ghost")), hidden, user("a", own), end(), flows("start > a > end")
    )
    process = read(data).processes[0]
    assert [node.id for node in process.nodes] == ["start", "a", "end"]
    assert [flow.id for flow in process.flows] == ["start_a", "a_end"]


def test_unknown_bpmn_elements_are_nodes_so_that_the_lint_names_them() -> None:
    assert nodes(diagram(element("thing", "x"), element("laneSet", "l"), element("dataObject", "d"))).keys() == {"x"}


def test_nodes_know_their_scope() -> None:
    found = nodes(diagram(scope("s", user("a"), scope("t", user("b")))))
    assert [(node.id, node.scope) for node in found.values()] == [("s", "p"), ("a", "s"), ("t", "s"), ("b", "t")]


def test_a_comment_does_not_cut_a_condition_off() -> None:
    data = (
        diagram(start(), end(), flows("start > end [true]"))
        .replace(b"true]", b"")
        .replace(b">true<", b">tr<!-- x -->ue<")
    )
    assert read(data).processes[0].flows[0].condition == "true"


def test_cdata_and_empty_conditions() -> None:
    data = diagram(flows("a > b [x]; b > c [ ]")).replace(b">x<", b"><![CDATA[1 < 2]]><")
    assert [flow.condition for flow in read(data).processes[0].flows] == ["1 < 2", None]


def test_events_are_read() -> None:
    data = diagram(
        catch("t", timer("PT1H")),
        boundary("b", "t", message("tns:m"), cancelActivity="false"),
        element("receiveTask", "r", messageRef="m"),
        before='<message id="m" name="reply"/>',
    )
    found = nodes(data)
    timing, messaging = found["t"].events[0], found["b"].events[0]
    assert (timing.kind, timing.timer_kind, timing.expression) == ("timer", "duration", "PT1H")
    assert (messaging.kind, messaging.ref, messaging.name) == ("message", "m", "reply")
    assert (found["b"].attached_to, found["b"].interrupting) == ("t", False)
    assert found["r"].message_name == "reply"


def test_loops_are_read() -> None:
    found = nodes(
        diagram(
            user("a", loop("3", "outcome == 'again'")),
            user("b", many("2", isSequential="true")),
            user("c", many(**{"camunda:collection": "form.x"})),
            user("d", extended('<ow:collection of="form.y"/>'), many()),
            user("e", many(None, extended('<zeebe:loopCharacteristics inputCollection="=form.z"/>'))),
        )
    )
    loops = {name: node.loop for name, node in found.items()}
    assert [(each.kind, each.maximum, each.cardinality, each.collection) for each in loops.values() if each] == [
        ("standard", "3", None, None),
        ("sequential", None, "2", None),
        ("parallel", None, None, "form.x"),
        ("parallel", None, None, "form.y"),
        ("parallel", None, None, "=form.z"),
    ]


@pytest.mark.parametrize(("written", "meant"), [("1", True), ("true", True), ("0", False), ("TRUE", None)])
def test_executable_is_an_xml_boolean(written: str, meant: bool | None) -> None:
    assert read(diagram(process=f'id="p" isExecutable="{written}"')).processes[0].executable is meant


def test_extensions_come_in_their_types_nested_or_flat() -> None:
    nested = user(
        "a", extended('<ow:assignment function="fire" level="city"/>', '<ow:timeLimit legal="20" unit="month"/>')
    )
    properties = [
        ("ow.department", "fire"),
        ("ow:assignment.level", "city"),
        ("ow.document.kind", "one"),
        ("ow:document.2.kind", "two"),
        ("mine", "x"),
    ]
    inner = "".join(f'<camunda:property name="{name}" value="{value}"/>' for name, value in properties)
    flat = user("b", extended(f"<camunda:properties>{inner}</camunda:properties>"))
    found = nodes(diagram(nested, flat))
    expected = {"function": "fire", "level": "city", "applicant": False, "body": "deciding"}
    assert found["a"].extension("assignment") == found["b"].extension("assignment") == expected
    assert found["a"].extension("timeLimit") == {"legal": 20, "unit": "month", "lateReason": "internal"}
    assert [document["kind"] for document in found["b"].extensions["document"]] == ["one", "two"]
    assert found["b"].foreign == ("camunda:properties",)


@pytest.mark.parametrize(
    ("rule", "inner"),
    [
        ("extension-unknown", '<ow:assigment function="x"/>'),
        ("extension-unknown", '<ow:assignment fonction="x"/>'),
        ("extension-unknown", '<ow:assignment function="x"><ow:more/></ow:assignment>'),
        ("extension-value", '<ow:assignment level="town"/>'),
        ("extension-misplaced", '<ow:result value="granted"/>'),
        ("extension-repeated", '<ow:form key="a"/><ow:form key="b"/>'),
        ("extension-incomplete", "<ow:outcomes/>"),
        ("extension-unknown", '<camunda:properties><camunda:property name="ow:x" value=""/></camunda:properties>'),
    ],
)
def test_what_is_wrong_with_our_extensions_is_found_not_ignored(rule: str, inner: str) -> None:
    assert rules(read(diagram(user("a", extended(inner))))) == [rule]


def test_our_extensions_elsewhere_are_found() -> None:
    data = diagram(
        user("a", "<ow:form/>"),
        f'<userTask xmlns:x="{OW}" id="b" x:function="fire"/>',
        element("laneSet", "l", extended("<ow:form/>")),
    )
    assert rules(read(data)) == ["extension-misplaced"] * 3


def test_a_misspelt_extension_is_told_the_right_name() -> None:
    found = read(diagram(user("a", extended('<ow:assignment functon="x"/>')))).problems[0]
    assert found.advice_en == "There is: ow:assignment.function"


TIMES = "<timerEventDefinition><timeDate>2026-03-01</timeDate><timeDuration>P5D</timeDuration></timerEventDefinition>"
CONDITIONS = "<conditionExpression>form.a</conditionExpression>" * 2
NUMBERS = "<loopCardinality>1</loopCardinality><loopCardinality>5</loopCardinality>"


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        (user("a", loop("1"), many("5")), "standardLoopCharacteristics, multiInstanceLoopCharacteristics"),
        (user("a", loop("1"), loop("2")), "standardLoopCharacteristics"),
        (user("a", element("multiInstanceLoopCharacteristics", None, NUMBERS)), "loopCardinality"),
        (element("sequenceFlow", "f", CONDITIONS), "conditionExpression"),
        (catch("t", TIMES), "timeDate, timeDuration"),
    ],
)
def test_of_two_where_one_is_meant_none_is_taken_in_silence(inner: str, said: str) -> None:
    found = read(diagram(inner)).problems
    assert [finding.rule for finding in found] == ["element-repeated"]
    assert found[0].message_en.endswith(f": {said}")


def test_white_space_around_an_id_stays_visible_and_splits_no_scope() -> None:
    found = read(diagram(scope(" s ", user(" a "))))
    assert [id for id, _, _ in found.ids if id != "p"] == [" s ", " a "]
    assert [(node.id, node.scope) for node in found.processes[0].nodes] == [("s", "p"), ("a", "s")]


def test_a_flood_of_findings_is_cut_off() -> None:
    misspelt = [extended("<ow:nothing/>" * 3000), *(user(f"t{n}", extended("<ow:nothing/>")) for n in range(3000))]
    assert len(read(diagram(*misspelt)).problems) == MOST_FINDINGS + 1


def test_what_other_tools_mean_is_named() -> None:
    found = nodes(diagram(user("a", element("potentialOwner", None), **{"camunda:priority": "1"})))
    assert found["a"].foreign == ("camunda:priority", "bpmn:potentialOwner")


def test_lines_are_those_of_the_file() -> None:
    data = diagram("\n\n", user("a"), "\n", user("b"))
    assert [node.line for node in read(data).processes[0].nodes] == [3, 4]


def test_a_wide_hostile_file_is_read() -> None:
    data = diagram(*(f'<subProcess id="s{n}"><task/></subProcess>' for n in range(5000)))
    assert len(read(data).processes[0].nodes) == 10_000


def test_a_flow_belongs_where_its_ends_are_wherever_a_tool_wrote_it_down() -> None:
    inner = scope("s", start("s1"), user("u"), end("e1"), flows("start > s > end"))
    (process,) = read(diagram(start(), inner, end(), flows("s1 > u > e1"))).processes
    assert {flow.id: flow.scope for flow in process.flows} == {
        "start_s": "p",
        "s_end": "p",
        "s1_u": "s",
        "u_e1": "s",
    }


def test_a_reference_is_an_id_as_it_stands_or_a_name_with_a_prefix() -> None:
    flow = '<sequenceFlow id="f" sourceRef="x:a" targetRef="tns:b"/>'
    (process,) = read(diagram(user("x:a"), user("b"), flow)).processes
    assert [(flow.source, flow.target) for flow in process.flows] == [("x:a", "b")]
