"""What everybody may see of a diagram: public names and shapes, and nothing that stands behind them."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from engine.bpmn.compile import executable_process
from engine.bpmn.outlook import ahead
from engine.bpmn.public_diagram import public_diagram, public_name
from engine.bpmn.read import UnreadableDiagram, read
from tests.unit.diagrams import diagram as drawing
from tests.unit.diagrams import end, flows, scope, start, user

FILE = Path("processes/joint-final-inspection/process.bpmn").read_bytes()
CORPUS = sorted(Path("../shared/corpus").glob("**/*.bpmn"))


def picture_of(data, lang="zh"):
    return public_diagram(executable_process(read(data)), data, lang)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_internal_is_in_the_picture(lang):
    diagram = executable_process(read(FILE))
    text = picture_of(FILE, lang).xml.decode()
    for node in diagram.nodes:
        assert f'"{node.id}"' not in text
        name = public_name(node)
        if node.name and node.name not in (name or ()):
            assert f'"{node.name}"' not in text, node.name
    for word in (
        "assignment",
        "case.outcomes",
        "conditionExpression",
        "function",
        "urn:onewindow:bpmn",
        "是否发现问题",
    ):
        assert word not in text
    assert ("Fire acceptance" in text) is (lang == "en")


def test_every_node_and_flow_is_drawn_where_it_was():
    diagram = executable_process(read(FILE))
    picture = picture_of(FILE)
    root = etree.fromstring(picture.xml)
    assert set(picture.ids) == {node.id for node in diagram.nodes}
    drawn = {shape.get("bpmnElement") for shape in root.iter("{*}BPMNShape")}
    assert drawn == set(picture.ids.values())
    assert len(list(root.iter("{*}BPMNEdge"))) == len(diagram.flows) == len(list(root.iter("{*}sequenceFlow")))
    bounds = {s.get("bpmnElement"): s.find("{*}Bounds").get("x") for s in root.iter("{*}BPMNShape")}
    original = {s.get("bpmnElement"): s.find("{*}Bounds").get("x") for s in etree.fromstring(FILE).iter("{*}BPMNShape")}
    assert float(bounds[picture.ids["fire"]]) == float(original["fire"])


def test_a_file_without_a_picture_has_none():
    data = etree.fromstring(FILE)
    for picture in data.findall("{*}BPMNDiagram"):
        data.remove(picture)
    assert picture_of(etree.tostring(data)) is None


@pytest.mark.parametrize("wrong", ["NaN", "1e999", "abc", "", "9999999999"])
def test_what_is_no_coordinate_is_left_out(wrong):
    data = etree.fromstring(FILE)
    shape = next(one for one in data.iter("{*}BPMNShape") if one.get("bpmnElement") == "fire")
    shape.find("{*}Bounds").set("x", wrong)
    picture = picture_of(etree.tostring(data))
    assert f'bpmnElement="{picture.ids["fire"]}"' not in picture.xml.decode()


@pytest.mark.skipif(not CORPUS, reason="the corpus lies beside the repository only")
def test_what_people_drew_gives_a_picture_or_none():
    drawn = 0
    for path in CORPUS:
        try:
            diagram = read(path.read_bytes())
        except UnreadableDiagram:
            continue
        if not diagram.processes:
            continue
        picture = public_diagram(executable_process(diagram), path.read_bytes())
        if picture is not None:
            drawn += 1
            read(picture.xml)
    assert drawn > 20


def test_what_comes_next_is_certain_or_possible():
    diagram = executable_process(read(FILE))
    after_reviews = [(one.node.id, one.certain) for one in ahead(diagram, {"fire", "planning"})]
    assert after_reviews == [("merge", False), ("rectify", False)]
    reviews = [(one.node.id, one.certain) for one in ahead(diagram, {"accept"})]
    assert [name for name, certain in reviews if not certain] == ["planning", "fire", *[r for r, _ in reviews[2:]]]
    assert len(reviews) == 6
    assert [(one.node.id, one.certain) for one in ahead(diagram, {"merge"})] == [("decide", True)]
    assert ahead(diagram, {"certificate"}) == []
    assert ahead(diagram, {"no such node"}) == []


def test_the_outlook_goes_through_sub_processes():
    sub = scope("sub", start("is"), user("b"), end("ie"), flows("is > b > ie"))
    data = drawing(start("s"), user("a"), sub, user("c"), end("e"), flows("s > a > sub > c > e"))
    diagram = executable_process(read(data))
    assert [(one.node.id, one.certain) for one in ahead(diagram, {"a"})] == [("b", True)]
    assert [(one.node.id, one.certain) for one in ahead(diagram, {"b"})] == [("c", True)]
