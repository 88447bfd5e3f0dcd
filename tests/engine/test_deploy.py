"""No diagram makes an approval vanish: what would is refused when it is published, with every finding at once."""

from uuid import UUID

import pytest

from engine.bpmn.compile import compile_diagram
from engine.bpmn.read import read
from engine.bpmn.run import Facts, ProcessRun
from engine.clock import wall_now
from engine.definitions.deploy import DefinitionStateConflict, Draft, NotDeployable
from engine.errors import Forbidden, Invalid, NotFound
from tests.engine.drawn import diagram, flow, node, path
from tests.engine.stories import ITEM, SYSTEM, accepted, open_tasks

TASK = (
    '<extensionElements><ow:assignment function="fire" level="city"/><ow:timeLimit promised="1" unit="working-day"/>'
    '<ow:public name="审查"/></extensionElements>'
)


def simple(task_id="review", inner=TASK, extra=""):
    return diagram(
        node("startEvent", "s"), node("userTask", task_id, inner), node("endEvent", "e"), path("s", task_id, "e"), extra
    )  # fmt: skip


def publish(engine, bpmn, item=ITEM):
    draft = engine.store_draft(SYSTEM, Draft(item, bpmn))
    return engine.publish(SYSTEM, UUID(draft["id"]))


def refused(engine, bpmn):
    with pytest.raises(NotDeployable) as error:
        publish(engine, bpmn)
    return error.value.params["findings"]


def rules(findings):
    return {(finding["rule"], finding["element"]) for finding in findings}


def test_a_version_is_published_and_running_cases_keep_theirs(engine, actor):
    before = accepted(engine, actor)
    answer = publish(engine, simple())
    assert (answer["state"], answer["version"]) == ("published", 2)
    after = accepted(engine, actor)
    assert len(open_tasks(engine, before)) == 6
    assert list(open_tasks(engine, after)) == ["review"]


@pytest.mark.parametrize("name", ["End", "Start", "Root", "p.EndJoin", "x.BoundaryEventSplit", "StartEventJoin"])
def test_an_id_that_the_engine_uses_itself_is_refused(engine, name):
    assert ("id-reserved", name) in rules(refused(engine, simple(name)))


def test_two_nodes_of_one_id_are_refused(engine):
    twice = simple(extra=node("userTask", "review", TASK))
    assert "review" in [finding["element"] for finding in refused(engine, twice)]


def test_a_flow_of_a_foreign_namespace_inside_extensions_is_no_flow():
    hidden = '<extensionElements><x:sequenceFlow xmlns:x="urn:foreign" id="h" sourceRef="s" targetRef="e"/></extensionElements>'
    compiled = compile_diagram(read(simple(inner=hidden)), "k")
    assert ProcessRun.start(compiled, Facts(), wall_now()).open_tasks() == {1: "review"}


@pytest.mark.parametrize("nobody", ["<loopCardinality>0</loopCardinality>", "<loopCardinality>-1</loopCardinality>"])
def test_a_multi_instance_of_nobody_is_refused(engine, nobody):
    inner = TASK + f"<multiInstanceLoopCharacteristics>{nobody}</multiInstanceLoopCharacteristics>"
    assert refused(engine, simple(inner=inner))


def test_an_empty_list_as_the_collection_is_refused(engine):
    inner = TASK.replace("</ext", '<ow:collection of="[]"/></ext') + "<multiInstanceLoopCharacteristics/>"
    assert refused(engine, simple(inner=inner))


@pytest.mark.parametrize(
    ("tag", "inner"),
    [
        ("scriptTask", "<script>import os</script>"),
        ("complexGateway", ""),
        ("intermediateThrowEvent", "<compensateEventDefinition/>"),
        ("intermediateCatchEvent", "<conditionalEventDefinition/>"),
        ("adHocSubProcess", ""),
    ],
)
def test_what_is_not_on_the_allow_list_is_refused_by_name(engine, tag, inner):
    odd = diagram(
        node("startEvent", "s"), node("userTask", "review", TASK), node(tag, "odd", inner), node("endEvent", "e"),
        path("s", "review", "odd", "e"),
    )  # fmt: skip
    assert ("not-supported", "odd") in rules(refused(engine, odd))


def test_what_would_mend_a_draft_comes_with_its_findings(engine):
    dead = diagram(node("startEvent", "s"), node("userTask", "review", TASK), path("s", "review"))
    found = next(each for each in refused(engine, dead) if each["rule"] == "implicit-end")
    assert (found["fix"]["safe"], found["fix_en"]["does"]) == (True, "Draws the end event that “review” implies")


def test_a_handler_that_nobody_registered_is_refused(engine):
    service = '<extensionElements><ow:service handler="call-the-bank"/></extensionElements>'
    calls = diagram(
        node("startEvent", "s"), node("userTask", "review", TASK), node("serviceTask", "bank", service), node("endEvent", "e"),
        path("s", "review", "bank", "e"),
    )  # fmt: skip
    assert ("handler-unknown", "bank") in rules(refused(engine, calls))


def test_a_diagram_that_multiplies_tokens_does_not_survive_its_trial(engine):
    count = 16
    parts = [node("startEvent", "s"), node("endEvent", "e"), node("userTask", "t"), flow("s", "g0"), flow("t", "e")]
    for n in range(count):
        parts += [node("parallelGateway", f"g{n}"), node("exclusiveGateway", f"x{n}")]
        parts += [flow(f"g{n}", f"x{n}", name=f"f{n}a"), flow(f"g{n}", f"x{n}", name=f"f{n}b")]
        parts.append(flow(f"x{n}", f"g{n + 1}" if n + 1 < count else "t"))
    with pytest.raises(NotDeployable):
        publish(engine, diagram(*parts))


def test_only_a_draft_is_published_and_only_once(engine):
    answer = publish(engine, simple())
    with pytest.raises(DefinitionStateConflict):
        engine.publish(SYSTEM, UUID(answer["id"]))
    with pytest.raises(NotFound):
        engine.publish(SYSTEM, UUID(int=7))


def test_a_clerk_deploys_nothing_and_what_is_published_must_be_in_the_catalogue(engine, actor):
    with pytest.raises(Forbidden):
        engine.store_draft(actor("clerk.chen"), Draft(ITEM, simple()))
    draft = engine.store_draft(SYSTEM, Draft("no-such-item", simple()))
    with pytest.raises(Invalid):
        engine.publish(SYSTEM, UUID(draft["id"]))


def test_publishing_tells_everything_at_once(engine):
    broken = diagram(node("startEvent", "s"), node("userTask", "a"), node("userTask", "b"), flow("s", "a"))
    assert len(refused(engine, broken)) >= 3
