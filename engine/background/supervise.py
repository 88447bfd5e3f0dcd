"""Keeps child processes alive, stops them in order, and sees that none outlives its parent.

A child that dies is started again, with a pause that grows while it keeps dying. Children run in sessions of their own,
so that Ctrl-C in a terminal is for the supervisor alone, which then stops them in order. A supervisor that is killed
outright stops nobody: therefore each child watches its parent (`leave_with`).
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import sleep

from engine.clock import monotonic

LOOK_SECONDS = 0.2
STOP_SECONDS = 10.0
PAUSES = (0.2, 1.0, 2.0, 5.0, 10.0)
#: A child that lived this long has recovered: the next pause is the first again.
SETTLED_SECONDS = 30.0
PR_SET_PDEATHSIG = 1
log = logging.getLogger("onewindow.supervisor")


@dataclass(slots=True)
class Child:
    """A process to keep alive. `deaths` in a row; `due` is when it may be started again."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    pass_fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    due: float = 0.0
    started: float = 0.0

    def start(self) -> None:
        """Start it, in a session of its own."""
        self.started = monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            list(self.command),
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            pass_fds=self.pass_fds,
            start_new_session=True,
        )

    def look(self) -> None:
        """Notice that it died; start it when its time has come."""
        if self.process is not None and self.process.poll() is not None:
            self._bury(self.process.returncode)
        if self.process is None and monotonic() >= self.due:
            self.start()

    def _bury(self, code: int) -> None:
        self.process = None
        self.deaths = 1 if monotonic() - self.started > SETTLED_SECONDS else self.deaths + 1
        pause = PAUSES[min(self.deaths, len(PAUSES)) - 1]
        self.due = monotonic() + pause
        log.warning("%s ended (%s); it is started again in %s s", self.name, _ending(code), pause)


@dataclass(slots=True)
class Supervisor:
    """Children, and how often somebody asked to stop: once is a request, twice is haste."""

    children: list[Child]
    every_look: Callable[[], None] = lambda: None
    requests: int = 0
    _asked: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Keep the children alive until INT, TERM or HUP; then stop them. For the main thread.

        What `every_look` raises stops the children, too, and goes on to the caller.
        """
        on_stop_requests(self._on_signal, also=(signal.SIGINT,))
        try:
            while not self._asked.is_set():
                for child in self.children:
                    child.look()
                self.every_look()
                self._asked.wait(LOOK_SECONDS)
        finally:
            self._stop()

    def _on_signal(self, *_: object) -> None:
        self.requests += 1
        self._asked.set()

    def _stop(self) -> None:
        alive = [child.process for child in self.children if child.process is not None]
        for process in alive:
            process.terminate()
        deadline = monotonic() + STOP_SECONDS
        while any(process.poll() is None for process in alive):
            if monotonic() > deadline or self.requests > 1:
                for process in alive:
                    _kill_session(process)
            sleep(LOOK_SECONDS / 4)


def on_stop_requests(handler: Callable[..., None], also: Sequence[signal.Signals] = ()) -> None:
    """Let `handler` take the signals that ask to stop; what `nohup` ignores stays ignored."""
    for wanted in (signal.SIGTERM, signal.SIGHUP, *also):
        # `nohup` asks not to be stopped by a hang-up. A shell that ignores Ctrl-C for what it starts in the background does not
        # ask for that: who sends INT to this process means it.
        if wanted != signal.SIGHUP or signal.getsignal(wanted) is not signal.SIG_IGN:
            signal.signal(wanted, handler)


def leave_with(parent: int) -> None:
    """End this process (TERM, then outright) when its parent, the process `parent`, has ended. Call it early, once."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    threading.Thread(target=_watch, args=(parent,), name="parent watch", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        sleep(1.0)
    os.kill(os.getpid(), signal.SIGTERM)
    sleep(STOP_SECONDS)
    os._exit(1)


def _kill_session(process: subprocess.Popen[bytes]) -> None:
    """The child and what it started: they share the session that `start` made."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        process.kill()


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
