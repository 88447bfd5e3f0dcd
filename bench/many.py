"""What `onewindow lint` of many files in one call costs, against parsing the same files with lxml and nothing else.

    python -m bench.many DIRECTORY [--files 1000]

Takes every *.bpmn below the directory, again and again until there are as many as asked. Processor time of the call with all
its children, so that the figure does not depend on how busy the machine is; divide by the cores for the time on a quiet one.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

from engine.bpmn.read import tree


def spent(work: Callable[[], object], who: int) -> float:
    """Seconds of processor time that some work takes, of this process or of its children."""
    before = resource.getrusage(who)
    work()
    after = resource.getrusage(who)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def linted(paths: list[Path]) -> None:
    """One call over all the files; what it says is not looked at."""
    command = [sys.executable, "-P", "-m", "onewindow", "lint", "--format", "json", *map(str, paths)]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=1000)
    asked = parser.parse_args()
    paths = list(islice(cycle(sorted(asked.folder.rglob("*.bpmn"))), asked.files))
    parsing = spent(lambda: [tree(path.read_bytes()) for path in paths], resource.RUSAGE_SELF)
    linting = spent(lambda: linted(paths), resource.RUSAGE_CHILDREN)
    print(f"files               {len(paths):8}")
    print(f"parsed with lxml    {parsing:8.2f} s")
    print(f"linted in one call  {linting:8.2f} s")
    print(f"a file              {1000 * linting / max(1, len(paths)):8.2f} ms")
    print(f"ratio               {linting / max(parsing, 0.001):8.1f}")


if __name__ == "__main__":
    main()
