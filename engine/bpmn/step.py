"""What a step of a process did, as plain frozen values: the one thing that the rest of the house knows of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Facts:
    """What conditions may read: `case.*`, `form.*`, `applicant.*` (plain JSON values; see docs/extensions.md)."""

    case: Mapping[str, Any] = field(default_factory=dict)
    form: Mapping[str, Any] = field(default_factory=dict)
    applicant: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Opened:
    """A node that now waits for a person. `token` is unique in the run and never used again."""

    token: int
    node: str
    index: int | None = None
    item: Any = None


@dataclass(frozen=True, slots=True)
class Closed:
    """A node that no longer waits: `how` is completed, cancelled, or decided (its vote needs no other any more)."""

    token: int
    node: str
    how: str


@dataclass(frozen=True, slots=True)
class Call:
    """A service task whose registered handler is to be run; the run goes on with `result(token)`."""

    token: int
    node: str
    handler: str


@dataclass(frozen=True, slots=True)
class Awaited:
    """A node that waits for a message."""

    token: int
    node: str
    message: str


@dataclass(frozen=True, slots=True)
class Linked:
    """A call activity with `ow:commitment` that a token walked through: `process` is to be started as a linked case."""

    node: str
    regime: str
    process: str
    decision: str | None = None  #: the task that decided, where the diagram names it


@dataclass(frozen=True, slots=True)
class Voted:
    """How a vote stands once it was opened or counted on: `result` is empty as long as it is open."""

    node: str
    assents: int
    others: int
    invited: int
    result: str


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did and what is awaited after it.

    `opened`, `closed` and `calls` say what is new; `awaited` and `waiting_until` (the earliest timer) all that is pending.
    `ends` are the end events reached in this step; `ended` says that no token is left. `entered` and `left` are the
    sub-processes and calls that this step began and ended (not those that it did both to). `linked` are the verifications
    that this step owes, `votes` how votes stood each time that it opened one or counted on.
    """

    opened: tuple[Opened, ...]
    closed: tuple[Closed, ...]
    calls: tuple[Call, ...]
    waiting_until: datetime | None
    awaited: tuple[Awaited, ...]
    ends: tuple[str, ...]
    ended: bool
    entered: tuple[Opened, ...] = ()
    left: tuple[Opened, ...] = ()
    linked: tuple[Linked, ...] = ()
    votes: tuple[Voted, ...] = ()
