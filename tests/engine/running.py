"""`onewindow run` as a process of its own, watched from outside: for tests of starting, stopping and being killed."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.clock import monotonic

START_SECONDS = 90
NOT_OURS = ("DATABASE_URL", "ONEWINDOW_DATA", "ONEWINDOW_SECRET_KEY", "PORT", "LANG", "LC_ALL")
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def environment(**given: object) -> dict[str, str]:
    """Our environment without what would choose a database or a language, and with what is given."""
    kept = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    return kept | {name: str(value) for name, value in given.items()}


def onewindow(*words: str, **given: object) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [sys.executable, "-P", "-m", "server", *words]
    return subprocess.run(command, env=environment(**given), capture_output=True, text=True, check=False, timeout=120)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Running:
    """A demonstration in `folder`, started; `said` is its first words, up to the hint at Ctrl-C."""

    def __init__(self, folder: Path, port: int, **given: object) -> None:
        self.folder, self.port = folder, port
        self.log = folder / "run.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "server", "run", "--demo"],
                env=environment(ONEWINDOW_DATA=folder, PORT=port, **given),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.said = self._first_words()

    def _read(self) -> None:
        with self.process.stdout as lines:
            for line in lines:
                self._lines.put(line)
        self._lines.put(None)

    def _first_words(self) -> str:
        said = ""
        while "Ctrl-C" not in said:
            line = self._lines.get(timeout=START_SECONDS)
            if line is None:
                raise AssertionError(f"it ended: {self.log.read_text('utf-8')[-3000:]}")
            said += line
        return said

    def processes(self) -> dict[int, str]:
        """What runs of it, by pid: the supervisor, its children, theirs, and the database."""
        listed = subprocess.run(["ps", "-eww", "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
        signs = (f"--parent {self.process.pid} ", f"-D {self.folder}/")
        found = {int(line.split()[0]): line for line in listed.splitlines() if any(sign in line for sign in signs)}
        if self.process.poll() is None:
            found[self.process.pid] = "supervisor"
        return found

    def pids(self, kind: str) -> list[int]:
        """The pids of `web` (its master and its workers), `worker` or `postgres`."""
        sign = f"-D {self.folder}/" if kind == "postgres" else f"server {kind} "
        return [pid for pid, command in self.processes().items() if sign in command]

    def stop(self, wanted: int = signal.SIGTERM) -> int:
        """Ask it to stop; answers its exit code."""
        self.process.send_signal(wanted)
        return self.ended()

    def ended(self) -> int:
        """Wait for the supervisor's end; answers its exit code."""
        code = self.process.wait(timeout=60)
        self._reader.join()
        return code

    def clean_up(self) -> None:
        """Whatever happened in the test, nothing is left running."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=30)
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self._reader.join()

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, object]:
        """One request; answers the status and the JSON (or the text). OSError when nobody answers."""
        data = None if body is None else json.dumps(body).encode()
        said = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, said, method=method)
        try:
            with OPENER.open(request, timeout=20) as answer:
                return answer.status, _read(answer)
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, _read(refusal)


@contextlib.contextmanager
def starting(folder: Path) -> Iterator[Callable[[], Running]]:
    """Gives what starts demonstrations in one folder, on one port; at the end none of them runs."""
    started: list[Running] = []
    port = free_port()

    def begin() -> Running:
        started.append(Running(folder, port))
        return started[-1]

    try:
        yield begin
    finally:
        for one in reversed(started):  # the last one has the database
            one.clean_up()


def _read(answer) -> object:
    text = answer.read().decode()
    return json.loads(text) if "json" in (answer.headers.get("Content-Type") or "") else text


def eventually(true, seconds: float = 30.0) -> None:
    """Wait until `true()` is."""
    deadline = monotonic() + seconds
    while not true():
        assert monotonic() < deadline, "it never came to pass"
        threading.Event().wait(0.1)
