"""Joins that never open and merges that double, found by playing the net; blocks in parallel add up."""

from __future__ import annotations

import pytest

from engine.bpmn import run
from engine.bpmn.lint import lint
from engine.bpmn.model import Finding
from engine.bpmn.read import read
from engine.bpmn.rules import crowd
from engine.bpmn.rules.net import explore, net_of
from engine.bpmn.rules.subject import subject_of
from tests.unit.diagrams import boundary, catch, diagram, end, flows, gateway, scope, start, timer, user
from tests.unit.lint_examples import doubling, racing

CHOICE = gateway("exclusive", "x", default="x_a")


def found(*elements: str) -> list[Finding]:
    rules = ("never-ends", "join-deadlock", "join-may-wait", "merge-unsynchronised", "merge-may-double")
    rules += ("inclusive-deadlock",)
    return [finding for finding in lint(read(diagram(*elements))) if finding.rule in rules]


def blocks(depth: int, width: int) -> list[str]:
    """Parallel blocks in a row, each branch with a choice in it."""
    drawn, way = [start(), end("e")], ["start"]
    for n in range(depth):
        drawn += [gateway("parallel", f"f{n}"), gateway("parallel", f"j{n}")]
        for k in range(width):
            here = f"{n}_{k}"
            drawn += [gateway("exclusive", f"x{here}", default=f"x{here}_a{here}"), gateway("exclusive", f"m{here}")]
            drawn += [user(f"a{here}"), user(f"b{here}")]
            drawn.append(
                flows(f"f{n} > x{here} > a{here} > m{here} > j{n}; x{here} > b{here} [form.c]; b{here} > m{here}")
            )
        drawn.append(flows(f"{way[-1]} > f{n}"))
        way.append(f"j{n}")
    return [*drawn, flows(f"{way[-1]} > e")]


def test_a_choice_before_a_parallel_join_waits_for_ever_and_the_way_is_shown() -> None:
    (one,) = found(
        *(start(), CHOICE, user("a"), user("b"), gateway("parallel", "j"), end()),
        flows("start > x > a > j > end; x > b [form.b]; b > j"),
    )
    assert (one.rule, one.element, one.severity) == ("join-deadlock", "j", "error")
    assert "start → x → a" in one.message_en or "start → x → b" in one.message_en


def test_a_branch_that_leaves_a_parallel_block_early_stops_its_join() -> None:
    (one,) = found(
        *(start(), gateway("parallel", "f"), user("a"), user("b"), CHOICE, gateway("parallel", "j"), end(), end("out")),
        flows("start > f > a > j > end; f > b > x > out; x > j [form.fine]").replace('"x_a"', '"x_out"'),
    )
    assert (one.rule, one.element) == ("join-deadlock", "j")


def test_inclusive_joins_that_wait_for_each_other_are_told_once_and_a_loop_round_them_is_fine() -> None:
    drawn = (gateway("parallel", "f"), user("a"), user("b"), gateway("inclusive", "j"), end())
    back = gateway("exclusive", "x", default="x_end")
    (one,) = found(
        *(start(), gateway("inclusive", "i"), *drawn, back),
        flows("start > f > i > a > j > x > end; f > b > j; x > i [outcome == 'back']"),
    )
    assert (one.rule, one.element) == ("inclusive-deadlock", "i")
    assert "“j”" in one.message_en
    outside = flows("start > i > f > a > j > x > end; f > b > j; x > i [outcome == 'back']")
    assert found(start(), gateway("inclusive", "i"), *drawn, back, outside) == []


def test_choices_by_the_same_fact_may_agree() -> None:
    one, *_ = found(
        *(start(), gateway("parallel", "f"), *(gateway("exclusive", f"x{n}", default=f"x{n}_e{n}") for n in "12")),
        *(gateway("parallel", "j"), end(), end("e1"), end("e2")),
        flows("start > f > x1 > e1; f > x2 > e2; x1 > j [form.both]; x2 > j [form.both]; j > end"),
    )
    assert (one.rule, one.severity) == ("join-may-wait", "error")


def test_parallel_branches_that_merge_unjoined_double_what_follows() -> None:
    (one,) = found(
        *(start(), gateway("parallel", "f"), user("a"), user("b"), gateway("exclusive", "m"), user("c"), end()),
        flows("start > f > a > m > c > end; f > b > m"),
    )
    assert (one.rule, one.element, one.severity) == ("merge-unsynchronised", "m", "error")
    (one,) = found(
        *(start(), gateway("parallel", "f"), user("a"), user("b"), user("c"), user("d"), end()),
        flows("start > f > a > c > d > end; f > b > c"),
    )
    assert one.element == "c"
    assert found(
        start(), user("a"), user("b"), user("c"), user("d"), end(), flows("start > a > b > d > end; a > c > d")
    )


@pytest.mark.parametrize(
    "elements",
    [
        # both branches end, at one end event or behind a gateway with nothing to do
        (
            *(start(), gateway("parallel", "f"), user("a"), user("b"), gateway("exclusive", "m"), end()),
            flows("start > f > a > m > end; f > b > m"),
        ),
        # a reminder comes back to the main way
        (
            *(
                start(),
                user("a"),
                boundary("t", "a", timer("P1D"), cancelActivity="false"),
                user("r"),
                user("b"),
                end(),
            ),
            flows("start > a > b > end; t > r > b"),
        ),
        # rework of one branch of a parallel block
        (
            *(start(), gateway("parallel", "f"), gateway("exclusive", "m"), user("a"), user("b"), CHOICE),
            *(gateway("parallel", "j"), end()),
            flows("start > f > m > a > x > j > end; x > m [form.again]; f > b > j").replace("x_a", "x_j"),
        ),
        # an inclusive split and an inclusive join, with a choice inside
        (
            *(
                start(),
                gateway("inclusive", "f", default="f_a"),
                user("a"),
                user("b"),
                gateway("inclusive", "j"),
                end(),
            ),
            *(CHOICE, user("c")),
            flows("start > f > a > j > end; f > b [form.b]; b > x > j; x > c [form.c]; c > j").replace("x_a", "x_j"),
        ),
    ],
    ids=range(4),
)
def test_what_is_sound_has_no_finding(elements) -> None:
    assert found(*elements) == []


def test_blocks_in_parallel_add_up() -> None:
    (scope,) = subject_of(read(diagram(*blocks(8, 4)))).scopes
    net = net_of(scope)
    assert net is not None
    done = explore(net)
    assert done.whole
    assert len(done.markings) < 600
    assert len(done.quiet) == 1
    assert found(*blocks(8, 4)) == []


def test_a_branch_that_always_comes_round_never_ends() -> None:
    (one,) = found(
        *(start(), gateway("exclusive", "m"), gateway("parallel", "f"), user("a"), user("b"), end()),
        flows("start > m > f > a > m; f > b > end"),
    )
    assert one.rule == "never-ends"


def test_a_task_that_forks_back_to_itself_never_ends() -> None:
    rules = {one.rule for one in found(start(), user("a"), user("b"), end(), flows("start > a > b > end; a > a"))}
    assert "never-ends" in rules
    rules = {
        one.rule
        for one in found(start(), user("a"), gateway("parallel", "j"), end(), flows("start > a > j > end; a > a"))
    }
    assert "never-ends" in rules


def test_a_mesh_is_left_when_it_has_been_played_long_enough() -> None:
    drawn = [gateway("inclusive", f"g{n}", default=f"g{n}_g{(n + 1) % 40}") for n in range(40)]
    ways = [f"g{n} > g{(n + 13 * k + 1) % 40} [form.c{k}]" for n in range(40) for k in range(1, 6)]
    mesh = (
        start(),
        *drawn,
        end(),
        flows(f"start > g0; {'; '.join(ways)}"),
        flows("; ".join(f"g{n} > g{(n + 1) % 40}" for n in range(40))),
    )
    net = net_of(subject_of(read(diagram(*mesh))).scopes[0])
    assert net is not None
    done = explore(net, most=200)
    assert not done.whole
    assert len(done.markings) <= 200


def test_branches_that_multiply_without_work_are_counted() -> None:
    """2^14 in one step, or 2^10 at a timer; not what is joined, and not ways of which one is gone."""
    rows = [user(f"t{n}") + boundary(f"b{n}", f"t{n}", timer("P1D")) + gateway("exclusive", f"m{n}") for n in range(14)]
    ways = [
        "; ".join(f"{'start' if not n else f'm{n - 1}'} > t{n} > m{n}; b{n} > m{n}" for n in range(14)),
        "m13 > end",
    ]
    waits = [each.replace('targetRef="end"', 'targetRef="t"') for each in doubling(10)]
    told = {
        "step": doubling(14),
        "rest": (*waits, catch("t", timer("P1D")), flows("t > end")),
        "joined": doubling(14, "parallel"),
        "in turn": (start(), *rows, end(), flows("; ".join(ways))),
        "few": doubling(4),
    }
    found = {
        name: [finding.rule for finding in lint(read(diagram(*elements))) if finding.severity == "error"]
        for name, elements in told.items()
    }
    assert [name for name in told if found[name] == ["branches-multiply"]] == ["step", "rest"]
    assert [name for name in told if not found[name]] == ["joined", "in turn", "few"]


@pytest.mark.parametrize("handler", ["c > h > e2", ""])
def test_compensation_takes_no_token_away(handler: str) -> None:
    """It is refused by its name, and nothing is said of a join that it would never have kept waiting."""
    both = (start(), gateway("parallel", "f"), user("a"), user("b"), gateway("parallel", "j"), end())
    undoing = (boundary("c", "a", "<compensateEventDefinition/>"), user("h", isForCompensation="true"), end("e2"))
    ways = flows("start > f > a > j > end; f > b > j" + (f"; {handler}" if handler else ""))
    findings = lint(read(diagram(*both, *undoing, ways)), "approval")
    assert {finding.rule for finding in findings if finding.element in ("a", "b", "c", "h", "j")} - {
        *("assignment-missing", "time-limit-missing", "public-name-missing", "level-missing"),
    } <= {"not-supported", "unreachable"}


@pytest.mark.parametrize(
    ("waits", "told"),
    [
        (("P2D", "P2D"), {"t1"}),
        (("P31D", "P1M"), {"t0"}),
        (("P30D", "P1M"), set()),
        (("5 working-day", "P1D"), set()),
        (("${form.wait}", "P1D"), set()),
    ],
)
def test_the_longer_of_two_timers_in_a_race_never_comes(waits: tuple[str, ...], told: set[str]) -> None:
    assert {one.element for one in lint(read(diagram(*racing(*waits)))) if one.rule == "timer-overtaken"} == told


def test_what_only_a_timer_leads_out_of_that_never_comes_has_no_exit() -> None:
    """The shorter one goes round for ever."""
    ways = flows("start > m > g > t0 > m; g > t1 > end")
    drawn = (start(), gateway("exclusive", "m"), gateway("eventBased", "g"), end(), ways)
    for waits, rules in ((("P2D", "P5D"), {"no-exit"}), (("P5D", "P2D"), set())):
        timers = [catch(f"t{number}", timer(wait)) for number, wait in enumerate(waits)]
        found = lint(read(diagram(*drawn, *timers)))
        assert {one.rule for one in found if one.severity == "error"} == rules


def test_a_scope_that_always_throws_what_leads_back_to_it_has_no_exit() -> None:
    """And not one that may come to its own end, or is led on."""
    signal = '<signalEventDefinition signalRef="sig"/>'
    inner = (start("s1"), user("a"), gateway("exclusive", "x", default="x_s2"), end("s2", signal))
    ways = "s1 > a > x > s2"
    for more, back, rules in (((), "s", {"no-exit"}), ((end("s3"),), "s", set()), ((), "end", set())):
        within = flows(ways + ("; x > s3 [form.c]" if more else ""))
        border = boundary("b", "s", signal)
        drawn = (start(), scope("s", *inner, *more, within), border, end(), flows(f"start > s > end; b > {back}"))
        assert {
            one.rule
            for one in lint(read(diagram(*drawn, before='<signal id="sig" name="alarm"/>')))
            if one.severity == "error"
        } == rules


def test_what_is_tried_again_after_an_error_is_no_loop_in_which_nobody_works() -> None:
    error = "<errorEventDefinition/>"
    ends = (gateway("exclusive", "x", default="x_s2"), end("s2", error), end("s3"))
    for way, first, rules in (("s1 > a > x", user("a"), set()), ("s1 > x", "", {"automatic-loop"})):
        within = (start("s1"), first, *ends, flows(f"{way} > s2; x > s3 [form.c]"))
        drawn = (start(), scope("s", *within), boundary("b", "s", error), end(), flows("start > s > end; b > s"))
        assert {one.rule for one in lint(read(diagram(*drawn))) if one.severity == "error"} == rules


def test_what_the_lint_lets_pass_at_once_is_what_a_run_lets_pass() -> None:
    assert (crowd.MOST_OPEN, crowd.MOST_RUN) == (run.MOST_TOKENS, run.MOST_AUTOMATIC)
