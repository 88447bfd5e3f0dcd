"""The table of what runs: every line is tried, and every construct that SpiffWorkflow's parser knows is on one."""

from __future__ import annotations

from pathlib import Path

import pytest
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser

from engine.bpmn.judge import judge
from engine.bpmn.support import CONSTRUCTS, NOTED, REFUSED, RUNS, Construct, support_table
from tests.unit import credit_examples
from tests.unit.diagrams import (
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
from tests.unit.lint_examples import BAD, GOOD
from tests.unit.test_lint import (
    CANCEL,
    CHOICE,
    COMPLETION,
    DATE,
    LINK,
    SERVICE,
    SIGNAL,
    SIMPLE,
    after_task,
    around,
    caught,
    data,
    inside,
    reading,
    timed,
)
from tests.unit.vote_examples import RIGHT as VOTE

DOCS = Path(__file__).parents[2] / "docs" / "bpmn-support.md"
BEFORE = (
    '<message id="m" name="reply"/><signal id="sig" name="alarm"/><globalUserTask id="global"/><collaboration id="both">'
    '<participant id="pool" processRef="p"/><correlationKey id="ck"/></collaboration>'
)
COMPENSATE, CONDITION = "<compensateEventDefinition/>", "<conditionalEventDefinition/>"
Elements = tuple[str, ...]


def begun(*inner: str) -> Elements:
    return element("startEvent", "start", *inner), user("a"), end(), SIMPLE


def ended(*inner: str) -> Elements:
    return start(), user("a"), end("end", *inner), SIMPLE


def thrown(*inner: str) -> Elements:
    return around(element("intermediateThrowEvent", "a", *inner))


def border(*inner: str, host: str = "") -> Elements:
    return (*around(host or user("a")), boundary("b", "a", *inner), end("e2"), flows("b > e2"))


def throwing(kind: str, tag: str = "subProcess") -> Elements:
    inner = (start("s1"), user("a"), end("s2", f"<{kind}EventDefinition/>"), flows("s1 > a > s2"))
    return start(), element(tag, "s", *inner), end(), flows("start > s > end"), *caught(kind)


def task(tag: str, *inner: str, **attributes: str) -> Elements:
    return around(element(tag, "a", *inner, **attributes))


SPECIFICATION = (
    '<ioSpecification id="io"><dataInput id="di" name="x"/><dataOutput id="do"/><inputSet id="is"><dataInputRefs>di'
    '</dataInputRefs></inputSet><outputSet id="os"><dataOutputRefs>do</dataOutputRefs></outputSet></ioSpecification>'
)
ASSIGNED = element(
    *("dataInputAssociation", None, "<targetRef>di</targetRef><assignment><from>1</from><to>di</to></assignment>"),
)
OWNER = (
    "<potentialOwner><resourceAssignmentExpression><formalExpression>fire</formalExpression></resourceAssignmentExpression>"
    "</potentialOwner>"
)
SCRIPT = '<s:preScript xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core">x = 1</s:preScript>'
CALLED = f'<process id="q">{start("q1")}{user("qb")}{end("q2")}{flows("q1 > qb > q2")}</process>'
CHAIN = [f"n{number}" for number in range(998)]
RACE = (
    start(),
    gateway("eventBased", "g"),
    catch("t", timer("P1D")),
    element("receiveTask", "r", messageRef="m"),
    end(),
)

#: At least one example a line.
EXAMPLES: dict[str, list[Elements]] = {
    "start event, plain": [around(user("a"))],
    "start event: message, timer, signal, conditional": [
        *(begun(inner) for inner in (message("m"), timer("P1D"), SIGNAL, CONDITION))
    ],
    "several start events": [(*around(user("a")), start("again"), flows("again > a"))],
    "end event: cancel, elsewhere": [ended(CANCEL)],
    "boundary event: cancel on a transaction": [throwing("cancel", "transaction")],
    "boundary event: cancel elsewhere": [border(CANCEL)],
    "implicitThrowEvent": [task("implicitThrowEvent"), (*around(user("a")), element("implicitThrowEvent", "b"))],
    "decision (DMN table or expression) of a business rule task": [
        task("businessRuleTask", **{"camunda:decisionRef": "d"}),
        task("businessRuleTask", extended('<zeebe:calledDecision decisionId="d" resultVariable="r"/>')),
    ],
    "call activity of a global task": [task("callActivity", calledElement="global")],
    "multi-instance with an output item": [
        around(user("a", many("2", "<loopDataOutputRef>do</loopDataOutputRef>", '<outputDataItem id="o" name="o"/>')))
    ],
    "multi-instance over a list (loopDataInputRef)": [
        around(user("a", many(None, "<loopDataInputRef>di</loopDataInputRef>", '<inputDataItem id="o" name="o"/>')))
    ],
    "ioSpecification, properties, assignments of data associations": [
        around(user("a", SPECIFICATION, ASSIGNED)),
        around(user("a", '<property id="pr" name="x"/>'), '<property id="own" name="x"/>'),
    ],
    "correlation keys and subscriptions": [
        (*around(user("a")), '<correlationSubscription id="cs" correlationKeyRef="ck"/>')
    ],
    "multi-instance with another behavior than All": [
        around(user("a", many("2", behavior="One", oneBehaviorEventRef="sig")))
    ],
    "potentialOwner": [around(user("a", OWNER))],
    "resources, performer": [around(user("a", '<performer id="pf"><resourceRef>x</resourceRef></performer>'))],
    "scripts before and after a task": [around(user("a", extended(SCRIPT)))],
    "end event, plain": [around(user("a"))],
    "end event: terminate": [ended("<terminateEventDefinition/>")],
    "end event: message": [ended(message("m"))],
    "end event: signal": [ended(SIGNAL)],
    "end event: error": [throwing("error")],
    "end event: escalation": [throwing("escalation")],
    "end event: cancel": [throwing("cancel", "transaction")],
    "end event: compensation": [ended(COMPENSATE)],
    "timer on an end or throw event": [ended(timer("P1D")), thrown(timer("P1D"))],
    "intermediate throw event, plain": [thrown()],
    "intermediate throw event: message": [thrown(message("m"))],
    "intermediate throw event: signal, escalation": [thrown(SIGNAL)],
    "link events": [GOOD["link-unmatched"]],
    "intermediate throw event: compensation": [thrown(COMPENSATE)],
    "timer: date": [around(catch("a", DATE))],
    "timer: duration": [timed("P3D"), timed("'PT1H'")],
    "timer: cycle": [timed("R3/P1D", "timeCycle"), border(timer("R/P1D", "timeCycle"))],
    "timer: cron": [timed("0 0 9 * * MON-FRI", "timeCycle")],
    "intermediate catch event: timer, message, signal": [
        timed("P1D"),
        around(catch("a", message("m"))),
        around(catch("a", SIGNAL)),
    ],
    "intermediate catch event: conditional": [around(catch("a", CONDITION))],
    "intermediate catch event without definition": [around(catch("a"))],
    "boundary event: timer, message, signal, interrupting or not": [
        *(border(one) for one in (timer("P1D"), message("m"), SIGNAL))
    ],
    "boundary event: error, escalation on a task": [
        border("<errorEventDefinition/>"),
        border("<escalationEventDefinition/>"),
    ],
    "boundary event: error, escalation on a sub-process": [throwing("error"), throwing("escalation")],
    "boundary event: conditional": [border(CONDITION)],
    "boundary event: compensation": [border(COMPENSATE)],
    "several event definitions, parallelMultiple": [around(catch("a", timer("P1D"), message("m")))],
    "user task, manual task, task": [task(tag) for tag in ("userTask", "manualTask", "task")],
    "service task": [task("serviceTask", SERVICE)],
    "business rule task": [task("businessRuleTask", SERVICE)],
    "send task": [task("sendTask")],
    "receive task": [task("receiveTask", messageRef="m")],
    "receive task that instantiates": [task("receiveTask", messageRef="m", instantiate="true")],
    "script task": [task("scriptTask", "<script>x = 1</script>")],
    "sub-process": [inside(start("s1"), user("a"), end("s2"), flows("s1 > a > s2"))],
    "transaction": [
        task("transaction", start("s1"), user("t"), end("s2"), flows("s1 > t > s2")),
        throwing("cancel", "transaction"),
    ],
    "event sub-process": [
        (*around(user("a")), scope("s", start("s1"), end("s2"), flows("s1 > s2"), triggeredByEvent="true"))
    ],
    "ad-hoc sub-process": [task("adHocSubProcess", user("t"))],
    "call activity of a process in the same file": [task("callActivity", calledElement="q")],
    "call activity with `ow:commitment`": [credit_examples.RIGHT],
    "call activity of another file or of itself": [
        task("callActivity", calledElement="p"),
        task("callActivity", calledElement="x"),
    ],
    "standard loop": [around(user("a", loop("3"))), around(user("a", loop(None, "outcome == 'again'")))],
    "multi-instance, parallel or sequential": [
        around(user("a", many("2"))),
        around(user("a", many("2", isSequential="true"))),
    ],
    "task with `ow:return`": [GOOD["return-crosses-branches"]],
    "multi-instance task with `ow:vote`": [VOTE],
    "multi-instance without output item": [around(user("a", many("2")))],
    "completionCondition": [around(user("a", many("2", COMPLETION)))],
    "isForCompensation, startQuantity, completionQuantity": [
        *(around(user("a", **{name: text})) for name, text in (("isForCompensation", "true"), ("startQuantity", "2")))
    ],
    "exclusive gateway": [after_task(CHOICE, flows("start > a > x; x > end; x > a [form.again]"))],
    "inclusive gateway, also in loops": [GOOD["merge-may-double"]],
    "parallel gateway, also in loops": [GOOD["join-deadlock"]],
    "event-based gateway": [(*RACE, flows("start > g > t > end; g > r > end"))],
    "complex gateway, parallel event-based gateway": [
        *(task("complexGateway"), (*RACE, flows("start > g > t > end; g > r > end")))
    ],
    "several flows out of a task or event": [(*around(user("a")), end("e2"), flows("a > e2"))],
    "several flows into a task or event": [GOOD["start-trigger-ignored"]],
    "condition on a flow out of a task or parallel gateway": [
        (start(), user("a"), end(), flows("start > a; a > end [true]"))
    ],
    "flow to nowhere, or across a border": [
        (*around(user("a")), element("sequenceFlow", "f", sourceRef="a")),
        (*inside(start("s1"), user("a"), end("s2"), flows("s1 > a > s2")), flows("start > a")),
    ],
    "node without outgoing flow": [(start(), user("a"), flows("start > a"))],
    "loop without a way out, or in which nobody waits": [
        *(BAD["never-ends"], (start(), CHOICE, end(), flows("start > x > end; x > x [form.a]")))
    ],
    "a chain of 1,000 nodes": [(start(), *map(user, CHAIN), end(), flows(" > ".join(["start", *CHAIN, "end"])))],
    "data objects, data stores, associations": [
        (*around(user("a")), *data("d", "o"), element("dataObject", "o"), element("dataStoreReference", "st"))
    ],
    "data object out of a nested sub-process's reach": [
        inside(start("s1"), reading("d"), end("s2"), flows("s1 > r > s2"), *data("d", "nowhere"))
    ],
    "lanes": [("<laneSet id='ls'><lane id='l'><flowNodeRef>a</flowNodeRef></lane></laneSet>", *around(user("a")))],
    "pools, message flows": [around(user("a"))],
    "groups, text annotations": [
        (*around(user("a")), element("group", "g"), element("textAnnotation", "t", "<text>x</text>"))
    ],
    "choreographies, conversations": [],
    "expressions": [after_task(CHOICE, flows("start > a > x; x > end; x > a [form.area > 100]"))],
    "reserved, duplicate and unsafe ids": [
        *((start(), user(name), end(), flows(f"start > {name} > end")) for name in ("End", "p.EndJoin", "a:b")),
        (start(), user("a"), user("a"), end(), SIMPLE),
    ],
    "flows hidden among extension elements": [
        around(user("a", extended('<evil:sequenceFlow sourceRef="a" targetRef="end"/>')))
    ],
    "other tools' settings": [around(user("a", extended('<evil:thing x="1"/>')))],
}
LINES = [construct for _, constructs in CONSTRUCTS for construct in constructs]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_every_line_of_the_table_is_so(line: Construct) -> None:
    for elements in EXAMPLES[line.name]:
        text = list(elements)
        if line.name.startswith("complex"):
            text = [each.replace('Gateway id="g"', 'Gateway id="g" eventGatewayType="Parallel"') for each in elements]
        judgement = judge(diagram(*text, before=BEFORE + CALLED))
        found = {finding.rule: finding.severity for finding in judgement.findings}
        told = {rule for rule in line.rules if rule in found}
        assert judgement.deployable == (line.becomes != REFUSED), [finding.message_en for finding in judgement.findings]
        assert line.becomes != RUNS or not told, told
        assert line.becomes == RUNS or told, found
        assert line.becomes != NOTED or {found[rule] for rule in told} == {"warning"}


def test_the_table_is_fresh_and_whole() -> None:
    assert DOCS.read_text(encoding="utf-8") == support_table(), "write support.support_table() to docs/bpmn-support.md"
    assert {line.name for line in LINES} == set(EXAMPLES)


def test_every_construct_that_the_stock_parser_knows_is_on_the_list() -> None:
    shown = "".join(text for examples in EXAMPLES.values() for elements in examples for text in elements)
    known = {tag.rpartition("}")[2] for tag in BpmnParser.PARSER_CLASSES}
    assert [tag for tag in sorted(known) if f"<{tag} " not in shown] == []
    kinds = [
        "timer",
        "message",
        "signal",
        "error",
        "escalation",
        "conditional",
        "link",
        "compensate",
        "terminate",
        "cancel",
    ]
    assert [kind for kind in kinds if f"<{kind}EventDefinition" not in shown] == []
    assert CANCEL in shown
    assert LINK in shown
