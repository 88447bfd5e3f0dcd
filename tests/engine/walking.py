"""A run of a deployable diagram by somebody who does whatever can be done, at random, until it ends."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from random import Random

from engine.bpmn.compile import compile_diagram
from engine.bpmn.read import read
from engine.bpmn.run import Facts, ProcessRun

START = datetime(2026, 3, 2, 9, 0, tzinfo=timezone.utc)
MOST_STEPS = 3000


class NeverEnds(AssertionError):
    """The walk took more steps than any sane process has."""


def walk(data: bytes, seed: int, facts: Facts | None = None) -> int:
    """Play a diagram to its end; answers the number of steps. Raises whatever the engine raises, and NeverEnds."""
    rng = Random(seed)
    facts = facts or Facts(case={"outcomes": {}, "all_outcomes": {}})
    compiled = compile_diagram(read(data), "walk")
    now = START
    run = ProcessRun.start(compiled, facts, now)
    for steps in range(MOST_STEPS):
        if run.step.ended:
            return steps
        run = ProcessRun.resume(compiled, run.state, facts, now)
        tasks = run.open_tasks()
        moves = [("complete", token) for token in tasks]
        moves += [("result", call.token) for call in run.pending_calls()]
        moves += [("deliver", awaited) for awaited in _awaited(run)]
        moves += [("advance", due) for due in run.timers().values()]
        kind, what = rng.choice(moves)
        if kind == "complete":
            outcomes = compiled.node(tasks[what]).extension("outcomes") or {}
            run.complete(what, rng.choice([*outcomes.get("values", {}), None][: len(outcomes.get("values", {})) or 1]))
        elif kind == "result":
            run.result(what)
        elif kind == "deliver":
            run.deliver(what.message, what.token)
        else:
            now = max(now, what) + timedelta(seconds=1)
            run.advance(now)
    raise NeverEnds(f"still going after {MOST_STEPS} steps")


def _awaited(run: ProcessRun) -> list:
    from engine.bpmn.spiff_repairs import AwaitedMessage

    return [run._awaited(task) for task in run._waiting(AwaitedMessage)]
