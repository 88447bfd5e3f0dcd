"""What a test run does otherwise than OneWindow at work, so that it takes less time; none of it is what a test looks at.

Passwords are hashed as well as anything, at the least cost (a log-in took 170 ms of CPU and 64 MB for a moment); that the
product's cost is the one it should be is a test of its own (tests/engine/test_accounts.py). The addresses of an application
are compiled once for all the applications of a run (90 ms each). The databases lie in memory where there is room for
them: making and dropping one means a thousand files.
"""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from werkzeug.routing import Rule

from engine.organization import log_in
from engine.settings import default_home

#: What the product hashes passwords with.
PRODUCT_HASHER = log_in._HASHER
#: A folder in memory that is for everybody, with a sticky bit, on Linux.
MEMORY = Path("/dev/shm")
#: A run takes about 200 MB.
ROOM = 2 * 1024**3


def hurry() -> None:
    """Make this process hurry, for good."""
    log_in._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    Rule._compile_builder = _compiled_once(Rule._compile_builder)  # type: ignore[method-assign]


def settle() -> None:
    """Everything is imported and collected: the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


def server_folder() -> Path:
    """Where the PostgreSQL of the tests lives: in memory, unless a folder is named or there is no room."""
    named = "ONEWINDOW_DATA" in os.environ
    if named or not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM:
        return default_home() / "tests"
    return MEMORY / f"onewindow-tests-{os.getuid()}"


def _compiled_once(compile_builder: Callable[..., Any]) -> Callable[..., Any]:
    """Werkzeug's functions that build an address know nothing of the application, but for rules with defaults."""
    known: dict[Any, Any] = {}

    def compiled(rule: Rule, append_unknown: bool = True) -> Any:
        if rule.defaults:
            return compile_builder(rule, append_unknown)
        key = (rule.rule, tuple(rule._trace), append_unknown)
        if key not in known:
            known[key] = compile_builder(rule, append_unknown)
        return known[key]

    return compiled
