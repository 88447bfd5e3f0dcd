"""An error of the lint is true: without it, the wrong diagram of its page goes wrong when it runs.

Most are seen on the engine itself; what was made harmless by building specs from our own model is seen on the stock parser,
in a process of its own, since some of it never comes back.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import pytest

from engine.bpmn.compile import compile_diagram
from engine.bpmn.faults import RunFault
from engine.bpmn.lint import deployable, lint
from engine.bpmn.read import read
from engine.bpmn.run import Facts, ProcessRun
from engine.clock import CST
from tests.engine.test_passed_diagrams_run import Walk
from tests.unit.lint_examples import bad
from tests.unit.test_judge import VANISHING

NOW = datetime(2026, 3, 2, 9, tzinfo=CST)

#: Rules whose wrong diagram fails, stalls or never ends on the engine, on some way through it.
FAILING = (
    *("id-duplicate", "id-reserved", "not-supported", "service-handler-missing", "call-missing"),
    *("call-recursive", "flow-dangling", "flow-crosses-scope", "start-missing", "default-missing", "default-invalid"),
    *(
        "join-deadlock",
        "inclusive-deadlock",
        "join-may-wait",
        "never-ends",
        "no-exit",
        "automatic-loop",
        "expression-invalid",
        "timer-invalid",
    ),
    *("too-many-at-once", "too-long-at-once", "boundary-never-waited", "branches-multiply"),
    *("loop-invalid", "foreign-refused", "end-outgoing", "message-unnamed", "signal-unnamed"),
)


def goes_wrong(data: bytes) -> bool:
    for seed in range(25):
        try:
            Walk(data, seed).to_the_end()
        except (Exception, AssertionError):
            return True
    return False


@pytest.mark.parametrize("rule", FAILING)
def test_what_is_refused_fails_stalls_or_never_ends(rule: str) -> None:
    assert not deployable(lint(read(bad(rule))))
    assert goes_wrong(bad(rule))


def begun(data: bytes, **form: Any) -> ProcessRun:
    return ProcessRun.start(
        compile_diagram(read(data), "t"), Facts(case={"outcomes": {}}, form=form, applicant={}), NOW
    )


def completed(data: bytes, *nodes: str) -> ProcessRun:
    """A run after these tasks were completed."""
    run = begun(data)
    for node in nodes:
        run = ProcessRun.resume(compile_diagram(read(data), "t"), run.state, Facts(case={"outcomes": {}}), NOW)
        run.complete(next(token for token, name in run.open_tasks().items() if name == node))
    return run


@pytest.mark.parametrize("id", ["a:b", "a#b", "a?b", "//a", "a]b"])
def test_an_unsafe_id_is_not_the_same_in_an_address(id: str) -> None:
    rules = {finding.rule for finding in lint(read(bad("id-malformed").replace(b"a:b", id.encode())))}
    assert "id-malformed" in rules
    assert urljoin("http://house/nodes/", id) != f"http://house/nodes/{id}" or urlsplit(id).path != quote(id)


def test_a_second_start_event_opens_the_task_twice() -> None:
    assert Counter(begun(bad("start-several")).open_tasks().values()) == {"a": 2}


def test_branches_that_meet_unjoined_open_the_task_twice() -> None:
    assert list(completed(bad("merge-unsynchronised"), "a", "b", "c").open_tasks().values()) == ["d", "d"]


def test_a_link_to_nowhere_ends_the_process_without_an_end() -> None:
    run = completed(bad("link-unmatched"), "a")
    assert run.step.ended
    assert run.step.ends == ()


def test_a_border_on_nothing_is_never_armed() -> None:
    assert begun(bad("boundary-detached")).step.waiting_until is None


def test_a_border_with_a_flow_into_it_is_waited_for_after_its_task_is_done() -> None:
    run = completed(bad("boundary-incoming"), "a")
    assert not run.step.ended
    assert run.step.waiting_until is not None


def test_a_condition_out_of_a_task_decides_nothing() -> None:
    data = bad("condition-misplaced").replace(b"true</conditionExpression>", b"false</conditionExpression>")
    assert completed(data, "a").step.ended


def test_a_flow_without_condition_is_only_what_is_left() -> None:
    assert list(completed(bad("condition-missing"), "a").open_tasks().values()) == ["b"]


def test_of_several_executable_processes_one_runs() -> None:
    assert "a" not in compile_diagram(read(bad("several-executable")), "t").nodes


def test_a_task_without_an_id_is_not_there() -> None:
    nodes = compile_diagram(read(bad("id-missing")), "t").nodes
    assert sum(node.tag == "userTask" for node in nodes.values()) == 1


def test_a_date_in_a_loop_turns_for_ever_once_it_is_past() -> None:
    run = begun(bad("date-in-loop"), again=True)
    facts = Facts(case={"outcomes": {}}, form={"again": True}, applicant={})
    run = ProcessRun.resume(compile_diagram(read(bad("date-in-loop")), "t"), run.state, facts, NOW)
    with pytest.raises(RunFault):
        run.advance(NOW)


def test_an_event_gateway_that_leads_nowhere_ends_the_process_on_the_spot() -> None:
    step = begun(bad("dead-end")).step
    assert (step.ended, step.ends) == (True, ())


def test_a_border_behind_an_event_gateway_ends_the_race_before_it_begins() -> None:
    run = begun(bad("event-gateway-boundary"))
    assert run.step.waiting_until == NOW + timedelta(days=30)  # the other, after a day, is cancelled already


def test_a_time_out_of_range_is_no_wait_or_no_instant() -> None:
    data = bad("timer-out-of-range")
    assert begun(data).step.waiting_until == NOW
    assert goes_wrong(data.replace(b"PT0S", b"P9000Y"))


def test_an_outcome_before_anybody_decided_is_none() -> None:
    assert begun(bad("outcome-unclear")).step.ended


def test_of_many_outcomes_the_last_one_decides() -> None:
    def again(*outcomes: str) -> bool:
        compiled = compile_diagram(read(bad("outcome-of-many")), "t")
        run = ProcessRun.start(compiled, Facts(case={"outcomes": {}}), NOW)
        for outcome in outcomes:
            run = ProcessRun.resume(compiled, run.state, Facts(case={"outcomes": {}}), NOW)
            run.complete(min(run.open_tasks()), outcome)
        return not run.step.ended

    assert (again("passed", "faults"), again("faults", "passed")) == (False, True)


def test_of_two_loops_one_is_lost() -> None:
    data = bad("element-repeated")
    second = b'<standardLoopCharacteristics loopMaximum="2"></standardLoopCharacteristics>'
    assert second in data
    assert begun(data).open_tasks() == begun(data.replace(second, b"")).open_tasks()


def test_a_list_without_a_loop_opens_one_task_and_an_item_without_one_is_nobody() -> None:
    assert list(begun(bad("collection-without-loop"), x=["one", "two"]).open_tasks().values()) == ["a"]
    assert [opened.item for opened in begun(bad("item-outside-loop")).step.opened] == [None]


def kept(rule: str, node: str = "a") -> dict[str, list[dict[str, Any]]]:
    """What of our vocabulary the run has of the node of a wrong diagram."""
    return {name: list(values) for name, values in compile_diagram(read(bad(rule)), "t").nodes[node].extensions.items()}


def test_what_is_written_wrongly_in_our_vocabulary_is_not_there_when_it_runs() -> None:
    assert kept("extension-unknown") == {}
    assert "legal" not in kept("extension-value").get("timeLimit", [{}])[0]  # a limit of no days is none
    assert "assignment" not in kept("extension-misplaced")
    assert [one["function"] for one in kept("extension-repeated")["assignment"]] in (["fire"], ["fire", "planning"])
    assert "kind" not in kept("extension-incomplete").get("document", [{}])[0]
    assert "unit" not in kept("time-limit-unit")["timeLimit"][0]  # twenty of what?
    (outcomes,) = kept("outcome-unknown")["outcomes"]
    assert set(outcomes["opinionRequiredFor"]).isdisjoint(outcomes["values"])  # so that nobody has to give an opinion
    assert kept("function-braces")["assignment"][0]["function"] == "x-{item}"  # which no department has


STOCK = """
import io, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (2, 2))
from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
parser = BpmnParser()
parser.add_bpmn_xml(etree.fromstring(sys.stdin.buffer.read()))
names = parser.get_process_ids()
spec = parser.get_spec(names[0]) if names else None
subs = parser.get_subprocess_specs(names[0]) if names else None
print(len(names), *(spec.task_specs if spec else ()))
"""


def stock(data: bytes) -> tuple[int, str]:
    """What the stock parser makes of a file: its exit code, and how many processes with which specs."""
    child = subprocess.run([sys.executable, "-W", "ignore", "-c", STOCK], input=data, capture_output=True, check=False)
    return child.returncode, child.stdout.decode().strip()


def test_the_stock_parser_goes_round_for_ever_on_a_data_object() -> None:
    assert stock(VANISHING["data object"][0])[0] < 0


def test_the_stock_parser_fails_on_a_task_behind_an_event_gateway() -> None:
    assert stock(bad("event-gateway-target"))[0] != 0


def test_the_stock_parser_takes_a_hidden_flow_for_a_real_one() -> None:
    hidden = VANISHING["foreign flow"][0]
    assert "refused" not in stock(hidden)[1]
    assert stock(hidden.replace(b'<evil:sequenceFlow id="f" sourceRef="start" targetRef="end"/>', b""))[0] == 0
    extra = hidden.replace(b'sourceRef="start" targetRef="end"/>', b'sourceRef="a" targetRef="end"/>')
    assert stock(extra)[0] != 0  # "multiple outgoing flows": there are two for it


def test_the_stock_parser_finds_nothing_to_run_where_nothing_is_marked() -> None:
    assert stock(bad("not-executable")) == (0, "0")


def test_the_stock_parser_loses_a_task_whose_id_it_keeps_for_itself() -> None:
    said = stock(VANISHING["p.EndJoin"][0])[1]
    assert "UserTask" not in said
