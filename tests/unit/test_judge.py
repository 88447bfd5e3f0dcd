"""The judgement of a file: the schema in plain words, a last trial, and what no diagram may make vanish."""

from __future__ import annotations

import pytest

from engine.bpmn import judge as judging
from engine.bpmn.compile import compile_diagram
from engine.bpmn.judge import judge, trial
from engine.bpmn.read import read
from engine.bpmn.run import Facts, ProcessRun
from engine.bpmn.schema import plain
from engine.clock import CST
from tests.unit.diagrams import diagram, element, end, extended, flows, gateway, many, scope, start, user

FINE = diagram(start(), user("a"), end(), flows("start > a > end"))


def rules(data: bytes, profile: str = "bpmn") -> set[str]:
    return {finding.rule for finding in judge(data, profile).findings}


def test_the_schema_never_refuses_a_file() -> None:
    odd = FINE.replace(b'<userTask id="a"', b'<userTask id="a" colour="red" completionQuantity="one"')
    judgement = judge(odd.replace(b' completionQuantity="one"', b""))
    assert judgement.deployable
    (said,) = [finding for finding in judgement.findings if finding.rule == "schema-invalid"]
    assert said.message_en.endswith("a userTask can't have an attribute colour")
    assert said.severity == "warning"


def test_many_deviations_are_counted() -> None:
    odd = "".join(element("textAnnotation", f"t{n}", colour=str(n), **{f"x{n}": ""}) for n in range(50))
    found = judge(diagram(start(), user("a"), end(), flows("start > a > end"), odd)).findings
    assert sum(finding.rule == "schema-invalid" for finding in found) == 20
    assert "schema-invalid-more" in {finding.rule for finding in found}


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("Element '{urn:x}task': The attribute 'id' is required but missing.", "a task lacks its attribute id"),
        (
            "Element '{urn:x}task': This element is not expected. Expected is ( x ).",
            "a task can't stand here, or in this order",
        ),
        ("Element '{urn:x}sequenceFlow': The attribute 'targetRef' is required but missing.", None),
        ("something new", "something new"),
    ],
)
def test_what_the_schema_says_is_plain(message: str, said: str | None) -> None:
    found = plain(message)
    assert (found and found[1]) == said


def test_what_does_not_start_is_found_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(judging, "compile_diagram", fails)
    (finding,) = trial(read(FINE))
    assert (finding.rule, "RecursionError" in finding.message_en) == ("trial-failed", True)


VANISHING = {
    "End": (diagram(start(), user("End"), end(), flows("start > End > end")), "id-reserved"),
    "p.EndJoin": (diagram(start(), user("p.EndJoin"), end(), flows("start > p.EndJoin > end")), "id-reserved"),
    "foreign flow": (
        diagram(
            *(start(), user("a", extended('<evil:sequenceFlow id="f" sourceRef="start" targetRef="end"/>')), end()),
            flows("start > a > end"),
        ),
        "flow-hidden",
    ),
    "duplicate ids": (diagram(start(), user("a"), user("a"), end(), flows("start > a > end")), "id-duplicate"),
    "nobody": (diagram(start(), user("a", many("0")), end(), flows("start > a > end")), "loop-invalid"),
    "data object": (
        diagram(
            start(),
            scope(
                "s",
                *(start("b"), end("c"), element("dataObjectReference", "d", dataObjectRef="nowhere")),
                user("a", "<dataInputAssociation><sourceRef>d</sourceRef></dataInputAssociation>"),
                flows("b > a > c"),
            ),
            end(),
            flows("start > s > end"),
        ),
        "data-object-unresolvable",
    ),
    "itself": (
        diagram(start(), element("callActivity", "a", calledElement="p"), end(), flows("start > a > end")),
        "call-recursive",
    ),
    "each other": (
        diagram(
            *(start(), element("callActivity", "a", calledElement="q"), end(), flows("start > a > end")),
            before=f'<process id="q">{start("s2")}{element("callActivity", "b", calledElement="p")}'
            f"{end('e2')}{flows('s2 > b > e2')}</process>",
        ),
        "call-recursive",
    ),
}


@pytest.mark.parametrize("name", VANISHING)
def test_no_diagram_makes_an_approval_vanish(name: str) -> None:
    data, rule = VANISHING[name]
    judgement = judge(data)
    assert not judgement.deployable
    assert rule in {finding.rule for finding in judgement.findings if finding.severity == "error"}


def test_a_chain_of_a_thousand_nodes_passes_and_runs() -> None:
    names = [f"t{n}" for n in range(996)]
    automatic = (element("intermediateThrowEvent", name) for name in names)
    data = diagram(
        start(),
        *automatic,
        user("a"),
        end(),
        gateway("exclusive", "x"),
        flows(" > ".join(["start", *names, "a", "x", "end"])),
    )
    judgement = judge(data)
    assert judgement.deployable, [finding.message_en for finding in judgement.findings]
    facts, now = Facts(case={"outcomes": {}}), judging._ANY_DAY
    run = ProcessRun.start(compile_diagram(read(data), "t"), facts, now)
    (token,) = run.open_tasks()
    again = ProcessRun.resume(compile_diagram(read(data), "t"), run.state, facts, now.astimezone(CST))
    assert again.complete(token).ended
    assert "too-many-nodes" in rules(diagram(start(), *(user(f"u{n}") for n in range(1000)), end()))


def test_a_loop_that_asks_for_facts_first_is_no_fault() -> None:
    asking = element(
        "standardLoopCharacteristics", None, "<loopCondition>form.x &lt; 5</loopCondition>", testBefore="true"
    )
    assert judge(diagram(start(), user("a", asking), end(), flows("start > a > end"))).deployable


def test_what_multiplies_past_every_bound_is_told_and_not_waited_for() -> None:
    inner = user("u", many("100"))
    for n in range(5):
        first = "u" if n == 0 else f"s{n - 1}"
        inner = scope(f"s{n}", many("100"), start(f"b{n}"), inner, end(f"e{n}"), flows(f"b{n} > {first} > e{n}"))
    found = judge(diagram(start(), inner, end(), flows("start > s4 > end")))
    assert (found.readable, [each.rule for each in found.findings if each.severity == "error"]) == (
        True,
        ["too-many-at-once"],
    )
