"""The clock is read in `engine/clock.py` alone, so that a story can be played on any day and a step has one instant.

If this fails: take `uow.now` for anything of the domain, `clock.wall_now()` for tokens, retries and leases,
`clock.monotonic()` for waiting. In SQL, `DOMAIN_NOW_SQL` reads the time in the statement that takes the lock.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house_rules.tree import at, calls, python_files, texts, tree_of

CLOCK = "engine/clock.py"
ASKING = {"now", "today", "utcnow"}
#: What of `time` doesn't tell the time.
HARMLESS = {"sleep"}
SQL = re.compile(
    r"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(\s*\)"
    r"|\b(current_timestamp|current_date|current_time|localtimestamp)\b",
    re.IGNORECASE,
)

#: file: (what it may call, why).
EXCEPTIONS = {
    "engine/store/base.py": ("time.time_ns", "a time-ordered id is made of the wall clock; nothing is decided by it"),
}
SQL_EXCEPTIONS = {
    "engine/background/worker.py": "whether a job is due: jobs live in wall time, which their own tables measure so",
}


def asked(path: Path) -> Iterator[str]:
    """Where a file asks Python for the time."""
    allowed = EXCEPTIONS.get(str(path), ("", ""))[0]
    for call, on, name in calls(path):
        if (on and name in ASKING) or (on == "time" and name not in HARMLESS and f"{on}.{name}" != allowed):
            yield f"{at(path, call)} {on}.{name}()"
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (f"{at(path, node)} from time import {a.name}" for a in node.names if a.name not in HARMLESS)


def test_only_the_clock_asks_python_for_the_time() -> None:
    found = [where for path in python_files() if str(path) != CLOCK for where in asked(path)]
    assert not found, "\n".join(found)


def test_only_the_clock_asks_the_database_for_the_time() -> None:
    found = [
        f"{at(path, node)} {node.value!r}"
        for path in python_files()
        if str(path) not in {CLOCK, *SQL_EXCEPTIONS}
        for node in texts(path)
        if SQL.search(str(node.value))
    ]
    assert not found, "\n".join(found)
