"""Work on files of strangers, each in a child process with limits, forked from one parent that has everything loaded.

A file may hold anything: what makes the work slow, hungry or crash ends its child, and the parent says so of that file and
goes on. A fork of a loaded parent takes milliseconds, so that a thousand files are a matter of seconds.
"""

from __future__ import annotations

import contextlib
import gc
import os
import selectors
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from engine.bpmn.bounds import OUT_OF_MEMORY, SECONDS, Failure, bound
from engine.clock import monotonic

MOST_ANSWER = 64 * 1024**2
MOST_CHILDREN = 8

Work = Callable[[str], bytes]


@dataclass(slots=True)
class _Child:
    index: int
    pid: int
    pipe: int
    deadline: float
    answer: bytearray
    late: bool = False


def in_children(names: Sequence[str], work: Work) -> Iterator[tuple[int, bytes | Failure]]:
    """Do `work` on each name in a child of its own; gives the index and the answer, or why there is none, as they end."""
    gc.freeze()  # what is loaded stays shared: the collector of a child must not touch it
    selector = selectors.DefaultSelector()
    running: dict[int, _Child] = {}
    todo = iter(enumerate(names))
    try:
        while True:
            while len(running) < _width() and (following := next(todo, None)) is not None:
                with _uninterrupted():
                    child = _fork(*following, work, [one.pipe for one in running.values()])
                    running[child.pipe] = child
                    selector.register(child.pipe, selectors.EVENT_READ)
            if not running:
                return
            for child in _ended(selector, running):
                with _uninterrupted():
                    selector.unregister(child.pipe)
                    del running[child.pipe]
                    outcome = _outcome(child)
                yield child.index, outcome
    finally:
        with _uninterrupted():
            for child in running.values():
                _kill(child)
                os.close(child.pipe)
                os.waitpid(child.pid, 0)
        selector.close()
        gc.unfreeze()


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C is heard before or after, so that no child is begun that nobody knows of; in a hook of fork it would be lost."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _width() -> int:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(count, MOST_CHILDREN))


def _ended(selector: selectors.BaseSelector, running: dict[int, _Child]) -> Iterator[_Child]:
    """Wait for something to happen; the children that are through, or whose time is."""
    wait = max(0.0, min(child.deadline for child in running.values()) - monotonic())
    ready = [key.fd for key, _ in selector.select(wait)]
    for pipe in ready:
        piece = os.read(pipe, 1 << 16)
        running[pipe].answer += piece
        if not piece or len(running[pipe].answer) > MOST_ANSWER:
            yield running[pipe]
    now = monotonic()
    for child in list(running.values()):
        if child.deadline <= now:
            child.late = True
            yield child


def _outcome(child: _Child) -> bytes | Failure:
    _kill(child)  # one that closed its pipe has nothing more to say
    os.close(child.pipe)
    _, status = os.waitpid(child.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if child.late or code == -signal.SIGXCPU:
        return Failure.SLOW
    if code == OUT_OF_MEMORY or len(child.answer) > MOST_ANSWER:
        return Failure.HUNGRY
    if child.answer.endswith(_WHOLE):
        return bytes(child.answer[: -len(_WHOLE)])
    return Failure.CRASHED


_WHOLE = b"\n."  #: ends a whole answer


def _kill(child: _Child) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(child.pid, signal.SIGKILL)


def _fork(index: int, name: str, work: Work, others: Sequence[int]) -> _Child:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # whoever called may have closed it
            stream.flush()
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        _be_a_child(name, work, writing, [reading, *others])
    os.close(writing)
    return _Child(index, pid, reading, monotonic() + SECONDS, bytearray())


def _be_a_child(name: str, work: Work, pipe: int, foreign: Sequence[int]) -> NoReturn:
    code = 1
    try:
        for each in foreign:
            os.close(each)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        bound()
        answer = memoryview(work(name) + _WHOLE)
        while answer:
            answer = answer[os.write(pipe, answer) :]
        code = 0
    except MemoryError:
        code = OUT_OF_MEMORY
    finally:  # whatever it was, a child never goes on as if it were its parent
        os._exit(code)
