"""The bounds within which a file of a stranger is worked on, and why a child that works on one may give no answer."""

from __future__ import annotations

import contextlib
import resource
from enum import Enum

SECONDS = 8.0  #: of one child, by the wall clock
MEMORY = 300 * 1024**2  #: of one child, beyond what its parent has
OUT_OF_MEMORY = 77  #: the exit code of a child that got no more memory


class Failure(Enum):
    """Why a child gave no answer."""

    SLOW = "slow"
    HUNGRY = "hungry"
    CRASHED = "crashed"


def bound() -> None:
    """Put the bounds on this process, for good."""
    limits: list[tuple[int, int]] = [
        (resource.RLIMIT_CPU, int(SECONDS)),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, _address_space() + MEMORY),
    ]
    for what, most in limits:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, _hard(what, most)))


def _hard(what: int, most: int) -> int:
    hard = resource.getrlimit(what)[1]
    return most if hard == resource.RLIM_INFINITY else min(most, hard)


def _address_space() -> int:
    """How much address space this process has now (what it shares with its parent counts too)."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 1024**3
