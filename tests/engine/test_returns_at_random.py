"""Returns at random: every one that the lint passes leads to the end whatever is done, and one that it refuses goes wrong."""

from __future__ import annotations

import os
import re
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.bpmn.lint import deployable, lint
from engine.bpmn.read import read
from engine.bpmn.rules.returns import before
from engine.bpmn.rules.subject import subject_of
from tests.engine.made_diagrams import draw, plan
from tests.engine.test_passed_diagrams_run import Walk

LONG = os.environ.get("ONEWINDOW_LONG") == "1"
CROSSES = "return-crosses-branches"
#: What is at fault with the diagram itself, or may be.
DOUBLING = {"merge-may-double", "merge-unsynchronised", "implicit-fork"}


USER = ("user", None)
#: Something between two tasks, or in two branches between them, so that there is somewhere to return from and to.
between = st.one_of(
    plan.map(lambda one: ("row", [USER, one, USER])),
    st.tuples(st.sampled_from(["both", "some", "choice"]), plan, plan).map(
        lambda split: ("row", [USER, (split[0], [("row", [USER, split[1], USER]), split[2]]), USER])
    ),
)


def with_returns(data: bytes, returns: dict[str, tuple[str, str]]) -> bytes:
    """A file in which these tasks may be returned: by task, to which others (with commas), and then what."""
    text = data.decode()
    for task, (to, then) in returns.items():
        said = f'<ow:return to="{to}" then="{then}"/>'
        opening = re.search(f'<(?:userTask|manualTask) id="{task}"[^>]*>', text)
        assert opening is not None
        head, tail = text[: opening.end()], text[opening.end() :]
        inside = tail.startswith("<extensionElements>")
        tail = tail.replace("<extensionElements>", f"<extensionElements>{said}", 1) if inside else tail
        text = head + ("" if inside else f"<extensionElements>{said}</extensionElements>") + tail
    return text.encode()


def some_returns(data: bytes, rng: Random) -> dict[str, tuple[str, str]]:
    """Most tasks to one or two of those before them."""
    found = {}
    for scope in subject_of(read(data)).scopes:
        people = [node for node in scope.nodes if node.tag in ("userTask", "manualTask")]
        for node in people:
            earlier = [str(one.id) for one in people if before(scope, str(one.id), node)]
            if earlier and rng.random() < 0.7:
                chosen = rng.sample(earlier, min(len(earlier), rng.randint(1, 2)))
                found[str(node.id)] = (",".join(chosen), rng.choice(["forward", "back"]))
    return found


def refused(data: bytes) -> dict[str, set[str]]:
    """The rules that each task breaks by its returns."""
    found: dict[str, set[str]] = {}
    for finding in lint(read(data)):
        if finding.rule.startswith("return-") and finding.severity == "error":
            found.setdefault(str(finding.element), set()).add(finding.rule)
    return found


@settings(
    max_examples=2000 if LONG else 20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=not LONG
)
@given(between, st.integers(0, 999))
def test_what_is_returned_at_random_comes_to_its_end(plan, seed) -> None:
    rng, bare = Random(seed), draw(plan, [])
    returns = some_returns(bare, rng)
    wrong = refused(with_returns(bare, returns))
    returns = {task: way for task, way in returns.items() if task not in wrong}
    if not returns or not deployable(lint(read(bare))):
        return
    data = with_returns(bare, returns)
    found = lint(read(data))
    assert deployable(found), [finding.message_en for finding in found]
    for walk in range(3):
        Walk(data, seed + walk).to_the_end()


class Watched(Walk):
    """A walk that is in trouble as soon as something waits twice at one node, or comes to the end of the process again."""

    ended: tuple[str, ...] = ()

    def step(self) -> None:
        super().step()
        process, nodes = self.compiled.process.id, self.compiled.nodes
        waiting = [*self.run.open_tasks().values(), *(one.node for one in self.run.awaited())]
        waiting += [call.node for call in self.run.pending_calls()]
        self.ended += tuple(end for end in self.run.step.ends if nodes[end].scope == process)
        alone = [node for node in waiting if nodes[node].scope == process]
        if len(set(alone)) < len(alone) or len(set(self.ended)) < len(self.ended):
            raise RuntimeError("something is done twice")


def goes_wrong(data: bytes) -> bool:
    for seed in range(30):
        try:
            Watched(data, seed).to_the_end()
        except (Exception, AssertionError):
            return True
    return False


@settings(
    max_examples=1000 if LONG else 12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=not LONG
)
@given(between, st.integers(0, 999))
def test_a_return_that_is_refused_goes_wrong(plan, seed) -> None:
    rng, bare = Random(seed), draw(plan, [])
    if DOUBLING & {finding.rule for finding in lint(read(bare))} or any(
        node.loop for node in read(bare).processes[0].nodes
    ):
        return
    asked = re.findall(rb"form\.\w+", bare)
    if len(set(asked)) < len(asked):  # two conditions on one field, in one step, can shut a way that the net has open
        return
    returns = {task: (to.split(",")[0], then) for task, (to, then) in some_returns(bare, rng).items()}
    for task, rules in refused(with_returns(bare, returns)).items():
        if rules == {CROSSES} and task in refused(with_returns(bare, {task: returns[task]})):
            assert goes_wrong(with_returns(bare, {task: returns[task]})), returns[task]
