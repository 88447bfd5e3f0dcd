"""Work on diagrams of strangers for who has threads and must go on: in a child of a small process that stands ready.

    a thread of the web server ── one end of a socket pair, handed over ──▶ the process that stands ready (`sandboxed`)
                               ◀── what the work answered ── a child forked from it, within its bounds ──┘

A process with threads and database connections must not fork itself; and to start anew what has SpiffWorkflow to import takes
a second. So one process, with everything loaded and nothing else, is started at the first question and forks a child for each.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from threading import BoundedSemaphore, Lock
from typing import Any

from engine.bpmn.bounds import SECONDS, Failure
from engine.bpmn.sandboxed import HUNGRY, WHOLE
from engine.clock import monotonic
from engine.errors import ApprovalError

MOST_AT_ONCE = 3  #: children of one process of ours; who comes then waits
MOST_ANSWER = 64 * 1024**2
_START = 20.0  #: seconds that the process may take to stand ready, on a busy machine
_LATE = 0.2


class SandboxBusy(ApprovalError):
    """Too many diagrams are being worked on at once."""

    code = "sandbox-busy"
    status = 503
    zh = "正在检查的流程图过多，请过几秒再试。"
    en = "Too many diagrams are being checked at the moment: try again in a few seconds."

    def __init__(self) -> None:
        super().__init__(retry_after=5)


class Sandbox:
    """The process that stands ready, and the way to ask it."""

    def __init__(self, module: str = "engine.bpmn.sandboxed") -> None:
        self._module = module
        self._lock = Lock()
        self._room = BoundedSemaphore(MOST_AT_ONCE)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._owner = 0

    def ask(self, work: str, options: Mapping[str, Any], data: bytes) -> tuple[dict[str, Any], bytes] | Failure:
        """What the work of that name answers: its words, and bytes. A Failure where it found no end within its bounds.

        Raises:
            SandboxBusy: no child may be started for now.
        """
        if not self._room.acquire(timeout=SECONDS):
            raise SandboxBusy()
        try:
            return self._asked(json.dumps({"work": work, "options": options}).encode() + b"\n" + data)
        finally:
            self._room.release()

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _asked(self, question: bytes) -> tuple[dict[str, Any], bytes] | Failure:
        began = monotonic()
        mine, theirs = socket.socketpair()
        with mine:
            with theirs:
                self._hand_over(theirs)
            try:
                answer = _exchanged(mine, question)
            except TimeoutError:
                return Failure.SLOW
            except OSError:
                answer = b""
        if answer.endswith(WHOLE):
            words, _, data = answer[: -len(WHOLE)].partition(b"\n")
            return json.loads(words), data
        if answer.endswith(HUNGRY):
            return Failure.HUNGRY
        return Failure.SLOW if monotonic() - began > SECONDS - _LATE else Failure.CRASHED

    def _hand_over(self, end: socket.socket) -> None:
        with self._lock:
            for _ in range(2):
                control = self._standing_ready()
                with contextlib.suppress(OSError):
                    socket.send_fds(control, [b"?"], [end.fileno()])
                    return
                self._end()
        raise SandboxBusy()

    def _standing_ready(self) -> socket.socket:
        process, control = self._process, self._control
        if process is not None and control is not None and self._owner == os.getpid() and process.poll() is None:
            return control
        self._end()
        mine, theirs = socket.socketpair()
        with theirs:
            asked = [sys.executable, "-m", self._module]
            self._process = subprocess.Popen(asked, stdin=theirs.fileno(), stdout=subprocess.DEVNULL)  # noqa: S603 (our own module)
        mine.settimeout(_START)
        try:
            mine.recv(1)  # it says when it has everything loaded, so that this counts for no question
        except OSError:
            mine.close()
            raise SandboxBusy() from None
        self._control, self._owner = mine, os.getpid()
        return mine

    def _end(self) -> None:
        """Close the way to the process, by which it ends; one of another process (before a fork) is left alone."""
        if self._control is not None:
            self._control.close()
        if self._process is not None and self._owner in (0, os.getpid()):
            self._process.kill()
            self._process.wait()
        self._process = self._control = None


def _exchanged(end: socket.socket, question: bytes) -> bytes:
    """Send a question and take the answer. Raises TimeoutError."""
    enough = monotonic() + SECONDS + 1
    end.settimeout(SECONDS)
    end.sendall(question)
    end.shutdown(socket.SHUT_WR)
    answer = bytearray()
    while len(answer) < MOST_ANSWER:
        left = enough - monotonic()
        if left <= 0:
            raise TimeoutError
        end.settimeout(left)
        piece = end.recv(1 << 16)
        if not piece:
            break
        answer += piece
    return bytes(answer)


#: One for all engines of a process.
SANDBOX = Sandbox()
atexit.register(SANDBOX.close)
