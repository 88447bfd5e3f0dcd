"""A process that stands ready as `engine.bpmn.sandboxed` does, whose works do what no diagram should make them do."""

from __future__ import annotations

import os
import sys
import time

from engine.bpmn import bounds, sandboxed, workbench

bounds.SECONDS = 1.0


def _hungry(data, options):
    return {}, b"x" * (2 * 1024**3)


def _dies(data, options):
    os.abort()


def _stumbles(data, options):
    sys.stderr.close()
    raise RuntimeError


workbench.WORKS = {
    "echo": lambda data, options: ({"options": options}, data),
    "sleeps": lambda data, options: time.sleep(60),
    "hungry": _hungry,
    "dies": _dies,
    "stumbles": _stumbles,
}

if __name__ == "__main__":
    sandboxed.main()
