"""退回: what a return does to a run, and which returns the lint refuses, each because it goes wrong without the rule."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from engine.bpmn.compile import compile_diagram
from engine.bpmn.faults import RunFault
from engine.bpmn.lint import deployable, lint
from engine.bpmn.mends.apply import mend
from engine.bpmn.model import Finding
from engine.bpmn.read import read
from engine.bpmn.run import Facts, ProcessRun
from engine.clock import CST
from tests.unit.diagrams import boundary, diagram, end, flows, gateway, many, scope, start, timer, user
from tests.unit.return_examples import BAD, GOOD, Elements, beside, in_line, returning

NOW = datetime(2026, 3, 2, 9, tzinfo=CST)
FACTS = Facts(case={"outcomes": {}})


class Running:
    """A run that is saved and loaded between any two steps; tasks are named by their nodes."""

    def __init__(self, elements: Elements) -> None:
        self.compiled = compile_diagram(read(diagram(*elements)), "t")
        self.run = ProcessRun.start(self.compiled, FACTS, NOW)

    def __call__(self, *said: str) -> list[str]:
        """Complete `node`, or return `node<target`, in turn; answers what is open then, sorted."""
        for one in said:
            node, _, target = one.partition("<")
            self.run = ProcessRun.resume(self.compiled, self.run.state, FACTS, NOW)
            token = next(token for token, open in self.run.open_tasks().items() if open == node)
            _ = self.run.send_back(token, target) if target else self.run.complete(token)
        return self.open

    @property
    def open(self) -> list[str]:
        return sorted(self.run.open_tasks().values())


def found(*elements: str) -> list[Finding]:
    return [finding for finding in lint(read(diagram(*elements))) if finding.rule.startswith("return-")]


def rules(*elements: str) -> set[str]:
    return {finding.rule for finding in found(*elements)}


def test_a_return_goes_through_what_lies_between_again() -> None:
    run = Running(GOOD["return-crosses-branches"])
    assert run("a", "b", "c") == ["d"]
    assert run("d<a") == ["a"]
    assert run("a") == ["b", "c"]
    assert run("c", "b", "d") == []
    assert run.run.step.ended


def test_what_is_returned_to_come_straight_back_leaves_the_other_branch_alone() -> None:
    run = Running(GOOD["return-crosses-branches"])
    assert run("a", "b<a") == ["a", "c"]
    assert run("c", "a") == ["b"]
    assert run("b<a", "a", "b") == ["d"]


def test_a_return_into_a_branch_comes_straight_back_behind_the_join() -> None:
    elements = beside(d=returning("b,c", "back"))
    assert rules(*elements) == set()
    run = Running(elements)
    assert run("a", "b", "c", "d<c") == ["c"]
    assert run("c", "d<b", "b") == ["d"]


def test_what_was_returned_may_be_returned_further_and_comes_home() -> None:
    three = (start(), user("a"), user("b", returning("a", "back")), user("c", returning("b", "back")), end())
    run = Running((*three, flows("start > a > b > c > end")))
    assert run("a", "b", "c<b", "b<a") == ["a"]
    assert run("a") == ["b"]
    assert run("b") == ["c"]
    assert run("c") == []


def test_one_of_many_who_returns_ends_the_round_of_all() -> None:
    elements = (start(), user("a"), user("b", many("3"), returning("a")), end(), flows("start > a > b > end"))
    run = Running(elements)
    assert run("a", "b") == ["b", "b"]
    assert run("b<a") == ["a"]
    assert run("a") == ["b", "b", "b"]
    assert run("b", "b", "b") == []


def test_a_copy_has_the_borders_of_its_task_and_says_its_name() -> None:
    late = (boundary("late", "a", timer("P1D")), user("x"), flows("late > x > end"))
    run = Running((*in_line(b=returning("a", "back")), *late))
    assert run("a", "b<a") == ["a"]
    state = run.run.state
    run.run = ProcessRun.resume(run.compiled, state, FACTS, NOW)
    run.run.advance(NOW + timedelta(days=2))
    assert run.open == ["x"]
    run.run = ProcessRun.resume(run.compiled, state, FACTS, NOW)
    assert run("a") == ["b"]
    assert run.run.timers() == {}


def test_what_is_drawn_out_is_not_part_of_the_diagram() -> None:
    compiled = compile_diagram(read(diagram(*GOOD["return-crosses-branches"])), "t")
    assert {node.id for node in compiled.process.nodes} == set(compiled.nodes) == set("abcdfj") | {"start", "end"}
    assert compiled.returns == {"b": ("a",), "d": ("a",)}


def test_a_return_that_is_not_drawn_changes_nothing() -> None:
    run = Running(in_line(b=returning("a")))
    run("a")
    state = run.run.state
    for target in ("b", "end", "nowhere"):
        with pytest.raises(RunFault):
            run(f"b<{target}")
        run.run = ProcessRun.resume(run.compiled, state, FACTS, NOW)
    assert run("b<a") == ["a"]


def test_a_diagram_without_returns_is_compiled_as_before() -> None:
    specs = compile_diagram(read(diagram(*beside())), "t").spec.task_specs
    assert set(specs) == {"Start", "start", *"abcdfj", "end"}


@pytest.mark.parametrize("rule", ["return-target-unknown", "return-crosses-scope", "return-crosses-branches"])
def test_findings_name_the_task_and_the_target_and_nothing_that_nobody_drew(rule: str) -> None:
    (one,) = found(*BAD[rule])
    assert (one.rule, one.element, one.severity) == (rule, "b", "error")
    assert "[" not in one.message + one.message_en + one.advice
    assert f"“{'reviewed' if rule == 'return-target-unknown' else 'a'}”" in one.message


@pytest.mark.parametrize(
    "elements",
    [
        beside(b=returning("c", "back")),
        in_line(b=returning("b")),
        in_line(b=returning("end")),
        beside(d=returning("b")),
        beside(b=returning("a"), d=returning("a")),
        (
            *(start(), user("a"), gateway("parallel", "f"), user("b", returning("a")), user("c"), end("e1"), end()),
            flows("start > a > f > b > end; f > c > e1"),
        ),
        (
            *(start(), user("a"), gateway("inclusive", "f", default="f_j"), user("b", returning("a")), user("c")),
            *(
                gateway("inclusive", "j"),
                end(),
                flows("start > a > f > j > end; f > b [form.b]; b > j; f > c [form.c]; c > j"),
            ),
        ),
    ],
)
def test_unsafe_returns_are_refused(elements: Elements) -> None:
    assert not deployable(found(*elements))


@pytest.mark.parametrize(
    "elements",
    [
        (
            *(start(), gateway("parallel", "f"), user("a"), user("b", returning("a")), user("c"), user("d")),
            *(gateway("parallel", "j"), end(), flows("start > f > a > b > j > end; f > c > d > j")),
        ),
        (
            *(start(), gateway("exclusive", "x", default="x_a"), user("a"), user("b"), user("c", returning("a,b"))),
            *(end(), flows("start > x > a > c > end; x > b [form.b]; b > c")),
        ),
        (
            *(start(), scope("s", many("2"), start("s1"), user("a"), user("b", returning("a")), end("s2"))),
            *(end(), flows("start > s > end")),
        ),
    ],
)
def test_returns_in_a_branch_and_over_a_choice_are_fine(elements: Elements) -> None:
    inner = elements[1].replace("</subProcess>", f"{flows('s1 > a > b > s2')}</subProcess>")
    assert rules(elements[0], inner, *elements[2:]) == set()


def test_an_id_that_is_mended_is_mended_in_returns_too() -> None:
    elements = (
        start(),
        user("a:b"),
        user("c"),
        user("d", returning("a:b, c")),
        end(),
        flows("start > a:b > c > d > end"),
    )
    mended = read(mend(diagram(*elements), {}, "bpmn").data)
    (process,) = mended.processes
    first, *_, last = [node for node in process.nodes if node.tag == "userTask"]
    assert first.id != "a:b"
    assert last.extension("return")["to"] == (first.id, "c")


def test_a_return_to_the_department_that_leads_is_no_return_to_another() -> None:
    said = read(diagram(*BAD["return-to-other-department"]))
    warned = [finding.severity for finding in lint(said, "approval") if finding.rule == "return-to-other-department"]
    assert warned == ["warning"]
    assert "return-to-other-department" not in {one.rule for one in lint(said, "approval", lead="planning")}


# -- without the rule, it goes wrong


@pytest.mark.parametrize("rule", ["return-target-unknown", "return-crosses-scope"])
def test_a_return_to_what_cannot_be_reached_is_no_way_at_all(rule: str) -> None:
    run = Running(BAD[rule])
    run("a")
    target = "a" if rule == "return-crosses-scope" else "reviewed"
    with pytest.raises(RunFault):
        run(f"b<{target}")


def test_a_return_forward_skips_what_lies_between() -> None:
    skipping = (start(), user("a", returning("c")), user("b"), user("c"), end(), flows("start > a > b > c > end"))
    assert rules(*skipping) == {"return-not-earlier"}
    assert Running(skipping)("a<c") == ["c"]


def test_a_return_past_a_split_opens_the_other_branch_twice() -> None:
    run = Running(BAD["return-crosses-branches"])
    assert run("a", "b<a", "a") == ["b", "c", "c"]


def test_a_return_from_behind_a_join_into_a_branch_waits_for_ever() -> None:
    run = Running(beside(d=returning("b")))
    run("a", "b", "c", "d<b")
    with pytest.raises(RunFault):
        run("b")


def test_a_return_out_of_a_copy_into_a_branch_is_refused_where_it_begins() -> None:
    """What is returned straight back into a branch may not be returned forward there: the other branch is over."""
    elements = (
        *(start(), gateway("parallel", "f"), user("a"), user("b", returning("a")), user("c"), gateway("parallel", "j")),
        *(user("d", returning("b", "back")), end(), flows("start > f > a > b > j > d > end; f > c > j")),
    )
    (one,) = found(*elements)
    assert (one.rule, one.element) == ("return-crosses-branches", "d")
    run = Running(elements)
    run("a", "b", "c", "d<b", "b<a", "a")
    with pytest.raises(RunFault):
        run("b")


def test_a_return_of_a_return_back_home_is_safe_in_a_branch() -> None:
    elements = (
        *(start(), gateway("parallel", "f"), user("a"), user("b", returning("a", "back")), user("c")),
        *(gateway("parallel", "j"), user("d", returning("b", "back")), end()),
        flows("start > f > a > b > j > d > end; f > c > j"),
    )
    assert rules(*elements) == set()
    assert Running(elements)("a", "b", "c", "d<b", "b<a", "a") == ["b"]
    assert Running(elements)("a", "b", "c", "d<b", "b<a", "a", "b") == ["d"]


def test_two_who_return_to_each_other_go_home() -> None:
    elements = (
        *(start(), gateway("exclusive", "m"), user("a", returning("b", "back")), user("b", returning("a", "back"))),
        *(gateway("exclusive", "x", default="x_end"), end(), flows("start > m > a > b > x > end; x > m [form.again]")),
    )
    assert rules(*elements) == set()
    run = Running(elements)
    assert run("a", "b<a") == ["a"]
    assert run("a<b") == ["b"], "a was returned to by b: b is what waits at home"
    assert run("b") == []


def test_a_border_of_what_comes_straight_back_may_lead_where_a_join_waits() -> None:
    late = (boundary("late", "b", timer("P1D")), user("x"), flows("late > x"))
    elements = beside(d=returning("b", "back"))
    joined = (
        *elements[:-1],
        *late,
        gateway("exclusive", "m"),
        flows("start > a > f > b > m > j > d > end; f > c > j; x > m"),
    )
    assert rules(*joined) == {"return-crosses-branches"}


@pytest.mark.parametrize(("count", "then"), [(320, "forward"), (12, "back")])
def test_too_many_returns_are_refused_in_bounded_work(count: int, then: str) -> None:
    names = [f"t{n}" for n in range(count)]
    if then == "back":
        tasks = [user(name, returning(",".join(names[:n]), then) if n else "") for n, name in enumerate(names)]
    else:
        tasks = [user(name, returning(names[n - 1], then) if n else "") for n, name in enumerate(names)]
    assert rules(start(), *tasks, end(), flows(" > ".join(["start", *names, "end"]))) == {"return-too-many"}
