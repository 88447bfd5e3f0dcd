import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.bpmn.lint import MOST_FINDINGS, RULES, deployable, lint, rules_table
from engine.bpmn.model import Finding
from engine.bpmn.read import read
from engine.bpmn.rules.subject import MAX_CONDITIONS, MAX_FLOWS
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

DOCS = Path(__file__).parents[2] / "docs" / "lint.md"
DRAWINGS = Path(os.environ.get("ONEWINDOW_DRAWINGS", Path(__file__).parents[3] / "shared" / "corpus" / "drawings"))

MESSAGE = '<message id="m" name="reply"/><signal id="sig" name="alarm"/><error id="err" errorCode="E1"/>'
CHOICE = gateway("exclusive", "x", default="x_end")
SERVICE = extended('<ow:service handler="credit-check"/>')
CONDITION = "<conditionExpression>{}</conditionExpression>"
CHOOSING_S2 = gateway("exclusive", "y", default="y_s2")
X_TO_END = {"sourceRef": "x", "targetRef": "end"}
PASSED = "outcome == 'passed'"
SIMPLE = flows("start > a > end")


def findings(*elements: str, profile: str = "bpmn", before: str = "") -> list[Finding]:
    return lint(read(diagram(*elements, before=before)), profile)


def ids(found: list[Finding]) -> set[str]:
    return {finding.rule for finding in found} - {"no-picture", "foreign-translated"}


def inside(*elements: str) -> tuple[str, ...]:
    """A process whose one activity is a sub-process of these elements."""
    return start(), scope("s", *elements), end(), flows("start > s > end")


def around(activity: str, *more: str) -> tuple[str, ...]:
    """A process whose one activity has the id `a`."""
    return start(), activity, end(), SIMPLE, *more


def after_task(*more: str) -> tuple[str, ...]:
    """Start, task `a`, then whatever `more` draws; `end` is there."""
    return start(), user("a"), end(), *more


def reading(ref: str) -> str:
    """A task `r` that reads a data object reference."""
    return user("r", f"<dataInputAssociation><sourceRef>{ref}</sourceRef></dataInputAssociation>")


def data(id: str, object: str) -> tuple[str, ...]:
    """A data object reference and what it leads to."""
    return (element("dataObjectReference", id, dataObjectRef=object),)


SIGNAL = '<signalEventDefinition signalRef="sig"/>'
ERROR_END = '<errorEventDefinition errorRef="err"/>'
CANCEL = "<cancelEventDefinition/>"
LINK = '<linkEventDefinition name="on"/>'


def timed(text: str, kind: str = "timeDuration") -> tuple[str, ...]:
    return around(catch("a", timer(text, kind)))


def caught(kind: str) -> tuple[str, ...]:
    """A boundary event on the sub-process `s` that takes what is thrown within, and where it leads."""
    return boundary("b", "s", f"<{kind}EventDefinition/>"), end("e2"), flows("b > e2")


VALID: list[tuple[str, ...]] = [
    around(user("a")),
    around(element("manualTask", "a")),
    around(element("task", "a")),
    around(element("serviceTask", "a", SERVICE)),
    around(element("receiveTask", "a", messageRef="m")),
    around(catch("a", message("m"))),
    around(element("intermediateThrowEvent", "a")),
    (start(), user("a"), end("end", "<terminateEventDefinition/>"), SIMPLE),
    *(around(catch("a", timer(text))) for text in ("PT1H", "P3D", "P1M", "'P1W'", '"PT5M"', "${form.wait}")),
    *(around(catch("a", timer(text, "timeDate"))) for text in ("2026-03-01", "2026-03-01T09:00+08:00", "${form.day}")),
    *(around(catch("a", timer(text))) for text in ("PT1S", "PT1.5S", "P100Y")),
    *(around(catch("a", timer(text, "timeDate"))) for text in ("2000-01-01", "9000-12-31")),
    around(element("serviceTask", "a", extended('<ow:service handler="other"/><ow:document kind="receipt"/>'))),
    around(user("a", loop("3"))),
    around(user("a", loop(None, "outcome == 'again'"))),
    around(user("a", many("3"))),
    around(user("a", many("${len(form.departments)}"))),
    around(user("a", extended('<ow:collection of="form.departments"/>'), many(isSequential="true"))),
    around(user("a", many(**{"camunda:collection": "${form.departments}"}))),
    around(user("a"), boundary("b", "a", timer("P1D"), cancelActivity="false"), end("e2"), flows("b > e2")),
    around(user("a", many("2")), boundary("b", "a", message("m")), end("e2"), flows("b > e2")),
    inside(start("s1"), user("a"), end("s2"), flows("s1 > a > s2")),
    around(element("transaction", "a", start("s1"), user("t"), end("s2"), flows("s1 > t > s2"))),
    around(element("sendTask", "a", SERVICE)),
    around(element("businessRuleTask", "a", SERVICE)),
    *(around(element(tag, "a", SERVICE, loop("2"))) for tag in ("serviceTask", "sendTask")),
    *(timed(text, "timeCycle") for text in ("R3/PT10H", "R/P1D")),
    around(
        user("a"), boundary("b", "a", timer("R/P1D", "timeCycle"), cancelActivity="false"), end("e2"), flows("b > e2")
    ),
    around(catch("a", SIGNAL)),
    around(element("intermediateThrowEvent", "a", SIGNAL)),
    (start(), user("a"), end("end", SIGNAL), SIMPLE),
    (*inside(start("s1"), user("a"), end("s2", ERROR_END), flows("s1 > a > s2")), *caught("error")),
    (
        *inside(start("s1"), user("a"), end("s2", "<escalationEventDefinition/>"), flows("s1 > a > s2")),
        *caught("escalation"),
    ),
    (
        *(start(), element("transaction", "s", start("s1"), user("t"), end("s2", CANCEL), flows("s1 > t > s2"))),
        *(end(), flows("start > s > end"), *caught("cancel")),
    ),
    (
        *(start(), user("a"), element("intermediateThrowEvent", "to", LINK), catch("from", LINK), end()),
        flows("start > a > to; from > end"),
    ),
    after_task(CHOICE, user("b"), flows(f"start > a > x; x > end; x > b [{PASSED}]; b > end")),
    after_task(CHOICE, flows(f"start > a > x; x > end; x > a [${{{PASSED}}}]")),
    (start(), user("审查"), end(), flows("start > 审查 > end")),
    (start(), user("a"), end(), SIMPLE.replace(' id="a_end"', "")),
    inside(start("s1"), reading("d"), end("s2"), flows("s1 > r > s2"), *data("d", "o"), element("dataObject", "o")),
    (*inside(start("s1"), reading("d"), end("s2"), flows("s1 > r > s2"), *data("d", "o")), element("dataObject", "o")),
    after_task(CHOICE, flows("start > a > x; x > end; x > a [case.outcomes.a == 'passed' and case.round < 3]")),
    after_task(
        gateway("parallel", "f"),
        user("b"),
        user("c"),
        gateway("parallel", "j"),
        flows("start > a > f > b > j > end; f > c > j"),
    ),
    after_task(
        gateway("inclusive", "f", default="f_b"),
        user("b"),
        user("c"),
        gateway("inclusive", "j"),
        flows("start > a > f > b > j > end; f > c [form.c]; c > j"),
    ),
    (
        start(),
        gateway("eventBased", "g"),
        catch("t", timer("P1D")),
        element("receiveTask", "r", messageRef="m"),
        end(),
        flows("start > g > t > end; g > r > end"),
    ),
    (
        *(
            start(),
            user("a"),
            user("b"),
            gateway("exclusive", "m1"),
            gateway("exclusive", "f", default="f_a"),
            CHOICE,
            end(),
        ),
        flows("start > f > a > m1 > x > end; f > b [form.big]; b > m1; x > f [outcome == 'again']"),
    ),
    (
        start(),
        scope(
            "s",
            extended('<ow:collection of="form.departments"/>'),
            many(),
            *(start("s1"), user("a", extended('<ow:assignment function="{item}" level="city"/>')), end("s2")),
            gateway("exclusive", "y", default="y_s2"),
            flows("s1 > a > y > s2; y > a [item == 'fire' and index == 0]"),
        ),
        end(),
        flows("start > s > end"),
    ),
]


@pytest.mark.parametrize("elements", VALID, ids=range(len(VALID)))
def test_what_is_allowed_has_no_findings(elements: tuple[str, ...]) -> None:
    found = findings(*elements, before=MESSAGE)
    assert ids(found) == set(), [finding.message_en for finding in found]
    assert deployable(found)


def choosing(condition: str) -> tuple[str, ...]:
    return after_task(CHOICE, flows(f"start > a > x; x > end; x > a [{condition}]"))


def waiting_again(*way: str, back: str) -> tuple[str, ...]:
    """Start, merge `m`, catch event `t` made of `way`, then a choice between the end and the flows `back`."""
    drawn = (start(), gateway("exclusive", "m"), catch("t", way[0]), CHOICE, end(), *way[1:])
    return (*drawn, flows(f"start > m > t > x > end; {back}"))


def with_many(condition: str, *, inner: bool = False) -> tuple[str, ...]:
    """A choice by `condition` behind the multi-instance `a`: a task, or a task in a sub-process."""
    inside_of = (many("2"), start("s1"), user("a"), end("s2"), flows("s1 > a > s2"))
    activity = scope("s", *inside_of) if inner else user("a", many("2"))
    name = "s" if inner else "a"
    return start(), activity, CHOICE, end(), flows(f"start > {name} > x > end; x > {name} [{condition}]")


AGAIN = "x > m [form.again]"
DATE = timer("2026-03-01", "timeDate")
ALL_PASSED = "not contains(case.all_outcomes.a, 'faults')"
PARALLEL = (user("b"), user("c"), gateway("parallel", "j"))
COMPLETION = "<completionCondition>true</completionCondition>"

#: Conditions that compile and fail on whatever facts there are: no decision, or values that can't be computed with.
NEVER_COMPUTED = (
    *("5", "'yes'", "not 3", "outcome", "case.round", "len(form.a)", "form.a and 'x'", "form.a + 'x'", "[form.a]"),
    *("'a' > 1", "outcome > 3", "len(3) > 1", "case.round in 5", "1 / 0 == 1", "'x' if form.a else 'y'"),
)
INVALID: list[tuple[str, tuple[str, ...]]] = [
    (
        "event-gateway-boundary",
        (
            *(start(), gateway("eventBased", "g"), catch("t", timer("P1D")), end(), end("e2")),
            *(element("receiveTask", "r", messageRef="m"), boundary("b", "r", timer("P30D"))),
            flows("start > g > t > end; g > r > end; b > e2"),
        ),
    ),
    ("outcome-of-many", with_many(PASSED)),
    ("outcome-of-many", with_many("case.outcomes.a == 'passed'")),
    ("outcome-of-many", with_many("form.x and case['outcomes'].a != null", inner=True)),
    ("outcome-of-many", (*with_many("form.x"), catch("t", timer("${case.outcomes.a}")), flows("t > end"))),
    ("expression-invalid", with_many("contains(case.all_outcomes.nobody, 'x')")),
    ("expression-invalid", around(user("a", loop(None, "index < 2")))),
    *(("timer-out-of-range", timed(text)) for text in ("PT0S", "PT0.9S", "P0D", "P101Y", "P1300M")),
    *(
        ("timer-out-of-range", timed(text, "timeDate"))
        for text in ("0001-01-01", "1999-12-31", "9001-01-01", "9999-12-31T23:59-12:00")
    ),
    ("date-in-loop", waiting_again(DATE, back=AGAIN)),
    (
        "date-in-loop",
        (
            *(start(), user("a"), boundary("b", "a", DATE), gateway("exclusive", "m"), end()),
            flows("start > m > a > end; b > m"),
        ),
    ),
    (
        "date-in-loop",
        around(scope("a", loop(None, "form.a"), start("s1"), catch("t", DATE), end("s2"), flows("s1>t>s2"))),
    ),
    (
        "date-in-loop",
        (
            *(start(), gateway("exclusive", "m"), CHOICE, end()),
            scope("s", start("s1"), catch("t", DATE), end("s2"), flows("s1 > t > s2")),
            flows(f"start > m > s > x > end; {AGAIN}"),
        ),
    ),
    *(("id-malformed", (start(), user(f"{name}"), end(), SIMPLE)) for name in (" a", "a ", " a\u00a0")),
    ("id-malformed", (*around(user("a")), element("dataObject", " d "))),
    ("id-duplicate", (*around(user("a")), user(" a "))),
    *(
        ("function-braces", around(user("a", many("2"), extended(f'<ow:assignment function="{function}"/>'))))
        for function in ("x-{item}", "{index}", "{item", "{{item}}")
    ),
    ("function-braces", around(user("a", extended('<ow:document kind="x" function="{item}"/>')))),
    *(("extension-value", around(user("a", extended(f'<ow:timeLimit legal="{n}" unit="month"/>')))) for n in (0, 3651)),
    ("not-supported", around(element("scriptTask", "a", "<script>1</script>"))),
    ("message-sent-to-nobody", around(element("sendTask", "a"))),
    ("service-handler-missing", around(element("businessRuleTask", "a"))),
    ("call-missing", around(element("callActivity", "a", calledElement="q"))),
    ("call-missing", around(element("callActivity", "a"))),
    ("call-recursive", around(element("callActivity", "a", calledElement="p"))),
    ("not-supported", around(element("adHocSubProcess", "a", user("t")))),
    ("not-supported", around(element("complexGateway", "a"))),
    ("not-supported", around(element("choreographyTask", "a"))),
    ("not-supported", around(element("thing", "a"))),
    ("message-sent-to-nobody", (start(), user("a"), end("end", message("m")), SIMPLE)),
    ("throw-uncaught", (start(), user("a"), end("end", "<errorEventDefinition/>"), SIMPLE)),
    ("throw-uncaught", around(element("intermediateThrowEvent", "a", "<escalationEventDefinition/>"))),
    ("not-supported", (start(), user("a"), end("end", "<cancelEventDefinition/>"), SIMPLE)),
    ("start-trigger-ignored", (element("startEvent", "start", timer("P1D")), user("a"), end(), SIMPLE)),
    ("start-trigger-ignored", (element("startEvent", "start", message("m")), user("a"), end(), SIMPLE)),
    (
        "link-unmatched",
        (
            start(),
            user("a"),
            element("intermediateThrowEvent", "to", "<linkEventDefinition/>"),
            flows("start > a > to"),
        ),
    ),
    ("link-unmatched", (*around(user("a")), catch("from", "<linkEventDefinition/>"), flows("from > end"))),
    ("signal-unnamed", around(catch("a", "<signalEventDefinition/>"))),
    ("signal-unnamed", around(element("intermediateThrowEvent", "a", "<signalEventDefinition/>"))),
    ("not-supported", around(element("intermediateThrowEvent", "a", "<compensateEventDefinition/>"))),
    *(
        ("not-supported", around(catch("a", f"<{kind}EventDefinition/>")))
        for kind in ("conditional", "error", "escalation", "cancel", "terminate", "odd")
    ),
    ("not-supported", around(catch("a"))),
    ("not-supported", around(catch("a", timer("P1D"), message("m")))),
    ("not-supported", around(catch("a", "<eventDefinitionRef>t</eventDefinitionRef>"))),
    *(
        ("timer-invalid", timed(text, "timeCycle"))
        for text in ("R0/PT1H", "R3", "PT1H", "0 0 9 * * MON", "R/2026-01-01/PT1H")
    ),
    ("timer-out-of-range", timed("R/PT0S", "timeCycle")),
    (
        "event-never-happens",
        around(user("a"), boundary("b", "a", "<errorEventDefinition/>"), end("e2"), flows("b > e2")),
    ),
    ("not-supported", around(user("a", many("2", COMPLETION)))),
    ("not-supported", around(user("a", isForCompensation="true"))),
    ("not-supported", around(element("receiveTask", "a", messageRef="m", instantiate="true"))),
    (
        "not-supported",
        (*around(user("a")), scope("s", start("s1"), end("s2"), flows("s1 > s2"), triggeredByEvent="true")),
    ),
    ("service-handler-missing", around(element("serviceTask", "a"))),
    ("message-unnamed", around(catch("a", message("nowhere")))),
    ("message-unnamed", around(element("receiveTask", "a"))),
    ("id-missing", (start(), element("userTask", None), user("a"), end(), SIMPLE)),
    *(
        ("id-malformed", (start(), user(name), end(), flows(f"start > {name.replace('>', '')} > end")))
        for name in ("a:b", "a[1]", "it's", "a/b", "a\u202eb", "x" * 129)
    ),
    *(("id-unusual", (start(), user(name), end(), flows(f"start > {name} > end"))) for name in ("a b", "1a", "-")),
    ("flow-hidden", around(user("a", extended('<evil:sequenceFlow sourceRef="a" targetRef="end"/>')))),
    ("flow-hidden", (*around(user("a")), '<evil:sequenceFlow sourceRef="start" targetRef="end"/>')),
    ("flow-hidden", around(user("a", extended("<evil:x><boundaryEvent/></evil:x>")))),
    (
        "data-object-unresolvable",
        inside(start("s1"), reading("d"), end("s2"), flows("s1 > r > s2"), *data("d", "nowhere")),
    ),
    (
        "data-object-unresolvable",
        (
            *inside(
                *(start("s1"), scope("t", start("t1"), reading("d"), end("t2"), flows("t1 > r > t2")), end("s2")),
                flows("s1 > t > s2"),
            ),
            *data("d", "o"),
            element("dataObject", "o"),
        ),
    ),
    ("reference-dangling", (*around(user("a")), *data("d", "nowhere"))),
    ("reference-dangling", (start(), user("a"), end("end", message("nowhere")), SIMPLE)),
    ("id-duplicate", (start(), user("a"), user("a"), end(), SIMPLE)),
    ("id-duplicate", (start(), user("a"), end(), SIMPLE, element("dataObject", "a"))),
    *(
        ("id-reserved", (start(), user(name), end(), flows(f"start > {name} > end")))
        for name in ("Start", "End", "Root", "p.EndJoin", "a.BoundaryEventSplit", "a.BoundaryEventJoin", "a [child]")
    ),
    ("flow-dangling", (*around(user("a")), element("sequenceFlow", "f", sourceRef="a"))),
    ("flow-dangling", (*around(user("a")), element("sequenceFlow", "f", sourceRef="nobody", targetRef="a"))),
    ("flow-dangling", (*around(user("a")), element("sequenceFlow", "f", sourceRef="a", targetRef="start_a"))),
    ("flow-crosses-scope", (*inside(start("s1"), user("a"), end("s2"), flows("s1 > a > s2")), flows("start > a"))),
    ("boundary-detached", (*around(user("a")), boundary("b", "nobody", timer("P1D")), end("e2"), flows("b > e2"))),
    ("boundary-detached", (*around(user("a")), boundary("b", "start", timer("P1D")), end("e2"), flows("b > e2"))),
    ("boundary-incoming", (*around(user("a")), boundary("b", "a", timer("P1D")), end("e2"), flows("b > e2; a > b"))),
    (
        "default-invalid",
        after_task(gateway("exclusive", "x", default="start_a"), flows("start > a > x > end; x > a [form.c1]")),
    ),
    (
        "default-ignored",
        (start(), user("a"), gateway("exclusive", "x", default="start_a"), end(), flows("start > a > x > end")),
    ),
    ("default-ignored", around(user("a", default="a_end"))),
    ("start-missing", (user("a"), end(), flows("a > end"))),
    ("start-missing", inside(user("a"), end("s2"), flows("a > s2"))),
    ("start-several", (*around(user("a")), start("s2"), flows("s2 > a"))),
    ("start-incoming", (*around(user("a")), flows("a > start"))),
    ("end-outgoing", (*around(user("a")), flows("end > a"))),
    ("implicit-end", (start(), user("a"), flows("start > a"))),
    ("dead-end", (start(), gateway("eventBased", "g"), flows("start > g"))),
    ("implicit-fork", (*around(user("a")), end("e2"), flows("a > e2"))),
    ("implicit-fork", (*around(user("a")), user("b"), flows("start > b > end"))),
    ("condition-misplaced", (start(), user("a"), end(), flows("start > a; a > end [true]"))),
    ("condition-misplaced", after_task(gateway("parallel", "f"), flows("start > a > f; f > end [true]"))),
    (
        "condition-missing",
        after_task(gateway("exclusive", "x"), user("b"), flows("start > a > x > b > end; x > end [form.a]")),
    ),
    (
        "default-missing",
        after_task(gateway("exclusive", "x"), user("b"), flows("start > a > x > b > end; x > end [form.a]")),
    ),
    ("default-with-condition", after_task(CHOICE, flows("start > a > x; x > end [form.a]; x > a [form.b]"))),
    ("event-gateway-target", (start(), gateway("eventBased", "g"), user("a"), end(), flows("start > g > a > end"))),
    (
        "event-gateway-target",  # nothing is waited for at a link: the message beside it would never get its turn
        (
            *(start(), gateway("eventBased", "g"), catch("l", '<linkEventDefinition name="L"/>')),
            *(element("receiveTask", "r", messageRef="m"), end(), flows("start > g > l > end; g > r > end")),
        ),
    ),
    (
        "event-gateway-target",
        (
            *(
                start(),
                gateway("eventBased", "g"),
                catch("t", timer("P1D")),
                user("a"),
                gateway("exclusive", "x"),
                end(),
            ),
            flows("start > g > t > a > x > end; x > t [form.a]"),
        ),
    ),
    (
        "join-deadlock",
        after_task(gateway("parallel", "j"), CHOICE, flows("start > a > j > x > end; x > j [form.again]")),
    ),
    (
        "join-deadlock",
        after_task(
            gateway("exclusive", "x", default="x_b"),
            *PARALLEL,
            flows("start > a > x > b > j > end; x > c [form.c]; c > j"),
        ),
    ),
    (
        "inclusive-deadlock",
        (
            *(start(), gateway("parallel", "f"), gateway("inclusive", "i"), user("a"), user("b")),
            *(gateway("inclusive", "j"), gateway("exclusive", "x", default="x_end"), end()),
            flows("start > f > i > a > j > x > end; f > b > j; x > i [outcome == 'back']"),
        ),
    ),
    ("unreachable", (*around(user("a")), user("b"), flows("b > end"))),
    ("no-exit", (start(), user("a"), user("b"), end(), flows("start > a > b > a"))),
    ("automatic-loop", (start(), CHOICE, end(), flows("start > x > end; x > x [form.a]"))),
    (
        "automatic-loop",
        (start(), element("serviceTask", "a", SERVICE), CHOICE, end(), flows("start > a > x > end; x > a [form.a]")),
    ),
    (
        "automatic-loop",
        (
            *(start(), scope("a", start("s1"), element("serviceTask", "t", SERVICE), end("s2"), flows("s1 > t > s2"))),
            *(CHOICE, end(), flows("start > a > x > end; x > a [form.a]")),
        ),
    ),
    (
        "automatic-loop",
        around(scope("a", loop(None, "form.a"), start("s1"), end("s2"), flows("s1 > s2"))),
    ),
    ("expression-invalid", choosing("nobody ==")),
    ("name-bare", choosing("nobody == 1")),
    ("foreign-refused", choosing("${bean.check(x)}")),
    ("expression-invalid", choosing("case.outcomes.nobody == 1")),
    ("expression-invalid", choosing("__import__('os').system('id')")),
    ("expression-invalid", choosing("item == 1")),
    *(("expression-invalid", choosing(text)) for text in NEVER_COMPUTED),
    ("expression-invalid", timed("${nobody(}")),
    ("expression-invalid", timed("${case.round}")),
    ("expression-invalid", around(user("a", loop(None, "5")))),
    ("expression-invalid", around(user("a", many(**{"camunda:collection": "form.a == form.b"})))),
    ("expression-invalid", around(user("a", many("a b c")))),
    ("expression-invalid", around(user("a", many(**{"camunda:collection": "all assignees"})))),
    ("expression-invalid", around(user("a", loop(None, "9**9")))),
    *(
        ("timer-invalid", timed(text))
        for text in ("", "5 days", "P", "PT", "-P1D", "P1Y2X", "2026-03-01", "0 0 9 * * MON")
    ),
    *(("timer-invalid", timed(text, "timeDate")) for text in ("", "tomorrow", "2026-02-30", "P1D", "=now()")),
    ("timer-invalid", around(catch("a", "<timerEventDefinition/>"))),
    *(
        ("loop-invalid", around(user("a", many(text))))
        for text in ("0", "-1", "101", "1000000000", "2.5", "'3'", "true")
    ),
    *(("loop-invalid", around(user("a", many(**{"evil:collection": text})))) for text in ("[]", "3", "'abc'")),
    ("loop-invalid", around(user("a", many()))),
    ("loop-invalid", around(user("a", many("2", **{"evil:collection": "form.x"})))),
    ("loop-invalid", around(user("a", loop()))),
    *(("loop-invalid", around(user("a", loop(text)))) for text in ("0", "1001", "abc", "-1", "1.5", "9" * 5000)),
    ("outcome-unclear", (start(), user("a"), CHOICE, end(), flows(f"start > x > end; x > a [{PASSED}]; a > end"))),
    (
        "outcome-unclear",
        after_task(
            gateway("parallel", "f"),
            *PARALLEL,
            CHOICE,
            flows(f"start > a > f > b > j > x > end; f > c > j; x > a [{PASSED}]"),
        ),
    ),
    (
        "outcome-unclear",
        (
            *inside(start("s1"), user("a"), end("s2"), flows("s1 > a > s2"))[:2],
            CHOICE,
            end(),
            flows(f"start > s > x > end; x > s [{PASSED}]"),
        ),
    ),
    (
        "outcome-unclear",
        after_task(boundary("b", "a", timer("P1D")), CHOICE, flows(f"start > a > end; b > x > end; x > a [{PASSED}]")),
    ),
    ("time-limit-unit", around(user("a", extended('<ow:timeLimit legal="20"/>')))),
    ("outcome-unknown", around(user("a", extended('<ow:outcomes values="a,b" opinionRequiredFor="c"/>')))),
    ("item-outside-loop", around(user("a", extended('<ow:assignment function="{item}"/>')))),
    ("collection-without-loop", around(user("a", extended('<ow:collection of="form.x"/>')))),
    ("foreign-ignored", around(user("a", **{"camunda:priority": "1"}))),
    ("extension-unknown", around(user("a", extended("<ow:nothing/>")))),
]


@pytest.mark.parametrize(("rule", "elements"), INVALID, ids=[f"{n}-{rule}" for n, (rule, _) in enumerate(INVALID)])
def test_what_is_wrong_is_found(rule: str, elements: tuple[str, ...]) -> None:
    found = findings(*elements, before=MESSAGE)
    assert rule in ids(found), [finding.message_en for finding in found]
    weight = {each.id: each.severity for each in RULES}
    assert deployable(found) == all(weight[finding.rule] != "error" for finding in found)


COMPLETE = (
    '<ow:assignment function="fire" level="city"/><ow:timeLimit legal="20" promised="10" unit="working-day"/>'
    '<ow:public name="消防验收"/>'
)
APPLICANT = '<ow:assignment applicant="true"/><ow:public name="补正材料"/>'


@pytest.mark.parametrize(
    ("rules", "inner"),
    [
        (set(), COMPLETE),
        (set(), APPLICANT),
        ({"assignment-missing", "time-limit-missing", "public-name-missing"}, ""),
        ({"level-missing"}, COMPLETE.replace(' level="city"', "")),
        ({"time-limit-missing"}, COMPLETE.replace(' legal="20" promised="10"', "")),
        ({"promise-exceeds-law"}, COMPLETE.replace('"10"', '"21"')),
        ({"public-name-missing"}, COMPLETE.replace("消防验收", "")),
        *(
            ({"public-name-personal"}, COMPLETE.replace("消防验收", text))
            for text in (
                "张三先生审核",
                "联系13800138000",
                "a.b@example.org",
                "11010519491231002X 的补正",
                "王处长审批",
            )
        ),
        *(
            (set(), COMPLETE.replace("消防验收", text))
            for text in ("园林局长审批", "第2026031234567890123号文", "处长审批")
        ),
    ],
)
def test_an_approval_says_who_by_when_and_what_the_public_sees(rules: set[str], inner: str) -> None:
    elements = around(user("a", extended(inner)))
    assert ids(findings(*elements, profile="approval")) == rules
    assert ids(findings(*elements)) == set()


def undecided(first: str, second: str, *inner: str) -> set[str]:
    """The rules found at a choice of two conditions without a default, behind the task `a`."""
    choice = gateway("exclusive", "x")
    way = flows(f"start > a > x; x > end [{first}]; x > b [{second}]; b > end")
    return ids(findings(start(), user("a", extended(*inner)), user("b"), choice, end(), way))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("form.x > 5", "form.x <= 5"),
        ("form.x &gt;= 5", "5 > form.x"),
        ("form.a", "not form.a"),
        ("form.a == true", "form.a != true"),
        ("form.a > form.b", "form.a <= form.b"),
        ("form.x == 'a'", "form.x not in ['a', 'b'] or form.x == 'b'"),
        ("outcome == 'passed'", "outcome == 'faults'"),
        ("case.outcomes.a == 'passed'", "case.outcomes.a == 'faults'"),
        ("len(form.list) > 2", "len(form.list) <= 2"),
        ("form.x == null", "form.x != null and (form.y or !form.y)"),
        ("true", "form.x"),
    ],
)
def test_conditions_that_cover_every_case_need_no_default(first: str, second: str) -> None:
    assert undecided(first.replace("&gt;", ">"), second, '<ow:outcomes values="passed,faults"/>') == set()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("form.x > 5", "form.x < 5"),
        ("form.a == true", "form.a == false"),
        ("form.x == 'a'", "form.x == 'b'"),
        ("outcome == 'passed'", "outcome == 'other'"),
        ("form.a", "form.b"),
        ("form.a > form.b", "form.b > form.a"),
        ("len(form.list) > 2", "len(form.list) < 2"),
        ("form.x > 5 and form.y", "form.x <= 5"),
        ("form.x == null", "form.ok"),
    ],
)
def test_conditions_that_leave_a_case_open_need_one(first: str, second: str) -> None:
    found = undecided(first, second, '<ow:outcomes values="passed,faults"/>')
    assert found - {"outcome-not-declared"} == {"default-missing"}
    assert "default-missing" in undecided("outcome == 'passed'", "outcome == 'faults'")


def test_an_unmarked_process_is_told_to_be_marked_and_judged_all_the_same() -> None:
    found = lint(read(diagram(start(), user("a"), flows("start > a"), process='id="p" isExecutable="false"')))
    assert ids(found) == {"not-executable", "implicit-end"}


def test_of_several_pools_only_the_executable_one_is_judged() -> None:
    partner = '<process id="partner">' + user("x") + "</process>"
    assert ids(findings(*around(user("a")), before=partner)) == set()
    twice = partner.replace('id="partner"', 'id="partner" isExecutable="true"')
    assert "several-executable" in ids(findings(*around(user("a")), before=twice))


def test_a_process_that_says_nothing_of_it_is_taken_to_be_executable() -> None:
    found = lint(read(diagram(*around(user("a")), process='id="p"')))
    assert ids(found) == {"executable-unmarked"}
    assert deployable(found)
    two = '<process id="q">' + user("b") + "</process>"
    assert "not-executable" in ids(lint(read(diagram(*around(user("a")), process='id="p"', before=two))))


def test_a_called_process_may_be_executable_too() -> None:
    called = f'<process id="q" isExecutable="true">{start("q1")}{user("b")}{end("q2")}{flows("q1 > b > q2")}</process>'
    assert ids(findings(*around(element("callActivity", "a", calledElement="q")), before=called)) == set()


def test_a_process_without_an_id_is_found() -> None:
    assert "id-missing" in ids(lint(read(diagram(*around(user("a")), process='isExecutable="true"'))))


def test_findings_come_by_line_and_name_the_element() -> None:
    found = findings("\n", user("a", name="审查"), "\n", user("b"))
    assert [finding.line for finding in found] == sorted(finding.line for finding in found)
    dead = next(finding for finding in found if finding.rule == "implicit-end" and finding.element == "a")
    assert dead.name == "审查"
    assert "审查" in dead.message
    assert dead.as_data("en")["docs"] == "docs/lint/implicit-end.md"


def test_a_refused_element_is_told_what_to_draw_instead() -> None:
    found = next(f for f in findings(*around(element("adHocSubProcess", "a"))) if f.rule == "not-supported")
    assert "adHocSubProcess" in found.message
    assert "子流程" in found.advice


def test_a_diagram_too_large_is_refused_in_bounded_work() -> None:
    tasks = "".join(user(f"t{n}") for n in range(20_000))
    found = findings(*around(user("a")), tasks)
    assert {"too-many-nodes", "too-many-findings"} & ids(found)
    assert len(found) == MOST_FINDINGS + 1


def test_a_long_chain_is_walked_without_recursion() -> None:
    chain = " > ".join(["start", *(f"t{n}" for n in range(5000)), "end"])
    found = findings(start(), *(user(f"t{n}") for n in range(5000)), end(), flows(chain))
    assert ids(found) == {"too-many-nodes", "too-many-flows"}


@pytest.mark.parametrize("count", [MAX_CONDITIONS + 1, MAX_FLOWS + 1, 12_000])
def test_too_many_conditions_are_counted_not_compiled(count: int) -> None:
    condition = "+".join(["1"] * 95) + " == "
    branches = (element("sequenceFlow", f"f{n}", CONDITION.format(condition), **X_TO_END) for n in range(count))
    found = findings(*after_task(CHOICE, flows("start > a > x > end")), *branches)
    assert ids(found) == {"too-many-flows"}


def test_a_flood_of_findings_hides_no_finding_about_the_size() -> None:
    misspelt = (user(f"t{n}", extended("<ow:nothing/>")) for n in range(3000))
    assert {"too-many-nodes", "too-many-findings"} <= ids(findings(*misspelt))


def test_the_outcome_of_many_is_told_the_list_of_all() -> None:
    found = next(f for f in findings(*with_many("case.outcomes.a == 'passed'")) if f.rule == "outcome-of-many")
    assert "contains(case.all_outcomes.a, 'faults')" in found.advice_en
    completion = next(f for f in findings(*around(user("a", many("2", COMPLETION)))) if f.rule == "not-supported")
    assert "case.all_outcomes" in completion.advice


@pytest.mark.parametrize(
    "elements",
    [
        with_many(ALL_PASSED),
        with_many("'faults' in case.all_outcomes.a or len(case.all_outcomes.a) < 2", inner=True),
        waiting_again(timer("P1D"), back=AGAIN),
        waiting_again(timer("${form.wait}"), back=AGAIN),
        waiting_again(DATE, user("b"), back="x > b [form.again]; b > m"),
        waiting_again(DATE, catch("c", message("m1")), back="x > c [form.again]; c > m"),
        inside(many("2"), start("s1"), user("a"), CHOOSING_S2, end("s2"), flows(f"s1 > a > y > s2; y > a [{PASSED}]")),
    ],
    ids=range(7),
)
def test_loops_that_wait_and_lists_of_outcomes_are_fine(elements: tuple[str, ...]) -> None:
    found = findings(*elements, before='<message id="m1" name="reply"/>')
    assert ids(found) == set(), [finding.message_en for finding in found]


def test_sub_processes_nested_too_deeply_are_refused() -> None:
    inner = user("a")
    for n in range(100):
        inner = scope(f"s{n}", start(f"b{n}"), inner, end(f"e{n}"))
    found = findings(inner)
    assert [finding.element for finding in found if finding.rule == "too-deep"] == ["s91"]


def test_sub_processes_without_an_id_do_not_mix() -> None:
    found = findings(
        *around(user("a")), element("subProcess", None, start("s1")), element("subProcess", None, start("s2"))
    )
    assert "start-several" not in ids(found)


def test_rules_have_names_of_their_own_and_the_documentation_is_fresh() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert DOCS.read_text(encoding="utf-8") == rules_table(), "write lint.rules_table() to docs/lint.md"


def test_an_unknown_profile_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="no profile"):
        lint(read(diagram()), "other")


NAMES = st.sampled_from(["a", "b", "c", "d", "start", "end", "x", "Start", "", "审"])
TAGS = (
    *("userTask", "startEvent", "endEvent", "boundaryEvent", "subProcess", "serviceTask", "receiveTask", "odd"),
    *("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "intermediateCatchEvent"),
)
INNER = [timer("P1D"), timer("x", "timeDate"), loop("2"), many("0"), many(), message("m"), user("a"), start("b")]
NODE = st.builds(
    lambda tag, id, inner, attributes: element(tag, id, *inner, **attributes),
    st.sampled_from(TAGS),
    st.none() | NAMES,
    st.lists(st.sampled_from(INNER), max_size=2),
    st.dictionaries(st.sampled_from(["attachedToRef", "default", "name"]), NAMES, max_size=2),
)
FLOW = st.builds(
    lambda a, b, c: flows(f"{a} > {b} [{c}]"), NAMES, NAMES, st.sampled_from(["outcome == 'a'", "((", "form.x", "item"])
)


@settings(max_examples=200, deadline=None)
@given(st.lists(NODE, max_size=8), st.lists(FLOW, max_size=12))
def test_nonsense_has_findings_never_a_traceback(nodes: list[str], between: list[str]) -> None:
    found = lint(read(diagram(*nodes, *between)), "approval")
    assert all(finding.message and finding.message_en and finding.advice and finding.advice_en for finding in found)


def test_drawings_by_people_are_read_and_judged() -> None:
    files = sorted(DRAWINGS.glob("*.bpmn"))
    if not files:
        pytest.skip(f"NO DRAWINGS at {DRAWINGS}: set ONEWINDOW_DRAWINGS to a folder of .bpmn files")
    for file in files:
        found = lint(read(file.read_bytes()), "approval")
        assert found, file.name


def test_a_picture_is_missed_but_not_demanded() -> None:
    assert [finding.severity for finding in findings(*around(user("a")))] == ["info"]
