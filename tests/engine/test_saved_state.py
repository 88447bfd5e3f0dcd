"""Saved state: what a release has stored, every later release can load; what is damaged is refused, never guessed."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from engine.bpmn.compile import compile_diagram
from engine.bpmn.faults import StateUnreadable
from engine.bpmn.read import read
from engine.bpmn.run import Facts, ProcessRun
from tests.engine.drawn import diagram, node, parallel_reviews, path

NOW = datetime(2026, 9, 21, 1, tzinfo=timezone.utc)
GOLDEN = Path(__file__).with_name("golden")

BUSY = diagram(  # everything that state can hold at once: join tokens, a race, loops, a sub-process, a timer, a message
    node("startEvent", "s"), node("parallelGateway", "split"), node("userTask", "a"), node("userTask", "b"),
    node("userTask", "each", "<multiInstanceLoopCharacteristics isSequential='true'><loopCardinality>3</loopCardinality>"
         "</multiInstanceLoopCharacteristics>"),
    node("subProcess", "sub", node("startEvent", "is") + node("userTask", "inner") + node("endEvent", "ie")
         + path("is", "inner", "ie")),
    node("boundaryEvent", "late", "<timerEventDefinition><timeDuration>P3D</timeDuration></timerEventDefinition>",
         attachedToRef="sub", cancelActivity="false"),
    node("userTask", "remind"), node("endEvent", "reminded"), path("late", "remind", "reminded"),
    node("receiveTask", "paid", messageRef="m"),
    node("parallelGateway", "join"), node("userTask", "merge"), node("endEvent", "e"),
    path("s", "split"), *(path("split", name, "join") for name in ("a", "b", "each", "sub", "paid")), path("join", "merge", "e"),
).replace(b"<process", b'<message id="m" name="paid"/><process')  # fmt: skip


def busy_run():
    """`BUSY` with one token at the join and one round of the loop done."""
    compiled = compile_diagram(read(BUSY), "golden")
    run = ProcessRun.start(compiled, Facts(), NOW)
    for name in ("a", "each"):
        token = next(token for token, at in run.open_tasks().items() if at == name)
        run = ProcessRun.resume(compiled, run.state, Facts(), NOW)
        run.complete(token, "ok")
    return run


def finish(state: bytes) -> bool:
    """Play a state of `BUSY` to its end, restored on a fresh spec before every step."""

    def resumed(at):
        return ProcessRun.resume(compile_diagram(read(BUSY), "golden"), state, Facts(), at)

    run = resumed(NOW)
    run.advance(NOW + timedelta(days=4))
    state = run.state
    run = resumed(NOW)
    run.deliver("paid")
    state = run.state
    for _ in range(20):
        run = resumed(NOW)
        token = min(run.open_tasks())
        run.complete(token, "ok")
        state = run.state
        if run.step.ended:
            return True
    return False


@pytest.mark.parametrize("golden", sorted(GOLDEN.glob("*.state")), ids=lambda file: file.stem)
def test_a_state_that_a_release_has_stored_goes_on(golden):
    assert finish(golden.read_bytes())


def test_the_present_format_is_the_newest_golden_file():
    newest = sorted(GOLDEN.glob("*.state"))[-1]
    assert busy_run().state == newest.read_bytes(), "the format changed: keep the old file, add one, raise the version"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda state: state[:-1] + b"?", "checksum"),
        (lambda state: state[:40], "checksum"),
        (lambda state: b"ow9:" + state[4:], "format"),
        (lambda state: b"", "format"),
    ],
)
def test_a_damaged_state_is_refused(damage, said):
    with pytest.raises(StateUnreadable, match=said):
        finish(damage(busy_run().state))


def test_a_state_meets_only_its_own_definition_version():
    with pytest.raises(StateUnreadable, match="belongs to definition golden"):
        ProcessRun.resume(compile_diagram(read(BUSY), "another"), busy_run().state, Facts(), NOW)


def test_what_is_stored_does_not_depend_on_form_values():
    compiled = compile_diagram(read(parallel_reviews(2)), "k")
    small = ProcessRun.start(compiled, Facts(form={}), NOW).state
    large = ProcessRun.start(
        compiled, Facts(form={"typename": "SpiffWorkflow.task.Task", "text": "x" * 10_000}), NOW
    ).state
    assert small == large


def test_an_outcome_that_looks_like_a_type_is_plain_text():
    compiled = compile_diagram(read(parallel_reviews(2)), "k")
    run = ProcessRun.start(compiled, Facts(), NOW)
    run.complete(1, '{"typename": "Task"}')
    assert ProcessRun.resume(compiled, run.state, Facts(), NOW).open_tasks() == {2: "review_1"}
