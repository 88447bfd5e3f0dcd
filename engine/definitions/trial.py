"""A version is instantiated once, in a child process with limits, before it counts: `python -m engine.definitions.trial`.

Reads a BPMN file from standard input, compiles it and starts it on empty facts. Exit code 0: it runs to its first wait (or
stops for facts it does not have yet). Anything else, or a child that is killed for time or memory, refuses the version.
"""

from __future__ import annotations

import resource
import subprocess
import sys

from engine.bpmn.compile import compile_diagram
from engine.bpmn.faults import ConditionFailed, EmptyCollection, NoFlowMatches, TimerInvalid
from engine.bpmn.read import read
from engine.bpmn.run import Facts, ProcessRun
from engine.clock import wall_now

SECONDS = 10
MEMORY = 2 * 1024**3
#: What empty facts may cause and real ones need not.
FOR_WANT_OF_FACTS = (ConditionFailed, EmptyCollection, NoFlowMatches, TimerInvalid)


def tried(bpmn: bytes) -> str | None:
    """None when the diagram can be instantiated within the limits, else why not (one line)."""
    try:
        child = subprocess.run(
            [sys.executable, "-m", "engine.definitions.trial"],
            input=bpmn,
            capture_output=True,
            timeout=SECONDS + 5,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it does not come to rest within {SECONDS} s"
    if child.returncode == 0:
        return None
    said = child.stderr.decode(errors="replace").strip().splitlines()
    return (
        said[-1][:300]
        if said
        else f"the trial was killed (exit code {child.returncode}): it takes too much time or memory"
    )


def main() -> int:
    """The child: set the limits, compile, start."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        facts = Facts(case={"outcomes": {}, "round": 1}, form={}, applicant={})
        ProcessRun.start(compile_diagram(read(sys.stdin.buffer.read()), "trial"), facts, wall_now())
    except FOR_WANT_OF_FACTS:
        return 0
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
