"""`python -m engine.bpmn.sandboxed`: stands ready with everything loaded, and forks a child, within bounds, for each question.

Its standard input is a socket over which the ends of other sockets come; a question is a line of JSON (`work`, `options`) and
the bytes of a file, the answer a line of JSON and bytes. It ends when who started it does.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import traceback
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

WHOLE = b"\n."  #: ends a whole answer
HUNGRY = b"\n!"  #: ends the answer of a child that got no more memory
Answer = tuple[Mapping[str, Any], bytes]
Work = Callable[[bytes, Mapping[str, Any]], Answer]


def main() -> None:
    """Fork a child for each socket that comes, until nobody can send one any more."""
    from engine.bpmn.workbench import WORKS, load

    load()
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=0)
    control.sendall(b".")
    while True:
        said, ends, _, _ = socket.recv_fds(control, 1, 1)
        for end in ends:
            if not os.fork():
                control.close()
                _work(socket.socket(fileno=end), WORKS)
            os.close(end)
        if not said:
            return


def _work(end: socket.socket, works: Mapping[str, Work]) -> NoReturn:
    from engine.bpmn.bounds import SECONDS, bound

    answer = b""
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        bound()
        with end.makefile("rb") as file:
            question = json.loads(file.readline())
            data = file.read()
        said, made = works[question["work"]](data, question["options"])
        answer = json.dumps(said).encode() + b"\n" + made + WHOLE
    except MemoryError:
        answer = HUNGRY
    except Exception:
        traceback.print_exc()
    finally:  # whatever it was, a child never goes on as if it were its parent
        try:
            end.sendall(answer)
        finally:
            os._exit(0)


if __name__ == "__main__":
    main()
