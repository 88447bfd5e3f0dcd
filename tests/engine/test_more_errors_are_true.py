"""Errors of the lint that are true for other reasons: returns, credit first, sizes and files; and the list that holds each
error to a test that shows it, or to a reason why none does."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.bpmn.compile import Compiled, compile_diagram, compile_process
from engine.bpmn.faults import MessageNotAwaited, RunFault, StepTooLong, TooManyTokens
from engine.bpmn.lint import RULES
from engine.bpmn.read import read
from engine.bpmn.rules.rule import ERROR
from engine.bpmn.run import Facts, ProcessRun
from engine.organization.routing import Assignment, route
from tests.engine.test_errors_are_true import NOW, begun, completed, stock
from tests.unit.diagrams import diagram, element, end, flows, gateway, scope, start, user
from tests.unit.lint_examples import bad
from tests.unit.test_lint_command import FINE, HOSTILE
from tests.unit.test_routing import CITY, COUNTY, TODAY, organisation

TRUTHS = (
    "engine/test_deemed.py",
    "engine/test_errors_are_true.py",
    "engine/test_approval_errors_are_true.py",
    "engine/test_more_errors_are_true.py",
    "unit/test_votes.py",
)
#: Shown by what a test names otherwise than by the rule.
SHOWN_AS = {
    "time-limit-default-incomplete": "test_a_default_without_its_outcome_or_its_ground_is_never_given",
    "flow-hidden": '"foreign flow"',
    "data-object-unresolvable": '"data object"',
    "assignment-missing": '"nobody"',
    "time-limit-missing": '"no_limit"',
    "promise-exceeds-law": '"unlawful"',
    "public-name-missing": '"nameless"',
    "public-name-personal": '"personal"',
    "time-limits-exceed-case": "# time-limits-exceed-case",
    "handler-unknown": '"nobody-has-it"',
    "time-limit-exceeds-item": 'legal="90"',
    "commitment-not-offered": "DocumentIncomplete",
}
#: Errors that no run can show, each with the reason.
NOT_SHOWN = {
    "check-failed": "is about the check, which may fail on a file that is right: nothing is said of it then",
    "file-too-slow": "is about the check, which is stopped at its bound",
    "file-too-hungry": "is about the check, which is stopped at its bound",
    "too-many-findings": "counts findings, of which any may be an error",
    "trial-failed": "is the run itself: what it says is the error that a start ended with",
    "file-missing": "is what the operating system answered",
    "file-too-large": "is a bound on what is read, which stock parsing does not have",
    "file-too-complex": "is a bound on what is read, which stock parsing does not have",
    "file-encoding-refused": "is a choice: such encodings hide a DOCTYPE, and stock parsing reads them",
    "return-too-many": "is a bound on what is drawn out of returns, each of which may be right",
    "commitment-forbidden-field": "is the law's, not the engine's: it would run",
    "tolerance-not-before-decision": "is the law's, not the engine's: it would run, and the decision's limit with it",
}


def test_every_error_is_shown_to_be_true_or_has_a_reason_not_to_be() -> None:
    tests = Path(__file__).parents[1]
    texts = {name: (tests / name).read_text(encoding="utf-8") for name in TRUTHS}
    own = texts["engine/test_more_errors_are_true.py"].partition("def test_every_error")[2]
    text = "".join({**texts, "engine/test_more_errors_are_true.py": own}.values())
    errors = {rule.id for rule in RULES if ERROR in (rule.severity, rule.approval_severity)}
    shown = {rule for rule in errors if (SHOWN_AS.get(rule) or f'"{rule}"') in text}
    assert errors - shown == set(NOT_SHOWN)
    assert set(SHOWN_AS) <= errors


def test_what_nobody_drew_an_end_or_a_fork_for_ends_unseen_or_twice() -> None:
    assert completed(bad("implicit-end"), "a").step.ends == ()
    assert completed(bad("implicit-fork"), "a").step.ends == ("end", "e2")


# --- returns --------------------------------------------------------------------------------------------------------


def sent_back(rule: str, done: tuple[str, ...], node: str, target: str) -> ProcessRun:
    run = completed(bad(rule), *done)
    run.send_back(next(token for token, name in run.open_tasks().items() if name == node), target)
    return run


@pytest.mark.parametrize(("rule", "target"), [("return-target-unknown", "reviewed"), ("return-crosses-scope", "a")])
def test_a_return_to_what_is_not_there_fails(rule: str, target: str) -> None:
    with pytest.raises(RunFault):
        sent_back(rule, ("a",), "b", target)


def test_a_return_to_what_comes_later_skips_what_lies_between() -> None:
    assert list(sent_back("return-not-earlier", (), "a", "b").open_tasks().values()) == ["b"]


def test_a_return_past_a_split_does_the_other_branch_twice() -> None:
    run = sent_back("return-crosses-branches", ("a",), "b", "a")
    run = ProcessRun.resume(run._compiled, run.state, Facts(case={"outcomes": {}}), NOW)
    run.complete(next(token for token, name in run.open_tasks().items() if name == "a"))
    assert sorted(run.open_tasks().values()) == ["b", "c", "c"]


# --- names, levels --------------------------------------------------------------------------------------------------


def test_a_bare_name_that_no_form_has_is_nothing() -> None:
    """`nobody == 1` is false whatever there is of that name but in the form."""
    run = begun(bad("name-bare"))
    facts = Facts(case={"outcomes": {}, "nobody": 1}, form={}, applicant={"nobody": 1})
    run = ProcessRun.resume(run._compiled, run.state, facts, NOW)
    assert run.complete(min(run.open_tasks()), "1").ended


def test_a_task_without_a_level_is_the_countys_or_the_citys_as_the_case_comes() -> None:
    """Who decides goes by where the case was filed, not by the diagram."""
    both = {
        route(organisation(), Assignment("planning", None), region, TODAY).department_id for region in (CITY, COUNTY)
    }
    one = {
        route(organisation(), Assignment("planning", "city"), region, TODAY).department_id for region in (CITY, COUNTY)
    }
    assert (both, one) == ({"county-planning", "city-planning"}, {"city-planning"})
    assert "level" not in compile_diagram(read(bad("level-missing")), "t").nodes["a"].extensions["assignment"][0]


# --- credit first ---------------------------------------------------------------------------------------------------


def linked(rule: str) -> Compiled:
    """The process that a wrong diagram links."""
    return compile_process(read(bad(rule)), "verification", "t")


def assigned(compiled: Compiled, node: str) -> object:
    return (compiled.nodes[node].extension("assignment") or {}).get("applicant")


def test_a_verification_that_is_nowhere_can_not_be_started() -> None:
    assert completed(bad("commitment-process-missing"), "decide").step.linked[0].process == "verification"
    with pytest.raises(KeyError):
        linked("commitment-process-missing")


def test_a_verification_that_repeats_is_opened_twice_for_one_decision() -> None:
    assert len(completed(bad("commitment-repeated"), "decide").step.linked) == 2


def test_a_verification_without_a_decision_is_opened_when_nobody_has_decided() -> None:
    assert begun(bad("commitment-without-decision")).step.linked


def test_a_verification_without_an_officer_is_the_applicants() -> None:
    compiled = linked("commitment-without-verification")
    run = ProcessRun.start(compiled, Facts(case={"outcomes": {}}), NOW)
    assert [assigned(compiled, node) for node in run.open_tasks().values()] == [True]


def test_a_verification_without_a_failure_confirms_what_differs() -> None:
    compiled = linked("commitment-without-failure")
    ends = set()
    for outcome in ("matching", "differing"):
        run = ProcessRun.start(compiled, Facts(case={"outcomes": {}}), NOW)
        run = ProcessRun.resume(compiled, run.state, Facts(case={"outcomes": {"verify": outcome}}), NOW)
        ends |= {compiled.nodes[node].extension("result")["value"] for node in run.complete(1, outcome).ends}
    assert ends == {"confirmed"}


def test_a_verification_without_papers_leaves_no_record() -> None:
    nodes = linked("commitment-without-documents").nodes.values()
    assert {each["kind"] for node in nodes for each in node.extensions.get("document", ())} == {"certificate"}


def test_a_commitment_without_a_way_back_does_not_hear_that_it_is_taken_back() -> None:
    with pytest.raises(MessageNotAwaited):
        begun(bad("commitment-without-withdrawal")).deliver("commitment-withdrawn")


def test_a_tolerance_without_supply_never_asks_the_applicant() -> None:
    data = bad("tolerance-without-supply")
    compiled = compile_diagram(read(data), "t")
    asked = [*begun(data).open_tasks().values(), *completed(data, "supply").open_tasks().values()]
    assert [assigned(compiled, node) for node in asked] == [False, False]


def test_a_tolerance_behind_the_decision_asks_for_what_was_decided_without() -> None:
    data = bad("tolerance-after-decision")
    assert list(completed(data, "decide").open_tasks().values()) == ["supply"]
    assert completed(data, "decide", "supply").step.ended


# --- sizes ----------------------------------------------------------------------------------------------------------


def test_what_is_too_large_does_not_run() -> None:
    rules = ("too-many-nodes", "too-many-flows", "too-deep")  # of our own engine the last two
    chain = ["start", *(f"n{number}" for number in range(999)), "end"]
    assert stock(diagram(start(), *map(user, chain[1:-1]), end(), flows(" > ".join(chain))))[0] != 0
    wide = [element("sequenceFlow", f"w{n}", sourceRef="f", targetRef="m") for n in range(2000)]
    nodes = (start(), user("a"), gateway("parallel", "f"), gateway("exclusive", "m"), end())
    with pytest.raises((StepTooLong, TooManyTokens)):
        completed(diagram(*nodes, flows("start > a > f; m > end"), *wide), "a")
    elements = (start(), user("a"), end(), flows("start > a > end"))
    for n in range(201):
        elements = (start(f"b{n}"), scope(f"s{n}", *elements), end(f"e{n}"), flows(f"b{n} > s{n} > e{n}"))
    with pytest.raises(StepTooLong):
        begun(diagram(*elements))
    assert set(rules) <= {rule.id for rule in RULES}


# --- files ----------------------------------------------------------------------------------------------------------

#: Files that stock parsing can't read either.
BROKEN = {
    "file-empty": HOSTILE["empty"][0],
    "file-not-xml": HOSTILE["cut-off"][0],
    "file-encoding": HOSTILE["gbk-as-utf-8"][0],
    "file-archive": HOSTILE["zip"][0],
    "file-too-deep": HOSTILE["nested"][0],
}
NOTHING = {"not-bpmn": b"<html/>", "process-missing": FINE.partition(b"<process")[0] + b"</definitions>"}


@pytest.mark.parametrize("rule", ["broken", "nothing", "file-doctype"])
def test_stock_parsing_fails_finds_nothing_or_takes_what_hides(rule: str) -> None:
    if rule == "broken":
        assert {name: stock(data)[0] != 0 for name, data in BROKEN.items()} == dict.fromkeys(BROKEN, True)
    elif rule == "nothing":
        assert {name: stock(data) for name, data in NOTHING.items()} == dict.fromkeys(NOTHING, (0, "0"))
    else:  # an entity is put in: the task has the id that the DOCTYPE says
        hidden = b'<!DOCTYPE definitions [<!ENTITY t "a">]>' + FINE.replace(b'id="a"', b'id="&t;"')
        assert "a" in stock(hidden)[1].split()
